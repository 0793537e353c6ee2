"""Resolution: what a file states of it, and whether the letters on the page agree.

A stated resolution may be that of a film, a camera's standing 72, or left over from
before a picture was scaled. Letters have a size on paper that people can read.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from ocr_core.documents.files import MAX_PIXELS, MAX_SIDE
from ocr_core.documents.notes import note
from ocr_core.imaging import measurements
from ocr_core.page import Note

LEAST, MOST = 30, 2400  # dpi that a scanner may state
# The height of a small x; print of 4 points, as in the smallest footnotes, has 1.8.
# Tesseract reads garbage where it is told that letters are smaller, and reads alike
# whatever else it is told.
LEAST_POINTS = 1.5
SUSPECT = 500  # dpi; below this letters of that size cannot be read anyway
EQUAL = 1.015  # from here on a page would come out a line too short
UNEQUAL = 1.25  # from here on letters show whether they are squeezed
MOST_UNEQUAL = 4
# Pixels a line of a fax, and its lines an inch unless it was sent in fine resolution:
# ITU-T T.4, 8 pixels and 3.85 lines a millimetre.
FAX_WIDTHS = 1728, 2048, 2432
FAX_ACROSS, FAX_DOWN = 8 * 25.4, 3.85 * 25.4
LETTER_SHAPE = 0.65  # width over height of a usual letter; on real pages 0.5 to 0.9


@dataclass(frozen=True)
class Resolution:
    """Pixels an inch across and down; 0 where the file states none.

    `shape` is the height of a pixel over its width: 1 for a square one. `assumed`
    says that the file states nothing and has the width of a fax.
    """

    across: float = 0.0
    down: float = 0.0
    shape: float = 1.0
    assumed: bool = False

    @property
    def dpi(self) -> int:
        """The finer of both, which becomes that of square pixels."""
        return round(max(self.across, self.down))

    def turned(self) -> "Resolution":
        """Return the resolution of the page lying on its side."""
        return Resolution(self.down, self.across, 1 / self.shape, self.assumed)


def stated_resolution(picture: Image.Image) -> Resolution:
    """Return what an image file states, as far as it makes sense."""
    across, down = (each if LEAST <= each <= MOST else 0 for each in _pair(picture))
    if across and down:
        return Resolution(across, down, _shape(across, down))
    if across or down:
        return Resolution(across or down, across or down)
    for name in ("resolution", "jfif_density", "aspect"):
        across, down = _pair(picture, name)
        if across and down and "dpi" not in picture.info:
            return Resolution(shape=_shape(across, down))
    if picture.mode == "1" and picture.width in FAX_WIDTHS:
        shape = FAX_ACROSS / FAX_DOWN
        return Resolution(FAX_ACROSS, FAX_DOWN, shape, assumed=True)
    return Resolution()


def _pair(picture: Image.Image, name: str = "dpi") -> tuple[float, float]:
    try:
        across, down = map(float, picture.info.get(name, (0, 0))[:2])
        return (across, down) if across + down < float("inf") else (0, 0)
    except (TypeError, ValueError, IndexError, ZeroDivisionError, OverflowError):
        return 0, 0


def _shape(across: float, down: float) -> float:
    shape = across / down
    return shape if 1 / MOST_UNEQUAL <= shape <= MOST_UNEQUAL else 1.0


def squared(
    image: np.ndarray, stated: Resolution
) -> tuple[np.ndarray, int, tuple[Note, ...]]:
    """Bring a page to square pixels where the file states others, as a fax has.

    Parameters
    ----------
    image : (H, W) or (H, W, 3) uint8 array
        The page as it is stored.
    stated
        What the file states of it.

    Returns
    -------
    image, dpi, notes
        The page, its resolution both ways, and what was done or left undone.
    """
    shape, assumed = stated.shape, stated.assumed
    if 1 / EQUAL < shape < EQUAL:
        return image, stated.dpi, ()
    height, width = image.shape[:2]
    size = round(width * max(1, 1 / shape)), round(height * max(1, shape))
    figures = round(stated.across), round(stated.down)
    dpi = 0 if assumed else stated.dpi
    if size[0] * size[1] > MAX_PIXELS or max(size) > MAX_SIDE:
        return image, dpi, ()
    if not 1 / UNEQUAL < shape < UNEQUAL and not _squeezed(image, shape, assumed):
        ignored = note("unequal-resolution-ignored", *figures)
        return image, dpi, (ignored,) if dpi else ()
    square = cv2.resize(image, size, interpolation=cv2.INTER_CUBIC)
    code = "fax-resolution-assumed" if assumed else "pixels-not-square"
    notes = (note(code, *figures, stated.dpi),) if stated.dpi else ()
    return square, stated.dpi, notes


def _squeezed(image: np.ndarray, shape: float, assumed: bool) -> bool:
    """Return whether letters look more usual once pixels of a shape are made square.

    Too few letters leave a stated shape as it is, and an assumed one unproven.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) if image.ndim == 3 else image
    boxes = measurements.letters_on(grey).boxes
    if len(boxes) < measurements.FEW:
        return not assumed
    now = np.log(np.median(boxes[:, 2] / boxes[:, 3]) / LETTER_SHAPE)
    return bool(abs(now - np.log(shape)) < abs(now))


def contradicted(image: np.ndarray, dpi: int) -> float:
    """Return how many points high letters would be at a resolution they contradict.

    Returns 0 where the (H, W) uint8 page may well have that many dpi: it is only at
    a high resolution that letters come out too small for anybody to read.
    """
    if dpi < SUSPECT:
        return 0.0
    letters = measurements.letters_on(image)
    points = letters.height * 72 / dpi
    few = letters.count < measurements.FEW
    return 0.0 if few or points >= LEAST_POINTS else points
