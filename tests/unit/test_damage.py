"""Pictures with damaged data: the page has a note, and its quality is lowered."""

import base64
import io
import os
import zlib

import numpy as np
import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name
from PIL import Image

from ocr_core.documents import load_page
from ocr_core.documents.damage import (
    FaxParameters,
    decoder_messages,
    fax_in_pdf_rows_lost,
    fax_rows_lost,
    jpeg_is_corrupt,
)
from ocr_core.page import PageRef
from ocr_core.pipeline import recognize_page
from ocr_core.settings import Settings
from tests.support.hostile import saved
from tests.support.scans import SCAN, codes, fax_data, loaded, paper, scan, text_page

FAX = text_page((900, 600)).convert("1")
OVERWRITTEN = bytes(range(7, 71))


@pytest.fixture
def read(tmp_path):
    """Return a function that saves a document, its data as they are, and loads it."""

    def load(document):
        path, as_they_are = tmp_path / "a.pdf", pikepdf.StreamDecodeLevel.none
        document.save(path, compress_streams=False, stream_decode_level=as_they_are)
        return load_page(PageRef(str(path)))

    return load


def overwritten(content, share=0.5):
    """Return data in which 64 bytes are others, at a share of their length."""
    start = int(share * len(content))
    return content[:start] + OVERWRITTEN + content[start + len(OVERWRITTEN) :]


@pytest.mark.parametrize(
    ("packing", "page"), [("group4", FAX), ("group3", FAX), ("jpeg", SCAN)]
)
def test_a_tiff_whose_data_are_damaged_is_reported(tmp_path, packing, page):
    whole = saved(page, "TIFF", compression=packing)

    good, bad = (loaded(tmp_path, each) for each in (whole, overwritten(whole)))

    assert (codes(good), good.intact) == ([], 1)
    assert set(codes(bad)) & {"picture-damaged", "picture-corrupt"}
    assert bad.intact <= 0.9


def test_most_flipped_bits_of_a_fax_are_reported(tmp_path):
    # One bit makes another code word; libtiff complains where no word begins so.
    whole = saved(FAX, "TIFF", compression="group4", strip_size=1_000_000)
    offsets = range(200, len(whole) - 400, 37)
    noted = 0
    for offset in offsets:
        flipped = bytearray(whole)
        flipped[offset] ^= 0x10
        noted += "picture-damaged" in codes(loaded(tmp_path, bytes(flipped)))

    assert noted > len(offsets) / 2


def test_the_rows_of_a_group_4_fax_hang_on_each_other():
    said = "Fax{}Decode: Bad code word at line {} of strip {} (x 9)."

    assert fax_rows_lost([said.format("4", 30, 1)], 250, 100) == 70
    assert fax_rows_lost([said.format("4", 30, 2)], 250, 100) == 20
    assert fax_rows_lost([said.format("3", 30, 1)] * 2, 250, 100) == 1
    assert fax_rows_lost([], 250, 100) == 0


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_whose_data_are_damaged_is_reported(tmp_path, progressive):
    whole = saved(SCAN, "JPEG", progressive=progressive)

    good, bad = (loaded(tmp_path, each) for each in (whole, overwritten(whole)))

    assert (codes(good), good.intact) == ([], 1)
    assert (codes(bad), bad.intact) == (["picture-corrupt"], 0.5)


def test_blanks_before_the_end_of_a_jpeg_are_no_damage():
    whole = saved(SCAN, "JPEG")

    assert not jpeg_is_corrupt(whole[:-2] + bytes(9) + whole[-2:])
    assert jpeg_is_corrupt(whole[:-2] + b"\1\2\3" * 3 + whole[-2:])


def test_the_quality_of_a_damaged_page_is_lower(tmp_path):
    qualities = []
    for content in (saved(SCAN, "JPEG"), overwritten(saved(SCAN, "JPEG"), 0.95)):
        path = tmp_path / "page.jpg"
        path.write_bytes(content)
        page = recognize_page(PageRef(str(path)), Settings())
        qualities.append(page.quality)

    assert qualities[1] <= 0.5 < qualities[0]


