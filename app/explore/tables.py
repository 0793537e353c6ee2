"""Tables: the results of a view as a table, and as a file with metadata."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from ocr_core.mining import Selection
from ocr_core.mining.account import account
from ocr_core.mining.filter import HIDDEN_BY
from ocr_core.mining.hits import hidden_hits
from ocr_core.mining.measures import measure
from ocr_core.mining.query import in_short

from ..i18n import gettext
from ..ui.column_help import column_heading, explained
from ..ui.pinning import offer_pin
from ..ui.widgets import plain

ROWS = 1000  # rows on the screen; the file has all
TABLE_HEIGHT = 420


def show_table(
    table: pd.DataFrame,
    selection: Selection,
    name: str,
    *,
    alt_text: str,
    columns: Mapping[str, Any] | None = None,
    query: str = "",
    choose: bool = False,
    whole: tuple[int, Callable[[], pd.DataFrame]] | None = None,
) -> list[int]:
    """Show a table, and offer all of it as a file; return the selected rows.

    Parameters
    ----------
    table, selection
        The results, and the pages they were counted in.
    name
        The file name without its extension.
    alt_text
        A description of the table for screen readers.
    columns
        Streamlit's column configuration.
    query
        The options of the view besides the filter.
    choose
        Whether rows can be selected.
    whole
        If `table` has only the first rows: the total number of rows, and the function
        that computes all of them for the file.
    """
    total, every = whole or (len(table), lambda: table)
    event: Any = st.dataframe(
        table.head(ROWS),
        key=f"table_{name}",
        hide_index=True,
        height=min(TABLE_HEIGHT, 40 + 35 * max(1, len(table))),
        on_select="rerun" if choose else "ignore",
        selection_mode="multi-row",
        column_config=explained(
            table, {**described_numbers(name, table), **(columns or {})}
        ),
        alt=alt_text,
        placeholder="",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        if total > ROWS:
            st.caption(
                gettext(
                    "The first {shown} of {total} rows; the CSV file contains all "
                    "of them.",
                    shown=ROWS,
                    total=f"{total:,}",
                )
            )
        offer_csv(every, selection, name, query)
        offer_pin(
            name,
            alt_text,
            every,
            lambda: account(selection, name, table.columns, query=query),
        )
    if not choose:
        return []
    rows: Sequence[int] = event["selection"]["rows"]
    return [row for row in rows if row < len(table)]


def described_numbers(name: str, table: pd.DataFrame) -> dict[str, Any]:
    """Return the column configuration of the numbers of a table."""
    numbers: dict[str, Any] = {
        str(label): described_column(name, str(label))
        for label in table.select_dtypes("integer").columns
        if measure(name, str(label))
    }
    fractions = {
        str(label): described_column(name, str(label), format=decimals(values))
        for label, values in table.select_dtypes("float").items()
    }
    return numbers | fractions


def decimals(values: pd.Series) -> str:
    """Return the format of a column of numbers: whole ones have no decimals."""
    return "%.3f" if (values.dropna() % 1).any() else "%d"


def described_column(table: str, column: str, **look: Any) -> Any:
    """Return the column configuration of a measure, with formula and source.

    A name of several words, as the file has it, is headed by that of the measure.
    """
    known = measure(table, column)
    if known is None:
        return st.column_config.NumberColumn(**look)
    if "_" in column:
        look = {"label": column_heading(column) or known.label, **look}
    help = f"{known.label}: {known.definition}"
    return st.column_config.NumberColumn(help=help, **look)


def offer_csv(
    table: Callable[[], pd.DataFrame], selection: Selection, name: str, query: str = ""
) -> None:
    """Offer a table as a CSV file, created on request."""
    st.download_button(
        gettext("Table as CSV"),
        lambda: as_csv(table(), selection, query, name),
        f"{name}.csv",
        "text/csv",
        key=f"csv_{name}",
        icon=":material/download:",
        on_click="ignore",
        help=gettext("All rows; the last columns say what was counted."),
    )


def as_csv(
    table: pd.DataFrame, selection: Selection, query: str = "", name: str = ""
) -> bytes:
    """Return a table as CSV; its last columns record the filter and the options.

    A table without rows gets one row, which is empty except for these columns.
    """
    head: dict[str, Any] = {
        "asked": query,
        "filter": selection.filter.described(),
        **{f"filter_{name}": size for name, size in selection.sizes.items()},
    }
    how = account(selection, name, table.columns, query=query)
    if table.empty:
        table = table.reindex([0])
    head["how_this_was_counted"] = [how, *[""] * (len(table) - 1)]
    content: str = table.assign(**head).to_csv(index=False, lineterminator="\n")
    return content.encode()


def say_hidden(selection: Selection, queries: Iterable[str | Sequence[str]]) -> None:
    """Show how many hits of each query the filter hides, and by which knobs."""
    for query in queries:
        hits, names = hidden_hits(selection, query)
        if hits:
            why = ", ".join(gettext(HIDDEN_BY[name]) for name in names)
            st.caption(
                gettext(
                    "{query}: {count} hits are hidden, {why}.",
                    query=plain(query if isinstance(query, str) else in_short(query)),
                    count=f"{hits:,}",
                    why=why,
                )
            )
