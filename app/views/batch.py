"""Read all: many documents with the same settings, then the corpus as files."""

import streamlit as st

from app.downloads import corpus_downloads
from app.jobs import Run, Session
from app.language import retell, say
from app.widgets import say_error
from ocr_core.documents import page_filter
from ocr_core.errors import OcrError
from ocr_core.settings import Settings

POLL_SECONDS = 0.5

state = st.session_state


def main() -> None:
    """Draw the page from top to bottom."""
    session: Session = state.session
    st.title(say("Read all documents"))
    if not session.uploads:
        st.info(say("There are no documents yet. Open some in the workbench first."))
        st.page_link("views/workbench.py", label=say("To the workbench"))
        st.stop()
    run = session.run
    busy = bool(run and run.busy)
    offer_run(session, busy)
    if run is None:
        st.caption(
            say("Nothing has been read yet. The settings are those of the workbench.")
        )
        st.stop()
    with st.container():  # a block of its own, which a late poll cannot leave
        st.fragment(watch, run_every=POLL_SECONDS if busy else None)(session, run)
    if not run.busy:
        take_away(session, run)


def offer_run(session: Session, busy: bool) -> None:
    """Say what would be read, and offer to start."""
    settings: Settings = state.get("settings") or Settings()
    good = [key for key, upload in session.uploads.items() if not upload.error]
    refused = len(session.uploads) - len(good)
    pages = sum(session.uploads[key].pages for key in good)
    told = say(
        "**{documents}** documents with **{pages}** pages",
        documents=len(good),
        pages=pages,
    )
    if refused:
        told += say(", {count} that cannot be opened", count=refused)
    st.markdown(told + ".")
    with st.expander(say("Read only some")):
        chosen = st.multiselect(
            say("Documents"),
            good,
            format_func=lambda key: session.uploads[key].label,
            key="chosen_documents",
            placeholder=say("all of them"),
        )
        text = st.text_input(
            say("Pages of each document"),
            key="chosen_pages",
            placeholder=say("all, or as in 1-3,7"),
        )
    with st.container(horizontal=True):
        if st.button(
            say("Read all again") if session.run else say("Read all"),
            key="start",
            type="secondary" if session.run else "primary",
            icon=":material/play_arrow:",
            disabled=busy,
            help=say("Read every page with the settings of the workbench."),
        ):
            start(session, settings, chosen, text)
        st.download_button(
            say("Settings as a recipe"),
            settings.recipe(),
            "recipe.json",
            "application/json",
            key="recipe",
            icon=":material/tune:",
            on_click="ignore",
            help=say("The same words again: ocr-core read SCANS --recipe recipe.json"),
        )


def start(session: Session, settings: Settings, chosen: list[str], text: str) -> None:
    """Start the run, or say what is wrong with the choice of pages."""
    try:
        pages = page_filter(text or None)
    except OcrError as error:
        say_error(error)
        return
    session.read_all(settings, chosen or None, pages)
    st.rerun()


def watch(session: Session, run: Run) -> None:
    """Show how far the run is, and offer to pause or stop it."""
    if not run.busy:
        if state.get("ended_run") != (run.owner, run.started):
            state.ended_run = (run.owner, run.started)
            st.rerun()
        return
    done = len(run.results)
    told = say("Page {done} of {total}", done=done, total=run.total)
    if done:
        rate = 60 * done / run.seconds
        told += " · " + say("{rate:.0f} pages a minute", rate=rate)
    left = run.seconds_left
    if run.paused:
        told += " · " + say("paused")
    elif left is not None:
        told += " · " + say("about {time} left", time=span(left))
    st.progress(min(1.0, done / max(1, run.total)), told)
    with st.container(horizontal=True):
        label = say("Go on") if run.paused else say("Pause")
        icon = "play_arrow" if run.paused else "pause"
        if st.button(label, key="pause", icon=f":material/{icon}:"):
            run.paused = not run.paused
            st.rerun(scope="fragment")
        if st.button(say("Cancel"), key="stop", icon=":material/stop_circle:"):
            session.stop()
            st.rerun()
    page_table(run)


def take_away(session: Session, run: Run) -> None:
    """Say how the run ended, what failed and why, and offer the files."""
    failed = run.failures
    read = len(run.results) - len(failed)
    if run.fault:
        say_error(run.fault)
    if run.cancelled:
        st.warning(
            say("Cancelled. {count} pages were read before; they are kept.", count=read)
        )
    elif not failed:
        st.success(
            say(
                "All {count} pages were read in {time}.",
                count=read,
                time=span(run.seconds),
            )
        )
    else:
        st.warning(
            say(
                "{count} pages were read in {time}, {failed} could not be; the list "
                "says why.",
                count=read,
                time=span(run.seconds),
                failed=len(failed),
            )
        )
    if read:
        st.subheader(say("Download"))
        corpus_downloads(run.results)
    if failed:
        not_read(session, run)
    st.subheader(say("Pages"))
    page_table(run)


def not_read(session: Session, run: Run) -> None:
    """List what failed, and offer to try it again."""
    st.subheader(say("Not read"))
    st.dataframe(
        [
            {
                say("document"): result.ref.source_file,
                say("page"): result.ref.number or None,
                say("why"): retell(result.error or ""),
            }
            for result in run.failures
        ],
        hide_index=True,
        alt=say("Documents and pages that could not be read, with the cause"),
    )
    if st.button(say("Try these again"), key="retry", icon=":material/refresh:"):
        session.retry()
        st.rerun()


def page_table(run: Run) -> None:
    """List the pages read so far."""
    st.dataframe(
        [
            {
                say("document"): result.ref.doc_id,
                say("page"): result.ref.number or None,
                say("status"): say(result.status),
                say("words"): len(result.rows),
                say("mean confidence"): result.conf_mean,
                say("quality"): result.quality,
                say("text"): result.text[:200],
            }
            for result in run.results
        ],
        hide_index=True,
        alt=say("Every page with its status, number of words and mean confidence"),
        column_config={
            say("mean confidence"): st.column_config.ProgressColumn(
                min_value=0, max_value=100, format="%.0f"
            )
        },
    )


def span(seconds: float) -> str:
    """Return a length of time in words."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


main()
