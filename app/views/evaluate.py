"""Evaluate: recognition quality, by ground truth and by a sample, and the report."""

import streamlit as st

from app.evaluate.against_truth import truth_view
from app.evaluate.checked_pages import checked_view
from app.evaluate.corpus_audit import audit_view
from app.evaluate.corpus_report import report_view
from app.i18n import gettext, gettext_noop
from app.session.session import Session
from app.ui.widgets import pick_one, show_error
from ocr_core.errors import OcrError

VIEWS = gettext_noop(
    {
        "truth": "One page",
        "checked": "Checked pages",
        "audit": "Audit",
        "report": "Report",
    }
)
SCREENS = {
    "truth": truth_view,
    "checked": checked_view,
    "audit": audit_view,
    "report": report_view,
}

state = st.session_state


def main() -> None:
    """Draw the page from top to bottom."""
    session: Session = state.session
    st.title(gettext("Evaluate"))
    view = pick_one(
        gettext("View"),
        VIEWS,
        key="evaluate_view",
        bind="query-params",
        label_visibility="collapsed",
    )
    if fault := state.pop("audit_fault", None):
        show_error(fault)
    try:
        SCREENS[view](session)
    except OcrError as error:
        show_error(error)


main()
