"""Measures: what a page says about itself, so that a step can look before it acts.

Nothing here changes a pixel of the page. Most measures rest on `letters_on`: the
marks that look like letters, found once at a reduced scale. Points instead of pixels
keep them cheap, and pictures, stains and ruled lines out of the sums.
"""

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import cv2
import numpy as np

from ocr_core.page import Page

SMALL_PIXELS = 4_000_000  # a page is measured at an integer reduction below this size
STRENGTH_PIXELS = 2_000_000  # the strength of marks shows at half of that
NEIGHBOURHOOD = 51  # px of the reduced page: about two lines of common print
LEAST_INK = 10  # grey levels; less is grain of the paper
FEW = 30  # letters; below this no statistic over them means anything
# Of the marks of common height at most 0.55 are round and full on real pages, and more
# than 0.9 where the dots of a printed picture outnumber the letters.
MOSTLY_DOTS = 0.75
CLOSE = 0.6  # of a letter's height: no two letters of a word stand farther apart
LEAST_GROUP = 3  # letters
LATTICE_PART = 12  # side of the parts in which dots are looked for, in heights
LEAST_LATTICE, MOST_LATTICE = 20, 2000  # marks in such a part
LATTICE_SHARE = 0.35  # of them have neighbours at equal distances
FULL = 0.6  # of its box is inked where a mark is a dot


@dataclass(frozen=True, eq=False)
class Glyphs:
    """The marks on a page that look like letters.

    Parameters
    ----------
    boxes : (N, 4) float array
        Left, top, width and height of each mark, in pixels of the page.
    height : float
        The height that carries most of the ink, in pixels: of a small letter in
        running text, of a capital where all are capitals; 0 where nothing was found.
    """

    boxes: np.ndarray
    height: float

    @property
    def count(self) -> int:
        """How many marks there are."""
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
    """Return an (H, W) page reduced by the whole number that brings it below a size."""
    shrink = int(np.ceil(np.sqrt(image.size / pixels)))
    if shrink <= 1:
        return image, 1
    height, width = image.shape[0] // shrink, image.shape[1] // shrink
    whole = image[: height * shrink, : width * shrink]
    return cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), shrink


