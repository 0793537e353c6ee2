"""Measurements of a page, on which automatic steps decide.

Nothing here changes the page. Most measurements use `letters_on`: the marks that look
like letters, found once at a reduced scale. Working with their positions instead of
pixels is fast, and ignores pictures, stains and ruled lines.
"""

import math
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import cv2
import numpy as np

from ocr_core.page import Page

SMALL_PIXELS = 4_000_000  # a page is measured at an integer reduction below this size
DARKNESS_PIXELS = 2_000_000  # the darkness of marks is measured at this size
NEIGHBOURHOOD = 51  # px of the reduced page: about two lines of common print
MIN_INK = 10  # grey levels; less is grain of the paper
FEW = 30  # letters; statistics over fewer are meaningless
# Share of the marks of common height that are round and full: at most 0.55 on real
# pages, more than 0.9 where dots of a printed picture outnumber the letters.
MOSTLY_DOTS = 0.75
CLOSE = 0.6  # of a letter's height, maximum gap between the letters of a word
MIN_GROUP = 3  # letters
LATTICE_PART = 12  # heights of a mark, side of the parts in which dots are looked for
MIN_LATTICE, MAX_LATTICE = 20, 2000  # marks in such a part
LATTICE_SHARE = 0.35  # minimum share of them with neighbours at equal distances
FULL = 0.6  # minimum share of ink in the box of a dot


@dataclass(frozen=True, eq=False)
class Glyphs:
    """The marks on a page that look like letters.

    Parameters
    ----------
    boxes : (N, 4) float array
        Left, top, width and height of each mark, in pixels of the page.
    height : float
        The height with most of the ink, in pixels: the x-height in running text, the
        cap height in text of capitals; 0 if nothing was found.
    """

    boxes: np.ndarray
    height: float

    @property
    def count(self) -> int:
        """Number of marks."""
        return len(self.boxes)

    @property
    def middles(self) -> np.ndarray:
        """(N, 2) float array: the middle of each mark, x and y."""
        return self.boxes[:, :2] + self.boxes[:, 2:] / 2

    @property
    def feet(self) -> np.ndarray:
        """(N, 2) float array: the middle of each mark's lower edge, x and y."""
        return self.boxes[:, :2] + self.boxes[:, 2:] * (0.5, 1.0)


def reduced(image: np.ndarray, pixels: int = SMALL_PIXELS) -> tuple[np.ndarray, int]:
    """Reduce an (H, W) page by a whole number to at most `pixels`; return both."""
    shrink = int(np.ceil(np.sqrt(image.size / pixels)))
    if shrink <= 1:
        return image, 1
    height, width = image.shape[0] // shrink, image.shape[1] // shrink
    whole = image[: height * shrink, : width * shrink]
    return cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), shrink


