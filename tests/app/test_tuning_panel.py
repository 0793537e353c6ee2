"""The search for the best settings on the workbench."""

import json
import threading
from dataclasses import replace

import pytest

from ocr_core.page import PageResult, Word
from tests.support.app_driver import changes, rerun_until, upload
from tests.support.app_pages import FOX, png
from tests.support.waiting import HANG

WORDS = "the old harbour in the year".split()
LINES = 24


def reading(ref, words):
    rows = tuple(
        Word(1, 1, line, number, 40 * number, 12 * line, 36, 10, 90.0, word)
        for line in range(LINES)
        for number, word in enumerate(words, 1)
    )
    return PageResult(ref, rows, size=(400, 12 * LINES), language="eng")


@pytest.fixture
def reader(monkeypatch):
    """Reads garbled words unless `psm` is the one in `right`; may be held up."""

    class Reader:
        right = 6
        goes_on = threading.Event()
        has_begun = threading.Event()  # with the one in `right`

        def __call__(self, calls, pool, owner):
            if any(each.recognition.psm == self.right for each, *_ in calls):
                self.has_begun.set()
                self.goes_on.wait()
            return [
                (
                    "",
                    reading(
                        replace(ref),
                        WORDS
                        if settings.recognition.psm == self.right
                        else [word[::-1] for word in WORDS],
                    ),
                )
                for settings, ref, _ in calls
            ]

    found = Reader()
    found.goes_on.set()
    found.has_begun.clear()
    monkeypatch.setattr("app.session.tuning_run.read_pages", found)
    yield found
    found.goes_on.set()


def start(app):
    app.button(key="tuning_start").click().run()
    return app


def keys(app):
    return {each.key for each in app.button}


def test_settings_that_read_better_are_shown_with_their_gain_and_used(app, reader):
    upload(app, fox__png=png(FOX))

    rerun_until(start(app), lambda app: "tuning_use" in keys(app))

    [table] = [each.value for each in app.dataframe if "knob" in each.value]
    assert table[["knob", "from", "to"]].to_numpy().tolist() == [["PSM", "3", "6"]]
    assert table["gain (points)"][0] > 10
    assert "The tuned recipe is better" in app.success[0].value
    assert any("holds for this page" in each.value for each in app.caption)
    app.button(key="tuning_use").click().run()
    assert changes(app) == {"psm": 6}
    assert not {"tuning_use", "tuning_close"} & keys(app)


def test_it_is_said_that_nothing_is_recommended(app, reader):
    reader.right = None
    upload(app, fox__png=png(FOX))

    rerun_until(start(app), lambda app: "tuning_close" in keys(app))

    assert any("Nothing is recommended" in each.value for each in app.info)
    app.button(key="tuning_close").click().run()
    assert changes(app) == {}
    assert app.session_state.session.tuning is None


def test_a_search_that_is_stopped_keeps_the_best_so_far(app, reader):
    reader.goes_on.clear()
    upload(app, fox__png=png(FOX))
    rerun_until(start(app), lambda app: "tuning_stop" in keys(app))

    assert reader.has_begun.wait(HANG)
    app.button(key="tuning_stop").click().run()
    assert app.session_state.session.tuning.stopping
    reader.goes_on.set()
    rerun_until(app, lambda app: "tuning_use" in keys(app))

    found = app.session_state.session.tuning.result
    assert [each.knob for each in found.changes] == ["psm"]


def test_errors_are_counted_against_the_ground_truth_of_the_page(app, reader):
    upload(app, fox__png=png(FOX))
    session = app.session_state.session
    digest = next(iter(session.uploads.values())).sha256
    truth = "\n".join([" ".join(WORDS)] * LINES)
    app.session_state["ground_truth"] = {f"{digest} 1": truth}

    rerun_until(start(app), lambda app: "tuning_use" in keys(app))

    assert session.tuning.tuner.counted
    assert session.tuning.result.proof.rate_second == 0
    assert any("counted against" in each.value for each in app.caption)


def test_another_document_does_not_show_the_search(app, reader):
    upload(app, fox__png=png(FOX), other__png=png("another page"))
    rerun_until(start(app), lambda app: "tuning_use" in keys(app))
    first = app.selectbox(key="document").value

    other = next(key for key in app.session_state.session.uploads if key != first)
    app.selectbox(key="document").select(other).run()

    assert "tuning_use" not in keys(app)
    app.selectbox(key="document").select(first).run()
    assert "tuning_use" in keys(app)
    evidence = app.session_state.session.tuning.result
    assert json.loads(evidence.settings.recipe())["psm"] == 6
