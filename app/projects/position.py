"""Position in a project: the screen, page and word restored after a reload."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from ocr_core.errors import OcrError, OutputError
from ocr_core.settings import Settings

from ..session.project import Project
from ..session.project_record import MAX_TEXT
from ..session.session import Session
from ..ui.widgets import PREFIX, set_knobs, set_query_params
from ..workbench.settings_panel import KINDS

PARAMETER = "project"  # in the URL
OLD_PARAMETER = "corpus"  # in older URLs: the name of a corpus file
IN_ADDRESS = ("doc", "page", "w", "at")  # the corpus page on the screen
SCREENS = {
    "": "views/workbench.py",
    "batch": "views/batch.py",
    "corpus": "views/corpus.py",
    "explore": "views/explore.py",
    "compare": "views/compare.py",
}
# Session state that is kept when a tab opens another project.
OF_THE_TAB = {
    *("session", "interface", "page_shown", "page_is_new", "tour"),
    "shared_files",  # how many were taken: each has an uploader of its own
}

state = st.session_state


def open_asked_project(session: Session) -> None:
    """Open the project named in the URL; write the open project's id to the URL."""
    if session.project.deleted:
        session.switch()
        forget_project()
        set_query_params(**{PARAMETER: None})
    asked = asked_project()
    if asked and asked != session.project.id:
        try:
            session.switch(session.library.open(asked))
        except OcrError as error:
            state.project_fault = str(error)
        else:
            forget_project()
            restore(session.project)
    set_query_params(**{OLD_PARAMETER: None, PARAMETER: session.project.id})


def asked_project() -> str:
    """Return the project id in the URL, or an empty string."""
    if asked := st.query_params.get(PARAMETER, ""):
        return asked
    corpus = st.query_params.get(OLD_PARAMETER, "")
    return corpus and f"{corpus}.sqlite"


def forget_project() -> None:
    """Delete a tab's state of the project that it closes."""
    for name in list(state):
        if name not in OF_THE_TAB:
            del state[name]


def restore(project: Project) -> None:
    """Restore the saved recipe and position; values in the URL have priority."""
    record = project.record
    if record.preset in KINDS:
        state.preset = record.preset
    if not any(name.startswith(PREFIX) for name in st.query_params):
        restore_recipe(record.recipe)
    document = record.position.get("document")
    if document in project.documents.uploads:
        state.document = document
        page = record.position.get("number", "")
        state.page = int(page) if page.isdecimal() and len(page) < 9 else 1


def restore_recipe(recipe: Mapping[str, Any]) -> None:
    """Restore the saved values of all knobs that this version has."""
    try:
        settings = Settings.from_flat(recipe)
    except OcrError:
        return  # saved by another version: use the defaults
    set_knobs(settings.flat())
    state.settings = settings


def save_position(session: Session, screen: str) -> None:
    """Save the user's position and all other changes of the project."""
    project = session.project
    if not project.id or project.deleted:
        return
    position = (
        {"screen": screen} if screen in SCREENS else dict(project.record.position)
    )
    if document := state.get("document"):
        position |= {"document": document, "number": str(state.get("page") or 1)}
    shown = {name: st.query_params.get(name, "")[:MAX_TEXT] for name in IN_ADDRESS}
    position |= shown if screen == "corpus" else {}
    settings: Settings = state.get("settings") or Settings()
    changes = {
        "position": position,
        "recipe": settings.flat(),
        "preset": state.get("preset") or "",
    }
    try:
        project.note(**changes)
    except OutputError as error:
        session.unsaved = str(error)
    else:
        session.unsaved = ""


def address_of(
    project_id: str, position: Mapping[str, str]
) -> tuple[str, dict[str, str]]:
    """Return the screen that shows a position in a project, and its URL parameters."""
    query = {name: position[name] for name in IN_ADDRESS if position.get(name)}
    return SCREENS.get(position.get("screen", ""), SCREENS[""]), {
        PARAMETER: project_id,
        **query,
    }


def show_project(session: Session, project: Project) -> None:
    """Show a project that was just opened, at its saved position."""
    session.switch(project)
    forget_project()
    screen, query = address_of(project.id, project.record.position)
    restore(project)
    st.switch_page(screen, query_params=query)


def begin_another(session: Session) -> None:
    """Close the open project; the next documents start a new one."""
    session.switch()
    forget_project()
    st.switch_page(SCREENS[""], query_params={})
