"""Letters apart: lines of letters set apart, which a detector takes for many lines.

The letters of Chinese and Japanese titles, verses and signs are often set apart. A
detector finds each letter by itself, misses some of them and joins others to the
letters below. On a smaller image of the page they are close enough to be one line.
"""

from collections.abc import Callable, Sequence

import cv2
import numpy as np

# A box up to this many times as long as wide, or as wide as long, is that of a letter.
LETTER = 1.5
# Least number of boxes of letters, and their share of all, from which a page is looked
# at once more; and the share up to which its lines are then whole.
LEAST, MANY, FEW = 6, 0.4, 0.1
# Greatest distance of two letters, in heights; cells of a table are wider apart.
CLOSE = 0.5
SMALLER = (0.5, 0.35)  # sizes of the image, as shares of the usual one
TALLER = 1.8  # heights of its letters' boxes up to which a box does not join two lines


def whole_lines(detected: Callable[[float], list[np.ndarray]]) -> list[np.ndarray]:
    """Return the (4, 2) corners of each line on a page, from the top left clockwise.

    `detected` returns those that the detector finds on an image of the page which is
    that many times as large as usual. Lines found on a smaller one are kept only if
    they contain every letter, and no two lines are joined.
    """
    quads = detected(1.0)
    letters = [quad for quad in quads if _is_letter(quad)]
    if len(letters) < max(LEAST, MANY * len(quads)) or not _are_close(letters):
        return quads
    for times in SMALLER:
        lines = detected(times)
        if _are_whole(lines, letters):
            return lines
    return quads


def _is_letter(quad: np.ndarray) -> bool:
    width, height = _size(quad)
    return width < LETTER * height and height < LETTER * width


def _size(quad: np.ndarray) -> tuple[float, float]:
    """Return the width and the height of a line along its own directions."""
    along, across = quad[1] - quad[0], quad[3] - quad[0]
    return max(1.0, float(np.linalg.norm(along))), max(
        1.0, float(np.linalg.norm(across))
    )


def _are_close(letters: Sequence[np.ndarray]) -> bool:
    """Return whether many letters are close to the next one of their row."""
    low = np.array([quad.min(axis=0) for quad in letters])
    high = np.array([quad.max(axis=0) for quad in letters])
    middle, height = (low + high) / 2, float(np.median(high[:, 1] - low[:, 1]))
    in_row = np.abs(middle[:, None, 1] - middle[:, 1]) < height / 2
    after = in_row & (middle[:, None, 0] < middle[:, 0])
    gaps = np.where(after, low[:, 0] - high[:, None, 0], np.inf).min(axis=1)
    gaps = gaps[np.isfinite(gaps)]
    return len(gaps) >= LEAST / 2 and float(np.median(gaps)) < CLOSE * height


def _are_whole(lines: Sequence[np.ndarray], letters: Sequence[np.ndarray]) -> bool:
    """Return whether lines are no single letters, but contain all of these."""
    if sum(map(_is_letter, lines)) > FEW * len(lines):
        return False
    corners = [line.astype(np.float32) for line in lines]
    for letter in letters:
        centre = tuple(map(float, letter.mean(axis=0)))
        around = [
            line for line in corners if cv2.pointPolygonTest(line, centre, False) >= 0
        ]
        tallest = TALLER * _size(letter)[1]
        if not any(_size(line)[1] <= tallest for line in around):
            return False
    return True
