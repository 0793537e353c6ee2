"""Pictures on a PDF page: how fine they are, and whether their data are all there.

PDFium draws what it can of a damaged picture, and reports success.
"""

import zlib
from collections.abc import Iterator
from itertools import islice
from typing import Any, Literal

import numpy as np

from ocr_core.documents.integrity import (
    FILLED,
    JPEG_END,
    fax_has_end,
    unpacked_size,
    whole_jpeg,
)

DEEPEST = 4  # forms within forms that are looked into
MOST_PICTURES = 2000  # on one page
LEAST_SHARE = 0.25  # of a page that fine pictures must cover to count
TAIL = 64  # bytes that may stand behind an end mark, with it
FILLED_SHARE = 0.001  # of a page in the grey that stands for missing data

Fault = Literal["", "ends early", "changed", "lost"]


def finest_resolution(page: Any, unit: float, least: float) -> float:
    """Return the usual dpi of the pictures finer than `least`; 0 where they are few.

    `unit` is the size of the page's unit in points.
    """
    width, height = page.get_size()
    shares, resolutions = [], []
    for picture in _pictures(page):
        across, down = _size_on_page(picture)
        pixels = picture.get_px_size()
        if across > 0 and down > 0:
            dpi = min(pixels[0] / across, pixels[1] / down) * 72 / unit
            if dpi >= least:
                shares.append(across * down / (width * height))
                resolutions.append(dpi)
    return float(np.median(resolutions)) if sum(shares) >= LEAST_SHARE else 0.0


def _pictures(page: Any) -> Iterator[Any]:
    import pypdfium2

    kinds = [pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]
    yield from islice(page.get_objects(kinds, max_depth=DEEPEST), MOST_PICTURES)


def _size_on_page(picture: Any) -> tuple[float, float]:
    """Return width and height of a picture on its page, in the page's units."""
    matrix, around = picture.get_matrix(), picture.container
    while around is not None:
        matrix, around = matrix.multiply(around.get_matrix()), around.container
    return float(np.hypot(matrix.a, matrix.b)), float(np.hypot(matrix.c, matrix.d))


def damage(page: Any, pixels: np.ndarray) -> Fault:
    """Tell whether data of the page's pictures are lost, or changed.

    Parameters
    ----------
    page
        A page of PDFium.
    pixels : (H, W) or (H, W, 3) uint8 array
        The page as PDFium has drawn it.
    """
    pictures = list(_pictures(page))
    if not pictures:
        return ""
    some = pixels[::4, ::4]
    blank = bool(np.ptp(some) == 0) and bool(np.ptp(pixels) == 0)
    grey = float((some == FILLED).mean()) > FILLED_SHARE
    faults = {_fault(picture, blank, grey) for picture in pictures}
    worst: list[Fault] = ["lost", "changed", "ends early"]
    return next((fault for fault in worst if fault in faults), "")


def _fault(picture: Any, blank: bool, grey: bool) -> Fault:
    filters = picture.get_filters()
    last = filters[-1] if filters else ""
    if blank and not _decodes(picture):
        return "lost"
    if filters == ["FlateDecode"]:
        return _flate_fault(picture)
    if last not in ("DCTDecode", "JPXDecode", "CCITTFaxDecode"):
        simple = not picture.get_filters(skip_simple=True)
        return "lost" if blank and simple and _lacks_bytes(picture) else ""
    content = bytes(picture.get_data(decode_simple=True))
    ended = JPEG_END in content[-TAIL:]
    if last == "DCTDecode":
        return "lost" if (grey or not ended) and whole_jpeg(content) is None else ""
    if last == "CCITTFaxDecode":
        return "" if fax_has_end(content) else "ends early"
    return "" if ended else "ends early" if _decodes(picture) else "lost"


def _decodes(picture: Any) -> bool:
    import pypdfium2

    try:
        picture.get_bitmap().close()
    except pypdfium2.PdfiumError:
        return False
    return True


def _flate_fault(picture: Any) -> Fault:
    """Unpack a picture's data: too few bytes are lost pixels, wrong ones changed."""
    packed = bytes(picture.get_data())
    unpacker = zlib.decompressobj()
    try:
        size = unpacked_size(unpacker, packed)
        if not unpacker.eof:  # it may be the checksum that is missing, no more
            unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
            size = unpacked_size(unpacker, packed[2:])
    except zlib.error as error:
        return "changed" if "data check" in str(error) else "lost"
    return "lost" if not unpacker.eof or size < _least_size(picture) else ""


def _lacks_bytes(picture: Any) -> bool:
    """Tell whether a picture's stream cannot be unpacked, or holds too few bytes.

    PDFium takes pixels that are not there for zeros, which are white in some pictures.
    """
    import pypdfium2

    raw = pypdfium2.raw
    packed = raw.FPDFImageObj_GetImageDataRaw(picture, None, 0)
    unpacked = raw.FPDFImageObj_GetImageDataDecoded(picture, None, 0)
    if unpacked < _least_size(picture):
        return True
    # What cannot be unpacked is handed over as it is.
    return (
        unpacked == packed
        and bool(picture.get_filters())
        and bytes(picture.get_data(decode_simple=True)) == bytes(picture.get_data())
    )


def _least_size(picture: Any) -> int:
    """Return how many bytes the pixels of a picture take at the least.

    PDFium tells how deep they are once drawn, so their size in the file is reckoned at
    the least it can be: a whole picture never seems short.
    """
    width, height = picture.get_px_size()
    bits = {8: 2, 24: 9}.get(picture.get_metadata().bits_per_pixel, 1)
    return int((width * bits + 7) // 8 * height)
