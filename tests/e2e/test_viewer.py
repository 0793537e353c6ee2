"""The viewer: used by keyboard, and scrolled together with the text."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.steps import (
    READ_ONCE,
    choose,
    picture,
    press,
    stage,
    text_of,
    upload,
    wait_for_text,
    word_boxes,
)
from tests.support.app_pages import FOX, JUGS, png, scanned_pdf

pytestmark = pytest.mark.needs_tesseract

LINES = [f"Line {number} of a long page" for number in range(1, 41)]

SCROLL_AND_DRAW = """box => new Promise(done => {
  const drawn = () => requestAnimationFrame(() => requestAnimationFrame(done));
  box.addEventListener("scroll", drawn, { once: true });
  box.scrollTo({ top: box.scrollHeight });
})"""


def zoom(page):
    return float(stage(page).get_attribute("data-zoom"))


def test_keys_do_what_their_list_says_and_picture_and_text_move_together(open_app):
    page = open_app(READ_ONCE)
    upload(
        page,
        {
            "two.pdf": scanned_pdf(FOX, JUGS),
            "fox.png": png(FOX),
            "long.png": png("\n".join(LINES), size=(900, 2300)),
        },
    )
    wait_for_text(page, "brown fox")
    page.get_by_role("slider", name="Highlight below").press("End")
    stage(page).focus()
    check_list_of_keys(page)
    check_keys(page)
    check_keys_that_turn_pages(page)
    choose(page, "long.png")
    check_that_picture_and_text_move_together(page)


def check_list_of_keys(page):
    key = page.keyboard.press
    key("?")
    listed = page.locator(".viewer .keys kbd:visible").all_inner_texts()
    assert (
        " ".join(listed)
        == "n p e Enter Ctrl z + \N{MINUS SIGN} 0 w ← ↑ → ↓ b o l r s Page ↓ Page ↑ ?"
    )
    key("Escape")
    expect(page.locator(".viewer .keys")).to_be_hidden()


def check_keys(page):
    """Press each key of the list but those that turn pages."""
    key = page.keyboard.press
    whole = zoom(page)
    key("+")
    assert zoom(page) == pytest.approx(1.25 * whole, rel=0.01)
    key("-")
    key("w")
    assert zoom(page) >= whole
    before = page.locator(".world").get_attribute("style")
    key("ArrowDown")
    assert page.locator(".world").get_attribute("style") != before
    key("0")
    assert zoom(page) == whole
    key("b")
    expect(stage(page)).to_have_attribute("data-view", "Prepared")
    for mode in ("lines", "blocks", "words"):
        key("l")
        expect(stage(page)).to_have_attribute("data-boxes", mode)
    key("o")
    expect(stage(page)).to_have_attribute("data-boxes", "off")
    key("r")
    expect(stage(page).locator(".order")).to_be_visible()
    key("n")
    expect(stage(page)).to_have_attribute("data-selected", "0")
    key("p")
    expect(stage(page)).to_have_attribute("data-selected", "8")
    key("s")
    together = page.get_by_role("button", name="Scroll together", exact=True)
    expect(together).to_have_attribute("aria-pressed", "false")
    key("s")
    expect(together).to_have_attribute("aria-pressed", "true")


def check_keys_that_turn_pages(page):
    key = page.keyboard.press
    first = picture(page, "Scan").get_attribute("src")
    key("PageDown")
    wait_for_text(page, "liquor jugs")
    expect(picture(page, "Scan")).not_to_have_attribute("src", first)
    stage(page).focus()
    key("PageDown")  # beyond the last page lies the next document
    wait_for_text(page, "brown fox")
    expect(page.get_by_role("combobox", name="Document")).to_have_value(
        re.compile("fox.png")
    )
    stage(page).focus()
    key("PageUp")
    wait_for_text(page, "liquor jugs")
    expect(text_of(page)).not_to_contain_text("fox")
    expect(word_boxes(page)).to_have_count(8)
    press(page, "Previous page")
    wait_for_text(page, "brown fox")
    expect(word_boxes(page)).to_have_count(9)


def check_that_picture_and_text_move_together(page):
    """Fail if one does not follow the other until that is switched off."""
    wait_for_text(page, LINES[-1])
    world_handle = page.locator(".world").evaluate_handle("world => world")
    top = "box => Math.round(box.scrollTop)"
    y = "world => Math.round(new DOMMatrix(world.style.transform).f)"
    press(page, "Width")
    start = world_handle.evaluate(y)

    text_of(page).evaluate("box => box.scrollTo({ top: box.scrollHeight })")
    page.wait_for_function(
        f"([world, y]) => ({y})(world) < y - 50", arg=[world_handle, start]
    )

    stage(page).focus()
    for _ in range(20):
        page.keyboard.press("ArrowUp")
    page.wait_for_function(
        f"box => ({top})(box) < 200", arg=text_of(page).element_handle()
    )

    press(page, "Scroll together")
    here = world_handle.evaluate(y)
    text_of(page).evaluate(SCROLL_AND_DRAW)
    assert world_handle.evaluate(y) == here
