"""Columns apart: two columns of running text that the engine read straight across.

Tesseract's layout analysis is made for letters of the Latin kind, and often sees no
columns in Korean or Armenian. Two columns are found by the white strip between them,
which many full lines on both sides end at; cells of a table do not fill their column.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, permutations

import numpy as np

from ocr_core.imaging.margin_notes import COVERED, LESS, covered_share
from ocr_core.imaging.measurements import true_runs
from ocr_core.page import PartReader, StepReport, Word, edges_of, lines_of
from ocr_core.scripts import reads_left
from ocr_core.text.quality import compared

# In heights of a letter.
MIN_STRIP = 1.0  # width of the strip
MIN_COLUMN = 10.0  # width of a column
EDGE = 1.5  # a line of a column starts no farther from its left or right edge
MIN_ROWS = 6  # in each column
PITCH = 1.2  # least distance of rows; marks above and below letters are nearer
FILLED, MOSTLY = 0.8, 0.6  # share of the width of a full line; of lines that are full
MAX_CROSSING = 4  # letters in the strip, as of headings across both columns
LEAST_LETTERS = 0.6  # share of the page's letters that are in the columns
MIN_ACROSS = 0.3  # share of the rows that the engine read across
Box = tuple[int, int, int, int]
Reader = Callable[[np.ndarray], Sequence[Word]]


@dataclass(frozen=True)
class Columns:
    """The middle of the strip, and the band of the page that has columns, in pixels."""

    middle: float
    top: float
    bottom: float
    rows: int  # in the column with fewer of them
    alone: bool = True  # whether there is no other such strip


def two_columns(boxes: np.ndarray, *, leftwards: bool = False) -> Columns | None:
    """Return the two columns of a page; None if it has other text.

    Parameters
    ----------
    boxes : (N, 4) float array
        Left, top, width and height of each letter on the page, in pixels.
    leftwards
        Whether lines begin at the right edge of their column.
    """
    if leftwards:
        left, top, width, height = boxes.T
        mirrored = two_columns(np.stack([-left - width, top, width, height], axis=1))
        return mirrored and replace(mirrored, middle=-mirrored.middle)
    if len(boxes) < 4 * MIN_ROWS:
        return None
    tall = float(np.median(boxes[:, 3]))
    lefts, rights = boxes[:, 0], boxes[:, 0] + boxes[:, 2]
    edges = np.arange(lefts.min(), rights.max(), tall / 8)
    # Letters that begin left of an edge and do not end there cover it.
    covered = np.searchsorted(np.sort(lefts), edges) - np.searchsorted(
        np.sort(rights), edges
    )
    for crossing in range(MAX_CROSSING + 1):
        strips = [
            (float(edges[low]), float(edges[high - 1]))
            for low, high in true_runs(covered <= crossing).tolist()
            if high - low > 8 * MIN_STRIP
        ]
        middles = [lefts.min(), *map(np.mean, strips), rights.max()]
        # Between the cells of a table there are several strips.
        if len(strips) and np.diff(middles).min() < MIN_COLUMN * tall:
            return None
        found = (_columns(boxes, tall, *strip) for strip in strips)
        if columns := next(filter(None, found), None):
            return replace(columns, alone=len(strips) == 1)
    return None


def _columns(boxes: np.ndarray, tall: float, low: float, high: float) -> Columns | None:
    """Return the columns on both sides of a strip from `low` to `high`."""
    ends = boxes[:, :2] + boxes[:, 2:]
    crossing = boxes[(boxes[:, 0] < high) & (ends[:, 0] > low)]
    stops = sorted([(0.0, 0.0), *((y, y + h) for _, y, _, h in crossing.tolist())])
    stops.append((float(ends[:, 1].max()) + 1,) * 2)
    top, bottom = max(
        ((a[1], b[0]) for a, b in pairwise(stops)), key=lambda band: band[1] - band[0]
    )
    inside = (boxes[:, 1] >= top) & (ends[:, 1] <= bottom)
    if inside.sum() < LEAST_LETTERS * len(boxes):
        return None
    sides = boxes[inside & (ends[:, 0] <= low)], boxes[inside & (boxes[:, 0] >= high)]
    rows = [rows_at(side, tall) for side in sides if len(side)]
    if len(rows) < 2 or not all(is_prose(each, tall) for each in rows):
        return None
    # A heading that is centred over both columns may have a space there.
    top = max(top, min(_first_top(each, tall) for each in rows) - tall / 2)
    return Columns((low + high) / 2, top, bottom, min(map(len, rows)))


def rows_at(side: np.ndarray, tall: float) -> np.ndarray:
    """Return left, top and right of each row of letters, from the top.

    Marks above and below letters belong to the nearest row.
    """
    middles = row_middles(side, tall)
    if not middles:
        return np.empty((0, 3))
    side = side[side[:, 3] > tall / 2]
    nearest = nearest_rows(side, middles)
    rows = (side[nearest == row] for row in range(len(middles)))
    return np.array(
        [
            (row[:, 0].min(), row[:, 1].min(), (row[:, 0] + row[:, 2]).max())
            for row in rows
        ]
    )


def nearest_rows(letters: np.ndarray, middles: list[float]) -> np.ndarray:
    """Return for each letter the number of the row whose middle is nearest, from 0."""
    away = letters[:, 1, None] + letters[:, 3, None] / 2 - np.array(middles)
    return np.asarray(np.abs(away).argmin(axis=1))


def row_middles(side: np.ndarray, tall: float) -> list[float]:
    """Return the middles of the rows of letters, from the top.

    Of rows that are too near each other the others are marks above and below the
    letters of the widest one.
    """
    side = side[side[:, 3] > tall / 2]
    middles = side[:, 1] + side[:, 3] / 2
    order = np.argsort(middles)
    ends = np.flatnonzero(np.diff(middles[order]) > tall / 3) + 1
    found: list[float] = []
    for part in sorted(np.split(order, ends), key=lambda part: -side[part, 2].sum()):
        at = float(np.median(middles[part])) if len(part) else 0.0
        if len(part) and all(abs(at - other) > PITCH * tall for other in found):
            found.append(at)
    return sorted(found)


def is_prose(rows: np.ndarray, tall: float) -> bool:
    """Return whether rows, left, top and right of each, are lines of a column."""
    if len(rows) < MIN_ROWS:
        return False
    width = rows[:, 2].max() - rows[:, 0].min()
    full = (rows[:, 2] - rows[:, 0]) >= FILLED * width
    return bool(width >= MIN_COLUMN * tall and full.mean() >= MOSTLY)


def _first_top(rows: np.ndarray, tall: float) -> float:
    """Return the top of the first row that begins at the edge of its column."""
    at_edge = rows[:, 0] <= rows[:, 0].min() + EDGE * tall
    return float(rows[at_edge][0, 1])


def read_columns_apart(
    image: np.ndarray,
    boxes: np.ndarray,
    words: Sequence[Word],
    read: Reader,
    read_part: PartReader,
) -> tuple[list[Word], StepReport | None]:
    """Read two columns of a page one after the other, apart if they were not divided.

    Parameters
    ----------
    image : (H, W) uint8 array
        The prepared page.
    boxes : (N, 4) float array
        Its letters, as for `two_columns`.
    words
        What the engine read on the whole page.
    read, read_part
        Read a page, and a part of it as one block, as a column is.

    Returns
    -------
    list of Word
        The words above, in each column, and below, if no fewer are right than before.
    StepReport or None
        None if there are no two columns, or if they were read in order.
    """
    leftwards = reads_left("".join(word.text for word in words))
    found = two_columns(boxes, leftwards=leftwards)
    if found is None:
        return list(words), None
    if _are_divided(words, boxes, found):
        ordered = _in_order(words, found, leftwards=leftwards)
        if [word[4:] for word in ordered] == [word[4:] for word in words]:
            return list(words), None
        return ordered, StepReport("columns", {"rows": found.rows}, "read apart")
    height, width = image.shape
    x, top, bottom = (round(each) for each in (found.middle, found.top, found.bottom))
    bottom = min(bottom, height)
    sides = [(0, top, x, bottom), (x, top, width, bottom)]
    if leftwards:
        sides.reverse()
    apart: list[Word] = []
    parts: list[tuple[Box, Reader]] = [((0, 0, width, top), read)]
    parts += [(side, read_part) for side in sides]
    parts.append(((0, bottom, width, height), read))
    for part, reader in parts:
        apart += _read_part(image, boxes, part, reader, apart)
    before, after = compared([words, apart], read_part.language)
    measured: dict[str, float | str] = {"rows": found.rows}
    measured |= {"before": round(before, 3), "after": round(after, 3)}
    if after < before - LESS:
        return list(words), StepReport("columns", measured)
    return apart, StepReport("columns", measured, "read apart")


def _in_order(words: Sequence[Word], found: Columns, *, leftwards: bool) -> list[Word]:
    """Return the words above, in each column, and below.

    Tesseract sometimes cuts both columns at some height, and goes on beside it. The
    order stays if a line crosses the strip, if there are more columns, or if the
    columns seem to go on above or below the band.
    """
    if not found.alone:
        return list(words)

    def part(line: Sequence[Word]) -> int:
        left, top, right, bottom = edges_of(line)
        middle = (top + bottom) / 2
        if not found.top <= middle < found.bottom:
            return 3 if middle >= found.bottom else 0
        if left < found.middle < right:
            return -1
        return 1 + ((left >= found.middle) != leftwards)

    lines = [(part(line), line) for line in lines_of(words)]
    others = [edges_of(line) for number, line in lines if number in (0, 3)]
    if any(number < 0 for number, _ in lines) or _is_parted(others, found.middle):
        return list(words)
    ordered: list[Word] = []
    block, last = 0, None
    for number, line in sorted(lines, key=lambda each: each[0]):
        key = number, line[0].block_num
        block, last = block + (key != last), key
        ordered += [word._replace(block_num=block) for word in line]
    return ordered


def _is_parted(lines: Sequence[Box], middle: float) -> bool:
    """Return whether there are lines beside each other on both sides of a strip."""
    return any(
        one[2] <= middle <= other[0] and one[1] < other[3] and other[1] < one[3]
        for one, other in permutations(lines, 2)
    )


def _read_part(
    image: np.ndarray,
    boxes: np.ndarray,
    part: Box,
    read: Reader,
    before: Sequence[Word],
) -> list[Word]:
    """Read a part of a page if it has letters, as later blocks of the page."""
    left, top, right, bottom = part
    middles = boxes[:, :2] + boxes[:, 2:] / 2
    inside = (middles >= (left, top)) & (middles < (right, bottom))
    if not inside.all(axis=1).any():
        return []
    last = max((word.block_num for word in before), default=0)
    return [
        word._replace(
            block_num=last + word.block_num, left=word.left + left, top=word.top + top
        )
        for word in read(np.ascontiguousarray(image[top:bottom, left:right]))
    ]


def _are_divided(words: Sequence[Word], boxes: np.ndarray, found: Columns) -> bool:
    """Return whether few rows cross the strip, and words cover the letters."""
    across = 0
    for line in lines_of(words):
        start = min(word.left for word in line)
        end = max(word.left + word.width for word in line)
        inside = found.top <= line[0].top < found.bottom
        across += inside and start < found.middle < end
    if across >= MIN_ACROSS * found.rows:
        return False
    return covered_share(words, boxes) > COVERED
