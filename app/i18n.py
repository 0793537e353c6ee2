"""Internationalisation: the interface in the user's language.

English is the source language. Every other language is a GNU gettext catalogue,
``languages/CODE.po``. To add a language, add a file.
"""

from collections.abc import Iterable
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import TypeVar

import streamlit as st
from babel.messages.pofile import read_po

from ocr_core.messages import Message, filled_in

FOLDER = Path(__file__).with_name("languages")
OWN_NAME = "English"  # translated in each catalogue to the language's own name
PARAMETER = "lang"  # in the page's URL, as in ?lang=id

state = st.session_state
Table = TypeVar("Table")

# The language of the current run of the script: every label asks for it.
_settled: ContextVar[str] = ContextVar("settled", default="")

# A screen reader takes the pronunciation from the page's language attribute.
_label = st.components.v2.component(
    "page_language",
    js="""
export default function ({ data }) {
  document.documentElement.lang = data.code;
}
""",
)


@cache
def languages() -> dict[str, str]:
    """Return the interface languages by code with their own names, English first."""
    files = sorted(FOLDER.glob("*.po"))
    return {"en": OWN_NAME} | {
        file.stem: phrases(file.stem)[OWN_NAME] for file in files
    }


@cache
def phrases(code: str) -> dict[str, str]:
    """Return the translations of a language; untranslated sentences are left out."""
    if code == "en":
        return {}
    with (FOLDER / f"{code}.po").open("rb") as file:
        catalogue = read_po(file)
    return {
        str(each.id): str(each.string)
        for each in catalogue
        if each.id and each.string and not each.fuzzy
    }


def current() -> str:
    """Return the code of the selected language, else of the browser's language."""
    return _settled.get() or _selected()


def _selected() -> str:
    chosen = state.get("interface")
    if chosen in languages():
        return str(chosen)
    wished = (st.context.locale or "en").split("-")[0]
    return wished if wished in languages() else "en"


def settle_language() -> None:
    """Read the language from the page's URL, and keep it there.

    A shared or reloaded URL must give the same language: it also contains the options
    selected on the page, under their translated names.
    """
    asked = st.query_params.get(PARAMETER)
    if "interface" not in state and asked in languages():
        state.interface = asked
    code = _selected()
    _settled.set(code)
    if asked != code:
        st.query_params[PARAMETER] = code
    _label(key="page_language", data={"code": code}, height="content")


def language_picker() -> None:
    """Draw the selection of the interface language."""
    own = languages()
    st.selectbox(
        gettext("Language of the interface"),
        list(own),
        index=list(own).index(current()),
        format_func=own.__getitem__,
        key="interface",
        persist_state="session",
        width="stretch",
        help=gettext("The language of labels and messages, not of the pages."),
    )


def gettext(sentence: str, **values: object) -> str:
    """Translate an English sentence and fill in its placeholders."""
    translated = phrases(current()).get(sentence, sentence)
    return translated.format(**values) if values else translated


def in_every_language(sentence: str) -> set[str]:
    """Return an English sentence and its translations."""
    return {phrases(code).get(sentence, sentence) for code in languages()}


def gettext_noop(table: Table) -> Table:
    """Mark sentences for later translation by `gettext`; return them unchanged.

    Every language must translate each string; in a dictionary, each value.
    """
    return table


def wished_language(header: str) -> str:
    """Return the preferred interface language in an Accept-Language header."""
    wished = header[:2].lower()
    return wished if wished in languages() else "en"


def say_each(sentences: Iterable[str]) -> dict[str, str]:
    """Return the translations of those sentences that differ from the English."""
    known = phrases(current())
    return {each: known[each] for each in sentences if each in known}


def translate_message(message: str, code: str = "") -> str:
    """Translate a message of the library where a translation exists.

    The library's messages are in English. A `Message` carries its template and values;
    other text is looked up unchanged. Outside a script run the user's language is
    unknown: pass it as `code`.
    """
    code = code or current()
    known = phrases(code)
    if not isinstance(message, Message):
        return known.get(message, message)
    values = [
        translate_message(value, code) if isinstance(value, Message) else value
        for value in message.values
    ]
    return filled_in(known.get(message.template, message.template), values)
