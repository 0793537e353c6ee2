"""Promised files: files that are created on disk on request, then streamed.

A button requests the file under a name that only its session knows, and fetches it when
it is complete. So a corpus of any size can be exported without filling the memory, and
errors are shown next to the button.
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
    """An available file: the function that creates it at a path, and its name.

    `make` returns notes on the file for the user, or None.
    """

    make: Callable[[Path], Sequence[str] | None]
    file_name: str
    media: str


class PromisedFiles:
    """The promised files, and the created files that wait to be fetched."""

    def __init__(self) -> None:
        self._promised: dict[str, tuple[Path, PromisedFile]] = {}
        self._ready: dict[str, tuple[Path, PromisedFile]] = {}
        self._lock = threading.Lock()

    def promise(self, name: str, folder: Path, file: PromisedFile) -> None:
        """Register a file that is created in a folder when it is requested by name."""
        with self._lock:
            self._promised[name] = folder, file

    def make(self, name: str) -> tuple[str, Sequence[str]] | None:
        """Create a file; return the name under which it can be fetched, and notes.

        Returns None if the file was not promised.

        Raises
        ------
        OcrError
            If it cannot be created.
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
        path.unlink(missing_ok=True)  # its session ended in the meantime
        return None

    def folder(self, name: str) -> Path | None:
        """Return the folder of a promised file; each session has one folder."""
        with self._lock:
            folder, _ = self._promised.get(name, (None, None))
        return folder

    def look(self, ready: str) -> tuple[Path, PromisedFile] | None:
        """Return a created file, and keep it available."""
        with self._lock:
            return self._ready.get(ready)

    def take(self, ready: str) -> tuple[Path, PromisedFile] | None:
        """Return a created file, and remove it from the list."""
        with self._lock:
            return self._ready.pop(ready, None)

    def drop(self, folder: Path) -> None:
        """Drop all files of a folder, which would keep their session in memory."""
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
BROKEN = Message("An unexpected error stopped the file.")
GONE = Message("The page is out of date. Reload it.")


def made(name: str, code: str = "en") -> tuple[int, dict[str, Any]]:
    """Create a promised file; return the HTTP status and the JSON response.

    `code` is the language of error messages.
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
