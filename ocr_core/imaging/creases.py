"""Creases: the shadows of folds that cross the text of a letter or a map.

An engine takes a straight dark line from edge to edge for a rule between columns, and
parts every line of text that it crosses. Unlike a printed rule, the shadow of a fold
is paler than the letters in it, and lines of text go through it.
"""

import cv2
import numpy as np

from ocr_core.imaging import measurements
from ocr_core.imaging.streaks import (
    DARKER,
    LENGTH,
    Line,
    tall_runs,
    without_streak,
)

SEARCH_PIXELS = 400_000
MIN_LETTERS = 3  # px, on the reduced page
WIDTH = 2.0  # greatest width of a shadow, in heights of small letters
CLEAR = 4.0  # times as dark as most strips, which are as dark as rough paper
CROSSING = 0.5  # least share of the page's side that a fold crosses
LETTER = 0.75  # greatest grey of a letter in the shadow, as a share of the shadow's
PALE, LIT = 0.4, 80  # least share of the paper's light in the shadow, and least light
MIN_CROSSED = 3  # lines of text
THIN = 0.3  # of small letters; thinner lines are streaks
STRAIGHT = 0.25  # of small letters: the greatest mean distance from a straight line
LEAST_HIGH = 0.5  # of small letters; rules are thinner


def with_creases_evened(image: np.ndarray, letters: float) -> tuple[np.ndarray, int]:
    """Lighten the upright shadows of folds that lines of text cross.

    Parameters
    ----------
    image : (H, W) uint8 array
        Dark ink on light paper.
    letters : float
        Height of small letters, in pixels; 0 if there are none.

    Returns
    -------
    image, count
        The image divided by the shade of the folds, and their number.
    """
    small, shrink = measurements.reduced(image, SEARCH_PIXELS)
    if letters < MIN_LETTERS * shrink:
        return image, 0
    shade, count, lines = _upright_creases(small, letters / shrink)
    if count:
        height, width = image.shape
        full = cv2.resize(np.maximum(shade, PALE / 2), (width, height))
        image = np.rint(image / full).clip(0, 255).astype(np.uint8)
    for start, slope in lines:
        clean = without_streak(image, (shrink * (start + 0.5), slope), letters)
        if clean is not None:
            image, count = clean, count + 1
    return image, count


def _upright_creases(
    image: np.ndarray, letters: float
) -> tuple[np.ndarray, int, list[Line]]:
    """Return the shade of the upright folds of an image, their number, other lines."""
    length = round(LENGTH * letters) | 1
    width = round(WIDTH * letters) | 1
    column = cv2.morphologyEx(image, cv2.MORPH_CLOSE, np.ones((length, 1), np.uint8))
    paper = cv2.morphologyEx(column, cv2.MORPH_CLOSE, np.ones((1, 2 * width), np.uint8))
    shade = column.astype(np.float32) / np.maximum(paper, 1)
    darker = max(DARKER, CLEAR * float(np.median(1 - shade)))
    dark = (shade < 1 - darker).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(dark)
    kept = np.zeros(count, bool)
    lines: list[Line] = []
    ink = (image < LETTER * column).astype(np.uint8)
    for label in range(1, count):
        left, top, wide, high, area = stats[label].tolist()
        if high < CROSSING * image.shape[0] or area > width * high:
            continue
        part = np.s_[top : top + high, left : left + wide]
        inside = labels[part] == label
        line, bend = _straight_line(inside)
        if bend > STRAIGHT * letters or np.median(paper[part][inside]) < LIT:
            continue
        kept[label] = (
            np.median(shade[part][inside]) >= PALE
            and area > high * THIN * letters
            and _crossings(ink, inside, part, letters) >= MIN_CROSSED
        )
        if not kept[label]:
            lines.append((left + line[0] - top * line[1], line[1]))
    if not kept.any():
        return np.ones(image.shape, np.float32), 0, lines
    around = cv2.dilate(kept[labels].astype(np.uint8), np.ones((1, 5), np.uint8))
    shade = np.where(around > 0, shade, 1.0).astype(np.float32)
    return shade, int(kept.sum()), lines


def _straight_line(inside: np.ndarray) -> tuple[Line, float]:
    """Return the line through a shadow, and its mean distance from it in pixels."""
    rows = np.arange(len(inside))
    middle = inside @ np.arange(inside.shape[1]) / inside.sum(axis=1)
    slope, start = np.polyfit(rows, middle, 1).tolist()
    return (start, slope), float(np.abs(middle - start - slope * rows).mean())


def _crossings(
    ink: np.ndarray, inside: np.ndarray, part: tuple[slice, slice], letters: float
) -> int:
    """Return how often letters are in a shadow, and close to it on both sides.

    Rules that cross it are thinner than letters are high.
    """
    near = round(letters)
    found = np.zeros(len(inside), np.int8)
    for row, at in enumerate(inside):
        start, stop = part[1].start + at.argmax(), part[1].stop - at[::-1].argmax()
        line = ink[part[0].start + row]
        sides = line[max(0, start - near) : start], line[stop : stop + near]
        found[row] = line[start:stop].any() and all(side.any() for side in sides)
    return tall_runs(found, LEAST_HIGH * letters)
