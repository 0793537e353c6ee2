"""Letter cells: characters that are in a row of boxes, one in each, become a word.

Forms have such boxes, so that their fields are filled in legibly. The boxes are as wide
as each other, and divided by rules that end above and below them; the rules of a table
go on through its other rows.
"""

from collections.abc import Sequence
from itertools import groupby, pairwise

import numpy as np

from ocr_core.imaging import measurements
from ocr_core.imaging.page_ink import Marks
from ocr_core.page import Word

MIN_CELLS = 3
STEP = 0.2  # share of the usual step from cell to cell by which steps differ
WIDE = 2.0  # heights of a character, from which cells are those of a table
# Lengths of a rule between two cells in heights of a character.
MIN_RULE, MAX_RULE = 1.0, 2.5
NEAR = 0.15  # of the step, by which the middles of two cells are left and right of it


def with_cells_joined(marks: Marks, words: Sequence[Word]) -> list[Word]:
    """Return words in which the characters of a field are one word.

    `marks` are those on the page that the words are on.
    """
    if sum(len(word.text) == 1 for word in words) < MIN_CELLS:
        return list(words)
    found: list[Word] = []
    for _, line in groupby(words, key=lambda word: word[:3]):
        fields = _fields(list(line), marks.mask, marks.shrink)
        joined = [_joined(field) for field in fields]
        found += [
            word._replace(word_num=number) for number, word in enumerate(joined, 1)
        ]
    return found


def _fields(line: Sequence[Word], ink: np.ndarray, shrink: int) -> list[list[Word]]:
    """Return the words of a line; those of one field are in one list."""
    cells = [_are_cells(one, other, ink, shrink) for one, other in pairwise(line)]
    fields: list[list[Word]] = [[line[0]]]
    for word, is_next in zip(line[1:], cells, strict=True):
        if is_next and _in_step([*fields[-1], word]):
            fields[-1].append(word)
        else:
            fields.append([word])
    parts = (
        [field] if len(field) >= MIN_CELLS else [[word] for word in field]
        for field in fields
    )
    return [field for part in parts for field in part]


def _in_step(field: Sequence[Word]) -> bool:
    """Return whether characters are as far from each other as their neighbours."""
    steps = np.diff([word.left + word.width / 2 for word in field])
    return bool(np.abs(steps - np.median(steps)).max() <= STEP * np.median(steps))


def _are_cells(one: Word, other: Word, ink: np.ndarray, shrink: int) -> bool:
    """Return whether two characters have a rule between them, as high as a box."""
    if len(one.text) != 1 or len(other.text) != 1:
        return False
    low, high = (word.left + word.width / 2 for word in (one, other))
    tall = max(one.height, other.height)
    step = high - low
    if not 0 < step < WIDE * tall:
        return False
    left, right = (
        round((low + NEAR * step) / shrink),
        round((high - NEAR * step) / shrink),
    )
    middle = (one.top + one.height / 2) / shrink
    reach = round(MAX_RULE * tall / shrink)
    top = max(0, round(middle) - reach)
    strip = ink[top : round(middle) + reach, left:right]
    return any(
        MIN_RULE * tall <= shrink * (end - start) <= MAX_RULE * tall
        for column in strip.T
        for start, end in measurements.true_runs(column).tolist()
        if top + start <= middle <= top + end
    )


def _joined(field: Sequence[Word]) -> Word:
    """Return the characters of a field as one word with the lowest of their confs."""
    first, last = field[0], field[-1]
    top = min(word.top for word in field)
    return first._replace(
        top=top,
        width=last.left + last.width - first.left,
        height=max(word.top + word.height for word in field) - top,
        conf=min(word.conf for word in field),
        text="".join(word.text for word in field),
    )
