"""Streaks: thin upright lines that a scanner or a scratch leaves across the text.

An engine takes a straight line from top to bottom for a rule between columns, and parts
every line of text that it crosses. Beside a printed rule there is room on both sides;
close to a streak are letters on both sides, in most lines of text.
"""

import cv2
import numpy as np

INK = 0.6  # greatest grey of ink, as a share of the paper's
# In heights of small letters: the greatest width of a streak, the strip on either side
# in which letters touch it, and the one in which there is text.
WIDTH, CLOSE, BESIDE = 0.35, 0.4, 3.0
# In the same heights: the length over which no letter is dark throughout, as those of
# headings are up to four heights tall.
LENGTH = 6.0
DARKER = 0.06  # least darkness of a streak or fold, as a share of the paper's grey
MOST_INK = 0.4  # share of a page of text that is ink
MERGED = 0.3  # of a letter's height; smaller gaps do not part a line of text
MIN_CROSSED, MOSTLY = 5, 0.4  # lines of text that touch it, and least share of these

Line = tuple[float, float]  # x at the top, and how much it grows from row to row


def without_streak(image: np.ndarray, line: Line, letters: float) -> np.ndarray | None:
    """Return a page without a streak; None if the line is no streak.

    Parameters
    ----------
    image : (H, W) uint8 array
        Dark ink on light paper.
    line
        Its x at the top, and how much x grows from row to row, in pixels.
    letters : float
        Height of small letters, in pixels.
    """
    height, width = image.shape
    rows = np.arange(height)
    reach = round((WIDTH + BESIDE) * letters)
    x = np.rint(line[0] + line[1] * rows).astype(int)
    columns = np.clip(x[:, None] + np.arange(-reach, reach + 1), 0, width - 1)
    strip = image[rows[:, None], columns]
    paper = float(np.median(strip))
    streak = _columns_of_streak(strip, paper, letters)
    if streak is None:
        return None
    start, stop = streak
    ink = strip < INK * paper
    if max(ink[:, :start].mean(), ink[:, stop:].mean()) > MOST_INK:
        return None  # the edge of the sheet
    close = round(CLOSE * letters)
    touching = _lines(_both(ink, start, stop, close), letters)
    if touching < max(
        MIN_CROSSED, MOSTLY * _lines(_both(ink, start, stop, reach), letters)
    ):
        return None
    share = np.linspace(0, 1, stop - start + 2)[1:-1]
    before, after = strip[:, start - 1, None], strip[:, stop, None]
    clean = image.copy()
    clean[rows[:, None], columns[:, start:stop]] = np.rint(
        before * (1 - share) + after * share
    )
    return clean


def _columns_of_streak(
    strip: np.ndarray, paper: float, letters: float
) -> tuple[int, int] | None:
    """Return the first column of a streak in a strip and the one after it."""
    length = round(LENGTH * letters) | 1
    solid = cv2.morphologyEx(strip, cv2.MORPH_CLOSE, np.ones((length, 1), np.uint8))
    dark = np.flatnonzero(np.median(solid, axis=0) < (1 - DARKER) * paper)
    if not len(dark):
        return None
    start, stop = max(1, int(dark[0]) - 1), min(strip.shape[1] - 1, int(dark[-1]) + 2)
    return (start, stop) if dark[-1] - dark[0] < WIDTH * letters else None


def _both(ink: np.ndarray, start: int, stop: int, reach: int) -> np.ndarray:
    """Return for each row whether ink is within reach on both sides."""
    left = ink[:, max(0, start - reach) : start].any(axis=1)
    return np.asarray(left & ink[:, stop : stop + reach].any(axis=1))


def _lines(found: np.ndarray, letters: float) -> int:
    """Return the number of runs of rows that are half as high as letters at least."""
    merged = cv2.morphologyEx(
        found.astype(np.uint8)[:, None],
        cv2.MORPH_CLOSE,
        np.ones((round(MERGED * letters) | 1, 1), np.uint8),
    )[:, 0]
    return tall_runs(merged, letters / 2)


def tall_runs(found: np.ndarray, least: float) -> int:
    """Return the number of runs of true rows that are at least so many rows high."""
    edges = np.flatnonzero(np.diff(found.astype(np.int8), prepend=0, append=0))
    return int(np.count_nonzero(edges[1::2] - edges[::2] >= least))
