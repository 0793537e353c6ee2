"""Corpus header: tells a corpus from any other file before it is opened for good.

SQLite changes what it opens: it takes an empty or tiny file for a new database, moves
a write-ahead log into the file that it belongs to, and deletes a log or journal whose
file is missing. So a file is looked at first, and only a corpus, or the place of a new
one, is opened as one.
"""

import os
import sqlite3
import stat
import zipfile
from contextlib import closing
from pathlib import Path

from ocr_core.errors import CorpusError
from ocr_core.messages import Message

APPLICATION = 0x4F435243  # "OCRC", by which `file` and others can tell a corpus
APPLICATION_ID = slice(68, 72)  # where it stands in the first page
LOG_HEADER_BYTES = 32
FRAME_HEADER_BYTES = 24
# Zeros stand in place of the mark until the journal is on the disk.
JOURNAL_MARKS = (b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", bytes(8))
HINT = Message("Name a file that ocr-core batch made, or a new one.")
ZIP_HINT = Message(
    "Open it under Projects in the app if a project was shared as this file, or unpack "
    "it and name its corpus.sqlite."
)


def check_file(path: Path, *, new: bool) -> None:
    """Refuse a file that is no corpus; it stays as it is, to the byte.

    Parameters
    ----------
    path
        The file, which may be missing.
    new
        Whether a missing or empty file will do: a corpus is to be made of it.

    Raises
    ------
    CorpusError
        Where there is another file at that place, or what SQLite would delete.
    """
    real = Path(os.path.realpath(path))
    # Before the file itself: another run may be making it just now.
    left_over = _left_over(real)
    try:
        found = real.stat()
    except OSError:  # SQLite will say why
        found = None
    if found and not stat.S_ISREG(found.st_mode):
        raise CorpusError("{0} is not a file.", path.name, hint=HINT)
    if found and found.st_size:
        if not is_corpus(real) and os.access(real, os.R_OK):
            hint = ZIP_HINT if zipfile.is_zipfile(real) else HINT
            raise CorpusError("{0} is not a corpus.", path.name, hint=hint)
        return
    if found and not new:
        raise CorpusError("{0} is empty.", path.name, hint=HINT)
    left, may_be_ours = left_over or (None, True)
    if left and not (found and may_be_ours):
        raise CorpusError(
            "{0} lies there without {1}, and would be lost.",
            left.name,
            path.name,
            hint="Put the file back that it belongs to, move it away, or name another "
            "corpus.",
        )


def is_corpus(path: Path) -> bool:
    """Return whether a file says of itself that it is a corpus; it is not changed.

    SQLite looks at it alone: where Python opened and closed the file, this process
    would lose the locks that other connections to it hold. (SQLite, How To Corrupt An
    SQLite Database File, 2.2.)
    """
    try:
        if not path.is_file():
            return False
        address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(address, uri=True)) as db:
            db.execute("PRAGMA writable_schema = ON")  # looks into a cut file too
            [application] = db.execute("PRAGMA application_id").fetchone()
    except (OSError, sqlite3.Error):
        return False
    return application == APPLICATION or (not application and _log_tells_it(path))


def beside(path: Path, ending: str) -> Path:
    """Return the file that SQLite keeps beside a database: ``-wal``, ``-journal``."""
    return path.with_name(f"{path.name}{ending}")


def _log_tells_it(path: Path) -> bool:
    """Return whether the log beside a file holds the first page of a corpus.

    A corpus that was begun by an earlier version and killed has all of it there.
    """
    ours = APPLICATION.to_bytes(4, "big")
    try:
        with beside(path, "-wal").open("rb") as log:
            page_size = int.from_bytes(log.read(LOG_HEADER_BYTES)[8:12], "big")
            while len(frame := log.read(FRAME_HEADER_BYTES)) == FRAME_HEADER_BYTES:
                page = log.read(page_size)
                if (
                    int.from_bytes(frame[:4], "big") == 1
                    and page[APPLICATION_ID] == ours
                ):
                    return True
    except OSError:
        pass
    return False


def _left_over(path: Path) -> tuple[Path, bool] | None:
    """Return a log or journal beside a file, and whether it may be a run's own.

    A run that is killed at its beginning leaves an empty file with its journal.
    """
    for ending in ("-wal", "-journal"):
        try:
            with beside(path, ending).open("rb") as file:
                mark = file.read(8)
        except OSError:
            continue
        if mark:
            may_be_ours = ending == "-journal" and mark in JOURNAL_MARKS
            return beside(path, ending), may_be_ours
    return None
