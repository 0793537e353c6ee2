"""Columns: two columns that the engine read across are read one after the other."""

import numpy as np
import pytest

from ocr_core.imaging.columns_apart import read_columns_apart, two_columns
from ocr_core.page import PartReader, Word

PITCH, TALL = 40, 20


def line(left, right, row):
    """Return the boxes of letters, 14 pixels apart, on a row of the page."""
    return [(x, 100 + PITCH * row, 12, TALL) for x in range(left, right - 11, 14)]


def letters(*lines):
    return np.array([box for each in lines for box in line(*each)], float)


def columns(rows=10, last=1.0):
    """Return two columns of lines; each third one is short."""
    ends = [1.0 if row % 3 else last for row in range(rows)]
    left = [(100, round(100 + 400 * end), row) for row, end in enumerate(ends)]
    right = [(560, round(560 + 400 * end), row) for row, end in enumerate(ends)]
    return [*left, *right]


def test_two_columns_have_a_strip_between_full_lines():
    found = two_columns(letters(*columns(last=0.4)))

    assert found.rows == 10
    assert 500 < found.middle < 560
    assert (found.top, found.bottom > 100 + 9 * PITCH + TALL) == (90, True)


def test_marks_above_and_below_letters_are_no_rows():
    marks = [
        (x, y + shift, 10, 12)
        for x, y, _, _ in letters(*columns())[::2].tolist()
        for shift in (-13, 20)
    ]

    assert two_columns(np.array([*letters(*columns()), *marks], float)).rows == 10


@pytest.mark.parametrize("leftwards", [False, True])
def test_a_first_row_that_is_short_in_both_columns_is_in_them(leftwards):
    short = [(100, 200, 0), (560, 700, 0)]
    if leftwards:
        short = [(400, 500, 0), (820, 960, 0)]
    lines = [each for each in columns() if each[2] > 0]

    found = two_columns(letters(*short, *lines), leftwards=leftwards)

    assert found.top <= 100
    assert 500 < found.middle < 560


@pytest.mark.parametrize("heading", [(300, 760, -3), (250, 480, -3)])
def test_a_heading_over_both_columns_is_above_them(heading):
    found = two_columns(letters(heading, *columns()))

    assert 100 - 3 * PITCH + TALL <= found.top <= 100


@pytest.mark.parametrize(
    "lines",
    [
        [(100, 960, row) for row in range(20)],  # one column
        columns(rows=5),  # too few lines
        [(left, left + 60, row) for row in range(9) for left in range(100, 900, 120)],
        [(100, 130 + 40 * (row % 8), row) for row in range(16)]
        + [(560, 590 + 40 * (row % 8), row) for row in range(16)],  # short cells
    ],
)
def test_other_pages_have_no_two_columns(lines):
    assert two_columns(letters(*lines)) is None


def word(left, right, row, text, conf=90.0):
    return Word(
        1, 1, row + 1, 1, left, 100 + PITCH * row, right - left, TALL, conf, text
    )


def read_page(words, conf=90.0):
    """Read a page with two columns whose parts are read with some conf."""
    parts = []

    def part(image):
        parts.append(image.shape)
        return [
            word(0, 400, row, ("north", "south")[len(parts) - 1], conf)
            for row in range(10)
        ]

    def whole(image):
        raise AssertionError("nothing is above or below")

    image = np.full((700, 1060), 255, np.uint8)
    boxes = letters(*columns())
    return read_columns_apart(image, boxes, words, whole, PartReader(part, "kor"))


ACROSS = [word(100, 960, row, "northsouth") for row in range(10)]
DIVIDED = [word(*each, "north") for each in columns()]


def test_lines_that_cross_the_strip_are_read_in_columns():
    found, report = read_page(ACROSS)

    assert [each.text for each in found] == ["north"] * 10 + ["south"] * 10
    assert [found[0].left, found[10].left > 500, found[10].block_num] == [0, True, 2]
    assert report.did == "read apart"


def test_letters_that_were_not_read_are_read_in_columns():
    assert read_page(DIVIDED[:12])[1].did == "read apart"


def test_columns_that_the_engine_divided_or_reads_worse_apart_stay():
    assert read_page(DIVIDED) == (DIVIDED, None)
    found, report = read_page(ACROSS, conf=20.0)
    assert (found, report.did) == (ACROSS, "")


@pytest.mark.parametrize(("text", "left_first"), [("north", True), ("שלום", False)])
def test_columns_that_the_engine_cut_at_a_height_are_read_in_order(text, left_first):
    title = word(100, 960, -2, text)
    lines = [each._replace(text=text) for each in DIVIDED]
    halves = [lines[:5], lines[10:15], lines[5:10], lines[15:]]
    cut = [
        each._replace(block_num=number)
        for number, half in enumerate(halves, start=2)
        for each in half
    ]

    found, report = read_page([title, *cut])

    lefts = [each.left for each in found]
    ends = [100] * 10, [560] * 10
    assert lefts == [
        100,
        *(each for side in ends[:: 1 if left_first else -1] for each in side),
    ]
    assert [each.block_num for each in found] == [1] + [
        number for number in (2, 3, 4, 5) for _ in range(5)
    ]
    assert report.did == "read apart"


@pytest.mark.parametrize("count", [2, 3])
def test_columns_that_go_on_past_ink_between_them_stay(count):
    """A mark in the strip ends the band, but not the columns."""
    starts = [100 + 440 * column for column in range(count)]
    lines = [(left, left + 400, row) for left in starts for row in range(20)]
    marks = letters(*((left + 405, left + 435, 4) for left in starts[:-1]))
    words = [
        word(*each, "north")._replace(block_num=1 + starts.index(each[0]))
        for each in lines
    ]
    image = np.full((1000, 1500), 255, np.uint8)
    boxes = np.vstack([letters(*lines), marks])

    assert two_columns(boxes)
    assert read_columns_apart(image, boxes, words, None, PartReader(None, "eng")) == (
        words,
        None,
    )


def test_in_right_to_left_text_the_right_column_comes_first():
    hebrew = [each._replace(text="שלוםשלום") for each in ACROSS]

    found, _ = read_page(hebrew)

    assert found[0].left > 500 > found[10].left
