"""Walks to first results, by what the screen says, in few presses.

A press is a click, a key or a choice. Everything is found by its visible label.
"""

import csv
import io
import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from ocr_core.mining.stop_words import stop_words
from tests.e2e.steps import COUNT_CLICKS, download, stand_still
from tests.support.app_pages import FOX, JUGS, SPHINX, png

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


def test_the_demo_shows_words_trend_scans_and_figure_in_2_to_4_presses(walk):
    """Each result is counted from the start, where the demo is one press away."""
    walk.press(DEMO)
    check_content_words(walk.page)
    save_figure(walk)
    assert walk.presses <= 4

    walk.presses = 1
    show_trend(walk)
    assert walk.presses <= 3

    walk.presses = 1
    show_concordance(walk)
    assert walk.presses <= 2


def check_content_words(page):
    expect(page.get_by_role("heading", name="Commonest words")).to_be_visible()
    words = page.get_by_role(
        "radiogroup", name="Show every occurrence, with its scan"
    ).get_by_role("radio")
    expect(words.first).to_be_visible()
    shown = words.all_inner_texts()
    assert len(shown) >= 10
    assert not {*shown} & stop_words(DEMO_LANGUAGES, {})


def save_figure(walk):
    walk.press("Save figure")
    with walk.page.expect_download() as coming:
        walk.press("SVG")
    assert b"<svg" in coming.value.path().read_bytes()
    walk.page.keyboard.press("Escape")


def show_trend(walk):
    walk.press("Trends", "radio")
    expect(charts(walk.page).first).to_be_visible()
    expect(walk.page.get_by_role("combobox", name="Over")).to_have_value("year")


def show_concordance(walk):
    stand_still(walk.page)
    with walk.page.expect_response(re.compile(r"/page/\w+\.jpg")) as strip:
        walk.press("Concordance", "radio")
    assert strip.value.ok
    expect(walk.page.get_by_text(re.compile(r"1 to 25 of \d+ hits"))).to_be_visible()


@pytest.mark.needs_tesseract
def test_own_scans_to_a_corpus_in_3_clicks_and_to_a_trend_by_year_in_12(walk, tmp_path):
    scans = {"mail_1890.png": FOX, "mail_1891.png": JUGS, "tide_1890.png": SPHINX}
    for name, text in scans.items():
        (tmp_path / name).write_bytes(png(text))
    walk.page.evaluate(COUNT_CLICKS)

    walk.choose_files([tmp_path / name for name in scans])
    walk.press(f"Read all {len(scans)} documents")
    check_corpus(walk, scans)
    assert walk.page.evaluate("clicks") <= 3
    expect(walk.page.get_by_role("button", name="Pause")).to_have_count(0)
    expect(walk.page.get_by_text(f"Read {len(scans)} pages in")).to_be_visible()
    walk.press("Explore", "link")
    walk.press("Add metadata")
    walk.press("Take them from the names")
    expect(walk.page.get_by_text("Columns added or changed: 2")).to_be_visible()
    walk.key("Escape")
    show_trend(walk)

    years = walk.page.get_by_test_id("stDataFrame").last
    expect(years).to_contain_text("1890")
    assert walk.presses <= 12


def check_corpus(walk, scans):
    """Download the corpus: the texts of the scans, in the order they were chosen in."""
    name, corpus = download(walk.page, "Corpus (corpus.csv)")
    rows = csv.DictReader(io.StringIO(corpus.decode(), newline=""))
    assert name == "corpus.csv"
    assert [(f"{row['doc_id']}.png", row["text"]) for row in rows] == [*scans.items()]
