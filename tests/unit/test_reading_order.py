"""Reading order: columns, rows and the numbers that tell them."""

import numpy as np
import pytest

from ocr_core.engines.reading_order import (
    blocks_of,
    has_columns,
    rows_of,
    words_across,
    words_in_order,
)
from ocr_core.engines.text_lines import TextLine, words_of
from ocr_core.page import Word
from tests.support.text_lines import line, words_on_lines


def texts(words):
    return [word.text for word in words]


def test_a_word_reaches_from_its_first_to_its_last_character():
    [(box, _, text), (other, _, _)] = words_of(line("abcd efgh", 100, 50, width=90))

    assert text == "abcd"
    assert box == (100, 50, 40, 30)
    assert other == (150, 50, 40, 30)


def test_words_on_a_tilted_line_follow_it():
    level = line("abcd efgh", 0, 0, width=90)
    tilted = level.quad + np.array([[0, 0], [0, 45], [0, 45], [0, 0]])

    (first, _, _), (second, _, _) = words_of(
        TextLine(tilted, level.text, level.centres, level.confs)
    )

    assert (first[1], second[1]) == (0, 25)


def test_cells_of_a_receipt_are_read_row_by_row():
    cells = [line("3.50", 600, 104, 80), line("Bread", 50, 100, 120)]
    cells += [line("Milk", 50, 150, 100), line("1.20", 600, 153, 80)]

    assert texts(words_in_order(cells)) == ["Bread", "3.50", "Milk", "1.20"]


def test_columns_of_prose_are_read_one_after_the_other():
    left = [line(f"left{n} and so on", 50, 100 + 40 * n) for n in range(6)]
    right = [line(f"right{n} and so on", 500, 100 + 40 * n) for n in range(6)]
    heading = line("A heading across both of the columns", 50, 20, width=850)

    words = words_in_order([*right, heading, *left])

    starts = [word.text for word in words if word.word_num == 1]
    assert starts == [
        "A",
        *(f"left{n}" for n in range(6)),
        *(f"right{n}" for n in range(6)),
    ]
    assert [word.block_num for word in words if word.word_num == 1] == [
        1, *[2] * 6, *[3] * 6
    ]  # fmt: skip


def test_lines_that_span_the_page_part_the_columns():
    def columns(top):
        rows = [top + 40 * n for n in range(5)]
        return [
            line(f"{s}{y} words", x, y)
            for s, x in (("l", 50), ("r", 500))
            for y in rows
        ]

    middle = line("between the two", 50, 340, width=850)

    blocks = blocks_of([*columns(400), middle, *columns(100)])

    assert [len(block) for block in blocks] == [5, 5, 1, 5, 5]


def test_a_tilt_that_is_left_does_not_mix_the_rows():
    cells = [
        line(f"{name}{row}", x, 100 + 40 * row + round(0.04 * x), 200)
        for row in range(4)
        for name, x in (("a", 0), ("b", 300), ("c", 600))
    ]
    for cell in cells:
        cell.quad[1:3, 1] += 0.04 * 200

    rows = rows_of(cells[::-1])

    assert [[cell.text for cell in row] for row in rows] == [
        [f"a{row}", f"b{row}", f"c{row}"] for row in range(4)
    ]


def test_numbers_spell_paragraphs_and_lines():
    tops = (0, 40, 80, 200, 240)

    words = words_in_order([line("some words", 0, top) for top in tops])

    assert [word[1:4] for word in words if word.word_num == 1] == [
        (1, 1, 1), (1, 2, 1), (1, 3, 1), (2, 1, 1), (2, 2, 1)
    ]  # fmt: skip


def test_a_table_of_words_shows_whether_there_are_columns():
    left = [line("many words to fill it", 50, 100 + 40 * n) for n in range(6)]
    right = [line("many words to fill it", 500, 100 + 40 * n) for n in range(6)]

    assert has_columns(words_in_order(left + right))
    assert not has_columns(words_in_order(left))
    assert not has_columns([])


def test_no_lines_are_no_words():
    assert words_in_order([]) == []


def block(number, left, top, texts, width=400, leading=40):
    """The words of a block as an engine's table has them, one to a line."""
    return [
        Word(number, 1, row, 1, left, top + leading * row, width, 30, 90.0, text)
        for row, text in enumerate(texts, start=1)
    ]


