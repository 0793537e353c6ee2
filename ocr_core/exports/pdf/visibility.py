"""Visibility: which text of a PDF page is visible, and which an earlier OCR has hidden.

Text can be hidden in many ways: drawn without ink, under a picture, white on white,
fully transparent, as an empty clipping path. Therefore the page is rendered: if visible
text is left out, the picture of the page changes.
"""

import ctypes
import io
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pikepdf
from pikepdf import Dictionary, Name, Pdf

from ocr_core.documents import pdfium
from ocr_core.exports.pdf.content import (
    MARK,
    Edit,
    PageText,
    apply_edit,
    inherited,
    may_show_text,
)
from ocr_core.exports.pdf.geometry import page_to_user, to_pixel_boxes

RENDER_DPI = 110
MAX_RENDER_PIXELS = 4_000_000
REPLACEMENT = 0xFFFD
PRIVATE_USE = (0xE000, 0xF8FF)
PAGE_KEYS = ("/MediaBox", "/CropBox", "/Rotate", "/UserUnit", "/Group")
NO_BOXES = np.zeros((0, 4))


@dataclass(frozen=True)
class ExtractedCharacters:
    """What PDFium extracts from a page.

    Parameters
    ----------
    boxes : (N, 4) float array
        Left, bottom, right and top in the page's own units.
    shows : (N,) int array
        Index of the operator that shows each; -1 if unknown.
    legible : (N,) bool array
        Whether the character is known.
    """

    boxes: np.ndarray
    shows: np.ndarray
    legible: np.ndarray


@dataclass(frozen=True)
class TextFound:
    """The hidden and the visible text of a page.

    `edit` removes the hidden text; None if there is none. `boxes` are those of the
    visible characters that can be extracted: (N, 4), as in `ExtractedCharacters`.
    """

    edit: Edit | None = None
    boxes: np.ndarray = field(default_factory=lambda: NO_BOXES)


def find_text(pdf: Pdf, page: Any, number: int) -> TextFound:
    """Distinguish the hidden text of a page from the visible text."""
    try:
        if not may_show_text(page):
            return TextFound()
        text = PageText(page, number)
    except (pikepdf.PdfError, ValueError, TypeError, LookupError):
        return _all_taken_for_seen(pdf, page)
    invisible = {n for n, show in enumerate(text.shows) if show.invisible}
    if len(invisible) == len(text.shows):
        return TextFound(text.without(invisible)) if invisible else TextFound()
    return Examination(pdf, page, text, invisible).result()


def _all_taken_for_seen(pdf: Pdf, page: Any) -> TextFound:
    """Treat all text as visible, for a page whose instructions cannot be examined."""
    _, found = _drawn(pdf, page, [None], layers=True)
    return TextFound(None, found.boxes[found.legible])


class Examination:
    """Compares pictures of a page with and without its text."""

    def __init__(
        self, pdf: Pdf, page: Any, text: PageText, invisible: set[int]
    ) -> None:
        self._pdf, self._page, self._text = pdf, page, text
        self._invisible = invisible
        self._painted = set(range(len(text.shows))) - invisible

    def result(self) -> TextFound:
        """Return the hidden and the visible text."""
        marked = self._text.without((), marked=True)
        bare = self._text.without(self._painted)
        hidden = set(self._painted)
        # Text hidden by a layer that is switched off is not from an earlier OCR.
        for layers in (False, True) if "/OCProperties" in self._pdf.Root else (True,):
            (whole, empty), characters = _drawn(
                self._pdf, self._page, [marked, bare], layers=layers
            )
            changed = ChangedArea(whole, empty, self._page)
            hidden &= self._unchanged(characters, changed)
        spaces = self._spaces_after(hidden, characters)
        dropped = self._proven([hidden | spaces, hidden], whole)
        seen = characters.legible & changed.within(characters.boxes)
        seen &= ~np.isin(characters.shows, list(dropped | self._invisible))
        edit = self._text.without(dropped) if dropped else None
        return TextFound(edit, characters.boxes[seen])

    def _unchanged(
        self, characters: ExtractedCharacters, changed: "ChangedArea"
    ) -> set[int]:
        """Return the operators whose text can be left out without a visible change."""
        if not changed.any:
            return set(self._painted)
        inked = changed.within(characters.boxes)
        placed = set(characters.shows.tolist())
        seen = set(characters.shows[inked].tolist())
        return {n for n in self._painted if n in placed and n not in seen}

    def _spaces_after(
        self, hidden: set[int], characters: ExtractedCharacters
    ) -> set[int]:
        """Return operators without visible characters that follow hidden ones."""
        spaces: set[int] = set()
        for n in sorted(self._painted - set(characters.shows.tolist())):
            if n - 1 in hidden | spaces:
                spaces.add(n)
        return spaces

    def _proven(self, choices: list[set[int]], whole: np.ndarray) -> set[int]:
        """Return the first choice whose removal does not change the picture."""
        for hidden in choices:
            if not hidden:
                break
            dropped = hidden | self._invisible
            edit = self._text.without(dropped)
            [left], _ = _drawn(self._pdf, self._page, [edit], layers=True)
            if np.array_equal(left, whole):
                return dropped
        return self._invisible


