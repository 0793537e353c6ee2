"""Marks: label lines of a concordance, and link to one of them."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from ocr_core.corpus import Corpus
from ocr_core.corpus.word_positions import position_of
from ocr_core.errors import OcrError
from ocr_core.mining.concordance import ANY_LABEL

from ..i18n import gettext
from ..projects.position import PARAMETER
from ..session.session import Session
from ..ui.widgets import plain, show_error

WordId = tuple[str, int, int]  # doc_id, page_num, and the word's index on the page
MAX_LABEL = 200  # characters

state = st.session_state


def labels_of(session: Session) -> dict[WordId, str]:
    """Return the label of each marked word of the corpus."""
    marks = session.corpus_handle.ask(Corpus.marks)
    return {mark[:3]: mark.label for mark in marks}


def ask_label(labels: Mapping[WordId, str]) -> str:
    """Ask which lines are shown; return a label, or an empty string for all lines."""
    known = sorted(set(labels.values()))
    if not known:
        return ""
    names = {"": gettext("all lines"), ANY_LABEL: gettext("all marked lines")}
    return str(
        st.selectbox(
            gettext("Lines"),
            ["", ANY_LABEL, *(each for each in known if each not in names)],
            format_func=lambda each: names.get(each, each),
            key="kwic_label",
            bind="query-params",
            help=gettext("List all lines, or only those that you marked."),
        )
    )


def ask_mark(
    session: Session, labels: Mapping[WordId, str], words: Sequence[WordId]
) -> None:
    """Ask for a label, and offer to mark lines with it."""
    label = st.selectbox(
        gettext("Label"),
        sorted(set(labels.values())),
        index=None,
        key="mark_label",
        accept_new_options=True,
        placeholder=gettext("Choose or type a label"),
        width=260,
        help=gettext("A label that you used before, or a new one."),
    )
    label = str(label or "").strip()[:MAX_LABEL]
    st.button(
        gettext("Mark the ticked lines ({count})", count=len(words)),
        key="mark_lines",
        type="primary",
        icon=":material/label:",
        disabled=not label,
        on_click=mark,
        args=(session, words, label),
        help=gettext(
            "The corpus keeps the labels, also when the pages are read again; "
            "the CSV file has them too."
        ),
    )


def offer_marks(
    session: Session, labels: Mapping[WordId, str], chosen: Sequence[Any]
) -> None:
    """Offer to mark the chosen lines, to undo that, and a link to a single one."""
    words = [(row.doc_id, int(row.page_num), int(row.word_index)) for row in chosen]
    if fault := state.pop("mark_fault", None):
        show_error(fault)
    # While lines are ticked it stays in sight, as a phone shows few of them at a time.
    key = "marks_of_ticked" if words else None
    with st.container(horizontal=True, vertical_alignment="bottom", key=key):
        if words:
            ask_mark(session, labels, words)
        if any(word in labels for word in words):
            st.button(
                gettext("Take the labels off"),
                key="unmark_lines",
                icon=":material/label_off:",
                on_click=mark,
                args=(session, words, ""),
            )
        if not words:
            st.caption(gettext("Tick lines to mark them with a label."))
        if labels or state.get("marked_once"):
            st.button(
                gettext("Undo the last marking"),
                key="undo_marks",
                icon=":material/undo:",
                on_click=undo,
                args=(session,),
            )
    if len(words) == 1:
        st.caption(gettext("Link to this line:"))
        st.code(link_to(session, words[0]), language=None, wrap_lines=True)


def mark(session: Session, words: Sequence[WordId], label: str) -> None:
    """Label lines, or keep the error for display."""
    state.marked_once = True
    try:
        session.corpus_handle.ask(lambda corpus: corpus.mark(words, label))
    except OcrError as error:
        state.mark_fault = str(error)
        return
    if label:  # the lines themselves may be out of sight
        st.toast(
            gettext(
                "Lines marked {label}: {count}", label=plain(label), count=len(words)
            )
        )


def undo(session: Session) -> None:
    """Undo the last marking."""
    session.corpus_handle.ask(Corpus.undo_marks)


def link_to(session: Session, word: WordId) -> str:
    """Return the address that opens the page of a line at its word.

    The word is named by its position too, so that another reading of the page has it.
    """
    doc_id, page_num, index = word
    page = session.corpus_handle.ask(lambda corpus: corpus.original(doc_id, page_num))
    query = {"doc": doc_id, "page": page_num, "w": index}
    if position := position_of(page, index):
        query["at"] = position
    if session.project.id:
        query = {PARAMETER: session.project.id, **query}
    here = str(st.context.url or "").partition("?")[0].rpartition("/")[0]
    return f"{here}/corpus?{urlencode(query)}"
