"""Hostile, damaged and odd files give pages or an error message, never a crash."""

import csv
import os
import re
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from ocr_core.documents import MAX_PAGES, MAX_SIDE, images, load_page
from ocr_core.documents.files import MAX_BILEVEL_SIDE
from ocr_core.errors import EngineError, FormatError, InputError, LimitError, OcrError
from ocr_core.execution.batch import recognize_documents
from ocr_core.page import PageRef
from ocr_core.settings import Settings
from tests.support import hostile, tasks
from tests.support.hostile import (
    pdf_page,
    pdf_picture,
    picture,
    saved,
    tiff,
    tiff_entries,
)
from tests.support.waiting import HANG

ENOUGH = 1  # seconds for a file that would use up any time
DPI = 72
SENTENCE = re.compile(r"[A-Z\"'].*\.|.*\.", re.DOTALL)

# A folder of test pages beside the checkout, or named by OCR_TEST_DATA.
PAGES = Path(
    os.environ.get("OCR_TEST_DATA") or Path(__file__).parents[3] / "shared" / "data"
)
KNOWN = PAGES / "bad_inputs"

REFUSED = {
    "PNG of 3.6 gigapixels": hostile.png_bomb(60_000, 60_000),
    "PNG with a side too long": hostile.png_bomb(MAX_BILEVEL_SIDE + 1, 8),
    "PNG of no width": hostile.png_bomb(0, 8),
    "PNG that ends early": hostile.png_bomb(4000, 4000),
    "GIF of 4 gigapixels": hostile.gif_bomb(65_535, 65_535),
    "BMP of 3.6 gigapixels": hostile.bmp_bomb(60_000, 60_000),
    "BMP of endless runs": hostile.bmp_bomb(8000, 8000),
    "TIFF of more pixels than numbers": tiff(tiff_entries(2**31, 2**31)),
    "TIFF whose pixels lie beyond its end": tiff(
        tiff_entries(64, 64, strip=10**6, length=4096)
    ),
    "TIFF without a size": tiff([(258, 3, 1, 8)]),
    "TIFF without a directory": b"II*\0\0\0\0\0",
    "TIFF of too many pages": lambda: hostile.many_page_tiff(MAX_PAGES + 1),
    "PNM of more pixels than bytes": b"P5 30000 30000 255\n",
    "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\nshowpage\n",
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="9"/></svg>',
    "HTML": b"<!DOCTYPE html><title>no page</title>",
    "a list of other files": b"/etc/passwd\n/etc/hostname\n",
    "an address": b"http://127.0.0.1/page.png\n",
    "zeros": bytes(4096),
    "one byte": b"\x89",
    "nothing": b"",
    "PDF that ends after its first line": b"%PDF-1.7\n",
    "PDF page of a billion points": pdf_page(b"[0 0 1000000000 1000000000]"),
    "PDF of too many pages": lambda: hostile.many_page_pdf(MAX_PAGES + 1),
    "PDF that claims a million pages": hostile.many_page_pdf(3, claimed=10**6),
    "PDF whose pages hold themselves": hostile.pdf_tree_loop(),
    "PDF of no pages": hostile.many_page_pdf(0),
    "PDF around a broken JPEG": pdf_picture(b"\xff\xd8\xff" + bytes(300), b"DCTDecode"),
    "PDF around a broken JPEG 2000": pdf_picture(b"junk" * 30, b"JPXDecode"),
    "PDF around a picture of 3.6 gigapixels": pdf_picture(
        zlib.compress(bytes(10**7)), b"FlateDecode", width=60_000, height=60_000
    ),
}
SIZE = 64 * 48  # the pixels of `pdf_picture`
NOISE = np.random.default_rng(0).bytes(SIZE)
PALETTE = b"[/Indexed /DeviceRGB 1 <FFFFFF000000>]"
NEGATIVE = b"/Decode [1 0]"
BROKEN_PICTURES = {
    "JPEG": pdf_picture(b"\xff\xd8\xff" + bytes(300), b"DCTDecode"),
    "JBIG2": pdf_picture(b"junk" * 30, b"JBIG2Decode", bits=1),
    "JBIG2 of nothing": pdf_picture(b"", b"JBIG2Decode", bits=1),
    "Flate of nothing": pdf_picture(zlib.compress(b""), b"FlateDecode"),
    "Flate of junk": pdf_picture(b"junk" * 30, b"FlateDecode"),
    "Flate of much junk": pdf_picture(b"junk" * 3000, b"FlateDecode", more=NEGATIVE),
    "Flate of junk in a palette": pdf_picture(
        b"junk" * 30, b"FlateDecode", colours=PALETTE
    ),
    "Flate of junk as a stencil": pdf_picture(
        b"junk" * 30, b"FlateDecode", bits=1, more=b"/ImageMask true /Decode [1 0]"
    ),
    "Flate cut off at its start": pdf_picture(
        zlib.compress(NOISE)[:4], b"FlateDecode", more=NEGATIVE
    ),
    "Flate cut off in its white margin": pdf_picture(
        zlib.compressobj(0).compress(bytes(SIZE))[: SIZE // 8],
        b"FlateDecode",
        more=NEGATIVE,
    ),
    "Flate of too few bytes": pdf_picture(
        zlib.compress(bytes(SIZE // 5)), b"FlateDecode", colours=b"/DeviceCMYK"
    ),
}
WHITE_PICTURES = {
    "grey": pdf_picture(zlib.compress(b"\xff" * SIZE), b"FlateDecode"),
    "grey without a checksum": pdf_picture(
        zlib.compress(b"\xff" * SIZE)[:-4], b"FlateDecode"
    ),
    "grey of more bytes than pixels": pdf_picture(
        zlib.compress(b"\xff" * SIZE * 3), b"FlateDecode"
    ),
    "grey that shows through": pdf_picture(
        zlib.compress(b"\xff" * (SIZE // 8)),
        b"FlateDecode",
        bits=1,
        more=b"/Mask [1 1]",
    ),
    "16-bit": pdf_picture(zlib.compress(b"\xff" * 2 * SIZE), b"FlateDecode", bits=16),
    "a bit a pixel": pdf_picture(
        zlib.compress(b"\xff" * (SIZE // 8)), b"FlateDecode", bits=1
    ),
    "a bit a pixel in a palette": pdf_picture(
        zlib.compress(bytes(SIZE // 8)), b"FlateDecode", bits=1, colours=PALETTE
    ),
    "two bits a pixel": pdf_picture(
        zlib.compress(b"\xff" * (SIZE // 4)), b"FlateDecode", bits=2
    ),
    "a bit a colour": pdf_picture(
        zlib.compress(b"\xff" * (SIZE * 3 // 8)),
        b"FlateDecode",
        bits=1,
        colours=b"/DeviceRGB",
    ),
    "four bits a colour": pdf_picture(
        zlib.compress(b"\xff" * (SIZE * 3 // 2)),
        b"FlateDecode",
        bits=4,
        colours=b"/DeviceRGB",
    ),
    "ink": pdf_picture(
        zlib.compress(bytes(4 * SIZE)), b"FlateDecode", colours=b"/DeviceCMYK"
    ),
    "a stencil": pdf_picture(
        zlib.compress(b"\xff" * (SIZE // 8)),
        b"FlateDecode",
        bits=1,
        more=b"/ImageMask true",
    ),
    "runs": pdf_picture(b"\x81\xff" * (SIZE // 128) + b"\x80", b"RunLengthDecode"),
    "hexadecimal": pdf_picture(b"FF" * SIZE + b">", b"ASCIIHexDecode"),
    "JPEG": pdf_picture(saved(Image.new("L", (64, 48), 255), "JPEG"), b"DCTDecode"),
}
LARGE = {
    "PDF around a picture of 3.6 gigapixels",
    "PNG with a comment of 200 MB",
    "TIFF of too many pages",
}
ENDLESS = {
    "JPEG of ten thousand scans": hostile.scan_bomb(10_000),
    "PDF of forms within forms": hostile.pdf_laughs(),
}
OPENED = {
    "PNG with a comment of 200 MB": hostile.png_text_bomb,
    "TIFF whose directory follows itself": tiff(tiff_entries(8, 8), loop=0),
    "TIFF whose directories follow each other": tiff(
        tiff_entries(8, 8), tiff_entries(8, 8), loop=0
    ),
    "PDF of commands packed twice": lambda: hostile.pdf_flate_bomb(50_000_000),
    "PDF page of the largest size": pdf_page(b"[0 0 14400 14400]"),
    "PDF page of no size": pdf_page(b"[0 0 0 0]"),
    "PDF page of a long line": pdf_page(b"[0 0 900000 1]"),
    "PDF that claims fewer pages than it has": hostile.many_page_pdf(300, claimed=1),
    "PDF around a good JPEG": pdf_picture(saved(picture(), "JPEG"), b"DCTDecode"),
}
WHOLE = {
    "PNG": saved(picture(), "PNG"),
    "JPEG": saved(picture(), "JPEG"),
    "progressive JPEG": saved(picture(), "JPEG", progressive=True),
    "TIFF": saved(picture(), "TIFF"),
    "LZW TIFF": saved(picture(), "TIFF", compression="tiff_lzw"),
    "fax TIFF": saved(picture().convert("1"), "TIFF", compression="group4"),
    "GIF": saved(picture(), "GIF"),
    "BMP": saved(picture(), "BMP"),
    "WebP": saved(picture(), "WEBP", lossless=True),
    "AVIF": saved(picture(), "AVIF"),
    "JPEG 2000": saved(picture(), "JPEG2000"),
    "PGM": saved(picture(), "PPM"),
    "PDF": pdf_picture(saved(picture(), "JPEG"), b"DCTDecode"),
}


@pytest.fixture
def opened(pool, tmp_path):
    """Return a function that opens a file's bytes in a worker."""

    def open_bytes(content, name="page", seconds=HANG):
        path = tmp_path / name
        path.write_bytes(content() if callable(content) else content)
        ref = PageRef(str(path), 0)
        return pool.submit(tasks.opened, ref, DPI, 2, seconds=seconds).result(HANG)

    return open_bytes


def said(error):
    """Return an error's message, after checking its form."""
    assert error.message.endswith(".")
    assert not re.search(r"Traceback|Error\(|0x[0-9a-f]{6}", str(error))
    return error.message


NAMED_LIMITS = {
    "PNG of 3.6 gigapixels": "80 megapixels",
    "PNG with a side too long": "65000 pixels a side",
    "GIF of 4 gigapixels": "80 megapixels",
    "TIFF of too many pages": "limit of 20000",
    "PDF of too many pages": "limit of 20000",
}


def cases(kinds):
    """Return the kinds of files as test cases, those that take long as large ones."""
    return [
        pytest.param(kind, marks=[pytest.mark.large] if kind in LARGE else [])
        for kind in kinds
    ]


@pytest.mark.parametrize(
    "kind", cases(each for each in REFUSED if each not in NAMED_LIMITS)
)
def test_a_hostile_file_is_refused_with_a_sentence(opened, kind):
    with pytest.raises((InputError, EngineError)) as refusal:
        opened(REFUSED[kind])

    assert said(refusal.value)


@pytest.mark.parametrize("kind", BROKEN_PICTURES)
def test_a_page_whose_picture_is_broken_is_never_called_blank(opened, kind):
    with pytest.raises(InputError, match="has a picture that cannot be decoded"):
        opened(BROKEN_PICTURES[kind])


@pytest.mark.parametrize("kind", WHITE_PICTURES)
def test_a_page_whose_picture_is_white_is_opened(opened, kind):
    assert opened(WHITE_PICTURES[kind]) == [(100, 200)]


def test_a_look_at_a_white_picture_leaves_no_word_in_the_log(tmp_path, caplog):
    path = tmp_path / "white.pdf"
    path.write_bytes(WHITE_PICTURES["grey"])

    load_page(PageRef(str(path), 1), DPI)

    assert not caplog.records


@pytest.mark.parametrize("kind", cases(NAMED_LIMITS))
def test_a_refusal_names_the_limit(opened, kind):
    with pytest.raises(LimitError) as refusal:
        opened(REFUSED[kind])

    assert NAMED_LIMITS[kind] in said(refusal.value)


@pytest.mark.parametrize("kind", ENDLESS)
def test_a_file_that_never_ends_is_refused_at_a_limit(opened, kind):
    with pytest.raises((LimitError, EngineError)) as refusal:
        opened(ENDLESS[kind], seconds=ENOUGH)

    assert said(refusal.value)


@pytest.mark.parametrize("kind", cases(OPENED))
def test_an_odd_file_is_opened_within_the_limits(opened, kind):
    shapes = opened(OPENED[kind])

    assert 1 <= len(shapes) <= 2
    for height, width in shapes:
        assert height * width <= 81_000_000
        assert max(height, width) <= MAX_SIDE


@pytest.mark.parametrize("kind", WHOLE)
def test_a_file_that_breaks_off_is_a_whole_page_or_refused(opened, kind):
    content = WHOLE[kind]
    whole = opened(content)

    for share in (0.02, 0.3, 0.6, 0.9):
        cut = content[: int(len(content) * share)]
        try:
            shapes = opened(cut, f"{share}")
        except OcrError as error:
            assert said(error)
        else:
            assert shapes == whole


@pytest.mark.parametrize("kind", [kind for kind in WHOLE if kind not in ("PDF", "PGM")])
def test_a_picture_that_lacks_a_third_of_its_bytes_is_never_guessed(opened, kind):
    content = WHOLE[kind]
    if kind in ("progressive JPEG", "JPEG 2000", "fax TIFF"):
        content = content[: len(content) // 4]

    with pytest.raises(InputError):
        opened(content[: len(content) * 2 // 3])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "GIF", "AVIF", "JPEG 2000"])
def test_what_begins_like_a_picture_is_called_damaged(opened, kind):
    with pytest.raises(InputError) as refusal:
        opened(WHOLE[kind][:24])

    assert said(refusal.value) == "page is damaged and cannot be decoded."


@pytest.mark.parametrize("content", [b"BMW drives by", b"II."])
def test_a_text_with_the_letters_of_a_picture_is_called_none(opened, content):
    with pytest.raises(FormatError):
        opened(content)


@pytest.mark.parametrize("kind", WHOLE)
def test_a_file_with_flipped_bits_is_a_page_or_refused(opened, kind):
    for seed in range(12):
        try:
            shapes = opened(hostile.flipped(WHOLE[kind], seed), f"{seed}")
        except OcrError as error:
            assert said(error)
        else:
            assert all(height * width > 0 for height, width in shapes)


def test_a_file_that_was_cut_costs_its_page_and_its_worker_lives_on(
    lone_worker, tmp_path
):
    path = tmp_path / "page"
    path.write_bytes(REFUSED["zeros"])
    before = lone_worker.submit(tasks.process_id).result()

    with pytest.raises(InputError):
        lone_worker.submit(tasks.opened, PageRef(str(path), 0), DPI, 2).result()

    assert lone_worker.submit(tasks.process_id).result() == before


@pytest.mark.parametrize("name", hostile.NAMES)
def test_a_name_is_a_label_and_never_obeyed(opened, tmp_path, name):
    before = set(tmp_path.parent.iterdir())

    shapes = opened(WHOLE["PNG"], name)

    assert shapes == [(48, 64)]
    assert set(tmp_path.parent.iterdir()) == before


def test_a_tiff_of_many_kinds_of_pages_is_read_page_by_page(opened, tmp_path):
    pages = [picture(), picture(30, 20).convert("1"), picture(50, 10).convert("RGB")]
    path = tmp_path / "mixed.tif"
    with TiffImagePlugin.AppendingTiffWriter(path, True) as file:
        for page in pages:
            page.save(file, "TIFF")
            file.newFrame()

    assert opened(path.read_bytes()) == [(48, 64), (20, 30)]


def test_a_password_is_named_as_the_cause(opened):
    locked = pdf_page().replace(
        b"/Root 1 0 R",
        b"/Root 1 0 R /Encrypt << /Filter /Standard /V 1 /R 2 /O (%b) /U (%b) /P -4 >> "
        b"/ID [<00> <00>]" % (b"o" * 32, b"u" * 32),
    )

    with pytest.raises(InputError, match="protected by a password") as refusal:
        opened(locked)

    assert "without the password" in refusal.value.hint


def test_the_pictures_of_an_animation_are_opened_one_by_one(opened):
    frames = [Image.new("L", (20, 20), shade) for shade in (0, 255)]
    content = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])

    assert opened(content) == [(20, 20), (20, 20)]


@pytest.mark.parametrize("size", [(16, 20_000), (20_000, 16), (1, 31_999), (2, 2)])
@pytest.mark.parametrize("steps", ["auto", "on"])
@pytest.mark.needs_tesseract
def test_a_page_as_thin_as_a_thread_is_read_or_refused_with_a_sentence(
    pool, tmp_path, size, steps
):
    path = tmp_path / "thread.png"
    dots = np.random.default_rng(0).random(size[::-1]) < 0.05
    Image.fromarray(np.where(dots, 0, 255).astype(np.uint8)).save(path)
    names = ("invert", "crop", "deskew", "bleed", "flatten", "contrast", "scale")
    knobs = dict.fromkeys(names, steps) | {"second_opinion": "off"}
    settings = Settings.from_flat(knobs)

    result = next(recognize_documents([PageRef(str(path), 0)], settings, pool))

    assert result.status in ("ok", "blank", "failed")
    assert not re.search(r"[Ee]rror|unexpected|OpenCV|assert|No image", result.error)


def known_files():
    """List the files of the collection with what is expected of each."""
    try:
        with (KNOWN / "manifest.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except OSError:
        return []


FILES = known_files()


@pytest.mark.large
@pytest.mark.skipif(
    not FILES, reason="no folder of test pages; OCR_TEST_DATA names one"
)
@pytest.mark.needs_tesseract
def test_known_bad_inputs_end_as_their_manifest_expects(pool):
    refs = [PageRef(str(KNOWN / row["file"]), 0) for row in FILES]
    # In photographs without text, finding the language would take most of the time.
    knobs = {"dpi": DPI, "language": "eng", "second_opinion": "off"}
    settings = Settings.from_flat(knobs)
    ended: dict[str, list] = {ref.source_file: [] for ref in refs}

    for result in recognize_documents(refs, settings, pool, pages={1, 2}.__contains__):
        ended[result.ref.source_file].append(result)

    for row in FILES:
        results = ended[row["file"]]
        statuses = {result.status for result in results}
        assert statuses <= {"ok", "blank", "failed"}
        for result in results:
            assert (result.status == "failed") == bool(result.error)
            assert "Traceback" not in result.error
        if row["strict"] == "yes":
            refused = statuses == {"failed"}
            details = [row["file"], *(result.error for result in results)]
            assert refused == (row["expected"] == "reject"), details


@pytest.mark.parametrize(("ending", "side"), [("jp2", 61), ("j2k", 40)])
def test_jpeg_2000_of_too_many_samples_is_read_at_half_its_size(
    tmp_path, monkeypatch, ending, side
):
    monkeypatch.setattr(images, "MAX_SAMPLES", 3 * side * 40)
    for mode in ("RGB", "RGBA"):
        Image.new(mode, (side, 40), "white").save(tmp_path / f"{mode}.{ending}")

    assert load_page(PageRef(str(tmp_path / f"RGB.{ending}"))).size == (side, 40)
    page = load_page(PageRef(str(tmp_path / f"RGBA.{ending}")))
    assert page.size == ((side + 1) // 2, 20)
    assert page.image.min() == 255
    assert "1/2 of its width" in page.notes[0].text


def test_jpeg_2000_of_too_many_samples_in_one_size_is_refused_for_memory(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(images, "MAX_SAMPLES", 3 * 60 * 40)
    path = tmp_path / "page.jp2"
    Image.new("RGBA", (60, 40)).save(path, num_resolutions=1)

    with pytest.raises(LimitError, match="needs more memory to open"):
        load_page(PageRef(str(path)))
