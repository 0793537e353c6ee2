"""Images: one page of an image file as pixels, upright and on white paper."""

import io
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from PIL import Image, ImageFile, UnidentifiedImageError

from ocr_core.documents import damage, integrity
from ocr_core.documents.damage import Damage
from ocr_core.documents.decoders import register_decoder
from ocr_core.documents.files import (
    MAX_BILEVEL_PIXELS,
    MAX_BILEVEL_SIDE,
    MAX_PIXELS,
    MAX_SIDE,
    damaged,
    errors_explained,
    too_large,
)
from ocr_core.documents.grey import grey_of, may_hold_colour
from ocr_core.documents.notes import note
from ocr_core.documents.resolution import squared, stated_resolution
from ocr_core.errors import InputError, LimitError
from ocr_core.page import Note, PageRef

# Pillow may only use these decoders; otherwise it would start Ghostscript for EPS.
FORMATS = "PNG JPEG TIFF WEBP AVIF JPEG2000 BMP GIF PPM HEIF JXL".split()
WEAKLY_SIGNED = ("BMP", "PPM")  # begin with two letters, as a text may
SIGNATURE_BYTES = 16  # Pillow recognises a format by so many first bytes
FRAMED = ("GIF", "WEBP", "PNG", "AVIF", "HEIF")  # may hold several pictures: pages
UPRIGHT = {3: 180, 6: 90, 8: 270}
ORIENTATION = 0x0112
SIDEWAYS = (5, 6, 7, 8)  # orientations that swap width and height
NEW_SUBFILE, OLD_SUBFILE = 254, 255  # TIFF tags: the role of a picture in the file
REDUCED_OR_MASK = 0b101  # bits of the first tag: a smaller copy, a transparency mask
REDUCED = 2  # value of the second tag
COMPRESSION = 259
FAXES, GROUP_4, PACKED_JPEG = (2, 3, 4), 4, 7  # values of COMPRESSION
DEFLATED = 8, 32946
HEIGHT, STRIP_ROWS, TILE_ROWS, JPEG_TABLES = 257, 278, 323, 347
BIT_ORDER = 266
STRIPS, TILES = (273, 279), (324, 325)  # TIFF tags: their offsets and lengths
JPEGS = ("JPEG", "MPO")
MAX_SAMPLES = 3 * MAX_PIXELS  # that OpenJPEG may decode, to four bytes each
COD, HEAD_BYTES = b"\xff\x52", 65_536  # marker of a JPEG 2000's coding
BAND = 256  # rows that are converted at once, to save memory
COLOUR_TEST_PIXELS = 600_000  # at this size, letters on A4 still show their colour


@contextmanager
def open_picture(ref: PageRef) -> Iterator[Image.Image]:
    """Open a page of an image file, not yet decoded, and upright only if it is a TIFF.

    Raises
    ------
    InputError
        If the page is missing or damaged, also if that is only found in use.
    """
    with errors_explained(ref), opened(ref) as picture:
        seek_page(picture, ref)
        yield picture


@contextmanager
def opened(ref: PageRef, content: bytes | None = None) -> Iterator[Image.Image]:
    """Open an image file, or `content` instead, within the limits."""
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # truncated pictures are refused
    # Pillow raises at twice this number; `_check_size` has limits by kind of pixels.
    Image.MAX_IMAGE_PIXELS = MAX_BILEVEL_PIXELS // 2
    Image.init()
    known = register_decoder(ref, content)
    # Not by name: Pillow would map the file, and mix up the rows of a rotated TIFF.
    with (
        Path(ref.path).open("rb") if content is None else io.BytesIO(content) as file,
        _identified(file, ref, known) as picture,
    ):
        _check_size(picture, ref)
        if picture.format == "JPEG2000":
            _skip_finest_level(picture, file)
        yield picture


def _skip_finest_level(picture: Any, file: IO[bytes]) -> None:
    """Decode a JPEG 2000 of too many samples at half its width and height.

    Raises
    ------
    MemoryError
        If it is stored at its full resolution only.
    """
    width, height = picture.size
    if width * height * len(picture.getbands()) <= MAX_SAMPLES:
        return
    position = file.tell()
    file.seek(0)
    levels = levels_of(file.read(HEAD_BYTES))
    file.seek(position)
    if not levels:
        raise MemoryError
    picture.reduce = 1


def levels_of(head: bytes) -> int:
    """Return how often the size of a JPEG 2000 can be halved, by its COD marker.

    Source: ISO/IEC 15444-1, A.6.1.
    """
    at = head.find(COD)
    return head[at + 9] if 0 <= at < len(head) - 9 else 0


