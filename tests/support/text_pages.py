"""PDF pages of text, drawn and read."""

import io

import numpy as np
import pikepdf
from pikepdf import Dictionary, Name
from PIL import Image, ImageDraw, ImageFont

from ocr_core import Settings, recognize_page
from ocr_core.page import PageRef

LINES = [
    "The harbour master kept a diary of every ship that entered",
    "the port during the long winter of that year, and officers",
    "of the garrison affirmed what he wrote in the evening.",
]
TEXT = "\n".join(LINES)


def to_unicode(document, codes):
    """Return a map from codes of a simple font to text."""
    rows = "\n".join(
        f"<{code:02x}> <{text.encode('utf-16-be').hex()}>"
        for code, text in codes.items()
    )
    return document.make_stream(
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        b"/CMapName /A def /CMapType 2 def\n"
        b"1 begincodespacerange <00> <FF> endcodespacerange\n"
        + f"{len(codes)} beginbfchar\n{rows}\nendbfchar\n".encode()
        + b"endcmap CMapName currentdict /CMap defineresource pop end end"
    )


def font(document, codes=None, name="Helvetica"):
    made = Dictionary(
        Type=Name.Font,
        Subtype=Name.Type1,
        BaseFont=Name("/" + name),
        Encoding=Name.WinAnsiEncoding,
    )
    if codes:
        made.ToUnicode = to_unicode(document, codes)
    return document.make_indirect(made)


def lines(texts=LINES, *, left=60, top=700, size=14, before="", font_name="F"):
    """Return operators that show lines of text."""
    shown = "\n".join(
        f"1 0 0 1 {left} {top - 1.4 * size * number:.1f} Tm ({text}) Tj"
        for number, text in enumerate(texts)
    )
    return f"q {before} BT /{font_name} {size} Tf {shown} ET Q\n"


def picture(document, texts, size=(1275, 1650), corner=(125, 150)):
    """Return a scan in 150 dpi: lines of print on paper, with a little grain."""
    image = Image.new("L", size, 250)
    draw = ImageDraw.Draw(image)
    face = ImageFont.load_default(29)
    for number, text in enumerate(texts):
        draw.text((corner[0], corner[1] + 41 * number), text, fill=30, font=face)
    grain = np.random.default_rng(1).normal(0, 4, (size[1], size[0]))
    pixels = np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=85)
    return document.make_stream(
        file.getvalue(),
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=size[0],
        Height=size[1],
        ColorSpace=Name.DeviceGray,
        BitsPerComponent=8,
        Filter=Name.DCTDecode,
    )


def page(document, content, *, codes=None, xobjects=None, size=(612, 792), **more):
    """Add a page that shows content in Helvetica, or with another map of its codes."""
    document.add_blank_page(page_size=size)
    added = document.pages[-1].obj
    added.Resources = Dictionary(
        Font=Dictionary(F=font(document), G=font(document, codes, "Times-Roman")),
        XObject=Dictionary(xobjects or {}),
    )
    added.Contents = document.make_stream(content.encode("cp1252"))
    for key, value in more.items():
        added[f"/{key}"] = value
    return added


def read_page(path, content, *, number=1, prepare=None, knobs=None, **more):
    """Draw a page into a PDF and return how it is read; `more` is for `page`."""
    with pikepdf.new() as document:
        if callable(more.get("xobjects")):
            more["xobjects"] = more["xobjects"](document)
        page(document, content, **more)
        if prepare:
            prepare(document)
        document.save(path)
    return recognize_page(PageRef(str(path), number), Settings.from_flat(knobs or {}))
