"""Workbench: one page, its settings, and what they make of it."""

import time
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import numpy as np
import streamlit as st

from app.downloads import page_downloads
from app.jobs import Session, Shown, Upload
from app.viewer import View, page_viewer, transcript
from app.widgets import plain, say_error, settings_panel
from ocr_core.errors import OcrError
from ocr_core.page import PageRef, PageResult, Word, box_corners
from ocr_core.settings import Settings
from ocr_core.workers import Task

SAMPLES = Path(__file__).parents[2] / "sample_images"
TYPES = "png jpg jpeg jpe tif tiff webp avif jp2 bmp gif pbm pgm ppm pnm pdf".split()
REST_SECONDS = 0.4  # sliders must lie still this long before a page is read again
POLL_SECONDS = 0.4
VIEW_HEIGHT = 640

state = st.session_state


def main() -> None:
    """Draw the page from top to bottom."""
    session: Session = state.session
    for name, start in {"picked": None, "nonce": 0, "drops": 0, "page": 1}.items():
        state.setdefault(name, start)
    with st.sidebar:
        if session.uploads:
            take_uploads(session, "Add documents", compact=True)
        settings = settings_panel()
    state.settings = settings
    if not session.uploads:
        welcome(session)
        st.stop()
    upload, ref = choose_page(session)
    if upload.error:
        say_error(upload.error)
        st.stop()
    show_page(session, ref, settings)


def welcome(session: Session) -> None:
    """Say what to do first."""
    st.title("Turn scans into text you can trust")
    left, right = st.container(key="panes").columns([3, 2], gap="large")
    with left:
        take_uploads(session, "Drop scans, photos or PDFs here")
        st.caption(
            "PNG, JPEG, TIFF, WebP, AVIF, JPEG 2000, BMP, GIF and PDF, up to 50 MB "
            "a file and 200 pages a document. Nothing leaves this machine."
        )
    with right.container(border=True):
        st.markdown("**New here?** Open a sample page and move the sliders.")
        samples = sorted(
            path for path in SAMPLES.glob("*") if path.suffix[1:] in TYPES
        )
        names = {path.stem.replace("_", " ").capitalize(): path for path in samples}
        chosen = st.selectbox("Sample", list(names), key="sample_name")
        if st.button("Open sample page", type="primary", key="open_sample") and chosen:
            path = names[chosen]
            session.add(f"sample {path.name}", path.name, path.read_bytes())
            st.rerun()
    st.markdown(
        "1. **Open** pages: many at once, if you like.\n"
        "2. **Tune** the settings on one of them, if its text needs it.\n"
        "3. **Read all** and download the corpus as CSV."
    )


def take_uploads(session: Session, label: str, *, compact: bool = False) -> None:
    """Take files over from the browser, then empty the uploader: it holds them in RAM."""
    files = st.file_uploader(
        label,
        type=TYPES,
        accept_multiple_files=True,
        key=f"drop_{state.drops}",
        help="Drop files here, or click to choose them.",
        label_visibility="collapsed" if compact else "visible",
    )
    if not files:
        return
    with st.spinner(f"Opening {len(files)} documents…"):
        before = set(session.uploads)
        for file in files:
            session.add(file.file_id, file.name, file.getvalue())
    new = [key for key in session.uploads if key not in before]
    good = [key for key in new if not session.uploads[key].error]
    if new:
        state.document = (good or new)[0]
    state.drops += 1
    st.rerun()


def choose_page(session: Session) -> tuple[Upload, PageRef]:
    """Draw the header: which document, which page, and what to do with all of them."""
    keys = list(session.uploads)
    if state.get("document") not in keys:
        state.document = keys[0]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = st.selectbox(
            f"Document ({len(keys)})" if len(keys) > 1 else "Document",
            keys,
            format_func=lambda each: document_label(session.uploads[each]),
            key="document",
            width=320,
            on_change=turn_to_first_page,
        )
        upload = session.uploads[key]
        if upload.pages > 1:
            st.pagination(upload.pages, key="page", on_change=unpick)
        st.button(
            "Remove",
            key="remove",
            icon=":material/close:",
            help="Close this document; the file on your disk stays.",
            on_click=remove_document,
            args=(session, key),
        )
        st.space("stretch")
        count = sum(not each.error for each in session.uploads.values())
        if st.button(
            f"Read all {count} documents" if count > 1 else "Read the whole document",
            key="read_all",
            type="primary",
            icon=":material/library_books:",
            help="Read every page with these settings and download the corpus.",
            disabled=not count,
        ):
            session.read_all(state.settings)
            st.switch_page("views/batch.py")
    number = min(state.page, upload.pages) if upload.pages > 1 else 1
    return upload, replace(session.refs()[key], number=number)


