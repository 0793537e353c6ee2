"""Tour: a two-minute introduction with a sample page, from its scan to its words.

Each stop outlines what it speaks of, on the screen where that is; going on does what
the stop promised: it opens the tab, reads the pages, opens Explore.
"""

from contextlib import suppress
from typing import NamedTuple

import streamlit as st

from ocr_core.errors import OcrError
from ocr_core.settings import Settings

from ..i18n import gettext, gettext_noop
from ..session.session import Session
from .uploads import SAMPLES

SAMPLE = "english_noisy.png"
WORKBENCH, READ_ALL = "views/workbench.py", "views/batch.py"
EXPLORE = "views/explore.py"
# The part of the screen that each stop speaks of.
OUTLINES = """<style>
body:has(.st-key-tour_1) .st-key-panes,
body:has(.st-key-tour_2) .st-key-viewer,
body:has(.st-key-tour_3) .st-key-panes [data-testid="stTabs"],
body:has(.st-key-tour_4) [data-testid="stSidebarUserContent"],
body:has(.st-key-tour_4) [data-testid="stExpandSidebarButton"],
body:has(.st-key-tour_5) [data-testid="stMainBlockContainer"] h1,
body:has(.st-key-tour_6) .st-key-explore_view {
  outline: 3px solid #cc79a7;
  outline-offset: 3px;
  border-radius: 0.4rem;
}
</style>"""


class Stop(NamedTuple):
    """A stop: what it says, and the screen and tab that it speaks of."""

    title: str
    text: str
    screen: str = WORKBENCH
    tab: str = ""  # opened beside the picture
    reads: bool = False  # whether all pages are read on arrival


STOPS = gettext_noop(
    (
        Stop(
            "A page and its text",
            "This is a noisy sample page: left, or above, the scan; right, or below, "
            "the text that was read from it. Point at a word of one, and it is marked "
            "in the other.",
            tab="Text",
        ),
        Stop(
            "Doubtful words",
            "Boxes on the scan show how sure the engine was: doubtful words are orange "
            "or red, dashed or filled. The two arrows above the scan, or the keys "
            "**n** and **p** on it, go from one to the next.",
            tab="Text",
        ),
        Stop(
            "What was done to the page",
            "**Steps**, now open, says what each step did and why. **Prepared**, above "
            "the scan, shows the page as the engine saw it.",
            tab="Steps",
        ),
        Stop(
            "Settings, if the text needs them",
            "Language, kind of page and speed are enough for most pages; **All "
            "settings** has the rest. **Find the best settings** searches for you. The "
            "text follows each change. On a narrow screen, » at the top opens them.",
        ),
        Stop(
            "Read all, and download the corpus",
            "All pages are being read with these settings, here the one. Then they can "
            "be downloaded as tables and in other formats. Pages that fail are listed "
            "with the cause.",
            screen=READ_ALL,
            reads=True,
        ),
        Stop(
            "Explore the words",
            "What was read is counted here. Each button is another view: word list, "
            "concordance with the scan, trends and more. Remove the sample, or explore "
            "the demo corpus from the start screen.",
            screen=EXPLORE,
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
    """Show the current stop of an active tour, and outline what it speaks of."""
    at = state.get("tour")
    if at is None:
        return
    stop, last = STOPS[at], at == len(STOPS) - 1
    if state.pop("tour_moves", False):
        # By default, switching pages would clear the knobs' query parameters.
        st.switch_page(stop.screen, query_params={})
    with st.container(border=True, key="tour"):
        st.html(OUTLINES)
        st.markdown(
            f"**{at + 1}/{len(STOPS)} · {gettext(stop.title)}.** {gettext(stop.text)}"
        )
        with st.container(horizontal=True, key=f"tour_{at + 1}"):
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
    """Draw a button that goes to another stop, or ends the tour."""
    st.button(
        label,
        key=key,
        icon=f":material/{icon}:",
        type="primary" if primary else "secondary",
        on_click=go_to,
        args=(to,),
    )


def go_to(at: int | None) -> None:
    """Go to another stop, and do what it speaks of."""
    before, state.tour = state.tour, at
    if at is None:
        return
    stop = STOPS[at]
    state.tour_moves = stop.screen != STOPS[before].screen
    if stop.tab:
        state.tab = gettext(stop.tab)
    if stop.reads and before < at:
        session: Session = state.session
        with suppress(OcrError):  # the screen of the run shows what is wrong
            session.read_all(state.get("settings") or Settings())
