"""Claims: runs into one corpus tell each other which pages they are reading.

A claim ends when its page is kept, when its run ends, at once when the run's process
is gone from this machine, and when the run has kept and claimed nothing for so long
that it must be dead or halted elsewhere.
"""

import contextlib
import os
import platform
import secrets
import sqlite3
import sys
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from ocr_core.corpus.database import CorpusFile
from ocr_core.errors import OUR_FAULTS, OcrError
from ocr_core.page import PageRef

# Of a reading: a failure that was no fault of the page counts for none.
TRIED_AGAIN = f"r.status = 'failed' AND r.error_kind IN {OUR_FAULTS}"
EXPIRY_SECONDS = 600  # far more than a page may take, its tries after kills included


def claim_page(
    db: CorpusFile,
    ref: PageRef,
    sha256: str,
    digest: str,
    reader: tuple[str, str],
    *,
    again: bool = False,
) -> bool:
    """Claim a page for this run; false where it is another's, or read by now.

    Parameters
    ----------
    ref, sha256, digest, reader
        The page, and how it is to be read, as `Corpus.known` takes them.
    again
        Whether a page that failed this way is to be read once more.
    """
    page = (sha256, ref.number, digest, *reader)
    with db.translate_errors(), _without_sync(db), db.writing():
        _forget_dead_runs(db)
        statuses = db.execute(
            "SELECT r.status FROM readings r JOIN pages p ON p.id = r.page "
            "JOIN documents d ON d.id = p.document "
            "JOIN engines e ON e.id = r.engine "
            "WHERE r.sha256 = ? AND p.number = ? AND r.recipe = ? AND e.name = ? "
            "AND e.language_data = ? AND (d.doc_id = ? OR r.status <> 'failed') "
            f"AND NOT ({TRIED_AGAIN})",
            (*page, ref.doc_id),
        ).fetchall()
        if any(status != "failed" or not again for (status,) in statuses):
            return False
        claimed = db.execute(
            "INSERT OR IGNORE INTO claims VALUES (?, ?, ?, ?, ?, ?)",
            (*page, _renew_run(db)),
        )
        return bool(claimed.rowcount)


def release_run(db: CorpusFile) -> None:
    """End this run; pages that it claimed and has not kept are free."""
    run, db.run = db.run, ""
    if run:
        # Who ends may have closed the file before, or be another thread.
        unheard = contextlib.suppress(OcrError, sqlite3.ProgrammingError)
        with unheard, db.translate_errors(), db.writing():
            db.execute("DELETE FROM runs WHERE id = ?", (run,))


def drop_claim(db: CorpusFile, *page: str | int) -> None:
    """Drop the claim on a page that is kept now."""
    db.execute(
        "DELETE FROM claims WHERE sha256 = ? AND number = ? AND recipe = ? "
        "AND engine = ? AND language_data = ?",
        page,
    )
    if db.run:
        _renew_run(db)


def _renew_run(db: CorpusFile) -> str:
    """Return this run's name; its entry tells that it lives."""
    db.run = db.run or secrets.token_hex(8)
    pid = os.getpid()
    db.execute(
        "INSERT INTO runs VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET seen = excluded.seen",
        (db.run, machine(), pid, beginning(pid), time.time()),
    )
    return db.run


def _forget_dead_runs(db: CorpusFile) -> None:
    others = "SELECT id, machine, pid, began, seen FROM runs WHERE id <> ?"
    for run, *values in db.execute(others, (db.run,)).fetchall():
        if not lives(*values):
            db.execute("DELETE FROM runs WHERE id = ?", (run,))


@contextlib.contextmanager
def _without_sync(db: CorpusFile) -> Iterator[None]:
    # A claim that a power cut takes away is worth no wait for the disk.
    db.execute("PRAGMA synchronous = NORMAL")
    try:
        yield
    finally:
        db.execute("PRAGMA synchronous = FULL")


def lives(where: str, pid: int, began: str, seen: float) -> bool:
    """Return whether a run may still keep pages, as far as can be seen from here."""
    if abs(time.time() - seen) > EXPIRY_SECONDS:
        return False
    return where != machine() or pid == os.getpid() or beginning(pid) == began


@cache
def machine() -> str:
    """Return what tells this machine, since it was started, and this container."""
    try:
        started = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{started} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return platform.node()


def beginning(pid: int) -> str:
    """Return when a process began, by the kernel's clock; "" where there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "" if Path("/proc/self").exists() or not found(pid) else "unknown"
    return "" if fields[0] == "Z" else fields[19]


def found(pid: int) -> bool:
    """Ask the system whether there is such a process, where it has no /proc."""
    if sys.platform == "win32":  # where signal 0 would press Ctrl-C; time will tell
        return True
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return True
