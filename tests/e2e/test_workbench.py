import json
import re

import pytest
from playwright.sync_api import expect

from tests.e2e.steps import (
    READ_ONCE,
    choose,
    download,
    middle,
    open_settings,
    open_tab,
    picture,
    press,
    row_of,
    select_row,
    stage,
    stand_still,
    text_of,
    upload,
    wait_for_text,
    word_box,
    word_boxes,
)
from tests.support.app_pages import FOX, JUGS, png, scanned_pdf, slow_png
from tests.support.waiting import until

pytestmark = pytest.mark.needs_tesseract

ANGLE = "Angle (°)"


def test_a_slider_changes_picture_and_text_and_outlives_a_visit_elsewhere(open_app):
    page = open_app(READ_ONCE)
    upload(page, {"two.pdf": scanned_pdf(FOX, JUGS)})
    wait_for_text(page, "brown fox")
    check_looks(page)
    press(page, "Prepared")
    expect(stage(page)).to_have_attribute("data-view", "Prepared")
    expect(picture(page, "Prepared")).to_be_visible()
    before = picture(page, "Prepared").get_attribute("src")
    open_settings(page, "Position and size")

    page.get_by_role("slider", name=ANGLE).press("End")  # 45 degrees

    expect(picture(page, "Prepared")).not_to_have_attribute("src", before)
    expect(page.get_by_text("brown fox")).to_have_count(0)
    expect(stage(page)).to_have_attribute("data-stale", "false")

    page.get_by_role("link", name="Read all").click()
    _, recipe = download(page, "Settings as a recipe")
    page.get_by_role("link", name="Workbench").click()

    assert json.loads(recipe)["angle"] == 45
    expect(stage(page)).to_have_attribute("data-stale", "false")
    open_settings(page, "Position and size")
    page.get_by_role("button", name="Reset 1 changed").last.click()

    wait_for_text(page, "brown fox")
    press(page, "Prepared")
    expect(picture(page, "Prepared")).to_have_attribute("src", before)


LOOKS = [("dark", 800), ("light", 1440)]
OVERLAPS = """
selectors => {
  const roots = [document];
  for (const root of roots) for (const each of root.querySelectorAll("*"))
    if (each.shadowRoot) roots.push(each.shadowRoot);
  const main = document.querySelector("[data-testid=stMain]");
  const found = roots.flatMap(root => [...root.querySelectorAll(selectors)])
    .filter(each => !each.closest("[data-testid=stSidebar]"))
    .map(each => [each.textContent || each.className, each.getBoundingClientRect()])
    .filter(([, box]) => box.width > 1 && box.height > 1);
  const problems = [];
  const edge = main.getBoundingClientRect().right;
  found.forEach(([name, a], i) => {
    if (a.right > edge + 1) problems.push(`${name} is cut`);
    for (const [other, b] of found.slice(i + 1)) {
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > 1 && high > 1) problems.push(`${name} overlaps ${other}`);
    }
  });
  if (main.scrollWidth > main.clientWidth) problems.push("the page scrolls sideways");
  return problems;
}
"""
SHADE = """
getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor
"""


def check_looks(page):
    """Fail if anything overlaps in a dark, narrow window or in a light, wide one."""
    for scheme, width in LOOKS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        until(lambda is_light=scheme == "light": looks_light(page) == is_light)
        stand_still(page)

        assert not page.evaluate(
            OVERLAPS,
            ".stage, .tools button, .transcript, [data-testid=stButton] button",
        )


def looks_light(page):
    return sum(map(int, re.findall(r"\d+", page.evaluate(SHADE))[:3])) > 380


def test_an_image_becomes_words_found_everywhere_alike_and_corrected(open_app, server):
    page = open_app(READ_ONCE)
    upload(page, {"fox.png": png(FOX)})
    wait_for_text(page, "The quick brown fox")

    check_text(page)
    check_private_picture(page, server)
    check_highlighting(page)
    check_selection(page)
    check_corrections(page)

    page.reload()
    wait_for_text(page, "The slow brown wolf")


def check_text(page):
    expect(text_of(page)).to_contain_text("jumps over the lazy dog")
    expect(word_boxes(page)).to_have_count(9)
    name, content = download(page, "Text")
    assert (name, content.decode()) == ("fox_page_1.txt", FOX + "\n")


def check_selection(page):
    """Fail if a word chosen in the picture, the table or the text is not so in all."""
    stand_still(page)
    word_box(page, 3).hover()

    expect(stage(page).locator(".tip")).to_have_text(re.compile(r"^fox\s*\d+ %$"))

    word_box(page, 3).click()

    expect(stage(page)).to_have_attribute("data-selected", "3")
    expect(text_of(page).locator(".selected")).to_have_text("fox")

    open_tab(page, "Words")

    expect(row_of(page, 3)).to_contain_text("fox")
    expect(page.get_by_role("button", name="Clear selection")).to_be_attached()

    select_row(page, 7)

    expect(stage(page)).to_have_attribute("data-selected", "7")
    assert middle(word_box(page, 7)) == pytest.approx(middle(stage(page)), abs=3)

    open_tab(page, "Text")

    expect(text_of(page).locator(".selected")).to_have_text("lazy")

    text_of(page).get_by_text("quick", exact=True).click()

    expect(stage(page)).to_have_attribute("data-selected", "1")


def check_private_picture(page, server):
    """Fail if a picture is found by a guess, or is not kept by the browser for good."""
    url = picture(page, "Scan").get_attribute("src")

    answer = page.request.get(server.url + url)

    assert answer.ok
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    for guess in ("0" * 40, "f" * 39, "F" * 40, "..", "%2e%2e"):
        assert page.request.get(f"{server.url}/page/{guess}.jpg").status == 404


