"""Network input: which pixels RapidOCR's detector and recogniser see, at which size."""

import math

import cv2
import numpy as np

from ocr_core.imaging import measurements

# The detector takes 0.6 s of a core per megapixel. It needs small letters to be 10 px
# high: with 12 px, which take it 1.4 times as long, the mean error of 40 pages that are
# read twice is 0.050 instead of 0.051. Below 960 px it missed lines beside large ones,
# above 1536 px it found no more lines. Small pages are enlarged up to 1.6 times: on 17
# of them the mean error fell from 0.070 to 0.065. Lines are read at full size.
DETECT_LETTERS = 10
DETECT_SIDES = (960, 1536)
MAX_ENLARGEMENT = 1.6
SMALL_SIDE = 480  # px; a page with a shorter side is enlarged to it
AROUND_INK = 3.0  # heights of a letter, paper around all ink that the detector sees
# The network halves its input five times. The library scales each side to a multiple
# of this, which would distort a short one.
WHOLE, SHORT = 32, 320  # px
MEASURE_PIXELS = 1_000_000
LINE_HEIGHT = 48  # of the recogniser's input, in pixels
MAX_LINE_RATIO = 100  # width / height; a longer line is squeezed to it
# The networks' values for grey levels, as the library computes them.
GREYS = np.arange(256, dtype=np.float32)
DETECTOR_LEVELS = ((GREYS * (1 / 255) - np.array(0.5)) / 0.5).astype(np.float32)
RECOGNISER_LEVELS = (GREYS / 255 - np.float32(0.5)) / np.float32(0.5)


def height_of_letters(image: np.ndarray) -> float:
    """Return the height of the letters on an (H, W) uint8 page, in pixels."""
    small, shrink = measurements.reduced(image, MEASURE_PIXELS)
    return measurements.letters_on(small).height * shrink


def detector_scale(shape: tuple[int, ...], letters: float) -> float:
    """Return the scale at which the lines of an (H, W) page are detected best.

    `letters` is the height of its letters, in pixels.
    """
    longest, shortest = max(shape), min(shape)
    side = np.clip(longest * DETECT_LETTERS / max(1.0, letters), *DETECT_SIDES)
    factor = min(MAX_ENLARGEMENT, float(side) / longest)
    if shortest * factor < SMALL_SIDE:
        factor = min(SMALL_SIDE / shortest, DETECT_SIDES[1] / longest)
    return factor


def detector_input(
    image: np.ndarray, scale: float
) -> tuple[np.ndarray, tuple[int, int], np.ndarray]:
    """Resize an (H, W) uint8 page for the detector.

    Returns
    -------
    (1, 3, h, w) float32 array
        Its sides are multiples of what the network needs.
    height, width
        Of what they show, in pixels of the resized page.
    (2,) float array
        The width and height of these pixels, in pixels of `image`.
    """
    height, width = image.shape
    size = max(1, round(width * scale)), max(1, round(height * scale))
    smooth = cv2.INTER_AREA if size[0] < width else cv2.INTER_CUBIC
    small = cv2.resize(image, size, interpolation=smooth)
    spare = [-side % WHOLE if side < SHORT else 0 for side in size]
    edge = cv2.BORDER_REPLICATE
    small = cv2.copyMakeBorder(small, 0, spare[1], 0, spare[0], edge)
    whole = [WHOLE * round(side / WHOLE) for side in small.shape[::-1]]
    levels = cv2.LUT(cv2.resize(small, whole), DETECTOR_LEVELS)
    stretch = np.array([width / size[0], height / size[1]])
    return _colours(levels), (small.shape[0], small.shape[1]), stretch


def recogniser_input(crop: np.ndarray) -> tuple[np.ndarray, float]:
    """Scale the (H, W) uint8 image of a line for the recogniser.

    Returns
    -------
    (1, 3, LINE_HEIGHT, w) float32 array
    ratio
        The width of the line divided by its height.
    """
    height, width = crop.shape
    if height > LINE_HEIGHT:
        height, width = LINE_HEIGHT, max(1, round(width * LINE_HEIGHT / height))
        crop = cv2.resize(crop, (width, height), interpolation=cv2.INTER_AREA)
    if width > MAX_LINE_RATIO * height:
        width = MAX_LINE_RATIO * height
        crop = cv2.resize(crop, (width, height), interpolation=cv2.INTER_AREA)
    ratio = width / height
    whole = int(LINE_HEIGHT * max(1.0, ratio))
    inked = min(whole, math.ceil(LINE_HEIGHT * ratio))
    levels = np.zeros((LINE_HEIGHT, whole), np.float32)  # as grey beyond the line
    line = cv2.resize(np.ascontiguousarray(crop), (inked, LINE_HEIGHT))
    levels[:, :inked] = cv2.LUT(line, RECOGNISER_LEVELS)
    return _colours(levels), ratio


def _colours(levels: np.ndarray) -> np.ndarray:
    """Return (H, W) levels as the three equal colours of a single image."""
    return np.repeat(levels[None, None], 3, axis=1)
