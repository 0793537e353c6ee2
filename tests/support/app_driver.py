"""App driver: actions of users as functions on the simulated app."""

import json
import logging
import time
from pathlib import Path
from unittest.mock import MagicMock

from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.testing.v1 import AppTest, app_test, local_script_runner

from app.session import pools
from app.session.run_page import current_results
from app.ui.widgets import KNOBS, PREFIX
from tests.support.app_pages import png
from tests.support.waiting import HANG, TICK, until

MAIN = Path(__file__).parents[2] / "app" / "main.py"
COMPILED = ScriptCache()
for module in (app_test, local_script_runner):
    module.ScriptCache = lambda: COMPILED  # each run would compile the scripts anew
# Each look of a test at the state of a session, from outside a script, would be logged.
CONTEXT = "streamlit.runtime.scriptrunner_utils.script_run_context"
logging.getLogger(CONTEXT).disabled = True
LOOK = 0.1  # s between two looks: each draws the whole screen
REST = 1  # s, at most, until the workers have ended a call
CUT = png()[:-200]  # opens, but cannot be decoded


def wait_for_run(runner, timeout):
    """Wait for the thread of a run; to look each millisecond would slow it down."""
    runner._script_thread.join(timeout)
    if not runner.script_stopped():
        runner.request_stop()
        raise TimeoutError(f"The screen was not drawn within {timeout} s.")


local_script_runner.require_widgets_deltas = wait_for_run
# The names of a class are enough: to take its signatures too costs 4 ms a run.
app_test.MagicMock = lambda spec: MagicMock(spec=dir(spec))


def simulated(source=MAIN, **options):
    """Return a simulated script, in which only our own components are replaced."""
    make = AppTest.from_function if callable(source) else AppTest.from_file
    app = make(source, default_timeout=HANG, **options)
    # It would look for components of others in each package that is installed.
    app._bidi_component_manager = BidiComponentManager()
    return app


def upload(app, **files):
    """Give files to the uploader, wherever it is; two underscores stand for a dot."""
    named = {name.replace("__", "."): content for name, content in files.items()}
    return give(app, named)


def give(app, files):
    uploader = next(each for each in app.file_uploader if each.key.startswith("drop_"))
    for name, content in files.items():
        uploader.upload(name, content)
    return rerun_until(
        app.run(), lambda app: not app.session_state.session.project.documents.opening
    ).run()


def rerun_until(app, is_done):
    """Rerun the app, as the polling browser does, until a condition is true."""

    def done_at_another_look():
        wait_for_worker()
        app.run()
        assert not app.exception, app.exception
        return is_done(app)

    if not is_done(app):
        until(done_at_another_look, lambda: app.main, tick=LOOK)
    assert not app.exception, app.exception
    return app


def wait_for_worker():
    """Wait until the workers have ended or begun a call, or have none, for a while."""
    before, end = under_way(), time.monotonic() + REST
    while any(before) and under_way() == before and time.monotonic() < end:
        time.sleep(TICK)


def under_way():
    """Return how many calls wait or run in each pool of the app."""
    found = (pools.page_pool(), pools.picture_pool(), pools.small_pool())
    return [pool.queued + len(pool._running) for pool in found]


def read(app):
    """Wait until the page is read."""
    return rerun_until(
        app, lambda app: not viewer(app)["stale"] and "%" in shown_text(app)
    )


def shown_text(app):
    return " ".join(each.value for each in app.markdown)


def component(app, key):
    found = [each for each in app.get("bidi_component") if each.key == key]
    return json.loads(found[0].proto.json) if found else None


def viewer(app):
    return component(app, "viewer")


def transcript(app):
    """Return the text beside the picture, or None where there is none."""
    shown = component(app, "transcript")
    return shown and "\n".join(
        " ".join(word for word, *_ in line["words"]) for line in shown["lines"]
    )


def knob(app, name):
    """Return the widget of a knob."""
    for kind in ("slider", "selectbox", "multiselect", "text_input", "toggle"):
        for widget in getattr(app, kind):
            if widget.key == PREFIX + name:
                return widget
    [widget] = [each for each in app.get("button_group") if each.key == PREFIX + name]
    return widget


def button(app, label):
    [found] = [each for each in app.button if each.label == label]
    return found


def flat(app):
    return app.session_state.settings.flat()


def changes(app):
    return {n: v for n, v in flat(app).items() if v != KNOBS[n].default}


def finish(run):
    until(lambda: not run.busy)
    return [(each.ref.doc_id, each.ref.number, each.status) for each in run.results]


def results_of(session):
    """Return the results of a run, as the corpus holds them."""
    pages = session.run.results
    return session.corpus_handle.ask(
        lambda corpus: list(current_results(corpus, pages))
    )
