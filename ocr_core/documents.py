"""Documents: files, folders, PDFs and multi-page images become pages, within limits.

Foreign bytes are decoded here and nowhere else. Whoever serves strangers calls these
functions in a worker process (see `workers`): a decoder can crash, hang or swell.
PDFium must never be entered by two threads at once, so a lock guards it.
"""

import atexit
import hashlib
import logging
import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageFile, UnidentifiedImageError

from ocr_core.errors import FormatError, InputError, LimitError, OcrError
from ocr_core.page import Page, PageRef

MAX_PIXELS = 80_000_000
MAX_SIDE = 32_000
MAX_PAGES = 200
MOST_PAGES = 100_000  # that a user may allow
MAX_RENDER_PIXELS = 40_000_000
PDF_PAGES = 16  # read before a PDF is opened anew: PDFium keeps what it has read
MAX_FILE_BYTES = 2_000_000_000

# Pillow is told which decoders it may use: left alone it starts Ghostscript for EPS.
FORMATS = "PNG JPEG TIFF WEBP AVIF JPEG2000 BMP GIF PPM".split()
UPRIGHT = {3: 180, 6: 90, 8: 270}
WANTED = "Use PNG, JPEG, TIFF, WebP, BMP, GIF, AVIF, JPEG 2000 or PDF."

_pdfium_lock = threading.RLock()


@dataclass(frozen=True)
class Document:
    """What is known of a file before its pages are read."""

    ref: PageRef
    pages: int
    sha256: str


def open_document(
    source: str | Path | PageRef, *, max_pages: int = MAX_PAGES
) -> Iterator[PageRef]:
    """Return an iterator of references to the pages of a file, in order.

    No pixel is decoded before a page is read, so a long document costs no memory. What
    cannot be opened is refused at once, not at the first page.

    Raises
    ------
    InputError
        Where the file is missing, damaged, locked or no image or PDF.
    LimitError
        Where it has more than `max_pages` pages.
    """
    document = survey(source, max_pages=max_pages)
    return (replace(document.ref, number=n) for n in range(1, document.pages + 1))


def survey(source: str | Path | PageRef, *, max_pages: int = MAX_PAGES) -> Document:
    """Open a file just far enough to count its pages and take its digest."""
    ref = source if isinstance(source, PageRef) else PageRef(str(source), 0)
    digest = file_digest(ref)
    with _told(ref):
        if is_pdf(ref):
            with _pdfium_lock:
                pages = len(_pdf(ref.path, digest))
        else:
            with _image(ref) as picture:
                pages = _frames(picture, max_pages)
    if pages == 0:
        raise InputError(f"{ref.source_file} has no pages.")
    if pages > max_pages:
        raise LimitError(
            f"{ref.source_file} has more pages than the limit of {max_pages}.",
            hint="Choose pages with --pages, or allow more with --max-pages.",
        )
    return Document(replace(ref, number=0), pages, digest)


def load_page(ref: PageRef, dpi: int = 300, *, colour: bool = False) -> Page:
    """Decode one page to 8-bit grey (or RGB) pixels, upright as its EXIF tag says.

    Alpha is laid on white paper, 16-bit samples are stretched to 8, CMYK, palettes
    and bilevel pictures become grey. PDF pages are drawn at `dpi`, or less where the
    page would pass 40 megapixels.

    Raises
    ------
    InputError
        Where the page is missing or damaged; `LimitError` where it is too large.
    """
    digest = file_digest(ref)
    with _told(ref):
        if is_pdf(ref):
            with _pdfium_lock:
                image, dpi = _pdf_page(ref, digest, dpi, colour)
        else:
            with _image(ref) as picture:
                image, dpi = _image_page(picture, ref, colour)
    return Page(image, ref, dpi=dpi, sha256=digest)


@contextmanager
def open_picture(ref: PageRef) -> Iterator[Image.Image]:
    """Open a page of an image file as it is stored: not decoded, not turned upright.

    Raises
    ------
    InputError
        Where the page is missing or damaged, also where that shows only in use.
    """
    with _told(ref), _image(ref) as picture:
        if ref.number > 1:
            _seek(picture, ref)
        yield picture


