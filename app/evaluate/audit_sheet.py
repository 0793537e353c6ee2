"""Audit sheet: the audit of the open corpus, in a file beside it."""

import contextlib
from pathlib import Path

import streamlit as st

from ocr_core.errors import OcrError
from ocr_core.evaluation.audit import AuditLine, filled_sheet, sheet_csv
from ocr_core.exports import atomic_write

from ..session.session import Session

state = st.session_state


def audit_of(session: Session) -> list[AuditLine]:
    """Return the lines of the audit of the open corpus, kept beside its file.

    What another tab or program has saved there since counts too.
    """
    path = session.project.paths.audit
    kept_for, lines = state.get("audit", (None, []))
    if kept_for != _version(path):
        kept_for, lines = _version(path), []
        with contextlib.suppress(OSError, OcrError):
            lines = filled_sheet(path.read_bytes())
        state.audit = kept_for, lines
    return list(lines)


def save_sheet(session: Session, lines: list[AuditLine]) -> None:
    """Keep the lines of an audit, to go on later; no lines end it.

    Raises
    ------
    OutputError
        If they cannot be saved.
    """
    path = session.project.paths.audit
    with atomic_write(path) as file:
        file.write(sheet_csv(lines).encode())
    state.audit = _version(path), lines


def _version(path: Path) -> tuple[str, int, int]:
    """Return what tells a file from its other versions; zeros if there is none."""
    try:
        found = path.stat()
    except OSError:
        return str(path), 0, 0
    return str(path), found.st_mtime_ns, found.st_size