def test_prices_split_from_their_items_come_back_to_the_row():
    items = block(1, 50, 100, ["bread", "milk", "tea", "rice"])
    prices = block(2, 600, 103, ["3.50", "1.20", "4.00", "9.99"], width=80)

    words = words_across(items + prices)

    assert texts(words) == [
        "bread",
        "3.50",
        "milk",
        "1.20",
        "tea",
        "4.00",
        "rice",
        "9.99",
    ]
    assert [word[:4] for word in words[:4]] == [
        (1, 1, 1, 1), (1, 1, 1, 2), (1, 1, 2, 1), (1, 1, 2, 2)
    ]  # fmt: skip
    assert {word[4:] for word in words} == {word[4:] for word in items + prices}


def test_columns_of_prose_keep_the_order_of_the_engine():
    left = block(1, 50, 100, [f"left{n}" for n in range(6)])
    right = block(2, 500, 100, [f"right{n}" for n in range(6)])

    assert words_across(left + right) == left + right


def test_a_word_across_the_gutter_does_not_mix_columns():
    left = block(1, 50, 100, [f"left{n}" for n in range(6)])
    right = block(2, 500, 100, [f"right{n}" for n in range(6)])
    stain = block(3, 440, 160, ["~"], width=70) + block(4, 440, 240, ["~"], width=70)

    assert words_across(left + right + stain) == left + right + stain


def columns(across, left, right, heading, top=500):
    """Two columns with a heading between their lines, as an engine reads them."""
    words = block(1, 50, 100, [f"{left}{n}" for n in range(6)])
    words += [across] if heading == "in the first column" else []
    words += block(2, 50, 600, [f"{left}{n}" for n in range(6, 12)])
    words += block(3, 500, 100, [f"{right}{n}" for n in range(6)])
    words += block(4, 500, 600, [f"{right}{n}" for n in range(6, 12)])
    return words + ([across] if heading == "at the end" else [])


@pytest.mark.parametrize("found", ["in the first column", "at the end"])
def test_columns_are_not_read_past_a_heading_that_spans_them(found):
    heading = Word(9, 1, 1, 1, 100, 470, 700, 60, 90.0, "HEADING")
    words = columns(heading, "left", "right", found)

    read = words_across(words)

    halves = [range(6), range(6, 12)]
    first, second = (
        [[f"{x}{n}" for x in ("left", "right") for n in half]] for half in halves
    )
    assert texts(read) == [*first[0], "HEADING", *second[0]]
    assert [word.block_num for word in read] == sorted(word.block_num for word in read)


@pytest.mark.parametrize("box", [(100, 470, 700, 38), (60, 470, 300, 60)])
def test_a_line_that_may_be_no_heading_keeps_the_order_of_the_engine(box):
    """It is as low as the others, or it stands in one column."""
    words = columns(Word(9, 1, 1, 1, *box, 90.0, "line"), "left", "right", "at the end")

    assert words_across(words) == words


INDEX = ["Anchors, 12, 45", "Barrels, 33;", "of flour, 41", "Candles, 60", "the, 9"]
NAMES = ["Adam Smith", "Agnes Brown", "Albert Stone", "Alice Wood", "Amos Fisher"]
PROSE = [f"a long line of running text, number {n}" for n in range(12)]


@pytest.mark.parametrize("entries", [INDEX, NAMES], ids=["index", "names"])
def test_narrow_columns_of_words_keep_the_order_of_the_engine(entries):
    words = block(1, 50, 100, entries, width=150) + block(2, 400, 100, entries, 150)

    assert words_across(words) == words
    assert has_columns(words)


@pytest.mark.parametrize("entries", [INDEX, NAMES], ids=["index", "names"])
def test_narrow_columns_of_lines_are_read_one_after_the_other(entries):
    cells = [
        line(text, x, 100 + 40 * row, 150)
        for row, text in enumerate(entries)
        for x in (50, 400)
    ]

    words = words_in_order(cells)

    assert texts(words) == 2 * " ".join(entries).split()


