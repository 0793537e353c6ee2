"""Concordance: every occurrence of a word in context, with its scanned line."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from ocr_core.corpus.hit_boxes import Box, hit_box
from ocr_core.errors import OcrError
from ocr_core.mining import Selection
from ocr_core.mining.concordance import kwic
from ocr_core.mining.frequency import commonest
from ocr_core.scripts import reads_left

from ..corpus.missing import say_missing_scans
from ..corpus.page_editor import dpi_of
from ..i18n import gettext, gettext_noop
from ..projects.position import PARAMETER
from ..session.session import Session
from ..ui.widgets import plain, show_error
from .reliability import show_reliability
from .tables import offer_csv, say_hidden
from .token_cache import TokenCache

ROWS = 25
ROW_HEIGHT = 56
MAX_FILE_ROWS = 100_000
SORTS = gettext_noop(
    {
        "page": "order in the corpus",
        "R1,R2,R3": "words to the right",
        "L1,L2,L3": "words to the left",
        "keyword": "the word itself",
        "confidence": "confidence",
    }
)

state = st.session_state


def open_concordance(term: str) -> None:
    """Switch to the concordance of a word."""
    state.explore_view, state.kwic_query, state.kwic_sheet = "lines", term, 1


def ask_query() -> str:
    """Ask for the query."""
    return str(
        st.text_input(
            gettext("Look for"),
            key="kwic_query",
            max_chars=200,
            placeholder=gettext("harbour, harb*, ship|boat, two words, /regular.*/"),
            bind="query-params",
            help=gettext(
                "A word or a phrase; * stands for any letters, ? for one letter, and "
                "ship|boat for either word. A regular expression between slashes is "
                "matched with single words; between quotation marks a word is looked "
                "for as it is spelled."
            ),
        )
    ).strip()


def start_word(cache: TokenCache, selection: Selection) -> str:
    """Return the commonest content word, and say that it is shown as a start."""
    words = [*commonest(cache.without_stop_words(selection), 1)]
    word = (words or commonest(selection, 1))[0]
    st.caption(
        gettext("As a start, with the commonest word: {word}.", word=plain(word))
    )
    return word


def concordance_view(session: Session, cache: TokenCache, selection: Selection) -> None:
    """Show each hit in its context, with the scanned line."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        query = ask_query()
        order = st.selectbox(
            gettext("Sorted by"),
            list(SORTS),
            format_func=lambda each: gettext(SORTS[each]),
            key="kwic_sort",
            bind="query-params",
            width=240,
        )
        sample = st.number_input(
            gettext("Random sample"),
            min_value=0,
            step=50,
            key="kwic_sample",
            bind="query-params",
            width=160,
            help=gettext(
                "Show only this many lines, drawn at random; 0 shows all. The same "
                "number draws the same lines."
            ),
        )
    query = query or start_word(cache, selection)
    asked = {"sort": order, "sample": int(sample)}
    offset = (max(1, state.get("kwic_sheet") or 1) - 1) * ROWS
    try:
        rows, total = lines_of(
            session, selection, query, offset=offset, limit=ROWS, **asked
        )
    except OcrError as error:
        show_error(error)
        return
    say_hidden(selection, [query])
    if not total:
        st.info(gettext("The query has no hits under this filter."))
        return
    if offset >= total:  # the query has changed
        state.kwic_sheet = 1
        st.rerun()
    show_reliability(cache, selection, ())
    hits(session, rows, offset, total)
    offer_csv(
        lambda: lines_of(session, selection, query, limit=MAX_FILE_ROWS, **asked)[0],
        selection,
        "kwic",
        query,
    )


def lines_of(
    session: Session, selection: Selection, query: str, **asked: Any
) -> tuple[pd.DataFrame, int]:
    """Return concordance lines with the page's punctuation."""
    raw = selection.filter.text == "raw"
    return session.corpus_handle.ask(
        lambda corpus: kwic(
            selection, query, printed=partial(corpus.printed_words, raw=raw), **asked
        )
    )


