"""Page corrections: save what a person changes on a page that is shown with its text.

The screens of a corpus page and of the workbench share it. In the workbench a page may
not be in the corpus yet: `EditablePage.saved_page` puts it there before the first
change.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import streamlit as st

from ocr_core.corpus import Corpus
from ocr_core.errors import OcrError
from ocr_core.page import PageId, PageResult, Word

from ..i18n import gettext

state = st.session_state


@dataclass(frozen=True)
class EditablePage:
    """A page with its current words and the words that the engine read.

    Parameters
    ----------
    name
        The identifier of the page in the browser.
    page_id
        The page in the corpus, or as which it would be saved there.
    original
        The reading that is shown.
    corrected, texts
        The engine's text, and the current text, of corrected words, by word index.
    certain
        The words that the user corrected or confirmed.
    saved_page
        Returns the page in a corpus whose current reading is the one shown.
    is_current
        Whether that is so already.
    """

    name: str
    page_id: PageId
    original: PageResult
    corrected: dict[int, str]
    texts: dict[int, str]
    certain: set[int]
    saved_page: Callable[[Corpus], PageId]
    is_current: bool = True

    @classmethod
    def of(cls, corpus: Corpus, page_id: PageId, name: str = "") -> "EditablePage":
        """Load a page from a corpus."""
        changes = corpus.corrections(*page_id)
        original = corpus.original(*page_id)
        return cls(
            name or hashed([*page_id, original.sha256]),
            page_id,
            original,
            {each.word: each.original for each in changes},
            {each.word: each.text for each in changes},
            corpus.certain_words(*page_id),
            lambda corpus: page_id,
        )

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """The words by index; a deleted word has an empty text."""
        rows = self.original.rows
        return tuple(
            row._replace(text=self.texts.get(n, row.text), conf=100.0)
            if n in self.certain
            else row
            for n, row in enumerate(rows)
        )

    @property
    def shown(self) -> PageResult:
        """The result with its current words, by index."""
        return replace(self.original, rows=self.words)

    @property
    def reading(self) -> str:
        """The identifier of the page and its reading in the browser."""
        return f"{self.name}:{self.original.settings_digest}"

    @property
    def revision(self) -> str:
        """A string that changes with every change of a word."""
        words = [sorted(self.texts.items()), sorted(self.certain)]
        return f"{self.reading}.{hashed(words)}"


def hashed(value: object) -> str:
    """Return a short identifier of a value."""
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:16]


def take_edits(viewer: str, picked: str) -> None:
    """Save the corrections made on the scan that are not saved yet.

    Parameters
    ----------
    viewer, picked
        Keys of the state: of the page viewer, and of the selected word.
    """
    sheet: EditablePage = state.sheet
    for each in state[viewer].edited or []:
        number = int(each["number"])
        if number <= state.get("saved", 0):
            continue
        state.saved = number
        if each["page"] != sheet.reading:
            continue  # the words are those of another page, or another reading
        if each.get("undo"):
            undo(picked)
        else:
            correct(int(each["word"]), str(each["text"]))


def correct(word: int, text: str) -> None:
    """Save a correction, or keep the error message for display."""
    sheet: EditablePage = state.sheet
    change_corpus(lambda corpus: corpus.correct(*sheet.saved_page(corpus), word, text))


def correct_line(word: int, text: str) -> None:
    """Save the text of a word's line, or keep the error message for display."""
    sheet: EditablePage = state.sheet
    change_corpus(
        lambda corpus: corpus.correct_line(*sheet.saved_page(corpus), word, text)
    )


def change_corpus(change: Callable[[Corpus], object]) -> None:
    """Change the corpus, or keep the error message for display."""
    try:
        state.session.corpus_handle.ask(change)
    except OcrError as error:
        state.correction_fault = str(error)


def undo(picked: str) -> None:
    """Undo the last step of the page, and show its word."""
    sheet: EditablePage = state.sheet
    page_id = sheet.page_id
    undone = state.session.corpus_handle.ask(lambda corpus: corpus.undo(*page_id))
    if undone is not None and sheet.is_current:
        state[picked] = undone.word
        state.nonce += 1


def undo_button(sheet: EditablePage, picked: str) -> None:
    """Offer to undo the last step of the page."""
    st.button(
        gettext("Undo correction"),
        key="undo_correction",
        icon=":material/undo:",
        on_click=undo,
        args=(picked,),
        disabled=not sheet.certain,
    )


def word_form(sheet: EditablePage, word: int) -> None:
    """Offer to correct the selected word, or its whole line."""
    words = sheet.words
    line = [each.text for each in words if each[:3] == words[word][:3] and each.text]
    for name, label, text, save in (
        (gettext("This word"), gettext("Save the word"), words[word].text, correct),
        (
            gettext("Its whole line"),
            gettext("Save the line"),
            " ".join(line),
            correct_line,
        ),
    ):
        key = f"typed {save.__name__} {sheet.revision} {word}"
        with (
            st.form(f"form {save.__name__}", border=False),
            st.container(horizontal=True, vertical_alignment="bottom"),
        ):
            st.text_input(
                name,
                text,
                key=key,
                max_chars=None,
                help=gettext("Save an empty text to strike it out."),
            )
            st.form_submit_button(label, on_click=save_typed, args=(save, word, key))


def save_typed(save: Callable[[int, str], None], word: int, key: str) -> None:
    """Save the text typed for a word or a line."""
    save(word, str(state[key] or "").strip())


def forms_button(form: str, key: str) -> None:
    """Offer to correct a form everywhere."""
    st.button(
        gettext("Here and everywhere"),
        key=key,
        icon=":material/find_replace:",
        on_click=show_forms,
        args=(form,),
        disabled=not form,
        help=gettext(
            "Shows this form and those like it under OCR variants, to be "
            "corrected at every point of the corpus."
        ),
    )


def show_forms(form: str) -> None:
    """Open the misread forms of a word at the next run."""
    state.forms_next = form


def follow_forms() -> None:
    """Open the misread forms that were asked for."""
    if form := state.pop("forms_next", None):
        state.pop("doubtful", None)
        asked = state.setdefault("asked", {})
        asked |= {"explore_view": "forms", "form_word": "", "form_first": form}
        st.switch_page("views/explore.py", query_params={})
