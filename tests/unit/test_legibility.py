"""Legibility: a step keeps what could be read before it."""

import itertools

import cv2
import numpy as np
import pytest

from ocr_core.engines import part_reader
from ocr_core.imaging import legibility
from ocr_core.imaging.steps import ShowThrough
from ocr_core.page import Word
from ocr_core.settings import Settings
from sample_images import wear
from sample_images.drawing import Block
from tests.support.drawn_pages import (
    LINES,
    TEXT,
    cells,
    drawn,
    found_share,
    in_two_inks,
    page_of,
    read,
    text_page,
)

BACK = "\n".join(LINES[::-1])
COLOURS = {"light blue": (120, 170, 255), "orange": (255, 160, 60), "grey": (150,) * 3}


def prepared(image, **knobs):
    """Prepare a page as the pipeline does; return it and what each step did."""
    settings = Settings.from_flat({"language": "eng", **knobs})
    reader = part_reader(settings.recognition)
    page, notes = settings.preprocess.apply(page_of(image), reader)
    return page, {note.step: note.did for note in notes}


@pytest.mark.large
@pytest.mark.parametrize("colour", COLOURS.values(), ids=COLOURS)
@pytest.mark.parametrize("which", [(1, 2, 6, 7), (4, 5)], ids=["half", "few"])
def test_a_second_ink_is_read_like_the_first(colour, which):
    pale = round(float(np.dot(colour, (0.299, 0.587, 0.114))))

    result, did = read(in_two_inks(pale, which))

    assert found_share(TEXT, result) > 0.95
    assert did["bleed"] in ("", "undone")


@pytest.mark.large
def test_what_shines_through_goes_and_a_note_beside_it_stays():
    front = drawn(Block(TEXT, 90, 90, font_size=30), size=(1000, 900))
    back = drawn(Block(BACK, 100, 110, font_size=30), size=(1000, 900))
    through = wear.bleed_through(front, 0.5, back)
    note = drawn(
        Block("Added by another hand", 300, 780, font_size=30),
        size=(1000, 900),
        ink=150,
    )

    result, _ = read(np.minimum(through, note))

    assert prepared(through)[1]["bleed"] == "erased"
    assert found_share(TEXT + " Added by another hand", result) > 0.97
    assert len(result.text.split()) < 1.1 * len(TEXT.split()) + 4


def dots(shape, pitch, soft):
    """Draw a picture in dots as a press does, on a screen turned by 45 degrees."""
    tones = np.random.default_rng(1).random((4, 6)).astype(np.float32)
    tone = cv2.resize(tones, shape[::-1], interpolation=cv2.INTER_CUBIC)
    y, x = np.mgrid[: shape[0], : shape[1]]
    wave = np.cos((x + y) * 4.44 / pitch) + np.cos((x - y) * 4.44 / pitch)
    return np.clip(128 + (tone - 0.5 - wave / 4) * soft, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("pitch", "soft"),
    [pytest.param(8, 600, marks=pytest.mark.large), (8, 9000), (11, 9000)],
)
def test_the_dots_of_a_printed_picture_do_not_spoil_the_text(pitch, soft):
    text = Block("\n".join(LINES[:4]), 90, 40, font_size=30)
    below = Block("\n".join(LINES[4:]), 90, 900, font_size=30)
    image = drawn(text, below, size=(1000, 1300))
    image[280:880, 80:920] = dots((600, 840), pitch, soft)

    result, did = read(image)

    assert not did["denoise"]
    assert not did["rotate"]
    assert found_share(TEXT, result) > 0.97


def crossword():
    image = cells(10, 10, "AEIOUNRSTLDC", step=(100, 100))
    for edge in range(70, 1100, 100):
        image[edge : edge + 3, 70:1070] = image[70:1070, edge : edge + 3] = 0
    return image


def speckled():
    image, rng = np.full((1200, 1000), 255, np.uint8), np.random.default_rng(1)
    for x, y in rng.integers(20, 980, (1500, 2)).tolist():
        cv2.ellipse(image, (x, y), (4, 9), 0, 0, 360, 0, -1)
    return image


UPRIGHT = {
    "grades": cells(24, 8, "ABCDEF"),
    "digits": cells(24, 9, "0123456789"),
    "roll call": cells(24, 8, "xxxo"),
    "columns read downward": cells(24, 8, "EFHKLMNRSTZ", step=(120, 36)),
    "crossword": crossword(),
    "speckled picture": speckled(),
}


@pytest.mark.large
@pytest.mark.parametrize("image", UPRIGHT.values(), ids=UPRIGHT)
def test_marks_that_stand_closer_above_than_beside_do_not_turn_a_page(image):
    assert not prepared(image)[1]["rotate"]


@pytest.mark.large
@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_page_of_text_that_lies_turned_is_set_upright(turns):
    page, did = prepared(np.rot90(text_page(), turns))

    assert did["rotate"] == "turned"
    assert np.array_equal(page.image, text_page())