def hits(
    session: Session, rows: pd.DataFrame, offset: int, total: int, *, paged: bool = True
) -> None:
    """List hits, with buttons that open the page at the word, and pagination."""
    lines: list[Any] = list(rows.itertuples())
    state.hits = [(row.doc_id, int(row.page_num), int(row.word_index)) for row in lines]
    strips = [line_strip(session, row) for row in lines]
    say_missing_scans(
        session.corpus_handle,
        (
            (row.doc_id, int(row.page_num))
            for row, picture in zip(lines, strips, strict=True)
            if picture is None
        ),
    )
    sides = [around(row) for row in lines]
    st.dataframe(
        pd.DataFrame(
            {
                gettext("open"): gettext("Open"),
                gettext("left"): [left for left, _ in sides],
                gettext("word"): rows["keyword"],
                gettext("right"): [right for _, right in sides],
                gettext("as scanned"): strips,
                gettext("document"): rows["doc_id"],
                gettext("page"): rows["page_num"],
                gettext("confidence"): rows["conf"],
            }
        ),
        key=f"hits {hash(tuple(state.hits))}",
        hide_index=True,
        row_height=ROW_HEIGHT,
        height=min(680, 40 + ROW_HEIGHT * len(rows)),
        alt=gettext("Each hit with its context; the button of a row opens its page"),
        placeholder="",
        column_config={
            gettext("open"): st.column_config.ButtonColumn(
                width=80, on_click=open_hit, key="open_hit"
            ),
            gettext("left"): st.column_config.TextColumn(
                alignment="right", width="medium"
            ),
            gettext("word"): st.column_config.TextColumn(alignment="center"),
            gettext("right"): st.column_config.TextColumn(width="medium"),
            gettext("as scanned"): st.column_config.ImageColumn(width=360),
            gettext("page"): st.column_config.NumberColumn(width=60),
            gettext("confidence"): st.column_config.ProgressColumn(
                min_value=0, max_value=100, format="%d", width=100
            ),
        },
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            gettext(
                "{first} to {last} of {total} hits.",
                first=offset + 1,
                last=offset + len(rows),
                total=f"{total:,}",
            )
        )
        if paged and total > ROWS:
            st.space("stretch")
            st.pagination(-(-total // ROWS), key="kwic_sheet")


def open_hit() -> None:
    """Remember the hit whose button was pressed."""
    click = state.get("open_hit")
    if click and click["row"] < len(state.hits):
        state.open_hit_next = state.hits[click["row"]]


def open_page(doc_id: str, page_num: int) -> None:
    """Remember a page that is to be opened."""
    state.open_hit_next = doc_id, page_num, None


def follow_hit() -> None:
    """Open the remembered page, at the word of a hit."""
    hit = state.pop("open_hit_next", None)
    if hit:
        doc_id, page_num, word = hit
        query = {"doc": doc_id, "page": str(page_num)}
        if word is not None:
            query["w"] = str(word)
        if state.session.project.id:
            query[PARAMETER] = state.session.project.id
        st.switch_page("views/corpus.py", query_params=query)


def around(row: Any) -> tuple[str, str]:
    """Return the text left and right of a hit; swapped for right-to-left text."""
    before, after = str(row.left), str(row.right)
    leftwards = reads_left(f"{before}{row.keyword}{after}")
    return (after, before) if leftwards else (before, after)


def line_strip(session: Session, row: Any) -> str | None:
    """Return the URL of a hit's image, which is rendered when it is fetched."""
    corpus_handle, page_id = session.corpus_handle, (row.doc_id, int(row.page_num))
    raw = state.get("only_text") == "raw"
    try:
        result, boxes = corpus_handle.ask(
            lambda corpus: (
                corpus.page(*page_id),
                hit_box(
                    corpus,
                    *page_id,
                    int(row.word_index),
                    bool(row.hyphenated),
                    last=int(row.last_word_index),
                    raw=raw,
                ),
            )
        )
    except OcrError:
        return None
    ref = corpus_handle.found(result, session.scans)
    return (
        session.pictures.strip(ref, dpi_of(result), pieces(boxes.words))
        if ref
        else None
    )


def pieces(words: Sequence[Box]) -> tuple[Box, ...]:
    """Join the boxes of words that are on one line."""
    joined: list[Box] = []
    for left, top, width, height in words:
        if joined:
            first, high, _, tall = joined[-1]
            beside = left > first and top < high + tall and high < top + height
            if beside:
                low = max(high + tall, top + height)
                high = min(high, top)
                joined[-1] = (first, high, left + width - first, low - high)
                continue
        joined.append((left, top, width, height))
    return tuple(joined)
