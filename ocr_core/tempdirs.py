"""Temporary folders: deleted after use, even if the program was killed."""

import contextlib
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

SCRATCH = "ocr-core-scratch-"  # folders with this prefix may be deleted
RANDOM_BYTES = 8  # of their names, as hexadecimal digits


@contextlib.contextmanager
def temporary_folder(parent: str | None = None) -> Iterator[Path]:
    """Create a folder and delete it after use, or at the next call if killed before.

    A killed program cannot delete its folder: the next call recognises the folder by a
    lock that no process holds. `parent` is by default the system's temporary folder.
    """
    parent = parent or tempfile.gettempdir()
    if sys.platform == "win32":  # has no such locks
        with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=parent) as only:
            yield Path(only)
        return
    for left in Path(parent).glob(f"{SCRATCH}*"):
        with contextlib.suppress(OSError), _locked(left):
            shutil.rmtree(left, ignore_errors=True)
    for new_folder in Path(parent).glob(f"new-*-{SCRATCH}*"):
        if not _is_running(new_folder.name.split("-")[1]):
            shutil.rmtree(new_folder, ignore_errors=True)
    folder = Path(parent).absolute() / f"{SCRATCH}{secrets.token_hex(RANDOM_BYTES)}"
    new_folder = folder.with_name(f"new-{os.getpid()}-{folder.name}")
    try:
        new_folder.mkdir(mode=0o700)
        with _locked(new_folder):
            # Other processes look for the new name only, and it is locked already.
            new_folder.rename(folder)
            yield folder
    finally:
        for each in (folder, new_folder):  # an interrupt may precede the renaming
            shutil.rmtree(each, ignore_errors=True)


def _is_running(number: str) -> bool:
    try:
        os.kill(int(number), 0)
    except (ValueError, ProcessLookupError, OverflowError):
        return False
    except OSError:  # a process of another user
        return True
    return True


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a folder's lock; raise OSError if another program holds it."""
    import fcntl  # not available on Windows

    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)
