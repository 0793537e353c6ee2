"""Pictures: page images as PDF images, without loss; a JPEG byte for byte."""

import io
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from pikepdf import Array, Dictionary, Name, Pdf
from PIL import Image

from ocr_core.documents import (
    is_pdf,
    load_page,
    open_picture,
    orientation,
    picture_of,
)
from ocr_core.documents.integrity import JPEG_END, whole_jpeg
from ocr_core.page import PageResult

DPI = 300  # for a page that states none
TWELVE_BITS = 4095


def page_picture(pdf: Pdf, result: PageResult) -> tuple[Any, tuple[int, int], int]:
    """Return a page's picture, its stored width and height, and its orientation."""
    where = picture_of(result.ref)
    if where is not None and not is_pdf(where):
        with open_picture(where) as picture:
            exif = orientation(picture)
            if result.status == "failed":
                picture.copy().load()  # fails if it cannot be decoded
            kept = _jpeg(pdf, picture, where.path)
            if kept is None:
                kept = _lossless(pdf, picture)
            if kept is not None:
                return kept, picture.size, exif
    pixels = load_page(result.ref, result.dpi or DPI, colour=True).image
    drawn = Image.fromarray(pixels)
    return _packed(pdf, drawn), drawn.size, 1


def _jpeg(pdf: Pdf, picture: Image.Image, path: str) -> Any:
    """Return a JPEG unchanged; None if the picture is not a JPEG that PDF supports."""
    spaces = {"L": "/DeviceGray", "RGB": "/DeviceRGB", "CMYK": "/DeviceCMYK"}
    if picture.format not in ("JPEG", "MPO") or picture.mode not in spaces:
        return None
    content = Path(path).read_bytes()
    if not content.rstrip(b"\0").endswith(JPEG_END):  # it may be truncated
        content = whole_jpeg(content) or content
    kept = _image(pdf, content, picture.size, spaces[picture.mode], 8)
    kept.Filter = Name.DCTDecode
    if picture.mode == "CMYK" and "adobe" in picture.info:
        kept.Decode = Array([1, 0] * 4)  # Adobe's are stored as negatives
    return kept


def _lossless(pdf: Pdf, picture: Image.Image) -> Any:
    """Return any other picture; None if PDF does not support its samples."""
    if "A" in picture.getbands() or "transparency" in picture.info:
        whole = picture.convert("RGBA")
        kept = _packed(pdf, whole.convert("RGB"))
        kept.SMask = _packed(pdf, whole.getchannel("A"))
        return kept
    if picture.mode == "P":
        return _packed(pdf, picture.convert("RGB"))
    if picture.mode == "CMYK":
        pixels = zlib.compress(picture.tobytes())
        kept = _image(pdf, pixels, picture.size, "/DeviceCMYK", 8)
        kept.Filter = Name.FlateDecode
        return kept
    deep = picture.mode.startswith("I;16") and np.asarray(picture).max() > TWELVE_BITS
    if picture.mode in ("1", "L", "RGB") or deep:
        return _packed(pdf, picture)
    return None


def _packed(pdf: Pdf, picture: Image.Image) -> Any:
    """Return pixels compressed as in PNG, which PDF also supports."""
    colours = 3 if picture.mode == "RGB" else 1
    bits = {"1": 1, "L": 8, "RGB": 8}.get(picture.mode, 16)
    file = io.BytesIO()
    clean = picture.copy()
    clean.info = {}
    clean.save(file, "PNG")
    space = "/DeviceRGB" if colours == 3 else "/DeviceGray"
    kept = _image(pdf, png_pixels(file.getvalue()), picture.size, space, bits)
    kept.Filter = Name.FlateDecode
    kept.DecodeParms = Dictionary(
        Predictor=15, Colors=colours, BitsPerComponent=bits, Columns=picture.width
    )
    return kept


def png_pixels(png: bytes) -> bytes:
    """Return the compressed pixels of a PNG written by this program."""
    start, pixels = 8, b""
    while start < len(png):
        length = int.from_bytes(png[start : start + 4], "big")
        if png[start + 4 : start + 8] == b"IDAT":
            pixels += png[start + 8 : start + 8 + length]
        start += 12 + length
    return pixels


def _image(
    pdf: Pdf, content: bytes, size: tuple[int, int], space: str, bits: int
) -> Any:
    return pdf.make_stream(
        content,
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=size[0],
        Height=size[1],
        ColorSpace=Name(space),
        BitsPerComponent=bits,
    )
