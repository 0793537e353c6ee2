"""Metadata in Explore: from names, from a table, and typed in."""

import pandas as pd
import pytest

from app.explore.metadata import changes
from ocr_core.corpus import Corpus
from tests.support.app_driver import button
from tests.support.explore_screen import (
    HARBOUR,
    KNOWN,
    ask,
    captions,
    opened,
    put,
    sizes,
    table,
)


@pytest.fixture
def explore(app):
    """The app on its Explore screen, with a corpus of three documents."""
    return opened(app, HARBOUR, KNOWN)


def test_metadata_are_taken_from_the_names(app):
    opened(app, HARBOUR)
    assert "The documents have no metadata yet" in captions(app)
    put(app, metadata_pattern="{paper}_{year}")

    button(app, "Take them from the names").click().run()

    assert "Columns added or changed: 2" in app.success[0].value
    assert ask(app, Corpus.metadata) == KNOWN
    assert "Columns: paper, year." in captions(app)
    assert sizes(put(app, only_metadata="paper=tide")) == [1, 1, 5]


def test_a_pattern_that_names_nothing_is_reported(explore):
    put(explore, metadata_pattern="year")

    assert button(explore, "Take them from the names").disabled
    assert "The pattern names no column" in explore.error[0].value
    assert ask(explore, Corpus.metadata) == KNOWN


def test_metadata_are_taken_from_a_table(explore):
    uploader = next(u for u in explore.file_uploader if "metadata" in u.key)

    uploader.upload("m.csv", b"doc_id,town\nmail_1890,Port\nnobody,Nowhere\n")
    explore.run()

    assert "Columns added or changed: 1" in explore.success[0].value
    assert ask(explore, Corpus.metadata)["town"] == {"mail_1890": "Port"}
    explore.run()
    assert not explore.success  # told once, taken once


def test_a_pattern_is_previewed_on_the_first_names(app):
    opened(app, HARBOUR)

    put(app, metadata_pattern="mail_{year}")

    assert "The pattern fits 2 of 3 names." in captions(app)
    assert table(app, "document", "year") == [
        ("mail_1890", "1890"),
        ("mail_1920", "1920"),
    ]
    assert ask(app, Corpus.metadata) == {}


def test_names_of_no_document_are_listed_with_the_nearest(explore):
    uploader = next(u for u in explore.file_uploader if "metadata" in u.key)

    uploader.upload("m.csv", b"filename;town\nmail_1890.png;Port\nmial_1920;Quay\n")
    explore.run()

    assert "Names of no document of this corpus: 1" in explore.warning[0].value
    assert table(explore, "in the table", "nearest document") == [
        ("mial_1920", "mail_1920")
    ]
    assert ask(explore, Corpus.metadata)["town"] == {"mail_1890": "Port"}


def test_the_table_opens_with_a_row_for_each_document(explore):
    button(explore, "Edit metadata").click().run()

    assert not explore.exception
    assert button(explore, "Save")


def test_only_changed_cells_of_the_table_are_saved():
    before = pd.DataFrame({"doc_id": ["a", "b"], "year": ["1890", "1891"]})
    after = before.assign(year=["1890", ""], town=["", "Port"])

    assert changes(before, after) == {"year": {"b": ""}, "town": {"b": "Port"}}
    assert changes(before, before) == {}
