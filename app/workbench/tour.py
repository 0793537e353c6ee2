"""Tour: a two-minute introduction to the app with a sample page."""

import streamlit as st

from ..i18n import gettext, gettext_noop
from ..session.session import Session
from .uploads import SAMPLES

SAMPLE = "english_noisy.png"
STOPS = gettext_noop(
    (
        (
            "A page and its text",
            "This is a noisy sample page. Left is the scan, right is the text that was "
            "read from it. Your own scans, photos and PDFs come in through **Upload** "
            "in the sidebar, by dropping them or by pasting a picture. Nothing leaves "
            "this machine.",
        ),
        (
            "Doubtful words",
            "Boxes on the scan show how sure the engine was: doubtful words are orange "
            "or red, dashed or filled. Point at one to read it; click it to find it in "
            "the text. The two arrows above the scan, or the keys **n** and **p** on "
            "it, go from one doubtful word to the next. The tab **Words** lists them "
            "all.",
        ),
        (
            "What was done to the page",
            "Choose **Prepared** above the scan to see the page as the engine saw it. "
            "The tab **Steps** says what each step measured and did, picture by "
            "picture.",
        ),
        (
            "Tune, if the text needs it",
            "In the sidebar choose a **preset** that fits your pages, or move the "
            "sliders: the prepared page follows at once, the text a moment later. "
            "**Undo** takes a change back. The page **Compare** shows two recipes side "
            "by side.",
        ),
        (
            "Read all, and download the corpus",
            "**Read the whole document** (or **Read all**) reads every page with these "
            "settings, and then offers corpus.csv, or everything as one zip. Pages "
            "that failed are listed with the cause. **Corpus** keeps every page: "
            "search the text, put words right, read a page in another way.",
        ),
        (
            "Do it again",
            "Back on the **Workbench**, **Recipe** below the settings in the sidebar "
            "saves them as a file: the same words again in the app, on the command "
            "line and in Python. That is all. Remove the sample, and open pages of "
            "your own.",
        ),
    )
)

state = st.session_state


def start_tour(session: Session) -> None:
    """Open the sample page of the tour, and show the first step."""
    path = SAMPLES / SAMPLE
    key = f"sample {path.name}"
    session.add(key, path.name, path.read_bytes())
    state.document = key
    state.tour = 0


def offer_tour(session: Session, key: str) -> None:
    """Offer to start the tour."""
    if st.button(
        gettext("Take the two-minute tour"), key=key, icon=":material/directions_walk:"
    ):
        start_tour(session)
        st.switch_page("views/workbench.py")


def tour_stop() -> None:
    """Show the current step of an active tour."""
    at = state.get("tour")
    if at is None:
        return
    title, text = STOPS[at]
    last = at == len(STOPS) - 1
    with st.container(border=True, key="tour"):
        st.markdown(f"**{at + 1}/{len(STOPS)} · {gettext(title)}.** {gettext(text)}")
        with st.container(horizontal=True):
            if at:
                step(gettext("Back"), "tour_back", at - 1, "arrow_back")
            if not last:
                step(
                    gettext("Next"), "tour_next", at + 1, "arrow_forward", primary=True
                )
            step(gettext("End the tour"), "tour_end", None, "close", primary=last)


def step(
    label: str, key: str, to: int | None, icon: str, *, primary: bool = False
) -> None:
    """Draw a button that goes to another step, or ends the tour."""
    st.button(
        label,
        key=key,
        icon=f":material/{icon}:",
        type="primary" if primary else "secondary",
        on_click=state.update,
        args=({"tour": to},),
    )
