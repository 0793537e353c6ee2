"""Dropped rows: rows of letters that no word covers are read alone, as lines.

Where marks stand above and below the letters, as in Thai, Tesseract sometimes drops a
line, or reads only its marks.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

import numpy as np

from ocr_core.imaging.columns_apart import nearest_rows, row_middles
from ocr_core.imaging.rows_apart import REACH
from ocr_core.page import DOUBTFUL, PartReader, StepReport, Word, edges_of, lines_of

LEAST_LETTERS = 6  # marks of a row; fewer may be a number, or dirt
GAP = 3.0  # heights of a letter: wider gaps are between columns
SIZES = (0.6, 1.6)  # range of a letter's height, in heights of the usual letter
PRINTED = 0.5  # least characters for each mark
MOST = 40  # rows of a page that are read
Box = tuple[float, float, float, float]  # left, top, right and bottom


def with_dropped_rows(
    image: np.ndarray, ink: np.ndarray, words: Sequence[Word], read: PartReader
) -> tuple[list[Word], StepReport | None]:
    """Return words with those of rows that they do not cover; a report if any.

    Doubtful words in the place of such a row, as of its marks, are left out.

    Parameters
    ----------
    image : (H, W) uint8 array
        The prepared page that the words are on.
    ink : (N, 4) float array
        Left, top, width and height of each letter on it, in pixels.
    words
        In reading order. A row is put beside the line that is nearest above or below.
    read
        Reads a part of the page as one line.
    """
    lines = [list(line) for line in lines_of(words)]
    pitch = _pitch(lines)
    rows = list(_dropped(ink, words))[:MOST] if pitch else []
    added = 0
    for letters in rows:
        left, top, right, bottom = _place(letters, pitch, image.shape)
        found = read(np.ascontiguousarray(image[top:bottom, left:right]))
        row = [
            word._replace(left=word.left + left, top=word.top + top) for word in found
        ]
        if _is_sure(row, len(letters)):
            lines = _with_line(lines, row)
            added += 1
    if not added:
        return list(words), None
    return _numbered(lines), StepReport("rows", {"dropped": added}, "read")


def _pitch(lines: Sequence[Sequence[Word]]) -> float:
    """Return the usual distance of lines of a block; 0 if there is none."""
    steps = []
    for above, below in pairwise(lines):
        step = _middle(below) - _middle(above)
        if above[0].block_num == below[0].block_num and step > 0:
            steps.append(step)
    return median(steps) if steps else 0.0


def _middle(line: Sequence[Word]) -> float:
    _, top, _, bottom = edges_of(line)
    return (top + bottom) / 2


def _dropped(ink: np.ndarray, words: Sequence[Word]) -> Iterator[np.ndarray]:
    """Yield the letters of each row that no word covers, and no word is beside."""
    if not len(ink) or not words:
        return
    tall = float(np.median(ink[:, 3]))
    middles = ink[:, :2] + ink[:, 2:] / 2
    boxes = np.array([word[4:8] for word in words], float)
    ends = boxes[:, :2] + boxes[:, 2:]
    sized = (ink[:, 3] > SIZES[0] * tall) & (ink[:, 3] < SIZES[1] * tall)
    free = [
        not ((middle >= boxes[:, :2]) & (middle <= ends)).all(axis=1).any()
        for middle in middles
    ]
    letters = ink[sized & np.array(free)]
    rows = row_middles(letters, tall)
    nearest = nearest_rows(letters, rows) if rows else np.empty(0)
    for number, at in enumerate(rows):
        row = letters[nearest == number]
        row = row[np.argsort(row[:, 0])]
        row = row[np.abs(row[:, 1] + row[:, 3] / 2 - at) < tall / 2]
        room = row[1:, 0] - np.maximum.accumulate(row[:, 0] + row[:, 2])[:-1]
        for part in np.split(row, np.flatnonzero(room > GAP * tall) + 1):
            left, right = part[:, 0].min(), (part[:, 0] + part[:, 2]).max()
            beside = (boxes[:, 1] < at) & (ends[:, 1] > at)
            near = (boxes[:, 0] < right + GAP * tall) & (ends[:, 0] > left - GAP * tall)
            if len(part) >= LEAST_LETTERS and not (beside & near).any():
                yield part


def _place(
    letters: np.ndarray, pitch: float, shape: tuple[int, ...]
) -> tuple[int, int, int, int]:
    """Return the part of a page with a row of letters and its marks."""
    middle = float(np.median(letters[:, 1] + letters[:, 3] / 2))
    tall = float(np.median(letters[:, 3]))
    left, right = letters[:, 0].min(), (letters[:, 0] + letters[:, 2]).max()
    return (
        max(0, round(left - tall)),
        max(0, round(middle - REACH * pitch)),
        min(shape[1], round(right + tall)),
        min(shape[0], round(middle + REACH * pitch)),
    )


def _is_sure(row: Sequence[Word], marks: int) -> bool:
    """Return whether a row was read as one sure line with enough characters."""
    sizes = [len(word.text) for word in row]
    if not row or sum(sizes) < PRINTED * marks or len(list(lines_of(row))) > 1:
        return False
    return float(np.average([word.conf for word in row], weights=sizes)) >= DOUBTFUL


def _with_line(
    lines: Sequence[Sequence[Word]], row: Sequence[Word]
) -> list[list[Word]]:
    """Return lines with a row at the nearest one, without doubtful words in it."""
    left, top, right, bottom = edges_of(row)

    def remains(word: Word) -> bool:
        x, y = word.left + word.width / 2, word.top + word.height / 2
        inside = left <= x <= right and top <= y <= bottom
        return not inside or word.conf >= DOUBTFUL

    rest = [[word for word in line if remains(word)] for line in lines]
    kept = [line for line in rest if line]
    at = _middle(row)

    def distance(index: int) -> tuple[bool, float]:
        start, _, end, _ = edges_of(kept[index])
        return min(end, right) <= max(start, left), abs(_middle(kept[index]) - at)

    if not kept:
        return [list(row)]
    nearest = min(range(len(kept)), key=distance)
    block, paragraph, number = kept[nearest][0][:3]
    new = [Word._make((block, paragraph, number, *word[3:])) for word in row]
    kept.insert(nearest + (_middle(kept[nearest]) < at), new)
    return kept


def _numbered(lines: Sequence[Sequence[Word]]) -> list[Word]:
    """Return the words of lines, numbered anew within each paragraph."""
    found: list[Word] = []
    last, number = None, 0
    for line in lines:
        number = number + 1 if line[0][:2] == last else 1
        last = line[0][:2]
        found += [
            word._replace(line_num=number, word_num=position)
            for position, word in enumerate(line, start=1)
        ]
    return found
