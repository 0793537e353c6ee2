"""Lone words: numbers that Tesseract drops from a table are read again."""

import random

import cv2
import numpy as np
import pytest

from ocr_core.imaging.lone_words import lone_marks, with_lone_words
from ocr_core.imaging.page_ink import all_marks
from ocr_core.page import PartReader, Word
from sample_images.drawing import Block
from tests.support.drawn_pages import drawn, read

ITEMS = "Golden winter,Peculiar bridge,Old mirror,Gentle hammer,Early lamp,North gate"
TALL = 20  # px, of a letter


def word(text, left, top, width=100, conf=95.0, line=1, number=1):
    return Word(1, 1, line, number, left, top, width, TALL, conf, text)


ROW = [word("Lamps", 50, 100), word("12.50", 600, 100, number=2)]


def reader(text, conf=96.0):
    """Return a reader that reads the same text on each part, and its parts."""
    parts = []

    def part(image):
        parts.append(image)
        return [Word(1, 1, 1, 1, 5, 5, 10, image.shape[0] - 10, conf, text)]

    return PartReader(part, "eng"), parts


def seven(*places):
    """Return a page with a 7 at some places, and the boxes of these."""
    image = np.full((400, 800), 255, np.uint8)
    for left, top in places:
        cv2.line(image, (left, top + 1), (left + 11, top + 1), 0, 2)
        cv2.line(image, (left + 11, top), (left + 3, top + TALL - 1), 0, 2)
    return image, np.array([(left, top, 12, TALL) for left, top in places], float)


def texts(words):
    return [each.text for each in words]


def test_a_number_without_a_word_joins_its_row():
    image, ink = seven((400, 101))
    read_part, _ = reader("7")

    words, report = with_lone_words(image, all_marks(image), ink, ROW, read_part)

    assert texts(words) == ["Lamps", "7", "12.50"]
    assert [each.word_num for each in words] == [1, 2, 3]
    assert words[1][4:8] == (400, 101, 12, TALL)
    assert (report.did, report.measured) == ("read", {"added": 1})


@pytest.mark.parametrize(
    ("text", "conf"), [("7", 89.0), ("x", 97.0), ("77.", 80.0), ("of", 97.0), ("", 0.0)]
)
def test_a_mark_that_is_no_number_for_sure_is_left_out(text, conf):
    image, ink = seven((400, 101))

    assert with_lone_words(
        image, all_marks(image), ink, ROW, reader(text, conf)[0]
    ) == (
        ROW,
        None,
    )


def test_digits_must_be_as_many_as_the_marks():
    image, ink = seven((400, 101), (415, 101))

    assert with_lone_words(image, all_marks(image), ink, ROW, reader("7")[0]) == (
        ROW,
        None,
    )
    assert (
        texts(with_lone_words(image, all_marks(image), ink, ROW, reader("77")[0])[0])[1]
        == "77"
    )


@pytest.mark.parametrize("shape", ["bar", "filled square", "empty square"])
def test_rules_and_boxes_to_tick_are_no_digits(shape):
    image = np.full((400, 800), 255, np.uint8)
    width = 4 if shape == "bar" else TALL
    thickness = 2 if shape == "empty square" else -1
    corner = (400 + width - 1, 101 + TALL - 1)
    cv2.rectangle(image, (400, 101), corner, 0, thickness)
    rows = np.array([(400, 101, width, TALL), (430, 101, width, TALL)], float)
    image[101 : 101 + TALL, 430 : 430 + width] = image[
        101 : 101 + TALL, 400 : 400 + width
    ]
    for ink, text in (rows[:1], "1"), (rows[:1], "0"), (rows, "11"), (rows, "ill"):
        assert with_lone_words(image, all_marks(image), ink, ROW, reader(text)[0]) == (
            ROW,
            None,
        )


@pytest.mark.needs_tesseract
@pytest.mark.parametrize("text", ["HIM", "MINI", "Hero", "47"])
def test_letters_as_square_or_solid_as_other_marks_are_read(text):
    image = drawn(Block(text, 400, 100, "sans", 28), size=(800, 400))
    dark = (image < 128).astype(np.uint8)
    ink = cv2.connectedComponentsWithStats(dark)[2][1:, :4].astype(float)
    top, tall = ink[:, 1].min(), ink[:, 3].max()
    row = [each._replace(top=round(top), height=round(tall)) for each in ROW]

    words, _ = with_lone_words(image, all_marks(image), ink, row, reader(text)[0])

    assert texts(words) == ["Lamps", text, "12.50"]


