"""RapidOCR: its words, their boxes and their order; and the order of any lines."""

import subprocess
import sys
from itertools import pairwise

import cv2
import numpy as np
import pytest

from ocr_core.engines import Recognition, engine_named
from ocr_core.engines.reading_order import (
    TextLine,
    blocks_of,
    has_columns,
    rows_of,
    words_in_order,
    words_of,
)
from ocr_core.errors import MissingEngineError
from ocr_core.page import Page, PageRef
from ocr_core.pipeline import recognize_page
from ocr_core.settings import Settings


@pytest.fixture(scope="module")
def rapid():
    pytest.importorskip("rapidocr", reason="RapidOCR is not installed")
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    return engine_named("rapidocr")


def line(text, left, top, width=400, height=30):
    """A level line whose characters are all as wide."""
    right, bottom = left + width, top + height
    quad = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], float)
    places = tuple((n + 0.5) / len(text) for n in range(len(text)))
    return TextLine(quad, text, places, (1.0,) * len(text))


def texts(words):
    return [word.text for word in words]


def sheet(*lines):
    """A page with lines of drawn text, 60 pixels apart."""
    image = np.full((60 * len(lines) + 80, 900), 255, np.uint8)
    for number, text in enumerate(lines, start=1):
        place = (40, 60 * number)
        cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, 1.2, 0, 3)
    return image


def test_a_word_reaches_from_its_first_to_its_last_character():
    [(box, _, text), (other, _, _)] = words_of(line("abcd efgh", 100, 50, width=90))

    assert text == "abcd"
    assert box == (100, 50, 40, 30)
    assert other == (150, 50, 40, 30)


def test_words_on_a_tilted_line_follow_it():
    level = line("abcd efgh", 0, 0, width=90)
    tilted = level.quad + np.array([[0, 0], [0, 45], [0, 45], [0, 0]])

    (first, _, _), (second, _, _) = words_of(
        TextLine(tilted, level.text, level.places, level.confs)
    )

    assert (first[1], second[1]) == (0, 25)


def test_cells_of_a_receipt_are_read_row_by_row():
    cells = [line("3.50", 600, 104, 80), line("Bread", 50, 100, 120)]
    cells += [line("Milk", 50, 150, 100), line("1.20", 600, 153, 80)]

    assert texts(words_in_order(cells)) == ["Bread", "3.50", "Milk", "1.20"]


def test_columns_of_prose_are_read_one_after_the_other():
    left = [line(f"left{n} and so on", 50, 100 + 40 * n) for n in range(6)]
    right = [line(f"right{n} and so on", 500, 100 + 40 * n) for n in range(6)]
    heading = line("A heading across both of the columns", 50, 20, width=850)

    words = words_in_order([*right, heading, *left])

    starts = [word.text for word in words if word.word_num == 1]
    assert starts == [
        "A",
        *(f"left{n}" for n in range(6)),
        *(f"right{n}" for n in range(6)),
    ]
    assert [word.block_num for word in words if word.word_num == 1] == [
        1, *[2] * 6, *[3] * 6
    ]  # fmt: skip


def test_lines_that_span_the_page_part_the_columns():
    def columns(top):
        rows = [top + 40 * n for n in range(5)]
        return [
            line(f"{s}{y} words", x, y)
            for s, x in (("l", 50), ("r", 500))
            for y in rows
        ]

    middle = line("between the two", 50, 340, width=850)

    blocks = blocks_of([*columns(400), middle, *columns(100)])

    assert [len(block) for block in blocks] == [5, 5, 1, 5, 5]


def test_a_tilt_that_is_left_does_not_mix_the_rows():
    cells = [
        line(f"{name}{row}", x, 100 + 40 * row + round(0.04 * x), 200)
        for row in range(4)
        for name, x in (("a", 0), ("b", 300), ("c", 600))
    ]
    for cell in cells:
        cell.quad[1:3, 1] += 0.04 * 200

    rows = rows_of(cells[::-1])

    assert [[cell.text for cell in row] for row in rows] == [
        [f"a{row}", f"b{row}", f"c{row}"] for row in range(4)
    ]


