"""Serving: the API or the app in a separate process, as a user starts it."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.support.waiting import HANG, until


@contextlib.contextmanager
def serving(
    folder: Path, *more: str, **environment: str
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Start a server with its temporary files and log in `folder`; stop it at the
    end."""
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


@contextlib.contextmanager
def serving_app(folder: Path) -> Iterator[str]:
    """Start the app with its files in `folder`; stop it at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app/asgi.py"]
    environment = {"TMPDIR": str(folder), "OCR_CORE_PROJECTS": str(folder)}
    with (folder / "log").open("wb") as output:
        process = subprocess.Popen(
            [*command, "--server.port", str(port), "--server.headless", "true"],
            cwd=Path(__file__).parents[2],
            env={**os.environ, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        until(lambda: listens(port) or process.poll() is not None)
        assert process.poll() is None, (folder / "log").read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(HANG)


def listens(port: int) -> bool:
    """Return whether a port of this machine can be connected to."""
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


def address(book: Path, process: subprocess.Popen[bytes]) -> str:
    """Wait until the server reports its address."""
    until(
        lambda: '"listening"' in book.read_text() or process.poll() is not None,
        book.read_text,
    )
    for line in book.read_text().splitlines():
        if '"listening"' in line:
            return json.loads(line)["url"]
    raise AssertionError(book.read_text())
