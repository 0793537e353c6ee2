"""Document languages: in which language each document is read, and on what evidence."""

from collections.abc import Iterator, Sequence

import streamlit as st

from ocr_core.corpus import Corpus
from ocr_core.engines import AUTO
from ocr_core.page import Note
from ocr_core.settings import Settings

from ..i18n import gettext
from ..session.session import Session
from ..ui.language_names import evidence, language_name
from ..ui.widgets import KNOBS, language_widget, plain

SAME = ""  # the language that the settings say

state = st.session_state


def list_languages(
    session: Session, settings: Settings, keys: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Yield language and evidence of documents, "" while they are unknown."""
    handle = session.corpus_handle
    kept = handle.ask(Corpus.document_languages) if handle.begun else {}
    for upload in (session.uploads[key] for key in keys):
        own = upload.own_settings(settings)
        read = kept.get(upload.digest, ("", ()))
        for result in session.readings.done(own):
            if result.ref.path == str(upload.path):
                read = result.language, result.notes
        wanted = own.recognition.language
        yield _shown(wanted, *read, is_chosen=upload.language not in (SAME, AUTO))


def _shown(
    wanted: str, language: str, notes: Sequence[Note], *, is_chosen: bool
) -> tuple[str, str]:
    """Return the language to show for a document, and the evidence."""
    reasons = [gettext("You chose this language.")] if is_chosen else []
    if wanted in (AUTO, language):
        reasons.append(evidence(notes))
    elif language:
        reasons.append(gettext("It was not read in this language yet."))
    return (language if wanted == AUTO else wanted), " ".join(filter(None, reasons))


def language_popover(session: Session, chosen: Sequence[str]) -> None:
    """Offer to choose the language of the selected documents."""
    with st.popover(
        gettext("Language"), icon=":material/translate:", disabled=not chosen
    ):
        language = language_widget(KNOBS["language"], "document_language", in_url=False)
        with st.container(horizontal=True):
            for label, value in (
                (gettext("Read in this language"), language),
                (gettext("As the settings say"), SAME),
            ):
                st.button(
                    label,
                    key=f"set_language {value == SAME}",
                    type="secondary" if value == SAME else "primary",
                    on_click=session.project.documents.set_language,
                    args=(chosen, value),
                )


def say_own_language(session: Session, key: str) -> None:
    """Say that the document has a language of its own, and offer to drop it."""
    language = session.uploads[key].language
    if language == SAME:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        names = ", ".join(map(language_name, language.split("+")))
        st.caption(
            gettext(
                "The language chosen for this document: {names}", names=plain(names)
            )
        )
        st.button(
            gettext("As the settings say"),
            key="drop_language",
            type="tertiary",
            on_click=session.project.documents.set_language,
            args=([key], SAME),
        )
