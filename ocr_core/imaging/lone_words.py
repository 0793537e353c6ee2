"""Lone words: numbers and words in rows of text that Tesseract dropped.

Tesseract's layout analysis takes a digit or a short word that is far from others, as
in the column of a table, for dirt. Such marks are read again, below each other.
"""

import re
import statistics
from collections.abc import Sequence

import cv2
import numpy as np

from ocr_core.imaging.numbers_again import DIGITS, NUMBER, read_in_lines
from ocr_core.imaging.page_ink import Marks
from ocr_core.page import DOUBTFUL, MIN_DOWN, PartReader, StepReport, Word

SURE = 90.0  # least conf: of drawn digits it was 96 or more
KNOWN = 2  # least letters and digits of a word that shows where a row is
LEVEL = 0.25  # heights of such a word by which a mark's middle may differ
SIZES = (0.7, 1.15)  # range of a mark's height, in heights of such a word
REACH = 0.15  # of its height, by which a word's ink may exceed its box
NEAR = 1.0  # heights of a mark: nearer ones belong to the same number
APART = 0.4  # heights of a mark; nearer, it may be a part of a word
MANY = 8  # marks of a word; more are lines, which `unread` looks for
MOST = 200  # words of a page that are read
SHORT = 2  # characters of a doubtful word that may be other marks
ROWS = 1.8  # least height of a word of several rows, in heights of the usual word
LETTERS = 3  # least of a word; one or two may be any marks
# Short labels below each other, as those of speakers and clauses: the least number in a
# column, of different ones, and share that are sure.
LABEL = re.compile(r"\(?[^\W\d_]{1,3}[.:]?\)?[.:]?")
COLUMN, DIFFERENT, SURE_LABELS = 4, 2, 0.3
SOLID = 0.85  # share of a mark's box that is ink: a bar or a square
ALIKE = 2.0  # px by which the widths of a row of such marks differ at most
CORNER = 0.1  # of the sides of a box: a square has ink there, a zero has none

Box = tuple[float, float, float, float]  # left, top, right, bottom


def with_lone_words(
    image: np.ndarray,
    marks: Marks,
    ink: np.ndarray,
    words: Sequence[Word],
    read: PartReader,
) -> tuple[list[Word], StepReport | None]:
    """Return words with those that they do not cover, and a report if there are any.

    Parameters
    ----------
    image : (H, W) uint8 array
        The prepared page that the words are on.
    marks
        All ink on it.
    ink : (N, 4) float array
        Left, top, width and height of each letter, in pixels.
    words
        In reading order. A word is put into the line of the nearest one on its row.
    read
        Reads a part of the page.
    """
    groups = lone_marks(ink, words)[:MOST]
    if not groups:
        return list(words), None
    boxes = [_around(group) for group in groups]
    texts = read_in_lines([_crop(image, box) for box in boxes], read, " ")
    labels = _labels(boxes, texts)
    added = [
        (box, text, conf)
        for group, box, (text, conf), is_label in zip(
            groups, boxes, texts, labels, strict=True
        )
        if (is_label or (conf >= SURE and _may_be(text, len(group))))
        and not _are_no_letters(marks, group, text)
    ]
    found = [
        word for word in words if not _is_replaced(word, [box for box, *_ in added])
    ]
    if not added or not found:
        return list(words), None
    for box, text, conf in added:
        _insert(found, box, text, conf)
    return found, StepReport("lone words", {"added": len(added)}, "read")


def lone_marks(ink: np.ndarray, words: Sequence[Word]) -> list[np.ndarray]:
    """Return groups of marks that no word covers, as large as the letters of a row.

    Returns
    -------
    list of (M, 4) float array
        Left, top, right and bottom of the marks of each group, in pixels.
    """
    known = [
        sum(map(str.isalnum, word.text)) >= KNOWN and word.conf >= DOUBTFUL
        for word in words
    ]
    if not any(known) or not len(ink):
        return []
    marks = np.hstack([ink[:, :2], ink[:, :2] + ink[:, 2:]])
    sure = _sure_words(words)
    marks = marks[~_are_covered(marks, sure)]
    boxes = np.array([word[4:8] for word in words], float)[known]
    fits = [_fits(mark, boxes[:, 1] + boxes[:, 3] / 2, boxes[:, 3]) for mark in marks]
    groups: list[np.ndarray] = []
    for mark in marks[np.array(fits, bool)]:
        if any((mark == group).all(axis=1).any() for group in groups):
            continue
        group = _with_near(mark, marks)
        if len(group) <= MANY and _is_apart(group, sure):
            groups.append(group)
    return groups


def _sure_words(words: Sequence[Word]) -> list[Word]:
    """Return the words that are neither short and doubtful nor as high as many rows.

    Tesseract reads digits below each other as one such word, and is often sure of it.
    """
    usual = statistics.median(word.height for word in words)

    def may_be_marks(word: Word) -> bool:
        if word.height > ROWS * usual and word.height > MIN_DOWN * word.width:
            return True
        return len(word.text) <= SHORT and word.conf < DOUBTFUL

    return [word for word in words if not may_be_marks(word)]


def _are_covered(marks: np.ndarray, words: Sequence[Word]) -> np.ndarray:
    """Return for each mark whether its middle is in a word's box."""
    middles = ((marks[:, :2] + marks[:, 2:]) / 2).astype(int)
    covered = np.zeros(middles.max(axis=0)[::-1] + 1, bool)
    for word in words:
        reach = round(REACH * word.height)
        covered[
            max(0, word.top - reach) : word.top + word.height + reach,
            max(0, word.left - reach) : word.left + word.width + reach,
        ] = True
    return covered[middles[:, 1], middles[:, 0]]


