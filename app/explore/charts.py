"""Charts: the results of a view as a figure, on the screen and in print."""

import io
import json
import textwrap
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import altair as alt
import pandas as pd
import streamlit as st

from ocr_core.corpus.pins import Chart
from ocr_core.mining import Selection
from ocr_core.mining.account import sizes_text
from ocr_core.version import ocr_core_version

from ..i18n import gettext
from ..ui.pinning import offer_pin

BARS = 30
TALLEST_INTERVAL = 3  # times the highest point; a longer one would flatten the lines
WIDTH = 640  # of a figure in print, in points
DPI = 300  # of a figure as PNG
SMALL = 10  # font size of the caption, in points
BAND_OPACITY = 0.35
LINE = 110  # characters in a line of the caption

# Of text and rules, by a column of one value: the first colour of the theme, which is
# visible in light and dark.
ONE_COLOUR = alt.Color("one:N", legend=None)
LINE_LEGEND = alt.Legend(symbolType="stroke", symbolSize=600, symbolStrokeWidth=2)


class FigureFormat(NamedTuple):
    """A kind of file: its label, media type, and the options that draw it."""

    label: str
    media_type: str
    options: Mapping[str, Any]


FORMATS = {
    "svg": FigureFormat("SVG", "image/svg+xml", {}),
    "pdf": FigureFormat("PDF", "application/pdf", {}),
    "png": FigureFormat(f"PNG, {DPI} dpi", "image/png", {"ppi": DPI}),
}


def show_chart(
    chart: Any,
    selection: Selection,
    name: str,
    alt_text: str,
    table: pd.DataFrame,
    pinned: Chart | None = None,
) -> None:
    """Draw a chart in the app's colours, and offer it as a file for print.

    Parameters
    ----------
    selection
        What is counted; the file's caption says so.
    name
        The file name without its extension.
    alt_text
        What the chart shows: for screen readers, and the title of the file.
    table, pinned
        What the chart is drawn of, and how the report draws it; None for the table
        alone.
    """
    st.altair_chart(chart, alt=alt_text)
    with st.container(horizontal=True):
        offer_figure(chart, selection, name, alt_text)
        offer_pin(name, alt_text, lambda: table, lambda: caption(selection), pinned)


def tips(*fields: str) -> list[alt.Tooltip]:
    """Return the fields of a table that are shown where the mouse points."""
    return [alt.Tooltip(each) for each in fields]


def offer_figure(chart: Any, selection: Selection, name: str, alt_text: str) -> None:
    """Offer a chart as a file for print."""
    with st.popover(
        gettext("Save figure"), icon=":material/download:", key=f"figure_{name}"
    ):
        st.caption(gettext("With its title, source and filter, on white."))
        source = caption(selection)
        for ending, kind in FORMATS.items():
            st.download_button(
                kind.label,
                partial(figure_file, chart, ending, alt_text, source),
                f"{name}.{ending}",
                kind.media_type,
                key=f"{ending}_{name}",
                on_click="ignore",
            )


def caption(selection: Selection) -> str:
    """Return the source line of a figure: what was counted, and by which filter."""
    return (
        f"Counted: {sizes_text(selection)}. Filter: {selection.filter.described()}. "
        f"ocr-core {ocr_core_version()}."
    )


def figure_file(chart: Any, ending: str, title: str, source: str) -> bytes:
    """Return a figure as a file: on white, with its title above and its source below.

    Parameters
    ----------
    ending
        A key of `FORMATS`.
    """
    colours = st.get_option("theme.light.chartCategoricalColors")
    if isinstance(colours, str):  # given as a flag
        colours = json.loads(colours)
    named = chart.properties(title=alt.TitleParams(title, anchor="start"))
    if named.width is alt.Undefined:
        named = named.properties(width=WIDTH)
    below = alt.TitleParams(
        textwrap.wrap(source, LINE),
        orient="bottom",
        anchor="start",
        fontSize=SMALL,
        fontWeight="normal",
    )
    figure = alt.vconcat(named, title=below).configure(
        background="white",
        mark=alt.MarkConfig(color=colours[0]),
        range=alt.RangeConfig(category=colours),
    )
    file: Any = io.StringIO() if ending == "svg" else io.BytesIO()
    figure.save(file, format=ending, **FORMATS[ending].options)
    content: str | bytes = file.getvalue()
    return content.encode() if isinstance(content, str) else content


