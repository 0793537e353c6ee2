"""The detector sees all ink of a page, at a size at which it finds the lines."""

import cv2
import numpy as np
import pytest

from ocr_core.engines.network_input import (
    detector_input,
    detector_scale,
    height_of_letters,
    recogniser_input,
)
from ocr_core.imaging.page_ink import inked_part


def test_a_small_page_is_enlarged():
    small = np.full((600, 600), 255, np.uint8)
    cv2.putText(small, "a small page", (40, 300), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 0)

    assert detector_scale((600, 600), height_of_letters(small)) == 1.6


@pytest.mark.parametrize("height", [60, 100, 171])
def test_a_strip_is_not_distorted(height):
    strip = np.full((height, 900), 255, np.uint8)

    pixels, shown, stretch = detector_input(strip, 0.5)

    assert pixels.shape[2] == shown[0]
    assert pixels.shape[2] % 32 == 0
    assert pixels.shape[2] >= height / 2
    assert stretch == pytest.approx([2, 2], rel=0.02)


@pytest.mark.parametrize("size", [(30, 200), (90, 1000), (48, 20), (10, 3000)])
def test_a_line_has_the_height_that_the_recogniser_needs(size):
    line = np.random.default_rng(1).integers(0, 255, size, np.uint8)

    pixels, ratio = recogniser_input(line)

    assert pixels.shape[:3] == (1, 3, 48)
    assert pixels.shape[3] == max(48, int(48 * ratio))
    assert ratio == pytest.approx(min(100, size[1] / size[0]), rel=0.03)
    assert -1 <= pixels.min() < pixels.max() <= 1


@pytest.mark.parametrize(("left", "top"), [(60, 90), (500, 700), (300, 1300)])
def test_the_part_with_ink_has_all_lines_and_a_margin(left, top):
    image = np.full((1500, 1100), 245, np.uint8)
    for row, grey in enumerate((30, 200, 30)):
        at = (left, top + 45 * row)
        cv2.putText(image, "Large and pale lines", at, 0, 1.2, grey, 2, cv2.LINE_AA)

    down, across = inked_part(image, 50)

    rows, columns = (np.flatnonzero((image < 245).any(axis=axis)) for axis in (1, 0))
    assert abs(down.start - max(0, rows[0] - 50)) < 4
    assert abs(down.stop - min(1500, rows[-1] + 50)) < 4
    assert abs(across.start - max(0, columns[0] - 50)) < 4
    assert abs(across.stop - min(1100, columns[-1] + 50)) < 4


def test_an_underlined_heading_is_in_the_part_with_ink():
    image = np.full((1500, 1100), 245, np.uint8)
    for row in range(5):
        cv2.putText(image, "words " * 4, (300, 900 + 40 * row), 0, 0.8, 30, 2)
    cv2.putText(image, "A heading", (420, 200), 0, 0.8, 30, 2)
    cv2.line(image, (415, 206), (560, 206), 30, 3)

    down, across = inked_part(image, 20)

    assert down.start < 180
    assert across.stop < 1100


def test_a_page_with_ink_at_all_edges_or_without_any_is_whole():
    bare = np.full((800, 600), 245, np.uint8)
    full = bare.copy()
    for row in range(30, 800, 40):
        cv2.putText(full, "words " * 10, (0, row), 0, 0.7, 20, 2, cv2.LINE_AA)

    for page in (bare, full):
        down, across = inked_part(page, 20)
        assert page[down, across].shape == page.shape
