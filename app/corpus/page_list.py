"""Page list: the pages of a corpus as a table, sorted, filtered and searched.

Only the rows on the screen are queried, so the list is fast for a corpus of any size.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from ocr_core.corpus import Corpus, Hit, Row
from ocr_core.errors import OcrError
from ocr_core.page import PageId, PageResult

from ..i18n import gettext, gettext_noop, translate_message
from ..session.session import Session
from ..ui.language_names import evidence
from ..ui.widgets import pick_from_list, set_query_params, show_error
from .missing import say_missing_scans

ROWS = 25
ROW_HEIGHT = 56
MAX_HITS = 100
STATUSES = gettext_noop(("ok", "blank", "failed"))
SORTED_BY = gettext_noop(
    {
        "page": "order in the corpus",
        "document": "document",
        "quality": "quality",
        "confidence": "mean confidence",
        "words": "words",
        "corrections": "corrections",
        "language": "language",
        "status": "status",
    }
)

state = st.session_state


@dataclass(frozen=True)
class PageSelection:
    """The filters and the sort order of the page list."""

    status: str = ""
    name: str = ""
    language: str = ""
    min_quality: float = 0
    order: str = "page"
    descending: bool = False

    @property
    def wanted(self) -> dict[str, Any]:
        """The filters without the status, as arguments for corpus queries."""
        return {
            "name": self.name,
            "language": self.language,
            "min_quality": self.min_quality,
        }

    def rows(self, corpus: Corpus, limit: int = -1, offset: int = 0) -> list[Row]:
        """Return the rows of the selected pages, or a part of them."""
        return corpus.rows(
            status=self.status,
            order=self.order,
            descending=self.descending,
            limit=limit,
            offset=offset,
            **self.wanted,
        )

    def count(self, corpus: Corpus) -> int:
        """Count the selected pages."""
        counts = corpus.counts(**self.wanted)
        return counts.get(self.status, 0) if self.status else sum(counts.values())


def ask_filter(languages: Sequence[str]) -> PageSelection:
    """Draw the filters and return the resulting selection."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            gettext("Document"),
            key="corpus_name",
            persist_state="session",
            placeholder=gettext("part of its name"),
            width=200,
            help=gettext("Only documents whose name contains this."),
        )
        status = st.selectbox(
            gettext("Status"),
            ["", *STATUSES],
            format_func=lambda each: gettext(each) if each else gettext("all"),
            key="corpus_status",
            persist_state="session",
            width=130,
            help=gettext("Only pages with this outcome."),
        )
        language = st.selectbox(
            gettext("Language"),
            ["", *languages],
            format_func=lambda each: each or gettext("all"),
            key="corpus_language",
            persist_state="session",
            width=150,
            help=gettext("Only pages that were read in this language."),
        )
        least = st.slider(
            gettext("Minimum quality"),
            0.0,
            1.0,
            0.0,
            0.05,
            key="corpus_quality",
            persist_state="session",
            width=180,
            help=gettext("Pages of unknown quality are kept."),
        )
        order, descending = ask_order()
    return PageSelection(status, name.strip(), language, least, order, descending)


def ask_order() -> tuple[str, bool]:
    """Ask for the column that the pages are sorted by, and whether downwards."""
    order = pick_from_list(
        gettext("Sorted by"),
        SORTED_BY,
        key="corpus_order",
        persist_state="session",
        width=190,
        help=gettext("The order of the pages."),
    )
    descending = st.toggle(
        gettext("Downwards"),
        key="corpus_descending",
        persist_state="session",
        help=gettext("The largest value first."),
    )
    return order, descending


def catalogue(session: Session, wanted: PageSelection, total: int) -> list[PageId]:
    """Show the pages; return the selected ones."""
    if not total:
        st.info(gettext("No page matches. Loosen the filters above."))
        return []
    count = -(-total // ROWS)
    # The saved page number may be too high after the filters changed.
    state.corpus_sheet = min(state.get("corpus_sheet") or 1, count)
    offset = (state.corpus_sheet - 1) * ROWS
    rows = session.corpus_handle.ask(lambda corpus: wanted.rows(corpus, ROWS, offset))
    page_ids = [(row.doc_id, row.page_num) for row in rows]
    chosen = page_rows(session, rows, page_ids)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            gettext(
                "{first} to {last} of {total} pages. Choose rows at their left edge.",
                first=offset + 1,
                last=offset + len(rows),
                total=total,
            )
        )
        if count > 1:
            st.space("stretch")
            st.pagination(count, key="corpus_sheet")
    return chosen