def bars(
    table: pd.DataFrame,
    selection: Selection,
    label: str,
    value: str,
    *,
    name: str,
    title: str,
    alt_text: str,
) -> None:
    """Show a bar chart of the first rows of a table, in their order."""
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
                axis=alt.Axis(labelOverlap=False, labelFlush=False),
            ),
            tooltip=tips(f"{label}:N", f"{value}:Q"),
        )
        .properties(height=18 * max(3, len(first)))
    )
    pinned = Chart("bar", value, label)
    show_chart(chart, selection, name, alt_text, first, pinned)


def lines(
    table: pd.DataFrame,
    selection: Selection,
    x: str,
    y: str,
    colour: str,
    *,
    name: str,
    titles: tuple[str, str],
    alt_text: str,
) -> None:
    """Show a line chart with one line for each value of a column.

    Where the table has a column smoothed, the line goes through it, and points show the
    values. Lines also differ in dashes, so that they can be told in grey.
    """
    numeric = pd.to_numeric(table[x], errors="coerce").notna().all()
    kind = "Q" if numeric else "N"
    told_apart: dict[str, Any] = {  # the same for both, so that they share a legend
        "title": None,
        "legend": LINE_LEGEND,
        "scale": alt.Scale(domain=list(dict.fromkeys(table[colour]))),
    }
    axis = alt.Axis(format="d") if numeric else alt.Axis()
    y_title, y_scale = titles[1], alt.Scale()
    with_intervals = {"low", "high"} <= set(table.columns)
    top = TALLEST_INTERVAL * table[y].max()
    if with_intervals and table["high"].max() > top > 0:
        y_title = gettext("{title} (longer intervals are cut)", title=titles[1])
        y_scale = alt.Scale(domain=[0, top], clamp=True)
    base = alt.Chart(
        table.assign(**{x: pd.to_numeric(table[x])} if numeric else {})
    ).encode(
        x=alt.X(f"{x}:{kind}", title=titles[0], axis=axis, scale=alt.Scale(zero=False))
        if numeric
        else alt.X(f"{x}:{kind}", title=titles[0], sort=None),
        y=alt.Y(f"{y}:Q", title=y_title, scale=y_scale),
        color=alt.Color(f"{colour}:N", **told_apart),
        strokeDash=alt.StrokeDash(f"{colour}:N", **told_apart),
        tooltip=tips(*table.columns),
    )
    if "smoothed" in table:
        smooth = base.mark_line().encode(y=alt.Y("smoothed:Q", title=y_title))
        chart = smooth + base.mark_point(filled=True)
    else:
        chart = base.mark_line(point=True)
    if with_intervals:
        chart += base.mark_errorbar(ticks=True).encode(
            y=alt.Y("low:Q", title=y_title, scale=y_scale),
            y2=alt.Y2("high:Q"),
            strokeDash=alt.StrokeDashValue([1, 0]),
        )
    chart = chart.properties(height=320)
    pinned = Chart("line", x, y, colour)
    show_chart(chart, selection, name, alt_text, table, pinned)


def bands(
    table: pd.DataFrame,
    selection: Selection,
    *,
    ordered: bool,
    name: str,
    alt_text: str,
) -> None:
    """Show figures with the band from low to high, in their order.

    Parameters
    ----------
    table
        term, figure, low and high.
    ordered
        Whether the terms are points of a scale, such as years: then the figures are a
        line and the bands an area.
    """
    first = table if ordered else table.head(BARS)
    term = alt.Axis(labelOverlap=ordered, labelFlush=False)
    encoding: dict[str, Any] = {"sort": None, "title": None, "axis": term}
    figures: dict[str, Any] = {"title": gettext("figure, with its band without errors")}
    base = alt.Chart(first).encode(tooltip=tips(*first.columns))
    if ordered:
        at = base.encode(x=alt.X("term:N", **encoding))
        band = at.mark_area(opacity=BAND_OPACITY).encode(
            y=alt.Y("low:Q", **figures), y2=alt.Y2("high:Q")
        )
        chart = band + at.mark_line(point=True).encode(y=alt.Y("figure:Q", **figures))
        height = 320
    else:
        at = base.encode(y=alt.Y("term:N", **encoding))
        band = at.mark_bar(opacity=BAND_OPACITY).encode(
            x=alt.X("low:Q", **figures), x2=alt.X2("high:Q")
        )
        chart = band + at.mark_point(filled=True).encode(x=alt.X("figure:Q", **figures))
        height = 18 * max(3, len(first))
    pinned = (
        Chart("line", "term", "figure") if ordered else Chart("bar", "figure", "term")
    )
    show_chart(
        chart.properties(height=height), selection, name, alt_text, first, pinned
    )
