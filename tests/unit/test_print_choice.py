"""Print choice: a few lines show whether a page is read with a model for Fraktur."""

from types import SimpleNamespace

import numpy as np
import pytest

from ocr_core import attempts, print_choice
from ocr_core.page import Page, PageRef, PartReader, Word
from ocr_core.settings import Settings
from sample_images.drawing import draw_text_page

LONG_S = "\N{LATIN SMALL LETTER LONG S}"
WELL, MISREAD = ["haus", "wasser", "sonne"], ["hauf", "waffer", "fonne"]
IN_FRAKTUR = [f"hau{LONG_S}", "wasser", f"{LONG_S}onne"]


def words(texts, conf):
    return [
        Word(1, 1, 1, number, 90 * number, 10, 80, 30, conf, text)
        for number, text in enumerate(texts, 1)
    ]


@pytest.fixture
def page():
    lines = "\n".join(["das haus am wasser in der sonne"] * 8)
    image, _ = draw_text_page(lines, size=(800, 600))
    return Page(np.asarray(image.convert("L")), PageRef("page"))


@pytest.fixture
def models(monkeypatch):
    """Set what each installed model reads; return the languages that read."""

    def set_models(**found):
        asked = []

        def part_reader(knobs, *, dark):
            def read(image):
                asked.append(knobs.language)
                return found[knobs.language]

            return PartReader(read, knobs.language)

        tesseract = SimpleNamespace(languages=lambda: dict.fromkeys(found, ""))
        monkeypatch.setattr(print_choice, "engine_named", lambda name: tesseract)
        monkeypatch.setattr(print_choice, "part_reader", part_reader)
        return asked

    return set_models


def chosen(page, **flat):
    settings = Settings.from_flat({"language": "deu", **flat})
    found, report = print_choice.with_model_for_print(page, settings)
    assert (report is None) == (found is settings)
    return found.recognition.language


def test_lines_that_the_model_for_fraktur_reads_better_choose_it(models, page):
    asked = models(deu=words(MISREAD, 40), frk=words(IN_FRAKTUR, 92))

    assert chosen(page) == "frk"
    assert asked == ["deu", "frk"]


def test_lines_read_well_are_not_read_again(models, page):
    asked = models(deu=words(WELL, 96), frk=words(WELL, 97))

    assert chosen(page) == "deu"
    assert asked == ["deu"]


def test_a_small_gain_does_not_choose_it(models, page):
    asked = models(deu=words(MISREAD, 60), frk=words(MISREAD, 61))

    assert chosen(page) == "deu"
    assert asked == ["deu", "frk"]


@pytest.mark.parametrize(
    "flat",
    [
        {"second_opinion": "off"},
        {"engine": "rapidocr"},
        {"language": "deu+eng"},
        {"language": "eng"},
        {"language": "frk"},
    ],
)
def test_no_lines_are_read_where_no_model_may_be_chosen(models, page, flat):
    asked = models(deu=words(MISREAD, 40), frk=words(IN_FRAKTUR, 92))

    assert chosen(page, **flat) == {"language": "deu", **flat}["language"]
    assert asked == []


def test_without_a_model_for_fraktur_no_lines_are_read(models, page):
    asked = models(deu=words(MISREAD, 40))

    assert chosen(page) == "deu"
    assert asked == []


def test_an_empty_page_is_not_read(models):
    asked = models(deu=[], frk=[])

    assert chosen(Page(np.full((400, 400), 255, np.uint8), PageRef("page"))) == "deu"
    assert asked == []


def test_the_page_is_read_with_the_chosen_model_in_letters_of_today(
    models, page, monkeypatch
):
    models(deu=words(MISREAD, 40), frk=words(IN_FRAKTUR, 92))
    languages = []

    def recognized(engine, image, leaders, knobs, dpi, known):
        languages.append(knobs.language)
        return words(IN_FRAKTUR, 92)

    monkeypatch.setattr(attempts, "recognized", recognized)
    monkeypatch.setattr(attempts, "read_parts_again", lambda *given: (given[3], []))
    monkeypatch.setattr(attempts, "unread_text", lambda *given: (None, 0.0))
    monkeypatch.setattr(
        attempts.engines,
        "engine_named",
        lambda name: SimpleNamespace(
            name="tesserocr", version="5", language_data=lambda language: ""
        ),
    )
    settings = Settings.from_flat(
        {"language": "deu", "rotate": "0", "deskew": "off", "flatten": "off"}
    )

    reading = attempts.read_as(page, settings)

    assert languages == ["frk"]
    assert [word.text for word in reading.rows] == WELL
    assert reading.language == "frk"
    assert [report.step for report in reading.reports] == ["fraktur"]
