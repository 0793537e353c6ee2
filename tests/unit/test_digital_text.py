"""Digital text: the text of a PDF page is used if it agrees with what the page
shows."""

import io
import zlib
from functools import partial
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String
from PIL import Image

from ocr_core.documents import load_page
from tests.support.pdf_pages import exported, words_of
from tests.support.text_pages import LINES, TEXT, lines, picture, read_page

pytestmark = pytest.mark.needs_tesseract


@pytest.fixture
def read(tmp_path):
    """Return a function that draws a page and has it read."""
    return partial(read_page, tmp_path / "a.pdf")


def report(result):
    return next(each for each in result.reports if each.step == "text layer")


def test_text_that_is_seen_is_taken_as_it_is(read):
    result = read(lines())

    assert result.text == TEXT
    assert (result.source, result.engine) == ("pdf-text", "pdf-text")
    assert {word.conf for word in result.rows} == {100}
    assert result.quality == 1
    assert report(result).did == "taken"


def test_words_lie_on_their_ink(read, tmp_path):
    result = read(lines())

    image = load_page(result.ref, result.dpi).image
    assert result.size == image.shape[::-1]
    for word in result.rows:
        ink = image[word.top : word.top + word.height, word.left :][:, : word.width]
        assert ink.min() < 100
        image[word.top : word.top + word.height, word.left :][:, : word.width] = 255
    assert image.min() > 150  # nothing is left beside the words


def test_the_layer_can_be_left_alone(read):
    result = read(lines(), knobs={"text_layer": "off"})

    assert result.source == "read", result.steps
    assert not any(each.step == "text layer" for each in result.reports)


HIDDEN = {
    "drawn without ink": lines(before="3 Tr"),
    "white": lines(top=300, before="1 g"),
    "clipped away": lines(before="0 0 1 1 re W n"),
    "only a path to clip": lines(before="7 Tr"),
    "beside the page": lines(left=700),
    "under a picture": lines() + "q 612 0 0 792 0 0 cm /Scan Do Q",
}


@pytest.mark.parametrize("kind", HIDDEN)
def test_hidden_text_is_not_taken_and_the_scan_is_read(read, kind):
    scanned = [
        "Seven schooners waited outside the breakwater until",
        "the storm passed",
    ]
    shown = HIDDEN[kind]
    under = "" if "under" in kind else "q 612 0 0 792 0 0 cm /Scan Do Q "

    result = read(under + shown, xobjects=lambda pdf: {"/Scan": picture(pdf, scanned)})

    assert result.source == "read", result.steps
    assert result.text.split() == " ".join(scanned).split()
    assert report(result).measured["reason"] == "hidden"


@pytest.mark.parametrize("top", [300, 700, 692])  # apart, on the text, between lines
def test_text_of_a_hidden_layer_is_not_taken(read, top):
    def hide(document):
        layer = document.make_indirect(Dictionary(Type=Name.OCG, Name=String("Draft")))
        document.Root.OCProperties = Dictionary(
            OCGs=Array([layer]), D=Dictionary(OFF=Array([layer]))
        )
        document.pages[0].obj.Resources.Properties = Dictionary(L=layer)

    draft = lines([line.upper() for line in LINES], top=top)

    result = read(f"{lines()} /OC /L BDC {draft} EMC", prepare=hide)

    assert result.text == TEXT
    assert [note.code for note in result.notes] == [
        "language-found-known",
        "hidden-layers",
    ]


def test_an_earlier_reading_is_taken_where_that_is_asked_for(read):
    result = read(
        "q 612 0 0 792 0 0 cm /Scan Do Q " + lines(before="3 Tr"),
        xobjects=lambda pdf: {"/Scan": picture(pdf, LINES, corner=(125, 164))},
        knobs={"text_layer": "on"},
    )

    assert (result.source, result.text) == ("pdf-text", TEXT)


