"""Pictures on a PDF page: their resolution, and whether their data are complete.

PDFium draws what it can of a damaged picture and reports success.
"""

import base64
import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Literal

import numpy as np

from ocr_core.documents.damage import (
    MAX_INTACT,
    Damage,
    FaxParametersBySize,
    corrupt,
    fax_in_pdf_rows_lost,
    jpeg_is_corrupt,
    rows_lost,
)
from ocr_core.documents.integrity import (
    FILLED,
    JPEG_END,
    fax_has_end,
    flate_state,
    whole_jpeg,
)
from ocr_core.documents.notes import note

MAX_DEPTH = 4  # of nested form XObjects
MAX_PICTURES = 2000  # on one page
MIN_SHARE = 0.25  # of a page that fine pictures must cover to count
TAIL = 64  # bytes at the end of the data, in which the end mark is looked for
FILLED_SHARE = 0.001  # of a page in the grey of missing data

Fault = Literal["", "fax", "ends early", "changed", "corrupt", "undrawn", "lost"]
FAULTS: dict[Fault, Damage] = {
    "": Damage(),
    "ends early": Damage((note("picture-ends-early"),)),
    "changed": Damage((note("picture-checksum"),), MAX_INTACT),
    "corrupt": corrupt(),
    "undrawn": corrupt(),
}


def finest_resolution(page: Any, unit: float, min_dpi: float) -> float:
    """Return the median dpi of pictures finer than `min_dpi`; 0 if they are few.

    `unit` is the size of the page's unit in points.
    """
    width, height = page.get_size()
    shares, resolutions = [], []
    for picture in _pictures(page):
        across, down = _size_on_page(picture)
        pixels = picture.get_px_size()
        if across > 0 and down > 0:
            dpi = min(pixels[0] / across, pixels[1] / down) * 72 / unit
            if dpi >= min_dpi:
                shares.append(across * down / (width * height))
                resolutions.append(dpi)
    return float(np.median(resolutions)) if sum(shares) >= MIN_SHARE else 0.0


def _pictures(page: Any) -> Iterator[Any]:
    import pypdfium2

    kinds = [pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]
    yield from islice(page.get_objects(kinds, max_depth=MAX_DEPTH), MAX_PICTURES)


def _size_on_page(picture: Any) -> tuple[float, float]:
    """Return width and height of a picture on its page, in page units."""
    matrix, around = picture.get_matrix(), picture.container
    while around is not None:
        matrix, around = matrix.multiply(around.get_matrix()), around.container
    return float(np.hypot(matrix.a, matrix.b)), float(np.hypot(matrix.c, matrix.d))


def pictures_damage(
    page: Any, pixels: np.ndarray, fax_parameters: Callable[[], FaxParametersBySize]
) -> Damage | None:
    """Return the damage of a page's pictures; None if one is lost.

    Parameters
    ----------
    page
        A page of PDFium.
    pixels : (H, W) or (H, W, 3) uint8 array
        The page as drawn by PDFium.
    fax_parameters
        Returns the parameters for decoding the fax images on the page.
    """
    pictures = list(_pictures(page))
    found = Damage()
    if not pictures:
        return found
    some = pixels[::4, ::4]
    blank = bool(np.ptp(some) == 0) and bool(np.ptp(pixels) == 0)
    grey = float((some == FILLED).mean()) > FILLED_SHARE
    width, height = page.get_size()
    for picture in pictures:
        across, down = _size_on_page(picture)
        share = min(1.0, across * down / (width * height))
        fault = _fault(picture, blank, grey)
        if fault == "lost":
            return None
        if fault == "undrawn" and share >= MIN_SHARE:
            return None
        is_fax = fault == "fax"
        damage = _fax_damage(picture, fax_parameters()) if is_fax else FAULTS[fault]
        whole = 1 - share * (1 - damage.intact)
        found = found.combined_with(damage._replace(intact=whole))
    return found


