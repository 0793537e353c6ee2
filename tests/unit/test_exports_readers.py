"""Exports as other programs read them with their default options."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from lxml import etree
from pyarrow import parquet

from ocr_core.exports import FORMATS
from ocr_core.exports.parquet import BESIDE
from tests.support.export_samples import CORPUS, HOSTILE, header, result, written
from tests.support.waiting import HANG

ROOT = Path(__file__).parents[2]
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


# The line that the README gives for pandas.
AS_TOLD = {"keep_default_na": False, "dtype": {"doc_id": str}}
# What pandas takes for missing, for numbers, dates or truth, where nobody says more.
MISTAKEN = (
    "None NA null nan NaN N/A n/a <NA> #N/A NULL -nan #NA 0012 12 1e5 1E400 inf "
    "TRUE False 2024-01-01 0x1F 1_000 007"
).split()


def named(words):
    """Return pages of documents that bear these words, and hold them all."""
    return [result(*words, "plain", doc_id=word) for word in words]


@pytest.mark.parametrize("form", ["words", "pages", "corpus"])
@pytest.mark.parametrize("words", [MISTAKEN, HOSTILE], ids=["mistaken", "hostile"])
def test_pandas_reads_every_word_with_the_documented_line(tmp_path, form, words):
    path = tmp_path / f"{form}.csv"
    pages = named(words)
    path.write_bytes(written(form, pages))

    found = pd.read_csv(path, **AS_TOLD)

    texts = [*words, "plain"] * len(words) if form == "words" else None
    assert found["text"].tolist() == (texts or [page.text for page in pages])
    assert list(dict.fromkeys(found["doc_id"])) == words


@pytest.mark.parametrize(
    "path", ["README.md", "docs/formats.md", "ocr_core/exports/zip_bundle.py"]
)
def test_every_line_for_pandas_says_what_it_needs(path):
    text = (ROOT / path).read_text(encoding="utf-8")

    lines = re.findall(r"pandas\.read_csv\(.*?\)", text, re.DOTALL)

    stated = 'keep_default_na=False, dtype={"doc_id": str}'
    spaced = [
        " ".join(line.replace("{{", "{").replace("}}", "}").split()) for line in lines
    ]
    assert spaced == [f'pandas.read_csv("corpus.csv", {stated})']


def test_pandas_reads_missing_numbers_where_that_is_said(tmp_path):
    path = tmp_path / "pages.csv"
    path.write_bytes(written("pages", [result("NA", quality=0.5), result("null")]))

    found = pd.read_csv(path, **AS_TOLD, na_values={"quality": ""})

    assert found["quality"].tolist()[0] == 0.5 and found["quality"].isna().sum() == 1
    assert found["text"].tolist() == ["NA", "null"]


def test_duckdb_keeps_names_of_digits_where_that_is_said(tmp_path):
    path = tmp_path / "corpus.csv"
    path.write_bytes(written("corpus", [result("007", doc_id="0012")]))

    kinds = "{'doc_id': 'VARCHAR', 'text': 'VARCHAR'}"
    found = duckdb.sql(f"SELECT * FROM read_csv('{path}', types = {kinds})")

    assert found.fetchall()[0][:2] == ("0012", "007")


def test_pandas_loses_words_with_no_arguments(tmp_path):
    path = tmp_path / "words.csv"
    path.write_bytes(written("words", named(MISTAKEN[:5])))

    assert pd.read_csv(path)["text"].isna().sum() == 25  # so the line is needed


@pytest.mark.parametrize("form", ["words", "pages", "corpus"])
@pytest.mark.parametrize("words", [MISTAKEN, HOSTILE], ids=["mistaken", "hostile"])
@pytest.mark.parametrize("read", ["pandas", "pyarrow", "duckdb"])
def test_parquet_needs_no_arguments(tmp_path, form, words, read):
    path = tmp_path / f"{form}.parquet"
    pages = named(words)
    with path.open("wb") as file:
        FORMATS[form].parquet.write(pages, file)

    found = {
        "pandas": lambda: pd.read_parquet(path),
        "pyarrow": lambda: parquet.read_table(path).to_pandas(),
        "duckdb": lambda: duckdb.sql(f"SELECT * FROM '{path}'").df(),
    }[read]()

    texts = [*words, "plain"] * len(words) if form == "words" else None
    assert found["text"].tolist() == (texts or [page.text for page in pages])
    assert list(dict.fromkeys(found["doc_id"])) == words
    more = BESIDE if form == "words" else []
    assert list(found.columns) == [*header(written(form, [])), *more]


def test_a_table_of_numbers_alone_is_read_as_text_where_that_is_said(tmp_path):
    path = tmp_path / "words.csv"
    path.write_bytes(written("words", [result("0012", "7")]))

    found = pd.read_csv(path, keep_default_na=False, dtype={"doc_id": str, "text": str})

    assert found["text"].tolist() == ["0012", "7"]


def test_what_is_missing_is_null_in_parquet_and_a_text_is_none(tmp_path):
    known = {"year": {"NA": "1890"}, "n_words": {"b": "0012"}}
    pages = [
        result("NA", doc_id="NA", quality=0.5),
        result(doc_id="b", status="blank"),
        result(doc_id="c", number=0, status="failed", error="Torn."),
    ]
    files = [tmp_path / "corpus.parquet", tmp_path / "pages.parquet"]
    with files[0].open("wb") as file:
        FORMATS["corpus"].parquet.write(pages, file, metadata=known)
    with files[1].open("wb") as file:
        FORMATS["pages"].parquet.write(pages, file)

    corpus, rows = (parquet.read_table(each).to_pylist() for each in files)

    assert [row["quality"] for row in rows] == [0.5, None, None]
    assert [row["conf_mean"] for row in rows] == [90.5, None, None]
    assert [row["text"] for row in rows] == ["NA", "", ""]
    assert [row["error"] for row in rows] == ["", "", "Torn."]
    assert [(row["steps"], row["notes"]) for row in rows] == [("[]", "[]")] * 3
    assert {type(row["set_dpi"]) for row in rows} == {int}
    assert [row["year"] for row in corpus] == ["1890", None]
    assert [row["meta_n_words"] for row in corpus] == [None, "0012"]
    assert [row["n_words"] for row in corpus] == [1, 0]


def test_a_setting_that_cannot_be_is_null_in_parquet(tmp_path):
    page = replace(result("x"), settings={"dpi": "high", "margin": 1e300, "deskew": 1})
    path = tmp_path / "pages.parquet"
    with path.open("wb") as file:
        FORMATS["pages"].parquet.write([page], file)

    [row] = parquet.read_table(path).to_pylist()

    stated = [row[f"set_{name}"] for name in ("dpi", "margin", "deskew", "angle")]
    assert stated == [None, None, "1", None]


def test_duckdb_reads_the_corpus_with_every_hostile_cell(tmp_path):
    cells = [*HOSTILE, *PROSE]

    found = duckdb.sql(f"SELECT * FROM '{saved(tmp_path, cells)}'")

    assert found.columns == CORPUS
    assert [row[:2] for row in found.fetchall()] == [(cell, cell) for cell in cells]


@pytest.mark.parametrize("cells", [["two\nlines"], ["a, b", 'c "d"'], ["x"]])
def test_a_small_corpus_is_read_like_a_large_one(tmp_path, cells):
    path = saved(tmp_path, cells)

    assert duckdb.sql(f"SELECT text FROM '{path}'").fetchall() == [(c,) for c in cells]
    assert pd.read_csv(path, **AS_TOLD)["text"].tolist() == cells


def opened(path, folder, filter=EAGER):
    """Open a table in LibreOffice; return its formulas and its cells' texts."""
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            "--headless",
            *([f"--infilter={filter}"] if filter else []),
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


@pytest.mark.skipif(
    not shutil.which("localc"), reason="LibreOffice Calc is not installed"
)
@pytest.mark.parametrize("form", ["corpus", "words", "pages"])
def test_a_spreadsheet_runs_no_cell_of_a_table_made_for_it(tmp_path, form):
    exact, _ = opened(saved(tmp_path, HOSTILE, form), tmp_path)
    formulas, texts = opened(saved(tmp_path, HOSTILE, form, spreadsheet=True), tmp_path)

    assert exact  # so it would run what is left as it was
    assert formulas == []
    assert any("SUM(A1)" in text for text in texts)


@pytest.mark.skipif(
    not shutil.which("localc"), reason="LibreOffice Calc is not installed"
)
def test_a_workbook_holds_texts_that_a_spreadsheet_leaves_alone(tmp_path):
    path = tmp_path / "corpus.xlsx"
    path.write_bytes(written("xlsx", named([*MISTAKEN, "=SUM(A1)"])))

    formulas, texts = opened(path, tmp_path, filter=None)

    assert formulas == []
    assert {*MISTAKEN, "=SUM(A1)"} <= {text.strip() for text in texts}
