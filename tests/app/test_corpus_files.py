"""Corpus files that are brought to the Corpus screen."""

import json
import sqlite3
from contextlib import closing

import pytest

from ocr_core.corpus import Corpus
from ocr_core.page import PageRef
from tests.support.app_driver import component
from tests.support.app_pages import FOX, png
from tests.support.corpus_pages import fill, page
from tests.support.corpus_screen import go, listed


@pytest.fixture
def projects_folder(own_projects):
    """The folder of the local user's projects."""
    return own_projects


@pytest.mark.parametrize("state", ["nothing", "a project", "a corpus file"])
def test_a_corpus_file_is_opened_from_every_state(
    app, projects_folder, tmp_path, state
):
    with Corpus(tmp_path / "brought.sqlite", write=True) as brought:
        fill(brought, page("brought"))
    with closing(sqlite3.connect(tmp_path / "brought.sqlite")) as db:
        db.execute("PRAGMA journal_mode = DELETE")
    if state == "a project":
        app.session_state.session.begin("letters")
    elif state == "a corpus file":
        projects_folder.mkdir()
        with Corpus(projects_folder / "old.sqlite", write=True) as old:
            fill(old, page("old"))
        go(app, corpus="old")
    go(app)

    content = (tmp_path / "brought.sqlite").read_bytes()
    used = bring(app, "brought.sqlite", content)

    assert app.session_state.session.project.id == "brought"
    go(app)
    assert listed(app) == [("brought", 1)]
    assert app.query_params["project"] == "brought"
    assert uploader_of(app).key != used.key  # else the browser shows the file as there


def uploader_of(app):
    return next(u for u in app.file_uploader if u.key.startswith("corpus_upload"))


def bring(app, name, content):
    uploader = uploader_of(app)
    uploader.upload(name, content)
    app.run()
    assert not app.exception
    return uploader


def test_a_corpus_file_from_elsewhere_never_leads_to_files_of_this_machine(
    app, tmp_path
):
    secret = tmp_path / "secret.png"
    secret.write_bytes(png(FOX))
    with Corpus(tmp_path / "lure.sqlite", write=True) as lure:
        lured = page("a")
        lure.add_document(PageRef(str(secret), 0, "a", "a.png"), lured.sha256, 1)
        lure.save_result(lured)
    with closing(sqlite3.connect(tmp_path / "lure.sqlite")) as db:
        db.execute("PRAGMA journal_mode = DELETE")
    go(app)
    content = (tmp_path / "lure.sqlite").read_bytes()

    bring(app, "lure.sqlite", content)
    go(app)

    assert listed(app) == [("a", 1)]
    assert app.dataframe[0].value["picture"].isna().all()
    go(app, doc="a", page="1")
    assert str(secret) not in json.dumps(component(app, "sheet_viewer"))
    assert "blank sheet" in " ".join(each.value for each in app.caption)
