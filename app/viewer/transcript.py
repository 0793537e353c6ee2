"""Transcript: the text of a page as clickable words, doubtful words marked."""

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import count

import streamlit as st
from streamlit.components.v2.bidi_component import ComponentResult

from ocr_core.page import Word, lines_of

from ..i18n import say_each
from .phrases import sentences
from .scripts import HERE, joined_script

SCRIPTS = ("transcript.js", "lifecycle.js", "sync.js", "phrases.js")
HTML = """
<div class="transcript" tabindex="0" role="region" aria-label="Text of the page"></div>
"""
SCRIPT = joined_script(SCRIPTS)
SENTENCES = sentences(HTML, SCRIPT)

_component = st.components.v2.component(
    "page_transcript",
    html=HTML,
    css=(HERE / "transcript.css").read_text(encoding="utf-8"),
    js=SCRIPT,
)


def transcript(
    words: Sequence[Word],
    *,
    key: str,
    selected: int | None = None,
    nonce: int = 0,
    height: int = 640,
    on_pick: Callable[[], None] | None = None,
    link: str = "",
    language: str = "",
    corrected: Mapping[int, str] | None = None,
) -> ComponentResult:
    """Show the words as running text; a click on one sets the trigger ``picked``.

    The word `selected` is marked, and scrolled into view when `nonce` changes.
    The transcript and a viewer with the same `link` scroll together.
    `language` is the recognition language, such as ``deu+eng``: it determines the
    glyphs of shared Chinese characters and the pronunciation by screen readers.
    `corrected` maps word indices to the engine's text; a corrected word that is now
    empty is shown struck out.
    """
    read = corrected or {}
    numbers = count()
    lines = [
        {
            "paragraph": [line[0].block_num, line[0].par_num],
            "words": [marked(word, read.get(next(numbers))) for word in line],
            "closed": [n for n, word in enumerate(line) if not word.space_before],
        }
        for line in lines_of(words)
    ]
    return _component(
        key=key,
        data={
            "lines": lines,
            "selected": selected,
            "nonce": nonce,
            "height": height,
            "link": link,
            "lang": tag_of(language),
            "phrases": say_each(SENTENCES),
        },
        on_picked_change=on_pick or (lambda: None),
    )


def marked(word: Word, read: str | None) -> list[str | float]:
    """Return a word, its confidence and, if it was corrected, the engine's text."""
    return [word.text, word.conf] if read is None else [word.text, word.conf, read]


def tag_of(language: str) -> str:
    """Return the main one of Tesseract's languages as a BCP 47 tag for browsers."""
    code = language.split("+")[0]
    script = {"chi_sim": "zh-Hans", "chi_tra": "zh-Hant"}
    return script.get(code, code if re.fullmatch("[a-z]{3}", code) else "")
