"""Table rules: lines between cells that were read as characters are left out.

Tesseract reads a vertical rule between two cells as a bar or a bracket, and is sure of
it. A printed bar is as tall as its line of text; a rule goes on above or below it.
"""

import re
import statistics
from collections.abc import Callable, Sequence

import cv2
import numpy as np

from ocr_core.imaging import measurements
from ocr_core.imaging.page_ink import Marks
from ocr_core.page import Word

BARS = re.compile(r"[|¦\[\]{}]")
LIKE_RULES = re.compile(r"[|¦\[\]{}_—–!‘’'.,:;-]*[|¦\[\]{}][|¦\[\]{}_—–!‘’'.,:;-]*")
BAR_AT_START, BAR_AT_END = re.compile(r"^[|¦]+(?=.)"), re.compile(r"(?<=.)[|¦]+$")
# In heights of a word: the least height of a rule, and the width of the part of a box
# in which it is.
TALL, PART = 2.0, 0.3
MOSTLY = 0.8  # share of the ink that belongs to rules
# In heights of a letter: the least height of connected rules, and length of a single
# one. And the greatest share of their bounding box that is ink.
CONNECTED, LONG, SPARSE = 3.0, 20.0, 0.2


def without_rules(marks: Marks, words: Sequence[Word]) -> list[Word]:
    """Return words without those, and without the ends of those, that are rules.

    `marks` are those on the page that the words are on.
    """
    if not any(BARS.search(word.text) for word in words):
        return list(words)
    height, shrink = statistics.median(word.height for word in words), marks.shrink
    tall = marks.boxes[:, cv2.CC_STAT_HEIGHT] > TALL * height / shrink
    tall[0] = False

    def is_rule(word: Word, left: int, right: int) -> bool:
        """Return whether the ink in a part of a word's box belongs to rules."""
        top, bottom = max(0, word.top), word.top + word.height
        box = (
            slice(top // shrink, -(-bottom // shrink)),
            slice(max(0, left) // shrink, -(-max(0, right) // shrink)),
        )
        some = int(marks.mask[box].sum())
        return some > 0 and int(tall[marks.labels[box]].sum()) >= MOSTLY * some

    part = max(2, round(PART * height))
    kept = [_without_bars(word, part, is_rule) for word in words]
    return [word for word in kept if word.text]


def _without_bars(
    word: Word, part: int, is_rule: Callable[[Word, int, int], bool]
) -> Word:
    """Return a word without bars that are rules; its text is "" if nothing is left."""
    left, right = word.left, word.left + word.width
    if LIKE_RULES.fullmatch(word.text):
        return word._replace(text="") if is_rule(word, left, right) else word
    text = word.text
    if BAR_AT_START.search(text) and is_rule(word, left, left + part):
        text = BAR_AT_START.sub("", text)
    if BAR_AT_END.search(text) and is_rule(word, right - part, right):
        text = BAR_AT_END.sub("", text)
    return word._replace(text=text)


def with_rules_erased(image: np.ndarray, tall: float) -> np.ndarray:
    """Return an (H, W) uint8 image, dark on light, without the rules of a table.

    Read as one block, a part of a table has no lines of text for Tesseract. `tall` is
    the height of a letter, in pixels.
    """
    mask = measurements.ink_mask(image)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    width, height, area = stats[:, 2:].T.astype(float)
    connected = (height > CONNECTED * tall) & (area < SPARSE * width * height)
    line = (width > LONG * tall) & (height < tall)
    rules = connected | line
    rules[0] = False
    if not rules.any():
        return image
    there = cv2.dilate(rules[labels].astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.where(there > 0, np.uint8(np.median(image)), image)
