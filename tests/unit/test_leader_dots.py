"""Leader dots: rows of dots between texts are found, left out, and join the texts."""

import cv2
import numpy as np
import pytest

from ocr_core.engines.led_rows import with_led_rows
from ocr_core.imaging.leader_dots import Leader, leaders_on, without_leaders
from ocr_core.imaging.page_ink import all_marks, ink_boxes
from ocr_core.page import Word, lines_of
from sample_images.drawing import Block
from tests.support.drawn_pages import drawn, read

CAST = {
    "Former Shovel": "Julia Pemberton",
    "Ordinary Station": "Edith Sedgwick",
    "Careful Painter": "Samuel Tilney",
    "Heavy Garden": "Thomas Vance",
    "Quiet Silver": "Robert Oakes",
    "Western Copper": "Anna Thornton",
}
PRICES = {name: f"{2 * number}.50" for number, name in enumerate(CAST, start=3)}


def listed(rows, dots, size=34, left=100, right=1300):
    """Return blocks: each row has a text at both ends, and dots between them."""
    blocks = []
    for number, (first, last) in enumerate(rows.items()):
        top = 100 + 70 * number
        start, end = left + int(0.6 * size * len(first)), right - size * len(last) // 2
        count = int((end - start) / (0.32 * size * len(dots)))
        blocks += [
            Block(first, left, top, "serif", size),
            Block(dots * count, start, top, "serif", size),
            Block(last, end, top, "serif", size),
        ]
    return blocks


def found_on(image):
    return leaders_on(all_marks(image), ink_boxes(image))


def dotted(count, step=12, side=4, top=100, missing=()):
    """Return a page with letters, and a row of square dots."""
    image = np.full((300, 1000), 255, np.uint8)
    for number in range(40):
        cv2.rectangle(image, (40 + 22 * number, 200), (47 + 22 * number, 219), 0, 2)
    for number in set(range(count)) - set(missing):
        left = 60 + step * number
        image[top : top + side, left : left + side] = 0
    return image


def test_dots_at_equal_distances_are_a_leader():
    [leader] = found_on(dotted(30))

    assert leader.count == len(leader.dots) == 30
    assert leader.box == pytest.approx((60, 100, 29 * 12 + 4, 4), abs=2)


def test_a_few_lost_dots_are_counted():
    [leader] = found_on(dotted(30, missing=(7, 20)))

    assert (leader.count, len(leader.dots)) == (30, 28)


def test_an_ellipsis_is_no_leader():
    assert not found_on(dotted(4))


def test_short_leaders_count_where_there_are_long_ones():
    image = dotted(30)
    for top in (60, 140):
        image[top : top + 4] = image[100:104]
    image[20:24, 60:130] = image[100:104, 60:130]

    assert sorted(leader.count for leader in found_on(image)) == [6, 30, 30, 30]


def test_dashes_are_a_leader_only_between_texts():
    image = dotted(0)
    for number in range(30):
        left = 130 + 20 * number
        image[100:103, left : left + 12] = 0
    image[195:225, 120:750] = 255
    image[208:211, 130:740] = image[100:103, 130:740]

    [leader] = found_on(image)

    assert (leader.count, leader.box[1]) == (30, pytest.approx(208, abs=2))


def test_short_leaders_between_texts_count_where_there_are_five():
    image = np.full((500, 500), 255, np.uint8)
    rows = range(60, 400, 60)
    for top in rows:
        for left in (20, 42, 64, 260, 282, 304):
            cv2.rectangle(image, (left, top), (left + 7, top + 19), 0, 2)
        for left in range(100, 220, 12):
            image[top + 15 : top + 19, left : left + 4] = 0

    assert [each.count for each in found_on(image)] == [10] * len(rows)
    image[300:] = 255  # four rows are left
    assert not found_on(image)


def test_dots_below_text_on_a_dotted_line_are_erased():
    image = dotted(60)
    image[80:92, 300:420] = 0  # as far above the dots as letters

    clean, _ = without_leaders(image, all_marks(image), ink_boxes(image))

    assert clean[98:108].min() == 255
    assert not clean[80:92, 300:420].any()


