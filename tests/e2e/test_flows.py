"""The main tasks of users, from the first click to the last."""

import csv
import io
import json
import re

import pytest
from playwright.sync_api import expect

from tests.e2e.steps import (
    download,
    open_settings,
    press,
    stage,
    stand_still,
    upload,
    wait_for_text,
)
from tests.support.app_pages import FOX, JUGS, SPHINX, png, scanned_pdf, slow_png

pytestmark = pytest.mark.needs_tesseract

COUNT_CLICKS = """
window.clicks = 0;
addEventListener("click", event => { if (event.isTrusted) window.clicks += 1; }, true);
"""
PASTE = """
bytes => {
  const carrier = new DataTransfer();
  const file = new File([new Uint8Array(bytes)], "image.png", { type: "image/png" });
  carrier.items.add(file);
  const paste = { clipboardData: carrier, bubbles: true, cancelable: true };
  document.body.dispatchEvent(new ClipboardEvent("paste", paste));
}
"""


def test_ten_scans_become_a_corpus_in_three_clicks(page, tmp_path):
    page.evaluate(COUNT_CLICKS)
    scans = [tmp_path / f"scan_{number}.png" for number in range(1, 11)]
    for number, path in enumerate(scans):
        path.write_bytes(png((FOX, JUGS, SPHINX)[number % 3]))

    with page.expect_file_chooser() as coming:
        press(page, "Upload")
    coming.value.set_files(scans)
    press(page, "Read all 10 documents")
    name, corpus = download(page, "Corpus (corpus.csv)")

    assert page.evaluate("clicks") <= 3
    rows = list(csv.DictReader(io.StringIO(corpus.decode(), newline="")))
    assert name == "corpus.csv"
    assert [row["doc_id"] for row in rows] == [path.stem for path in scans]
    assert [row["text"] for row in rows] == [
        (FOX, JUGS, SPHINX)[n % 3] for n in range(10)
    ]


def page_in(bar):
    """Return the number of the page that a bar of progress names."""
    return int(re.search(r"Page (\d+) of", bar.inner_text())[1])


def test_a_run_is_paused_continues_and_tries_again_what_failed(page):
    slow = {"a.png": slow_png(), "b.png": slow_png()}
    long = {"long.pdf": scanned_pdf(*[FOX, JUGS] * 4)}
    upload(page, {"note.png": b"nothing", **slow, **long})
    press(page, "Read all 3 documents")

    press(page, "Pause")
    bar = page.get_by_test_id("stProgress")
    expect(bar).to_contain_text("paused")
    before = page_in(bar)
    sent = page.evaluate("framesSent")
    page.wait_for_function("sent => framesSent >= sent + 6", arg=sent)  # it asks anew
    expect(bar).to_contain_text("paused")
    assert page_in(bar) <= before + 1  # that one was under way
    press(page, "Go on")

    expect(page.get_by_text("Read 10 pages in")).to_contain_text("Not read: 1;")
    failures = page.get_by_test_id("stDataFrame").first
    expect(failures).to_contain_text("note.png is not an image or PDF")
    press(page, "Try these again")
    expect(page.get_by_text("Read 10 pages in")).to_contain_text("Not read: 1;")


def test_settings_travel_by_link_and_by_file(page, open_app, tmp_path):
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

    page.reload()
    same(page)
    tab = page.context.new_page()
    tab.goto(page.url)
    same(tab)

    elsewhere = open_app()
    press(elsewhere, "Recipe")
    path = tmp_path / name
    path.write_bytes(recipe)
    loader = elsewhere.get_by_test_id("stPopoverBody").locator("input[type=file]")
    loader.set_input_files(path)
    expect(elsewhere.get_by_role("button", name="Reset all (1)")).to_be_visible()
    _, again = download(elsewhere, "Save as recipe.json")
    assert json.loads(again) == wanted


def test_two_recipes_are_compared_word_by_word_and_move_together(page):
    page.goto(f"{page.url.partition('?')[0]}?lang=en&knob_second_opinion=off")
    upload(page, {"fox.png": png(FOX)})
    wait_for_text(page, "brown fox")
    open_settings(page, "Position and size")
    page.get_by_role("slider", name="Angle (°)").press("End")  # 45 degrees
    # One of the second opinion, one of the angle.
    expect(page.get_by_role("button", name="Reset 1 changed")).to_have_count(2)

    page.get_by_role("link", name="Compare").click()

    expect(page.get_by_role("heading", name="Where they differ")).to_be_visible()
    only_b = page.locator(".difference ins").first
    expect(only_b).to_contain_text("quick")
    change = page.locator(".difference .change").first
    assert "%" in change.get_attribute("title")
    stand_still(page)
    change.press("Enter")
    expect(page.get_by_alt_text("The word on the scan")).to_be_visible()
    first, second = stage(page).nth(0), stage(page).nth(1)
    expect(second).to_have_attribute("data-picture", "ready")
    first.focus()
    before = second.get_attribute("data-zoom")
    page.keyboard.press("+")
    expect(second).not_to_have_attribute("data-zoom", before)


def test_a_picture_is_pasted_and_found_among_the_documents(page):
    upload(page, {"jugs.png": png(JUGS)})
    wait_for_text(page, "liquor jugs")

    page.evaluate(PASTE, list(png(FOX)))

    wait_for_text(page, "brown fox")
    with page.expect_response(lambda answer: "/page/" in answer.url) as thumbnail:
        press(page, "Arrange")
    assert thumbnail.value.ok
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_test_id("stDataFrame")).to_contain_text("image.png")
    dialog.get_by_test_id("stDataFrame").click(position={"x": 16, "y": 70})
    dialog.get_by_role("button", name="Show this one").click()
    wait_for_text(page, "liquor jugs")
