"""Characters of a PDF become words as they are seen, however they are placed."""

import math
from functools import partial

import pytest
from pikepdf import Array, Dictionary, Name

from ocr_core.digital_text.leftwards import may_be_joined
from tests.support.text_pages import TEXT, font, lines, read_page, to_unicode

pytestmark = pytest.mark.needs_tesseract


@pytest.fixture
def read(tmp_path):
    """Return a function that draws a page and has it read."""
    return partial(read_page, tmp_path / "a.pdf")


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        # The space of Helvetica is 0.278 wide; kerning leaves 0.13 of it.
        ("[(the chief )148(officer)] TJ", "the chief officer"),
        # No space in the text, and a gap of 0.25 between letters that are close.
        ("(the first five) Tj 85.6 0 Td (difficult) Tj", "the first five difficult"),
        # Spaced letters are a word: each gap is as wide as the next.
        ("(a ) Tj 3.5 Tc (great) Tj 0 Tc ( town) Tj", "a great town"),
        # A space that the next piece of text is set back over.
        ("[(har )278(bour)] TJ", "harbour"),
    ],
)
def test_words_are_parted_where_a_gap_is_seen(read, shown, text):
    assert read(f"BT /F 14 Tf 60 700 Td {shown} ET").text == text


@pytest.mark.parametrize("degrees", [-40, -6, 4, 12, 30, 45, 96, 150])
def test_lines_at_any_angle_are_words_and_lines(read, degrees):
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turn = f"q {cosine:.5f} {sine:.5f} {-sine:.5f} {cosine:.5f} 306 396 cm "

    result = read(turn + lines(left=-180, top=20) + "Q")

    assert result.text == TEXT


def test_a_paragraph_that_another_one_replaces_is_left_out(read):
    old = lines(["Of what stood here before no letter can be seen."] * 3, top=704)
    cover = "q 1 g 40 600 540 130 re f Q "

    result = read(old + cover + lines())

    assert (result.source, result.text) == ("pdf-text", TEXT)


def test_text_too_small_to_be_seen_is_left_out(read):
    result = read(lines() + lines(["buy cheap words here"], top=300, size=0.7))

    assert result.text == TEXT


def test_replaced_text_in_a_form_is_where_its_glyphs_are(read):
    def form(document):
        text = "/Span <</ActualText (office)>> BDC BT /F 40 Tf 1 0 0 -1 100 700 Tm "
        return {
            "/Form": document.make_stream(
                f"{text} (office) Tj ET EMC".encode(),
                Type=Name.XObject,
                Subtype=Name.Form,
                BBox=Array([0, 0, 2000, 2000]),
                Resources=Dictionary(Font=Dictionary(F=font(document))),
            )
        }

    result = read(lines() + "q .35 0 0 -.35 60 600 cm /Form Do Q", xobjects=form)

    assert result.text.split() == [*TEXT.split(), "office"]
    word = result.rows[-1]
    # 100 units of 0.35 points from 60 points, at 300 dpi; 700 below 600 points.
    assert word.left == pytest.approx(95 * 300 / 72, abs=12)
    assert word.top + word.height == pytest.approx((792 - 355) * 300 / 72, abs=12)


@pytest.mark.large
def test_a_script_that_the_engine_cannot_read_is_no_evidence(read):
    """Strange signs that are Hebrew, in a line with words that the engine reads."""
    signs = {code: chr(0x5D0 + code - 97) for code in range(97, 124)}

    def hebrew(document):
        strange = font(document, name="ZapfDingbats")
        del strange["/Encoding"]
        strange.ToUnicode = to_unicode(document, signs)
        document.pages[0].Resources.Font["/G"] = strange

    shown = "BT /F 16 Tf 60 700 Td (Brzeskowitz Tarnowgrod Wallenburg ) Tj "
    shown += "/G 16 Tf (abcdefgh ijklmnop) Tj ET"
    result = read(shown, prepare=hebrew)

    assert result.source == "pdf-text", result.steps
    assert set("אבגדהוזח") <= set(result.text)


