"""Replaced files: a file appears under its name only when it is complete."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


@contextlib.contextmanager
def replaced_file(path: Path, prefix: str, mode: int) -> Iterator[BinaryIO]:
    """Open a draft beside a file, which takes its place at the end.

    Parameters
    ----------
    path
        The file; one that exists is unchanged if writing fails.
    prefix
        How the name of the draft begins.
    mode
        Who may read the file, as for `Path.chmod`.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=prefix)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(draft).chmod(mode)
        Path(draft).replace(path)
        draft = ""
    finally:
        if draft:
            with contextlib.suppress(OSError):
                Path(draft).unlink()
