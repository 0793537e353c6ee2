"""The ink of a page: marks that look like letters, and marks that a step removed."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from ocr_core.imaging import measurements
from ocr_core.page import Page, Word, border_shade, to_scan

MARK_PIXELS = 8_000_000  # larger pages are reduced by a whole number
PALE = 0.35  # of common ink: marks of a second ink count as ink that was lost
INK_PIXELS = 1_000_000  # at this size letters are still separate, in 10 ms
REACH = 0.25  # of its height, by which a letter may lie outside a word's box
STRIPS = 8  # of a word, in which the height of its ink is found
SPECK = (2, 4)  # width and height of the smallest mark on the reduced page
ALL = 0.6  # share of a page from which a part of it is not worth cutting out
BARE = 0.0002  # share of a page's pixels: two small letters on a sheet of A4
GAP_PIXELS = 500_000
GAP_WITHIN = (0.25, 0.5)  # range of heights in which the top part may end
MIN_GAP = 4  # rows of the downscaled page
SPECKS = 0.003  # share of ink allowed in a row without text
# Noise: many marks that lie in no rows. Its marks are counted in squares of so many
# heights of a mark, by their positions along many directions, as lines may be slanted.
# Where marks fall anywhere, variance and mean of these counts are alike: on 27 drawn
# pages of noise the ratio was at most 1.9 in all directions; on 36 dense pages, level
# and turned by 7 and 33 degrees, it was at least 3.1 in one.
MANY_MARKS = 1000
# The dots of a screen have one size, but for two pixels at the edges of the page; two
# other marks are no word.
SAME_SIZE, EDGE, FEW_OTHERS, SCREEN = 0.15, 2, 2, 0.9
SQUARE = 30
CELL = 1 / 3  # of a mark's height
SQUARE_MARKS = 100  # fewer in a square are no evidence
MAX_RATIO = 2.0
SLANTS = np.deg2rad(sorted(range(-44, 46, 2), key=abs))


@dataclass(frozen=True, eq=False)
class Marks:
    """The connected marks of ink on a page.

    Parameters
    ----------
    mask : (H, W) uint8 array
        1 where the page, reduced by a whole number, has ink.
    labels : (H, W) int32 array
        The number of the mark at each pixel; 0 for paper.
    boxes : (N, 4) int array
        Left, top, width and height of each mark, in pixels of the reduced page; the
        first is the paper.
    area : (N,) int array
        The pixels of each mark.
    shrink : int
        That whole number.
    """

    mask: np.ndarray
    labels: np.ndarray
    boxes: np.ndarray
    area: np.ndarray
    shrink: int


def all_marks(image: np.ndarray) -> Marks:
    """Find all ink on an (H, W) uint8 page, dark on light."""
    small, shrink = measurements.reduced(image, MARK_PIXELS)
    mask = measurements.ink_mask(small)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    return Marks(mask, labels, stats[:, :4], stats[:, 4], shrink)


def erased(image: np.ndarray, boxes: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return an (H, W) uint8 page with the grey of its paper in some boxes.

    Parameters
    ----------
    image : (H, W) uint8 array
    boxes : (N, 4) int array
        Left, top, width and height, in pixels.
    edges : (N,) int array
        Pixels around each box that are erased with it.
    """
    clean = image.copy()
    paper = np.uint8(np.median(image))
    for (left, top, width, height), edge in zip(
        boxes.tolist(), edges.tolist(), strict=True
    ):
        clean[
            max(0, top - edge) : top + height + edge,
            max(0, left - edge) : left + width + edge,
        ] = paper
    return clean


def ink_boxes(image: np.ndarray) -> np.ndarray:
    """Find the marks that look like letters on an (H, W) uint8 page, dark on light.

    Returns
    -------
    (N, 4) float array
        Left, top, width and height of each mark, in pixels of `image`.
    """
    small, shrink = measurements.reduced(image, INK_PIXELS)
    return measurements.letters_on(small).boxes * shrink


