"""Lines of letters set apart, of which a detector finds each letter by itself."""

import numpy as np
import pytest

from ocr_core.engines.letters_apart import whole_lines

SIDE, PITCH, LEADING = 40, 50, 70  # pixels: of a letter's box, and between two


def quad(left, top, width, height=SIDE):
    right, bottom = left + width, top + height
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], float)


def letters(rows, columns, pitch=PITCH):
    return [
        quad(pitch * column, LEADING * row, SIDE)
        for row in range(rows)
        for column in range(columns)
    ]


def lines(rows, columns, height=SIDE + 10):
    return [
        quad(-5, LEADING * row - 5, PITCH * columns + 10, height) for row in range(rows)
    ]


def found(*results):
    """Return what is kept of results for images of several sizes, and the sizes."""
    sizes, left = [], list(results)

    def detected(times):
        sizes.append(times)
        return left.pop(0)

    return whole_lines(detected), sizes


def test_letters_set_apart_are_one_line():
    kept, _ = found(letters(4, 5), lines(4, 5))

    assert [each[:, 0].max() for each in kept] == [255.0] * 4


def test_a_still_smaller_image_is_looked_at_if_letters_are_left():
    half = lines(2, 5) + letters(4, 5)[10:]

    kept, sizes = found(letters(4, 5), half, lines(4, 5))

    assert len(kept) == 4
    assert sizes == sorted(sizes, reverse=True)


def test_letters_that_were_missed_or_joined_downwards_are_in_the_line():
    some = [each for number, each in enumerate(letters(4, 5)) if number % 5 != 2]
    some.append(quad(2 * PITCH, 0, SIDE, 3 * LEADING))

    kept, _ = found(some, lines(4, 5))

    assert len(kept) == 4


@pytest.mark.parametrize(
    "smaller",
    [lines(3, 5), lines(4, 4), [quad(-5, -5, 260, 4 * LEADING)], []],
    ids=["a line lost", "letters lost", "lines joined", "nothing"],
)
def test_lines_of_a_smaller_image_must_contain_every_letter(smaller):
    kept, sizes = found(letters(4, 5), smaller, smaller)

    assert len(kept) == 20
    assert len(sizes) == 3


@pytest.mark.parametrize(
    "usual",
    [letters(9, 9, pitch=110), lines(12, 5) + letters(2, 3), letters(1, 4), []],
    ids=["cells of a grid", "a page of lines", "a single word", "an empty page"],
)
def test_other_pages_are_looked_at_once(usual):
    kept, sizes = found(usual)

    assert len(kept) == len(usual)
    assert sizes == [1.0]
