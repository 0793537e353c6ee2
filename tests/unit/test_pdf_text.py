"""The text layer: hidden text of an earlier OCR is replaced, visible text is not
doubled."""

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name

from tests.support.pdf_pages import (
    OLD,
    POPPLER,
    SCAN,
    TEXT,
    add_page,
    exported,
    form,
    new_words,
    opened,
    pdfium_words,
    pixels,
    poppler_words,
    reading,
    words_of,
)

HIDDEN = {
    "drawn without ink": f"{SCAN} q 3 Tr {TEXT} Q",
    "drawn without ink, before the scan": f"q 3 Tr {TEXT} Q {SCAN}",
    "under the scan": f"{TEXT} {SCAN}",
    "a clipping path of nothing": f"{SCAN} q 7 Tr {TEXT} Q",
    "white on white": f"q 1 g {TEXT} Q",
    "fully transparent": f"{SCAN} q /Clear gs {TEXT} Q",
    "outside of the clipping path": f"{SCAN} q 0 0 5 5 re W n {TEXT} Q",
    "shown by other operators": (
        f"{SCAN} q BT 3 Tr /F 12 Tf 20 TL 40 120 Td (old) ' 0 0 (layer) \" "
        "[(more) -20 (of)] TJ ET Q"
    ),
    "a word at a time, after spaces": (
        f"{SCAN} q BT 3 Tr /F 12 Tf 40 100 Td (old) Tj ( ) Tj (layer) Tj ( ) Tj ET Q"
    ),
    "under the scan, a word at a time": (
        f"BT /F 12 Tf 40 100 Td (old) Tj ( ) Tj (layer) Tj ( ) Tj ET {SCAN}"
    ),
    "a mode that is set before the text object": f"3 Tr {TEXT} 0 Tr {SCAN}",
}


@pytest.mark.parametrize("how", HIDDEN)
@pytest.mark.parametrize("container", ["page", "form", "form in a form"])
def test_hidden_text_of_an_earlier_ocr_is_replaced(tmp_path, how, container):
    document = pikepdf.new()
    page = add_page(document, HIDDEN[how])
    resources = page.Resources
    for depth in range({"page": 0, "form": 1, "form in a form": 2}[container]):
        inner = form(document, page.Contents.read_bytes().decode())
        inner.Resources = resources
        page.Contents = document.make_stream(f"q /Layer{depth} Do Q".encode())
        resources = Dictionary(XObject=Dictionary({f"/Layer{depth}": inner}))
        page.Resources = resources
    document.save(tmp_path / "a.pdf")

    content, said = exported([reading(tmp_path / "a.pdf", new_words())])

    assert words_of(content) == ["new1", "new2"]
    assert (pixels(content) == pixels(tmp_path / "a.pdf")).all()
    assert said == []


@pytest.mark.skipif(not POPPLER, reason="poppler's pdftotext is not installed")
def test_words_lie_where_they_were_read(tmp_path):
    document = pikepdf.new()
    add_page(document, f"{TEXT} {SCAN}")
    document.save(tmp_path / "a.pdf")

    content, _ = exported([reading(tmp_path / "a.pdf", new_words())])

    for (_, box), (left, top, width, height) in zip(
        poppler_words(content), OLD, strict=True
    ):
        corners = left, top, left + width, top + height
        assert box == pytest.approx([side / 2 for side in corners], abs=1)


def test_text_that_is_seen_is_not_added_again(tmp_path):
    document = pikepdf.new()
    add_page(document, TEXT)
    document.save(tmp_path / "a.pdf")
    read = reading(tmp_path / "a.pdf", [("old", OLD[0]), ("layer", OLD[1])])

    content, said = exported([read])

    assert content == (tmp_path / "a.pdf").read_bytes()
    assert said == []


