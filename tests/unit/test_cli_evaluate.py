import csv
import io
import json

import pytest
from PIL import Image

from tests.support.marks import marked_image

pytestmark = pytest.mark.usefixtures("inline_pool")
READ = "mark1 mark2 mark3 mark4"


def rows(content):
    return list(csv.DictReader(io.StringIO(content, newline="")))


@pytest.fixture
def truth(marked_file):
    path = marked_file.with_suffix(".gt.txt")
    path.write_text("mark1 mark2 park3 mark4", encoding="utf-8")
    return path


def test_what_was_read_is_compared_with_the_text_beside_the_scan(
    shell, marked_file, truth
):
    call = shell("evaluate", marked_file)

    text = call.out.decode()
    assert call.code == 0
    # 1 of 23 characters, 1 of 4 words.
    assert "CER                      4.35 %" in text
    assert "WER                      25.00 %" in text
    assert "normalization: unicode_form=nfc; white_space=fold" in text


def test_everything_is_printed_as_json(shell, marked_file, truth):
    call = shell("evaluate", marked_file, "--json", "--letter-case", "fold")

    found = json.loads(call.out)
    assert found["summary"]["total"]["character_errors"] == 1
    assert found["normalization"]["letter_case"] == "fold"
    assert found["confusions"] == [{"truth": "p", "read": "m", "count": 1}]
    assert list(found["by_language"]) == ["eng"]
    assert found["pages"][0]["doc_id"] == "marked"


def test_error_rates_are_given_for_each_value_of_metadata(
    shell, marked_file, truth, tmp_path
):
    known = tmp_path / "known.csv"
    known.write_text("doc_id,year,place\nmarked,1890,\nother,1900,Bergen\n")

    call = shell("evaluate", marked_file, "--metadata", known)
    as_json = shell("evaluate", marked_file, "--metadata", known, "--json")

    assert "\n\nyear=1890: 1 pages, CER 4.35 %" in call.out.decode()
    found = json.loads(as_json.out)["by_metadata"]
    assert list(found["year"]) == ["1890"] and found["place"] == {}
    assert found["year"]["1890"]["total"]["word_errors"] == 1


def test_tables_and_a_page_of_html_are_written(shell, marked_file, truth, tmp_path):
    table, page, confused = (
        tmp_path / name for name in ("out.csv", "out.html", "confusions.csv")
    )

    shell("evaluate", marked_file, "-o", table, "--confusions", confused)
    shell("evaluate", marked_file, "-o", page)

    [row] = rows(table.read_text())
    assert (row["doc_id"], row["cer"], row["wer"]) == ("marked", "0.043478", "0.25")
    assert rows(confused.read_text()) == [{"truth": "p", "read": "m", "count": "1"}]
    assert "<del>p</del><ins>m</ins>ark3" in page.read_text()


def test_each_page_has_its_own_text_where_form_feeds_part_it(shell, tmp_path):
    path = tmp_path / "two.tif"
    image = Image.fromarray(marked_image())
    image.save(path, save_all=True, append_images=[image])
    path.with_suffix(".gt.txt").write_text(f"{READ}\fmark1")

    call = shell("evaluate", path, "--json")

    pages = json.loads(call.out)["pages"]
    assert [(p["page_num"], p["character_errors"]) for p in pages] == [(1, 0), (2, 18)]


def test_ground_truth_of_pages_that_were_not_read_is_reported(shell, marked_file):
    marked_file.with_suffix(".gt.txt").write_text(f"{READ}\fmark1\fmark2")

    call = shell("evaluate", marked_file, "--json")

    assert json.loads(call.out)["summary"]["total"]["character_errors"] == 0
    assert "marked: ground truth of 3 pages, compared 1;" in call.err


def test_documents_without_ground_truth_are_left_out_and_counted(
    shell, marked_file, truth, tmp_path
):
    (tmp_path / "other.png").write_bytes(marked_file.read_bytes())

    call = shell("evaluate", marked_file, tmp_path / "other.png", "--json")

    assert json.loads(call.out)["summary"]["documents"] == 1
    assert "1 document without ground truth left out." in call.err


