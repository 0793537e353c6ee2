"""Demo: an already recognized newspaper corpus, opened as a separate project."""

from pathlib import Path

import streamlit as st

from ocr_core.errors import OcrError

from ..i18n import gettext
from ..session.session import Session
from ..ui.widgets import show_error
from .position import show_project
from .sharing import take_shared

FILE = Path(__file__).with_name("demo_corpus.zip")

state = st.session_state


def offer_demo(session: Session, *, key: str) -> None:
    """Offer to explore the demo corpus, which stays separate from the user's pages."""
    if fault := state.pop("demo_fault", ""):
        show_error(fault)
    if st.button(
        gettext("Explore the demo corpus"),
        key=key,
        icon=":material/newspaper:",
        help=gettext(
            "Newspapers of a harbour town in four languages, 1890 to 1929: drawn by "
            "this program and read already. It becomes a project of its own."
        ),
    ):
        open_demo(session)


def open_demo(session: Session) -> None:
    """Explore the demo project, which is created at the first use."""
    library, name = session.library, gettext("Demo newspapers")
    try:
        opened = [line.id for line in library.listings() if line.name == name]
        if opened:
            project = library.open(opened[0])
        else:
            with FILE.open("rb") as file:
                project = take_shared(library, name, file)
        project.note(name=name, position={"screen": "explore"})
    except OcrError as error:
        state.demo_fault = str(error)
        st.rerun()
    show_project(session, project)
