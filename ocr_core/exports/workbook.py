"""Workbook: documents, pages and words as sheets of one file for Excel.

Every text is a text cell: Excel does not convert it to a formula, number, date or link.
Rows are written immediately, so a workbook of a million words needs little memory.
Limits: Microsoft, Excel specifications and limits.
"""

import math
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, BinaryIO

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.worksheet import Worksheet

from ocr_core.exports import Metadata
from ocr_core.exports.tables import (
    ALL_OF_PAGE,
    WORDS,
    Unit,
    corpus_columns,
    exported_documents,
    page_row,
    word_rows,
)
from ocr_core.page import PageResult
from ocr_core.tempdirs import temporary_folder
from ocr_core.text.cleaning import Mode
from ocr_core.text.context import Contexts
from ocr_core.version import ocr_core_version

MAX_ROWS = 1_048_576  # of a sheet, including its header
MAX_CELL_CHARACTERS = 32_767  # counted as UTF-16 does
KEYS = ("doc_id", "page_num")  # repeated if a row continues in the next
PART = "text_part"
CREATED = datetime(1980, 1, 1)  # constant: equal results give equal bytes
WIDTHS = {"doc_id": 24, "text": 60, "text_raw": 60}  # in digits

ABOUT = """\
Read by ocr-core {version}.
corpus: one row a {unit}. pages: one row a page, failed ones too. words: one row a \
word, its box in pixels of the page as scanned.
conf is the engine's own opinion of a word, 0 to 100, not the share of words that \
are right.
"""
SPLIT = """\
A cell of Excel holds 32,767 characters. {count} rows with a longer text go on in \
the rows below them: text_part counts these, and only the first has the numbers.
"""
CONTINUED = "{name} goes on in {following}: a sheet of Excel holds 1,048,576 rows.\n"


class PlainSheet(Worksheet):
    """A sheet whose texts are never parsed as markup, not even ``<r>…</r>``."""

    def _xml_rich_inline_string(
        self, string: str, attributes: Sequence[tuple[str, str]] = ()
    ) -> None:
        self._xml_inline_string(string, True, list(attributes))


def write_xlsx(
    results: Iterable[PageResult],
    file: BinaryIO,
    *,
    cleaning: Mode = "off",
    unit: Unit = "document",
    metadata: Metadata | None = None,
    contexts: Contexts | None = None,
) -> None:
    """Write a workbook with the sheets corpus, pages, words and about.

    The columns are those of the CSV files; corpus and pages also have `text_part`,
    because a text that is too long for a cell continues in the rows below. The
    parameters are those of `ocr_core.exports.tables.write_corpus`. Only the pages of
    one document are in memory.
    """
    known = metadata or {}
    with _workbook(file) as book:
        corpus = Table(book, "corpus", [*corpus_columns(known, cleaning), PART])
        pages = Table(book, "pages", [*ALL_OF_PAGE, PART])
        words = Table(book, "words", WORDS)
        for each in exported_documents(results, known, cleaning, contexts):
            for row in each.rows(cleaning, unit):
                corpus.write([*row, 1])
            for page in each.pages:
                pages.write([*page_row(page), 1])
                for row in word_rows(page):
                    words.write(row)
        about = ABOUT.format(version=ocr_core_version(), unit=unit)
        split = corpus.split + pages.split + words.split
        about += SPLIT.format(count=split) if split else ""
        about += "".join(each.continued for each in (corpus, pages, words))
        sheet = book.add_worksheet("about", PlainSheet)
        for number, line in enumerate(about.splitlines()):
            sheet.write_string(number, 0, line)


@contextmanager
def _workbook(file: BinaryIO) -> Iterator[xlsxwriter.Workbook]:
    with temporary_folder() as folder:
        path = folder / "workbook"
        options = {"constant_memory": True, "tmpdir": str(folder)}
        book = xlsxwriter.Workbook(path, options)
        book.set_properties({"created": CREATED})
        yield book
        try:
            book.close()
        except FileCreateError as error:
            raise error.args[0] from error  # the system's error
        with path.open("rb") as whole:
            shutil.copyfileobj(whole, file)


class Table:
    """A table of the workbook: one sheet, or several if its rows do not fit in one."""

    def __init__(
        self, book: xlsxwriter.Workbook, name: str, columns: Sequence[str]
    ) -> None:
        self.split = 0  # rows that continue in the next
        self.continued = ""  # message about additional sheets
        self._book, self._name, self._columns = book, name, columns
        self._head = book.add_format({"bold": True})
        self._text = book.add_format({"num_format": "@"})
        self._sheets = 1
        self._sheet, self._row = self._added(name), 1

    def write(self, row: Sequence[Any]) -> None:
        """Write a row; if a text is too long for a cell, write more rows below it."""
        if all(len(cell) <= MAX_CELL_CHARACTERS // 2 for cell in row if _is_text(cell)):
            self._write(row)
            return
        parts = [cell_parts(cell) if _is_text(cell) else [cell] for cell in row]
        count = max(map(len, parts))
        self.split += count > 1
        for number in range(count):
            cells = [part[number] if number < len(part) else None for part in parts]
            for index, name in enumerate(self._columns):
                if number and name in KEYS:
                    cells[index] = row[index]
                elif name == PART:
                    cells[index] = number + 1
            self._write(cells)

    def _go_on(self) -> None:
        """Continue on a new sheet."""
        self._sheets += 1
        before, name = self._sheet.get_name(), f"{self._name}_{self._sheets}"
        self.continued += CONTINUED.format(name=before, following=name)
        self._sheet, self._row = self._added(name), 1

    def _added(self, name: str) -> PlainSheet:
        """Return a new sheet with a header row, which is frozen."""
        sheet = self._book.add_worksheet(name, PlainSheet)
        sheet.freeze_panes(1, 0)
        for index, column in enumerate(self._columns):
            if column in WIDTHS:
                sheet.set_column(index, index, WIDTHS[column])
            sheet.write_string(0, index, cell_parts(column)[0], self._head)
        return sheet

    def _write(self, row: Sequence[Any]) -> None:
        if self._row == MAX_ROWS:
            self._go_on()
        for index, cell in enumerate(row):
            if _is_text(cell):
                if cell:
                    self._sheet.write_string(self._row, index, cell, self._text)
            elif isinstance(cell, int | float) and math.isfinite(cell):
                self._sheet.write_number(self._row, index, cell)
            elif cell is not None:
                self._sheet.write_string(self._row, index, str(cell)[:100], self._text)
        self._row += 1


def cell_parts(text: str) -> list[str]:
    """Split a text into parts that fit in a cell, after a line or a word if possible.

    The parts, joined, are the text.
    """
    parts: list[str] = []
    start = 0
    while True:
        window = text[start : start + MAX_CELL_CHARACTERS]
        wide = max(window, default="") > "\uffff"
        end = start + MAX_CELL_CHARACTERS // (2 if wide else 1)
        if end >= len(text):
            return [*parts, text[start:]]
        cut = max(text.rfind(mark, start, end) for mark in "\n ") + 1 or end
        parts.append(text[start:cut])
        start = cut


def _is_text(cell: Any) -> bool:
    return isinstance(cell, str)