def _identified(file: IO[bytes], ref: PageRef, known: bool) -> Image.Image:
    """Open a picture; one of a known kind that cannot be opened is damaged.

    The kind is known if a decoder was registered for it, or by its first bytes.
    """
    formats = [name for name in FORMATS if name in Image.OPEN]
    try:
        return Image.open(file, formats=formats)
    except UnidentifiedImageError:
        file.seek(0)
        head = file.read(SIGNATURE_BYTES)
        accepts = [Image.OPEN[name][1] for name in formats if name not in WEAKLY_SIGNED]
        if known or any(accept and accept(head) for accept in accepts):
            raise damaged(ref.source_file) from None
        raise


def _check_size(picture: Image.Image, ref: PageRef) -> None:
    width, height = picture.size
    bilevel = picture.mode == "1"
    pixels, side = MAX_PIXELS, MAX_SIDE
    if bilevel:  # one bit a pixel, which is reduced when it is decoded
        pixels, side = MAX_BILEVEL_PIXELS, MAX_BILEVEL_SIDE
    if width * height > pixels or max(width, height) > side:
        raise LimitError(too_large(ref.source_file, bilevel=bilevel))
    if min(width, height) < 1:
        raise InputError("{0} has no pixels.", ref.source_file)


def count_pages(picture: Image.Image, max_pages: int) -> int:
    """Count the pages, up to `max_pages` + 1; frames of an animation are pages."""
    if picture.format != "TIFF":
        return min(_frames(picture), max_pages + 1)
    pages = frames = 0
    try:
        while pages <= max_pages:
            picture.seek(frames)
            frames += 1
            pages += _is_page(picture)
    except EOFError:
        return pages or min(frames, max_pages + 1)
    return pages


def seek_page(picture: Image.Image, ref: PageRef) -> None:
    """Go to a page, in a TIFF past reduced copies of pages and their masks."""
    wanted, pages, frames = max(1, ref.number), 0, 0
    if picture.format != "TIFF":
        pages = wanted
        if wanted > _frames(picture):
            raise InputError("{0} has no page {1}.", ref.source_file, wanted)
        if wanted > 1:
            picture.seek(wanted - 1)
    try:
        while pages < wanted:
            picture.seek(frames)
            frames += 1
            pages += _is_page(picture)
    except EOFError:
        if pages or wanted > frames:
            raise InputError("{0} has no page {1}.", ref.source_file, wanted) from None
        picture.seek(wanted - 1)  # all pages claim to be copies
    _check_size(picture, ref)


def _is_page(picture: Image.Image) -> bool:
    tags = getattr(picture, "tag_v2", {})
    kind, old_kind = (tags.get(tag, 0) for tag in (NEW_SUBFILE, OLD_SUBFILE))
    reduced = isinstance(kind, int) and kind & REDUCED_OR_MASK
    return not reduced and old_kind != REDUCED


def image_page(
    ref: PageRef, *, colour: bool
) -> tuple[np.ndarray, int, tuple[Note, ...], float]:
    """Decode a page; return its pixels, its resolution, notes and intact share.

    The intact share is that of the pixels without damage.
    """
    with opened(ref) as picture:
        seek_page(picture, ref)
        form = picture.format
        factor = reduction(picture)
        stated = stated_resolution(picture).reduced(factor)
        if _stored_orientation(picture) in SIDEWAYS:
            stated = stated.turned()
        if form in JPEGS:
            image, found = _jpeg(picture, ref, colour)
        else:
            tags = dict(getattr(picture, "tag_v2", {}))
            with damage.decoder_messages() as messages:
                image = _decoded(picture, colour)
            found = Damage()
            if form == "PNG":
                found = Damage(_png_notes(picture, ref))
            elif form == "TIFF":
                found = _tiff_damage(ref, tags, messages)
    image, dpi, more = squared(image, stated)
    if factor > 1:
        more = (*more, note("page-reduced", factor))
    return image, dpi, (*found.notes, *more), found.intact


def _frames(picture: Image.Image) -> int:
    """Count the pictures of a file whose first one can be opened.

    The second of a phone's JPEG is a preview, or a map of distances.
    """
    if picture.format not in FRAMED:
        return 1
    try:
        return max(1, int(getattr(picture, "n_frames", 1)))
    except (EOFError, OSError, SyntaxError, ValueError):
        return 1