def test_dots_that_touch_are_a_leader_between_texts_only():
    image = dotted(0)
    image[195:225, 120:750] = 255
    for left in range(130, 740, 12):
        image[208:211, left : left + (13 if left % 5 else 6)] = 0

    [found] = found_on(image)

    assert found.box == pytest.approx((130, 208, 608, 3), abs=8)
    image[195:225, :120] = 255
    assert not found_on(image)


@pytest.mark.parametrize("kind", ["uneven", "under ink", "large", "slanting"])
def test_other_marks_are_no_leaders(kind):
    chance = np.random.default_rng(3)
    image = dotted(30 if kind == "under ink" else 0)
    if kind == "under ink":
        image[88:94, 60:420] = 0
    for number in range(30):
        left, top = 60 + 12 * number, 100
        if kind == "uneven":
            left = int(chance.integers(60, 420))
        if kind == "slanting":
            top = 40 + 5 * number
        if kind == "large":
            image[top : top + 11, left : left + 11] = 0
        elif kind != "under ink":
            image[top : top + 4, left : left + 4] = 0

    assert not found_on(image)


def test_only_the_dots_are_erased():
    image = dotted(30)

    clean, leaders = without_leaders(image, all_marks(image), ink_boxes(image))

    assert len(leaders) == 1
    assert (clean == dotted(0)).all()
    assert without_leaders(clean, all_marks(clean), ink_boxes(clean)) == (clean, [])


def word(text, line, left, top=100, width=90):
    return Word(line, 1, 1, 1, left, top, width, 24, 95.0, text)


def leader(left, top, width, height=4, rise=0):
    """Return a leader of two dots, the last of which is `rise` pixels higher."""
    dots = [(left, top, height, height), (left + width - 4, top - rise, height, height)]
    return Leader(np.array(dots))


def joined(words, *leaders):
    found = with_led_rows(words, [leader(*each) for each in leaders])
    return [" ".join(each.text for each in line) for line in lines_of(found)]


def test_texts_at_both_ends_of_a_leader_become_one_line():
    words = [word("Pears", 1, 50), word("Plums", 2, 50, 160)]
    words += [word("12", 3, 500), word("9", 4, 500, 160)]

    assert joined(words, (150, 118, 330, 4), (150, 178, 330, 4)) == [
        "Pears 12",
        "Plums 9",
    ]
    assert joined(words, (150, 178, 330, 4)) == ["Pears", "Plums 9", "12"]


def test_a_tilted_leader_joins_what_is_at_its_ends():
    words = [word("Pears", 1, 50, 160), word("Plums", 2, 50, 220), word("12", 3, 500)]

    assert joined(words, (150, 178, 330, 4, 60)) == ["Pears 12", "Plums"]


def test_a_row_that_is_read_from_the_right_begins_there():
    words = [word("12", 1, 50), word("לחם", 2, 500)]

    assert joined(words, (150, 118, 330, 4)) == ["לחם 12"]


@pytest.mark.parametrize(
    "box", [(400, 118, 80, 4), (150, 60, 330, 4), (150, 118, 100, 4)]
)
def test_dots_far_from_a_text_join_nothing(box):
    words = [word("Pears", 1, 50), word("12", 2, 500)]

    assert joined(words, box) == ["Pears", "12"]


@pytest.mark.needs_tesseract
@pytest.mark.parametrize("rows", [CAST, PRICES], ids=["names", "prices"])
@pytest.mark.parametrize("dots", [".", ". "])
def test_rows_with_leaders_are_read_as_rows(rows, dots):
    image = drawn(*listed(rows, dots), size=(1500, 600))

    result, _ = read(image, second_opinion="off")

    expected = [f"{first} {last}" for first, last in rows.items()]
    assert [" ".join(line.split()) for line in result.text.split("\n") if line] == (
        expected
    )


@pytest.mark.needs_tesseract
def test_two_lists_with_leaders_are_read_one_after_the_other():
    left = listed(CAST, ".", size=26, left=60, right=720)
    right = listed(PRICES, ".", size=26, left=860, right=1500)
    image = drawn(*left, *right, size=(1600, 600))

    result, _ = read(image, second_opinion="off")

    rows = [f"{a} {b}" for a, b in (*CAST.items(), *PRICES.items())]
    assert [line for line in result.text.split("\n") if line] == rows
