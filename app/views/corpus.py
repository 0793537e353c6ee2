"""Corpus: list, search, correct and export all recognized pages."""

from collections.abc import Iterable, Sequence
from functools import partial

import streamlit as st

from app.corpus.cleaning import show_changes
from app.corpus.corpus_menu import corpus_popover
from app.corpus.page_corrections import EditablePage, follow_forms, undo_button
from app.corpus.page_editor import confirm_button, show_page
from app.corpus.page_list import (
    PageSelection,
    ask_filter,
    catalogue,
    open_list,
    open_page,
    search_results,
)
from app.corpus.removing import offer_undo, remove_popover, removed_popover
from app.corpus.rerun_ocr import (
    language_popover,
    reread,
    start_rereading,
    tell_last,
)
from app.explore.background import showing_progress
from app.explore.doubtful import doubtful_view, start_doubtful
from app.explore.token_cache import token_cache_of
from app.i18n import gettext, gettext_noop
from app.session.session import Session
from app.ui.downloads import ExportOptions, corpus_downloads
from app.ui.widgets import int_query_param, pick_one, plain, show_error
from ocr_core.corpus import Corpus
from ocr_core.errors import OcrError
from ocr_core.exports.tables import Unit
from ocr_core.page import PageId, PageResult
from ocr_core.text.cleaning import Mode

CLEANING: dict[Mode, str] = gettext_noop(
    {"off": "Off", "suggest": "Suggest", "on": "On"}
)
UNITS: dict[Unit, str] = gettext_noop(
    {"document": "one row per document", "page": "one row per page"}
)

state = st.session_state


def main() -> None:
    """Draw the page from top to bottom."""
    session: Session = state.session
    follow_forms()
    try:
        if state.get("reread") is not None:
            heading(session)
            reread(session)
        elif state.get("doubtful") is not None:
            heading(session)
            with showing_progress(token_cache_of(state).jobs):
                doubtful_view(session)
        elif (page_id := asked_page()) and session.corpus_handle.begun:
            tell_last()
            offer_undo(session)
            one_page(session, page_id)
        else:
            heading(session)
            tell_last()
            offer_undo(session)
            all_pages(session)
    except OcrError as error:
        show_error(error)
        st.button(
            gettext("Back to the list"), key="back_from_fault", on_click=open_list
        )


