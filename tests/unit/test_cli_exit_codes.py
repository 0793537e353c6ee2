"""Exit codes: each states the cause, and earlier files stay."""

import csv
import io
from pathlib import Path

import pytest
from PIL import Image

from ocr_core.errors import MissingEngineError
from tests.support.marks import FOUR_MARKS, marked_image

pytestmark = pytest.mark.usefixtures("inline_pool")


def rows(content):
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


@pytest.fixture
def three_pages(tmp_path):
    path = tmp_path / "three.tif"
    page = Image.fromarray(marked_image())
    page.save(path, save_all=True, append_images=[page, page])
    return path


def test_a_bad_input_ends_with_3_and_the_others_are_read(shell, marked_file, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"not a picture")

    call = shell("read", tmp_path / "bad.png", marked_file)

    assert (call.code, call.out.decode()) == (3, FOUR_MARKS)
    assert "Not read: bad.png is not an image or PDF that can be read." in call.err
    assert call.err.endswith("1 page read, 1 not.\n")


@pytest.mark.parametrize("form", ["txt", "words", "corpus", "parquet", "alto", "texts"])
def test_an_earlier_file_survives_where_no_page_could_be_read(shell, tmp_path, form):
    (tmp_path / "bad.png").write_bytes(b"not a picture")
    earlier = tmp_path / "earlier"
    earlier.write_text("earlier")

    call = shell("read", tmp_path / "bad.png", "--to", form, "-o", earlier)

    assert (call.code, earlier.read_text()) == (3, "earlier")
    assert "Not read: bad.png is not an image" in call.err
    assert f"No page could be read, so {earlier} was not written." in call.err


@pytest.mark.parametrize("form", ["pages", "jsonl", "zip"])
def test_what_tells_of_failures_is_written_where_no_page_could_be_read(
    shell, tmp_path, form
):
    (tmp_path / "bad.png").write_bytes(b"not a picture")

    call = shell("read", tmp_path / "bad.png", "--to", form, "-o", tmp_path / "out")

    assert call.code == 3
    assert (tmp_path / "out").stat().st_size


def test_a_missing_file_ends_with_3_and_the_others_are_read(shell, marked_file):
    call = shell("read", "gone.png", marked_file)

    assert (call.code, call.out.decode()) == (3, FOUR_MARKS)
    assert "gone.png does not exist." in call.err


def test_a_lone_missing_file_has_its_row(shell):
    call = shell("read", "gone.png", "--to", "pages")

    [row] = rows(call.out)
    assert call.code == 3
    assert (row["source_file"], row["page_num"]) == ("gone.png", "0")
    assert (row["status"], row["error"]) == (
        "failed",
        "gone.png does not exist. Check the name.",
    )


def test_a_lone_missing_file_ends_with_3_and_writes_nothing(shell, tmp_path):
    earlier = tmp_path / "words.csv"
    earlier.write_text("earlier")

    call = shell("read", tmp_path / "gone.png", "--to", "words", "-o", earlier)

    assert (call.code, call.out) == (3, b"")
    assert "gone.png does not exist." in call.err
    assert earlier.read_text() == "earlier"


def test_a_folder_with_nothing_to_read_ends_with_3(shell, tmp_path):
    call = shell("read", tmp_path)

    assert call.code == 3
    assert "There is nothing to read" in call.err


def test_too_many_pages_end_with_3_and_name_the_limit(shell, three_pages):
    call = shell("read", three_pages, "--max-pages", 2)

    assert call.code == 3
    assert "3 pages, more than the limit of 2." in call.err
    assert "--max-pages" in call.err


def test_an_empty_standard_input_ends_with_3(shell):
    call = shell("read", "-")

    assert call.code == 3
    assert "stdin is empty." in call.err


@pytest.mark.parametrize(
    "words",
    [
        ["read"],
        ["read", "x.png", "--to", "docx"],
        ["read", "x.png", "--margin", "-1"],
        ["read", "x.png", "--margin", "many"],
        ["read", "x.png", "--angle", "nan"],
        ["read", "x.png", "--psm", "2"],
        ["read", "x.png", "--language", "../../tmp/own"],
        ["read", "x.png", "--language", "eng --psm 0"],
        ["read", "x.png", "--pages", "one"],
        ["read", "x.png", "--pages", "1-2-3"],
        ["read", "x.png", "--pages", "9" * 5000],
        ["read", "x.png", "--pages", "3-1"],
        ["read", "x.png", "--pages", "0"],
        ["read", "x.png", "--pages", "1,0-2"],
        ["read", "x.png", "--workers", "0"],
        ["read", "x.png", "--config", "x"],
        ["nonsense"],
        ["--nonsense"],
    ],
    ids=lambda words: " ".join(words)[:40],
)
def test_wrong_usage_and_wrong_settings_end_with_2(shell, words):
    call = shell(*words)

    assert (call.code, call.out) == (2, b"")
    assert "Traceback" not in call.err
    assert "Error: " in call.err


def test_a_broken_recipe_ends_with_2_and_so_does_a_missing_one(
    shell, marked_file, tmp_path
):
    (tmp_path / "recipe.json").write_text('{"brightnes": 3}')

    broken = shell("read", marked_file, "--recipe", tmp_path / "recipe.json")
    missing = shell("read", marked_file, "--recipe", tmp_path / "none.json")

    assert (broken.code, missing.code) == (2, 2)
    assert "Unknown setting: brightnes." in broken.err
    assert "none.json cannot be opened" in missing.err


def test_a_missing_language_ends_with_4_before_a_page_is_read(
    shell, marked_file, monkeypatch
):
    def missing(settings):
        raise MissingEngineError("The language tlh is not installed.", hint="Get it.")

    monkeypatch.setattr("ocr_core.cli.reading.check_engine", missing)

    call = shell("read", marked_file)

    assert (call.code, call.out) == (4, b"")
    assert call.err == "Error: The language tlh is not installed.\nHint: Get it.\n"


def test_an_output_that_cannot_be_written_ends_with_5(shell, marked_file, tmp_path):
    call = shell("read", marked_file, "-o", tmp_path / "no/such/folder/words.csv")

    assert call.code == 5
    assert "cannot be written" in call.err


@pytest.mark.parametrize("option", ["-o", "--save-recipe"])
def test_a_page_is_never_written_over(shell, marked_file, option):
    before = Path(marked_file).read_bytes()

    call = shell(
        "read", marked_file, option, f"{Path(marked_file).parent}/./marked.png"
    )

    assert call.code == 5
    assert "is to be read and would be overwritten." in call.err
    assert Path(marked_file).read_bytes() == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is full")
def test_a_full_disk_ends_with_5(shell, marked_file):
    call = shell("read", marked_file, "-o", "/dev/full")

    assert call.code == 5
    assert "no space left" in call.err


def test_an_earlier_file_survives_a_run_that_breaks_off(
    shell, marked_file, tmp_path, monkeypatch
):
    earlier = tmp_path / "words.csv"
    earlier.write_text("earlier")

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("ocr_core.execution.batch.recognize_page", stop)
    call = shell("read", marked_file, "--to", "words", "-o", earlier)

    assert call.code == 130
    assert earlier.read_text() == "earlier"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "marked.png",
        "words.csv",
    ]