def test_text_drawn_twice_is_taken_once(read):
    shadow = lines(left=61, top=699, before="0.6 g")

    assert read(shadow + lines()).text == TEXT


def test_of_two_texts_at_one_place_the_one_that_is_seen_is_taken(read):
    below = lines([line.upper() for line in LINES], before="1 g")

    assert read(below + lines()).text == TEXT


GARBLED = {
    "no characters": dict.fromkeys(range(97, 123), "\ufffd"),
    "private ones": {code: chr(0xE000 + code) for code in range(97, 123)},
    "shifted ones": {code: chr(code + 1) for code in range(97, 123)},
    "another script": {code: chr(0x4E00 + code) for code in range(33, 123)},
}


@pytest.mark.parametrize(
    "kind",
    [
        *(each for each in GARBLED if each != "another script"),
        pytest.param("another script", marks=pytest.mark.large),
    ],
)
def test_text_that_its_font_maps_wrongly_is_read(read, kind):
    result = read(lines(font_name="G"), codes=GARBLED[kind])

    assert result.source == "read", result.steps
    assert result.text.replace("\n\n", "\n") == TEXT


def test_what_one_font_maps_wrongly_is_read_beside_the_rest(read):
    garbled = [
        "Seven schooners waited outside the breakwater until",
        "the storm passed",
    ]

    result = read(
        lines() + lines(garbled, top=500, font_name="G"), codes=GARBLED["shifted ones"]
    )

    assert result.source == "mixed", result.steps
    assert result.text.split() == [*TEXT.split(), *" ".join(garbled).split()]
    confs = [word.conf for word in result.rows]
    assert set(confs[: len(TEXT.split())]) == {100}
    assert 100 not in confs[len(TEXT.split()) :]


def test_foreign_text_is_taken_where_a_reading_agrees(read):
    german = [
        "Der Hafenmeister schrieb jeden Abend auf, welche Schiffe",
        "angekommen waren und woher der Wind am Morgen wehte.",
    ]
    result = read(lines(german), knobs={"language": "eng"})

    assert (result.source, result.text) == ("pdf-text", "\n".join(german))
    assert report(result).measured["agrees"] > 0.9


def test_text_is_in_the_language_of_its_words(read):
    result = read(
        lines(["Le maire nous a dit que le pont serait ouvert avant la fin de"])
    )

    assert (result.source, result.language) == ("pdf-text", "fra")
    assert [note.code for note in result.notes] == ["language-found-known"]


def test_a_picture_of_text_on_a_page_of_text_is_read(read):
    scanned = [
        "Seven schooners waited outside the breakwater until",
        "the storm passed",
    ]
    result = read(
        lines() + "q 612 0 0 300 0 100 cm /Scan Do Q",
        xobjects=lambda pdf: {"/Scan": picture(pdf, scanned, (1275, 625))},
    )

    assert result.source == "mixed", result.steps
    assert result.text.split() == [*TEXT.split(), *" ".join(scanned).split()]
    assert report(result).did == "taken and the rest read"
    assert 0.9 < result.quality < 1


def test_a_stamp_on_a_scan_does_not_keep_it_from_being_read(read):
    result = read(
        "q 612 0 0 792 0 0 cm /Scan Do Q " + lines(["Page 17 of 52"], top=30, size=9),
        xobjects=lambda pdf: {"/Scan": picture(pdf, LINES)},
    )

    assert result.source == "mixed", result.steps
    assert result.text.split() == [*TEXT.split(), *"Page 17 of 52".split()]


def test_a_photograph_says_nothing(read):
    def photograph(document):
        waves = np.random.default_rng(2).normal(0, 1, (40, 60)).cumsum(0).cumsum(1)
        waves = (waves - waves.min()) / np.ptp(waves) * 255
        image = Image.fromarray(waves.astype(np.uint8)).resize((900, 600))
        file = io.BytesIO()
        image.save(file, "JPEG")
        return {
            "/Scan": document.make_stream(
                file.getvalue(),
                Type=Name.XObject,
                Subtype=Name.Image,
                Width=900,
                Height=600,
                ColorSpace=Name.DeviceGray,
                BitsPerComponent=8,
                Filter=Name.DCTDecode,
            )
        }

    result = read(lines() + "q 500 0 0 300 60 100 cm /Scan Do Q", xobjects=photograph)

    assert (result.source, result.text) == ("pdf-text", TEXT)


