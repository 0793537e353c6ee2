"""Projects in the browser: nothing is lost, and nobody sees another's."""

import random
import re
import sqlite3
import threading
from contextlib import closing

import pytest
from playwright.sync_api import expect

from app.session.hosting import COOKIE
from tests.e2e.conftest import Server, opener
from tests.e2e.steps import (
    download,
    open_settings,
    press,
    stage,
    stand_still,
    text_of,
    upload,
    wait_for_text,
)
from tests.support.app_pages import FOX, JUGS, png, scanned_pdf
from tests.support.soak import rounds

pytestmark = pytest.mark.needs_tesseract


def go_to(page, name):
    page.get_by_role("link", name=name, exact=True).click()


def correct(page, text):
    """Correct the first word of the page."""
    stage(page).focus()
    page.get_by_role("slider", name="Highlight below").press("End")
    stage(page).focus()
    page.keyboard.press("n")
    page.keyboard.press("e")
    correction = page.get_by_role("textbox", name="Correction")
    expect(correction).to_be_focused()
    expect(correction).to_have_value("The")
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 corrected")).to_be_visible()
    page.keyboard.press("Escape")


def open_first_row(page):
    table = page.get_by_test_id("stDataFrame").first
    expect(table.locator('tr[aria-rowindex="2"]')).to_be_attached()
    stand_still(page)
    table.click(position={"x": 90, "y": 63})
    expect(stage(page)).to_have_attribute("data-picture", "ready")


def read_and_correct(page):
    upload(page, {"two.pdf": scanned_pdf(FOX, JUGS)})
    press(page, "Read the whole document")
    expect(page.get_by_role("heading", name="Pages", exact=True)).to_be_visible()
    go_to(page, "Corpus")
    open_first_row(page)
    correct(page, "A")
    expect(text_of(page)).to_contain_text("A quick brown fox")


def test_a_reload_brings_documents_recipe_and_page_back(page):
    upload(page, {"two.pdf": scanned_pdf(FOX, JUGS)})
    wait_for_text(page, "brown fox")
    page.get_by_role("button", name="Next page", exact=True).first.click()
    wait_for_text(page, "liquor jugs")
    open_settings(page, "Position and size")
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


@pytest.fixture
def for_many(browser, tmp_path_factory):
    """An app that serves other machines."""
    folder = tmp_path_factory.mktemp("many")
    server = Server(folder, "--server.address", "0.0.0.0", OCR_CORE_KEEP_DAYS="9")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def open_browser(browser, for_many, request, tmp_path):
    yield from opener(browser, for_many, request, tmp_path)


def test_two_browsers_see_nothing_of_each_other_and_a_link_brings_back(
    open_browser, for_many
):
    one, other = open_browser(), open_browser()
    upload(one, {"secret.png": png(FOX)})
    wait_for_text(one, "brown fox")
    address = one.url
    cookies = one.context.cookies()
    [cookie] = [each for each in cookies if each["name"] == COOKIE]
    assert cookie["httpOnly"] and cookie["sameSite"] == "Lax"

    other.goto(address)
    expect(other.get_by_text("There is no project secret")).to_be_visible()
    go_to(other, "Projects")
    expect(other.get_by_text("There are no projects yet")).to_be_visible()
    expect(other.get_by_text("for 9 days after")).to_be_visible()

    one.reload()
    wait_for_text(one, "brown fox")
    go_to(one, "Projects")
    press(one, "Come back here")
    link = one.get_by_test_id("stCode").inner_text().strip()
    assert link.startswith(f"{for_many.url}/back#")

    other.goto(link)
    assert "#" not in other.url
    press(other, "Open these projects here")
    press(other, "Go on")
    wait_for_text(other, "brown fox")

    one.keyboard.press("Escape")
    press(one, "Delete everything")
    one.get_by_text("Delete all my projects for good").click()
    press(one, "Delete all")
    expect(one.get_by_text("There are no projects yet")).to_be_visible()
    kept = [path for path in for_many.projects.rglob("*") if path.suffix == ".png"]
    assert kept == []


def test_without_scans_a_place_that_lacks_its_picture_says_what_to_open(
    open_app, tmp_path
):
    page = open_app()
    read_and_correct(page)
    go_to(page, "Projects")
    name, shared = download(page, "Project without its scans (.zip)")

    elsewhere = open_app()
    bring(elsewhere, tmp_path / name, shared)
    expect(elsewhere.get_by_text("Open two.pdf in the workbench")).to_be_visible()
    expect(text_of(elsewhere)).to_contain_text("A quick brown fox")
    go_to(elsewhere, "Explore")
    elsewhere.get_by_role("radio", name="Concordance").click()
    elsewhere.get_by_role("textbox", name="Look for").fill("fox")
    elsewhere.keyboard.press("Enter")
    expect(elsewhere.get_by_text("two.pdf")).to_be_visible()


def pages_and_readings(path):
    """Return which pages a corpus shows, and how many readings it keeps."""
    with closing(sqlite3.connect(path)) as db:
        pages = db.execute(
            "SELECT d.doc_id, p.number FROM pages p JOIN documents d "
            "ON d.id = p.document WHERE p.reading IS NOT NULL ORDER BY 1, 2"
        ).fetchall()
        [readings] = db.execute("SELECT count(*) FROM readings").fetchone()
    return pages, readings


@pytest.mark.kill
@rounds(20)
def test_a_tab_that_is_closed_at_any_moment_of_a_run_loses_nothing(
    open_app, server, seed
):
    chance, name = random.Random(seed), f"closed{seed}"
    page = open_app()
    upload(page, {f"{name}.pdf": scanned_pdf(*[FOX, JUGS] * 3)})
    page.wait_for_url(re.compile("project="))
    address = page.url
    press(page, "Read the whole document")
    threading.Event().wait(chance.uniform(0, 4))  # any moment, the start included
    page.context.close()

    page = open_app()
    page.goto(re.sub(r"/\?", "/batch?", address))
    expect(page.get_by_text("1 document · 6 pages")).to_be_visible()
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    stand_still(page)
    start = page.get_by_role("button", name=re.compile("^Read all"))
    start.click()
    expect(page.get_by_text("Read 6 pages in")).to_be_visible()

    pages, readings = pages_and_readings(server.projects / name / "corpus.sqlite")
    assert pages == [(name, number) for number in range(1, 7)]
    assert readings == 6
