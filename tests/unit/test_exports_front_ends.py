"""Export formats in all front ends: the command line, the HTTP API and the app."""

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from ocr_core.corpus import Corpus
from ocr_core.exports import FORMATS, filter_results
from ocr_core.page import PageRef, PageResult, Word
from tests.support.export_readers import words_of
from tests.support.manual import manual
from tests.support.marks import MARKS, marked_image

README = Path(__file__).parents[2] / "README.md"
MARKED = [f"mark{number}" for number in range(1, len(MARKS) + 1)]


def page(*confs, quality=0.9, **more):
    rows = tuple(
        Word(1, 1, 1, n, 10 * n, 20, 9, 12, conf, f"w{conf:g}")
        for n, conf in enumerate(confs, 1)
    )
    return PageResult(PageRef("a.png"), rows, (200, 100), quality=quality, **more)


PLACED = ["hocr", "alto", "pdf", "parquet", "vrt", "dataset"]


@pytest.mark.parametrize("form", PLACED)
def test_the_command_line_writes_what_other_programs_read(
    shell, inline_pool, marked_file, tmp_path, form
):
    call = shell("read", marked_file, "--to", form, "-o", tmp_path / "out")

    assert (call.code, call.err) == (0, "")
    assert words_of((tmp_path / "out").read_bytes(), form) == MARKED


@pytest.mark.parametrize("form", PLACED)
def test_the_api_answers_with_what_other_programs_read(client, marked_file, form):
    sent = {"file": (io.BytesIO(marked_file.read_bytes()), "scan.png"), "format": form}

    answer = client.post("/api/v1/ocr", data=sent)

    assert (answer.status_code, answer.mimetype) == (200, FORMATS[form].media)
    name = answer.headers["Content-Disposition"].split("filename=")[1]
    assert name == f"scan{FORMATS[form].ending}"
    assert words_of(answer.data, form) == MARKED


def test_a_file_that_stood_there_survives_a_pdf_that_fails(
    shell, inline_pool, tmp_path
):
    (tmp_path / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "a.pdf").write_bytes(b"earlier")

    call = shell("read", tmp_path / "torn.png", "--to", "pdf", "-o", tmp_path / "a.pdf")

    assert call.code == 3
    assert "No page could be opened" in call.err
    assert (tmp_path / "a.pdf").read_bytes() == b"earlier"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.pdf", "torn.png"]


def test_a_table_for_a_spreadsheet_is_safe_and_reports_it(
    shell, inline_pool, tmp_path, monkeypatch
):
    Image.fromarray(marked_image()).save(tmp_path / "=1+1.png")
    path = tmp_path / "=1+1.png"

    exact = shell("read", path, "--to", "words")
    safe = shell("read", path, "--to", "words", "--spreadsheet")

    assert (exact.err, safe.code) == ("", 0)
    assert "begin with an apostrophe" in safe.err
    assert exact.out.decode().split("\n")[1].startswith("=1+1,")
    assert safe.out.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(safe.out.decode("utf-8-sig"), newline="")))
    assert {row["doc_id"] for row in rows} == {"'=1+1"}


def test_only_a_table_can_be_for_a_spreadsheet(shell, inline_pool, marked_file):
    call = shell("read", marked_file, "--to", "pdf", "--spreadsheet")

    assert (call.code, call.out) == (2, b"")
    assert "Choose one of words, pages, corpus" in call.err


def test_doubtful_words_and_poor_pages_are_left_out():
    pages = [page(10, 60, 90), page(95, quality=0.2), page(50, 70, quality=None)]

    found = list(filter_results(pages, min_conf=60, min_quality=0.5))

    assert [[word.text for word in each.rows] for each in found] == [
        ["w60", "w90"],
        ["w70"],
    ]
    assert list(filter_results(pages)) == pages


def test_a_corpus_is_exported_with_its_surest_words(shell, tmp_path):
    path = tmp_path / "corpus.sqlite"
    results = [page(10, 60, 90), replace(page(95, quality=0.2), ref=PageRef("b.png"))]
    with Corpus(path, write=True) as corpus:
        for each in results:
            corpus.add_document(replace(each.ref, number=0), each.ref.doc_id, 1)
            corpus.save_result(replace(each, sha256=each.ref.doc_id))

    call = shell(
        *("export", path, "--to", "words", "--spreadsheet"),
        *("--min-conf", 60, "--min-quality", 0.5),
    )

    assert call.code == 0
    rows = csv.DictReader(io.StringIO(call.out.decode("utf-8-sig"), newline=""))
    assert [row["text"] for row in rows] == ["w60", "w90"]


def test_every_format_stands_in_the_manual():
    text = manual()

    for form in FORMATS.values():
        assert f"`--to {form.name}`" in text
