"""Documents: files, folders, PDFs and multi-page images become pages, within limits.

Untrusted bytes are decoded only here. A server calls these functions in a worker
process (see `processes.pool`), because a decoder can crash, hang or use too much
memory.
"""

import hashlib
import os
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from ocr_core.documents import archives, files, images, pdf, recorded
from ocr_core.documents.discovery import unique_names
from ocr_core.documents.files import (
    MAX_FILE_BYTES,
    MAX_PIXELS,
    MAX_SIDE,
    errors_explained,
    split_inner,
)
from ocr_core.documents.images import orientation, upright
from ocr_core.documents.mets import is_mets_file
from ocr_core.documents.notes import note
from ocr_core.documents.pdf import MAX_RENDER_PIXELS, pdfium
from ocr_core.documents.recorded import notes_of, picture_ref, recorded_page, scaled
from ocr_core.errors import InputError, LimitError
from ocr_core.imports import LISTS, RecordedPage
from ocr_core.page import Note, Page, PageRef

__all__ = [
    "MAX_FILE_BYTES",
    "MAX_PAGES",
    "MAX_PIXELS",
    "MAX_RENDER_PIXELS",
    "MAX_SIDE",
    "MOST_PAGES",
    "Document",
    "documents_in",
    "file_digest",
    "holds_documents",
    "is_pdf",
    "load_page",
    "local",
    "open_document",
    "open_picture",
    "orientation",
    "pdfium",
    "picture_of",
    "recorded_words",
    "survey",
    "text_of_page",
    "upright",
]

MAX_PAGES = 20_000  # of a document, if nothing else is allowed
MOST_PAGES = 100_000  # that a user may allow


@dataclass(frozen=True)
class Document:
    """The properties of a file that are known before its pages are read."""

    ref: PageRef
    pages: int
    sha256: str


def open_document(
    source: str | Path | PageRef, *, max_pages: int = MAX_PAGES
) -> Iterator[PageRef]:
    """Return an iterator of references to the pages of a file, in order.

    No pixel is decoded before a page is read, so a long document needs no memory. A
    file that cannot be opened is refused at once, not at the first page. A file with
    several documents, such as a zip of folders, gives the pages of all.

    Raises
    ------
    InputError
        If the file is missing, damaged, locked or no image or PDF.
    LimitError
        If a document has more than `max_pages` pages.
    TypeError
        If the source is neither a path nor a reference.
    """
    ref = source if isinstance(source, PageRef) else PageRef(os.fsdecode(source), 0)
    found = [survey(each, max_pages=max_pages) for each in documents_in(ref)]
    return (
        replace(document.ref, number=n)
        for document in found
        for n in range(1, document.pages + 1)
    )


def documents_in(ref: PageRef) -> list[PageRef]:
    """Return the documents in a file: itself, or those in a zip or a table.

    Raises
    ------
    InputError
        If it cannot be opened.
    """
    if split_inner(ref.path)[1]:
        return [ref]
    digest = file_digest(ref)
    with errors_explained(ref):
        if archives.is_archive(ref.path):
            archive = archives.Archive(ref.path)
            paths = archive.documents()
            if not paths:
                raise InputError(
                    "{0} contains no page that can be read.", ref.source_file
                )
            mets = [part.mets for part in archive.parts()[:1]]
            if paths == mets and "/" not in paths[0]:
                return [ref]
            return _inner_refs(ref, [f"{ref.path}/{path}" for path in paths], paths)
        if digest and recorded.kind_of(ref):
            paths = recorded.documents_in(ref)
            if paths != [ref.path]:
                names = [recorded.inner_name(path) for path in paths]
                return [
                    replace(ref, path=path, doc_id=name or ref.doc_id)
                    for path, name in zip(paths, names, strict=True)
                ]
    return [ref]


def holds_documents(ref: PageRef) -> bool:
    """Return whether a file may contain several documents, by its first bytes."""
    if split_inner(ref.path)[1]:
        return False
    return archives.is_archive(ref.path) or recorded.kind_of(ref) in LISTS


