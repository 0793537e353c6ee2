"""Networks: a word, its collocates and their links as a figure."""

import altair as alt
import pandas as pd

from ocr_core.mining import Selection
from ocr_core.mining.collocate_network import CollocateNetwork

from ..i18n import gettext
from .charts import ONE_COLOUR, show_chart, tips

HEIGHT = 460  # px
PADDING = 0.12  # of the width, for words at the edge


def draw_network(network: CollocateNetwork, selection: Selection, query: str) -> None:
    """Draw a collocate network: thicker links are stronger, larger words more common.

    The node is a square, so that it can be told in grey.
    """
    is_node = network.words["term"] == query
    words = network.words.assign(is_node=is_node, one="")
    ends = words.set_index("term")
    links = network.links.assign(
        one="",
        x=network.links["source"].map(ends["x"]),
        y=network.links["source"].map(ends["y"]),
        x2=network.links["target"].map(ends["x"]),
        y2=network.links["target"].map(ends["y"]),
    )
    x = alt.X("x:Q", axis=None, scale=around(words["x"]))
    y = alt.Y("y:Q", axis=None, scale=around(words["y"]))
    lines = (
        alt.Chart(links)
        .mark_rule(opacity=0.4)
        .encode(
            x=x,
            y=y,
            color=ONE_COLOUR,
            x2=alt.X2("x2:Q"),
            y2=alt.Y2("y2:Q"),
            strokeWidth=alt.StrokeWidth(
                "log_dice:Q",
                scale=alt.Scale(range=[0.5, 4], zero=False),
                title="logDice",
            ),
            tooltip=tips("source:N", "target:N", "count:Q", "log_dice:Q"),
        )
    )
    base = alt.Chart(words).encode(x=x, y=y, tooltip=tips("term:N", "count:Q"))
    points = base.mark_point(filled=True, opacity=1).encode(
        size=alt.Size("count:Q", scale=alt.Scale(range=[30, 400]), legend=None),
        shape=alt.Shape(
            "is_node:N",
            scale=alt.Scale(domain=[False, True], range=["circle", "square"]),
            legend=None,
        ),
    )
    labels = base.mark_text(dy=-18).encode(text=alt.Text("term:N"), color=ONE_COLOUR)
    show_chart(
        (lines + points + labels).properties(height=HEIGHT),
        selection,
        "collocate_network",
        gettext("Collocates of {query}, and links between them", query=query),
        network.links,
    )


def around(values: "pd.Series[float]") -> alt.Scale:
    """Return a scale with room for words at the edge."""
    low, high = float(values.min()), float(values.max())
    room = PADDING * max(high - low, 1e-6)
    return alt.Scale(domain=[low - room, high + room], nice=False)