def check_highlighting(page):
    """Fail if highlighting doubtful words asks the server for anything."""
    count = page.locator(".viewer .count")
    expect(count).to_have_text("0 of 9 words below 75 %")
    stand_still(page)
    sent = page.evaluate("framesSent")

    page.get_by_role("slider", name="Highlight below").press("End")

    expect(count).to_have_text("9 of 9 words below 100 %")
    expect(stage(page).locator(".words .doubtful")).to_have_count(9)
    assert page.evaluate("framesSent") == sent

    word_box(page, 0).click()  # the counter does count

    page.wait_for_function("before => framesSent > before", arg=sent)


def check_corrections(page):
    """Correct a word beside the text, one on the picture, and their line."""
    stand_still(page)
    page.locator(".transcript .word").nth(3).click()
    field = page.get_by_role("textbox", name="This word")
    expect(field).to_have_value("fox")
    field.fill("wolf")
    field.press("Enter")
    expect(text_of(page)).to_contain_text("brown wolf")
    expect(word_box(page, 3)).to_have_class(re.compile("corrected"))

    stand_still(page)
    word_box(page, 1).dblclick()
    correction = page.get_by_role("textbox", name="Correction", exact=True)
    expect(correction).to_be_focused()
    expect(correction).to_have_value("quick")
    page.keyboard.type("slow")
    page.keyboard.press("Enter")
    expect(text_of(page)).to_contain_text("The slow brown wolf")

    line = page.get_by_role("textbox", name="Its whole line")
    expect(line).to_have_value("The slow brown wolf")
    stand_still(page)
    line.fill("A slow red wolf")
    line.press("Enter")
    expect(text_of(page)).to_contain_text("A slow red wolf")
    stand_still(page)
    press(page, "Undo correction")
    expect(text_of(page)).to_contain_text("The slow brown wolf")


def test_a_reading_is_cancelled_and_names_and_text_of_strangers_stay_inert(open_app):
    page = open_app(READ_ONCE)
    upload(page, {"fox.png": png(FOX)})
    wait_for_text(page, "brown fox")

    upload(page, {"slow.png": slow_png()}, already=1)
    press(page, "Cancel")

    expect(page.get_by_text("Cancelled.")).to_be_visible()
    expect(stage(page)).to_have_attribute("data-stale", "true")
    expect(word_boxes(page).first).not_to_be_visible()  # they are of the page before
    expect(page.get_by_text("brown fox")).to_have_count(0)

    press(page, "Read again")

    wait_for_text(page, "Five dozen liquor jugs")
    expect(word_boxes(page).first).to_be_visible()
    check_strangers(page)


def check_strangers(page):
    """Fail if a file's name or text is taken for markup."""
    hostile = "**b** <img src=x onerror=alert(1)> [a](#) :red[c] $x^2$ `d`"
    code = '<img src=x onerror="alert(1)">\n[link](http://evil.test) **bold**'
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog), dialog.dismiss()))

    upload(page, {f"{hostile}.png": png(code, size=(1100, 200))}, already=2)

    expect(text_of(page)).to_contain_text("onerror=")
    expect(stage(page)).to_have_attribute("data-stale", "false")
    word_box(page, 0).hover()
    word_box(page, 0).click()
    expect(text_of(page).locator(".selected")).to_have_count(1)
    open_tab(page, "Words")
    expect(row_of(page, 0)).to_be_attached()
    assert page.locator("[src='x'], [href*='evil']").count() == 0

    upload(page, {f"{hostile}.pdf": b"nothing"}, already=3)
    choose(page, f"⚠ {hostile}.pdf")

    error = page.get_by_test_id("stAlert")
    expect(error).to_contain_text(f"{hostile}.pdf")
    assert error.locator("strong, img[src], a, code, .katex").count() == 0
    assert not dialogs


def test_settings_travel_by_link_and_by_file(page, server, tmp_path):
    page.get_by_role("combobox", name="Kind of page").click()
    page.get_by_role("option", name="Noisy scan").click()
    expect(page.get_by_role("button", name="Reset all (2)")).to_be_visible()
    stand_still(page)
    press(page, "Undo")
    expect(page.get_by_role("button", name="Reset all", exact=True)).to_be_visible()
    open_settings(page, "Position and size")
    for _ in range(3):
        page.get_by_role("slider", name="Margin (px)").press("ArrowRight")
    expect(page).to_have_url(re.compile("knob_margin=15"))
    stand_still(page)

    press(page, "Recipe")
    name, recipe = download(page, "Save as recipe.json")
    wanted = json.loads(recipe)
    assert (name, wanted["margin"]) == ("recipe.json", 15)

    def same(other):
        expect(other.get_by_role("button", name="Reset all (1)")).to_be_visible()
        press(other, "Recipe")
        assert json.loads(download(other, "Save as recipe.json")[1]) == wanted

    tab = page.context.new_page()
    tab.goto(page.url)
    same(tab)

    elsewhere = page.context.new_page()
    elsewhere.goto(server.url)
    press(elsewhere, "Recipe")
    path = tmp_path / name
    path.write_bytes(recipe)
    loader = elsewhere.get_by_test_id("stPopoverBody").locator("input[type=file]")
    loader.set_input_files(path)
    expect(elsewhere.get_by_role("button", name="Reset all (1)")).to_be_visible()
    _, again = download(elsewhere, "Save as recipe.json")
    assert json.loads(again) == wanted