def inked_part(image: np.ndarray, margin: float) -> tuple[slice, slice]:
    """Return the rows and columns that contain all ink but specks.

    Letters that touch a rule look like no letter, so every mark counts. They are the
    whole (H, W) uint8 page if that is hardly larger. `margin` is the width of the paper
    around the marks, in pixels.
    """
    height, width = image.shape
    small, shrink = measurements.reduced(image, INK_PIXELS)
    mask = measurements.ink_mask(small, PALE)
    boxes = cv2.connectedComponentsWithStats(mask, connectivity=8)[2][1:, :4]
    boxes = boxes[(boxes[:, 2] >= SPECK[0]) & (boxes[:, 3] >= SPECK[1])] * shrink
    whole = slice(0, height), slice(0, width)
    if not len(boxes):
        return whole
    low = np.maximum(boxes[:, :2].min(axis=0) - margin, 0)
    high = (boxes[:, :2] + boxes[:, 2:]).max(axis=0) + margin
    left, top, right, bottom = np.rint([*low, *high]).astype(int).tolist()
    part = slice(top, min(bottom, height)), slice(left, min(right, width))
    return part if image[part].size < ALL * image.size else whole


def with_geometry_of(prepared: Page, image: np.ndarray) -> np.ndarray:
    """Return the page as scanned with the geometry of the prepared image."""
    size = prepared.image.shape[1::-1]
    if np.allclose(prepared.home, np.eye(3)) and image.shape == prepared.image.shape:
        return image
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])  # corners to pixel centres
    back = np.linalg.inv(half) @ prepared.home @ half
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    shade = border_shade(image)
    return cv2.warpPerspective(image, back, size, flags=flags, borderValue=shade)


def lost_boxes(
    scanned: np.ndarray, prepared: np.ndarray, home: np.ndarray
) -> np.ndarray:
    """Find the marks of the page as scanned that are missing on the prepared page.

    Parameters
    ----------
    scanned, prepared : (H, W) uint8 array
        Dark ink on light paper.
    home : (3, 3) float array
        Maps points of `prepared` to `scanned`.

    Returns
    -------
    (N, 4) float array
        Left, top, width and height of each mark, in pixels of `prepared`.
    """
    small, shrink = measurements.reduced(scanned, INK_PIXELS)
    boxes = measurements.marks_on(small, PALE)[0] * shrink
    if not len(boxes):
        return boxes
    ends = np.stack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)
    moved = np.dstack([ends, np.ones(ends.shape[:2])]) @ np.linalg.inv(home).T
    moved = moved[..., :2] / moved[..., 2:]
    low, high = moved.min(axis=1), moved.max(axis=1)
    small, shrink = measurements.reduced(prepared, INK_PIXELS)
    ink = cv2.integral(measurements.ink_mask(small, PALE))
    limit = np.array(small.shape[::-1])
    x0, y0 = np.clip(np.floor(low / shrink), 0, limit).astype(int).T
    x1, y1 = np.clip(np.ceil(high / shrink), 0, limit).astype(int).T
    inked = ink[y1, x1] - ink[y0, x1] - ink[y1, x0] + ink[y0, x0]
    gone = (inked == 0) & (x1 > x0) & (y1 > y0)
    return np.hstack([low, high - low])[gone]


def on_scan(
    page: Page, prepared: Page, words: Sequence[Word], *, coarse: bool
) -> tuple[tuple[Word, ...], dict[tuple[Any, ...], tuple[int, ...]]]:
    """Return the words on the page as scanned, and the boxes of their ink if `coarse`.

    On a curved page the words have the boxes of their ink already.
    """
    sheet, geometry = prepared.sheet, (prepared.home, page.size, prepared.sheet)
    if not sheet and not coarse:
        return tuple(to_scan(words, *geometry)), {}
    level = not sheet and _keeps_boxes(prepared.home)
    outlines = word_outlines(prepared.image, words, 1 if level else STRIPS)
    narrow = tuple(to_scan(words, *geometry, outlines))
    if sheet:
        return narrow, {}
    rows = tuple(to_scan(words, *geometry))
    return rows, {a[4:]: b[4:8] for a, b in zip(rows, narrow, strict=True)}


