"""Serving: the API in a process of its own, as `ocr-core serve` starts it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.support.waiting import HANG, until


@contextlib.contextmanager
def serving(
    folder: Path, *more: str, **environment: str
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Start a server with its scratch and its log in `folder`; stop it at the end."""
    command = [sys.executable, "-m", "ocr_core", "serve", "--port", "0"]
    with (folder / "log").open("wb") as err:
        process = subprocess.Popen(
            [*command, "--workers", "1", *more],
            cwd=Path(__file__).parents[2],
            env={**os.environ, "TMPDIR": str(folder), **environment},
            stderr=err,
        )
    try:
        yield address(folder / "log", process), process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(HANG)


def address(book: Path, process: subprocess.Popen[bytes]) -> str:
    """Wait until the server tells its address."""
    until(
        lambda: '"listening"' in book.read_text() or process.poll() is not None,
        book.read_text,
    )
    for line in book.read_text().splitlines():
        if '"listening"' in line:
            return json.loads(line)["url"]
    raise AssertionError(book.read_text())