@pytest.mark.parametrize("leading", [40, 28], ids=["level rows", "smaller print"])
def test_a_note_in_the_margin_is_not_mixed_with_the_text(leading):
    note = block(2, 50, 180, ["The storm", "of winter"], width=120, leading=leading)
    words = block(1, 250, 100, PROSE) + note

    assert words_across(words) == words


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (NAMES, ["A", "B", "D", "C", "A"]),
        (NAMES, ["12.50", "7.00", "130.25", "9.10", "Rp 4"]),
        (["Name:", "Parish:", "Trade:", "Witness:"], NAMES[:4]),
        (PROSE[:5], ["3", "17", "41", "66", "90"]),
    ],
    ids=["marks", "prices", "form", "contents"],
)
def test_cells_of_a_row_are_joined(left, right):
    words = block(1, 50, 100, left, width=150) + block(2, 600, 103, right, width=90)

    assert texts(words_across(words)) == [
        word for pair in zip(left, right, strict=True) for word in pair
    ]
    assert not has_columns(words)


FIGURES = ["3 263.59 117.14", "21 625.43 195.27", "10 870.75 215.02", "9 77.21 613.57"]


@pytest.mark.parametrize("left", [NAMES[:4], PROSE[:4]], ids=["short", "long"])
@pytest.mark.parametrize("width", [150, 300])
def test_cells_of_numbers_that_an_engine_took_for_one_line_join_their_row(left, width):
    words = block(1, 50, 100, left, width) + block(2, 600, 103, FIGURES, width=420)

    assert [word.text for word in words_across(words)] == [
        word for pair in zip(left, FIGURES, strict=True) for word in pair
    ]


def test_a_few_names_beside_many_telephone_numbers_are_no_note():
    """The engine parts the names into blocks, as Tesseract does with Thai ones."""
    numbers = [f"{n} 905 27 38" for n in range(60, 72)]
    names = [(1, NAMES), (2, NAMES[:3]), (3, NAMES[:4])]
    words, top = [], 100
    for number, entries in names:
        words += block(number, 50, top, entries, width=150)
        top += 40 * len(entries)
    words += block(4, 600, 103, numbers, width=320)

    joined = texts(words_across(words))

    assert joined[:2] == ["Adam Smith", "60 905 27 38"]
    assert not has_columns(words)


@pytest.mark.parametrize("above", [1, 2, 4])
def test_lines_above_a_table_do_not_hide_its_rows(above):
    # The sender of an invoice is above the first column of its table only.
    sender = ["Garrick and Sons", "30 Timber Street", "Oakham", "Invoice 2654"][:above]
    rows = [("Golden lamps", "14", "71.29 998.06"), ("Mirrors", "31", "27.32 846.92")]
    rows *= 3
    lines = [line(text, 50, 40 * n, 320) for n, text in enumerate(sender)]
    lines += [
        line(text, left, 240 + 50 * n, width)
        for n, row in enumerate(rows)
        for text, left, width in zip(row, (50, 600, 900), (240, 30, 420), strict=True)
    ]

    read = " ".join(texts(words_in_order(lines)))

    assert read == " ".join([*sender, *(" ".join(row) for row in rows)])


def test_a_table_of_numbers_between_the_lines_of_prose_is_not_mixed_with_them():
    prose = block(1, 50, 100, PROSE)
    words = prose + block(2, 600, 118, FIGURES, width=420, leading=52)

    assert words_across(words) == words


def test_rows_that_keep_step_though_unevenly_spaced_are_joined():
    tops = [100, 140, 230, 270, 400]
    words = [
        Word(number, 1, row, 1, left, top, 150, 30, 90.0, text)
        for number, left, texts in ((1, 50, NAMES), (2, 400, NAMES[::-1]))
        for row, (top, text) in enumerate(zip(tops, texts, strict=True), start=1)
    ]

    assert texts(words_across(words))[:4] == [
        "Adam Smith",
        "Amos Fisher",
        "Agnes Brown",
        "Alice Wood",
    ]


def test_rows_are_joined_always_or_never_where_that_is_asked_for():
    words = block(1, 50, 100, NAMES, width=150) + block(2, 400, 100, NAMES, width=150)
    prices = block(3, 50, 600, ["tea"], width=150) + block(4, 400, 600, ["3.50"], 150)

    assert texts(words_across(words, "on")) == [name for name in NAMES for _ in "12"]
    assert words_across(words + prices, "off") == words + prices
    assert texts(words_across(prices)) == ["tea", "3.50"]
    assert len({word[:3] for word in words_across(prices)}) == 1


def test_lines_are_rows_of_their_own_or_run_across_where_that_is_asked_for():
    cells = [line("tea and milk", x, 100 + 40 * n) for n in range(4) for x in (50, 500)]

    apart, across = (words_in_order(cells, join) for join in ("off", "on"))

    assert len({word[:3] for word in apart}) == 8
    assert len({word[:3] for word in across}) == 4


