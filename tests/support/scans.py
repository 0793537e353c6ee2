"""Scans drawn for tests of opening files: three lines of print, alone or in a PDF."""

import io
import zlib

from pikepdf import Dictionary, Name
from PIL import Image, ImageDraw, ImageFont

from ocr_core.documents import load_page
from ocr_core.page import PageRef
from tests.support.hostile import saved

LINES = [
    "seven schooners waited outside the harbour",
    "until the storm had passed and the tide",
    "was high enough to enter the narrow port",
]


def text_page(size=(900, 300), letters=40):
    """Draw lines of print on white paper; a small x is half as high as `letters`."""
    page = Image.new("L", size, 255)
    font = ImageFont.load_default(letters)
    for number, line in enumerate(LINES):
        top = 20 + 2 * letters * number
        ImageDraw.Draw(page).text((20, top), line, fill=0, font=font)
    return page


def loaded(tmp_path, content, number=1):
    path = tmp_path / "page"
    path.write_bytes(content)
    return load_page(PageRef(str(path), number))


def codes(page):
    return [note.code for note in page.notes]


SCAN = text_page((900, 300), 40)  # at 300 dpi a line of 3 by 1 inches


def scan(document, content=None, **more):
    """Return a picture of three lines of print, packed."""
    keys = {"Filter": Name.FlateDecode, "Width": SCAN.width, "Height": SCAN.height}
    return document.make_stream(
        zlib.compress(SCAN.tobytes()) if content is None else content,
        Type=Name.XObject,
        Subtype=Name.Image,
        ColorSpace=Name.DeviceGray,
        BitsPerComponent=8,
        **(keys | more),
    )


def paper(document, width, height, content="", *, show=None, **more):
    """Add a page in points that shows a picture all over."""
    document.add_blank_page(page_size=(width, height))
    page = document.pages[-1].obj
    picture = scan(document) if show is None else show
    page.Resources = Dictionary(XObject=Dictionary(Scan=picture))
    content = content or f"q {width} 0 0 {height} 0 0 cm /Scan Do Q"
    page.Contents = document.make_stream(content.encode())
    for key, value in more.items():
        page[f"/{key}"] = value
    return page


def fax_data():
    """Return the picture as a fax, in one piece."""
    content = saved(
        SCAN.convert("1"), "TIFF", compression="group4", strip_size=1_000_000
    )
    tags = Image.open(io.BytesIO(content), formats=["TIFF"]).tag_v2
    [start], [length] = tags[273], tags[279]
    return content[start : start + length]
