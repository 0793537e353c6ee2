"""Numbers again: numbers between right-to-left words are read with an English model.

Tesseract's models for Hebrew, Arabic and Persian drop and change European digits, and
are sure of it: a price of 12.90 is read as 10. The English model reads them right. Its
reading of a number is used only if most such words on the page are numbers to it, and
if it fits the number of marks better, or as well and is surer.
"""

import re
from collections.abc import Sequence

import cv2
import numpy as np

from ocr_core.page import DOUBTFUL, PartReader, StepReport, Word, lines_of

NUMBER = re.compile(r"[₪$€£+(-]*\d[\d.,:/%–-]*[₪$€£)]?")
DIGITS = re.compile("[0-9]")
MARKS = {"%": 3, ":": 2}  # parts that are printed apart, of a character
SURE = 80.0  # least conf; of Arabic digits read as English it was at most 70
LEAST_NUMBERS = 0.6  # share of the words to be read that are numbers
MAX_NUMBERS = 300  # read at once, in as many lines
SHORT = 2  # characters of a doubtful word that may be a number
SMALLEST = 0.08  # height of a mark in heights of its word; smaller is dirt


def read_numbers_again(
    image: np.ndarray, given: Sequence[Word], read: PartReader
) -> tuple[list[Word], StepReport | None]:
    """Return words with better numbers, and a report; None if none is better.

    Parameters
    ----------
    image : (H, W) uint8 array
        The prepared page that the given words are on.
    read
        Reads a part of it in English.
    """
    words = list(given)
    possible = [index for index, word in enumerate(words) if _may_be_number(word)]
    if not possible:
        return words, None
    crops = [_crop(image, words[index]) for index in possible]
    found: list[tuple[str, float]] = []
    for start in range(0, len(crops), MAX_NUMBERS):
        found += read_in_lines(crops[start : start + MAX_NUMBERS], read)
    numbers = [
        (index, crop, text, conf)
        for index, crop, (text, conf) in zip(possible, crops, found, strict=True)
        if NUMBER.fullmatch(text) and conf >= SURE
    ]
    measured: dict[str, float | str] = {"numbers": len(numbers)}
    if len(numbers) < LEAST_NUMBERS * len(possible):
        return words, None
    for index, crop, text, conf in numbers:
        before, marks = words[index], _marks(crop)
        misfit, misfit_before = (abs(_printed(t) - marks) for t in (text, before.text))
        if (misfit, -conf) < (misfit_before, -before.conf):
            words[index] = before._replace(text=text, conf=conf)
    changed = sum(words[index].text != given[index].text for index in possible)
    measured["changed"] = changed
    report = StepReport("numbers", measured, "read again")
    return words, report if changed else None


def _may_be_number(word: Word) -> bool:
    """Return whether a word has digits and no letter, or is short and doubtful."""
    letters = sum(map(str.isalpha, word.text))
    if not letters:
        return bool(DIGITS.search(word.text))
    return word.conf < DOUBTFUL and len(word.text) <= SHORT


def _crop(image: np.ndarray, word: Word) -> np.ndarray:
    """Return the pixels of a word with a narrow edge, at which neighbours end."""
    edge = max(2, word.height // 6)
    top, left = max(0, word.top - edge), max(0, word.left - edge)
    return image[
        top : word.top + word.height + edge, left : word.left + word.width + edge
    ]


def read_in_lines(
    crops: Sequence[np.ndarray], read: PartReader, gap_of_words: str = ""
) -> list[tuple[str, float]]:
    """Return the text and least conf of each part of a page, read below each other.

    The words of a part are joined by `gap_of_words`.
    """
    gap = max(crop.shape[0] for crop in crops) // 2 + 1
    height = sum(crop.shape[0] + gap for crop in crops) + gap
    width = max(crop.shape[1] for crop in crops) + 2 * gap
    page = np.full((height, width), 255, np.uint8)
    tops, top = [], gap
    for crop in crops:
        page[top : top + crop.shape[0], gap : gap + crop.shape[1]] = crop
        tops.append(top)
        top += crop.shape[0] + gap
    found = [("", 0.0)] * len(crops)
    for line in lines_of(read(page)):
        middle = np.mean([word.top + word.height / 2 for word in line])
        index = max(0, int(np.searchsorted(tops, middle)) - 1)
        text = gap_of_words.join(word.text for word in line)
        found[index] = (text, float(min(word.conf for word in line)))
    return found


def _marks(crop: np.ndarray) -> int:
    """Return the number of separate marks of ink."""
    _, ink = cv2.threshold(crop, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink)
    return int((stats[1:, cv2.CC_STAT_HEIGHT] > SMALLEST * crop.shape[0]).sum())


def _printed(text: str) -> int:
    return sum(MARKS.get(each, 1) for each in text)
