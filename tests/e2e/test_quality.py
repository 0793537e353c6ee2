"""How good it is, in a browser: tuned, compared, corrected, checked and reported."""

import io
import re
import zipfile

import pytest
from playwright.sync_api import expect

from tests.e2e.steps import (
    READ_ONCE,
    open_settings,
    press,
    stage,
    stand_still,
    upload,
    wait_for_text,
)
from tests.support.app_pages import FOX, png

FOUND = re.compile("Nothing is recommended|The tuned recipe is better")

pytestmark = pytest.mark.needs_tesseract


def go_to(page, name, view=""):
    page.get_by_role("link", name=name, exact=True).click()
    if view:
        stand_still(page)
        page.get_by_role("radio", name=view, exact=True).click()


def test_a_page_is_tuned_compared_with_its_text_and_between_recipes(open_app):
    page = open_app(READ_ONCE)
    upload(page, {"fox.png": png(FOX)})
    wait_for_text(page, "brown fox")

    check_search(page)
    check_ground_truth(page)
    check_audit(page)
    go_to(page, "Workbench")
    check_recipes(page)


def check_search(page):
    """Search the best settings, and compare the two readings, which agree."""
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


def check_ground_truth(page):
    """Compare a page with its text; an error is shown on the scan."""
    page.get_by_role("link", name="Evaluate", exact=True).click()
    truth = page.get_by_role("textbox", name="Ground truth")
    truth.fill(FOX.replace("brown", "crown"))
    truth.press("Control+Enter")

    expect(page.locator(".difference ins")).to_have_text("brown")
    stand_still(page)
    page.locator(".difference .change").click()
    expect(page.get_by_alt_text("The word on the scan")).to_be_visible()
    expect(page.locator(".stage polygon.selected")).to_have_count(1)


def check_audit(page):
    """Read all, and audit what was read."""
    page.get_by_role("link", name="Read all", exact=True).click()
    press(page, "Read all")
    expect(page.get_by_role("button", name="Corpus (corpus.csv)")).to_be_visible()
    page.get_by_role("link", name="Evaluate", exact=True).click()
    page.get_by_role("radio", name="Audit", exact=True).click()
    press(page, "Draw lines")
    expect(page.get_by_alt_text("The line on the scan")).to_be_visible()
    answer = page.get_by_role("textbox", name="What the line says")
    answer.press("Enter")
    expect(page.get_by_role("heading", name="Line 2 of 2")).to_be_visible()
    answer.press("Enter")

    expect(page.get_by_text("All lines of the sample are done.")).to_be_visible()
    expect(page.get_by_text("Cochran 1977")).to_be_visible()


def check_recipes(page):
    """Compare two recipes word by word; their pictures move together."""
    open_settings(page, "Position and size")
    page.get_by_role("slider", name="Angle (°)").press("End")  # 45 degrees
    # One of the second opinion, one of the angle.
    expect(page.get_by_role("button", name="Reset 1 changed")).to_have_count(2)

    page.get_by_role("link", name="Compare").click()

    expect(page.get_by_role("heading", name="Where they differ")).to_be_visible()
    only_b = page.locator(".difference ins").first
    expect(only_b).to_contain_text("quick")
    change = page.locator(".difference .change").first
    assert "%" in change.get_attribute("title")
    stand_still(page)
    change.press("Enter")
    expect(page.get_by_alt_text("The word on the scan")).to_be_visible()
    first, second = stage(page).nth(0), stage(page).nth(1)
    expect(second).to_have_attribute("data-picture", "ready")
    first.focus()
    before = second.get_attribute("data-zoom")
    page.keyboard.press("+")
    expect(second).not_to_have_attribute("data-zoom", before)


def test_a_corpus_is_corrected_checked_audited_and_reported(open_browser):
    page = open_browser("/?lang=en")
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
