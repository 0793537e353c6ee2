"""Language: the interface in the reader's own.

English is the source; each other language is a catalogue ``languages/CODE.po``, as GNU
gettext has them. To add a language, add a file.
"""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TypeVar

import streamlit as st
from babel.messages.pofile import read_po

from ocr_core.messages import Message, filled_in

FOLDER = Path(__file__).with_name("languages")
OWN_NAME = "English"  # in each file: what the language calls itself
PARAMETER = "lang"  # of the page's address, as in ?lang=id

state = st.session_state
Table = TypeVar("Table")

# A screen reader pronounces a page in the language that the page says it is in.
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
    """Return the interface languages: code and own name, English first."""
    files = sorted(FOLDER.glob("*.po"))
    return {"en": OWN_NAME} | {
        file.stem: phrases(file.stem)[OWN_NAME] for file in files
    }


@cache
def phrases(code: str) -> dict[str, str]:
    """Return what each English sentence is in another language; what is not, is not."""
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
    """Return the code of the language chosen, else of the browser's."""
    chosen = state.get("interface")
    if chosen in languages():
        return str(chosen)
    wished = (st.context.locale or "en").split("-")[0]
    return wished if wished in languages() else "en"


def settle_language() -> None:
    """Take the language from the page's address, and keep it there.

    An address that is shared or reloaded then speaks the same language again: what is
    chosen on a page stands in it as it is called on the screen.
    """
    asked = st.query_params.get(PARAMETER)
    if "interface" not in state and asked in languages():
        state.interface = asked
    if asked != current():
        st.query_params[PARAMETER] = current()
    _label(key="page_language", data={"code": current()}, height="content")


def language_picker() -> None:
    """Let the reader choose the interface's language."""
    own = languages()
    st.selectbox(
        gettext("Language of the interface"),
        list(own),
        index=list(own).index(current()),
        format_func=own.__getitem__,
        key="interface",
        persist_state="session",
        width="stretch",
    )


def gettext(sentence: str, **values: object) -> str:
    """Return an English sentence in the reader's language, its blanks filled in."""
    translated = phrases(current()).get(sentence, sentence)
    return translated.format(**values) if values else translated


def gettext_noop(table: Table) -> Table:
    """Mark a table of sentences for `gettext` to come; return it as it is.

    Every language must have each string in it; of a dictionary, the values.
    """
    return table


def wished_language(header: str) -> str:
    """Return the interface language that a browser's Accept-Language asks for first."""
    wished = header[:2].lower()
    return wished if wished in languages() else "en"


def say_each(sentences: Iterable[str]) -> dict[str, str]:
    """Return those of the sentences that the reader's language puts otherwise."""
    known = phrases(current())
    return {each: known[each] for each in sentences if each in known}


def translate_message(message: str, code: str = "") -> str:
    """Return what the library says in the reader's language, as far as it is known.

    The library speaks English. A `Message` says of which template and values it was
    made; other text is looked up as it stands. Outside of a script run nobody knows the
    reader's language: `code` names it.
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
