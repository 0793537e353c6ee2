"""Zip files of scans: folders are documents, and malicious files are refused with a
message."""

import io
import zipfile
from dataclasses import replace

import pytest
from PIL import Image

from ocr_core import Settings, open_document, recognize_page
from ocr_core.documents import documents_in, load_page, survey
from ocr_core.documents.archives import Archive
from ocr_core.documents.splitting import book_of, split_documents
from ocr_core.errors import FormatError, InputError, LimitError
from ocr_core.exports import FORMATS
from ocr_core.page import PageRef
from tests.support.app_pages import png, saved, scanned_pdf
from tests.support.recorded import ALTO


def packed(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def shade(value):
    return saved(Image.new("L", (20, 10), value), "PNG")


def shades(path):
    """Return the shade of each page, by document."""
    found = {}
    for ref in open_document(path):
        found.setdefault(ref.doc_id, []).append(int(load_page(ref).image[0, 0]))
    return found


def test_folders_in_a_zip_are_documents_of_pages_in_natural_order(tmp_path):
    path = packed(
        tmp_path / "scans.zip",
        {
            "vol.1/10.png": shade(10),
            "vol.1/2.png": shade(2),
            "b/vol.1/1.png": shade(1),
            "alone.png": shade(99),
            "__MACOSX/vol.1/._2.png": b"x",
            "readme.md": b"x",
        },
    )

    assert shades(path) == {"alone": [99], "b_vol.1": [1], "vol.1": [2, 10]}


def test_pages_of_a_long_zip_are_counted_without_unpacking_any(tmp_path, monkeypatch):
    animated = saved(
        Image.new("L", (9, 9)),
        "PNG",
        save_all=True,
        append_images=[Image.new("1", (9, 9))],
    )
    pages = {f"book/{n}.png": shade(n) for n in range(1, 41)}
    path = packed(tmp_path / "s.zip", {**pages, "book/41.png": animated})
    unpacked, opened = [], []
    unpack, opening = Archive.unpack, zipfile.ZipFile.__init__
    monkeypatch.setattr(
        Archive, "unpack", lambda *args: unpacked.append(args[1]) or unpack(*args)
    )
    monkeypatch.setattr(
        zipfile.ZipFile,
        "__init__",
        lambda *args, **more: opened.append(args[1]) or opening(*args, **more),
    )

    [book] = documents_in(PageRef(str(path), 0))
    assert survey(book).pages == 42
    assert int(load_page(replace(book, number=30)).image[0, 0]) == 30
    assert load_page(replace(book, number=42)).image.shape == (9, 9)

    assert unpacked == ["book/41.png", "book/30.png"]
    assert len(opened) <= 2  # its list of files is parsed once, and its pages opened


def test_a_book_of_comics_is_one_document(tmp_path):
    path = packed(tmp_path / "b.cbz", {"b/2.png": shade(2), "a/1.png": shade(1)})

    assert shades(path) == {"b": [1, 2]}


def test_frames_of_a_tiff_are_pages_among_the_others_of_a_folder(tmp_path):
    frames = [Image.new("L", (20, 10), value) for value in (5, 6)]
    tiff = saved(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    path = packed(
        tmp_path / "a.zip", {"d/1.png": shade(4), "d/2.tif": tiff, "d/3.png": shade(7)}
    )

    assert shades(path) == {"d": [4, 5, 6, 7]}


def test_words_that_lie_beside_their_scan_in_a_zip_are_taken(tmp_path):
    path = packed(
        tmp_path / "a.zip",
        {"d/alto/1.xml": ALTO, "d/img/1.png": png(), "d/img/2.png": png("Jugs")},
    )

    pages = [recognize_page(ref, Settings()) for ref in open_document(path)]

    assert [(page.ref.doc_id, page.text, page.notes) for page in pages] == [
        ("alto", "recorded", ()),
        ("img", "Jugs", ()),
    ]


def test_the_digest_of_a_document_in_a_zip_follows_what_it_holds(tmp_path):
    one = packed(tmp_path / "1.zip", {"d/1.png": shade(1), "e/1.png": shade(2)})
    two = packed(tmp_path / "2.zip", {"d/1.png": shade(1), "e/1.png": shade(3)})

    (d1, e1), (d2, e2) = (
        [survey(ref).sha256 for ref in documents_in(PageRef(str(path), 0))]
        for path in (one, two)
    )

    assert d1 == d2 != e1 != e2


@pytest.mark.parametrize("name", ["../a.png", "/a.png", "d\\..\\a.png", "C:/a.png"])
def test_a_path_that_leads_out_of_the_zip_is_refused(tmp_path, name):
    with pytest.raises(InputError, match="leads out of it"):
        open_document(packed(tmp_path / "a.zip", {name: shade(1)}))


def test_a_link_in_a_zip_is_refused(tmp_path):
    entry = zipfile.ZipInfo("a.png")
    entry.external_attr = 0o120777 << 16
    path = packed(tmp_path / "a.zip", {})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(entry, "/etc/passwd")

    with pytest.raises(InputError, match="a link in place of a file"):
        open_document(path)


def test_what_swells_when_it_is_unpacked_is_refused(tmp_path):
    path = packed(tmp_path / "a.zip", {"a.png": bytes(60_000_000)})

    with pytest.raises(LimitError, match="unpacks to more than the limit"):
        open_document(path)


@pytest.mark.parametrize("name", ["a.docx", "folder/", "__MACOSX/._a.png"])
def test_a_zip_without_a_page_is_not_called_damaged(tmp_path, name):
    with pytest.raises(InputError, match="contains no page that can be read"):
        open_document(packed(tmp_path / "a.zip", {name: b""}))


@pytest.mark.parametrize("name", ["a.zip", "a.cbz", "a"])
def test_an_empty_zip_is_said_to_have_no_page(tmp_path, name):
    with pytest.raises(InputError, match="contains no page that can be read"):
        open_document(packed(tmp_path / name, {}))


def test_too_many_files_in_a_zip_are_refused(tmp_path):
    path = packed(tmp_path / "a.zip", {f"{n}.png": b"" for n in range(20_001)})

    with pytest.raises(LimitError, match="contains 20001 files"):
        open_document(path)


def test_an_encrypted_zip_is_refused(tmp_path):
    path = packed(tmp_path / "a.zip", {"a.png": shade(1)})
    content = bytearray(path.read_bytes())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + at] |= 1
    path.write_bytes(content)

    with pytest.raises(InputError, match="is encrypted"):
        open_document(path)


def test_a_zip_within_a_zip_is_refused_and_the_others_are_read(tmp_path):
    inner = packed(tmp_path / "in.zip", {"a.png": shade(1)}).read_bytes()
    path = packed(tmp_path / "a.zip", {"in.zip": inner, "b.png": shade(2)})

    good, nested = documents_in(PageRef(str(path), 0))

    assert survey(good).pages == 1
    with pytest.raises(InputError, match="archive within an archive"):
        survey(nested)


def test_a_zip_with_nothing_but_a_zip_is_not_called_damaged(tmp_path):
    inner = packed(tmp_path / "in.zip", {"a.png": shade(1)}).read_bytes()
    path = packed(tmp_path / "a.zip", {"in.zip": inner})

    with pytest.raises(InputError, match="archive within an archive"):
        open_document(path)


@pytest.mark.parametrize(
    ("name", "inside", "said"),
    [
        ("a.docx", ["[Content_Types].xml", "word/document.xml"], "a Word document"),
        ("a.odt", ["mimetype", "content.xml"], "an OpenDocument file"),
        ("a.epub", ["mimetype", "META-INF/container.xml"], "an EPUB"),
    ],
)
def test_documents_of_office_programs_are_refused_with_what_to_do(
    tmp_path, name, inside, said
):
    path = packed(tmp_path / name, dict.fromkeys(inside, "x"))

    with pytest.raises(FormatError, match=f"{said}.* Save it as PDF"):
        open_document(path)


@pytest.mark.parametrize("cut", [10, 60, 200])
def test_a_zip_that_was_cut_off_is_refused(tmp_path, cut):
    path = packed(tmp_path / "a.zip", {"a/1.png": shade(1), "a/2.png": shade(2)})
    path.write_bytes(path.read_bytes()[:-cut])

    with pytest.raises(InputError):
        open_document(path)


def test_documents_are_split_into_files_that_hold_the_same_pages(tmp_path):
    path = packed(
        tmp_path / "a.zip",
        {
            "d/1.png": shade(1),
            "d/2.png": shade(2),
            "e.pdf": scanned_pdf("One", "Two"),
            "f.xml": ALTO,
            "f.png": png(),
        },
    )
    (tmp_path / "out").mkdir()

    split = split_documents(PageRef(str(path), 0), str(tmp_path / "out"))

    assert [each.label for each in split] == ["d.cbz", "e.pdf", "f.xml.cbz"]
    pages = [
        survey(PageRef(each.path, 0, source_file=each.label)).pages for each in split
    ]
    assert pages == [2, 2, 1]
    assert recognize_page(PageRef(split[2].path, 1), Settings()).text == "recorded"


def test_a_table_is_split_into_files_that_hold_the_same_words(tmp_path):
    page = recognize_page(
        PageRef(str(packed(tmp_path / "b.cbz", {"a.xml": ALTO}))), Settings()
    )
    path = tmp_path / "words.csv"
    with path.open("wb") as file:
        FORMATS["words"].write([page], file)
    (tmp_path / "out").mkdir()

    [split] = split_documents(PageRef(str(path), 0), str(tmp_path / "out"))
    again = recognize_page(PageRef(split.path, 1, source_file=split.label), Settings())

    assert (split.label, again.rows) == ("b.jsonl", page.rows)


def test_words_and_picture_in_one_book_are_a_page_with_a_picture(tmp_path):
    path = tmp_path / "page.cbz"
    path.write_bytes(book_of({"a.xml": ALTO.encode(), "scan 1.png": png()}))

    [ref] = open_document(path)

    assert recognize_page(ref, Settings()).text == "recorded"
    assert load_page(ref).image.min() < 100


def test_a_document_in_a_zip_goes_to_a_pdf_and_a_damaged_one_does_not(tmp_path):
    path = packed(tmp_path / "a.zip", {"d/1.png": png(), "d/2.png": png("Jugs")})
    results = [recognize_page(ref, Settings()) for ref in open_document(path)]
    file = io.BytesIO()

    FORMATS["pdf"].write(results, file)

    assert len(list(open_document(written(tmp_path / "a.pdf", file)))) == 2


def written(path, file):
    path.write_bytes(file.getvalue())
    return path
