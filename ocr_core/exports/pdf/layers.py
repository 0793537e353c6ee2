"""Layers: the additions to a few pages, written to a PDF by a worker.

Each page of that PDF corresponds to one of the document. It is either complete, with a
picture and its text, or it contains the additions to the document's own page: the text
layer, and an edit that removes the text layer of an earlier OCR.
"""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np
import pikepdf
from pikepdf import Dictionary, Name, Pdf

from ocr_core.documents import file_digest, is_pdf, local
from ocr_core.errors import InputError, OcrError
from ocr_core.exports.pdf.content import inherited
from ocr_core.exports.pdf.geometry import (
    exif_matrix,
    page_to_user,
    to_pixel_boxes,
    upright_words,
)
from ocr_core.exports.pdf.pictures import DPI, page_picture
from ocr_core.exports.pdf.saving import save
from ocr_core.exports.pdf.visibility import find_text
from ocr_core.exports.pdf_text_layer import TextLayer
from ocr_core.page import PageResult, Word

MAX_SIDE = 14_400  # units that PDF readers accept
FONT = "/OcrInvisible"
COVERED = 0.5  # share of a word's box that visible characters cover
ALIKE = 3  # greatest height of a covering character, in word heights
HIDDEN = 2  # a flag of an annotation
TYPED = ("/Tx", "/Ch")  # form fields that show text
UNUSABLE = (
    pikepdf.PdfError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    RecursionError,
)


class Layers:
    """The layers of a few pages in progress; their document is opened once."""

    def __init__(self, opened: ExitStack, characters: str) -> None:
        self.pdf = pikepdf.new()
        self.text = TextLayer(characters)
        self._opened = opened
        self._sources: dict[str, Pdf | None] = {}

    def add(self, result: PageResult) -> None:
        """Add a page and its words; add a failed page only if it can be opened."""
        try:
            if file_digest(result.ref) != (result.sha256 or file_digest(result.ref)):
                raise InputError(
                    "{0} has changed since it was read.",
                    result.ref.source_file,
                    hint="Read it again.",
                )
            if not self._add_layer(result):
                self._add_picture(result)
        except OcrError:
            if result.status != "failed":
                raise

    def _add_layer(self, result: PageResult) -> bool:
        """Add the layer of a PDF page; return whether that was possible."""
        source = self._source(result)
        if source is None or result.ref.number < 1:
            return False
        gain = Dictionary(OcrNumber=result.ref.number)
        try:
            page = source.pages[result.ref.number - 1]
            if result.rows and result.source != "pdf-text":  # it has its own text
                self._add_text_layer(gain, source, page, result)
        except UNUSABLE:
            return False
        self.pdf.add_blank_page(page_size=(72, 72))
        for key, value in gain.items():
            self.pdf.pages[-1].obj[key] = value
        return True

    def _add_text_layer(
        self, gain: Any, source: Pdf, page: Any, result: PageResult
    ) -> None:
        matrix = page_to_user(page, result.size)
        found = find_text(source, page, result.ref.number)
        if found.edit is not None:
            gain.OcrEdit = found.edit.packed(self.pdf)
        words, back = upright_words(result)
        seen = seen_words(result.rows, found.boxes, np.linalg.inv(matrix))
        seen |= typed_words(result.rows, page, np.linalg.inv(matrix))
        words = [word for word, known in zip(words, seen, strict=True) if not known]
        if words:
            name = free_name(page)
            gain.OcrFont = Name(name)
            gain.OcrLayer = self.pdf.make_stream(
                self.text.text(words, matrix @ back, name, upside_down=back[0, 0] < 0)
            )

    def _source(self, result: PageResult) -> Pdf | None:
        """Return the PDF that contains a page; None if pikepdf cannot open it."""
        path = result.ref.path
        if path not in self._sources:
            self._sources[path] = None
            if is_pdf(result.ref):
                try:
                    source = pikepdf.open(local(result.ref).path)
                except (pikepdf.PdfError, pikepdf.PasswordError):  # PDFium may open it
                    return None
                self._sources[path] = self._opened.enter_context(source)
        return self._sources[path]

    def _add_picture(self, result: PageResult) -> None:
        """Add a complete page: the picture in the size of its paper, and the words."""
        picture, raw, exif = page_picture(self.pdf, result)
        upright = exif_matrix(exif, raw)
        corner = upright @ np.array([*raw, 1])
        origin = upright @ np.array([0, 0, 1])
        stored = np.abs(corner - origin)[:2]
        # A fax has non-square pixels, but it was read on a page with square ones.
        size = result.size if min(result.size) > 0 else stored.tolist()
        squared = np.diag([size[0] / stored[0], size[1] / stored[1], 1])
        scale = min(72 / (result.dpi or DPI), MAX_SIDE / max(size))
        matrix = np.array([[scale, 0, 0], [0, -scale, size[1] * scale], [0, 0, 1]])
        self.pdf.add_blank_page(page_size=(size[0] * scale, size[1] * scale))
        page = self.pdf.pages[-1].obj
        unit = np.array([[raw[0], 0, 0], [0, -raw[1], raw[1]], [0, 0, 1]])
        placed = (matrix @ squared @ upright @ unit)[:2].T.ravel()
        numbers = " ".join(f"{number:.4f}" for number in placed)
        shown = f"q {numbers} cm /Scan Do Q\n".encode("ascii")
        if result.rows:
            words, back = upright_words(result)
            upside_down = back[0, 0] < 0
            shown = (
                self.text.text(words, matrix @ back, FONT, upside_down=upside_down)
                + shown
            )
        page.Resources = Dictionary(XObject=Dictionary(Scan=picture))
        page.Contents = self.pdf.make_stream(shown)
        page.OcrNumber = result.ref.number
        page.OcrPicture = True
        page.OcrFont = Name(FONT)


