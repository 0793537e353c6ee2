"""Workbench: one page, the settings and the resulting text."""

from dataclasses import replace
from functools import partial

import numpy as np
import streamlit as st

from app.corpus.page_corrections import EditablePage, follow_forms, take_edits
from app.i18n import gettext, gettext_noop, language_picker, translate_message
from app.projects.welcome import welcome
from app.session.page_pictures import ServedPicture
from app.session.session import Session
from app.session.upload import Upload
from app.ui.downloads import page_downloads
from app.ui.widgets import plain, show_error
from app.viewer import View, page_viewer, transcript
from app.workbench.correcting import (
    corrected_result,
    editable_page,
    page_name,
    show_corrections,
)
from app.workbench.document_languages import say_own_language
from app.workbench.reading_status import (
    arrive,
    block_numbers,
    corners,
    finished,
    line_numbers,
    stopped,
    watch,
)
from app.workbench.settings_panel import apply_loaded_recipe, settings_panel
from app.workbench.tabs import steps_tab, word_card, words_tab
from app.workbench.tuning_panel import show_tuning, tuning_menu
from app.workbench.uploads import (
    arrange_documents,
    document_label,
    refused_files,
    take_uploads,
    watch_opening,
)
from ocr_core.errors import OcrError
from ocr_core.page import PageRef, PageResult, text_of
from ocr_core.settings import Settings

POLL_SECONDS = 0.4
VIEW_HEIGHT = 640
CARD_HEIGHT = 340  # of the selected word and its forms, below the text
PAGES_IN_SIGHT = 10  # of a document, to be reached without entering a number
PANES = gettext_noop(("Text", "Words", "Steps"))
IN_STEP = "page"  # link name: image and text scroll together

state = st.session_state


def main() -> None:
    """Draw the page from top to bottom.

    What is not always there has a container that is: the browser draws again, and
    forgets what is open or typed in, whatever changes its place on the screen.
    """
    session: Session = state.session
    follow_forms()
    for name, start in {"picked": None, "nonce": 0, "page": 1}.items():
        state.setdefault(name, start)
    apply_loaded_recipe()
    with st.sidebar:
        with st.container():
            if session.uploads:
                take_uploads(session, gettext("Add documents"), compact=True)
        simple = st.container()
        settings = settings_panel(simple)
        language_picker()
    state.settings = settings
    if not session.uploads:
        welcome(session)
        return
    with st.container():
        if session.project.documents.opening:
            st.fragment(watch_opening, run_every=POLL_SECONDS)(session)
    upload, ref = choose_page(session)
    if upload.pages:
        with simple:
            tuning_menu(session, upload, ref)
    with st.container():
        refused_files(session, shown=upload.key)
    if upload.error:
        show_error(upload.error)
        return
    with st.container():
        say_own_language(session, upload.key)
    show_page(session, ref, session.settings_for(ref, settings))


def choose_page(session: Session) -> tuple[Upload, PageRef]:
    """Draw the header: the document, the page, and actions on all documents."""
    keys = list(session.uploads)
    if wanted := state.pop("wanted_document", None):
        state.document = wanted
        turn_to_first_page()
    if state.get("document") not in keys:
        state.document = keys[0]
    many = len(keys) > 1
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = st.selectbox(
            gettext("Document ({count})", count=len(keys))
            if many
            else gettext("Document"),
            keys,
            format_func=lambda each: document_label(session.uploads[each]),
            key="document",
            persist_state="session",
            width=320,
            on_change=turn_to_first_page,
            help=gettext("The document whose page is shown."),
        )
        upload = session.uploads[key]
        if upload.pages > 1:
            page_choice(upload.pages)
        st.button(
            gettext("Remove"),
            key="remove",
            icon=":material/close:",
            help=gettext(
                "Close this document here. The file on your disk stays, and so do its "
                "pages in the corpus."
            ),
            on_click=remove_document,
            args=(session, key),
        )
        if many:
            arrange_button(session)
        number = min(state.page, upload.pages) if upload.pages > 1 else 1
        ref = replace(session.refs()[key], number=number)
        st.space("stretch")
        read_all_button(session)
    return upload, ref


