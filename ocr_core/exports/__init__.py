"""Exports: writes results to files, one function for each format.

A writer takes results one at a time and writes them immediately, so an export of a
thousand pages needs no more memory than an export of one.
"""

import contextlib
import errno
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import BinaryIO

from ocr_core.corpus_header import is_corpus
from ocr_core.errors import OutputError
from ocr_core.page import PageResult, words_kept
from ocr_core.replaced_files import replaced_file

Writer = Callable[..., None]  # takes results and an open binary file
Metadata = Mapping[str, Mapping[str, str]]  # for each column, values by doc_id

PARQUET = "application/vnd.apache.parquet"


@dataclass(frozen=True)
class Format:
    """An export format: its file ending, media type and writer.

    `writer` is the import path of the writer, `typed` of the writer of the same table
    as Parquet. The other fields state which arguments the writer takes:

    - `opens`: it opens the documents again, and takes `call`, which calls a function in
      a worker, and `report`, which is called with messages for the user
    - `describes`: `metadata`
    - `divides`: `unit`
    - `cleans`: `cleaning`
    - `heads`: it leaves out running heads, and takes `contexts`, which returns the
      context of a document
    - `tabular`: `spreadsheet`
    - `parts`: it writes one file per page; several pages, or one with `zipped`, are a
      zip
    """

    name: str
    ending: str
    media: str
    help: str
    writer: str
    opens: bool = False
    describes: bool = False
    divides: bool = False
    cleans: bool = False
    heads: bool = False
    typed: str = ""
    parts: bool = False

    def of_pages(self, pages: int) -> "Format":
        """Return the format for this many pages: a zip for several `parts`."""
        if not self.parts or pages < 2:
            return self
        return replace(self, ending=".zip", media="application/zip")

    @property
    def parquet(self) -> "Format | None":
        """The format of the same table as Parquet, if it is a table."""
        if not self.typed:
            return None
        return replace(
            self, ending=".parquet", media=PARQUET, writer=self.typed, typed=""
        )

    @property
    def tabular(self) -> bool:
        """Return whether it is, or contains, a table that a spreadsheet can open."""
        return self.ending == ".csv" or self.name == "zip"

    @property
    def write(self) -> Writer:
        """The function that writes results to an open binary file, imported on use."""
        module, _, attribute = self.writer.partition(":")
        writer: Writer = getattr(import_module(module), attribute)
        return writer