@pytest.mark.parametrize(
    ("left", "top", "height"),
    [(400, 120, TALL), (400, 100, 10), (400, 97, 26), (60, 101, TALL)],
    ids=["below the row", "too small", "too large", "in a word"],
)
def test_marks_unlike_the_letters_of_a_row_are_not_read(left, top, height):
    assert not lone_marks(np.array([(left, top, 12, height)], float), ROW)


def test_a_whole_line_is_no_lone_word():
    row = np.array([(200 + 15 * n, 100, 12, TALL) for n in range(9)], float)

    assert not lone_marks(row, ROW)
    assert [len(group) for group in lone_marks(row[:8], ROW)] == [8]


def test_a_doubtful_word_over_several_rows_gives_way_to_their_numbers():
    image, ink = seven((400, 101))
    doubtful = Word(1, 1, 3, 1, 395, 90, 30, 120, 40.0, "ff")

    words, _ = with_lone_words(
        image, all_marks(image), ink, [*ROW, doubtful], reader("7")[0]
    )

    assert texts(words) == ["Lamps", "7", "12.50"]
    assert (
        with_lone_words(image, all_marks(image), ink, [*ROW, doubtful], reader("?")[0])[
            1
        ]
        is None
    )


def test_a_page_without_words_or_ink_is_left_alone():
    image, ink = seven((400, 101))

    assert with_lone_words(image, all_marks(image), ink, [], reader("7")[0]) == (
        [],
        None,
    )
    assert with_lone_words(image, all_marks(image), ink[:0], ROW, reader("7")[0]) == (
        ROW,
        None,
    )


@pytest.mark.needs_tesseract
@pytest.mark.parametrize("seed", [2, 11, 23, 29])
def test_single_digits_in_a_table_are_read(seed):
    chance = random.Random(seed)
    rows = [
        (item, str(chance.randint(1, 9)), f"{chance.randint(100, 9900) / 100:.2f}")
        for item in ITEMS.split(",")
    ]
    image = drawn(
        *(
            Block(cell, left, 100 + 60 * number, "sans", 34)
            for number, row in enumerate(rows)
            for cell, left in zip(row, (100, 900, 1250), strict=True)
        ),
        size=(1700, 700),
    )

    result, _ = read(image)

    assert result.text.split() == " ".join(" ".join(row) for row in rows).split()


def in_rows(*read_texts):
    """Return a reader of parts below each other, one text for each, and 96 as conf."""

    def part(image):
        pitch = image.shape[0] / len(read_texts)
        return [
            Word(1, 1, n + 1, 1, 5, round(pitch * n + pitch / 3), 10, TALL, 96.0, text)
            for n, text in enumerate(read_texts)
        ]

    return PartReader(part, "eng")


@pytest.mark.parametrize(
    ("labels", "lefts", "added"),
    [
        ("Q A Q A", [20, 20, 20, 20], 4),
        ("(a) (b) (c) (d)", [20, 21, 20, 22], 4),
        ("AB JM AB AB", [20, 20, 20, 20], 4),
        ("o o o o", [20, 20, 20, 20], 0),  # signs of items
        ("Q A Q", [20, 20, 20], 0),
        ("Q A Q A", [20, 40, 60, 80], 0),
    ],
)
def test_labels_that_are_aligned_in_a_column_are_read(labels, lefts, added):
    image, ink = seven(*((left, 101 + 60 * n) for n, left in enumerate(lefts)))
    rows = [word("Letters", 200, 100 + 60 * n, line=n + 1) for n, _ in enumerate(lefts)]

    words, _ = with_lone_words(
        image, all_marks(image), ink, rows, in_rows(*labels.split())
    )

    assert texts(words) == (
        [text for label in labels.split() for text in (label, "Letters")]
        if added
        else ["Letters"] * len(lefts)
    )