def file_digest(ref: PageRef) -> str:
    """Return the SHA-256 of the file's bytes, in hexadecimal."""
    try:
        stat = Path(ref.path).stat()
        if stat.st_size > MAX_FILE_BYTES:
            raise LimitError(f"{ref.source_file} is larger than 2 GB.")
        if not Path(ref.path).is_file():
            if Path(ref.path).is_dir():
                os.scandir(ref.path).close()  # one that cannot be entered says why
            raise InputError(f"{ref.source_file} is not a file.")
        if stat.st_size == 0:
            raise InputError(f"{ref.source_file} is empty.", hint=WANTED)
        return _digest(ref.path, stat.st_mtime_ns, stat.st_size)
    except FileNotFoundError:
        raise InputError(
            f"{ref.source_file} does not exist.", hint="Check the name."
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{ref.source_file} cannot be opened: {reason}.") from None


@lru_cache(maxsize=64)
def _digest(path: str, changed: int, size: int) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_pdf(ref: PageRef) -> bool:
    """Tell whether a file's content says that it is a PDF."""
    with Path(ref.path).open("rb") as file:
        return b"%PDF-" in file.read(1024)


@contextmanager
def _told(ref: PageRef) -> Iterator[None]:
    """Turn whatever a decoder raises into a sentence about the file."""
    name = ref.source_file
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except OcrError:
        raise
    except Image.DecompressionBombError:
        raise LimitError(_too_large(name)) from None
    except UnidentifiedImageError:
        raise FormatError(
            f"{name} is not an image or PDF that can be read.", hint=WANTED
        ) from None
    except MemoryError:
        raise LimitError(
            f"{name} needs more memory to open than the limit allows.",
            hint="Save it with fewer pixels.",
        ) from None
    except RecursionError:
        raise InputError(f"{name} is damaged: it is nested too deeply.") from None
    except Exception as error:
        logging.getLogger(__name__).debug("%r: %r", name, error)
        raise InputError(
            f"{name} is damaged and cannot be decoded.",
            hint="Open it in another program and save it again.",
        ) from None


def _too_large(name: str) -> str:
    return (
        f"{name} is too large: the limit is {MAX_PIXELS // 1_000_000} megapixels and "
        f"{MAX_SIDE} pixels a side."
    )


@contextmanager
def _image(ref: PageRef) -> Iterator[Image.Image]:
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # a cut picture is refused, never guessed
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2  # Pillow raises at twice this number
    Image.init()
    formats = [name for name in FORMATS if name in Image.OPEN]
    with Image.open(ref.path, formats=formats) as picture:
        _check_size(picture, ref)
        yield picture


def _check_size(picture: Image.Image, ref: PageRef) -> None:
    width, height = picture.size
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise LimitError(_too_large(ref.source_file))
    if min(width, height) < 1:
        raise InputError(f"{ref.source_file} has no pixels.")


def _frames(picture: Image.Image, most: int) -> int:
    """Count the pages; an animation is one picture, and a loop of frames ends."""
    if picture.format != "TIFF":
        return 1
    for number in range(most + 1):
        try:
            picture.seek(number)
        except EOFError:
            return number
    return most + 1


def _image_page(
    picture: Image.Image, ref: PageRef, colour: bool
) -> tuple[np.ndarray, int]:
    if ref.number > 1:
        _seek(picture, ref)
    dpi = _stored_dpi(picture)
    exif = orientation(picture)
    if picture.format == "JPEG" and not colour:
        picture.draft("L", None)  # libjpeg gives grey at a third of the price
    picture.load()
    image = _eight_bit(picture, colour)
    return upright(image, exif), dpi


def _seek(picture: Image.Image, ref: PageRef) -> None:
    try:
        picture.seek(ref.number - 1)
    except EOFError:
        raise InputError(f"{ref.source_file} has no page {ref.number}.") from None
    _check_size(picture, ref)


def orientation(picture: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8; 1 where there is none."""
    try:
        return int(picture.getexif().get(0x0112, 1))
    except Exception:  # a broken EXIF block must not cost the page
        return 1


def upright(image: np.ndarray, exif: int) -> np.ndarray:
    """Turn and mirror pixels as an EXIF orientation (1 to 8) says."""
    if exif in (5, 7):
        image = np.swapaxes(image, 0, 1)
        if exif == 7:
            image = image[::-1, ::-1]
    elif exif in (2, 4):
        image = image[:, ::-1] if exif == 2 else image[::-1]
    elif exif in UPRIGHT:
        image = np.rot90(image, -UPRIGHT[exif] // 90)
    return np.ascontiguousarray(image)


def _stored_dpi(picture: Image.Image) -> int:
    """Return the resolution that the file states, or 0 where it states none."""
    try:
        dpi = float(picture.info.get("dpi", (0, 0))[0])
        return round(dpi) if 30 <= dpi <= 2400 else 0
    except (TypeError, ValueError, IndexError, ZeroDivisionError, OverflowError):
        return 0


def _eight_bit(picture: Image.Image, colour: bool) -> np.ndarray:
    """Return (H, W) or (H, W, 3) uint8 pixels on white paper."""
    mode = picture.mode
    if mode.startswith("I") or mode == "F":
        return _stretched(np.asarray(picture), colour)
    if mode == "LAB":  # its A is a colour
        picture = picture.getchannel("L")
    if mode in ("RGBa", "La"):
        picture = picture.convert(mode.upper())
    if "A" in picture.getbands() or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        paper = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(paper, picture).convert("RGB")
    wanted = "RGB" if colour else "L"
    if mode in ("CMYK", "YCbCr", "HSV"):
        picture = picture.convert("RGB")
    if picture.mode != wanted:
        picture = picture.convert(wanted)
    return np.array(picture)


def _stretched(samples: np.ndarray, colour: bool) -> np.ndarray:
    """Bring 16-bit, 32-bit and float samples to 8 bits."""
    numbers = np.nan_to_num(samples.astype(np.float32), posinf=0, neginf=0)
    low, high = float(numbers.min()), float(numbers.max())
    if samples.dtype.kind == "u" and high > 255:
        low, high = 0.0, 65535.0 if high > 4095 else 4095.0
    elif high <= 255 and low >= 0:
        unit = samples.dtype.kind == "f" and high <= 1
        low, high = 0.0, 1.0 if unit else 255.0
    grey = ((numbers - low) * (255.0 / max(high - low, 1e-6))).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2) if colour else grey


def _pdf(path: str, digest: str, number: int = 0) -> Any:
    """Open a PDF; the last one stays open for a stretch of pages: they come quickly."""
    return _open_pdf(path, digest, number // PDF_PAGES)


@cache
def _pdfium() -> Any:
    import pypdfium2

    atexit.register(_open_pdf.cache_clear)  # or it complains of what is still open
    return pypdfium2


@contextmanager
def pdfium() -> Iterator[Any]:
    """Have PDFium alone for a while; give pypdfium2."""
    with _pdfium_lock:
        yield _pdfium()


@lru_cache(maxsize=1)
def _open_pdf(path: str, digest: str, stretch: int) -> Any:
    pypdfium2 = _pdfium()
    try:
        return pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        reason = str(error)
    if "assword" in reason:
        raise InputError(
            "The PDF is protected by a password.",
            hint="Save a copy without the password and try again.",
        )
    if "Success" in reason:
        raise InputError("The PDF has no pages.")
    raise InputError(
        "The PDF cannot be opened: it is damaged or something else.",
        hint="Open it in another program and save it again.",
    )


def _pdf_page(
    ref: PageRef, digest: str, dpi: int, colour: bool
) -> tuple[np.ndarray, int]:
    pdf = _pdf(ref.path, digest, ref.number)
    if ref.number > len(pdf):
        raise InputError(f"{ref.source_file} has no page {ref.number}.")
    page = pdf[ref.number - 1]
    try:
        width, height = page.get_size()  # in points, 72 to the inch
        if not (0 < width < 1e6 and 0 < height < 1e6):
            raise InputError(f"Page {ref.number} of {ref.source_file} has no size.")
        scale = min(
            dpi / 72,
            (MAX_RENDER_PIXELS / (width * height)) ** 0.5,
            MAX_SIDE / max(width, height),
        )
        # Scans come three times faster as colour than as grey, vectors the reverse.
        bitmap = page.render(scale=scale, rev_byteorder=True)
        pixels = np.array(bitmap.to_numpy())
        bitmap.close()
        if np.ptp(pixels) == 0 and _holds_broken_picture(page):
            raise InputError(
                f"Page {ref.number} of {ref.source_file} holds a picture that cannot "
                "be decoded.",
                hint="Open it in another program and save it again.",
            )
    finally:
        page.close()
    picture = Image.fromarray(pixels[..., :3] if pixels.ndim == 3 else pixels)
    wanted = picture.convert("RGB" if colour else "L")
    return np.array(wanted), round(scale * 72)


def _holds_broken_picture(page: Any) -> bool:
    """Tell whether a page that came out blank should have shown a picture.

    PDFium draws nothing where a picture is damaged, and reports success.
    """
    pypdfium2 = _pdfium()
    for picture in page.get_objects([pypdfium2.raw.FPDF_PAGEOBJ_IMAGE], max_depth=4):
        try:
            picture.get_bitmap()
        except pypdfium2.PdfiumError:
            return True
        if not picture.get_filters(skip_simple=True) and _lacks_bytes(picture):
            return True
    return False


def _lacks_bytes(picture: Any) -> bool:
    """Tell whether a picture's stream cannot be unpacked, or holds too few bytes.

    PDFium takes pixels that are not there for zeros, which are white in some pictures.
    It tells how deep the pixels are once drawn, so their size in the file is reckoned
    at the least it can be: a whole picture never seems short.
    """
    raw = _pdfium().raw
    packed = raw.FPDFImageObj_GetImageDataRaw(picture, None, 0)
    unpacked = raw.FPDFImageObj_GetImageDataDecoded(picture, None, 0)
    width, height = picture.get_px_size()
    bits = {8: 2, 24: 9}.get(picture.get_metadata().bits_per_pixel, 1)
    if unpacked < (width * bits + 7) // 8 * height:
        return True
    # What cannot be unpacked is handed over as it is.
    return (
        unpacked == packed
        and bool(picture.get_filters())
        and bytes(picture.get_data(decode_simple=True)) == bytes(picture.get_data())
    )
