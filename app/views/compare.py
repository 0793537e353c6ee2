"""Compare: two recipes on the same page, side by side, with their differences."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from app.evaluate.ground_truth import chosen_normalization, known_lines, known_truth
from app.evaluate.page_choice import (
    choose_page,
    readable_documents,
    requested,
    wait,
)
from app.i18n import gettext, translate_message
from app.session.session import Session
from app.ui.widgets import plain, show_error
from app.viewer import View, page_viewer
from app.viewer.reading_diff import show_difference
from app.workbench.reading_status import block_numbers, corners, finished, line_numbers
from app.workbench.settings_panel import settings_words
from ocr_core.errors import OcrError
from ocr_core.evaluation.comparison import agreement, by_lines, by_quality
from ocr_core.evaluation.true_lines import text_at, true_text
from ocr_core.page import PageRef, PageResult
from ocr_core.presets import PRESETS
from ocr_core.settings import Settings

POLL_SECONDS = 0.5
CURRENT = "current settings"
DEFAULT = "default settings"

state = st.session_state


@dataclass(frozen=True)
class RecipeResult:
    """One of the two recipes, and its result."""

    name: str
    settings: Settings
    result: PageResult | None


def main() -> None:
    """Draw the page from top to bottom."""
    session: Session = state.session
    st.title(gettext("Compare two recipes"))
    st.markdown(
        gettext(
            "Which settings read better? The page is read with two recipes; what they "
            "read differently is marked. With its true text, given in Evaluate, errors "
            "are counted; without, they are estimated."
        )
    )
    good = readable_documents(session)
    if not good:
        return
    ref = choose_page(session, good, "compare")
    names = [CURRENT, DEFAULT, *PRESETS]
    changed = (state.get("settings") or Settings()) != Settings()
    left, right = st.columns(2)
    with left:
        first = choose_recipe("A", names, 0)
    with right:  # a recipe that differs from A
        second = choose_recipe("B", names, 1 if changed else 2)
    sides = [read_side(session, ref, each) for each in (first, second)]
    waiting = any(side.result is None for side in sides)
    with st.container():  # keeps a late fragment rerun inside this block
        every = POLL_SECONDS if waiting else None
        settings = [side.settings for side in sides]
        st.fragment(wait, run_every=every)(session, ref, settings, waiting)
    if not waiting:
        say_better(session, ref, sides)
    show_pictures(session, ref, sides)
    if not waiting:
        named = [
            (letter, gettext(side.name.capitalize()), side.result)
            for letter, side in zip("AB", sides, strict=True)
            if side.result is not None
        ]
        text = gettext(
            "{count} differences. Struck through: only in A; underlined: only in B."
        )
        dpi = sides[0].settings.recognition.dpi
        show_difference(
            named,
            text,
            lambda boxes: session.pictures.strip(ref, dpi, boxes),
            key="difference",
        )


def choose_recipe(side: str, names: Sequence[str], index: int) -> tuple[str, Settings]:
    """Draw the selection of one recipe by name."""
    name = st.selectbox(
        gettext("Recipe {side}", side=side),
        names,
        index=index,
        format_func=lambda each: gettext(each.capitalize()),
        key=f"recipe_{side}",
        help=gettext("The settings with which this side is read."),
    )
    now: Settings = state.get("settings") or Settings()
    language = now.recognition.language
    flat = PRESETS[name].flat if name in PRESETS else {}
    settings = (
        now if name == CURRENT else Settings.from_flat({**flat, "language": language})
    )
    st.caption(plain(settings_words(settings)))
    return name, settings


def read_side(
    session: Session, ref: PageRef, chosen: tuple[str, Settings]
) -> RecipeResult:
    """Request the page with this recipe, or use the existing result."""
    name, settings = chosen[0], session.settings_for(ref, chosen[1])
    return RecipeResult(name, settings, finished(requested(session, ref, settings)))


def say_better(session: Session, ref: PageRef, sides: Sequence[RecipeResult]) -> None:
    """Show which recipe is better, by ground truth if there is any."""
    first, second = (side.result for side in sides)
    if first is None or second is None:
        return
    if sides[0].settings == sides[1].settings:
        st.info(
            gettext("Both recipes have the same settings: choose another for A or B.")
        )
        return
    names = "A", "B"
    rules, truth = chosen_normalization(), known_truth(session, ref)
    lines = () if truth.strip() else known_lines(session, ref)
    if truth.strip():
        found = by_lines(names, truth, (first.text, second.text), rules)
    elif lines:
        texts = text_at(first.rows, lines), text_at(second.rows, lines)
        found = by_lines(names, true_text(lines), texts, rules)
    else:
        found = by_quality(names, [first], [second])
    alike = agreement([(first.text, second.text)], rules)
    st.markdown(plain(translate_message(found.sentence)))
    st.caption(
        gettext("Both agree on {share:.1f} % of the characters.", share=100 * alike)
    )


def show_pictures(
    session: Session, ref: PageRef, sides: Sequence[RecipeResult]
) -> None:
    """Show the page as prepared by each recipe; both viewers scroll together."""
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
