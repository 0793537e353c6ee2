"""Read all: recognize many documents with the same settings, then export."""

import contextlib
from functools import partial

import pandas as pd
import streamlit as st

from app.i18n import gettext, translate_message
from app.session.batch_run import Run
from app.session.project_runs import retry_failed
from app.session.run_page import RunPage, current_results
from app.session.session import Session
from app.ui.downloads import ExportOptions, corpus_downloads
from app.ui.progress import duration, show_progress
from app.ui.widgets import plain, show_error
from app.workbench.run_table import chosen_pages, page_list, page_table
from app.workbench.settings_panel import settings_words
from app.workbench.uploads import refused_files
from ocr_core.corpus import Corpus
from ocr_core.errors import OcrError
from ocr_core.settings import Settings

POLL_SECONDS = 0.5
MAX_LISTED = 200  # failures

state = st.session_state


def main() -> None:
    """Draw the page from top to bottom."""
    session: Session = state.session
    st.title(gettext("Read all documents"))
    if not session.uploads:
        st.info(
            gettext("There are no documents yet. Open some in the workbench first.")
        )
        st.page_link("views/workbench.py", label=gettext("To the workbench"))
        return
    run = session.run
    busy = bool(run and run.busy)
    offer_run(session, busy)
    if run is None:
        before_a_run(session)
        return
    state.end_is_shown = not busy
    with st.container():  # keeps a late fragment rerun inside this block
        st.fragment(watch, run_every=POLL_SECONDS if busy else None)(session, run)
    if not busy:
        show_outcome(session, run)


def offer_run(session: Session, busy: bool) -> None:
    """Show what would be recognized, and offer to start."""
    settings: Settings = state.get("settings") or Settings()
    with st.spinner(gettext("Opening the documents…")):
        good = [key for key, upload in session.uploads.items() if not upload.error]
    st.markdown(count_text(session, good))
    st.markdown(f":material/tune: {plain(settings_words(settings))}")
    refused_files(session)
    show_corpus(session)
    some = st.toggle(
        gettext("Read only some"),
        key="only_some",
        help=gettext("Choose documents, and pages of each."),
    )
    choice = choose(session, good) if some else None
    with st.container(horizontal=True):
        if st.button(
            gettext("Read all again") if session.run else gettext("Read all"),
            key="start",
            type="secondary" if session.run else "primary",
            icon=":material/play_arrow:",
            disabled=busy,
            help=gettext("Read every page with the settings of the workbench."),
        ):
            start(session, settings, choice)
        st.download_button(
            gettext("Settings as a recipe"),
            settings.recipe(),
            "recipe.json",
            "application/json",
            key="recipe",
            icon=":material/tune:",
            on_click="ignore",
            help=gettext(
                "The same words again: ocr-core read SCANS --recipe recipe.json"
            ),
        )


def before_a_run(session: Session) -> None:
    """Show earlier results; offer to resume an interrupted run."""
    if session.project.interrupted:
        st.warning(
            gettext(
                "The program ended while these pages were read. What was read is kept."
            )
        )
        if st.button(
            gettext("Go on reading"),
            key="go_on",
            type="primary",
            icon=":material/play_arrow:",
            help=gettext("Read what is missing, with the same settings."),
        ):
            try:
                session.go_on()
            except OcrError as error:
                show_error(error)
                return
            st.rerun()
    elif session.corpus_handle.begun:
        st.caption(gettext("What was read on earlier visits is in the corpus."))
        st.page_link("views/corpus.py", label=gettext("To the corpus"))
    else:
        st.caption(
            gettext(
                "Nothing has been read yet. The settings are those of the workbench."
            )
        )


def show_corpus(session: Session) -> None:
    """Show where the pages are saved."""
    name = plain(session.project.record.name)
    st.caption(
        gettext(
            "Each page is kept in the corpus as it is read ({name}): a run that was "
            "stopped goes on with what is missing.",
            name=name,
        )
    )


def count_text(session: Session, good: list[str]) -> str:
    """Return the number of documents and pages as text."""
    pages = sum(session.uploads[key].pages for key in good)
    refused = len(session.uploads) - len(good)
    parts = [
        gettext("1 document")
        if len(good) == 1
        else gettext("{count} documents", count=len(good)),
        page_count(pages),
    ]
    if refused:
        parts.append(gettext("{count} that cannot be opened", count=refused))
    return " · ".join(parts)


