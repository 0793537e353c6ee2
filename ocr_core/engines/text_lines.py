"""Text lines: what an engine that finds lines, but no words, reads on a page."""

import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ocr_core.page import Word
from ocr_core.scripts import reads_left

# A recognised word: its box (left, top, width, height), conf and text.
Read = tuple[tuple[int, int, int, int], float, str]


@dataclass(frozen=True, eq=False)
class TextLine:
    """One detected line: its position and its text.

    Parameters
    ----------
    quad : (4, 2) float array
        Its corners, clockwise from the top left, in pixels of the image.
    text : str
        What the recogniser read.
    centres : tuple of float
        Centre of each character of `text`, 0 to 1 along the line.
    confs : tuple of float
        The recogniser's probability of each character, 0 to 1.
    words : tuple of Word
        Its words, if they are known without the recogniser.
    """

    quad: np.ndarray
    text: str
    centres: tuple[float, ...]
    confs: tuple[float, ...]
    words: tuple[Word, ...] = ()

    @cached_property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the upright box around the line."""
        (left, top), (right, bottom) = self.quad.min(axis=0), self.quad.max(axis=0)
        return float(left), float(top), float(right), float(bottom)

    @cached_property
    def height(self) -> float:
        """Height of the line across its own direction, in pixels."""
        return float(np.linalg.norm(self.quad[3] - self.quad[0]))

    @property
    def width(self) -> float:
        """Width of the upright box, in pixels."""
        return self.box[2] - self.box[0]

    @cached_property
    def middle(self) -> float:
        """The y coordinate of the line's centre, in pixels."""
        return float(self.quad[:, 1].mean())


def rows_of(block: Sequence[TextLine]) -> list[list[TextLine]]:
    """Join lines on the same row in the direction of the script, rows from the top.

    A remaining tilt of the page is compensated first: lines are compared at the
    positions that they would have on a level page.
    """
    slope = _slope(block)
    level = {id(line): line.middle - slope * line.quad[:, 0].mean() for line in block}
    rows: list[list[TextLine]] = []
    for line in sorted(block, key=lambda line: level[id(line)]):
        row = rows[-1] if rows else []
        if row and all(_beside(line, other, level) for other in row):
            row.append(line)
        else:
            rows.append([line])
    if reads_left("".join(line.text for line in block)):
        return [sorted(row, key=lambda line: -line.box[2]) for row in rows]
    return [sorted(row, key=lambda line: line.box[0]) for row in rows]


def _beside(line: TextLine, other: TextLine, level: dict[int, float]) -> bool:
    apart = abs(level[id(line)] - level[id(other)])
    overlap = min(line.box[2], other.box[2]) - max(line.box[0], other.box[0])
    narrow = min(line.width, other.width)
    return apart < 0.5 * min(line.height, other.height) and overlap < 0.3 * narrow


def _slope(lines: Sequence[TextLine]) -> float:
    """Return the slope of the long lines: pixels down per pixel to the right."""
    edges = [line.quad[1] - line.quad[0] for line in lines]
    slopes = [float(y / x) for x, y in edges if x > 0]
    return statistics.median(slopes) if slopes else 0.0


def words_on(line: TextLine) -> Iterable[Word]:
    """Return the words of a line, not numbered yet."""
    return line.words or (
        Word(0, 0, 0, 0, *box, conf, text) for box, conf, text in words_of(line)
    )


def words_of(line: TextLine) -> Iterator[Read]:
    """Yield each word of a line: its box (left, top, width, height), conf and text.

    The recogniser reports the centre of each character; the box of a word extends half
    a character beyond its first and last centre.
    """
    centres = np.array(line.centres)
    half = 0.5 / max(1, len(line.text))
    start = 0
    for text in line.text.split():
        start = line.text.index(text, start)
        end = start + len(text)
        low = float(np.clip(centres[start] - half, 0, 1))
        high = float(np.clip(centres[end - 1] + half, low, 1))
        top_left, top_right, bottom_right, bottom_left = line.quad
        ends = [
            near + (far - near) * share
            for near, far in ((top_left, top_right), (bottom_left, bottom_right))
            for share in (low, high)
        ]
        left, top = np.floor(np.min(ends, axis=0)).astype(int).tolist()
        right, bottom = np.ceil(np.max(ends, axis=0)).astype(int).tolist()
        box = max(0, left), max(0, top), max(1, right - left), max(1, bottom - top)
        yield box, round(100 * statistics.fmean(line.confs[start:end]), 2), text
        start = end
