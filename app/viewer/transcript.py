"""Transcript: the text of a page, its doubtful words marked, each word a button."""

from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st
from streamlit.components.v2.bidi_component import ComponentResult

from ocr_core.page import Word, lines_of

HERE = Path(__file__).parent
SCRIPTS = ("transcript.js", "calls.js", "link.js")

_component = st.components.v2.component(
    "page_transcript",
    html='<div class="transcript" tabindex="0"></div>',
    css=(HERE / "transcript.css").read_text(),
    js="\n".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS),
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
) -> ComponentResult:
    """Show the words as running text; a click on one sets the trigger ``picked``.

    `selected` is marked, and brought into view when `nonce` changes.
    It scrolls with the viewer that has the same `link`, and the viewer with it.
    """
    lines = [
        {
            "paragraph": [line[0].block_num, line[0].par_num],
            "words": [[word.text, word.conf] for word in line],
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
        },
        on_picked_change=on_pick or (lambda: None),
    )
