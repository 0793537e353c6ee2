"""Read all: every document with the same settings, then the corpus as files."""

import streamlit as st

from app.downloads import corpus_downloads
from app.jobs import Run, Session
from app.widgets import say_error
from ocr_core.settings import Settings

POLL_SECONDS = 0.5

state = st.session_state


def main() -> None:
    """Draw the page from top to bottom."""
    session: Session = state.session
    st.title("Read all documents")
    if not session.uploads:
        st.info("There are no documents yet. Open some in the workbench first.")
        st.page_link("views/workbench.py", label="To the workbench")
        st.stop()
    run = session.run
    busy = bool(run and run.busy)
    offer_run(session, busy)
    if run is None:
        st.caption("Nothing has been read yet. The settings are those of the workbench.")
        st.stop()
    with st.container():  # a block of its own, which a late poll cannot leave
        st.fragment(watch, run_every=POLL_SECONDS if busy else None)(session, run)
    if not run.busy:
        take_away(run)


def offer_run(session: Session, busy: bool) -> None:
    """Say what would be read, and offer to start."""
    settings: Settings = state.get("settings") or Settings()
    documents = sum(not upload.error for upload in session.uploads.values())
    pages = sum(upload.pages for upload in session.uploads.values())
    refused = len(session.uploads) - documents
    more = f", {refused} that cannot be opened" if refused else ""
    st.markdown(f"**{documents}** documents with **{pages}** pages{more}.")
    with st.container(horizontal=True):
        if st.button(
            "Read all again" if session.run else "Read all",
            key="start",
            type="secondary" if session.run else "primary",
            icon=":material/play_arrow:",
            disabled=busy,
            help="Read every page with the settings of the workbench.",
        ):
            session.read_all(settings)
            st.rerun()
        st.download_button(
            "Settings as a recipe",
            settings.recipe(),
            "recipe.json",
            "application/json",
            key="recipe",
            icon=":material/tune:",
            on_click="ignore",
            help="The same words again: ocr-core read SCANS --recipe recipe.json",
        )


def watch(session: Session, run: Run) -> None:
    """Show how far the run is, and offer to stop it."""
    done = len(run.results)
    if run.busy:
        left = run.seconds_left
        eta = f" · about {_span(left)} left" if left is not None else ""
        rate = f" · {60 * done / run.seconds:.0f} pages a minute" if done else ""
        st.progress(
            min(1.0, done / max(1, run.total)),
            f"Page {done} of {run.total}{rate}{eta}",
        )
        if st.button("Cancel", key="stop", icon=":material/stop_circle:"):
            session.stop()
            st.rerun()
        return
    if state.get("ended_run") != run.owner:
        state.ended_run = run.owner
        st.rerun()


def take_away(run: Run) -> None:
    """Say how the run ended, what failed and why, and offer the files."""
    failed = run.failures
    read = len(run.results) - len(failed)
    if run.fault:
        say_error(run.fault)
    if run.cancelled:
        st.warning(f"Cancelled. {read} pages were read before; they are kept.")
    elif not failed:
        st.success(f"All {read} pages were read in {_span(run.seconds)}.")
    else:
        st.warning(
            f"{read} pages were read in {_span(run.seconds)}, {len(failed)} could not "
            "be; the list says why."
        )
    if read:
        st.subheader("Download")
        corpus_downloads(run.results)
    if failed:
        st.subheader("Not read")
        st.dataframe(
            [
                {
                    "document": result.ref.source_file,
                    "page": result.ref.number or None,
                    "why": result.error,
                }
                for result in failed
            ],
            hide_index=True,
            alt="Documents and pages that could not be read, with the cause",
        )
    st.subheader("Pages")
    st.dataframe(
        [
            {
                "document": result.ref.doc_id,
                "page": result.ref.number or None,
                "status": result.status,
                "words": len(result.rows),
                "mean confidence": result.conf_mean,
                "text": result.text[:200],
            }
            for result in run.results
        ],
        hide_index=True,
        alt="Every page with its status, number of words and mean confidence",
        column_config={
            "mean confidence": st.column_config.ProgressColumn(
                min_value=0, max_value=100, format="%.0f"
            )
        },
    )


def _span(seconds: float) -> str:
    """Return a length of time in words."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


main()
