import os
import stat
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from ocr_core.documents import (
    MAX_RENDER_PIXELS,
    file_digest,
    holds_documents,
    images,
    load_page,
    open_document,
    survey,
    upright,
)
from ocr_core.documents.discovery import find_documents, unique_names
from ocr_core.errors import InputError, LimitError
from ocr_core.page import PageRef
from tests.support import hostile
from tests.support.marks import MARKS, marked_image, marks_on

FILE_NAME = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]),
    min_size=1,
    max_size=20,
).filter(lambda name: name not in (".", ".."))


def save(path, image=None, **options):
    (Image.fromarray(marked_image()) if image is None else image).save(path, **options)
    return path


def ref(path, number=1):
    return PageRef(str(path), number)


# Finding


def test_a_folder_is_searched_to_the_bottom_in_natural_order(tmp_path):
    for name in ["b/1.png", "a/10.png", "a/2.png", "page 10.tif", "page 9.tif"]:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")

    found, _ = find_documents([tmp_path])

    assert [Path(each.path).relative_to(tmp_path).as_posix() for each in found] == [
        "a/2.png",
        "a/10.png",
        "b/1.png",
        "page 9.tif",
        "page 10.tif",
    ]


def test_unknown_endings_in_a_folder_are_passed_over_and_counted(tmp_path):
    for name in ["a.png", "B.PDF", "notes.txt", "Thumbs.db", "no_ending"]:
        (tmp_path / name).write_bytes(b"x")

    found, skipped = find_documents([tmp_path])

    assert [each.source_file for each in found] == ["a.png", "B.PDF"]
    assert skipped == 3


def test_what_macos_lays_beside_a_scan_is_passed_over_and_counted(tmp_path):
    for name in ["scan.jpg", "._scan.jpg"]:
        (tmp_path / name).write_bytes(b"x")

    found, skipped = find_documents([tmp_path])

    assert ([each.source_file for each in found], skipped) == (["scan.jpg"], 1)


def test_a_folder_that_cannot_be_entered_is_listed_and_refused(tmp_path, monkeypatch):
    for folder in ("closed", "open"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.png").write_bytes(b"x")
    scandir = os.scandir

    def guarded(path):
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)

    found, _ = find_documents([tmp_path])

    assert [each.doc_id for each in found] == ["closed", "a"]
    with pytest.raises(InputError, match=r"closed cannot be opened: Permission den"):
        survey(found[0])


