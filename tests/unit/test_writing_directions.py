"""Writing directions: vertical and right-to-left lines stay lines, in PDFs too."""

import pypdfium2
import pytest

from ocr_core.engines.reading_order import words_across
from ocr_core.engines.spacing import boxes_apart
from ocr_core.engines.tesseract import words_from_tsv
from ocr_core.page import Word, text_of
from tests.support.pdf_exports import result, saved, written

# "Article one" and two lines of seven characters; 40 pixels each, 60 between columns.
COLUMNS = ["第一条", "人人生而自由的", "在尊严和权利上"]
ARABIC = ["كان", "يا", "ما", "كان", "في", "قديم", "الزمان"]


def columns(*texts, breadth=30):
    """Return the words of vertical lines from the right, one for each character."""
    return [
        Word(1, 1, line, n, 500 - 60 * line, 40 * n, breadth, 38, 90.0, text, n == 1)
        for line, column in enumerate(texts, 1)
        for n, text in enumerate(column, 1)
    ]


def leftwards(*lines, fall=0.0):
    """Return lines of words 80 pixels wide from the right, 20 apart, 50 to a line."""
    return [
        (line, n, (900 - 100 * n, round(50 * line + fall * 100 * n), 80, 30), text)
        for line, texts in enumerate(lines, 1)
        for n, text in enumerate(texts, 1)
    ]


def pdf_text(words, tmp_path, size=(900, 600)):
    rows = [(word.line_num, word.word_num, word[4:8], word.text) for word in words]
    page = result(saved(tmp_path / "a.png", size=size), rows, size)
    spaced = tuple(
        row._replace(space_before=word.space_before)
        for row, word in zip(page.rows, words, strict=True)
    )
    object.__setattr__(page, "rows", spaced)
    pdf = pypdfium2.PdfDocument(written([page]))
    return pdf[0].get_textpage().get_text_range().split()


def test_vertical_lines_side_by_side_are_no_rows():
    words = columns(*COLUMNS)

    assert text_of(words_across(words)).split() == COLUMNS


@pytest.mark.parametrize("breadth", [12, 30, 58])
def test_a_pdf_has_vertical_lines_from_the_right(tmp_path, breadth):
    words = columns(*COLUMNS, "而且", breadth=breadth)

    assert pdf_text(words, tmp_path) == [*COLUMNS, "而且"]


def test_a_pdf_has_the_line_of_a_word_that_the_engine_made_too_broad(tmp_path):
    words = columns(*COLUMNS)
    words[1] = words[1]._replace(left=words[1].left - 30, width=90, top=60, height=60)

    assert pdf_text(words, tmp_path) == COLUMNS


@pytest.mark.parametrize("fall", [0, 0.03, 0.08])
def test_a_pdf_has_arabic_lines_in_order_however_they_are_tilted(tmp_path, fall):
    lines = ARABIC, ARABIC[::-1], ARABIC
    laid_out = leftwards(*lines, fall=fall)
    words = [Word(1, 1, a, b, *box, 90.0, text) for a, b, box, text in laid_out]

    assert pdf_text(words, tmp_path) == [text for line in lines for text in line]


def test_a_pdf_has_words_of_other_heights_in_their_line(tmp_path):
    heights = [20, 44, 16, 40, 30, 12, 44]
    words = [
        Word(1, 1, line, n, 900 - 100 * n, 60 * line - tall // 2, 80, tall, 90.0, text)
        for line in (1, 2, 3)
        for n, (text, tall) in enumerate(zip(ARABIC, heights, strict=True), 1)
    ]

    assert pdf_text(words, tmp_path) == ARABIC * 3


def test_a_box_ends_where_the_word_before_it_begins():
    before = Word(1, 1, 1, 1, 485, 10, 34, 40, 90.0, "یک")
    word = Word(1, 1, 1, 2, 380, 10, 249, 40, 90.0, "انسان")
    below = Word(1, 1, 2, 1, 300, 60, 249, 40, 90.0, "قانون")

    apart = boxes_apart([before, word, below])

    assert [each[4:8] for each in apart] == [
        before[4:8],
        (380, 10, 105, 40),
        below[4:8],
    ]
    latin = [word._replace(text="left") for word in (before, word)]
    assert boxes_apart(latin) == latin


def test_marks_that_the_engine_put_around_a_word_are_no_text():
    cells = "5 1 1 1 1 1 10 10 50 20 96.0".split()
    tsv = "\n".join(
        "\t".join([*cells, text]) for text in ("\u200eNights\u200f", "\u200f")
    )

    assert [word.text for word in words_from_tsv(tsv, 6)] == ["Nights"]