def _fault(picture: Any, blank: bool, grey: bool) -> Fault:
    filters = picture.get_filters()
    last = filters[-1] if filters else ""
    if (blank or last == "JBIG2Decode") and not _decodes(picture):
        return "lost" if blank else "undrawn"
    if fault := _flate_fault(picture, filters):
        return fault
    if last == "CCITTFaxDecode":
        return "fax"
    if last not in ("DCTDecode", "JPXDecode"):
        simple = not picture.get_filters(skip_simple=True)
        return "lost" if blank and simple and _lacks_bytes(picture) else ""
    content = bytes(picture.get_data(decode_simple=True))
    ended = JPEG_END in content[-TAIL:]
    if last == "DCTDecode":
        if (grey or not ended) and whole_jpeg(content) is None:
            return "lost"
        return "corrupt" if jpeg_is_corrupt(content) else ""
    return "" if ended else "ends early" if _decodes(picture) else "lost"


def _fax_damage(picture: Any, by_size: FaxParametersBySize) -> Damage:
    """Decode a fax image again, with a decoder that reports faulty rows."""
    content = bytes(picture.get_data(decode_simple=True))
    parameters = by_size.get((*picture.get_px_size(), len(picture.get_data())))
    ends = FAULTS["" if fax_has_end(content) else "ends early"]
    if parameters is None:
        return ends
    lost = rows_lost(fax_in_pdf_rows_lost(content, parameters), parameters.height)
    # Only Group 4 data must have an end mark.
    return lost.combined_with(ends) if parameters.k < 0 else lost


def _decodes(picture: Any) -> bool:
    import pypdfium2

    try:
        picture.get_bitmap().close()
    except pypdfium2.PdfiumError:
        return False
    return True


def _flate_fault(picture: Any, filters: list[str]) -> Fault:
    """Return the fault of deflated data: lost pixels, changed ones, or none."""
    if "FlateDecode" not in filters:
        return ""
    packed = bytes(picture.get_data())
    try:
        while filters and filters[0] in ASCII:
            packed, filters = ASCII[filters[0]](packed), filters[1:]
    except ValueError:
        return "corrupt"
    if filters[:1] != ["FlateDecode"]:
        return ""
    state, size = flate_state(packed)
    if state == "broken":
        return "lost"
    if state == "checksum wrong":
        return "changed"
    return "lost" if filters[1:] == [] and size < _min_size(picture) else ""


def _from_hexadecimal(text: bytes) -> bytes:
    digits = re.sub(rb"\s", b"", text.split(b">")[0])
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))


def _from_base_85(text: bytes) -> bytes:
    digits = text.strip().removeprefix(b"<~").split(b"~")[0]
    return base64.a85decode(digits, ignorechars=b" \t\n\r\v\f\0")


ASCII: dict[str, Callable[[bytes], bytes]] = {
    "ASCIIHexDecode": _from_hexadecimal,
    "ASCII85Decode": _from_base_85,
}


def _lacks_bytes(picture: Any) -> bool:
    """Return whether a picture's stream cannot be unpacked, or has too few bytes.

    PDFium replaces missing pixels by zeros, which are white in some pictures.
    """
    import pypdfium2

    raw = pypdfium2.raw
    packed = raw.FPDFImageObj_GetImageDataRaw(picture, None, 0)
    unpacked = raw.FPDFImageObj_GetImageDataDecoded(picture, None, 0)
    if unpacked < _min_size(picture):
        return True
    # PDFium returns data that it cannot unpack unchanged.
    return (
        unpacked == packed
        and bool(picture.get_filters())
        and bytes(picture.get_data(decode_simple=True)) == bytes(picture.get_data())
    )


def _min_size(picture: Any) -> int:
    """Return the minimum number of bytes of a picture's pixels.

    PDFium reports the bit depth only after drawing, so the minimum for the file is
    assumed, and a whole picture never seems too short.
    """
    width, height = picture.get_px_size()
    bits = {8: 2, 24: 9}.get(picture.get_metadata().bits_per_pixel, 1)
    return int((width * bits + 7) // 8 * height)
