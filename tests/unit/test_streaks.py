"""Streaks: thin lines across the text are removed, and printed rules are not."""

import numpy as np
import pytest

from ocr_core.imaging.creases import with_creases_evened
from ocr_core.imaging.streaks import without_streak
from sample_images.drawing import draw_text_page
from tests.support.drawn_pages import TEXT, read

LETTERS = 15.0  # px: small letters of the font at 28 px
SIZE = (1000, 1200)
LONG_TEXT = TEXT + "\n" + TEXT


def page(text=LONG_TEXT, size=SIZE, margin=60):
    image, _ = draw_text_page(text, size=size, font_size=28, margin=margin)
    return np.array(image.convert("L"))


def with_line(image, at, width, grey, lean=0.0):
    streaked = image.copy()
    for row in range(len(image)):
        x = round(at + lean * row)
        streaked[row, x : x + width] = np.minimum(streaked[row, x : x + width], grey)
    return streaked


@pytest.mark.parametrize(
    ("at", "width", "grey", "lean"),
    [(400, 2, 30, 0.0), (333, 3, 90, 0.0), (500, 1, 30, 0.0), (420, 2, 60, 0.01)],
)
def test_a_streak_in_the_text_is_removed(at, width, grey, lean):
    scan = with_line(page(), at, width, grey, lean)

    clean, count = with_creases_evened(scan, LETTERS)

    assert count == 1
    added = 255.0 - scan[page() > 250]
    left = 255.0 - clean[page() > 250]
    assert left.mean() < 0.2 * added.mean()


def test_only_the_streak_and_its_edges_change():
    scan = with_line(page(), 400, 2, 30)

    clean = without_streak(scan, (400.5, 0.0), LETTERS)

    changed = np.flatnonzero((clean != scan).any(axis=0))
    assert changed.min() >= 398
    assert changed.max() <= 404


@pytest.mark.parametrize("room", [10, 20])
def test_a_rule_between_columns_stays(room):
    """Ten pixels are two thirds of a small letter, as close as a rule is printed."""
    column = page()
    ink = np.flatnonzero((column < 128).any(axis=0))
    column = column[:, : ink[-1] + room]
    rule = np.full((len(column), 2), 30, np.uint8)
    scan = np.hstack([column, rule, np.full_like(column[:, :room], 255), column])

    assert with_creases_evened(scan, LETTERS)[1] == 0


def test_the_edge_of_a_sheet_stays():
    scan = page()
    scan[:, 930:] = 20

    assert without_streak(scan, (930.0, 0.0), LETTERS) is None


def test_a_line_that_is_not_there_is_no_streak():
    assert without_streak(page(), (400.0, 0.0), LETTERS) is None


@pytest.mark.needs_tesseract
def test_lines_that_a_streak_crosses_are_read_whole():
    result, did = read(with_line(page(), 400, 2, 30))

    assert result.text.split() == LONG_TEXT.split()
    assert did["light"] == "creases lightened"
