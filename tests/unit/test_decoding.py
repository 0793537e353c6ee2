"""Image files with wrong or missing data: decoded correctly or refused."""

import errno
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from ocr_core import pipeline
from ocr_core.documents import images, load_page, open_document, survey, upright
from ocr_core.errors import InputError, OcrError
from ocr_core.page import Page, PageRef
from ocr_core.settings import Settings
from tests.support import heic
from tests.support.hostile import png_chunk, saved
from tests.support.marks import MarksEngine, marked_image
from tests.support.scans import codes, loaded, text_page

FAX = {"compression": "group4"}

# Orientation


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    "compression", [None, "tiff_lzw", "jpeg", "tiff_adobe_deflate"]
)
def test_a_tiff_is_turned_once(tmp_path, orientation, compression):
    stored = marked_image()
    content = saved(
        Image.fromarray(stored),
        "TIFF",
        compression=compression,
        tiffinfo={274: orientation},
    )

    page = loaded(tmp_path, content)

    wanted = upright(stored, orientation)
    assert page.size == wanted.shape[::-1]
    assert np.abs(page.image.astype(int) - wanted).max() < 40  # what JPEG costs


def test_every_page_of_a_tiff_is_turned_as_its_own_tag_says(tmp_path):
    path = tmp_path / "two.tif"
    with TiffImagePlugin.AppendingTiffWriter(path, True) as file:
        for orientation in (6, 1):
            Image.fromarray(marked_image()).save(
                file, "TIFF", tiffinfo={274: orientation}
            )
            file.newFrame()

    pages = [load_page(PageRef(str(path), number)) for number in (1, 2)]

    assert [page.size for page in pages] == [(180, 240), (240, 180)]


# Pages and copies of pages


def tiff_of(tmp_path, *frames):
    """Write a TIFF of grey frames: the shade of each, and its own tags."""
    path = tmp_path / "many.tif"
    with TiffImagePlugin.AppendingTiffWriter(path, True) as file:
        for shade, tags in frames:
            Image.new("L", (30, 20), shade).save(file, "TIFF", tiffinfo=tags)
            file.newFrame()
    return path


PAGE, REDUCED, MASK, OLD_REDUCED, ONE_OF_MANY = (
    {254: 0},
    {254: 1},
    {254: 4},
    {255: 2},
    {254: 2},
)


@pytest.mark.parametrize(
    ("tags", "shades"),
    [
        ([PAGE, REDUCED, REDUCED], [10]),
        ([REDUCED, PAGE, MASK, PAGE], [20, 40]),
        ([{}, OLD_REDUCED, ONE_OF_MANY, {}], [10, 30, 40]),
        ([REDUCED, REDUCED], [10, 20]),
    ],
)
def test_reduced_copies_and_masks_in_a_tiff_are_no_pages(tmp_path, tags, shades):
    path = tiff_of(tmp_path, *zip((10, 20, 30, 40), tags, strict=False))

    pages = survey(path).pages
    found = [load_page(PageRef(str(path), n + 1)).image[0, 0] for n in range(pages)]

    assert found == shades
    with pytest.raises(InputError, match=f"has no page {pages + 1}"):
        load_page(PageRef(str(path), pages + 1))


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP"])
def test_every_picture_of_an_animation_is_a_page(tmp_path, form):
    frames = [Image.new("L", (20, 20), shade) for shade in (0, 120, 255)]
    path = tmp_path / "animation"
    path.write_bytes(saved(frames[0], form, save_all=True, append_images=frames[1:]))

    found = [load_page(ref).image.mean() for ref in open_document(path)]

    assert found == pytest.approx([0, 120, 255], abs=3)
    with pytest.raises(InputError, match="has no page 4"):
        load_page(PageRef(str(path), 4))


def test_the_pictures_of_a_heic_are_pages_and_lie_upright(tmp_path):
    (tmp_path / "two.heic").write_bytes(heic.TWO)
    (tmp_path / "turned.heic").write_bytes(heic.TURNED)

    first, second = map(load_page, open_document(tmp_path / "two.heic"))
    [turned] = map(load_page, open_document(tmp_path / "turned.heic"))

    assert (first.size, second.size, turned.size) == ((64, 32), (32, 64), (32, 64))
    dark = [image < 128 for image in (first.image, turned.image)]
    assert dark[0][:, :14].all()
    assert not dark[0][:, 18:].any()
    assert dark[1][:14].all()
    assert not dark[1][18:].any()


