"""Strips: the piece of the scan of a line, with the words of a hit marked."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from ocr_core.corpus.hit_boxes import Box, hit_box
from ocr_core.errors import OcrError

from ..corpus.page_editor import dpi_of
from ..session.session import Session

state = st.session_state


def line_strip(session: Session, row: Any) -> str | None:
    """Return the URL of a hit's image, which is rendered when it is fetched."""
    corpus_handle, page_id = session.corpus_handle, (row.doc_id, int(row.page_num))
    raw = state.get("only_text") == "raw"
    try:
        result, boxes = corpus_handle.ask(
            lambda corpus: (
                corpus.page(*page_id),
                hit_box(
                    corpus,
                    *page_id,
                    int(row.word_index),
                    bool(row.hyphenated),
                    last=int(row.last_word_index),
                    raw=raw,
                ),
            )
        )
    except OcrError:
        return None
    ref = corpus_handle.found(result, session.scans)
    return (
        session.pictures.strip(ref, dpi_of(result), pieces(boxes.words))
        if ref
        else None
    )


def pieces(words: Sequence[Box]) -> tuple[Box, ...]:
    """Join the boxes of words that are on one line."""
    joined: list[Box] = []
    for left, top, width, height in words:
        if joined:
            first, high, _, tall = joined[-1]
            beside = left > first and top < high + tall and high < top + height
            if beside:
                low = max(high + tall, top + height)
                high = min(high, top)
                joined[-1] = (first, high, left + width - first, low - high)
                continue
        joined.append((left, top, width, height))
    return tuple(joined)
