"""The Evaluate screen in a browser: errors beside the scan, and an audit."""

from playwright.sync_api import expect

from tests.e2e.steps import press, stand_still, upload, wait_for_text
from tests.support.app_pages import FOX, png


def test_a_page_is_compared_with_its_text_and_the_corpus_is_audited(page):
    page.goto(f"{page.url.partition('?')[0]}?lang=en&knob_second_opinion=off")
    upload(page, {"fox.png": png(FOX)})
    wait_for_text(page, "brown fox")

    page.get_by_role("link", name="Evaluate", exact=True).click()
    truth = page.get_by_role("textbox", name="Ground truth")
    truth.fill(FOX.replace("brown", "crown"))
    truth.press("Control+Enter")

    expect(page.locator(".difference ins")).to_have_text("brown")
    stand_still(page)
    page.locator(".difference .change").click()
    expect(page.get_by_alt_text("The word on the scan")).to_be_visible()
    expect(page.locator(".stage polygon.selected")).to_have_count(1)

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
