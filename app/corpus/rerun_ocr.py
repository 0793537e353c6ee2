"""Repeated OCR: recognize selected pages with another recipe, keep the better text."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from ocr_core.corpus import Correction
from ocr_core.engines import reader_of
from ocr_core.errors import OcrError
from ocr_core.page import PageId, PageRef, PageResult
from ocr_core.settings import Settings

from ..i18n import gettext, translate_message
from ..session.page_jobs import PageJob
from ..session.session import Session
from ..ui.widgets import KNOBS, language_widget, plain, show_error
from ..viewer.reading_diff import show_difference
from ..workbench.settings_panel import changed

POLL_SECONDS = 0.5
MAX_WORDS = 20  # corrected words listed in one sentence

state = st.session_state


def start_rereading(page_ids: list[PageId], language: str = "") -> None:
    """Start to recognize these pages again, each with its settings in a language."""
    state.reread, state.reread_language = list(page_ids), language
    for name in ("reread_settings", "reread_rest"):
        state.pop(name, None)


def language_popover(chosen: list[PageId]) -> None:
    """Offer to read the chosen pages again in another language."""
    with st.popover(
        gettext("Read in another language"),
        icon=":material/translate:",
        disabled=not chosen,
    ):
        language = language_widget(KNOBS["language"], "reread_languages", in_url=False)
        st.button(
            gettext("Read again in this language"),
            key="reread_in_language",
            type="primary",
            on_click=start_rereading,
            args=(chosen, language),
        )


def end_rereading() -> None:
    """Stop, and keep the current text of the remaining pages."""
    state.pop("reread", None)


def reread(session: Session) -> None:
    """Recognize the selected pages again, and show them one after the other."""
    page_ids: list[PageId] = state.reread
    count = len(page_ids)
    st.subheader(
        gettext("Read 1 page again")
        if count == 1
        else gettext("Read {n} pages again", n=count)
    )
    tell_last()
    if state.get("reread_settings") or state.get("reread_language"):
        if count > 1:
            st.button(
                gettext("Leave the rest as it is"),
                key="reread_end",
                on_click=end_rereading,
            )
        candidate(session, page_ids[0], state.get("reread_settings"))
        return
    settings = choose_settings()
    with st.container(horizontal=True):
        st.button(
            gettext("Read with these settings"),
            key="reread_start",
            type="primary",
            icon=":material/play_arrow:",
            disabled=settings is None,
            on_click=state.update,
            args=({"reread_settings": settings},),
        )
        st.button(gettext("Cancel"), key="reread_end", on_click=end_rereading)


def tell_last() -> None:
    """Show the outcome of the previous page."""
    if text := state.pop("reread_message", ""):
        st.success(text)


def choose_settings() -> Settings | None:
    """Ask for the settings: the workbench's, or a recipe file."""
    now: Settings = state.get("settings") or Settings()
    other = st.toggle(gettext("Take a recipe file instead"), key="reread_file")
    settings: Settings | None = now
    if other:
        file = st.file_uploader(
            gettext("Recipe"), type="json", key="reread_recipe", max_upload_size=1
        )
        settings = None
        if file:
            try:
                settings = Settings.from_recipe(file.getvalue())
            except OcrError as error:
                show_error(error)
    if settings:
        tell_settings(settings)
        if not other:
            st.caption(gettext("These are the settings of the workbench."))
    return settings


def tell_settings(settings: Settings) -> None:
    """List the settings that differ from their defaults."""
    text = ", ".join(
        f"{gettext(KNOBS[n].label)} {plain(gettext(str(v)))}"
        for n, v in changed(settings.flat()).items()
    )
    st.caption(text or gettext("Every knob at its default"))


