"""Texts: one file per document, or per page, as a folder or zip for corpus tools."""

import zipfile
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

from ocr_core.errors import OutputError
from ocr_core.exports import atomic_write
from ocr_core.exports.filenames import UniqueNames, page_name, safe_name
from ocr_core.exports.tables import Unit, write_txt
from ocr_core.exports.zip_bundle import member
from ocr_core.page import PageResult


def write_texts(
    results: Iterable[PageResult], folder: str | Path, unit: Unit = "document"
) -> int:
    """Write the text of each document, or page, to a separate file in a folder.

    The same results give the same names: ``letters.txt``, or ``letters_0012.txt`` for
    a page. Each file appears when it is complete and replaces a file of that name;
    other files in the folder are kept. Failed pages have no file.

    Returns
    -------
    int
        Number of files.

    Raises
    ------
    OutputError
        If they cannot be written.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            "{0} cannot be made: {1}.",
            folder,
            (error.strerror or str(error)).lower(),
            hint="Choose another path.",
        ) from error
    written = 0
    for name, pages in named_texts(results, unit):
        with atomic_write(folder / name) as file:
            write_txt(pages, file)
        written += 1
    return written


def write_zipped_texts(
    results: Iterable[PageResult], file: BinaryIO, *, unit: Unit = "document"
) -> None:
    """Write the files of `write_texts` as a zip without any other file.

    Voyant takes every file of a zip for a text, even a README or a table (Trombone,
    its server, in ArchiveExpander).
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, pages in named_texts(results, unit):
            with bundle.open(member(name), "w") as target:
                write_txt(pages, target)  # type: ignore[arg-type]


def named_texts(
    results: Iterable[PageResult], unit: Unit
) -> Iterator[tuple[str, list[PageResult]]]:
    """Yield the name of each text's file, and its pages."""
    names = UniqueNames()
    for doc_id, document in groupby(results, key=lambda page: page.ref.doc_id):
        read = [page for page in document if page.status != "failed"]
        stem = safe_name(doc_id)
        for part in [read] if unit == "document" and read else [[p] for p in read]:
            name = stem if unit == "document" else page_name(stem, part[0].ref.number)
            yield names.free(f"{name}.txt"), part