def ink_mask(image: np.ndarray, share: float = 0.8) -> np.ndarray:
    """Return an (H, W) uint8 mask, 1 where a page is darker than its neighbourhood.

    How much darker is Otsu's threshold over those pixels that are darker at all: it
    parts ink from grain whether the ink is black or faded. `share` of it is enough:
    thin strokes are paler than thick ones, and a second ink may be paler still.
    """
    soft = cv2.GaussianBlur(image, (3, 3), 0)
    mean = cv2.boxFilter(soft, -1, (NEIGHBOURHOOD, NEIGHBOURHOOD))
    darker = cv2.subtract(mean, soft)
    some = darker[::2, ::2]
    some = some[some >= LEAST_INK].reshape(1, -1)
    if some.size < FEW:
        return np.zeros(image.shape, np.uint8)
    otsu = cv2.threshold(some, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[0]
    return np.asarray((darker > max(LEAST_INK, share * otsu)).astype(np.uint8))


def letters_on(image: np.ndarray) -> Glyphs:
    """Find the marks that look like letters on an (H, W) uint8 page, dark on light."""
    small, shrink = reduced(image)
    boxes, full = marks_on(small)
    if len(boxes) == 0:
        return Glyphs(boxes, 0.0)
    tall, alike = _alike(boxes)
    if full[alike].mean() > MOSTLY_DOTS and not full.all():
        boxes = boxes[~full]
        tall, alike = _alike(boxes)
    screened = screen_dots(boxes, tall)
    if screened.any() and not screened.all():
        boxes = boxes[~screened]
        tall, alike = _alike(boxes)
    return Glyphs(boxes[alike] * shrink, tall * shrink)


def screen_dots(boxes: np.ndarray, tall: float) -> np.ndarray:
    """Tell which marks are the dots of a printed picture: they form a square lattice.

    Most dots have three neighbours or more as far away as the nearest. Letters do not:
    lines stand farther apart than the letters of one.

    Parameters
    ----------
    boxes : (N, 4) float array
        Left, top, width and height of each mark.
    tall : float
        The height of a common mark.

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
        if not LEAST_LATTICE <= len(some) <= MOST_LATTICE:
            continue
        apart = middles[some][:, None] - middles[some]
        away = np.sqrt(np.square(apart).sum(axis=2))
        np.fill_diagonal(away, np.inf)
        near = away.min(axis=1, keepdims=True)
        alike = (away < 1.2 * near).sum(axis=1) >= 3
        found[some] = alike.mean() > LATTICE_SHARE
    return found


def marks_on(small: np.ndarray, share: float = 0.8) -> tuple[np.ndarray, np.ndarray]:
    """Find the marks on a reduced page that may be letters, whatever their height.

    Returns
    -------
    (N, 4) float array
        Left, top, width and height of each mark.
    (N,) bool array
        Which of them are as round and full as the dots of a printed picture.
    """
    mask = ink_mask(small, share)
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    boxes, area = stats[1:, :4].astype(float), stats[1:, 4]
    width, height = boxes[:, 2], boxes[:, 3]
    cover = area / np.maximum(width * height, 1)
    # A letter is no speck, no line and no picture; touching letters may be one mark.
    likely = (height >= 4) & (width >= 2) & (height < small.shape[0] / 6)
    likely &= (width < 8 * height) & (height < 8 * width)
    likely &= (cover > 0.12) & (cover < 0.95)
    boxes, shape = boxes[likely], (width / np.maximum(height, 1))[likely]
    return boxes, (cover[likely] > FULL) & (shape > 0.6) & (shape < 1.7)


def _alike(boxes: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the common height of some marks, and which of them are about as tall."""
    tall = common_height(boxes[:, 3])
    return tall, (boxes[:, 3] > 0.6 * tall) & (boxes[:, 3] < 2.5 * tall)


def small_print_on(image: np.ndarray, tall: float) -> float:
    """Return the height of the letters of smaller print on a page; 0 without any.

    Footnotes beside text, an imprint below a title. Dots, accents and dirt are small
    too, but do not stand in rows.

    Parameters
    ----------
    image : (H, W) uint8 array
        Dark ink on light paper.
    tall : float
        Height of the common letters, in pixels.
    """
    small, shrink = reduced(image)
    boxes, _ = marks_on(small)
    boxes = boxes[boxes[:, 3] * shrink < 0.6 * tall]
    in_row = boxes[stand_in_rows(boxes.astype(int), small.shape)]
    if len(in_row) < FEW:
        return 0.0
    return float(np.percentile(in_row[:, 3], 25)) * shrink


def stand_in_rows(boxes: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Tell which marks have a neighbour of their own height close beside them.

    Parameters
    ----------
    boxes : (N, 4) int array
        Left, top, width and height of each mark, in pixels.
    shape
        Height and width of the image they lie on.

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


def stand_close(letters: Glyphs) -> np.ndarray:
    """Tell which letters stand with two others or more, as within a word.

    Single marks in the cells of a table stand apart. Two letters stand close where
    less than `CLOSE` of their height lies between them, beside or above.

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
    return np.asarray(np.bincount(group)[group] >= LEAST_GROUP)


_letters: WeakKeyDictionary[Page, Glyphs] = WeakKeyDictionary()


def letters_of(page: Page) -> Glyphs:
    """Find the letters of a page, remembered as long as the page."""
    if page not in _letters:
        _letters[page] = letters_on(page.image)
    return _letters[page]


def common_height(heights: np.ndarray) -> float:
    """Return the height that carries most of the ink, whole pixels, from an (N,) array.

    Each mark counts by its height, so that crumbs do not outvote letters.
    """
    count = np.bincount(heights.astype(int)) * np.arange(int(heights.max()) + 1.0)
    return float(np.argmax(np.convolve(count, [0.25, 0.5, 0.25], "same")))


def ink_lean(image: np.ndarray) -> float:
    """Tell dark ink on light paper (below 0) from light ink on dark paper (above 0).

    Ink covers less than paper, so around the local mean it makes the few large
    deviations: their skewness has its sign. Borders and pictures have no sign.
    """
    small = reduced(image, 1_000_000)[0].astype(np.float32)
    away = small - cv2.boxFilter(small, -1, (31, 31))
    square = away * away
    spread = float(cv2.mean(square)[0]) ** 1.5
    return float(cv2.mean(square * away)[0]) / spread if spread > 1 else -1.0


THIRDS = 3  # parts of a page, from left to right, whose lines are levelled alone


@dataclass(frozen=True)
class Skew:
    """How far lines of text are tilted, and how clearly that shows.

    `degrees` levels them, counter-clockwise. `clear` is the height of the peak over
    the scatter at other angles, `gain` its height over that of the page as it is.
    `alone` is its height over that where each third of the page stands for itself.
    """

    degrees: float
    clear: float
    gain: float
    alone: float = 1.0


def tilt_of(letters: Glyphs, limit: float, upright: bool = True) -> Skew:
    """Measure the tilt of the lines on which letters stand.

    Letters of a line stand on one height. Turned level, the feet of all letters fall
    on few heights: the angle whose histogram has the largest sum of squares wins (the
    projection profile of W. Postl, 1986, with one vote for each letter).

    Parameters
    ----------
    letters
        The letters of a page.
    limit : float
        Largest tilt to look for, in degrees, to either side.
    upright : bool
        False looks for lines that run from top to bottom instead.
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
    # A plateau of equals is common among few letters: take its middle.
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
    """Return what the points of a third of the page add to the sum of squares."""
    edges = x.min() + np.ptp(x) * np.array([third, third + 1]) / THIRDS
    inside = (x >= edges[0]) & (x <= edges[1])
    if inside.sum() < 2:
        return np.zeros(len(angles))
    return inside.sum() * peakedness(x[inside], y[inside], angles, cell)


def peakedness(
    x: np.ndarray, y: np.ndarray, angles: np.ndarray, cell: float
) -> np.ndarray:
    """Return, for each angle in degrees, how few heights the turned points share."""
    scores = np.empty(len(angles))
    for index, angle in enumerate(np.radians(angles)):
        rows = (y * np.cos(angle) - x * np.sin(angle)) / cell
        rows -= rows.min()
        # Half of each vote goes to the next cell: no jump where a cell ends.
        whole = rows.astype(int)
        part = rows - whole
        size = int(whole.max()) + 2
        votes = np.bincount(whole, 1 - part, size) + np.bincount(whole + 1, part, size)
        scores[index] = np.square(votes).sum()
    return scores / len(x)


@dataclass(frozen=True)
class Illumination:
    """What one threshold for the whole page would do to its letters.

    `drowned` is the share of paper around letters that would turn to ink, `lost` the
    share of ink that would turn to paper. `ink` is the grey of the darker strokes
    (their tenth percentile), `paper` the middle grey of the paper around letters, and
    `contrast` how far common ink lies below it. `texture` is the standard deviation of
    the paper (its 84th percentile less the middle) as a share of the contrast. `two`
    tells a page of black and white.
    """

    drowned: float = 0.0
    lost: float = 0.0
    ink: float = 0.0
    paper: float = 255.0
    contrast: float = 255.0
    texture: float = 0.0
    two: bool = False

    @property
    def uneven(self) -> bool:
        """Tell whether one threshold would cost letters.

        Evenly lit pages drown 2 % of the paper at most, old prints and typescript
        among them. Thin grey strokes are lost at their rims on any page.
        """
        return not self.two and (self.drowned > 0.03 or self.lost > 0.3)

    def mended(self, before: "Illumination") -> bool:
        """Tell whether this page serves its letters much better than `before`."""
        all_faults = self.drowned + self.lost < 0.5 * (before.drowned + before.lost)
        return all_faults or self.drowned < 0.5 * before.drowned


def light_on(image: np.ndarray, letters: Glyphs) -> Illumination:
    """Measure what uneven light costs an engine that cuts at Otsu's threshold.

    N. Otsu, A threshold selection method from gray-level histograms, IEEE Trans. SMC
    9 (1979), 62-66: Tesseract finds lines and words on the page cut this way. Ink and
    paper are told apart by their neighbourhood instead, near letters only.
    """
    some = image[::2, ::2] if image.size > SMALL_PIXELS else image
    cut = cv2.threshold(some, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[0]
    histogram = cv2.calcHist([some], [0], None, [256], [0, 256])
    two = bool(np.sort(histogram, axis=None)[-2:].sum() >= 0.99 * some.size)
    if letters.count < 8:
        return Illumination(two=two)
    small, shrink = reduced(image)
    mask = ink_mask(small)
    near = np.zeros(small.shape, bool)
    boxes = (letters.boxes / shrink).astype(int)
    for left, top, width, height in boxes.tolist():
        near[
            max(0, top - 2) : top + height + 2, max(0, left - 2) : left + width + 2
        ] = 1
    ink = small[near & (mask > 0)]
    paper = small[near & (cv2.dilate(mask, np.ones((3, 3), np.uint8)) == 0)][::3]
    if len(ink) == 0 or len(paper) == 0:
        return Illumination(two=two)
    middle = float(np.median(paper))
    contrast = middle - float(np.median(ink))
    return Illumination(
        drowned=float((paper <= cut).mean()),
        lost=float((ink > cut).mean()),
        ink=float(np.percentile(ink, 10)),
        paper=middle,
        contrast=contrast,
        texture=(float(np.percentile(paper, 84)) - middle) / max(contrast, 1),
        two=two,
    )


def specks_on(image: np.ndarray) -> float:
    """Return the share of pixels that stand out from all eight around them.

    Salt and pepper do; strokes of pen or print never do, dirt seldom. Most parts of the
    page have as many or more: the dots of a printed picture are no noise of the page.
    """
    return float(np.percentile([_specks(part) for part in parts_of(image)], 40))


def _specks(part: np.ndarray) -> float:
    around = np.ones((3, 3), np.uint8)
    around[1, 1] = 0
    salt = cv2.subtract(part, cv2.dilate(part, around)) > 50
    pepper = cv2.subtract(cv2.erode(part, around), part) > 50
    return float(salt.mean() + pepper.mean())


def grain_on(image: np.ndarray) -> float:
    """Return the standard deviation of the grain of an (H, W) page, in grey levels.

    J. Immerkaer, Fast noise variance estimation, Computer Vision and Image
    Understanding 64 (1996), 300-302, with the median in place of the mean, so that
    the rims of letters do not count. Most parts of the page have as much or more: the
    grain of a picture is no grain of the paper.

    Dense salt and pepper looks like grain, but a median removes all of it, and of
    grain leaves a sixth in this measure: the smaller of both estimates is meant.
    """
    return float(np.percentile([_grain(part) for part in parts_of(image)], 40))


def _grain(part: np.ndarray) -> float:
    rough = _roughness(part)
    return min(rough, 6 * _roughness(cv2.medianBlur(part, 3))) if rough else 0.0


def _roughness(image: np.ndarray) -> float:
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.int16)
    rough = np.abs(cv2.filter2D(image, cv2.CV_16S, kernel)).astype(np.uint16)
    most = 8 * 255 + 1
    count = np.cumsum(cv2.calcHist([rough], [0], None, [most], [0, most]))
    middle = int(np.searchsorted(count, rough.size / 2))
    return middle / 0.6745 / 6


def parts_of(image: np.ndarray, side: int = 333) -> list[np.ndarray]:
    """Return nine parts of an (H, W) page that lie spread over it, each a square."""
    tops, lefts = (
        np.linspace(0.1 * length, 0.9 * length - side, 3).clip(0).astype(int)
        for length in image.shape
    )
    return [
        image[top : top + side, left : left + side] for top in tops for left in lefts
    ]
