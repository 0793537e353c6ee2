"""The language auto: what a document's words say, and what nobody else may change."""

import unicodedata

import numpy as np
import pytest

from ocr_core import Settings, language_choice, open_document, recognize_page
from ocr_core.chosen_language import LanguageChoice
from ocr_core.engines import Recognition, engine_named, tesseract
from ocr_core.language_choice import language_of_reading, misfit
from ocr_core.language_tags import tesseract_code
from ocr_core.page import Page, PageRef, Word
from ocr_core.page_request import Request, request_for
from ocr_core.processes import shared
from ocr_core.text import identification
from sample_images.drawing import draw_text_page

ENGLISH = """The harbour master wrote that the ships had come home before
the storm, and that every man on board was safe and well.
He asked for two new ropes and a lamp for the old light house."""
GERMAN = """Der Vogt berichtete dem Rat, dass die Ernte eingebracht und
das Korn in der Scheune war. Er bat um zwei neue Wagen und
einen Knecht, weil die Tage schon kurz und die Wege schlecht sind."""
FRENCH = """Le maire nous a dit que le pont serait ouvert avant la fin de
l'hiver, et que les marchands pourraient alors passer avec
leurs voitures sans payer une seconde fois."""
# ruff: noqa: RUF001  (Cyrillic letters are what is tested)
RUSSIAN = """Старый учитель жил в маленьком доме на берегу реки и каждое
утро выходил в сад, чтобы посмотреть, как растут его яблони.
Вечером к нему приходили дети, и он читал им вслух."""
TEXTS = {"eng": ENGLISH, "deu": GERMAN, "fra": FRENCH}
pytestmark = pytest.mark.needs_tesseract


def drawn(tmp_path, *texts):
    """Draw texts as the pages of a TIFF; return its path."""
    pages = [
        draw_text_page(text, size=(1300, 300), font_size=34, margin=40)[0]
        for text in texts
    ]
    path = tmp_path / "page.tif"
    pages[0].save(path, save_all=True, append_images=pages[1:])
    return path


def result(path, number=1, **flat):
    refs = list(open_document(path))
    flat = {"second_opinion": "off", **flat}
    return recognize_page(refs[number - 1], Settings.from_flat(flat))


def codes(page):
    return [note.code for note in page.notes]


@pytest.mark.parametrize("language", TEXTS)
def test_the_language_of_a_document_is_found_and_shown(tmp_path, language):
    if language not in tesseract.installed_languages():
        pytest.skip(f"the language {language} is not installed")

    page = result(drawn(tmp_path, TEXTS[language]), language="auto")

    assert page.language == language
    assert page.text.split()[:5] == TEXTS[language].split()[:5]
    assert codes(page) == ["language-found-known"]
    [report] = [each for each in page.reports if each.step == "language"]
    assert report.measured["looks_like"] == language
    assert report.measured["read_as"] == language
    assert page.settings["language"] == "auto"


def test_a_language_that_is_not_installed_is_named_with_the_command(tmp_path):
    if "rus" in tesseract.installed_languages():
        pytest.skip("Russian is installed")

    page = result(drawn(tmp_path, RUSSIAN), language="auto")

    [missing] = [note for note in page.notes if note.code == "language-missing"]
    assert "sudo apt-get install tesseract-ocr-rus" in missing.text


def test_all_pages_are_read_in_the_language_of_the_document(tmp_path):
    if "deu" not in tesseract.installed_languages():
        pytest.skip("German is not installed")
    path = drawn(tmp_path, GERMAN, "1889", GERMAN)

    assert [result(path, n, language="auto").language for n in (1, 2, 3)] == ["deu"] * 3


def test_an_english_page_is_read_as_often_as_if_english_was_chosen(
    tmp_path, monkeypatch
):
    path, read = drawn(tmp_path, ENGLISH), []
    engine = type(engine_named("auto"))
    plain = engine.recognize

    def counted(self, image, knobs, *more):
        read.append(image.shape)
        return plain(self, image, knobs, *more)

    def ranked(*given):
        raise AssertionError("py3langid is not needed")

    monkeypatch.setattr(engine, "recognize", counted)
    monkeypatch.setattr(identification, "distances", ranked)
    chosen = result(path, language="eng")
    once = list(read)
    found = result(path, language="auto")

    assert (found.rows, read) == (chosen.rows, once + once)
    assert codes(found) == ["language-found-known"]