def test_numbers_spell_paragraphs_and_lines():
    tops = (0, 40, 80, 200, 240)

    words = words_in_order([line("some words", 0, top) for top in tops])

    assert [word[1:4] for word in words if word.word_num == 1] == [
        (1, 1, 1), (1, 2, 1), (1, 3, 1), (2, 1, 1), (2, 2, 1)
    ]  # fmt: skip


def test_a_table_of_words_shows_whether_there_are_columns():
    left = [line("many words to fill it", 50, 100 + 40 * n) for n in range(6)]
    right = [line("many words to fill it", 500, 100 + 40 * n) for n in range(6)]

    assert has_columns(words_in_order(left + right))
    assert not has_columns(words_in_order(left))
    assert not has_columns([])


def test_no_lines_are_no_words():
    assert words_in_order([]) == []


def test_drawn_text_is_read_with_a_box_for_each_word(rapid):
    image = sheet("The quick brown fox", "jumps over the dog")

    words = rapid.recognize(image, Recognition(engine="rapidocr"))

    assert texts(words) == "The quick brown fox jumps over the dog".split()
    assert [word.line_num for word in words] == [1] * 4 + [2] * 4
    for word in words:
        ink = 255 - image[word.top : word.top + word.height, word.left :]
        assert ink[:, : word.width].sum() > 0.5 * 255 * word.width
        assert 0 < word.conf <= 100
    for one, other in pairwise(words[:4]):
        assert one.left + one.width <= other.left + 3


def test_boxes_lie_on_the_page_as_scanned(rapid):
    image = sheet("The quick brown fox")
    settings = Settings.from_flat(
        {"engine": "rapidocr", "scale": "on", "scale_factor": 2, "rotate": "0"}
    )

    result = recognize_page(Page(image, PageRef("sheet")), settings)

    assert result.text == "The quick brown fox"
    ink = np.argwhere(image < 128)
    (top, left), (bottom, right) = ink.min(axis=0), ink.max(axis=0)
    assert result.rows[0].left == pytest.approx(left, abs=15)
    last = result.rows[-1]
    assert last.left + last.width == pytest.approx(right, abs=15)
    assert all(row.top < bottom and row.top + row.height > top for row in result.rows)
    assert result.engine.startswith("rapidocr ")


def test_an_empty_page_has_no_words(rapid):
    assert rapid.recognize(np.full((300, 400), 255, np.uint8), Recognition()) == []


@pytest.mark.parametrize("shape", [(1, 1), (3, 2000), (2000, 3)])
def test_strange_shapes_are_read_without_an_error(rapid, shape):
    assert rapid.recognize(np.full(shape, 128, np.uint8), Recognition()) == []


def test_letters_of_the_language_are_in_its_alphabet(rapid):
    languages = rapid.languages()

    assert {"eng", "deu", "fra", "ind", "pol", "jpn"} <= set(languages)
    assert not {"rus", "kor", "vie"} & set(languages)


def test_a_language_beyond_the_alphabet_is_refused_by_name(rapid):
    with pytest.raises(MissingEngineError, match="cannot read rus"):
        rapid.language_data("eng+rus")


def test_a_text_in_latin_letters_holds_no_chinese(rapid):
    from ocr_core.engines.rapid import alphabet, banned_characters

    assert len(banned_characters("eng")) > 10_000
    assert not banned_characters("eng+chi_sim")
    assert {"é", "ß", "€", "’"} <= alphabet()


def test_a_whitelist_is_obeyed(rapid):
    knobs = Recognition(engine="rapidocr", whitelist="0123456789")

    words = rapid.recognize(sheet("No 1815 or 47"), knobs)

    assert set("".join(texts(words))) <= set("0123456789")
    assert "1815" in "".join(texts(words))


def test_the_models_have_a_digest(rapid):
    assert len(rapid.language_data("eng")) == 16


def test_the_library_is_imported_only_when_it_reads():
    code = "import sys, ocr_core; sys.exit('rapidocr' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_where_it_is_absent_the_command_that_adds_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    monkeypatch.delitem(sys.modules, "ocr_core.engines.rapid", raising=False)
    load = engine_named.__globals__["_load"]
    load.cache_clear()

    with pytest.raises(MissingEngineError, match="pip install"):
        engine_named("rapidocr")
    load.cache_clear()
