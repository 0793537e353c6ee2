"""Accessibility of every screen, checked with axe-core."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.e2e.steps import (
    open_settings,
    open_tab,
    press,
    stage,
    stand_still,
    upload,
    wait_for_text,
    word_box,
)
from tests.support.app_pages import FOX, JUGS, png, scanned_pdf

pytestmark = pytest.mark.needs_tesseract

AXE = Axe().axe_script
RUN_AXE = "([context, options]) => axe.run(context, options)"
# The label of a control that is disabled may be faint (WCAG 1.4.3 exempts it), but
# Streamlit ties it to its slider in a way that axe-core does not see.
EXCLUDED = [["label[disabled]"]]
# What WCAG asks of colours at its levels A and AA.
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}


WORN = """() => {
  const app = document.querySelector("[data-testid=stApp]");
  const shade = getComputedStyle(app).backgroundColor.match(/\\d+/g).slice(0, 3);
  const light = shade.reduce((sum, each) => sum + Number(each), 0) > 380;
  return light ? "light" : "dark";
}"""


def check(page, screen):
    """Fail if axe-core finds violations in the light or the dark theme. The two differ
    only in their colours.
    """
    worn = page.evaluate(WORN)  # to change it draws all anew
    other = {"dark": "light", "light": "dark"}[worn]
    check_as_it_is(page, f"{screen}, {worn}", {})
    page.emulate_media(color_scheme=other)
    page.wait_for_function(f"scheme => ({WORN})() === scheme", arg=other)
    check_as_it_is(page, f"{screen}, {other}", COLOURS)


def check_as_it_is(page, screen, rules):
    """Fail if axe-core finds violations; list where, and why."""
    stand_still(page)  # what is drawn anew is faint for a while
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    options = {"resultTypes": ["violations"], **rules}
    found = page.evaluate(RUN_AXE, [{"exclude": EXCLUDED}, options])
    assert found["violations"] or found["passes"]  # it did look
    assert not [
        f"{screen}: {fault['id']}: {node['html']}: {node['failureSummary']}"
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


def go_to(page, name):
    page.get_by_role("link", name=name, exact=True).click()


def test_no_screen_keeps_anybody_out(page):
    expect(page.get_by_role("heading", name="Turn scans into text")).to_be_visible()
    check(page, "empty workbench")

    upload(page, {"two.pdf": scanned_pdf(FOX, JUGS)})
    wait_for_text(page, "brown fox")
    check_keyboard(page)
    word_box(page, 3).click()
    check(page, "page")

    open_tab(page, "Words")
    expect(page.get_by_text("9 of 9 words")).to_be_visible()
    check(page, "words")

    open_tab(page, "Steps")
    page.get_by_text("Picture by picture").click()
    expect(page.get_by_alt_text("The page after this step")).to_be_visible()
    open_settings(page, "Position and size", "Ink and paper")
    press(page, "Recipe")
    expect(page.get_by_role("button", name="Save as recipe.json")).to_be_visible()
    check(page, "steps, settings and recipe")
    page.keyboard.press("Escape")

    go_to(page, "Compare")
    expect(page.get_by_text("Both read the same words.")).to_be_visible()
    check(page, "compare")

    go_to(page, "Read all")
    press(page, "Read all")
    expect(page.get_by_role("button", name="Corpus (corpus.csv)")).to_be_visible()
    check(page, "read all")

    go_to(page, "Corpus")
    rows = page.get_by_test_id("stDataFrame").locator("tr[aria-rowindex]")
    expect(rows.nth(2)).to_be_attached()
    check(page, "corpus")

    page.get_by_test_id("stDataFrame").click(position={"x": 90, "y": 63})
    check_page_of_corpus(page)
    check_explore(page)

    go_to(page, "Projects")
    expect(page.get_by_role("button", name="Go on").first).to_be_visible()
    check(page, "projects")

    go_to(page, "Help")
    tabs = page.get_by_role("tab")
    expect(tabs).to_have_count(5)
    for tab in tabs.all():
        tab.click()
        check(page, f"help, {tab.inner_text()}")


def check_page_of_corpus(page):
    wait_for_text(page, "brown fox")
    word_box(page, 3).click()
    page.wait_for_url("**/corpus?*w=3*")
    stage(page).focus()
    page.keyboard.press("e")
    expect(page.get_by_role("textbox", name="Correction")).to_be_focused()
    check(page, "page of the corpus, a word being corrected")
    page.keyboard.press("Escape")
    press(page, "Read again")
    press(page, "Read with these settings")
    expect(page.get_by_text("Both read the same words.")).to_be_visible()
    check(page, "read again")


def check_explore(page):
    go_to(page, "Explore")
    expect(page.get_by_text("Commonest words")).to_be_visible()
    check(page, "explore, overview")
    page.get_by_role("radio", name="Words", exact=True).click()
    expect(page.get_by_role("button", name="Show the concordance")).to_be_visible()
    check(page, "explore, words")
    page.get_by_role("radio", name="Concordance").click()
    page.get_by_role("textbox", name="Look for").fill("fox")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 to 1 of 1 hits.")).to_be_visible()
    page.mouse.move(0, 0)
    check(page, "explore, concordance")
    page.get_by_role("radio", name="Keywords").click()
    expect(page.get_by_text("Choose a part")).to_be_visible()
    page.mouse.move(0, 0)
    check(page, "explore, keywords")


FOCUS = """() => {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  return [element.outerHTML.slice(0, 200), `${outlineStyle} ${outlineWidth}`];
}"""


def check_keyboard(page):
    """Fail if the keyboard does not reach a tool of the viewer, or shows no focus."""
    tools = page.locator(".viewer .tools button:visible:enabled")
    expect(tools.first).to_be_visible()
    wanted = tools.count()
    tools.first.focus()
    seen = set()

    for _ in range(wanted + 2):
        name, ring = page.evaluate(FOCUS)
        seen.add(name)
        assert ring == "solid 2px", name
        page.keyboard.press("Tab")

    assert len(seen) >= wanted


def test_indonesian_is_kept_from_page_to_page_and_over_a_reload(open_app):
    page = open_app("/?lang=id")
    expect(page.get_by_role("heading", name="Ubah pindaian")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "id")
    upload_indonesian(page)

    expect(page.get_by_role("button", name="Perbesar", exact=True)).to_be_visible()
    expect(page.locator(".viewer .count")).to_have_text("0 dari 9 kata di bawah 75 %")

    go_to(page, "Bantuan")
    expect(page.get_by_role("heading", name="Bantuan")).to_be_visible()
    page.wait_for_url(re.compile("/help.*lang=id"))
    page.reload()
    expect(page.get_by_role("heading", name="Bantuan")).to_be_visible()

    page.get_by_role("tab", name="Tentang").click()
    page.get_by_role("combobox", name="Bahasa antarmuka").click()
    page.get_by_role("option", name="English").click()

    expect(page.get_by_role("heading", name="Help")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.wait_for_url(re.compile("/help.*lang=en"))


def upload_indonesian(page):
    payload = {"name": "fox.png", "mimeType": "image/png", "buffer": png(FOX)}
    page.locator("[data-testid=stFileUploader] input[type=file]").set_input_files(
        [payload]
    )
    expect(page.locator(".transcript")).to_contain_text("brown fox")


def test_the_tour_leads_through_every_screen_and_stays_in_sight(open_app):
    page = open_app(viewport={"width": 360, "height": 640})
    press(page, "Take the two-minute tour")  # no sidebar lies over it
    wait_for_text(page, "Walked to the")
    check_that_it_fits(page)

    page.set_viewport_size({"width": 1440, "height": 900})
    card = page.locator(".st-key-tour")
    expect(card).to_contain_text("1/6")

    press(page, "Next")
    expect(card).to_contain_text("Doubtful words")
    page.get_by_test_id("stMain").evaluate("each => each.scrollTo(0, 600)")
    expect(card).to_be_in_viewport()
    for stop in ("3/6", "4/6", "5/6"):
        press(page, "Next")
        expect(card).to_contain_text(stop)
    expect(page.get_by_role("button", name="Corpus (corpus.csv)")).to_be_visible()

    press(page, "Next")
    expect(card).to_contain_text("6/6")
    expect(page.get_by_text("Commonest words")).to_be_visible()
    expect(page.get_by_role("button", name="Next", exact=True)).to_have_count(0)
    press(page, "End the tour")

    expect(card).to_have_count(0)


def check_that_it_fits(page):
    """Fail if a page is cut off in a window that is magnified four times."""
    for name in ("Next", "Zoom in", "Read the whole document"):
        expect(page.get_by_role("button", name=name, exact=True)).to_be_visible()
    main = page.get_by_test_id("stMain")
    assert main.evaluate("each => each.scrollWidth <= each.clientWidth")
