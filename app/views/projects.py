"""Projects: open saved projects; import and export shared files."""

import math
from urllib.parse import urlsplit

import streamlit as st

from app.i18n import gettext
from app.projects.position import begin_another
from app.projects.screen import project_list, tried
from app.projects.sharing import open_shared_file, share_offers
from app.projects.sign_in_screen import sign_out_button
from app.session.hosting import delete_all, keep_days, visitor_bytes, visitor_key
from app.session.project_paths import folder_size
from app.session.session import Session
from app.session.sign_in import signed_in
from app.session.visitors import PATH as BACK
from app.ui.widgets import plain

state = st.session_state


def main() -> None:
    """Draw the page from top to bottom."""
    session: Session = state.session
    st.title(gettext("Projects"))
    say_where(session)
    with st.container(horizontal=True):
        if st.button(gettext("New project"), key="new_project", icon=":material/add:"):
            begin_another(session)
        with st.popover(gettext("Open a file"), icon=":material/upload_file:"):
            open_shared_file(session, key="shared_upload")
    project_list(session)
    if session.project.id:
        st.subheader(gettext("Share the open project"))
        name = plain(session.project.record.name)
        st.caption(
            gettext(
                "Download {name} as one file that can be opened elsewhere.", name=name
            )
        )
        share_offers(session)


def say_where(session: Session) -> None:
    """Show where projects are saved, and for how long."""
    library = session.library
    if library.own_machine:
        path = plain(str(library.root))
        st.caption(
            gettext("Saved automatically with every change, in {path}.", path=path)
        )
    elif library.lasting:
        say_how_long(session)
    else:
        st.caption(
            gettext("Projects go when this page is closed. Download them to keep them.")
        )


def say_how_long(session: Session) -> None:
    """Show how long projects are kept on a server; offer the link and deletion."""
    person = signed_in()
    st.caption(
        gettext(
            "Saved automatically with every change, on this server, for {days} days "
            "after your last visit. {used} of {most} MB used.",
            days=keep_days(),
            used=math.ceil(folder_size(session.library.root) / 10**6),
            most=visitor_bytes() // 10**6,
        )
        + " "
        + (
            gettext("Signed in as {person}.", person=plain(person.label))
            if person
            else gettext(
                "Only this browser, and anyone with the private link, can open them."
            )
        )
    )
    with st.container(horizontal=True):
        if person:
            sign_out_button()
        else:
            offer_link()
        with st.popover(gettext("Delete everything"), icon=":material/delete_forever:"):
            sure = st.checkbox(
                gettext("Delete all my projects for good"),
                key="sure_all",
                help=gettext("Deleted projects cannot be restored."),
            )
            st.button(
                gettext("Delete all"),
                key="delete_all",
                disabled=not sure,
                on_click=tried,
                args=(delete_all, session.library),
            )


def offer_link() -> None:
    """Offer the private link that opens a visitor's projects in another browser."""
    with st.popover(gettext("Come back here"), icon=":material/link:"):
        st.caption(
            gettext(
                "This private link opens your projects in another browser. "
                "Anyone who has it can see and change them."
            )
        )
        st.code(private_link(), language=None, wrap_lines=True)


def private_link() -> str:
    """Return the private link, which contains the visitor's key."""
    here = urlsplit(str(st.context.url))
    key = visitor_key(st.context.cookies)
    return f"{here.scheme}://{here.netloc}{BACK}#{key}"


main()
