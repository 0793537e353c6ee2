"""Copies: write a corpus to a new file, to share it or as a backup."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ocr_core.corpus.database import CorpusFile
from ocr_core.corpus.metadata import TAKEN_OUT
from ocr_core.errors import OutputError

# The copy records that a page was removed, but not the content of the page.
LEAVE_OUT = (
    f"CREATE TEMP TABLE gone AS {TAKEN_OUT}",
    "DELETE FROM readings WHERE page IN (SELECT id FROM pages WHERE removed <> 0)",
    "DELETE FROM unindexed WHERE reading NOT IN (SELECT id FROM readings)",
    "UPDATE pages SET removed = -1 WHERE removed <> 0",
    "DELETE FROM pages WHERE document IN gone",
    "DELETE FROM documents WHERE id IN gone",
)
LEAVE_OUT_OF_SEARCH = (
    "DELETE FROM search WHERE rowid NOT IN (SELECT id FROM readings)",
    "INSERT INTO search (search) VALUES ('optimize')",  # else deleted words remain
)


def export_copy(corpus: CorpusFile, target: Path) -> None:
    """Write the visible pages of a corpus, with all their readings, to a new file.

    The copy has no folder names; a document is found again by its content. Removed
    pages are not copied.

    Raises
    ------
    OutputError
        If the copy cannot be written, or the file already exists.
    """
    if target.exists() and not (target.is_file() and target.stat().st_size == 0):
        raise OutputError(
            "{0} already exists.", target.name, hint="Name another file to write."
        )
    with _copied(corpus, target) as db:
        db.execute("UPDATE documents SET path = doc_id || '/' || source_file")
        searched = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'search'")
        for step in LEAVE_OUT + LEAVE_OUT_OF_SEARCH * bool(searched.fetchone()):
            db.execute(step)


def copy_to(corpus: CorpusFile, target: Path) -> None:
    """Write a complete copy of a corpus, with folder names and removed pages.

    Raises
    ------
    OutputError
        If the copy cannot be written.
    """
    with _copied(corpus, target):
        return


def move_documents(corpus: Path, old: Path, new: Path) -> None:
    """Change the paths of the documents of a folder that was moved."""
    before, after = f"{old}{os.sep}", f"{new}{os.sep}"
    with closing(sqlite3.connect(corpus)) as db, db:
        db.execute(
            "UPDATE documents SET path = ? || substr(path, ?) "
            "WHERE substr(path, 1, ?) = ?",
            (after, len(before) + 1, len(before), before),
        )


@contextmanager
def _copied(corpus: CorpusFile, target: Path) -> Iterator[sqlite3.Connection]:
    """Copy a corpus without its runs; yield a connection for changes to the copy."""
    try:
        with closing(
            sqlite3.connect(f"{corpus.path.as_uri()}?mode=rw", uri=True)
        ) as db:
            db.execute("VACUUM INTO ?", (str(target),))
        with closing(sqlite3.connect(target)) as db, db:
            db.execute("PRAGMA foreign_keys = ON")  # delete dependent rows with a row
            yield db
            db.execute("DELETE FROM claims")  # runs name this machine
            db.execute("DELETE FROM runs")
        with closing(sqlite3.connect(target)) as db:
            db.execute("VACUUM")  # removes deleted content from free pages
    except sqlite3.OperationalError as error:
        target.unlink(missing_ok=True)  # an incomplete copy would look complete
        raise OutputError(
            "{0} cannot be copied: {1}.",
            corpus.name,
            error,
            hint="Free some space and try again.",
        ) from error
