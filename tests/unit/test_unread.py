"""Unread text: ink that no word covers is found, read again, or reported."""

import cv2
import numpy as np
import pytest

from ocr_core import second_opinion
from ocr_core.imaging.unread import sharp_marks, unread_ink
from ocr_core.page import Word
from ocr_core.settings import Settings
from sample_images import wear
from sample_images.drawing import Block
from tests.support.drawn_pages import (
    LINES,
    TEXT,
    drawn,
    found_share,
    in_two_inks,
    read,
    text_page,
)

ROW = 45  # px from line to line of the drawn page
SECOND = (1, 2, 6, 7)


def words_over(rows):
    """Make one word over each of some lines of the drawn page."""
    return [
        Word(1, 1, row, 1, 80, 85 + ROW * row, 900, 40, 95.0, LINES[row])
        for row in rows
    ]


def test_lines_that_no_word_covers_are_found_as_a_share_of_the_letters():
    image = in_two_inks(150, SECOND)
    rest = [row for row in range(len(LINES)) if row not in SECOND]

    found = unread_ink(image, words_over(rest))

    length = [len(line.replace(" ", "")) for line in LINES]
    expected = sum(length[row] for row in SECOND) / sum(length)
    assert found is not None
    assert found.share == pytest.approx(expected, abs=0.1)
    lines = {round((y - 105) / ROW) for y in found.middles[:, 1]}
    assert lines == set(SECOND)


def test_where_words_cover_all_ink_none_is_unread():
    assert unread_ink(in_two_inks(150, SECOND), words_over(range(len(LINES)))) is None


def test_bare_paper_has_no_unread_ink():
    assert unread_ink(np.full((300, 400), 240, np.uint8), []) is None


@pytest.mark.parametrize(("grey", "paler"), [(150, True), (0, False)])
def test_only_pale_marks_can_be_strengthened(grey, paler):
    image = in_two_inks(grey, SECOND)

    found = unread_ink(image, words_over([0, 3, 4, 5]))

    assert found is not None
    assert found.is_paler_on(image) == paler
    assert not found.is_paler_on(np.minimum(image, found.strong))


@pytest.mark.large
@pytest.mark.parametrize("pale", [165, 190, 205])
def test_pale_lines_beside_black_ones_are_read(pale):
    result, _ = read(in_two_inks(pale, SECOND))

    assert found_share(TEXT, result) > 0.95


def test_a_pale_footnote_is_read():
    foot = drawn(Block("\n".join(LINES[:3]), 90, 700, font_size=21), ink=195)

    result, _ = read(np.minimum(drawn(Block(TEXT, 90, 90, font_size=30)), foot))

    words = " ".join(LINES[:3])
    assert found_share(words, result) > 0.95
    assert len(result.text.split()) > 0.97 * len((TEXT + words).split())


@pytest.mark.parametrize("knobs", [{}, {"rotate": "180"}])
def test_text_that_stays_unread_lowers_the_quality_and_is_reported(knobs):
    image = in_two_inks(195, SECOND)
    if knobs:
        image = np.ascontiguousarray(np.rot90(image, 2))

    result, _ = read(image, contrast="off", **knobs)

    assert found_share(TEXT, result) < 0.8
    assert result.quality < 0.8
    assert "text-not-read" in [note.code for note in result.notes]


def picture():
    image = drawn(Block(TEXT, 90, 90, font_size=30), size=(1000, 1200))
    tones = np.random.default_rng(5).integers(60, 220, (10, 14), dtype=np.uint8)
    image[600:1150, 90:900] = cv2.resize(tones, (810, 550), interpolation=3)
    return image


def shining_through():
    front = drawn(Block(TEXT, 90, 90, font_size=30), size=(1000, 900))
    back = drawn(Block("\n".join(LINES[::-1]), 100, 110, font_size=30))
    return wear.bleed_through(front[:800], 0.3, back)


