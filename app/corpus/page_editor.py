"""Page editor: correct the words of a corpus page next to its scan."""

from functools import partial
from typing import Any

import cv2
import numpy as np
import pandas as pd
import streamlit as st

from ocr_core.corpus import Corpus
from ocr_core.corpus.word_positions import position_of, word_at
from ocr_core.errors import OcrError
from ocr_core.page import DOUBTFUL, PageId, PageResult

from ..i18n import gettext
from ..session.image_cache import PICTURES
from ..session.session import Session
from ..ui.widgets import int_query_param, plain, set_query_params, show_error
from ..viewer import View, page_viewer, transcript
from ..workbench.reading_status import block_numbers, corners, line_numbers
from .page_corrections import (
    EditablePage,
    change_corpus,
    correct,
    forms_button,
    take_edits,
    word_form,
)
from .page_list import open_page

HEIGHT = 620
WHITE_SIDE = 8  # px: a blank image is stretched to the size of the page
IN_STEP = "corpus page"

state = st.session_state


def show_page(session: Session, sheet: EditablePage) -> None:
    """Show a page of the corpus and the tools for its words."""
    page_id = sheet.page_id
    if state.get("sheet_page") != page_id:
        state.picked_word = asked_word(sheet.original)
    state.sheet_page, state.sheet = page_id, sheet
    state.setdefault("nonce", 0)
    word = state.picked_word
    if word != asked_word(sheet.original):  # else a step back would lead here again
        set_query_params(
            w=None if word is None else str(word),
            at=None if word is None else position_of(sheet.original, word),
        )
    if sheet.original.status == "failed":
        show_error(sheet.original.error)
        return
    summary(sheet)
    page_panes(session, sheet)


def asked_word(page: PageResult) -> int | None:
    """Return the index of the word in the URL, which may have its position too."""
    if position := st.query_params.get("at"):
        return word_at(page, position)
    asked = int_query_param("w")
    return asked if asked is not None and asked < len(page.rows) else None


def summary(sheet: EditablePage) -> None:
    """Summarize the page in one line."""
    page = sheet.original
    doubtful = sum(
        word.conf < DOUBTFUL
        for index, word in enumerate(page.rows)
        if index not in sheet.certain
    )
    parts = [
        gettext(
            "**{count}** words", count=sum(bool(word.text) for word in sheet.words)
        ),
        gettext("**{count}** below {limit} %", count=doubtful, limit=DOUBTFUL),
        gettext("**{count}** corrected", count=len(sheet.texts)),
        plain(page.engine),
    ]
    if page.conf_mean is not None:
        text = gettext("mean confidence **{conf:.1f} %**", conf=page.conf_mean)
        parts.insert(1, text)
    if page.quality is not None:
        parts.insert(2, gettext("quality **{quality:.2f}**", quality=page.quality))
    st.markdown(" · ".join(parts))
    if state.get("correction_fault"):
        show_error(state.pop("correction_fault"))


def page_panes(session: Session, sheet: EditablePage) -> None:
    """Show the scan next to the text and the words."""
    left, right = st.container(key="panes").columns([3, 2], gap="medium")
    with left:
        show_scan(session, sheet)
    with right:
        text, words = st.tabs(
            [gettext("Text"), gettext("Words")], key="sheet_tab", on_change="rerun"
        )
        if text.open:
            with text:
                transcript(
                    sheet.words,
                    key="sheet_text",
                    selected=state.picked_word,
                    nonce=state.nonce,
                    language=sheet.original.language,
                    height=HEIGHT - (20 if state.picked_word is None else 220),
                    on_pick=picked_in_text,
                    link=IN_STEP,
                    corrected=sheet.corrected,
                )
                if (word := state.picked_word) is not None:
                    word_form(sheet, word)
                    forms_button(sheet.words[word].text, "sheet_everywhere")
        if words.open:
            with words:
                words_table(sheet)


def show_scan(session: Session, sheet: EditablePage) -> None:
    """Show the scan, or a blank image, with the words over it."""
    page, words = sheet.original, sheet.words
    ref = session.corpus_handle.found(page, session.scans)
    url, size = "", page.size
    if ref is not None:
        try:
            scan = session.pictures.scan(ref, dpi_of(page))
            url, size = scan.url, scan.picture.size
        except OcrError as error:
            show_error(error)
    if not url:
        st.caption(
            gettext(
                "The scan is not here, so the words are shown on a blank sheet. Open "
                "{name} in the workbench to see it: it is recognized by its content.",
                name=plain(page.ref.source_file),
            )
        )
        url = blank_sheet(session, page)
    page_viewer(
        views=[View(gettext("Scan"), url, size, corners(words, np.eye(3)))],
        texts=[word.text for word in words],
        confs=[word.conf for word in words],
        lines=line_numbers(words),
        blocks=block_numbers(words),
        revision=sheet.revision,
        key="sheet_viewer",
        selected=state.picked_word,
        nonce=state.nonce,
        height=HEIGHT,
        on_pick=picked_on_scan,
        on_turn=turn,
        link=IN_STEP,
        corrected=sheet.corrected,
        saved=state.get("saved", 0),
        on_edit=partial(take_edits, "sheet_viewer", "picked_word"),
    )


