"""Grey: colour pages converted to grey without losing coloured ink.

In the usual grey, weighted for the eye, yellow is nearly white and green hardly darker
than paper. So coloured ink is taken from the channel in which it is darkest; the rest
of the page keeps the usual grey unchanged.
"""

import cv2
import numpy as np

from ocr_core.imaging import measurements

FAINT = 5  # levels, from which a reduced page may have coloured ink
FEW_PIXELS = 20  # of a reduced page; fewer are not a letter
MIN_GAIN = 6  # levels by which the darkest channel is darker than the usual grey
MIN_DARK = 22  # levels; paler pixels are compression noise
# Gain as a share of the darkness of a mark: fringes of black letters and brown ink on
# brown paper are below, ink of a bright colour is above.
COLOURED = 0.2
PALE = 0.75  # of common ink; darker marks are legible in the usual grey
MIN_COMMON = 100  # levels; on a page of one ink, darker marks are legible
IN_ROWS = 0.35  # share of coloured marks in rows; stains reach a fifth by chance
BROAD = 1.5  # heights of a letter; a coloured background is broader, strokes are not
DEFAULT_HEIGHT = 20  # px of a small letter, if a page has too few to measure
LETTERS = 4  # coloured marks beside each other; fewer are not a word
# Levels by which light letters are lighter than the background found for them, which
# is in part their own ink. The colour between such letters is no ink.
LIGHTER = 30


def may_hold_colour(image: np.ndarray) -> bool:
    """Return quickly whether an (H, W, 3) uint8 page may have coloured ink."""
    small = measurements.reduced(image, 3_000_000)[0]
    ground = _ground(small, 15)
    usual, dark = _darkness(small, ground)
    strong = cv2.subtract(dark, usual) > FAINT
    return bool(np.count_nonzero(strong) >= FEW_PIXELS)


def grey_of(image: np.ndarray, grey: np.ndarray) -> np.ndarray:
    """Return a page in grey, dark wherever there is ink of any colour.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
        RGB pixels.
    grey : (H, W) uint8 array
        The usual grey (ITU-R BT.601), which is kept where no mark is coloured.

    Returns
    -------
    (H, W) uint8 array
    """
    if not may_hold_colour(image):
        return grey
    small = measurements.reduced(image, 3 * measurements.SMALL_PIXELS)[0]
    letters = measurements.letters_on(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY))
    tall = letters.height if letters.count >= measurements.FEW else DEFAULT_HEIGHT
    side = max(5, round(BROAD * tall)) | 1
    ground = _ground(small, side)
    marks = _coloured_marks(small, ground, tall)
    if marks is None:
        return grey
    # Dots and thin ends belong to adjacent letters.
    reach = 2 * max(2, round(tall / 3)) + 1
    around = cv2.dilate(marks, np.ones((reach, reach), np.uint8))
    size = grey.shape[::-1]
    inked = cv2.resize(around, size, interpolation=cv2.INTER_NEAREST) > 0
    share = np.full(grey.shape, 255, np.uint8)
    for channel in range(3):  # one at a time, to save memory
        behind = cv2.resize(ground[..., channel], size)
        values = np.ascontiguousarray(image[..., channel])
        np.minimum(share, _share(values, behind), out=share)
    paper = cv2.resize(cv2.cvtColor(ground, cv2.COLOR_RGB2GRAY), size)
    ink = cv2.multiply(share, paper, scale=1 / 255)
    return np.where(inked, np.minimum(grey, ink), grey)


def _ground(image: np.ndarray, side: int) -> np.ndarray:
    """Return the background of strokes: paper, or a coloured area."""
    height, width = image.shape[:2]
    soft = cv2.GaussianBlur(image, (3, 3), 0)
    filled = cv2.morphologyEx(soft, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    # Orange ink on blue paper is lighter than the paper in red; it is not background.
    size = max(1, width // 8), max(1, height // 8)
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    paper = cv2.resize(cv2.medianBlur(small, 21), (width, height))
    return np.minimum(filled, paper)


def _share(image: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """Return each pixel as a share of its background, scaled to 255."""
    return np.asarray(cv2.divide(image, np.maximum(ground, 1), scale=255))


def _darkness(image: np.ndarray, ground: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the darkness of the usual grey and of the darkest channel, 0 to 255."""
    soft = cv2.GaussianBlur(image, (3, 3), 0)
    red, green, blue = cv2.split(_share(soft, ground))
    darkest = cv2.min(red, cv2.min(green, blue))
    grey, paper = (cv2.cvtColor(each, cv2.COLOR_RGB2GRAY) for each in (soft, ground))
    return 255 - _share(grey, paper), 255 - darkest


def _beside_light_letters(
    image: np.ndarray, ground: np.ndarray, tall: float
) -> np.ndarray:
    """Return an (H, W) bool mask: within a letter's height of light letters."""
    grey, paper = (cv2.cvtColor(each, cv2.COLOR_RGB2GRAY) for each in (image, ground))
    light = (cv2.subtract(grey, paper) > LIGHTER).astype(np.uint8)
    reach = 2 * max(1, round(tall)) + 1
    return np.asarray(cv2.dilate(light, np.ones((reach, reach), np.uint8)) > 0)


def _coloured_marks(
    image: np.ndarray, ground: np.ndarray, tall: float
) -> np.ndarray | None:
    """Return an (H, W) uint8 mask of coloured marks that are pale in the usual grey.

    None if they are not words, but scattered like stains and dots of pictures.
    """
    usual, dark = _darkness(image, ground)
    strong = usual[usual > measurements.MIN_INK]
    common = float(np.percentile(strong, 90)) if len(strong) else 0.0
    gain = cv2.subtract(dark, usual)
    mask = ((dark > MIN_DARK) & (gain > MIN_GAIN)).astype(np.uint8)
    mask[_beside_light_letters(image, ground, tall)] = 0
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    inside = mask > 0
    where = labels[inside].astype(np.intp)
    gains, sums = (np.bincount(where, each[inside], count) for each in (gain, dark))
    deepest = np.zeros(count)
    np.maximum.at(deepest, where, usual[inside])
    coloured = gains > COLOURED * np.maximum(sums, 1)
    coloured &= deepest < PALE * max(common, MIN_COMMON)
    boxes = stats[:, :4].astype(int)
    coloured &= (boxes[:, 3] > 0.5 * tall) & (boxes[:, 3] < 6 * tall)
    coloured[0] = False
    in_rows = measurements.in_rows(boxes[coloured], mask.shape)
    if in_rows.sum() < max(LETTERS, IN_ROWS * len(in_rows)):
        return None
    return coloured[labels].astype(np.uint8)
