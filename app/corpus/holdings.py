"""Holdings: which corpus is open, where it lies, and how it is taken away."""

from pathlib import Path

import streamlit as st

from app.handouts import Handout, Offer, offer_files
from app.jobs import Session
from app.language import say
from app.projects.sharing import open_shared_file
from app.widgets import plain
from ocr_core.corpus.copy import hand_on
from ocr_core.exports.bundle import safe_name


def corpus_popover(session: Session) -> None:
    """Say which corpus is open and where it lies; offer to take it or open another."""
    project = session.project
    label = plain(project.record.name) if project.id else say("No project yet")
    with st.popover(label, icon=":material/inventory_2:", width="content"):
        if project.id and session.library.own_machine:
            path = plain(str(project.paths.corpus))
            st.caption(say("Kept on this machine in {path}.", path=path))
        if session.shelf.begun:
            download_corpus(session)
        open_shared_file(session, key="corpus_upload")
        st.page_link(
            "views/projects.py",
            label=say("All projects"),
            icon=":material/folder_copy:",
        )


def download_corpus(session: Session) -> None:
    """Offer the corpus as one file."""
    shelf, name = session.shelf, safe_name(session.project.record.name)

    def make(path: Path) -> None:
        with shelf.open() as corpus:
            hand_on(corpus, path)

    handout = Handout(make, f"{name}.sqlite", "application/vnd.sqlite3")
    offer = Offer(
        say("Download the corpus file (.sqlite)"),
        session.secret(f"corpus {shelf.path}"),
        handout,
        say("All pages, readings and corrections, without the scans."),
    )
    offer_files([offer], session.folder, key="corpus_file")
