"""Rows apart: rows of letters that the engine divided wrongly are read one by one.

Where marks stand above and below most letters, as in Burmese, Tesseract takes rows of
marks for lines, or cuts lines through the letters. The letters themselves show where
the rows are: each is then read alone, as one line.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ocr_core.imaging.columns_apart import (
    MIN_ROWS,
    is_prose,
    nearest_rows,
    row_middles,
    rows_at,
    two_columns,
)
from ocr_core.page import PartReader, StepReport, Word, edges_of, lines_of
from ocr_core.scripts import runs_left
from ocr_core.text.quality import compared

# Share of the score of the lines from which the rows are kept: the conf of a phrase is
# that of its worst letter, so a part of one has more.
ALMOST = 0.8
REACH = 0.62  # of the distance of rows, above and below the middle of a row
NEW_PARAGRAPH = 1.3  # times the distance of rows between two paragraphs
LEAST_SHARE = 0.8  # of the rows that the engine read as one line each
TOO_HIGH = 1.7  # distances of rows: a line as high is of several rows
# A gutter: its least width in heights of a letter, in so many bins; the share of the
# width of the text at both edges where none is looked for; and the greatest share of
# rows that cross it.
STRIP, BINS, AT_EDGE, CROSSED = 0.6, 4, 0.15, 0.2
Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class LetterRow:
    """A row of letters: its edges in pixels, and its place in the text."""

    box: Box  # left, top, right and bottom
    middle: float
    pitch: float
    block: int
    paragraph: int
    line: int


def read_rows_apart(
    image: np.ndarray, ink: np.ndarray, words: Sequence[Word], read: PartReader
) -> tuple[list[Word], StepReport | None]:
    """Read each row of one or two columns alone if the lines read are not these rows.

    Parameters
    ----------
    image : (H, W) uint8 array
        The prepared page.
    ink : (N, 4) float array
        Left, top, width and height of each letter, in pixels.
    words
        What the engine read on the whole page.
    read
        Reads a part of it as one line.

    Returns
    -------
    list of Word
        The words of all rows unless far fewer of them are right than before.
    StepReport or None
        None if the page has no such columns, its lines are the rows, or they are read
        worse.
    """
    leftwards = runs_left(read.language)
    rows = list(_rows_of(ink, image.shape, leftwards=leftwards))
    lines = [edges_of(line) for line in lines_of(words)]
    share = sum(_is_one(row, lines) for row in rows) / max(1, len(rows))
    if not rows or share >= LEAST_SHARE:
        return list(words), None
    apart = [word for row in rows for word in _read_row(image, row, read)]
    before, after = compared([words, apart], read.language)
    measured: dict[str, float | str] = {"rows": len(rows), "as_lines": round(share, 2)}
    measured |= {"before": round(before, 3), "after": round(after, 3)}
    if after <= ALMOST * before:
        return list(words), None
    return apart, StepReport("rows", measured, "read apart")


def _rows_of(
    ink: np.ndarray, shape: tuple[int, ...], *, leftwards: bool
) -> Iterator[LetterRow]:
    """Yield the rows of a page of one or two columns, in reading order."""
    if not len(ink):
        return
    tall = float(np.median(ink[:, 3]))
    x, y = (ink[:, :2] + ink[:, 2:] / 2).T
    found = two_columns(ink, leftwards=leftwards)
    if found is None:
        parts = [np.ones(len(ink), bool)]
        if not is_prose(rows_at(ink, tall), tall):
            return
    else:
        inside = (y >= found.top) & (y < found.bottom)
        left = x < found.middle
        sides = [inside & left, inside & ~left]
        parts = [y < found.top, *sides[:: -1 if leftwards else 1], y >= found.bottom]
    if any(_has_gutter(ink[part], tall) for part in parts):
        return
    for number, part in enumerate(parts, start=1):
        if part.any():
            yield from _rows_in(ink[part], tall, number, shape)


def _has_gutter(letters: np.ndarray, tall: float) -> bool:
    """Return whether a strip divides most rows: they are of several columns."""
    middles = row_middles(letters, tall)
    if len(middles) < MIN_ROWS:
        return False
    nearest = nearest_rows(letters, middles)
    step = STRIP * tall / BINS
    starts = ((letters[:, 0] - letters[:, 0].min()) / step).astype(int)
    ends = ((letters[:, 0] + letters[:, 2] - letters[:, 0].min()) / step).astype(int)
    inked = np.zeros((len(middles), int(ends.max()) + 1), bool)
    for row, start, end in zip(nearest, starts, ends, strict=True):
        inked[row, start : end + 1] = True
    crossed = inked.mean(axis=0)
    edge = round(AT_EDGE * len(crossed))
    crossed = crossed[edge : len(crossed) - edge]
    if len(crossed) < BINS:
        return False
    strips = np.lib.stride_tricks.sliding_window_view(crossed, BINS)
    return bool((strips.max(axis=1) <= CROSSED).any())


def _rows_in(
    letters: np.ndarray, tall: float, block: int, shape: tuple[int, ...]
) -> Iterator[LetterRow]:
    """Yield the rows of a column, each as high as the distance of rows allows."""
    middles = row_middles(letters, tall)
    steps = np.diff(middles)
    pitch = float(np.median(steps)) if len(steps) else 2 * tall
    high = shape[0]
    left = max(0, round(letters[:, 0].min() - tall))
    right = min(shape[1], round((letters[:, 0] + letters[:, 2]).max() + tall))
    paragraph = line = 1
    for number, middle in enumerate(middles):
        if number and steps[number - 1] > NEW_PARAGRAPH * pitch:
            paragraph, line = paragraph + 1, 0
        line += bool(number)
        own = np.abs(letters[:, 1] + letters[:, 3] / 2 - middle) < tall / 3
        tops, feet = letters[own, 1], letters[own, 1] + letters[own, 3]
        top = min(middle - REACH * pitch, tops.min(initial=middle))
        foot = max(middle + REACH * pitch, feet.max(initial=middle))
        box = left, max(0, round(top)), right, min(high, round(foot))
        yield LetterRow(box, middle, pitch, block, paragraph, line)


def _is_one(row: LetterRow, lines: Sequence[Box]) -> bool:
    """Return whether one line was read where a row is, and no other."""
    left, _, right, _ = row.box
    heights = [
        foot - top
        for start, top, end, foot in lines
        if top <= row.middle <= foot and start < right and end > left
    ]
    return len(heights) == 1 and heights[0] <= TOO_HIGH * row.pitch


def _read_row(image: np.ndarray, row: LetterRow, read: PartReader) -> Iterator[Word]:
    left, top, right, foot = row.box
    found = read(np.ascontiguousarray(image[top:foot, left:right]))
    for number, word in enumerate(found, start=1):
        yield word._replace(
            block_num=row.block,
            par_num=row.paragraph,
            line_num=row.line,
            word_num=number,
            left=word.left + left,
            top=word.top + top,
        )
