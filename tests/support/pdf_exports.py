"""Searchable PDFs: results to make them of, and what their pages show."""

import io
import re

import numpy as np
import pypdfium2
import pytest
from PIL import Image

from ocr_core.exports import FORMATS
from ocr_core.page import PageRef, PageResult, Word

PIXELS = 2  # that a word may lie beside its place


def written(results):
    file = io.BytesIO()
    FORMATS["pdf"].write(results, file, call=lambda function, *rest: function(*rest))
    return file.getvalue()


def saved(path, image=None, size=(600, 400), **options):
    """Save a picture, and return a reference to it."""
    image = Image.new("RGB", size, "white") if image is None else image
    image.save(path, **options)
    return PageRef(str(path))


def result(ref, words, size=(600, 400), **more):
    rows = tuple(
        Word(1, 1, line, number, *box, 90.0, text) for line, number, box, text in words
    )
    return PageResult(ref, rows, size, **{"dpi": 300, **more})


def row(*texts, top=20, line=1):
    return [(line, n, (10 + 90 * n, top, 80, 20), text) for n, text in enumerate(texts)]


def extracted(content, number=0):
    """Return a page's words, as PDFium extracts them, with their boxes in points.

    A box is left, top, right, bottom from the top left corner of the page as shown.
    """
    page = pypdfium2.PdfDocument(content)[number]
    text = page.get_textpage()
    string = text.get_text_range()
    found = []
    for word in re.finditer(r"\S+", string):
        boxes = [text.get_charbox(i, loose=True) for i in range(*word.span())]
        left, bottom, right, top = (
            pick(box[i] for box in boxes) for i, pick in enumerate((min, min, max, max))
        )
        found.append((word[0], shown(page, left, bottom, right, top)))
    return found


def shown(page, *box):
    """Transform a box from the page's own space to the page as shown."""
    x0, y0, x1, y1 = page.get_bbox()
    left, bottom, right, top = box
    return {
        0: (left - x0, y1 - top, right - x0, y1 - bottom),
        90: (bottom - y0, left - x0, top - y0, right - x0),
        180: (x1 - right, bottom - y0, x1 - left, top - y0),
        270: (y1 - top, x1 - right, y1 - bottom, x1 - left),
    }[page.get_rotation()]


def check(content, result, number=0):
    """Compare the words of a PDF's page with those that were read on it."""
    found = extracted(content, number)
    across, down = pypdfium2.PdfDocument(content)[number].get_size()
    points = (across / result.size[0], down / result.size[1])

    assert [text for text, _ in found] == [word.text for word in result.rows]
    for (_, box), word in zip(found, result.rows, strict=True):
        corners = (word.left, word.top, word.left + word.width, word.top + word.height)
        here = [side / points[n % 2] for n, side in enumerate(box)]
        assert here == pytest.approx(corners, abs=PIXELS)


def drawing(content, size, number=0):
    """Return a page of a PDF as grey pixels of the size given."""
    page = pypdfium2.PdfDocument(content)[number]
    scale = size[0] / page.get_size()[0]
    picture = page.render(scale=scale).to_pil().convert("L").resize(size)
    return np.asarray(picture)


def noise(mode, size=(60, 40)):
    count = len(Image.new(mode, (1, 1)).getbands())
    pixels = np.random.default_rng(7).integers(0, 256, (size[1], size[0], count))
    if mode == "1":
        return Image.fromarray(pixels[..., 0].astype(np.uint8)).convert("1")
    if mode == "I;16":
        return Image.fromarray((pixels[..., 0] * 257).astype(np.uint16))
    if mode == "P":
        return Image.fromarray(pixels[..., 0].astype(np.uint8)).convert("P")
    return Image.fromarray(pixels.astype(np.uint8).squeeze(), mode)
