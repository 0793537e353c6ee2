"""Numbers in right-to-left text: read again with the model for English."""

import numpy as np
import pytest

from ocr_core.imaging.numbers_again import read_numbers_again
from ocr_core.page import PartReader, Word
from sample_images.drawing import Block
from tests.support.drawn_pages import drawn

NUMBERS = ("12.90", "1948", "7.50", "248,500")
BOXES = [(90, 80 + 60 * row, 120, 30) for row in range(len(NUMBERS))]


@pytest.fixture(scope="module")
def image():
    blocks = [
        Block(number, left, top, font_size=30)
        for number, (left, top, *_) in zip(NUMBERS, BOXES, strict=True)
    ]
    return drawn(*blocks)


def words(*texts, conf=85.0):
    return [
        Word(1, 1, row, 1, *BOXES[row], conf, text) for row, text in enumerate(texts)
    ]


def reader(*texts, conf=96.0):
    """Return a reader that finds texts at the places of the lines that it is given."""
    asked = []

    def read(page):
        asked.append(page)
        dark = np.flatnonzero((page < 128).any(axis=1))
        lines = np.split(dark, np.flatnonzero(np.diff(dark) > 8) + 1)
        assert len(lines) == len(texts)
        return [
            Word(1, 1, row, 1, 0, int(line[0]), 50, int(np.ptp(line)), conf, text)
            for row, (line, text) in enumerate(zip(lines, texts, strict=True))
        ]

    return PartReader(read, "eng"), asked


def texts_of(found):
    return tuple(word.text for word in found)


def test_numbers_that_lost_digits_are_those_of_the_english_model(image):
    read, _ = reader(*NUMBERS[:3])

    found, report = read_numbers_again(image, words("10", "1948", "0", "של"), read)

    # The last word has letters that the model was sure of: it is not read again.
    assert texts_of(found) == (*NUMBERS[:3], "של")
    assert report.measured == {"numbers": 3, "changed": 2}


def test_a_number_is_kept_if_it_fits_the_marks_better(image):
    read, _ = reader("129", "1948", "750", "248500")

    found, report = read_numbers_again(image, words(*NUMBERS, conf=50.0), read)

    assert (texts_of(found), report) == (NUMBERS, None)


@pytest.mark.parametrize(
    ("read", "conf"),
    [(("oman", "yy", "7.50", "mr"), 96.0), (NUMBERS, 70.0)],  # no numbers; unsure
)
def test_what_is_no_number_to_the_english_model_stays(image, read, conf):
    before = words("10", "10", "0", "0")

    found, report = read_numbers_again(image, before, reader(*read, conf=conf)[0])

    assert (found, report) == (before, None)


def test_a_page_without_digits_is_not_read_again(image):
    read, asked = reader()

    assert read_numbers_again(image, words("שלום", "מ12"), read)[1] is None
    assert asked == []
