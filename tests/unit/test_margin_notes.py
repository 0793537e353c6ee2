"""Notes in the right margin are read apart from the lines beside them."""

import numpy as np
import pytest

from ocr_core.imaging import margin_notes, page_ink
from ocr_core.imaging.margin_notes import right_margin
from sample_images import wear
from sample_images.drawing import Block
from tests.support.drawn_pages import LINES, TEXT, drawn, read

STEP = 45  # px from line to line of the text
SIZE = (1400, 800)
HERRING = "Herring and\ncod, brine\nin barrels"
WRITTEN = "Written down\nby the keeper\nof the light"


def text_edges():
    ink = np.flatnonzero(
        (drawn(Block(TEXT, 300, 90, font_size=30), size=SIZE) < 128).any(axis=0)
    )
    return ink.min(), ink.max() + 1


def with_notes(*notes, gap=40, side="right", font_size=20):
    """Draw notes, each beside a line of the text, `gap` px from it."""
    blocks = []
    left, right = text_edges()
    for note, line in notes:
        top = 90 + STEP * line
        block = Block(note, 100, top, font_size=font_size)
        ink = np.flatnonzero((drawn(block, size=SIZE) < 128).any(axis=0))
        x = right + gap if side == "right" else left - gap - np.ptp(ink)
        blocks.append(Block(note, int(x), top, font_size=font_size))
    return drawn(Block(TEXT, 300, 90, font_size=30), *blocks, size=SIZE)


def flat(text):
    return " ".join(text.split())


@pytest.mark.large
@pytest.mark.parametrize("gap", [25, 40, 60, 90])
@pytest.mark.parametrize("font_size", [18, 22])
def test_a_note_in_the_right_margin_is_read_after_the_text(gap, font_size):
    image = with_notes((HERRING, 2), gap=gap, font_size=font_size)

    result, did = read(image)

    assert flat(result.text) == flat(f"{TEXT} {HERRING}")
    assert did["margin notes"] == "read apart"


def test_two_notes_on_a_tilted_page_are_read_after_the_text():
    image = wear.tilt(with_notes((HERRING, 1), (WRITTEN, 5)), 1.0)

    result, _ = read(image)

    assert flat(result.text) == flat(f"{TEXT} {HERRING} {WRITTEN}")


def test_the_words_of_a_note_lie_where_they_are_on_the_page():
    result, _ = read(with_notes((HERRING, 2)))

    [word] = [word for word in result.rows if word.text == "Herring"]
    assert word.left == pytest.approx(text_edges()[1] + 40, abs=5)
    assert word.top == pytest.approx(90 + 2 * STEP, abs=10)
    numbers = [word[:4] for word in result.rows]
    assert len(set(numbers)) == len(numbers)
    assert numbers == sorted(numbers)


def test_a_note_in_the_left_margin_is_left_to_the_engine():
    result, did = read(with_notes((HERRING, 2), side="left"))

    assert "margin notes" not in did
    assert flat(TEXT) in flat(result.text)


def test_rows_are_joined_where_that_is_asked_for():
    _, did = read(with_notes((HERRING, 2)), join_rows="on")

    assert "margin notes" not in did


def cells(font_size, shift=0):
    """Draw rows of a list, with smaller words at the end of each."""
    names = "\n".join(line[:30] for line in LINES)
    right = "\n".join(["in barrels", "two of brine", "the harbour"] * 3)
    step = 1.5 * 30
    return drawn(
        Block(names, 90, 90, font_size=30),
        Block(right, 900, 90 + shift, font_size=font_size, leading=step / font_size),
        size=SIZE,
    )


PLAIN = {
    "text": drawn(Block(TEXT, 300, 90, font_size=30), size=SIZE),
    "list": cells(20, shift=9),
    "list, cells higher": cells(20),
    "list, cells lower": cells(22, shift=16),
    "list of small cells": cells(16, shift=12),
    "columns": drawn(
        Block(TEXT, 90, 90, font_size=24),
        Block(TEXT, 760, 110, font_size=20),
        size=SIZE,
    ),
    "page number": drawn(
        Block(TEXT, 300, 90, font_size=30), Block("12", 1300, 40), size=SIZE
    ),
}


@pytest.mark.parametrize("image", PLAIN.values(), ids=PLAIN)
def test_there_are_no_notes_where_a_list_or_columns_stand(image):
    assert right_margin(page_ink.ink_boxes(image)) is None


def test_a_page_without_letters_has_no_margin():
    assert right_margin(np.zeros((0, 4))) is None


def test_a_picture_in_the_margin_leaves_the_words_alone():
    image = with_notes((HERRING, 2))
    boxes = page_ink.ink_boxes(image)

    def no_words(part):
        return []

    words, report = margin_notes.read_apart(image, boxes, [], no_words, no_words)

    assert words == []
    assert report is not None
    assert report.did == ""