@pytest.mark.parametrize(
    "shown",
    [
        # Upside down; PDFium sorts the pieces of a line by their left edges.
        "-1 0 0 -1 500 300 Tm (that the ef) Tj (fective law) Tj (.) Tj",
        "0 1 -1 0 300 100 Tm (that the ef) Tj (fective law) Tj (.) Tj",
        # The full stop, and the middle of a word, are drawn last.
        "1 0 0 1 60 500 Tm (that the ) Tj 1 0 0 1 126.17 500 Tm (ective law) Tj "
        "1 0 0 1 187.63 500 Tm (.) Tj 1 0 0 1 110.6 500 Tm (ef) Tj "
        "1 0 0 1 122.28 500 Tm (f) Tj",
    ],
)
def test_the_pieces_of_a_word_are_one_word_in_any_order(read, shown):
    result = read(f"BT /F 14 Tf {shown} ET", knobs={"text_layer": "on"})

    assert result.text == "that the effective law."


def test_the_pieces_of_a_hebrew_word_are_one_word(read):
    codes = {code: chr(0x5D0 + code - 97) for code in range(97, 124)}
    # In Helvetica of 14 points, "cba" is 22.57 wide and "fed" is 19.46.
    shown = "1 0 0 1 400 700 Tm (fed) Tj 1 0 0 1 460 700 Tm (cba) Tj "
    shown += "1 0 0 1 419.46 700 Tm (cba) Tj"

    result = read(f"BT /G 14 Tf {shown} ET", codes=codes, knobs={"text_layer": "on"})

    assert result.text == "אבג אבגדהו"


def test_lines_of_a_hebrew_page_run_to_the_left_whatever_their_words(read):
    codes = {code: chr(0x5D0 + code - 97) for code in range(97, 124)}
    rows = [("cba", "fed"), ("cba", "fed"), ("cba", "fed")]
    shown = "".join(
        f"1 0 0 1 400 {700 - 30 * n} Tm ({one}) Tj 1 0 0 1 460 {700 - 30 * n} Tm "
        f"({other}) Tj "
        for n, (one, other) in enumerate(rows)
    )
    latin = "/F 14 Tf 1 0 0 1 300 610 Tm (UNESCO World Heritage) Tj "

    result = read(
        f"BT /G 14 Tf {shown} 1 0 0 1 480 610 Tm (cba) Tj {latin} ET",
        codes=codes,
        knobs={"text_layer": "on"},
    )

    assert result.text.splitlines()[-1] == "אבג UNESCO World Heritage"  # by hand


@pytest.mark.parametrize(
    ("before", "after", "gap", "joined"),
    [
        ("\u0627\u0639", "\u0644\u0627", -0.04, True),  # ain is joined to lam
        (
            "\u0628\u06cc\u0646",
            "\u0627\u0644\u0645",
            0.05,
            False,
        ),  # noon is not
        ("\u062a\u0623", "\u0645\u06cc\u0646", 0.06, True),  # alef never is
        ("\u0648\u0633\u064a\u0644\u0629", "\u0643\u0627\u0646\u062a", 0.09, False),
        ("\u0628\u06af\u0630\u0627\u0631\u062f", ".", 0.13, True),
        ("\u05d0\u05d1", "\u05d2", 0.07, True),  # Hebrew letters stand apart
    ],
)
def test_arabic_pieces_are_joined_where_their_ink_is(before, after, gap, joined):
    assert may_be_joined(before, after, gap) is joined


def test_equal_arabic_letters_that_overlap_are_two(read):
    """Two letters m, each 7.8 wide, 3.5 apart; a shadow of the first is 0.4 apart."""
    codes = {code: chr(0x0620 + code - 97) for code in range(97, 123)}
    shown = "".join(
        f"1 0 0 1 {left} 700 Tm (b) Tj " for left in (300, 300.4, 296.5, 288.5)
    )

    result = read(f"BT /G 14 Tf {shown} ET", codes=codes, knobs={"text_layer": "on"})

    assert result.text == 3 * codes[98]
