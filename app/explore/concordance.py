"""Concordance: every occurrence of a word in context, with its scanned line."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from ocr_core.corpus import Corpus
from ocr_core.errors import OcrError
from ocr_core.mining import Selection
from ocr_core.mining.concordance import (
    DOCUMENT,
    ConcordanceOptions,
    Labels,
    concordance_lines,
    count_by,
    found_hits,
    restricted,
    sorted_slice,
)
from ocr_core.mining.frequency import commonest
from ocr_core.mining.hits import Hits, Match
from ocr_core.mining.query import in_short, queries_in, read_queries
from ocr_core.mining.variants import CONFUSIONS
from ocr_core.scripts import reads_left

from ..corpus.missing import say_missing_scans
from ..i18n import gettext, gettext_noop
from ..projects.position import PARAMETER
from ..session.session import Session
from ..ui.column_help import column_help, explained
from ..ui.widgets import pick_from_list, pick_one, plain, show_error
from .marks import ask_label, labels_of, offer_marks
from .reliability import show_reliability
from .strips import line_strip
from .tables import offer_csv, say_hidden, show_table
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
        "document": "document",
        "confidence": "confidence",
        "L5": "fifth word to the left",
        "L4": "fourth word to the left",
        "L3": "third word to the left",
        "L2": "second word to the left",
        "L1": "first word to the left",
        "R1": "first word to the right",
        "R2": "second word to the right",
        "R3": "third word to the right",
        "R4": "fourth word to the right",
        "R5": "fifth word to the right",
    }
)
MATCHES = gettext_noop(
    {"exact": "as written", "variants": "misread only", "both": "both"}
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
                "ship|boat for either word. ship []{0,3} wind allows up to three words "
                "between. A regular expression between slashes is matched with single "
                "words; between quotation marks a word is looked for as it is spelled."
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


def ask_order() -> str:
    """Ask what the lines are sorted by: a key of `SORTS`."""
    return pick_from_list(
        gettext("Sorted by"),
        SORTS,
        key="kwic_sort",
        bind="query-params",
        width=220,
        help=gettext("The order of the lines; equal ones keep that of the corpus."),
    )


def concordance_view(session: Session, cache: TokenCache, selection: Selection) -> None:
    """Show each hit in its context, with the scanned line."""
    labels = labels_of(session)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        query = ask_query()
        order = ask_order()
        match = ask_match()
        with st.popover(gettext("More"), icon=":material/tune:", key="kwic_more"):
            sample, queries = ask_sample(), ask_list(session)
            group = ask_group(selection)
            label = ask_label(labels)
    if query or not queries:
        queries = [query or start_word(cache, selection), *queries]
    options = ConcordanceOptions(match=match, sample=sample, label=label)
    try:
        found = cached_hits(session, cache, selection, queries, options, labels)
    except OcrError as error:
        show_error(error)
        return
    if match == "exact":
        say_hidden(selection, [queries])
    found = show_groups(selection, found, group)
    if not len(found):
        st.info(gettext("The query has no hits under this filter."))
        return
    offset = (max(1, state.get("kwic_sheet") or 1) - 1) * ROWS
    if offset >= len(found):  # the query has changed
        state.kwic_sheet = 1
        st.rerun()
    show_reliability(cache, selection, ())
    shown = cache.long(
        ("lines", order, offset, hash(found.starts.tobytes()), selection.filter),
        gettext("Sorting the lines…"),
        lambda progress: sorted_slice(
            selection.tokens, found, order, offset, ROWS, progress
        ),
    )
    lines = partial(lines_of, session, selection, labels=labels)
    rows = lines(shown, limit=ROWS)
    chosen = hits(session, rows, offset, len(found), choose=True)
    offer_marks(session, labels, chosen)
    offer_csv(
        lambda: lines(found, sort=order, limit=MAX_FILE_ROWS),
        selection,
        "kwic",
        in_short(queries),
    )


def ask_match() -> Match:
    """Ask whether words are found as written, as they were misread, or both."""
    return pick_one(
        gettext("Forms"),
        MATCHES,
        key="kwic_match",
        bind="query-params",
        help=gettext(
            "As written, only the forms that a word was probably misread as, or both."
        ),
    )


def ask_sample() -> int:
    """Ask how many lines are drawn at random."""
    return int(
        st.number_input(
            gettext("Random sample"),
            min_value=0,
            step=50,
            key="kwic_sample",
            bind="query-params",
            help=gettext(
                "Show only this many lines, drawn at random; 0 shows all. The same "
                "number draws the same lines."
            ),
        )
    )


def ask_list(session: Session) -> list[str]:
    """Ask for further queries, one a line, typed, pasted or from a file."""
    text = st.text_area(
        gettext("And each word of this list"),
        key="kwic_list",
        placeholder=gettext("a word or a query on each line"),
        height=100,
        help=gettext("The hits of all words are listed together."),
    )
    file = st.file_uploader(
        gettext("Or from a text file"),
        type=["txt"],
        key="list_of",
        help=gettext("A word or a query on each line."),
    )
    queries = queries_in(text or "")
    if file is not None:
        path = Path(session.folder) / "queries.txt"
        path.write_bytes(file.getvalue())
        try:
            queries += read_queries(path)
        except OcrError as error:
            show_error(error)
    return queries


def ask_group(selection: Selection) -> str:
    """Ask by what the hits are grouped; an empty string means by nothing."""
    columns = [each for each in selection.tokens.metadata if each != DOCUMENT]
    names = {"": gettext("nothing"), DOCUMENT: gettext("document")}
    return str(
        st.selectbox(
            gettext("Grouped by"),
            ["", DOCUMENT, *columns],
            format_func=lambda each: names.get(each, each),
            key="kwic_group",
            bind="query-params",
            help=gettext("Count the hits of each document, or value of metadata."),
        )
    )


def show_groups(selection: Selection, found: Hits, column: str) -> Hits:
    """Show the hits of each document or value; return those of the chosen groups."""
    if not column:
        return found
    table = count_by(selection, found, column)
    st.caption(gettext("Choose rows to see only their lines."))
    rows = show_table(
        table,
        selection,
        "concordance_groups",
        query=column,
        alt_text=gettext("Hits by {column}", column=plain(column)),
        choose=True,
    )
    values = [str(table["value"].iloc[row]) for row in rows]
    return restricted(selection, found, column, values) if values else found


def cached_hits(
    session: Session,
    cache: TokenCache,
    selection: Selection,
    queries: Sequence[str],
    options: ConcordanceOptions,
    labels: Labels,
) -> Hits:
    """Return the hits of queries, which are kept for the next page of lines."""
    marked = tuple(labels.items()) if options.label else ()

    confusions = CONFUSIONS
    if options.match != "exact":
        confusions = session.corpus_handle.ask(Corpus.confusions)
    return cache.long(
        ("hits", tuple(queries), options, marked, selection.filter),
        gettext("Looking for lines…"),
        lambda progress: found_hits(
            selection, queries, options, confusions, labels, progress
        ),
    )


def lines_of(
    session: Session, selection: Selection, found: Hits, **asked: Any
) -> pd.DataFrame:
    """Return concordance lines with the page's punctuation."""
    raw = selection.filter.text == "raw"
    return session.corpus_handle.ask(
        lambda corpus: concordance_lines(
            selection.tokens,
            found,
            printed=partial(corpus.printed_words, raw=raw),
            **asked,
        )
    )


