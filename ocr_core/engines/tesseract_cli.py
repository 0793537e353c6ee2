"""Tesseract as the system's program: one child process for each page.

It is given only validated options and pixels that this program has decoded.
"""

import ctypes
import errno
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from ocr_core.engines import Recognition
from ocr_core.engines.known_words import KnownRun
from ocr_core.engines.spacing import spaces_in
from ocr_core.engines.tesseract import (
    data_digest,
    data_folder,
    installed_languages,
    texts_in_tsv,
    variables,
    words_from_tsv,
)
from ocr_core.errors import (
    EngineError,
    EngineOutputError,
    LimitError,
    LostWorkerError,
    MissingEngineError,
    OcrError,
    OutputError,
    SlowEngineError,
)
from ocr_core.messages import Message
from ocr_core.page import Word

PROGRAM = "tesseract"
PAGE_SECONDS = 60
VERSION_SECONDS = 20
VERSION_TRIES = 3
TSV_BYTES = 100_000_000
MIN_FREE_BYTES = 2**20  # free on the disk; with less, a failure is due to the disk
PR_SET_PDEATHSIG = 1
KILLS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)  # sent by others
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
PAGE_ROW = "\n1\t"
VERSION = re.compile(r"tesseract v?(\d[\w.]*)")


class Pytesseract:
    """The Tesseract program; named after the package that was once used to call it."""

    name = "pytesseract"

    def __init__(self) -> None:
        self.version = program_version()

    def languages(self) -> dict[str, str]:
        return installed_languages()

    def language_data(self, language: str) -> str:
        return data_digest(language)

    def recognize(
        self,
        image: np.ndarray,
        knobs: Recognition,
        dpi: int = 0,
        known: Sequence[KnownRun] = (),
    ) -> list[Word]:
        words = ["-l", knobs.language, "--tessdata-dir", data_folder(knobs.language)]
        words += ["--psm", str(knobs.psm), "--oem", str(knobs.oem)]
        words += ["--dpi", str(dpi)] if dpi else []
        for name, value in variables(knobs).items():
            words += ["-c", f"{name}={value}"]
        # The text shows where white space is, which the table does not.
        words += ["-c", "tessedit_create_tsv=1", "-c", "tessedit_create_txt=1"]
        table, text = run(image, words, "tsv", "txt")
        if PAGE_ROW not in table:  # present even on a page without words
            raise EngineError("Tesseract wrote no output for the page.")
        spaces = spaces_in(text, texts_in_tsv(table))
        return words_from_tsv(table, knobs.psm, knobs.join_rows, spaces)

    def orientation(self, image: np.ndarray) -> tuple[int, float] | None:
        found = self.script(image)
        return found and found[:2]

    def script(self, image: np.ndarray) -> tuple[int, float, str] | None:
        """Return the clockwise turn that makes a page upright, confidence, script."""
        try:
            words = ["-l", "osd", "--psm", "0", "--tessdata-dir", data_folder("osd")]
            [report] = run(image, words, "osd")
        except LostWorkerError:
            raise
        except (MissingEngineError, EngineError, LimitError):
            return None  # too few characters
        turn = re.search(r"Rotate: (\d+)", report)
        sure = re.search(r"Orientation confidence: ([\d.]+)", report)
        script = re.search(r"Script: (\w+)", report)
        if not (turn and sure):
            return None
        return int(turn[1]), float(sure[1]), script[1] if script else ""


def program_version() -> str:
    """Return the version of the program.

    The call is repeated if the program was killed from outside before it answered.

    Raises
    ------
    MissingEngineError
        If the program is missing, or does not answer.
    """
    for _ in range(VERSION_TRIES):
        done = _asked_for_version()
        if found := VERSION.search(done.stdout.decode(errors="replace")):
            return found[1]
        if -done.returncode not in KILLS:
            break
    raise MissingEngineError(
        "The Tesseract program does not say its version.",
        hint="Run: tesseract --version",
    )


