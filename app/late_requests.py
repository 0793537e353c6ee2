"""Late requests: the browser asks for a part of a screen that has just changed.

A fragment is a part of a screen that is drawn by itself. The browser asks for one again
on a click, or every so often, and does not know what the server has begun meanwhile.
Streamlit 1.67 loses what is drawn where such a request crosses with a run:

- The request names the screen that is being left: it takes the place of the request for
  the new screen, or is met after it. Either leads back, to a screen left empty.
- A script that has been stopped for the new screen is just beginning anew: it says once
  more that its own screen is the one to draw, and all scripts of a session heed that.
- It comes when a run has ended whose messages the session has not dealt with yet: the
  session takes another runner, and drops the messages of the first.

"""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps

from streamlit.runtime.app_session import AppSession
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import (
    RerunData,
    ScriptRequests,
    ScriptRequestType,
)
from streamlit.runtime.scriptrunner_utils.script_run_context import get_script_run_ctx

_request = ScriptRequests._request_rerun_locked
_run = ScriptRunner._run_script
_create = AppSession._create_scriptrunner


def guard() -> None:
    """Have every session deal with late requests as this module does."""
    for owner, name, own in (
        (ScriptRequests, "_request_rerun_locked", request),
        (ScriptRunner, "_run_script", run),
        (AppSession, "_create_scriptrunner", create),
        (PagesManager, "set_script_intent", _intend),
        (PagesManager, "set_current_page_script_hash", _show),
    ):
        setattr(owner, name, own)


def unless_stopped(say: Callable[..., None]) -> Callable[..., None]:
    """Have a script say which screen is drawn only while it has not been stopped."""

    @wraps(say)
    def heeded(*arguments: object) -> None:
        context = get_script_run_ctx(suppress_warning=True)
        requests = context and context.script_requests
        if not requests or requests._state is not ScriptRequestType.STOP:
            say(*arguments)

    return heeded


_intend = unless_stopped(PagesManager.set_script_intent)
_show = unless_stopped(PagesManager.set_current_page_script_hash)


def request(requests: ScriptRequests, new: RerunData) -> bool:
    """Note a request, unless it is late: another screen has been asked for."""
    waiting = requests._rerun_data
    late = (
        requests._state is ScriptRequestType.RERUN
        and new.fragment_id
        and not waiting.fragment_id_queue
        and waiting.page_script_hash != new.page_script_hash
    )
    return bool(late) or _request(requests, new)


def run(runner: ScriptRunner, data: RerunData) -> None:
    """Run what is asked for, unless it is a part of a screen that has been left."""
    shown = runner._pages_manager.current_page_script_hash
    if data.fragment_id_queue and data.page_script_hash != shown:
        return
    _run(runner, data)


def create(session: AppSession, data: RerunData) -> None:
    """Start a runner; after one whose messages are dropped, draw the whole screen."""
    if session._scriptrunner is not None and data.fragment_id:
        shown = session._pages_manager.current_page_script_hash
        data = replace(data, fragment_id=None, page_script_hash=shown)
    _create(session, data)
