"""Tabs: the words, the preprocessing steps and the selected word of a page."""

from typing import Any

import altair
import pandas as pd
import streamlit as st

from ocr_core.errors import OcrError
from ocr_core.page import PageRef, PageResult, StepReport
from ocr_core.settings import Settings

from ..corpus.page_corrections import EditablePage, forms_button, word_form
from ..i18n import gettext, translate_message
from ..session.page_pictures import ServedPicture
from ..session.session import Session
from ..ui.widgets import KNOBS, plain
from .step_words import step_words

STEP_LABELS = {knob.name: knob.label for knob in KNOBS.values() if knob.title}
BIN = 10  # percent of confidence in one bar of the histogram
CARD_MARGIN = 12
# Labels as long as "90–100" would be drawn vertically and take the bars' space.
AXIS = altair.Axis(labelAngle=0, labelExpr="split(datum.label, '–')[0]")

state = st.session_state


def words_tab(result: PageResult | None, height: int) -> None:
    """Show the words as a table, under Tesseract's own column names."""
    if result is None or not result.rows:
        st.caption(gettext("No words yet."))
        return
    table = result.words
    kept = in_bars(table, histogram(table))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wanted = st.text_input(
            gettext("Find"),
            key="find",
            placeholder=gettext("part of a word"),
            help=gettext("Filters the rows."),
        )
        below = st.slider(
            gettext("Confidence up to (%)"),
            0,
            100,
            100,
            key="below",
            help=gettext("Filters the rows."),
        )
    kept &= table["conf"] <= below
    if wanted:
        kept &= table["text"].str.contains(wanted, case=False, regex=False)
    table = table[kept]
    state.listed_words = table.index.tolist()
    mark_row()
    front = ["text", "conf"]
    st.dataframe(
        table,
        key="words_table",
        height=height - 150,
        hide_index=True,
        column_order=front + [name for name in table.columns if name not in front],
        on_select=picked_in_table,
        selection_mode="single-row",
        alt=gettext("The words of the page with their boxes and confidences"),
        column_config={
            "conf": st.column_config.ProgressColumn(
                "conf", min_value=0, max_value=100, format="%.0f"
            )
        },
    )
    count = gettext(
        "{count} of {total} words", count=len(table), total=len(result.rows)
    )
    st.caption(count)


def histogram(table: pd.DataFrame) -> set[int]:
    """Draw a histogram of the confidence; return the selected bars."""
    starts = (table["conf"] // BIN * BIN).clip(upper=100 - BIN).astype(int)
    counts = starts.value_counts().reindex(range(0, 100, BIN), fill_value=0)
    bars = pd.DataFrame({"from": counts.index, "words": counts.to_numpy()})
    bars["conf"] = [f"{low}–{low + BIN}" for low in bars["from"]]
    chart = (
        altair.Chart(bars)
        .mark_bar()
        .encode(
            x=altair.X("conf:N", sort=None, title=gettext("confidence (%)"), axis=AXIS),
            y=altair.Y("words:Q", title=gettext("words")),
            opacity=altair.OpacityValue(0.3, condition={"param": "chosen", "value": 1}),
            tooltip=[
                altair.Tooltip("conf:N", title=gettext("confidence (%)")),
                altair.Tooltip("words:Q", title=gettext("words")),
            ],
        )
        .add_params(altair.selection_point("chosen", fields=["from"]))
        .properties(height=150)
    )
    event: Any = st.altair_chart(
        chart,
        key="histogram",
        on_select="rerun",
        alt=gettext("Number of words by confidence; click a bar to see only its words"),
    )
    chosen = event["selection"].get("chosen", []) if event else []
    return {int(point["from"]) for point in chosen if "from" in point}


def in_bars(table: pd.DataFrame, chosen: set[int]) -> "pd.Series[bool]":
    """Return which words are in the selected bars; if none is selected, all."""
    starts = (table["conf"] // BIN * BIN).clip(upper=100 - BIN).astype(int)
    return starts.isin(chosen) if chosen else starts >= 0


def picked_in_table() -> None:
    """Select in the image the word that was selected in the table."""
    rows = state.words_table["selection"]["rows"]
    state.picked = state.listed_words[rows[0]] if rows else None
    state.nonce += 1


def mark_row() -> None:
    """Select the row of the selected word, unless the filters hide it."""
    words = state.listed_words
    rows = [words.index(state.picked)] if state.picked in words else []
    table = state.get("words_table")
    if rows != (table["selection"]["rows"] if table else []):
        state.words_table = {"selection": {"rows": rows, "columns": [], "cells": []}}


def word_card(scan: ServedPicture, page: EditablePage) -> None:
    """Show the selected word with its part of the scan, to be corrected."""
    if state.picked is None or state.picked >= len(page.words):
        return
    word = page.words[state.picked]
    session: Session = state.session
    box = (
        word.left - CARD_MARGIN,
        word.top - CARD_MARGIN,
        word.width + 2 * CARD_MARGIN,
        word.height + 2 * CARD_MARGIN,
    )
    with st.container(border=True, key="word_card"):
        with st.container(horizontal=True):
            crop = session.pictures.crop(scan, box)
            if crop is not None:
                st.image(crop, width=220, alt=gettext("The word on the scan"))
            with st.container(width="content"):
                st.text(word.text)
                line = gettext("line {line}", line=word.line_num)
                st.caption(
                    f"{gettext('confidence {conf:.0f} %', conf=word.conf)} · "
                    f"{gettext('block {block}', block=word.block_num)}, {line} · "
                    f"{word.left}, {word.top}, {word.width} × {word.height} px"
                )
        word_form(page, state.picked)
        if session.corpus_handle.begun:
            forms_button(word.text, "card_everywhere")


def steps_tab(
    session: Session,
    ref: PageRef,
    settings: Settings,
    prepared: ServedPicture,
    result: PageResult | None,
) -> None:
    """Show the measurements, the effect and the image of each step."""
    reports = result.reports if result else prepared.picture.reports
    if not reports:
        st.caption(gettext("No step was asked to look at this page."))
        return
    st.markdown(
        "\n".join(
            f"- **{step_label(report.step)}**: {plain(step_words(report))}"
            for report in reports
        )
    )
    with st.expander(gettext("What each step measured")):
        for report in reports:
            st.caption(f"**{step_label(report.step)}**: {plain(measured(report))}")
    if not st.toggle(
        gettext("Picture by picture"),
        key="stepwise",
        help=gettext("Shows the page after each step."),
    ):
        return
    try:
        pictures = session.pictures.steps(ref, settings)
    except OcrError as error:
        st.text(translate_message(str(error)))
        return
    names = [name for name, _ in pictures]
    if state.get("step_shown") not in names:
        state.step_shown = names[0]
    shown = st.segmented_control(
        gettext("After the step"),
        names,
        format_func=step_label,
        key="step_shown",
        required=True,
        help=gettext("Shows the page as this step left it."),
    )
    jpeg = dict(pictures)[shown or names[0]]
    st.image(jpeg, width="stretch", alt=gettext("The page after this step"))


def step_label(name: str) -> str:
    """Return the label of a step, which may be that of its knob."""
    label = gettext(STEP_LABELS.get(name, name))
    return label[:1].upper() + label[1:]


def measured(report: StepReport) -> str:
    """Return the measurements of a step as one line."""
    return ", ".join(
        f"{name.replace('_', ' ')} {value}" for name, value in report.measured.items()
    )
