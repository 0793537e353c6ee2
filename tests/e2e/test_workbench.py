from playwright.sync_api import expect

from tests.app_pages import FOX, JUGS, locked_pdf, png, scanned_pdf
from tests.e2e.steps import *


def test_an_uploaded_image_becomes_text(page):
    upload(page, {"fox.png": png(FOX)})

    wait_for_text(page, "The quick brown fox")
    expect(text_of(page)).to_contain_text("jumps over the lazy dog")
    expect(stage(page).locator(".words polygon")).to_have_count(9)


def test_turning_the_page_of_a_scanned_pdf_turns_the_text(page):
    upload(page, {"two.pdf": scanned_pdf(FOX, JUGS)})
    wait_for_text(page, "brown fox")
    revision = stage(page).get_attribute("data-revision")
    press(page, "Next page")
    expect(stage(page)).not_to_have_attribute("data-revision", revision)
    wait_for_text(page, "liquor jugs")
    expect(text_of(page)).not_to_contain_text("fox")