def _keeps_boxes(home: np.ndarray) -> bool:
    """Return whether a homography moves upright boxes to upright boxes."""
    return not np.any([home[0, 1], home[1, 0], home[2, 0], home[2, 1]])


def word_outlines(
    image: np.ndarray, words: Sequence[Word], strips: int = STRIPS
) -> np.ndarray:
    """Find the outlines of the ink of words on an (H, W) uint8 page, dark on light.

    Engines return boxes that are larger than the ink, and on a curved page the box
    around a moved box would be larger still.

    Returns
    -------
    (N, 4 * strips, 2) float array
        The corners of as many upright strips, which contain the ink inside each box.
    """
    if not words:
        return np.zeros((0, 4 * strips, 2))
    ink = measurements.ink_mask(image) > 0
    cells = _cells(words).tolist()
    pairs = zip(words, cells, strict=True)
    return np.array([_word_outline(ink, word, cell, strips) for word, cell in pairs])


def _cells(words: Sequence[Word]) -> np.ndarray:
    """Return the first column of each word's letters, and the end: an (N, 2) array.

    A box may lack a part of a letter, so a cell reaches out of it, at most as far as
    the middle of the gap to the next word of the line.
    """
    left, _, width, height = np.array([word[4:8] for word in words], int).T
    right, reach = left + width, (REACH * height).astype(int)
    begin, end = left - reach, right + reach
    lines = np.array([word[:3] for word in words])
    order = np.lexsort((left, *lines.T))
    one, next_ = order[:-1], order[1:]
    same = (lines[one] == lines[next_]).all(axis=1)
    one, next_ = one[same], next_[same]
    middle = (right[one] + left[next_]) // 2
    end[one] = np.minimum(end[one], middle)
    begin[next_] = np.maximum(begin[next_], middle)
    return np.stack([begin, end], axis=1)


