"""Tesseract as the system's program, through pytesseract: one child for each page."""

import ctypes
import errno
import re
import shlex
import signal
import sys
import threading
from typing import Any

import numpy as np
import pytesseract
from PIL import Image

from ocr_core.engines import Recognition
from ocr_core.engines.tesseract import (
    data_digest,
    data_folder,
    installed_languages,
    variables,
    words_from_tsv,
)
from ocr_core.errors import (
    EngineError,
    LimitError,
    LostWorkerError,
    MissingEngineError,
    OutputError,
)
from ocr_core.page import Word

PAGE_SECONDS = 60
PR_SET_PDEATHSIG = 1
KILLS = (signal.SIGKILL, signal.SIGTERM)  # from outside, whatever the page
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Pytesseract:
    """The Tesseract program, told nothing but typed options and our own pixels."""

    name = "pytesseract"

    def __init__(self) -> None:
        try:
            self.version = str(pytesseract.get_tesseract_version())
        except (pytesseract.TesseractNotFoundError, SystemExit):
            raise MissingEngineError(
                "The Tesseract program is not installed.",
                hint="On Debian or Ubuntu: sudo apt-get install tesseract-ocr",
            ) from None

    def languages(self) -> dict[str, str]:
        return installed_languages()

    def language_data(self, language: str) -> str:
        return data_digest(language)

    def recognize(
        self, image: np.ndarray, knobs: Recognition, dpi: int = 0
    ) -> list[Word]:
        words = ["--psm", str(knobs.psm), "--oem", str(knobs.oem)]
        words += ["--tessdata-dir", data_folder(knobs.language)]
        words += ["--dpi", str(dpi)] if dpi else []
        for name, value in variables(knobs).items():
            words += ["-c", f"{name}={value}"]
        table = _run(image, knobs.language, shlex.join(words))
        return words_from_tsv(table, knobs.psm, knobs.join_rows)

    def orientation(self, image: np.ndarray) -> tuple[int, float] | None:
        try:
            options = f"--psm 0 --tessdata-dir {shlex.quote(data_folder('osd'))}"
            report = pytesseract.image_to_osd(
                _picture(image), lang="osd", config=options, timeout=PAGE_SECONDS
            )
        except (MissingEngineError, pytesseract.TesseractError, RuntimeError):
            return None  # too few characters to tell
        turn = re.search(r"Rotate: (\d+)", report)
        sure = re.search(r"Orientation confidence: ([\d.]+)", report)
        return (int(turn[1]), float(sure[1])) if turn and sure else None


def _run(image: np.ndarray, language: str, options: str) -> str:
    try:
        return str(
            pytesseract.image_to_data(
                _picture(image),
                lang=language,
                config=options,
                output_type=pytesseract.Output.STRING,
                timeout=PAGE_SECONDS,
            )
        )
    except pytesseract.TesseractNotFoundError as error:
        raise MissingEngineError(
            "The Tesseract program is not installed.",
            hint="On Debian or Ubuntu: sudo apt-get install tesseract-ocr",
        ) from error
    except pytesseract.TesseractError as error:
        if -error.status in KILLS:
            raise LostWorkerError("Tesseract was killed.") from error
        raise EngineError(
            f"Tesseract stopped with exit code {error.status}."
        ) from error
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise OutputError(
            "There is no room for temporary files.",
            hint="Make room on the disk, or let TMPDIR name another folder.",
        ) from error
    except UnicodeDecodeError as error:
        raise EngineError("Tesseract returned bytes that are no text.") from error
    except RuntimeError as error:  # pytesseract's word for a timeout
        raise LimitError(
            f"Tesseract needed more than {PAGE_SECONDS} seconds for the page."
        ) from error


def _picture(image: np.ndarray) -> Image.Image:
    picture = Image.fromarray(image)
    picture.format = "PPM"  # uncompressed: a PNG of an A4 page costs half a second
    return picture


_plain_arguments = pytesseract.pytesseract.subprocess_args


def _bound_arguments(include_stdout: bool = True) -> Any:
    """Let the program die with the worker that started it."""
    arguments = _plain_arguments(include_stdout)
    # Only where no other thread can hold a lock over the fork.
    if sys.platform == "linux" and threading.active_count() == 1:
        arguments["preexec_fn"] = _die_with_parent
    return arguments


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


pytesseract.pytesseract.subprocess_args = _bound_arguments
