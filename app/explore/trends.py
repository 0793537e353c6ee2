"""Trends: how the frequency of words changes over years or other metadata."""

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd
import streamlit as st

from ocr_core.errors import OcrError
from ocr_core.mining import Selection
from ocr_core.mining.progress import ReportProgress, Steps
from ocr_core.mining.query import MAX_CHARACTERS
from ocr_core.mining.trends import NUMBER, trends

from ..i18n import gettext
from ..session.session import Session
from ..ui.widgets import show_error
from .charts import lines
from .ranges import ask_width
from .reliability import common_terms, show_reliability
from .tables import say_hidden, show_table
from .token_cache import TokenCache
from .variants import found_forms
from .word_lists import ask_terms

MAX_WINDOW = 11

state = st.session_state


class TrendOptions(NamedTuple):
    """The options of a trend, as `trends` takes them."""

    column: str
    bin_width: int
    window: int
    parts: str
    tolerant: bool


def trends_view(session: Session, cache: TokenCache, selection: Selection) -> None:
    """Show the frequency of words over a metadata column, as a chart and a table."""
    columns = list(selection.tokens.metadata)
    terms = ask_terms(common_terms(cache, cache.without_stop_words(selection))[:2])
    if not terms:
        st.info(gettext("Type words above, separated by commas."))
        return
    if not columns:
        st.info(
            gettext(
                "A trend needs metadata, such as the year of each document: press "
                "Add metadata above."
            )
        )
        return
    options = ask_options(selection, columns)
    show_reliability(cache, selection)
    say_hidden(selection, terms)
    queries = {term: term for term in terms}
    if options.tolerant:
        queries = cache.long(
            ("tolerant", tuple(terms), selection.filter),
            gettext("Looking for forms…"),
            lambda progress: tolerant_queries(session, selection, terms, progress),
        )
    try:
        table = cache.long(
            ("trends", tuple(queries.items()), options, selection.filter),
            gettext("Counting…"),
            lambda progress: counted(selection, queries, options, progress),
        )
    except OcrError as error:
        show_error(error)
        return
    draw(table, selection, options)
    if options.tolerant:
        for term, query in queries.items():
            if query != term:
                st.caption(f"{term}: {query.replace('|', ', ')}")
    show_table(
        table,
        selection,
        "trends",
        query=described(queries, options),
        alt_text=gettext("Frequency of the words over {column}", column=options.column),
    )


def counted(
    selection: Selection,
    queries: dict[str, str],
    options: TrendOptions,
    progress: ReportProgress,
) -> pd.DataFrame:
    """Count the hits of queries as the options say."""
    return trends(
        selection,
        queries,
        options.column,
        bin_width=options.bin_width,
        window=options.window,
        parts=options.parts,
        progress=progress,
    )


def ask_options(selection: Selection, columns: Sequence[str]) -> TrendOptions:
    """Ask for the column, its bins, the smoothing, the parts and the tolerance."""
    first = columns.index("year") if "year" in columns else 0
    with st.container(horizontal=True, vertical_alignment="bottom"):
        column = st.selectbox(
            gettext("Over"),
            columns,
            index=first,
            key="trend_over",
            bind="query-params",
            width=160,
            help=gettext("The column of metadata along the axis."),
        )
        values = selection.metadata_of_documents(column)
        bin_width = 0
        if any(NUMBER.match(value) for value in values):
            bin_width = ask_width("trend_bins")
        window = st.slider(
            gettext("Smoothing"),
            1,
            MAX_WINDOW,
            1,
            2,
            key="trend_window",
            bind="query-params",
            width=180,
            help=gettext(
                "The line goes through the frequency over this many values; the points "
                "stay those of each value. 1 does not smooth."
            ),
        )
        parts = st.selectbox(
            gettext("A line for each"),
            ["", *(each for each in columns if each != column)],
            format_func=lambda each: each or gettext("word only"),
            key="trend_parts",
            bind="query-params",
            width=180,
            help=gettext("Count each value of another column apart."),
        )
        tolerant = st.toggle(
            gettext("With OCR variants"),
            key="trend_tolerant",
            bind="query-params",
            help=gettext(
                "Count the forms that a word was probably misread as with the word."
            ),
        )
    return TrendOptions(column, bin_width, window, parts, tolerant)


def tolerant_queries(
    session: Session,
    selection: Selection,
    terms: Sequence[str],
    progress: ReportProgress,
) -> dict[str, str]:
    """Return for each word a query for it and its probable misreadings."""
    step, found = Steps(progress, len(terms)), {}
    for term in terms:
        found[term] = with_variants(session, selection, term)
        step()
    return found


def with_variants(session: Session, selection: Selection, term: str) -> str:
    """Return a query for a word and its probable misreadings, the commonest first."""
    if " " in term:
        return term
    table = found_forms(session, selection, term)
    chosen = table[table["selected"]].sort_values("count", ascending=False)
    query = term
    for form in chosen["term"]:
        if form != term and len(query) + len(form) < MAX_CHARACTERS:
            query += f"|{form}"
    return query


def draw(table: pd.DataFrame, selection: Selection, options: TrendOptions) -> None:
    """Draw a line for each word, or for each word and part."""
    label = "term"
    if options.parts:
        label = "line"
        table = table.assign(line=table["term"] + " · " + table["part"])
    lines(
        table,
        selection,
        "value",
        "per_million",
        label,
        name="trends",
        titles=(options.column, gettext("per million")),
        alt_text=gettext("Frequency of the words over {column}", column=options.column),
    )


def described(queries: dict[str, str], options: TrendOptions) -> str:
    """Return what was asked for, for the file."""
    parts = [f"{', '.join(queries.values())} over {options.column}"]
    if options.bin_width:
        parts.append(f"bins of {options.bin_width}")
    if options.window > 1:
        parts.append(f"smoothed over {options.window} values")
    if options.parts:
        parts.append(f"by {options.parts}")
    return "; ".join(parts)
