"""Hosting: who may see which folder of projects.

Where the app serves this machine only, projects lie in a folder of the person at it.
Where it lets others in, each visitor has a folder of their own, found by a random key
that their browser keeps in a cookie; on disk there is only the key's digest.
"""

import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from ocr_core.errors import LimitError, OutputError
from ocr_core.hosts import is_loopback

from .project import LEFTOVER, folder_size, remove_folder
from .project_library import Library, is_open

FOLDER = "OCR_CORE_CORPORA"
USUAL_FOLDER = "~/ocr-corpora"
HOSTED_FOLDER = "OCR_CORE_PROJECTS"
USUAL_HOSTED_FOLDER = "~/.local/state/ocr-core/projects"
KEEP_DAYS, USUAL_KEEP_DAYS = "OCR_CORE_KEEP_DAYS", 30
VISITOR_MB, USUAL_VISITOR_MB = "OCR_CORE_VISITOR_MB", 1000
FREE_BYTES = 1_000_000_000  # that visitors leave on the disk
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via")
COOKIE = "ocr_projects"
KEY = re.compile(r"[A-Za-z0-9_-]{43}")  # 256 bits
USED = ".used"  # its time of change says when a visitor was last here
DAY_SECONDS = 86_400


def served_alone(headers: Mapping[str, str]) -> bool:
    """Return whether only the person at this machine can have sent the request."""
    address = str(st.get_option("server.address") or "0.0.0.0")
    return is_loopback(address) and not any(name in headers for name in FORWARDED)


def visitor_library() -> Library | None:
    """Return the projects of whoever opened the page; None where none are kept."""
    if served_alone(st.context.headers):
        folder = _folder(FOLDER, USUAL_FOLDER)
        return Library(folder, own_machine=True) if folder else None
    root, key = hosted_root(), visitor_key(st.context.cookies)
    return hosted_library(root, key) if root and key else None


def hosted_root() -> Path | None:
    """Return the folder of all visitors' projects; None where none are kept."""
    return _folder(HOSTED_FOLDER, USUAL_HOSTED_FOLDER)


def _folder(setting: str, usual: str) -> Path | None:
    named = os.environ.get(setting, usual)
    return Path(named).expanduser().absolute() if named else None


def new_key() -> str:
    """Return a key that nobody can guess."""
    return secrets.token_urlsafe(32)


def visitor_key(cookies: Mapping[str, str]) -> str:
    """Return the key that a browser keeps; "" where it has none of ours."""
    key = cookies.get(COOKIE, "")
    return key if KEY.fullmatch(key) else ""


def visitor_folder(root: Path, key: str) -> Path:
    """Return the folder that hangs on a key; it tells nobody the key."""
    return root / hashlib.sha256(key.encode()).hexdigest()


def hosted_library(root: Path, key: str) -> Library:
    """Return the projects that hang on a key, and note that somebody was here."""
    folder = visitor_folder(root, key)
    touch(folder)

    def check_room(size: int) -> None:
        check_visitor_room(folder, size)

    return Library(folder, check_room=check_room)


def touch(folder: Path) -> None:
    """Note that a visitor was here, if anything of theirs is kept."""
    if folder.is_dir():
        try:
            (folder / USED).touch()
        except OSError:  # a full disk: the folder's own time must do
            return


def check_visitor_room(folder: Path, size: int) -> None:
    """Refuse what would fill a visitor's part of the disk, or the disk.

    Raises
    ------
    LimitError, OutputError
        Where there is no room for so many bytes more.
    """
    if folder_size(folder) + size > visitor_bytes():
        raise LimitError(
            "Your projects would take more than {0} MB.",
            visitor_bytes() // 10**6,
            hint="Delete a project that you no longer need.",
        )
    there = next(each for each in (folder, *folder.parents) if each.is_dir())
    if shutil.disk_usage(there).free - size < FREE_BYTES:
        raise OutputError(
            "The disk of the server is nearly full.",
            hint="Download what you need, or come again later.",
        )


def keep_days() -> int:
    """Return for how many days a visitor's projects are kept after the last visit."""
    return _number(KEEP_DAYS, USUAL_KEEP_DAYS)


def visitor_bytes() -> int:
    """Return how many bytes a visitor's projects may take."""
    return _number(VISITOR_MB, USUAL_VISITOR_MB) * 10**6


def _number(setting: str, usual: int) -> int:
    value = os.environ.get(setting, "")
    return int(value) if value.isdecimal() and 0 < int(value) < 10**6 else usual


def clear_expired(root: Path | None) -> int:
    """Delete what nobody came back for in time; return how many visitors' it was."""
    if root is None or not root.is_dir():
        return 0
    latest = time.time() - keep_days() * DAY_SECONDS
    cleared = 0
    for folder in root.iterdir():
        used = folder / USED
        try:
            last = (used if used.exists() else folder).stat().st_mtime
        except OSError:
            continue
        unfinished = folder.name.startswith(LEFTOVER)
        if unfinished or (last < latest and not is_open(folder)):
            remove_folder(folder)
            cleared += 1
    return cleared


def delete_all(library: Library) -> None:
    """Delete all projects of a visitor."""
    for id in library.ids():
        library.delete(id)
    remove_folder(library.root)