def test_a_page_without_rows_to_join_keeps_its_numbers():
    words = block(3, 50, 100, ["one", "two"]) + block(7, 50, 300, ["three"])

    assert words_across(words) == words
    assert words_across([]) == []


@pytest.mark.parametrize("side", ["left", "right"])
def test_leaders_join_the_ends_of_rows(side):
    names = ["Overture to the play", "A song of the sea", "Scene by the river", "Dance"]
    dots = (" . . . .", "") if side == "left" else ("", ".. ")
    lines = []
    for row, name in enumerate(names * 2):
        lines += [
            line(name + dots[0], 50, 60 * row),
            line(dots[1] + "Ada Moore", 600, 60 * row),
        ]

    [block] = blocks_of(lines)
    assert [len(row) for row in rows_of(block)] == [2] * 8


def programme(headings):
    """Pieces and who plays them: names end at the same x, and parts have headings."""
    played = ["1. Sonata in C", "2. Two songs", "3. Rondo", "4. Duet", "5. March"]
    names = ["Ida Ward", "Harold Moss", "Ida Garnett", "Stanley Wood", "Percy Gale"]
    cells = []
    for row, (piece, name) in enumerate(zip(played, names, strict=True)):
        top = 100 + 80 * row + (100 if headings and row > 2 else 0)
        width = 15 * len(name)
        cells += [line(piece, 50, top, 200), line(name, 900 - width, top, width)]
        cells += [line("for two violins", 90, top + 40, 200)] * headings
    parts = [line("PART ONE", 420, 40, 150), line("PART TWO", 420, 360, 150)]
    return cells + parts * headings


@pytest.mark.parametrize("headings", [False, True])
def test_names_at_the_far_end_of_rows_stay_in_their_rows(headings):
    words = texts(words_in_order(programme(headings)))

    assert words[words.index("Rondo") + 1] == "Ida"
    assert words[words.index("March") + 1] == "Percy"


@pytest.mark.parametrize("engine", ["of lines", "of words"])
def test_columns_are_not_read_past_a_heading_over_the_middle_one(engine):
    heading = line("SECOND PART", 480, 300, 240, 45)
    lines = [
        line(f"a line in column {column} number {row}", 50 + 380 * column, top, 350)
        for column in range(3)
        for row, top in enumerate([*range(100, 300, 40), *range(360, 560, 40)])
    ]
    lines.insert(15, heading)

    if engine == "of lines":
        words = words_in_order(lines)
    else:
        words = words_across(words_on_lines(lines))

    at = texts(words).index("SECOND")
    columns = [word.text for word in words[:at] if word.text in "012"]
    rows = [word.text for word in words[:at] if word.text in "56789"]
    assert set(columns) == {"0", "1", "2"}
    assert not rows


def test_entries_of_an_index_are_columns_although_they_have_many_numbers():
    entries = ["At, 12, 45, 101", "Barrels, 33, 306", "Ox, 41, 90, 117", "Rye, 60, 309"]
    cells = [
        line(text, x, 100 + 40 * row, 150)
        for row, text in enumerate(entries)
        for x in (50, 400)
    ]

    assert texts(words_in_order(cells)) == 2 * " ".join(entries).split()


@pytest.mark.parametrize(
    ("left", "top", "height"),
    [(452, 20, 45), (525, 20, 45), (452, 40, 30)],
    ids=["large", "off centre", "common letters"],
)
def test_a_title_between_two_columns_is_above_both(left, top, height):
    # The columns end at 440 and begin at 660: the title is above neither of them.
    title = line("SIGNS", left, top, width=130, height=height)
    rows = range(6)
    one = [line(f"left{n} and so on", 20, 100 + 50 * n, width=420) for n in rows]
    two = [line(f"right{n} and so on", 660, 100 + 50 * n, width=340) for n in rows]

    read = texts(words_in_order([*one, title, *two]))

    assert read.index("SIGNS") == 0
    assert read.index("left5") < read.index("right0")


def test_the_first_line_of_a_middle_column_is_no_title():
    columns = {"left": 100, "middle": 520, "right": 940}
    lines = [
        line(f"{name}{n} and so on", x, 100 + 50 * n, width=340)
        for name, x in columns.items()
        for n in range(-1 if name == "middle" else 0, 6)
    ]

    read = texts(words_in_order(lines))

    assert read.index("left0") < read.index("middle-1") < read.index("right0")
