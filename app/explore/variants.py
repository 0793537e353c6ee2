"""Variants: misrecognized forms of a word, counted with or without it."""

from typing import Any

import pandas as pd
import streamlit as st

from ocr_core.corpus import Corpus
from ocr_core.mining import Selection
from ocr_core.mining.concordance import kwic
from ocr_core.mining.hits import positions
from ocr_core.mining.progress import ReportProgress, no_report
from ocr_core.mining.variants import variants

from ..i18n import gettext
from ..session.session import Session
from ..ui.column_help import explained
from .concordance import hits, lines_of
from .form_groups import form_groups_view, found_groups, has_form
from .strips import line_strip
from .tables import described_column, offer_csv
from .token_cache import TokenCache

SHOWN = 5
ROW_HEIGHT = 48
MAX_SCANS = 30  # forms shown with their scan: each needs a corpus query
COLUMNS = ["selected", "term", "count", "documents", "changes", "cost"]

state = st.session_state


def variants_view(session: Session, cache: TokenCache, selection: Selection) -> None:
    """Show possible misrecognized forms of a word; count the selected ones."""
    show_first(session, cache, selection)
    term = st.text_input(
        gettext("Word"),
        key="form_word",
        max_chars=60,
        bind="query-params",
        placeholder=gettext("all words"),
        help=gettext(
            "A word or a name as it is spelled: the forms that it may have been "
            "misread as are listed, each with its scan, and you choose which to "
            "count. If empty, all forms that are probably misread are shown, to be "
            "corrected everywhere."
        ),
    ).strip()
    if not term:
        form_groups_view(session, cache, selection)
        return
    table = cache.long(
        ("forms", term, selection.filter),
        gettext("Looking for forms…"),
        lambda progress: found_forms(session, selection, term, progress),
    )
    if not table["count"].any():
        st.info(gettext("Neither this word nor a similar one occurs."))
        return
    edited = choose_forms(session, selection, term, table)
    selected = list(edited.loc[edited["selected"], "term"])
    strict = int(table.loc[table["cost"] == 0, "count"].sum())
    tolerant = int(edited.loc[edited["selected"], "count"].sum())
    with st.container(horizontal=True):
        st.metric(gettext("As spelled"), f"{strict:,}", width="content")
        st.metric(gettext("With the forms selected"), f"{tolerant:,}", width="content")
        offer_to_count(session, cache, term, selected)
    offer_csv(lambda: edited[COLUMNS], selection, "forms", term)
    look_at(session, selection, selected)


def choose_forms(
    session: Session, selection: Selection, term: str, table: pd.DataFrame
) -> pd.DataFrame:
    """Show forms, each with its scan; return them with the choice of the user."""
    shown = table[COLUMNS].assign(
        scan=pd.Series(scans(session, selection, list(table["term"])), table.index)
    )
    edited: pd.DataFrame = st.data_editor(
        shown,
        key=f"forms {term}",
        hide_index=True,
        row_height=ROW_HEIGHT,
        height=min(520, 40 + ROW_HEIGHT * len(shown)),
        disabled=[*COLUMNS[1:], "scan"],
        column_config=explained(
            shown,
            {
                "selected": st.column_config.CheckboxColumn(
                    gettext("counted"), width=80
                ),
                "scan": st.column_config.ImageColumn(gettext("as scanned"), width=320),
                "term": gettext("form"),
                "cost": described_column("forms", "cost", format="%.2f"),
            },
        ),
    )
    return edited


def offer_to_count(
    session: Session, cache: TokenCache, term: str, selected: list[str]
) -> None:
    """Offer to count forms as one word in every view."""
    if st.button(
        gettext("Count as one word everywhere"),
        key="confirm_forms",
        icon=":material/merge:",
        help=gettext(
            "Every view then counts the forms selected as this word; kept with the "
            "corpus. With none selected, they count as separate words again."
        ),
    ):
        session.corpus_handle.ask(lambda corpus: corpus.confirm_misread(term, selected))
        cache.leave()
        st.rerun()


def show_first(session: Session, cache: TokenCache, selection: Selection) -> None:
    """If a form was asked for that is in no group, ask for its variants instead."""
    form = state.get("form_first")
    if form and not any(
        has_form(group, form) for group in found_groups(session, cache, selection)
    ):
        state.form_word = state.pop("form_first")


def found_forms(
    session: Session,
    selection: Selection,
    term: str,
    progress: ReportProgress = no_report,
) -> pd.DataFrame:
    """Return the forms, based on common confusions and on corrections made here."""
    confusions = session.corpus_handle.ask(Corpus.confusions)
    return variants(selection, term, confusions, progress=progress)


def scans(session: Session, selection: Selection, terms: list[str]) -> list[str | None]:
    """Return the URL of an image of each form's first occurrence."""
    found: list[str | None] = []
    for term in terms:
        some = len(found) < MAX_SCANS and term in selection.ids
        rows = kwic(selection, term, limit=1)[0] if some else pd.DataFrame()
        first: Any = next(rows.itertuples(), None)
        found.append(line_strip(session, first) if first else None)
    return found


def look_at(session: Session, selection: Selection, terms: list[str]) -> None:
    """Show the scan of a form."""
    if not terms:
        return
    form = st.selectbox(
        gettext("Show the concordance of"),
        terms,
        key="form_seen",
        help=gettext("A form that is counted as the word."),
    )
    found = positions(selection, str(form))
    if len(found):
        hits(session, lines_of(session, selection, found, limit=SHOWN), 0, len(found))
