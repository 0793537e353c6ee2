"""Projects in the browser: nothing is lost, and nobody sees another's."""

import re

import pytest
from playwright.sync_api import expect

from tests.app_pages import FOX, JUGS, scanned_pdf
from tests.e2e.conftest import Server, opener
from tests.e2e.steps import (
    download,
    press,
    stage,
    stand_still,
    text_of,
    upload,
    wait_for_text,
)

pytestmark = pytest.mark.needs_tesseract


@pytest.fixture
def own_server(browser, tmp_path):
    """An app of the test's own, that it may stop, kill and start again."""
    server = Server(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def visit(browser, own_server, request, tmp_path):
    yield from opener(browser, own_server, request, tmp_path)


def go_to(page, name):
    page.get_by_role("link", name=name, exact=True).click()


def put_right(page, text):
    """Put the first word of the page right."""
    stage(page).focus()
    page.get_by_role("slider", name="Highlight below").press("End")
    stage(page).focus()
    page.keyboard.press("n")
    page.keyboard.press("e")
    pen = page.get_by_role("textbox", name="Put right")
    expect(pen).to_be_focused()
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 corrected")).to_be_visible()
    page.keyboard.press("Escape")


def open_first_row(page):
    table = page.get_by_test_id("stDataFrame").first
    expect(table.locator('tr[aria-rowindex="2"]')).to_be_attached()
    table.click(position={"x": 90, "y": 63})
    expect(stage(page)).to_have_attribute("data-picture", "ready")


def read_and_correct(page):
    upload(page, {"two.pdf": scanned_pdf(FOX, JUGS)})
    press(page, "Read the whole document")
    expect(page.get_by_role("heading", name="Pages", exact=True)).to_be_visible()
    go_to(page, "Corpus")
    open_first_row(page)
    put_right(page, "A")
    expect(text_of(page)).to_contain_text("A quick brown fox")


def test_a_reload_brings_documents_recipe_and_page_back(page):
    upload(page, {"two.pdf": scanned_pdf(FOX, JUGS)})
    wait_for_text(page, "brown fox")
    page.get_by_role("button", name="Next page", exact=True).first.click()
    wait_for_text(page, "liquor jugs")
    page.get_by_text("Position and size").click()
    page.get_by_role("slider", name="Margin (px)").press("ArrowRight")
    page.wait_for_url("**knob_margin=5**")
    wait_for_text(page, "liquor jugs")
    go_to(page, "Read all")
    expect(page.get_by_text("1 document · 2 pages")).to_be_visible()

    page.reload()

    expect(page.get_by_text("1 document · 2 pages")).to_be_visible()
    go_to(page, "Workbench")
    wait_for_text(page, "liquor jugs")
    expect(page.get_by_role("button", name="Reset all (1)")).to_be_visible()


def test_work_lives_through_a_close_a_restart_and_a_journey(
    visit, own_server, tmp_path
):
    page = visit()
    read_and_correct(page)
    page.context.close()
    own_server.stop()
    own_server.start()

    page = visit()
    press(page, "Go on")
    expect(page.get_by_role("heading", name="two · page 1")).to_be_visible()
    expect(text_of(page)).to_contain_text("A quick brown fox")
    go_to(page, "Projects")
    name, shared = download(page, "Project with its scans (.zip)")
    assert name == "two.zip"

    elsewhere = visit()
    bring(elsewhere, tmp_path / name, shared)
    expect(text_of(elsewhere)).to_contain_text("A quick brown fox")
    expect(stage(elsewhere)).to_have_attribute("data-picture", "ready")
    expect(elsewhere.get_by_text("blank sheet")).to_have_count(0)
    go_to(elsewhere, "Explore")
    elsewhere.get_by_role("radio", name="Concordance").click()
    with elsewhere.expect_response(lambda answer: "/page/" in answer.url) as strip:
        elsewhere.get_by_role("textbox", name="Look for").fill("fox")
        elsewhere.keyboard.press("Enter")
    assert strip.value.ok


def bring(page, path, content):
    """Open a shared file."""
    path.write_bytes(content)
    go_to(page, "Projects")
    press(page, "Open a file")
    page.get_by_test_id("stPopoverBody").locator("input[type=file]").set_input_files(
        path
    )
    expect(page.get_by_role("heading", name="Projects")).to_have_count(0)
    page.wait_for_url(re.compile("project="))
    stand_still(page)


def test_a_killed_server_loses_nothing(visit, own_server):
    page = visit()
    read_and_correct(page)
    address = page.url
    own_server.kill()
    own_server.start()

    page.goto(address)

    expect(text_of(page)).to_contain_text("A quick brown fox")
    expect(stage(page)).to_have_attribute("data-picture", "ready")
    go_to(page, "Workbench")
    expect(page.get_by_role("combobox", name="Document", exact=True)).to_be_visible()
