"""Dark parts: areas of light letters on dark, as the heads of tables and margins.

Tesseract reads some words of such an area and drops others.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from ocr_core.imaging import measurements

PIXELS = 1_000_000  # at this size letters are still separate
STROKE = 9  # px of the reduced page; darkness that is narrower may be a letter or rule
LEAST = (30, 14)  # px of the reduced page: width and height of a part
MOST = 0.6  # share of the page; more is a page of light letters, inverted as a whole
FILLED = 0.85  # share of its bounding box; a picture or a shadow has no such outline
CONTRAST = 60.0  # least difference in grey levels between letters and ground
LIGHT = (0.004, 0.35)  # range of the share of light pixels
LETTERS = 3  # least number of marks in rows, like letters
TALL = (5, 60)  # px of the reduced page: range of their height
IN_LETTERS = 0.6  # least share of the light pixels that is in such marks


@dataclass(frozen=True, eq=False)
class DarkPart:
    """One dark part.

    Parameters
    ----------
    left, top : int
        Its position on the reduced page, in pixels.
    mask : (H, W) uint8 array
        1 where the part is, on the reduced page.
    ground, letters : float
        Grey levels of the ground, and of the letters on it.
    """

    left: int
    top: int
    mask: np.ndarray
    ground: float
    letters: float


def with_dark_parts_inverted(image: np.ndarray) -> tuple[np.ndarray, int]:
    """Return an (H, W) uint8 page with its dark parts inverted, and their number."""
    small, _ = measurements.reduced(image, PIXELS)
    parts = dark_parts(small)
    inverted = image.copy() if parts else image
    ratio = np.array(image.shape) / small.shape
    for part in parts:
        start = np.array([part.top, part.left])
        ends = np.rint([start * ratio, (start + part.mask.shape) * ratio])
        (top, left), (low, right) = ends.astype(int)
        there = inverted[top:low, left:right]
        mask = cv2.resize(part.mask, there.shape[::-1], interpolation=cv2.INTER_NEAREST)
        levels = (part.letters - np.arange(256)) * 255 / (part.letters - part.ground)
        light = cv2.LUT(there, np.clip(levels, 0, 255).astype(np.uint8))
        inverted[top:low, left:right] = np.where(mask > 0, light, there)
    return inverted, len(parts)


def dark_parts(small: np.ndarray) -> list[DarkPart]:
    """Return the dark parts of an (H, W) uint8 reduced page that have light letters."""
    limit, _ = cv2.threshold(small, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    dark = (small < limit).astype(np.uint8)
    solid = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((STROKE, STROKE), np.uint8))
    outlines, _ = cv2.findContours(solid, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    found = []
    for outline in outlines:
        left, top, width, height = cv2.boundingRect(outline)
        if width < LEAST[0] or height < LEAST[1] or width * height > MOST * small.size:
            continue
        if cv2.contourArea(outline) < FILLED * width * height:
            continue
        # Letters close to the edge leave a gap in the outline.
        mask = np.zeros((height, width), np.uint8)
        cv2.fillConvexPoly(mask, cv2.convexHull(outline - (left, top)), 1)
        there = small[top : top + height, left : left + width]
        # The pixels at the edge are partly of the paper around.
        inside = cv2.erode(
            mask,
            np.ones((3, 3), np.uint8),
            borderType=cv2.BORDER_CONSTANT,
            borderValue=0,
        )
        levels = there[inside > 0]
        ground, letters = float(np.median(levels)), float(np.percentile(levels, 99.5))
        if letters - ground < CONTRAST:
            continue
        light = ((there > (ground + letters) / 2) & (inside > 0)).astype(np.uint8)
        if _are_letters(light, int(inside.sum())):
            found.append(DarkPart(left, top, mask, ground, letters))
    return found


def _are_letters(light: np.ndarray, area: int) -> bool:
    """Return whether most light pixels, 1 of (H, W) uint8, are in rows of letters."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(light, connectivity=8)
    boxes, ink = stats[1:, :4].astype(int), stats[1:, 4]
    width, height = boxes[:, 2], boxes[:, 3]
    like = (height >= TALL[0]) & (height <= TALL[1]) & (width < 8 * height)
    like[like] = measurements.in_rows(boxes[like], light.shape)
    total = int(ink.sum())
    return bool(
        LIGHT[0] * area <= total <= LIGHT[1] * area
        and like.sum() >= LETTERS
        and ink[like].sum() >= IN_LETTERS * total
    )
