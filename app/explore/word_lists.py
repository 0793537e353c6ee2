"""Word lists: frequencies, typical words, and dispersion over documents."""

from collections.abc import Iterable
from functools import partial

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from ocr_core.corpus.pins import Chart
from ocr_core.mining import Selection
from ocr_core.mining.frequency import dispersion, ngrams, tf_idf, word_list
from ocr_core.mining.progress import ReportProgress
from ocr_core.mining.reliability import better_half

from ..i18n import gettext, gettext_noop
from ..ui.widgets import pick_one
from .charts import bars, show_chart, tips
from .concordance import open_concordance
from .reliability import common_terms, most_common, show_reliability
from .tables import ROWS, described_column, say_hidden, show_table
from .token_cache import TokenCache
from .word_cloud import CLOUD_WORDS, word_cloud

KINDS = gettext_noop(
    {"1": "Words", "2": "Pairs", "3": "Triples", "typical": "Typical words"}
)
MAX_TERMS = 8
STROKES = 2000  # maximum strokes in one row
STROKES_OF_DOCUMENT = 300
MAX_STROKE_ROWS = 60  # documents
ROW_OF_DOCUMENT, ROW_OF_WORD = 16, 44  # px
LEGEND_AND_AXIS = 160  # px
ROWS_OF_STROKES = gettext_noop({"doc_id": "document", "term": "word"})
MAX_SEQUENCES = 20_000  # all of a large corpus would take seconds

state = st.session_state


def word_view(cache: TokenCache, selection: Selection) -> None:
    """Show the frequency list of words."""
    kind = pick_one(
        gettext("Counted"),
        KINDS,
        key="counted",
        bind="query-params",
        label_visibility="collapsed",
    )
    if kind == "typical":
        typical_words(cache, selection)
        return
    table = cache.long(
        ("words", kind, selection.filter),
        gettext("Counting…"),
        lambda progress: counted(selection, kind, progress),
    )
    whole = None
    if kind == "1":
        whole = int(np.count_nonzero(selection.counts)), partial(word_list, selection)
    show_reliability(
        cache, selection, table["term"], partial(first_terms, kind), key=kind
    )
    if table.empty:
        st.info(
            gettext("No words are left to count. Make the filter above less strict.")
        )
        return
    left, right = st.columns([2, 3], gap="large")
    with left:
        draw_words(cache, selection, table, kind)
    with right:
        rows = show_table(
            table,
            selection,
            "words" if kind == "1" else f"{kind}-grams",
            alt_text=gettext("Words with their counts, the commonest first"),
            columns=column_help(),
            choose=True,
            whole=whole,
        )
        offer_concordance(list(table["term"].iloc[rows]))


def offer_concordance(chosen: list[str]) -> None:
    """Offer the concordance of a chosen word, if it is a single one."""
    st.button(
        gettext("Show the concordance"),
        key="see_words",
        icon=":material/format_align_center:",
        disabled=len(chosen) != 1,
        on_click=open_concordance,
        args=chosen[:1] or ("",),
        help=gettext("Choose a row to see every occurrence, with its scan."),
    )


def counted(selection: Selection, kind: str, progress: ReportProgress) -> pd.DataFrame:
    """Count words, or sequences of as many words as `kind` says."""
    if kind == "1":
        return word_list(selection, limit=ROWS, progress=progress)
    return ngrams(selection, int(kind), limit=MAX_SEQUENCES, progress=progress)


def draw_words(
    cache: TokenCache, selection: Selection, table: pd.DataFrame, kind: str
) -> None:
    """Draw the commonest words as bars, or single words as a cloud."""
    if kind == "1" and st.toggle(
        gettext("Draw as a word cloud"),
        key="word_cloud",
        bind="query-params",
        help=gettext("Words in sizes that show how often they occur."),
    ):
        content = cache.without_stop_words(selection)
        word_cloud(word_list(content, limit=CLOUD_WORDS), content)
    else:
        bars(
            table,
            selection,
            "term",
            "count",
            name="words",
            title=gettext("how often"),
            alt_text=gettext("The commonest words as bars"),
        )


def first_terms(kind: str, selection: Selection) -> Iterable[str]:
    """Return the most frequent words, pairs or triples."""
    if kind == "1":
        return most_common(selection)
    return ngrams(selection, int(kind), limit=MAX_SEQUENCES)["term"]


def typical_rows(table: pd.DataFrame, documents: Iterable[str]) -> list[str]:
    """Return each typical word of some documents together with its document."""
    some = table[table["doc_id"].isin(list(documents))]
    rows: list[str] = (some["doc_id"] + "\0" + some["term"]).tolist()
    return rows


def column_help() -> dict[str, object]:
    """Return the configuration of a word list's columns."""
    number = st.column_config.NumberColumn
    measures = "range dp dp_norm juilland_d arf".split()
    return {
        "term": st.column_config.TextColumn(gettext("word")),
        "count": number(gettext("count")),
        "per_million": described_column(
            "words", "per_million", label=gettext("per million"), format="%.1f"
        ),
        "documents": number(
            gettext("documents"), help=gettext("Number of documents that contain it.")
        ),
        **{name: described_column("words", name, format="%.2f") for name in measures},
    }