def page_choice(pages: int) -> None:
    """Offer to turn the pages of a document; in a long one, to go to a page."""
    st.pagination(pages, key="page", persist_state="session", on_change=unpick)
    if pages > PAGES_IN_SIGHT:
        state.page_number = min(state.page, pages)
        st.number_input(
            gettext("Go to page"),
            1,
            pages,
            key="page_number",
            width=130,
            on_change=go_to_page,
            help=gettext("The number of the page in the document."),
        )


def go_to_page() -> None:
    """Show the page whose number was entered."""
    state.page = state.page_number
    unpick()


def arrange_button(session: Session) -> None:
    """Offer the list of all documents."""
    if st.button(gettext("Arrange"), key="arrange", icon=":material/reorder:"):
        title = gettext("Documents")
        arrange = st.dialog(title, width="large", on_dismiss="rerun")(arrange_documents)
        arrange(session, state.settings)


def read_all_button(session: Session) -> None:
    """Offer to recognize every document with the current settings."""
    count = sum(each.opening or not each.error for each in session.uploads.values())
    if st.button(
        gettext("Read all {count} documents", count=count)
        if count > 1
        else gettext("Read the whole document"),
        key="read_all",
        type="primary",
        icon=":material/library_books:",
        help=gettext("Read every page with these settings and download the corpus."),
        disabled=not count,
    ):
        try:
            session.read_all(state.settings)
        except OcrError as error:
            show_error(error)
            return
        # By default, switching pages would clear the knobs' query parameters.
        st.switch_page("views/batch.py", query_params={})


def turn_to_first_page() -> None:
    """Show the first page of a newly selected document."""
    state.page = 1
    unpick()


def turn() -> None:
    """Go to the next or previous page, at either end to the adjacent document."""
    session: Session = state.session
    by = state.viewer.turned or 0
    page = state.page + by
    if not 1 <= page <= session.uploads[state.document].pages:
        keys = list(session.uploads)
        index = keys.index(state.document) + by
        if not 0 <= index < len(keys):
            return
        state.document = keys[index]
        page = 1 if by > 0 else max(1, session.uploads[state.document].pages)
    state.page = page
    state.turned = True
    unpick()


def unpick() -> None:
    """Deselect the word of the previous page."""
    state.picked = None
    state.words_table = {"selection": {"rows": [], "columns": [], "cells": []}}


def remove_document(session: Session, key: str) -> None:
    """Close a document, and show what is kept."""
    name = session.uploads[key].label
    session.remove(key)
    st.toast(
        gettext(
            "{name} is closed. The file on your disk stays, and so do its pages in the "
            "corpus.",
            name=plain(name),
        ),
        icon=":material/info:",
    )
    turn_to_first_page()


def show_page(session: Session, ref: PageRef, settings: Settings) -> None:
    """Show the page, its result if there is one, and the recognition status."""
    if arrive(ref, settings):
        unpick()
    try:
        scan = session.pictures.scan(ref, settings.recognition.dpi)
        prepared = session.pictures.prepared(ref, settings, waits=False)
    except OcrError as error:
        show_error(error)
        return
    result = finished(session.readings.find(ref, settings))
    waiting = (result is None and not stopped()) or prepared.picture.draft
    # In its own block: otherwise a fragment rerun that ends before the page is drawn
    # would replace the elements below.
    with st.container():
        st.fragment(watch, run_every=POLL_SECONDS if waiting else None)(
            session, ref, settings
        )
    with st.container():
        show_tuning(session, ref)
    results(scan, prepared, ref, settings, result)


