"""A line that was taken for a block is read where it stands in its column."""

import pytest

from ocr_core.engines.line_order import (
    in_column_order,
    with_gaps_filled,
    with_initials_first,
    with_lower_blocks_last,
    with_pieces_joined,
)
from ocr_core.page import Word


def line(left, top, right=None):
    return (left, top, right or left + 400, top + 20)


LEFT = [line(100, top) for top in (100, 150, 200, 250)]
RIGHT = [line(600, top) for top in (100, 150, 200, 250)]


def order(boxes, blocks):
    return [boxes[index] for index, _ in with_gaps_filled(boxes, blocks)]


def test_a_line_after_its_column_is_put_into_its_gap():
    boxes = [LEFT[0], LEFT[2], LEFT[3], LEFT[1], *RIGHT]

    found = with_gaps_filled(boxes, [1, 2, 2, 3, 4, 4, 4, 4])

    assert [boxes[index] for index, _ in found] == LEFT + RIGHT
    assert [block for _, block in found] == [1, 1, 2, 2, 4, 4, 4, 4]


@pytest.mark.parametrize("sides", [(LEFT, RIGHT), (RIGHT, LEFT)])
def test_columns_that_are_cut_at_the_same_height_are_read_whole(sides):
    one, other = sides
    boxes = [*one[:2], *other[:2], *one[2:], *other[2:]]

    found = in_column_order(boxes, [1, 1, 2, 2, 3, 3, 4, 4])

    assert [boxes[index] for index, _ in found] == one + other
    assert [block for _, block in found] == [1, 1, 1, 1, 2, 2, 4, 4]


@pytest.mark.parametrize(
    "more",
    [
        [line(100, 240), line(100, 290)],  # below a gap: another article
        [line(180, 200, 560), line(180, 250, 560)],  # another column
        [line(100, 200, 950), line(100, 250, 950)],  # across both columns
        [line(100, 200)],
    ],
)
def test_what_does_not_go_on_in_its_column_stays_where_it_is(more):
    boxes = [*LEFT[:2], *RIGHT[:2], *more, *RIGHT[2:]]

    found = in_column_order(boxes, [1, 1, 2, 2, *[3] * len(more), 4, 4])

    assert [boxes[index] for index, _ in found][:4] == [*LEFT[:2], *RIGHT[:2]]


def test_a_right_to_left_line_is_put_into_its_gap():
    short = line(300, 150, 1000)
    column = [line(500, 100, 1000), line(620, 200, 1000), line(500, 250, 1000)]
    boxes = [*column, *LEFT, short]

    found = order(boxes, [1, 2, 2, 3, 3, 3, 3, 4])

    assert found == [column[0], short, *column[1:], *LEFT]


def test_columns_stay_as_they_are():
    boxes = LEFT + RIGHT

    assert order(boxes, [1, 1, 1, 1, 2, 2, 2, 2]) == boxes


def test_a_line_of_another_column_is_not_put_into_a_gap():
    boxes = [LEFT[0], LEFT[2], LEFT[3], RIGHT[1]]

    assert order(boxes, [1, 2, 2, 3]) == boxes


def test_a_heading_between_paragraphs_is_left_where_it_is():
    boxes = [line(100, 100), line(100, 200), line(100, 300), line(220, 150, 380)]

    assert order(boxes, [1, 1, 1, 2]) == boxes


def words_in(texts, block, top, *lefts, line=1):
    """Words of a line; a letter is 10 px wide, and a line 20 px high."""
    return [
        Word(block, 1, line, number, left, top, 10 * len(text), 20, 90.0, text)
        for number, (text, left) in enumerate(
            zip(texts.split(), lefts, strict=True), start=1
        )
    ]


def test_words_between_wide_spaces_of_a_line_are_read_in_it():
    column = [
        *words_in("all together", 1, 100, 100, 380),
        *words_in("they gathered wood,", 1, 130, 100, 170, 440, line=2)[::2],
        *words_in("stones and ropes", 1, 160, 100, 250, 450, line=3),
    ]
    piece = words_in("gathered", 2, 131, 200)

    joined = with_pieces_joined(column + piece)

    assert [word.text for word in joined][2:5] == ["they", "gathered", "wood,"]
    assert [word[:4] for word in joined][2:5] == [
        (1, 1, 2, 1),
        (1, 1, 2, 2),
        (1, 1, 2, 3),
    ]


