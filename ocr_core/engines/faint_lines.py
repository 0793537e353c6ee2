"""Faint lines: lines that a detector misses beside darker ones are looked for again.

A detector judges ink by its contrast with the rest of the page. So faint print is made
as dark as strong print, and what no line covers there is looked at once more. A line
is kept only if it is read with a high probability: then grain and pictures are not.
"""

import statistics
from collections.abc import Sequence

import cv2
import numpy as np

from ocr_core.engines.reading_order import TextLine, words_on
from ocr_core.imaging import filters, measurements
from ocr_core.imaging.unread import unread_ink

AROUND = 2.0  # heights of a letter, side of the area whose darkest ink becomes black
SOFT = 0.05  # heights of a letter, standard deviation of the blur against grain
# Grey levels, and standard deviations of the grain, that faint ink differs by at least.
LEAST_INK, ABOVE_GRAIN = 16.0, 4.0
COVERED = 0.3  # share of a line that others cover, from which it was found before
# Least length of a faint line, and mean probability of its characters. On 50 real pages
# six such lines are text, with 0.78 to 0.98; six others have up to 0.66.
LEAST_LETTERS, PROBABLE = 4, 0.75


def evened(image: np.ndarray, height: float) -> np.ndarray:
    """Make the faint ink of a page as dark as the strong ink.

    Parameters
    ----------
    image : (H, W) uint8 array
        Dark ink on light paper.
    height : float
        Height of a letter, in pixels.
    """
    dark = cv2.subtract(filters.paper_of(image), image)
    soft = cv2.GaussianBlur(dark, (0, 0), max(0.5, SOFT * height))
    side = 2 * max(1, round(AROUND * height / 2)) + 1
    deepest = cv2.blur(cv2.dilate(soft, np.ones((side, side), np.uint8)), (side, side))
    least = max(LEAST_INK, ABOVE_GRAIN * measurements.grain_on(image))
    share = dark / np.maximum(deepest, least).astype(np.float32)
    return np.asarray(255 - 255 * np.minimum(share, 1), np.uint8)


def has_more(image: np.ndarray, lines: Sequence[TextLine]) -> bool:
    """Return whether an (H, W) uint8 page has marks in rows that no line covers."""
    words = [word for line in lines for word in words_on(line)]
    return unread_ink(image, words) is not None


def not_covered(
    quads: Sequence[np.ndarray], lines: Sequence[TextLine]
) -> list[np.ndarray]:
    """Return the (4, 2) corners of the detected lines that `lines` do not cover."""
    if not quads or not lines:
        return list(quads)
    corners = [*quads, *(line.quad for line in lines)]
    right, low = np.ceil(np.max(np.vstack(corners), axis=0)).astype(int) + 1
    ground = np.zeros((low, right), np.uint8)
    cv2.fillPoly(ground, [line.quad.astype(np.int32) for line in lines], 1)
    found = []
    for quad in quads:
        own = cv2.fillPoly(np.zeros_like(ground), [quad.astype(np.int32)], 1)
        if ground[own > 0].mean() < COVERED:
            found.append(quad)
    return found


def is_probable(line: TextLine) -> bool:
    """Return whether a faint line was read well enough to be text."""
    if len(line.text.replace(" ", "")) < LEAST_LETTERS:
        return False
    return statistics.fmean(line.confs) >= PROBABLE
