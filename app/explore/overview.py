"""Overview: the first results of a corpus, each with a way to its view."""

from collections import Counter
from collections.abc import Sequence
from heapq import nsmallest
from typing import NamedTuple

import numpy as np
import pandas as pd
import streamlit as st
from natsort import natsorted

from ocr_core.mining import Selection
from ocr_core.mining.frequency import word_list
from ocr_core.mining.keyness import distinctive_words
from ocr_core.mining.trends import trends

from ..i18n import gettext
from ..ui.column_help import column_help, explained
from ..ui.language_names import language_names
from .background import showing_progress
from .charts import bars, lines
from .concordance import open_concordance, open_page, open_page_list
from .metadata import PARTS, YEAR, widest_column
from .token_cache import TokenCache

WORDS = 15
TREND_WORDS = 5
WORST = 8
PAGE_LIST = "pages"  # the screen that lists them

state = st.session_state


class CorpusFigure(NamedTuple):
    """A figure of a corpus: the view that it opens, its name, value and explanation."""

    view: str
    label: str
    value: str
    explanation: str = ""


def overview(cache: TokenCache, selection: Selection) -> None:
    """Show sizes, common and distinctive words, a trend, and the worst-read pages."""
    figures(selection)
    counted = selection
    if not st.toggle(
        gettext("Count stop words too"),
        key="overview_stop_words",
        bind="query-params",
        help=gettext("Stop words are the most frequent words of a language, as the."),
    ):
        counted = cache.without_stop_words(selection)
    table = cache.long(
        ("overview", counted.filter),
        gettext("Counting…"),
        lambda progress: word_list(counted, limit=WORDS, progress=progress),
    )
    if table.empty:
        st.info(gettext("Only stop words are left to count."))
        return
    left, right = st.columns(2, gap="large")
    with left:
        common_words(table, counted)
    with right, showing_progress(cache.jobs):
        common_trend(cache, counted, table["term"].head(TREND_WORDS).tolist())
    left, right = st.columns(2, gap="large")
    with left, showing_progress(cache.jobs):
        distinctive(cache, counted)
    with right:
        worst_pages(selection)


def figures(selection: Selection) -> None:
    """Show the size of what is counted, its languages, years and quality."""
    tokens, sizes = selection.tokens, selection.sizes
    pages_in = Counter(tokens.language_of_page[selection.chosen].tolist())
    languages = [tokens.languages[n] for n, _ in pages_in.most_common(6)]
    qualities = tokens.qualities[selection.chosen]
    words = gettext("Opens the list of words.")
    pages = gettext("Opens the list of pages, where you can choose a language.")
    shown = [
        CorpusFigure("documents", gettext("Documents"), f"{sizes['documents']:,}"),
        CorpusFigure(PAGE_LIST, gettext("Pages"), f"{sizes['pages']:,}", pages),
        CorpusFigure(
            "words", gettext("Running words"), f"{selection.running:,}", words
        ),
        CorpusFigure(
            "words",
            gettext("Different words"),
            f"{int((selection.counts > 0).sum()):,}",
            words,
        ),
        CorpusFigure(
            PAGE_LIST,
            gettext("Languages"),
            ", ".join(languages),
            f"{', '.join(map(language_names, languages))}. {pages}",
        ),
    ]
    if YEAR in tokens.metadata:
        years = natsorted({*selection.metadata_of_documents(YEAR)} - {""})
        if years:
            span = "–".join(dict.fromkeys((years[0], years[-1])))
            shown.append(CorpusFigure("trends", gettext("Years"), span))
    if not np.isnan(qualities).all():
        median = f"{np.nanmedian(qualities):.2f}"
        shown.append(CorpusFigure("trust", gettext("Median quality"), median))
    with st.container(horizontal=True, gap="medium"):
        for each in shown:
            show_figure(each)


def show_figure(figure: CorpusFigure) -> None:
    """Show a figure; the button with its name opens its view."""
    with st.container(width="content", gap=None):
        st.metric(
            figure.label, figure.value, width="content", label_visibility="collapsed"
        )
        pressed = st.button(
            figure.label,
            key=f"figure_{figure.label}",
            type="tertiary",
            icon=":material/arrow_forward:",
            icon_position="right",
            help=figure.explanation or None,
            on_click=open_view if figure.view != PAGE_LIST else None,
            args=(figure.view,),
        )
    if pressed and figure.view == PAGE_LIST:
        open_page_list()


