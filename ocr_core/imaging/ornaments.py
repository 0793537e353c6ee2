"""Ornaments: borders set of one mark many times, as of advertisements and certificates.

Engines read the marks as letters. A border has upright rows of equal marks, closer
below each other than letters of text are, on both sides of what it frames; its level
rows are of the same mark.
"""

from typing import NamedTuple

import cv2
import numpy as np

from ocr_core.imaging.page_ink import Marks, erased

UPRIGHT, LEVEL = 10, 6  # least number of marks of an upright and of a level row
SMALLEST = 5  # px, of the reduced page
GAP = 0.35  # of a mark's size; between lines of text without leading it is 0.4
ALIGNED, LIKE = 0.15, 0.2  # of a mark's size, by which its place and sides may differ
SHAPE, SAME = 16, 0.75  # px of a mark's picture, and least correlation of two pictures


class _Row(NamedTuple):
    """Equal marks in a row: their numbers, and the usual picture of one."""

    marks: np.ndarray
    picture: np.ndarray


def without_ornaments(image: np.ndarray, marks: Marks) -> tuple[np.ndarray, np.ndarray]:
    """Return a page without the marks of a border, and their boxes.

    Parameters
    ----------
    image : (H, W) uint8 array
        The page, dark on light.
    marks
        All ink on it.

    Returns
    -------
    image, boxes
        Left, top, width and height of each mark, in pixels, as an (N, 4) int array.
    """
    found = _ornaments(marks)
    boxes = marks.boxes[found] * marks.shrink
    if not len(boxes):
        return image, boxes
    edges = np.full(len(boxes), 1 + marks.shrink)
    return erased(image, boxes, edges), boxes


def _ornaments(marks: Marks) -> np.ndarray:
    """Return the numbers of the marks of a border."""
    upright = _rows(marks, 0, UPRIGHT)
    sides = [
        row
        for row in upright
        if any(_is_like(row, other) and _are_apart(row, other) for other in upright)
    ]
    if not sides:
        return np.zeros(0, int)
    level = _rows(marks, 1, LEVEL)
    ends = [row for row in level if any(_is_like(row, side) for side in sides)]
    return np.unique(np.concatenate([row.marks for row in (*sides, *ends)]))


def _rows(marks: Marks, axis: int, least: int) -> list[_Row]:
    """Return the rows of equal marks, upright (axis 0) or level (axis 1)."""
    numbers = np.flatnonzero(marks.boxes[:, 2:].min(axis=1) >= SMALLEST)
    numbers = numbers[numbers > 0]
    boxes = marks.boxes[numbers].astype(float)
    middle = boxes[:, axis] + boxes[:, 2 + axis] / 2
    start, size = boxes[:, 1 - axis], boxes[:, 3 - axis]
    if not len(boxes):
        return []
    width = 2 * float(np.median(boxes[:, 2 + axis]))
    found: list[_Row] = []
    for shift in (0.0, 0.5):  # a row is not cut by the edges of both sets of strips
        strip = np.floor(middle / width + shift)
        order = np.lexsort((start, strip))
        one, other = order[:-1], order[1:]
        gap = start[other] - start[one] - size[one]
        follows = (
            (strip[one] == strip[other])
            & (gap > 0)
            & (gap < GAP * size[one])
            & (np.abs(middle[one] - middle[other]) < ALIGNED * size[one])
            & (np.abs(boxes[one, 2:] - boxes[other, 2:]) <= LIKE * size[one, None]).all(
                axis=1
            )
        )
        for run in np.split(np.arange(len(order)), 1 + np.flatnonzero(~follows)):
            if len(run) >= least:
                row = _row_of(marks, numbers[order[run]])
                found += [row] if row else []
    return found


def _row_of(marks: Marks, numbers: np.ndarray) -> _Row | None:
    """Return marks as a row, if most look the same."""
    pictures = np.stack([_picture(marks, number) for number in numbers.tolist()])
    usual = np.median(pictures, axis=0)
    same = [_correlation(picture, usual) for picture in pictures]
    return _Row(numbers, usual) if np.median(same) >= SAME else None


def _picture(marks: Marks, number: int) -> np.ndarray:
    left, top, width, height = marks.boxes[number].tolist()
    part = marks.labels[top : top + height, left : left + width] == number
    return cv2.resize(
        part.astype(np.float32), (SHAPE, SHAPE), interpolation=cv2.INTER_AREA
    )


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    one, other = one - one.mean(), other - other.mean()
    norm = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float((one * other).sum()) / norm if norm else 1.0


def _is_like(one: _Row, other: _Row) -> bool:
    """Return whether two rows are of the same mark."""
    return _correlation(one.picture, other.picture) >= SAME


def _are_apart(one: _Row, other: _Row) -> bool:
    return not np.intersect1d(one.marks, other.marks).size
