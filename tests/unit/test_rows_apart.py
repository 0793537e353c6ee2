"""Rows: rows of letters that the engine did not read as lines are read one by one."""

import numpy as np
import pytest

from ocr_core.imaging.rows_apart import read_rows_apart
from ocr_core.page import PartReader, Word

PITCH, TALL, ROWS = 40, 20, 8
IMAGE = np.full((600, 700), 255, np.uint8)
INK = np.array(
    [
        (x, 100 + PITCH * row, 12, TALL)
        for row in range(ROWS)
        for x in range(100, 600, 14)
    ],
    float,
)


def word(row, text="က" * 30, conf=80.0, **box):
    top = 96 + PITCH * row
    box = {"left": 100, "top": top, "width": 500, "height": 28} | box
    return Word(1, 1, row + 1, 1, *box.values(), conf, text)


def read_rows(words, ink=INK, conf=70.0):
    """Read rows that are lines of 30 letters with some conf; return the parts too."""
    parts = []

    def line(image):
        parts.append(image.shape)
        return [word(0, conf=conf, left=20, top=10)]

    return *read_rows_apart(IMAGE, ink, words, PartReader(line, "mya")), parts


def test_lines_that_are_the_rows_stay():
    lines = [word(row) for row in range(ROWS)]

    assert read_rows(lines) == (lines, None, [])


def test_lines_of_marks_are_read_again_row_by_row():
    between = [word(row, "ိ", top=118 + PITCH * row, height=8) for row in range(ROWS)]

    found, report, parts = read_rows(between)

    assert [each.text for each in found] == ["က" * 30] * ROWS
    assert [each.line_num for each in found] == list(range(1, ROWS + 1))
    # A row is found in its place: 20 px left and right of its letters' edges is paper.
    assert [each.left for each in found] == [100 - TALL + 20] * ROWS
    assert all(PITCH <= height <= 1.5 * PITCH for height, _ in parts)
    assert report.did == "read apart"


def test_two_rows_in_one_line_are_read_apart():
    pairs = [word(row, height=34 + PITCH) for row in range(0, ROWS, 2)]

    assert len(read_rows(pairs)[0]) == ROWS


def test_rows_that_are_read_far_worse_are_left():
    pairs = [word(row, height=34 + PITCH) for row in range(0, ROWS, 2)]

    assert read_rows(pairs * 2, conf=5.0)[:2] == (pairs * 2, None)


def test_a_gap_between_rows_begins_a_paragraph():
    ink = INK + [[0, 30 * (top > 250), 0, 0] for _, top, _, _ in INK.tolist()]

    found, _, _ = read_rows([word(0, "ိ")], ink)

    assert [each.par_num for each in found] == [1] * 4 + [2] * 4


def test_short_rows_as_of_a_list_are_left():
    row = (INK[:, 1] - 100) / PITCH
    ink = INK[INK[:, 0] < 150 + 60 * (row % 4)]

    assert read_rows([], ink)[1:] == (None, [])


@pytest.mark.parametrize("columns", [2, 3])
@pytest.mark.parametrize("gutter", [20, 30])
def test_rows_of_columns_side_by_side_are_not_read_across(columns, gutter):
    width = 252
    lefts = [100 + n * (width + gutter) for n in range(columns)]
    ink = np.array(
        [
            (left + x, 100 + PITCH * row, 12, TALL)
            for row in range(ROWS)
            for left in lefts
            for x in range(0, width, 14)
        ],
        float,
    )
    lines = [
        word(row, left=left, width=width)._replace(block_num=1 + lefts.index(left))
        for left in lefts
        for row in range(ROWS)
    ]

    assert read_rows(lines, ink) == (lines, None, [])
