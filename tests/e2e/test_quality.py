"""How good it is, in a browser: tuned, compared, corrected, checked and reported."""

import io
import re
import zipfile

import pytest
from playwright.sync_api import expect

from tests.e2e.steps import READ_ONCE, press, stand_still, upload, wait_for_text
from tests.support.app_pages import FOX, png

FOUND = re.compile("Nothing is recommended|The tuned recipe is better")

pytestmark = pytest.mark.needs_tesseract


def go_to(page, name, view=""):
    page.get_by_role("link", name=name, exact=True).click()
    if view:
        stand_still(page)
        page.get_by_role("radio", name=view, exact=True).click()


def test_the_best_settings_are_searched_and_two_recipes_are_compared(open_app):
    page = open_app(READ_ONCE)
    upload(page, {"fox.png": png(FOX)})
    wait_for_text(page, "brown fox")

    press(page, "Find the best settings")
    press(page, "Search")
    press(page, "Stop and keep the best")
    kept = page.get_by_role("button", name="Keep the current settings")
    expect(kept).to_be_visible()
    expect(page.get_by_text(FOUND)).to_be_visible()
    stand_still(page)
    kept.click()
    expect(kept).to_have_count(0)

    go_to(page, "Compare")
    expect(page.get_by_text("Both agree on")).to_be_visible()


def test_a_corpus_is_corrected_checked_audited_and_reported(visit):
    page = visit("/?lang=en")
    press(page, "Explore the demo corpus")
    expect(page.get_by_text("Commonest words")).to_be_visible()

    page.get_by_role("radio", name="OCR variants", exact=True).click()
    expect(page.get_by_text("Groups left:")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Accept")).click()
    correct = page.get_by_role("button", name=re.compile(r"^Correct \d+ words?$"))
    stand_still(page)
    correct.click()
    expect(page.get_by_role("button", name=re.compile("^Undo: "))).to_be_visible()

    page.get_by_role("radio", name="Reliability", exact=True).click()
    press(page, "Check")
    expect(page.get_by_text("At a character error rate of")).to_be_visible()
    stand_still(page)
    page.get_by_role("button", name="Pin to report").last.click()
    name = page.get_by_role("textbox", name="Name in the report")
    name.fill("How sure the words are")
    name.press("Tab")
    press(page, "Pin")
    expect(page.get_by_text("Pinned: the report has it.")).to_be_visible()
    stand_still(page)

    go_to(page, "Evaluate", "Audit")
    press(page, "Draw lines")
    page.get_by_role("textbox", name="What the line says").press("Enter")
    expect(page.get_by_role("heading", name="Line 2 of 60")).to_be_visible()
    page.get_by_role("radio", name="Checked pages", exact=True).click()
    expect(page.get_by_text("1 pages of 1 documents.")).to_be_visible()

    page.get_by_role("radio", name="Report", exact=True).click()
    expect(page.get_by_text("How sure the words are")).to_be_visible()
    stand_still(page)
    with page.expect_download() as coming:
        press(page, "Report (zip)")
    with zipfile.ZipFile(io.BytesIO(coming.value.path().read_bytes())) as file:
        assert "## How sure the words are" in file.read("report.md").decode()
        assert "data/pinned_1.csv" in file.namelist()