def heading(session: Session) -> None:
    """Show the name of the corpus, and offer to open another."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(gettext("Corpus"), width="content")
        st.space("stretch")
        removed_popover(session)
        corpus_popover(session)


def asked_page() -> PageId | None:
    """Return the page in the URL."""
    doc_id, number = st.query_params.get("doc"), int_query_param("page", "1")
    return (doc_id, number) if doc_id and number is not None else None


def all_pages(session: Session) -> None:
    """List the pages, or explain the first step."""
    corpus_handle = session.corpus_handle
    counts = (
        corpus_handle.ask(lambda corpus: corpus.counts()) if corpus_handle.begun else {}
    )
    if not counts:
        empty(session)
        return
    query = st.text_input(
        gettext("Search the text"),
        key="corpus_search",
        placeholder=gettext('words, "two words side by side", begin*'),
        icon=":material/search:",
        help=gettext("Lists the pages whose text has all the words."),
    )
    if query.strip():
        search_results(session, query)
        return
    wanted = ask_filter(corpus_handle.ask(lambda corpus: corpus.languages()))
    total = corpus_handle.ask(wanted.count)
    chosen = catalogue(session, wanted, total)
    with st.container(horizontal=True):
        st.button(
            gettext("Read chosen pages again"),
            key="reread_chosen",
            icon=":material/refresh:",
            disabled=not chosen,
            on_click=start_rereading,
            args=(chosen,),
            help=gettext("With other settings; you compare before anything changes."),
        )
        language_popover(chosen)
        remove_popover(session, chosen)
        st.button(
            gettext("Doubtful words"),
            key="start_doubtful",
            icon=":material/spellcheck:",
            on_click=start_doubtful,
            help=gettext(
                "Correct the least certain words of the whole corpus, one by one."
            ),
        )
    if total:
        offer_downloads(session, wanted, chosen, total)


def empty(session: Session) -> None:
    """Explain the first step."""
    if asked_page():
        st.warning(
            gettext(
                "The project with this page is not here. If you have it as a file, "
                "open it from Projects."
            )
        )
    st.info(
        gettext(
            "No page has been read into this corpus yet. Open documents in the "
            "workbench and read them all: every page appears here, to be searched, "
            "corrected and downloaded."
        )
    )
    if session.uploads:
        st.page_link("views/batch.py", label=gettext("To reading all documents"))
    else:
        st.page_link("views/workbench.py", label=gettext("To the workbench"))


def offer_downloads(
    session: Session, wanted: PageSelection, chosen: Sequence[PageId], total: int
) -> None:
    """Offer the pages in every format."""
    st.subheader(gettext("Download"))
    count = len(chosen)
    st.caption(
        gettext("Only the {count} chosen of {total} pages.", count=count, total=total)
        if chosen
        else gettext("All {total} pages of the list.", total=total)
    )
    pages = partial(pages_of, wanted=wanted, chosen=tuple(chosen))
    form = ask_export_options()
    corpus_downloads(session, pages, form, key="corpus_files")
    if form.cleaning != "off":
        show_changes(session, pages, form.cleaning)


def pages_of(
    corpus: Corpus, wanted: PageSelection, chosen: Sequence[PageId]
) -> Iterable[PageResult]:
    """Yield the selected pages, or all that match the filters."""
    if not chosen and wanted == PageSelection():
        yield from corpus.results()
        return
    rows = PageSelection(
        wanted.status, wanted.name, wanted.language, wanted.min_quality
    )
    page_ids = set(chosen)
    for row in rows.rows(corpus):
        page_id = (row.doc_id, row.page_num)
        if not page_ids or page_id in page_ids:
            yield corpus.page(*page_id)


def ask_export_options() -> ExportOptions:
    """Ask for the export options."""
    with st.expander(gettext("Filters and cleaning"), icon=":material/tune:"):
        left, right = st.columns(2)
        with left:
            conf = st.slider(
                gettext("Minimum confidence of a word (%)"),
                0,
                100,
                0,
                key="least_conf",
                help=gettext("Words below it are left out of the files."),
            )
            quality = st.slider(
                gettext("Minimum quality of a page"),
                0.0,
                1.0,
                0.0,
                0.05,
                key="least_quality",
                help=gettext("Pages below it are left out of the files."),
            )
        with right:
            unit = pick_one(
                gettext("corpus.csv has"),
                UNITS,
                key="unit",
                help=gettext(
                    "Whether the pages of a document are joined in corpus.csv."
                ),
            )
            cleaning = pick_one(
                gettext("Cleaning of corpus.csv"),
                CLEANING,
                key="cleaning",
                help=gettext(
                    "Joins words broken at line ends, drops running heads and page "
                    "numbers, spells old letters as today. The text as it was read "
                    "stays beside it, with every change."
                ),
            )
    return ExportOptions(conf, quality, cleaning, unit)


def one_page(session: Session, page_id: PageId) -> None:
    """Show a page, with navigation and the offer to recognize it again."""
    sheet = session.corpus_handle.ask(lambda corpus: EditablePage.of(corpus, page_id))
    if state.get("sheet_page") != page_id or "sheet_neighbours" not in state:
        state.sheet_neighbours = neighbours(session, page_id)
    before, after = state.sheet_neighbours
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            gettext("Back to the list"),
            key="to_list",
            icon=":material/arrow_back:",
            on_click=open_list,
        )
        number = gettext("page {number}", number=page_id[1])
        st.markdown(f"#### {plain(page_id[0])} · {number}", width="content")
        st.space("stretch")
        for label, icon, other in (
            (gettext("Previous page"), "chevron_left", before),
            (gettext("Next page"), "chevron_right", after),
        ):
            st.button(
                label,
                key=f"go {icon}",
                icon=f":material/{icon}:",
                disabled=other is None,
                on_click=open_page,
                args=(other,),
            )
        undo_button(sheet, "picked_word")
        confirm_button(sheet)
        st.button(
            gettext("Read again"),
            key="reread_page",
            icon=":material/refresh:",
            on_click=start_rereading,
            args=([page_id],),
            help=gettext("With other settings; you compare before anything changes."),
        )
        remove_popover(session, [page_id])
    show_page(session, sheet)


def neighbours(
    session: Session, page_id: PageId
) -> tuple[PageId | None, PageId | None]:
    """Return the previous and next page in the last list, or in the document."""
    page_ids: list[PageId] = state.get("listed") or []
    if page_id not in page_ids:
        rows = session.corpus_handle.ask(lambda corpus: corpus.rows(name=page_id[0]))
        page_ids = [
            (row.doc_id, row.page_num) for row in rows if row.doc_id == page_id[0]
        ]
    if page_id not in page_ids:
        return None, None
    at = page_ids.index(page_id)
    return (
        page_ids[at - 1] if at else None,
        page_ids[at + 1] if at + 1 < len(page_ids) else None,
    )


main()
