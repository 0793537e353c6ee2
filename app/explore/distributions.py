"""Distributions: the quality of compared parts, as boxes and points."""

from collections.abc import Mapping
from typing import Any

import altair as alt

from ocr_core.corpus.pins import Chart
from ocr_core.mining import Selection
from ocr_core.mining.reliability import Difference

from ..i18n import gettext
from .charts import BAND_OPACITY, show_chart

MAX_POINTS = 1_000  # more hide each other
ROW = 44  # px


def quality_boxes(
    found: Difference, selection: Selection, column: str, names: Mapping[str, str]
) -> None:
    """Draw the quality of each part: quartiles as a box, documents as points.

    Parameters
    ----------
    column
        What divides the parts.
    names
        What columns of the parts are called on the screen.
    """
    parts, documents = found.parts, found.documents
    y: Any = alt.Y("part:N", sort=list(parts["part"]), title=column)
    title = gettext("mean quality of a document")
    scale = alt.Scale(zero=False, nice=True)
    tips = [alt.Tooltip(each, title=names.get(each, each)) for each in map(str, parts)]
    boxes = alt.Chart(parts[parts["rated"] > 0]).encode(y=y, tooltip=tips)
    box = boxes.mark_bar(size=ROW // 2, opacity=BAND_OPACITY).encode(
        x=alt.X("quality_q1:Q", title=title, scale=scale), x2=alt.X2("quality_q3:Q")
    )
    median = boxes.mark_tick(size=ROW // 2, thickness=3).encode(
        x=alt.X("quality_median:Q")
    )
    points = documents
    if len(documents) > MAX_POINTS:
        points = documents.sample(MAX_POINTS, random_state=0)
    strip = (
        alt.Chart(points.assign(apart=range(len(points))))
        .transform_calculate(beside="(datum.apart * 0.618034) % 1")
        .mark_point(filled=True, size=14, opacity=0.6)
        .encode(
            x=alt.X("quality:Q", title=title, scale=scale),
            y=y,
            yOffset=alt.YOffset("beside:Q", scale=alt.Scale(domain=[-0.5, 1.5])),
        )
    )
    show_chart(
        (box + median + strip).properties(height=ROW * max(2, len(parts))),
        selection,
        "quality_boxes",
        gettext("Quality of the documents by {column}: quartiles", column=column),
        documents,
        Chart("tick", "quality", "part"),
    )
