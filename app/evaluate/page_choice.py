"""Page selection: the document and page to evaluate, and its result."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from ocr_core.page import PageRef
from ocr_core.settings import Settings

from ..i18n import gettext
from ..session.page_jobs import PageJob
from ..session.session import Session
from ..ui.widgets import show_error
from ..workbench.reading_status import page_key, progress_words

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
        st.page_link(
            "views/workbench.py",
            label=gettext("To the workbench"),
            icon=":material/document_scanner:",
        )
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
            help=gettext("The document whose page is shown."),
        )
        pages = session.uploads[key].pages
        number = st.pagination(pages, key=f"{prefix}_page") if pages > 1 else 1
    return replace(good[key], number=number)


def requested(session: Session, ref: PageRef, settings: Settings) -> PageJob | None:
    """Return the job of a page, requested now if need be; None after a Cancel."""
    task = session.readings.find(ref, settings)
    if task is None and page_key(ref, settings) not in state.get("evaluate_off", ()):
        task = session.read(ref, settings, beside=True)
    return task


def wait(
    session: Session, ref: PageRef, settings: Sequence[Settings], waiting: bool = True
) -> None:
    """Show that a page is being recognized; rerun the script when it is done."""
    if state.pop("evaluate_redraw", False):
        st.rerun()
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
    with st.container(horizontal=True, vertical_alignment="center"):
        if None in tasks:
            st.markdown(f":material/stop_circle: {gettext('Cancelled.')}")
            label, off = gettext("Read again"), False
        else:
            busy = next(task for task in tasks if task and not task.done())
            st.markdown(progress_words(busy))
            label, off = gettext("Cancel"), True
        st.button(
            label,
            key="evaluate_cancel",
            icon=":material/stop_circle:" if off else ":material/refresh:",
            on_click=put_off,
            args=(session, ref, settings, off),
        )


def put_off(
    session: Session, ref: PageRef, settings: Sequence[Settings], off: bool
) -> None:
    """Cancel the unfinished jobs of a page; with `off` false, allow them again."""
    keys = {page_key(ref, each) for each in settings}
    for each in settings:
        task = session.readings.find(ref, each)
        if task is not None and not task.done():
            session.readings.forget(ref, each)
    before = state.get("evaluate_off", frozenset())
    state.evaluate_off = before | keys if off else before - keys
    state.evaluate_redraw = True