def candidate(session: Session, page_id: PageId, wanted: Settings | None) -> None:
    """Compare the current text of a page with the new result.

    Without settings the page's own are taken, with the language chosen for the pages.
    """
    now = session.corpus_handle.ask(lambda corpus: corpus.page(*page_id))
    st.markdown(
        f"**{plain(page_id[0])}** · {gettext('page {number}', number=page_id[1])}"
    )
    language = {"language": state.get("reread_language")}
    settings = wanted or Settings.from_flat({**now.settings, **language})
    if now.source == "imported":  # the text layer would give the same text
        settings = Settings.from_flat({**settings.flat(), "text_layer": "off"})
    ref = session.corpus_handle.found(now, session.scans)
    if ref is None:
        st.warning(
            gettext(
                "The scan is not here. Open {name} in the workbench, and it can be "
                "read again.",
                name=plain(now.ref.source_file),
            )
        )
        st.button(
            gettext("Skip this page"), key="reread_skip", on_click=go_on, args=("",)
        )
        return
    task = session.readings.find(ref, settings) or session.read(
        ref, settings, beside=True
    )
    if not task.done():
        with st.container():
            st.fragment(wait, run_every=POLL_SECONDS)(task)
        return
    if task.error:
        show_error(str(task.error))
        st.button(
            gettext("Skip this page"), key="reread_skip", on_click=go_on, args=("",)
        )
        return
    choose_reading(page_id, now, task.result(), settings)


def wait(task: PageJob) -> None:
    """Show that the page is being recognized; rerun the script when it is done."""
    if task.done():
        st.rerun()
    st.markdown(f":material/progress_activity: {gettext('Reading…')}")


def choose_reading(
    page_id: PageId, now: PageResult, new: PageResult, settings: Settings
) -> None:
    """Show both results, and offer to accept the new one."""
    sides = [
        ("A", f"{gettext('as it is now')} · {now.settings_digest[:8]}", now),
        ("B", f"{gettext('read again')} · {settings.digest[:8]}", new),
    ]
    tell_settings(settings)
    lost = state.session.corpus_handle.ask(
        lambda corpus: corpus.lost_corrections(*page_id, new)
    )
    if lost:
        list_lost(lost)
    elif state.get("reread_rest"):
        accept(page_id, now.ref, new, settings)
        st.rerun()
    with st.container(horizontal=True):
        st.button(
            gettext("Accept the new reading"),
            key="reread_accept",
            type="primary",
            icon=":material/check:",
            on_click=accept,
            args=(page_id, now.ref, new, settings),
        )
        if len(state.reread) > 1:
            st.button(
                gettext("Accept this one and the rest"),
                key="reread_accept_rest",
                icon=":material/done_all:",
                help=gettext("It stops at a page that would lose corrections."),
                on_click=state.update,
                args=({"reread_rest": True},),
            )
        st.button(
            gettext("Keep the old one"),
            key="reread_keep",
            icon=":material/undo:",
            on_click=go_on,
            args=("",),
        )
    left, right = st.container(key="panes").columns(2)
    for column, (letter, name, result) in zip((left, right), sides, strict=True):
        with column:
            st.markdown(f"**{letter}** · {name}")
            with st.container(border=True, height=240, key=f"reread_text_{letter}"):
                st.text(result.text or gettext("No text was found."))
    text = gettext(
        "{count} differences. Struck through: only in the old reading; underlined: "
        "only in the new one."
    )
    show_difference(sides, text, key="reread_difference")


def list_lost(lost: Sequence[Correction]) -> None:
    """List the corrections that the new result would lose."""
    words = ", ".join(
        f"{plain(each.original)} → {plain(each.text) or gettext('(struck out)')}"
        for each in lost[:MAX_WORDS]
    )
    more = " …" if len(lost) > MAX_WORDS else ""
    st.warning(
        gettext(
            "{count} of your corrections find no word in the new reading, and would "
            "stay with the old one: {words}",
            count=len(lost),
            words=words + more,
        )
    )


def accept(page_id: PageId, ref: PageRef, new: PageResult, settings: Settings) -> None:
    """Save the new result as the current one; continue with the next page."""
    corpus_handle = state.session.corpus_handle
    kept = replace(new, ref=ref)
    reader = reader_of(settings.recognition)
    try:
        reading = corpus_handle.ask(
            lambda corpus: corpus.save_result(kept, reader, current=False)
        )
        lost = corpus_handle.ask(lambda corpus: corpus.accept(reading))
    except OcrError as error:
        go_on(translate_message(str(error)))
        return
    text = gettext("The new reading of {name} is kept.", name=plain(page_id[0]))
    if lost:
        text += " " + gettext(
            "{count} corrections have no word any more and stay with the old reading.",
            count=len(lost),
        )
    go_on(text)


def go_on(text: str) -> None:
    """Continue with the next page."""
    state.reread = state.reread[1:]
    state.reread_message = text
    if not state.reread:
        end_rereading()
