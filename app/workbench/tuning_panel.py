"""Tuning panel: search for the settings that read the document at hand best."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from ocr_core.errors import OcrError
from ocr_core.evaluation.tuning import KnobChange, TuningPage, TuningResult
from ocr_core.evaluation.tuning_pages import evidence_json
from ocr_core.page import PageRef
from ocr_core.settings import Settings

from ..evaluate.ground_truth import chosen_normalization, known_lines, known_truth
from ..i18n import gettext, gettext_noop, translate_message
from ..session.session import Session
from ..session.tuning_run import TuningRun
from ..session.upload import Upload
from ..ui.progress import show_progress
from ..ui.widgets import KNOBS, pick_one, plain, set_knobs, show_error, show_picture
from .reading_status import finished

POLL_SECONDS = 0.6
SECONDS = (60, 180, 600)
SCOPES = gettext_noop({"page": "This page", "document": "The whole document"})

state = st.session_state


def tuning_menu(session: Session, upload: Upload, ref: PageRef) -> None:
    """Offer the search: on which pages, and for how long."""
    menu = st.popover(
        gettext("Find the best settings"),
        icon=":material/auto_fix_high:",
        key="tuning_menu",
        width="stretch",
        on_change="rerun",  # so that a callback can close it
    )
    with menu:
        st.markdown(
            gettext(
                "Reads the page with many settings, keeps those that make fewer "
                "errors, and verifies them on lines or pages that the search did not "
                "use."
            )
        )
        scope = "page"
        if upload.pages > 1:
            scope = pick_one(
                gettext("Tune on"),
                SCOPES,
                key="tuning_scope",
                help=gettext(
                    "Pages of the whole document make the result more general."
                ),
            )
        seconds = st.segmented_control(
            gettext("Time to search"),
            SECONDS,
            default=SECONDS[0],
            required=True,
            format_func=lambda each: gettext("{count} min", count=each // 60),
            key="tuning_seconds",
            help=gettext("A longer search tries more settings."),
        )
        st.button(
            gettext("Search"),
            type="primary",
            key="tuning_start",
            on_click=start,
            args=(session, ref, upload.pages if scope == "document" else 1, seconds),
        )


def start(session: Session, ref: PageRef, pages: int, seconds: float) -> None:
    """Start the search on the page, or on all pages with the page first."""
    others = [n for n in range(1, pages + 1) if n != ref.number] if pages > 1 else []
    refs = [ref, *(replace(ref, number=number) for number in others)]
    found = [
        TuningPage(each, known_truth(session, each) or None, known_lines(session, each))
        for each in refs
    ]
    state.tuning_menu = False
    rules, owner = chosen_normalization(), f"{session.owner} tune"
    settings = session.settings_for(ref, state.settings)
    run = TuningRun(settings, found, rules, seconds, owner)
    for each in refs:
        if result := finished(session.readings.find(each, settings)):
            run.tuner.keep(settings, each, result)
    session.tune(run)


def show_tuning(session: Session, ref: PageRef) -> None:
    """Show the search on this document, if there is one."""
    run = session.tuning
    if run is not None and run.ref.path == ref.path:
        with st.container(border=True, key="tuning"):
            every = POLL_SECONDS if run.busy else None
            st.fragment(follow, run_every=every)(session, run, run.busy)


def follow(session: Session, run: TuningRun, was_busy: bool) -> None:
    """Show the progress of the search, then its result."""
    if session.tuning is not run:
        st.rerun()  # it was closed: a button reruns this fragment alone
    if run.busy:
        show_search(session, run)
    elif was_busy:
        st.rerun()
    elif run.result is not None:
        show_result(session, run, run.result)
    else:
        show_error(run.error or "")
        close_button(session, primary=True)


def show_search(session: Session, run: TuningRun) -> None:
    """Show the time left and the best settings so far."""
    done = gettext("{count} settings tried", count=run.tuner.trials)
    left = None
    if run.tuner.verifying:
        text = gettext("Verifying the best on what the search did not use…")
    elif run.stopping:
        text = gettext("Ending the search…")
    else:
        text, left = gettext("Searching…"), run.seconds_left
    share = 1 - run.seconds_left / run.tuner.budget
    show_progress(f"{text} · {done}", share, left)
    st.caption(basis(run))
    if run.best is None:
        st.caption(gettext("Nothing better than the current settings so far."))
    else:
        show_best(session, run)
    with st.container(horizontal=True):
        st.button(
            gettext("Stop and keep the best"),
            key="tuning_stop",
            icon=":material/stop_circle:",
            on_click=run.stop,
            disabled=run.stopping or run.tuner.verifying,
        )
        st.button(
            gettext("Cancel"),
            key="tuning_cancel",
            icon=":material/close:",
            on_click=session.tune,
            args=(None,),
            help=gettext("Ends the search; the settings stay as they are."),
        )


def basis(run: TuningRun) -> str:
    """Say what the errors are counted by."""
    if run.tuner.counted:
        return gettext(
            "Errors are counted against the text that you gave, audited or confirmed."
        )
    return gettext(
        "Errors are estimated. Give the true text of the page in Evaluate, or confirm "
        "the page in Corpus, to count them."
    )


def show_best(session: Session, run: TuningRun) -> None:
    """Show the best trial so far: its changes, its error and its picture."""
    trial = run.best
    if trial is None:
        return
    left, right = st.columns([1, 4], vertical_alignment="center")
    with left:
        try:
            shown = session.pictures.prepared(run.ref, run.best_settings)
        except OcrError as error:
            show_error(error)
        else:
            show_picture(shown.url, gettext("The page with the best settings so far"))
    with right:
        st.metric(
            gettext(
                "Best so far: {measure}", measure=translate_message(run.tuner.measure)
            ),
            f"{100 * trial.error:.2f} %",
            delta=gettext("{count} points", count=f"{-100 * trial.gain:.2f}"),
            delta_color="inverse",
            help=gettext("The change is in percentage points of the error rate."),
        )
        st.markdown(plain(listed(trial.changes)))
        if run.tuner.settings.recognition.second_opinion != "off":
            st.caption(
                gettext(
                    "Compared without a second opinion, which the search leaves out; "
                    "the verification has it."
                )
            )


def listed(changes: Mapping[str, Any]) -> str:
    """List changes of the settings in one line."""
    return ", ".join(
        f"{gettext(KNOBS[name].label)}: {gettext(str(value))}"
        for name, value in changes.items()
    )


def show_result(session: Session, run: TuningRun, found: TuningResult) -> None:
    """Show what is recommended, with the gain of each change, or that nothing is."""
    sentence = plain(translate_message(found.sentence))
    if not found.recommended:
        st.info(sentence, icon=":material/info:")
        st.caption(basis(run))
        close_button(session, primary=True)
        return
    st.success(sentence, icon=":material/auto_fix_high:")
    show_changes(found.changes)
    st.caption(
        basis(run)
        + " "
        + gettext(
            "{count} settings tried in {seconds:.0f} s.",
            count=found.trials,
            seconds=found.seconds,
        )
    )
    if found.pages_tuned == 1 and found.pages_proved == 1:
        st.caption(
            gettext(
                "This holds for this page: the proof is other lines of it. Tune on "
                "more pages, or compare on another, before you read many."
            )
        )
    offer_result(session, found)


def show_changes(changes: Sequence[KnobChange]) -> None:
    """Show which knobs are to change, each with its gain."""
    st.dataframe(
        pd.DataFrame(
            {
                gettext("knob"): gettext(KNOBS[each.knob].label),
                gettext("from"): gettext(str(each.old)),
                gettext("to"): gettext(str(each.new)),
                gettext("gain (points)"): None
                if each.gain is None
                else 100 * each.gain,
            }
            for each in changes
        ),
        hide_index=True,
        width="content",
        alt=gettext("The changed settings, each with its gain"),
        placeholder="–",
        column_config={
            gettext("gain (points)"): st.column_config.NumberColumn(format="%.2f")
        },
    )


def offer_result(session: Session, found: TuningResult) -> None:
    """Offer to use the settings that were found, or to save them."""
    with st.container(horizontal=True):
        st.button(
            gettext("Use these settings"),
            type="primary",
            key="tuning_use",
            icon=":material/check:",
            on_click=use,
            args=(session, found.settings),
        )
        for label, name, content in (
            (gettext("Recipe (JSON)"), "recipe.json", found.settings.recipe()),
            (gettext("Evidence (JSON)"), "recipe.evidence.json", evidence_json(found)),
        ):
            st.download_button(
                label,
                content,
                name,
                "application/json",
                key=f"tuning {name}",
                icon=":material/download:",
                on_click="ignore",
            )
        close_button(session)


def use(session: Session, settings: Settings) -> None:
    """Set the knobs to the settings that were found."""
    set_knobs(settings.flat())
    state.preset = None
    session.tune(None)


def close_button(session: Session, *, primary: bool = False) -> None:
    """Offer to close the panel and keep the current settings."""
    st.button(
        gettext("Keep the current settings"),
        key="tuning_close",
        type="primary" if primary else "secondary",
        on_click=session.tune,
        args=(None,),
    )
