"""Hosting: which folder of projects a user may access.

If the app serves only this machine, projects are in a folder of the local user. If it
serves other machines, each visitor has a separate folder. A random key in a browser
cookie identifies it; only the digest of the key is stored on disk. Where people sign
in, each person has a folder instead.
"""

import contextlib
import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from ocr_core.errors import LimitError, OutputError
from ocr_core.hosts import is_loopback

from .project_library import Library, is_open
from .project_paths import LEFTOVER, folder_size, remove_folder
from .sign_in import is_required, signed_in

FOLDER = "OCR_CORE_CORPORA"
USUAL_FOLDER = "~/ocr-corpora"
HOSTED_FOLDER = "OCR_CORE_PROJECTS"
USUAL_HOSTED_FOLDER = "~/.local/state/ocr-core/projects"
KEEP_DAYS, USUAL_KEEP_DAYS = "OCR_CORE_KEEP_DAYS", 30
VISITOR_MB, USUAL_VISITOR_MB = "OCR_CORE_VISITOR_MB", 1000
FREE_BYTES = 1_000_000_000  # disk space that visitors' projects must leave free
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via")
COOKIE = "ocr_projects"
KEY = re.compile(r"[A-Za-z0-9_-]{43}")  # 256 bits
USED = ".used"  # its modification time is that of the last visit; it names the person
DAY_SECONDS = 86_400


def served_alone(headers: Mapping[str, str]) -> bool:
    """Return whether the request can only come from the local user."""
    address = str(st.get_option("server.address") or "0.0.0.0")
    return is_loopback(address) and not any(name in headers for name in FORWARDED)


def visitor_library() -> Library | None:
    """Return the current user's projects; None if projects are not saved."""
    if is_required():
        root, person = hosted_root(), signed_in()
        if root is None or person is None:
            return None
        return hosted_library(root, person.key, person.label)
    if served_alone(st.context.headers):
        folder = _folder(FOLDER, USUAL_FOLDER)
        return Library(folder, own_machine=True) if folder else None
    root, key = hosted_root(), visitor_key(st.context.cookies)
    return hosted_library(root, key) if root and key else None


def hosted_root() -> Path | None:
    """Return the folder of all visitors' projects; None if they are not saved."""
    return _folder(HOSTED_FOLDER, USUAL_HOSTED_FOLDER)


def _folder(setting: str, usual: str) -> Path | None:
    named = os.environ.get(setting, usual)
    return Path(named).expanduser().absolute() if named else None


def new_key() -> str:
    """Return a new random key."""
    return secrets.token_urlsafe(32)


def visitor_key(cookies: Mapping[str, str]) -> str:
    """Return the visitor key in a browser's cookies; "" if there is no valid one."""
    key = cookies.get(COOKIE, "")
    return key if KEY.fullmatch(key) else ""


def visitor_folder(root: Path, key: str) -> Path:
    """Return the folder that belongs to a key; the key cannot be derived from it."""
    return root / hashlib.sha256(key.encode()).hexdigest()


def hosted_library(root: Path, key: str, label: str = "") -> Library:
    """Return the projects that belong to a key, and record the visit.

    `label` names the person, for the admins of the server.
    """
    folder = visitor_folder(root, key)
    touch(folder, label)

    def check_room(size: int) -> None:
        check_visitor_room(folder, size)

    return Library(folder, check_room=check_room)


def touch(folder: Path, label: str = "") -> None:
    """Record a visit of a person, or of a visitor who has saved projects."""
    with contextlib.suppress(OSError):  # full disk: the folder has a time of its own
        if label:
            folder.mkdir(parents=True, exist_ok=True)
        if folder.is_dir():
            (folder / USED).write_text(label, encoding="utf-8")
            os.utime(folder / USED)


@dataclass(frozen=True)
class Usage:
    """What a person or visitor keeps: a label or "", and the time in seconds."""

    id: str
    label: str
    projects: int
    size: int  # bytes
    visited: float


def usage(root: Path) -> list[Usage]:
    """Return what each person or visitor keeps, those who keep most first."""
    lines = []
    for folder in root.iterdir() if root.is_dir() else ():
        used = folder / USED
        try:
            label = used.read_text(encoding="utf-8") if used.exists() else ""
            visited = (used if used.exists() else folder).stat().st_mtime
            projects = len(Library(folder).ids())
        except OSError:  # deleted meanwhile
            continue
        size = folder_size(folder)
        lines.append(Usage(folder.name[:8], label, projects, size, visited))
    return sorted(lines, key=lambda each: each.size, reverse=True)


def check_visitor_room(folder: Path, size: int) -> None:
    """Check that a visitor's quota and the disk have room for more bytes.

    Raises
    ------
    LimitError, OutputError
        If there is not enough room.
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
    """Delete the projects of expired visitors; return the number of visitors."""
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
