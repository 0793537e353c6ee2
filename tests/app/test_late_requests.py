"""Requests for a part of a screen that cross with a run of the script."""

import asyncio
import sys
import threading
from pathlib import Path
from unittest.mock import MagicMock

import pytest
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Common_pb2 import FileURLsRequest
from streamlit.runtime import Runtime
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.script_data import ScriptData
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.runtime.scriptrunner_utils.script_requests import (
    RerunData,
    ScriptRequests,
)

from app import late_requests
from tests.support.waiting import HANG

SCRIPT = """
import streamlit as st

st.text("above")

@st.fragment
def part():
    st.text("part")

part()
st.text("below")
"""


TWO_SCREENS = """
import crossing
import streamlit as st

crossing.begin()

def old():
    if crossing.first():
        st.rerun()
    st.text("old")

def new():
    st.text("new")

st.navigation([st.Page(old, default=True), st.Page(new, url_path="new")]).run()
"""

SCREENS_WITH_WIDGETS = """
import streamlit as st

def old():
    st.text("old " + st.text_input("old text", key="old"))

def new():
    st.text("new " + st.text_input("new text", key="new"))
    if st.session_state.get("back"):
        st.session_state.back = False
        st.switch_page(screens[0])

screens = [st.Page(old, default=True), st.Page(new, url_path="new")]
st.checkbox("on every screen", key="everywhere")
st.navigation(screens).run()
"""


