"""App frame: page configuration, navigation and everything all pages share."""

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from app import NAME
from app.i18n import gettext, settle_language
from app.projects.position import open_asked_project, save_position
from app.projects.sign_in_screen import ask_to_sign_in
from app.session.hosting import visitor_library
from app.session.session import Session
from app.session.sign_in import Person, is_admin, is_required, signed_in
from app.ui.widgets import show_error
from app.workbench.tour import tour_stop

st.set_page_config(
    page_title=NAME,
    page_icon=str(Path(__file__).with_name("icon.png")),
    layout="wide",
    initial_sidebar_state="auto",  # closed where it would cover the page
)
# Less empty space above the page leaves more for the scan. Panes that do not fit side
# by side wrap below each other. The tour stays visible. The primary colour of the dark
# theme is light, so white text on it would be unreadable.
STYLE = """<style>
.stMainBlockContainer { padding: 4rem 2rem 2rem; }
.st-key-panes > div > [data-testid="stHorizontalBlock"],
.st-key-beginnings > [data-testid="stHorizontalBlock"],
.st-key-panes > [data-testid="stHorizontalBlock"] { flex-wrap: wrap; }
.st-key-panes [data-testid="stColumn"] { min-width: min(20rem, 100%); }
.st-key-beginnings [data-testid="stColumn"] { min-width: min(16rem, 100%); }
.st-key-explore [data-testid="stHorizontalBlock"]:has(> [data-testid="stColumn"]) {
  flex-wrap: wrap;
}
[data-testid="stButtonGroup"] > div { padding-right: 1px; } /* its buttons overlap */
[data-testid="stButtonGroup"] [role="radio"][aria-checked="false"] {
  /* at the ends of rows */
  border-right-color: color-mix(in srgb, currentcolor 20%, transparent);
}
.st-key-explore [data-testid="stColumn"] { min-width: min(24rem, 100%); }
.st-key-results [data-testid="stHorizontalBlock"] { flex-wrap: nowrap; }
.st-key-results [data-testid="stColumn"] { min-width: 0; }
@media (min-width: 40rem) { .st-key-filter_shown { display: none; } }
@media (min-width: 56rem) { .st-key-hits_narrow { display: none; } }
@media (max-width: 55.9rem) { .st-key-hits_wide { display: none; } } /* cut off */
@media (max-width: 40rem) { /* legible pictures, below what can be done */
  .st-key-filter_folded { display: none; }
  .st-key-evaluate_view [role="radio"] { padding-inline: 0.55rem; } /* in one row */
  :has(> .st-key-results) { order: 1; }
  .st-key-results [data-testid="stHorizontalBlock"] { flex-wrap: wrap; }
  .st-key-results [data-testid="stColumn"] { min-width: 100%; }
}
.st-key-topic_bars [data-testid="stVegaLiteChart"] {
  max-width: 100%;
  overflow-x: auto;
}
.st-key-results img { border: 1px solid #8885; border-radius: 0.4rem; }
@media (min-width: 48rem) and (min-height: 40rem) {
  :has(> .st-key-tour) {
    position: sticky;
    top: 3.75rem;
    z-index: 10;
    background: light-dark(#fff, #171614);
  }
}
:has(> .st-key-marks_of_ticked) {
  position: sticky;
  bottom: 0;
  z-index: 10;
  padding-block: 0.5rem;
  background: light-dark(#fff, #171614);
}
[role="radio"][aria-checked="true"]:hover p { color: light-dark(#06455f, #8ccdf3); }
[data-testid="stBaseButton-primary"]:enabled,
[data-testid="stMultiSelect"] [data-tag] { color: light-dark(#fff, #0e1117); }
[data-tag] { height: auto; }
[data-tag] > [title] { max-width: none; white-space: normal; }
</style>"""
st.html(STYLE)


@st.cache_resource(scope="session", on_release=Session.close, show_spinner=False)
def session() -> Session:
    """Return the session of this browser tab; it is closed with the tab."""
    return Session(visitor_library())


def screens(person: Person | None) -> list[StreamlitPage]:
    """Return the screens that a person may see."""
    pages = [
        st.Page(
            "views/workbench.py",
            title=gettext("Workbench"),
            icon=":material/document_scanner:",
            default=True,
        ),
        st.Page(
            "views/batch.py", title=gettext("Read all"), icon=":material/library_books:"
        ),
        st.Page(
            "views/corpus.py", title=gettext("Corpus"), icon=":material/inventory_2:"
        ),
        st.Page(
            "views/explore.py", title=gettext("Explore"), icon=":material/insights:"
        ),
        st.Page(
            "views/projects.py",
            title=gettext("Projects"),
            icon=":material/folder_copy:",
        ),
        st.Page(
            "views/evaluate.py",
            title=gettext("Evaluate"),
            icon=":material/fact_check:",
        ),
        st.Page(
            "views/compare.py", title=gettext("Compare"), icon=":material/compare:"
        ),
        st.Page("views/help.py", title=gettext("Help"), icon=":material/help:"),
    ]
    if is_admin(person):
        pages.append(
            st.Page("views/usage.py", title=gettext("Usage"), icon=":material/group:")
        )
    return pages


def main() -> None:
    """Draw the screen that is open, or ask to sign in."""
    settle_language()
    person = signed_in()
    if is_required() and person is None:
        ask_to_sign_in()
        return
    own = st.session_state.session = session()
    page = st.navigation(screens(person), position="top")
    st.session_state.page_is_new = st.session_state.get("page_shown") != page.url_path
    st.session_state.page_shown = page.url_path
    open_asked_project(own)
    for fault in (st.session_state.pop("project_fault", ""), own.unsaved):
        if fault:
            show_error(fault)
    tour_stop()
    try:
        page.run()
    finally:
        save_position(own, page.url_path)


main()