def rows_apart():
    """Return the picture as a fax whose rows begin at whole bytes."""
    content = saved(
        SCAN.convert("1"), "TIFF", compression="tiff_ccitt", strip_size=1_000_000
    )
    tags = Image.open(io.BytesIO(content), formats=["TIFF"]).tag_v2
    return content[tags[273][0] : tags[273][0] + tags[279][0]]


@pytest.mark.parametrize(
    ("content", "filters", "expected"),
    [
        (saved(SCAN, "JPEG"), Name.DCTDecode, "picture-corrupt"),
        (fax_data(), Name.CCITTFaxDecode, "picture-damaged"),
        (rows_apart(), Name.CCITTFaxDecode, "picture-damaged"),
        (
            zlib.compress(saved(SCAN, "JPEG")),
            Array([Name.FlateDecode, Name.DCTDecode]),
            "picture-checksum",
        ),
    ],
)
def test_a_picture_in_a_pdf_whose_data_are_damaged_is_reported(
    read, content, filters, expected
):
    found = []
    for data in (content, overwritten(content)):
        if expected == "picture-checksum" and data is not content:
            data = content[:-4] + b"four"
        document = pikepdf.new()
        show = scan(document, data, Filter=filters)
        if filters == Name.CCITTFaxDecode:
            show.BitsPerComponent = 1
            aligned = content == rows_apart()
            show.DecodeParms = Dictionary(
                K=0 if aligned else -1, Columns=900, Rows=300, EncodedByteAlign=aligned
            )
        paper(document, 216, 72, show=show)
        page = read(document)
        found.append((codes(page), page.intact))

    assert found[0] == ([], 1)
    assert expected in found[1][0]
    assert found[1][1] < 1


def test_checksums_are_found_behind_letters_that_stand_for_bytes(read):
    packed = zlib.compress(SCAN.tobytes())[:-4] + b"four"
    forms = {
        Name.ASCII85Decode: base64.a85encode(packed) + b"~>",
        Name.ASCIIHexDecode: packed.hex().encode() + b">",
    }
    for name, content in forms.items():
        document = pikepdf.new()
        show = scan(document, content, Filter=Array([name, Name.FlateDecode]))
        paper(document, 216, 72, show=show)

        assert codes(read(document)) == ["picture-checksum"]


def test_a_page_whose_instructions_are_damaged_is_reported(read):
    drawn = zlib.compress(b"0 0 100 30 re f\n" * 50)
    found = []
    for content in (drawn, drawn[:-4] + b"four", drawn[: len(drawn) // 2]):
        document = pikepdf.new()
        page = paper(document, 216, 72)
        stream = document.make_stream(b"")
        stream.write(content, filter=Name.FlateDecode)
        page.Contents = stream
        shown = read(document)
        found.append((codes(shown), shown.intact))

    assert found == [([], 1), (["content-damaged"], 0.9), (["content-damaged"], 0.5)]


def test_data_that_no_decoder_here_can_check_are_left_alone():
    unaligned = FaxParameters(0, 900, 300)
    aligned = FaxParameters(-1, 900, 300, aligned=True)

    assert fax_in_pdf_rows_lost(bytes(100), unaligned) == 0
    assert fax_in_pdf_rows_lost(b"\xff" * 100, unaligned) == 0
    assert fax_in_pdf_rows_lost(fax_data(), aligned) == 0


def test_what_others_print_meanwhile_is_passed_on(capfd):
    with decoder_messages() as heard:
        os.write(2, b"a line of another\nPremature end of JPEG file\n")

    assert heard == ["Premature end of JPEG file"]
    assert capfd.readouterr().err == "a line of another\n"


def test_pixels_are_the_same_with_somebody_listening(tmp_path):
    page = loaded(tmp_path, saved(FAX, "TIFF", compression="group4"))

    assert np.array_equal(page.image, np.asarray(FAX.convert("L")))
