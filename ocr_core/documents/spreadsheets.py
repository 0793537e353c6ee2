"""Spreadsheets: the first sheet of a workbook as texts; untrusted, so in a worker."""

from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from ocr_core.errors import InputError

MAX_BYTES = 20_000_000
MAX_CELLS = 1_000_000
HEADS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # of XLSX and ODS, and of XLS


def is_workbook(path: Path) -> bool:
    """Return whether a file begins like a workbook."""
    try:
        with path.open("rb") as file:
            return file.read(4) in HEADS
    except OSError:
        return False


def sheet_rows(path: str, name: str) -> list[list[str]]:
    """Return the cells of the first sheet of a workbook, row by row.

    Whole numbers have no decimals, dates are as in ISO 8601.

    Parameters
    ----------
    path
        An XLSX, XLS or ODS file.
    name
        What errors call it.

    Raises
    ------
    InputError
        If it is not such a file, or too large, or has dates before 1900: spreadsheet
        programs store them as numbers below 0, which are read as midnight.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    if Path(path).stat().st_size > MAX_BYTES:
        raise InputError("{0} is larger than {1} MB.", name, MAX_BYTES // 10**6)
    try:
        with Path(path).open("rb") as file:
            book = CalamineWorkbook.from_filelike(file)
            sheet = book.get_sheet_by_index(0)
    except (CalamineError, OSError, ValueError, IndexError, KeyError) as error:
        raise InputError(
            "{0} is not a workbook that can be read.",
            name,
            hint="Save it again as XLSX, or as CSV.",
        ) from error
    if sheet.total_height * sheet.total_width > MAX_CELLS:
        raise InputError(
            "{0} has more than a million cells.",
            name,
            hint="Take it in parts, each with a column doc_id.",
        )
    rows = sheet.to_python()
    if any(cell == time() for row in rows for cell in row):
        raise InputError(
            "{0} has a date before 1900, which is not stored as a date.",
            name,
            hint="Save the table as CSV, or format its dates as text.",
        )
    return [[_text(cell) for cell in row] for row in rows]


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime) and cell.time() == time():
        cell = cell.date()
    if isinstance(cell, (datetime, date, time)):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return str(cell).strip()
