"""Dark parts: the heads of tables and margins whose letters are light on dark."""

import cv2
import numpy as np
import pytest

from ocr_core.imaging.dark_parts import with_dark_parts_inverted
from sample_images.drawing import Block
from tests.support.drawn_pages import TEXT, drawn, read

HEADS = "Description Quantity Price Amount".split()
BAND = (80, 90, 1600, 150)  # left, top, right, bottom


def page_with_band(ground=50, letters=255, box=BAND):
    """Return a page of text, and the same with light words on a dark band above it."""
    left, top, right, bottom = box
    text = drawn(Block(TEXT, 90, 300, font_size=30), size=(1700, 900))
    words = [
        Block(head, left + 30 + 380 * number, top + 12, "sans", 28)
        for number, head in enumerate(HEADS)
    ]
    ink = 255 - drawn(*words, size=(1700, 900)).astype(float)
    page = text.astype(float)
    page[top:bottom, left:right] = ground
    page += ink / 255 * (letters - ground)
    return text, page.clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("ground", "letters"), [(0, 255), (50, 255), (110, 250), (60, 170)]
)
def test_light_words_on_a_dark_band_become_dark_on_light(ground, letters):
    _, page = page_with_band(ground, letters)
    left, top, right, bottom = BAND

    inverted, count = with_dark_parts_inverted(page)

    inside = inverted[top + 4 : bottom - 4, left + 4 : right - 4]
    light = page[top + 4 : bottom - 4, left + 4 : right - 4] == ground
    assert count == 1
    assert (inside[light] > 240).all()
    assert inside.min() < 40
    assert (inverted[bottom + 4 :] == page[bottom + 4 :]).all()


def test_pages_without_such_parts_keep_their_pixels():
    text, _ = page_with_band()
    rng = np.random.default_rng(1)
    picture = text.copy()
    grain = cv2.resize(rng.normal(90, 40, (50, 120)), (1200, 250))
    picture[20:270, 200:1400] = grain.clip(0, 255)
    bare = text.copy()
    bare[90:150, 80:1600] = 40
    framed = cv2.copyMakeBorder(text, 60, 60, 60, 60, cv2.BORDER_CONSTANT, value=20)
    rules = cv2.rectangle(text.copy(), (80, 60), (1600, 280), 0, 4)

    for page in text, picture, bare, framed, rules:
        unchanged, count = with_dark_parts_inverted(page)
        assert count == 0
        assert unchanged is page


@pytest.mark.needs_tesseract
def test_all_heads_of_a_table_are_read():
    _, page = page_with_band()

    result, did = read(page)

    assert did["invert"] == "parts inverted"
    assert [word for word in HEADS if word not in result.text] == []
    assert read(page, invert="off")[1].get("invert") is None