def test_the_first_word_of_a_right_to_left_line_is_read_first():
    column = [
        *words_in("אבגד הוזח", 1, 100, 460, 100),
        *words_in("טיכל", 1, 130, 100, line=2),
    ]
    piece = words_in("מנסע", 2, 130, 460)

    joined = with_pieces_joined(column + piece)

    assert [word.text for word in joined] == ["אבגד", "הוזח", "מנסע", "טיכל"]


@pytest.mark.parametrize(
    "piece",
    [
        words_in("beside", 2, 130, 600),  # another column
        words_in("over", 2, 130, 110),  # on a word of the line
        words_in("below", 2, 142, 250),  # between the rows
    ],
)
def test_a_block_that_is_no_piece_of_a_line_stays_a_block(piece):
    column = [
        *words_in("all together", 1, 100, 100, 380),
        *words_in("they wood,", 1, 130, 100, 440, line=2),
    ]

    assert with_pieces_joined(column + piece) == column + piece


COLUMN = [
    *words_in("the whole width", 1, 100, 100, 240, 400),
    *words_in("of a column", 1, 160, 100, 240, 400, line=2),
]
CUT = words_in("two words", 2, 130, 100, 300)  # of the line between them
REST = words_in("beside", 3, 130, 395)


def test_the_end_of_a_line_that_was_cut_from_it_is_read_in_it():
    below = words_in("begin it", 2, 145, 100, 200, line=2)

    joined = with_pieces_joined([*COLUMN[:3], *CUT, *below, *REST, *COLUMN[3:]])

    assert [word.text for word in joined][3:8] == [
        *["two", "words", "beside", "begin", "it"]
    ]


@pytest.mark.parametrize("lines", [COLUMN[:3], COLUMN[3:], []])
def test_a_line_beside_another_without_lines_across_both_is_no_part_of_it(lines):
    assert with_pieces_joined([*lines, *CUT, *REST]) == [*lines, *CUT, *REST]


def test_a_part_of_the_last_row_of_a_table_is_not_read_first():
    last = words_in("republic", 1, 170, 100)
    table = [
        *words_in("one 1 two", 2, 100, 100, 300, 400),
        *words_in("three 3 four", 2, 140, 100, 300, 400, line=2),
    ]

    found = with_lower_blocks_last([*last, *table])

    assert [word.text for word in found] == [
        *["one", "1", "two", "three", "3", "four", "republic"]
    ]
    assert [word.block_num for word in found] == [1] * 6 + [2]


@pytest.mark.parametrize(
    "later",
    [
        words_in("beside it", 2, 100, 600, 700),  # another column
        words_in("mostly beside", 2, 100, 170, 300),
        words_in("below", 2, 200, 100),
        words_in("level", 2, 170, 300),
    ],
)
def test_blocks_that_are_in_order_stay(later):
    block = words_in("republic", 1, 170, 100)

    assert with_lower_blocks_last([*block, *later]) == [*block, *later]


def initial(block, top, line=1):
    """A letter T of two lines, at the left of the text."""
    return Word(block, 1, line, 1, 30, top, 60, 60, 90.0, "T")


BESIDE = words_in("he keeper of", 1, 100, 100, 130, 200)
SECOND = words_in("the harbour", 1, 140, 100, 140, line=2)
THIRD = words_in("wrote each evening", 1, 180, 30, 90, 140, line=3)


@pytest.mark.parametrize(
    "words",
    [
        [initial(1, 100), *BESIDE, *SECOND, *THIRD],
        # On the second line.
        [*BESIDE, initial(1, 100, line=2), *SECOND, *THIRD],
        # Its line is a block of its own, after the others.
        [
            *SECOND,
            *THIRD,
            initial(2, 100),
            *words_in("he keeper of", 2, 100, 100, 130, 200),
        ],
    ],
)
def test_an_initial_of_two_lines_begins_the_first_of_them(words):
    found = with_initials_first(words)

    assert [word.text for word in found] == (
        "T he keeper of the harbour wrote each evening".split()
    )
    assert [word.line_num for word in found] == [1] * 4 + [2] * 2 + [3] * 3
    assert {word.block_num for word in found} == {1}


@pytest.mark.parametrize(
    "words",
    [
        [*BESIDE, *words_in("T he harbour", 1, 140, 30, 100, 140, line=2), *THIRD],
        # A tall letter beside no line but its own is left there.
        [initial(1, 100), *words_in("he", 1, 100, 300), *THIRD],
    ],
)
def test_other_letters_stay_in_their_lines(words):
    assert with_initials_first(words) == words
