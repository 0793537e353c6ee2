"""Requests for a part of a screen that cross with a run of the script."""

import asyncio
import sys
import threading
from unittest.mock import MagicMock

import pytest
from streamlit.proto.ClientState_pb2 import ClientState
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


@pytest.fixture
def guarded(monkeypatch):
    """Turn the guard of sessions on during a test."""
    for owner, name in (
        (ScriptRequests, "_request_rerun_locked"),
        (late_requests.ScriptRunner, "_run_script"),
        (AppSession, "_create_scriptrunner"),
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
