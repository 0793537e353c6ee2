"""Word cloud: words whose size shows how often they occur.

Words are placed along a spiral (Wordle; Viegas and others 2009). The layout of Vega
needs the canvas of a browser, which the files for print are made without.
"""

import math
from itertools import count
from unicodedata import east_asian_width

import altair as alt
import pandas as pd
import streamlit as st

from ocr_core.mining import Selection

from ..i18n import gettext
from .charts import ONE_COLOUR, WIDTH, show_chart, tips

CLOUD_WORDS = 80
HEIGHT = 400  # px
SMALLEST, LARGEST = 11, 54  # px
NARROW, WIDE = 0.58, 1.05  # mean width of a letter, as a share of its height
STEP = 0.25  # radians, of the spiral
GROWTH = 0.9  # px of the radius for each radian
MAX_STEPS = 4_000

Box = tuple[float, float, float, float]


def word_cloud(table: pd.DataFrame, selection: Selection) -> None:
    """Draw the first words of a list as a cloud."""
    placed = cloud_layout(table.head(CLOUD_WORDS))
    scale = alt.Scale(domain=[0, WIDTH])
    chart = (
        alt.Chart(placed.assign(one=""))
        .mark_text(
            baseline="middle",
            fontSize=alt.expr(f"datum.size * width / {WIDTH}"),  # as wide as shown
        )
        .encode(
            x=alt.X("x:Q", axis=None, scale=scale),
            y=alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[0, HEIGHT])),
            text=alt.Text("term:N"),
            color=ONE_COLOUR,
            tooltip=tips("term:N", "count:Q"),
        )
        .properties(height=HEIGHT)
    )
    show_chart(
        chart,
        selection,
        "word_cloud",
        gettext("The commonest words; their size shows how often they occur"),
        table.head(CLOUD_WORDS),
    )
    st.caption(
        gettext(
            "The area of a word grows with its count. Stop words are left out. Places "
            "and neighbours mean nothing: for comparisons use the bars."
        )
    )


def cloud_layout(table: pd.DataFrame) -> pd.DataFrame:
    """Place words so that none covers another, the commonest in the middle.

    Parameters
    ----------
    table
        term and count, the commonest first.

    Returns
    -------
    table
        term, count, size, x, y (in px; y upwards); words that find no place are left
        out.
    """
    largest = float(table["count"].max()) if len(table) else 1.0
    boxes: list[Box] = []
    rows = []
    for term, number in table[["term", "count"]].itertuples(index=False, name=None):
        size = max(SMALLEST, LARGEST * math.sqrt(number / largest))
        letters = sum(WIDE if east_asian_width(c) in "WF" else NARROW for c in term)
        box = free_box(letters * size, 1.1 * size, boxes)
        if box:
            boxes.append(box)
            left, low, right, high = box
            rows.append((term, number, size, (left + right) / 2, (low + high) / 2))
    return pd.DataFrame(rows, columns=["term", "count", "size", "x", "y"])


def free_box(width: float, height: float, boxes: list[Box]) -> Box | None:
    """Return the first box on a spiral that covers no other and is in the figure."""
    for step in count():
        if step > MAX_STEPS:
            return None
        angle = STEP * step
        radius = GROWTH * angle
        x = WIDTH / 2 + radius * math.cos(angle) * WIDTH / HEIGHT
        y = HEIGHT / 2 + radius * math.sin(angle)
        box = x - width / 2, y - height / 2, x + width / 2, y + height / 2
        if box[0] < 0 or box[1] < 0 or box[2] > WIDTH or box[3] > HEIGHT:
            continue
        if not any(overlap(box, other) for other in boxes):
            return box
    return None


def overlap(one: Box, other: Box) -> bool:
    """Return whether two boxes have an area in common."""
    across = one[0] < other[2] and other[0] < one[2]
    return across and one[1] < other[3] and other[1] < one[3]