def _asked_for_version() -> "subprocess.CompletedProcess[bytes]":
    try:
        return subprocess.run(
            [PROGRAM, "--version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=VERSION_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise missing() from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MissingEngineError(
            "The Tesseract program does not run: {0}.",
            type(error).__name__,
            hint="Run: tesseract --version",
        ) from error


def missing() -> MissingEngineError:
    """Return the error for a missing Tesseract program."""
    return MissingEngineError(
        "The Tesseract program is not installed.",
        hint="On Debian or Ubuntu: sudo apt-get install tesseract-ocr",
    )


def run(image: np.ndarray, words: list[str], *suffixes: str) -> list[str]:
    """Run the program on pixels; return what it wrote in each output format.

    The first output is required; any other is empty if it is missing.

    Raises
    ------
    EngineError, LimitError, LostWorkerError, MissingEngineError, OutputError
        Depending on the cause.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="tesseract_") as folder:
            # Uncompressed: writing an A4 page as PNG takes half a second.
            page = Path(folder) / "page.pgm"
            Image.fromarray(image).save(page, format="PPM")
            _await(_started([PROGRAM, str(page), f"{folder}/text", *words]))
            first, *others = (Path(folder) / f"text.{suffix}" for suffix in suffixes)
            return [_content(first), *map(_text, others)]
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise _no_room() from error


def _started(command: list[str]) -> "subprocess.Popen[bytes]":
    # Its standard error can be long and is not meant for the user.
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_end_with_parent(),
        )
    except FileNotFoundError:
        raise missing() from None
    except OSError as error:
        raise EngineError(
            "The Tesseract program does not start: {0}.", error.strerror
        ) from error


def _await(program: "subprocess.Popen[bytes]") -> None:
    """Wait until the program ends, and raise an error if it failed."""
    try:
        status = program.wait(PAGE_SECONDS)
    except subprocess.TimeoutExpired:
        raise SlowEngineError(
            "Tesseract needed more than {0} seconds for the page.", PAGE_SECONDS
        ) from None
    finally:
        _kill(program)
    if status < 0:
        raise _killed(-status)
    if status:
        raise EngineError("Tesseract stopped with exit code {0}.", status)


def _kill(program: "subprocess.Popen[bytes]") -> None:
    """Kill the program if it still runs, and its child processes."""
    if program.returncode is None:
        if sys.platform == "win32":
            program.kill()
        else:
            os.killpg(program.pid, signal.SIGKILL)
        program.wait()


def _killed(number: int) -> OcrError:
    cause = Message("Tesseract was killed by signal {0}.", number)
    if number in KILLS:  # from outside: not the page's fault
        return LostWorkerError(cause)
    return EngineError(cause)


def _content(output: Path) -> str:
    """Return what the program wrote."""
    try:
        content = output.read_bytes() if output.stat().st_size < TSV_BYTES else None
    except FileNotFoundError:
        content = b""
    if content is None:
        raise EngineError("Tesseract wrote far too much output.")
    if not content and shutil.disk_usage(output.parent).free < MIN_FREE_BYTES:
        raise _no_room()
    if not content:
        raise EngineError("Tesseract wrote no output.")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise EngineOutputError("Tesseract's output is not UTF-8.") from None


def _text(path: Path) -> str:
    return path.read_bytes().decode(errors="replace") if path.is_file() else ""


def _no_room() -> OutputError:
    return OutputError(
        "There is no room for temporary files.",
        hint="Free disk space, or set TMPDIR to another folder.",
    )


def _end_with_parent() -> Callable[[], None] | None:
    """Return a function that makes the program end when its parent process ends.

    None if another thread may hold a lock during the fork, or the system lacks it.
    """
    if sys.platform != "linux" or threading.active_count() > 1:
        return None
    prctl, parent = ctypes.CDLL(None).prctl, os.getpid()

    def end_with_parent() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return end_with_parent