def typical_words(cache: TokenCache, selection: Selection) -> None:
    """Show the words that are typical of each document."""
    table = cache.long(
        ("typical", selection.filter),
        gettext("Counting…"),
        lambda progress: tf_idf(selection, progress=progress),
    )
    documents = better_half(
        selection
    ).documents  # other documents are not in the better half
    show_reliability(
        cache,
        selection,
        typical_rows(table, documents),
        lambda better: typical_rows(tf_idf(better), documents),
        key="typical",
    )
    show_table(
        table,
        selection,
        "typical_words",
        alt_text=gettext("For each document its most typical words, by TF-IDF"),
        columns={
            "doc_id": gettext("document"),
            "term": gettext("word"),
            "count": gettext("count"),
            "tf_idf": described_column("typical_words", "tf_idf", format="%.3f"),
        },
    )


def dispersion_view(cache: TokenCache, selection: Selection) -> None:
    """Show where words occur in the documents."""
    terms = ask_terms(common_terms(cache, cache.without_stop_words(selection))[:2])
    if not terms:
        st.info(gettext("Type words above, separated by commas."))
        return
    show_reliability(cache, selection)
    say_hidden(selection, terms)
    st.subheader(gettext("Where they occur"))
    occurrences = cache.long(
        ("spread", tuple(terms), selection.filter),
        gettext("Counting…"),
        lambda progress: dispersion(selection, terms, progress=progress),
    )
    if occurrences.empty:
        st.info(gettext("None of these words occurs."))
        return
    rows = pick_one(
        gettext("A row for each"),
        ROWS_OF_STROKES,
        key="strokes_by",
        help=gettext("Whether documents or words are below each other."),
        bind="query-params",
    )
    barcode(occurrences, selection, rows)
    with st.expander(gettext("Each occurrence as a table")):
        show_table(
            occurrences,
            selection,
            "dispersion",
            query=", ".join(terms),
            alt_text=gettext("Each occurrence with its document, page and position"),
        )


def ask_terms(usual: list[str]) -> list[str]:
    """Ask for a few words."""
    text = st.text_input(
        gettext("Words"),
        ", ".join(usual),
        key="spread_words",
        max_chars=300,
        bind="query-params",
        help=gettext(
            "Words separated by commas, in the form in which they are counted."
        ),
    )
    terms = [term.strip() for term in text.split(",") if term.strip()]
    return list(dict.fromkeys(terms))[:MAX_TERMS]


def barcode(occurrences: pd.DataFrame, selection: Selection, rows: str) -> None:
    """Draw each occurrence as a stroke; `rows` is doc_id or term: a row for each.

    Of strokes that are too close to be distinguished, only one is drawn.
    """
    if rows == "doc_id":
        occurrences = of_most(occurrences)
        at, title = "position", gettext("position in the document")
        slot = (occurrences["position"] * STROKES_OF_DOCUMENT).astype(int)
        x = alt.X("position:Q", title=title, axis=alt.Axis(format="%"))
    else:
        at, title = "token_index", gettext("position in the corpus, in words")
        slot = occurrences[at] * STROKES // max(1, selection.sizes["tokens"])
        x = alt.X("token_index:Q", title=title)
    drawn = {"term", rows, "slot"}
    strokes = occurrences[~occurrences.assign(slot=slot).duplicated([*drawn])]
    legend = None if rows == "term" else alt.Legend(title=None, orient="top")
    height, beside = ROW_OF_WORD, 30
    if rows == "doc_id":
        height, beside = ROW_OF_DOCUMENT, LEGEND_AND_AXIS
    chart = (
        alt.Chart(strokes)
        .mark_tick(thickness=1)
        .encode(
            x=x,
            y=alt.Y(
                f"{rows}:N",
                title=None,
                sort=list(strokes[rows].unique()),
                axis=alt.Axis(labelOverlap=False, labelFlush=False, labelLimit=200),
            ),
            color=alt.Color("term:N", legend=legend),
            tooltip=tips("term:N", "doc_id:N", "page_num:Q"),
        )
        .properties(height=height * strokes[rows].nunique() + beside)
    )
    show_chart(
        chart,
        selection,
        "dispersion",
        gettext("Each occurrence of the words as a stroke"),
        strokes[["term", "doc_id", "page_num", at]],
        Chart("tick", at, rows),
    )


def of_most(occurrences: pd.DataFrame) -> pd.DataFrame:
    """Return the occurrences in the documents with the most; say so if some lack."""
    counts = occurrences["doc_id"].value_counts()
    counts = counts[counts > 0]
    if len(counts) > MAX_STROKE_ROWS:
        st.caption(
            gettext(
                "The {shown} documents with the most occurrences, of {total}.",
                shown=MAX_STROKE_ROWS,
                total=f"{len(counts):,}",
            )
        )
    most = counts.index[:MAX_STROKE_ROWS]
    found = occurrences[occurrences["doc_id"].isin(most)]
    return found.assign(doc_id=found["doc_id"].astype(str)).sort_values("token_index")
