"""Document clusters: similar documents as a tree and as a map."""

import json
from typing import Any

import altair as alt
import streamlit as st

from ocr_core.errors import OcrError
from ocr_core.mining import Selection
from ocr_core.mining.clustering import MAX_DOCUMENTS, Clusters, clusters

from ..i18n import gettext
from ..ui.widgets import show_error
from .charts import show_chart, tips
from .tables import show_table
from .token_cache import TokenCache

TIP = 16  # px
MAX_LABEL = 180  # px
SHAPES = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down"]
CLUSTER = "cluster"
MOST = 12


def clusters_view(cache: TokenCache, selection: Selection) -> None:
    """Ask for a number of clusters, and show the documents as tree, map and table."""
    st.subheader(gettext("Clusters of documents"))
    count, colour = ask_options(selection)
    try:
        found = cache.long(
            ("clusters", count, selection.filter),
            gettext("Comparing the documents…"),
            lambda progress: clusters(selection, count, progress=progress),
        )
    except OcrError as error:
        show_error(error)
        return
    if found.left_out:
        st.caption(
            gettext(
                "The {count} documents with the most words, without {rest} others.",
                count=f"{MAX_DOCUMENTS:,}",
                rest=f"{found.left_out:,}",
            )
        )
    left, right = st.columns(2, gap="large")
    with left:
        draw_tree(found, selection)
    with right:
        draw_map(found, selection, colour)
    show_table(
        found.words,
        selection,
        "clusters",
        query=gettext("{count} clusters", count=count),
        alt_text=gettext("Each cluster with its size and its distinctive words"),
    )


def ask_options(selection: Selection) -> tuple[int, str]:
    """Ask for the number of clusters, and for what colours the map."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        count = st.slider(
            gettext("Clusters"),
            2,
            MOST,
            4,
            key="cluster_count",
            bind="query-params",
            width=220,
            help=gettext("The tree is cut into so many groups at most."),
        )
        colour = st.selectbox(
            gettext("Colour the map by"),
            [CLUSTER, *selection.tokens.metadata],
            format_func=lambda each: gettext("cluster") if each == CLUSTER else each,
            key="cluster_colour",
            bind="query-params",
            width=200,
            help=gettext("The groups that were found, or a column of metadata."),
        )
    return count, colour


def draw_tree(found: Clusters, selection: Selection) -> None:
    """Draw the tree of documents: the further right they join, the less alike."""
    count = len(found.tips)
    tips = alt.Axis(
        values=[tip + 0.5 for tip in range(count)],
        labelExpr=f"{json.dumps(found.tips)}[floor(datum.value)]",
        labelLimit=MAX_LABEL,
        labelOverlap=False,
        ticks=False,
        grid=False,
    )
    chart = (
        alt.Chart(found.branches)
        .mark_line(strokeWidth=1)
        .encode(
            x=alt.X("distance:Q", title=gettext("distance (1 - cosine)")),
            y=alt.Y(
                "position:Q",
                axis=tips,
                title=None,
                scale=alt.Scale(domain=[0, count], nice=False),
            ),
            detail=alt.Detail("branch:N"),
            order=alt.Order("corner:Q"),
        )
        .properties(height=max(200, TIP * count))
    )
    show_chart(
        chart,
        selection,
        "document_tree",
        gettext("Tree of documents: those that join further left are more alike"),
        found.documents,
    )


def draw_map(found: Clusters, selection: Selection, colour: str) -> None:
    """Draw documents as points; near ones have similar words."""
    table = found.documents
    values = (
        dict(
            zip(
                selection.documents,
                selection.metadata_of_documents(colour),
                strict=True,
            )
        )
        if colour != CLUSTER
        else {}
    )
    group = table["doc_id"].map(values) if values else table["cluster"].astype(str)
    shown = table.assign(group=group.replace("", "–"))
    name = gettext("cluster") if colour == CLUSTER else colour
    told_apart: dict[str, Any] = {"title": name}
    chart = (
        alt.Chart(shown)
        .mark_point(filled=True, size=70)
        .encode(
            x=alt.X("x:Q", title=gettext("first principal coordinate")),
            y=alt.Y("y:Q", title=gettext("second principal coordinate")),
            color=alt.Color("group:N", **told_apart),
            shape=alt.Shape("group:N", scale=alt.Scale(range=SHAPES), **told_apart),
            tooltip=tips("doc_id:N", "group:N"),
        )
        .properties(height=420)
    )
    show_chart(
        chart,
        selection,
        "document_map",
        gettext("Map of documents: near ones have similar words"),
        shown,
    )
