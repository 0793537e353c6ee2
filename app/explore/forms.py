"""Forms: what a word became in the reading, counted with it or without."""

import pandas as pd
import streamlit as st

from app.explore.concordance import hits
from app.explore.study import Study
from app.explore.tables import show_table
from app.jobs import Session
from app.language import say
from app.widgets import say_error
from ocr_core.corpus import Corpus
from ocr_core.errors import OcrError
from ocr_core.mining import Selection
from ocr_core.mining.concordance import kwic
from ocr_core.mining.variants import learn, variants

SHOWN = 5

state = st.session_state


def forms_view(session: Session, study: Study, selection: Selection) -> None:
    """Show the forms that a word may have been misread as; count those ticked."""
    term = st.text_input(
        say("Word"),
        key="form_word",
        max_chars=60,
        bind="query-params",
        help=say("As it is spelled; what it may have been misread as is listed."),
    ).strip()
    if not term:
        st.info(
            say(
                "Type a word or a name: forms that the engine may have made of it "
                "appear, each with its scan, to be counted or not."
            )
        )
        return
    with st.spinner(say("Looking for forms…")):
        table = study.once(
            ("forms", term, selection.filter),
            lambda: found_forms(session, selection, term),
        )
    if table.empty:
        st.info(say("Neither it nor anything like it occurs."))
        return
    edited: pd.DataFrame = st.data_editor(
        table[["ticked", "term", "count", "documents", "changes", "cost"]],
        key=f"forms {term}",
        hide_index=True,
        disabled=["term", "count", "documents", "changes", "cost"],
        column_config={
            "ticked": st.column_config.CheckboxColumn(say("counted")),
            "term": say("form"),
            "cost": st.column_config.NumberColumn(format="%.2f"),
        },
    )
    ticked = list(edited.loc[edited["ticked"], "term"])
    strict = int(table.loc[table["cost"] == 0, "count"].sum())
    tolerant = int(edited.loc[edited["ticked"], "count"].sum())
    with st.container(horizontal=True):
        st.metric(say("As spelled"), f"{strict:,}", width="content")
        st.metric(say("With the forms ticked"), f"{tolerant:,}", width="content")
    show_table(
        edited,
        selection,
        "forms",
        asked=term,
        alt_text=say("Forms with their counts and what was confused"),
    )
    look_at(session, selection, ticked)


def found_forms(session: Session, selection: Selection, term: str) -> pd.DataFrame:
    """Return the forms, by what is usually confused and what was corrected here."""
    corrected = session.shelf.ask(Corpus.corrections)
    pairs = [(each.original, each.text) for each in corrected if each.text]
    try:
        return variants(selection, term, confusions=learn(pairs))
    except OcrError as error:
        say_error(error)
        st.stop()


def look_at(session: Session, selection: Selection, terms: list[str]) -> None:
    """Show how a form looks on the scan."""
    if not terms:
        return
    form = st.selectbox(say("See the lines of"), terms, key="form_seen")
    rows, total = kwic(selection, str(form), limit=SHOWN)
    if total:
        hits(session, rows, 0, min(total, SHOWN))
