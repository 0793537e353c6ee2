"""Page selection: the document and page to evaluate, and its result."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from ocr_core.page import PageRef
from ocr_core.settings import Settings

from ..i18n import gettext
from ..session.session import Session
from ..ui.widgets import show_error

state = st.session_state


def readable_documents(session: Session) -> dict[str, PageRef]:
    """Return the documents that can be opened; else link to the workbench."""
    good = {
        key: ref
        for key, ref in session.refs().items()
        if not session.uploads[key].error
    }
    if not good:
        st.info(
            gettext("There are no documents yet. Open some in the workbench first.")
        )
        st.page_link("views/workbench.py", label=gettext("To the workbench"))
    return good


def choose_page(session: Session, good: dict[str, PageRef], prefix: str) -> PageRef:
    """Draw the selection of document and page; the workbench's page is first."""
    keys = list(good)
    current = state.get("document")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = st.selectbox(
            gettext("Document"),
            keys,
            index=keys.index(current) if current in keys else 0,
            format_func=lambda each: session.uploads[each].label,
            key=f"{prefix}_document",
            width=320,
        )
        pages = session.uploads[key].pages
        number = st.pagination(pages, key=f"{prefix}_page") if pages > 1 else 1
    return replace(good[key], number=number)


def wait(
    session: Session, ref: PageRef, settings: Sequence[Settings], waiting: bool = True
) -> None:
    """Show that a page is being recognized; rerun the script when it is done."""
    if not waiting:
        return
    tasks = [session.readings.find(ref, each) for each in settings]
    faults = [task.error for task in tasks if task]
    for fault in filter(None, faults):
        show_error(str(fault))
    if all(task is not None and task.done() for task in tasks):
        if not any(faults):
            st.rerun()
        return
    st.markdown(f":material/progress_activity: {gettext('Reading…')}")
