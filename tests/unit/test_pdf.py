"""Searchable PDF: the scan as it was, and words where other programs find them."""

import io
from dataclasses import replace

import pikepdf
import pypdfium2
import pytest
from hypothesis import given, note
from hypothesis import strategies as st
from PIL import Image

from ocr_core.errors import InputError, OutputError
from ocr_core.exports import FORMATS, atomic_write, pdf
from ocr_core.exports.pdf import pictures
from ocr_core.exports.pdf_text_layer import visual
from ocr_core.page import PageRef, StepReport
from ocr_core.pipeline import recognize_page
from ocr_core.settings import Settings
from tests.support.marks import MARKS, marked_image
from tests.support.pdf_exports import (
    PIXELS,
    check,
    drawing,
    extracted,
    result,
    row,
    saved,
    written,
)

# Words


SCRIPTS = {
    "latin": ["Straße", "naïve", "l'œuvre", "(a)", "12.5%", "a", "."],
    "cjk": ["中文字", "日本語", "한국어", "𠀀"],
    "arabic": ["سلام", "عليكم", "كلمة", "الكتاب"],
    "hebrew": ["שלום", "עולם", "ספר"],
    "others": ["हिन्दी", "Ελλάδα", "Москва", "ไทย", "😀"],
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_words_of_any_script_are_found_where_they_stand(tmp_path, script):
    texts = SCRIPTS[script]
    columns = range(len(texts))
    if script in ("arabic", "hebrew"):
        columns = reversed(columns)
    words = [
        (1, n, (10 + 80 * column, 40, 70, 24), text)
        for n, (column, text) in enumerate(zip(columns, texts, strict=True))
    ]
    page = result(saved(tmp_path / "a.png"), words)

    check(written([page]), page)


@given(
    st.lists(
        st.lists(
            st.tuples(
                st.from_regex(r"[A-Za-z0-9äöüßéñжщ]{1,9}[-,.;!?]?", fullmatch=True),
                st.integers(6, 120),
                st.integers(8, 30),
                st.integers(4, 30),
            ),
            min_size=1,
            max_size=5,
        ),
        min_size=1,
        max_size=5,
    )
)
def test_words_come_back_in_order_and_in_their_places(scan, drawn):
    # Where no line is wide, PDFium takes the page for one whose lines run down.
    words = [(0, 0, (10, 10, 400, 20), "Heading")]
    for line, parts in enumerate(drawn, 1):
        left = 10
        for number, (text, width, height, gap) in enumerate(parts):
            words.append((line, number, (left, 10 + 60 * line, width, height), text))
            left += width + gap
    note(words)
    page = result(scan, words, (900, 400))

    check(written([page]), page)


@pytest.fixture(scope="session")
def scan(tmp_path_factory):
    path = tmp_path_factory.mktemp("scan") / "a.png"
    return saved(path, Image.new("L", (900, 400), 255))


def test_a_hyphen_at_the_end_of_a_line_stays(tmp_path):
    words = [*row("two", "hy-"), *row("phens", top=60, line=2)]
    page = result(saved(tmp_path / "a.png"), words)

    check(written([page]), page)


def test_a_word_is_placed_as_on_paper():
    word = "".join(map(chr, range(0x5D0, 0x5D4)))  # Hebrew

    assert visual("abc-12") == "abc-12"
    assert visual(word) == word[::-1]
    assert visual(f"{word}12.5") == f"12.5{word[::-1]}"


def test_words_whose_boxes_overlap_stay_apart_and_in_order(tmp_path):
    boxes = [(10, 80), (85, 60), (145, 70), (300, 29), (299, 56), (360, 40)]
    words = [
        (1, n, (left, 40 + n, width, 24), f"word{n}")
        for n, (left, width) in enumerate(boxes)
    ]
    page = result(saved(tmp_path / "a.png"), words)

    check(written([page]), page)


def test_columns_at_the_same_height_keep_their_order(tmp_path):
    words = [(1, 1, (300, 20, 80, 20), "first"), (2, 1, (10, 20, 80, 20), "second")]
    page = result(saved(tmp_path / "a.png"), words)

    check(written([page]), page)


# Pages


@pytest.mark.parametrize("exif", range(1, 9))
@pytest.mark.parametrize("ending", ["jpg", "png"])
def test_a_scan_is_shown_upright_and_its_words_lie_on_it(
    tmp_path, marks_engine, exif, ending
):
    """A photo may lie on its side, or be mirrored, and say so in its EXIF block."""
    path = tmp_path / f"a.{ending}"
    notes = Image.Exif()
    notes[0x0112] = exif
    Image.fromarray(marked_image()).convert("RGB").save(path, exif=notes)
    page = recognize_page(PageRef(str(path)), Settings.from_flat({"rotate": "0"}))

    content = written([page])

    assert len(page.rows) == len(MARKS)
    assert {word for word, _ in extracted(content)} == {w.text for w in page.rows}
    drawn = drawing(content, page.size)
    for word in page.rows:
        part = drawn[
            word.top : word.top + word.height, word.left : word.left + word.width
        ]
        assert part.mean() < 40  # the mark itself, and nothing else
    check_places(content, page)


def check_places(content, page):
    """Compare positions with words, in any order."""
    across, down = pypdfium2.PdfDocument(content)[0].get_size()
    points = (across / page.size[0], down / page.size[1])
    found = dict(extracted(content))
    for word in page.rows:
        corners = (word.left, word.top, word.left + word.width, word.top + word.height)
        here = [side / points[n % 2] for n, side in enumerate(found[word.text])]
        assert here == pytest.approx(corners, abs=PIXELS)


@pytest.mark.parametrize(
    "flat",
    [
        {"angle": 4.0, "rotate": "0"},
        {"scale": "on", "scale_factor": 2.5},
        {"rotate": "180"},
        {"margin": 40, "crop": "off"},
    ],
    ids=str,
)
def test_words_of_a_page_that_was_moved_to_be_read_lie_on_the_scan(
    tmp_path, marks_engine, flat
):
    ref = saved(tmp_path / "a.png", Image.fromarray(marked_image()))
    page = recognize_page(ref, Settings.from_flat(flat))

    content = written([page])

    assert len(page.rows) == len(MARKS)
    check_places(content, page)
    drawn = drawing(content, page.size)
    for word in page.rows:
        middle = word.top + word.height // 2, word.left + word.width // 2
        assert drawn[middle] < 60


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_lines_of_a_page_on_its_side_are_read_along(tmp_path, turn):
    """The page was turned clockwise to be read; its scan stays on its side."""
    width, height = 600, 400
    upright = [*row("one", "two", "three"), *row("four", "five-", top=60, line=2)]
    upright += row("six", top=100, line=3)
    w, h = (width, height) if turn == 180 else (height, width)
    home = {
        90: lambda x, y, a, b: (y, w - x - a, b, a),
        180: lambda x, y, a, b: (w - x - a, h - y - b, a, b),
        270: lambda x, y, a, b: (h - y - b, x, b, a),
    }[turn]
    words = [(line, n, home(*box), text) for line, n, box, text in upright]
    report = StepReport("rotate", {"degrees": float(turn), "angle": 45.0}, "turned")
    page = result(saved(tmp_path / "a.png"), words, reports=(report,))

    content = written([page])

    assert [text for text, _ in extracted(content)] == [word.text for word in page.rows]
    check_places(content, page)


@pytest.mark.parametrize("dpi", [0, 72, 300])
def test_a_page_is_as_large_as_its_paper(tmp_path, dpi):
    page = result(saved(tmp_path / "a.png"), row("a"), dpi=dpi)

    size = pypdfium2.PdfDocument(written([page]))[0].get_size()

    assert size == pytest.approx((600 * 72 / (dpi or 300), 400 * 72 / (dpi or 300)))


def test_pages_of_many_documents_follow_each_other(tmp_path, monkeypatch):
    monkeypatch.setattr(pdf, "PAGES_A_PART", 2)
    monkeypatch.setattr(pdf, "PARTS_OPEN", 2)
    pages = [
        result(saved(tmp_path / f"{n}.png"), row(f"word{n}", "ж", "日" * n))
        for n in range(1, 10)
    ]

    content = written(pages)

    assert len(pypdfium2.PdfDocument(content)) == 9
    for number, page in enumerate(pages):
        check(content, page, number)


def test_every_page_of_a_tiff_is_taken(tmp_path):
    sheets = [Image.new("1", (600, 400), n % 2) for n in range(3)]
    path = tmp_path / "a.tif"
    sheets[0].save(path, save_all=True, append_images=sheets[1:])
    pages = [result(PageRef(str(path), n), row(f"w{n}")) for n in (1, 2, 3)]

    content = written(pages)

    shades = [int(drawing(content, (60, 40), n).mean()) for n in range(3)]
    assert shades == [0, 255, 0]


# PDFs


def source_pdf(path, *, rotate=0, crop=None, content=b"", inherit=False):
    """Save a PDF of one page, 300 by 200 points, moved away from the origin."""
    document = pikepdf.new()
    document.add_blank_page(page_size=(300, 200))
    page = document.pages[0].obj
    page.MediaBox = [10, 20, 310, 220]
    if crop:
        page.CropBox = crop
    holder = document.Root.Pages if inherit else page
    holder.Rotate = rotate
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font,
        Subtype=pikepdf.Name.Type1,
        BaseFont=pikepdf.Name.Helvetica,
    )
    page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F=font))
    page.Contents = document.make_stream(content)
    document.save(path)
    return PageRef(str(path))


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", [None, [40, 50, 290, 210]])
@pytest.mark.parametrize("inherit", [False, True])
def test_a_pdf_keeps_its_page_and_words_lie_where_it_shows_them(
    tmp_path, marks_engine, rotate, crop, inherit
):
    ink = b"3 0 0 3 0 0 cm 0 g 20 30 20 4 re 50 40 6 10 re f"  # leaves a scale behind
    ref = source_pdf(
        tmp_path / "a.pdf", rotate=rotate, crop=crop, content=ink, inherit=inherit
    )
    page = recognize_page(ref, Settings.from_flat({"dpi": 144, "rotate": "0"}))

    content = written([page])

    assert len(page.rows) == 2
    document = pikepdf.open(io.BytesIO(content))
    kept = document.pages[0].obj
    assert [float(side) for side in kept.MediaBox] == [10, 20, 310, 220]
    assert ink in b"".join(each.read_bytes() for each in kept.Contents)
    check_places(content, page)