@pytest.fixture
def guarded(monkeypatch):
    """Turn the guard of sessions on during a test."""
    for owner, name in (
        (ScriptRequests, "_request_rerun_locked"),
        (late_requests.ScriptRunner, "_run_script"),
        (AppSession, "_create_scriptrunner"),
        (AppSession, "_handle_rerun_script_request"),
        (AppSession, "_clear_queue"),
        (late_requests.PagesManager, "set_script_intent"),
        (late_requests.PagesManager, "set_current_page_script_hash"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    late_requests.guard()


@pytest.fixture
def script(monkeypatch, tmp_path):
    monkeypatch.setattr(Runtime, "_instance", MagicMock(spec=Runtime))
    path = tmp_path / "main.py"
    path.write_text(SCRIPT)
    return str(path)


def open_session(script):
    return AppSession(
        ScriptData(script, is_hello=False),
        MemoryUploadedFileManager(""),
        ScriptCache(),
        message_enqueued_callback=None,
        user_info={},
    )


async def all_delivered(session):
    """Wait until a session has processed all messages of its runner."""
    while session._scriptrunner is not None:
        await asyncio.sleep(0)


def drawn(session):
    messages = session.flush_browser_queue()
    return [
        each.delta.new_element.text.body
        for each in messages
        if each.delta.new_element.HasField("text")
    ]


async def cross(session):
    """Request the fragment after a run has ended and before the session knows it."""
    session.request_rerun(None)
    await all_delivered(session)
    session.flush_browser_queue()
    [part] = session._fragment_storage._fragments
    shown = session._pages_manager.current_page_script_hash

    session.request_rerun(ClientState(page_script_hash=shown))
    session._scriptrunner._script_thread.join()
    request = ClientState(page_script_hash=shown, fragment_id=part, is_auto_rerun=True)
    session.request_rerun(request)
    await all_delivered(session)
    return drawn(session)


def test_nothing_that_was_drawn_is_lost_where_a_part_is_asked_for_at_the_end(
    guarded, script
):
    async def texts():
        return await cross(open_session(script))

    assert asyncio.run(texts()) == ["above", "part", "below"]


def test_a_part_of_the_screen_that_is_left_does_not_lead_back(guarded):
    requests = ScriptRequests()
    requests.request_rerun(RerunData(page_script_hash="new"))

    assert requests.request_rerun(RerunData(page_script_hash="old", fragment_id="a"))

    asked = requests.on_scriptrunner_ready().rerun_data
    assert (asked.page_script_hash, asked.fragment_id_queue) == ("new", [])


def test_a_part_of_the_same_screen_is_drawn_with_the_whole_of_it(guarded):
    requests = ScriptRequests()
    requests.request_rerun(RerunData(page_script_hash="same", query_string="a=1"))

    requests.request_rerun(
        RerunData(page_script_hash="same", query_string="a=2", fragment_id="a")
    )

    asked = requests.on_scriptrunner_ready().rerun_data
    assert (asked.query_string, asked.fragment_id_queue) == ("a=2", [])


CHOICES = """
import streamlit as st

def choose():
    st.session_state.detail = "set"

@st.fragment(run_every=60)
def part():
    st.text("part")

st.selectbox("preset", ["none", "some"], key="preset", on_change=choose)
st.text(st.text_input("detail", "as it was", key="detail"))
part()
"""


def test_a_request_at_intervals_does_not_take_back_what_a_callback_has_set(
    guarded, script
):
    Path(script).write_text(CHOICES)

    def ask(session, preset, **request):
        asked = ClientState(**request)
        keys = session.session_state._key_id_mapper
        for key, text in {"preset": preset, "detail": "as it was"}.items():
            asked.widget_states.widgets.add(
                id=keys.get_id_from_key(key), string_value=text
            )
        session._handle_rerun_script_request(asked)

    async def texts():
        session = open_session(script)
        session.request_rerun(None)
        await all_delivered(session)
        shown = {"page_script_hash": session._pages_manager.current_page_script_hash}
        [part] = session._fragment_storage._fragments
        ask(session, "some", **shown)
        # Sent before the browser has what the callback set; asked during the run or
        # after it.
        ask(session, "some", **shown, fragment_id=part, is_auto_rerun=True)
        await all_delivered(session)
        ask(session, "some", **shown, fragment_id=part, is_auto_rerun=True)
        await all_delivered(session)
        drawn(session)
        session.request_rerun(None)
        await all_delivered(session)
        return drawn(session), session.session_state["preset"]

    assert asyncio.run(texts()) == (["set", "part"], "some")


@pytest.mark.parametrize("part", [False, True])
def test_where_to_send_dropped_files_is_said_though_a_run_starts(guarded, script, part):
    async def said():
        session = open_session(script)
        session.request_rerun(None)
        await all_delivered(session)
        shown = {"page_script_hash": session._pages_manager.current_page_script_hash}
        if part:
            [shown["fragment_id"]] = session._fragment_storage._fragments
        session.flush_browser_queue()
        wish = FileURLsRequest(request_id="drop", file_names=["a.png", "b.png"])
        session._handle_file_urls_request(wish)
        session.request_rerun(ClientState(**shown))
        await all_delivered(session)
        messages = session.flush_browser_queue()
        answers = [
            each.file_urls_response
            for each in messages
            if each.HasField("file_urls_response")
        ]
        return [(each.response_id, len(each.file_urls)) for each in answers]

    assert asyncio.run(said()) == [("drop", 2)]


class Crossing:
    """Delays the rerun of a script until another script is requested."""

    def __init__(self):
        self.ended, self.goes_on, self.anew = (threading.Event() for _ in range(3))
        self.begun, self.asked = 0, False

    def begin(self):
        """The first script has begun; then the other; then the first again."""
        self.begun += 1
        if self.begun == 2:
            self.goes_on.set()
            assert self.anew.wait(HANG)
        elif self.begun == 3:
            self.anew.set()

    def first(self):
        first, self.asked = not self.asked, True
        return first

    def hold(self):
        """Hold a script up between its run and the next."""
        if not self.ended.is_set():
            self.ended.set()
            assert self.goes_on.wait(HANG)


def test_a_script_that_was_stopped_does_not_say_which_screen_is_drawn(
    guarded, script, monkeypatch, tmp_path
):
    crossing = Crossing()
    monkeypatch.setitem(sys.modules, "crossing", crossing)
    finish = late_requests.ScriptRunner._on_script_finished

    def finish_and_hold(*arguments):
        finish(*arguments)
        crossing.hold()

    monkeypatch.setattr(
        late_requests.ScriptRunner, "_on_script_finished", finish_and_hold
    )
    (tmp_path / "main.py").write_text(TWO_SCREENS)

    async def texts():
        session = open_session(script)
        session.request_rerun(None)
        while not crossing.ended.is_set():
            await asyncio.sleep(0)
        pages = session._pages_manager.get_pages()
        [new] = [key for key, page in pages.items() if page["url_pathname"] == "new"]
        session.request_rerun(ClientState(page_script_hash=new))
        await all_delivered(session)
        return drawn(session)

    assert asyncio.run(texts()) == ["new"]


class Browser:
    """Requests screens as a browser does, which knows the widgets it has drawn."""

    def __init__(self, session):
        self.session = session

    async def open(self):
        self.session.request_rerun(None)
        await all_delivered(self.session)
        drawn(self.session)
        self.old, self.new = self.session._pages_manager.get_pages()

    def ask(self, screen, **texts):
        """Request a screen with the texts of the fields that the browser knows."""
        asked = ClientState(page_script_hash=screen)
        keys = self.session.session_state._key_id_mapper
        for key, text in texts.items():
            asked.widget_states.widgets.add(
                id=keys.get_id_from_key(key), string_value=text
            )
        state = asked.widget_states.widgets.add(bool_value=True)
        state.id = keys.get_id_from_key("everywhere")
        self.session._handle_rerun_script_request(asked)

    async def drawn(self):
        await all_delivered(self.session)
        return drawn(self.session)[-1:]


def walk(script, steps):
    """Return what the steps of a browser make of the screens with widgets."""
    Path(script).write_text(SCREENS_WITH_WIDGETS)

    async def texts():
        browser = Browser(open_session(script))
        await browser.open()
        return await steps(browser)

    return asyncio.run(texts())


@pytest.mark.parametrize("shown_before", [True, False])
def test_a_field_of_the_screen_that_is_left_does_not_lead_back(
    guarded, script, shown_before
):
    async def steps(browser):
        browser.ask(browser.new)
        if shown_before:
            assert await browser.drawn() == ["new"]
        browser.ask(browser.old, old="typed")
        return await browser.drawn()

    assert walk(script, steps) == ["new"]


def test_the_new_screen_works_after_a_late_field_of_the_old(guarded, script):
    async def steps(browser):
        browser.ask(browser.old, old="first")
        assert await browser.drawn() == ["old first"]
        browser.ask(browser.new)
        browser.ask(browser.old, old="typed")
        assert await browser.drawn() == ["new"]
        browser.ask(browser.new, new="more")
        return await browser.drawn()

    assert walk(script, steps) == ["new more"]


def test_a_link_back_leads_back(guarded, script):
    async def steps(browser):
        browser.ask(browser.old, old="typed")
        browser.ask(browser.new)
        assert await browser.drawn() == ["new"]
        browser.ask(browser.old)
        [back] = await browser.drawn()
        browser.ask(browser.old, old="again")
        return back.split()[:1] + await browser.drawn()

    assert walk(script, steps) == ["old", "old again"]


def test_a_script_leads_back_to_the_screen_that_was_left(guarded, script):
    async def steps(browser):
        browser.ask(browser.old, old="typed")
        browser.ask(browser.new)
        assert await browser.drawn() == ["new"]
        browser.session.session_state["back"] = True
        browser.ask(browser.new)
        await browser.drawn()
        browser.ask(browser.old, old="again")
        return await browser.drawn()

    assert walk(script, steps) == ["old again"]
