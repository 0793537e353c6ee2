"""What several tests of the app start from."""

import pytest

from app.session.project_library import Library
from app.session.session import Session
from tests.support.explore_screen import HARBOUR, KNOWN, opened


@pytest.fixture
def library(tmp_path):
    return Library(tmp_path / "projects", own_machine=True)


@pytest.fixture
def tab(library):
    """Return a function that opens another tab; all are closed at the end."""
    tabs = []

    def open_tab(project_id=""):
        tabs.append(Session(library))
        if project_id:
            tabs[-1].switch(library.open(project_id))
        return tabs[-1]

    yield open_tab
    for each in tabs:
        each.close()


@pytest.fixture
def explore(app):
    """The app on its Explore screen, with a corpus of three documents."""
    return opened(app, HARBOUR, KNOWN)
