"""The ink of a page: marks that look like letters, and marks that a step removed."""

import cv2
import numpy as np

from ocr_core.imaging import measurements

PALE = 0.35  # of common ink: marks of a second ink count as ink that was lost
INK_PIXELS = 1_000_000  # at this size letters are still separate, in 10 ms
BARE = 0.0002  # share of a page's pixels: two small letters on a sheet of A4


def ink_boxes(image: np.ndarray) -> np.ndarray:
    """Find the marks that look like letters on an (H, W) uint8 page, dark on light.

    Returns
    -------
    (N, 4) float array
        Left, top, width and height of each mark, in pixels of `image`.
    """
    small, shrink = measurements.reduced(image, INK_PIXELS)
    return measurements.letters_on(small).boxes * shrink


def lost_boxes(
    scanned: np.ndarray, prepared: np.ndarray, home: np.ndarray
) -> np.ndarray:
    """Find the marks of the page as scanned that are missing on the prepared page.

    Parameters
    ----------
    scanned, prepared : (H, W) uint8 array
        Dark ink on light paper.
    home : (3, 3) float array
        Maps points of `prepared` to `scanned`.

    Returns
    -------
    (N, 4) float array
        Left, top, width and height of each mark, in pixels of `prepared`.
    """
    small, shrink = measurements.reduced(scanned, INK_PIXELS)
    boxes = measurements.marks_on(small, PALE)[0] * shrink
    if not len(boxes):
        return boxes
    ends = np.stack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)
    moved = np.dstack([ends, np.ones(ends.shape[:2])]) @ np.linalg.inv(home).T
    moved = moved[..., :2] / moved[..., 2:]
    low, high = moved.min(axis=1), moved.max(axis=1)
    small, shrink = measurements.reduced(prepared, INK_PIXELS)
    ink = cv2.integral(measurements.ink_mask(small, PALE))
    limit = np.array(small.shape[::-1])
    x0, y0 = np.clip(np.floor(low / shrink), 0, limit).astype(int).T
    x1, y1 = np.clip(np.ceil(high / shrink), 0, limit).astype(int).T
    inked = ink[y1, x1] - ink[y0, x1] - ink[y1, x0] + ink[y0, x0]
    gone = (inked == 0) & (x1 > x0) & (y1 > y0)
    return np.hstack([low, high - low])[gone]


def is_bare(image: np.ndarray) -> bool:
    """Return whether an (H, W) uint8 page has almost no ink: less than a word."""
    small, _ = measurements.reduced(image, INK_PIXELS)
    return bool(measurements.ink_mask(small).mean() < BARE)