def test_a_heic_that_was_cut_off_is_refused(tmp_path):
    with pytest.raises(InputError, match="damaged"):
        loaded(tmp_path, heic.TWO[:-80])


def test_jpeg_xl_is_decoded(tmp_path):
    pylibjxl = pytest.importorskip("pylibjxl", reason="no wheel for this machine")
    shades = np.full((12, 30, 3), 40, np.uint8)

    page = loaded(tmp_path, pylibjxl.encode(shades, lossless=True))

    assert (page.size, int(page.image.max())) == ((30, 12), 40)


def test_the_second_picture_of_a_phone_is_no_page(tmp_path):
    first, second = text_page(), Image.new("L", (90, 30))
    content = saved(first, "MPO", save_all=True, append_images=[second])
    path = tmp_path / "phone.jpg"
    path.write_bytes(content)

    assert survey(path).pages == 1
    assert load_page(PageRef(str(path))).notes == ()


# JPEG without its end

JPEGS = {
    "grey": {},
    "colour": {"mode": "RGB"},
    "progressive": {"progressive": True},
    "progressive colour": {"mode": "RGB", "progressive": True},
    "restart markers": {"restart_marker_rows": 2},
    "CMYK": {"mode": "CMYK"},
}
ENDS = {
    "no end marker": lambda content: content[:-2],
    "half an end marker": lambda content: content[:-1],
    "blanks for an end marker": lambda content: content[:-2] + bytes(512),
}


def jpeg(kind):
    options = dict(JPEGS[kind])
    return saved(text_page().convert(options.pop("mode", "L")), "JPEG", **options)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("kind", JPEGS)
def test_a_jpeg_that_lacks_only_its_end_is_read_with_a_note(tmp_path, kind, end):
    whole = loaded(tmp_path, jpeg(kind))

    page = loaded(tmp_path, ENDS[end](jpeg(kind)))

    assert np.array_equal(page.image, whole.image)
    assert (codes(whole), codes(page)) == ([], ["file-ends-early"])


@pytest.mark.parametrize("tail", [b"", b"\xff\xd9", bytes(5000)])
@pytest.mark.parametrize("kind", JPEGS)
def test_a_jpeg_that_lacks_part_of_its_picture_is_refused(tmp_path, kind, tail):
    content = jpeg(kind)

    for share in (0.4, 0.7, 0.9, 0.99):
        cut = content[: int(len(content) * share)].rstrip(b"\xff")
        if kind.startswith("progressive") and tail == b"\xff\xd9":
            continue  # what is there shows the whole page, only coarser
        with pytest.raises(InputError, match="damaged and cannot be decoded"):
            loaded(tmp_path, cut + tail)


# Checksums


def png_of(pixels, *, wrong_adler=False, end=True):
    """Write grey pixels as a PNG of three packed chunks, by hand."""
    height, width = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    packed = bytearray(zlib.compress(rows))
    if wrong_adler:
        packed[-1] ^= 1
    third = len(packed) // 3 + 1
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = [bytes(packed[start : start + third]) for start in (0, third, 2 * third)]
    chunks = [(b"IHDR", head), *((b"IDAT", part) for part in parts)]
    chunks += [(b"IEND", b"")] if end else []
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)


def flipped_in(content, offset):
    return content[:offset] + bytes([content[offset] ^ 16]) + content[offset + 1 :]


