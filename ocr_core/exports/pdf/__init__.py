"""PDF: the pages as scanned, with invisible text at the position of each word.

A JPEG is copied byte for byte, any other picture without loss. A PDF is edited: it
keeps its pages and all other content. This opens the documents again, so it is done by
functions that run in a worker; they exchange files and load a few pages at a time.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count, groupby, islice
from multiprocessing import parent_process
from pathlib import Path
from typing import Any, BinaryIO

from ocr_core.documents import is_pdf
from ocr_core.errors import InputError
from ocr_core.exports.pdf.document import edit_document
from ocr_core.exports.pdf.joining import join_documents
from ocr_core.exports.pdf.layers import gather_layers, write_layers
from ocr_core.page import PageRef, PageResult
from ocr_core.processes.pool import Pool
from ocr_core.tempdirs import temporary_folder

PAGES_A_PART = 8
PARTS_OPEN = 200  # at once: each is an open file

ContentCall = Callable[..., Any]


def write_pdf(
    results: Iterable[PageResult],
    file: BinaryIO,
    *,
    call: ContentCall | None = None,
    report: Callable[[str], None] | None = None,
) -> None:
    """Write all pages as one PDF with invisible text.

    A failed page that cannot be opened any more is left out.

    Parameters
    ----------
    call
        Calls a function with arguments in a worker, and returns the result. By default
        a worker is started for it, unless this process is one.
    report
        Called with each message for the user, for example about lost content.

    Raises
    ------
    OcrError
        If a page that was read is now missing, changed or damaged, no page remains, or
        the disk is full.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(temporary_folder())
        call = call or stack.enter_context(_caller())
        making = PdfInProgress(folder, call, report or (lambda sentence: None))
        for _, document in groupby(results, DocumentCounter()):
            making.add(document)
        with Path(making.joined()).open("rb") as whole:
            shutil.copyfileobj(whole, file)


@contextmanager
def _caller() -> Iterator[ContentCall]:
    if parent_process() is not None:
        yield lambda function, *arguments: function(*arguments)
        return
    with Pool(1) as pool:
        yield lambda *asked: pool.submit(*asked).result()


@dataclass
class DocumentCounter:
    """Counts documents in a sequence of results.

    Consecutive pictures are one document, as are pages of a PDF in ascending order.
    """

    _path: str = ""
    _number: int = 0
    _count: int = 0

    def __call__(self, result: PageResult) -> int:
        """Return the number of the document that a page belongs to."""
        path, number = _pdf_path(result.ref), result.ref.number
        if path != self._path or (path and number <= self._number):
            self._count += 1
        self._path, self._number = path, number
        return self._count


def _pdf_path(ref: PageRef) -> str:
    try:
        return ref.path if is_pdf(ref) else ""
    except OSError:
        return ""  # a worker will report the error


@dataclass
class PdfInProgress:
    """A PDF in progress: one file for each document, in a folder."""

    folder: Path
    call: ContentCall
    report: Callable[[str], None]
    _documents: list[tuple[str, str]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    def add(self, results: Iterator[PageResult]) -> None:
        """Write the pages of a document to a separate file."""
        parts: list[str] = []
        characters, name, source = "", "", ""
        while part := tuple(islice(results, PAGES_A_PART)):
            source, name = part[0].ref.path, part[0].ref.source_file
            path = self._new_path()
            pages, characters = self.call(write_layers, part, path, characters)
            if pages:
                parts.append(path)
            if len(parts) == PARTS_OPEN:
                parts = [self._gathered(parts)]
        if not parts:
            return
        path = self._new_path()
        for note in self.call(edit_document, source, parts, path, characters, name):
            self.report(note)
        _remove(parts)
        named = name if _pdf_path(PageRef(source)) else ""
        self._documents.append((path, named))
        if len(self._documents) == PARTS_OPEN:
            self._documents = [(self.joined(), "")]

    def joined(self) -> str:
        """Return the path of a PDF with all documents so far."""
        if not self._documents:
            raise InputError("No page could be opened, so there is no PDF.")
        [(path, _), *others] = self._documents
        if not others:
            return path
        path = self._new_path()
        for note in self.call(join_documents, self._documents, path):
            self.report(note)
        _remove(each for each, _ in self._documents)
        return path

    def _gathered(self, parts: list[str]) -> str:
        path = self._new_path()
        self.call(gather_layers, parts, path)
        _remove(parts)
        return path

    def _new_path(self) -> str:
        return str(self.folder / f"{next(self._numbers)}.pdf")


def _remove(paths: Iterable[str]) -> None:
    for path in paths:
        Path(path).unlink()
