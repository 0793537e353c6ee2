"""Creases: shadows of folds that text crosses are lightened, and rules are not."""

import numpy as np
import pytest

from ocr_core.imaging.creases import with_creases_evened
from sample_images.drawing import draw_text_page
from tests.support.drawn_pages import TEXT

LETTERS = 15.0  # px: small letters of the font at 28 px
SIZE = (900, 700)


def page():
    image, _ = draw_text_page(TEXT, size=SIZE, font_size=28, margin=60)
    return np.array(image.convert("L"))


def folded(image, at, depth=0.45, lean=0.0):
    """Darken an image along a line, as the shadow of a fold does."""
    height, width = image.shape
    x = at + lean * np.arange(height)[:, None]
    shade = 1 - depth * np.exp(-(((np.arange(width) - x) / 4.0) ** 2))
    return np.rint(image * shade).astype(np.uint8)


@pytest.mark.parametrize(
    ("at", "depth", "lean"), [(450, 0.45, 0.0), (300, 0.2, 0.0), (600, 0.5, 0.01)]
)
def test_the_shadow_of_a_fold_in_the_text_is_lightened(at, depth, lean):
    scan = folded(page(), at, depth, lean)

    even, count = with_creases_evened(scan, LETTERS)

    assert count == 1
    bare = page() > 250
    left = (255 - even[bare].astype(float)).mean()
    assert left < 0.2 * (255 - scan[bare].astype(float)).mean()


def test_a_page_without_folds_is_left_alone():
    even, count = with_creases_evened(page(), LETTERS)

    assert count == 0
    assert (even == page()).all()


@pytest.mark.parametrize("grey", [20, 150], ids=["black", "grey"])
def test_a_rule_between_columns_is_left_alone(grey):
    column, _ = draw_text_page(TEXT, size=(450, 700), font_size=14, margin=40)
    scan = np.hstack([np.array(column.convert("L"))] * 2)
    scan[:, 449:452] = grey

    assert with_creases_evened(scan, 8.0)[1] == 0


@pytest.mark.parametrize("grey", [20, 150], ids=["black", "grey"])
def test_the_rules_of_a_table_are_left_alone(grey):
    scan = page()
    scan[::80] = scan[1::80] = grey
    scan[:, 20:23] = scan[:, 870:873] = grey

    assert with_creases_evened(scan, LETTERS)[1] == 0


def test_a_shadow_beside_the_text_is_left_alone():
    assert with_creases_evened(folded(page(), 20), LETTERS)[1] == 0


def test_without_letters_nothing_is_looked_for():
    blank = np.full((300, 200), 255, np.uint8)

    assert with_creases_evened(folded(blank, 100), 0.0)[1] == 0
