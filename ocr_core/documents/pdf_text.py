"""PDF text: the characters on a page of a PDF, and which of them are visible.

Text can be hidden in many ways: drawn without ink, white on white, under a picture,
outside the page, in a hidden layer. So the page is drawn with and without it: text is
visible if leaving it out changes the picture.
"""

import ctypes
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import cv2
import numpy as np

MAX_CHARACTERS = 100_000  # of a page; a page with more is drawn and read
VIEW_DPI = 110  # at which a page is drawn to find the visible text
VIEW_PIXELS = 2_000_000
MIN_CONTRAST = 20  # levels; less is grain of a scan, not visible ink
MAX_COORDINATE = 1e6  # units of a page from its corner
SUBPIXELS = 64  # fraction of a pixel to which positions are rounded
SYMBOLS = {"\uf0b7": "•", "\uf0a7": "▪", "\uf0d8": "➢", "\uf0fc": "✓", "\uf0e0": "→"}
LINE_HYPHENS = ("\x02", "\xad", "\ufffe")  # PDFium's characters for a line-end hyphen
INVISIBLE, CLIP = 3, 7  # text rendering modes without ink
SAME_POINT = 0.01  # units of a page
ARRAYS = "boxes cells origins along sizes objects fonts inked".split()
UNKNOWN = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, eq=False)
class Characters:
    """The characters of a page, in PDFium's order, without white space.

    Parameters
    ----------
    texts : list of str
        One character each; U+FFFD if unknown.
    boxes, cells : (N, 4) float array
        Left, top, right and bottom in pixels, of the ink and of the font's em.
    origins : (N, 2) float array
        The origin of each on its baseline, in pixels.
    along : (N, 2) float array
        The direction of its line, of length 1, y down.
    sizes : (N,) float array
        Height of the font, in pixels.
    objects, fonts : (N,) int array
        The number of the text object that shows it, in this order, and of its font.
    spaced : (N,) int array
        What separates it from the previous one: 0 nothing, 1 white space that PDFium
        assumes, as at a line end, 2 white space in the text.
    inked : (N,) bool array
        Whether the text is drawn with ink, according to its object.
    """

    texts: list[str]
    boxes: np.ndarray
    cells: np.ndarray
    origins: np.ndarray
    along: np.ndarray
    sizes: np.ndarray
    objects: np.ndarray
    fonts: np.ndarray
    spaced: np.ndarray
    inked: np.ndarray

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def unknown(self) -> np.ndarray:
        """(N,) bool array: characters that the font does not map to real ones."""
        return np.array([text == UNKNOWN for text in self.texts], bool)

    def only(self, kept: np.ndarray) -> "Characters":
        """Return some of the characters, keeping white space before those left out."""
        runs = np.cumsum(kept)
        spaced = self.spaced.copy()
        before = np.zeros(len(self) + 1, int)
        np.maximum.at(before, runs[~kept], self.spaced[~kept])
        first = np.flatnonzero(kept)
        spaced[first] = np.maximum(spaced[first], before[runs[first] - 1])
        texts = [text for text, stays in zip(self.texts, kept, strict=True) if stays]
        arrays = {name: getattr(self, name)[kept] for name in ARRAYS}
        return replace(self, texts=texts, spaced=spaced[kept], **arrays)


