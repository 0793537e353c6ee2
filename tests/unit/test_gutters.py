"""Gutters: detected lines that run across columns are cut, all others stay."""

from itertools import pairwise

import numpy as np
import pytest

from ocr_core.engines.gutters import cut_at_gutters

HEIGHT, STEP = 30, 40  # px, of a line and from one to the next


def sheet(rows):
    """Ink words, given as (left, right) for each row, and box each row whole."""
    ink = np.zeros((STEP * len(rows) + HEIGHT, 1000), np.uint8)
    quads = []
    for number, words in enumerate(rows):
        top = 10 + STEP * number
        for left, right in words:
            ink[top + 5 : top + HEIGHT - 5, left:right] = 1
        left, right, bottom = words[0][0] - 6, words[-1][1] + 6, top + HEIGHT
        quads.append(
            np.array(
                [[left, top], [right, top], [right, bottom], [left, bottom]], float
            )
        )
    return ink, quads


def words(left, right, seed, gap=9):
    """Words of uneven width that fill a column from edge to edge."""
    rng = np.random.default_rng(seed)
    edges = [left]
    while right - edges[-1] > 150:
        edges.append(edges[-1] + int(rng.integers(50, 110)))
    return [(a, b - gap) for a, b in pairwise(edges)] + [(edges[-1], right)]


def columns(count, gutter, lines=8):
    width = 900 // count
    return [
        [
            word
            for n in range(count)
            for word in words(
                40 + n * width, 40 + (n + 1) * width - gutter, 10 * row + n
            )
        ]
        for row in range(lines)
    ]


SIDES = (40, 440), (460, 860)


def middles(quads):
    return sorted({round(float(quad[0, 0])) for quad in quads if quad[0, 0] > 100})


@pytest.mark.parametrize("count", [2, 3])
def test_lines_across_columns_are_cut_in_the_gutter(count):
    ink, quads = sheet(columns(count, gutter=18))

    parts = cut_at_gutters(ink, quads)

    assert len(parts) == count * len(quads)
    edges = np.array(middles(parts), float)
    gutters = 40 + 900 // count * np.arange(1, count) - 9
    assert all(np.abs(gutters - edge).min() <= 9 for edge in edges)


def test_a_line_that_reaches_a_word_into_the_next_column_is_cut():
    """All others were detected apart, so that no other line shows the gutter."""
    left, right = ([words(a, b, 3 * row) for row in range(9)] for a, b in SIDES)
    left[4].append(right[4].pop(0))
    ink, quads = sheet([[*left[row], *right[row]] for row in range(9)])
    boxes = [
        np.array([[a, y], [b, y], [b, y + HEIGHT], [a, y + HEIGHT]], float)
        for row, quad in enumerate(quads)
        for y in [quad[0, 1]]
        for side in (left[row], right[row])
        for a, b in [(side[0][0] - 6, side[-1][1] + 6)]
    ]

    parts = cut_at_gutters(ink, boxes)

    assert len(parts) == len(boxes) + 1


def test_a_rule_in_the_gutter_does_not_hide_it():
    ink, quads = sheet(columns(2, gutter=24))
    ink[:, 477:480] = 1

    assert len(cut_at_gutters(ink, quads)) == 2 * len(quads)


def test_lines_beside_one_across_the_gutter_show_where_it_is():
    rows = columns(2, gutter=18)
    ink, quads = sheet(rows)
    whole = quads.pop(3)
    halves = [
        np.array([[a, quad[0, 1]], [b, quad[0, 1]], [b, quad[2, 1]], [a, quad[2, 1]]])
        for quad in quads
        for a, b in ((34, 475), (488, 940))
    ]

    parts = cut_at_gutters(ink, [*halves, whole])

    assert len(parts) == len(halves) + 2


def test_a_line_that_reaches_one_word_into_the_next_column_is_cut_there():
    """In that part alone, which is narrower than a column, no gutter can be seen."""
    rows = columns(2, gutter=18)
    ink, quads = sheet(rows)
    first = next(word for word in rows[1] if word[0] >= 490)
    quads[1][[1, 2], 0] = first[1] + 6

    parts = cut_at_gutters(ink, quads)

    assert len(parts) == 2 * len(quads)


def test_spaces_of_typescript_below_each_other_cut_no_further_lines():
    """Two lines have a wide space there; the others one as between all words."""
    rows = [
        [(40, 200), (209, 360), (369, 480), (489, 700), (709, 940)] for _ in range(8)
    ]
    for row in rows[:2]:
        row[2:4] = [(369, 476), (494, 700)]
    ink, quads = sheet(rows)

    parts = cut_at_gutters(ink, quads)

    assert len(parts) <= len(quads) + 2


@pytest.mark.parametrize(
    "rows",
    [
        [words(40, 940, row) for row in range(12)],  # prose over the whole width
        columns(2, gutter=18, lines=4),  # too few lines to tell
        [[(40, 140), (160, 180), (220, 240)]] * 12,  # cells of a table
        [[(40, 60), *words(80, 940, row)] for row in range(12)],  # numbers of a list
    ],
)
def test_other_lines_stay_whole(rows):
    ink, quads = sheet(rows)

    parts = cut_at_gutters(ink, quads)

    assert [part.tolist() for part in parts] == [quad.tolist() for quad in quads]


def test_a_tall_letter_is_no_rule():
    rows = [words(40, 940, row) for row in range(12)]
    ink, quads = sheet(rows)
    for quad in quads:  # in the middle of a word: white, stroke, white
        top = int(quad[0, 1])
        ink[top : top + HEIGHT, 470:500] = 0
        ink[top + 3 : top + HEIGHT - 3, 470:512] = 1
        ink[top + 3 : top + HEIGHT - 3, 484:487] = 0
        ink[top + 3 : top + HEIGHT - 3, 490:493] = 0

    assert len(cut_at_gutters(ink, quads)) == len(quads)


def test_boxes_that_almost_touch_across_a_gutter_show_it():
    """The boxes of halves reach far beyond their ink, those of whole lines do not."""
    ink, quads = sheet(columns(2, gutter=18, lines=10))
    cut = cut_at_gutters(ink, quads)
    halves = [quad + np.array([[-9, 0], [9, 0], [9, 0], [-9, 0]]) for quad in cut[4:]]

    parts = cut_at_gutters(ink, [*quads[:2], *halves])

    assert len(parts) == 20


def test_another_column_far_to_the_right_shows_no_gutter_in_this_one():
    """Spaces are below each other in the first of two columns, in five lines."""
    aligned = [(40, 90), (100, 240), (260, 400)]
    other = words(700, 940, 3)
    rows = [part for _ in range(5) for part in (aligned, other)]
    rows += [part for _ in range(6) for part in ([(40, 240)], other)]
    ink, quads = sheet(rows)

    assert len(cut_at_gutters(ink, quads)) == len(quads)
