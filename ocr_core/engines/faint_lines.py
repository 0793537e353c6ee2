"""Faint lines: lines that a detector misses beside darker ones are looked for again.

A detector judges ink by its contrast with the rest of the page. So faint print is made
as dark as strong print, and what no line covers there is looked at once more. A line
is kept only if it is read with a high probability: then grain and pictures are not.
"""

import statistics
from collections.abc import Sequence

import cv2
import numpy as np

from ocr_core.engines.text_lines import TextLine, words_on
from ocr_core.imaging import filters, measurements
from ocr_core.imaging.unread import unread_ink

AROUND = 2.0  # heights of a letter, side of the area whose darkest ink becomes black
SOFT = 0.05  # heights of a letter, standard deviation of the blur against grain
# Grey levels, and standard deviations of the grain, that faint ink differs by at least.
LEAST_INK, ABOVE_GRAIN = 16.0, 4.0
COVERED = 0.3  # share of a line that others cover, from which it was found before
# Percentile of a line that is ink, and by how many levels it is darker than the
# paper. The print of other pages that shines through has 14 to 16 of them, the faintest
# lines of real receipts 26.
INKED, PRINT = 95, 20.0
# Least length of a faint line, and mean probability of its characters. On 50 real pages
# six such lines are text, with 0.78 to 0.98; six others have up to 0.66.
LEAST_LETTERS, PROBABLE = 4, 0.75
# Least ink and width of such a line: the ink as a share of the square of a letter's
# height, of which a letter has 0.1 or more, the width in heights. A detector looks at
# the page so far around it, in heights.
LEAST_STROKES, LEAST_WIDTH, SURROUNDINGS = 0.3, 1.5, 4.0


def darkness(image: np.ndarray) -> np.ndarray:
    """Return how much darker than its paper an (H, W) uint8 page is, in grey levels."""
    return cv2.subtract(filters.paper_of(image), image)


def evened(image: np.ndarray, dark: np.ndarray, height: float) -> np.ndarray:
    """Make the faint ink of a page as dark as the strong ink.

    Parameters
    ----------
    image : (H, W) uint8 array
        Dark ink on light paper.
    dark : (H, W) uint8 array
        Its `darkness`.
    height : float
        Height of a letter, in pixels.
    """
    small, shrink = measurements.reduced(dark)
    height /= shrink
    soft = cv2.GaussianBlur(small, (0, 0), max(0.5, SOFT * height))
    side = 2 * max(1, round(AROUND * height / 2)) + 1
    deepest = cv2.blur(cv2.dilate(soft, np.ones((side, side), np.uint8)), (side, side))
    deepest = cv2.resize(deepest, dark.shape[::-1])
    least = max(LEAST_INK, ABOVE_GRAIN * measurements.grain_on(image))
    whole = np.maximum(deepest, np.uint8(round(least)))
    return cv2.bitwise_not(cv2.divide(dark, whole, scale=255))


def parts_with_more(
    even: np.ndarray, dark: np.ndarray, height: float, lines: Sequence[TextLine]
) -> list[tuple[slice, slice]]:
    """Return the rows and columns of each part with print that no line covers.

    `even` and `dark` are the `evened` page and the `darkness` of the page, (H, W) uint8
    arrays, with letters of a `height` in pixels. No two parts share a row.
    """
    words = [word for line in lines for word in words_on(line)]
    unread = unread_ink(even, words)
    if unread is None:
        return []
    size = unread.mask.shape[::-1]
    shrink = dark.shape[1] / size[0]
    tall = max(1, round(min(unread.height, height) / shrink))  # stains may be high
    deep = np.asarray(dark >= PRINT, np.float32)
    strokes = cv2.resize(deep, size, interpolation=cv2.INTER_AREA) * unread.mask
    # Letters of one line are close to each other.
    near = cv2.dilate(unread.mask, np.ones((1, 2 * tall + 1), np.uint8))
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(near, connectivity=8)
    ink = np.bincount(labels.ravel(), strokes.ravel(), count)
    enough = (ink >= LEAST_STROKES * tall**2) & (
        boxes[:, 2] >= (LEAST_WIDTH + 2) * tall
    )
    boxes = boxes[1:][enough[1:], :4].astype(int)
    low = np.maximum(boxes[:, :2] - round(SURROUNDINGS * tall), 0)
    high = boxes[:, :2] + boxes[:, 2:] + round(SURROUNDINGS * tall)
    rows = np.zeros(size[1], bool)
    for (_, top), (_, bottom) in zip(low.tolist(), high.tolist(), strict=True):
        rows[top:bottom] = True
    parts = []
    for top, bottom in measurements.true_runs(rows).tolist():
        there = (low[:, 1] >= top) & (low[:, 1] < bottom)
        ends = top, bottom, low[there, 0].min(), high[there, 0].max()
        top, bottom, left, right = (round(shrink * float(end)) for end in ends)
        parts.append((slice(top, bottom), slice(left, right)))
    return parts


def new_quads(
    dark: np.ndarray, quads: Sequence[np.ndarray], lines: Sequence[TextLine]
) -> list[np.ndarray]:
    """Return the detected lines that `lines` do not cover and that are print.

    Parameters
    ----------
    dark : (H, W) uint8 array
        The `darkness` of the page.
    quads : sequence of (4, 2) float arrays
        The corners of each detected line, in pixels.
    """
    known = np.zeros_like(dark)
    for line in lines:
        cv2.fillPoly(known, [line.quad.astype(np.int32)], 1)
    middles = [line.quad.mean(axis=0).tolist() for line in lines]
    found = []
    for quad in quads:
        corners = quad.astype(np.int32)
        low, high = np.maximum(corners.min(axis=0), 0), corners.max(axis=0) + 1
        part = slice(low[1], high[1]), slice(low[0], high[0])
        own = cv2.fillPoly(np.zeros_like(dark[part]), [corners - low], 1) > 0
        if not own.any() or known[part][own].mean() >= COVERED:
            continue
        if any(cv2.pointPolygonTest(corners, each, False) >= 0 for each in middles):
            continue
        if np.percentile(dark[part][own], INKED) >= PRINT:
            found.append(quad)
    return found


def is_probable(line: TextLine) -> bool:
    """Return whether a faint line was read well enough to be text."""
    if len(line.text.replace(" ", "")) < LEAST_LETTERS:
        return False
    return statistics.fmean(line.confs) >= PROBABLE
