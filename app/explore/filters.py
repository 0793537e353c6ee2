"""Filters: the filter shared by all views, drawn from the declared knobs."""

from collections.abc import Sequence

import streamlit as st

from ocr_core.knobs import knobs
from ocr_core.mining import Filter, Selection, Tokens
from ocr_core.mining.account import notices

from ..i18n import gettext, translate_message
from ..session.session import Session
from ..ui.language_names import language_names
from ..ui.widgets import knob_widget, plain
from .metadata import metadata_popover
from .parts import parts_popover, use_filter
from .ranges import range_popover
from .stop_words import stop_words_popover

PREFIX = "only_"
FIRST = ("words", "stop_words", "documents", "metadata")
LANGUAGES = "languages"
WIDTHS = {"words": 320, "stop_words": 240}

state = st.session_state


def ask_filter(session: Session, tokens: Tokens) -> Filter:
    """Draw the filter and return its values."""
    declared = {knob.name: knob for knob in knobs(Filter)}
    rest = [name for name in declared if name not in FIRST]
    values = {}
    is_open = st.toggle(
        gettext("Show the filter"),
        key="filter_shown",
        help=gettext("Which pages and words are counted."),
    )  # on phones
    with st.container(
        horizontal=True,
        vertical_alignment="bottom",
        key="filter_open" if is_open else "filter_folded",
    ):
        for name in FIRST:
            with st.container(width=WIDTHS.get(name, 180)):
                values[name] = knob_widget(declared[name], prefix=PREFIX)
        with st.popover(gettext("More"), icon=":material/filter_alt:"):
            for name in rest:
                if name == LANGUAGES:
                    values[name] = ask_languages(tokens.languages)
                else:
                    values[name] = knob_widget(declared[name], prefix=PREFIX)
        stop_words_popover(session, tokens)
        metadata_popover(session, tokens)
        st.button(
            gettext("Reset"),
            icon=":material/restart_alt:",
            on_click=reset,
            help=gettext("Count everything again."),
        )
        wanted = Filter.model_validate(values)
        parts_popover(session, tokens, wanted)
        # The last, as it comes with metadata: an open popover must keep its place.
        range_popover(tokens.metadata)
    return wanted


def ask_languages(languages: Sequence[str]) -> str:
    """Ask for languages of the corpus; no selection means all."""
    knob = next(knob for knob in knobs(Filter) if knob.name == LANGUAGES)
    chosen = st.multiselect(
        gettext(knob.label),
        languages,
        key=PREFIX + LANGUAGES,
        help=gettext(knob.help),
        placeholder=gettext("all"),
        bind="query-params",
    )
    return ",".join(chosen)


def offer_one_language(selection: Selection) -> None:
    """Warn that several languages are counted together; offer each alone."""
    languages = selection.mixed_languages
    if not languages:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            gettext("The pages are in several languages. Count one at a time:"),
            width="content",
        )
        for language in languages:
            st.button(
                language_names(language),
                key=f"one_language_{language}",
                on_click=choose_language,
                args=(language,),
            )


def choose_language(language: str) -> None:
    """Filter the pages by one language."""
    state[PREFIX + LANGUAGES] = [language]


def reset() -> None:
    """Set every knob of the filter to its default."""
    use_filter(Filter())


def say_sizes(selection: Selection) -> None:
    """Show the number of pages and words that match the filter."""
    documents, pages, tokens = selection.sizes.values()
    counted = (
        gettext("**1** document")
        if documents == 1
        else gettext("**{count}** documents", count=f"{documents:,}"),
        gettext("**1** page")
        if pages == 1
        else gettext("**{count}** pages", count=f"{pages:,}"),
        gettext("**{count}** tokens", count=f"{tokens:,}"),
    )
    st.caption(" · ".join(counted))
    for column, value, known in selection.unmatched:
        st.caption(
            gettext(
                "No document has {column}={value}. Existing values: {known}.",
                column=plain(column),
                value=plain(value),
                known=plain(known),
            )
        )
    for notice in notices(selection):
        st.caption(translate_message(notice))
    if missing := selection.without_stop_words:
        st.caption(
            gettext(
                "There is no list of stop words for {languages}, so none were "
                "dropped there.",
                languages=", ".join(missing),
            )
        )