@pytest.mark.parametrize("how", ["on a scan", "in a form", "over an old layer"])
def test_only_words_of_the_scan_join_the_text_that_is_seen(tmp_path, how):
    contents = {
        "on a scan": f"{SCAN} {TEXT}",
        "in a form": f"{SCAN} /Layer Do",
        "over an old layer": f"{SCAN} {TEXT} 3 Tr {TEXT}",
    }
    document = pikepdf.new()
    page = add_page(document, contents[how])
    page.Resources.XObject.Layer = form(document, TEXT)
    document.save(tmp_path / "a.pdf")
    scanned = ("scanned", (300, 40, 120, 24))
    words = [("old", OLD[0]), ("1ayer", OLD[1]), scanned]

    content, _ = exported([reading(tmp_path / "a.pdf", words)])

    assert words_of(content) == ["layer", "old", "scanned"]
    assert (pixels(content) == pixels(tmp_path / "a.pdf")).all()


def test_a_large_stamp_across_the_page_takes_no_word_away(tmp_path):
    document = pikepdf.new()
    add_page(document, f"{SCAN} 0.8 g BT /F 150 Tf 10 50 Td (CO) Tj ET")
    document.save(tmp_path / "a.pdf")

    content, _ = exported([reading(tmp_path / "a.pdf", new_words())])

    found = " ".join(pdfium_words(content))
    assert found.count("new1") == found.count("new2") == 1


def test_text_in_letters_that_nobody_can_name_gets_a_layer(tmp_path):
    document = pikepdf.new()
    page = add_page(document, TEXT)
    box = document.make_stream(b"600 0 d0 0 0 500 700 re f")
    page.Resources.Font.F = Dictionary(
        Type=Name.Font,
        Subtype=Name.Type3,
        FontBBox=Array([0, 0, 600, 800]),
        FontMatrix=Array([0.001, 0, 0, 0.001, 0, 0]),
        FirstChar=97,
        LastChar=122,
        Widths=Array([600] * 26),
        CharProcs=Dictionary(box=box),
        Encoding=Dictionary(
            Differences=Array([97, *[Name(f"/g{n}") for n in range(26)]])
        ),
    )
    procs = page.Resources.Font.F.CharProcs
    for n in range(26):
        procs[f"/g{n}"] = box
    document.save(tmp_path / "a.pdf")

    content, _ = exported([reading(tmp_path / "a.pdf", new_words())])

    assert {"new1", "new2"} <= set(pdfium_words(content))
    assert (pixels(content) == pixels(tmp_path / "a.pdf")).all()


def test_invisible_mode_hides_nothing_of_a_type_3_font(tmp_path):
    """Such letters are drawings, which the rendering mode does not concern."""
    document = pikepdf.new()
    page = add_page(document, "3 Tr BT /F 12 Tf 40 100 Td (a) Tj ET")
    page.Resources.Font.F = Dictionary(
        Type=Name.Font,
        Subtype=Name.Type3,
        FontBBox=Array([0, 0, 600, 800]),
        FontMatrix=Array([0.001, 0, 0, 0.001, 0, 0]),
        FirstChar=97,
        LastChar=97,
        Widths=Array([600]),
        CharProcs=Dictionary(a=document.make_stream(b"600 0 d0 0 0 500 700 re f")),
        Encoding=Dictionary(Differences=Array([97, Name.a])),
    )
    document.save(tmp_path / "a.pdf")

    content, _ = exported([reading(tmp_path / "a.pdf", new_words(OLD[1]))])

    assert (pixels(content) == pixels(tmp_path / "a.pdf")).all()


def test_letters_that_clip_a_picture_are_seen(tmp_path):
    document = pikepdf.new()
    content = f"q BT 7 Tr /F 60 Tf 40 80 Td (old) Tj ET {SCAN} Q"
    add_page(document, content)
    document.save(tmp_path / "a.pdf")
    word = ("old", (80, 150, 180, 90))

    content, _ = exported([reading(tmp_path / "a.pdf", [word])])

    assert words_of(content) == ["old"]
    assert (pixels(content) == pixels(tmp_path / "a.pdf")).all()