def write_layers(
    results: Iterable[PageResult], path: str, characters: str
) -> tuple[int, str]:
    """Write the layers of some pages; return their number, and all characters."""
    with ExitStack() as opened:
        layers = Layers(opened, characters)
        for result in results:
            layers.add(result)
        save(layers.pdf, path)
        return len(layers.pdf.pages), layers.text.characters


def gather_layers(parts: Iterable[str], path: str) -> None:
    """Combine the pages of several files that `write_layers` made in one file."""
    with ExitStack() as opened:
        whole = opened.enter_context(pikepdf.new())
        for part in parts:
            whole.pages.extend(opened.enter_context(pikepdf.open(part)).pages)
        save(whole, path)


def free_name(page: Any) -> str:
    """Return a name for our font that no font of the page has."""
    resources = inherited(page.obj, "/Resources", Dictionary())
    taken = resources.get("/Font", Dictionary())
    name, number = FONT, 1
    while name in taken:
        name, number = f"{FONT}{number}", number + 1
    return name


def seen_words(
    words: Sequence[Word], boxes: np.ndarray, to_pixels: np.ndarray
) -> np.ndarray:
    """Return a mask of the words at positions where the page itself shows text.

    Parameters
    ----------
    boxes : (N, 4) float array
        Boxes of the visible characters, in the page's units.
    to_pixels : (3, 3) float array
        Matrix from the page's units to the pixels of the words.
    """
    if not len(boxes):
        return np.zeros(len(words), bool)
    characters = to_pixel_boxes(boxes, to_pixels)
    sides = characters[:, 2:] - characters[:, :2]
    height = sides.max(axis=1)
    usual = float(np.median([min(word[6:8]) for word in words])) if words else 0
    seen = []
    for word in words:
        box = np.array([word.left, word.top, word.left, word.top], float)
        box[2:] += word.width, word.height
        low = np.maximum(characters[:, :2], box[:2])
        high = np.minimum(characters[:, 2:], box[2:])
        shared = np.prod(np.clip(high - low, 0, None), axis=1)
        # A large stamp across a page covers words, but is not their text.
        alike = height <= ALIKE * max(usual, min(word.width, word.height))
        seen.append(shared[alike].sum() >= COVERED * word.width * word.height)
    return np.array(seen, bool)


def typed_words(words: Sequence[Word], page: Any, to_pixels: np.ndarray) -> np.ndarray:
    """Return a mask of the words inside a form field that shows its value as text."""
    typed = np.zeros(len(words), bool)
    for field in page.obj.get("/Annots", ()):
        if inherited(field, "/FT", None) not in TYPED or "/Rect" not in field:
            continue
        if int(field.get("/F", 0)) & HIDDEN or not str(inherited(field, "/V", "")):
            continue
        x0, y0, x1, y1 = map(float, field.Rect)
        boxes = np.array([[min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)]])
        [(left, top, right, bottom)] = to_pixel_boxes(boxes, to_pixels)
        for number, word in enumerate(words):
            middle = word.left + word.width / 2, word.top + word.height / 2
            inside = left <= middle[0] <= right and top <= middle[1] <= bottom
            typed[number] |= inside
    return typed
