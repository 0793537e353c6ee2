"""Tables: the results of a view as a table, a chart and a file with metadata."""

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from ocr_core.mining import Selection
from ocr_core.mining.account import account
from ocr_core.mining.concordance import hidden_hits
from ocr_core.mining.measures import measure
from ocr_core.mining.selection import HIDDEN_BY

from ..i18n import gettext
from ..ui.widgets import plain

ROWS = 1000  # rows on the screen; the file has all
BARS = 30
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
    asked
        The options of the view besides the filter.
    choose
        Whether rows can be selected.
    whole
        If `table` has only the first rows: the total number of rows, and the function
        that computes all of them for the file.
    """
    total, every = whole or (len(table), lambda: table)
    numbers: dict[str, Any] = {
        str(label): described_column(name, str(label), format="%.3f")
        for label in table.select_dtypes("float")
    }
    event: Any = st.dataframe(
        table.head(ROWS),
        key=f"table_{name}",
        hide_index=True,
        height=min(TABLE_HEIGHT, 40 + 35 * max(1, len(table))),
        on_select="rerun" if choose else "ignore",
        selection_mode="multi-row",
        column_config={**numbers, **(columns or {})},
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
    if not choose:
        return []
    rows: Sequence[int] = event["selection"]["rows"]
    return [row for row in rows if row < len(table)]


def described_column(table: str, column: str, **look: Any) -> Any:
    """Return the column configuration of a measure, with formula and source."""
    known = measure(table, column)
    if known is None:
        return st.column_config.NumberColumn(**look)
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


def say_hidden(selection: Selection, queries: Iterable[str]) -> None:
    """Show how many hits of each query the filter hides, and by which knobs."""
    for query in queries:
        hits, names = hidden_hits(selection, query)
        if hits:
            why = ", ".join(gettext(HIDDEN_BY[name]) for name in names)
            st.caption(
                gettext(
                    "{query}: {count} hits are hidden, {why}.",
                    query=plain(query),
                    count=f"{hits:,}",
                    why=why,
                )
            )


def show_chart(chart: alt.Chart, name: str, alt_text: str) -> None:
    """Draw a chart in the app's colours, and offer it as SVG."""
    st.altair_chart(chart, alt=alt_text)
    st.download_button(
        gettext("Chart as SVG"),
        lambda: as_svg(chart),
        f"{name}.svg",
        "image/svg+xml",
        key=f"svg_{name}",
        icon=":material/download:",
        on_click="ignore",
        help=gettext(
            "SVG for print, at any size; the chart's own menu saves it as PNG."
        ),
    )


def as_svg(chart: alt.Chart) -> bytes:
    """Return a chart as SVG on a white background."""
    drawing = io.StringIO()
    colours = st.get_option("theme.light.chartCategoricalColors")
    chart.properties(width=640).configure(
        background="white",
        mark=alt.MarkConfig(color=colours[0]),
        range=alt.RangeConfig(category=colours),
    ).save(drawing, format="svg")
    return drawing.getvalue().encode()


def bars(
    table: pd.DataFrame,
    label: str,
    value: str,
    *,
    name: str,
    title: str,
    alt_text: str,
) -> None:
    """Return a bar chart of the first rows of a table, in their order."""
    first = table.head(BARS)
    chart = (
        alt.Chart(first)
        .mark_bar()
        .encode(
            x=alt.X(f"{value}:Q", title=title),
            y=alt.Y(
                f"{label}:N",
                sort=list(first[label]),
                title=None,
                axis=alt.Axis(labelOverlap=False),
            ),
            tooltip=[f"{label}:N", f"{value}:Q"],
        )
        .properties(height=18 * max(3, len(first)))
    )
    show_chart(chart, name, alt_text)


def lines(
    table: pd.DataFrame,
    x: str,
    y: str,
    colour: str,
    *,
    name: str,
    titles: tuple[str, str],
    alt_text: str,
) -> None:
    """Return a line chart with one line for each value of a column."""
    numeric = pd.to_numeric(table[x], errors="coerce").notna().all()
    kind = "Q" if numeric else "N"
    axis = alt.Axis(format="d") if numeric else alt.Axis()
    chart = (
        alt.Chart(table.assign(**{x: pd.to_numeric(table[x])} if numeric else {}))
        .mark_line(point=True)
        .encode(
            x=alt.X(
                f"{x}:{kind}", title=titles[0], axis=axis, scale=alt.Scale(zero=False)
            )
            if numeric
            else alt.X(f"{x}:{kind}", title=titles[0], sort=None),
            y=alt.Y(f"{y}:Q", title=titles[1]),
            color=alt.Color(f"{colour}:N", title=None),
            tooltip=list(table.columns),
        )
        .properties(height=320)
    )
    if {"low", "high"} <= set(table.columns):
        band = chart.mark_errorbar(ticks=True).encode(
            y=alt.Y("low:Q", title=titles[1]), y2="high:Q"
        )
        chart = (chart + band).properties(height=320)
    show_chart(chart, name, alt_text)
