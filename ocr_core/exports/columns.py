"""Columns: words as Parquet, typed and packed, for corpora of millions of words."""

from collections.abc import Iterable
from typing import Any, BinaryIO

import pyarrow as pa
from pyarrow import parquet

from ocr_core.exports.tables import WORDS
from ocr_core.page import PageResult, Word

ROWS = 100_000  # in memory before they are written
TYPES: dict[type, pa.DataType] = {
    int: pa.int32(),
    float: pa.float64(),
    str: pa.string(),
}
SCHEMA = pa.schema(
    [
        ("doc_id", pa.string()),
        ("page_num", pa.int32()),
        *((name, TYPES[kind]) for name, kind in Word.__annotations__.items()),
    ]
)


def write_parquet(results: Iterable[PageResult], file: BinaryIO) -> None:
    """Write one row a word, with the columns of ``words.csv``."""
    with parquet.ParquetWriter(file, SCHEMA, compression="zstd") as writer:
        rows: list[tuple[Any, ...]] = []
        for result in results:
            place = (result.ref.doc_id, result.ref.number)
            rows += [(*place, *word) for word in result.rows]
            if len(rows) >= ROWS:
                writer.write_table(_table(rows))
                rows = []
        writer.write_table(_table(rows))


def _table(rows: list[tuple[Any, ...]]) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else [()] * len(WORDS)
    return pa.table(dict(zip(WORDS, columns, strict=True)), schema=SCHEMA)