def test_a_file_named_outright_is_taken_whatever_its_ending(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_bytes(b"x")

    found, skipped = find_documents([path])

    assert ([each.path for each in found], skipped) == ([str(path)], 0)


def test_a_file_named_twice_is_read_once(tmp_path):
    path = save(tmp_path / "a.png")

    found, _ = find_documents([path, tmp_path, path])

    assert len(found) == 1


def test_a_missing_source_does_not_keep_the_others_from_being_read(tmp_path):
    here = save(tmp_path / "a.png")

    found, _ = find_documents([tmp_path / "gone.png", here])

    assert [each.source_file for each in found] == ["gone.png", "a.png"]


def test_documents_of_one_name_are_distinguished_by_folder_then_by_number():
    paths = ["one/a.png", "two/a.png", "x/two/a.tif", "b.png"]

    assert unique_names(map(Path, paths)) == ["one_a", "two_a", "two_a_2", "b"]


@given(
    st.lists(
        st.tuples(st.sampled_from(["", "a", "b", "a_2"]), FILE_NAME),
        max_size=12,
        unique=True,
    )
)
def test_every_document_has_a_name_of_its_own(files):
    paths = [Path(folder, name) for folder, name in files]

    names = unique_names(paths)

    assert len(set(names)) == len(paths)
    assert names == unique_names(paths)
    assert all(names)


@pytest.mark.parametrize("stems", [range(300), [7] * 300], ids=["apart", "twins"])
def test_naming_many_documents_looks_at_each_a_few_times(monkeypatch, stems):
    looks = []

    class Watched(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other):
            looks.append(self)
            return str.__eq__(self, other)

        def __format__(self, form):
            looks.append(self)
            return str(self)

    monkeypatch.setattr("ocr_core.documents.discovery.replace_surrogates", Watched)

    names = unique_names([Path(f"{stem}.png") for stem in stems])

    assert len(set(names)) == 300
    assert len(looks) < 10 * 300


@given(st.sets(st.integers(0, 10_000), min_size=1, max_size=8))
def test_numbers_in_names_are_ordered_by_their_size(numbers):
    with tempfile.TemporaryDirectory() as folder:
        for number in numbers:
            Path(folder, f"page {number}.png").touch()

        found, _ = find_documents([folder])

    assert [each.doc_id for each in found] == [f"page {n}" for n in sorted(numbers)]


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
def test_a_name_that_is_no_text_is_found_and_spelled(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.png")
    try:
        path.write_bytes(hostile.saved(hostile.picture(), "PNG"))
    except OSError:
        pytest.skip("this file system takes no such name")

    [found], _ = find_documents([tmp_path])

    assert found.doc_id == "caf\N{REPLACEMENT CHARACTER}"
    assert load_page(PageRef(found.path)).size == (64, 48)


# Opening


def test_a_document_opens_as_references_to_its_pages(tmp_path):
    path = tmp_path / "three.tif"
    pages = [Image.fromarray(marked_image())] * 3
    pages[0].save(path, save_all=True, append_images=pages[1:])

    assert [each.number for each in open_document(path)] == [1, 2, 3]


def test_what_cannot_be_opened_is_refused_at_the_call(tmp_path):
    with pytest.raises(InputError, match=r"gone\.png does not exist"):
        open_document(tmp_path / "gone.png")


def test_a_page_that_is_not_there_is_refused(tmp_path):
    save(tmp_path / "a.tif")
    (tmp_path / "a.pdf").write_bytes(hostile.many_page_pdf(2))

    for name in ("a.tif", "a.pdf"):
        with pytest.raises(InputError, match=rf"{name} has no page 3\."):
            load_page(ref(tmp_path / name, 3))


@pytest.mark.parametrize("make", [hostile.many_page_pdf, hostile.many_page_tiff])
def test_a_document_of_more_pages_than_the_limit_is_refused_with_the_limit(
    tmp_path, make
):
    path = tmp_path / "long"
    path.write_bytes(make(21))

    with pytest.raises(LimitError, match=r"more pages than the limit of 20\."):
        survey(path, max_pages=20)

    assert survey(path, max_pages=21).pages == 21


def test_a_document_of_as_many_pages_as_the_limit_is_opened(tmp_path):
    path = tmp_path / "long.pdf"
    path.write_bytes(hostile.many_page_pdf(5))

    assert survey(path, max_pages=5).pages == 5


def test_a_file_is_known_by_the_digest_of_its_bytes(tmp_path):
    path = tmp_path / "abc"
    path.write_bytes(b"abc")

    digest = file_digest(ref(path))
    path.write_bytes(b"abcd")

    assert digest.startswith("ba7816bf8f01cfea")
    assert file_digest(ref(path)) != digest


def test_what_is_no_file_is_refused_and_never_waited_for(tmp_path):
    fifo = tmp_path / "fifo.png"
    os.mkfifo(fifo)
    link = tmp_path / "link.png"
    link.symlink_to(fifo)
    loop = tmp_path / "loop.png"
    loop.symlink_to(loop)
    sources = [fifo, link, loop, tmp_path, "/dev/zero", "/dev/stdin", tmp_path / "no"]

    for source in sources:
        assert not holds_documents(ref(source))
        with pytest.raises(InputError):
            survey(source)


def test_a_link_to_a_file_is_read(tmp_path):
    link = tmp_path / "link.png"
    link.symlink_to(save(tmp_path / "a.png"))

    assert load_page(ref(link)).size == (240, 180)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read all")
def test_a_file_that_may_not_be_read_is_named(tmp_path):
    path = save(tmp_path / "a.png")
    path.chmod(stat.S_IWUSR)

    with pytest.raises(InputError, match=r"a\.png"):
        load_page(ref(path))


# Decoding


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.png", {}),
        ("a.bmp", {}),
        ("a.gif", {}),
        ("a.pgm", {}),
        ("a.tif", {"compression": "tiff_lzw"}),
        ("a.tiff", {"compression": "jpeg"}),
        ("a.webp", {"lossless": True}),
        ("a.jpg", {"quality": 95}),
        ("a.jp2", {}),
        ("a.avif", {"quality": 95}),
    ],
)
def test_every_format_shows_the_same_page(tmp_path, name, options):
    save(tmp_path / name, **options)

    page = load_page(ref(tmp_path / name))

    assert (page.image.dtype, page.image.shape) == (np.uint8, (180, 240))
    assert marks_on(page.image) == sorted(MARKS)