def test_text_after_hidden_text_stays_in_its_place(tmp_path):
    document = pikepdf.new()
    text = "BT /F 12 Tf 40 100 Td 3 Tr (hidden) Tj 0 Tr (seen) Tj ET"
    add_page(document, f"{text} q BT 3 Tr /F 9 Tf 40 20 Td (gone) Tj ET Q")
    document.save(tmp_path / "a.pdf")

    content, _ = exported([reading(tmp_path / "a.pdf", new_words(OLD[1]))])

    assert "gone" not in words_of(content)
    assert (pixels(content) == pixels(tmp_path / "a.pdf")).all()


@pytest.mark.parametrize("off", [True, False])
def test_a_layer_that_is_switched_off_stays_as_it_is(tmp_path, off):
    document = pikepdf.new()
    page = add_page(document, f"{SCAN} /OC /Stamp BDC {TEXT} EMC")
    group = document.make_indirect(Dictionary(Type=Name.OCG, Name="stamp"))
    page.Resources.Properties = Dictionary(Stamp=group)
    state = Dictionary(Order=Array([group]))
    state["/OFF" if off else "/ON"] = Array([group])
    document.Root.OCProperties = Dictionary(OCGs=Array([group]), D=state)
    document.save(tmp_path / "a.pdf")
    words = [("scanned", OLD[0]), ("words", OLD[1])]

    content, _ = exported([reading(tmp_path / "a.pdf", words)])

    assert (pixels(content) == pixels(tmp_path / "a.pdf")).all()
    seen = ["scanned", "words"] if off else ["old", "layer"]
    if POPPLER:
        assert [text for text, _ in poppler_words(content)] == seen


def test_what_a_form_field_shows_is_not_added_again(tmp_path):
    document = pikepdf.new()
    page = add_page(document, SCAN)
    look = form(document, "/Tx BMC BT /F 12 Tf 2 5 Td (Ellen) Tj ET EMC")
    look.BBox = Array([0, 0, 80, 20])
    widget = document.make_indirect(
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            FT=Name.Tx,
            T="name",
            V="Ellen",
            Rect=Array([150, 20, 230, 40]),
            AP=Dictionary(N=look),
            F=4,
        )
    )
    page.Annots = Array([widget])
    document.Root.AcroForm = Dictionary(Fields=Array([widget]))
    document.save(tmp_path / "a.pdf")
    words = [*new_words(OLD[0]), ("Ellen", (304, 330, 60, 24))]

    content, _ = exported([reading(tmp_path / "a.pdf", words)])

    if POPPLER:
        assert [text for text, _ in poppler_words(content)] == ["new1", "Ellen"]
    with opened(content) as kept:
        assert str(kept.Root.AcroForm.Fields[0].V) == "Ellen"


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("unit", [1, 5])
def test_hidden_text_is_found_on_pages_that_are_turned_and_cut(tmp_path, rotate, unit):
    document = pikepdf.new()
    add_page(
        document,
        f"q 1 0 0 1 50 70 cm {TEXT} {SCAN} Q",
        MediaBox=Array([0, 0, 400, 300]),
        CropBox=Array([50, 70, 350, 270]),
        Rotate=rotate,
        UserUnit=unit,
    )
    document.save(tmp_path / "a.pdf")
    size = (600, 400) if rotate % 180 == 0 else (400, 600)
    words = new_words((100, 100, 60, 24), (100, 200, 60, 24))

    content, _ = exported([reading(tmp_path / "a.pdf", words, size=size)])

    assert words_of(content) == ["new1", "new2"]
    assert (pixels(content) == pixels(tmp_path / "a.pdf")).all()


@pytest.mark.large
def test_a_page_too_full_to_be_examined_keeps_its_text(tmp_path):
    document = pikepdf.new()
    lines = "0 0 m 1 1 l S " * 160_000
    add_page(document, f"{SCAN} {lines} {TEXT}")
    document.save(tmp_path / "a.pdf")
    words = [("old", OLD[0]), ("layer", OLD[1]), ("scanned", (300, 40, 120, 24))]

    content, _ = exported([reading(tmp_path / "a.pdf", words)])

    assert words_of(content) == ["layer", "old", "scanned"]
