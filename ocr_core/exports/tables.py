"""Tables: words, pages and corpus as CSV, pages as JSON lines, and plain text.

UTF-8, comma, RFC 4180. Text is written exactly as it was read; only a table for a
spreadsheet gets a byte-order mark, and an apostrophe before text that would be
evaluated as a formula.
"""

import csv
import io
import json
import re
import statistics
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, Literal, NamedTuple

from ocr_core.exports import Metadata
from ocr_core.exports.filenames import page_name
from ocr_core.exports.series import documents_in_series, no_context
from ocr_core.knobs import knobs
from ocr_core.page import WORD_COLUMNS, PageResult
from ocr_core.settings import FIRST_KNOBS, Settings
from ocr_core.text.cleaning import Cleaned, Mode, clean
from ocr_core.text.context import Context, Contexts

Unit = Literal["document", "page"]

WORDS = ["doc_id", "page_num", *WORD_COLUMNS]
PAGES = (
    "doc_id page_num text source_file sha256 width height dpi lang n_words conf_mean "
    "conf_median quality engine language_data seconds status error steps "
    "settings_digest"
).split()
CORPUS = (
    "doc_id text source_file page_start page_end lang n_words conf_mean quality "
    "settings_digest"
).split()
CLEANED = [*CORPUS[:2], "text_raw", *CORPUS[2:], "changes"]
KNOB_NAMES = [knob.name for knob in knobs(Settings)]
LATER_KNOBS = [name for name in KNOB_NAMES if name not in FIRST_KNOBS]
LATER = "error_kind source notes".split()
ALL_OF_PAGE = [
    *PAGES,
    *(f"set_{name}" for name in FIRST_KNOBS),
    *LATER,
    *(f"set_{name}" for name in LATER_KNOBS),
]
FORMULA = re.compile("[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")  # full-width signs too
NUMBER = re.compile(r"[+-]?\d+([.,]\d+)*%?")


def write_words(
    results: Iterable[PageResult], file: BinaryIO, *, spreadsheet: bool = False
) -> None:
    """Write one row per word, its box in pixels of the page as scanned."""
    with table(file, WORDS, spreadsheet) as write:
        for result in results:
            write(word_rows(result))


def write_pages(
    results: Iterable[PageResult], file: BinaryIO, *, spreadsheet: bool = False
) -> None:
    """Write one row per page, including failed ones."""
    with table(file, ALL_OF_PAGE, spreadsheet) as write:
        for result in results:
            write([page_row(result)])


def write_corpus(
    results: Iterable[PageResult],
    file: BinaryIO,
    *,
    spreadsheet: bool = False,
    cleaning: Mode = "off",
    unit: Unit = "document",
    metadata: Metadata | None = None,
    contexts: Contexts | None = None,
) -> None:
    """Write one row per document, or per page; failed pages have no row.

    ``FORMATS["corpus"].write(corpus.results(), file, cleaning="on", unit="page")``

    Parameters
    ----------
    results
        Pages, those of a document in sequence.
    file
        Open in binary mode; it is not closed.
    spreadsheet
        Whether to make the table safe for a spreadsheet.
    cleaning
        "suggest" lists changes, "on" makes them; both add the column `text_raw`, the
        text as it was read, and `changes` (JSON) as the last column before metadata.
    unit
        The content of a row; the `doc_id` of a page is ``letters_0012``.
    metadata
        Metadata of the documents, in columns after the others.
    contexts
        Returns the context of a document, by which running heads and broken words are
        cleaned, such as ``corpus.document_contexts()``; by default, it is made of
        `results`.
    """
    known = metadata or {}
    with table(file, corpus_columns(known, cleaning), spreadsheet) as write:
        for each in exported_documents(results, known, cleaning, contexts):
            write(each.rows(cleaning, unit))


class ExportedDocument(NamedTuple):
    """All pages of a document, the pages that were read, and the metadata."""

    doc_id: str
    pages: list[PageResult]
    read: list[PageResult]
    known: list[str]
    context: Context

    def rows(self, cleaning: Mode, unit: Unit) -> Iterator[list[Any]]:
        """Yield its rows for the corpus table."""
        for row in document_rows(self.read, cleaning, unit, self.context):
            yield [*row, *self.known]


def exported_documents(
    results: Iterable[PageResult],
    known: Metadata,
    cleaning: Mode = "off",
    contexts: Contexts | None = None,
) -> Iterator[ExportedDocument]:
    """Group pages, which are in order of documents, by document."""
    needed = no_context if cleaning == "off" else contexts
    for pages, context in documents_in_series(results, needed):
        doc_id = pages[0].ref.doc_id
        read = [page for page in pages if page.status != "failed"]
        document_values = [values.get(doc_id, "") for values in known.values()]
        yield ExportedDocument(doc_id, pages, read, document_values, context)


def corpus_columns(known: Iterable[str], cleaning: Mode) -> list[str]:
    """Return the columns of the corpus table, with the metadata (`known`) last."""
    columns = CORPUS if cleaning == "off" else CLEANED
    return [*columns, *free_names(known, columns)]


