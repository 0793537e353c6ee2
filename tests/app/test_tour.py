"""The tour: each stop shows what it speaks of, and the last one is in Explore."""

import re

import pytest

from app.workbench import tour
from app.workbench.tour import EXPLORE, OUTLINES, READ_ALL, STOPS
from tests.support.app_driver import button, rerun_until
from tests.support.app_pages import png


@pytest.mark.needs_tesseract
def test_the_tour_reads_the_sample_and_ends_in_explore(app, tmp_path, monkeypatch):
    # A smaller page is read in its place.
    assert (tour.SAMPLES / tour.SAMPLE).is_file()
    (tmp_path / tour.SAMPLE).write_bytes(png())
    monkeypatch.setattr(tour, "SAMPLES", tmp_path)

    app.button(key="welcome_tour").click().run()
    for at, stop in enumerate(STOPS):
        assert app.session_state.tour == at
        if stop.tab:
            assert app.session_state.tab == stop.tab
        if stop.screen == READ_ALL:
            rerun_until(app, lambda app: app.success)
        if at < len(STOPS) - 1:
            button(app, "Next").click().run()

    assert STOPS[-1].screen == EXPLORE
    assert app.title[0].value == "Explore"
    button(app, "End the tour").click().run()
    assert app.session_state.tour is None


def test_each_stop_outlines_a_part_of_its_screen():
    outlined = re.findall(r"has\(\.st-key-tour_(\d+)\) \S", OUTLINES)

    outlined = list(dict.fromkeys(outlined))
    assert outlined == [str(number) for number, _ in enumerate(STOPS, 1)]
