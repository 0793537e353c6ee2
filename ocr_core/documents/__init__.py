"""Documents: files, folders, PDFs and multi-page images become pages, within limits.

Foreign bytes are decoded here and nowhere else. Whoever serves strangers calls these
functions in a worker process (see `workers`): a decoder can crash, hang or swell.
"""

from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ocr_core.documents import images, pdf
from ocr_core.documents.files import (
    MAX_FILE_BYTES,
    MAX_PIXELS,
    MAX_SIDE,
    errors_explained,
    file_digest,
    is_pdf,
)
from ocr_core.documents.images import open_picture, orientation, upright
from ocr_core.documents.pdf import MAX_RENDER_PIXELS, pdfium
from ocr_core.errors import InputError, LimitError
from ocr_core.page import Page, PageRef

__all__ = [
    "MAX_FILE_BYTES",
    "MAX_PAGES",
    "MAX_PIXELS",
    "MAX_RENDER_PIXELS",
    "MAX_SIDE",
    "MOST_PAGES",
    "Document",
    "file_digest",
    "is_pdf",
    "load_page",
    "open_document",
    "open_picture",
    "orientation",
    "pdfium",
    "survey",
    "text_of_page",
    "upright",
]

MAX_PAGES = 200
MOST_PAGES = 100_000  # that a user may allow


@dataclass(frozen=True)
class Document:
    """What is known of a file before its pages are read."""

    ref: PageRef
    pages: int
    sha256: str


def open_document(
    source: str | Path | PageRef, *, max_pages: int = MAX_PAGES
) -> Iterator[PageRef]:
    """Return an iterator of references to the pages of a file, in order.

    No pixel is decoded before a page is read, so a long document costs no memory. What
    cannot be opened is refused at once, not at the first page.

    Raises
    ------
    InputError
        Where the file is missing, damaged, locked or no image or PDF.
    LimitError
        Where it has more than `max_pages` pages.
    """
    document = survey(source, max_pages=max_pages)
    return (replace(document.ref, number=n) for n in range(1, document.pages + 1))


def survey(source: str | Path | PageRef, *, max_pages: int = MAX_PAGES) -> Document:
    """Open a file just far enough to count its pages and take its digest."""
    ref = source if isinstance(source, PageRef) else PageRef(str(source), 0)
    digest = file_digest(ref)
    with errors_explained(ref):
        if is_pdf(ref):
            pages = pdf.count_pages(ref, digest)
        else:
            with images.opened(ref) as picture:
                pages = images.count_pages(picture, max_pages)
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


@contextmanager
def text_of_page(ref: PageRef, dpi: int) -> Iterator[pdf.TextOfPage]:
    """Open the text that a page of a PDF carries, its places counted at `dpi`.

    Raises
    ------
    InputError
        Where the page is missing or damaged.
    """
    digest = file_digest(ref)
    with ExitStack() as stack:
        with errors_explained(ref):
            text = stack.enter_context(pdf.text_of_page(ref, digest, dpi))
        yield text


def load_page(
    ref: PageRef,
    dpi: int = 300,
    *,
    colour: bool = False,
    without: Collection[int] = (),
) -> Page:
    """Decode one page to 8-bit grey (or RGB) pixels: the page as scanned.

    It is upright as its EXIF tag says, and its pixels are square: where the file
    states another resolution down than across, it is stretched to the finer of them.
    Alpha is laid on white paper, 16-bit samples are stretched to 8, CMYK, palettes
    and bilevel pictures become grey, and coloured ink as dark as it is printed. PDF
    pages are drawn at `dpi`: less where the page would pass 40 megapixels, and more
    where its letters come out too small and its pictures are finer. The page's `dpi`
    tells, and its `notes`. `without` are text objects of a PDF that are left out.

    Raises
    ------
    InputError
        Where the page is missing or damaged; `LimitError` where it is too large.
    """
    digest = file_digest(ref)
    with errors_explained(ref):
        if is_pdf(ref):
            image, dpi, notes, intact = pdf.pdf_page(
                ref, digest, dpi, colour=colour, without=without
            )
        else:
            image, dpi, notes, intact = images.image_page(ref, colour=colour)
    return Page(image, ref, dpi=dpi, sha256=digest, notes=notes, intact=intact)