def _fits(mark: np.ndarray, rows: np.ndarray, tall: np.ndarray) -> bool:
    """Return whether a mark is level with a word, and about as high."""
    middle, height = (mark[1] + mark[3]) / 2, mark[3] - mark[1]
    level = np.abs(rows - middle) < LEVEL * tall
    sized = (height > SIZES[0] * tall) & (height < SIZES[1] * tall)
    return bool((level & sized).any())


def _with_near(mark: np.ndarray, marks: np.ndarray) -> np.ndarray:
    """Return the marks of the row of one that are near it, or near such marks."""
    height = mark[3] - mark[1]
    beside = np.abs(marks[:, 1] + marks[:, 3] - mark[1] - mark[3]) < height
    row = marks[beside]
    left, _, right, _ = mark
    while True:
        near = (row[:, 0] < right + NEAR * height) & (row[:, 2] > left - NEAR * height)
        group = row[near]
        if group[:, 0].min() >= left and group[:, 2].max() <= right:
            return group
        left, right = min(left, group[:, 0].min()), max(right, group[:, 2].max())


def _is_apart(group: np.ndarray, words: Sequence[Word]) -> bool:
    """Return whether no word is close beside marks, as if they were a part of it."""
    left, top, right, bottom = _around(group)
    close = APART * (bottom - top)
    return not any(
        word.top < (top + bottom) / 2 < word.top + word.height
        and word.left - close < right
        and word.left + word.width + close > left
        for word in words
    )


def _around(group: np.ndarray) -> Box:
    left, top = group[:, :2].min(axis=0).tolist()
    right, bottom = group[:, 2:].max(axis=0).tolist()
    return left, top, right, bottom


def _crop(image: np.ndarray, box: Box) -> np.ndarray:
    left, top, right, bottom = map(round, box)
    edge = max(2, (bottom - top) // 4)
    return image[max(0, top - edge) : bottom + edge, max(0, left - edge) : right + edge]


def _may_be(text: str, marks: int) -> bool:
    """Return whether a text is a number or a word of so many marks."""
    if NUMBER.fullmatch(text):
        return len(DIGITS.findall(text)) >= marks
    return text.isalpha() and len(text) >= max(LETTERS, marks)


def _labels(boxes: Sequence[Box], texts: Sequence[tuple[str, float]]) -> list[bool]:
    """Return for each box whether its text is one of several labels in a column.

    Signs of one kind, as those of items, are no labels.
    """
    left = np.array([box[0] for box in boxes])
    near = LEVEL * np.array([box[3] - box[1] for box in boxes])
    possible = np.array(
        [bool(LABEL.fullmatch(text)) and conf >= DOUBTFUL for text, conf in texts]
    )

    def is_label(index: int) -> bool:
        column = possible & (np.abs(left - left[index]) < near[index])
        found = [texts[each] for each in np.flatnonzero(column).tolist()]
        sure = sum(conf >= SURE for _, conf in found)
        return (
            len(found) >= COLUMN
            and len({text for text, _ in found}) >= DIFFERENT
            and sure >= SURE_LABELS * len(found)
        )

    return [bool(possible[index]) and is_label(index) for index in range(len(boxes))]


def _are_no_letters(marks: Marks, group: np.ndarray, text: str) -> bool:
    """Return whether a digit of a number is no letter, or all letters are alike.

    Some letters of words, such as I and M, are as solid or as square as other marks.
    """
    kinds = [_is_no_letter(marks.mask, mark) for mark in group / marks.shrink]
    if NUMBER.fullmatch(text):
        return any(kinds)
    return all(kinds) and np.ptp(group[:, 2] - group[:, 0]) <= ALIKE


def _is_no_letter(mask: np.ndarray, mark: np.ndarray) -> bool:
    """Return whether a mark is solid, as a rule is, or has the corners of a square."""
    left, top, right, bottom = np.rint(mark).astype(int).tolist()
    part = mask[top:bottom, left:right]
    inked = cv2.boundingRect(part)
    part = part[inked[1] : inked[1] + inked[3], inked[0] : inked[0] + inked[2]]
    if not part.size or part.mean() >= SOLID:
        return True
    rows, columns = (max(1, round(CORNER * side)) for side in part.shape)
    ends = [(slice(rows), slice(-rows, None)), (slice(columns), slice(-columns, None))]
    return all(part[row, column].any() for row in ends[0] for column in ends[1])


def _is_replaced(word: Word, boxes: Sequence[Box]) -> bool:
    """Return whether a word covers the middle of one of the boxes."""
    right, bottom = word.left + word.width, word.top + word.height
    return any(
        word.left <= (box[0] + box[2]) / 2 <= right
        and word.top <= (box[1] + box[3]) / 2 <= bottom
        for box in boxes
    )


def _insert(words: list[Word], box: Box, text: str, conf: float) -> None:
    """Put a word into the line of the nearest one on its row, in its place there."""
    left, top, right, bottom = box

    def distance(word: Word) -> tuple[bool, float]:
        middle = word.top + word.height / 2
        away = max(word.left - right, left - word.left - word.width)
        return not top < middle < bottom, away

    nearest = min(words, key=distance)
    line = [index for index, word in enumerate(words) if word[:3] == nearest[:3]]
    before = [index for index in line if words[index].left < left]
    at = before[-1] + 1 if before else line[0]
    size = round(right - left), round(bottom - top)
    new = nearest._replace(
        left=round(left), top=round(top), width=size[0], height=size[1], conf=conf,
        text=text, space_before=True,
    )  # fmt: skip
    words.insert(at, new)
    for position, index in enumerate(range(line[0], line[-1] + 2), start=1):
        words[index] = words[index]._replace(word_num=position)
