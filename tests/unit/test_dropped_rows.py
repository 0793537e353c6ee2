"""Dropped rows: rows of letters that no word covers are read alone, as lines."""

import numpy as np
import pytest

from ocr_core.imaging.dropped_rows import with_dropped_rows
from ocr_core.page import PartReader, Word

PITCH, TALL, ROWS = 40, 20, 8
IMAGE = np.full((600, 900), 255, np.uint8)


def letters(row, left=100, right=400):
    """The letters of a row, 12 px wide and 14 px apart."""
    top = 100 + PITCH * row
    return [(x, top, 12, TALL) for x in range(left, right, 14)]


INK = np.array([letter for row in range(ROWS) for letter in letters(row)], float)


def word(row, text="กขค", conf=90.0, block=1, **box):
    box = {
        "left": 100,
        "top": 96 + PITCH * row,
        "width": 300,
        "height": 28,
    } | box
    return Word(block, 1, row + 1, 1, *box.values(), conf, text)


LINES = [word(row) for row in range(ROWS)]


def read(words, ink=INK, conf=95.0, text="งจฉชซฌญฎฏฐฑฒ", lines=1):
    """Read rows as lines of a text with some conf."""
    found = [
        Word(1, 1, line + 1, 1, 20, 10, 300, 28, conf, text) for line in range(lines)
    ]
    return with_dropped_rows(IMAGE, ink, words, PartReader(lambda _: found, "tha"))


def test_rows_that_are_covered_are_not_read():
    assert read(LINES) == (LINES, None)


@pytest.mark.parametrize("row", [0, 3, ROWS - 1])
def test_a_row_that_was_dropped_is_read_in_its_place(row):
    words = LINES[:row] + LINES[row + 1 :]

    found, report = read(words)

    texts = [each.text for each in found]
    assert texts.index("งจฉชซฌญฎฏฐฑฒ") == row
    assert len(found) == ROWS
    assert [each.line_num for each in found] == list(range(1, ROWS + 1))
    assert (report.step, report.measured, report.did) == (
        "rows",
        {"dropped": 1},
        "read",
    )


def test_doubtful_words_of_the_marks_of_a_row_are_left_out():
    marks = word(3, "ิ", conf=40.0, top=216, height=10, left=150, width=40)

    found, _ = read([*LINES[:3], marks, *LINES[4:]])

    assert "ิ" not in [each.text for each in found]
    assert len(found) == ROWS


@pytest.mark.parametrize(
    "reading",
    [
        {"conf": 60.0},  # not sure
        {"text": "งจ"},  # too few characters for so many marks
        {"lines": 2},  # no single line
        {"text": ""},
    ],
)
def test_a_row_that_is_not_read_surely_as_one_line_is_left(reading):
    words = LINES[:3] + LINES[4:]

    assert read(words, **reading) == (words, None)


def test_a_row_of_the_second_column_is_read_there():
    ink = np.vstack(
        [INK, [each for row in range(ROWS) for each in letters(row, 500, 800)]]
    )
    second = [word(row, block=2, left=500) for row in range(ROWS)]
    words = [word(0, "กกก", block=3, top=40, width=700), *LINES, *second[1:]]

    found, _ = read(words, ink)

    texts = [each.text for each in found]
    assert texts.index("งจฉชซฌญฎฏฐฑฒ") == 1 + ROWS
    assert found[1 + ROWS].block_num == 2


def test_ink_beside_a_word_of_its_row_is_part_of_that_line():
    words = [*LINES[:3], word(3, left=100, width=150), *LINES[4:]]

    assert read(words) == (words, None)