def page_count(count: int) -> str:
    """Return a number of pages as text."""
    return gettext("1 page") if count == 1 else gettext("{count} pages", count=count)


def choose(session: Session, good: list[str]) -> dict[str, str] | None:
    """Ask for documents, and for pages of each; None means all."""
    chosen = st.multiselect(
        gettext("Documents"),
        good,
        format_func=lambda key: session.uploads[key].label,
        key="chosen_documents",
        placeholder=gettext("all of them"),
        help=gettext("Those to read; none means all."),
    )
    keys = chosen or good
    wanted = gettext("pages to read")
    table = st.data_editor(
        pd.DataFrame(
            {
                gettext("document"): [session.uploads[key].label for key in keys],
                gettext("pages"): [session.uploads[key].pages for key in keys],
                wanted: [""] * len(keys),
            }
        ),
        # Streamlit stores edits by row index, so other documents need another key.
        key=f"chosen_pages {hash(tuple(keys))}",
        hide_index=True,
        disabled=[gettext("document"), gettext("pages")],
        height=min(300, 38 + 35 * len(keys)),
        column_config={
            wanted: st.column_config.TextColumn(
                help=gettext("Nothing for all pages, or some as in 1-3,7")
            )
        },
    )
    pages = [str(each or "").strip() for each in table[wanted]]
    if not chosen and not any(pages):
        return None
    return dict(zip(keys, pages, strict=True))


def start(session: Session, settings: Settings, choice: dict[str, str] | None) -> None:
    """Start the run, or show what is wrong with the selected pages."""
    try:
        session.read_all(settings, choice)
    except OcrError as error:
        show_error(error)
        return
    st.rerun()


def watch(session: Session, run: Run) -> None:
    """Show the progress of the run, and offer to pause or stop it."""
    if not run.busy:
        if not state.end_is_shown:
            st.rerun()
        return
    done = len(run.results)
    text = gettext("Page {done} of {total}", done=done, total=run.total)
    pace = run.pace
    if pace:
        text += " · " + gettext("{rate:.0f} pages a minute", rate=pace.pages_a_minute)
    if run.paused:
        text += " · " + gettext("paused")
    left = pace.seconds_left if pace and not run.paused else None
    show_progress(text, done / max(1, run.total), left)
    with st.container(horizontal=True):
        label = gettext("Go on") if run.paused else gettext("Pause")
        icon = "play_arrow" if run.paused else "pause"
        st.button(
            label,
            key="pause",
            icon=f":material/{icon}:",
            on_click=run.go_on if run.paused else run.pause,
        )
        st.button(
            gettext("Cancel"),
            key="stop",
            icon=":material/stop_circle:",
            on_click=session.project.stop_run,
        )
    if latest := [*run.latest]:
        pages = [RunPage.of(each) for each in reversed(latest)]
        texts = {(each.ref.doc_id, each.ref.number): each.text for each in latest}
        page_table(pages, texts, "latest")
    else:
        st.caption(gettext("Pages appear here as they are read."))


def show_outcome(session: Session, run: Run) -> None:
    """Show the outcome of the run and its failures, and offer the files."""
    if session.corpus_handle.begun:
        with contextlib.suppress(OcrError):  # the run has already reported this error
            session.corpus_handle.ask(run.refresh)
    failed = run.failures
    read = len(run.results) - len(failed)
    say_outcome(run, read, len(failed))
    corrected_pages(session, run)
    if read:
        offer_results(session, run)
    if failed:
        not_read(session, run)
    st.subheader(gettext("Pages"))
    st.caption(gettext("Choose rows at their left edge to download only these pages."))
    page_list(session, run.results)