class TextPage:
    """The text of a page that is open in PDFium.

    Parameters
    ----------
    page
        A page of pypdfium2, which must stay open.
    size
        Width and height in pixels to which positions refer.
    """

    def __init__(self, page: Any, size: tuple[int, int], unit: float = 1.0) -> None:
        import pypdfium2

        self._raw, self._page, self.size = pypdfium2.raw, page, size
        self._unit = unit  # of the page, in points
        self._objects: dict[int, Any] = {}  # by address, in text order
        self._text = page.get_textpage()
        self.count: int = self._text.count_chars()

    def close(self) -> None:
        """Close the text; the page stays open."""
        self._text.close()

    def switch(self, numbers: Collection[int] | None, *, on: bool) -> None:
        """Show or hide text objects; all if `numbers` is None."""
        if not self._objects:
            self._find_objects()
        for number, handle in enumerate(self._objects.values()):
            if numbers is None or number in numbers:
                self._raw.FPDFPageObj_SetIsActive(handle, on)

    @property
    def point(self) -> float:
        """The size of a pixel in points."""
        return float(self._page.get_size()[0] * self._unit / self.size[0])

    @property
    def may_have_pictures(self) -> bool:
        """Return whether the page has more than text and paths."""
        raw, page = self._raw, self._page
        kinds = {
            raw.FPDFPageObj_GetType(raw.FPDFPage_GetObject(page, number))
            for number in range(raw.FPDFPage_CountObjects(page))
        }
        return not kinds <= {raw.FPDF_PAGEOBJ_TEXT, raw.FPDF_PAGEOBJ_PATH}

    def view(self) -> np.ndarray:
        """Draw the page at a small scale, without hidden objects: (H, W, 3) uint8."""
        width, height = self._page.get_size()
        max_scale = (VIEW_PIXELS / max(1e-6, width * height)) ** 0.5
        scale = min(VIEW_DPI / 72 * self._unit, max_scale)
        bitmap = self._page.render(
            scale=scale, force_bitmap_format=self._raw.FPDFBitmap_BGR
        )
        pixels = np.array(bitmap.to_numpy())
        bitmap.close()
        return pixels

    def part(self, box: Sequence[float], scale: float) -> np.ndarray:
        """Draw a box (left, top, right, bottom, in pixels) of the page: (H, W) uint8.

        `scale` is the size of a drawn pixel in pixels of the page.
        """
        width, height = self._page.get_size()
        unit = width / self.size[0]
        left, top, right, bottom = (edge * unit for edge in box)
        cut = left, height - bottom, width - right, top
        bitmap = self._page.render(
            scale=scale / unit,
            crop=tuple(max(0.0, each) for each in cut),
            force_bitmap_format=self._raw.FPDFBitmap_Gray,
        )
        pixels = np.array(bitmap.to_numpy())
        bitmap.close()
        return pixels.reshape(pixels.shape[:2])

    def characters(self) -> Characters:
        """Return the characters of the page."""
        raw, text, index = self._raw, self._text, 0
        found: list[tuple[Any, ...]] = []
        details: dict[int, tuple[Any, ...]] = {}
        fonts: dict[int, int] = {}
        spaced = 2
        edges = [ctypes.c_double() for _ in range(4)]
        loose = raw.FS_RECTF()
        x, y = ctypes.c_double(), ctypes.c_double()
        for index in range(self.count):
            code = raw.FPDFText_GetUnicode(text, index)
            character = chr(code)
            hyphen = character in LINE_HYPHENS
            if not hyphen and (character.isspace() or not code):
                guessed = raw.FPDFText_IsGenerated(text, index) == 1
                if guessed or code:
                    spaced = max(spaced, 1 if guessed else 2)
                    continue
            handle = raw.FPDFText_GetTextObject(text, index)
            address = ctypes.cast(handle, ctypes.c_void_p).value or 0
            if address not in details:
                self._objects[address] = handle
                details[address] = (len(details), *self._object(handle, index, fonts))
            raw.FPDFText_GetCharBox(text, index, edges[0], edges[2], edges[1], edges[3])
            raw.FPDFText_GetLooseCharBox(text, index, loose)
            raw.FPDFText_GetCharOrigin(text, index, x, y)
            bad = not hyphen and _is_unknown(character)
            bad = bad or raw.FPDFText_HasUnicodeMapError(text, index) == 1
            found.append(
                (
                    UNKNOWN if bad else "-" if hyphen else character,
                    *(edge.value for edge in edges),
                    *(loose.left, loose.bottom, loose.right, loose.top),
                    *(x.value, y.value),
                    spaced,
                    *details[address],
                )
            )
            spaced = 0
        return self._in_pixels(found)

    def _object(
        self, handle: Any, index: int, fonts: dict[int, int]
    ) -> tuple[int, bool, tuple[float, float], float, np.ndarray | None]:
        """Return the properties of a text object, by its first character.

        The number of its font, whether it has ink, its direction, the size of its font,
        and the matrix that takes its positions to the page, if they are not those of
        the page: PDFium gives those of a form XObject for replaced text (ActualText).
        """
        raw, text = self._raw, self._text
        on_page, own = raw.FS_MATRIX(), raw.FS_MATRIX()
        raw.FPDFText_GetMatrix(text, index, on_page)
        raw.FPDFPageObj_GetMatrix(handle, own)
        x, y = ctypes.c_double(), ctypes.c_double()
        raw.FPDFText_GetCharOrigin(text, index, x, y)
        moved = None
        origin = np.array([x.value, y.value])
        one, other = _matrix_of(on_page), _matrix_of(own)
        near = [np.abs(each[:2, 2] - origin).max() for each in (one, other)]
        if near[0] > SAME_POINT > near[1] and np.linalg.det(other):
            moved = one @ np.linalg.inv(other)
        font = ctypes.cast(raw.FPDFTextObj_GetFont(handle), ctypes.c_void_p).value or 0
        return (
            fonts.setdefault(font, len(fonts)),
            raw.FPDFTextObj_GetTextRenderMode(handle) not in (INVISIBLE, CLIP),
            (on_page.a, on_page.b),
            raw.FPDFText_GetFontSize(text, index),
            moved,
        )

    def _in_pixels(self, found: list[tuple[Any, ...]]) -> Characters:
        """Convert PDFium's data on characters to pixels of the page."""
        numbers = np.array([(*row[1:11], row[16]) for row in found], float).reshape(
            -1, 11
        )
        for index, moved in enumerate(row[17] for row in found):
            if moved is not None:
                for at in (0, 4):
                    numbers[index, at : at + 4] = _boxes(
                        numbers[index : index + 1, at : at + 4], moved
                    )
                numbers[index, 8:10] = (
                    moved[:2, :2] @ numbers[index, 8:10] + moved[:2, 2]
                )
        # A damaged page may have infinite coordinates.
        numbers = np.clip(np.nan_to_num(numbers), -MAX_COORDINATE, MAX_COORDINATE)
        matrix = self._to_pixels()
        boxes, cells = (_boxes(numbers[:, at : at + 4], matrix) for at in (0, 4))
        # A glyph without outlines, as of a missing font, has no ink box.
        empty = (boxes[:, 2:] - boxes[:, :2]).min(axis=1, initial=np.inf) <= 0
        boxes[empty] = cells[empty]
        along = np.array([row[15] for row in found], float).reshape(-1, 2)
        along = np.clip(np.nan_to_num(along), -MAX_COORDINATE, MAX_COORDINATE)
        along = along @ matrix[:2, :2].T
        stretch = float(abs(np.linalg.det(matrix[:2, :2])) ** 0.5)
        length = np.maximum(np.hypot(*along.T), 1e-9)
        lengths = (
            length / stretch
        )  # of the text's unit, whose matrix may include the size
        return Characters(
            texts=[row[0] for row in found],
            boxes=boxes,
            cells=cells,
            origins=numbers[:, 8:10] @ matrix[:2, :2].T + matrix[:2, 2],
            along=along / length[:, None],
            sizes=np.maximum(numbers[:, 10] * lengths * stretch, 1.0),
            objects=np.array([row[12] for row in found], int),
            fonts=np.array([row[13] for row in found], int),
            spaced=np.array([row[11] for row in found], int),
            inked=np.array([row[14] for row in found], bool),
        )

    def _to_pixels(self) -> np.ndarray:
        """Return the (3, 3) matrix from page units to pixels of the upright page."""
        columns = []
        fine = [side * SUBPIXELS for side in self.size]
        x, y = ctypes.c_int(), ctypes.c_int()
        for point in ((0, 0), (1000, 0), (0, 1000)):
            self._raw.FPDF_PageToDevice(self._page, 0, 0, *fine, 0, *point, x, y)
            columns.append(np.array([x.value, y.value]) / SUBPIXELS)
        origin, right, up = columns
        rows = np.stack([(right - origin) / 1000, (up - origin) / 1000, origin], axis=1)
        return np.vstack([rows, [0, 0, 1]])

    def _find_objects(self) -> None:
        for index in range(self.count):
            handle = self._raw.FPDFText_GetTextObject(self._text, index)
            address = ctypes.cast(handle, ctypes.c_void_p).value or 0
            if (
                address
                and not chr(self._raw.FPDFText_GetUnicode(self._text, index)).isspace()
            ):
                self._objects.setdefault(address, handle)


