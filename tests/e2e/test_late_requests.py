"""Requests of the browser that are sent during a change of the screen."""

import pytest
from playwright.sync_api import expect
from streamlit.proto.BackMsg_pb2 import BackMsg

from tests.e2e.steps import press, stand_still, upload
from tests.support.app_pages import FOX, JUGS, SPHINX, png, scanned_pdf

pytestmark = pytest.mark.needs_tesseract
COPIES = 100


class Line:
    """The line between browser and server, on which messages can be held up."""

    def __init__(self, page):
        self.held, self.holding, self.polls, self.others = [], False, [], []
        page.route_web_socket("**/_stcore/stream", self.connect)
        page.reload()

    def connect(self, browser):
        self.browser, self.server = browser, browser.connect_to_server()
        browser.on_message(self.ask)
        self.server.on_message(self.answer)

    def ask(self, message):
        self.server.send(message)
        (self.polls if is_poll(message) else self.others).append(message)

    def answer(self, message):
        if self.holding:
            self.held.append(message)
        else:
            self.browser.send(message)

    def cross(self, page, act, requests):
        """Do something while the last request is sent repeatedly and not answered."""
        while not requests:
            page.wait_for_timeout(10)
        late = requests[-1]
        self.holding = True
        act()
        for _ in range(COPIES):
            self.server.send(late)
            page.wait_for_timeout(5)
        while self.held:  # what arrives meanwhile comes after them
            self.browser.send(self.held.pop(0))
        self.holding = False


def is_poll(message):
    """Return whether the browser asks by itself for a part of the screen."""
    request = BackMsg()
    request.ParseFromString(message)
    return request.rerun_script.is_auto_rerun


def test_each_press_leads_to_its_screen_whatever_the_browser_asks_meanwhile(page):
    line = Line(page)
    upload(page, {"fox.png": png(FOX)})
    stand_still(page)
    cross_by_link(page, line, line.others)  # a widget of the last screen asks
    stand_still(page)
    expect(page.get_by_role("button", name="Read all", exact=True)).to_be_visible()

    page.get_by_role("link", name="Workbench", exact=True).click()
    line.polls.clear()
    upload(page, {"jugs.png": png(JUGS)}, already=1)
    cross_by_link(page, line, line.polls)

    page.get_by_role("link", name="Workbench", exact=True).click()
    line.polls.clear()
    upload(page, {"two.pdf": scanned_pdf(SPHINX, FOX)}, already=2)
    whole = "Read all 3 documents"
    line.cross(page, lambda: press(page, whole), line.polls)
    expect(page.get_by_role("heading", name="Pages", exact=True)).to_be_visible()
    expect(page.get_by_text("Read 4 pages in")).to_be_visible()


def cross_by_link(page, line, requests):
    link = page.get_by_role("link", name="Read all", exact=True)
    line.cross(page, link.click, requests)
    expect(page.get_by_role("button", name="Read all", exact=True)).to_be_visible()
