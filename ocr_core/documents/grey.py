"""Grey: a page in colour becomes grey without losing coloured ink.

Weighed for the eye, as grey usually is, yellow is nearly white and green nearly paper.
So ink that is coloured is taken from the channel in which it is darkest; the rest of
the page keeps the usual grey, to the last pixel.
"""

import cv2
import numpy as np

from ocr_core.imaging import measurements

FAINT = 5  # levels; from here on a reduced page may hold coloured ink
FEW_PIXELS = 20  # of a reduced page; less is no letter
LEAST_GAIN = 6  # levels by which the darkest channel is darker than the usual grey
LEAST_DARK = 22  # levels; what is paler is noise of the packing
# Gain as a share of the darkness of a mark: fringes of black letters and brown ink on
# brown paper stay below, the ink of a bright colour is above.
COLOURED = 0.2
PALE = 0.75  # of common ink: what is darker reads in the usual grey too
LEAST_COMMON = 100  # levels; on a page of one ink, what is darker reads
IN_ROWS = 0.35  # of coloured marks; stains have a fifth in rows by chance
BROAD = 1.5  # heights of a letter; a coloured ground is broader, a stroke never
USUAL = 20  # px of a small letter, where a page has too few to tell
LETTERS = 4  # coloured marks beside each other; fewer are no word


def may_hold_colour(image: np.ndarray) -> bool:
    """Tell whether an (H, W, 3) uint8 page may hold coloured ink, at a low price."""
    small = measurements.reduced(image, 3_000_000)[0]
    ground = _ground(small, 15)
    usual, dark = _darkness(small, ground)
    strong = cv2.subtract(dark, usual) > FAINT
    return bool(np.count_nonzero(strong) >= FEW_PIXELS)


def grey_of(image: np.ndarray, grey: np.ndarray) -> np.ndarray:
    """Return the grey of a page, dark wherever there is ink of any colour.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
        RGB pixels.
    grey : (H, W) uint8 array
        The usual grey (ITU-R BT.601), which stays where no mark is coloured.

    Returns
    -------
    (H, W) uint8 array
    """
    if not may_hold_colour(image):
        return grey
    small = measurements.reduced(image, 3 * measurements.SMALL_PIXELS)[0]
    letters = measurements.letters_on(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY))
    tall = letters.height if letters.count >= measurements.FEW else USUAL
    side = max(5, round(BROAD * tall)) | 1
    ground = _ground(small, side)
    marks = _coloured_marks(small, ground, tall)
    if marks is None:
        return grey
    # Dots and thin ends belong to the letters beside them.
    reach = 2 * max(2, round(tall / 3)) + 1
    around = cv2.dilate(marks, np.ones((reach, reach), np.uint8))
    size = grey.shape[::-1]
    inked = cv2.resize(around, size, interpolation=cv2.INTER_NEAREST) > 0
    share = np.full(grey.shape, 255, np.uint8)
    for channel in range(3):  # one by one: a large page takes three times the memory
        behind = cv2.resize(ground[..., channel], size)
        values = np.ascontiguousarray(image[..., channel])
        np.minimum(share, _share(values, behind), out=share)
    paper = cv2.resize(cv2.cvtColor(ground, cv2.COLOR_RGB2GRAY), size)
    ink = cv2.multiply(share, paper, scale=1 / 255)
    return np.where(inked, np.minimum(grey, ink), grey)


def _ground(image: np.ndarray, side: int) -> np.ndarray:
    """Return what lies behind strokes: paper, or a coloured ground."""
    height, width = image.shape[:2]
    soft = cv2.GaussianBlur(image, (3, 3), 0)
    filled = cv2.morphologyEx(soft, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    # Orange ink on blue paper is lighter than it in red: that is no ground of its own.
    size = max(1, width // 8), max(1, height // 8)
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    paper = cv2.resize(cv2.medianBlur(small, 21), (width, height))
    return np.minimum(filled, paper)


def _share(image: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """Return each pixel as a share of its ground, 255 for all of it."""
    return np.asarray(cv2.divide(image, np.maximum(ground, 1), scale=255))


def _darkness(image: np.ndarray, ground: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how dark the usual grey and the darkest channel are, 0 to 255."""
    soft = cv2.GaussianBlur(image, (3, 3), 0)
    darkest = _share(soft, ground).min(axis=2)
    grey, paper = (cv2.cvtColor(each, cv2.COLOR_RGB2GRAY) for each in (soft, ground))
    return 255 - _share(grey, paper), 255 - darkest


def _coloured_marks(
    image: np.ndarray, ground: np.ndarray, tall: float
) -> np.ndarray | None:
    """Return an (H, W) uint8 mask of coloured marks that are pale in the usual grey.

    None where they make no word, or lie scattered as stains and dots of pictures do.
    """
    usual, dark = _darkness(image, ground)
    strong = usual[usual > measurements.LEAST_INK]
    common = float(np.percentile(strong, 90)) if len(strong) else 0.0
    gain = cv2.subtract(dark, usual)
    mask = ((dark > LEAST_DARK) & (gain > LEAST_GAIN)).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    inside = mask > 0
    where = labels[inside].astype(np.intp)
    gains, sums = (np.bincount(where, each[inside], count) for each in (gain, dark))
    deepest = np.zeros(count)
    np.maximum.at(deepest, where, usual[inside])
    coloured = gains > COLOURED * np.maximum(sums, 1)
    coloured &= deepest < PALE * max(common, LEAST_COMMON)
    boxes = stats[:, :4].astype(int)
    coloured &= (boxes[:, 3] > 0.5 * tall) & (boxes[:, 3] < 6 * tall)
    coloured[0] = False
    in_rows = measurements.stand_in_rows(boxes[coloured], mask.shape)
    if in_rows.sum() < max(LETTERS, IN_ROWS * len(in_rows)):
        return None
    return coloured[labels].astype(np.uint8)
