"""Margin notes: small type in the right margin, beside running text.

Tesseract joins such notes to the lines beside them, and drops what stands between two
lines. A margin is found by the white strip that divides it from the text on the whole
page, its type is smaller, and its lines are not level with those of the text: cells of
a table are of the same size, or level with their rows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ocr_core.imaging.legibility import cut_out, legible_lines
from ocr_core.page import PartReader, StepReport, Word, lines_of
from ocr_core.text.quality import compared

# On 95 real and drawn pages without such notes, one looks like it has some, and is read
# as before: none of its halftone dots are legible. Of 160 drawn notes of two to six
# lines, three quarters are found; the shortest and smallest are left to the engine.
MAX_WIDTH = 0.4  # of the text's width; a wider part is a column
MIN_LETTERS = 12  # of the margin
MIN_GAP = 0.8  # width of the strip, in heights of a letter of the text
SMALLER = 0.88  # height of the margin's letters, of those of the text
# Rows of a table have one distance from the feet of its smaller letters to those of its
# larger, apart from this share of a letter's height; notes have lines of their own.
LEVEL = 0.2
MAX_LEVEL = 0.5  # share of the letters at that distance
DENSER = 0.85  # distance of a note's lines, of that of the text's lines
ROW = 0.3  # heights of a letter by which feet on one line differ
FEW = 0.3  # share of the fullest line's letters; fewer are not a line
COVERED = 0.8  # share of the margin's letters that are in words
LEGIBLE_NOTE = 0.6  # share of its letters that are in legible lines
LESS = 0.002  # by which two readings with the same right words may differ


@dataclass(frozen=True)
class MarginStrip:
    """The strip that divides a margin from the text: its left and right, in pixels."""

    left: float
    right: float

    @property
    def middle(self) -> float:
        """The x position of its middle, in pixels."""
        return (self.left + self.right) / 2


def right_margin(boxes: np.ndarray) -> MarginStrip | None:
    """Return the strip left of notes in the right margin; None if there are none.

    Parameters
    ----------
    boxes : (N, 4) float array
        Left, top, width and height of each letter on the page, in pixels.
    """
    if len(boxes) < 4 * MIN_LETTERS:
        return None
    boxes = boxes[np.argsort(boxes[:, 0])]
    ends = np.maximum.accumulate(boxes[:, 0] + boxes[:, 2])
    gaps = boxes[1:, 0] - ends[:-1]
    for index in np.argsort(-gaps)[:3].tolist():
        text, note = boxes[: index + 1], boxes[index + 1 :]
        if _is_note(text, note, float(gaps[index])):
            return MarginStrip(float(ends[index]), float(boxes[index + 1, 0]))
    return None


def _is_note(text: np.ndarray, note: np.ndarray, gap: float) -> bool:
    if not MIN_LETTERS <= len(note) < len(text) / 2:
        return False
    tall = float(np.median(text[:, 3]))
    small = float(np.median(note[:, 3]))
    wide = np.ptp(note[:, 0]) < MAX_WIDTH * np.ptp(text[:, 0])
    if gap < MIN_GAP * tall or not wide or small > SMALLER * tall:
        return False
    feet, own = (each[:, 1] + each[:, 3] for each in (text, note))
    if 0 < _pitch(own, small) < DENSER * _pitch(feet, tall):
        return True
    # Of feet at one height the first is enough: pages have thousands of letters.
    feet = feet[np.sort(np.unique(feet, return_index=True)[1])]
    apart = own - feet[np.abs(own[:, None] - feet[None, :]).argmin(axis=1)]
    level = np.abs(apart - np.median(apart)) < LEVEL * tall
    return bool(level.mean() <= MAX_LEVEL)


def _pitch(feet: np.ndarray, height: float) -> float:
    """Return the usual distance from line to line; 0 for less than two lines.

    `feet` are the lower edges of letters in pixels, `height` is that of a letter.
    """
    feet = np.sort(feet)
    lines = np.split(feet, np.flatnonzero(np.diff(feet) > ROW * height) + 1)
    most = max(len(line) for line in lines)
    # Letters that reach below the line are fewer than those that stand on it.
    rows = [float(np.median(line)) for line in lines if len(line) > FEW * most]
    return float(np.median(np.diff(rows))) if len(rows) > 1 else 0.0


def read_apart(
    image: np.ndarray,
    boxes: np.ndarray,
    words: Sequence[Word],
    read: Callable[[np.ndarray], Sequence[Word]],
    read_part: PartReader,
) -> tuple[list[Word], StepReport | None]:
    """Read text and margin of a page separately if the engine did not divide them.

    Parameters
    ----------
    image : (H, W) uint8 array
        The prepared page.
    boxes : (N, 4) float array
        Its letters, as for `right_margin`.
    words
        What the engine read on the whole page.
    read, read_part
        Read a page, and a part of it as one block.

    Returns
    -------
    list of Word
        The words of the text and then of the margin, if the margin is legible and no
        fewer words are right than before; else `words`.
    StepReport or None
        None if there is no margin, or it was divided.
    """
    margin = right_margin(boxes)
    if margin is None or _are_divided(words, boxes, margin):
        return list(words), None
    note = boxes[boxes[:, 0] >= margin.right]
    tall = float(np.median(note[:, 3]))
    low = np.maximum(note[:, :2].min(axis=0) - tall, 0)
    high = np.minimum((note[:, :2] + note[:, 2:]).max(axis=0) + tall, image.shape[::-1])
    part = (max(float(low[0]), margin.middle), float(low[1]), *high.tolist())
    cut = cut_out(image, part, tall)
    found = read_part(cut)
    letters = sum(len(word.text) for word in found)
    legible = sum(count for _, count in legible_lines(found)) / max(letters, 1)
    measured: dict[str, float | str] = {"legible": round(legible, 2)}
    if legible < LEGIBLE_NOTE:
        return list(words), StepReport("margin notes", measured)
    text = read(np.ascontiguousarray(image[:, : round(margin.middle)]))
    last = max((word.block_num for word in text), default=0)
    grown = cut.shape[1] / (part[2] - part[0])
    apart = [*text, *(_moved(word, part, grown, last) for word in found)]
    before, after = compared([words, apart], read_part.language)
    measured |= {"before": round(before, 3), "after": round(after, 3)}
    if after < before - LESS:
        return list(words), StepReport("margin notes", measured)
    return apart, StepReport("margin notes", measured, "read apart")


def _are_divided(words: Sequence[Word], boxes: np.ndarray, margin: MarginStrip) -> bool:
    """Return whether no line crosses the strip, and words cover the margin."""
    for line in lines_of(words):
        right = max(word.left + word.width for word in line)
        if min(word.left for word in line) < margin.middle < right:
            return False
    note = boxes[boxes[:, 0] >= margin.right]
    return covered_share(words, note) > COVERED


def covered_share(words: Sequence[Word], boxes: np.ndarray) -> float:
    """Return the share of letters, (N, 4) boxes, that are in words, 0 to 1."""
    middles = boxes[:, :2] + boxes[:, 2:] / 2
    covered = np.zeros(len(boxes), bool)
    for word in words:
        inside = (middles >= (word.left, word.top)) & (
            middles <= (word.left + word.width, word.top + word.height)
        )
        covered |= inside.all(axis=1)
    return float(covered.mean())


def _moved(
    word: Word, part: tuple[float, float, float, float], grown: float, last: int
) -> Word:
    """Return a word of an enlarged part as one of the page, in a later block."""
    return word._replace(
        block_num=last + word.block_num,
        left=round(word.left / grown + part[0]),
        top=round(word.top / grown + part[1]),
        width=max(1, round(word.width / grown)),
        height=max(1, round(word.height / grown)),
    )