def test_no_ground_truth_at_all_is_refused_with_what_to_do(shell, marked_file):
    call = shell("evaluate", marked_file)

    assert (call.code, call.out) == (3, b"")
    assert "NAME.gt.txt" in call.err


def test_a_page_that_cannot_be_read_counts_in_full(shell, tmp_path):
    path = tmp_path / "torn.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n")
    path.with_suffix(".gt.txt").write_text("lost words")

    call = shell("evaluate", path, "--json")

    assert call.code == 3
    assert json.loads(call.out)["pages"][0]["cer"] == 1.0


def test_ground_truth_that_is_no_text_is_refused(shell, marked_file):
    marked_file.with_suffix(".gt.txt").write_bytes(b"\xff\xfe\xff")

    call = shell("evaluate", marked_file)

    assert call.code == 3
    assert "is not UTF-8 text" in call.err


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_ground_truth_is_unicode_text_as_editors_save_it(shell, marked_file, encoding):
    truth = marked_file.with_suffix(".gt.txt")
    truth.write_bytes("mark1 mark2 mark3 märk4".encode(encoding))

    call = shell("evaluate", marked_file, "--json")

    assert json.loads(call.out)["pages"][0]["character_errors"] == 1


@pytest.mark.parametrize(
    "content", ["Türe".encode("latin-1"), "Tür".encode("utf-16-le")]
)
def test_ground_truth_that_cannot_be_read_does_not_stop_the_others(
    shell, marked_file, truth, tmp_path, content
):
    other = tmp_path / "other.png"
    other.write_bytes(marked_file.read_bytes())
    other.with_suffix(".gt.txt").write_bytes(content)

    call = shell("evaluate", marked_file, other, "--json")
    alike = shell("compare", "psm=6", "psm=4", "--on", marked_file, "--on", other)

    assert [each["doc_id"] for each in json.loads(call.out)["pages"]] == ["marked"]
    assert call.code == alike.code == 3
    assert "Left out: other.gt.txt is not UTF-8 text" in call.err
    assert "left out." not in call.err and "Left out: other.gt.txt" in alike.err


@pytest.mark.parametrize("content", ["", "\n \n", "\f"])
def test_ground_truth_without_text_is_reported(shell, marked_file, content):
    marked_file.with_suffix(".gt.txt").write_text(content)

    call = shell("evaluate", marked_file)

    assert call.code == 0 and "marked: ground truth without text" in call.err


def test_an_ending_that_names_no_format_is_refused(shell, marked_file, truth, tmp_path):
    call = shell("evaluate", marked_file, "-o", tmp_path / "out.doc")

    assert call.code == 2
    assert ".csv, .json, .html" in call.err


@pytest.mark.parametrize("named", ["the scan", "its folder"])
@pytest.mark.parametrize(("form", "ending"), [("alto", ".xml"), ("hocr", ".hocr")])
def test_ground_truth_may_be_recorded_ocr(shell, marked_file, form, ending, named):
    path = marked_file.with_suffix(f".gt{ending}")
    shell("read", marked_file, "--to", form, "-o", path)
    path.write_text(path.read_text().replace("mark3", "park3"))

    source = marked_file if named == "the scan" else marked_file.parent
    call = shell("evaluate", source, "--json")

    assert json.loads(call.out)["pages"][0]["character_errors"] == 1


def test_recorded_ocr_that_is_damaged_is_refused(shell, marked_file):
    marked_file.with_suffix(".gt.xml").write_text("<alto><Layout>")

    call = shell("evaluate", marked_file)

    assert call.code == 3
    assert "is damaged" in call.err


@pytest.mark.parametrize(
    ("command", "option"),
    [("evaluate", "-o"), ("evaluate", "--confusions"), ("tune", "-o")],
)
def test_a_result_that_could_not_be_written_is_refused_before_pages_are_read(
    shell, marked_file, tmp_path, monkeypatch, command, option
):
    def read(*_, **__):
        pytest.fail("A page was read.")

    monkeypatch.setattr("ocr_core.execution.batch.recognize_page", read)

    call = shell(command, marked_file, option, tmp_path / "no" / "result.json")

    assert (call.code, call.out) == (5, b"")
    assert "result.json cannot be written: no such file or directory." in call.err
