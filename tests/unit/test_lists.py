"""Lists: two columns of pairs are read one after the other, and tables in rows."""

import pytest

from ocr_core.engines.reading_order import words_across, words_in_order
from ocr_core.page import lines_of
from tests.support.text_lines import line, words_on_lines

SHOPS = ["Bakers", "Barbers", "Brewers", "Butchers", "Carters", "Chandlers", "Coopers"]
TRADES = ["Drapers", "Farriers", "Glovers", "Hatters", "Joiners", "Masons", "Tanners"]
TOWNS = ["Selby", "Otley", "Ripon", "Goole", "Filey", "Louth", "Thirsk"]
PRICES = ["3/6", "12/1", "4d.", "17.20", "5/9", "7d.", "8/8"]


def rows(entries, left, right, shift=0, leaders=""):
    """Entries, each with a price at the far end of its row."""
    found = []
    for row, (entry, price) in enumerate(zip(entries, PRICES, strict=True)):
        top = 100 + 40 * row + shift
        found.append(line(entry + leaders, left, top, 150))
        found.append(line(price, right, top, 60))
    return found


def read(entries):
    return [word for pair in zip(entries, PRICES, strict=True) for word in pair]


@pytest.mark.parametrize("engine", ["of lines", "of words"])
@pytest.mark.parametrize(
    ("first", "second", "shift", "leaders"),
    [
        (SHOPS, TRADES, 0, ""),
        (TOWNS, SHOPS[::-1], 15, ""),
        (TOWNS, SHOPS[::-1], 0, " . . ."),
    ],
    ids=["alphabet", "other heights", "leaders"],
)
def test_lists_side_by_side_are_read_one_after_the_other(
    first, second, shift, leaders, engine
):
    lines = rows(first, 50, 400, 0, leaders) + rows(second, 500, 850, shift, leaders)

    if engine == "of lines":
        words = words_in_order(lines)
    else:
        words = words_across(words_on_lines(lines))

    expected = [*read(first), *read(second)]
    assert [word.text for word in words if word.text != "."] == expected


def test_entries_with_numbers_on_one_line_are_lists():
    lines = [
        line(f"{entry}, {12 + 7 * row}, {431 + row}", left, 100 + 40 * row, 200)
        for left, entries in ((50, SHOPS), (400, TRADES))
        for row, entry in enumerate(entries)
    ]

    words = words_in_order(lines)

    assert [word.text[:-1] for word in words if word.text[0].isalpha()] == [
        *SHOPS,
        *TRADES,
    ]


@pytest.mark.parametrize(
    "second",
    [TOWNS, ["lb", "oz", "lb", "lb", "oz", "lb", "oz"]],
    ids=["towns", "units"],
)
def test_a_table_of_four_columns_is_read_in_rows(second):
    lines = rows(SHOPS, 50, 400) + rows(second, 500, 850)

    words = words_in_order(lines)

    table = zip(SHOPS, PRICES, second, PRICES, strict=True)
    assert [[word.text for word in row] for row in lines_of(words)] == [
        list(row) for row in table
    ]


def records(entries, left, gap):
    """Entries with three numbers each, as columns of an account or of prices."""
    return [
        line(text, left + gap * cell, 100 + 40 * row, 60 if cell else 150)
        for row, entry in enumerate(entries)
        for cell, text in enumerate((entry, str(12 + row), str(41 - row), f"+{row}"))
    ]


@pytest.mark.parametrize("entries", [(TOWNS, SHOPS[::-1]), (TOWNS, SHOPS, TRADES)])
def test_entries_with_several_numbers_are_read_one_column_after_the_other(entries):
    lines = [
        cell
        for side, each in enumerate(entries)
        for cell in records(each, 50 + 800 * side, 180)
    ]

    words = words_in_order(lines)

    read = [word.text for word in words if word.text[0].isalpha()]
    assert read == [each for side in entries for each in side]


def test_a_table_that_repeats_its_entries_at_the_far_end_is_read_in_rows():
    lines = records(SHOPS, 50, 180)
    lines += [line(each, 850, 100 + 40 * row, 150) for row, each in enumerate(SHOPS)]

    words = words_in_order(lines)

    assert [word.text for word in words if word.text.isalpha()] == [
        each for each in SHOPS for _ in range(2)
    ]