class ChangedArea:
    """Where two pictures of a page differ."""

    def __init__(self, one: np.ndarray, other: np.ndarray, page: Any) -> None:
        changed = (one != other).any(axis=2)
        self.any = bool(changed.any())
        self._sums = np.pad(changed.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
        height, width = changed.shape
        self._to_pixels = np.linalg.inv(page_to_user(page, (width, height)))
        self._limit = np.array([width, height])

    def within(self, boxes: np.ndarray) -> np.ndarray:
        """Return for each of (N, 4) boxes in the page's units whether it changed."""
        if not len(boxes):
            return np.zeros(0, bool)
        sides = to_pixel_boxes(boxes, self._to_pixels)
        low = np.clip(np.floor(sides[:, :2]), 0, self._limit).astype(int)
        high = np.clip(np.ceil(sides[:, 2:]), 0, self._limit).astype(int)
        sums, (x0, y0), (x1, y1) = self._sums, low.T, high.T
        inside = sums[y1, x1] - sums[y0, x1] - sums[y1, x0] + sums[y0, x0]
        return np.asarray(inside > 0)


def _drawn(
    pdf: Pdf,
    page: Any,
    edits: Collection[Edit | None],
    *,
    layers: bool,
) -> tuple[list[np.ndarray], ExtractedCharacters]:
    """Render a page with each edit applied, and extract the text of the first.

    `layers` states whether layers that are switched off stay off.
    """
    with pikepdf.new() as probe:
        for edit in edits:
            copy = Dictionary(Type=Name.Page)
            for key in (*PAGE_KEYS, "/Resources"):
                value = inherited(page.obj, key, None)
                if value is not None:
                    copy[key] = value
            if edit is None:
                copy.Contents = page.obj.Contents
            else:
                apply_edit(pdf, copy, edit)
            probe.pages.append(pikepdf.Page(pdf.make_indirect(copy)))
        if layers and "/OCProperties" in pdf.Root:
            switches = pdf.make_indirect(pdf.Root.OCProperties)
            probe.Root.OCProperties = probe.copy_foreign(switches)
        file = io.BytesIO()
        probe.save(file, compress_streams=False)
    with pdfium() as pypdfium2:
        document = pypdfium2.PdfDocument(file.getvalue())
        try:
            first = document[0]
            characters = _characters(pypdfium2.raw, first)
            first.close()
            return [_picture(pypdfium2, page) for page in document], characters
        finally:
            document.close()


def _picture(pypdfium2: Any, page: Any) -> np.ndarray:
    """Return a page as (H, W, 3) pixels, without its annotations."""
    width, height = page.get_size()
    most = (MAX_RENDER_PIXELS / max(1e-6, width * height)) ** 0.5
    bitmap = page.render(
        scale=min(RENDER_DPI / 72, most),
        may_draw_forms=False,
        draw_annots=False,
        force_bitmap_format=pypdfium2.raw.FPDFBitmap_BGR,
    )
    pixels = np.array(bitmap.to_numpy())
    bitmap.close()
    page.close()
    return pixels


def _characters(raw: Any, page: Any) -> ExtractedCharacters:
    text = page.get_textpage()
    boxes: list[tuple[float, ...]] = []
    shows: list[int] = []
    legible: list[bool] = []
    known: dict[int, int] = {}
    for index in range(text.count_chars()):
        code = raw.FPDFText_GetUnicode(text, index)
        if chr(code).isspace() or raw.FPDFText_IsGenerated(text, index) == 1:
            continue
        item = raw.FPDFText_GetTextObject(text, index)
        address = ctypes.cast(item, ctypes.c_void_p).value or 0
        if address not in known:
            known[address] = _show_of(raw, item) if address else -1
        left, bottom, right, top = text.get_charbox(index, loose=True)
        boxes.append((left, bottom, right, top))
        shows.append(known[address])
        private = PRIVATE_USE[0] <= code <= PRIVATE_USE[1]
        unmapped = raw.FPDFText_HasUnicodeMapError(text, index) == 1
        legible.append(
            code > 32 and code != REPLACEMENT and not private and not unmapped
        )
    text.close()
    return ExtractedCharacters(
        np.array(boxes, float).reshape(-1, 4),
        np.array(shows, int),
        np.array(legible, bool),
    )


def _show_of(raw: Any, item: Any) -> int:
    """Return the operator index with which a text object is marked."""
    value = ctypes.c_int(-1)
    for number in range(raw.FPDFPageObj_CountMarks(item)):
        mark = raw.FPDFPageObj_GetMark(item, number)
        key = MARK.encode()
        if raw.FPDFPageObjMark_GetParamIntValue(mark, key, ctypes.byref(value)):
            return value.value
    return -1
