"""Corpus header: checks that a file is a corpus before SQLite opens it for writing.

SQLite changes the files that it opens: it takes an empty or tiny file for a new
database, moves a write-ahead log into its database, and deletes a log or journal whose
database is missing. Therefore the file is checked first, and only a corpus, or a path
that is free for a new one, is opened.
"""

import os
import sqlite3
import stat
import zipfile
from contextlib import closing
from pathlib import Path

from ocr_core.errors import CorpusError
from ocr_core.messages import Message

APPLICATION = 0x4F435243  # "OCRC": identifies a corpus, also to `file`
APPLICATION_ID = slice(68, 72)  # its offset in the first page
LOG_HEADER_BYTES = 32
FRAME_HEADER_BYTES = 24
# The mark is written as zeros until the journal is on the disk.
JOURNAL_MARKS = (b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", bytes(8))
HINT = Message("Name a file that ocr-core batch made, or a new one.")
ZIP_HINT = Message(
    "Open it under Projects in the app if a project was shared as this file, or unpack "
    "it and name its corpus.sqlite."
)


def check_file(path: Path, *, new: bool) -> None:
    """Raise an error if a file is not a corpus; the file is not changed.

    Parameters
    ----------
    path
        The file, which may be missing.
    new
        Whether the file may be missing or empty, because a corpus will be created.

    Raises
    ------
    CorpusError
        If the path is another kind of file, or SQLite would delete a file beside it.
    """
    real = Path(os.path.realpath(path))
    # Checked before the file itself: another run may be creating it at this moment.
    left_over = _left_over(real)
    try:
        found = real.stat()
    except OSError:  # SQLite will report the cause
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
            "{0} exists without {1}, and would be lost.",
            left.name,
            path.name,
            hint="Put the file back that it belongs to, move it away, or name another "
            "corpus.",
        )


def is_corpus(path: Path) -> bool:
    """Return whether a file has the header of a corpus; the file is not changed.

    Only SQLite may open it: if Python opened and closed the file, this process would
    lose the locks that its other connections hold. (SQLite, How To Corrupt An SQLite
    Database File, 2.2.)
    """
    try:
        if not path.is_file():
            return False
        address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(address, uri=True)) as db:
            db.execute("PRAGMA writable_schema = ON")  # also reads a truncated file
            [application] = db.execute("PRAGMA application_id").fetchone()
    except (OSError, sqlite3.Error):
        return False
    return application == APPLICATION or (not application and _log_has_corpus(path))


def beside(path: Path, ending: str) -> Path:
    """Return the file that SQLite keeps beside a database: ``-wal``, ``-journal``."""
    return path.with_name(f"{path.name}{ending}")


def _log_has_corpus(path: Path) -> bool:
    """Return whether the log beside a file contains the first page of a corpus.

    If an earlier version was killed while it created a corpus, all data is in the log.
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
    """Return a log or journal beside a file, and whether it may belong to a corpus.

    A run that is killed at its start leaves an empty file with its journal.
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
