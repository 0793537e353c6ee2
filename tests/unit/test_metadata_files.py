"""Metadata from workbooks, which are decoded in a worker process."""

from datetime import date

import pytest
import xlsxwriter

from ocr_core.errors import InputError
from ocr_core.execution.metadata_files import read_metadata
from ocr_core.processes.pool import Pool

pytest.importorskip("python_calamine", reason="python-calamine is not installed")


@pytest.fixture(scope="module")
def pool():
    with Pool(1) as pool:
        yield pool


def workbook(path, *rows):
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    for n, row in enumerate(rows):
        for m, cell in enumerate(row):
            if isinstance(cell, date):
                sheet.write_datetime(
                    n, m, cell, book.add_format({"num_format": "yyyy-mm-dd"})
                )
            else:
                sheet.write(n, m, cell)
    book.close()


def test_the_first_sheet_of_a_workbook_is_taken_by_its_content(tmp_path, pool):
    path = tmp_path / "table.csv"  # the content counts, not the name
    workbook(
        path,
        ("Filename", "year", "printed", "price", "paper"),
        ("a.png", 1890, date(1901, 3, 1), 2.5, " Tide "),
        ("", "", "", "", ""),
        ("b.png", 1891, "", 3, "Häfen & Sea"),
    )

    assert read_metadata(path, pool) == {
        "year": {"a.png": "1890", "b.png": "1891"},
        "printed": {"a.png": "1901-03-01", "b.png": ""},
        "price": {"a.png": "2.5", "b.png": "3"},
        "paper": {"a.png": "Tide", "b.png": "Häfen & Sea"},
    }


def test_csv_is_taken_as_before(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("doc_id;year\na;1890\n")

    assert read_metadata(path) == {"year": {"a": "1890"}}


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04 no zip", b"\xd0\xcf\x11\xe0 no table"]
)
def test_what_is_no_workbook_is_refused(tmp_path, pool, content):
    path = tmp_path / "table.xlsx"
    path.write_bytes(content)

    with pytest.raises(InputError, match="is not a workbook"):
        read_metadata(path, pool)


def test_a_workbook_without_documents_is_refused(tmp_path, pool):
    path = tmp_path / "table.xlsx"
    workbook(path, ("year",), (1890,))

    with pytest.raises(InputError, match="no column doc_id"):
        read_metadata(path, pool)
