"""PDF pages: drawn by PDFium, including the values of form fields.

PDFium is not thread-safe, so a lock guards it.
"""

import atexit
import logging
import math
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial
from io import BytesIO
from itertools import chain
from typing import Any

import numpy as np
from PIL import Image

from ocr_core.documents import catalogue
from ocr_core.documents.damage import MAX_INTACT, Damage, corrupt
from ocr_core.documents.files import MAX_SIDE
from ocr_core.documents.grey import grey_of
from ocr_core.documents.notes import note
from ocr_core.documents.pdf_pictures import finest_resolution, pictures_damage
from ocr_core.documents.pdf_text import TextPage
from ocr_core.errors import InputError
from ocr_core.imaging import measurements
from ocr_core.page import Note, PageRef

MAX_RENDER_PIXELS = 40_000_000
PAGES_PER_OPENING = 16  # then a PDF is reopened, as PDFium keeps all it has read
SCREEN_DPI = 72  # at most this, a page is drawn for display, not for reading
SMALL_LETTERS = 14  # px, x-height; smaller letters are read badly
GOOD_LETTERS = 26  # px
FINER = 1.15  # factor from which drawing a page again is worthwhile

lock = threading.RLock()


@contextmanager
def pdfium() -> Iterator[Any]:
    """Lock PDFium, and return pypdfium2."""
    with lock:
        yield _pdfium()


def count_pages(ref: PageRef, digest: str) -> int:
    """Return the number of pages of a PDF."""
    with lock:
        return len(_opened(ref.path, digest)[0])


@contextmanager
def _open_page(ref: PageRef, digest: str) -> Iterator[tuple[Any, catalogue.PageFacts]]:
    """Lock PDFium and open a page; return it and what its dictionary says of it."""
    with lock:
        pdf, repaired = _opened(ref.path, digest, ref.number)
        if ref.number > len(pdf):
            raise InputError("{0} has no page {1}.", ref.source_file, ref.number)
        about = catalogue.about_page(ref.path, digest, ref.number)
        if repaired:
            about = replace(about, damage=Damage((note("pdf-repaired"),), MAX_INTACT))
        page = pdf[ref.number - 1]
        try:
            yield page, about
        finally:
            page.close()


def pdf_page(
    ref: PageRef,
    digest: str,
    dpi: int,
    *,
    colour: bool,
    without: Collection[int] = (),
) -> tuple[np.ndarray, int, tuple[Note, ...], float]:
    """Draw a page; return its pixels, their resolution, notes and intact share.

    `without` are numbers of text objects to leave out, as in `pdf_text.Characters`.
    """
    with _open_page(ref, digest) as (page, about):
        if without:
            with closing(TextPage(page, (1, 1))) as text:
                text.switch(without, on=False)
        pixels, drawn, notes = _drawn_to_read(page, ref, dpi, about.unit)
        faxes = partial(catalogue.fax_parameters, ref.path, digest, ref.number)
        found = pictures_damage(page, pixels, faxes)
        content = catalogue.content_damage(ref.path, digest, ref.number)
    if found is None:
        raise InputError(
            "Page {0} of {1} has a picture that cannot be decoded.",
            ref.number,
            ref.source_file,
            hint="Open it in another program and save it again.",
        )
    found = found.combined_with(content).combined_with(about.damage)
    converted = np.array(Image.fromarray(pixels).convert("RGB" if colour else "L"))
    if not colour and pixels.ndim == 3:
        converted = grey_of(pixels, converted)
    return converted, drawn, (*notes, *found.notes, *about.notes), found.intact


@dataclass(frozen=True)
class TextOfPage:
    """The text of an open page, and facts about the page.

    `dpi` is the resolution of the pixels in which positions are given. `damage` returns
    the damage of the page, `drawn` the resolution and size at which `pdf_page` draws
    it; both may take long.
    """

    text: TextPage
    dpi: int
    notes: tuple[Note, ...]
    damage: Callable[[], Damage]
    drawn: Callable[[], tuple[int, tuple[int, int]]]


@contextmanager
def text_of_page(ref: PageRef, digest: str, dpi: int) -> Iterator[TextOfPage]:
    """Open the text of a page, without drawing it."""
    with _open_page(ref, digest) as (page, about):
        dpi = min(dpi, round(_finest(page, ref, about.unit)))
        size = _size(page, dpi, about.unit)
        with closing(TextPage(page, size, about.unit)) as text:

            def damage() -> Damage:
                content = catalogue.content_damage(ref.path, digest, ref.number)
                content = content.combined_with(about.damage)
                if not text.may_have_pictures:
                    return content
                faxes = partial(catalogue.fax_parameters, ref.path, digest, ref.number)
                found = pictures_damage(page, text.view(), faxes) or corrupt()
                return found.combined_with(content)

            def drawn() -> tuple[int, tuple[int, int]]:
                if not text.may_have_pictures or not finest_resolution(
                    page, about.unit, dpi * FINER
                ):
                    return dpi, size
                finer = _drawn_to_read(page, ref, dpi, about.unit)[1]
                return finer, _size(page, finer, about.unit)

            yield TextOfPage(text, dpi, about.notes, damage, drawn)


