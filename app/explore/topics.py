"""Topics: topics, similarity and lexical diversity of documents."""

from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from ocr_core.corpus.pins import Chart
from ocr_core.errors import OcrError
from ocr_core.mining import Selection
from ocr_core.mining.diversity import diversity, vocabulary_growth
from ocr_core.mining.topics import Topics, similar, topic_trends, topics

from ..i18n import gettext
from ..ui.widgets import show_error
from .charts import lines, show_chart, tips
from .document_clusters import clusters_view
from .reliability import show_reliability
from .tables import show_table
from .token_cache import TokenCache

BAR_WORDS = 8  # of each topic
TOPIC_WIDTH = 110  # px
LINES = 4  # topics drawn at first
YEAR = "year"
STEADY = 0.5  # minimum overlap of a topic's words over seeds
RUNS = 5  # repetitions with other seeds
MANY_TOKENS = 1_000_000  # above this, one repetition only: each takes seconds

state = st.session_state


def ask_topics() -> tuple[int, Any, Any]:
    """Ask how many topics are looked for, by which method, in which texts."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        count = st.slider(
            gettext("Topics"),
            2,
            30,
            8,
            key="topic_count",
            bind="query-params",
            width=220,
            help=gettext("How many topics are looked for; fewer are broader."),
        )
        method: Any = st.segmented_control(
            gettext("Method"),
            ["nmf", "lda"],
            default="nmf",
            required=True,
            key="topic_method",
            format_func=str.upper,
            bind="query-params",
            help=gettext(
                "NMF factorizes the TF-IDF table and suits short documents; LDA is a "
                "generative model and needs many documents."
            ),
        )
        unit: Any = st.segmented_control(
            gettext("Of each"),
            ["document", "page"],
            default="page",
            required=True,
            key="topic_unit",
            format_func=gettext,
            bind="query-params",
            help=gettext("What counts as one text, of one or several topics."),
        )
    return count, method, unit


def topics_view(cache: TokenCache, selection: Selection) -> None:
    """Show the words of each topic, and its share of each document."""
    count, method, unit = ask_topics()
    try:
        found = cache.long(
            ("topics", count, method, unit, selection.filter),
            gettext("Looking for topics…"),
            lambda progress: topics(
                selection,
                count,
                method=method,
                unit=unit,
                runs=runs(selection),
                progress=progress,
            ),
        )
    except OcrError as error:
        show_error(error)
        return
    show_reliability(cache, selection, ())
    if selection.filter.stop_words == "keep":
        st.caption(gettext("Topics are clearer if stop words are dropped above."))
    sampling = say_sampling(found)
    if found.mean_stability is not None:
        say_steadiness(found.mean_stability)
    show_topics(found, selection, sampling)


def say_sampling(found: Topics) -> str:
    """Show and return which texts topics were learnt from, if not from all."""
    if not found.sampling:
        return ""
    sampling = gettext(
        "Topics were learnt from a random sample of {sampled:,} of {units:,} texts "
        "(seed {seed}); the shares are those of all.",
        sampled=found.sampled,
        units=found.units,
        seed=found.seed,
    )
    st.caption(sampling)
    return sampling


def show_topics(found: Topics, selection: Selection, sampling: str) -> None:
    """Show topics as tables, and as bars beside their course over time."""
    show_table(
        overview(found.words, found.stability),
        selection,
        "topics",
        query=sampling,
        alt_text=gettext("Each topic with its words and its stability"),
        columns={
            "words": st.column_config.TextColumn(gettext("words"), width="large"),
            "stability": st.column_config.ProgressColumn(
                gettext("stability"), min_value=0, max_value=1, format="percent"
            ),
        },
    )
    left, right = st.columns(2, gap="large")
    with left:
        topic_bars(found.words, selection)
    with right:
        topics_over(found.documents, selection)
    show_table(
        found.documents,
        selection,
        "topics_of_documents",
        query=sampling,
        alt_text=gettext("How much of each document is about each topic"),
    )


def topic_bars(words: pd.DataFrame, selection: Selection) -> None:
    """Draw the weights of each topic's words, a small bar chart for each topic."""
    first = words[words["rank"] <= BAR_WORDS]
    chart = (
        alt.Chart(first)
        .mark_bar()
        .encode(
            x=alt.X("weight:Q", title=gettext("weight")),
            y=alt.Y(
                "term:N",
                sort="-x",
                title=None,
                axis=alt.Axis(labelOverlap=False, labelFlush=False),
            ),
            facet=alt.Facet("topic:N", title=gettext("topic"), columns=3),
            tooltip=tips("term:N", "weight:Q"),
        )
        .properties(width=TOPIC_WIDTH, height=14 * BAR_WORDS)
        .resolve_scale(y="independent")
    )
    with st.container(key="topic_bars"):  # of a fixed width
        show_chart(
            chart,
            selection,
            "topic_words",
            gettext("The words of each topic, by their weight"),
            first,
            Chart("bar", "weight", "term"),
        )