def say_outcome(run: Run, read: int, failed: int) -> None:
    """Say how many pages were read, why no more were, and which were not read again."""
    if run.fault:
        show_error(run.fault)
        kept = gettext("What was read before is kept: {pages}.", pages=page_count(read))
        st.warning(kept)
    elif run.cancelled:
        kept = gettext(
            "Cancelled. What was read before is kept: {pages}.", pages=page_count(read)
        )
        st.warning(kept)
    elif not failed:
        st.success(
            gettext(
                "Read {pages} in {time}.",
                pages=page_count(read),
                time=duration(run.seconds),
            )
        )
    else:
        st.warning(
            gettext(
                "Read {pages} in {time}. Not read: {failed}; the list says why.",
                pages=page_count(read),
                time=duration(run.seconds),
                failed=failed,
            )
        )
    if run.there:
        st.caption(
            gettext(
                "Read before with the same settings, and not again: {pages}.",
                pages=page_count(run.there),
            )
        )
    if run.removed:
        st.caption(
            gettext(
                "Removed from the corpus, and not read: {pages}. They can be "
                "restored there.",
                pages=page_count(run.removed),
            )
        )


def offer_results(session: Session, run: Run) -> None:
    """Offer what comes next with the pages read, and their files."""
    st.page_link(
        "views/corpus.py",
        label=gettext("Search and correct these pages in the corpus"),
        icon=":material/inventory_2:",
    )
    st.page_link(
        "views/explore.py",
        label=gettext("Look up words, each with its piece of the scan"),
        icon=":material/insights:",
        query_params={"explore_view": gettext("Concordance")},
    )
    st.subheader(gettext("Download"))
    chosen = chosen_pages(run.results)
    corpus_downloads(
        session,
        partial(current_results, pages=chosen),
        ExportOptions(),
        key="files",
    )


def corrected_pages(session: Session, run: Run) -> None:
    """List corrected pages that were not replaced; offer to replace them."""
    if text := state.pop("replaced_message", ""):
        st.success(text)
    if not run.waiting:
        return
    lost = [each for page in run.waiting for each in page.lost]
    with st.container(border=True, key="corrected_pages"):
        st.markdown(f"**{gettext('Pages with your corrections were left alone')}**")
        st.caption(
            gettext(
                "Pages that you corrected, or whose reading you chose, are "
                "unchanged: {pages}; the new reading is stored beside the old one. "
                "If you accept it, corrections are transferred to the words that are "
                "found again. Not found: {count} of {total}; these would stay with "
                "the old reading.",
                pages=page_count(len(run.waiting)),
                count=len(lost),
                total=sum(page.corrections for page in run.waiting),
            )
        )
        if lost:
            st.dataframe(
                [
                    {
                        gettext("document"): each.doc_id,
                        gettext("page"): each.page_num,
                        gettext("was read as"): each.original,
                        gettext("corrected to"): each.text or gettext("(struck out)"),
                    }
                    for each in lost
                ],
                key="lost_corrections",
                hide_index=True,
                height=min(300, 38 + 35 * len(lost)),
                placeholder="",
                alt=gettext("Corrections whose words the new readings do not have"),
            )
        st.button(
            gettext("Accept the new readings"),
            key="replace_corrected",
            icon=":material/published_with_changes:",
            on_click=replace_corrected,
            args=(session, run),
        )


def replace_corrected(session: Session, run: Run) -> None:
    """Make the new results current; transfer corrections where possible."""
    lost = 0
    for page in run.waiting:
        accept = partial(Corpus.accept, reading=page.reading, chosen=False)
        lost += len(session.corpus_handle.ask(accept))
    state.replaced_message = gettext(
        "New readings were accepted for {pages}. {count} of {total} corrections were "
        "transferred.",
        pages=page_count(len(run.waiting)),
        count=sum(page.corrections for page in run.waiting) - lost,
        total=sum(page.corrections for page in run.waiting),
    )


def not_read(session: Session, run: Run) -> None:
    """List the failures, and offer to retry them."""
    st.subheader(gettext("Not read"))
    st.dataframe(
        [
            {
                gettext("document"): result.ref.source_file,
                gettext("page"): result.ref.number or None,
                gettext("why"): translate_message(result.error or ""),
            }
            for result in run.failures[:MAX_LISTED]
        ],
        hide_index=True,
        placeholder="",
        alt=gettext("Documents and pages that could not be read, with the cause"),
    )
    if len(run.failures) > MAX_LISTED:
        st.caption(gettext("The first {count} are listed.", count=MAX_LISTED))
    if run.retryable and st.button(
        gettext("Try these again"), key="retry", icon=":material/refresh:"
    ):
        retry_failed(session.project)
        st.rerun()


main()
