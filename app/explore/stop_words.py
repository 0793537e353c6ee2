"""Stop words: show and edit the lists that the filter uses."""

from collections.abc import Sequence

import streamlit as st

from ocr_core.errors import OcrError
from ocr_core.mining import Tokens
from ocr_core.mining.stop_words import listed, parse_stop_list

from ..i18n import gettext
from ..session.session import Session
from ..ui.widgets import show_error
from .token_cache import token_cache_of

MAX_CHARACTERS = 100_000

state = st.session_state


def stop_words_popover(session: Session, tokens: Tokens) -> None:
    """Show the stop words of each language, and replace them."""
    with st.popover(gettext("Stop words"), icon=":material/filter_list:"):
        code = st.selectbox(
            gettext("Language"),
            codes_of(tokens),
            key="stop_list_language",
            help=gettext("Each language has a list of its own."),
        )
        found = listed(code, tokens.stop_lists)
        own = code in tokens.stop_lists
        if own:
            source = gettext("Your own list, kept with this corpus.")
        elif found.words:
            source = gettext("Source: {source}.", source=found.source)
        else:
            source = gettext(
                "There is no published list for {language}: nothing is dropped. Write "
                "one, or take it from a file.",
                language=code,
            )
        st.caption(source)
        text = st.text_area(
            gettext("Words that are dropped"),
            "\n".join(sorted(found.words)),
            key=f"stop_list_{code}_{hash(found.words)}",
            height=240,
            max_chars=MAX_CHARACTERS,
            help=gettext("One word on each line."),
        )
        file = st.file_uploader(
            gettext("From a file"),
            type="txt",
            key=f"stop_list_file_{state.get('stop_lists_taken', 0)}",
            help=gettext("A text in UTF-8, one word on each line."),
        )
        if file is not None:
            state.stop_lists_taken = state.get("stop_lists_taken", 0) + 1
            save_list(session, code, file.getvalue().decode("utf-8-sig", "replace"))
        with st.container(horizontal=True):
            if st.button(gettext("Keep this list"), key="keep_stop_list"):
                save_list(session, code, text)
            if st.button(
                gettext("Published list"),
                key="reset_stop_list",
                disabled=not own,
                help=gettext("Drop the words of the published list again."),
            ):
                save_list(session, code, None)


def codes_of(tokens: Tokens) -> Sequence[str]:
    """Return the distinct languages of the pages."""
    return sorted({code for each in tokens.languages for code in each.split("+")})


def save_list(session: Session, code: str, text: str | None) -> None:
    """Save a list in the corpus, or show the error; None restores the default."""
    words = None if text is None else parse_stop_list(text, code)
    try:
        session.corpus_handle.ask(lambda corpus: corpus.set_stop_list(code, words))
    except OcrError as error:
        show_error(error)
        return
    token_cache_of(state).leave()
    st.rerun()
