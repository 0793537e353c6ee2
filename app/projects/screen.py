"""Project list: one row for each project, with its actions."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from ocr_core.errors import OcrError

from ..i18n import gettext
from ..session.project_library import Listing
from ..session.session import Session
from ..ui.widgets import plain, set_query_params, show_error
from .position import PARAMETER, address_of, show_project

ROWS = 20  # projects on one page of the list

state = st.session_state


def project_list(session: Session) -> None:
    """List the projects, the most recently opened first."""
    if fault := state.pop("list_fault", ""):
        show_error(fault)
    try:
        lines = session.library.listings()
    except OcrError as error:
        show_error(error)
        return
    if not lines:
        st.caption(
            gettext(
                "There are no projects yet. The first one is created automatically."
            )
        )
        return
    sheet = 1
    if len(lines) > ROWS:
        sheet = st.pagination(-(-len(lines) // ROWS), key="projects_sheet")
    for line in lines[(sheet - 1) * ROWS : sheet * ROWS]:
        project_row(session, line, first=line is lines[0])


def project_row(session: Session, line: Listing, *, first: bool) -> None:
    """Show a project in one row."""
    with (
        st.container(border=True, key=f"project {line.id}"),
        st.container(horizontal=True, vertical_alignment="center"),
    ):
        is_open = line.id == session.project.id
        with st.container(width="stretch", gap=None):
            st.markdown(f"**{plain(line.name)}**")
            st.caption(" · ".join(facts(line, is_open=is_open)))
        if st.button(
            gettext("Go on") if first or is_open else gettext("Open"),
            key=f"open {line.id}",
            type="primary" if first else "secondary",
            help=gettext("Open {name} where you left it.", name=plain(line.name)),
        ):
            go_to_project(session, line.id)
        more_actions(session, line)


def facts(line: Listing, *, is_open: bool) -> list[str]:
    """Return a project's size and the time it was last opened, as text."""
    found = [
        gettext("1 page")
        if line.pages == 1
        else gettext("{count} pages", count=line.pages),
        size_text(line.size),
    ]
    if is_open:
        found.append(gettext("open now"))
    elif line.opened:
        found.append(gettext("last opened {time}", time=local_time(line.opened)))
    return found


def size_text(size: int) -> str:
    """Return a number of bytes with a readable unit."""
    if size < 10**6:
        return f"{max(1, round(size / 1000))} kB"
    return f"{size / 10**6:.1f} MB" if size < 10**8 else f"{size / 10**6:.0f} MB"


def local_time(text: str) -> str:
    """Convert a recorded UTC time to the user's time zone."""
    try:
        time = datetime.fromisoformat(text)
        zone = ZoneInfo(st.context.timezone) if st.context.timezone else None
    except (ValueError, ZoneInfoNotFoundError):
        return plain(text)
    return f"{time.astimezone(zone):%Y-%m-%d %H:%M}"


def go_to_project(session: Session, project_id: str) -> None:
    """Open a project at its saved position."""
    if project_id == session.project.id:
        screen, query = address_of(project_id, session.project.record.position)
        st.switch_page(screen, query_params=query)
    try:
        project = session.library.open(project_id)
    except OcrError as error:
        show_error(error)
    else:
        show_project(session, project)


def more_actions(session: Session, line: Listing) -> None:
    """Offer to rename, duplicate and delete a project."""
    with st.popover(
        gettext("More"),
        icon=":material/more_horiz:",
        key=f"more {line.id}",
        width="content",
    ):
        with st.form(f"rename {line.id}", border=False):
            st.text_input(
                gettext("Name"),
                line.name,
                key=f"name {line.id}",
                max_chars=80,
                help=gettext("What the project is called on the start screen."),
            )
            st.form_submit_button(
                gettext("Rename"),
                on_click=tried,
                args=(rename, session, line.id),
            )
        st.button(
            gettext("Duplicate"),
            key=f"duplicate {line.id}",
            icon=":material/content_copy:",
            on_click=tried,
            args=(session.library.duplicate, line.id),
        )
        sure = st.checkbox(
            gettext("Delete {name} for good", name=plain(line.name)),
            key=f"sure {line.id}",
            help=gettext("Deleted projects cannot be restored."),
        )
        st.button(
            gettext("Delete"),
            key=f"delete {line.id}",
            icon=":material/delete:",
            disabled=not sure,
            on_click=tried,
            args=(delete, session, line.id),
            help=gettext("Its documents, readings and corrections go too."),
        )


def tried(action: Callable[..., object], *arguments: object) -> None:
    """Run an action on a project; show the error if it fails."""
    try:
        action(*arguments)
    except OcrError as error:
        state.list_fault = str(error)


def rename(session: Session, project_id: str) -> None:
    """Rename a project to the name that was typed."""
    session.library.rename(project_id, state[f"name {project_id}"])


def delete(session: Session, project_id: str) -> None:
    """Delete a project; close it first if it is open."""
    session.library.delete(project_id)
    if project_id == session.project.id:
        set_query_params(**{PARAMETER: None})
