"""Measures: what a page image says about itself, so that a step can look before it acts.

Nothing here changes a pixel of the page. Most measures rest on `letters_on`: the
marks that look like letters, found once at a reduced scale. Points instead of pixels
keep them cheap, and pictures, stains and ruled lines out of the sums.
"""

from dataclasses import dataclass

import cv2
import numpy as np

SMALL_PIXELS = 4_000_000  # a page is measured at an integer reduction below this size
NEIGHBOURHOOD = 51  # px of the reduced page: about two lines of common print
LEAST_INK = 10  # grey levels; less is grain of the paper
FEW = 30  # letters; below this no statistic over them means anything


@dataclass(frozen=True, eq=False)
class Letters:
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


def ink_mask(image: np.ndarray) -> np.ndarray:
    """Return an (H, W) uint8 mask, 1 where a page is darker than its neighbourhood.

    How much darker is Otsu's threshold over those pixels that are darker at all: it
    parts ink from grain whether the ink is black or faded.
    """
    soft = cv2.GaussianBlur(image, (3, 3), 0)
    mean = cv2.boxFilter(soft, -1, (NEIGHBOURHOOD, NEIGHBOURHOOD))
    darker = cv2.subtract(mean, soft)
    some = darker[::2, ::2]
    some = some[some >= LEAST_INK].reshape(1, -1)
    if some.size < FEW:
        return np.zeros(image.shape, np.uint8)
    otsu = cv2.threshold(some, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[0]
    # Thin strokes are paler than thick ones: stay below the threshold that Otsu finds.
    return np.asarray((darker > max(LEAST_INK, 0.8 * otsu)).astype(np.uint8))


def letters_on(image: np.ndarray) -> Letters:
    """Find the marks that look like letters on an (H, W) uint8 page, dark on light."""
    small, shrink = reduced(image)
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink_mask(small), connectivity=8)
    boxes, area = stats[1:, :4].astype(float), stats[1:, 4]
    width, height = boxes[:, 2], boxes[:, 3]
    cover = area / np.maximum(width * height, 1)
    # A letter is no speck, no line and no picture; touching letters may be one mark.
    likely = (height >= 4) & (width >= 2) & (height < small.shape[0] / 6)
    likely &= (width < 8 * height) & (height < 8 * width)
    likely &= (cover > 0.12) & (cover < 0.95)
    boxes = boxes[likely]
    if len(boxes) == 0:
        return Letters(boxes, 0.0)
    tall = common_height(boxes[:, 3])
    alike = (boxes[:, 3] > 0.6 * tall) & (boxes[:, 3] < 2.5 * tall)
    return Letters(boxes[alike] * shrink, tall * shrink)


def common_height(heights: np.ndarray) -> float:
    """Return the height that carries most of the ink, whole pixels, from an (N,) array.

    Each mark counts by its height, so that crumbs do not outvote letters.
    """
    count = np.bincount(heights.astype(int)) * np.arange(int(heights.max()) + 1.0)
    return float(np.argmax(np.convolve(count, [0.25, 0.5, 0.25], "same")))


@dataclass(frozen=True)
class Tilt:
    """How far lines of text are tilted, and how clearly that shows.

    `degrees` levels them, counter-clockwise. `clear` is the height of the peak over
    the scatter at other angles, `gain` its height over that of the page as it is.
    """

    degrees: float
    clear: float
    gain: float


def tilt_of(letters: Letters, limit: float, upright: bool = True) -> Tilt:
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
        return Tilt(0.0, 0.0, 1.0)
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
    level = peakedness(x, y, np.zeros(1), cell)[0]
    peak = float(scores.max())
    gain = (peak - base) / max(level - base, 0.02 * peak)
    return Tilt(degrees, (peak - base) / spread, gain)


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
class Stance:
    """Which way letters run and stand, told from pairs of neighbours.

    `beside` is the share of letters whose nearest neighbour stands beside them, not
    above or below: near 1 where lines run level, near 0 where they run up or down.
    `rising` is, among the letters that are taller than a neighbour on their line, the
    share that rises above it: near 1 on an upright page of any Latin hand, where
    b d f h k l t and capitals outnumber g j p q y. `pairs` counts these.
    """

    beside: float
    rising: float
    pairs: int


def stance_of(letters: Letters, sample: int = 600) -> Stance:
    """Measure which way the letters of a page run and stand."""
    if letters.count < FEW:
        return Stance(1.0, 1.0, 0)
    middles = letters.middles
    some = np.linspace(0, letters.count - 1, min(sample, letters.count)).astype(int)
    away = np.abs(middles[some, None] - middles[None])
    # Gaps count, not distances of middles: a wide mark may be several letters.
    gap = away - (letters.boxes[some, None, 2:] + letters.boxes[None, :, 2:]) / 2
    gap = np.maximum(gap, 0).sum(axis=2)
    gap[np.arange(len(some)), some] = np.inf
    near = gap.argmin(axis=1)
    close = gap[np.arange(len(some)), near] < 2 * letters.height
    step = away[np.arange(len(some)), near]
    beside = step[:, 0] > step[:, 1]
    share = float(beside[close].mean()) if close.any() else 1.0
    one, other = letters.boxes[some[close & beside]], letters.boxes[near[close & beside]]
    rising, pairs = _rising(one, other)
    return Stance(share, rising, pairs)


def _rising(one: np.ndarray, other: np.ndarray) -> tuple[float, int]:
    taller = np.maximum(one[:, 3], other[:, 3])
    unlike = np.abs(one[:, 3] - other[:, 3]) > 0.2 * taller
    heads = np.abs(one[:, 1] - other[:, 1])
    feet = np.abs(one[:, 1] + one[:, 3] - other[:, 1] - other[:, 3])
    up = unlike & (feet < 0.1 * taller) & (heads > 0.2 * taller)
    down = unlike & (heads < 0.1 * taller) & (feet > 0.2 * taller)
    pairs = int(up.sum() + down.sum())
    return (float(up.sum()) / pairs if pairs else 0.5), pairs
