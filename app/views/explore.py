"""Explore: statistics of the corpus, with the scan for every number."""

import streamlit as st

from app.corpus.corpus_menu import corpus_popover
from app.explore.background import showing_progress
from app.explore.collocates import collocates_view, keywords_view
from app.explore.concordance import (
    concordance_view,
    follow_hit,
)
from app.explore.filters import ask_filter, offer_one_language, say_sizes
from app.explore.overview import overview
from app.explore.reliability import reliability_view
from app.explore.stability import stability_view
from app.explore.token_cache import TokenCache, token_cache_of
from app.explore.topics import documents_view, topics_view
from app.explore.trends import trends_view
from app.explore.variants import variants_view
from app.explore.word_lists import (
    dispersion_view,
    word_view,
)
from app.i18n import gettext, gettext_noop
from app.projects.demo import offer_demo
from app.session.session import Session
from app.ui.widgets import pick_one, set_query_params, show_error
from ocr_core.errors import OcrError
from ocr_core.mining import Selection

VIEWS = gettext_noop(
    {
        "overview": "Overview",
        "words": "Words",
        "trends": "Trends",
        "spread": "Dispersion",
        "lines": "Concordance",
        "collocates": "Collocates",
        "keywords": "Keywords",
        "topics": "Topics",
        "documents": "Documents",
        "forms": "OCR variants",
        "trust": "Reliability",
    }
)
ONE_LANGUAGE = (
    "collocates",
    "keywords",
    "topics",
    "documents",
)  # views that need one language
# Key prefixes of the inputs that are kept while another screen is open.
ASKED = (
    "only_",
    "explore_view",
    "counted",
    "overview_stop_words",
    "spread_words",
    "strokes_by",
    "trend_",
    "kwic_",
    "key_",
    "span",
    "collocate_",
    "topic_",
    "similar_to",
    "quality_over",
    "form_word",
    "stability_",
    "cluster_",
    "word_cloud",
)

state = st.session_state


def main() -> None:
    """Draw the page from top to bottom."""
    session: Session = state.session
    follow_hit()
    bring_back()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(gettext("Explore"), width="content")
        st.space("stretch")
        corpus_popover(session)
    try:
        cache = token_cache_of(state)
        with st.container(key="explore"), showing_progress(cache.jobs):
            explore(session, cache)
    except OcrError as error:
        show_error(error)
    # Streamlit writes a value set by a button to the URL only if the key exists.
    state.setdefault("kwic_query", "")
    state.asked = {str(key): state[key] for key in state if str(key).startswith(ASKED)}


def bring_back() -> None:
    """Restore the inputs after another screen was open; the URL has priority.

    Streamlit deletes the widgets' values of a screen when another one is opened. It
    also sets the query parameters of a hit's page before it switches to that page. So
    the browser's Back leads to this screen with those parameters instead of the inputs.
    """
    if "doc" in st.query_params:
        set_query_params(doc=None, page=None, w=None, at=None)
        state.came_back = True
        st.rerun()
    asked = state.get("asked", {})
    opened = state.page_is_new and not any(key in st.query_params for key in asked)
    if state.pop("came_back", False) or opened:
        state.update(asked)


def explore(session: Session, cache: TokenCache) -> None:
    """Show the filter and the open view, or explain the first step."""
    corpus_handle = session.corpus_handle
    if not corpus_handle.begun or not corpus_handle.ask(lambda corpus: corpus.counts()):
        empty(session)
        return
    tokens = cache.tokens(corpus_handle, state.get("only_text") == "raw")
    wanted = ask_filter(session, tokens)
    selection = cache.selection(tokens, wanted)
    say_sizes(selection)
    view = pick_one(
        gettext("View"),
        VIEWS,
        key="explore_view",
        bind="query-params",
        label_visibility="collapsed",
        persist_state="session",
    )
    if not selection.sizes["tokens"]:
        st.info(
            gettext("No words are left to count. Make the filter above less strict.")
        )
        return
    if view in ONE_LANGUAGE:
        offer_one_language(selection)
    show(view, session, cache, selection)


def show(view: str, session: Session, cache: TokenCache, selection: Selection) -> None:
    """Show one view of the selection."""
    if view == "overview":
        overview(cache, selection)
    elif view == "words":
        word_view(cache, selection)
    elif view == "trends":
        trends_view(session, cache, selection)
    elif view == "spread":
        dispersion_view(cache, selection)
    elif view == "lines":
        concordance_view(session, cache, selection)
    elif view == "collocates":
        collocates_view(cache, selection)
    elif view == "keywords":
        keywords_view(session, cache, selection)
    elif view == "topics":
        topics_view(cache, selection)
    elif view == "documents":
        documents_view(cache, selection)
    elif view == "forms":
        variants_view(session, cache, selection)
    else:
        reliability_view(cache, selection)
        stability_view(session, cache, selection)


def empty(session: Session) -> None:
    """Explain the first step."""
    st.info(
        gettext(
            "Here you count, compare and look up the words of a corpus, each with the "
            "piece of the scan it came from. Read your own documents first, or look "
            "around in a corpus that is read already."
        )
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        offer_demo(session, key="explore_demo")
        st.page_link("views/workbench.py", label=gettext("To the workbench"))


main()
