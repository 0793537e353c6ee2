import io
import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pyarrow import parquet

from ocr_core.errors import OutputError
from ocr_core.exports import FORMATS, atomic_write, check_writable, tables
from ocr_core.exports.parquet import BESIDE
from ocr_core.knobs import knobs
from ocr_core.page import PageRef, StepReport
from ocr_core.settings import FIRST_KNOBS, Settings
from tests.support.export_samples import (
    CELLS,
    CORPUS,
    HOSTILE,
    PAGES,
    WORDS,
    header,
    result,
    rows,
    taken_before_the_first_write,
    words,
    written,
)

# What a spreadsheet runs when a cell begins with it.
LIVE = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
NUMBER = re.compile(r"[+-]\d+([.,]\d+)*%?")


def test_columns_are_those_that_scripts_rely_on():
    first = [f"set_{name}" for name in FIRST_KNOBS]
    later = [f"set_{k.name}" for k in knobs(Settings) if k.name not in FIRST_KNOBS]
    joined = ["error_kind", "source", "notes"]

    assert header(written("words", [])) == WORDS
    assert header(written("pages", [])) == PAGES + first + joined + later
    assert header(written("corpus", [])) == CORPUS


def test_words_come_one_a_row_with_box_and_confidence():
    assert written("words", [result("To", "be")]).decode() == (
        "doc_id,page_num,block_num,par_num,line_num,word_num,left,top,width,height,"
        "conf,text\r\n"
        "page,1,1,1,1,1,10,20,9,12,90.5,To\r\n"
        "page,1,1,1,1,2,20,20,9,12,90.5,be\r\n"
    )


@given(st.lists(CELLS.filter(bool), max_size=5), CELLS.filter(bool))
def test_any_text_comes_back_from_a_csv_file_as_it_was(texts, doc_id):
    page = result(*texts, doc_id=doc_id)

    assert [row["text"] for row in rows(written("words", [page]))] == texts
    assert [row["doc_id"] for row in rows(written("pages", [page]))] == [doc_id]
    assert [row["text"] for row in rows(written("corpus", [page]))] == [page.text]


@pytest.mark.parametrize("form", ["words", "pages", "corpus"])
def test_data_holds_hostile_cells_unchanged(form):
    page = result(*HOSTILE)

    content = written(form, [page])

    wanted = HOSTILE if form == "words" else [page.text]
    assert [row["text"] for row in rows(content)] == wanted
    assert not content.startswith(b"\xef\xbb\xbf")


@given(st.lists(st.one_of(CELLS, st.sampled_from(HOSTILE)), min_size=1, max_size=6))
def test_no_cell_of_a_spreadsheet_is_live(texts):
    page = result(*texts, doc_id=texts[0] or "x", error=texts[-1])

    for form in ("words", "pages", "corpus"):
        for row in rows(written(form, [page], spreadsheet=True)):
            live = [
                cell
                for cell in row.values()
                if LIVE.match(cell) and not NUMBER.fullmatch(cell)
            ]
            assert live == []


def test_a_spreadsheet_says_that_it_is_unicode_and_keeps_numbers():
    content = written("words", [result("-12.5", "=1+1", "plain")], spreadsheet=True)

    assert content.startswith(b"\xef\xbb\xbf")
    assert [row["text"] for row in rows(content)] == ["-12.5", "'=1+1", "plain"]


def test_a_column_that_somebody_named_is_not_live_in_a_spreadsheet():
    known = {"=1+1": {"page": "x"}}

    safe = written("corpus", [result("To")], spreadsheet=True, metadata=known)
    exact = written("corpus", [result("To")], metadata=known)

    assert [*rows(safe)[0]][-1] == "'=1+1"
    assert header(exact)[-1] == "=1+1"


@given(st.lists(st.lists(CELLS.filter(bool), max_size=4), max_size=4))
def test_parquet_holds_the_words_exactly_and_typed(pages):
    results = [result(*texts, number=n) for n, texts in enumerate(pages, 1)]

    found = pd.read_parquet(io.BytesIO(written("parquet", results)))

    table = [
        ["page", n, *word[:11], word.conf, "", page.engine]
        for n, page in enumerate(results, 1)
        for word in page.rows
    ]
    assert list(found.columns) == [*WORDS, *BESIDE]
    assert found.to_numpy().tolist() == table
    assert found.dtypes[["page_num", "left", "conf"]].tolist() == [
        "int32",
        "int32",
        "float64",
    ]


def test_parquet_is_written_in_groups_of_rows(monkeypatch):
    monkeypatch.setattr("ocr_core.exports.parquet.ROWS", 2)

    content = written("parquet", [result("a", "b", "c"), result("d", number=2)])

    assert parquet.ParquetFile(io.BytesIO(content)).num_row_groups == 2
    assert pd.read_parquet(io.BytesIO(content))["text"].tolist() == list("abcd")


def test_a_page_that_failed_has_a_row_and_says_why():
    failed = result(status="failed", error="page.png is empty.", number=0)

    [row] = rows(written("pages", [failed]))

    assert (row["page_num"], row["status"], row["error"]) == (
        "0",
        "failed",
        "page.png is empty.",
    )
    assert (row["n_words"], row["conf_mean"], row["quality"]) == ("0", "", "")


def test_a_page_row_tells_every_knob_and_step():
    reports = (StepReport("deskew", {"degrees": 1.5}, "straightened"),)

    [row] = rows(written("pages", [result("x", reports=reports)]))

    stored = {name: row[f"set_{name}"] for name in Settings().flat()}
    assert stored == {name: str(value) for name, value in Settings().flat().items()}
    assert json.loads(row["steps"]) == [
        {"step": "deskew", "degrees": 1.5, "did": "straightened"}
    ]


