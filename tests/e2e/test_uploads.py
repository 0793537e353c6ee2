"""Uploads in the browser: refused files stay listed, and settings stay as they were
set."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.steps import (
    choose,
    open_settings,
    press,
    stage,
    stand_still,
    upload,
    wait_for_text,
)
from tests.support.app_pages import FOX, JUGS, png, scanned_pdf

pytestmark = pytest.mark.needs_tesseract
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200)
DROP = """async (zone, files) => {
  const carrier = new DataTransfer();
  for (const [name, size, content] of files) {
    const bytes = size ? new Uint8Array(size) : Uint8Array.from(content);
    carrier.items.add(new File([bytes], name));
  }
  for (const kind of ["dragenter", "dragover", "drop"])
    zone.dispatchEvent(new DragEvent(kind, { bubbles: true, dataTransfer: carrier }));
}"""
PASTE = """
bytes => {
  const carrier = new DataTransfer();
  const file = new File([new Uint8Array(bytes)], "image.png", { type: "image/png" });
  carrier.items.add(file);
  const paste = { clipboardData: carrier, bubbles: true, cancelable: true };
  document.body.dispatchEvent(new ClipboardEvent("paste", paste));
}
"""


def drop(page, **files):
    """Drop files on the uploader; a number stands for so many empty bytes."""
    zone = page.get_by_test_id("stFileUploaderDropzone").first
    named = [
        [name.replace("__", "."), content, []]
        if isinstance(content, int)
        else [name.replace("__", "."), 0, list(content)]
        for name, content in files.items()
    ]
    zone.evaluate(DROP, named)


def refused(page):
    return page.locator(".st-key-refused")


def test_a_mixed_drop_leaves_open_what_was_open_and_a_picture_is_pasted(page):
    open_settings(page, "Position and size")
    margin = page.get_by_role("slider", name="Margin (px)")

    drop(page, IMG_0001__HEIC=HEIC, fox__png=png(FOX), film__tif=60 * 2**20)

    expect(refused(page)).to_contain_text("IMG_0001.HEIC")
    expect(refused(page)).to_contain_text("film.tif is larger than 50 MB")
    wait_for_text(page, "brown fox")
    expect(margin).to_be_visible()
    check_that_the_refused_stay_until_dismissed(page)
    expect(margin).to_have_count(0)  # another screen was shown
    open_settings(page, "Position and size")
    check_that_a_dismissal_changes_nothing_else(page)
    expect(margin).to_be_visible()
    check_paste(page)


def check_that_the_refused_stay_until_dismissed(page):
    page.get_by_role("link", name="Read all", exact=True).click()
    expect(page.get_by_role("heading", name="Read all documents")).to_be_visible()
    expect(refused(page)).to_contain_text("IMG_0001.HEIC")
    page.get_by_role("link", name="Workbench", exact=True).click()
    expect(page.locator(".transcript")).to_contain_text("brown fox")
    stand_still(page)

    refused(page).get_by_role("button", name="Dismiss", exact=True).first.click()

    expect(refused(page)).not_to_contain_text("IMG_0001.HEIC")
    expect(refused(page)).to_contain_text("film.tif")


def check_that_a_dismissal_changes_nothing_else(page):
    stand_still(page)
    press(page, "Zoom in")
    zoom = stage(page).get_attribute("data-zoom")
    press(page, "Dismiss")
    expect(refused(page)).to_have_count(0)
    stand_still(page)
    assert stage(page).get_attribute("data-zoom") == zoom


def check_paste(page):
    """Paste a picture, find it among the documents, and go back to the first one."""
    page.evaluate(PASTE, list(png(JUGS)))

    wait_for_text(page, "liquor jugs")
    with page.expect_response(lambda answer: "/page/" in answer.url) as thumbnail:
        press(page, "Arrange")
    assert thumbnail.value.ok
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_test_id("stDataFrame")).to_contain_text("image.png")
    dialog.get_by_test_id("stDataFrame").click(position={"x": 16, "y": 70})
    dialog.get_by_role("button", name="Show this one").click()
    wait_for_text(page, "brown fox")


def test_preset_language_document_and_page_outlive_other_screens_and_a_reload(page):
    upload(page, {"fox.png": png(FOX), "long.pdf": scanned_pdf("one", "two", "three")})
    choose(page, "long.pdf · 3 pages")
    page.get_by_role("button", name="Next page").click()
    expect(page.locator(".transcript")).to_contain_text("two")
    languages = page.get_by_test_id("stMultiSelect").first
    for language in ("German", "English"):  # not all of them, as there may be many
        languages.get_by_role("combobox").click()
        languages.get_by_role("combobox").fill(language)
        page.get_by_role("option", name=re.compile(f"^{language} ")).click()
        expect(languages).to_contain_text(language)
    page.keyboard.press("Escape")
    expect(languages).to_contain_text("German")
    expect(languages).to_contain_text("English")
    check_reload(page)
    page.get_by_role("combobox", name="Kind of page").click()
    page.get_by_role("option", name="Noisy scan").click()
    expect(page.get_by_role("combobox", name="Kind of page")).to_have_value(
        "Noisy scan"
    )
    expect(
        page.get_by_role("button", name=re.compile(r"Reset all \([2-9]\)"))
    ).to_be_visible()
    stand_still(page)
    before = languages.inner_text()
    changed = page.get_by_role("button", name=re.compile(r"Reset all")).inner_text()
    assert before.count("(") > 1

    for screen in ("Read all", "Corpus", "Explore", "Help"):
        page.get_by_role("link", name=screen, exact=True).click()
        expect(page.get_by_role("combobox", name="Kind of page")).to_have_count(0)
        page.get_by_role("link", name="Workbench", exact=True).click()
        expect(page.locator(".transcript")).to_contain_text("two")

    expect(page.get_by_role("combobox", name="Kind of page")).to_have_value(
        "Noisy scan"
    )
    expect(page.get_by_role("combobox", name="Document (2)")).to_have_value(
        "long.pdf · 3 pages"
    )
    stand_still(page)
    assert languages.inner_text() == before
    again = page.get_by_role("button", name=re.compile(r"Reset all")).inner_text()
    assert again == changed

    press(page, again.split("\n")[-1])

    expect(page.get_by_role("combobox", name="Kind of page")).to_have_value("")


def check_reload(page):
    """Fail if documents, recipe and page are not there after a reload."""
    expect(page.get_by_role("button", name="Reset all (1)")).to_be_visible()
    stand_still(page)
    page.get_by_role("link", name="Read all", exact=True).click()
    expect(page.get_by_text("2 documents · 4 pages")).to_be_visible()

    page.reload()

    expect(page.get_by_text("2 documents · 4 pages")).to_be_visible()
    page.get_by_role("link", name="Workbench", exact=True).click()
    wait_for_text(page, "two")
    expect(page.get_by_role("button", name="Reset all (1)")).to_be_visible()
    stand_still(page)