def _word_outline(
    ink: np.ndarray, word: Word, cell: tuple[int, int], strips: int
) -> np.ndarray:
    left, top = max(0, word.left), max(0, word.top)
    rows = ink[top : top + word.height]
    first, last = _own_rows(rows[:, left : left + word.width].any(axis=1))
    start = max(0, left - word.height // 2)  # a letter may reach out of the box
    near = rows[:, start : left + word.width + word.height // 2]
    edges = cell[0] - start, cell[1] - start
    columns = _own_columns(near[first:last].any(axis=0), *edges)
    begin, end = columns or (left - start, left - start + word.width)
    first, last = _own_rows(near[:, begin:end].any(axis=1))
    line = near[first:last]
    boxes = []
    cuts = np.linspace(begin, end, strips + 1)
    for x0, x1 in itertools.pairwise(cuts.tolist()):
        inked = line[:, int(x0) : max(int(x0) + 1, round(x1))].any(axis=1)
        if inked.any():
            y0, y1 = measurements.true_runs(inked)[[0, -1], [0, 1]]
            boxes.append((start + x0, first + y0, start + x1, first + y1))
    boxes = boxes or [(left, 0, left + word.width, word.height)]
    boxes += boxes[-1:] * (strips - len(boxes))
    x0, y0, x1, y1 = np.array(boxes, float).T
    x, y = np.stack([x0, x1, x1, x0]).ravel(), np.stack([y0, y0, y1, y1]).ravel()
    return np.stack([x, y + top], axis=1)


def _own_rows(inked: Any) -> tuple[int, int]:
    """Return the first row of a word's own ink, and the one after its last.

    Ink that touches the upper or lower edge of a box, apart from the rest, is of
    another line.
    """
    runs = measurements.true_runs(inked)
    if len(runs) > 1:
        tallest = int(np.ptp(runs, axis=1).argmax())
        foreign = (runs[:, 0] == 0) | (runs[:, 1] == len(inked))
        foreign[tallest] = False
        runs = runs[~foreign]
    return (int(runs[0, 0]), int(runs[-1, 1])) if len(runs) else (0, len(inked))


def _own_columns(inked: Any, left: int, right: int) -> tuple[int, int] | None:
    """Return the first column of the letters mostly within a cell, and the end."""
    runs = measurements.true_runs(inked)
    inside = np.minimum(runs[:, 1], right) - np.maximum(runs[:, 0], left)
    own = runs[2 * inside > runs[:, 1] - runs[:, 0]]
    return (int(own[0, 0]), int(own[-1, 1])) if len(own) else None


def is_bare(image: np.ndarray) -> bool:
    """Return whether an (H, W) uint8 page has almost no ink: less than a word."""
    small, _ = measurements.reduced(image, INK_PIXELS)
    return bool(measurements.ink_mask(small).mean() < BARE)


def is_noise(marks: Marks, letters: np.ndarray) -> bool:
    """Return whether a page bears noise or a screen of dots, and no text.

    `letters` is what `ink_boxes` found on it.
    """
    return lies_in_no_rows(letters) or _is_screen(marks)


def _is_screen(marks: Marks) -> bool:
    """Return whether all ink on a page is dots of one size in a square lattice.

    Letters, also where they touch dots, are larger than dots; white ones cut dots.
    """
    boxes = marks.boxes[1:]
    ends = boxes[:, :2] + boxes[:, 2:]
    inside = (boxes[:, :2] > 0) & (ends < marks.mask.shape[::-1])
    boxes = boxes[inside.all(axis=1)].astype(float)
    if len(boxes) < MANY_MARKS:
        return False
    usual = np.median(boxes[:, 2:], axis=0)
    other = np.abs(boxes[:, 2:] - usual) > np.maximum(EDGE, SAME_SIZE * usual)
    if other.any(axis=1).sum() > FEW_OTHERS:
        return False
    return bool(measurements.screen_dots(boxes, usual[1]).mean() > SCREEN)


def lies_in_no_rows(marks: np.ndarray) -> bool:
    """Return whether marks are noise: many of them, in no direction in rows.

    Parameters
    ----------
    marks : (N, 4) float array
        What `ink_boxes` found.
    """
    if len(marks) < MANY_MARKS:
        return False
    tall = max(1.0, float(np.median(marks[:, 3])))
    feet = marks[:, :2] + marks[:, 2:] * (0.5, 1)
    column, row = (feet // (SQUARE * tall)).astype(int).T
    square = np.unique(column * (row.max() + 1) + row, return_inverse=True)[1]
    full = np.flatnonzero(np.bincount(square) >= SQUARE_MARKS)
    inside = [feet[square == each] for each in full]
    return bool(inside) and not any(
        _ratio(each @ direction, tall) > MAX_RATIO
        for slant in SLANTS
        for direction in (
            np.array([-np.sin(slant), np.cos(slant)]),
            np.array([np.cos(slant), np.sin(slant)]),
        )
        for each in inside
    )


def _ratio(positions: np.ndarray, tall: float) -> float:
    """Return the variance of the counts of marks in equal cells, by their mean."""
    steps = np.diff(np.unique(positions))
    # On a reduced page positions are multiples of its pixels, so cells are, too.
    pixel = float(steps.min(initial=tall))
    cell = pixel * max(1, round(CELL * tall / pixel))
    cells = ((positions - positions.min()) / cell).astype(int)
    counts = np.bincount(cells)
    return float(counts.var() / counts.mean())


def text_gap(image: np.ndarray) -> int:
    """Return the middle row of the widest gap between lines; 0 if there is none.

    The gap is searched in the second quarter of the height of an (H, W) or (H, W, 3)
    uint8 page, dark on light. A cut at that row does not cross any letter.
    """
    small, shrink = measurements.reduced(image, GAP_PIXELS)
    margin = small.shape[1] // 20  # contains shadows and rules of the edge
    ink = measurements.ink_mask(small)[:, margin : small.shape[1] - margin]
    inked = np.flatnonzero(ink.mean(axis=1) > SPECKS)
    first, last = (len(small) * share for share in GAP_WITHIN)
    edges = inked[(inked >= first) & (inked <= last)]
    gaps = np.diff(edges)
    if not len(gaps) or gaps.max() < MIN_GAP:
        return 0
    widest = int(gaps.argmax())
    return round((edges[widest] + edges[widest + 1]) / 2 * shrink)