def page_rows(
    session: Session, rows: Sequence[Row], page_ids: Sequence[PageId]
) -> list[PageId]:
    """List pages, each with an open button; return the selected ones."""
    results = results_of(session, page_ids)
    small = thumbnails(session, results)
    say_missing_scans(
        session.corpus_handle,
        [each for each in page_ids if each[1] and each not in small],
    )
    state.listed = list(page_ids)
    st.dataframe(
        [
            page_row(row, small.get(page_id), results.get(page_id))
            for row, page_id in zip(rows, page_ids, strict=True)
        ],
        # Streamlit selects rows by index, so other pages need another key.
        key=f"corpus_rows {hash(tuple(page_ids))}",
        hide_index=True,
        row_height=ROW_HEIGHT,
        height=min(640, 40 + ROW_HEIGHT * len(rows)),
        on_select="rerun",
        selection_mode="multi-row",
        placeholder="",
        alt=gettext("The pages of the corpus; the button of a row opens its page"),
        column_config={
            gettext("open"): st.column_config.ButtonColumn(
                width=80, on_click=open_listed, key="open_listed"
            ),
            gettext("picture"): st.column_config.ImageColumn(width=60),
            gettext("page"): st.column_config.NumberColumn(width=60),
            gettext("quality"): st.column_config.NumberColumn(format="%.2f"),
            gettext("mean confidence"): st.column_config.ProgressColumn(
                min_value=0, max_value=100, format="%.0f"
            ),
        },
    )
    selection = state[f"corpus_rows {hash(tuple(page_ids))}"]["selection"]["rows"]
    return [page_ids[row] for row in sorted(selection) if row < len(page_ids)]


def page_row(
    row: Row, picture: str | None, result: PageResult | None
) -> dict[str, Any]:
    """Return what the list says of a page, by headings.

    `picture` is the URL of its thumbnail, and `result` its current reading.
    """
    return {
        gettext("open"): gettext("Open"),
        gettext("picture"): picture,
        gettext("document"): row.doc_id,
        gettext("page"): row.page_num or None,
        gettext("status"): gettext(row.status),
        gettext("quality"): row.quality,
        gettext("mean confidence"): row.conf_mean,
        gettext("words"): row.n_words,
        gettext("corrected"): row.corrections,
        gettext("language"): row.language,
        gettext("evidence"): evidence(result.notes if result else ()),
        gettext("recipe"): row.settings_digest[:8],
        gettext("problem"): translate_message(row.error),
    }


def results_of(
    session: Session, page_ids: Sequence[PageId]
) -> dict[PageId, PageResult]:
    """Return the current results of pages, without those that cannot be opened."""
    found = {}
    for doc_id, number in page_ids:
        with suppress(OcrError):
            found[doc_id, number] = session.corpus_handle.ask(
                partial(Corpus.page, doc_id=doc_id, page_num=number)
            )
    return found


def thumbnails(
    session: Session, results: Mapping[PageId, PageResult]
) -> dict[PageId, str]:
    """Return the URLs of thumbnails for pages whose scan is available."""
    found = {}
    for page_id, result in results.items():
        ref = session.corpus_handle.found(result, session.scans) if page_id[1] else None
        if ref:
            found[page_id] = session.pictures.thumbnail(f"{ref.path} {ref.number}", ref)
    return found


def open_listed() -> None:
    """Open the page whose button was pressed."""
    click = state.get("open_listed")
    if click and click["row"] < len(state.listed):
        open_page(state.listed[click["row"]])


def open_page(page_id: PageId) -> None:
    """Open a page by writing it to the URL."""
    set_query_params(doc=page_id[0], page=str(page_id[1]), w=None, at=None)
    state.pop("sheet_page", None)


def open_list() -> None:
    """Go back to the list."""
    set_query_params(doc=None, page=None, w=None, at=None)


def search_results(session: Session, query: str) -> None:
    """List the pages that contain the words of a query."""
    try:
        hits = session.corpus_handle.ask(lambda corpus: corpus.search(query, MAX_HITS))
    except OcrError as error:
        show_error(error)
        return
    if not hits:
        st.info(gettext("No page holds these words."))
        return
    state.listed = [(hit.doc_id, hit.page_num) for hit in hits]
    st.dataframe(
        [found_row(hit) for hit in hits],
        key=f"hits {hash(query)}",
        hide_index=True,
        height=min(640, 40 + 35 * len(hits)),
        placeholder="",
        alt=gettext("Pages that hold the words; the button of a row opens its page"),
        column_config={
            gettext("open"): st.column_config.ButtonColumn(
                width=80, on_click=open_listed, key="open_listed"
            ),
            gettext("page"): st.column_config.NumberColumn(width=60),
            gettext("document"): st.column_config.TextColumn(width=180),
            gettext("passage"): st.column_config.TextColumn(width=900),
        },
    )
    if len(hits) == MAX_HITS:
        st.caption(gettext("The best {count} are shown.", count=MAX_HITS))


def found_row(hit: Hit) -> dict[str, object]:
    """Return a search hit as a table row."""
    return {
        gettext("open"): gettext("Open"),
        gettext("document"): hit.doc_id,
        gettext("page"): hit.page_num,
        gettext("passage"): hit.snippet,
    }