def document_label(upload: Upload) -> str:
    """Return a document's name for the list of documents."""
    if upload.error:
        return f"⚠ {upload.label}"
    return f"{upload.label} · {upload.pages} pages" if upload.pages > 1 else upload.label


def turn_to_first_page() -> None:
    """Start a newly chosen document at its first page."""
    state.page = 1
    unpick()


def unpick() -> None:
    """Forget the word that was picked on the page before."""
    state.picked = None
    state.words_table = {"selection": {"rows": [], "columns": [], "cells": []}}


def remove_document(session: Session, key: str) -> None:
    """Close a document."""
    session.remove(key)
    turn_to_first_page()


def show_page(session: Session, ref: PageRef, settings: Settings) -> None:
    """Show the page, its reading if there is one, and how the reading stands."""
    place = (ref.path, ref.number, settings.digest)
    if state.get("place") != place:
        same_page = state.get("place", (None, None))[:2] == place[:2]
        state.place = place
        state.rest_until = time.monotonic() + (REST_SECONDS if same_page else 0)
        if not same_page:
            unpick()
    try:
        scan = session.scan(ref, settings.recognition.dpi)
        prepared = session.prepared(ref, settings)
    except OcrError as error:
        say_error(error)
        st.stop()
    result = finished(session.reading(ref, settings))
    waiting = result is None and state.get("sticky") != place
    # In a block of its own: a poll that overtakes the page would else put its answer
    # in the place of what comes below.
    with st.container():
        st.fragment(watch, run_every=POLL_SECONDS if waiting else None)(
            session, ref, settings
        )
    results(scan, prepared, ref, result)


def finished(task: Task | None) -> PageResult | None:
    """Return what a task read, or None while it has read nothing."""
    if task is None or not task.done() or task.future.exception():
        return None
    result: PageResult = task.result()
    return result


def watch(session: Session, ref: PageRef, settings: Settings) -> None:
    """Say how the reading stands; start it when the sliders have come to rest."""
    task = session.reading(ref, settings)
    stopped = state.get("sticky") == state.place  # failed or cancelled: not by itself
    with st.container(horizontal=True, vertical_alignment="center"):
        if task is None and not stopped:
            if time.monotonic() >= state.rest_until:
                session.read(ref, settings)
            st.markdown(":material/hourglass_empty: Reading…")
        elif task is None:
            st.markdown(":material/stop_circle: Cancelled.")
            again(session, ref, settings)
        elif not task.done():
            running(session, ref, settings, task)
        elif error := task.future.exception():
            if not stopped:
                state.sticky = state.place
                st.rerun()
            st.markdown(f":material/error: {plain(str(error))}")
            again(session, ref, settings)
        else:
            if state.get("told") != state.place:
                state.told = state.place
                st.rerun()
            summary(task.result())


def running(session: Session, ref: PageRef, settings: Settings, task: Task) -> None:
    """Say how long the reading has taken, or what it waits for; offer to cancel it."""
    from app.jobs import reading_pool

    before = reading_pool().position(task)
    if before:
        wait = reading_pool().wait_seconds(task)
        st.markdown(
            f":material/hourglass_empty: {before} pages before yours, "
            f"about {wait:.0f} s"
        )
    else:
        took = time.monotonic() - task.started if task.started else 0.0
        st.markdown(f":material/progress_activity: Reading… **{took:.1f} s**")
    if st.button("Cancel", key="cancel", icon=":material/stop_circle:"):
        reading_pool().cancel(task)
        session.forget(ref, settings)
        state.sticky = state.place
        st.rerun()


def again(session: Session, ref: PageRef, settings: Settings) -> None:
    """Offer to read the page again."""
    if st.button("Read again", key="again", icon=":material/refresh:"):
        session.forget(ref, settings)
        state.sticky = None
        st.rerun()


def summary(result: PageResult) -> None:
    """Say in a line what was read."""
    if not result.rows:
        st.markdown(
            ":material/check_circle: This page is blank."
            if result.status == "blank"
            else ":material/info: No text was found on this page."
        )
        return
    doubtful = sum(word.conf < 75 for word in result.rows)
    parts = [
        f"**{len(result.rows)}** words",
        f"mean confidence **{result.conf_mean:.1f} %**",
        f"**{doubtful}** below 75 %",
        f"{result.seconds:.1f} s",
        plain(result.engine),
    ]
    if result.quality is not None:
        parts.insert(2, f"quality **{result.quality:.2f}**")
    st.markdown(":material/check_circle: " + " · ".join(parts))


