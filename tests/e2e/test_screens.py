"""The screens that the manual shows: with OCR_SCREENS=1 their pictures are taken.

What they show is tested elsewhere, and the pictures are by `tests/unit/test_readme.py`.
"""

import io
import os
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.e2e.steps import READ_ONCE, open_tab, press, stand_still, word_box
from tests.support.waiting import until

ROOT = Path(__file__).parents[2]
SCREENS = ROOT / "docs" / "screens"
SAMPLES = ROOT / "sample_images"
RESULTS = ROOT / "app" / "projects" / "pictures"  # of the start screen
RESULT = 640, 400  # px

pytestmark = [
    pytest.mark.needs_tesseract,
    pytest.mark.skipif(
        os.environ.get("OCR_SCREENS") != "1", reason="`make screens` takes the pictures"
    ),
]


@pytest.fixture
def keep():
    """Return a function that saves a picture of a page in few colours."""

    def keep(page, name):
        expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
        page.mouse.move(0, 0)
        stand_still(page)
        path = SCREENS / f"{name}.png"
        shot = Image.open(io.BytesIO(at_rest(page)), formats=["PNG"])
        few = shot.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, 3)
        few.save(path, optimize=True)

    return keep


def keep_result(page, part, name):
    """Save the top of a part of a page for the start screen."""
    expect(part).to_be_visible()
    page.mouse.move(0, 0)
    stand_still(page)
    part.evaluate("each => each.scrollIntoView()")
    at_rest(page)
    clip = part.bounding_box()
    clip["height"] = clip["width"] * RESULT[1] / RESULT[0]
    shot = Image.open(io.BytesIO(page.screenshot(clip=clip)), formats=["PNG"])
    small = shot.convert("RGB").resize(RESULT, Image.Resampling.LANCZOS)
    few = small.quantize(128, Image.Quantize.MAXCOVERAGE)
    few.save(RESULTS / f"{name}.png", optimize=True)


def at_rest(page):
    """Return what a page shows once it shows the same twice: charts take a while."""
    shots = [b""]

    def shows_the_same():
        stand_still(page)
        shots.append(page.screenshot())
        return shots[-1] == shots[-2]

    until(shows_the_same)
    return shots[-1]


def give(page, *names):
    uploader = page.locator("[data-testid=stFileUploader] input[type=file]").first
    uploader.set_input_files([SAMPLES / name for name in names])


def wait_for_page(page):
    page.locator(".stage[data-stale=false][data-picture=ready]").wait_for()
    page.locator(".transcript .word").first.wait_for()


def test_the_workbench_shows_doubtful_words_on_the_scan(open_app, keep):
    page = open_app(READ_ONCE, viewport={"width": 1360, "height": 860})
    page.get_by_role("combobox", name="Sample").click()
    page.get_by_role("option", name="French typescript").click()
    press(page, "Open sample page")

    wait_for_page(page)
    page.locator(".stage polygon.doubtful").first.wait_for(state="attached")

    keep(page, "workbench")
    keep_result(page, page.locator(".stage"), "page")


def test_a_word_is_looked_at_in_the_dark(open_app, keep):
    page = open_app(
        READ_ONCE, viewport={"width": 1360, "height": 860}, color_scheme="dark"
    )
    give(page, "english_rotated.png")
    wait_for_page(page)
    press(page, "Prepared")
    open_tab(page, "Words")

    word_box(page, 4).click()
    expect(page.get_by_alt_text("The word on the scan")).to_be_visible()

    keep(page, "words")


def test_two_recipes_are_compared(open_app, keep):
    page = open_app(READ_ONCE, viewport={"width": 1360, "height": 1330})
    give(page, "english_noisy.png")
    wait_for_page(page)
    page.get_by_role("link", name="Compare", exact=True).click()
    page.get_by_role("combobox", name="Recipe B").click()
    page.get_by_role("option", name="Clean scan").click()

    expect(page.locator("[data-picture=ready][data-stale=false]")).to_have_count(2)

    keep(page, "compare")


def test_a_word_is_corrected(open_app, keep):
    page = open_app(READ_ONCE, viewport={"width": 1360, "height": 860})
    give(page, "english_noisy.png")
    wait_for_page(page)
    press(page, "Read the whole document")
    page.get_by_role("link", name="Search and correct these pages").click()
    table = page.get_by_test_id("stDataFrame")
    expect(table.locator('tr[aria-rowindex="2"]')).to_be_attached()
    table.click(position={"x": 90, "y": 63})
    wait_for_page(page)

    page.locator(".stage").focus()
    page.keyboard.press("n")
    page.keyboard.press("n")
    page.keyboard.press("e")
    expect(page.get_by_role("textbox", name="Correction")).to_be_focused()

    keep(page, "correct")


def test_a_corpus_is_offered_and_its_lines_stand_beside_their_scans(open_app, keep):
    page = open_app(READ_ONCE, viewport={"width": 1360, "height": 860})
    names = ["english_clean.png", "english_two_columns.png", "multi_page.pdf"]
    give(page, *names)
    wait_for_page(page)
    press(page, f"Read all {len(names)} documents")
    expect(page.get_by_role("heading", name="Pages", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)

    keep(page, "corpus")

    page.get_by_role("link", name="Explore", exact=True).click()
    page.get_by_text("Concordance", exact=True).click()
    query = page.get_by_role("textbox", name="Look for")
    query.fill("the")
    with page.expect_response(lambda answer: "/page/" in answer.url):
        query.press("Enter")
    expect(page.get_by_text("hits.")).to_be_visible()

    keep(page, "explore")
