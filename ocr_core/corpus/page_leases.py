"""Page leases: which pages each run is reading, so that other runs skip them.

A lease ends when its page is saved or its run ends. It also ends when the run's process
no longer exists on this machine, or when the run has saved and claimed nothing for
`EXPIRY_SECONDS`.
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

# Condition for readings that failed through no fault of the page.
TRIED_AGAIN = f"r.status = 'failed' AND r.error_kind IN {OUR_FAULTS}"
EXPIRY_SECONDS = 600  # far more than a page takes, with retries after a kill


def claim_page(
    db: CorpusFile,
    ref: PageRef,
    sha256: str,
    digest: str,
    reader: tuple[str, str],
    *,
    again: bool = False,
) -> bool:
    """Claim a page for this run; false if another run has it, or it has been read.

    Parameters
    ----------
    ref, sha256, digest, reader
        The page, its settings and its engine, as for `Corpus.existing_results`.
    again
        Whether to read a page again that failed with these settings.
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
    """End this run; other runs can claim its unsaved pages."""
    run, db.run = db.run, ""
    if run:
        # The file may already be closed, or this may be another thread.
        suppressed = contextlib.suppress(OcrError, sqlite3.ProgrammingError)
        with suppressed, db.translate_errors(), db.writing():
            db.execute("DELETE FROM runs WHERE id = ?", (run,))


def drop_claim(db: CorpusFile, *page: str | int) -> None:
    """Delete the claim on a page that was saved."""
    db.execute(
        "DELETE FROM claims WHERE sha256 = ? AND number = ? AND recipe = ? "
        "AND engine = ? AND language_data = ?",
        page,
    )
    if db.run:
        _renew_run(db)


def _renew_run(db: CorpusFile) -> str:
    """Update the time stamp of this run, and return its id."""
    db.run = db.run or secrets.token_hex(8)
    pid = os.getpid()
    db.execute(
        "INSERT INTO runs VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET seen = excluded.seen",
        (db.run, host_id(), pid, process_start(pid), time.time()),
    )
    return db.run


def _forget_dead_runs(db: CorpusFile) -> None:
    others = "SELECT id, machine, pid, began, seen FROM runs WHERE id <> ?"
    for run, *values in db.execute(others, (db.run,)).fetchall():
        if not is_alive(*values):
            db.execute("DELETE FROM runs WHERE id = ?", (run,))


@contextlib.contextmanager
def _without_sync(db: CorpusFile) -> Iterator[None]:
    # Losing a claim in a power cut is harmless, so do not wait for the disk.
    db.execute("PRAGMA synchronous = NORMAL")
    try:
        yield
    finally:
        db.execute("PRAGMA synchronous = FULL")


def is_alive(where: str, pid: int, began: str, seen: float) -> bool:
    """Return whether a run may still be running, as far as this machine can see."""
    if abs(time.time() - seen) > EXPIRY_SECONDS:
        return False
    return where != host_id() or pid == os.getpid() or process_start(pid) == began


@cache
def host_id() -> str:
    """Return an id of this machine, since its last boot, and of this container."""
    try:
        started = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{started} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return platform.node()


def process_start(pid: int) -> str:
    """Return the kernel's start time of a process; "" if there is no process."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "" if Path("/proc/self").exists() or not pid_exists(pid) else "unknown"
    return "" if fields[0] == "Z" else fields[19]


def pid_exists(pid: int) -> bool:
    """Return whether a process exists, on systems without /proc."""
    if sys.platform == "win32":  # signal 0 sends Ctrl-C there; let the run expire
        return True
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return True
