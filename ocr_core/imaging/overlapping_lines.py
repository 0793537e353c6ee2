"""Overlapping lines: parts of a page whose lines overlap are read again as one block.

In scripts with marks above and below the letters Tesseract sometimes finds two lines in
one, or parts of three: words are read twice, or in no order. Printed lines of text do
not overlap. Read as a block by themselves, they come out as they are printed.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from ocr_core.imaging.margin_notes import covered_share
from ocr_core.page import PartReader, StepReport, Word, edges_of, lines_of
from ocr_core.text.quality import compared, mean_chance

# Least shares of the lower, and of the narrower, of two lines that overlap.
ACROSS_ROWS, ALONG = 0.4, 0.2
LOST = 0.02  # share of the letters that may be lost
EDGE = 0.25  # of the height of a line, around the part that is read
Line = list[Word]


def read_overlaps_again(
    image: np.ndarray, ink: np.ndarray, words: Sequence[Word], read: PartReader
) -> tuple[list[Word], StepReport | None]:
    """Return words with those of overlapping lines read again; a report if any were.

    Parameters
    ----------
    image : (H, W) uint8 array
        The prepared page that the words are on.
    ink : (N, 4) float array
        Left, top, width and height of each letter on it, in pixels.
    read
        Reads a part of it as one block.
    """
    lines = [list(line) for line in lines_of(words)]
    better = 0
    for group in _groups(lines):
        before = [word for line in group for word in line]
        again = _read(image, before, group, read)
        if not again:
            continue
        if _is_better(again, before, ink, read.language):
            at = lines.index(group[0])
            lines = [line for line in lines if line not in group]
            lines[at:at] = [
                [word._replace(block_num=-1 - at) for word in line]
                for line in lines_of(again)
            ]
            better += 1
    if not better:
        return list(words), None
    report = StepReport("lines", {"overlapping": better}, "read again")
    return _numbered(lines), report


def _is_better(
    again: Sequence[Word], before: Sequence[Word], ink: np.ndarray, language: str
) -> bool:
    """Return whether more words are right, or the same ones and none of them twice."""
    old, new = compared([before, again], language)
    if new > old:
        return True
    left, top, right, bottom = edges_of(before)
    middles = ink[:, :2] + ink[:, 2:] / 2
    inside = (middles > (left, top)) & (middles < (right, bottom))
    letters = ink[inside.all(axis=1)]
    if not len(letters):
        return False
    lost = covered_share(before, letters) - covered_share(again, letters)
    surer = mean_chance(again, language) > mean_chance(before, language)
    return surer and lost <= LOST


def _groups(lines: Sequence[Line]) -> list[list[Line]]:
    """Return the lines that overlap, each with all that it overlaps."""
    boxes = [np.array(edges_of(line)) for line in lines]
    group = list(range(len(lines)))
    for one, other in combinations(range(len(lines)), 2):
        if group[one] != group[other] and _overlap(boxes[one], boxes[other]):
            first, second = sorted((group[one], group[other]))
            group = [first if each == second else each for each in group]
    return [
        [line for line, number in zip(lines, group, strict=True) if number == each]
        for each in sorted(set(group))
        if group.count(each) > 1
    ]


def _overlap(one: np.ndarray, other: np.ndarray) -> bool:
    """Return whether two boxes, left, top, right and bottom, overlap much."""
    shared = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    least = np.minimum(one[2:] - one[:2], other[2:] - other[:2])
    return bool((shared > np.array([ALONG, ACROSS_ROWS]) * least).all())


def _read(
    image: np.ndarray, words: Sequence[Word], group: Sequence[Line], read: PartReader
) -> list[Word]:
    """Read the part of a page with a group of lines; boxes are those on the page.

    Lines at its upper or lower edge are left out: they are cut from lines beside it.
    """
    heights = [box[3] - box[1] for box in map(edges_of, group)]
    edge = round(EDGE * float(np.median(heights)))
    left, top, right, bottom = edges_of(words)
    left, top = max(0, left - edge), max(0, top - edge)
    part = image[top : bottom + edge, left : right + edge]
    last = part.shape[0] - 1
    rows = [
        (line, edges_of(line)) for line in lines_of(read(np.ascontiguousarray(part)))
    ]
    found = [
        word for line, box in rows if box[1] > 0 and box[3] < last for word in line
    ]
    return [word._replace(left=word.left + left, top=word.top + top) for word in found]


def _numbered(lines: Sequence[Line]) -> list[Word]:
    """Return the words of lines, whose blocks and lines are numbered in this order."""
    numbered: list[Word] = []
    block, row, last = 0, 0, 0
    for line in lines:
        if line[0].block_num != last:
            block, row, last = block + 1, 0, line[0].block_num
        row += 1
        numbered += [word._replace(block_num=block, line_num=row) for word in line]
    return numbered