def heading(text: str, view: str, label: str) -> None:
    """Show a heading, and a button that opens the view with all of it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(text, width="content")
        st.space("stretch")
        st.button(
            label,
            key=f"to_{view}",
            icon=":material/arrow_forward:",
            on_click=open_view,
            args=(view,),
        )


def open_view(view: str) -> None:
    """Open another view of the same selection."""
    state.explore_view = view


def common_words(table: pd.DataFrame, selection: Selection) -> None:
    """Show the commonest words as bars; each opens its concordance."""
    heading(gettext("Commonest words"), "words", gettext("All words"))
    bars(
        table,
        selection,
        "term",
        "count",
        name="overview_words",
        title=gettext("how often"),
        alt_text=gettext("The commonest words as bars"),
    )
    st.pills(
        gettext("Show every occurrence, with its scan"),
        table["term"].tolist(),
        key="overview_term",
        on_change=open_chosen,
        help=gettext("Opens the concordance of the word."),
    )


def open_chosen() -> None:
    """Open the concordance of the word that was pressed."""
    if term := state.overview_term:
        open_concordance(term)


def common_trend(cache: TokenCache, selection: Selection, terms: Sequence[str]) -> None:
    """Show how the share of the commonest words changes over time or parts."""
    heading(gettext("How they change"), "trends", gettext("Other words"))
    column = widest_column(selection, YEAR)
    if not column:
        no_metadata()
        return
    change = cache.long(
        ("overview_trend", column, selection.filter),
        gettext("Counting…"),
        lambda progress: trends(selection, terms, column, progress=progress),
    )
    lines(
        change.drop(columns=["low", "high"]),  # intervals of several words overlap
        selection,
        "value",
        "per_million",
        "term",
        name="overview_trends",
        titles=(column, gettext("per million")),
        alt_text=gettext("Frequency of the words over {column}", column=column),
    )


def distinctive(cache: TokenCache, selection: Selection) -> None:
    """Show the words that distinguish the parts of the corpus."""
    heading(gettext("Distinctive words"), "keywords", gettext("Compare parts"))
    column = widest_column(selection)
    if column:
        parts = selection.metadata_of_documents(column)
    elif 1 < len(selection.documents) <= PARTS:
        column, parts = gettext("document"), selection.documents
    else:
        no_metadata()
        return
    table = cache.long(
        ("overview_parts", column, selection.filter),
        gettext("Counting…"),
        lambda _: distinctive_words(selection, parts),
    )
    words = table.groupby("part", sort=False)["term"].agg(", ".join).reset_index()
    st.dataframe(
        words,
        hide_index=True,
        column_config=explained(
            words, {"part": column, "term": gettext("distinctive words")}
        ),
        alt=gettext("The words that distinguish each part from the others"),
    )


def worst_pages(selection: Selection) -> None:
    """List the pages with the lowest quality; a button opens each."""
    heading(gettext("Worst read"), "trust", gettext("Reliability"))
    infos = selection.tokens.page_infos
    judged = [
        (info.quality, info.doc_id, info.page_num)
        for info, chosen in zip(infos, selection.chosen.tolist(), strict=True)
        if chosen and info.quality is not None
    ]
    if not judged:
        st.info(gettext("No page has a quality value."))
        return
    worst = nsmallest(WORST, judged)
    state.worst_pages = [(doc_id, number) for _, doc_id, number in worst]
    table = pd.DataFrame(
        {
            gettext("open"): gettext("Open"),
            gettext("document"): [doc_id for _, doc_id, _ in worst],
            gettext("page"): [number for _, _, number in worst],
            gettext("quality"): [quality for quality, _, _ in worst],
        }
    )
    st.dataframe(
        table,
        key=f"worst {hash(tuple(state.worst_pages))}",
        hide_index=True,
        alt=gettext("The pages with the lowest quality; a button opens each"),
        column_config=explained(
            table,
            {
                gettext("open"): st.column_config.ButtonColumn(
                    width=80,
                    on_click=open_worst,
                    key="open_worst",
                    help=column_help("open"),
                ),
                gettext("page"): st.column_config.NumberColumn(width=60),
                gettext("quality"): st.column_config.ProgressColumn(
                    min_value=0, max_value=1, format="%.2f"
                ),
            },
        ),
    )


def open_worst() -> None:
    """Open the page whose button was pressed."""
    click = state.get("open_worst")
    if click and click["row"] < len(state.worst_pages):
        open_page(*state.worst_pages[click["row"]])


def no_metadata() -> None:
    """Say what is needed to compare parts."""
    st.info(
        gettext(
            "Press Add metadata above, such as the year or the source of each "
            "document, to compare parts of the corpus."
        )
    )
