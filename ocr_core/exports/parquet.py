"""Parquet: the tables with typed, compressed columns, which pandas can read directly.

CSV cannot distinguish a word ``NA`` from a missing one, nor the name ``0012`` from the
number 12; in Parquet a column has a type, and missing values are null.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

import pyarrow as pa
from pyarrow import parquet

from ocr_core.exports import Metadata
from ocr_core.exports.tables import (
    ALL_OF_PAGE,
    WORDS,
    Unit,
    corpus_columns,
    document_rows,
    exported_documents,
    page_row,
    word_rows,
)
from ocr_core.knobs import knobs
from ocr_core.page import PageResult, Word
from ocr_core.settings import Settings
from ocr_core.text.cleaning import Mode
from ocr_core.text.context import Contexts

# Columns of words that CSV tables lack.
BESIDE = ["space_before", "conf_engine", "conf_scale", "engine"]
ROWS = 100_000  # rows in memory before they are written
LETTERS = 20_000_000  # characters of all texts in memory
LARGEST = 2**31 - 1  # of an integer
TYPES: dict[type, pa.DataType] = {
    int: pa.int32(),
    float: pa.float64(),
    str: pa.string(),
    bool: pa.bool_(),
}
KINDS: dict[str, type] = {
    **dict.fromkeys("page_num width height dpi n_words".split(), int),
    **dict.fromkeys("page_start page_end".split(), int),
    **dict.fromkeys("conf_mean conf_median quality seconds".split(), float),
    **Word.__annotations__,
    "conf_engine": float,
    "conf_scale": str,
    **{f"set_{knob.name}": knob.kind for knob in knobs(Settings)},
}


def write_words(results: Iterable[PageResult], file: BinaryIO) -> None:
    """Write one row per word, with the columns of ``words.csv`` and `BESIDE`."""
    with typed_table(file, [*WORDS, *BESIDE]) as write:
        for result in results:
            rows = zip(word_rows(result), result.rows, strict=True)
            scale = result.conf_scale
            write(
                [
                    *row,
                    word.space_before,
                    word.own_conf,
                    scale,
                    word.engine or result.engine,
                ]
                for row, word in rows
            )


def write_pages(results: Iterable[PageResult], file: BinaryIO) -> None:
    """Write one row per page, even a failed one, with the columns of ``pages.csv``."""
    with typed_table(file, ALL_OF_PAGE) as write:
        for result in results:
            write([page_row(result)])


def write_corpus(
    results: Iterable[PageResult],
    file: BinaryIO,
    *,
    cleaning: Mode = "off",
    unit: Unit = "document",
    metadata: Metadata | None = None,
    contexts: Contexts | None = None,
) -> None:
    """Write one row per document, or per page, with the columns of ``corpus.csv``.

    Missing metadata is null. The parameters are those of
    `ocr_core.exports.tables.write_corpus`.
    """
    known = metadata or {}
    columns = corpus_columns(known, cleaning)
    with typed_table(file, columns, free=len(known)) as write:
        for each in exported_documents(results, known, cleaning, contexts):
            values = [value or None for value in each.known]
            rows = document_rows(each.read, cleaning, unit, each.context)
            write([*row, *values] for row in rows)


@contextmanager
def typed_table(
    file: BinaryIO, columns: Sequence[str], *, free: int = 0
) -> Iterator[Any]:
    """Yield a function that writes rows, in groups that fit in memory.

    Parameters
    ----------
    file
        Open in binary mode; it is not closed.
    columns
        Their names, which determine their types.
    free
        How many of the last columns are text, regardless of their names.
    """
    kinds = [KINDS.get(name, str) for name in columns[: len(columns) - free]]
    kinds += [str] * free
    schema = pa.schema(
        (name, TYPES[kind]) for name, kind in zip(columns, kinds, strict=True)
    )
    waiting: list[list[Any]] = []
    letters = 0
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:

        def flush() -> None:
            nonlocal letters
            arrays = [
                pa.array([_typed(cell, kind) for cell in column], TYPES[kind])
                for column, kind in zip(zip(*waiting, strict=True), kinds, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            waiting.clear()
            letters = 0

        def write(rows: Iterable[Iterable[Any]]) -> None:
            nonlocal letters
            for row in map(list, rows):
                waiting.append(row)
                letters += sum(len(cell) for cell in row if isinstance(cell, str))
                if len(waiting) >= ROWS or letters >= LETTERS:
                    flush()

        yield write
        if waiting:
            flush()


def _typed(cell: Any, kind: type) -> Any:
    """Return a cell in the type of its column; null if a number is missing."""
    if kind is str:
        return cell if cell is None or isinstance(cell, str) else str(cell)
    if not isinstance(cell, int | float) or not abs(cell) <= LARGEST:
        return None
    return kind(cell)
