"""Recorded OCR: pages whose words another program has read, with their pictures."""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote, unquote

import numpy as np

from ocr_core.documents.files import (
    MAX_PIXELS,
    MAX_SIDE,
    file_digest,
    is_pdf,
    split_inner,
    too_large,
)
from ocr_core.documents.notes import note
from ocr_core.documents.packed import content_of, head_of
from ocr_core.documents.pairs import DiskListing, picture_beside
from ocr_core.errors import InputError, LimitError
from ocr_core.imports import LISTS, RecordedPage, recorded_kind, recorded_pages
from ocr_core.page import Note, Page, PageRef

MAX_BYTES = 100_000_000
INNER = "="  # begins the name of a document in a table of several


def kind_of(ref: PageRef) -> str:
    """Return the kind of recorded OCR or text in a file; "" for none."""
    path, inner = split_inner(ref.path)
    if inner and not inner.startswith(INNER):
        return ""
    return recorded_kind(head_of(Path(path)), Path(path).name if inner else _name(ref))


def _name(ref: PageRef) -> str:
    """Return the name whose ending counts: an uploaded file has only a label."""
    return ref.source_file if "." in ref.source_file else Path(ref.path).name


def documents_in(ref: PageRef) -> list[str]:
    """Return the paths of the documents in a file."""
    kind = kind_of(ref)
    if kind not in LISTS:
        return [ref.path]
    names = dict.fromkeys(page.doc_id for page in pages_of(ref))
    return [f"{ref.path}/{INNER}{quote(name, safe='')}" for name in names]


def inner_name(path: str) -> str:
    """Return the name of a document in a table; "" if the path names none."""
    _, inner = split_inner(path)
    return unquote(inner[1:]) if inner.startswith(INNER) else ""


def count_pages(ref: PageRef) -> int:
    """Count the pages of a document."""
    return len(pages_of(ref))


def recorded_page(ref: PageRef) -> RecordedPage:
    """Return a recorded page.

    Raises
    ------
    InputError
        If the document has no such page.
    """
    pages = pages_of(ref)
    if not 1 <= max(1, ref.number) <= len(pages):
        raise InputError("{0} has no page {1}.", ref.source_file, ref.number)
    page = pages[max(1, ref.number) - 1]
    return page if page.engine else replace(page, engine=kind_of(ref))


def pages_of(ref: PageRef) -> list[RecordedPage]:
    """Return all pages of a document."""
    path, inner = split_inner(ref.path)
    whole = replace(ref, path=path) if inner else ref
    # A run surveys relative paths and reads absolute ones: both are one cached file.
    file = str(Path(path).absolute()), file_digest(whole), kind_of(ref), ref.source_file
    if not inner:
        return _read(*file)
    return _by_document(*file).get(inner_name(ref.path), [])


@lru_cache(maxsize=1)
def _read(path: str, digest: str, kind: str, name: str) -> list[RecordedPage]:
    """Read a file; its pages are cached while they are requested one by one."""
    content = content_of(Path(path), MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise LimitError(
            "{0} contains more recorded OCR than {1} MB.", name, MAX_BYTES // 10**6
        )
    return list(recorded_pages(content, kind))


@lru_cache(maxsize=1)
def _by_document(
    path: str, digest: str, kind: str, name: str
) -> dict[str, list[RecordedPage]]:
    """Return the pages of each document in a table, which may have 100,000."""
    found: dict[str, list[RecordedPage]] = {}
    for page in _read(path, digest, kind, name):
        found.setdefault(page.doc_id, []).append(page)
    return found


def picture_ref(ref: PageRef, page: RecordedPage, pages: int) -> PageRef | None:
    """Return a reference to the image beside the file, or None if there is none.

    Parameters
    ----------
    pages
        Number of pages of the document: one image cannot be that of several pages.
    """
    path, inner = split_inner(ref.path)
    stem = page.doc_id if inner or page.doc_id else ""
    found = picture_beside(Path(path), page.image, DiskListing(), stem)
    if found is None or str(found) == path:
        return None
    picture = PageRef(str(found), max(1, ref.number), ref.doc_id, ref.source_file)
    return replace(picture, number=1) if pages == 1 and not is_pdf(picture) else picture


def scaled(page: RecordedPage, size: tuple[int, int]) -> RecordedPage:
    """Return a page scaled to its image, which has another size in pixels."""
    if page.size == size or not page.states_size or not all(page.size):
        return replace(page, size=size)
    across, down = size[0] / page.size[0], size[1] / page.size[1]
    rows = []
    for word in page.rows:
        left, right = (round(x * across) for x in (word.left, word.left + word.width))
        top, bottom = (round(y * down) for y in (word.top, word.top + word.height))
        width, height = max(1, right - left), max(1, bottom - top)
        rows.append(word._replace(left=left, top=top, width=width, height=height))
    return replace(page, rows=tuple(rows), size=size)


def white_page(ref: PageRef, page: RecordedPage) -> Page:
    """Return an empty page with the size of a page that has no image."""
    width, height = (max(1, side) for side in page.size)
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise LimitError(too_large(ref.source_file))
    image = np.full((height, width), 255, np.uint8)
    return Page(image, ref, dpi=page.dpi)


def notes_of(page: RecordedPage, *, has_picture: bool) -> Iterator[Note]:
    """Yield the notes on a page whose words were recorded."""
    if not has_picture and not page.is_drawn:
        yield note("no-picture")
    if not page.has_conf and not page.is_drawn:
        yield note("no-confidence")