TABLES = "ocr_core.exports.tables"
COLUMNS = "ocr_core.exports.parquet"
MARKUP = "ocr_core.exports.markup"
FORMATS = {
    each.name: each
    for each in (
        Format("txt", ".txt", "text/plain", "plain text", f"{TABLES}:write_txt"),
        Format(
            "words",
            ".csv",
            "text/csv",
            "one row per word",
            f"{TABLES}:write_words",
            typed=f"{COLUMNS}:write_words",
        ),
        Format(
            "pages",
            ".csv",
            "text/csv",
            "one row per page",
            f"{TABLES}:write_pages",
            typed=f"{COLUMNS}:write_pages",
        ),
        Format(
            "corpus",
            ".csv",
            "text/csv",
            "one row per document, for text mining",
            f"{TABLES}:write_corpus",
            describes=True,
            divides=True,
            cleans=True,
            heads=True,
            typed=f"{COLUMNS}:write_corpus",
        ),
        Format(
            "xlsx",
            ".xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "a workbook for Excel: documents, pages and words",
            "ocr_core.exports.workbook:write_xlsx",
            describes=True,
            divides=True,
            cleans=True,
            heads=True,
        ),
        Format(
            "jsonl",
            ".jsonl",
            "application/jsonl",
            "one JSON object per page, with its words",
            f"{TABLES}:write_jsonl",
        ),
        Format(
            "parquet",
            ".parquet",
            PARQUET,
            "one row per word, with column types, for large corpora",
            f"{COLUMNS}:write_words",
        ),
        Format(
            "hocr",
            ".hocr",
            "application/xhtml+xml",
            "words with their positions, as HTML",
            f"{MARKUP}:write_hocr",
        ),
        Format(
            "alto",
            ".xml",
            "application/xml",
            "words with their positions, for library systems (ALTO 4)",
            f"{MARKUP}:write_alto",
        ),
        Format(
            "page",
            ".xml",
            "application/xml",
            "words with their positions, for Transkribus and OCR-D (PAGE XML)",
            "ocr_core.exports.page_xml:write_page_xml",
            parts=True,
        ),
        Format(
            "tei",
            ".xml",
            "application/tei+xml",
            "text with its pages, lines and positions, for editions (TEI)",
            "ocr_core.exports.tei:write_tei",
        ),
        Format(
            "pdf",
            ".pdf",
            "application/pdf",
            "the pages as scanned, searchable",
            "ocr_core.exports.pdf:write_pdf",
            opens=True,
        ),
        Format(
            "vrt",
            ".vrt",
            "text/plain",
            "one word per line, for the Corpus Workbench and Sketch Engine",
            "ocr_core.exports.vrt:write_vrt",
            describes=True,
            heads=True,
        ),
        Format(
            "dataset",
            ".zip",
            "application/zip",
            "a Hugging Face dataset folder: pages with words and boxes",
            "ocr_core.exports.dataset:write_dataset",
            describes=True,
        ),
        Format(
            "texts",
            ".zip",
            "application/zip",
            "one plain text per document, for Voyant and AntConc",
            "ocr_core.exports.texts:write_zipped_texts",
            divides=True,
        ),
        Format(
            "zip",
            ".zip",
            "application/zip",
            "all tables, one text per document, the recipe, and a README",
            "ocr_core.exports.zip_bundle:write_zip",
            describes=True,
            divides=True,
            cleans=True,
            heads=True,
        ),
    )
}


def filter_results(
    results: Iterable[PageResult], min_conf: float = 0, min_quality: float = 0
) -> Iterator[PageResult]:
    """Leave out words of low confidence and pages of low quality.

    Parameters
    ----------
    min_conf
        Least confidence of a word, 0 to 100.
    min_quality
        Least quality of a page, 0 to 1; pages of unknown quality are kept.
    """
    for result in results:
        if result.quality is not None and result.quality < min_quality:
            continue
        sure = [word.conf >= min_conf for word in result.rows]
        if all(sure):
            yield result
        else:
            yield replace(result, rows=words_kept(result.rows, sure))


@contextlib.contextmanager
def atomic_write(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file that appears under its name only when it is complete.

    Raises
    ------
    OutputError
        If it cannot be written, or is a corpus; an existing file is then unchanged.
    """
    named = Path(path)
    path = Path(os.path.realpath(path))  # a link is kept, its target is replaced
    with _write_errors(named):
        # Written directly: a device or pipe, whose real path may be no path.
        if named.exists() and not named.is_file():
            with named.open("wb") as file:
                yield file
            return
        if is_corpus(path):
            raise OutputError(
                "{0} is a corpus and would be overwritten.",
                path.name,
                hint="Name another file to write.",
            )
        with replaced_file(path, ".ocr-core-", 0o666 & ~_umask()) as file:
            yield file


def check_writable(path: str | Path) -> None:
    """Raise an error if `atomic_write` could not write a file, before long work.

    Raises
    ------
    OutputError
        If it is a folder, or a file cannot be made in its folder.
    """
    named = Path(path)
    with _write_errors(named):
        if named.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if named.is_file() or not named.exists():
            folder = Path(os.path.realpath(path)).parent
            tempfile.TemporaryFile(dir=folder).close()


@contextlib.contextmanager
def _write_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(
            "{0} cannot be written: {1}.",
            path,
            (error.strerror or str(error)).lower(),
            hint="Choose another path.",
        ) from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
