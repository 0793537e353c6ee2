"""The app's frame: page config, navigation, and what every page shares."""

import streamlit as st

from app.jobs import Session

st.set_page_config(
    page_title="OCR workbench",
    page_icon=":material/document_scanner:",
    layout="wide",
    initial_sidebar_state="expanded",
)
# Streamlit leaves a hand's breadth above the page; a scan needs it more.
st.html("<style>.stMainBlockContainer { padding: 4rem 2rem 2rem; }</style>")


@st.cache_resource(scope="session", on_release=Session.close, show_spinner=False)
def session() -> Session:
    """Return what this browser tab has; it is closed when the tab is gone."""
    return Session()


st.session_state.session = session()
st.navigation(
    [
        st.Page(
            "views/workbench.py",
            title="Workbench",
            icon=":material/document_scanner:",
            default=True,
        ),
        st.Page("views/batch.py", title="Read all", icon=":material/library_books:"),
    ],
    position="top",
).run()