def dpi_of(page: PageResult) -> int:
    """Return the resolution at which a PDF page was rendered, in dots per inch."""
    dpi = page.settings.get("dpi")
    return min(600, max(72, dpi)) if isinstance(dpi, int) else 300


def blank_sheet(session: Session, page: PageResult) -> str:
    """Return the URL of a white image, which is stretched to the page's size."""
    name = session.secret(f"blank {page.size}")
    if PICTURES.get(name) is None:
        white = np.full((WHITE_SIDE, WHITE_SIDE), 255, np.uint8)
        PICTURES.put(name, cv2.imencode(".jpg", white)[1].tobytes())
    return f"/page/{name}.jpg"


def turn() -> None:
    """Go to the previous or next page, if there is one."""
    before, after = state.sheet_neighbours
    other = after if (state.sheet_viewer.turned or 0) > 0 else before
    if other:
        open_page(other)


def picked_on_scan() -> None:
    """Select in text and table the word that was clicked on the scan."""
    if state.sheet_viewer.picked is not None:
        state.picked_word = state.sheet_viewer.picked


def picked_in_text() -> None:
    """Select on the scan the word that was clicked in the text."""
    if state.sheet_text.picked is not None:
        state.picked_word = state.sheet_text.picked
        state.nonce += 1


def confirm_button(sheet: EditablePage) -> None:
    """Offer to confirm all words of the page, or to take that back."""
    whole = len(sheet.certain) == len(sheet.original.rows)
    st.button(
        gettext("Take back the confirmation") if whole else gettext("Confirm the page"),
        key="confirm_page",
        icon=":material/undo:" if whole else ":material/done_all:",
        disabled=not sheet.original.rows,
        on_click=confirm,
        args=(sheet.page_id, whole),
        help=gettext(
            "Every word on the page is now as on the scan: it serves as ground truth "
            "for Evaluate, Compare and the search for the best settings."
        ),
    )


def confirm(page_id: PageId, undo: bool) -> None:
    """Confirm all words of a page, or take that back."""

    def change(corpus: Corpus) -> None:
        if undo:
            corpus.unconfirm_page(*page_id)
        else:
            corpus.confirm_page(*page_id)

    change_corpus(change)


def chosen_words(sheet: EditablePage, wanted: str, only: bool) -> pd.DataFrame:
    """Return the words that contain a text, all or `only` the doubtful ones."""
    table = pd.DataFrame(
        {
            "text": [word.text for word in sheet.words],
            gettext("was read as"): [sheet.corrected.get(n, "") for n in every(sheet)],
            "conf": [word.conf for word in sheet.words],
            gettext("line"): [n + 1 for n in line_numbers(sheet.words)],
        }
    )
    if wanted:
        table = table[table["text"].str.contains(wanted, case=False, regex=False)]
    if only:
        read = table.index.isin(list(sheet.corrected))
        table = table[(table["conf"] < DOUBTFUL) & ~read]
    return table


def words_table(sheet: EditablePage) -> None:
    """Show the words as an editable table."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wanted = st.text_input(
            gettext("Find"),
            key="sheet_find",
            placeholder=gettext("part of a word"),
            help=gettext("Filters the rows."),
        )
        only = st.toggle(
            gettext("Doubtful only"),
            key="sheet_doubtful",
            help=gettext("Only words that the threshold marks as doubtful."),
        )
    table = chosen_words(sheet, wanted, only)
    state.sheet_rows = table.index.tolist()
    # A saved correction changes the key, which resets the table's own edits.
    state.sheet_table = f"sheet_words {sheet.revision} {wanted} {only}"
    st.data_editor(
        table,
        key=state.sheet_table,
        hide_index=True,
        height=HEIGHT - 120,
        disabled=[name for name in table.columns if name != "text"],
        on_change=typed_in_table,
        column_config={
            "text": st.column_config.TextColumn(
                max_chars=200,
                help=gettext(
                    "Type to correct a word; leave it empty to strike it out."
                ),
            ),
            "conf": st.column_config.ProgressColumn(
                "conf", min_value=0, max_value=100, format="%.0f"
            ),
        },
    )
    count = gettext(
        "{count} of {total} words", count=len(table), total=len(sheet.words)
    )
    st.caption(count)


def every(sheet: EditablePage) -> range:
    """Return the indices of all words."""
    return range(len(sheet.words))


def typed_in_table() -> None:
    """Save the corrections made in the table."""
    edited: dict[int, dict[str, Any]] = state[state.sheet_table]["edited_rows"]
    for row, change in edited.items():
        if "text" in change:
            word = state.sheet_rows[row]
            correct(word, str(change["text"] or "").strip())
            state.picked_word = word