def test_a_png_with_one_flipped_bit_in_its_pixels_is_refused(tmp_path):
    content = png_of(np.asarray(text_page()))
    start, end = content.index(b"IDAT") + 4, content.index(b"IEND") - 12

    for offset in range(start, end, (end - start) // 40):
        with pytest.raises(InputError):
            loaded(tmp_path, flipped_in(content, offset))


def test_a_png_that_unpacks_to_too_few_rows_is_refused(tmp_path):
    with pytest.raises(InputError):
        loaded(tmp_path, png_of(np.asarray(text_page()), wrong_adler=True))


def test_a_png_whose_last_rows_are_black_is_read(tmp_path):
    pixels = np.asarray(text_page()).copy()
    pixels[-9:] = 0

    page = loaded(tmp_path, png_of(pixels))

    assert np.array_equal(page.image, pixels)
    assert page.notes == ()


def test_a_png_is_read_where_a_checksum_proves_its_pixels(tmp_path):
    pixels = np.asarray(text_page())
    content = png_of(pixels)
    check = content.rindex(b"IDAT") - 5  # the last byte of the CRC before

    wrong_crc = loaded(tmp_path, flipped_in(content, check))
    no_end = loaded(tmp_path, png_of(pixels, end=False))

    for page in (wrong_crc, no_end):
        assert np.array_equal(page.image, pixels)
    assert codes(wrong_crc) == ["checksum-mismatch"]
    assert codes(no_end) == ["file-ends-early"]


def test_a_deflated_tiff_whose_pixels_have_changed_is_refused(tmp_path):
    content = saved(text_page(), "TIFF", compression="tiff_adobe_deflate")
    first = Image.open(io.BytesIO(content), formats=["TIFF"]).tag_v2[273][0]

    for offset in range(20, 400, 20):
        with pytest.raises(InputError):
            loaded(tmp_path, flipped_in(content, first + offset))


@pytest.mark.parametrize("order", [1, 2])
def test_a_fax_whose_data_break_off_is_reported(tmp_path, order):
    page = text_page().convert("1")
    whole = saved(page, "TIFF", compression="group4", tiffinfo={266: order})
    first = Image.open(io.BytesIO(whole), formats=["TIFF"]).tag_v2
    start, length = first[273][0], first[279][0]
    half = start + length // 2
    cut = whole[:half] + bytes(start + length - half) + whole[start + length :]

    assert codes(loaded(tmp_path, whole)) == []
    assert codes(loaded(tmp_path, cut)) == ["picture-ends-early"]


# Kinds of files that scanners and phones write


def test_tiled_and_64_bit_tiffs_show_the_same_page(tmp_path):
    pixels = np.full((48, 64), 255, np.uint8)
    pixels[16:32, 16:40] = 0
    entries = [
        (256, 4, 1, 64),
        (257, 4, 1, 48),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (277, 3, 1, 1),
    ]
    strips = [*entries, (273, 4, 1, 512), (278, 4, 1, 48), (279, 4, 1, pixels.size)]
    big = b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, len(strips))
    for tag, kind, count, value in sorted(strips):
        big += struct.pack("<HHQQ", tag, kind, count, value)
    big = big.ljust(512, b"\0") + pixels.tobytes()
    tiles = [*entries, (322, 3, 1, 64), (323, 3, 1, 48), (324, 4, 1, 512)]
    tiles.append((325, 4, 1, pixels.size))
    tiled = b"II*\0\x08\0\0\0" + struct.pack("<H", len(tiles))
    for tag, kind, count, value in sorted(tiles):
        tiled += struct.pack("<HHII", tag, kind, count, value)
    tiled = tiled.ljust(512, b"\0") + pixels.tobytes()

    for content in (big, tiled):
        assert np.array_equal(loaded(tmp_path, content).image, pixels)


# Resolution


@pytest.mark.parametrize(
    ("stored", "form", "size", "dpi"),
    [
        ((204, 98), "TIFF", (900, 624), 204),
        ((204, 196), "TIFF", (900, 312), 204),
        ((100, 200), "TIFF", (1800, 300), 200),
        ((200, 100), "PNG", (900, 600), 200),
        ((200, 100), "JPEG", (900, 600), 200),
        ((300, 299), "TIFF", (900, 300), 300),
    ],
)
def test_a_page_comes_out_in_square_pixels(tmp_path, stored, form, size, dpi):
    across, down = stored
    whole = text_page((size[0], size[1]))
    squeezed = whole.resize((900, 300))

    page = loaded(tmp_path, saved(squeezed, form, dpi=stored))

    assert (page.size, page.dpi) == (size, dpi)
    assert codes(page) == (["pixels-not-square"] if size != (900, 300) else [])
    inches = page.size[0] / page.dpi, page.size[1] / page.dpi
    assert inches == pytest.approx((900 / across, 300 / down), rel=0.01)


def test_letters_that_are_not_squeezed_speak_against_unequal_resolutions(tmp_path):
    page = loaded(tmp_path, saved(text_page(), "TIFF", dpi=(200, 100)))

    assert page.size == (900, 300)
    assert codes(page) == ["unequal-resolution-ignored"]


