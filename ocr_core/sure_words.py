"""Sure words: words of the first reading that need no second one.

RapidOCR takes most of the time of a page that is read twice. Words that are in the
lexicon and that Tesseract is sure of are as a rule read alike by both, so the parts of
a line that hold nothing else are not read again.
"""

from collections.abc import Sequence

import numpy as np

from ocr_core.engines import Recognition
from ocr_core.engines.alphabets import in_latin_letters
from ocr_core.engines.known_words import KnownRun
from ocr_core.page import Page, Word, box_corners, lines_of
from ocr_core.second_opinion import RAPID, Attempt
from ocr_core.text.quality import word_chances

# Least chance of being right. If RapidOCR's reading of such words is replaced by
# Tesseract's on 16 scans that are read twice, the mean error is 0.0512 instead of
# 0.0511; with 0.93 it is 0.0519.
SURE = 0.96
MAX_GAP = 1.0  # heights of a word between two of them; wider gaps may hold lost ink


def sure_runs(first: Attempt, other: Recognition, prepared: Page) -> list[KnownRun]:
    """Return the sure words of an attempt side by side, in pixels of a prepared page.

    There are none unless `other` is how RapidOCR will read that page, in Latin letters
    and without a whitelist, which Tesseract follows only in part.
    """
    words, language = first.rows, other.language
    if other.engine != RAPID or first.engine.startswith(RAPID):
        return []
    if not words or other.whitelist or not in_latin_letters(language):
        return []
    sure = iter((word_chances(words, language)[0] >= SURE).tolist())
    corners = prepared.from_scan(box_corners(words)[..., :2])
    low, high = (np.rint(end).astype(int) for end in (corners.min(1), corners.max(1)))
    boxes = np.hstack([low, np.maximum(high - low, 1)]).tolist()
    moved = [
        word._replace(left=left, top=top, width=width, height=height)
        for word, (left, top, width, height) in zip(words, boxes, strict=True)
    ]
    return [
        run
        for line in lines_of(moved)
        for run in _runs(line, [next(sure) for _ in line])
    ]


def _runs(line: Sequence[Word], sure: Sequence[bool]) -> list[KnownRun]:
    """Return the runs of sure words on a line."""
    ends = [word.left + word.width for word in line]
    gaps = [after.left - end for end, after in zip(ends, line[1:], strict=False)]
    runs: list[list[int]] = []
    for index, word in enumerate(line):
        if not sure[index]:
            continue
        last = runs[-1][-1] if runs else -2
        if last == index - 1 and abs(gaps[last]) <= MAX_GAP * word.height:
            runs[-1].append(index)
        else:
            runs.append([index])
    # What is read again is read with a word of what is not: it shows the spacing.
    runs = [run[run[0] > 0 : len(run) - (run[-1] < len(line) - 1)] for run in runs]
    return [
        KnownRun(
            tuple(line[index] for index in run),
            line[run[0]].left - _reach(gaps, run[0] - 1, line[run[0]]),
            ends[run[-1]] + _reach(gaps, run[-1], line[run[-1]]),
        )
        for run in runs
        if run
    ]


def _reach(gaps: Sequence[int], index: int, word: Word) -> float:
    """Return how far a run may reach into a gap, at most a third of a word's height."""
    there = 0 <= index < len(gaps)
    return max(0.0, min(gaps[index] / 2 if there else np.inf, word.height / 3))