@pytest.mark.parametrize(
    ("large", "small"), [(90, 24), (44, 18), (150, 30)], ids=["title", "notes", "bill"]
)
def test_small_print_beside_large_stays_large_enough_to_read(large, small):
    title = Block("THE HERRING\nFLEET OF\nTHE NORTH", 90, 60, "serif-bold", large, 1.3)
    below = Block(TEXT, 90, 1000, font_size=small)

    result, _ = read(drawn(title, below, size=(1500, 1700)))

    assert found_share(TEXT, result) > 0.97


def test_a_picture_full_of_grain_does_not_smooth_the_page():
    image = drawn(Block(TEXT, 90, 40, font_size=30), size=(1000, 1300))
    image[640:1200, 150:850] = wear.gaussian_noise(np.full((560, 700), 128, np.uint8))

    _, did = prepared(image)

    assert not did["denoise"]


def test_each_step_can_be_turned_off():
    image = wear.bleed_through(np.rot90(text_page()), 0.5)

    page, did = prepared(
        image,
        invert="off",
        denoise="none",
        rotate="0",
        crop="off",
        deskew="off",
        bleed="off",
        flatten="off",
        contrast="off",
        scale="off",
    )

    assert not did
    assert np.array_equal(page.image, image)


def words_read(count, conf=96.0):
    return [Word(1, 1, 1, n, 50 * n, 10, 40, 20, conf, "word") for n in range(count)]


@pytest.mark.parametrize(("left", "harmed"), [(20, False), (15, False), (9, True)])
def test_a_step_is_harmful_where_clearly_less_can_be_read_after_it(left, harmed):
    page = page_of(text_page())
    after = page.with_pixels(wear.blur(page.image))
    answers = itertools.cycle([words_read(20), words_read(left)])  # before, after

    def reader(image):
        return next(answers)

    assert legibility.compared(page, after, reader).harmed() is harmed


def test_erasing_has_to_keep_all_letters_but_half_a_word():
    assert legibility.Compared(280, 278).harmed(ShowThrough.min_kept) is False
    assert legibility.Compared(244, 239).harmed(ShowThrough.min_kept) is True


def test_words_that_an_engine_doubts_are_no_proof():
    assert legibility.sure_letters(words_read(5)) == 20
    assert legibility.sure_letters(words_read(5, conf=40)) == 0
    assert legibility.sure_letters([]) == 0


def test_the_densest_parts_hold_most_points_and_do_not_share_any():
    rng = np.random.default_rng(0)
    points = np.vstack([rng.uniform(0, 90, (40, 2)), rng.uniform(900, 960, (20, 2))])

    first, second = legibility.densest(points, 10, (20, 20))

    assert first[2] < second[0]
    assert legibility.densest(points[:5], 10, (20, 20)) == []


def test_a_mark_that_a_step_took_away_is_found_where_it_was():
    image = text_page()
    page = page_of(image)
    image = image.copy()
    image[90:140] = 255

    lost = legibility.lost_marks(page, page.with_pixels(image))

    assert len(lost) > 20
    assert (lost[:, 1] < 150).all()
    assert len(legibility.lost_marks(page, page.turned(90))) == 0


@pytest.mark.large
@pytest.mark.parametrize("knobs", [{"bleed": "on"}, {"bleed": "on", "rotate": "180"}])
def test_the_quality_of_a_page_falls_with_ink_that_a_step_was_asked_to_remove(knobs):
    image = in_two_inks(150, (1, 2, 6, 7))
    if "rotate" in knobs:
        image = np.ascontiguousarray(np.rot90(image, 2))

    kept, erased = (
        read(image, **{**knobs, **more})[0] for more in ({"bleed": "off"}, {})
    )

    assert found_share(TEXT, erased) < 0.8
    assert erased.quality < 0.8 < 0.9 < kept.quality


def test_a_phrase_without_spaces_counts_by_its_conf_and_single_marks_do_not():
    def word(text, conf):
        return Word(1, 1, 1, 1, 0, 0, 9, 9, conf, text)

    # 12 letters, the worst of them read with a conf of 25
    assert legibility.confident_letters([word("ผู้ใดที่ถืกก", 25.0)]) == 3
    assert legibility.confident_letters([word("ແ", 92.0), word("ວ", 84.0)]) == 0
    assert legibility.confident_letters([word("word", 92.0), word("word", 79.0)]) == 4


@pytest.mark.parametrize(("letters", "parts"), [(60, 1), (40, 2)])
def test_more_of_a_page_is_read_only_if_few_letters_were(letters, parts):
    page = page_of(text_page())
    seen = []

    def reader(image):
        seen.append(image)
        return [Word(1, 1, 1, 1, 0, 0, 90, 30, 96.0, "wind" * (letters // 4))]

    compared = legibility.compared(page, page, reader)

    assert len(seen) == 2 * parts  # before and after
    assert not compared.harmed()