def test_the_ending_of_a_name_does_not_matter(tmp_path):
    save(tmp_path / "a.jpg", format="PNG")
    save(tmp_path / "b.pdf", format="TIFF")
    (tmp_path / "c.png").write_bytes(hostile.pdf_page())

    for name in ("a.jpg", "b.pdf"):
        assert marks_on(load_page(ref(tmp_path / name)).image) == sorted(MARKS)
    assert load_page(ref(tmp_path / "c.png"), 72).size == (200, 100)


GREY = Image.fromarray(marked_image())
CLEAR = Image.merge("LA", [Image.new("L", GREY.size, 0), ImageOps.invert(GREY)])
WIDE = GREY.point(lambda value: value * 257, "I").convert("I;16")
PALETTE = GREY.convert("RGB").quantize(2)
KINDS = {
    "bilevel": (GREY.convert("1"), "TIFF", {"compression": "group4"}),
    "bilevel PNG": (GREY.convert("1"), "PNG", {}),
    "palette": (PALETTE, "PNG", {}),
    "colour": (GREY.convert("RGB"), "PNG", {}),
    "ink on nothing": (CLEAR, "PNG", {}),
    "ink on nothing in colour": (CLEAR.convert("RGBA"), "TIFF", {}),
    "one shade is clear": (GREY, "PNG", {"transparency": 255}),
    "one palette entry is clear": (
        PALETTE,
        "GIF",
        {"transparency": PALETTE.getpixel((0, 0))},
    ),
    "CMYK": (GREY.convert("RGB").convert("CMYK"), "TIFF", {}),
    "CMYK JPEG": (GREY.convert("RGB").convert("CMYK"), "JPEG", {"quality": 95}),
    "YCbCr": (GREY.convert("RGB").convert("YCbCr"), "TIFF", {}),
    "16 bits": (WIDE, "TIFF", {}),
    "16 bits PNG": (WIDE, "PNG", {}),
    "16 bits, big-endian": (
        Image.frombytes(
            "I;16B", GREY.size, (np.asarray(GREY).astype(">u2") * 257).tobytes()
        ),
        "TIFF",
        {},
    ),
    "32 bits": (GREY.convert("I"), "TIFF", {}),
    "float": (GREY.convert("F"), "TIFF", {}),
    "float from 0 to 1": (
        Image.fromarray(np.asarray(GREY).astype(np.float32) / 255),
        "TIFF",
        {},
    ),
    "LAB": (
        Image.merge("LAB", [GREY, *[Image.new("L", GREY.size, 128)] * 2]),
        "TIFF",
        {},
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_pixel_becomes_dark_ink_on_light_paper(
    tmp_path, kind, monkeypatch
):
    monkeypatch.setattr(images, "BAND", 50)  # of 180 rows: converted part by part
    image, form, options = KINDS[kind]
    (tmp_path / "page").write_bytes(hostile.saved(image, form, **options))

    page = load_page(ref(tmp_path / "page"))
    colour = load_page(ref(tmp_path / "page"), colour=True)

    assert (page.image.dtype, page.image.shape) == (np.uint8, (180, 240))
    assert np.median(page.image) > 250
    assert marks_on(page.image) == sorted(MARKS)
    assert (colour.image.dtype, colour.image.shape) == (np.uint8, (180, 240, 3))


def test_twelve_bits_in_sixteen_use_the_whole_range(tmp_path):
    samples = (marked_image().astype(np.uint16) << 4) + 15
    save(tmp_path / "a.tif", Image.fromarray(samples))

    page = load_page(ref(tmp_path / "a.tif"))

    assert np.median(page.image) == 255
    assert page.image.min() == 0


def test_samples_that_are_no_numbers_do_not_hide_the_page(tmp_path):
    samples = marked_image().astype(np.float32)
    samples[0, :3] = [np.nan, np.inf, -np.inf]
    save(tmp_path / "a.tif", Image.fromarray(samples))

    assert set(MARKS) <= set(marks_on(load_page(ref(tmp_path / "a.tif")).image))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_page_is_set_upright_as_its_exif_tag_says(tmp_path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = save(tmp_path / "a.png", exif=exif)

    page = load_page(ref(path))

    wanted = np.asarray(ImageOps.exif_transpose(Image.open(path, formats=["PNG"])))
    assert np.array_equal(page.image, wanted)
    assert page.size == wanted.shape[::-1]


@pytest.mark.parametrize("orientation", [0, 9, 255, 65535])
def test_an_exif_tag_that_means_nothing_turns_nothing(orientation):
    image = marked_image()

    assert np.array_equal(upright(image, orientation), image)


@pytest.mark.parametrize(
    ("stored", "expected"),
    [((300, 300), 300), ((72, 72), 72), (None, 0), ((1, 1), 0), ((90_000, 90_000), 0)],
)
def test_the_resolution_is_what_the_file_states_where_that_makes_sense(
    tmp_path, stored, expected
):
    save(tmp_path / "a.tif", **({"dpi": stored} if stored else {}))

    assert load_page(ref(tmp_path / "a.tif")).dpi == expected


# PDF


def test_a_pdf_page_is_drawn_at_the_resolution_asked_for(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(hostile.pdf_page(b"[0 0 144 72]"))

    page = load_page(ref(path), 200)

    assert (page.size, page.dpi) == ((400, 200), 200)


def test_a_huge_pdf_page_is_drawn_smaller_and_reports_it(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(hostile.pdf_page(b"[0 0 14400 14400]"))

    page = load_page(ref(path), 300)

    assert 0.9 * MAX_RENDER_PIXELS < page.image.size < 1.01 * MAX_RENDER_PIXELS
    assert page.dpi == pytest.approx(72 * page.size[0] / 14400, abs=1)


def test_a_pdf_that_shows_a_scan_is_read(tmp_path):
    scan = hostile.saved(Image.fromarray(marked_image()), "JPEG", quality=95)
    path = tmp_path / "a.pdf"
    path.write_bytes(hostile.pdf_picture(scan, b"DCTDecode", width=240, height=180))

    page = load_page(ref(path), 72)

    assert len(marks_on(page.image)) == len(MARKS)


@pytest.mark.parametrize("filters", [b"DCTDecode", b"JPXDecode"])
def test_a_pdf_picture_that_cannot_be_decoded_is_not_a_blank_page(tmp_path, filters):
    path = tmp_path / "a.pdf"
    path.write_bytes(hostile.pdf_picture(b"\xff\xd8\xff" + bytes(300), filters))

    with pytest.raises(InputError) as refusal:
        load_page(ref(path), 72)

    assert refusal.value.message == (
        "Page 1 of a.pdf has a picture that cannot be decoded."
    )


def test_a_blank_pdf_page_is_a_page(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(hostile.pdf_page())

    assert set(load_page(ref(path), 72).image.ravel()) == {255}


def test_a_pdf_that_was_replaced_is_opened_again(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(hostile.pdf_page(b"[0 0 72 72]"))
    before = load_page(ref(path), 72).size
    path.write_bytes(hostile.pdf_page(b"[0 0 144 72]"))

    assert (before, load_page(ref(path), 72).size) == ((72, 72), (144, 72))