def _is_unknown(character: str) -> bool:
    if character in SYMBOLS:
        return False
    return unicodedata.category(character) in ("Cc", "Cn", "Co", "Cs") or (
        character == UNKNOWN
    )


def _matrix_of(matrix: Any) -> np.ndarray:
    """Return a matrix of PDFium as a (3, 3) array for columns of coordinates."""
    a, b, c, d, e, f = (getattr(matrix, name) for name in "abcdef")
    return np.array([[a, c, e], [b, d, f], [0, 0, 1]])


def _boxes(boxes: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Transform (N, 4) boxes; return left, top, right and bottom."""
    x, y = boxes[:, [0, 2, 0, 2]], boxes[:, [1, 1, 3, 3]]
    points = np.stack([x, y, np.ones_like(x)], axis=2) @ matrix.T
    low, high = points[..., :2].min(axis=1), points[..., :2].max(axis=1)
    return np.hstack([low, high]).reshape(-1, 4)


def changed(
    one: np.ndarray, other: np.ndarray, boxes: np.ndarray, size: tuple[int, int]
) -> np.ndarray:
    """Return for each box whether two views of a page differ in it.

    Parameters
    ----------
    one, other : (H, W, 3) uint8 array
        The page at a small scale.
    boxes : (N, 4) float array
        Left, top, right and bottom in pixels of `size`.

    Returns
    -------
    (N,) bool array
    """
    blue, green, red = cv2.split(cv2.absdiff(one, other))
    apart = cv2.max(cv2.max(blue, green), red)
    sums = cv2.integral((apart > MIN_CONTRAST).astype(np.uint8))
    limit = np.array(apart.shape[::-1])
    factor = limit / np.array(size)
    low = np.clip(np.floor(boxes[:, :2] * factor), 0, limit).astype(int)
    high = np.clip(np.ceil(boxes[:, 2:] * factor), 0, limit).astype(int)
    (x0, y0), (x1, y1) = low.T, high.T
    return np.asarray(sums[y1, x1] - sums[y0, x1] - sums[y1, x0] + sums[y0, x0] > 0)