def _decoded(picture: Image.Image, colour: bool, grey: bool = False) -> np.ndarray:
    exif = orientation(picture)
    if picture.format in JPEGS and not colour:
        # libjpeg decodes grey, which is its first channel, in a third of the time.
        picture.draft("L" if grey else "YCbCr", None)
    factor = reduction(picture)
    picture.load()
    is_large = factor > 1 and picture.mode == "1"
    pixels = _reduced(picture, colour, factor) if is_large else None
    return upright(_eight_bit(picture, colour) if pixels is None else pixels, exif)


def reduction(picture: Image.Image) -> int:
    """Return the factor by which a picture is reduced, as it is read: 1 for most."""
    if picture.format == "JPEG2000":
        halved: Any = picture.reduce  # a number if it was set, else a method
        return 1 << halved if isinstance(halved, int) else 1
    width, height = picture.size
    pixels = (width * height / MAX_PIXELS) ** 0.5
    return max(1, math.ceil(max(pixels, max(width, height) / MAX_SIDE)))


def _reduced(picture: Image.Image, colour: bool, factor: int) -> np.ndarray:
    """Return a two-level picture in grey, reduced part by part to save memory."""
    width, height = picture.size
    step = factor * BAND
    parts = (
        picture.crop((0, top, width, min(top + step, height)))
        for top in range(0, height, step)
    )
    grey = np.vstack([np.asarray(part.convert("L").reduce(factor)) for part in parts])
    return np.repeat(grey[..., None], 3, axis=2) if colour else grey


def _tiff_damage(ref: PageRef, tags: dict[int, Any], messages: Sequence[str]) -> Damage:
    """Return the damage of a TIFF; raise InputError if its pixels have changed.

    `messages` is what its decoder complained of.
    """
    packing, height = tags.get(COMPRESSION), int(tags.get(HEIGHT, 0))
    offsets, lengths = STRIPS if STRIPS[0] in tags else TILES
    strips = list(zip(tags.get(offsets, ()), tags.get(lengths, ()), strict=False))
    if packing in DEFLATED and not integrity.deflated_strips_match(ref.path, strips):
        raise damaged(ref.source_file)
    if packing == PACKED_JPEG:
        tables = bytes(tags.get(JPEG_TABLES, b""))
        jpegs = (damage.jpeg_of_strip(strip, tables) for strip in _read(ref, strips))
        return damage.corrupt() if any(map(damage.jpeg_is_corrupt, jpegs)) else Damage()
    if packing not in FAXES:
        return Damage()
    rows = int(tags.get(STRIP_ROWS, tags.get(TILE_ROWS, height)))
    lost = damage.rows_lost(damage.fax_rows_lost(messages, height, rows), height)
    reversed_bits = tags.get(BIT_ORDER) == 2
    if packing != GROUP_4 or integrity.fax_strips_have_ends(
        ref.path, strips, reversed_bits=reversed_bits
    ):
        return lost
    return lost.combined_with(Damage((note("picture-ends-early"),)))


def _read(ref: PageRef, strips: Sequence[tuple[int, int]]) -> Iterator[bytes]:
    with Path(ref.path).open("rb") as file:
        for offset, length in strips:
            file.seek(offset)
            yield file.read(length)


def _png_notes(picture: Image.Image, ref: PageRef) -> tuple[Note, ...]:
    """Return notes on the checksums of a PNG; raise InputError if they differ."""
    # Pillow silently leaves rows at zero that it could not unpack.
    empty = not _corner(picture, picture.width)[-2:].any(axis=1).all()
    state = integrity.png_state(ref.path, thorough=empty)
    if state == "damaged":
        raise damaged(ref.source_file)
    codes = {"ends early": "file-ends-early", "checksum wrong": "checksum-mismatch"}
    return (note(codes[state]),) if state in codes else ()


def _jpeg(
    picture: Image.Image, ref: PageRef, colour: bool
) -> tuple[np.ndarray, Damage]:
    """Decode a JPEG; raise InputError if more than its end marker is missing."""
    content = Path(ref.path).read_bytes()
    ended = integrity.jpeg_has_end(content)
    if ended:
        image = _decoded(picture, colour, colour or _is_grey(ref))
        found = damage.corrupt() if damage.jpeg_is_corrupt(content) else Damage()
        if not integrity.looks_filled(_corner(picture, 4)):
            return image, found
    whole = integrity.whole_jpeg(content)
    if whole is None:
        raise damaged(ref.source_file)
    if ended:
        return image, found
    with opened(ref, whole) as again:
        grey = colour or _is_grey(ref, whole)
        found = damage.corrupt() if damage.jpeg_is_corrupt(whole) else Damage()
        image = _decoded(again, colour, grey)
        return image, Damage((note("file-ends-early"),)).combined_with(found)