def pencil_over_show_through(grey, down, strength=0.2, which=SECOND):
    """Draw lines in pencil on a page through which the back shines.

    The back is `down` px below the lines of the front, and mirrored.
    """
    back = drawn(Block("\n".join(LINES[::-1]), 100, 90 + down, font_size=30))
    return wear.bleed_through(in_two_inks(grey, which), strength, back)


PENCIL = [(195, 0, 0.2), (195, 10, 0.25), (205, 0, 0.2), (205, 10, 0.25)]
PENCIL += [(205, 22, 0.2), (205, 22, 0.25), (215, 22, 0.2), (215, 34, 0.2)]


@pytest.mark.large
@pytest.mark.parametrize(("grey", "down", "strength"), PENCIL)
def test_pencil_over_show_through_of_the_same_grey_is_read_or_reported(
    grey, down, strength
):
    result, _ = read(pencil_over_show_through(grey, down, strength))

    # Quality is the share of right letters: on the page that is read worst 0.87 are.
    assert found_share(TEXT, result) > 0.8 or result.quality < 0.9


def test_soft_marks_go_and_sharp_ones_of_the_same_grey_stay():
    image = pencil_over_show_through(205, 22)
    front = in_two_inks(205, SECOND)
    words = words_over(row for row in range(len(LINES)) if row not in SECOND)

    left = sharp_marks(image, words, 20)

    pencil, back = (front > 200) & (front < 215), (front == 255) & (image < 215)
    assert (left[pencil] < 230).mean() > 0.9
    assert (left[back] < 230).mean() < 0.1


@pytest.mark.large
@pytest.mark.parametrize("strength", [0.15, 0.2, 0.3, 0.4])
@pytest.mark.parametrize("down", [0, 10, 22, 34])
def test_show_through_alone_is_not_told(strength, down):
    result, did = read(pencil_over_show_through(0, down, strength))

    assert "unread" not in did
    assert not result.notes


@pytest.mark.parametrize("draw", [picture, shining_through, text_page])
def test_what_is_no_text_leaves_the_quality_alone(draw):
    result, did = read(draw())

    assert found_share(TEXT, result) > 0.97
    assert result.quality > 0.9
    assert "unread" not in did
    assert not result.notes


def test_the_page_is_left_to_the_engine_where_contrast_is_off():
    result, did = read(in_two_inks(195, SECOND), contrast="off")

    assert did["unread"] == ""
    assert [each.step for each in result.reports][-2:] == ["unread", "calibration"]


@pytest.mark.parametrize(
    ("conf", "knobs", "there", "follows"),
    [
        (60.0, {}, True, True),
        (96.0, {}, True, False),
        (60.0, {}, False, False),
        (60.0, {"second_opinion": "off"}, True, False),
        (60.0, {"second_opinion": "on"}, True, False),
        (60.0, {"opinion_budget": 3}, True, False),
        (60.0, {"engine": "rapidocr"}, True, False),
    ],
)
def test_rapidocr_follows_doubtful_words_where_it_is_asked_and_there(
    monkeypatch, conf, knobs, there, follows
):
    monkeypatch.setattr(second_opinion, "_can_read", lambda flat: there)
    words = [word._replace(conf=conf, text="river") for word in words_over(SECOND)]
    settings = Settings.from_flat({"language": "eng", **knobs})

    assert second_opinion.rapidocr_follows(words, settings) == follows


@pytest.mark.parametrize(
    ("language", "conf", "follows"),
    [("deu", 40.0, True), ("deu", 96.0, False), ("frk", 40.0, False)],
)
def test_rapidocr_follows_a_poor_reading_by_a_model_for_fraktur(
    monkeypatch, language, conf, follows
):
    def can_read(flat):
        return flat["language"] == "deu"

    monkeypatch.setattr(second_opinion, "_can_read", can_read)
    long_s = "\N{LATIN SMALL LETTER LONG S}"
    text = f"die{long_s}e Stadt liegt an der Donau".split()
    words = [Word(1, 1, 1, n, 0, 0, 9, 9, conf, each) for n, each in enumerate(text)]
    model, first = (
        Settings.from_flat({"language": code}) for code in ("frk", language)
    )

    assert second_opinion.rapidocr_follows(words, model, first) == follows
