"""Lines that overlap are read again as one block; others stay as they are."""

import numpy as np
import pytest

from ocr_core.imaging.overlapping_lines import read_overlaps_again
from ocr_core.page import PartReader, Word

PAGE = np.full((400, 600), 255, np.uint8)
INK = np.array([[left, 100, 20, 30] for left in range(100, 500, 30)], float)


def line(text, top, line_num, *, block=1, left=100, conf=90.0):
    """Words side by side, 100 px wide and 40 px high."""
    return [
        Word(block, 1, line_num, n, left + 110 * (n - 1), top, 100, 40, conf, each)
        for n, each in enumerate(text.split(), start=1)
    ]


def reader(*words):
    parts = []

    def read(image):
        parts.append(image.shape)
        return list(words)

    return PartReader(read, "ara"), parts


def texts(words):
    return " ".join(word.text for word in words)


def test_a_line_that_was_read_twice_is_read_once():
    words = line("قال الشيخ", 40, 1)
    words += line("وصلت القافلة المدينة", 95, 2, conf=60.0)
    words += line("صلت القافلة المدينة", 101, 3, conf=60.0)
    words += line("ثم عاد", 160, 4)
    read, parts = reader(*line("وصلت القافلة المدينة", 10, 1, left=10))

    found, report = read_overlaps_again(PAGE, INK, words, read)

    assert texts(found) == "قال الشيخ وصلت القافلة المدينة ثم عاد"
    assert parts == [(66, 340)]  # 95 to 141 and 100 to 420, and 10 around
    assert (found[2].left, found[2].top) == (100, 95)
    assert [word.block_num for word in found] == [1, 1, 2, 2, 2, 3, 3]
    assert report is not None


@pytest.mark.parametrize("top", [-4, 0, 25, 30])
def test_a_line_that_is_cut_from_those_beside_it_is_left_out(top):
    """The part is 66 px high; a line of 40 px reaches its edge from 25 px on."""
    words = line("صلت القافلة", 95, 1, conf=60.0) + line(
        "وصلت القافلة", 101, 2, conf=60.0
    )
    again = line("وصلت القافلة", 10, 1, left=10), line("قال الشيخ ثم عاد", top, 2)
    read, _ = reader(*again[0], *again[1])

    found, _ = read_overlaps_again(PAGE, INK[:5], words, read)

    assert texts(found) == "وصلت القافلة"


@pytest.mark.parametrize("top", [125, 140])
def test_lines_that_hardly_overlap_are_not_read_again(top):
    words = [*line("قال الشيخ", 100, 1), *line("ثم عاد", top, 2)]
    read, parts = reader()

    assert read_overlaps_again(PAGE, INK, words, read) == (words, None)
    assert parts == []


def test_a_worse_reading_is_not_taken():
    words = [*line("قال الشيخ", 100, 1), *line("ثم عاد", 110, 2)]
    read, _ = reader(*line("قا", 10, 1, conf=20.0))

    assert read_overlaps_again(PAGE, INK, words, read) == (words, None)
