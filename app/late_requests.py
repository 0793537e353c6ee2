"""Late requests: the browser requests a fragment of a screen that has just changed.

A fragment is a part of a screen that is redrawn separately. The browser requests one on
a click or at intervals, without knowing which run the server has started meanwhile.
Streamlit 1.67 loses output when such a request and a run overlap, in three ways, goes
back to the previous screen in a fourth, loses values of widgets in a fifth, and files
in a sixth:

- The request names the previous screen. It replaces the request for the new screen or
  is served after it. In both cases the user sees the previous screen again, but empty.
- A script that was stopped for the new screen is just restarting. It sets its own
  screen as the current one again, and this applies to all scripts of the session.
- The request arrives when a run has ended but the session has not yet processed its
  messages. The session creates another runner and drops the messages of the first one.
- A widget of the previous screen (a popover that closes, a field that waits before it
  sends its text) requests a run of the whole screen. It names the previous screen.
- A request at intervals carries the values of all widgets as the browser knows them. A
  widget that a callback has just set (by a preset, Undo, a choice that excludes others)
  goes back to its value of before. Nobody has changed a widget by such a request, so
  its values are dropped: each change is requested when it is made.
- The browser asks where to send the files that were dropped. A run that starts before
  the answer has left drops it with the output of the run before, so that the browser
  waits for ever and the files never arrive.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from weakref import WeakKeyDictionary

from streamlit.proto.ClientState_pb2 import ClientState
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
_handle = AppSession._handle_rerun_script_request
_clear = AppSession._clear_queue


@dataclass(frozen=True)
class ScreenChange:
    """The last change of the screen that the browser requested.

    previous: hash of the screen that was left; widgets: identifiers of the widgets that
    only that screen has; requested: hash of the screen requested instead.
    """

    previous: str
    widgets: frozenset[str]
    requested: str


_changes: WeakKeyDictionary[PagesManager, ScreenChange] = WeakKeyDictionary()


def guard() -> None:
    """Patch Streamlit so that every session handles late requests."""
    for owner, name, own in (
        (ScriptRequests, "_request_rerun_locked", request),
        (ScriptRunner, "_run_script", run),
        (AppSession, "_create_scriptrunner", create),
        (AppSession, "_handle_rerun_script_request", handle),
        (AppSession, "_clear_queue", clear),
        (PagesManager, "set_script_intent", _intend),
        (PagesManager, "set_current_page_script_hash", show),
    ):
        setattr(owner, name, own)


def unless_stopped(say: Callable[..., None]) -> Callable[..., None]:
    """Let a script set the current screen only while it has not been stopped."""

    @wraps(say)
    def guarded(*arguments: object) -> None:
        context = get_script_run_ctx(suppress_warning=True)
        requests = context and context.script_requests
        if not requests or requests._state is not ScriptRequestType.STOP:
            say(*arguments)

    return guarded


_intend = unless_stopped(PagesManager.set_script_intent)
_set_shown = unless_stopped(PagesManager.set_current_page_script_hash)


def show(pages: PagesManager, page: str) -> None:
    """Set the current screen. A script may show the one that the browser has left."""
    change = _changes.get(pages)
    if change and page == change.previous != pages.current_page_script_hash:
        del _changes[pages]
    _set_shown(pages, page)


def request(requests: ScriptRequests, new: RerunData) -> bool:
    """Queue a request, unless another screen has been requested since."""
    if new.is_auto_rerun:
        new = replace(new, widget_states=None)
    waiting = requests._rerun_data
    late = (
        requests._state is ScriptRequestType.RERUN
        and new.fragment_id
        and not waiting.fragment_id_queue
        and waiting.page_script_hash != new.page_script_hash
    )
    return bool(late) or _request(requests, new)


def run(runner: ScriptRunner, data: RerunData) -> None:
    """Run the request, unless it is for a fragment of a previous screen."""
    shown = runner._pages_manager.current_page_script_hash
    if data.fragment_id_queue and data.page_script_hash != shown:
        return
    _run(runner, data)


def create(session: AppSession, data: RerunData) -> None:
    """Create a runner; redraw the whole screen if it replaces an earlier runner."""
    if session._scriptrunner is not None and data.fragment_id:
        shown = session._pages_manager.current_page_script_hash
        data = replace(data, fragment_id=None, page_script_hash=shown)
    _create(session, data)


def handle(session: AppSession, asked: ClientState | None = None) -> None:
    """Handle a request of the browser; a late one runs the screen requested since.

    The browser requests another screen without the states of the widgets that only the
    previous one has. A request for the previous screen with such a state is late.
    """
    if asked and asked.page_script_hash and not asked.fragment_id:
        pages = session._pages_manager
        shown = pages.current_page_script_hash
        sent = {state.id for state in asked.widget_states.widgets}
        change = _changes.get(pages)
        if change and asked.page_script_hash == change.previous:
            if sent & change.widgets:
                late, asked = asked, ClientState()
                asked.CopyFrom(late)
                back = shown == change.previous
                asked.page_script_hash = change.requested if back else shown
                _handle(session, asked)
                return
            del _changes[pages]
        if asked.page_script_hash != shown:
            known = session.session_state._new_widget_state.widget_metadata
            only = frozenset(known) - sent
            _changes[pages] = ScreenChange(shown, only, asked.page_script_hash)
    _handle(session, asked)


def clear(session: AppSession, fragments: list[str] | None = None) -> None:
    """Drop the messages of the run before, but not where to send dropped files.

    A run of fragments only keeps them itself.
    """
    queue = session._browser_queue
    answers = [each for each in queue._queue if each.HasField("file_urls_response")]
    _clear(session, fragments)
    if fragments is None:
        for answer in answers:
            queue.enqueue(answer)
