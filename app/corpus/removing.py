"""Removal: remove pages and documents from the corpus, and restore them."""

from collections.abc import Iterable, Sequence
from functools import partial

import streamlit as st

from ocr_core.corpus import Corpus
from ocr_core.errors import OcrError
from ocr_core.page import PageId

from ..i18n import gettext
from ..session.session import Session
from ..ui.widgets import plain, show_error
from .page_list import open_list, open_page

Whole = tuple[str, None]  # a whole document

state = st.session_state


def remove_popover(session: Session, page_ids: Sequence[PageId]) -> None:
    """Offer to remove pages or their whole documents from the corpus."""
    documents = list(dict.fromkeys(doc_id for doc_id, _ in page_ids))
    with st.popover(
        gettext("Remove"),
        icon=":material/delete:",
        disabled=not page_ids,
        key=f"remove_popover {state.get('removals', 0)}",  # a new one is closed
        help=gettext("Removes pages from the corpus; they can be restored."),
    ):
        if not page_ids:
            return
        st.caption(
            gettext(
                "They no longer appear in lists, searches, counts and downloads, and "
                "are not read again. The corpus file keeps them with their "
                "corrections; scans are not deleted."
            )
        )
        st.button(
            gettext("Remove this page")
            if len(page_ids) == 1
            else gettext("Remove {count} pages", count=len(page_ids)),
            key="remove_pages",
            on_click=remove,
            args=(session, page_ids),
        )
        st.button(
            gettext("Remove the whole document {name}", name=plain(documents[0]))
            if len(documents) == 1
            else gettext("Remove {count} whole documents", count=len(documents)),
            key="remove_documents",
            on_click=remove,
            args=(session, [(doc_id, None) for doc_id in documents]),
        )


def remove(session: Session, what: Iterable[Whole | PageId]) -> None:
    """Remove pages, or documents (no page number); then show a remaining page."""
    listed: list[PageId] = state.get("listed") or []
    shown = state.get("sheet_page") if "doc" in st.query_params else None
    what, gone = list(what), []
    for each in what:
        try:
            gone += session.corpus_handle.ask(partial(take_out, page_id=each))
        except OcrError as error:  # already removed in another tab
            state.removal_fault = str(error)
    state.removed_last = (what, gone)
    state.removals = state.get("removals", 0) + 1
    state.listed = [page_id for page_id in listed if page_id not in gone]
    state.pop("sheet_neighbours", None)
    if shown in gone:
        after = listed[listed.index(shown) + 1 :] if shown in listed else []
        left = [page_id for page_id in after if page_id not in gone]
        open_page(left[0]) if left else open_list()


def take_out(corpus: Corpus, page_id: Whole | PageId) -> list[PageId]:
    """Remove a page or a document from a corpus; return the removed pages."""
    return corpus.remove(*page_id)


def offer_undo(session: Session) -> None:
    """Show what was just removed, and offer to restore it."""
    if state.get("removal_fault"):
        show_error(state.pop("removal_fault"))
    what, gone = state.get("removed_last") or ((), ())
    if not gone:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="removed_note"):
        st.success(
            gettext("1 page was removed from the corpus.")
            if len(gone) == 1
            else gettext(
                "{count} pages were removed from the corpus.", count=len(gone)
            ),
            width="stretch",
        )
        st.button(
            gettext("Restore"),
            key="undo_removal",
            icon=":material/undo:",
            on_click=bring_back,
            args=(session, what, gone),
        )
        st.button(
            gettext("Close"),
            key="close_removal",
            icon=":material/close:",
            on_click=state.pop,
            args=("removed_last", None),
        )


def removed_popover(session: Session) -> None:
    """List everything that was removed, and offer to restore it."""
    out = (
        session.corpus_handle.ask(Corpus.removed) if session.corpus_handle.begun else []
    )
    if not out:
        return
    label = gettext("Removed ({count})", count=len(out))
    with st.popover(label, icon=":material/delete:", key="removed_popover"):
        chosen = st.multiselect(
            gettext("Removed pages"),
            out,
            format_func=lambda each: f"{each[0]} · {each[1]}",
            key="removed_chosen",
            placeholder=gettext("all of them"),
            help=gettext("Choose those to restore; none means all."),
        )
        page_ids = chosen or out
        whole = {doc_id for doc_id, _ in page_ids} - {
            e[0] for e in out if e not in page_ids
        }
        st.button(
            gettext("Restore"),
            key="bring_back",
            icon=":material/undo:",
            on_click=bring_back,
            args=(
                session,
                [
                    *((e, None) for e in whole),
                    *(e for e in page_ids if e[0] not in whole),
                ],
                page_ids,
            ),
        )


def bring_back(
    session: Session, what: Iterable[Whole | PageId], pages: Sequence[PageId]
) -> None:
    """Restore pages and documents; other pages stay removed."""
    for each in what:
        try:
            session.corpus_handle.ask(partial(put_back, page_id=each, pages=pages))
        except OcrError as error:
            state.removal_fault = str(error)
    state.pop("removed_last", None)
    state.pop("removed_chosen", None)
    state.pop("sheet_neighbours", None)


def put_back(corpus: Corpus, page_id: Whole | PageId, pages: Sequence[PageId]) -> None:
    """Restore a page, or those pages of a document that are in `pages`."""
    doc_id, number = page_id
    stay = [each for each in corpus.removed() if each[0] == doc_id]
    corpus.restore(doc_id, number)
    for each in stay:
        if number is None and each not in pages:
            corpus.remove(*each)
