"""Scratch folders: they go with the program that uses them, even where it is killed."""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

SCRATCH = "ocr-core-scratch-"  # nobody names results so: they would be deleted


@contextlib.contextmanager
def temporary_folder(parent: str | None = None) -> Iterator[Path]:
    """Make a folder that goes with its user, at the latest when the next is made.

    A program that is killed cannot tidy up: its folder is known by a lock that nobody
    holds any more. It lies where temporary files do, unless `parent` is named.
    """
    parent = parent or tempfile.gettempdir()
    if sys.platform == "win32":  # no such locks
        with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=parent) as only:
            yield Path(only)
        return
    for left in Path(parent).glob(f"{SCRATCH}*"):
        with contextlib.suppress(OSError), _locked(left):
            shutil.rmtree(left, ignore_errors=True)
    for newborn in Path(parent).glob(f"new-*-{SCRATCH}*"):
        if not _is_running(newborn.name.split("-")[1]):
            shutil.rmtree(newborn, ignore_errors=True)
    newness = f"new-{os.getpid()}-"
    newborn = Path(tempfile.mkdtemp(prefix=f"{newness}{SCRATCH}", dir=parent))
    with _locked(newborn):
        # Only now under the name that others look for: it is locked already.
        folder = newborn.rename(newborn.with_name(newborn.name.removeprefix(newness)))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _is_running(number: str) -> bool:
    try:
        os.kill(int(number), 0)
    except (ValueError, ProcessLookupError, OverflowError):
        return False
    except OSError:  # another user's
        return True
    return True


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a folder's lock; OSError where another program holds it."""
    import fcntl  # not there on Windows

    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)
