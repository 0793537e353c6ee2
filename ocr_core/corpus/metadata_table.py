"""Metadata tables: CSV files as spreadsheets save them, in any of the usual forms.

The text is UTF-8, UTF-16 with a byte order mark, or Windows-1252; the delimiter is a
comma, a semicolon or a tab.
"""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from ocr_core.corpus.metadata import KEY, Columns
from ocr_core.errors import InputError

# The names of the column with the documents, compared in lower case; the first that
# occurs is taken.
KEYS = (KEY, "document", "filename", "file_name", "file name", "file", "source_file")
DELIMITERS = ",;\t"
MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
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
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(
                "{0} is larger than {1} MB.", path.name, MAX_BYTES // 10**6
            )
        text = _decoded(path.read_bytes())
        lines = text.replace("\r\n", "\n").replace("\r", "\n")
        rows = csv.reader(
            io.StringIO(lines, newline=""), strict=True, delimiter=_delimiter(lines)
        )
        return columns_of(path.name, filter(None, rows))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError("{0} cannot be read: {1}.", path.name, reason) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            "{0} is not a CSV table.",
            path.name,
            hint="Save it again as CSV, UTF-8, with commas.",
        ) from error


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


def _decoded(content: bytes) -> str:
    """Return the text of a file; its encoding is that of its mark, or the first to fit.

    Windows-1252 is told from binary data by the control characters of the latter.
    """
    mark = next((each for each in MARKS if content.startswith(each)), None)
    if mark:
        return content.decode(MARKS[mark])
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        if b"\0" in content:
            raise
        return content.decode("cp1252")


def _delimiter(text: str) -> str:
    """Return the delimiter that divides the first line into the most columns."""
    first = text.lstrip("\n").partition("\n")[0]
    width = {
        each: len(next(csv.reader([first], delimiter=each))) for each in DELIMITERS
    }
    return max(width, key=width.__getitem__)