@st.fragment
def results(
    scan: Shown, prepared: Shown, ref: PageRef, result: PageResult | None
) -> None:
    """Show the page beside its text; a word picked here is found there."""
    words = result.rows if result else ()
    left, right = st.container(key="panes").columns([3, 2], gap="medium")
    with left:
        show_picture(scan, prepared, ref, result)
    with right:
        tabs = st.tabs(["Text", "Words", "Steps"], key="tab", on_change="rerun")
        if result is None:
            tabs[0].caption("The text appears here as soon as the page is read.")
        elif not words:
            tabs[0].caption("No text was found.")
        elif tabs[0].open:
            with tabs[0]:
                transcript(
                    words,
                    key="transcript",
                    selected=state.picked,
                    nonce=state.nonce,
                    height=VIEW_HEIGHT - 60,
                    on_pick=picked_in_text,
                )
        if tabs[1].open:
            with tabs[1]:
                words_tab(result)
        if tabs[2].open:
            with tabs[2]:
                steps_tab(prepared, result)
        if result is not None:
            page_downloads(result)


def show_picture(
    scan: Shown, prepared: Shown, ref: PageRef, result: PageResult | None
) -> None:
    """Show the scan and the prepared page, with the words where they belong on each."""
    words = result.rows if result else ()
    revision = f"{Path(ref.path).name} {ref.number}:{result.settings_digest if result else ''}"
    page_viewer(
        views=[
            View("Scan", scan.url, scan.picture.size, corners(words, np.eye(3))),
            View(
                "Prepared",
                prepared.url,
                prepared.picture.size,
                corners(words, np.linalg.inv(prepared.picture.home)),
            ),
        ],
        texts=[word.text for word in words],
        confs=[word.conf for word in words],
        lines=line_numbers(words),
        revision=revision,
        key="viewer",
        selected=state.picked,
        nonce=state.nonce,
        stale=result is None,
        height=VIEW_HEIGHT,
        on_pick=picked_in_picture,
    )


def corners(words: tuple[Word, ...], matrix: np.ndarray) -> list[float]:
    """Return the words' corners, moved by a (3, 3) matrix: 8 numbers a word."""
    if not words:
        return []
    moved = box_corners(words) @ matrix.T
    flat: list[float] = (moved[..., :2] / moved[..., 2:]).ravel().tolist()
    return flat


def line_numbers(words: tuple[Word, ...]) -> list[int]:
    """Return for each word the running number of its line."""
    groups = groupby(words, key=lambda word: word[:3])
    return [number for number, (_, line) in enumerate(groups) for _ in line]


def picked_in_picture() -> None:
    """Find in text and table what was picked in the picture."""
    pick(state.viewer.picked)


def picked_in_text() -> None:
    """Find in picture and table what was picked in the text."""
    pick(state.transcript.picked)
    state.nonce += 1


def pick(index: int | None) -> None:
    """Select a word everywhere."""
    if index is not None:
        state.picked = index


def picked_in_table() -> None:
    """Find in the picture what was picked in the table."""
    rows = state.words_table["selection"]["rows"]
    state.picked = state.table_places[rows[0]] if rows else None
    state.nonce += 1


def mark_row() -> None:
    """Select the row of the picked word, unless the filters hide it."""
    places = state.table_places
    rows = [places.index(state.picked)] if state.picked in places else []
    table = state.get("words_table")
    if rows != (table["selection"]["rows"] if table else []):
        state.words_table = {"selection": {"rows": rows, "columns": [], "cells": []}}


def words_tab(result: PageResult | None) -> None:
    """Show the words as a table, under Tesseract's own column names."""
    if result is None or not result.rows:
        st.caption("No words yet.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wanted = st.text_input(
            "Find", key="find", placeholder="part of a word", help="Filters the rows."
        )
        below = st.slider(
            "Confidence up to (%)", 0, 100, 100, key="below", help="Filters the rows."
        )
    table = result.words
    kept = table["conf"] <= below
    if wanted:
        kept &= table["text"].str.contains(wanted, case=False, regex=False)
    table = table[kept]
    state.table_places = table.index.tolist()
    mark_row()
    front = ["text", "conf"]
    st.dataframe(
        table,
        key="words_table",
        height=VIEW_HEIGHT - 180,
        hide_index=True,
        column_order=front + [name for name in table.columns if name not in front],
        on_select=picked_in_table,
        selection_mode="single-row",
        alt="The words of the page with their boxes and confidences",
        column_config={
            "conf": st.column_config.ProgressColumn(
                "conf", min_value=0, max_value=100, format="%.0f"
            )
        },
    )
    st.caption(f"{len(table)} of {len(result.rows)} words")


def steps_tab(prepared: Shown, result: PageResult | None) -> None:
    """Show what each step measured on the page and did about it."""
    notes = result.notes if result else prepared.picture.notes
    if not notes:
        st.caption("No step was asked to look at this page.")
        return
    st.dataframe(
        [
            {
                "step": note.step,
                "did": note.did or "nothing",
                "measured": ", ".join(
                    f"{name} {value}" for name, value in note.measured.items()
                ),
            }
            for note in notes
        ],
        hide_index=True,
        alt="What each step measured and did",
    )


main()
