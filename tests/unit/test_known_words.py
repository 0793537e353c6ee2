"""Known words: what of a detected line is left to read."""

import numpy as np
import pytest

from ocr_core.engines import Recognition
from ocr_core.engines.known_words import KnownRun, line_parts
from ocr_core.page import Page, PageRef, Word
from ocr_core.second_opinion import Attempt
from ocr_core.sure_words import sure_runs

RAPID = Recognition(engine="rapidocr", language="eng")


def word(text, left, conf=96.0, line=1, number=1, height=20):
    top = 100 * line
    return Word(1, 1, line, number, left, top, 12 * len(text), height, conf, text)


def run(left, right, top=100):
    words = (Word(1, 1, 1, 1, left, top, right - left, 20, 96.0, "words"),)
    return KnownRun(words, left, right)


def quad(left, right, top=98, tilt=0.0, height=24):
    fall = tilt * (right - left)
    corners = [(left, top), (right, top + fall)]
    return np.array([*corners, *((x, y + height) for x, y in reversed(corners))], float)


def spans(parts):
    return [
        (round(part.quad[0, 0]), round(part.quad[1, 0]), bool(part.words))
        for part in parts
    ]


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([], [(50, 550, False)]),
        ([(50, 545)], [(50, 545, True)]),
        ([(55, 250)], [(55, 250, True), (250, 550, False)]),
        ([(200, 400)], [(50, 200, False), (200, 400, True), (400, 550, False)]),
        ([(200, 260)], [(50, 550, False)]),  # too short
        ([(300, 700)], [(50, 550, False)]),  # goes beyond the line
        (
            [(320, 550), (50, 300)],
            [(50, 300, True), (300, 320, False), (320, 550, True)],
        ),
        ([(50, 300), (200, 550)], [(50, 300, True), (300, 550, False)]),
    ],
)
def test_a_line_is_divided_at_known_words(runs, expected):
    parts = line_parts(quad(50, 550), [run(*ends) for ends in runs])

    assert spans(parts) == expected


def test_words_of_another_line_are_not_on_it():
    assert spans(line_parts(quad(50, 550), [run(50, 545, top=130)])) == [
        (50, 550, False)
    ]


def test_the_parts_of_a_tilted_line_are_tilted_as_it_is():
    parts = line_parts(quad(0, 600, tilt=0.1), [run(0, 300, top=115)])

    assert [bool(part.words) for part in parts] == [True, False]
    assert parts[1].quad == pytest.approx(
        np.array([[300, 128], [600, 158], [600, 182], [300, 152]], float)
    )


def attempt(words, engine="tesserocr 5"):
    page = Page(np.full((400, 900), 255, np.uint8), PageRef("page"))
    return Attempt(tuple(words), engine, "eng", "", page, (), 0.8, 1.0)


def line(*texts, confs=(), line_num=1):
    words, left = [], 50
    for number, text in enumerate(texts, 1):
        conf = dict(confs).get(text, 96.0)
        words.append(word(text, left, conf, line_num, number))
        left += 12 * len(text) + 10
    return words


def known(first, other=RAPID):
    runs = sure_runs(first, other, first.prepared)
    return [" ".join(each.text for each in found.words) for found in runs]


def test_sure_words_side_by_side_are_known_up_to_one_beside_a_doubtful_word():
    texts = "the houses stood near thc river and the old bridge".split()

    first = attempt(line(*texts, confs=[("thc", 40)]))

    assert known(first) == ["the houses stood", "and the old bridge"]


def test_a_wide_gap_parts_sure_words_because_it_may_hold_lost_ink():
    words = line("the", "old", "houses")
    far = [each._replace(left=each.left + 300, word_num=9) for each in line("river")]

    assert known(attempt([*words, *far])) == ["the old"]


@pytest.mark.parametrize(
    ("first", "other"),
    [
        (attempt(line("the", "river")), RAPID.model_copy(update={"engine": "auto"})),
        (attempt(line("the", "river"), engine="rapidocr 3"), RAPID),
        (attempt(line("the", "river")), RAPID.model_copy(update={"language": "jpn"})),
        (attempt(line("the", "river")), RAPID.model_copy(update={"whitelist": "01"})),
        (attempt([]), RAPID),
    ],
)
def test_only_rapidocr_is_spared_words_in_latin_letters_that_tesseract_read(
    first, other
):
    assert known(first, other) == []
