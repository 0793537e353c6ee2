"""The pipeline: what stands in a result beside the words."""

import cv2
import numpy as np
import pytest

from ocr_core import opinion
from ocr_core.page import Page, PageRef, Word
from ocr_core.pipeline import recognize_page
from ocr_core.settings import Settings


class Silent:
    """An engine that reads the words it is given."""

    name, version = "silent", "1"

    def __init__(self, *words):
        self.words = list(words)

    def language_data(self, language):
        return "0" * 16

    def recognize(self, image, knobs, dpi=0):
        return self.words


@pytest.fixture
def engine(monkeypatch):
    found = Silent()
    monkeypatch.setattr("ocr_core.pipeline.engine_named", lambda name: found)
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
    assert result.notes[-1].did == "found ink, but no word in it"


def test_a_page_with_words_has_a_quality(engine):
    engine.words = [Word(1, 1, 1, 1, 40, 140, 400, 80, 96.0, "words")]

    result = recognize_page(page("words"), Settings())

    assert result.quality > 0.9
    assert result.status == "ok"


def test_without_a_second_opinion_a_page_is_read_once(engine, monkeypatch):
    monkeypatch.setattr(opinion, "_can_read", lambda flat: pytest.fail("asked"))

    recognize_page(page("words"), Settings())


def test_a_second_opinion_leaves_a_note(engine):
    settings = Settings.from_flat({"second_opinion": "on", "opinion_budget": 2})

    result = recognize_page(page("words"), settings)

    assert "second opinion" in [note.step for note in result.notes]


def test_a_blank_page_needs_no_second_opinion(engine):
    result = recognize_page(page(), Settings.from_flat({"second_opinion": "on"}))

    assert "second opinion" not in [note.step for note in result.notes]
    assert result.status == "blank"
