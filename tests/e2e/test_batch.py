import csv
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from ocr_core.exports.tables import ALL_OF_PAGE
from tests.e2e.steps import (
    download,
    open_settings,
    press,
    stand_still,
    upload,
    wait_for_text,
)
from tests.support.app_pages import FOX, JUGS, SPHINX, png, scanned_pdf, slow_png

pytestmark = pytest.mark.needs_tesseract

ROOT = Path(__file__).parents[2]
WORDS = (
    "doc_id,page_num,block_num,par_num,line_num,word_num,left,top,width,height,conf,"
    "text"
)
CORPUS = (
    "doc_id,text,source_file,page_start,page_end,lang,n_words,conf_mean,quality,"
    "settings_digest"
)


def rows_of(content):
    """Return a CSV file's header and its rows as dictionaries."""
    reader = csv.DictReader(io.StringIO(content.decode(), newline=""))
    return ",".join(reader.fieldnames), list(reader)


def command_line(folder, files, *options):
    """Return what the command line makes of the same files."""
    paths = [folder / name for name in files]
    for path, content in zip(paths, files.values(), strict=True):
        path.write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-m", "ocr_core", "read", *paths, *options],
        cwd=ROOT,
        capture_output=True,
    )
    assert done.returncode == 3, done.stderr.decode()
    return done.stdout


def test_read_all_gives_a_corpus_and_names_what_failed(page, tmp_path):
    files = {
        "fox.png": png(FOX),
        "note.png": b"nothing",
        "cut.png": png()[:-200],
        "two.pdf": scanned_pdf(JUGS, SPHINX),
    }
    upload(page, files)
    wait_for_text(page, "brown fox")
    open_settings(page, "Position and size")
    page.get_by_role("slider", name="Margin (px)").press("ArrowRight")
    expect(page.get_by_role("button", name="Reset 1 changed")).to_be_visible()

    press(page, "Read all 3 documents")

    expect(page.get_by_text("Read 3 pages in")).to_contain_text("Not read: 2;")
    expect(page.get_by_role("heading", name="Not read")).to_be_visible()
    failures = page.get_by_test_id("stDataFrame").first
    expect(failures).to_contain_text("note.png is not an image or PDF")
    expect(failures).to_contain_text("cut.png is damaged")
    check_files(page, files, tmp_path)

    stand_still(page)
    press(page, "Try these again")
    expect(page.get_by_text("Read 3 pages in")).to_contain_text("Not read: 2;")


def check_files(page, files, tmp_path):
    """Download what was read, and compare it with what the command line writes."""
    name, corpus = download(page, "Corpus (corpus.csv)")
    header, rows = rows_of(corpus)
    assert (name, header) == ("corpus.csv", CORPUS)
    assert [(row["doc_id"], row["text"]) for row in rows] == [
        ("fox", FOX),
        ("two", f"{JUGS}\n\n{SPHINX}"),
    ]

    name, pages = download(page, "Pages (pages.csv)")
    header, rows = rows_of(pages)
    assert (name, header) == ("pages.csv", ",".join(ALL_OF_PAGE))
    assert [(row["doc_id"], row["page_num"], row["status"]) for row in rows] == [
        ("fox", "1", "ok"),
        ("note", "0", "failed"),
        ("cut", "1", "failed"),
        ("two", "1", "ok"),
        ("two", "2", "ok"),
    ]
    assert rows[1]["error"].startswith("note.png is not an image")
    assert {row["set_margin"] for row in rows} == {"5"}

    name, text = download(page, "Text (txt)")
    assert (name, text.decode()) == ("text.txt", f"{FOX}\n\n{JUGS}\n\n{SPHINX}\n")

    name, words = download(page, "Words (words.csv)")
    header, rows = rows_of(words)
    assert (name, header) == ("words.csv", WORDS)
    assert [row["text"] for row in rows] == f"{FOX} {JUGS} {SPHINX}".split()

    name, recipe = download(page, "Settings as a recipe")
    (tmp_path / name).write_bytes(recipe)
    same = ("--recipe", tmp_path / name, "--to")
    assert command_line(tmp_path, files, *same, "words") == words
    assert command_line(tmp_path, files, *same, "corpus") == corpus


def page_in(bar):
    """Return the number of the page that a bar of progress names."""
    return int(re.search(r"Page (\d+) of", bar.inner_text())[1])


def test_a_run_is_paused_continues_and_is_cancelled_with_what_was_read(page):
    upload(page, {"fox.png": png(FOX)} | {f"{n}.png": slow_png() for n in range(6)})
    wait_for_text(page, "brown fox")
    press(page, "Read all 7 documents")

    press(page, "Pause")
    bar = page.get_by_test_id("stProgress")
    expect(bar).to_contain_text("paused")
    before = page_in(bar)
    sent = page.evaluate("framesSent")
    page.wait_for_function("sent => framesSent >= sent + 6", arg=sent)  # it asks anew
    expect(bar).to_contain_text("paused")
    assert page_in(bar) <= before + 1  # that one was under way
    press(page, "Go on")
    expect(bar).not_to_contain_text("paused")
    expect(page.get_by_text(re.compile("Page [1-6] of 7"))).to_be_visible()
    press(page, "Cancel")

    expect(page.get_by_text("Cancelled.")).to_contain_text(
        "What was read before is kept"
    )
    _, words = download(page, "Words (words.csv)")
    assert [row["text"] for row in rows_of(words)[1]][:9] == FOX.split()
    expect(page.get_by_role("button", name="Read all again")).to_be_enabled()
