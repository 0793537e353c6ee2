"""Serving: the API in a process of its own, as `ocr-core serve` starts it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

SECONDS = 60


@contextlib.contextmanager
def serving(
    folder: Path, *more: str, **environment: str
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Start a server with its scratch and its log in `folder`; stop it at the end."""
    command = [sys.executable, "-m", "ocr_core", "serve", "--port", "0"]
    with (folder / "log").open("wb") as err:
        process = subprocess.Popen(
            [*command, "--workers", "1", *more],
            cwd=Path(__file__).parents[1],
            env={**os.environ, "TMPDIR": str(folder), **environment},
            stderr=err,
        )
    try:
        yield address(folder / "log", process), process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def address(book: Path, process: subprocess.Popen[bytes]) -> str:
    """Wait until the server tells its address."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and process.poll() is None:
        for line in book.read_text().splitlines():
            if '"listening"' in line:
                return json.loads(line)["url"]
        time.sleep(0.05)
    raise AssertionError(book.read_text())
