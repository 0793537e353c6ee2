"""PDF pages: drawn as large as they are, as fine as they need be, and with no loss."""

import zlib

import numpy as np
import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from ocr_core import Settings, recognize_page
from ocr_core.documents import load_page
from ocr_core.documents.notes import SENTENCES, listed
from ocr_core.errors import InputError
from ocr_core.page import PageRef
from tests.support.hostile import saved
from tests.support.manual import manual
from tests.support.scans import SCAN, codes, fax_data, paper, scan
from tests.support.text_pages import TEXT, lines, read_page


@pytest.fixture
def read(tmp_path):
    """Return a function that saves a document and loads its first page."""

    def load(document, dpi=300):
        document.save(tmp_path / "a.pdf")
        return load_page(PageRef(str(tmp_path / "a.pdf")), dpi)

    return load


# Size


@pytest.mark.parametrize(
    ("unit", "more", "size"),
    [
        (5, {}, (600, 200)),
        (2.5, {"Rotate": 90}, (100, 300)),
        (10, {"CropBox": Array([0, 0, 28.8, 4.8])}, (1200, 200)),
        (0, {}, (120, 40)),
        (-3, {}, (120, 40)),
        (1e9, {}, (120, 40)),
        (Name.Five, {}, (120, 40)),
    ],
)
def test_a_page_is_as_large_as_its_unit_says(read, unit, more, size):
    document = pikepdf.new()
    blank = scan(document, zlib.compress(b"\xff"), Width=1, Height=1)
    paper(document, 28.8, 9.6, show=blank, UserUnit=unit, **more)

    page = read(document)

    assert (page.size, page.dpi) == (size, 300)


def test_eleven_inches_at_300_dpi_are_3300_pixels(read):
    document = pikepdf.new()
    document.add_blank_page(page_size=(612, 792))

    assert read(document).size == (2550, 3300)


# Resolution


