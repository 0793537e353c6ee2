"""Files that are made on disk when they are asked for, and then streamed.

A button asks the server to make the file, under a name that only its session knows,
and fetches it when it is whole. So a corpus of any size leaves without filling memory,
and what went wrong is said beside the button.
"""

import logging
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ocr_core.errors import OcrError
from ocr_core.messages import Message

from ..i18n import translate_message


@dataclass(frozen=True)
class PromisedFile:
    """A file to be had: what makes it at a path, and what it is called then.

    `make` returns sentences that the reader should know of the file, or None.
    """

    make: Callable[[Path], Sequence[str] | None]
    file_name: str
    media: str


class PromisedFiles:
    """What is promised to browsers, and files that wait to be fetched."""

    def __init__(self) -> None:
        self._promised: dict[str, tuple[Path, PromisedFile]] = {}
        self._ready: dict[str, tuple[Path, PromisedFile]] = {}
        self._lock = threading.Lock()

    def promise(self, name: str, folder: Path, file: PromisedFile) -> None:
        """Have a file made in a folder as soon as somebody asks for it by name."""
        with self._lock:
            self._promised[name] = folder, file

    def make(self, name: str) -> tuple[str, Sequence[str]] | None:
        """Make a file; return the name under which it waits, and notes on it.

        None where no such file was promised.

        Raises
        ------
        OcrError
            Where it cannot be made.
        """
        with self._lock:
            promised = self._promised.get(name)
        if promised is None:
            return None
        folder, file = promised
        ready = secrets.token_hex(20)
        path = folder / f"handout_{ready}"
        try:
            notes = file.make(path) or ()
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        with self._lock:
            if name in self._promised:
                self._ready[ready] = path, file
                return ready, notes
        path.unlink(missing_ok=True)  # its session has ended meanwhile
        return None

    def folder(self, name: str) -> Path | None:
        """Return where a promised file will lie; a session has one folder."""
        with self._lock:
            folder, _ = self._promised.get(name, (None, None))
        return folder

    def look(self, ready: str) -> tuple[Path, PromisedFile] | None:
        """Return a file that was made, and have it wait on."""
        with self._lock:
            return self._ready.get(ready)

    def take(self, ready: str) -> tuple[Path, PromisedFile] | None:
        """Return a file that was made; it is given once."""
        with self._lock:
            return self._ready.pop(ready, None)

    def drop(self, folder: Path) -> None:
        """Forget what was promised or made in a folder: it holds its session alive."""
        with self._lock:
            self._promised = {
                name: each for name, each in self._promised.items() if each[0] != folder
            }
            self._ready = {
                name: each
                for name, each in self._ready.items()
                if each[0].parent != folder
            }


PROMISED_FILES = PromisedFiles()
BROKEN = Message("An unexpected fault stopped the file.")
GONE = Message("The page is out of date. Reload it.")


def made(name: str, code: str = "en") -> tuple[int, dict[str, Any]]:
    """Make a promised file; return the status and the answer for the browser.

    `code` is the language in which it says what went wrong.
    """
    try:
        file = PROMISED_FILES.make(name)
    except OcrError as error:
        return 409, {"error": translate_message(str(error), code)}
    except Exception:
        logging.getLogger(__name__).exception("A file could not be made.")
        return 500, {"error": translate_message(BROKEN, code)}
    if file is None:
        return 404, {"error": translate_message(GONE, code)}
    ready, notes = file
    return 200, {"url": f"/file/{ready}", "notes": list(notes)}
