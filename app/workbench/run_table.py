"""Run table: the pages of a run, a part at a time."""

from collections.abc import Mapping, Sequence
from typing import Literal

import streamlit as st

from ocr_core.page import PageId

from ..i18n import gettext
from ..session.run_page import RunPage, current_results
from ..session.session import Session

ROWS = 25
MAX_LETTERS = 200  # of the text of a page

state = st.session_state


def page_list(session: Session, pages: Sequence[RunPage]) -> None:
    """List the pages of a run with their texts; rows can be chosen."""
    sheet = shown_sheet(pages)
    shown = pages[(sheet - 1) * ROWS :][:ROWS]
    texts: dict[PageId, str] = {}
    if session.corpus_handle.begun:
        results = session.corpus_handle.ask(
            lambda corpus: list(current_results(corpus, shown))
        )
        texts = {(each.ref.doc_id, each.ref.number): each.text for each in results}
    page_table(shown, texts, table_key(sheet), on_select="rerun")
    count = -(-len(pages) // ROWS)
    if count > 1:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(
                gettext(
                    "{first} to {last} of {total} pages.",
                    first=(sheet - 1) * ROWS + 1,
                    last=(sheet - 1) * ROWS + len(shown),
                    total=len(pages),
                )
            )
            st.space("stretch")
            st.pagination(count, key="run_sheet")


def chosen_pages(pages: Sequence[RunPage]) -> Sequence[RunPage]:
    """Return the pages of the selected rows, or all; say which."""
    sheet = shown_sheet(pages)
    table = state.get(table_key(sheet)) or {"selection": {"rows": []}}
    first = (sheet - 1) * ROWS
    numbers = [first + row for row in table["selection"]["rows"]]
    chosen = [pages[number] for number in sorted(numbers) if number < len(pages)]
    if not chosen:
        return pages
    st.caption(
        gettext(
            "Only the {count} chosen of {total} pages.",
            count=len(chosen),
            total=len(pages),
        )
    )
    return chosen


def shown_sheet(pages: Sequence[RunPage]) -> int:
    """Return the number of the part of the list that is shown, from 1."""
    count = max(1, -(-len(pages) // ROWS))
    state.run_sheet = min(state.get("run_sheet") or 1, count)
    return int(state.run_sheet)


def table_key(sheet: int) -> str:
    """Return the key of the table of a part: Streamlit selects rows by index."""
    return "pages_read" if sheet == 1 else f"pages_read {sheet}"


def page_table(
    pages: Sequence[RunPage],
    texts: Mapping[PageId, str],
    key: str,
    *,
    on_select: Literal["ignore", "rerun"] = "ignore",
) -> None:
    """List pages that were read."""
    st.dataframe(
        [
            {
                gettext("document"): page.ref.doc_id,
                gettext("page"): page.ref.number or None,
                gettext("status"): gettext(page.status),
                gettext("words"): page.n_words,
                gettext("mean confidence"): page.conf_mean,
                gettext("quality"): page.quality,
                gettext("text"): texts.get(page.page_id, "")[:MAX_LETTERS],
            }
            for page in pages
        ],
        key=key,
        hide_index=True,
        on_select=on_select,
        placeholder="",
        alt=gettext("Every page with its status, number of words and mean confidence"),
        column_config={
            gettext("mean confidence"): st.column_config.ProgressColumn(
                min_value=0, max_value=100, format="%.0f"
            ),
            gettext("quality"): st.column_config.NumberColumn(format="%.2f"),
        },
    )
