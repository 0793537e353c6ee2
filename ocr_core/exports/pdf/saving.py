"""Saving: writes PDFs to files; raises an error with a message if the disk is full."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pikepdf
from pikepdf import Pdf

from ocr_core.errors import OutputError
from ocr_core.version import ocr_core_version


def save(pdf: Pdf, path: str, *, ours: bool = False) -> None:
    """Save a PDF; one that is `ours` names this program as its producer."""
    if ours:
        pdf.docinfo["/Producer"] = pikepdf.String(f"ocr-core {ocr_core_version()}")
    with _disk_errors_reported(), Path(path).open("wb") as file:
        pdf.save(file, deterministic_id=True)


def copy_file(source: str, path: str) -> None:
    """Copy a file's bytes."""
    with _disk_errors_reported():
        shutil.copyfile(source, path)


@contextmanager
def _disk_errors_reported() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OutputError(
            "The PDF cannot be assembled: {0}.",
            reason,
            hint="Free space for temporary files, or write fewer pages at a time.",
        ) from error
