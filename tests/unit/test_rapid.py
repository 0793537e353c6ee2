"""RapidOCR: its words and their boxes."""

import subprocess
import sys
from itertools import pairwise

import cv2
import numpy as np
import pytest

from ocr_core.engines import Recognition, engine_named
from ocr_core.engines.known_words import KnownRun
from ocr_core.errors import MissingEngineError
from ocr_core.page import Page, PageRef
from ocr_core.pipeline import recognize_page
from ocr_core.settings import Settings
from sample_images.drawing import draw_text_page


@pytest.fixture(scope="module")
def rapid():
    pytest.importorskip("rapidocr", reason="RapidOCR is not installed")
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    return engine_named("rapidocr")


def texts(words):
    return [word.text for word in words]


def sheet(*lines):
    """A page with lines of drawn text, 60 pixels apart."""
    image = np.full((60 * len(lines) + 80, 900), 255, np.uint8)
    for number, text in enumerate(lines, start=1):
        left_top = (40, 60 * number)
        cv2.putText(image, text, left_top, cv2.FONT_HERSHEY_SIMPLEX, 1.2, 0, 3)
    return image


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


@pytest.mark.parametrize(("font", "font_size"), [("serif", 40), ("sans", 24)])
def test_a_box_is_at_most_3_pixels_from_the_ink_of_its_word(rapid, font, font_size):
    text = "The fog by the old quay\nhas gone, and 7 boats\nmay be seen from town."
    image, drawn = draw_text_page(text, size=(900, 360), font=font, font_size=font_size)
    settings = Settings.from_flat({"engine": "rapidocr", "second_opinion": "off"})

    result = recognize_page(Page(np.asarray(image), PageRef("sheet")), settings)

    assert texts(result.rows) == text.split()
    boxes = np.array([word[4:8] for word in result.rows])
    assert np.abs(boxes - [word[1:5] for word in drawn]).max() <= 3


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


@pytest.mark.parametrize(
    ("text", "probability", "read"),
    [
        ("Name: ____ Date__", 0.9, ["Name: Date"]),
        ("user_name@post", 0.9, ["user_name@post"]),
        ("______", 0.9, []),
        ("\u25a1 Yes\u25a1No", 0.9, ["Yes No"]),
        ("Contents ..... 12", 0.9, ["Contents ..... 12"]),
        ("Index. . .126", 0.9, ["Index . 126"]),
        ("Nos. 3...14", 0.9, ["Nos. 3 . 14"]),
        ("Price .50", 0.9, ["Price .50"]),
        ("He said 5.12", 0.9, ["He said 5.12"]),
        ("x", 0.4, []),
        ("No", 0.6, ["No"]),
        ("Yes", 0.4, ["Yes"]),
    ],
)
def test_rules_and_stains_are_no_text(rapid, monkeypatch, text, probability, read):
    module = sys.modules["ocr_core.engines.rapid"]
    quad = np.array([[0, 0], [300, 0], [300, 30], [0, 30]], float)
    centres = tuple((n + 0.5) / len(text) for n in range(len(text)))
    line = module.TextLine(quad, text, centres, (probability,) * len(text))
    monkeypatch.setattr(module, "_read_line", lambda *_: line)

    monkeypatch.setattr(module, "_detected", lambda *_: [quad])

    lines = module.read_lines(np.zeros((30, 300), np.uint8))

    assert [" ".join(line.text.split()) for line in lines] == read


@pytest.mark.parametrize(
    ("texts", "spaced"),
    [
        (["1. 歴史", "2. 地図", "3.写真"], ["1. 歴史", "2. 地図", "3. 写真"]),
        (["1) one", "2)two", "3) three"], ["1) one", "2) two", "3) three"]),
        (["1.歴史", "2.地図", "3. 写真"], ["1.歴史", "2.地図", "3. 写真"]),
        (["1. 歴史", "2. 地図", "3.5 km"], ["1. 歴史", "2. 地図", "3.5 km"]),
    ],
)
def test_all_numbers_of_a_list_have_a_space_if_most_have(rapid, texts, spaced):
    module = sys.modules["ocr_core.engines.rapid"]
    quad = np.array([[0, 0], [300, 0], [300, 30], [0, 30]], float)
    lines = [
        module.TextLine(
            quad,
            text,
            tuple((n + 0.5) / len(text) for n in range(len(text))),
            (0.9,) * len(text),
        )
        for text in texts
    ]

    found = module.with_spaced_numbers(lines)

    assert [line.text for line in found] == spaced
    assert all(len(line.text) == len(line.centres) == len(line.confs) for line in found)
    assert all(list(line.centres) == sorted(line.centres) for line in found)


