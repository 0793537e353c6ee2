"""Coloured ink is dark in the grey page; what else is coloured keeps the usual grey."""

import io
from functools import cache

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from ocr_core.documents import load_page
from ocr_core.documents.grey import grey_of
from ocr_core.page import PageRef
from ocr_core.pipeline import recognize_page
from ocr_core.settings import Settings
from sample_images.drawing import Block, draw_blocks
from tests.support.drawn_pages import TEXT

LINES = TEXT.split("\n")
INKS = {
    "light green": (170, 230, 170),
    "pink": (255, 185, 200),
    "yellow-brown": (205, 170, 80),
    "orange": (255, 160, 60),
    "sky": (150, 200, 255),
    "sepia": (200, 170, 130),
}
PAPERS = {
    "white": (255, 255, 255),
    "yellowed": (243, 232, 205),
    "blue": (215, 228, 240),
}
SECOND = (1, 2, 5)  # lines of the text in the second ink


@cache
def cover_of(blocks, size):
    """Return how far blocks of text cover each pixel, 0 to 1: (height, width, 1)."""
    return (255 - np.array(draw_blocks(blocks, size=size)[0]))[..., None] / 255


def with_pixels(page, ink, *blocks):
    """Paint blocks of text onto an RGB page."""
    share = cover_of(blocks, page.shape[1::-1])
    return np.rint(page * (1 - share) + np.array(ink) * share).astype(np.uint8)


def page_in(ink, paper=(255, 255, 255), second=SECOND):
    """Draw the text in black, some of its lines in another ink."""
    page = np.full((800, 1000, 3), paper, np.uint8)
    blocks = [
        Block(line, 90, 90 + 45 * row, font_size=30) for row, line in enumerate(LINES)
    ]
    other = [blocks.pop(row) for row in sorted(second, reverse=True)]
    return with_pixels(with_pixels(page, (20, 20, 20), *blocks), ink, *other)


def usual(page):
    return cv2.cvtColor(page, cv2.COLOR_RGB2GRAY)


def turned_grey(page):
    return grey_of(page, usual(page))


def packed(page, form, **options):
    file = io.BytesIO()
    Image.fromarray(page).save(file, form, **options)
    return file.getvalue()


@pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS)
@pytest.mark.parametrize("ink", INKS.values(), ids=INKS)
def test_coloured_ink_is_as_dark_as_its_darkest_channel(ink, paper):
    grey = turned_grey(page_in(ink, paper))

    line = grey[130:180, 90:900]  # the second line, all of it coloured
    shares = [min(1.0, one / of) for one, of in zip(ink, paper, strict=True)]
    paper_grey = np.dot(paper, (0.299, 0.587, 0.114))
    assert line.min() == pytest.approx(min(shares) * paper_grey, abs=6)
    assert np.median(line) == pytest.approx(paper_grey, abs=1)


@pytest.mark.large
@pytest.mark.parametrize("ink", INKS.values(), ids=INKS)
def test_a_second_ink_in_colour_is_read(tmp_path, ink):
    path = tmp_path / "page"
    page = page_in(ink, PAPERS["yellowed"])
    path.write_bytes(packed(page, "JPEG", quality=80))  # coarser in colour than in grey

    once = Settings.from_flat({"language": "eng", "second_opinion": "off"})
    result = recognize_page(PageRef(str(path)), once)

    found = result.text.split()
    words = TEXT.split()
    assert sum(word in found for word in words) > 0.95 * len(words)


def highlighted():
    page = np.full((800, 1000, 3), 255, np.uint8)
    for row, ground in [
        (0, (255, 240, 80)),
        (3, (170, 255, 140)),
        (6, (255, 180, 210)),
    ]:
        page[85 + 45 * row : 127 + 45 * row, 80:700] = ground
    return with_pixels(page, (10, 10, 10), Block(TEXT, 90, 90, font_size=30))


def on_coloured_ground():
    page = np.full((800, 1000, 3), 255, np.uint8)
    page[60:600] = (205, 240, 200)
    return with_pixels(page, (10, 10, 10), Block(TEXT, 90, 90, font_size=30))


def beside_a_picture():
    page = page_in((20, 20, 20))
    tones = np.random.default_rng(3).integers(30, 230, (40, 50, 3), dtype=np.uint8)
    page[520:780, 90:900] = cv2.resize(tones, (810, 260), interpolation=cv2.INTER_CUBIC)
    return page


def with_fringes():
    """Shift the red channel by half a pixel, as a scanner does."""
    page = page_in((20, 20, 20))
    shift = np.array([[1, 0, 0.5], [0, 1, 0]])
    red = cv2.warpAffine(page[..., 0], shift, page.shape[1::-1], borderValue=255)
    return np.dstack([red, page[..., 1:]])


def light_on(ground):
    """Draw light lines that fill a coloured page, as on a slide or a blueprint."""
    page = np.full((800, 1000, 3), ground, np.uint8)
    block = Block(TEXT, 60, 60, "sans", 26, 1.4)
    return with_pixels(page, (255, 255, 255), block)


PLAIN = {
    "light on blue": lambda: light_on((25, 60, 130)),
    "light on green": lambda: light_on((20, 90, 40)),
    "highlighted": highlighted,
    "coloured ground": on_coloured_ground,
    "picture": beside_a_picture,
    "fringes": with_fringes,
    "dark red": lambda: page_in((150, 30, 30)),
}


@pytest.mark.parametrize("draw", PLAIN.values(), ids=PLAIN)
def test_a_page_without_pale_coloured_ink_keeps_the_usual_grey(draw):
    page = draw()

    assert np.array_equal(turned_grey(page), usual(page))


def test_a_jpeg_without_coloured_ink_is_decoded_as_grey(tmp_path):
    path = tmp_path / "page.jpg"
    path.write_bytes(packed(page_in((20, 20, 20), PAPERS["yellowed"]), "JPEG"))
    with Image.open(path) as picture:
        picture.draft("L", None)
        expected = np.array(picture)

    assert np.array_equal(load_page(PageRef(str(path))).image, expected)


@settings(max_examples=25, deadline=None)
@given(arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40))))
def test_grey_pixels_in_three_channels_stay_as_they_are(grey):
    assert np.array_equal(turned_grey(np.dstack([grey] * 3)), grey)


@settings(max_examples=25, deadline=None)
@given(
    arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3))),
)
def test_no_pixel_becomes_lighter_than_the_usual_grey(page):
    assert (turned_grey(page) <= usual(page)).all()
