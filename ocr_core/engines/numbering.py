"""Numbering: numbers of verses, questions or steps that show in which order to read.

Two columns of short lines on the same rows look like a table. If the numbers at the
starts of lines go on from the foot of the one to the top of the other, they are
columns; read in rows, the numbers would jump.
"""

import math
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from ocr_core.engines.text_lines import TextLine
from ocr_core.page import Word, edges_of, lines_of

NUMBER = re.compile(r"\(?(\d{1,3})[.)]?")
LEAST = 2  # numbers in each column
# In heights of a line: the least gap before the number of a second column, and the most
# by which the numbers of a column are not below each other.
GAP, ALIGNED = 1.5, 1.0
Line = list[Word]


class _Number(NamedTuple):
    """A number at the start of a line, in pixels of the image."""

    left: float
    top: float
    height: float
    value: int


def numbers_go_on(left: Sequence[TextLine], right: Sequence[TextLine]) -> bool:
    """Return whether numbers of lines on the left go on at those on the right."""
    sides = [
        [
            int(found[1])
            for line in sorted(side, key=lambda line: line.middle)
            if (found := NUMBER.match(line.text.split()[0] if line.text else ""))
            and found.end() == len(line.text.split()[0])
            and len(line.text.split()) > 1
        ]
        for side in (left, right)
    ]
    numbers = [*sides[0], *sides[1]]
    return min(map(len, sides)) >= LEAST and _run(numbers) == len(numbers)


def with_numbered_parted(words: Sequence[Word]) -> list[Word]:
    """Return words with lines cut that an engine read across two numbered columns.

    What is cut off has a block of its own.
    """
    lines = [list(line) for line in lines_of(words)]
    cuts: dict[int, float] = {}
    for top, x in _columns(lines):
        for index, line in enumerate(lines):
            if edges_of(line)[3] > top and index not in cuts:
                if any(word.left < x < word.left + word.width for word in line):
                    break
                cuts[index] = x
    last = max((word.block_num for word in words), default=0) + 1
    return [
        word._replace(block_num=last + index)
        if index in cuts and line[0].left < cuts[index] < word.left
        else word
        for index, line in enumerate(lines)
        for word in line
    ]


def _columns(lines: Sequence[Line]) -> Iterator[tuple[float, float]]:
    """Yield the top of each pair of columns, and the x between them."""
    found = sorted(_numbers(lines), key=lambda each: each.top)
    for number in found:
        near = ALIGNED * number.height
        below = [each for each in found if each.top >= number.top - near]
        right = [x.value for x in below if abs(x.left - number.left) <= near]
        left = [x.value for x in below if x.left < number.left - 2 * near]
        size = _run(left)
        if (
            min(size, _run(right)) >= LEAST
            and left[size - 1] + 1 == right[0] == number.value
        ):
            yield number.top, number.left - near / 2


def _numbers(lines: Sequence[Line]) -> Iterator[_Number]:
    """Yield the numbers that begin lines, or follow a wide gap in them."""
    for line in lines:
        _, top, _, bottom = edges_of(line)
        end = -math.inf
        for word in line[:-1]:
            found = NUMBER.fullmatch(word.text)
            if found and word.left - end >= GAP * (bottom - top):
                yield _Number(word.left, top, bottom - top, int(found[1]))
            end = word.left + word.width


def _run(numbers: Sequence[int]) -> int:
    """Return how many numbers from the first on follow each other."""
    for count, (before, after) in enumerate(pairwise(numbers), start=1):
        if after != before + 1:
            return count
    return len(numbers)
