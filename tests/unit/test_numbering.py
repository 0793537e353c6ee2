"""Numbering: columns whose numbers go on are read one after the other."""

import pytest

from ocr_core.engines.reading_order import words_across, words_in_order
from ocr_core.page import Word
from tests.support.text_lines import line

VERSES = [
    [f"{number} and the river ran", "down to the open sea", "while boats came in"]
    for number in range(2, 6)
]


def pieces(order):
    """Verses side by side, as (text, left, top): the first two in the first column."""
    found = []
    for spot, number in enumerate(order):
        for row, text in enumerate(VERSES[number]):
            left = (50 if spot < 2 else 600) + (0 if row == 0 else 40)
            found.append((text, left, 100 + 150 * (spot % 2) + 40 * row))
    return found


def across(found):
    """Words of these pieces, with both columns of a row on one line."""
    words = []
    for text, left, top in sorted(found, key=lambda each: (each[2], each[1])):
        for word in text.split():
            words.append(
                Word(
                    1, 1, top, len(words) + 1, left, top, 11 * len(word), 30, 90.0, word
                )
            )
            left += 11 * len(word) + 10
    return words


def numbers(words):
    return [word.text for word in words if word.text.isdigit()]


@pytest.mark.parametrize("engine", ["of lines", "of words"])
def test_columns_whose_numbers_go_on_are_read_one_after_the_other(engine):
    found = pieces((0, 1, 2, 3))

    if engine == "of lines":
        words = words_in_order([line(*each, width=300) for each in found])
    else:
        words = words_across(across(found))

    assert numbers(words) == ["2", "3", "4", "5"]


def test_rows_whose_numbers_go_on_stay_rows():
    words = across(pieces((0, 2, 1, 3)))

    assert words_across(words) == words


def test_a_heading_above_numbered_columns_stays_above_them():
    heading = line("A hymn for the harvest of the year", 200, 20, width=600)
    lines = [line(*each, width=300) for each in pieces((0, 1, 2, 3))]

    words = words_in_order([*lines, heading])

    assert [word.text for word in words[:2]] == ["A", "hymn"]


def test_words_sung_to_notes_are_a_row_above_the_verses():
    sung = "sir they will not be very severe".split()
    above = [line(x, 60 + 120 * n, 40, width=70) for n, x in enumerate(sung)]
    lines = [line(*each, width=300) for each in pieces((0, 1, 2, 3))]

    words = words_in_order([*lines, *above])

    assert [word.text for word in words[: len(sung)]] == sung
    assert numbers(words) == ["2", "3", "4", "5"]
