"""Temporary folders: deleted after use, even if the program was killed."""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

SCRATCH = "ocr-core-scratch-"  # folders with this prefix may be deleted


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
    new_prefix = f"new-{os.getpid()}-"
    new_folder = Path(tempfile.mkdtemp(prefix=f"{new_prefix}{SCRATCH}", dir=parent))
    with _locked(new_folder):
        # Other processes look for the new name only, and it is locked already.
        folder = new_folder.rename(
            new_folder.with_name(new_folder.name.removeprefix(new_prefix))
        )
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


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
