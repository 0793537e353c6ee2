"""Corpus report: what is in the corpus and how well it was read, as files."""

import tempfile
import zipfile
from pathlib import Path

import streamlit as st

from ocr_core.report import write_report

from ..i18n import gettext
from ..session.promised_files import PromisedFile
from ..session.session import Session
from ..ui.file_buttons import FileButton, offer_files
from ..ui.widgets import plain
from .audit_sheet import audit_of
from .corpus_audit import say_no_corpus

ZIP_NAME = "report.zip"


def report_view(session: Session) -> None:
    """Offer the report, or explain the first step."""
    handle = session.corpus_handle
    st.markdown(
        gettext(
            "The report says what the corpus holds, with which engines and settings it "
            "was read, how good its text is by document and by metadata, what was "
            "corrected, and shows the commonest words and their trends. With it come "
            "the data and a notebook that makes the same tables and figures."
        )
    )
    if not handle.begun or not handle.ask(lambda corpus: corpus.counts()):
        say_no_corpus()
        return
    lines = audit_of(session)
    if not any(line.truth is not None for line in lines):
        st.caption(
            gettext(
                "Audit the corpus first if the report is to give its error rate: "
                "choose Audit above."
            )
        )
    show_pins(session)
    title = session.project.record.name or handle.path.stem

    def make(path: Path) -> list[str]:
        with handle.open() as corpus, tempfile.TemporaryDirectory() as folder:
            written = write_report(corpus, Path(folder), title=title, audit=lines)
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
                for each in written:
                    file.write(each, each.relative_to(folder))
        return []

    offer_files(
        [
            FileButton(
                gettext("Report (zip)"),
                session.secret("report"),
                PromisedFile(make, ZIP_NAME, "application/zip"),
                gettext("report.html, report.md, report.ipynb, figures and data."),
                primary=True,
            )
        ],
        session.folder,
        key="report_files",
    )


def show_pins(session: Session) -> None:
    """List what was pinned, and offer to take it out of the report."""
    handle = session.corpus_handle
    pins = handle.ask(lambda corpus: corpus.pins())
    if not pins:
        st.caption(
            gettext(
                "Tables and figures of Explore and Evaluate can be pinned: the report "
                "and its notebook then have them too."
            )
        )
        return
    st.markdown(gettext("Pinned tables and figures"))
    for each in pins:
        with st.container(horizontal=True, vertical_alignment="center"):
            kind = ":material/bar_chart:" if each.chart else ":material/table:"
            st.markdown(f"{kind} {plain(each.name)}", width="stretch")
            st.button(
                gettext("Take out"),
                key=f"unpin_{each.id}",
                icon=":material/close:",
                help=plain(each.how),
                on_click=handle.ask,
                args=(lambda corpus, pin=each.id: corpus.unpin(pin),),
            )
