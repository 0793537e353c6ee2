"""Pinning: keep a table or a figure of a view for the report of the corpus."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from ocr_core.corpus.pins import Chart
from ocr_core.errors import OcrError

from ..i18n import gettext
from ..session.session import Session
from .widgets import show_error

state = st.session_state


def offer_pin(
    name: str,
    title: str,
    table: Callable[[], pd.DataFrame],
    how: Callable[[], str],
    chart: Chart | None = None,
) -> None:
    """Offer to pin a table, or a figure of it, to the report.

    Parameters
    ----------
    name
        The name of the view, for the keys of the widgets.
    title
        The name that is suggested.
    table, how
        What is pinned, and a paragraph on how it was counted; made when it is pinned.
    """
    key = f"{'figure' if chart else 'table'}_{name}"
    menu = st.popover(
        gettext("Pin to report"),
        icon=":material/keep:",
        key=f"pin_menu_{key}",
        on_change="rerun",  # so that a callback can close it
    )
    if not menu.open:
        return
    with menu:
        st.text_input(
            gettext("Name in the report"),
            title,
            key=f"pin_name_{key}",
            max_chars=200,
            help=gettext("The heading above it in the report."),
        )
        st.button(
            gettext("Pin"),
            key=f"pin_{key}",
            type="primary",
            on_click=pin,
            args=(key, table, how, chart),
        )
        if fault := state.pop(f"pin_fault_{key}", None):
            show_error(fault)


def pin(
    key: str,
    table: Callable[[], pd.DataFrame],
    how: Callable[[], str],
    chart: Chart | None,
) -> None:
    """Pin what a view shows, under the name that was typed."""
    session: Session = state.session
    name, kept, paragraph = str(state[f"pin_name_{key}"]), table(), how()
    try:
        session.corpus_handle.ask(
            lambda corpus: corpus.pin(name, kept, paragraph, chart)
        )
    except OcrError as error:
        state[f"pin_fault_{key}"] = error
        return
    state[f"pin_menu_{key}"] = False
    st.toast(gettext("Pinned: the report has it."), icon=":material/keep:")
