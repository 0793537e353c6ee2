"""Ornaments: borders of one mark many times are erased, and rows of letters are not."""

import cv2
import numpy as np
import pytest

from ocr_core.imaging.ornaments import without_ornaments
from ocr_core.imaging.page_ink import all_marks
from sample_images.drawing import Block
from tests.support.drawn_pages import TEXT, drawn, read

SIZE, PITCH = 30, 38  # px of a mark, and from one to the next
TEXT_BLOCK = Block("\n".join(TEXT.split("\n")[:4]), 110, 200, font_size=26)


def ring(image, left, top):
    centre = (left + SIZE // 2, top + SIZE // 2)
    cv2.circle(image, centre, SIZE // 2 - 1, 0, 3)


def star(image, left, top):
    middle, end = SIZE // 2, SIZE - 1
    for (a, b), (c, d) in (((0, 0), (end, end)), ((0, end), (end, 0))):
        cv2.line(image, (left + a, top + b), (left + c, top + d), 0, 3)
    cv2.line(image, (left + middle, top), (left + middle, top + end), 0, 3)


def bordered(mark, size=(1000, 800)):
    """Draw a page of text within a border; return it and the number of its marks."""
    image = drawn(TEXT_BLOCK, size=size)
    places = {
        (left, top)
        for left in range(20, size[0] - PITCH, PITCH)
        for top in range(20, size[1] - PITCH, PITCH)
        if left in (20, last(size[0])) or top in (20, last(size[1]))
    }
    for left, top in places:
        mark(image, left, top)
    return image, len(places)


def last(side):
    return range(20, side - PITCH, PITCH)[-1]


@pytest.mark.parametrize("mark", [ring, star])
def test_a_border_of_equal_marks_is_erased(mark):
    image, count = bordered(mark)

    clean, boxes = without_ornaments(image, all_marks(image))

    assert len(boxes) == count
    assert np.array_equal(clean, drawn(TEXT_BLOCK))


def columns_of(text, rows, pitch):
    """Draw the same text in two columns, far apart, `pitch` px from row to row."""
    return drawn(
        *(
            Block(text, left, 40 + pitch * row, "sans", 28)
            for left in (60, 800)
            for row in range(rows)
        ),
        size=(1000, 60 + pitch * rows),
    )


@pytest.mark.parametrize(
    "image",
    [
        drawn(TEXT_BLOCK),
        columns_of("0", 20, 30),  # without leading: 30 px from row to row
        columns_of("I", 20, 42),
        columns_of("OOOOOOOO", 3, 42),
    ],
    ids=["text", "zeros", "capitals", "letters in a row"],
)
def test_letters_below_each_other_are_no_border(image):
    clean, boxes = without_ornaments(image, all_marks(image))

    assert not len(boxes)
    assert clean is image


def test_one_row_of_marks_is_no_border():
    image = drawn(TEXT_BLOCK)
    for row in range(15):
        ring(image, 20, 20 + PITCH * row)

    assert not len(without_ornaments(image, all_marks(image))[1])


def test_a_blank_page_has_no_border():
    blank = np.full((300, 200), 255, np.uint8)

    assert not len(without_ornaments(blank, all_marks(blank))[1])


@pytest.mark.needs_tesseract
def test_a_border_is_not_in_the_text():
    image, _ = bordered(ring)

    result, did = read(image)

    assert result.text.split() == TEXT_BLOCK.text.split()
    assert did["ornaments"] == "left out"