@pytest.mark.parametrize("width", [1728, 2048, 2432])
@pytest.mark.parametrize(("form", "more"), [("TIFF", FAX), ("PNG", {}), ("TIFF", {})])
def test_a_squeezed_fax_that_states_nothing_is_stretched(tmp_path, width, form, more):
    # Widths of a line and both resolutions: ITU-T T.4, 8 by 3.85 lines a millimetre.
    fax = text_page((width, 600), 44).resize((width, 288)).convert("1")

    page = loaded(tmp_path, saved(fax, form, **more))

    assert (page.size, page.dpi) == ((width, 598), 203)
    assert codes(page) == ["fax-resolution-assumed"]


@pytest.mark.parametrize(
    "fax",
    [
        text_page((1728, 600), 44).convert("1"),  # sent in fine resolution
        text_page((1730, 600), 44).resize((1730, 288)).convert("1"),  # no fax's width
        text_page((1728, 600), 44).resize((1728, 288)),  # grey
        Image.new("1", (1728, 300), 1),  # nothing to measure
    ],
)
def test_what_may_be_no_squeezed_fax_is_left_as_it_is(tmp_path, fax):
    page = loaded(tmp_path, saved(fax, "PNG"))

    assert (page.size, page.dpi, page.notes) == (fax.size, 0, ())


def test_a_fax_that_lies_on_its_side_is_stretched_across(tmp_path):
    lying = text_page((1200, 600), 56).transpose(Image.Transpose.ROTATE_90)
    squeezed = lying.resize((600, 600))
    content = saved(squeezed, "TIFF", dpi=(200, 100), tiffinfo={274: 6})

    page = loaded(tmp_path, content)

    assert (page.size, page.dpi) == ((1200, 600), 200)


@pytest.mark.parametrize(
    "stored", [(0, 0), (1, 1), (0.001, 0.001), (65_000, 65_000), (2401, 2401)]
)
def test_a_resolution_that_no_scanner_has_is_none(tmp_path, stored):
    page = loaded(tmp_path, saved(text_page(), "TIFF", dpi=stored))

    assert (page.size, page.dpi, page.notes) == ((900, 300), 0, ())


class Asked(MarksEngine):
    """An engine that records the resolution it is given."""

    def __init__(self):
        self.dpi = []

    def recognize(self, image, knobs, dpi=0, known=()):
        self.dpi.append(dpi)
        return super().recognize(image, knobs, dpi)


@pytest.mark.parametrize(
    ("dpi", "believed"),
    [(0, True), (72, True), (300, True), (600, True), (1200, False), (2400, False)],
)
@pytest.mark.parametrize("negative", [False, True])
def test_an_engine_hears_no_resolution_that_the_letters_contradict(
    monkeypatch, dpi, believed, negative
):
    pixels = np.asarray(text_page())
    engine = Asked()
    monkeypatch.setattr("ocr_core.engines.engine_named", lambda name: engine)
    image = 255 - pixels if negative else pixels
    page = Page(image, PageRef("film.png"), dpi=dpi)

    result = pipeline.recognize_page(
        page, Settings.from_flat({"language": "eng", "second_opinion": "off"})
    )

    assert engine.dpi == [dpi if believed else 0]
    assert result.dpi == dpi
    expected = [] if believed else ["resolution-ignored"]
    assert [note.code for note in result.notes] == expected


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (OSError("image file is truncated"), "damaged and cannot be decoded"),
        (TypeError("expected bytes"), "damaged and cannot be decoded"),
        (ModuleNotFoundError("no module"), "a fault in this program: ModuleNotFound"),
        (OSError(errno.ENOSPC, "No space left"), "cannot be opened: No space left"),
    ],
    ids=str,
)
def test_what_a_decoder_raises_is_damage_unless_it_cannot_be(
    tmp_path, monkeypatch, fault, said
):
    def decode(*_, **__):  # in no file of the program
        raise fault

    monkeypatch.setattr(images, "image_page", decode)

    with pytest.raises(OcrError, match=said):
        loaded(tmp_path, saved(text_page(), "PNG"))


def test_a_fault_of_the_program_is_called_one(tmp_path, monkeypatch):
    monkeypatch.setattr(images, "image_page", lambda: None)  # takes no argument
    with pytest.raises(OcrError, match="a fault in this program: TypeError") as said:
        loaded(tmp_path, saved(text_page(), "PNG"))
    assert (said.value.error_kind, said.value.exit_code) == ("engine", 1)

    monkeypatch.delattr(images, "image_page")
    with pytest.raises(OcrError, match="a fault in this program: AttributeError"):
        loaded(tmp_path, saved(text_page(), "PNG"))