def test_the_only_language_installed_is_read_and_a_misfit_is_noted(
    tmp_path, monkeypatch
):
    path, found = drawn(tmp_path, GERMAN), tesseract.installed_languages()
    only = {code: data for code, data in found.items() if code in ("eng", "osd")}
    engine = type(engine_named("auto"))
    monkeypatch.setattr(engine, "languages", lambda self: only)

    page = result(path, language="auto")

    assert page.language == "eng"
    assert {"language-found-known", "language-missing", "language-misfit"} == {
        *codes(page)
    }


def test_one_worker_of_a_pool_finds_the_language_for_all(tmp_path, monkeypatch):
    monkeypatch.setattr(shared, "worker_folder", lambda: tmp_path)
    asked = []

    def work():
        asked.append(1)
        return "deu"

    assert [shared.once("language-1.json", work) for _ in range(3)] == ["deu"] * 3
    assert asked == [1]


@pytest.mark.parametrize(
    ("text", "noted"),
    [
        ("17 23 99\n4 5", []),
        (
            "xvq zzrt mnbv ploki juhyg tfrde swaqz\nlkjh gfdsa poiu ytrew qxzv",
            ["language-unknown"],
        ),
    ],
)
def test_a_page_that_says_nothing_is_read_as_english(tmp_path, text, noted):
    page = result(drawn(tmp_path, text), language="auto")

    assert (page.language, codes(page)) == ("eng", noted)


def test_a_chosen_language_is_never_changed(tmp_path):
    page = result(drawn(tmp_path, GERMAN), language="eng")

    assert page.language == "eng"
    settings = Settings.from_flat({"language": "deu+eng"})
    request = request_for(next(open_document(tmp_path / "page.tif")), settings, 0.0)
    assert request.settings == settings
    assert request.choice is None


def words(text):
    return [
        Word(1, 1, 1, n, 10 * n, 0, 9, 9, 95, each)
        for n, each in enumerate(text.split())
    ]


def test_a_page_that_was_read_in_another_language_than_its_own_is_reported():
    [note] = misfit(words(GERMAN), "eng")

    assert note.code == "language-misfit"
    assert note.text.startswith("The page looks like German: ")


VIETNAMESE = """Ông lão sống một mình trong ngôi nhà nhỏ bên bờ sông và mỗi buổi sáng
ông ra vườn tưới cây, rồi ngồi đọc sách dưới bóng mát cho đến khi trời tối."""


@pytest.mark.parametrize(
    ("own_conf", "has_dots", "code"),
    [
        (95.0, True, "vie"),
        (76.0, True, "vie"),  # no surer, but no other language has such letters
        (78.0, False, "eng"),
        (73.0, True, "eng"),
    ],
)
def test_a_language_without_a_word_list_is_found_if_its_own_model_reads_better(
    monkeypatch, own_conf, has_dots, code
):
    text = " ".join(VIETNAMESE.split()[:22])  # too short for its letters to decide
    dots = unicodedata.normalize("NFD", text).replace("\u0323", "")
    plain = unicodedata.normalize("NFC", dots)  # English has no dot below its letters
    bare = "".join(filter(str.isascii, unicodedata.normalize("NFD", text)))
    read = {"eng": (plain, 77.0), "vie": (text if has_dots else bare, own_conf)}

    def reader(knobs):
        text, conf = read[knobs.language]
        return lambda image: [word._replace(conf=conf) for word in words(text)]

    monkeypatch.setattr(language_choice, "part_reader", reader)
    monkeypatch.setattr(language_choice, "engine_named", lambda name: Installed())
    image = draw_text_page(ENGLISH, size=(1300, 300), font_size=34, margin=40)[0]
    page = Page(np.array(image.convert("L")), PageRef("a.png"))
    first = [word._replace(conf=77.0) for word in words(plain)]

    choice = language_of_reading(page, first, Recognition())

    assert choice.code == code