def topics_over(documents: pd.DataFrame, selection: Selection) -> None:
    """Draw the mean share of topics over a column of metadata, such as the year."""
    columns = list(selection.tokens.metadata)
    if not columns:
        st.info(gettext("Press Add metadata above to see topics over time."))
        return
    names = [str(n) for n in range(1, documents.filter(like="topic_").shape[1] + 1)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        column = st.selectbox(
            gettext("Topics over"),
            columns,
            index=columns.index(YEAR) if YEAR in columns else 0,
            key="topic_over",
            bind="query-params",
            width=180,
            help=gettext("The column of metadata, such as the year."),
        )
        shown = st.multiselect(
            gettext("Topics shown"),
            names,
            default=names[:LINES],
            key=f"topic_lines_{len(names)}",
            width="stretch",
            help=gettext("The largest come first. Few lines are easier to read."),
        )
    values = selection.metadata_of_documents(column)
    table = topic_trends(
        documents, dict(zip(selection.documents, values, strict=True))
    ).astype({"topic": str})
    lines(
        table[table["topic"].isin(shown)],
        selection,
        "value",
        "share",
        "topic",
        name="topic_trends",
        titles=(column, gettext("mean share of the texts")),
        alt_text=gettext("Share of each topic over {column}", column=column),
    )


def runs(selection: Selection) -> int:
    """Return the number of repetitions with other seeds."""
    return RUNS if selection.sizes["tokens"] < MANY_TOKENS else 1


def say_steadiness(share: float) -> None:
    """Show how strongly the topics depend on the random seed."""
    st.caption(
        gettext(
            "With other random seeds, {share:.0f} % of a topic's words stay the same. "
            "Below {least:.0f} %, a topic is not reliable.",
            share=100 * share,
            least=100 * STEADY,
        )
    )


def overview(words: pd.DataFrame, stability: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each topic, with its words joined."""
    joined = words.groupby("topic", sort=True)["term"].agg(", ".join)
    stability = stability.round({"stability": 2})  # of a few runs
    return joined.rename("words").reset_index().merge(stability, on="topic", how="left")


def documents_view(cache: TokenCache, selection: Selection) -> None:
    """Show the lexical diversity and the similarity of documents."""
    table = cache.long(
        ("diversity", selection.filter),
        gettext("Counting…"),
        lambda progress: diversity(selection, progress=progress),
    )
    show_reliability(cache, selection, ())
    table = table.assign(doc_id=table["doc_id"].replace("", gettext("all together")))
    show_table(
        table,
        selection,
        "diversity",
        alt_text=gettext(
            "Each document with its number of words and measures of richness"
        ),
    )
    left, right = st.columns(2, gap="large")
    with left:
        similar_view(cache, selection)
    with right:
        growth_view(cache, selection)
    clusters_view(cache, selection)


def similar_view(cache: TokenCache, selection: Selection) -> None:
    """Show the documents that are most like a chosen one."""
    st.subheader(gettext("Similar documents"))
    doc_id = st.selectbox(
        gettext("Similar to"),
        selection.documents,
        key="similar_to",
        help=gettext("The document whose typical words are compared."),
        bind="query-params",
    )
    try:
        alike = cache.once(
            ("similar", doc_id, selection.filter), lambda: similar(selection, doc_id)
        )
    except OcrError as error:
        show_error(error)
        return
    show_table(
        alike,
        selection,
        "similar",
        query=doc_id,
        alt_text=gettext("The most similar documents, with the words they share"),
    )


def growth_view(cache: TokenCache, selection: Selection) -> None:
    """Show how the number of different words grows with the text."""
    st.subheader(gettext("Growth of the vocabulary"))
    curve = cache.once(
        ("growth", selection.filter), lambda: vocabulary_growth(selection)
    )
    draw_growth(curve.table, selection)
    st.caption(
        gettext(
            "Different words ≈ {k:.1f} × words ^ {beta:.2f} (Heaps)",
            k=curve.k,
            beta=curve.beta,
        )
    )


def draw_growth(curve: pd.DataFrame, selection: Selection) -> None:
    """Draw the vocabulary growth curve: types against tokens."""
    chart = (
        alt.Chart(curve)
        .mark_line()
        .encode(
            x=alt.X("tokens:Q", title=gettext("words")),
            y=alt.Y("types:Q", title=gettext("different words")),
            tooltip=tips("tokens:Q", "types:Q"),
        )
        .properties(height=320)
    )
    show_chart(
        chart,
        selection,
        "growth",
        gettext("Vocabulary growth: different words by number of words, as a curve"),
        curve,
        Chart("line", "tokens", "types"),
    )
