"""Doubtful words: the least certain words of the corpus, corrected one by one."""

from dataclasses import dataclass
from types import SimpleNamespace

import streamlit as st

from ocr_core.errors import OcrError
from ocr_core.mining import Filter
from ocr_core.mining.doubtful import DoubtfulWord, doubtful_words
from ocr_core.page import Word

from ..corpus.page_corrections import forms_button
from ..i18n import gettext
from ..session.session import Session
from ..ui.widgets import plain, show_error, show_picture
from .strips import line_strip
from .token_cache import token_cache_of

CONTEXT = 8  # words on either side

state = st.session_state


@dataclass
class DoubtfulQueue:
    """Words to look at, the worst first; `at` is the index of the word shown."""

    words: list[DoubtfulWord]
    at: int = 0


def start_doubtful() -> None:
    """Open the words at the next run."""
    state.doubtful = "start"


def end_doubtful() -> None:
    """Go back to the list of pages."""
    state.pop("doubtful", None)


def doubtful_view(session: Session) -> None:
    """Show one word after the other with its scan, to be corrected or confirmed."""
    st.button(
        gettext("Back to the list"),
        key="doubtful_back",
        icon=":material/arrow_back:",
        on_click=end_doubtful,
    )
    queue = found_queue(session)
    if fault := state.pop("doubtful_fault", None):
        show_error(fault)
    if queue.at >= len(queue.words):
        st.success(
            gettext("No doubtful word is left here."), icon=":material/done_all:"
        )
        return
    word = queue.words[queue.at]
    rows = session.corpus_handle.ask(lambda corpus: corpus.printed_words(word.reading))
    st.caption(
        gettext(
            "Word {number} of {total}, the worst first · {document}, page {page} · "
            "confidence {conf} %",
            number=queue.at + 1,
            total=len(queue.words),
            document=plain(word.doc_id),
            page=word.page_num,
            conf=word.conf,
        )
    )
    show_word(session, word, rows)
    ask_text(session, queue, word, rows[word.word_index].text)


def found_queue(session: Session) -> DoubtfulQueue:
    """Return the words of the open corpus; they are looked for once."""
    known = state.get("doubtful")
    path = session.corpus_handle.path
    if isinstance(known, tuple) and known[0] == path:
        found: DoubtfulQueue = known[1]
        return found
    cache = token_cache_of(state)
    selection = cache.selection(cache.tokens(session.corpus_handle, False), Filter())
    words = cache.long(
        ("doubtful words",),
        gettext("Looking for doubtful words…"),
        lambda _: doubtful_words(selection),
    )
    queue = DoubtfulQueue(words)
    state.doubtful = (path, queue)
    return queue


def show_word(session: Session, word: DoubtfulWord, rows: list[Word]) -> None:
    """Show the scan of a word, and its text between its neighbours."""
    row = SimpleNamespace(
        doc_id=word.doc_id,
        page_num=word.page_num,
        word_index=word.word_index,
        last_word_index=word.word_index,
        hyphenated=False,
    )
    strip = line_strip(session, row)
    if strip:
        show_picture(strip, gettext("The line of the word as scanned"))
    else:
        st.caption(gettext("The scan is not here."))
    at = word.word_index
    before = " ".join(each.text for each in rows[max(0, at - CONTEXT) : at])
    after = " ".join(each.text for each in rows[at + 1 : at + 1 + CONTEXT])
    st.markdown(f"{plain(before)} **{plain(rows[at].text)}** {plain(after)}")


def ask_text(
    session: Session, queue: DoubtfulQueue, word: DoubtfulWord, text: str
) -> None:
    """Ask what the word is; Enter saves it and goes on."""
    key = f"doubtful {queue.at}"
    with st.form("doubtful_word", border=False):
        st.text_input(
            gettext("Text"),
            text,
            key=key,
            max_chars=200,
            help=gettext("Leave it empty to strike the word out."),
        )
        st.form_submit_button(
            gettext("Save"),
            type="primary",
            icon=":material/check:",
            on_click=save_typed,
            args=(session, queue, word, key),
        )
    with st.container(horizontal=True):
        st.button(
            gettext("It is right"),
            key="doubtful_right",
            icon=":material/done_all:",
            shortcut="y",
            on_click=save,
            args=(session, queue, word, text),
        )
        st.button(
            gettext("Later"),
            key="doubtful_later",
            icon=":material/skip_next:",
            shortcut="l",
            on_click=move,
            args=(queue, 1),
        )
        st.button(
            gettext("Back"),
            key="doubtful_before",
            icon=":material/undo:",
            shortcut="b",
            disabled=not queue.at,
            on_click=move,
            args=(queue, -1),
            help=gettext("The word before; correct it again, or leave it."),
        )
        forms_button(word.form, "doubtful_everywhere")


def save_typed(
    session: Session, queue: DoubtfulQueue, word: DoubtfulWord, key: str
) -> None:
    """Save what was typed."""
    save(session, queue, word, str(state[key] or "").strip())


def save(session: Session, queue: DoubtfulQueue, word: DoubtfulWord, text: str) -> None:
    """Save the text of a word, which is certain from then on, and go on."""
    try:
        session.corpus_handle.ask(
            lambda corpus: corpus.correct(
                word.doc_id, word.page_num, word.word_index, text
            )
        )
    except OcrError as error:
        state.doubtful_fault = str(error)
        return
    queue.at += 1


def move(queue: DoubtfulQueue, by: int) -> None:
    """Go to another word."""
    queue.at = max(0, queue.at + by)