def test_known_words_are_returned_unread_and_the_rest_of_the_line_is_read(rapid):
    image = sheet("The quick brown fox")
    whole = rapid.recognize(image, Recognition())
    words = [
        each._replace(text=text, conf=91.5, engine="tesserocr")
        for text, each in zip(["Tho", "quiok", "brovn"], whole, strict=False)
    ]
    middle = (whole[2].left + whole[2].width + whole[3].left) / 2
    run = KnownRun(tuple(words), words[0].left, middle)

    read = rapid.recognize(image, Recognition(), known=[run])

    assert texts(read) == ["Tho", "quiok", "brovn", "fox"]
    assert [each.engine for each in read] == ["tesserocr"] * 3 + [""]
    assert [each.conf for each in read[:2]] == [91.5, 91.5]
    assert [each.word_num for each in read] == [1, 2, 3, 4]


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


CARAVANS = """The caravans that rest on the way to the sea sell a black powder in
the town, and plumes and strings of pearls for the tresses of those
who have come a long way to see them. A custom of the tribes has it
that hair is the best ornament, and no mention is made of a mirror,
though it was surely made of brass, as those were that stood at the
door of the hall. One braided the hair of her head and put a wreath
upon it; others had recourse to perfumes before they set out, which
are named in the books of the time, with what was asked for them in
silver, and by whom the price was paid in the end. We were shown a
list of all that was sold in a week, and it filled eleven pages, on
which the names of buyers stood beside what they had bought; and it
was said that no other town of the coast had sold as much in a year
of war, when few ships came and the road was held by their enemies."""


@pytest.mark.parametrize("at", [0.3, pytest.param(0.45, marks=pytest.mark.large)])
def test_the_edge_of_a_shadow_is_no_gutter(rapid, at):
    from ocr_core.engines.rapid import read_lines

    page = np.array(draw_text_page(CARAVANS, size=(1300, 900))[0].convert("L"))
    across = np.linspace(0, 1, page.shape[1])
    light = 1 - 0.65 / (1 + np.exp(-(across - at) * 15))

    lines = read_lines((page * light).astype(np.uint8))

    assert len(lines) == 13


@pytest.mark.parametrize(
    "turn", [cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_90_COUNTERCLOCKWISE]
)
def test_heads_of_narrow_columns_are_read_sideways(rapid, turn):
    image = np.full((420, 900), 255, np.uint8)
    for number, name in enumerate(["London", "Dover", "Paris", "Bremen"]):
        head = np.full((60, 150), 255, np.uint8)
        cv2.putText(head, name, (10, 42), cv2.FONT_HERSHEY_SIMPLEX, 1.1, 0, 3)
        left = 60 + 200 * number
        image[40:190, left : left + 60] = cv2.rotate(head, turn)
        for row in range(3):
            at = (left - 20, 250 + 60 * row)
            cv2.putText(image, f"1{row}.{number}5", at, 0, 1.0, 0, 2)

    words = rapid.recognize(image, Recognition(engine="rapidocr"))

    assert {"London", "Dover", "Paris", "Bremen"} <= set(texts(words))


def test_underscores_that_begin_names_are_kept_and_rules_are_not(rapid):
    image = sheet("def _private(row, _cache):", "Name: John Smith")
    cv2.line(image, (150, 135), (400, 135), 0, 3)  # John Smith is written on a rule

    words = rapid.recognize(image, Recognition(engine="rapidocr"))

    assert "_private" in " ".join(texts(words)).replace(" ", "")
    assert "_cache" in " ".join(texts(words)).replace(" ", "")
    assert not any("_" in text for text in texts(words)[-3:])
