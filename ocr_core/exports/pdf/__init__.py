"""PDF: the pages as they were scanned, with invisible text where each word was read.

A JPEG is taken over byte for byte, any other picture without loss. A PDF is edited: it
keeps its pages and all else that it holds. All this opens the documents once more, so
it is done by functions that a worker can be given; they talk through files and hold a
few pages at a time.
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
PARTS_OPEN = 200  # at once: each holds a file open

ContentCall = Callable[..., Any]


def write_pdf(
    results: Iterable[PageResult],
    file: BinaryIO,
    *,
    call: ContentCall | None = None,
    report: Callable[[str], None] | None = None,
) -> None:
    """Write all pages as one PDF with invisible text.

    A page that cannot be opened any more, and could not be read, is left out.

    Parameters
    ----------
    call
        Has a worker call a function with arguments, and returns its answer. Left out,
        a worker is started for it, unless this is one.
    report
        Is given each sentence that a user should know, as about what could not be kept.

    Raises
    ------
    OcrError
        Where a page that was read is missing, changed or damaged by now, none is
        left, or there is no room.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(temporary_folder())
        call = call or stack.enter_context(_caller())
        making = Making(folder, call, report or (lambda sentence: None))
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
    """Tells where in a row of results the next document begins.

    Pictures go together. Pages of a PDF do as long as their numbers ascend.
    """

    _path: str = ""
    _number: int = 0
    _count: int = 0

    def __call__(self, result: PageResult) -> int:
        """Return the count of the document that a page belongs to."""
        path, number = _pdf_path(result.ref), result.ref.number
        if path != self._path or (path and number <= self._number):
            self._count += 1
        self._path, self._number = path, number
        return self._count


def _pdf_path(ref: PageRef) -> str:
    try:
        return ref.path if is_pdf(ref) else ""
    except OSError:
        return ""  # a worker finds out and says so


@dataclass
class Making:
    """A PDF under way: a file for each document, in a folder."""

    folder: Path
    call: ContentCall
    report: Callable[[str], None]
    _documents: list[tuple[str, str]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    def add(self, results: Iterator[PageResult]) -> None:
        """Write the pages of a document to a file of its own."""
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
        """Return the path of a PDF that holds all documents so far."""
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
