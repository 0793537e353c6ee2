"""Language: the interface in the reader's own.

English is the source; each other language is a file ``languages/CODE.json`` that maps
the English sentence to its own. To add a language, add a file.
"""

import json
from functools import cache
from pathlib import Path

import streamlit as st

FOLDER = Path(__file__).with_name("languages")
OWN_NAME = "English"  # in each file: what the language calls itself


@cache
def languages() -> dict[str, str]:
    """Return the interface languages: code and own name, English first."""
    files = sorted(FOLDER.glob("*.json"))
    return {"en": OWN_NAME} | {
        file.stem: phrases(file.stem)[OWN_NAME] for file in files
    }


@cache
def phrases(code: str) -> dict[str, str]:
    """Return what each English sentence is in another language."""
    if code == "en":
        return {}
    known: dict[str, str] = json.loads((FOLDER / f"{code}.json").read_text("utf-8"))
    return known


def current() -> str:
    """Return the code of the language chosen, else of the browser's."""
    chosen = st.session_state.get("interface")
    if chosen in languages():
        return str(chosen)
    wished = (st.context.locale or "en").split("-")[0]
    return wished if wished in languages() else "en"


def say(sentence: str, **values: object) -> str:
    """Return an English sentence in the reader's language, its blanks filled in."""
    translated = phrases(current()).get(sentence, sentence)
    return translated.format(**values) if values else translated
