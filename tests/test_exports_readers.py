"""What leaves, as programs read it that are told nothing about it."""

import shutil
import subprocess

import duckdb
import pandas as pd
import pytest
from lxml import etree

from tests.test_exports import CORPUS, HOSTILE, result, written
from tests.waiting import HANG

PROSE = [f"line {number}\nof a text" for number in range(3)]
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
# Comma, quotes, UTF-8, from line 1; numbers are told, and formulas run.
EAGER = "CSV:44,34,76,1,,0,false,true,false,false,false,-1,true"


def saved(tmp_path, cells, form="corpus", **options):
    """Write a table in which each cell is a document's text, and its name."""
    path = tmp_path / f"{form}.csv"
    results = [result(cell, doc_id=cell) for cell in cells]
    path.write_bytes(written(form, results, **options))
    return path


def test_pandas_reads_the_corpus_with_every_hostile_cell(tmp_path):
    # A text of these letters alone means to pandas that there is none.
    cells = [*(cell for cell in HOSTILE if cell not in ("NA", "null")), *PROSE]

    found = pd.read_csv(saved(tmp_path, cells))

    assert list(found.columns) == CORPUS
    assert found["doc_id"].tolist() == found["text"].tolist() == cells


def test_duckdb_reads_the_corpus_with_every_hostile_cell(tmp_path):
    cells = [*HOSTILE, *PROSE]

    found = duckdb.sql(f"SELECT * FROM '{saved(tmp_path, cells)}'")

    assert found.columns == CORPUS
    assert [row[:2] for row in found.fetchall()] == [(cell, cell) for cell in cells]


@pytest.mark.parametrize("cells", [["two\nlines"], ["a, b", 'c "d"'], ["x"]])
def test_a_small_corpus_is_read_like_a_large_one(tmp_path, cells):
    path = saved(tmp_path, cells)

    assert duckdb.sql(f"SELECT text FROM '{path}'").fetchall() == [(c,) for c in cells]
    assert pd.read_csv(path)["text"].tolist() == cells


def opened(path, folder):
    """Open a table in LibreOffice; return its formulas and its cells' texts."""
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            "--headless",
            f"--infilter={EAGER}",
            *("--convert-to", "fods"),
            *("--outdir", folder, path),
        ],
        check=True,
        capture_output=True,
        timeout=HANG,
    )
    cells = list(etree.parse(folder / f"{path.stem}.fods").iter(f"{TABLE}table-cell"))
    formulas = [cell.get(f"{TABLE}formula") for cell in cells]
    return [each for each in formulas if each], ["".join(c.itertext()) for c in cells]


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
@pytest.mark.parametrize("form", ["corpus", "words", "pages"])
def test_a_spreadsheet_runs_no_cell_of_a_table_made_for_it(tmp_path, form):
    exact, _ = opened(saved(tmp_path, HOSTILE, form), tmp_path)
    formulas, texts = opened(saved(tmp_path, HOSTILE, form, spreadsheet=True), tmp_path)

    assert exact  # so it would run what is left as it was
    assert formulas == []
    assert any("SUM(A1)" in text for text in texts)
