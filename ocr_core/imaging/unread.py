"""Unread ink: marks in rows on the page as scanned that no word covers.

Ink that a threshold or a step has lost is missing from the engine's words, and does not
lower its confidence. So it is searched for on the scan and read separately: pictures,
ornaments and show-through are not legible text. Show-through can hide pale text that it
crosses, so the marks with sharp edges are read alone, too.
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
    sure_letters,
)
from ocr_core.page import PartReader, Word

MIDDLE = 128  # grey level between ink and paper
FAINT = 1.2 * measurements.MIN_INK  # levels; fainter marks are texture of the paper
AROUND = 0.15  # of its height, by which a word's ink may exceed its box
PARTS = 4  # number of parts of the page that are read, those with most unread ink
MIN_MARKS = 6  # fewer are not a word
MIN_SHARE = 0.005  # of the letters; less is not worth reading
MARKS_PER_LETTER = 0.8  # letters touch each other
# Standard deviation, in heights of a letter, of the blur that tells sharp marks from
# soft ones. Of 54 drawn pages with pale lines over show-through of about the same grey,
# 43 had legible lines for a tenth to a sixth, and 39 for a quarter.
DETAIL = 1 / 8
MIN_DETAIL = 2.0  # levels; less is grain of the paper
# Show-through breaks lines into words. On most of the other drawn pages, legible words
# had a fifth of the letters or more; on 20 drawn pages with nothing but show-through,
# and on six real pages with marks in rows that are no text, they had none.
LONG = 4  # minimum letters of such a word
WHOLE = 0.2  # their least share of the letters
MIN_WHOLE = 15.0  # letters in them; fewer are no evidence
# Levels by which a pixel of such marks can be darkened, and their least share: on a
# black and white page it is 0.0002, where ink is pale 0.6.
PALER, PALER_SHARE = 32, 0.01


@dataclass(frozen=True, eq=False)
class UnreadInk:
    """Marks in rows, like letters, that are in no word.

    Parameters
    ----------
    image : (H, W) uint8 array
        The page as scanned, in the frame in which it was read.
    middles : (N, 2) float array
        The middle of each mark, in pixels.
    mask : (H, W) uint8 array
        1 at these marks, for the reduced page.
    height : float
        Height of a mark, in pixels.
    share : float
        Their share of the letters on the page, 0 to 1.
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

    def is_paler_on(self, image: np.ndarray) -> bool:
        """Return whether the marks are paler on a page than alone.

        Else the page with them strengthened is the same, and reads the same.
        `image` is an (H, W) uint8 array, in the frame of this one.
        """
        ink = self.strong < MIDDLE
        paler = cv2.subtract(image, self.strong)[ink] > PALER
        return bool(paler.size and paler.mean() > PALER_SHARE)

    def text_share(self, read: PartReader, *, broken: bool = False) -> float:
        """Read these marks; return the share of the letters that are legible, 0 to 1.

        0 if it is too low for lost ink. Letters in legible lines count; if lines are
        `broken` by other marks, those in whole words do, too.
        """
        legible = whole = total = 0.0
        for part in densest(self.middles, self.height, ROWS, PARTS):
            words = read(cut_out(self.strong, part, self.height))
            legible += sum(letters for _, letters in legible_lines(words))
            whole += sure_letters([each for each in words if len(each.text) >= LONG])
            total += sum(len(word.text) for word in words)
        share = legible / max(total, 1.0)
        if legible > WORD and share > LEGIBLE:
            return share
        share = whole / max(total, 1.0)
        return share if broken and whole > MIN_WHOLE and share > WHOLE else 0.0


def unread_text(
    image: np.ndarray, words: Sequence[Word], read: PartReader
) -> tuple[UnreadInk | None, float]:
    """Find the text of a page that no word covers.

    Parameters
    ----------
    image : (H, W) uint8 array
        The page as scanned, dark on light.
    words
        The words that were read, with boxes in pixels of `image`.
    read
        Reads parts of the page.

    Returns
    -------
    UnreadInk or None
        Its ink; None if no unread marks are legible.
    float
        The share of the letters on the page that are in no word, 0 to 1.
    """
    found = unread_ink(image, words)
    if found is None:
        return None, 0.0
    if share := found.text_share(read):
        return found, found.share * share
    sharp = unread_ink(sharp_marks(image, words, found.height), words)
    share = sharp.text_share(read, broken=True) if sharp else 0.0
    return (sharp, sharp.share * share) if sharp and share else (None, 0.0)


def sharp_marks(image: np.ndarray, words: Sequence[Word], height: float) -> np.ndarray:
    """Replace soft marks, such as show-through, by the paper around them.

    The paper blurs what shines through it. So a mark differs from its own blur by more
    if it is on this side, even where both cross.

    Parameters
    ----------
    image : (H, W) uint8 array
        Dark ink on light paper.
    words
        Marks under their boxes do not count when the limit is set.
    height : float
        Height of a letter, in pixels.
    """
    small, shrink = measurements.reduced(image)
    levels = small.astype(np.float32)
    blurred = cv2.GaussianBlur(levels, (0, 0), DETAIL * height / shrink)
    detail = np.clip(4 * (blurred - levels), 0, 255).astype(np.uint8)
    left = _without_words(detail, words, shrink)
    some = left[left > 4 * MIN_DETAIL].reshape(1, -1)
    if not some.size:
        return image
    limit = cv2.threshold(some, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[0]
    strokes = cv2.dilate(
        np.asarray(detail > limit, np.uint8), np.ones((2, 2), np.uint8)
    )
    size = image.shape[::-1]
    shown = cv2.resize(strokes, size, interpolation=cv2.INTER_NEAREST) > 0
    return np.where(shown, image, filters.paper_of(image))


def _without_words(
    marks: np.ndarray, words: Sequence[Word], shrink: float = 1.0
) -> np.ndarray:
    """Return an (H, W) uint8 array, reduced by `shrink`, with 0 where words are."""
    marks = marks.copy()
    for word in words:
        more = AROUND * word.height
        left, top = (word.left - more) / shrink, (word.top - more) / shrink
        right = (word.left + word.width + more) / shrink
        low = (word.top + word.height + more) / shrink
        marks[max(0, int(top)) : int(low) + 1, max(0, int(left)) : int(right) + 1] = 0
    return marks


def unread_ink(image: np.ndarray, words: Sequence[Word]) -> UnreadInk | None:
    """Find the marks of an (H, W) uint8 page, dark on light, that no word covers.

    The boxes of `words` are in pixels of `image`. None if there are almost none.
    """
    small, shrink = measurements.reduced(image, measurements.DARKNESS_PIXELS)
    soft = cv2.GaussianBlur(small, (3, 3), 0)
    side = measurements.NEIGHBOURHOOD
    dark = cv2.subtract(cv2.boxFilter(soft, -1, (side, side)), soft)
    mask = _without_words((dark > FAINT).astype(np.uint8), words, shrink)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    boxes, area = stats[:, :4].astype(int), stats[:, 4]
    width, height = boxes[:, 2], boxes[:, 3]
    cover = area / np.maximum(width * height, 1)
    like = (height >= 5) & (height < 120 / shrink) & (width < 8 * height)
    like &= (height < 6 * width) & (cover > 0.15) & (cover < 0.95)
    like[0] = False
    rows = np.zeros(count, bool)
    rows[np.flatnonzero(like)] = measurements.in_rows(boxes[like], mask.shape)
    letters = sum(len(word.text) for word in words)
    found = int(rows.sum())
    if found < max(MIN_MARKS, MIN_SHARE * letters):
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
