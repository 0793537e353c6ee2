"""Leader dots: rows of dots from the text at one end of a row to that at the other.

Tesseract reads them as letters ("cceeesss"), or takes the texts at both ends for two
columns. They are found as marks at equal distances with nothing above them, and erased
before a page is read.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ocr_core.imaging import measurements
from ocr_core.imaging.page_ink import Marks, erased

LEAST = 15  # dots: engines read most shorter leaders, and an ellipsis
FEW, MANY = 4, 3  # least number of dots where there are many leaders, and of such
SOME, ROWS = 8, 5  # dots of shorter ones between texts, and least number of those
THIN = 3  # px, height of merged dots in small print
LONG = 8.0  # least length of merged dots, in heights of a letter
# Share of it with ink: a rule has more, and the rest of a page less.
COVER = (0.3, 0.95)
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

    `dots` is an (N, 4) int array: left, top, width and height of each, in pixels, from
    the left.
    """

    dots: np.ndarray

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, width and height of the row, in pixels."""
        left, top = self.dots[:, :2].min(axis=0).tolist()
        right, bottom = (self.dots[:, :2] + self.dots[:, 2:]).max(axis=0).tolist()
        return left, top, right - left, bottom - top

    @property
    def count(self) -> int:
        """The number of dots, with those that were lost between them."""
        steps = np.diff(self.dots[:, 0] + self.dots[:, 2] / 2)
        return 1 + round(float(steps.sum()) / max(float(np.median(steps)), 1.0))


def without_leaders(
    image: np.ndarray, marks: Marks, letters: np.ndarray
) -> tuple[np.ndarray, list[Leader]]:
    """Return a page without the dots of leaders, and the leaders.

    Parameters
    ----------
    image : (H, W) uint8 array
        The page, dark on light.
    marks
        All ink on it.
    letters : (N, 4) float array
        Left, top, width and height of each letter, in pixels.
    """
    leaders = leaders_on(marks, letters)
    if not leaders:
        return image, []
    dots = np.vstack([leader.dots for leader in leaders])
    return erased(image, dots, 1 + dots[:, 2:].min(axis=1) // 3), leaders


def leaders_on(marks: Marks, letters: np.ndarray) -> list[Leader]:
    """Find the leaders on a page; the arguments are as for `without_leaders`."""
    if not len(letters):
        return []
    boxes, labels, shrink = marks.boxes, marks.labels, marks.shrink
    tall = measurements.common_height(letters[:, 3] / shrink)
    sides = boxes[:, 2:]
    width, height = sides.T
    dots = (height <= SMALL * tall) & (sides.min(axis=1) >= 2)
    dots &= height <= 2 * width
    dots &= (width <= 2 * height) | ((width <= tall) & (height <= FLAT * tall))
    dots &= marks.area >= FULL * sides.prod(axis=1)
    letters = letters / shrink
    found = _even_dots(boxes, dots, labels, letters, tall)
    flat = (height <= max(FLAT * tall, THIN)) & (height <= width) & (width > 0)
    if found:
        taken = {tuple(dot) for leader in found for dot in leader.tolist()}
        flat &= [tuple(box) not in taken for box in boxes.tolist()]
    found += _merged_dots(boxes, flat, labels, letters, tall)
    return [Leader(each * shrink) for each in found]


def _even_dots(
    boxes: np.ndarray,
    dots: np.ndarray,
    labels: np.ndarray,
    letters: np.ndarray,
    tall: float,
) -> list[np.ndarray]:
    """Return the leaders of dots or dashes at equal distances.

    `dots` states which of `boxes`, those of the components in `labels`, may be dots.
    """
    chains = _chains(boxes[dots], tall)
    if max(map(len, chains), default=0) < SOME:
        return []
    found = [
        [
            piece
            for piece in _pieces(chain, labels, ~dots, tall)
            if _is_alike(piece)
            and (_are_round(piece) or _is_between(piece, letters, tall))
        ]
        for chain in chains
    ]
    counts = [(Leader(piece).count, piece) for pieces in found for piece in pieces]
    some = [piece for count, piece in counts if count >= SOME]
    some = [piece for piece in some if _is_between(piece, letters, tall)]
    if sum(count >= LEAST for count, _ in counts) < MANY and len(some) < ROWS:
        found = [
            [one for one in pieces if Leader(one).count >= LEAST] for pieces in found
        ]
    return [
        leader
        for chain, pieces in zip(chains, found, strict=True)
        for leader in (*pieces, *_under_text(chain, pieces))
    ]


def _under_text(chain: np.ndarray, pieces: list[np.ndarray]) -> list[np.ndarray]:
    """Return the dots of a chain between its pieces, below text on a dotted line."""
    left = chain[:, 0]
    between = [
        chain[(left > one[-1, 0]) & (left < other[0, 0])]
        for one, other in pairwise(pieces)
    ]
    return [dots for dots in between if len(dots) > 1]


def _merged_dots(
    boxes: np.ndarray,
    flat: np.ndarray,
    labels: np.ndarray,
    letters: np.ndarray,
    tall: float,
) -> list[np.ndarray]:
    """Return the leaders some of whose dots touch, as those of small print do."""
    found = []
    for chain in _chains(boxes[flat], tall):
        start, end = chain[0, 0], chain[-1, 0] + chain[-1, 2]
        cover = chain[:, 2].sum() / (end - start)
        long = end - start >= LONG * tall and COVER[0] <= cover <= COVER[1]
        if not long or not _is_between(chain, letters, tall):
            continue
        pairs = pairwise(chain.tolist())
        if all(_is_free(labels, ~flat, *pair, tall) for pair in pairs):
            found.append(chain)
    return found


def _chains(dots: np.ndarray, tall: float) -> list[np.ndarray]:
    """Return the chains of marks that follow each other, each from the left."""
    starts, ends = dots[:, 0].tolist(), (dots[:, 0] + dots[:, 2]).tolist()
    middles = (dots[:, 1] + dots[:, 3] / 2).tolist()
    level = LEVEL * tall
    chains: list[list[int]] = []
    latest: dict[int, list[int]] = {}  # the last chain at each level

    def away(chain: list[int], index: int) -> float:
        last = chain[-1]
        if starts[index] - ends[last] > STEP * tall:
            return np.inf
        return abs(middles[last] - middles[index])

    for index in np.argsort(dots[:, 0], kind="stable").tolist():
        at = int(middles[index] // level)
        near = [latest[each] for each in (at - 1, at, at + 1) if each in latest]
        gaps = [away(chain, index) for chain in near]
        if gaps and min(gaps) <= level:
            latest[at] = near[gaps.index(min(gaps))]
        else:
            latest[at] = []
            chains.append(latest[at])
        latest[at].append(index)
    return [dots[chain] for chain in chains if len(chain) >= FEW]


def _pieces(
    dots: np.ndarray, labels: np.ndarray, others: np.ndarray, tall: float
) -> list[np.ndarray]:
    """Return the parts of a chain of dots with even distances and nothing between.

    `others` states which of the components in `labels` cannot be such dots.
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
            if not even[number] or not _is_free(labels, others, one, other, tall)
        ],
        int,
    )
    return [piece for piece in np.split(dots, ends) if len(piece) >= FEW]


def _is_free(
    labels: np.ndarray,
    others: np.ndarray,
    one: list[int],
    other: list[int],
    tall: float,
) -> bool:
    """Return whether there is no other ink at, above and between two dots."""
    top = max(0, round(one[1] - ABOVE * tall))
    bottom = round(one[1] + one[3] + BELOW * tall)
    there = labels[top:bottom, one[0] : other[0] + other[2]]
    return not others[there[there > 0]].any()


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