def test_ligatures_are_their_letters_and_hyphens_stay(read):
    codes = {code: chr(code) for code in range(32, 127)} | {0x80: "\ufb01"}
    texts = ["the \x80 eld of \x80 gures is half-".replace("\x80 ", "\\200")]

    result = read(lines([*texts, "written"], font_name="G"), codes=codes)

    assert result.text == "the field of figures is half-\nwritten"


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_page_that_its_viewer_turns_is_taken_as_it_is_shown(read, turn):
    result = read(lines(), Rotate=turn)

    image = load_page(result.ref, result.dpi).image
    assert result.size == image.shape[::-1]
    assert result.text == TEXT
    for word in result.rows:
        box = image[word.top : word.top + word.height, word.left :][:, : word.width]
        assert box.min() < 100


@pytest.mark.large
@pytest.mark.parametrize("text", [LINES, ["Plate 7"]])
def test_words_fit_the_page_as_it_is_drawn(read, text):
    # A fine picture has a page of few or small letters drawn finer than asked for.
    result = read(
        lines(text, size=5) + "q 612 0 0 400 0 200 cm /Scan Do Q",
        xobjects=lambda pdf: {"/Scan": picture(pdf, [], (5100, 3400))},
    )

    image = load_page(result.ref, 300).image
    assert result.source == "pdf-text"
    assert result.size == image.shape[::-1]
    assert load_page(result.ref, result.dpi).image.shape[::-1] == result.size


def test_text_up_the_margin_comes_after_the_rest(read):
    margin = "q BT /F 12 Tf 0 1 -1 0 40 200 Tm (sideways in the margin) Tj ET Q"

    result = read(margin + lines())

    assert result.text.split() == [*TEXT.split(), *"sideways in the margin".split()]
    word = result.rows[-1]
    assert word.height > word.width


def test_units_and_the_crop_box_are_minded(read):
    result = read(
        lines(left=72, top=720, size=14),
        UserUnit=2,
        CropBox=Array([36, 36, 576, 756]),
    )

    assert result.size == (4500, 6000)  # 540 by 720 units of 1/36 inch at 300 dpi
    first = result.rows[0]
    assert first.left == pytest.approx((72 - 36) * 600 / 72, abs=8)
    assert first.top + first.height == pytest.approx((756 - 720) * 600 / 72, abs=3)


def test_columns_are_read_one_after_the_other(read):
    left = [f"the left column has a line {n} like this" for n in "abcdef"]
    right = [f"on the right there is a line {n} too" for n in "abcdef"]
    rows = "".join(
        lines([one], left=50, top=700 - 18 * n, size=11)
        + lines([other], left=320, top=700 - 18 * n, size=11)
        for n, (one, other) in enumerate(zip(left, right, strict=True))
    )

    result = read(rows)

    assert result.text.split() == " ".join([*left, *right]).split()
    assert result.rows[-1].block_num == 2


def test_words_in_pieces_are_whole(read):
    pieces = "q BT /F 14 Tf 60 700 Td [(T)80(he har)-20(bour m)10(aster)] TJ"
    pieces += " ( k) Tj (ept a) Tj ( diary of every) Tj ( ship) Tj ET Q"

    assert read(pieces).text == "The harbour master kept a diary of every ship"


def test_words_without_spaces_are_parted_by_gaps(read):
    gap = "q BT /F 14 Tf 60 700 Td [(The)-300(harbour)-300(master)-300(slept)] TJ ET Q"

    assert read(gap).text == "The harbour master slept"


