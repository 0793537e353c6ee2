"""The corpus in the browser: words are corrected by keyboard, and addresses stay
valid."""

import csv
import io
import re

import pytest
from playwright.sync_api import expect

from tests.e2e.steps import (
    download,
    open_tab,
    press,
    stage,
    stand_still,
    text_of,
    upload,
    word_box,
)
from tests.support.app_pages import FOX, JUGS, SPHINX, png, scanned_pdf

pytestmark = pytest.mark.needs_tesseract

ROW_HEIGHT = 56


def go_to(page, name):
    page.get_by_role("link", name=name, exact=True).click()


def read_all(page, files, button):
    upload(page, files)
    press(page, button)
    expect(page.get_by_role("heading", name="Pages", exact=True)).to_be_visible()
    go_to(page, "Corpus")


def open_row(page, row):
    """Press the button of a row of the list, which is a canvas."""
    table = page.get_by_test_id("stDataFrame").first
    expect(table.locator(f'tr[aria-rowindex="{row + 2}"]')).to_be_attached()
    stand_still(page)
    table.click(position={"x": 90, "y": 35 + ROW_HEIGHT * row + ROW_HEIGHT // 2})
    expect(stage(page)).to_have_attribute("data-picture", "ready")


def doubt_all(page):
    page.get_by_role("slider", name="Highlight below").press("End")


def correct_in_table(page, word, text):
    table = page.get_by_test_id("stDataFrame").last
    expect(table).to_contain_text(FOX.split()[word])
    editor = page.locator("textarea.gdg-input")
    stand_still(page)  # a table that is drawn anew forgets what was clicked
    table.dblclick(position={"x": 40, "y": 35 * (word + 1) + 17})
    editor.fill(text)
    editor.press("Enter")


def test_corrected_words_are_in_text_search_and_download_and_addresses_stay(page):
    files = {"fox.png": png(FOX), "two.pdf": scanned_pdf(SPHINX, JUGS)}
    read_all(page, files, "Read all 2 documents")
    open_row(page, 0)
    correct_by_keyboard(page)

    open_tab(page, "Words")
    correct_in_table(page, 3, "wolf")
    expect(page.get_by_text("2 corrected")).to_be_visible()
    open_tab(page, "Text")
    expect(text_of(page)).to_contain_text("A quick brown wolf")

    press(page, "Back to the list")
    _, corpus = download(page, "Corpus (corpus.csv)")
    row, _ = csv.DictReader(io.StringIO(corpus.decode(), newline=""))
    assert row["text"] == FOX.replace("The", "A", 1).replace("fox", "wolf")
    search = page.get_by_role("textbox", name="Search the text")
    search.fill('"a quick"')
    page.keyboard.press("Enter")
    tables = page.get_by_test_id("stDataFrame")  # the list goes when the hits are there
    expect(tables.filter(has_text="[A quick]")).to_have_count(1)

    search.fill("")
    page.keyboard.press("Enter")
    expect(tables.filter(has_text="[A quick]")).to_have_count(0)
    check_reload(page)


def correct_by_keyboard(page):
    doubt_all(page)

    stage(page).focus()
    page.keyboard.press("n")
    page.keyboard.press("e")
    correction = page.get_by_role("textbox", name="Correction")
    expect(correction).to_be_focused()
    expect(correction).to_have_value("The")
    page.keyboard.type("A")
    page.keyboard.press("Enter")
    expect(correction).to_have_value("quick")
    page.keyboard.type("slow")
    page.keyboard.press("Enter")
    expect(correction).to_have_value("brown")
    page.keyboard.type("lost")
    page.keyboard.press("Escape")

    expect(text_of(page)).to_contain_text("A slow brown fox")
    expect(page.get_by_text("2 corrected")).to_be_visible()
    expect(word_box(page, 1)).to_have_class(re.compile("corrected"))
    expect(stage(page)).to_be_focused()
    page.keyboard.press("Control+z")
    expect(text_of(page)).to_contain_text("A quick brown fox")


def check_reload(page):
    """Fail if a page of the corpus and its chosen word are not there after a reload."""
    open_row(page, 2)
    expect(text_of(page)).to_contain_text("Pack my box")
    word_box(page, 5).click()
    page.wait_for_url("**/corpus?*w=5*")

    page.reload()

    expect(page.get_by_role("heading", name="two · page 2")).to_be_visible()
    expect(text_of(page)).to_contain_text("dozen liquor jugs")
    expect(stage(page)).to_have_attribute("data-picture", "ready")
    expect(word_box(page, 5)).to_have_class(re.compile("selected"))
    assert "project=fox" in page.url
