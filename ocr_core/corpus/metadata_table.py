"""Metadata tables: CSV files as spreadsheets save them, in any of the usual forms."""

from collections.abc import Iterator
from pathlib import Path

from ocr_core.corpus.metadata import KEY, Columns
from ocr_core.errors import InputError
from ocr_core.text.table_files import table_rows

# The names of the column with the documents, compared in lower case; the first that
# occurs is taken.
KEYS = (KEY, "document", "filename", "file_name", "file name", "file", "source_file")
MAX_BYTES = 20_000_000
MAX_COLUMNS = 200
MAX_CELLS = 1_000_000


def read_columns(path: str | Path) -> Columns:
    """Read columns from a CSV file that has a column doc_id, or another of `KEYS`.

    Raises
    ------
    InputError
        If the file cannot be read, is not such a table, is too large, or names a
        document twice.
    """
    path = Path(path)
    return columns_of(path.name, (row for _, row in table_rows(path, MAX_BYTES)))


def columns_of(file: str, rows: Iterator[list[str]]) -> Columns:
    """Return the columns of a table, whose first row names them.

    Raises
    ------
    InputError
        If no column names documents, one is named twice, or the table is too large.
    """
    header = next(rows, [])
    if len(header) > MAX_COLUMNS:
        raise InputError(
            "{0} has more than {1} columns.",
            file,
            MAX_COLUMNS,
            hint="Leave out those that you do not need.",
        )
    names = [name.strip() for name in header]
    lowered = [name.lower() for name in names]
    key = next((each for each in KEYS if each in lowered), None)
    if key is None:
        raise InputError(
            "{0} has no column doc_id.",
            file,
            hint="Its first line names the columns; one of them is doc_id.",
        )
    key_index = lowered.index(key)
    columns: Columns = {}
    seen: set[str] = set()
    cells = 0
    for row in rows:
        doc_id = row[key_index] if key_index < len(row) else ""
        if doc_id in seen:
            raise InputError("{0} names the document {1} twice.", file, doc_id)
        seen.add(doc_id)
        cells += min(len(row), len(names))
        if cells > MAX_CELLS:
            raise InputError(
                "{0} has more than a million cells.",
                file,
                hint="Take it in parts, each with a column doc_id.",
            )
        for name, value in zip(names, row, strict=False):
            if name and name not in (KEY, names[key_index]):
                columns.setdefault(name, {})[doc_id] = value.strip()
    return columns
