"""Right-to-left text of a PDF: the order of its letters, and which are joined."""

import unicodedata
from itertools import groupby

import numpy as np
import regex

from ocr_core.documents.pdf_text import Characters

TO_THE_LEFT = ("R", "AL")
# Letters of cursive scripts by their joining type (Unicode, 9.2): those that are joined
# to the next letter of a word, and those that are not.
JOINED_TO_NEXT = regex.compile(r"\p{Joining_Type=Dual_Joining}\p{M}*$")
NOT_JOINED = regex.compile(r"\p{Joining_Type=Right_Joining}\p{M}*$")
CURSIVE = regex.compile(r"[\p{Joining_Type=D}\p{Joining_Type=R}]")
# In heights of the font: the widest gap between the ink of two letters of a word.
JOINED_GAP, NOT_JOINED_GAP = 0.02, 0.07


def runs_left(text: str) -> bool:
    """Return whether a text has a right-to-left letter."""
    return any(unicodedata.bidirectional(each) in TO_THE_LEFT for each in text)


def may_be_joined(before: str, after: str, gap: float) -> bool:
    """Return whether two pieces of a line with a narrow gap may be one word.

    `gap` is that between their ink, in heights of the font. Letters that are joined
    inside a word touch there.
    """
    if not CURSIVE.match(after):
        return True
    if JOINED_TO_NEXT.search(before):
        return gap < JOINED_GAP
    return gap < NOT_JOINED_GAP or not NOT_JOINED.search(before)


def read_leftwards(
    characters: Characters, origins: np.ndarray, boxes: np.ndarray, members: list[int]
) -> list[int]:
    """Return the characters of a right-to-left word in reading order.

    PDFium reverses some words and not others, and sorts the pieces of some by their
    ink. The parts of a ligature, or a letter and its mark, have the same origin.
    Numbers run to the right.

    Parameters
    ----------
    origins : (N, 2) float array
        Of all characters, on a page that is turned so that lines are level.
    boxes : (N, 4) float array
        Left, top, right and bottom of their ink.
    """
    texts = characters.texts
    together: dict[float, list[int]] = {}
    for each in members:
        together.setdefault(float(origins[each, 0]), []).append(each)
    pieces = [
        sorted(piece, key=lambda each: -boxes[each, 0]) for piece in together.values()
    ]
    numbers = [_runs_right(texts[piece[0]]) for piece in pieces]
    steps = np.diff([origins[piece[0], 0] for piece in pieces])
    if (steps <= 0).sum() >= (steps > 0).sum():
        objects = {int(characters.objects[each]) for each in members}
        if len(objects) > 1 and not any(numbers):
            pieces = _by_position(pieces, texts, origins)
        return [each for piece in pieces for each in piece]
    order: list[int] = []
    for is_number, run in groupby(
        reversed(pieces), lambda piece: _runs_right(texts[piece[0]])
    ):
        found = list(run)
        for piece in reversed(found) if is_number else found:
            order += piece
    return order


def _by_position(
    pieces: list[list[int]], texts: list[str], origins: np.ndarray
) -> list[list[int]]:
    """Return pieces from right to left; a mark stays with the letter before it."""
    letters: list[list[int]] = []
    for piece in pieces:
        if letters and all(unicodedata.combining(texts[each]) for each in piece):
            letters[-1] = letters[-1] + piece
        else:
            letters.append(piece)
    return sorted(letters, key=lambda piece: -float(origins[piece[0], 0]))


def _runs_right(text: str) -> bool:
    return unicodedata.bidirectional(text[0]) in ("EN", "AN", "ES", "CS", "L")
