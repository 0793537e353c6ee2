"""Known words: parts of detected lines that another engine has read for certain.

Reading a line takes far longer than finding it, in proportion to its width. Parts that
hold nothing but known words are not read again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ocr_core.page import Word

# Lengths in multiples of the line's height. Shorter runs are read with their
# neighbours; a rest between a run and the end of the line is no letter.
MIN_RUN, MIN_REST = 4.0, 0.5
INSIDE = 0.2  # of the height: a run's middle is at least so far from the line's edges


@dataclass(frozen=True, eq=False)
class KnownRun:
    """Known words side by side, and where the line may be cut before and after them.

    `left` and `right` are in pixels of the image: they lie in the gaps to the next
    words, and at the words' own edges where there are none.
    """

    words: tuple[Word, ...]
    left: float
    right: float

    @property
    def middle(self) -> float:
        """The y coordinate of its centre, in pixels."""
        return float(np.mean([word.top + word.height / 2 for word in self.words]))


@dataclass(frozen=True, eq=False)
class LinePart:
    """A part of a detected line; it must be read if it has no words.

    `quad` are its (4, 2) corners, clockwise from the top left, in pixels.
    """

    quad: np.ndarray
    words: tuple[Word, ...] = ()


def line_parts(quad: np.ndarray, runs: Sequence[KnownRun]) -> list[LinePart]:
    """Divide a detected line at the known runs on it, from left to right.

    Parameters
    ----------
    quad : (4, 2) float array
        The corners of the line, clockwise from the top left, in pixels of the image.
    runs
        All runs of the page.
    """
    left, right = float(quad[[0, 3], 0].mean()), float(quad[[1, 2], 0].mean())
    height = max(1.0, float(np.linalg.norm(quad[3] - quad[0])))
    if right - left < MIN_RUN * height:
        return [LinePart(quad)]
    on_line = sorted(_on_line(quad, height, runs), key=lambda run: run.left)
    parts, end = [], left
    for run in on_line:
        if run.left < end - MIN_REST * height:  # two runs at one place
            continue
        if run.left - end > MIN_REST * height:
            parts.append(LinePart(_between(quad, end, run.left)))
        parts.append(LinePart(_between(quad, run.left, run.right), run.words))
        end = run.right
    if not on_line or right - end > MIN_REST * height:
        parts.append(LinePart(_between(quad, end, right)))
    return parts


def _on_line(
    quad: np.ndarray, height: float, runs: Sequence[KnownRun]
) -> Iterator[KnownRun]:
    left, right = quad[[0, 3], 0].mean(), quad[[1, 2], 0].mean()
    beyond = MIN_REST * height
    for run in runs:
        is_long = run.right - run.left >= MIN_RUN * height
        if not is_long or run.left < left - beyond or run.right > right + beyond:
            continue
        x = (run.left + run.right) / 2
        share = float(np.clip((x - left) / (right - left), 0, 1))
        top, bottom = (
            float(near[1] + (far[1] - near[1]) * share)
            for near, far in ((quad[0], quad[1]), (quad[3], quad[2]))
        )
        if top + INSIDE * height < run.middle < bottom - INSIDE * height:
            yield run


def _between(quad: np.ndarray, left: float, right: float) -> np.ndarray:
    """Return the part of a line between two x positions, in pixels."""
    start, end = quad[[0, 3], 0].mean(), quad[[1, 2], 0].mean()
    low, high = np.clip((np.array([left, right]) - start) / (end - start), 0, 1)
    across = quad[[1, 2]] - quad[[0, 3]]
    near, far = quad[[0, 3]] + across * low, quad[[0, 3]] + across * high
    return np.array([near[0], far[0], far[1], near[1]])
