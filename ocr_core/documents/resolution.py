"""Resolution: the value that a file states, checked against the letters on the page.

A stated resolution may be that of a film, a camera's default of 72, or outdated because
the picture was scaled. Letters on paper have a readable size.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from PIL import Image

from ocr_core.documents.files import MAX_PIXELS, MAX_SIDE
from ocr_core.documents.notes import note
from ocr_core.imaging import measurements
from ocr_core.page import Note, Page

MIN_DPI, MAX_DPI = 30, 2400  # that a scanner may state
# X-height; print of 4 points, as in the smallest footnotes, has 1.8. Tesseract reads
# garbage if the resolution implies smaller letters; otherwise it hardly matters.
MIN_POINTS = 1.5
SUSPECT = 500  # dpi; below, letters of that size could not be read anyway
EQUAL = 1.015  # ratio from which a page would be a line too short
UNEQUAL = 1.25  # ratio from which letters show whether they are distorted
MAX_UNEQUAL = 4
# Pixels per line of a fax, and lines per inch unless it was sent in fine resolution:
# ITU-T T.4, 8 pixels and 3.85 lines a millimetre.
FAX_WIDTHS = 1728, 2048, 2432
FAX_ACROSS, FAX_DOWN = 8 * 25.4, 3.85 * 25.4
LETTER_SHAPE = 0.65  # width over height of a usual letter; on real pages 0.5 to 0.9


@dataclass(frozen=True)
class Resolution:
    """Horizontal and vertical pixels per inch; 0 if the file states none.

    `shape` is the height of a pixel divided by its width. `assumed` means that the
    file states no resolution but has the width of a fax.
    """

    across: float = 0.0
    down: float = 0.0
    shape: float = 1.0
    assumed: bool = False

    @property
    def dpi(self) -> int:
        """The finer of both, which is used for square pixels."""
        return round(max(self.across, self.down))

    def reduced(self, factor: int) -> "Resolution":
        """Return the resolution of the page reduced by a factor."""
        return replace(self, across=self.across / factor, down=self.down / factor)

    def turned(self) -> "Resolution":
        """Return the resolution of the page turned by 90 degrees."""
        return Resolution(self.down, self.across, 1 / self.shape, self.assumed)


def stated_resolution(picture: Image.Image) -> Resolution:
    """Return the resolution that an image file states, if plausible."""
    across, down = (
        each if MIN_DPI <= each <= MAX_DPI else 0 for each in _pair(picture)
    )
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
    return shape if 1 / MAX_UNEQUAL <= shape <= MAX_UNEQUAL else 1.0


def squared(
    image: np.ndarray, stated: Resolution
) -> tuple[np.ndarray, int, tuple[Note, ...]]:
    """Convert a page to square pixels if the file states others, as faxes do.

    Parameters
    ----------
    image : (H, W) or (H, W, 3) uint8 array
        The page as stored.
    stated
        The resolution that the file states.

    Returns
    -------
    image, dpi, notes
        The page, its resolution, and what was or was not done.
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
    """Return whether letters look more usual after pixels are made square.

    With too few letters, a stated shape is accepted and an assumed one is not.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) if image.ndim == 3 else image
    boxes = measurements.letters_on(grey).boxes
    if len(boxes) < measurements.FEW:
        return not assumed
    now = np.log(np.median(boxes[:, 2] / boxes[:, 3]) / LETTER_SHAPE)
    return bool(abs(now - np.log(shape)) < abs(now))


def contradicted(image: np.ndarray, dpi: int) -> float:
    """Return the height of letters in points if it contradicts the resolution, else 0.

    Only a resolution that is too high is found: it makes letters too small to read.
    """
    if dpi < SUSPECT:
        return 0.0
    letters = measurements.letters_on(image)
    points = letters.height * 72 / dpi
    few = letters.count < measurements.FEW
    return 0.0 if few or points >= MIN_POINTS else points


def believed_dpi(page: Page, prepared: Page) -> tuple[int, tuple[Note, ...]]:
    """Return the resolution of the prepared pixels, and a note where it is ignored.

    It is 0 if the page states none, or if the size of its letters contradicts it.
    """
    across = prepared.home[:2, 0]
    dpi = round(page.dpi / max(1e-6, float((across @ across) ** 0.5)))
    points = contradicted(prepared.image, dpi)
    if not points:
        return dpi, ()
    return 0, (note("resolution-ignored", page.dpi, round(points, 1)),)
