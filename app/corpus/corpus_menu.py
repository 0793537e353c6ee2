"""Corpus menu: the open corpus, its path and its download."""

from pathlib import Path

import streamlit as st

from ocr_core.corpus.backup import export_copy
from ocr_core.exports.zip_bundle import safe_name

from ..i18n import gettext
from ..projects.sharing import open_shared_file
from ..session.promised_files import PromisedFile
from ..session.session import Session
from ..ui.file_buttons import FileButton, offer_files
from ..ui.widgets import plain


def corpus_popover(session: Session) -> None:
    """Show the open corpus and its path; offer to download it or open another."""
    project = session.project
    label = plain(project.record.name) if project.id else gettext("No project yet")
    with st.popover(label, icon=":material/inventory_2:", width="content"):
        if project.id and session.library.own_machine:
            path = plain(str(project.paths.corpus))
            st.caption(gettext("Kept on this machine in {path}.", path=path))
        if session.corpus_handle.begun:
            download_corpus(session)
        open_shared_file(session, key="corpus_upload")
        st.page_link(
            "views/projects.py",
            label=gettext("All projects"),
            icon=":material/folder_copy:",
        )


def download_corpus(session: Session) -> None:
    """Offer the corpus as one file."""
    corpus_handle, name = session.corpus_handle, safe_name(session.project.record.name)

    def make(path: Path) -> None:
        with corpus_handle.open() as corpus:
            export_copy(corpus, path)

    file = PromisedFile(make, f"{name}.sqlite", "application/vnd.sqlite3")
    offer = FileButton(
        gettext("Download the corpus file (.sqlite)"),
        session.secret(f"corpus {corpus_handle.path}"),
        file,
        gettext("All pages, readings and corrections, without the scans."),
    )
    offer_files([offer], session.folder, key="corpus_file")
