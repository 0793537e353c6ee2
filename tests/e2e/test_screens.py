"""The screens that README shows: walked by a test, kept where OCR_SCREENS=1 asks."""

import os
from pathlib import Path

import pytest

SCREENS = Path(__file__).parents[2] / "app" / "screens"
KEEP = os.environ.get("OCR_SCREENS") == "1"


@pytest.fixture
def folder(tmp_path):
    return SCREENS if KEEP else tmp_path


def test_the_workbench_shows_doubtful_words_on_the_scan(open_app, folder):
    page = open_app(viewport={"width": 1360, "height": 860})
    page.get_by_role("combobox", name="Sample").click()
    page.get_by_role("option", name="French typescript").click()

    page.get_by_role("button", name="Open sample page").click()
    page.locator(".stage[data-stale=false][data-picture=ready]").wait_for()
    page.locator(".stage polygon.doubtful").first.wait_for(state="attached")
    page.locator(".transcript .word").first.wait_for()
    page.screenshot(path=folder / "workbench.png")

    assert (folder / "workbench.png").stat().st_size > 20_000
