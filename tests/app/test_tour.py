"""The tour: each stop shows what it speaks of, and the last one is in Explore."""

import pytest

from app.workbench.tour import EXPLORE, READ_ALL, STOPS
from tests.support.app_driver import button, rerun_until


@pytest.mark.needs_tesseract
def test_the_tour_reads_the_sample_and_ends_in_explore(app):
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


def test_each_stop_points_at_a_part_of_its_screen():
    assert all(stop.part for stop in STOPS)
    assert not any(mark in stop.part for stop in STOPS for mark in "{}<;")
