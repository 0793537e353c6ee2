"""Transfer: find the corrected words of one reading in another reading of the page.

A word is found by its position and by its similarity to the read or corrected text.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from rapidfuzz.distance import Levenshtein

from ocr_core.page import PageResult, Word

SAME_PLACE = 0.5  # intersection over union of two boxes
COVERED = 0.5  # share of an old word's box that a new word's box covers
LETTERS_A_CHANGE = 3  # similar words differ in one of so many letters


class WordCorrection(NamedTuple):
    """The corrected text of a word of the old reading; `word` is its index from 0."""

    word: int
    original: str
    text: str


class Transfer(NamedTuple):
    """The new indexes of corrected words, and the corrections without a word.

    A correction in neither is not needed: the new reading already agrees with it.
    """

    moved: dict[int, int]
    lost: list[WordCorrection]


class Candidate(NamedTuple):
    """A possible match of a corrected word; the greatest is the most likely."""

    exact: bool
    share: float
    change: WordCorrection
    word: int


def transfer_corrections(
    changes: Sequence[WordCorrection], old: PageResult, new: PageResult
) -> Transfer:
    """Find the words of corrections in another reading of their page.

    Each new word takes at most one correction. A correction needs no word if the new
    reading has as separate words what was typed into one word. A word that was struck
    out needs none if it was not read, or is part of another corrected word.
    """
    boxes = scaled_boxes(new.rows, new.size, old.size)
    covered: dict[int, set[int]] = {}  # new words that cover most of an old one
    candidates = []
    for change in changes:
        before = old.rows[change.word]
        union, own = overlaps(before, boxes)
        covered[change.word] = set(np.flatnonzero(own >= COVERED).tolist())
        for word in np.flatnonzero((union >= SAME_PLACE) | (own >= COVERED)).tolist():
            exact, near = likeness(change, before.text, new.rows[word].text)
            if exact or (near and union[word] >= SAME_PLACE):
                candidates.append(Candidate(exact, float(union[word]), change, word))
    moved: dict[int, int] = {}
    taken: set[int] = set()
    for each in sorted(candidates, reverse=True):
        if each.change.word not in moved and each.word not in taken:
            moved[each.change.word] = each.word
            taken.add(each.word)
    lost = [
        change
        for change in changes
        if change.word not in moved and (change.text or covered[change.word] - taken)
    ]
    for change in changes:
        if change.word in moved and holds_all(change, moved[change.word], new.rows):
            del moved[change.word]
    return Transfer(moved, lost)


def likeness(change: WordCorrection, before: str, text: str) -> tuple[bool, bool]:
    """Return whether a text equals the old or corrected word, or is similar to it."""
    known = {change.original, before, change.text} - {""}
    return text in known, any(alike(text, each) for each in known)


def alike(one: str, other: str) -> bool:
    """Return whether two words differ in few letters; short words in at most one."""
    limit = max(1, max(len(one), len(other)) // LETTERS_A_CHANGE)
    return bool(Levenshtein.distance(one, other, score_cutoff=limit) <= limit)


def holds_all(change: WordCorrection, word: int, rows: Sequence[Word]) -> bool:
    """Return whether a new reading has as several words the text typed into one."""
    parts = change.text.split()
    return len(parts) > 1 and parts == [
        row.text for row in rows[word : word + len(parts)]
    ]


def scaled_boxes(
    rows: Sequence[Word], size: tuple[int, int], wanted: tuple[int, int]
) -> np.ndarray:
    """Return boxes scaled from a page of `size` to a page of size `wanted`.

    Returns
    -------
    (N, 4) float array
        Left, top, width and height.
    """
    found = [(row.left, row.top, row.width, row.height) for row in rows]
    boxes = np.array(found, float).reshape(-1, 4)
    if min(*size, *wanted) > 0:
        boxes *= np.array([*wanted, *wanted]) / [*size, *size]
    return boxes


def overlaps(word: Word, boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the overlap of a word's box with other boxes.

    Returns
    -------
    (N,) float array, (N,) float array
        The intersection over the union, and over the area of the word itself.
    """
    left, top, width, height = boxes.T
    across = np.minimum(left + width, word.left + word.width)
    down = np.minimum(top + height, word.top + word.height)
    both = np.clip(across - np.maximum(left, word.left), 0, None) * np.clip(
        down - np.maximum(top, word.top), 0, None
    )
    own = word.width * word.height
    union = width * height + own - both
    return (
        np.divide(both, union, out=np.zeros(len(boxes)), where=union > 0),
        np.divide(both, own, out=np.zeros(len(boxes)), where=own > 0),
    )
