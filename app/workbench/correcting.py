"""Correcting: the page in the workbench, with the corrections that its project has."""

from dataclasses import replace
from functools import partial

import streamlit as st

from ocr_core.corpus import Corpus
from ocr_core.corpus.results import apply_corrections
from ocr_core.engines import reader_of
from ocr_core.errors import InputError, OcrError
from ocr_core.page import PageId, PageRef, PageResult
from ocr_core.settings import Settings

from ..corpus.page_corrections import EditablePage, hashed, undo_button
from ..i18n import gettext
from ..session.corpus_handle import unused_names
from ..session.project_documents import ProjectDocuments
from ..session.session import Session
from ..ui.widgets import show_error

state = st.session_state


def page_name(ref: PageRef) -> str:
    """Return the identifier of a page in the browser."""
    return hashed([ref.path, ref.number])


def editable_page(session: Session, ref: PageRef, result: PageResult) -> EditablePage:
    """Return a page that was read, with the corrections of the corpus, if it has any.

    Corrections of another reading are shown at the words that are found again.
    """
    fresh = EditablePage(
        page_name(ref),
        (ref.doc_id, ref.number),
        result,
        corrected={},
        texts={},
        certain=set(),
        saved_page=partial(store, session.project.documents, result),
        is_current=False,
    )
    corpus_handle = session.corpus_handle
    if not corpus_handle.begun:
        return fresh
    try:
        return corpus_handle.ask(partial(with_corrections, page=fresh))
    except OcrError:  # the corpus cannot be read, which its own screen says
        return fresh


def with_corrections(corpus: Corpus, page: EditablePage) -> EditablePage:
    """Return a page with the corrections that a corpus has of it."""
    result = page.original
    doc_id = corpus.document_name(result.ref, result.sha256)
    page_id = doc_id, result.ref.number
    try:
        current = corpus.original(*page_id)
        texts = corpus.transferred_texts(*page_id, result)
    except InputError:  # not in the corpus, or removed from it
        return page
    if same_reading(current, result):
        return EditablePage.of(corpus, page_id, page.name)
    read = {n: result.rows[n].text for n, text in texts.items()}
    corrected = {n: old for n, old in read.items() if old != texts[n]}
    return replace(
        page,
        page_id=page_id,
        corrected=corrected,
        texts={n: texts[n] for n in corrected},
        certain=set(texts),
    )


def same_reading(one: PageResult, other: PageResult) -> bool:
    """Return whether two results have the same words by the same settings."""
    same_settings = one.settings_digest == other.settings_digest
    return same_settings and [w.text for w in one.rows] == [w.text for w in other.rows]


def store(documents: ProjectDocuments, result: PageResult, corpus: Corpus) -> PageId:
    """Make a result the current reading of its page in a corpus.

    The corrections that the page has are transferred to it.

    Raises
    ------
    OcrError
        If it cannot be saved, or the page was removed from the corpus.
    """
    ref = replace(result.ref, number=0)
    upload = next(u for u in documents.uploads.values() if str(u.path) == ref.path)
    name = corpus.document_name(ref, result.sha256)
    if not name:
        taken = {row.doc_id for row in corpus.rows()}
        name = unused_names({"": ref}, taken)[""]
    ref = corpus.add_document(replace(ref, doc_id=name), result.sha256, upload.pages)
    own = replace(result, ref=replace(ref, number=result.ref.number))
    reader = reader_of(Settings.from_flat(result.settings).recognition)
    reading = corpus.save_result(own, reader)
    corpus.accept(reading, chosen=False)
    return ref.doc_id, result.ref.number


def corrected_result(page: EditablePage) -> PageResult:
    """Return a page as it is now, for its downloads."""
    texts = {n: page.words[n].text for n in page.certain}
    result = page.original
    return replace(result, rows=apply_corrections(result.rows, texts))


def show_corrections(page: EditablePage) -> None:
    """Say how many words are corrected, and offer to undo the last step."""
    if state.get("correction_fault"):
        show_error(state.pop("correction_fault"))
    if not page.certain:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            gettext(
                "**{count}** corrected; kept in the corpus of the project.",
                count=len(page.corrected),
            ),
            width="content",
        )
        undo_button(page, "picked")