def hits(
    session: Session,
    rows: pd.DataFrame,
    offset: int,
    total: int,
    *,
    choose: bool = False,
) -> list[Any]:
    """List hits, with buttons that open the page at the word.

    With `choose`, lines can be ticked, and there is pagination; returns those ticked.
    """
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
    table = hits_table(rows, strips)
    with st.container(key="hits_wide"):
        event: Any = st.dataframe(
            table,
            key=f"hits {hash(tuple(state.hits))}",
            hide_index=True,
            on_select="rerun" if choose else "ignore",
            selection_mode="multi-row",
            row_height=ROW_HEIGHT,
            height=min(680, 40 + ROW_HEIGHT * len(rows)),
            alt=gettext(
                "Each hit with its context; the button of a row opens its page"
            ),
            placeholder="",
            column_config=explained(table, line_columns()),
        )
    ticked: set[int] = set(event["selection"]["rows"]) if choose else set()
    with st.container(key="hits_narrow"):
        for n, (row, strip) in enumerate(zip(lines, strips, strict=True)):
            if narrow_line(n, row, strip, choose=choose):
                ticked.add(n)
    show_range(offset, len(rows), total, paginate=choose)
    return [lines[row] for row in sorted(ticked) if row < len(lines)]


def show_range(offset: int, count: int, total: int, *, paginate: bool) -> None:
    """Say which of the hits are listed, and offer the others."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            gettext(
                "{first} to {last} of {total} hits.",
                first=offset + 1,
                last=offset + count,
                total=f"{total:,}",
            )
        )
        if paginate and total > ROWS:
            st.space("stretch")
            st.pagination(-(-total // ROWS), key="kwic_sheet")


def narrow_line(n: int, row: Any, strip: str | None, *, choose: bool) -> bool:
    """Show a hit on a narrow screen: its scan above its text; return if it is ticked.

    A table would have the word and its scan out of sight.
    """
    left, right = str(row.left), str(row.right)
    scan = f"![{gettext('as scanned')}]({strip})\n\n" if strip else ""
    st.markdown(f"{scan}{plain(left)} **{plain(row.keyword)}** {plain(right)}")
    with st.container(horizontal=True, vertical_alignment="center"):
        name = f"{plain(row.doc_id)} · {gettext('page {number}', number=row.page_num)}"
        label = f" · {plain(row.label)}" if row.label else ""
        word = f"{row.doc_id} {row.page_num} {row.word_index}"
        ticked = choose and st.checkbox(f"{name}{label}", key=f"narrow_{word}")
        if not choose:
            st.caption(name)
        st.button(
            gettext("Open"),
            key=f"narrow_open_{n}",
            on_click=state.update,
            args=({"open_hit_next": state.hits[n]},),
        )
    return bool(ticked)


def hits_table(rows: pd.DataFrame, strips: Sequence[str | None]) -> pd.DataFrame:
    """Return hits as they are shown, each with the address of its strip of the scan."""
    sides = [around(row) for row in rows.itertuples()]
    return pd.DataFrame(
        {
            gettext("open"): gettext("Open"),
            gettext("left"): [left for left, _ in sides],
            gettext("word"): rows["keyword"],
            gettext("right"): [at_left_edge(right) for _, right in sides],
            gettext("as scanned"): strips,
            **({gettext("label"): rows["label"]} if rows["label"].any() else {}),
            gettext("document"): rows["doc_id"],
            gettext("page"): rows["page_num"],
            gettext("confidence"): rows["conf"],
        }
    )


def at_left_edge(text: str) -> str:
    """Return text that a table aligns to the left, also if it is right-to-left.

    A table aligns by the first letter or mark: here a mark of left-to-right text. The
    text is a unit with a direction of its own (Unicode Standard Annex 9).
    """
    return f"\u200e\u2067{text}\u2069" if reads_left(text) else text


def line_columns() -> dict[str, Any]:
    """Return the configuration of the columns of a concordance."""
    return {
        gettext("open"): st.column_config.ButtonColumn(
            width=80, on_click=open_hit, key="open_hit", help=column_help("open")
        ),
        gettext("left"): st.column_config.TextColumn(
            alignment="right", width="medium", help=gettext("The text before the word.")
        ),
        gettext("word"): st.column_config.TextColumn(
            alignment="center", help=gettext("The word that was looked for.")
        ),
        gettext("right"): st.column_config.TextColumn(
            width="medium", help=gettext("The text after the word.")
        ),
        gettext("as scanned"): st.column_config.ImageColumn(width=360),
        gettext("label"): st.column_config.TextColumn(width=120),
        gettext("page"): st.column_config.NumberColumn(width=60),
        gettext("confidence"): st.column_config.ProgressColumn(
            min_value=0, max_value=100, format="%d", width=100
        ),
    }


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
        _open_corpus(query)


def open_page_list() -> None:
    """Open the list of pages."""
    _open_corpus({})


def _open_corpus(query: dict[str, str]) -> None:
    state.pop("sheet_page", None)  # the word picked there before counts no more
    if state.session.project.id:
        query = query | {PARAMETER: state.session.project.id}
    st.switch_page("views/corpus.py", query_params=query)


def around(row: Any) -> tuple[str, str]:
    """Return the text left and right of a hit; swapped for right-to-left text."""
    before, after = str(row.left), str(row.right)
    leftwards = reads_left(f"{before}{row.keyword}{after}")
    return (after, before) if leftwards else (before, after)
