"""Projects in the browser: nothing is lost, and nobody sees another's."""

import random
import re
import sqlite3
import threading
from contextlib import closing

import pytest
from playwright.sync_api import expect

from app.session.hosting import COOKIE
from tests.e2e.steps import (
    download,
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


def test_work_lives_through_a_kill_a_restart_and_a_journey(visit, own_server, tmp_path):
    page = visit()
    read_and_correct(page)
    address = page.url
    own_server.kill()
    own_server.start()
    page.goto(address)
    check_that_all_is_there(page)
    page.close()
    own_server.stop()
    own_server.start()

    page = visit()
    press(page, "Go on")
    check_that_all_is_there(page)
    go_to(page, "Projects")
    name, shared = download(page, "Project with its scans (.zip)")
    assert name == "two.zip"
    lean, without_scans = download(page, "Project without its scans (.zip)")

    elsewhere = page.context.new_page()
    elsewhere.goto(own_server.url)
    bring(elsewhere, tmp_path / name, shared)
    check_journey(elsewhere)
    bring(elsewhere, tmp_path / lean, without_scans)
    check_journey_without_scans(elsewhere)


def check_that_all_is_there(page):
    """Fail if the page, its correction or the documents are lost."""
    expect(page.get_by_role("heading", name="two · page 1")).to_be_visible()
    expect(text_of(page)).to_contain_text("A quick brown fox")
    expect(stage(page)).to_have_attribute("data-picture", "ready")
    go_to(page, "Workbench")
    expect(page.get_by_role("combobox", name="Document", exact=True)).to_be_visible()
    go_to(page, "Corpus")
    open_first_row(page)


def look_for_fox(page):
    go_to(page, "Explore")
    page.get_by_role("radio", name="Concordance").click()
    page.get_by_role("textbox", name="Look for").fill("fox")
    page.keyboard.press("Enter")


def check_journey(page):
    expect(text_of(page)).to_contain_text("A quick brown fox")
    expect(stage(page)).to_have_attribute("data-picture", "ready")
    expect(page.get_by_text("blank sheet")).to_have_count(0)
    with page.expect_response(lambda answer: "/page/" in answer.url) as strip:
        look_for_fox(page)
    assert strip.value.ok


def check_journey_without_scans(page):
    """Fail if a place that lacks its picture does not say what to open."""
    expect(page.get_by_text("Open two.pdf in the workbench")).to_be_visible()
    expect(text_of(page)).to_contain_text("A quick brown fox")
    look_for_fox(page)
    expect(page.get_by_text("two.pdf")).to_be_visible()


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


def test_two_browsers_see_nothing_of_each_other_and_a_link_brings_back(
    open_browser, for_many
):
    one = open_browser()
    upload(one, {"secret.png": png(FOX)})
    wait_for_text(one, "brown fox")
    address = one.url
    cookies = one.context.cookies()
    [cookie] = [each for each in cookies if each["name"] == COOKIE]
    assert cookie["httpOnly"] and cookie["sameSite"] == "Lax"

    other = open_browser(address.removeprefix(for_many.url))
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
    assert not list(for_many.projects.rglob("*.png"))


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
    page.close()

    batch = re.sub(r"/\?", "/batch?", address)
    page = open_app(batch.removeprefix(server.url))
    expect(page.get_by_text("1 document · 6 pages")).to_be_visible()
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    stand_still(page)
    start = page.get_by_role("button", name=re.compile("^Read all"))
    start.click()
    expect(page.get_by_text("Read 6 pages in")).to_be_visible()

    pages, readings = pages_and_readings(server.projects / name / "corpus.sqlite")
    assert pages == [(name, number) for number in range(1, 7)]
    assert readings == 6