@st.fragment
def results(
    scan: ServedPicture,
    prepared: ServedPicture,
    ref: PageRef,
    settings: Settings,
    result: PageResult | None,
) -> None:
    """Show the page next to its text; a selected word is marked in both."""
    if state.pop("turned", False) or state.get("forms_next"):
        st.rerun()  # what follows is not part of this fragment
    sheet = None if result is None else editable_page(state.session, ref, result)
    state.sheet = sheet
    left, right = st.container(key="panes").columns([3, 2], gap="medium")
    with left:
        show_picture(scan, prepared, ref, sheet)
    with right:
        text, words, steps = st.tabs(
            [gettext(name) for name in PANES], key="tab", on_change="rerun"
        )
        if text.open:
            with text:
                text_tab(ref, settings, sheet)
        if words.open:
            with words:
                words_tab(sheet.shown if sheet else None, VIEW_HEIGHT - 180)
        if steps.open:
            with steps:
                steps_tab(state.session, ref, settings, prepared, result)
        if sheet is not None:
            word_card(scan, sheet)
            show_corrections(sheet)
            page_downloads(corrected_result(sheet))


def text_tab(ref: PageRef, settings: Settings, sheet: EditablePage | None) -> None:
    """Show the text with doubtful words marked."""
    if sheet is None:
        run_every = None if stopped() else POLL_SECONDS
        st.fragment(top_of_text, run_every=run_every)(ref, settings)
        return
    result = sheet.original
    for note in result.notes:
        st.info(plain(translate_message(note.text)), icon=":material/info:")
    if not result.rows:
        st.caption(gettext("No text was found."))
    else:
        transcript(
            sheet.words,
            key="transcript",
            selected=state.picked,
            nonce=state.nonce,
            language=result.language,
            height=VIEW_HEIGHT - (60 if state.picked is None else CARD_HEIGHT),
            on_pick=picked_in_text,
            link=IN_STEP,
            corrected=sheet.corrected,
        )


def top_of_text(ref: PageRef, settings: Settings) -> None:
    """Show the first words while the page is being recognized."""
    reading = state.session.readings.find(ref, settings)
    if reading and reading.first_reading and not stopped():
        st.caption(
            gettext("A first reading, which is poor; a second one is under way.")
        )
        st.text(reading.first_reading.text)
        return
    words = reading.first_words if reading and not stopped() else ()
    if not words:
        st.caption(gettext("The text appears here as soon as the page is read."))
        return
    st.caption(gettext("The top of the page; the rest is being read."))
    st.text(text_of(words))


def show_picture(
    scan: ServedPicture,
    prepared: ServedPicture,
    ref: PageRef,
    sheet: EditablePage | None,
) -> None:
    """Show the scan and the prepared page, with the word boxes on each."""
    words = sheet.words if sheet else ()
    page_viewer(
        views=[
            View(
                gettext("Scan"), scan.url, scan.picture.size, corners(words, np.eye(3))
            ),
            View(
                gettext("Prepared"),
                prepared.url,
                prepared.picture.size,
                corners(words, np.linalg.inv(prepared.picture.home)),
            ),
        ],
        texts=[word.text for word in words],
        confs=[word.conf for word in words],
        lines=line_numbers(words),
        blocks=block_numbers(words),
        revision=sheet.revision if sheet else f"{page_name(ref)}:",
        key="viewer",
        selected=state.picked,
        nonce=state.nonce,
        stale=sheet is None,
        height=VIEW_HEIGHT,
        on_pick=picked_in_picture,
        on_turn=turn,
        link=IN_STEP,
        corrected=sheet.corrected if sheet else None,
        saved=state.get("saved", 0),
        on_edit=partial(take_edits, "viewer", "picked"),
    )


def picked_in_picture() -> None:
    """Select in text and table the word that was clicked in the image."""
    pick(state.viewer.picked)


def picked_in_text() -> None:
    """Select in image and table the word that was clicked in the text."""
    pick(state.transcript.picked)
    state.nonce += 1


def pick(index: int | None) -> None:
    """Select a word everywhere."""
    if index is not None:
        state.picked = index


main()
