"""Processes: the real command in a separate folder, observed, counted and killed."""

import contextlib
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

from tests.support.waiting import HANG, until

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "ocr_core"]
COUNTING = """#!/bin/sh
case "$*" in *tsv*) echo page >> "{book}" ;; esac
exec "{program}" "$@"
"""


class Readings:
    """Wraps Tesseract's program and counts the pages that it reads."""

    def __init__(self, folder):
        folder.mkdir()
        self.book = folder / "readings"
        self.folder = folder / "bin"
        self.folder.mkdir()
        program = self.folder / "tesseract"
        program.write_text(
            COUNTING.format(book=self.book, program=shutil.which("tesseract"))
        )
        program.chmod(0o755)

    def __len__(self):
        return len(self.book.read_text().splitlines()) if self.book.exists() else 0


class Batch:
    """`ocr-core batch`, with a temporary folder by which its processes are known."""

    def __init__(self, folder, path, book, readings=None, workers=2, **options):
        self.book = book
        book.mkdir(exist_ok=True)
        words = ["batch", folder, "--corpus", path, "--workers", str(workers)]
        known = {**os.environ, "TMPDIR": str(book)}
        if readings is not None:
            words += ["--engine", "pytesseract"]
            known["PATH"] = f"{readings.folder}:{known['PATH']}"
        self.process = subprocess.Popen(
            [*COMMAND, *words],
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=known,
            **options,
        )

    def family(self):
        """Return the processes that work for the command, itself included."""
        mark = f"TMPDIR={self.book}".encode()
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mark in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
        return found

    def workers(self):
        """Return the processes that read: children of the fork server."""
        parents = {}
        for each in self.family():
            with contextlib.suppress(OSError):
                stat = Path(f"/proc/{each}/stat").read_text()
                parents[each] = int(stat.rpartition(")")[2].split()[1])
        own = {each for each, parent in parents.items() if parent == self.process.pid}
        return [each for each, parent in parents.items() if parent in own]

    def end(self):
        """Wait until all processes have ended; return the exit code and the output."""
        _, output = self.process.communicate(timeout=HANG)
        until(lambda: not self.family())
        return self.process.returncode, output


def kept(path):
    """Count the pages in a corpus that another process writes, or will make."""
    try:
        with contextlib.closing(
            sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        ) as db:
            return db.execute("SELECT count(*) FROM readings").fetchone()[0]
    except sqlite3.OperationalError:  # no file or no table yet
        return 0


def answers(process):
    """Return whether the command has installed its signal handlers."""
    with contextlib.suppress(OSError):
        status = Path(f"/proc/{process}/status").read_text()
        caught = int(re.search(r"SigCgt:\s*(\w+)", status)[1], 16)
        return bool(caught >> (signal.SIGTERM - 1) & 1)
    return False


def alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{process}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