def _inner_refs(ref: PageRef, paths: list[str], inner: list[str]) -> list[PageRef]:
    """Return references to the documents in an archive; a book of images is one."""
    if ref.path.lower().endswith(".cbz") or ref.source_file.lower().endswith(".cbz"):
        return [ref]
    # A folder has no ending: what follows its last dot is part of its name.
    members = archives.Archive(ref.path).members
    named = [Path(each if each in members else f"{each}.folder") for each in inner]
    names = unique_names(named)
    return [
        replace(ref, path=path, doc_id=name, source_file=f"{ref.source_file}/{part}")
        for path, name, part in zip(paths, names, inner, strict=True)
    ]


def local(ref: PageRef) -> PageRef:
    """Return a reference to a page on the disk; a page in an archive is unpacked.

    Raises
    ------
    InputError
        If there is no such page, or it cannot be unpacked.
    """
    if not _is_archived(ref):
        return ref
    with errors_explained(ref):
        return archives.unpacked(ref, lambda each: _count_pages(each, MOST_PAGES))


def _is_archived(ref: PageRef) -> bool:
    path, inner = split_inner(ref.path)
    if inner.startswith(recorded.INNER):
        return False
    return archives.holds_files(path)


def file_digest(ref: PageRef) -> str:
    """Return the SHA-256 of a document's bytes, in hexadecimal."""
    path, inner = split_inner(ref.path)
    digest = files.file_digest(replace(ref, path=path))
    if not inner and not is_mets_file(path):
        return digest
    if inner.startswith(recorded.INNER):
        return hashlib.sha256(f"{digest} {inner}".encode()).hexdigest()
    with errors_explained(ref):
        return archives.archive_digest(ref)


def is_pdf(ref: PageRef) -> bool:
    """Return whether a file is a PDF, by its content; in an archive, by its name."""
    _, inner = split_inner(ref.path)
    return inner.lower().endswith(".pdf") if inner else files.is_pdf(ref)


def survey(source: str | Path | PageRef, *, max_pages: int = MAX_PAGES) -> Document:
    """Open a file just far enough to count its pages and take its digest."""
    ref = source if isinstance(source, PageRef) else PageRef(os.fsdecode(source), 0)
    digest = file_digest(ref)
    with errors_explained(ref):
        if _is_archived(ref):
            pages = archives.count_pages(
                ref, lambda each: _count_pages(each, max_pages)
            )
        else:
            pages = _count_pages(ref, max_pages)
    if pages == 0:
        raise InputError("{0} has no pages.", ref.source_file)
    if pages > max_pages:
        raise LimitError(
            "{0} has more pages than the limit of {1}.",
            ref.source_file,
            max_pages,
            hint="Choose pages with --pages, or allow more with --max-pages.",
        )
    return Document(replace(ref, number=0), pages, digest)


def _count_pages(ref: PageRef, most: int) -> int:
    """Count the pages of a file that is not an archive."""
    if recorded.kind_of(ref):
        return recorded.count_pages(ref)
    if is_pdf(ref):
        return pdf.count_pages(ref, files.file_digest(ref))
    with images.opened(ref) as picture:
        return images.count_pages(picture, most)


@contextmanager
def open_picture(ref: PageRef) -> Iterator[Image.Image]:
    """Open a page of an image file, not yet decoded, and upright only if it is a TIFF.

    Raises
    ------
    InputError
        If the page is missing or damaged, also if that is only found in use.
    """
    with images.open_picture(local(ref)) as picture:
        yield picture


def recorded_words(
    ref: PageRef, dpi: int
) -> tuple[RecordedPage, tuple[Note, ...]] | None:
    """Return the recorded words of a page, and notes on them.

    Positions are in pixels of the page's image, if it has one. None if the file
    contains no recorded OCR, or no word of a page that has an image.
    """
    where = local(ref)
    with errors_explained(ref):
        if not recorded.kind_of(where):
            return None
        page = recorded_page(where)
        label = _label_of(ref)
        picture = picture_of(ref)
        if picture is None:
            return page, (*label, *notes_of(page, has_picture=False))
        if not page.rows:
            return None
        page = scaled(page, _size_of(picture, page.size, dpi))
        return page, (*label, *notes_of(page, has_picture=True))