def _finest(page: Any, ref: PageRef, unit: float) -> float:
    """Return the dpi at which a page reaches the pixel limit."""
    width, height = (side * unit for side in page.get_size())
    if not (0 < width < 1e6 and 0 < height < 1e6):
        raise InputError("Page {0} of {1} has no size.", ref.number, ref.source_file)
    pixels = (MAX_RENDER_PIXELS / (width * height)) ** 0.5
    return 72 * min(pixels, MAX_SIDE / max(width, height))


def _drawn_to_read(
    page: Any, ref: PageRef, dpi: int, unit: float
) -> tuple[np.ndarray, int, tuple[Note, ...]]:
    """Draw a page at `dpi`, or finer if its pictures are and its letters need it."""
    limit = _finest(page, ref, unit)
    pixels = _drawn(page, min(dpi, limit), unit)
    if dpi > limit:
        coarser = note("drawn-coarser", round(limit), dpi)
        return pixels, round(limit), (coarser,) if dpi >= SCREEN_DPI else ()
    if dpi >= SCREEN_DPI:
        finer = min(finest_resolution(page, unit, dpi * FINER), limit)
        drawn = _needed_dpi(page, pixels, dpi, finer, unit) if finer else dpi
        if drawn > dpi:
            notes = (note("drawn-finer", drawn, dpi),)
            return _drawn(page, drawn, unit), drawn, notes
    return pixels, dpi, ()


def _needed_dpi(
    page: Any, pixels: np.ndarray, dpi: int, finer: float, unit: float
) -> int:
    """Return the dpi that the letters on a page need, from `dpi` to `finer`."""
    letters = _letters(page, pixels)
    if letters.count >= measurements.FEW and letters.height >= SMALL_LETTERS:
        return dpi
    seen_at: float = dpi
    if letters.count < measurements.FEW:  # none, or too small to be found
        letters, seen_at = _letters(page, _drawn(page, finer, unit)), finer
    if letters.count < measurements.FEW:
        return dpi
    needed = seen_at * GOOD_LETTERS / letters.height
    return round(needed if finer > 1.5 * needed else finer)


def _letters(page: Any, pixels: np.ndarray) -> measurements.Glyphs:
    """Find the letters without the page's /Rotate, which does not change their size."""
    lying = np.ascontiguousarray(np.rot90(pixels, page.get_rotation() // 90))
    return measurements.letters_on(np.array(Image.fromarray(lying).convert("L")))


def _drawn(page: Any, dpi: float, unit: float) -> np.ndarray:
    scale = _scale(dpi, unit)
    # Scans are drawn three times faster in colour than in grey, vectors the reverse.
    bitmap = page.render(scale=scale, rev_byteorder=True)
    pixels = np.array(bitmap.to_numpy())
    bitmap.close()
    return pixels[..., :3] if pixels.ndim == 3 else pixels


def _scale(dpi: float, unit: float) -> float:
    # Slightly less, as rounding would make 3301 pixels of eleven inches at 300 dpi.
    return dpi / 72 * unit * (1 - 1e-6)


def _size(page: Any, dpi: float, unit: float) -> tuple[int, int]:
    """Return the size at which `_drawn` draws a page, in pixels."""
    width, height = (math.ceil(side * _scale(dpi, unit)) for side in page.get_size())
    return width, height


def _opened(path: str, digest: str, number: int = 0) -> tuple[Any, bool]:
    """Open a PDF; return it, and whether it had to be repaired.

    The last one stays open for `PAGES_PER_OPENING` pages.
    """
    return _open(path, digest, number // PAGES_PER_OPENING)


@cache
def _pdfium() -> Any:
    import pypdfium2

    atexit.register(_open.cache_clear)  # otherwise it warns of open documents
    # Its warning about XFA forms is silenced; a note reports them.
    logging.getLogger("pypdfium2").setLevel(logging.ERROR)
    return pypdfium2


@lru_cache(maxsize=1)
def _open(path: str, digest: str, opening: int) -> tuple[Any, bool]:
    pypdfium2 = _pdfium()
    reason = ""
    sources: Iterator[str | BytesIO] = chain([path], catalogue.repaired(path))
    for number, source in enumerate(sources):
        try:
            pdf = pypdfium2.PdfDocument(source)
            pdf.init_forms()  # before a page is opened, otherwise its fields stay empty
            return pdf, number > 0
        except pypdfium2.PdfiumError as error:
            reason = reason or str(error)
        if "assword" in reason or "Success" in reason:
            break
    if "assword" in reason:
        raise InputError(
            "The PDF is protected by a password.",
            hint="Save a copy without the password and try again.",
        )
    if "Success" in reason:
        raise InputError("The PDF has no pages.")
    raise InputError(
        "The PDF cannot be opened: it is damaged or something else.",
        hint="Open it in another program and save it again.",
    )
