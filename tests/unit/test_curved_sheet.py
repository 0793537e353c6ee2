"""Curved sheets: points and pixels go to the flat page and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr_core.curved_sheet import CurvedSheet, transformed
from ocr_core.page import Page, PageRef, Word, to_scan

SIZE = (400, 300)
SQUARE = np.array([[0.0, 0.0], [400, 0], [400, 300], [0, 300]])


def sheet(bend=0.0, shift=(0.0, 0.0), rows=31, columns=41):
    """Map a flat page of 400 x 300 px to one whose lines are arcs of a sine."""
    x, y = np.meshgrid(np.linspace(0, 400, columns), np.linspace(0, 300, rows))
    y = y + bend * np.sin(np.pi * x / 400)
    return CurvedSheet(np.stack([x, y], axis=-1) + shift, SIZE)


def test_points_of_the_grid_go_where_it_says():
    curved = sheet(bend=20, shift=(7, 9))

    found = curved.to_scan(np.array([[0.0, 0.0], [200, 150], [400, 300]]))

    assert np.allclose(found, [[7, 9], [207, 179], [407, 309]])


def test_points_beyond_the_grid_go_on_as_at_its_edge():
    found = sheet(shift=(7, 9)).to_scan(np.array([[-10.0, 310.0]]))

    assert np.allclose(found, [[-3, 319]])


@given(
    st.floats(-30, 30),
    st.lists(st.tuples(st.floats(0, 400), st.floats(0, 300)), min_size=1, max_size=20),
)
def test_points_come_back_from_the_scan(bend, points):
    curved = sheet(bend=bend, shift=(30, 40))

    back = curved.from_scan(curved.to_scan(np.array(points)))

    assert np.abs(back - points).max() < 0.1


def test_a_map_goes_on_straight_to_points_beyond_its_edge():
    inner = sheet(shift=(100, 50))

    wider = inner.covering(np.array([[40.0, 60], [250, 200], [560, 380]]))

    assert wider.size == (520, 330)  # 60 px more on either side, and 30 px below
    corners = wider.to_scan(np.array([[0.0, 0.0], [520, 330]]))
    assert np.allclose(corners, [[40, 50], [560, 380]])


def test_a_map_of_all_points_stays_as_it_is():
    curved = sheet(bend=20)

    assert curved.covering(curved.mesh[5:20, 5:30].reshape(-1, 2)) is curved
    assert curved.covering(np.zeros((0, 2))) is curved


def test_a_flat_sheet_leaves_every_pixel_in_its_place():
    image = np.random.default_rng(1).integers(0, 255, (300, 400)).astype(np.uint8)

    assert np.array_equal(sheet().flattened(image), image)


def test_a_shifted_sheet_shifts_the_pixels():
    image = np.random.default_rng(1).integers(0, 255, (300, 400)).astype(np.uint8)

    flat = sheet(shift=(5, 11)).flattened(image)

    assert np.array_equal(flat[:280, :390], image[11:291, 5:395])


def test_an_arc_becomes_a_level_line():
    image = np.full((400, 400), 255, np.uint8)
    x = np.arange(400)
    y = np.rint(150 + 30 * np.sin(np.pi * (x + 0.5) / 400)).astype(int)
    for row in range(-3, 3):
        image[y + row, x] = 0

    flat = sheet(bend=30).flattened(image)

    rows = np.flatnonzero(flat[:, 5:-5].max(axis=1) < 128)
    assert {148, 149, 150, 151} <= set(rows.tolist()) <= set(range(146, 154))


def test_sheets_that_follow_each_other_are_one():
    first, second = sheet(bend=20, shift=(3, 4)), sheet(bend=-12)
    points = np.array([[0.0, 0.0], [200, 100], [400, 200]])

    both = second.after(first).to_scan(points)

    assert np.allclose(both, first.to_scan(second.to_scan(points)), atol=0.5)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_boxes_on_a_flattened_page_come_back_to_the_scan(degrees):
    """At 40 px from the left the arc of 20 px is 20 sin(pi / 10) = 6.18 px high."""
    scan = Page(np.full((300, 400), 255, np.uint8), PageRef("page"))
    upright = scan.turned(degrees) if degrees else scan
    width, height = upright.image.shape[::-1]
    x, y = np.meshgrid(np.linspace(0, width, 41), np.linspace(0, height, 31))
    bent = np.stack([x, y + 20 * np.sin(np.pi * x / width)], axis=-1)
    page = upright.flattened(CurvedSheet(bent, (width, height))).resized(2)
    word = Word(1, 1, 1, 1, round(0.2 * width), 100, 8, 40, 90.0, "word")

    [found] = to_scan([word], page.home, scan.size, page.sheet)

    lift = 20 * np.sin(np.pi * (0.1 + 4 / width / 2))
    flat = np.array([0.1 * width + 2, 60])
    middle = transformed(upright.home, flat + np.array([0, lift]))
    there = found.left + found.width / 2, found.top + found.height / 2
    assert np.abs(np.array(there) - middle).max() <= 1.5
    assert np.allclose(page.from_scan(middle), 2 * flat, atol=0.5)
