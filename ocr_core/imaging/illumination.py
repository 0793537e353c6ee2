"""Illumination: what one threshold for the whole page does to its letters."""

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import cv2
import numpy as np

from ocr_core.imaging import measurements
from ocr_core.page import Page

# Texture of the paper as a share of the contrast; smooth paper has up to 0.1. Faded ink
# on smooth paper is read as well as black, on drawn pages down to 10 grey levels; on
# rough paper every drawn page, and most real ones, are read better after clearing.
ROUGH = 0.12
WINDOW = (15, 15)  # px of the reduced page, in which paper without grain is even
FLAT = 0.5  # grey levels, maximum median difference of even paper from that around it


@dataclass(frozen=True)
class Illumination:
    """The effect of one threshold for the whole page on its letters.

    `drowned` is the share of paper around letters that would turn to ink, `lost` the
    share of ink that would turn to paper. `ink` is the grey of the darker strokes
    (their tenth percentile), `paper` the middle grey of the paper around letters, and
    `contrast` the difference of common ink from it. `texture` is the standard deviation
    of the paper (its 84th percentile minus the median) as a share of the contrast, or 0
    where it is rough only as areas have different even shades, as on screens.
    `two` is true for a page of pure black and white.
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
        """Return whether one threshold would lose letters.

        On evenly lit pages, including old prints and typescript, at most 2 % of the
        paper turns to ink. The edges of thin grey strokes are lost on any page.
        """
        return not self.two and (self.drowned > 0.03 or self.lost > 0.3)

    def is_better_than(self, other: "Illumination") -> bool:
        """Return whether this page serves its letters much better than `other`."""
        all_faults = self.drowned + self.lost < 0.5 * (other.drowned + other.lost)
        return all_faults or self.drowned < 0.5 * other.drowned


_found: WeakKeyDictionary[Page, Illumination] = WeakKeyDictionary()


def illumination_of(page: Page) -> Illumination:
    """Measure the light of a page, cached as long as the page exists."""
    if page not in _found:
        _found[page] = illumination_on(page.image, measurements.letters_of(page))
    return _found[page]


def illumination_on(image: np.ndarray, letters: measurements.Glyphs) -> Illumination:
    """Measure the loss from uneven light in an engine that uses Otsu's threshold.

    N. Otsu, A threshold selection method from gray-level histograms, IEEE Trans. SMC
    9 (1979), 62-66: Tesseract finds lines and words on a page binarised this way. Here
    ink and paper are distinguished by their neighbourhood, near letters only.
    """
    some = image[::2, ::2] if image.size > measurements.SMALL_PIXELS else image
    cut = cv2.threshold(some, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[0]
    histogram = cv2.calcHist([some], [0], None, [256], [0, 256])
    two = bool(np.sort(histogram, axis=None)[-2:].sum() >= 0.99 * some.size)
    if letters.count < 8:
        return Illumination(two=two)
    small, shrink = measurements.reduced(image)
    mask = measurements.ink_mask(small)
    near = np.zeros(small.shape, bool)
    boxes = (letters.boxes / shrink).astype(int)
    for left, top, width, height in boxes.tolist():
        near[
            max(0, top - 2) : top + height + 2, max(0, left - 2) : left + width + 2
        ] = 1
    bare = cv2.dilate(mask, np.ones((3, 3), np.uint8)) == 0
    ink, paper = _levels(small, near & (mask > 0)), _levels(small, near & bare)
    if not ink[-1] or not paper[-1]:
        return Illumination(two=two)
    middle = _percentile(paper, 50)
    contrast = middle - _percentile(ink, 50)
    texture = (_percentile(paper, 84) - middle) / max(contrast, 1)
    if texture > ROUGH and _is_flat(small, near & bare):
        texture = 0.0
    return Illumination(
        drowned=float(paper[int(cut)] / paper[-1]),
        lost=float(1 - ink[int(cut)] / ink[-1]),
        ink=_percentile(ink, 10),
        paper=middle,
        contrast=contrast,
        texture=texture,
        two=two,
    )


def _levels(image: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Return for each grey level how many pixels of a mask are at most as light.

    Parameters
    ----------
    image : (H, W) uint8 array
    where : (H, W) bool array

    Returns
    -------
    (256,) float array
        Counts; sorting the pixels would take twenty times as long.
    """
    mask = where.view(np.uint8)
    return np.cumsum(cv2.calcHist([image], [0], mask, [256], [0, 256]), dtype=float)


def _percentile(levels: np.ndarray, percent: float) -> float:
    """Return the grey level that a percentage of the counted pixels does not exceed."""
    return float(np.searchsorted(levels, percent / 100 * levels[-1]))


def _is_flat(image: np.ndarray, paper: np.ndarray) -> bool:
    """Return whether most of the paper has the shade of the paper around it."""
    share = cv2.boxFilter(paper.astype(np.float32), -1, WINDOW)
    shades = cv2.boxFilter(np.where(paper, image, 0).astype(np.float32), -1, WINDOW)
    around = shades[paper] / np.maximum(share[paper], 1e-6)
    return float(np.median(np.abs(image[paper] - around))) < FLAT
