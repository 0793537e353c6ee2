"""Scripts that run from right to left: order of rows, and what formats say of it."""

import io
import re
from types import SimpleNamespace

import pytest

from app.explore.concordance import around
from ocr_core.engines.reading_order import words_across
from ocr_core.exports import FORMATS
from ocr_core.language_tags import language_tag, language_tags
from ocr_core.page import PageRef, PageResult, Word, text_of
from ocr_core.scripts import reads_left

CITY, LARGE, SOUTH = "חיפה", "גדול", "דרום"


def cell(text, block, left, line):
    """A cell of a table, which the engine took for a column of its own."""
    return Word(block, 1, line, 1, left, 60 * line, 90, 20, 90.0, text)


def written(form, words, language):
    file = io.BytesIO()
    page = PageResult(PageRef("a"), tuple(words), (900, 900), language=language)
    FORMATS[form].write([page], file)
    return file.getvalue().decode()


@pytest.mark.parametrize(
    ("texts", "row"),
    [((CITY, LARGE, SOUTH), "חיפה גדול דרום"), (("ab", "cd", "ef"), "ef cd ab")],
)
def test_cells_of_a_row_are_read_as_their_script_runs(texts, row):
    columns = ((600, 1), (300, 2), (0, 3))
    words = [
        cell(text, block, left, line)
        for text, (left, block) in zip(texts, columns, strict=True)
        for line in (1, 2)
    ]

    assert text_of(words_across(words)).splitlines() == [row, row]


def test_most_letters_show_where_a_text_runs():
    assert reads_left(f"{CITY} {LARGE} ab 1200")
    assert not reads_left(f"abcde {CITY}")
    assert not reads_left("1200")


@pytest.mark.parametrize(
    ("code", "tag"),
    [
        ("eng", "en"),
        ("chi_tra", "zh-Hant"),
        ("jpn_vert", "ja"),
        ("spa_old", "es"),
        ("frk", "de-Latf"),
        ("grc", "grc"),
        ("script/Latin", ""),
    ],
)
def test_codes_are_written_as_the_web_does(code, tag):
    assert language_tag(code) == tag  # RFC 5646, IANA's registry of subtags


def test_formats_say_which_language_a_page_has_and_where_it_runs():
    words = [cell(CITY, 1, 300, 1), cell(LARGE, 1, 0, 1)]

    hocr, alto = (written(form, words, "heb+eng") for form in ("hocr", "alto"))

    assert language_tags("heb+eng+script/Latin") == ["he", "en"]
    assert re.search(r'<div[^>]* lang="he"', hocr)
    assert 'name="ocr-langs" content="he en"' in hocr
    assert re.search(r'<p[^>]* dir="rtl"', hocr)
    assert re.search(r'<Page[^>]* LANG="he"', alto)
    assert re.search(r'<TextBlock[^>]* BASEDIRECTION="rtl"', alto)
    assert "rtl" not in written("alto", [cell("ab", 1, 0, 1)], "eng")


def test_what_precedes_an_arabic_word_stands_right_of_it():
    row = SimpleNamespace(left=CITY, keyword=LARGE, right=SOUTH)

    assert around(row) == (SOUTH, CITY)
    assert around(SimpleNamespace(left="ab", keyword="c", right="de")) == ("ab", "de")