def test_what_an_earlier_recognition_added_is_replaced(tmp_path):
    content = (
        b"BT /F 12 Tf 40 100 Td (printed) Tj ET "
        b"q BT 3 Tr /F 12 Tf 40 60 Td (old) Tj ET Q BT /F 9 Tf 40 40 Td (stamp) Tj ET"
    )
    ref = source_pdf(tmp_path / "a.pdf", content=content)

    found = extracted(written([result(ref, row("new"))]))

    assert sorted(text for text, _ in found) == ["new", "printed", "stamp"]


def test_a_pdf_that_only_the_reader_can_open_becomes_pictures(tmp_path, monkeypatch):
    ref = source_pdf(tmp_path / "a.pdf", content=b"0 g 50 60 100 100 re f")
    page = result(ref, row("a"), (1250, 833))
    whole = pikepdf.open

    def damaged(path, **more):
        if str(path) == ref.path:
            raise pikepdf.PdfError
        return whole(path, **more)

    monkeypatch.setattr(pikepdf, "open", damaged)

    content = written([page])

    check(content, page)
    assert drawing(content, (125, 83)).min() < 20


# What goes wrong


def test_a_page_that_changed_since_it_was_read_is_named(tmp_path):
    page = result(saved(tmp_path / "a.png"), row("a"), sha256="0" * 64)

    with pytest.raises(InputError, match=r"a\.png has changed"):
        written([page])


