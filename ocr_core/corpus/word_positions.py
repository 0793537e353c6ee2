"""Word positions: find a word again by where it is on the scan, in whatever reading."""

import re

import numpy as np

from ocr_core.corpus.transfer import COVERED, SAME_PLACE, overlaps, scaled_boxes
from ocr_core.page import PageResult, Word

# Left, top, width and height of a word, and the size of its page.
POSITION = re.compile(r"\d{1,6}(?:-\d{1,6}){5}", re.ASCII)


def position_of(page: PageResult, word: int) -> str:
    """Return the position of a word, as in ``358-49-54-27-640-240``.

    The numbers are its left, top, width and height, and the width and height of the
    page, in pixels of the page as scanned. "" if it has no box, or is none of the page.
    """
    if not 0 <= word < len(page.rows):
        return ""
    row = page.rows[word]
    box = (row.left, row.top, row.width, row.height, *page.size)
    position = "-".join(str(int(each)) for each in box)
    return position if row.width and row.height and POSITION.fullmatch(position) else ""


def word_at(page: PageResult, position: str) -> int | None:
    """Return the index of the word at a position, or None."""
    if not POSITION.fullmatch(position):
        return None
    left, top, width, height, *size = map(int, position.split("-"))
    return word_in_box(page, (left, top, width, height), (size[0], size[1]))


def word_in_box(
    page: PageResult, box: tuple[int, int, int, int], size: tuple[int, int]
) -> int | None:
    """Return the index of the word that overlaps most with a box; None if none does.

    Parameters
    ----------
    box
        Left, top, width and height, on a page of `size`.
    """
    wanted = Word(0, 0, 0, 0, *box, 0.0, "")
    union, own = overlaps(wanted, scaled_boxes(page.rows, page.size, size))
    near = (union >= SAME_PLACE) | (own >= COVERED)
    return int(np.argmax(np.where(near, union, -1))) if near.any() else None
