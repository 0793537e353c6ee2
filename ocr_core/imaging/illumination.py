"""Illumination: what one threshold for the whole page does to its letters."""

from dataclasses import dataclass

import cv2
import numpy as np

from ocr_core.imaging import measurements

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
    where areas have even shades, as on screens.
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


def illumination_of(image: np.ndarray, letters: measurements.Glyphs) -> Illumination:
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
    ink = small[near & (mask > 0)]
    bare = cv2.dilate(mask, np.ones((3, 3), np.uint8)) == 0
    paper = small[near & bare][::3]
    if len(ink) == 0 or len(paper) == 0:
        return Illumination(two=two)
    middle = float(np.median(paper))
    contrast = middle - float(np.median(ink))
    texture = (float(np.percentile(paper, 84)) - middle) / max(contrast, 1)
    return Illumination(
        drowned=float((paper <= cut).mean()),
        lost=float((ink > cut).mean()),
        ink=float(np.percentile(ink, 10)),
        paper=middle,
        contrast=contrast,
        texture=0.0 if texture and _is_flat(small, near & bare) else texture,
        two=two,
    )


def _is_flat(image: np.ndarray, paper: np.ndarray) -> bool:
    """Return whether most of the paper has the shade of the paper around it."""
    share = cv2.boxFilter(paper.astype(np.float32), -1, WINDOW)
    shades = cv2.boxFilter(np.where(paper, image, 0).astype(np.float32), -1, WINDOW)
    around = shades[paper] / np.maximum(share[paper], 1e-6)
    return float(np.median(np.abs(image[paper] - around))) < FLAT