def test_a_page_that_is_gone_is_named(tmp_path):
    with pytest.raises(InputError, match=r"gone\.png does not exist"):
        written([result(PageRef(str(tmp_path / "gone.png")), row("a"))])


def test_what_was_not_read_is_shown_where_that_is_possible(tmp_path):
    torn = tmp_path / "torn.jpg"
    torn.write_bytes(b"\xff\xd8\xff\xe0" + bytes(40))
    slow = result(saved(tmp_path / "slow.png"), [], (0, 0), status="failed")
    pages = [
        result(PageRef(str(torn)), [], (0, 0), status="failed"),
        result(saved(tmp_path / "a.png"), row("a")),
        slow,
    ]

    content = written(pages)

    assert len(pypdfium2.PdfDocument(content)) == 2


def test_a_pdf_of_nothing_is_refused(tmp_path):
    with pytest.raises(InputError, match="No page could be opened"):
        written([])


def test_no_room_is_named(tmp_path, monkeypatch):
    page = result(saved(tmp_path / "a.png"), row("a"))

    def full(self, file, **more):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pikepdf.Pdf, "save", full)

    with pytest.raises(OutputError, match="no space left"):
        written([page])


def test_the_same_pages_make_the_same_file(tmp_path):
    page = result(saved(tmp_path / "a.png"), row("a"))

    assert written([page]) == written([page])


def test_documents_are_opened_by_a_worker(tmp_path, monkeypatch):
    page = result(saved(tmp_path / "a.png"), row("a"))
    monkeypatch.setattr(
        pictures, "open_picture", None
    )  # in this process, not in a worker

    with atomic_write(tmp_path / "a.pdf") as file:
        FORMATS["pdf"].write([page], file)

    check((tmp_path / "a.pdf").read_bytes(), page)


def test_words_that_no_space_parts_are_extracted_without_one(tmp_path):
    texts = ("城市", "一", "港口")
    boxes = [(10, 20, 50, 40), (80, 38, 20, 4), (130, 22, 60, 38)]
    words = [(1, n, box, texts[n]) for n, box in enumerate(boxes)]
    page = result(saved(tmp_path / "a.png"), words)
    rows = [row._replace(space_before=n == 0) for n, row in enumerate(page.rows)]

    text = pypdfium2.PdfDocument(written([replace(page, rows=tuple(rows))]))[0]

    assert text.get_textpage().get_text_range().strip() == "城市一港口"
