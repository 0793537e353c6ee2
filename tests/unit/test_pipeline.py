"""The pipeline: the fields of a result besides its words."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from ocr_core import second_opinion
from ocr_core.chosen_language import LanguageChoice
from ocr_core.imaging.page_ink import lies_in_no_rows, text_gap
from ocr_core.page import Page, PageRef, StepReport, Word
from ocr_core.page_request import request_for
from ocr_core.pipeline import first_words, recognize_page, result_of
from ocr_core.presets import PRESETS
from ocr_core.settings import Settings
from sample_images.drawing import draw_text_page

UNTOUCHED = {"language": "eng", "denoise": "none", "scale": "off", "rotate": "0"}


class Silent:
    """An engine that reads the words it is given."""

    name, version = "silent", "1"

    def __init__(self, *words):
        self.words = list(words)

    def language_data(self, language):
        return "0" * 16

    def recognize(self, image, knobs, dpi=0, known=()):
        return self.words


@pytest.fixture
def engine(monkeypatch):
    found = Silent()
    monkeypatch.setattr("ocr_core.engines.engine_named", lambda name: found)
    return found


def page(text=""):
    image = np.full((400, 900), 255, np.uint8)
    cv2.putText(image, text, (50, 200), cv2.FONT_HERSHEY_SIMPLEX, 2, 0, 4)
    return Page(image, PageRef("page"))


def test_a_page_without_ink_is_blank(engine):
    result = recognize_page(page(), Settings())

    assert (result.status, result.quality) == ("blank", None)


def test_a_page_with_ink_and_no_word_is_not_blank(engine):
    result = recognize_page(page("some words"), Settings())

    assert (result.status, result.quality, result.rows) == ("ok", 0.0, ())
    assert result.reports[-1].did == "found ink, but no word in it"


def test_a_page_of_noise_is_not_read(monkeypatch, engine):
    engine.recognize = lambda *arguments: pytest.fail("read")
    places = np.random.default_rng(3)
    image = np.full((1200, 1200), 255, np.uint8)
    for x, y, tall, turn in places.integers(
        (10, 10, 2, 0), (1190, 1190, 6, 180), (3000, 4)
    ).tolist():
        cv2.ellipse(image, (x, y), (5, tall), turn, 0, 360, 0, -1)

    result = recognize_page(Page(image, PageRef("page")), Settings.from_flat(UNTOUCHED))

    assert [note.code for note in result.notes] == ["only-noise"]
    assert (result.quality, result.rows) == (0.0, ())


def screen(pitch):
    """Return a page covered with dots at equal distances."""
    image = np.full((1200, 1200), 255, np.uint8)
    for x in range(pitch, 1200, pitch):
        for y in range(pitch, 1200, pitch):
            cv2.circle(image, (x, y), pitch // 4, 0, -1)
    return image


@pytest.mark.parametrize("pitch", [12, 16, 24])
def test_a_page_of_regular_dots_is_not_read(engine, pitch):
    engine.recognize = lambda *arguments: pytest.fail("read")
    page = Page(screen(pitch), PageRef("page"))

    result = recognize_page(page, Settings.from_flat(UNTOUCHED))

    assert [note.code for note in result.notes] == ["only-noise"]


@pytest.mark.parametrize(("ink", "paper"), [(0, 255), (0, None), (255, None)])
def test_a_page_of_dots_with_a_word_on_it_is_read(engine, ink, paper):
    image = screen(16)
    if paper is not None:
        image[500:700, 200:900] = paper
    cv2.putText(image, "1948", (250, 660), cv2.FONT_HERSHEY_SIMPLEX, 5, ink, 14)
    engine.words = [Word(1, 1, 1, 1, 250, 540, 500, 120, 96.0, "1948")]

    result = recognize_page(Page(image, PageRef("page")), Settings.from_flat(UNTOUCHED))

    assert [row.text for row in result.rows] == ["1948"]


@pytest.mark.parametrize("degrees", [0, 5, 12, 33, 45, 90, 130])
def test_lines_of_marks_are_no_noise(degrees):
    across, down = np.meshgrid(np.arange(60) * 20.0, np.arange(40) * 40.0)
    slant = np.deg2rad(degrees)
    x = across * np.cos(slant) - down * np.sin(slant)
    y = across * np.sin(slant) + down * np.cos(slant)
    marks = np.column_stack([x.ravel(), y.ravel(), *np.full((2, 2400), 14.0)])

    assert not lies_in_no_rows(marks - [*marks.min(axis=0)[:2], 0, 0])


def test_a_page_with_words_has_a_quality(engine):
    engine.words = [Word(1, 1, 1, 1, 40, 140, 400, 80, 96.0, "words")]

    result = recognize_page(page("words"), Settings())

    assert result.quality > 0.9
    assert result.status == "ok"


def test_without_a_second_opinion_a_page_is_read_once(engine, monkeypatch):
    monkeypatch.setattr(second_opinion, "_can_read", lambda flat: pytest.fail("asked"))

    recognize_page(page("words"), Settings.from_flat(PRESETS["fast"].flat))


def test_a_poor_first_reading_is_offered_before_a_second_is_made(engine, monkeypatch):
    offered = []
    monkeypatch.setattr("ocr_core.pipeline.offer", offered.append)
    monkeypatch.setattr(second_opinion, "_can_read", lambda flat: True)
    engine.words = [Word(1, 1, 1, 1, 40, 140, 400, 80, 20.0, "wrds")]

    recognize_page(page("words"), Settings())

    assert [word.text for word in offered[0].rows] == ["wrds"]
    assert [note.code for note in offered[0].notes] == ["second-reading-failed"]


def test_a_first_reading_is_offered_before_other_languages_are_tried(
    engine, monkeypatch
):
    offered = []

    def interrupted(*_):
        raise InterruptedError

    monkeypatch.setattr("ocr_core.pipeline.offer", offered.append)
    monkeypatch.setattr("ocr_core.pipeline.language_of_reading", interrupted)
    engine.words = [Word(1, 1, 1, 1, 40, 140, 400, 80, 20.0, "wrds")]

    with pytest.raises(InterruptedError):
        recognize_page(page("words"), Settings.from_flat({"language": "auto"}))

    assert [word.text for word in offered[0].rows] == ["wrds"]


def test_a_second_opinion_leaves_a_note(engine):
    settings = Settings.from_flat({"second_opinion": "on", "opinion_budget": 2})

    result = recognize_page(page("words"), settings)

    assert "second opinion" in [note.step for note in result.reports]


def test_a_blank_page_needs_no_second_opinion(engine):
    result = recognize_page(page(), Settings.from_flat({"second_opinion": "on"}))

    assert "second opinion" not in [note.step for note in result.reports]
    assert result.status == "blank"


def lines_at(*rows, size=(1000, 700)):
    image = np.full(size, 255, np.uint8)
    for row in rows:
        cv2.putText(image, "a line of text", (60, row), cv2.FONT_HERSHEY_SIMPLEX, 1, 0)
    return image


def test_the_top_ends_in_the_widest_gap_and_not_in_a_line():
    end = text_gap(lines_at(100, 200, 300, 440, 520, 600))

    assert 310 < end < 410


@pytest.mark.parametrize(
    "image",
    [
        np.full((1000, 700), 255, np.uint8),
        cv2.line(lines_at(100, 300, 400, 600), (350, 0), (350, 999), 0, 6),
    ],
    ids=["blank", "a rule down the page"],
)
def test_a_page_without_a_gap_has_no_top(image):
    assert text_gap(image) == 0


@pytest.mark.needs_tesseract
def test_the_first_words_are_those_the_page_begins_with(tmp_path):
    text = "\n".join(f"Line {number} of a plain page" for number in "123456789")
    drawn, _ = draw_text_page(text, size=(900, 700))
    drawn.save(tmp_path / "page.png")
    ref = PageRef(str(tmp_path / "page.png"), 1)

    first = first_words(ref, Settings())

    whole = recognize_page(ref, Settings()).rows
    assert 6 <= len(first) < len(whole)
    assert [word.text for word in first] == [word.text for word in whole[: len(first)]]
    for early, late in zip(first, whole, strict=False):
        assert abs(early.left - late.left) <= 2 and abs(early.top - late.top) <= 2


def test_a_language_that_only_the_prepared_page_shows_is_found(engine, monkeypatch):
    engine.languages = lambda: {"eng": "", "yid": ""}
    found = {
        False: LanguageChoice("eng"),
        True: LanguageChoice("yid", "yid", "Hebrew", 64),
    }
    scan = page("words")
    monkeypatch.setattr(
        "ocr_core.pipeline.language_of_reading",
        lambda image, words, knobs: found[image is not scan],
    )
    monkeypatch.setattr("ocr_core.pipeline.fits", lambda words, language: True)

    plain = Settings.from_flat(
        UNTOUCHED | {"language": "auto", "second_opinion": "off", "margin": 40}
    )
    result = recognize_page(scan, plain)

    assert result.language == "yid"


def reading_of(image, quality, lines=0):
    """Return an attempt with long lines of words; without lines, it has one word."""
    rows = tuple(
        Word(1, 1, line, n, 90 * n, 40 * line, 80, 30, 50.0, "wrds")
        for line in range(lines or 1)
        for n in range(7 if lines else 1)
    )
    return second_opinion.Attempt(rows, "silent 1", "eng", "", image, (), quality, 1.0)


@pytest.mark.parametrize(
    ("lines", "quality", "order"),
    [
        (5, 0.99, ["dewarp", "second opinion"]),  # words show how lines run
        (0, 0.99, ["second opinion"]),
        (0, 0.5, ["second opinion", "dewarp"]),
    ],
)
def test_a_page_without_long_lines_is_flattened_only_if_no_engine_reads_it(
    engine, monkeypatch, lines, quality, order
):
    scan, done = page("words"), []

    def dewarped(page, first, *_):
        done.append("dewarp")
        steps = (*first.steps, StepReport("dewarp", {"curvature": 0.1}))
        return page, replace(first, steps=steps)

    def asked(first, *_):
        done.append("second opinion")
        return replace(first, quality=quality), StepReport("second opinion", {})

    monkeypatch.setattr("ocr_core.pipeline.dewarped", dewarped)
    monkeypatch.setattr("ocr_core.pipeline.second_opinion", asked)

    result = result_of(
        scan, request_for(scan, Settings(), 0.0), attempt=reading_of(scan, 0.4, lines)
    )

    assert done == order
    assert ("dewarp" in order) == ("dewarp" in [each.step for each in result.reports])