SPANISH = """El maestro vivía en una casa pequeña junto al río y cada mañana
salía al jardín para mirar cómo crecían los manzanos.
Por la noche venían los niños del pueblo y él les leía en voz alta."""


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        ((GERMAN, ENGLISH) * 3, "deu+eng"),
        ((ENGLISH, SPANISH) * 3, "spa+eng"),
        ((GERMAN, "a good old man") * 3, "deu"),  # too few lines of the other language
        ((GERMAN, "a good old man and his new house"), "deu"),  # too short
    ],
)
def test_a_text_in_two_languages_is_read_in_both_if_that_costs_no_words(
    monkeypatch, texts, code
):
    lines = "\n".join(texts).splitlines()
    read = [
        word._replace(line_num=number)
        for number, line in enumerate(lines, 1)
        for word in words(line)
    ]
    monkeypatch.setattr(language_choice, "part_reader", lambda knobs: lambda _: read)
    monkeypatch.setattr(language_choice, "engine_named", lambda name: Installed())
    page = Page(np.full((300, 900), 255, np.uint8), PageRef("a.png"))

    assert language_of_reading(page, read, Recognition()).code == code


class Installed:
    def languages(self):
        return ["eng", "vie", "deu", "spa"]


@pytest.mark.parametrize(
    ("text", "language"),
    [(ENGLISH, "eng"), (GERMAN, "deu"), (GERMAN, "frk"), (GERMAN, "eng+deu")],
)
def test_a_page_in_its_language_has_no_such_note(text, language):
    assert misfit(words(text), language) == ()


@pytest.mark.parametrize(
    ("stated", "code"),
    # From RFC 5646, ISO 639-2/B, the schema of PAGE and ABBYY's list of languages.
    [
        *(("de-AT", "deu"), ("ger", "deu"), ("German", "deu"), ("deu", "deu")),
        *(
            ("GermanStandard", "deu"),
            ("zh-Hant", "chi_tra"),
            ("ChineseTaiwan", "chi_tra"),
            ("en_US", "eng"),
        ),
        *(("chi_sim", "chi_sim"), ("", ""), ("x-none", ""), ("de-Latf", "frk")),
    ],
)
def test_stated_languages_are_known_by_tag_code_and_name(stated, code):
    assert tesseract_code(stated) == code


@pytest.mark.parametrize(
    ("choice", "missing"),
    [
        (LanguageChoice("deu", "deu", "Fraktur", fraktur="frk"), ""),
        (LanguageChoice("deu", "deu", "Fraktur"), "frk"),
        (LanguageChoice("jpn", "jpn", "Japanese", runs_down=True), "jpn_vert"),
        (LanguageChoice("jpn_vert", "jpn", "Japanese", runs_down=True), ""),
        (LanguageChoice("eng", "deu"), "deu"),
    ],
)
def test_the_model_that_a_document_lacks_is_named(choice, missing):
    assert choice.missing == missing


def test_chinese_is_named_by_its_letters():
    found = [
        str(each.text)
        for code in ("chi_tra", "chi_sim")
        for each in LanguageChoice(code, code, "Han").notes()
    ]

    assert found == [
        "The document looks like traditional Chinese.",
        "The document looks like Chinese.",
    ]


@pytest.mark.parametrize(("opinion", "code"), [("off", "frk"), ("auto", "deu")])
def test_fraktur_is_read_with_its_model_at_once_only_without_a_second_opinion(
    opinion, code
):
    wanted = Settings.from_flat({"second_opinion": opinion})
    choice = LanguageChoice("deu", "deu", "Fraktur", fraktur="frk")

    request = Request(wanted, wanted, 0.0).chosen(choice)

    assert request.settings.recognition.language == code


def test_a_page_of_which_most_letters_are_uncertain_fits_no_language():
    english = words(
        "all human beings are born free and equal in dignity and rights " * 2
    )
    unsure = [word._replace(conf=20.0, text="wanluleny") for word in english]

    assert language_choice.fits(english, "eng")
    assert not language_choice.fits([*english, *unsure, *unsure], "eng")
