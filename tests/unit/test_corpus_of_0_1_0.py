"""A corpus file of version 0.1.0 opens, reads and exports as it did then.

`corpus.sql` is the dump of a file that ocr-core 0.1.0 wrote when its schema had five
steps (bf35185): two drawn pages, metadata, and one word corrected. The tables beside it
are what that version exported before the correction.
"""

import csv
import io
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ocr_core.corpus import Corpus
from ocr_core.corpus.database import has_full_text
from ocr_core.corpus.schema import EARLIER_SEARCH, MIGRATIONS

KEPT = Path(__file__).parents[1] / "support" / "corpus_0_1_0"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "kept.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.executescript((KEPT / "corpus.sql").read_text("utf-8"))
        if has_full_text(db):
            db.execute(EARLIER_SEARCH)
            db.execute("INSERT INTO search (search) VALUES ('rebuild')")
            db.commit()
    return path


def columns(content, names=None):
    """Return the columns of a table by name, or those that are asked for."""
    rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
    found = dict(zip(rows[0], zip(*rows[1:], strict=True), strict=True))
    return {name: found[name] for name in names or found}


@pytest.mark.parametrize("write", [True, False])
def test_it_opens_and_reads_with_its_correction(path, write):
    with Corpus(path, write=write, foreign=True) as corpus:
        assert [row.doc_id for row in corpus.rows()] == ["ferry", "tide"]
        assert corpus.page("ferry", 1).text == "The ferry to Larne\nleft at ten."
        assert corpus.page("tide", 1).text == "High tide at midday,\nlow tide at six."
        assert corpus.original("tide", 1).rows[3].text == "noon,"
        assert corpus.metadata() == {"year": {"ferry": "1890", "tide": "1891"}}
        assert [hit.doc_id for hit in corpus.search("midday")] == ["tide"]


def test_it_is_brought_to_the_tables_of_today(path):
    Corpus(path).close()

    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)


@pytest.mark.parametrize("form", ["words", "pages", "corpus"])
def test_it_exports_as_it_did(path, shell, form):
    with Corpus(path, write=True) as corpus:
        corpus.undo()
    kept = (KEPT / f"{form}.csv").read_bytes()

    exported = shell("export", path, "--to", form).out

    then = columns(kept)
    assert columns(exported, then) == then
    if form != "pages":  # in that table columns joined since
        assert exported == kept


def test_columns_that_joined_stand_after_those_of_then(path, shell):
    then = list(columns((KEPT / "pages.csv").read_bytes()))

    now = list(columns(shell("export", path, "--to", "pages").out))

    fixed = [name for name in then if not name.startswith("set_")]
    assert now[: len(fixed)] == fixed
    assert [name for name in now if name in then] == then
