"""Page outline: the sheet of paper on a photo, and its perspective correction."""

from dataclasses import dataclass

import cv2
import numpy as np

from ocr_core.imaging.measurements import Glyphs, reduced
from ocr_core.page import Page


@dataclass(frozen=True, eq=False)
class PaperOutline:
    """A sheet of paper on a darker background.

    `corners` is a (4, 2) float array, clockwise from the top left, in pixels of the
    page; None if no four-sided sheet was found. `share` is its share of the image,
    `dark` the number of grey levels by which the background is darker, `fit` the share
    of the bright area within the four corners, `inside` the share of all letters on it.
    """

    corners: np.ndarray | None
    share: float = 1.0
    dark: float = 0.0
    fit: float = 0.0
    inside: float = 1.0

    @property
    def sure(self) -> bool:
        """Return whether the sheet can safely be cut out."""
        return (
            self.corners is not None
            and 0.1 < self.share < 0.96
            and self.dark > 40
            and self.fit > 0.93
            and self.inside > 0.95
        )

    @property
    def slant(self) -> float:
        """Largest angle between opposite edges, in degrees; 0 without perspective."""
        if self.corners is None:
            return 0.0
        edges = np.roll(self.corners, -1, axis=0) - self.corners
        angles = np.degrees(np.arctan2(edges[:, 1], edges[:, 0]))
        difference = (angles[:2] - angles[2:]) % 180  # opposite edges run opposite ways
        return float(np.minimum(difference, 180 - difference).max())


def paper_outline(image: np.ndarray, letters: Glyphs) -> PaperOutline:
    """Find the sheet on an (H, W) uint8 photo, or on a scan with dark borders.

    The largest bright area, with its text filled in, is the sheet if it is four-sided
    and its background is clearly darker.
    """
    shrink = max(1.0, max(image.shape) / 600)
    height, width = image.shape
    size = max(1, round(width / shrink)), max(1, round(height / shrink))
    small = cv2.resize(reduced(image)[0], size, interpolation=cv2.INTER_AREA)
    small = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((11, 11), np.uint8))
    _, bright = cv2.threshold(small, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    bright = cv2.morphologyEx(bright, cv2.MORPH_OPEN, np.ones((9, 9), np.uint8))
    outlines = cv2.findContours(bright, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]
    if not outlines:
        return PaperOutline(None)
    outline = max(outlines, key=cv2.contourArea)
    hull = cv2.convexHull(outline)
    corners = four_corners(hull)
    if corners is None:
        return PaperOutline(None)
    mask = np.zeros(small.shape, np.uint8)
    cv2.fillConvexPoly(mask, np.rint(corners).astype(np.int32), 1)
    filled = np.zeros(small.shape, np.uint8)
    cv2.drawContours(filled, [outline], -1, 1, cv2.FILLED)
    both, either = int((mask & filled).sum()), int((mask | filled).sum())
    ground, paper = small[mask == 0], small[mask == 1]
    dark = float(np.median(paper)) - float(np.median(ground)) if len(ground) else 0.0
    corners = corners * shrink
    inside = 1.0
    if letters.count:
        edges = np.roll(corners, -1, axis=0) - corners
        away = letters.middles[:, None] - corners
        # Clockwise around the sheet, points inside are to the right of every edge.
        right = edges[:, 0] * away[..., 1] - edges[:, 1] * away[..., 0] >= 0
        inside = float(right.all(axis=1).mean())
    return PaperOutline(
        corners, float(mask.mean()), dark, both / max(either, 1), inside
    )


def four_corners(hull: np.ndarray) -> np.ndarray | None:
    """Simplify a convex outline to four corners, clockwise from the top left.

    Returns
    -------
    (4, 2) float array, or None if the outline is not four-sided.
    """
    length = cv2.arcLength(hull, True)
    for tolerance in np.arange(0.01, 0.1, 0.005):
        shape = cv2.approxPolyDP(hull, tolerance * length, True).reshape(-1, 2)
        if len(shape) <= 4:
            break
    if len(shape) != 4:
        return None
    shape = shape.astype(float)
    around = np.arctan2(*(shape - shape.mean(axis=0)).T[::-1])
    shape = shape[np.argsort(around)]
    return np.roll(shape, -int(shape.sum(axis=1).argmin()), axis=0)


def flat_sheet(page: Page, corners: np.ndarray) -> Page:
    """Cut a four-sided sheet out of a page, and correct its perspective.

    Parameters
    ----------
    page
        A page that shows the sheet and its background.
    corners : (4, 2) float array
        The sheet's corners, clockwise from the top left, in pixels.
    """
    top, right, bottom, left = np.roll(corners, -1, axis=0) - corners
    slopes = [top[1] / top[0], bottom[1] / bottom[0], right[0] / right[1]]
    slopes.append(left[0] / left[1])
    if np.abs(slopes).max() < 0.035:  # 2 degrees: a scan, which is levelled by its text
        low = np.maximum(np.floor(corners.min(axis=0)), 0).astype(int)
        high = np.ceil(corners.max(axis=0)).astype(int)
        return page.cut(*low.tolist(), *(high - low).tolist())
    width = max(np.hypot(*top), np.hypot(*bottom))
    height = max(np.hypot(*left), np.hypot(*right))
    size = max(1, round(width)), max(1, round(height))
    flat = np.array([[0, 0], [size[0], 0], size, [0, size[1]]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), flat)
    return page.warped(matrix, size)