def _is_grey(ref: PageRef, content: bytes | None = None) -> bool:
    """Return whether a JPEG has no coloured ink, judged by a small copy."""
    with opened(ref, content) as picture:
        if picture.mode == "L":
            return True
        fold = max(1, int((picture.width * picture.height / COLOUR_TEST_PIXELS) ** 0.5))
        picture.draft("RGB", (picture.width // fold, picture.height // fold))
        return not may_hold_colour(np.array(picture.convert("RGB")))


def _corner(picture: Image.Image, width: int) -> np.ndarray:
    """Return the last rows of a decoded picture, `width` pixels wide."""
    right, bottom = picture.size
    return np.asarray(picture.crop((right - width, max(0, bottom - 4), right, bottom)))


def _stored_orientation(picture: Image.Image) -> int:
    try:
        return int(picture.getexif().get(ORIENTATION, 1))
    except Exception:  # a page with a broken EXIF block can still be read
        return 1


def orientation(picture: Image.Image) -> int:
    """Return the EXIF orientation to apply after decoding: 1 to 8, 1 for none.

    Pillow applies the orientation of TIFF files, and of no others, when it decodes.
    """
    return 1 if picture.format == "TIFF" else _stored_orientation(picture)


def upright(image: np.ndarray, exif: int) -> np.ndarray:
    """Turn and mirror pixels according to an EXIF orientation (1 to 8)."""
    if exif in (5, 7):
        image = np.swapaxes(image, 0, 1)
        if exif == 7:
            image = image[::-1, ::-1]
    elif exif in (2, 4):
        image = image[:, ::-1] if exif == 2 else image[::-1]
    elif exif in UPRIGHT:
        image = np.rot90(image, -UPRIGHT[exif] // 90)
    return np.ascontiguousarray(image)


def _eight_bit(picture: Image.Image, colour: bool) -> np.ndarray:
    """Return (H, W) or (H, W, 3) uint8 pixels on white paper."""
    mode = picture.mode
    if mode.startswith("I") or mode == "F":
        return _stretched(np.asarray(picture), colour)
    if mode == "LAB":  # its A is not alpha
        picture = picture.getchannel("L")
    if mode in ("RGBa", "La"):
        picture = picture.convert(mode.upper())
    if "A" in picture.getbands() or "transparency" in picture.info:
        picture = _on_paper(picture)
    if mode in ("CMYK", "HSV"):
        picture = picture.convert("RGB")
    if colour:
        return np.array(picture.convert("RGB"))
    grey = np.array(picture.convert("L"))
    if picture.mode in ("1", "L", "LA"):
        return grey
    return grey_of(np.array(picture.convert("RGB")), grey)


def _on_paper(picture: Image.Image) -> Image.Image:
    """Return a transparent picture on white, made part by part to save memory."""
    paper = Image.new("RGB", picture.size)
    for top in range(0, picture.height, BAND):
        bottom = min(top + BAND, picture.height)
        part = picture.crop((0, top, picture.width, bottom)).convert("RGBA")
        white = Image.new("RGBA", part.size, "white")
        paper.paste(Image.alpha_composite(white, part).convert("RGB"), (0, top))
    return paper


def _stretched(samples: np.ndarray, colour: bool) -> np.ndarray:
    """Convert 16-bit, 32-bit and float samples to 8 bits, part by part."""
    parts = [samples[top : top + BAND] for top in range(0, len(samples), BAND)]
    low = min(float(_finite(part).min()) for part in parts)
    high = max(float(_finite(part).max()) for part in parts)
    if samples.dtype.kind == "u" and high > 255:
        low, high = 0.0, 65535.0 if high > 4095 else 4095.0
    elif high <= 255 and low >= 0:
        unit = samples.dtype.kind == "f" and high <= 1
        low, high = 0.0, 1.0 if unit else 255.0
    factor = 255.0 / max(high - low, 1e-6)
    grey = np.empty(samples.shape, np.uint8)
    for number, part in enumerate(parts):
        grey[number * BAND :][:BAND] = (_finite(part) - low) * factor
    return np.repeat(grey[..., None], 3, axis=2) if colour else grey


def _finite(samples: np.ndarray) -> np.ndarray:
    return np.nan_to_num(samples.astype(np.float32), posinf=0, neginf=0)
