"""Walks to first results, by what the screen says, in few presses.

A press is a click, a key or a choice. Everything is found by its visible label.
"""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from ocr_core.mining.stop_words import stop_words
from tests.e2e.steps import stand_still
from tests.support.app_pages import FOX, JUGS, png

DEMO = "Explore the demo corpus"
DEMO_LANGUAGES = "eng+deu+fra+ind"


@dataclass
class Walk:
    """A person in front of a screen, whose presses are counted."""

    page: Page
    presses: int = 0

    def press(self, label, role="button"):
        """Press the first control of this label that is seen."""
        stand_still(self.page)
        self.page.get_by_role(role, name=label, exact=True).first.click()
        self.presses += 1

    def choose_files(self, files):
        """Answer the window for files, which a press opens."""
        with self.page.expect_file_chooser() as coming:
            self.press("Upload")
        coming.value.set_files(files)
        self.presses += 1

    def key(self, name):
        self.page.keyboard.press(name)
        self.presses += 1


@pytest.fixture
def walk(page):
    return Walk(page)


def charts(page):
    return page.get_by_test_id("stVegaLiteChart")


def test_the_commonest_content_words_of_the_demo_in_2(walk):
    walk.press(DEMO)

    expect(walk.page.get_by_role("heading", name="Commonest words")).to_be_visible()
    words = walk.page.get_by_role(
        "radiogroup", name="Show every occurrence, with its scan"
    ).get_by_role("radio")
    expect(words.first).to_be_visible()
    shown = words.all_inner_texts()
    assert len(shown) >= 10
    assert not {*shown} & stop_words(DEMO_LANGUAGES, {})
    assert walk.presses <= 2


def test_a_trend_in_3(walk):
    walk.press(DEMO)
    walk.press("Trends", "radio")

    chart = charts(walk.page).first
    expect(chart).to_be_visible()
    expect(walk.page.get_by_role("combobox", name="Over")).to_have_value("year")
    assert walk.presses <= 3


def test_a_concordance_with_scans_in_2(walk):
    walk.press(DEMO)
    stand_still(walk.page)
    with walk.page.expect_response(re.compile(r"/page/\w+\.jpg")) as strip:
        walk.press("Concordance", "radio")

    assert strip.value.ok
    expect(walk.page.get_by_text(re.compile(r"1 to 25 of \d+ hits"))).to_be_visible()
    assert walk.presses <= 2


def test_a_figure_file_in_4(walk):
    walk.press(DEMO)
    walk.press("Save figure")
    with walk.page.expect_download() as coming:
        walk.press("SVG")

    assert b"<svg" in coming.value.path().read_bytes()
    assert walk.presses <= 4


@pytest.mark.needs_tesseract
def test_own_scans_to_a_trend_by_year_in_12(walk, tmp_path):
    scans = {"mail_1890.png": FOX, "mail_1891.png": JUGS, "tide_1890.png": JUGS}
    for name, text in scans.items():
        (tmp_path / name).write_bytes(png(text))

    walk.choose_files([tmp_path / name for name in scans])
    walk.press(f"Read all {len(scans)} documents")
    expect(walk.page.get_by_role("button", name="Pause")).to_have_count(0)
    expect(walk.page.get_by_text(f"Read {len(scans)} pages in")).to_be_visible()
    walk.press("Explore", "link")
    walk.press("Add metadata")
    walk.press("Take them from the names")
    expect(walk.page.get_by_text("Columns added or changed: 2")).to_be_visible()
    walk.key("Escape")
    walk.press("Trends", "radio")

    expect(charts(walk.page).first).to_be_visible()
    expect(walk.page.get_by_role("combobox", name="Over")).to_have_value("year")
    years = walk.page.get_by_test_id("stDataFrame").last
    expect(years).to_contain_text("1890")
    assert walk.presses <= 12
