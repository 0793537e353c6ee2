"""Collocates and keywords: co-occurring words, and words typical of one part."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from ocr_core.errors import OcrError
from ocr_core.mining import Filter, Selection
from ocr_core.mining.association import collocates
from ocr_core.mining.collocate_network import collocate_network
from ocr_core.mining.filter import chosen_pages
from ocr_core.mining.keyness import keywords
from ocr_core.mining.measures import COLLOCATE_MEASURES, KEYNESS_MEASURES
from ocr_core.mining.measures import measure as measure_of
from ocr_core.mining.progress import ReportProgress, no_report
from ocr_core.mining.reliability import better_half, parts_differ
from ocr_core.mining.variants import likely_misreadings
from ocr_core.mining.word_lists import WordList, read_word_list

from ..i18n import gettext
from ..session.session import Session
from ..ui.widgets import plain, show_error
from .charts import bars
from .concordance import ask_query, start_word
from .metadata import widest_column
from .networks import draw_network
from .parts import parts_of
from .ranges import ask_width, bin_of, pick_bins, usual_width, whole_numbers
from .reliability import TOP, say_gap, show_reliability
from .tables import ROWS, described_column, show_table
from .token_cache import TokenCache

SAVED = "*"  # option for parts that are kept with the corpus
OWN_LIST = "*"  # option for a word list instead of a part of the corpus

state = st.session_state


def ask_collocates() -> tuple[str, int, str]:
    """Ask near which word others are looked for, how near, and how they are ranked."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        query = ask_query()
        span = st.slider(
            gettext("Words to either side"),
            1,
            15,
            5,
            key="span",
            bind="query-params",
            width=220,
            help=gettext("How far from the word others are looked for."),
        )
        measure = ask_measure(
            "collocates", [*COLLOCATE_MEASURES, "count"], "collocate_measure"
        )
    return query, span, measure


def ask_measure(table: str, measures: Sequence[str], key: str) -> str:
    """Ask by which measure a table is sorted; the chosen one is explained."""
    chosen = state.get(key) or measures[0]
    known = measure_of(table, chosen)
    help = gettext("The measure by which the words are sorted and drawn.")
    return str(
        st.selectbox(
            gettext("Sorted by"),
            measures,
            format_func=partial(label_of, table),
            key=key,
            bind="query-params",
            width=200,
            help=f"{help} {known.label}: {known.definition}" if known else help,
        )
    )


def collocates_view(cache: TokenCache, selection: Selection) -> None:
    """Show which words occur near a word more often than by chance."""
    query, span, measure = ask_collocates()
    query = query or start_word(cache, selection)
    view = partial(ranked_collocates, query=query, span=span, measure=measure)
    try:
        table = cache.long(
            ("collocates", query, span, measure, selection.filter),
            gettext("Counting…"),
            lambda progress: view(selection, progress=progress),
        )
    except OcrError as error:
        show_error(error)
        return
    if table.empty:
        st.info(gettext("No word occurs near the query three times or more."))
        return
    show_reliability(
        cache,
        selection,
        table["term"],
        lambda better: view(better)["term"],
        key=("collocates", query, span, measure),
    )
    left, right = st.columns([2, 3], gap="large")
    with left:
        bars(
            table,
            selection,
            "term",
            measure,
            name="collocates",
            title=label_of("collocates", measure),
            alt_text=gettext("The strongest collocates as bars"),
        )
    with right:
        show_table(
            table,
            selection,
            "collocates",
            query=f"{query} ±{span}",
            alt_text=gettext("Words near the query, with measures of association"),
            columns={
                name: described_column("collocates", name, format="%.3f")
                for name in COLLOCATE_MEASURES
            },
        )
    network_of(cache, selection, query, span, measure)


def network_of(
    cache: TokenCache, selection: Selection, query: str, span: int, measure: str
) -> None:
    """Draw the collocates as a network, for those who ask for it."""
    if not st.toggle(
        gettext("Draw as a network"),
        key="collocate_links",
        bind="query-params",
        help=gettext(
            "The strongest collocates, and links between those that are collocates of "
            "each other."
        ),
    ):
        return
    by = "log_likelihood" if measure == "count" else measure
    network = cache.long(
        ("network", query, span, by, selection.filter),
        gettext("Looking for links…"),
        lambda progress: collocate_network(
            selection, query, span=span, measure=by, progress=progress
        ),
    )
    draw_network(network, selection, query)


