"""Explore in the browser: from a word to its scan, to its page, and back."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.steps import press, stage, stand_still, upload, word_box
from tests.support.app_pages import FOX, JUGS, png

pytestmark = pytest.mark.needs_tesseract

ROW_HEIGHT = 56


def go_to(page, name):
    page.get_by_role("link", name=name, exact=True).click()


@pytest.fixture
def explore(page):
    """The Explore screen, with two documents in the corpus."""
    upload(page, {"fox.png": png(FOX), "jugs.png": png(JUGS)})
    go_to(page, "Read all")
    press(page, "Read all")
    expect(page.get_by_role("button", name="Corpus (corpus.csv)")).to_be_visible()
    go_to(page, "Explore")
    expect(page.get_by_text(re.compile("17 tokens"))).to_be_visible()
    expect(page.get_by_text("Commonest words")).to_be_visible()
    page.get_by_role("radio", name="Words", exact=True).click()
    expect(page.get_by_role("button", name="Show the concordance")).to_be_visible()
    return page


def table(page):
    return page.get_by_test_id("stDataFrame").first


def press_row(page, row, x):
    """Press a place in a row of the first table, which is a canvas."""
    expect(table(page).locator(f'tr[aria-rowindex="{row + 2}"]')).to_be_attached()
    stand_still(page)
    table(page).click(position={"x": x, "y": 35 + ROW_HEIGHT * row + ROW_HEIGHT // 2})


def test_a_word_leads_to_its_lines_to_its_scan_to_its_page_and_back(explore):
    check_word_list(explore)
    explore.get_by_role("radio", name="Words", exact=True).click()
    expect(explore.get_by_role("button", name="Show the concordance")).to_be_visible()
    check_query(explore)


def check_word_list(page):
    """Choose a row of the word list; it leads to the lines, to a page and back."""
    expect(table(page)).to_contain_text("the")
    expect(page.get_by_role("button", name="Show the concordance")).to_be_disabled()

    table(page).click(position={"x": 16, "y": 35 + 17})
    press(page, "Show the concordance")

    expect(page.get_by_role("textbox", name="Look for")).to_have_value("the")
    expect(page.get_by_text("1 to 2 of 2 hits.")).to_be_visible()
    expect(table(page)).to_contain_text("quick brown fox jumps")

    press_row(page, 0, 70)
    page.wait_for_url(re.compile(r"/corpus\?"))
    expect(stage(page)).to_have_attribute("data-picture", "ready")
    page.go_back()

    expect(page.get_by_role("textbox", name="Look for")).to_have_value("the")
    expect(page.get_by_text("1 to 2 of 2 hits.")).to_be_visible()
    assert re.search(r"/explore\?.*explore_view=Concordance&kwic_query=the", page.url)


def check_query(page):
    """Look for a word; its line shows the scan and leads to its page and back."""
    page.get_by_role("textbox", name="Documents").fill("fox")
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile("9 tokens"))).to_be_visible()
    expect(table(page)).to_contain_text("quick")
    expect(table(page)).not_to_contain_text("liquor")

    page.get_by_role("radio", name="Concordance").click()
    query = page.get_by_role("textbox", name="Look for")
    query.fill("fox")
    with page.expect_response(re.compile(r"/page/\w+\.jpg")) as strip:
        page.keyboard.press("Enter")
    assert strip.value.status == 200
    assert strip.value.headers["content-type"] == "image/jpeg"
    expect(page.get_by_text("1 to 1 of 1 hits.")).to_be_visible()

    press_row(page, 0, 70)
    page.wait_for_url(re.compile(r"/corpus\?.*\bw=3\b"))
    assert "doc=fox" in page.url
    assert "page=1" in page.url
    expect(stage(page)).to_have_attribute("data-picture", "ready")
    expect(word_box(page, 3)).to_have_class(re.compile("selected"))

    go_to(page, "Explore")
    expect(query).to_have_value("fox")
    expect(page.get_by_text("1 to 1 of 1 hits.")).to_be_visible()
    expect(page.get_by_text(re.compile("9 tokens"))).to_be_visible()