def ink_mask(image: np.ndarray, share: float = 0.8) -> np.ndarray:
    """Return an (H, W) uint8 mask, 1 where a page is darker than its neighbourhood.

    The threshold is a share of Otsu's over the pixels that are darker at all, which
    separates ink from grain for both black and faded ink. `share` is below 1 because
    thin strokes, or a second ink, are paler.
    """
    soft = cv2.GaussianBlur(image, (3, 3), 0)
    mean = cv2.boxFilter(soft, -1, (NEIGHBOURHOOD, NEIGHBOURHOOD))
    darker = cv2.subtract(mean, soft)
    some = darker[::2, ::2]
    some = some[some >= MIN_INK].reshape(1, -1)
    if some.size < FEW:
        return np.zeros(image.shape, np.uint8)
    otsu = cv2.threshold(some, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[0]
    return np.asarray((darker > max(MIN_INK, share * otsu)).astype(np.uint8))


def letters_on(image: np.ndarray) -> Glyphs:
    """Find the marks that look like letters on an (H, W) uint8 page, dark on light."""
    small, shrink = reduced(image)
    return _letters_among(*marks_on(small), shrink)


def _letters_among(boxes: np.ndarray, full: np.ndarray, shrink: int) -> Glyphs:
    """Return the letters among the marks of a page reduced by a whole number."""
    if len(boxes) == 0:
        return Glyphs(boxes, 0.0)
    tall, alike = _of_common_height(boxes)
    if full[alike].mean() > MOSTLY_DOTS and not full.all():
        boxes = boxes[~full]
        tall, alike = _of_common_height(boxes)
    screened = screen_dots(boxes, tall)
    if screened.any() and not screened.all():
        boxes = boxes[~screened]
        tall, alike = _of_common_height(boxes)
    return Glyphs(boxes[alike] * shrink, tall * shrink)


def screen_dots(boxes: np.ndarray, tall: float) -> np.ndarray:
    """Return which marks are dots of a halftone picture: they form a square lattice.

    Most dots have three or more neighbours as far away as the nearest one. Letters do
    not, as lines are farther apart than the letters in a line.

    Parameters
    ----------
    boxes : (N, 4) float array
        Left, top, width and height of each mark.
    tall : float
        Common height of the marks.

    Returns
    -------
    (N,) bool array
    """
    found = np.zeros(len(boxes), bool)
    middles = boxes[:, :2] + boxes[:, 2:] / 2
    column, row = (middles / (LATTICE_PART * tall)).astype(int).T
    part = row * (int(column.max()) + 1) + column
    order = np.argsort(part, kind="stable")
    ends = np.flatnonzero(np.diff(part[order])) + 1
    for some in np.split(order, ends):
        if not MIN_LATTICE <= len(some) <= MAX_LATTICE:
            continue
        apart = middles[some][:, None] - middles[some]
        away = np.sqrt(np.square(apart).sum(axis=2))
        np.fill_diagonal(away, np.inf)
        near = away.min(axis=1, keepdims=True)
        alike = (away < 1.2 * near).sum(axis=1) >= 3
        found[some] = alike.mean() > LATTICE_SHARE
    return found


def marks_on(small: np.ndarray, share: float = 0.8) -> tuple[np.ndarray, np.ndarray]:
    """Find the marks of any height on a reduced page that may be letters.

    Returns
    -------
    (N, 4) float array
        Left, top, width and height of each mark.
    (N,) bool array
        Which of them are as round and full as the dots of a halftone picture.
    """
    mask = ink_mask(small, share)
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    boxes, area = stats[1:, :4].astype(float), stats[1:, 4]
    width, height = boxes[:, 2], boxes[:, 3]
    cover = area / np.maximum(width * height, 1)
    # Exclude specks, lines and pictures; touching letters may be one mark.
    likely = (height >= 4) & (width >= 2) & (height < small.shape[0] / 6)
    likely &= (width < 8 * height) & (height < 8 * width)
    likely &= (cover > 0.12) & (cover < 0.95)
    boxes, shape = boxes[likely], (width / np.maximum(height, 1))[likely]
    return boxes, (cover[likely] > FULL) & (shape > 0.6) & (shape < 1.7)


def _of_common_height(boxes: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the common height of marks, and which marks have about this height."""
    tall = common_height(boxes[:, 3])
    return tall, (boxes[:, 3] > 0.6 * tall) & (boxes[:, 3] < 2.5 * tall)


def small_print_on(page: Page, tall: float) -> float:
    """Return the height of the letters of smaller print on a page; 0 if there is none.

    Such are footnotes, or an imprint below a title. Dots, accents and dirt are small
    too, but are not in rows.

    Parameters
    ----------
    page
        Dark ink on light paper.
    tall : float
        Height of the common letters, in pixels.
    """
    boxes, _, shrink = _marks_of(page)
    boxes = boxes[boxes[:, 3] * shrink < 0.6 * tall]
    height, width = page.image.shape[:2]
    in_row = boxes[in_rows(boxes.astype(int), (height // shrink, width // shrink))]
    if len(in_row) < FEW:
        return 0.0
    return float(np.percentile(in_row[:, 3], 25)) * shrink


def in_rows(boxes: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return which marks have a neighbour of similar height close beside them.

    Parameters
    ----------
    boxes : (N, 4) int array
        Left, top, width and height of each mark, in pixels.
    shape
        Height and width of the image.

    Returns
    -------
    (N,) bool array
    """
    label = np.zeros(shape, np.int32)
    for index, (left, top, width, height) in enumerate(boxes.tolist(), start=1):
        label[top : top + height, left : left + width] = index
    right = boxes[:, 0] + boxes[:, 2]
    middle = boxes[:, 1] + boxes[:, 3] // 2
    other = np.zeros(len(boxes), int)
    for gap in range(int(boxes[:, 3].max(initial=0))):
        x = np.minimum(right + gap, shape[1] - 1)
        near = (other == 0) & (gap < boxes[:, 3])
        other[near] = label[middle[near], x[near]]
    one = np.flatnonzero(other)
    other = other[one] - 1
    limit = 0.35 * boxes[one, 3]
    foot = boxes[:, 1] + boxes[:, 3]
    alike = np.abs(boxes[one, 3] - boxes[other, 3]) <= limit
    alike &= np.abs(foot[one] - foot[other]) <= limit
    found = np.zeros(len(boxes), bool)
    found[one[alike]] = found[other[alike]] = True
    return found


def in_words(letters: Glyphs) -> np.ndarray:
    """Return which letters are close to at least two others, as within a word.

    Single marks in the cells of a table are not. Two letters are close if the gap
    between them, horizontal or vertical, is below `CLOSE` times their height.

    Returns
    -------
    (N,) bool array
    """
    cell = max(1.0, letters.height / 8)
    grown = CLOSE / 2 * letters.height
    low = np.maximum(letters.boxes[:, :2] - grown, 0)
    high = letters.boxes[:, :2] + letters.boxes[:, 2:] + grown
    low, high = ((edge / cell).astype(int) for edge in (low, high))
    ground = np.zeros(high.max(axis=0)[::-1] + 1, np.uint8)
    for (left, top), (right, bottom) in zip(low.tolist(), high.tolist(), strict=True):
        ground[top : bottom + 1, left : right + 1] = 1
    labels = cv2.connectedComponents(ground, connectivity=4)[1]
    group = labels[low[:, 1], low[:, 0]]
    return np.asarray(np.bincount(group)[group] >= MIN_GROUP)


_letters: WeakKeyDictionary[Page, Glyphs] = WeakKeyDictionary()
_marks: WeakKeyDictionary[Page, tuple[np.ndarray, np.ndarray, int]] = (
    WeakKeyDictionary()
)


def letters_of(page: Page) -> Glyphs:
    """Find the letters of a page, cached as long as the page exists."""
    if page not in _letters:
        _letters[page] = _letters_among(*_marks_of(page))
    return _letters[page]


def _marks_of(page: Page) -> tuple[np.ndarray, np.ndarray, int]:
    """Return what `marks_on` finds on a page, cached, and how much it was reduced."""
    if page not in _marks:
        small, shrink = reduced(page.image)
        _marks[page] = (*marks_on(small), shrink)
    return _marks[page]


def common_height(heights: np.ndarray) -> float:
    """Return the height with most of the ink, in whole pixels, from an (N,) array.

    Each mark is weighted by its height, so that specks do not outweigh letters.
    """
    count = np.bincount(heights.astype(int)) * np.arange(int(heights.max()) + 1.0)
    return float(np.argmax(np.convolve(count, [0.25, 0.5, 0.25], "same")))


def polarity(image: np.ndarray) -> float:
    """Return a value below 0 for dark ink on light paper, above 0 for the opposite.

    Ink covers less area than paper, so it makes the few large deviations from the local
    mean; the sign of their skewness is the result. Borders and pictures hardly matter.
    """
    small = reduced(image, 1_000_000)[0].astype(np.float32)
    away = small - cv2.boxFilter(small, -1, (31, 31))
    square = away * away
    spread = float(cv2.mean(square)[0]) ** 1.5
    return float(cv2.mean(square * away)[0]) / spread if spread > 1 else -1.0


THIRDS = 3  # parts of a page, from left to right, that are also levelled separately


@dataclass(frozen=True)
class Skew:
    """The skew of lines of text, and how clear the evidence is.

    Rotating by `degrees` counter-clockwise levels them. `clear` is the height of the
    peak relative to the scatter at other angles, `gain` relative to the page as it is.
    `alone` is its height relative to that with each third of the page levelled alone.
    """

    degrees: float
    clear: float
    gain: float
    alone: float = 1.0


def skew_of(letters: Glyphs, limit: float, upright: bool = True) -> Skew:
    """Measure the skew of the lines of letters.

    On a level page, the feet of the letters are at few heights. The angle whose
    histogram of heights has the largest sum of squares is chosen (the projection
    profile of W. Postl, 1986, with one vote per letter).

    Parameters
    ----------
    letters
        The letters of a page.
    limit : float
        Largest skew to look for, in degrees, in either direction.
    upright : bool
        False looks for vertical lines instead.
    """
    if letters.count < 8:
        return Skew(0.0, 0.0, 1.0)
    x, y = letters.feet.T if upright else (letters.boxes[:, :2] * (-1, 1)).T[::-1]
    if len(x) > 3000:
        x, y = x[:: len(x) // 3000 + 1], y[:: len(y) // 3000 + 1]
    x, y = x - x.mean(), y - y.mean()
    cell = letters.height / 4
    reach = max(np.ptp(x), 4 * cell)
    step = float(np.clip(np.degrees(cell / reach), 0.05, 0.5))
    angles = np.arange(-np.ceil(limit / step), np.ceil(limit / step) + 1) * step
    scores = peakedness(x, y, angles, cell)
    best = float(angles[np.argmax(scores)])
    base = float(np.median(scores))
    spread = 1.5 * float(np.median(np.abs(scores - base))) + 1e-9
    fine = best + np.linspace(-1.5, 1.5, 31) * step
    # With few letters, plateaus are common: take the middle.
    sharp = peakedness(x, y, fine, cell / 2)
    degrees = float(fine[sharp >= sharp.max() * 0.995].mean())
    level = float(peakedness(x, y, np.zeros(1), cell)[0])
    peak = float(scores.max())
    gain = (peak - base) / max(level - base, 0.02 * peak)
    both = np.array([0.0, degrees])
    parts = [_alone(x, y, third, both, cell) for third in range(THIRDS)]
    level, turned = np.sum(parts, axis=0).tolist()
    return Skew(degrees, (peak - base) / spread, gain, turned / max(level, 1e-9))


def _alone(
    x: np.ndarray, y: np.ndarray, third: int, angles: np.ndarray, cell: float
) -> np.ndarray:
    """Return the contribution of a third of the page to the sum of squares."""
    edges = x.min() + np.ptp(x) * np.array([third, third + 1]) / THIRDS
    inside = (x >= edges[0]) & (x <= edges[1])
    if inside.sum() < 2:
        return np.zeros(len(angles))
    return inside.sum() * peakedness(x[inside], y[inside], angles, cell)


def peakedness(
    x: np.ndarray, y: np.ndarray, angles: np.ndarray, cell: float
) -> np.ndarray:
    """Return, for each angle in degrees, how concentrated the points' heights are."""
    scores = np.empty(len(angles))
    for index, angle in enumerate(np.radians(angles)):
        rows = (y * np.cos(angle) - x * np.sin(angle)) / cell
        rows -= rows.min()
        # Votes are shared between neighbouring cells to avoid jumps at their edges.
        whole = rows.astype(int)
        part = rows - whole
        size = int(whole.max()) + 2
        votes = np.bincount(whole, 1 - part, size) + np.bincount(whole + 1, part, size)
        scores[index] = np.square(votes).sum()
    return scores / len(x)


def true_runs(mask: Any) -> np.ndarray:
    """Return the (N, 2) starts and ends of the runs of true values in a (L,) mask."""
    padded = np.zeros(len(mask) + 2, bool)
    padded[1:-1] = mask
    return np.flatnonzero(padded[1:] != padded[:-1]).reshape(-1, 2)


def specks_on(image: np.ndarray) -> float:
    """Return the share of pixels that differ from all eight pixels around them.

    Salt-and-pepper noise does; strokes never do, dirt seldom. The 40th percentile over
    parts of the page is used, so that halftone pictures do not count as noise.
    """
    return float(np.percentile([_specks(part) for part in parts_of(image)], 40))


def _specks(part: np.ndarray) -> float:
    around = np.ones((3, 3), np.uint8)
    around[1, 1] = 0
    salt = cv2.subtract(part, cv2.dilate(part, around)) > 50
    pepper = cv2.subtract(cv2.erode(part, around), part) > 50
    return float(salt.mean() + pepper.mean())


def dot_pitch(image: np.ndarray) -> float:
    """Return the mean distance between marks of an (H, W) page, in pixels.

    Marks are black on white or white on black, whichever are more. Text has 10 or more;
    a page that a scanner or a program turned into a screen of dots, 2 to 3.
    """
    _, light = cv2.threshold(image, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    marks = max(
        cv2.connectedComponents(each, connectivity=4)[0]
        for each in (light, 255 - light)
    )
    return math.sqrt(image.size / marks)


def grain_on(image: np.ndarray) -> float:
    """Return the standard deviation of the grain of an (H, W) page, in grey levels.

    J. Immerkaer, Fast noise variance estimation, Computer Vision and Image
    Understanding 64 (1996), 300-302, with the median in place of the mean, so that
    the edges of letters do not count. The 40th percentile over parts of the page is
    used, so that the grain of a picture does not count.

    Dense salt-and-pepper noise looks like grain. A median filter removes it, but
    leaves a sixth of grain; the smaller of both estimates is returned.
    """
    return float(np.percentile([_grain(part) for part in parts_of(image)], 40))


def _grain(part: np.ndarray) -> float:
    rough = _roughness(part)
    return min(rough, 6 * _roughness(cv2.medianBlur(part, 3))) if rough else 0.0


def _roughness(image: np.ndarray) -> float:
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.int16)
    rough = np.abs(cv2.filter2D(image, cv2.CV_16S, kernel)).astype(np.uint16)
    bins = 8 * 255 + 1
    count = np.cumsum(cv2.calcHist([rough], [0], None, [bins], [0, bins]))
    middle = int(np.searchsorted(count, rough.size / 2))
    return middle / 0.6745 / 6


def parts_of(image: np.ndarray, side: int = 333) -> list[np.ndarray]:
    """Return nine squares spread over an (H, W) page."""
    tops, lefts = (
        np.linspace(0.1 * length, 0.9 * length - side, 3).clip(0).astype(int)
        for length in image.shape
    )
    return [
        image[top : top + side, left : left + side] for top in tops for left in lefts
    ]