def ranked_collocates(
    selection: Selection,
    query: str,
    span: int,
    measure: str,
    progress: ReportProgress = no_report,
) -> pd.DataFrame:
    """Return collocates sorted by a measure or by their count."""
    by = "log_likelihood" if measure == "count" else measure
    table = collocates(
        selection, query, left=span, right=span, measure=by, progress=progress
    )
    if measure != "count":
        return table
    return table.sort_values("count", ascending=False, kind="stable", ignore_index=True)


def label_of(table: str, column: str) -> str:
    """Return the label of a measure; technical terms are not translated."""
    known = measure_of(table, column)
    return known.label if known else gettext("count")


def ask_smoothing() -> float:
    """Ask what is added to both frequencies of simple maths."""
    return st.number_input(
        gettext("n of simple maths"),
        min_value=0.1,
        max_value=1e6,
        value=1.0,
        key="key_smoothing",
        bind="query-params",
        width=140,
        help=gettext(
            "Added to both frequencies per million: 1 brings rare words to the "
            "top, 100 or more common ones."
        ),
    )


def keywords_view(session: Session, cache: TokenCache, selection: Selection) -> None:
    """Show which words are typical of one part of the corpus, against another."""
    parts = parts_of(session)
    values, question = ask_parts(selection, parts)
    column, chosen, against, measure, smoothing = question
    reference = ask_word_list(session) if OWN_LIST in against else None
    if not chosen or (OWN_LIST in against and reference is None):
        st.info(gettext("Choose a part to see the words that are typical of it."))
        return
    others = [each for each in against if each != OWN_LIST]
    if column == SAVED:
        part, rest = saved_parts(selection, parts, chosen, others)
    else:
        part = part_with(selection, values, chosen)
        rest = part_with(selection, values, others or {*values} - {*chosen, ""})
    compared = partial(keywords, measure=measure, smoothing=smoothing)
    asked = column, tuple(chosen), tuple(against), measure, smoothing
    whole = None
    if reference is None:
        table = cache.long(
            ("keywords", *asked, part.filter),
            gettext("Counting…"),
            lambda progress: compared(part, rest, limit=ROWS, progress=progress),
        )
        rows = int(np.count_nonzero(part.counts + rest.counts))
        whole = rows, partial(compared, part, rest)
    else:
        table = compared(part, reference)
    show_reliability(
        cache,
        part,
        table["term"],
        lambda better: compared(
            better, better_half(rest) if reference is None else reference
        )["term"],
        key=("keywords", column, tuple(chosen), tuple(against), measure, smoothing),
    )
    first = table["term"].head(TOP).tolist()
    say_misreadings(
        cache.once(
            ("misread", tuple(first), part.filter, part.chosen.tobytes()),
            lambda: likely_misreadings(part, first),
        )
    )
    if reference is None:
        say_gap(parts_differ({", ".join(chosen): part, gettext("the rest"): rest}))
    compared_with = (
        f"{', '.join(chosen)} against {', '.join(against) or 'all the rest'}"
    )
    query = f"{compared_with}; n of simple maths {smoothing:g}"
    show_keywords(table, part, measure, query, whole)


