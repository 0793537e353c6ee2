"""Parts: keep the filter under a name, use it again, and make it metadata."""

from collections.abc import Callable

import streamlit as st

from ocr_core.corpus import Corpus
from ocr_core.errors import OcrError
from ocr_core.knobs import knobs
from ocr_core.mining import Filter, Tokens
from ocr_core.mining.filter import documents_of

from ..i18n import gettext
from ..session.session import Session
from ..ui.widgets import plain, show_error
from .token_cache import token_cache_of

PREFIX = "only_"
LISTED = "languages"  # a knob whose control holds a list

state = st.session_state


def parts_of(session: Session) -> dict[str, Filter]:
    """Return the filter of each part kept with the corpus."""
    return session.corpus_handle.ask(Corpus.parts)


def parts_popover(session: Session, tokens: Tokens, wanted: Filter) -> None:
    """Keep the filter as a part; use, rename or delete one."""
    with st.popover(gettext("Parts"), icon=":material/bookmarks:", key="parts_menu"):
        if fault := state.pop("part_fault", None):
            show_error(fault)
        if done := state.pop("part_done", None):
            st.success(done)
        st.caption(
            gettext(
                "A part is a filter with a name, kept with the corpus; Keywords "
                "compares it with others."
            )
        )
        keep_form(session, wanted)
        parts = parts_of(session)
        if parts:
            name = str(
                st.selectbox(
                    gettext("Part"),
                    list(parts),
                    key="part_name",
                    help=gettext("A filter that was kept under a name."),
                )
            )
            st.caption(plain(parts[name].described()))
            change_part(session, tokens, name, parts[name])


def keep_form(session: Session, wanted: Filter) -> None:
    """Offer to keep the filter in force under a name."""
    with (
        st.form("keep_part", border=False, clear_on_submit=True),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        name = st.text_input(
            gettext("Name of the filter in force"),
            max_chars=100,
            help=gettext("Keeps the filter as a part under this name."),
        )
        if st.form_submit_button(gettext("Keep"), icon=":material/bookmark_add:"):
            change(session, lambda corpus: corpus.save_part(name, wanted))
            st.rerun()


def change_part(session: Session, tokens: Tokens, name: str, part: Filter) -> None:
    """Offer what can be done with a part."""
    with st.container(horizontal=True):
        st.button(
            gettext("Use this part"),
            key="use_part",
            type="primary",
            on_click=use_filter,
            args=(part,),
            help=gettext("Set the filter to that of the part."),
        )
        st.button(
            gettext("Delete"),
            key="delete_part",
            icon=":material/delete:",
            on_click=change,
            args=(session, lambda corpus: corpus.delete_part(name)),
            help=gettext("Delete the part; its documents stay."),
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        new = st.text_input(
            gettext("New name"),
            key=f"part_rename_{name}",
            max_chars=100,
            help=gettext("Another name for the part."),
        )
        st.button(
            gettext("Rename"),
            key="rename_part",
            disabled=not new.strip(),
            on_click=change,
            args=(session, lambda corpus: corpus.rename_part(name, new)),
        )
    offer_as_metadata(session, tokens, name, part)


def offer_as_metadata(
    session: Session, tokens: Tokens, name: str, part: Filter
) -> None:
    """Offer to set a metadata value for the documents of a part."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        column = st.text_input(
            gettext("Column of metadata"),
            key="part_column",
            max_chars=60,
            help=gettext("A column that exists, or a new one."),
        )
        value = st.text_input(
            gettext("Value"),
            name,
            key=f"part_value_{name}",
            max_chars=100,
            help=gettext("What the documents of the part get in this column."),
        )
        st.button(
            gettext("Set for its documents"),
            key="part_to_metadata",
            disabled=not (column.strip() and value.strip()),
            on_click=set_value,
            args=(session, tokens, part, column.strip(), value.strip()),
            help=gettext("Every document with a page of the part gets this value."),
        )


def use_filter(part: Filter) -> None:
    """Set the controls of the filter to those of a part."""
    for knob in knobs(Filter):
        value = getattr(part, knob.name)
        if knob.name == LISTED:
            value = [each.strip() for each in value.split(",") if each.strip()]
        state[PREFIX + knob.name] = value


def set_value(
    session: Session, tokens: Tokens, part: Filter, column: str, value: str
) -> None:
    """Set a value of metadata for the documents of a part."""
    try:
        documents = documents_of(tokens, part)
    except OcrError as error:
        state.part_fault = str(error)
        return
    values = {column: dict.fromkeys(documents, value)}
    change(session, lambda corpus: corpus.set_metadata(values))
    token_cache_of(state).leave()
    if "part_fault" not in state:
        state.part_done = gettext(
            "{count} documents have {column}={value}.",
            count=len(documents),
            column=plain(column),
            value=plain(value),
        )


def change(session: Session, make: Callable[[Corpus], object]) -> None:
    """Change the corpus, or keep the error for display."""
    try:
        session.corpus_handle.ask(make)
    except OcrError as error:
        state.part_fault = str(error)