def test_a_corpus_row_is_a_document():
    results = [
        result("one", "two", doc_id="a"),
        result("three", doc_id="a", number=2),
        result(doc_id="a", number=3, status="blank"),
        result("four", doc_id="b"),
        result(doc_id="c", number=0, status="failed", error="It is torn."),
    ]

    first, second = rows(written("corpus", results))

    assert (first["doc_id"], first["text"]) == ("a", "one two\n\nthree")
    assert (first["page_start"], first["page_end"], first["n_words"]) == ("1", "3", "3")
    assert (second["doc_id"], second["text"]) == ("b", "four")


def test_quality_of_a_document_is_weighed_by_words():
    results = [
        result("a", "b", "c", quality=0.9),
        result("d", number=2, quality=0.1),
        result("e", number=3),
    ]

    [row] = rows(written("corpus", results))

    assert float(row["quality"]) == pytest.approx((3 * 0.9 + 1 * 0.1) / 4)


def test_text_leaves_an_empty_line_between_pages():
    results = [result("one"), result(status="blank", number=2), result("two", number=3)]

    assert written("txt", results) == b"one\n\ntwo\n"


def test_json_lines_hold_a_page_each_with_its_words():
    first, second = written("jsonl", [result("Ä"), result(number=2)]).splitlines()

    page = json.loads(first)
    assert page["text"] == "Ä"
    [word] = words("Ä")
    engine = {"conf_engine": word.conf, "engine": page["engine"]}
    assert page["words"] == [word._asdict() | engine]
    assert page["settings"] == Settings().flat()
    assert (json.loads(second)["conf_mean"], json.loads(second)["words"]) == (None, [])


@given(CELLS.filter(bool))
def test_json_lines_hold_any_text_in_one_line(text):
    content = written("jsonl", [result(text)])

    assert content.count(b"\n") == 1
    assert json.loads(content)["words"][0]["text"] == text


@pytest.mark.parametrize("form", ["words", "pages"])
def test_writers_take_results_one_at_a_time(form):
    pages = [result("x" * 20_000, number=number) for number in (1, 2, 3)]

    assert taken_before_the_first_write(form, pages) < 3


def test_every_format_says_what_it_is():
    for name, form in FORMATS.items():
        assert form.name == name
        assert form.ending.startswith(".")
        assert callable(form.write)


def test_a_writer_leaves_the_file_open(tmp_path):
    file = io.BytesIO()
    Image.new("L", (200, 100)).save(tmp_path / "page.png")
    page = replace(result("x"), ref=PageRef(str(tmp_path / "page.png")))

    for form in FORMATS.values():
        form.write([page], file)

    assert not file.closed


def test_plain_numbers_and_other_things_are_not_defused():
    cells = ["-12.5", "+3", "1", "", "text", 7, -7.5, None]

    assert [tables.escape_formula(cell) for cell in cells] == cells


# Files


def test_a_file_appears_under_its_name_only_when_it_is_whole(tmp_path):
    path = tmp_path / "words.csv"
    path.write_bytes(b"earlier")

    with pytest.raises(ZeroDivisionError), atomic_write(path) as file:
        file.write(b"half")
        raise ZeroDivisionError

    assert path.read_bytes() == b"earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_a_whole_file_replaces_the_earlier_one(tmp_path):
    path = tmp_path / "words.csv"
    path.write_bytes(b"earlier")

    with atomic_write(path) as file:
        file.write(b"now")

    assert path.read_bytes() == b"now"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_written_through_a_link(tmp_path):
    path, link = tmp_path / "words.csv", tmp_path / "link.csv"
    link.symlink_to(path)

    with atomic_write(link) as file:
        file.write(b"now")

    assert link.is_symlink()
    assert path.read_bytes() == b"now"


def test_a_pipe_without_a_path_is_written():
    read_end, write_end = os.pipe()  # as standard output that goes to a program

    check_writable(f"/dev/fd/{write_end}")
    with atomic_write(f"/dev/fd/{write_end}") as file:
        file.write(b"now")

    os.close(write_end)
    with os.fdopen(read_end, "rb") as file:
        assert file.read() == b"now"


def test_a_check_leaves_no_file_and_no_change(tmp_path):
    path = tmp_path / "words.csv"
    check_writable(path)
    assert not path.exists()
    path.write_bytes(b"earlier")

    check_writable(path)

    assert path.read_bytes() == b"earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_as_long_as_names_may_be_is_written(tmp_path):
    path = tmp_path / ("n" * 251 + ".csv")

    with atomic_write(path) as file:
        file.write(b"now")

    assert path.read_bytes() == b"now"


@pytest.mark.parametrize("name", ["no/such/folder/a.csv", ".", "n" * 300])
def test_a_place_that_cannot_be_written_is_named(tmp_path, name):
    with pytest.raises(OutputError, match="cannot be written"):
        check_writable(tmp_path / name)
    with (
        pytest.raises(OutputError, match="cannot be written"),
        atomic_write(tmp_path / name) as file,
    ):
        file.write(b"x")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is full")
def test_a_full_disk_is_named():
    with (
        pytest.raises(OutputError, match="no space left"),
        atomic_write("/dev/full") as file,
    ):
        file.write(b"x" * 100_000)


def test_a_file_has_the_rights_that_new_files_have(tmp_path):
    plain, whole = tmp_path / "plain", tmp_path / "whole"
    plain.write_bytes(b"x")

    with atomic_write(whole) as file:
        file.write(b"x")

    assert whole.stat().st_mode == plain.stat().st_mode