def strips(document, width, height):
    """Return a page that shows the picture in two halves, one above the other."""
    half = SCAN.width * SCAN.height // 2
    upper, lower = (
        scan(document, zlib.compress(part), Height=SCAN.height // 2)
        for part in (SCAN.tobytes()[:half], SCAN.tobytes()[half:])
    )
    content = (
        f"q {width} 0 0 {height / 2} 0 {height / 2} cm /Scan Do Q "
        f"q {width} 0 0 {height / 2} 0 0 cm /Lower Do Q"
    )
    page = paper(document, width, height, content, show=upper)
    page.Resources.XObject.Lower = lower


def within_a_form(document, width, height):
    """Return a page that shows the picture from a form, which halves its size."""
    form = document.make_stream(
        f"{2 * width} 0 0 {2 * height} 0 0 cm /Scan Do".encode(),
        Type=Name.XObject,
        Subtype=Name.Form,
        BBox=Array([0, 0, 1000, 1000]),
        Resources=Dictionary(XObject=Dictionary(Scan=scan(document))),
    )
    page = paper(document, width, height, "0.5 0 0 0.5 0 0 cm /Form Do")
    page.Resources.XObject.Form = form


def turned(document, width, height):
    """Return a page that must be turned to be read."""
    paper(document, width, height, Rotate=180)


@pytest.mark.parametrize("make", [paper, strips, within_a_form, turned])
def test_a_small_page_is_drawn_as_fine_as_its_picture(read, make):
    document = pikepdf.new()
    make(document, 54, 18)  # points: the picture has 1200 dpi

    page = read(document)

    assert (page.size, page.dpi) == (SCAN.size, 1200)
    assert codes(page) == ["drawn-finer"]


@pytest.mark.parametrize("turn", [90, 180, 270])
@pytest.mark.parametrize("width", [72, 150, 200])
def test_a_turned_page_is_drawn_as_fine_as_one_that_is_not(read, turn, width):
    found = []
    for rotate in (0, turn):
        document = pikepdf.new()
        paper(document, width, width / 3, Rotate=rotate)
        page = read(document)
        found.append((page.dpi, codes(page)))

    assert found[0] == found[1]


def test_a_page_whose_letters_are_large_enough_is_drawn_as_it_is_asked_for(read):
    document = pikepdf.new()
    paper(document, 108, 36)  # points: the picture has 600 dpi, its letters 20 px

    assert read(document, 400).dpi == 400
    assert read(document, 600).notes == ()


def test_no_finer_is_drawn_than_letters_need(read):
    document = pikepdf.new()
    large = SCAN.resize((3600, 1200))
    content = zlib.compress(large.tobytes())
    show = scan(document, content, Width=large.width, Height=large.height)
    paper(document, 54, 18, show=show)  # points: the picture has 4800 dpi

    page = read(document)

    assert 1000 < page.dpi < 2400  # at 1200 a small x is 20 pixels high


def test_a_page_without_letters_is_drawn_as_it_is_asked_for(read):
    document = pikepdf.new()
    white = zlib.compress(b"\xff" * (SCAN.width * SCAN.height))
    paper(document, 54, 18, show=scan(document, white))

    page = read(document)

    assert (page.dpi, page.notes) == (300, ())


def test_a_page_that_is_only_looked_at_is_drawn_small(read):
    document = pikepdf.new()
    paper(document, 54, 18)

    page = read(document, 20)

    assert (page.size, page.notes) == ((15, 5), ())


def test_a_page_too_large_for_the_resolution_is_reported(read):
    document = pikepdf.new()
    document.add_blank_page(page_size=(7200, 7200))

    page = read(document)

    assert codes(page) == ["drawn-coarser"]
    assert page.notes[0].text.endswith(f"drawn at {page.dpi} dpi, not at 300.")


# Damage

JPEG = saved(SCAN, "JPEG")
PACKED = zlib.compress(SCAN.tobytes())


@pytest.mark.parametrize(
    ("content", "filters"),
    [
        (JPEG[: len(JPEG) // 2], Name.DCTDecode),
        (JPEG[: len(JPEG) // 2] + b"\xff\xd9", Name.DCTDecode),
        (zlib.compress(JPEG[:-900]), Array([Name.FlateDecode, Name.DCTDecode])),
        (PACKED[: len(PACKED) // 2], Name.FlateDecode),
        (PACKED[:-20], Name.FlateDecode),
        (saved(SCAN, "JPEG2000")[:-20_000], Name.JPXDecode),
    ],
)
def test_a_page_that_has_lost_part_of_a_picture_is_refused(read, content, filters):
    document = pikepdf.new()
    page = paper(
        document,
        216,
        144,
        "q 216 0 0 72 0 0 cm /Scan Do Q 0 100 200 30 re f",
        show=scan(document, content, Filter=filters),
    )
    assert page is not None

    with pytest.raises(InputError, match="has a picture that cannot be decoded"):
        read(document)


@pytest.mark.parametrize(
    ("content", "filters", "expected"),
    [
        (JPEG, Name.DCTDecode, []),
        (saved(SCAN, "JPEG2000"), Name.JPXDecode, []),
        (JPEG[:-2], Name.DCTDecode, []),
        (PACKED[:-4], Name.FlateDecode, []),
        (PACKED[:-4] + b"\0\0\0\0", Name.FlateDecode, ["picture-checksum"]),
        (PACKED[:-4] + b"four", Name.FlateDecode, ["picture-checksum"]),
    ],
)
def test_a_page_whose_picture_is_there_is_read(read, content, filters, expected):
    document = pikepdf.new()
    paper(document, 216, 72, show=scan(document, content, Filter=filters))

    assert codes(read(document)) == expected


def test_a_page_whose_fax_breaks_off_is_reported(read):
    content = fax_data()
    found = []
    for length in (len(content), len(content) * 2 // 3):
        document = pikepdf.new()
        show = scan(document, content[:length], Filter=Name.CCITTFaxDecode)
        show.BitsPerComponent = 1
        show.DecodeParms = Dictionary(K=-1, Columns=SCAN.width, Rows=SCAN.height)
        paper(document, 216, 72, show=show)
        found.append(codes(read(document)))

    assert found == [[], ["picture-ends-early"]]


# Forms


def field(document, page, kind, value, *, look=None, **more):
    """Add a field in the middle of a page, at 20 to 180 by 20 to 80 points."""
    entry = document.make_indirect(
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            FT=kind,
            T=String("field"),
            V=value,
            F=4,
            Rect=Array([20, 20, 180, 80]),
            DA=String("/Helv 30 Tf 0 g"),
            P=page,
            **more,
        )
    )
    if look:
        shown = document.make_stream(
            look.encode(), Type=Name.XObject, Subtype=Name.Form
        )
        shown.BBox = Array([0, 0, 160, 60])
        entry.AP = Dictionary(N=shown)
    page.Annots = Array([entry])
    helvetica = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    document.Root.AcroForm = Dictionary(
        Fields=Array([entry]),
        DA=String("/Helv 30 Tf 0 g"),
        DR=Dictionary(Font=Dictionary(Helv=helvetica)),
    )
    return document.Root.AcroForm


FIELDS = {
    "text": (Name.Tx, String("Margaret"), {}),
    "text with a look": (Name.Tx, String("x"), {"look": "0 0 90 40 re f"}),
    "text of lines": (Name.Tx, String("Kirkwall\nOrkney"), {"Ff": 1 << 12}),
    "choice": (Name.Ch, String("Leith"), {"Ff": 1 << 17, "Opt": Array(["Leith"])}),
    "list": (Name.Ch, String("Leith"), {"Opt": Array(["Leith", "Wick"])}),
}


@pytest.mark.parametrize("kind", FIELDS)
def test_what_is_written_into_a_form_is_seen(read, kind):
    document = pikepdf.new()
    document.add_blank_page(page_size=(200, 100))
    name, value, more = FIELDS[kind]
    field(document, document.pages[0].obj, name, value, **more)

    image = read(document, 72).image

    assert (image[22:78, 22:178] < 100).sum() > 50
    assert image[:15].min() == 255


def test_an_xfa_form_is_named(read):
    document = pikepdf.new()
    document.add_blank_page(page_size=(200, 100))
    page = document.pages[0].obj
    form = field(document, page, Name.Tx, String("Margaret"))
    form.XFA = document.make_stream(b"<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'/>")

    page = read(document, 72)

    assert codes(page) == ["xfa-form"]
    assert (page.image < 100).any()


# What belongs to a document


def with_files(*names):
    document = pikepdf.new()
    document.add_blank_page(page_size=(200, 100))
    for name in names:
        document.attachments[name] = b"..."
    return document


def test_a_portfolio_names_the_documents_in_it(read):
    document = with_files("letter1.pdf", "letter2.pdf")
    document.Root.Collection = Dictionary(Type=Name.Collection, View=Name.D)

    notes = read(document, 72).notes

    assert [note.code for note in notes] == ["portfolio"]
    assert "letter1.pdf, letter2.pdf" in notes[0].text


def test_attached_files_are_named(read):
    notes = read(with_files("invoice.xml"), 72).notes

    assert notes[0] == (
        "attachments",
        "Files attached to the PDF were not read: invoice.xml.",
    )


def test_many_or_odd_names_make_a_sentence_still():
    names = [f"{n}.pdf" for n in range(12)]

    assert listed(names).endswith("8.pdf, 9.pdf and 2 more")
    assert listed(["a\nb\x1b[31m.pdf", "", "x" * 900]) == (
        "a b [31m.pdf, unnamed, " + "x" * 59 + "…"
    )


@pytest.mark.parametrize("base", ["on", "off"])
def test_hidden_layers_are_named(read, base):
    document = pikepdf.new()
    document.add_blank_page(page_size=(200, 100))
    hidden, shown = (
        document.make_indirect(Dictionary(Type=Name.OCG, Name=String(name)))
        for name in ("old stamp", "text")
    )
    usual = (
        Dictionary(OFF=Array([hidden]))
        if base == "on"
        else Dictionary(BaseState=Name.OFF, ON=Array([shown]))
    )
    document.Root.OCProperties = Dictionary(OCGs=Array([hidden, shown]), D=usual)

    notes = read(document, 72).notes

    assert [note.code for note in notes] == ["hidden-layers"]
    assert notes[0].text.endswith("not read: old stamp.")


def test_a_damaged_catalogue_costs_no_page(read):
    document = pikepdf.new()
    document.add_blank_page(page_size=(200, 100))
    document.Root.OCProperties = Array([1])
    document.Root.AcroForm = String("none")
    document.Root.Names = Dictionary(EmbeddedFiles=String("none"))

    page = read(document, 72)

    assert (page.size, page.notes) == ((200, 100), ())


def test_every_code_has_its_line_in_the_manual():
    text = manual()

    assert [code for code in SENTENCES if f"| `{code}` |" not in text] == []


def test_pages_of_two_documents_in_turn_keep_their_notes(tmp_path):
    with_files("a.xml").save(tmp_path / "a.pdf")
    with_files("b.xml").save(tmp_path / "b.pdf")

    for name in ("a", "b", "a"):
        [note] = load_page(PageRef(str(tmp_path / f"{name}.pdf")), 72).notes
        assert f"{name}.xml" in note.text


def test_a_page_in_colour_is_drawn_like_that_in_grey(read, tmp_path):
    document = pikepdf.new()
    paper(document, 54, 18)
    grey = read(document)

    colour = load_page(PageRef(str(tmp_path / "a.pdf")), 300, colour=True)

    assert colour.image.shape == (*grey.image.shape, 3)
    assert np.abs(colour.image[..., 0].astype(int) - grey.image).max() <= 1


def test_a_pdf_without_its_end_is_repaired_and_says_so(tmp_path):
    path = tmp_path / "cut.pdf"
    read_page(path, lines())
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index(b"\nxref") + 30])  # no trailer, half a table

    result = recognize_page(PageRef(str(path), 1), Settings())

    assert result.text == TEXT
    assert "pdf-repaired" in [note.code for note in result.notes]
    assert result.quality == pytest.approx(0.9, abs=0.01)
