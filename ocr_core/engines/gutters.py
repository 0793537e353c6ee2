"""Gutters: a detected line that spans two columns is cut between them.

Detectors join text that is less than a letter's width apart, such as the columns of an
old newspaper. A gutter cannot be recognised from one line alone: it is a gap that the
lines above and below have at the same x position.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from ocr_core.engines.columns import PROSE_WIDTH
from ocr_core.imaging.measurements import true_runs

# Lengths in multiples of the line's height.
MIN_GAP = 0.25
MAX_STROKE = 0.15  # thickness of a rule between columns
INSET = 0.3  # how far boxes extend beyond the ink
INDENT = 3.0  # a line of a column begins no farther from its gutter
# Lines within this distance show a gutter that they end or begin at, no farther from it
# than this.
AROUND, EDGE = 10.0, 0.7
LINE_STEP = 3.0  # lines farther apart are not in the same columns
# Word spaces of some lines align by chance, more often in typescript than in print: a
# gutter no wider than the usual gap of its line must occur in twice as many lines.
MIN_LINES = 6
WIDER = 1.3
RULE = 0.9  # least share of the line height that a rule covers
SPECKS = 0.12  # share of the height that may be ink in a gap: a hyphen, dirt
PROFILE_HEIGHT = 32  # px
Gap = tuple[float, float]  # left and right, in pixels of the image


@dataclass(frozen=True, eq=False)
class _Line:
    """One detected line and the ink in it."""

    quad: np.ndarray
    ink: np.ndarray  # (H, W) uint8 mask of the whole image

    @cached_property
    def height(self) -> float:
        return max(1.0, float(np.linalg.norm(self.quad[3] - self.quad[0])))

    @cached_property
    def left(self) -> float:
        return self.at(int(np.argmax(self._inked)))

    @cached_property
    def right(self) -> float:
        return self.at(len(self._inked) - int(np.argmax(self._inked[::-1])))

    @cached_property
    def middle(self) -> float:
        return float(self.quad[:, 1].mean())

    @cached_property
    def gaps(self) -> list[Gap]:
        """Gaps between the line's ends that contain no ink other than a rule."""
        least, size = MIN_GAP * PROFILE_HEIGHT, len(self._inked)
        return [
            (self.at(low), self.at(high))
            for low, high in true_runs(~self._inked).tolist()
            if high - low >= least and low > 0 and high < size
        ]

    def at(self, column: int) -> float:
        """Return the x position of a column of the profile, in pixels."""
        start, end = (float(self.quad[ends, 0].mean()) for ends in ([0, 3], [1, 2]))
        return start + (end - start) * column / len(self._inked)

    @cached_property
    def _inked(self) -> np.ndarray:
        """(L,) bool array: which columns of the level line have ink of letters."""
        length = float(np.linalg.norm(self.quad[1] - self.quad[0]))
        tall = PROFILE_HEIGHT
        size = max(1, round(tall * length / self.height)), 2 * tall
        top, bottom = tall / 2, tall * 3 / 2  # a rule continues above and below
        sheet = [[0, top], [size[0], top], [size[0], bottom], [0, bottom]]
        matrix = cv2.getPerspectiveTransform(
            self.quad.astype(np.float32), np.array(sheet, np.float32)
        )
        level = cv2.warpPerspective(self.ink, matrix, size, flags=cv2.INTER_NEAREST)
        inside = level[tall * 2 // 3 : tall * 4 // 3].mean(axis=0)
        return np.asarray((inside > SPECKS) & ~_rules(level.mean(axis=0)))


def cut_at_gutters(ink: np.ndarray, quads: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return the lines; those that span several columns are cut.

    Parameters
    ----------
    ink : (H, W) uint8 array
        1 where the image has ink.
    quads : sequence of (4, 2) float arrays
        Corners of each line, clockwise from the top left, in pixels.
    """
    lines = sorted((_Line(quad, ink) for quad in quads), key=lambda line: line.middle)
    cuts = [
        _gutters(lines, number) or _ends_at(lines, number)
        for number in range(len(lines))
    ]
    _cut_neighbours(lines, cuts)
    return [
        part
        for line, places in zip(lines, cuts, strict=True)
        for part in _parts(line, sorted(places))
    ]


def _cut_neighbours(lines: Sequence[_Line], cuts: Sequence[list[float]]) -> None:
    """Continue each gutter through lines that were not sure to cross it, in place.

    Such a line reaches only a word into the next column, or has word spaces that are as
    wide as the gutter. Lines that end and begin at a gutter show it too. One that fewer
    lines show than are not sure of it is none: in typescript, spaces of several lines
    are below each other.
    """
    sure = [list(places) for places in cuts]
    gutters: list[dict[int, Gap]] = []
    for number, places in enumerate(sure):
        for x in places:
            known = (each[number] for each in gutters if number in each)
            if any(low < x < high for low, high in known):
                continue
            gaps = _gaps_at(lines, number, x)
            gutters.append(gaps)
            unsure = [
                other
                for other, (low, high) in gaps.items()
                if not any(low < cut < high for cut in sure[other])
            ]
            ends = sum(line.right <= x for line in lines)
            begins = sum(line.left >= x for line in lines)
            if len(gaps) - len(unsure) + min(ends, begins) < len(unsure):
                continue
            for other in unsure:
                low, high = gaps[other]
                if not any(low < cut < high for cut in cuts[other]):
                    cuts[other].append(x)


def _gaps_at(lines: Sequence[_Line], number: int, x: float) -> dict[int, Gap]:
    """Return the gap at a position in each line near one that has it, by number."""
    found: dict[int, Gap] = {}
    ahead = [number]
    while ahead:
        line = lines[ahead.pop()]
        for other, each in enumerate(lines):
            if (
                other in found
                or abs(each.middle - line.middle) > LINE_STEP * line.height
            ):
                continue
            gap = next((gap for gap in each.gaps if gap[0] < x < gap[1]), None)
            if gap:
                found[other] = gap
                ahead.append(other)
    return found


def _gutters(lines: list[_Line], number: int) -> list[float]:
    """Return the x positions at which a line crosses gutters, from left to right."""
    line = lines[number]
    width = PROSE_WIDTH * line.height
    if line.right - line.left < 2 * width:
        return []
    usual = float(np.median([high - low for low, high in line.gaps] or [0.0]))
    found = []
    for gap in line.gaps:
        least = MIN_LINES * (1 if gap[1] - gap[0] >= WIDER * usual else 2)
        left, right, gap = _lines_along(line, gap, lines[:number][::-1])
        more_left, more_right, gap = _lines_along(line, gap, lines[number + 1 :])
        beside = min(left + more_left, right + more_right) + 1
        if beside >= least:
            found.append((beside, (gap[0] + gap[1]) / 2))
    cuts: list[float] = []
    for _, x in sorted(found, reverse=True):
        if all(abs(x - cut) >= width for cut in (line.left, line.right, *cuts)):
            cuts.append(x)
    return sorted(cuts)


def _ends_at(lines: Sequence[_Line], number: int) -> list[float]:
    """Return where a line crosses the gutter that others end and begin at.

    They were detected apart: only this line was joined to a word of the next column.
    """
    line = lines[number]
    if line.right - line.left < PROSE_WIDTH * line.height or not line.gaps:
        return []
    near = [
        other
        for other in lines
        if other is not line and abs(other.middle - line.middle) <= AROUND * line.height
    ]
    lefts, rights = (
        np.array([getattr(other, side) for other in near]) for side in ("left", "right")
    )
    most = EDGE * line.height
    found = []
    for low, high in line.gaps:
        ended = (rights <= high) & (rights >= low - most)
        begun = (lefts >= low) & (lefts <= high + most)
        across = (lefts < low) & (rights > high)
        least = max(MIN_LINES, 2 * int(across.sum()))
        if min(int(ended.sum()), int(begun.sum())) >= least:
            found.append((low + high) / 2)
    return found


def _lines_along(
    line: _Line, gap: Gap, others: Sequence[_Line]
) -> tuple[int, int, Gap]:
    """Follow a gap up or down a page.

    Returns
    -------
    left, right, gap
        The number of lines on each side of the gap, and the gap common to all of them.
    """
    low, high = gap
    last, left, right = line, 0, 0
    for other in others:
        if abs(other.middle - last.middle) > LINE_STEP * line.height:
            break
        if other.right < line.left or other.left > line.right:
            continue
        if other.left > high + INDENT * line.height:
            continue
        beside = other.right <= high, other.left >= low
        if beside[0]:
            shared = [(max(low, other.right), high)]
        elif beside[1]:
            shared = [(low, min(high, other.left))]
        else:
            shared = [(max(low, a), min(high, b)) for a, b in other.gaps]
        best = max(shared, key=lambda each: each[1] - each[0], default=(0.0, 0.0))
        if best[1] - best[0] < MIN_GAP * line.height:
            break
        low, high = best
        left, right = left + (not beside[1]), right + (not beside[0])
        last = other
    return left, right, (low, high)


def _parts(line: _Line, cuts: list[float]) -> Iterator[np.ndarray]:
    """Yield the parts of a line that is cut at some x positions."""
    if not cuts:
        yield line.quad
        return
    start, end = (float(line.quad[ends, 0].mean()) for ends in ([0, 3], [1, 2]))
    edges = [start]
    for x in cuts:
        low, high = next((gap for gap in line.gaps if gap[0] < x < gap[1]), (x, x))
        edges += [min(x, low + INSET * line.height), max(x, high - INSET * line.height)]
    shares = [(edge - start) / (end - start) for edge in (*edges, end)]
    top_left, top_right, bottom_right, bottom_left = line.quad
    for low, high in zip(shares[::2], shares[1::2], strict=True):
        yield np.array(
            [
                top_left + (top_right - top_left) * low,
                top_left + (top_right - top_left) * high,
                bottom_left + (bottom_right - bottom_left) * high,
                bottom_left + (bottom_right - bottom_left) * low,
            ]
        )


def _rules(profile: np.ndarray) -> np.ndarray:
    """Return a mask of the pixel columns that a thin vertical rule covers."""
    covered = np.zeros(len(profile), bool)
    for low, high in true_runs(profile >= RULE).tolist():
        if high - low <= MAX_STROKE * PROFILE_HEIGHT:
            covered[max(0, low - 1) : high + 1] = True
    return covered