def _label_of(ref: PageRef) -> tuple[Note, ...]:
    """Return a note with a page's label in a METS file, if it is not its number."""
    if not _is_archived(ref):
        return ()
    label = archives.page_part(ref, lambda each: _count_pages(each, MOST_PAGES))[
        0
    ].label
    return () if label in ("", str(ref.number)) else (note("page-label", label),)


def picture_of(ref: PageRef) -> PageRef | None:
    """Return a reference to the image of a page; None if it has none to open."""
    where = local(ref)
    if not recorded.kind_of(where):
        return where
    page = recorded_page(where)
    found = picture_ref(where, page, recorded.count_pages(where))
    if found is None:
        return None
    with suppress(InputError):
        if not is_pdf(found) and found.number == 1:
            with images.open_picture(found):
                return found
        if found.number <= survey(found, max_pages=MOST_PAGES).pages:
            return found
    return None


def _size_of(ref: PageRef, stated: tuple[int, int], dpi: int) -> tuple[int, int]:
    """Return the size of an image; it is decoded if its header states another."""
    if not is_pdf(ref):
        with images.open_picture(ref) as picture:
            size = picture.size
            if orientation(picture) in images.SIDEWAYS:
                size = size[::-1]
            factor = images.reduction(picture)
        if size == stated and factor == 1:
            return size
    return _load(ref, dpi).size


@contextmanager
def text_of_page(ref: PageRef, dpi: int) -> Iterator[pdf.TextOfPage]:
    """Open the text of a page of a PDF, with positions in pixels at `dpi`.

    Raises
    ------
    InputError
        If the page is missing or damaged.
    """
    where = local(ref)
    digest = files.file_digest(where)
    with ExitStack() as stack:
        with errors_explained(ref):
            text = stack.enter_context(pdf.text_of_page(where, digest, dpi))
        yield text


def load_page(
    ref: PageRef,
    dpi: int = 300,
    *,
    colour: bool = False,
    without: Collection[int] = (),
) -> Page:
    """Decode one page to 8-bit grey (or RGB) pixels: the page as scanned.

    It is turned upright by its EXIF tag, and its pixels are square: if the file states
    different resolutions down and across, it is stretched to the finer one. Transparent
    pixels become white, 16-bit samples are scaled to 8, CMYK, palettes and bilevel
    images become grey, and coloured ink as dark as it is printed. PDF pages are drawn
    at `dpi`, or less if the page would exceed 40 megapixels, or more if its letters
    would be too small and its pictures are finer; the page's `dpi` and `notes` record
    this. `without` are text objects of a PDF that are left out.

    Raises
    ------
    InputError
        If the page is missing or damaged; `LimitError` where it is too large.
    """
    with errors_explained(ref):
        picture = picture_of(ref)
        if picture is None:
            where = local(ref)
            page = recorded.white_page(where, recorded_page(where))
        else:
            page = _load(picture, dpi, colour=colour, without=without)
        notes = (*_label_of(ref), *page.notes)
    return replace(page, ref=ref, notes=notes, sha256=file_digest(ref))


def _load(
    ref: PageRef, dpi: int, *, colour: bool = False, without: Collection[int] = ()
) -> Page:
    """Decode a page of an image or PDF on the disk."""
    digest = files.file_digest(ref)
    if is_pdf(ref):
        image, dpi, notes, intact = pdf.pdf_page(
            ref, digest, dpi, colour=colour, without=without
        )
    else:
        image, dpi, notes, intact = images.image_page(ref, colour=colour)
    return Page(image, ref, dpi=dpi, sha256=digest, notes=notes, intact=intact)
