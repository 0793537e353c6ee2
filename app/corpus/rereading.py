"""Rereading: chosen pages are read with another recipe, and the better text is kept."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from app.corpus.catalogue import Place
from app.corpus.comparing import show_difference
from app.jobs import Session
from app.language import retell, say
from app.readings import Reading
from app.tuning import changed
from app.widgets import KNOBS, plain, say_error
from ocr_core.corpus import Correction
from ocr_core.engines import reader_of
from ocr_core.errors import OcrError
from ocr_core.page import PageRef, PageResult
from ocr_core.settings import Settings

POLL_SECONDS = 0.5
MOST_WORDS = 20  # of corrections listed in a sentence

state = st.session_state


def start_rereading(places: list[Place]) -> None:
    """Ask for another reading of these pages, from now on."""
    state.reread = list(places)
    state.pop("reread_settings", None)


def end_rereading() -> None:
    """Leave all pages as they are now."""
    state.pop("reread", None)


def reread(session: Session) -> None:
    """Read the chosen pages again, and show them one after the other."""
    places: list[Place] = state.reread
    count = len(places)
    st.subheader(
        say("Read 1 page again") if count == 1 else say("Read {n} pages again", n=count)
    )
    tell_last()
    if state.get("reread_settings"):
        if count > 1:
            st.button(
                say("Leave the rest as it is"), key="reread_end", on_click=end_rereading
            )
        candidate(session, places[0], state.reread_settings)
        return
    settings = choose_settings()
    with st.container(horizontal=True):
        st.button(
            say("Read with these settings"),
            key="reread_start",
            type="primary",
            icon=":material/play_arrow:",
            disabled=settings is None,
            on_click=state.update,
            args=({"reread_settings": settings},),
        )
        st.button(say("Cancel"), key="reread_end", on_click=end_rereading)


def tell_last() -> None:
    """Say what became of the page before."""
    if told := state.pop("reread_told", ""):
        st.success(told)


def choose_settings() -> Settings | None:
    """Let the reader choose the workbench's settings, or a recipe file."""
    now: Settings = state.get("settings") or Settings()
    other = st.toggle(say("Take a recipe file instead"), key="reread_file")
    settings: Settings | None = now
    if other:
        file = st.file_uploader(
            say("Recipe"), type="json", key="reread_recipe", max_upload_size=1
        )
        settings = None
        if file:
            try:
                settings = Settings.from_recipe(file.getvalue())
            except OcrError as error:
                say_error(error)
    if settings:
        tell_settings(settings)
        if not other:
            st.caption(say("These are the settings of the workbench."))
    return settings


def tell_settings(settings: Settings) -> None:
    """Say which settings are not at their defaults."""
    told = ", ".join(
        f"{say(KNOBS[n].label)} {plain(say(str(v)))}"
        for n, v in changed(settings.flat()).items()
    )
    st.caption(told or say("Every knob at its default"))


def candidate(session: Session, place: Place, settings: Settings) -> None:
    """Show a page as it is and as it was read anew, and let the reader choose."""
    now = session.shelf.ask(lambda corpus: corpus.page(*place))
    st.markdown(f"**{plain(place[0])}** · {say('page {number}', number=place[1])}")
    ref = session.shelf.found(now, session.scans)
    if ref is None:
        st.warning(
            say(
                "The scan is not here. Open {name} in the workbench, and it can be "
                "read again.",
                name=plain(now.ref.source_file),
            )
        )
        st.button(say("Skip this page"), key="reread_skip", on_click=go_on, args=("",))
        return
    task = session.reading(ref, settings) or session.read(ref, settings, beside=True)
    if not task.done():
        with st.container():
            st.fragment(wait, run_every=POLL_SECONDS)(task)
        return
    if task.error:
        say_error(str(task.error))
        st.button(say("Skip this page"), key="reread_skip", on_click=go_on, args=("",))
        return
    choose_reading(place, now, task.result(), settings)


def wait(task: Reading) -> None:
    """Say that the page is being read; draw all anew when it is."""
    if task.done():
        st.rerun()
    st.markdown(f":material/progress_activity: {say('Reading…')}")


def choose_reading(
    place: Place, now: PageResult, new: PageResult, settings: Settings
) -> None:
    """Show both readings, and offer to accept the new one."""
    sides = [
        ("A", f"{say('as it is now')} · {now.settings_digest[:8]}", now),
        ("B", f"{say('read anew')} · {settings.digest[:8]}", new),
    ]
    tell_settings(settings)
    lost = state.session.shelf.ask(lambda corpus: corpus.lost_corrections(*place, new))
    if lost:
        tell_lost(lost)
    with st.container(horizontal=True):
        st.button(
            say("Accept the new reading"),
            key="reread_accept",
            type="primary",
            icon=":material/check:",
            on_click=accept,
            args=(place, now.ref, new, settings),
        )
        st.button(
            say("Keep the old one"),
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
                st.text(result.text or say("No text was found."))
    told = say(
        "{count} places. Struck through: only the old reading; underlined: only the "
        "new one."
    )
    show_difference(sides, told, key="reread_difference")


def tell_lost(lost: Sequence[Correction]) -> None:
    """Say which corrections would stay behind."""
    words = ", ".join(
        f"{plain(each.original)} → {plain(each.text) or say('(struck out)')}"
        for each in lost[:MOST_WORDS]
    )
    more = " …" if len(lost) > MOST_WORDS else ""
    st.warning(
        say(
            "{count} of your corrections find no word in the new reading, and would "
            "stay with the old one: {words}",
            count=len(lost),
            words=words + more,
        )
    )


def accept(place: Place, ref: PageRef, new: PageResult, settings: Settings) -> None:
    """Keep the new reading and make it the page's own; go on to the next page."""
    shelf = state.session.shelf
    kept = replace(new, ref=ref)
    reader = reader_of(settings.recognition)
    try:
        reading = shelf.ask(lambda corpus: corpus.keep(kept, reader, current=False))
        lost = shelf.ask(lambda corpus: corpus.accept(reading))
    except OcrError as error:
        go_on(retell(str(error)))
        return
    told = say("The new reading of {name} is kept.", name=plain(place[0]))
    if lost:
        told += " " + say(
            "{count} corrections have no word any more and stay with the old reading.",
            count=len(lost),
        )
    go_on(told)


def go_on(told: str) -> None:
    """Go on to the next of the pages."""
    state.reread = state.reread[1:]
    state.reread_told = told
    if not state.reread:
        end_rereading()
