"""Reading status: the recognition of the current page, from request to result."""

import time
from itertools import groupby

import numpy as np
import streamlit as st

from ocr_core.errors import OcrError
from ocr_core.page import DOUBTFUL, PageRef, PageResult, Word, box_corners
from ocr_core.settings import Settings

from ..i18n import gettext, translate_message
from ..session.page_jobs import PageJob
from ..session.pools import page_pool
from ..session.session import Session
from ..ui.widgets import plain

REST_SECONDS = 0.4  # delay after the last change of a slider before recognition starts

state = st.session_state


def page_key(ref: PageRef, settings: Settings) -> tuple[str, int, str]:
    """Return the identity of a result: the page and the settings."""
    return ref.path, ref.number, settings.digest


def arrive(ref: PageRef, settings: Settings) -> bool:
    """Record the current page and settings; return whether the page has changed."""
    key = page_key(ref, settings)
    before = state.get("current_page") or (None, None, None)
    if before == key:
        return False
    other_page = before[:2] != key[:2]
    state.current_page = key
    state.rest_until = time.monotonic() + (0 if other_page else REST_SECONDS)
    return other_page


def finished(task: PageJob | None) -> PageResult | None:
    """Return the result of a finished job, or None."""
    if task is None or not task.done() or task.error:
        return None
    return task.result()


def stopped() -> bool:
    """Return whether it failed or was cancelled; then only the user restarts it."""
    return bool(state.get("sticky") == state.current_page)


def watch(session: Session, ref: PageRef, settings: Settings) -> None:
    """Show the status; start recognition after the last change of the settings."""
    if state.pop("redraw", False):
        st.rerun()
    task = session.readings.find(ref, settings)
    rested = time.monotonic() >= state.rest_until
    if rested and sharpened(session, ref, settings):
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        if task is None and not stopped():
            if rested:
                session.read(ref, settings)
            st.markdown(f":material/hourglass_empty: {gettext('Reading…')}")
        elif task is None:
            st.markdown(f":material/stop_circle: {gettext('Cancelled.')}")
            again(session, ref, settings)
        elif not task.done():
            running(session, ref, settings, task)
        elif error := task.error:
            if not stopped():
                state.sticky = state.current_page
                st.rerun()
            st.markdown(f":material/error: {plain(translate_message(str(error)))}")
            again(session, ref, settings)
        else:
            if state.get("announced") != state.current_page:
                state.announced = state.current_page
                st.rerun()
            summary(task.result())


def sharpened(session: Session, ref: PageRef, settings: Settings) -> bool:
    """Return whether the full image is ready to replace a draft."""
    try:
        return session.pictures.sharpen(ref, settings)
    except OcrError:
        return False  # keep the draft


def running(session: Session, ref: PageRef, settings: Settings, task: PageJob) -> None:
    """Show the elapsed time or the queue position; offer to cancel."""
    st.markdown(progress_words(task))
    st.button(
        gettext("Cancel"),
        key="cancel",
        icon=":material/stop_circle:",
        # A callback, here and below: a button's return value is lost if the script
        # restarts before it reaches the button, and polling causes restarts.
        on_click=put_off,
        args=(session, ref, settings, state.current_page),
    )


def progress_words(task: PageJob) -> str:
    """Return the time that a page has been read for, or its place in the queue."""
    before = page_pool().position(task.shared.task)
    if before:
        wait = page_pool().wait_seconds(task.shared.task)
        text = gettext(
            "{count} pages before yours, about {seconds:.0f} s",
            count=before,
            seconds=wait,
        )
        return f":material/hourglass_empty: {text}"
    took = time.monotonic() - task.started if task.started else 0.0
    return f":material/progress_activity: {gettext('Reading…')} **{took:.1f} s**"


def again(session: Session, ref: PageRef, settings: Settings) -> None:
    """Offer to recognize the page again."""
    st.button(
        gettext("Read again"),
        key="again",
        icon=":material/refresh:",
        on_click=put_off,
        args=(session, ref, settings, None),
    )


def put_off(
    session: Session,
    ref: PageRef,
    settings: Settings,
    sticky: tuple[str, int, str] | None,
) -> None:
    """Drop a job; the one given as `sticky` is then not restarted automatically."""
    session.readings.forget(ref, settings)
    state.sticky = sticky
    state.redraw = True


def summary(result: PageResult) -> None:
    """Summarize the result in one line."""
    if not result.rows:
        st.markdown(
            f":material/check_circle: {gettext('This page is blank.')}"
            if result.status == "blank"
            else f":material/info: {gettext('No text was found on this page.')}"
        )
        return
    doubtful = sum(word.conf < DOUBTFUL for word in result.rows)
    parts = [
        gettext("**{count}** words", count=len(result.rows)),
        gettext("mean confidence **{conf:.1f} %**", conf=result.conf_mean),
        gettext("**{count}** below {limit} %", count=doubtful, limit=DOUBTFUL),
        f"{result.seconds:.1f} s",
        plain(result.engine),
    ]
    if result.quality is not None:
        parts.insert(2, gettext("quality **{quality:.2f}**", quality=result.quality))
    st.markdown(":material/check_circle: " + " · ".join(parts))


def corners(words: tuple[Word, ...], matrix: np.ndarray) -> list[float]:
    """Return the words' corners, transformed by a (3, 3) matrix: 8 numbers a word."""
    if not words:
        return []
    moved = box_corners(words) @ matrix.T
    flat: list[float] = (moved[..., :2] / moved[..., 2:]).ravel().tolist()
    return flat


def line_numbers(words: tuple[Word, ...]) -> list[int]:
    """Return for each word the running number of its line."""
    return _running(words, 3)


def block_numbers(words: tuple[Word, ...]) -> list[int]:
    """Return for each word the running number of its block."""
    return _running(words, 1)


def _running(words: tuple[Word, ...], depth: int) -> list[int]:
    groups = groupby(words, key=lambda word: word[:depth])
    return [number for number, (_, members) in enumerate(groups) for _ in members]
