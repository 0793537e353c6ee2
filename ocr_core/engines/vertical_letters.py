"""Vertical letters: those of vertical lines are read again by RapidOCR.

Tesseract's models for vertical lines mistake letters; RapidOCR reads nearly all of them
right, but loses most punctuation. So words, order and punctuation stay Tesseract's, and
a letter that differs is RapidOCR's where it is sure.
"""

import statistics
import unicodedata
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import takewhile

import numpy as np

from ocr_core.engines.text_lines import TextLine
from ocr_core.page import DOUBTFUL, StepReport, Word, lines_of
from ocr_core.scripts import is_unspaced

SURE = 0.6  # least mean probability of RapidOCR's letters in place of others
ALIKE = 0.5  # least share of letters that are equal; below, the lines are not the same
CONF = 96.0  # of a word that both read alike
# Punctuation of vertical lines as Tesseract's models write it, and as it is printed.
PRINTED = dict(
    zip(",.:;!?()", "\uff0c。\uff1a\uff1b\uff01\uff1f\uff08\uff09", strict=True)
)
MARKS = frozenset([*PRINTED, *PRINTED.values(), *"、「」『』《》〈〉…—・·"])
Placed = tuple[str, int]  # letters, and the index of their word
GAP = 1.2  # widths of a letter: the least gap after a mark that is a space


def with_better_letters(
    words: Sequence[Word], lines: Sequence[TextLine]
) -> tuple[list[Word], StepReport | None]:
    """Return words of vertical lines with better letters; a report if any changed.

    Parameters
    ----------
    words
        As Tesseract read them.
    lines
        The vertical lines as RapidOCR read them, on the same image.
    """
    better = list(words)
    middles = [(w.left + w.width / 2, w.top + w.height / 2) for w in words]
    for line in lines:
        left, top, right, bottom = line.box
        inside = [
            index
            for index, (x, y) in enumerate(middles)
            if left < x < right and top < y < bottom
        ]
        if inside:
            for index, word in zip(
                inside, _voted([words[i] for i in inside], line), strict=True
            ):
                better[index] = word
    changed = sum(a.text != b.text for a, b in zip(words, better, strict=True))
    report = StepReport("letters", {"changed": changed}, "read again")
    return [word for word in better if word.text], report if changed else None


def _voted(words: Sequence[Word], line: TextLine) -> list[Word]:
    """Return the words of a line with the letters that the other reading is sure of."""
    ours = [(x, index) for index, word in enumerate(words) for x in word.text]
    theirs = [
        (letter, conf)
        for letter, conf in zip(line.text, line.confs, strict=True)
        if not letter.isspace()
    ]
    before, after = ("".join(each[0] for each in text) for text in (ours, theirs))
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    letters = sum(map(str.isalnum, before))
    equal = sum(block.size for block in matcher.get_matching_blocks())
    if equal < ALIKE * letters:
        return list(words)
    texts = ["" for _ in words]
    alike, confs = Counter[int](), list[list[float]]([] for _ in words)
    last = 0
    for what, a0, a1, b0, b1 in matcher.get_opcodes():
        piece, other = ours[a0:a1], theirs[b0:b1]
        if what == "equal":
            alike.update(index for _, index in piece)
        else:
            index = next((at for x, at in piece if x not in MARKS), last)
            new = _letters(piece, other, words[index].conf)
            if new is not None:
                piece = _with_letters(piece, new, index)
                confs[index] += [conf for _, conf in other]
        for letter, index in piece:
            texts[index] += letter
            last = index
    return [
        word._replace(text=text, conf=_conf(word, text, alike[index], confs[index]))
        for index, (word, text) in enumerate(zip(words, texts, strict=True))
    ]


def _letters(
    ours: Sequence[Placed], theirs: Sequence[tuple[str, float]], conf: float
) -> str | None:
    """Return the letters to put in place of ours; None if ours stay.

    `theirs` are letters with a probability, 0 to 1; `conf` is that of our word.
    """
    letters = "".join(x for x, _ in theirs if x.isalnum() or x in "、。「」")
    if letters:
        sure = np.mean([probability for _, probability in theirs]) >= SURE
        return letters if sure else None
    doubtful = not theirs and conf < DOUBTFUL and all(x.isalnum() for x, _ in ours)
    return "" if doubtful else None


def _with_letters(piece: Sequence[Placed], new: str, index: int) -> list[Placed]:
    """Return a piece of a line with new letters, between its own marks."""
    marks = [each for each in piece if each[0] in MARKS]
    if not MARKS.isdisjoint(new):
        return [(new, index)]
    before = len(list(takewhile(lambda each: each[0] in MARKS, piece)))
    before = 0 if before == len(piece) else before
    return [*marks[:before], (new, index), *marks[before:]]


def _conf(word: Word, text: str, alike: int, found: Sequence[float]) -> float:
    """Return the conf of a word by how much of it two engines read alike."""
    if text == word.text:
        return max(word.conf, CONF) if alike == len(text) else word.conf
    return round(min(CONF, 100 * float(np.mean(found or [0.9]))), 2)


def with_printed_marks(words: Sequence[Word]) -> list[Word]:
    """Return words of vertical lines with the punctuation that is printed.

    The models write that of Latin type, and a space after a mark, which stands at the
    top of its cell.
    """
    found: list[Word] = []
    for line in lines_of(words):
        size = statistics.median(word.width for word in line)
        last = ""
        for word in line:
            text = _wide(last, word.text)
            if last in MARKS and word.space_before and is_unspaced(text[0]):
                end = found[-1].top + found[-1].height
                word = word._replace(space_before=word.top - end >= GAP * size)
            found.append(word._replace(text=text))
            last = text[-1]
    return found


def _wide(before: str, text: str) -> str:
    """Return a text with wide punctuation after Chinese or Japanese letters."""
    wide = ""
    for letter in text:
        last = wide[-1:] or before
        wide += PRINTED.get(letter, letter) if last and is_unspaced(last) else letter
    return wide


def is_vertical(line: TextLine) -> bool:
    """Return whether a line of several letters runs down."""
    left, top, right, bottom = line.box
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in line.text)
    return bottom - top > 1.5 * (right - left) and 2 * wide > len(line.text)