def document_rows(
    read: Sequence[PageResult],
    cleaning: Mode,
    unit: Unit,
    context: Context | None = None,
) -> Iterator[list[Any]]:
    """Yield the cells of each row of a document from all its pages."""
    found = clean(read, cleaning, context)
    size = 1 if unit == "page" else len(read)
    for start in range(0, len(read), size or 1):
        part = slice(start, start + size)
        row = (
            corpus_row(read[part])
            if cleaning == "off"
            else cleaned_row(read[part], found[part])
        )
        if unit == "page":
            row[0] = page_name(row[0], read[start].ref.number)
        yield row


def write_txt(results: Iterable[PageResult], file: BinaryIO) -> None:
    """Write the text of all pages, separated by empty lines."""
    between = b""
    for result in results:
        if result.text:
            file.write(between + result.text.encode() + b"\n")
            between = b"\n"


def write_jsonl(results: Iterable[PageResult], file: BinaryIO) -> None:
    """Write one JSON object per page: its row, its knobs, and its words."""
    for result in results:
        line = json.dumps(page_object(result), ensure_ascii=False)
        file.write(line.encode() + b"\n")


def page_object(result: PageResult) -> dict[str, Any]:
    """Return a page as values that JSON can represent."""
    page = dict(zip(PAGES, page_row(result), strict=False))
    page["steps"] = [each.as_dict() for each in result.reports]
    for name in ("conf_mean", "conf_median", "quality"):
        page[name] = None if page[name] == "" else page[name]
    page["settings"] = result.settings
    page["error_kind"], page["source"] = result.error_kind, result.source
    page["notes"] = [each._asdict() for each in result.notes]
    page["conf_scale"] = result.conf_scale
    page["words"] = [
        word._asdict()
        | {"conf_engine": word.own_conf, "engine": word.engine or result.engine}
        for word in result.rows
    ]
    return page


def word_rows(result: PageResult) -> Iterator[list[Any]]:
    """Yield the cells of each word in the order of `WORDS`."""
    page = (result.ref.doc_id, result.ref.number)
    return ([*page, *word[: len(WORD_COLUMNS)]] for word in result.rows)


def page_row(result: PageResult) -> list[Any]:
    """Return a page's cells in the order of `ALL_OF_PAGE`."""
    ref = result.ref
    return [
        ref.doc_id,
        ref.number,
        result.text,
        ref.source_file,
        result.sha256,
        *result.size,
        result.dpi,
        result.language,
        len(result.rows),
        _rounded(result.conf_mean),
        _rounded(result.conf_median),
        _rounded(result.quality, 3),
        result.engine,
        result.language_data,
        result.seconds,
        result.status,
        result.error,
        result.steps,
        result.settings_digest,
        *(result.settings.get(name, "") for name in FIRST_KNOBS),
        result.error_kind,
        result.source,
        result.notes_json,
        *(result.settings.get(name, "") for name in LATER_KNOBS),
    ]


def corpus_row(pages: Sequence[PageResult]) -> list[Any]:
    """Return a document's cells in the order of `CORPUS`."""
    first = pages[0]
    confs = [word.conf for page in pages for word in page.rows]
    weights = [max(1, len(page.rows)) for page in pages if page.quality is not None]
    quality = [page.quality for page in pages if page.quality is not None]
    return [
        first.ref.doc_id,
        "\n\n".join(page.text for page in pages if page.text),
        first.ref.source_file,
        first.ref.number,
        pages[-1].ref.number,
        first.language,
        len(confs),
        _rounded(statistics.fmean(confs) if confs else None),
        _rounded(statistics.fmean(quality, weights) if quality else None, 3),
        first.settings_digest,
    ]


def cleaned_row(pages: Sequence[PageResult], found: Sequence[Cleaned]) -> list[Any]:
    """Return the cells in the order of `CLEANED`; the changes are JSON."""
    doc_id, text_raw, *others = corpus_row(pages)
    text = "\n\n".join(each.text for each in found if each.text)
    changes = [change._asdict() for each in found for change in each.changes]
    as_json = json.dumps(changes, ensure_ascii=False)
    return [doc_id, text, text_raw, *others, as_json]


def free_names(known: Iterable[str], columns: Iterable[str]) -> list[str]:
    """Return names for metadata columns: ``meta_NAME`` if the table has that name."""
    taken = {*columns}
    names = []
    for name in known:
        while name in taken:
            name = f"meta_{name}"
        taken.add(name)
        names.append(name)
    return names


def _rounded(number: float | None, places: int = 2) -> float | str:
    return "" if number is None else round(number, places)


@contextmanager
def table(
    file: BinaryIO, columns: Sequence[str], spreadsheet: bool = False
) -> Iterator[Any]:
    """Write a header, then yield a function that writes rows."""
    text = io.TextIOWrapper(file, "utf-8-sig" if spreadsheet else "utf-8", newline="")
    writer = csv.writer(text)

    def write(rows: Iterable[Iterable[Any]]) -> None:
        if spreadsheet:
            rows = ([escape_formula(cell) for cell in row] for row in rows)
        writer.writerows(rows)

    write([columns])
    try:
        yield write
    finally:
        text.flush()
        text.detach()  # the caller closes the file


def escape_formula(cell: Any) -> Any:
    """Put an apostrophe before text that a spreadsheet would evaluate as a formula."""
    if isinstance(cell, str) and FORMULA.match(cell) and not NUMBER.fullmatch(cell):
        return "'" + cell
    return cell