def test_damaged_instructions_lower_the_quality(read, tmp_path):
    def damage(document):
        stream = pikepdf.Stream(document, b"")
        packed = bytearray(zlib.compress(lines().encode()))
        packed[-2] ^= 0x55  # in the checksum
        stream.write(bytes(packed), filter=Name.FlateDecode)
        document.pages[0].obj.Contents = stream

    result = read("", prepare=damage)

    assert result.text == TEXT
    assert "content-damaged" in [note.code for note in result.notes]
    assert result.quality < 1


def test_a_second_opinion_is_not_asked_of_text(read):
    result = read(lines(), knobs={"second_opinion": "on"})

    assert [each.step for each in result.reports] == ["language", "text layer"]


def test_a_pdf_of_a_page_of_text_stays_as_it_is(read):
    result = read(lines())

    assert exported([result])[0] == Path(result.ref.path).read_bytes()


def test_a_pdf_of_a_mixed_page_gains_what_was_read(read):
    scanned = [
        "Seven schooners waited outside the breakwater until",
        "the storm passed",
    ]
    result = read(
        lines() + "q 612 0 0 300 0 100 cm /Scan Do Q",
        xobjects=lambda pdf: {"/Scan": picture(pdf, scanned, (1275, 625))},
    )

    content, _ = exported([result])

    assert words_of(content) == sorted([*TEXT.split(), *" ".join(scanned).split()])


HEBREW = {code: chr(0x5D0 + code - 97) for code in range(97, 124)}  # a is alef


def at(strings):
    """Return operators that show strings in the second font at places in points."""
    shown = " ".join(
        f"1 0 0 1 {left} {top} Tm ({text}) Tj" for left, top, text in strings
    )
    return f"BT /G 20 Tf {shown} ET"


@pytest.mark.parametrize("pieces", ["words", "letters", "letters, last one first"])
def test_text_that_runs_to_the_left_is_in_the_order_of_reading(read, pieces):
    # Three words as they stand on the page, each from left to right.
    words = [(300, "gfe"), (350, "12"), (400, "cba")]
    strings = [(left, 700, text) for left, text in words]
    if "letters" in pieces:
        strings = [
            (left + 9 * n, 700, letter)
            for left, text in words
            for n, letter in enumerate(text)
        ]
    if "last" in pieces:
        strings.reverse()

    result = read(at(strings), codes=HEBREW, knobs={"text_layer": "on"})

    assert result.text == "אבג 12 הוז"  # by hand


def test_columns_of_japanese_are_read_from_the_right(read):
    codes = {97 + n: letter for n, letter in enumerate("吾輩は猫である名前")}
    letters = [chr(97 + n) for n in range(9)]
    strings = [
        (400 - 40 * (n // 3), 700 - 20 * (n % 3), letter)
        for n, letter in enumerate(letters)
    ]

    result = read(at(strings), codes=codes, knobs={"text_layer": "on"})

    assert [word.text for word in result.rows] == ["吾輩は", "猫であ", "る名前"]
    assert all(word.height > 2 * word.width for word in result.rows)


def test_a_page_that_lies_on_its_side_is_read_from_its_side(read):
    content = "q 0 1 -1 0 500 100 cm BT /F 14 Tf"
    for number, text in enumerate(LINES):
        content += f" 1 0 0 1 0 {-20 * number} Tm ({text}) Tj"

    result = read(content + " ET Q")

    assert result.text == TEXT
    turned = next(each for each in result.reports if each.step == "rotate")
    assert (turned.measured["degrees"], turned.did) == (90, "turned")


@pytest.mark.parametrize("number", ["3e38", "-3e38", "1e-38", "0"])
def test_text_at_impossible_places_does_no_harm(read, number):
    odd = f"BT /F {number} Tf {number} 0 0 {number} {number} 700 Tm (odd) Tj ET "
    assert read(odd + lines()).text == TEXT