def show_keywords(
    table: pd.DataFrame,
    part: Selection,
    measure: str,
    query: str,
    whole: tuple[int, Callable[[], pd.DataFrame]] | None,
) -> None:
    """Show keywords as bars and as a table; `whole` is as in `show_table`."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        bars(
            table[table["log_ratio"] > 0],
            part,
            "term",
            measure,
            name="keywords",
            title=label_of("keyness", measure),
            alt_text=gettext("The strongest keywords as bars"),
        )
    with right:
        show_table(
            table,
            part,
            "keywords",
            query=query,
            alt_text=gettext(
                "Words of this part, with how much more frequent they are here"
            ),
            columns={
                str(name): described_column("keyness", str(name), format="%.4g")
                for name in table.select_dtypes("float")
            },
            whole=whole,
        )


def ask_parts(
    selection: Selection, saved: Mapping[str, Filter]
) -> tuple[list[str], tuple[str, list[str], list[str], str, float]]:
    """Ask which parts are compared; return the value of each document, and options."""
    columns = list(selection.tokens.metadata)
    names = {"doc_id": gettext("document"), SAVED: gettext("saved part")}
    first = widest_column(selection) or [*columns, "doc_id"][0]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        column = st.selectbox(
            gettext("Compare by"),
            [*columns, "doc_id", *([SAVED] if saved else [])],
            index=[*columns, "doc_id"].index(first),
            format_func=lambda each: names.get(each, each),
            key="key_column",
            bind="query-params",
            width=200,
            help=gettext("What divides the corpus into the parts that are compared."),
        )
        values = [*saved] if column == SAVED else values_of(selection, column)
        numbers = whole_numbers(values) if column in columns else []
        if len(numbers) > 1:
            width = ask_width(f"key_bins_{column}", usual_width(numbers))
            values = [each and bin_of(int(each), width) for each in values]
            parts = list(dict.fromkeys(bin_of(each, width) for each in numbers))
        else:
            parts = sorted({*values} - {""})
        chosen = ask_part(column, parts, in_order=len(numbers) > 1)
        against = st.multiselect(
            gettext("Against"),
            [OWN_LIST, *parts],
            key=f"key_against_{column}",
            bind="query-params",
            format_func=lambda each: (
                gettext("a word list") if each == OWN_LIST else each
            ),
            placeholder=gettext("all the rest"),
            width=320,
            help=gettext("What the part is compared with; nothing means all the rest."),
        )
        measure = ask_measure("keyness", KEYNESS_MEASURES, "key_measure")
        smoothing = ask_smoothing() if measure == "simple_maths" else 1.0
    return values, (column, chosen, against, measure, smoothing)


def ask_part(column: str, parts: Sequence[str], *, in_order: bool) -> list[str]:
    """Ask for the part that is compared: by slider where the parts have an order."""
    help = gettext("The part whose typical words are looked for.")
    if in_order:
        key = f"key_range_{column}_{len(parts)}"
        label, first = gettext("This part"), (parts[0], parts[0])
        return pick_bins(label, parts, first, key, help, bind="query-params", width=320)
    return st.multiselect(
        gettext("This part"),
        parts,
        default=parts[:1] if len(parts) > 1 else [],
        key=f"key_part_{column}",
        bind="query-params",
        width=320,
        help=help,
    )


def say_misreadings(found: list[tuple[str, str]]) -> None:
    """Warn about keywords that may be misrecognized forms of other words."""
    if found:
        pairs = ", ".join(f"{plain(term)} ({plain(word)})" for term, word in found)
        st.warning(
            gettext(
                "Some of the first keywords may be misreadings of other words: "
                "{pairs}. Check them under OCR variants.",
                pairs=pairs,
            )
        )


def values_of(selection: Selection, column: str) -> list[str]:
    """Return what each document has in a column; "" for nothing."""
    if column == "doc_id":
        return selection.documents
    return selection.metadata_of_documents(column)


def part_with(
    selection: Selection, values: Sequence[str], chosen: Collection[str]
) -> Selection:
    """Return the documents that have one of these values."""
    inside = np.array([value in chosen for value in values] + [False], bool)
    return selection.part(inside[selection.document_of_page])  # -1 for other pages


def saved_parts(
    selection: Selection,
    parts: Mapping[str, Filter],
    chosen: Sequence[str],
    against: Sequence[str],
) -> tuple[Selection, Selection]:
    """Return the pages of some parts, and those of others or all the rest.

    Of the filter of a part, what chooses pages counts; pages of both count only in the
    first.
    """

    def pages(names: Sequence[str]) -> np.ndarray:
        masks = [chosen_pages(selection.tokens, parts[name]) for name in names]
        found: np.ndarray = np.logical_or.reduce(masks)
        return found

    here = pages(chosen)
    there = pages(against) & ~here if against else ~here
    return selection.part(here), selection.part(there)


def ask_word_list(session: Session) -> WordList | None:
    """Ask for a word list with counts."""
    file = st.file_uploader(
        gettext("A word list"),
        type=["csv", "tsv", "txt"],
        help=gettext("A table with the columns term and count, as Words gives it."),
    )
    if file is None:
        return None
    path = Path(session.folder) / "word_list.csv"
    path.write_bytes(file.getvalue())
    try:
        return read_word_list(path)
    except OcrError as error:
        show_error(error)
        return None
