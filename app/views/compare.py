"""Compare: two recipes on the same page, side by side, and where their words differ."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from app.corpus.rerun_ocr import tell_settings
from app.i18n import gettext
from app.session.session import Session
from app.ui.widgets import show_error
from app.viewer import View, page_viewer
from app.viewer.reading_diff import show_difference
from app.workbench.reading_status import block_numbers, corners, finished, line_numbers
from ocr_core.errors import OcrError
from ocr_core.page import PageRef, PageResult
from ocr_core.presets import PRESETS
from ocr_core.settings import Settings

POLL_SECONDS = 0.5
CURRENT = "current settings"
DEFAULT = "default settings"

state = st.session_state


@dataclass(frozen=True)
class Side:
    """One of the two recipes, and what it read."""

    name: str
    settings: Settings
    result: PageResult | None


def main() -> None:
    """Draw the page from top to bottom."""
    session: Session = state.session
    st.title(gettext("Compare two recipes"))
    good = {key: ref for key, ref in session.refs().items() if _opens(session, key)}
    if not good:
        st.info(
            gettext("There are no documents yet. Open some in the workbench first.")
        )
        st.page_link("views/workbench.py", label=gettext("To the workbench"))
        return
    ref = choose_page(session, good)
    names = [CURRENT, DEFAULT, *PRESETS]
    left, right = st.columns(2)
    with left:
        first = choose_recipe("A", names, 0)
    with right:
        second = choose_recipe("B", names, 1)
    sides = [read_side(session, ref, each) for each in (first, second)]
    waiting = any(side.result is None for side in sides)
    with st.container():  # a block of its own, which a late poll cannot leave
        every = POLL_SECONDS if waiting else None
        st.fragment(wait, run_every=every)(session, ref, sides)
    show_pictures(session, ref, sides)
    if not waiting:
        named = [
            (letter, gettext(side.name.capitalize()), side.result)
            for letter, side in zip("AB", sides, strict=True)
            if side.result is not None
        ]
        told = gettext(
            "{count} places. Struck through: only A read it; underlined: only B did."
        )
        show_difference(named, told, key="difference")


def _opens(session: Session, key: str) -> bool:
    return not session.uploads[key].error


def choose_page(session: Session, good: dict[str, PageRef]) -> PageRef:
    """Draw the choice of document and page; the workbench's own stands first."""
    keys = list(good)
    current = state.get("document")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = st.selectbox(
            gettext("Document"),
            keys,
            index=keys.index(current) if current in keys else 0,
            format_func=lambda each: session.uploads[each].label,
            key="compare_document",
            width=320,
        )
        pages = session.uploads[key].pages
        number = st.pagination(pages, key="compare_page") if pages > 1 else 1
    return replace(good[key], number=number)


def choose_recipe(side: str, names: Sequence[str], index: int) -> tuple[str, Settings]:
    """Let the reader choose one recipe by name."""
    name = st.selectbox(
        gettext("Recipe {side}", side=side),
        names,
        index=index,
        format_func=lambda each: gettext(each.capitalize()),
        key=f"recipe_{side}",
    )
    now: Settings = state.get("settings") or Settings()
    language = now.recognition.language
    flat = PRESETS[name].flat if name in PRESETS else {}
    settings = (
        now if name == CURRENT else Settings.from_flat({**flat, "language": language})
    )
    tell_settings(settings)
    return name, settings


def read_side(session: Session, ref: PageRef, chosen: tuple[str, Settings]) -> Side:
    """Ask for a reading with this recipe, or take the one that is there."""
    name, settings = chosen
    task = session.readings.find(ref, settings)
    if task is None:
        task = session.read(ref, settings, beside=True)
    return Side(name, settings, finished(task))


def wait(session: Session, ref: PageRef, sides: Sequence[Side]) -> None:
    """Say that the pages are being read; draw the page anew when they are."""
    tasks = [session.readings.find(ref, side.settings) for side in sides]
    if all(side.result is not None for side in sides):
        return
    faults = [task.error for task in tasks if task]
    for fault in filter(None, faults):
        show_error(str(fault))
    if all(task is not None and task.done() for task in tasks):
        if not any(faults):
            st.rerun()
        return
    st.markdown(f":material/progress_activity: {gettext('Reading…')}")


def show_pictures(session: Session, ref: PageRef, sides: Sequence[Side]) -> None:
    """Show the page as each recipe prepares it; both move together."""
    for side, letter, column in zip(sides, "AB", st.columns(2), strict=True):
        words = side.result.rows if side.result else ()
        with column:
            try:
                prepared = session.pictures.prepared(ref, side.settings)
            except OcrError as error:
                show_error(error)
                continue
            quads = corners(words, np.linalg.inv(prepared.picture.home))
            page_viewer(
                views=[View(letter, prepared.url, prepared.picture.size, quads)],
                texts=[word.text for word in words],
                confs=[word.conf for word in words],
                lines=line_numbers(words),
                blocks=block_numbers(words),
                revision=f"{prepared.url}:{side.settings.digest}",
                key=f"viewer_{letter}",
                stale=side.result is None,
                height=420,
                link="compare",
            )


main()
