"""Metadata files: columns of metadata from CSV files, and from workbooks."""

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from ocr_core.corpus.metadata_table import columns_of, read_columns
from ocr_core.documents.spreadsheets import is_workbook, sheet_rows

if TYPE_CHECKING:
    from ocr_core.corpus.metadata import Columns
    from ocr_core.processes.pool import Pool


def read_metadata(path: str | Path, pool: "Pool | None" = None) -> "Columns":
    """Read columns from a CSV file, or from the first sheet of a workbook.

    Parameters
    ----------
    path
        A file with a column doc_id or filename; XLSX, XLS and ODS files are workbooks.
    pool
        Worker processes, in one of which a workbook is decoded; by default a new one.

    Raises
    ------
    InputError
        If the file cannot be read, is no such table, or is too large.
    """
    path = Path(path)
    if not is_workbook(path):
        return read_columns(path)
    from ocr_core.processes.pool import Pool

    with nullcontext(pool) if pool else Pool(1) as workers:
        rows = workers.submit(sheet_rows, str(path), path.name).result()
    return columns_of(path.name, (row for row in rows if any(row)))
