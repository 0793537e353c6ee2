"""Characters in a row of boxes are one word; those in the cells of a table are not."""

import numpy as np

from ocr_core.imaging.letter_cells import with_cells_joined
from ocr_core.imaging.page_ink import all_marks
from ocr_core.page import Word

TALL, STEP = 30, 36  # px, height of a character, and width of a box


def page(rows=1, height=44, cells=8):
    """Rows of boxes, without a gap between rows."""
    image = np.full((400, 600), 255, np.uint8)
    for x in range(cells + 1):
        left = 40 + x * STEP
        image[60 : 60 + rows * height, left : left + 3] = 0
    for y in range(rows + 1):
        image[60 + y * height : 63 + y * height, 40 : 43 + cells * STEP] = 0
    return image


def read(text, step=STEP):
    """A word for each character that is no space, in the middle of its box."""
    return [
        Word(1, 1, 1, number, 52 + n * step, 68, 16, TALL, 90.0 - n, letter)
        for number, (n, letter) in enumerate(
            ((n, letter) for n, letter in enumerate(text) if letter != " "), start=1
        )
    ]


def texts(words):
    return [word.text for word in words]


def test_characters_in_a_row_of_boxes_are_one_word():
    [word] = with_cells_joined(all_marks(page()), read("MILLER"))

    assert word.text == "MILLER"
    assert word[4:8] == (52, 68, 5 * STEP + 16, TALL)
    assert word.conf == 85.0  # of its last letter


def test_an_empty_box_divides_words():
    words = with_cells_joined(all_marks(page()), read("ANN LEE"))

    assert texts(words) == ["ANN", "LEE"]
    assert [word.word_num for word in words] == [1, 2]


def test_words_beside_the_boxes_stay_apart():
    label = Word(1, 1, 1, 1, 2, 68, 30, TALL, 90.0, "No")

    assert texts(with_cells_joined(all_marks(page()), [label, *read("4711")])) == [
        "No",
        "4711",
    ]


def test_two_characters_are_no_field():
    assert texts(with_cells_joined(all_marks(page()), read("AB"))) == ["A", "B"]


def test_characters_without_boxes_stay_apart():
    image = np.full((400, 600), 255, np.uint8)

    assert texts(with_cells_joined(all_marks(image), read("MILLER"))) == list("MILLER")


def test_cells_of_a_table_with_several_rows_stay_apart():
    assert texts(with_cells_joined(all_marks(page(rows=4)), read("XXOX"))) == list(
        "XXOX"
    )


def test_wide_cells_stay_apart():
    words = [word._replace(left=52 + 72 * n) for n, word in enumerate(read("XXOX"))]

    assert texts(with_cells_joined(all_marks(page()), words)) == list("XXOX")
