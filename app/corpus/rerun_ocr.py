"""Repeated OCR: recognize selected pages with another recipe, keep the better text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np
import streamlit as st

from ocr_core.corpus import Correction
from ocr_core.engines import EngineName, reader_of
from ocr_core.errors import OcrError
from ocr_core.page import PageId, PageRef, PageResult
from ocr_core.settings import Settings

from ..i18n import gettext, gettext_noop, translate_message
from ..session.page_jobs import PageJob
from ..session.session import Session
from ..ui.language_names import in_order, language_name
from ..ui.widgets import (
    KNOBS,
    choosable_languages,
    language_widget,
    pick_one,
    plain,
    show_error,
)
from ..viewer import View, page_viewer
from ..viewer.reading_diff import show_difference
from ..workbench.reading_status import block_numbers, corners, line_numbers
from ..workbench.settings_panel import KINDS, settings_words

POLL_SECONDS = 0.5
MAX_WORDS = 20  # corrected words listed in one sentence
VIEW_HEIGHT = 420  # px
STARTS = gettext_noop(
    {
        "page": "the settings of each page",
        "workbench": "the settings of the workbench",
        "recipe": "a recipe file",
    }
)

state = st.session_state


@dataclass(frozen=True)
class RereadPlan:
    """How pages are read again.

    `base` are settings for all of them, None for those of each page. A kind of page
    replaces them but for the language; engine and language come last. "" changes
    nothing.
    """

    base: Settings | None = None
    kind: str = ""
    engine: str = ""
    language: str = ""

    def settings_for(self, page: PageResult) -> Settings:
        """Return the settings for one page."""
        flat = dict(self.base.flat() if self.base else page.settings)
        if self.kind:
            flat = {**KINDS[self.kind].flat, "language": flat["language"]}
        chosen = {"engine": self.engine, "language": self.language}
        flat |= {name: value for name, value in chosen.items() if value}
        if page.source == "imported":  # the text layer would give the same text
            flat["text_layer"] = "off"
        return Settings.from_flat(flat)


def start_rereading(page_ids: list[PageId], language: str = "") -> None:
    """Start to recognize these pages again, each with its settings in a language."""
    state.reread = list(page_ids)
    state.reread_plan = RereadPlan(language=language) if language else None
    state.reread_counts = {"accepted": 0, "kept": 0}
    for name in ("reread_rest", "reread_improved"):
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
    if plan := state.get("reread_plan"):
        if count > 1:
            st.button(
                gettext("Leave the rest as it is"),
                key="reread_end",
                on_click=end_rereading,
            )
        candidate(session, page_ids[0], plan)
        return
    chosen = choose_plan()
    say_what_becomes_of_corrections(session, page_ids)
    with st.container(horizontal=True):
        st.button(
            gettext("Read with these settings"),
            key="reread_start",
            type="primary",
            icon=":material/play_arrow:",
            disabled=chosen is None,
            on_click=state.update,
            args=({"reread_plan": chosen},),
        )
        if count > 1:
            st.button(
                gettext("Read, and accept all that improve"),
                key="reread_start_improved",
                icon=":material/done_all:",
                disabled=chosen is None,
                on_click=state.update,
                args=({"reread_plan": chosen, "reread_improved": True},),
                help=improved_help(),
            )
        st.button(gettext("Cancel"), key="reread_end", on_click=end_rereading)


def improved_help() -> str:
    """Return what is accepted where all that improve are."""
    return gettext(
        "A page improves if its estimated quality is higher. One that would lose "
        "corrections keeps its reading."
    )


def say_what_becomes_of_corrections(
    session: Session, page_ids: Sequence[PageId]
) -> None:
    """Say before anything is read what happens to the corrections of the pages."""
    pages = {*page_ids}
    found = session.corpus_handle.ask(lambda corpus: corpus.corrections())
    count = sum((each.doc_id, each.page_num) in pages for each in found)
    st.caption(
        gettext(
            "These pages have {count} of your corrections. They are transferred to a "
            "new reading where its words are found again; those without a word are "
            "listed before you accept it, and stay with the old reading.",
            count=count,
        )
        if count
        else gettext("These pages have no corrections that could be lost.")
    )


def tell_last() -> None:
    """Show the outcome of the previous page."""
    if text := state.pop("reread_message", ""):
        st.success(text)


def choose_plan() -> RereadPlan | None:
    """Ask for settings to start from, and for what to change in them on the spot."""
    start = pick_one(
        gettext("Start from"),
        STARTS,
        key="reread_from",
        default="workbench",
        help=gettext("The settings that the choices below change."),
    )
    base: Settings | None = None
    if start == "workbench":
        base = state.get("settings") or Settings()
    elif start == "recipe":
        base = settings_of_recipe()
        if base is None:
            return None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        plan = RereadPlan(base, *ask_changes())
    tell_plan(plan)
    return plan


def settings_of_recipe() -> Settings | None:
    """Ask for a recipe file; return its settings if it is one."""
    file = st.file_uploader(
        gettext("Recipe"),
        type="json",
        key="reread_recipe",
        max_upload_size=1,
        help=gettext("A recipe.json saved here or with ocr-core read --save-recipe."),
    )
    if file:
        try:
            return Settings.from_recipe(file.getvalue())
        except OcrError as error:
            show_error(error)
    return None


def ask_changes() -> tuple[str, str, str]:
    """Ask for kind of page, engine and language; "" for what stays."""
    languages = in_order(choosable_languages())
    choices: dict[str, tuple[list[Any], Callable[[Any], str]]] = {
        gettext("Kind of page"): (list(KINDS), lambda each: gettext(each.capitalize())),
        gettext(KNOBS["engine"].label): (list(get_args(EngineName)), gettext),
        gettext(KNOBS["language"].label): (["auto", *languages], language_name),
    }
    kind, engine, language = (
        st.selectbox(
            label,
            options,
            index=None,
            format_func=shown,
            placeholder=gettext("as it is"),
            key=f"reread_{number}",
            width=240,
            help=gettext(
                "What is read with; left as it is, the settings above decide."
            ),
        )
        or ""
        for number, (label, (options, shown)) in enumerate(choices.items())
    )
    return kind, engine, language


def tell_plan(plan: RereadPlan) -> None:
    """List the settings with which pages are read again."""
    if plan.base:
        blank = PageResult(PageRef("", 1, "", ""), settings=plan.base.flat())
        st.caption(plain(settings_words(plan.settings_for(blank))))
        return
    changes = {"engine": plan.engine, "language": plan.language}
    words = [gettext("Each page with its own settings")]
    if plan.kind:
        words.append(gettext(plan.kind.capitalize()))
    words += [f"{gettext(KNOBS[n].label)}: {v}" for n, v in changes.items() if v]
    st.caption(plain(" · ".join(words)))


def candidate(session: Session, page_id: PageId, plan: RereadPlan) -> None:
    """Compare the current text of a page with the new result."""
    now = session.corpus_handle.ask(lambda corpus: corpus.page(*page_id))
    st.markdown(
        f"**{plain(page_id[0])}** · {gettext('page {number}', number=page_id[1])}"
    )
    settings = plan.settings_for(now)
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
    choose_reading(session, page_id, ref, now, task.result(), settings)


def wait(task: PageJob) -> None:
    """Show that the page is being recognized; rerun the script when it is done."""
    if task.done():
        st.rerun()
    st.markdown(f":material/progress_activity: {gettext('Reading…')}")


def choose_reading(
    session: Session,
    page_id: PageId,
    ref: PageRef,
    now: PageResult,
    new: PageResult,
    settings: Settings,
) -> None:
    """Show both results beside the scan, and offer to accept the new one."""
    sides = [
        ("A", f"{gettext('as it is now')} · {now.settings_digest[:8]}", now),
        ("B", f"{gettext('read again')} · {settings.digest[:8]}", new),
    ]
    st.caption(plain(settings_words(settings)))
    lost = session.corpus_handle.ask(
        lambda corpus: corpus.lost_corrections(*page_id, new)
    )
    if state.get("reread_improved"):
        if improves(now, new) and not lost:
            accept(page_id, now.ref, new, settings)
        else:
            state.reread_counts["kept"] += 1
            go_on("")
        st.rerun()
    if lost:
        list_lost(lost)
    elif state.get("reread_rest"):
        accept(page_id, now.ref, new, settings)
        st.rerun()
    offer_to_accept(page_id, now, new, settings)
    show_readings(session, ref, new, settings, sides)


def offer_to_accept(
    page_id: PageId, now: PageResult, new: PageResult, settings: Settings
) -> None:
    """Offer to accept the new reading, alone or with the rest, or to keep the old."""
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
                gettext("Accept all that improve"),
                key="reread_accept_improved",
                help=improved_help(),
                on_click=state.update,
                args=({"reread_improved": True},),
            )
        st.button(
            gettext("Keep the old one"),
            key="reread_keep",
            icon=":material/undo:",
            on_click=go_on,
            args=("",),
        )


def show_readings(
    session: Session,
    ref: PageRef,
    new: PageResult,
    settings: Settings,
    sides: list[tuple[str, str, PageResult]],
) -> None:
    """Show what differs beside the scan, and behind it both texts."""
    scan, compared = st.container(key="panes").columns([4, 6])
    with scan:
        show_scan(session, ref, new, settings)
    text = gettext(
        "{count} differences. Struck through: only in the old reading; underlined: "
        "only in the new one."
    )
    with compared:
        changes, whole = st.tabs([gettext("What differs"), gettext("Both texts")])
        with changes:
            show_difference(
                sides,
                text,
                lambda boxes: session.pictures.strip(
                    ref, settings.recognition.dpi, boxes
                ),
                key="reread_difference",
            )
        for column, (letter, name, result) in zip(whole.columns(2), sides, strict=True):
            with column:
                st.markdown(f"**{letter}** · {name}")
                with st.container(
                    border=True, height=VIEW_HEIGHT, key=f"reread_text_{letter}"
                ):
                    st.text(result.text or gettext("No text was found."))


def improves(now: PageResult, new: PageResult) -> bool:
    """Return whether the new result has the higher quality."""
    return new.quality is not None and (now.quality or 0.0) < new.quality


def show_scan(
    session: Session, ref: PageRef, new: PageResult, settings: Settings
) -> None:
    """Show the page with the words of the new reading."""
    try:
        scan = session.pictures.scan(ref, settings.recognition.dpi)
    except OcrError as error:
        show_error(error)
        return
    words, size = new.rows, scan.picture.size
    page_viewer(
        views=[View(gettext("Scan"), scan.url, size, corners(words, np.eye(3)))],
        texts=[word.text for word in words],
        confs=[word.conf for word in words],
        lines=line_numbers(words),
        blocks=block_numbers(words),
        revision=f"{ref.doc_id} {ref.number} {settings.digest}",
        key="reread_viewer",
        height=VIEW_HEIGHT,
    )


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
    state.reread_counts["accepted"] += 1
    text = gettext("The new reading of {name} is kept.", name=plain(page_id[0]))
    if lost:
        text += " " + gettext(
            "{count} corrections have no word any more and stay with the old reading.",
            count=len(lost),
        )
    go_on(text)


def go_on(text: str) -> None:
    """Continue with the next page; after the last, say how many were accepted."""
    state.reread = state.reread[1:]
    state.reread_message = text
    if not state.reread:
        if state.get("reread_improved"):
            state.reread_message = gettext(
                "New readings accepted: {accepted}. Pages that keep the old one: "
                "{kept}.",
                **state.reread_counts,
            )
        end_rereading()
