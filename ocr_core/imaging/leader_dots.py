"""Leader dots: rows of dots from the text at one end of a row to that at the other.

Tesseract reads them as letters ("cceeesss"), or takes the texts at both ends for two
columns. They are found as marks at equal distances with nothing above them, and erased
before a page is read.
"""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from ocr_core.imaging import measurements

PIXELS = 8_000_000  # larger pages are reduced by a whole number
LEAST = 15  # dots: engines read most shorter leaders, and an ellipsis
FEW, MANY = 4, 3  # least number of dots where there are many leaders, and of such
SMALL, FLAT = 0.45, 0.3  # greatest height of a dot, and of a dash, in letter heights
FULL = 0.6  # least share of a dot's box that is ink
LIKE = 0.4  # share by which the sides of most dots differ at most from the usual ones
APART = 1.3  # least distance of two dots, in their widths
STEP = 3.0  # greatest distance of two dots, in heights of a letter
MISSED = 2  # times the usual distance, where a dot was lost
NEAR = 6.0  # in heights of a letter, from a dash to the letters before or after it
EVEN = 0.25  # share by which a distance differs at most from the usual one
MOSTLY = 0.8  # share of the dots that must be alike
LEVEL = 0.2  # of a letter's height, by which a dot is above or below the one before
ABOVE, BELOW = 0.9, 0.35  # in heights of a letter: the strip around dots that is free


@dataclass(frozen=True, eq=False)
class Leader:
    """A row of dots.

    `box` is left, top, width and height in pixels, `dots` an (N, 4) int array of such
    boxes from the left, and `count` the number of dots with those that were lost.
    """

    box: tuple[int, int, int, int]
    dots: np.ndarray
    count: int


def without_leaders(
    image: np.ndarray, letters: np.ndarray
) -> tuple[np.ndarray, list[Leader]]:
    """Return a page without the dots of leaders, and the leaders.

    Parameters
    ----------
    image : (H, W) uint8 array
        The page, dark on light.
    letters : (N, 4) float array
        Left, top, width and height of each letter, in pixels.
    """
    leaders = leaders_on(image, letters)
    if not leaders:
        return image, []
    clean = image.copy()
    paper = np.uint8(np.median(image))
    for leader in leaders:
        for left, top, width, height in leader.dots.tolist():
            edge = 1 + max(width, height) // 3
            clean[
                max(0, top - edge) : top + height + edge,
                max(0, left - edge) : left + width + edge,
            ] = paper
    return clean, leaders


def leaders_on(image: np.ndarray, letters: np.ndarray) -> list[Leader]:
    """Find the leaders on a page; the arguments are as for `without_leaders`."""
    if not len(letters):
        return []
    small, shrink = measurements.reduced(image, PIXELS)
    tall = measurements.common_height(letters[:, 3] / shrink)
    mask = measurements.ink_mask(small)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    boxes, area = stats[:, :4], stats[:, 4]
    sides = boxes[:, 2:]
    width, height = sides.T
    dots = (height <= SMALL * tall) & (sides.min(axis=1) >= 2)
    dots &= height <= 2 * width
    dots &= (width <= 2 * height) | ((width <= tall) & (height <= FLAT * tall))
    dots &= area >= FULL * sides.prod(axis=1)
    chains = _chains(boxes[dots], tall)
    if not chains:
        return []
    others = np.asarray(~dots & (np.arange(len(dots)) > 0))[labels]
    found = [
        _leader(piece * shrink)
        for chain in chains
        for piece in _pieces(chain, others, tall)
        if _is_alike(piece)
        and (_are_round(piece) or _is_between(piece, letters / shrink, tall))
    ]
    long = [leader for leader in found if leader.count >= LEAST]
    return found if len(long) >= MANY else long


def _chains(dots: np.ndarray, tall: float) -> list[np.ndarray]:
    """Return the chains of dots that follow each other, each from the left.

    There are none if the longest is too short.
    """
    middles = dots[:, :2] + dots[:, 2:] / 2
    chains: list[list[int]] = []
    last: list[list[int]] = []  # chains that may go on
    for index in np.argsort(middles[:, 0], kind="stable").tolist():
        x, y = middles[index]
        last = [chain for chain in last if x - middles[chain[-1]][0] <= STEP * tall]
        level = [abs(float(middles[chain[-1]][1]) - y) for chain in last]
        if level and min(level) <= LEVEL * tall:
            last[level.index(min(level))].append(index)
        else:
            chains.append([index])
            last.append(chains[-1])
    if max(map(len, chains), default=0) < LEAST:
        return []
    return [dots[chain] for chain in chains if len(chain) >= FEW]


def _pieces(dots: np.ndarray, others: np.ndarray, tall: float) -> list[np.ndarray]:
    """Return the parts of a chain of dots with even distances and nothing between.

    `others` is an (H, W) bool array: the ink that cannot be such dots.
    """
    steps = np.diff(dots[:, 0] + dots[:, 2] / 2)
    usual = max(float(np.median(steps)), 1.0)
    times = np.rint(steps / usual)
    even = np.abs(steps - times * usual) <= EVEN * usual
    even &= (times >= 1) & (times <= MISSED)
    ends = 1 + np.array(
        [
            number
            for number, (one, other) in enumerate(pairwise(dots.tolist()))
            if not even[number] or not _is_free(others, one, other, tall)
        ],
        int,
    )
    return [piece for piece in np.split(dots, ends) if len(piece) >= FEW]


def _is_free(others: np.ndarray, one: list[int], other: list[int], tall: float) -> bool:
    """Return whether there is no other ink at, above and between two dots."""
    top = max(0, round(one[1] - ABOVE * tall))
    bottom = round(one[1] + one[3] + BELOW * tall)
    return not others[top:bottom, one[0] : other[0] + other[2]].any()


def _is_alike(dots: np.ndarray) -> bool:
    """Return whether most dots are about as high, and farther apart than wide."""
    sides = dots[:, 2:]
    usual = np.median(sides, axis=0)
    step = float(np.median(np.diff(dots[:, 0])))
    alike = (np.abs(sides - usual) <= np.maximum(1, LIKE * usual)).all(axis=1)
    return step >= APART * usual[0] and bool(alike.mean() >= MOSTLY)


def _are_round(dots: np.ndarray) -> bool:
    width, height = np.median(dots[:, 2:], axis=0)
    return bool(width <= 2 * height)


def _is_between(dots: np.ndarray, letters: np.ndarray, tall: float) -> bool:
    """Return whether letters are at both ends of dashes, which may be a rule."""
    left, top, width, height = letters.T
    middle = float(np.median(dots[:, 1]))
    row = (top < middle) & (top + height > middle)
    before = dots[0, 0] - left - width
    after = left - dots[-1, 0] - dots[-1, 2]
    return all(
        bool((row & (gap >= 0) & (gap < NEAR * tall)).any()) for gap in (before, after)
    )


def _leader(dots: np.ndarray) -> Leader:
    steps = np.diff(dots[:, 0] + dots[:, 2] / 2)
    left, top = dots[:, :2].min(axis=0).tolist()
    right, bottom = (dots[:, :2] + dots[:, 2:]).max(axis=0).tolist()
    count = 1 + round(float(steps.sum() / np.median(steps)))
    return Leader((left, top, right - left, bottom - top), dots, count)
