"""Bullets: filled marks before the items of a list that were read as letters.

Tesseract's models do not know the bullet: they read it as e, o, a copyright sign or the
like, and are sure of it. A letter is an outline with gaps, a bullet is filled.
"""

import statistics
from collections.abc import Sequence

import cv2
import numpy as np

from ocr_core.imaging import measurements
from ocr_core.page import Word, lines_of

BULLET = "\u2022"
LEAST = 2  # on a page; one alone may be a stain
SMALL, LARGE = 0.2, 0.75  # height of a bullet, in heights of the words of its line
ROUND = 0.8  # least ratio of its sides
FILLED = 0.9  # least share of its convex hull that is ink
WHOLE = 0.9  # least share of the ink of the word that is the mark
GAP = 0.3  # before the next word, in heights of it


def with_bullets(image: np.ndarray, words: Sequence[Word]) -> list[Word]:
    """Return words with bullets for single characters at the start of lines.

    Parameters
    ----------
    image : (H, W) uint8 array
        The prepared page that the words are on.
    """
    starts = [line for line in lines_of(words) if _may_start_item(line)]
    if len(starts) < LEAST:
        return list(words)
    ink = measurements.ink_mask(image)
    bullets = [line[0] for line in starts if _is_filled(ink, line)]
    if len(bullets) < LEAST:
        return list(words)
    return [word._replace(text=BULLET) if word in bullets else word for word in words]


def _may_start_item(line: Sequence[Word]) -> bool:
    """Return whether a line begins with a small character and a gap."""
    if len(line) < 2 or len(line[0].text) != 1:
        return False
    first, after = line[:2]
    gap = after.left - first.left - first.width
    height = statistics.median(word.height for word in line[1:])
    return gap > GAP * after.height and first.height < LARGE * height


def _is_filled(ink: np.ndarray, line: Sequence[Word]) -> bool:
    """Return whether the ink of the first word is one filled disc or square."""
    first = line[0]
    box = ink[
        max(0, first.top) : first.top + first.height,
        max(0, first.left) : first.left + first.width,
    ]
    if not box.any():
        return False
    _, labels, stats, _ = cv2.connectedComponentsWithStats(box, connectivity=8)
    largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    width, height, area = stats[largest, 2:]
    mark = np.asarray(labels == largest, np.uint8)
    hull = cv2.convexHull(cv2.findNonZero(mark))
    filled = area >= FILLED * cv2.fillConvexPoly(np.zeros_like(mark), hull, 1).sum()
    tall = statistics.median(word.height for word in line[1:])
    even = min(width, height) >= ROUND * max(width, height)
    sized = SMALL * tall < height < LARGE * tall
    return bool(filled and even and sized and area >= WHOLE * box.sum())
