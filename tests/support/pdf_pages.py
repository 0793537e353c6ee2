"""PDFs drawn for tests: a scan on a page, hidden and visible text, and PDF readers."""

import io
import re
import shutil
import subprocess

import numpy as np
import pikepdf
import pypdfium2
from pikepdf import Array, Dictionary, Name, String

from ocr_core.exports import FORMATS
from ocr_core.page import PageRef, PageResult, Word

WIDTH, HEIGHT = 300, 200  # points of a drawn page; it is read at 144 dpi
SIZE = 2 * WIDTH, 2 * HEIGHT
TEXT = "BT /F 12 Tf 40 100 Td (old) Tj 0 -30 Td (layer) Tj ET"
SCAN = "q 300 0 0 200 0 0 cm /Scan Do Q"
OLD = [(80, 178, 40, 24), (80, 238, 60, 24)]  # boxes, in pixels, of what TEXT shows
POPPLER = shutil.which("pdftotext") is not None


def font(**more):
    return Dictionary(
        Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, **more
    )


def scan(document, **more):
    """Return a grey picture with two dark bars where TEXT has its words."""
    pixels = np.full((100, 150), 230, np.uint8)
    for left, top, width, height in OLD:
        pixels[top // 4 : (top + height) // 4, left // 4 : (left + width) // 4] = 20
    return document.make_stream(
        pixels.tobytes(),
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=150,
        Height=100,
        ColorSpace=Name.DeviceGray,
        BitsPerComponent=8,
        **more,
    )


def form(document, content, **more):
    resources = Dictionary(Font=Dictionary(F=font()))
    return document.make_stream(
        content.encode(),
        Type=Name.XObject,
        Subtype=Name.Form,
        BBox=Array([0, 0, WIDTH, HEIGHT]),
        Resources=resources,
        **more,
    )


def add_page(document, content="", **more):
    """Append a page that shows content, with a scan, a font and a clear state."""
    document.add_blank_page(page_size=(WIDTH, HEIGHT))
    page = document.pages[-1].obj
    page.Resources = Dictionary(
        Font=Dictionary(F=font()),
        XObject=Dictionary(Scan=scan(document)),
        ExtGState=Dictionary(Clear=Dictionary(ca=0, CA=0)),
    )
    page.Contents = document.make_stream(content.encode())
    for key, value in more.items():
        page[f"/{key}"] = value
    return page


def reading(path, words, number=1, **more):
    """Return what was read on a page: words by text and box in pixels."""
    rows = tuple(
        Word(1, 1, n, 1, *box, 90.0, text) for n, (text, box) in enumerate(words, 1)
    )
    return PageResult(
        PageRef(str(path), number), rows, more.pop("size", SIZE), 144, **more
    )


def new_words(*boxes):
    return [(f"new{n}", box) for n, box in enumerate(boxes or OLD, 1)]


def exported(results):
    """Return the PDF of some pages, and what was said while it was made."""
    file, said = io.BytesIO(), []
    FORMATS["pdf"].write(
        results,
        file,
        call=lambda function, *rest: function(*rest),
        report=said.append,
    )
    return file.getvalue(), said


def pdfium_words(content, number=0):
    text = pypdfium2.PdfDocument(content)[number].get_textpage()
    return text.get_text_range().split()


def poppler_words(content, number=0):
    """Return words and their boxes in points from the top left corner of the page."""
    output = subprocess.run(
        ["pdftotext", "-f", str(number + 1), "-l", str(number + 1), "-bbox", "-", "-"],
        input=content,
        capture_output=True,
        check=True,
    ).stdout.decode()
    found = re.findall(
        r'xMin="(.+?)" yMin="(.+?)" xMax="(.+?)" yMax="(.+?)">(.*?)</word>', output
    )
    return [(text, tuple(map(float, box))) for *box, text in found]


def words_of(content, number=0):
    """Return a page's words, on which all installed PDF readers agree."""
    found = sorted(pdfium_words(content, number))
    if POPPLER:
        assert sorted(text for text, _ in poppler_words(content, number)) == found
    return found


def pixels(content, number=0):
    page = pypdfium2.PdfDocument(content)[number]
    return np.asarray(page.render(scale=2).to_pil().convert("RGB"))


def opened(content):
    return pikepdf.open(io.BytesIO(content))


def book(path, pages=3, name="book"):
    """Save a document with outline, labels and metadata; each page links to the
    next."""
    document = pikepdf.new()
    for number in range(pages):
        add_page(document, f"{SCAN} % {name} {number}")
    root = document.Root
    root.PageLabels = Dictionary(
        Nums=Array([0, Dictionary(S=Name.r), 1, Dictionary(S=Name.D, P="A-", St=7)])
    )
    with document.open_outline() as outline:
        for number in range(pages):
            item = pikepdf.OutlineItem(f"{name} {number + 1}", number)
            outline.root.append(item)
        outline.root[0].children.append(pikepdf.OutlineItem("inside", pages - 1))
    for number, page in enumerate(document.pages):
        following = document.pages[(number + 1) % pages].obj
        page.obj.Annots = Array(
            [
                document.make_indirect(
                    Dictionary(
                        Type=Name.Annot,
                        Subtype=Name.Link,
                        Rect=Array([0, 0, 50, 20]),
                        Border=Array([0, 0, 0]),
                        Dest=target,
                    )
                )
                for target in (Array([following, Name.Fit]), String("end"))
            ]
        )
    root.Names = Dictionary(
        Dests=Dictionary(
            Names=Array([String("end"), Array([document.pages[-1].obj, Name.Fit])])
        )
    )
    document.attachments["notes.txt"] = f"notes of {name}".encode()
    root.Lang = String("en-GB")
    document.docinfo["/Title"] = String(f"Title of {name}")
    document.docinfo["/Author"] = String("A. Clerk")
    document.save(path)
    return path


def read_pages(path, *numbers):
    return [reading(path, new_words(), number) for number in numbers]


def titles(document):
    with document.open_outline() as outline:
        return [outline_item(item) for item in outline.root]


def outline_item(item):
    return (item.title, *map(outline_item, item.children))
