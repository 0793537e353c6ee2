"""Audit sheet: the audit of the open corpus, in a file beside it."""

import contextlib

import streamlit as st

from ocr_core.errors import OcrError
from ocr_core.evaluation.audit import AuditLine, filled_sheet, sheet_csv
from ocr_core.exports import atomic_write

from ..session.session import Session

state = st.session_state


def audit_of(session: Session) -> list[AuditLine]:
    """Return the lines of the audit of the open corpus, kept beside its file."""
    path = session.project.paths.audit
    kept_for, lines = state.get("audit", ("", []))
    if kept_for != str(path):
        lines = []
        with contextlib.suppress(OSError, OcrError):
            lines = filled_sheet(path.read_bytes())
        state.audit = str(path), lines
    return list(lines)


def save_sheet(session: Session, lines: list[AuditLine]) -> None:
    """Keep the lines of an audit, to go on later; no lines end it.

    Raises
    ------
    OutputError
        If they cannot be saved.
    """
    path = session.project.paths.audit
    state.audit = str(path), lines
    with atomic_write(path) as file:
        file.write(sheet_csv(lines).encode())
