"""Unread ink: marks in rows on the page as scanned that no word covers, and their text.

Ink that a threshold or a step has lost is missing from what the engine read, and from
its confidence too. So it is looked for on the scan, and read by itself: pictures,
ornaments and what shines through from the back do not read as text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from ocr_core.imaging import filters, measurements
from ocr_core.imaging.legibility import (
    LEGIBLE,
    ROWS,
    WORD,
    cut_out,
    densest,
    legible_lines,
)
from ocr_core.page import PartReader, Word

FAINT = 1.2 * measurements.LEAST_INK  # levels; a fainter mark is the paper's own
AROUND = 0.15  # of its height, by which a word's ink may leave its box
PARTS = 4  # of the page that are read, those with most unread ink
LEAST = 6  # marks; fewer are no word
LEAST_SHARE = 0.005  # of the letters; less is not worth a reading
MARKS_PER_LETTER = 0.8  # letters touch each other


@dataclass(frozen=True, eq=False)
class UnreadInk:
    """Marks that stand in rows as letters do, and lie in no word.

    Parameters
    ----------
    image : (H, W) uint8 array
        The page as scanned, in the frame in which it was read.
    middles : (N, 2) float array
        The middle of each mark, in pixels.
    mask : (H, W) uint8 array
        1 at these marks, of a reduced page.
    height : float
        Height of a mark, in pixels.
    share : float
        How many of the letters on the page they are, 0 to 1.
    """

    image: np.ndarray
    middles: np.ndarray
    mask: np.ndarray
    height: float = 0.0
    share: float = 0.0

    @cached_property
    def strong(self) -> np.ndarray:
        """(H, W) uint8 array: these marks alone, black on white."""
        shown = cv2.resize(
            self.mask, self.image.shape[::-1], interpolation=cv2.INTER_NEAREST
        )
        dark = cv2.subtract(filters.paper_of(self.image), self.image)
        ink = dark[shown > 0]
        deep = float(np.percentile(ink, 90)) if len(ink) else 255.0
        levels = np.clip((np.arange(256) / max(deep, 8.0) - 0.15) * 300, 0, 255)
        light = 255 - cv2.LUT(dark, levels.astype(np.uint8))
        return np.where(shown > 0, light, np.uint8(255))

    def text_share(self, read: PartReader) -> float:
        """Read these marks; return the share of the letters in legible lines, 0 to 1.

        0 where it is too little for ink that was lost.
        """
        legible = total = 0.0
        for part in densest(self.middles, self.height, ROWS, PARTS):
            words = read(cut_out(self.strong, part, self.height))
            legible += sum(letters for _, letters in legible_lines(words))
            total += sum(len(word.text) for word in words)
        share = legible / max(total, 1.0)
        return share if legible > WORD and share > LEGIBLE else 0.0


def unread_ink(image: np.ndarray, words: Sequence[Word]) -> UnreadInk | None:
    """Find the marks of an (H, W) uint8 page, dark on light, that no word covers.

    `words` have their boxes in pixels of `image`. None where there are next to none.
    """
    small, shrink = measurements.reduced(image, measurements.STRENGTH_PIXELS)
    soft = cv2.GaussianBlur(small, (3, 3), 0)
    side = measurements.NEIGHBOURHOOD
    dark = cv2.subtract(cv2.boxFilter(soft, -1, (side, side)), soft)
    mask = (dark > FAINT).astype(np.uint8)
    for word in words:
        more = AROUND * word.height
        left, top = (word.left - more) / shrink, (word.top - more) / shrink
        right = (word.left + word.width + more) / shrink
        low = (word.top + word.height + more) / shrink
        mask[max(0, int(top)) : int(low) + 1, max(0, int(left)) : int(right) + 1] = 0
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    boxes, area = stats[:, :4].astype(int), stats[:, 4]
    width, height = boxes[:, 2], boxes[:, 3]
    cover = area / np.maximum(width * height, 1)
    like = (height >= 5) & (height < 120 / shrink) & (width < 8 * height)
    like &= (height < 6 * width) & (cover > 0.15) & (cover < 0.95)
    like[0] = False
    rows = np.zeros(count, bool)
    rows[np.flatnonzero(like)] = measurements.stand_in_rows(boxes[like], mask.shape)
    letters = sum(len(word.text) for word in words)
    found = int(rows.sum())
    if found < max(LEAST, LEAST_SHARE * letters):
        return None
    shown = cv2.dilate(rows[labels].astype(np.uint8), np.ones((5, 5), np.uint8))
    there = found / MARKS_PER_LETTER
    return UnreadInk(
        image,
        (boxes[rows, :2] + boxes[rows, 2:] / 2) * shrink,
        shown,
        measurements.common_height(height[rows]) * shrink,
        there / (there + letters),
    )
