"""Ground truth of pages: typed or loaded, kept in a file beside the corpus."""

import contextlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

import streamlit as st

from ocr_core.corpus import Corpus
from ocr_core.documents.pairs import name_of_scan
from ocr_core.errors import InputError, OcrError
from ocr_core.evaluation.true_lines import TrueLine, audited_lines, page_lines
from ocr_core.evaluation.truth import read_pages
from ocr_core.exports import atomic_write
from ocr_core.knobs import knobs
from ocr_core.page import PageRef
from ocr_core.text.evaluate import Normalization

from ..i18n import gettext
from ..session.pools import page_pool
from ..session.session import Session
from ..ui.widgets import knob_widget, show_error
from .audit_sheet import audit_of

PREFIX = "normalization_"
MOST_CHARACTERS = 200_000

state = st.session_state


def page_key(session: Session, ref: PageRef) -> str:
    """Return a key that does not depend on the file name: digest and number."""
    digest = next(
        (e.sha256 for e in session.uploads.values() if str(e.path) == ref.path),
        ref.path,
    )
    return f"{digest} {ref.number}"


def known_truths(session: Session) -> dict[str, str]:
    """Return the ground truth of all pages of the project, by `page_key`."""
    path = session.project.paths.truth
    if state.get("ground_truth_path") != str(path):
        opened = "ground_truth_path" in state  # another project, with texts of its own
        state.ground_truth = {
            **_stored_truths(path),
            **({} if opened else state.get("ground_truth", {})),
        }
        state.ground_truth_path = str(path)
    truths: dict[str, str] = state.ground_truth
    return truths


def _stored_truths(path: Path) -> dict[str, str]:
    found: object = {}
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(path.read_text("utf-8"))
    texts = found.items() if isinstance(found, dict) else ()
    return {key: text for key, text in texts if isinstance(text, str)}


def keep_truths(session: Session, given: Mapping[str, str]) -> None:
    """Keep the ground truth of some pages, also for when the project is opened again.

    What another tab has saved since stays.

    Raises
    ------
    OutputError
        If it cannot be saved.
    """
    truths = known_truths(session)
    if all(truths.get(key, "") == text for key, text in given.items()):
        return
    path = session.project.paths.truth
    truths.update(_stored_truths(path) | dict(given))
    with atomic_write(path) as file:
        file.write(json.dumps(truths, ensure_ascii=False).encode())


def known_truth(session: Session, ref: PageRef) -> str:
    """Return the ground truth of a page, or an empty string."""
    return known_truths(session).get(page_key(session, ref), "")


def given_texts(session: Session) -> dict[tuple[str, int], str]:
    """Return the texts given so far, by digest of the file and number of the page."""
    truths = known_truths(session)
    keys = {key: key.rpartition(" ") for key, text in truths.items() if text.strip()}
    return {
        (digest, int(number)): truths[key] for key, (digest, _, number) in keys.items()
    }


def known_lines(session: Session, ref: PageRef) -> list[TrueLine]:
    """Return the audited and confirmed lines of a page in the open corpus."""
    handle = session.corpus_handle
    digest = session.project.documents.digest_of(ref.path)
    if not digest or not handle.begun:
        return []
    audited = audited_lines(audit_of(session))

    def find(corpus: Corpus) -> list[TrueLine]:
        for doc_id in corpus.documents_of(digest):
            page_id = doc_id, ref.number
            with contextlib.suppress(InputError):  # the page is not in the corpus
                return page_lines(corpus, page_id, audited.get(page_id, ()))
        return []

    return handle.ask(find)


def ask_truth(session: Session, ref: PageRef) -> str:
    """Ask for the ground truth of a page: typed, pasted or loaded."""
    key = page_key(session, ref)
    area = f"truth {key}"
    dropped = st.file_uploader(
        gettext("Load ground truth: text, ALTO, PAGE XML or hOCR"),
        type=["txt", "xml", "hocr", "html"],
        key=f"truth file {key}",
        max_upload_size=20,
        help=gettext(
            "NAME.gt.txt in UTF-8, with a form feed between pages, or NAME.gt.xml "
            "(ALTO or PAGE XML) or NAME.gt.hocr."
        ),
    )
    if dropped is not None and state.get(f"taken {key}") != dropped.file_id:
        state[f"taken {key}"] = dropped.file_id
        try:
            pages = pages_of(dropped.name, dropped.getvalue())
        except OcrError as error:
            show_error(error)  # and keep what was typed
        else:
            # A single text is for the current page; several are for the whole document.
            index = ref.number - 1 if len(pages) > 1 else 0
            text = pages[index] if index < len(pages) else ""
            state[area] = text[:MOST_CHARACTERS]
    state.setdefault(area, known_truth(session, ref))
    typed = st.text_area(
        gettext("Ground truth: the text that the page really has"),
        key=area,
        height=160,
        max_chars=MOST_CHARACTERS,
        help=gettext("Type or paste it line by line; it is kept with the project."),
    )
    try:
        keep_truths(session, {key: typed})
    except OcrError as error:
        show_error(error)
    return typed


def take_truths(session: Session, files: Sequence[tuple[str, str, bytes]]) -> None:
    """Keep files (key, name, content) as ground truth of the scans of their names.

    Those that belong to no document of the project, or cannot be read, are listed.
    """
    digests = {
        str(PurePath(each.label).with_suffix("")): each.digest
        for each in session.uploads.values()
    }
    for key, name, content in files:
        try:
            digest = digests.get(name_of_scan(name) or "")
            if not digest:
                raise InputError(
                    "{0} is ground truth without its scan.",
                    name,
                    hint="Open it together with the scan: NAME.png and NAME.gt.txt.",
                )
            pages = enumerate(pages_of(name, content), 1)
            given = {f"{digest} {n}": text[:MOST_CHARACTERS] for n, text in pages}
            keep_truths(session, given)
            for page in given:
                state.pop(f"truth {page}", None)  # what was typed before
        except OcrError as error:
            session.refuse(key, name, error)


def pages_of(name: str, content: bytes) -> list[str]:
    """Return the texts of the pages of a file of ground truth.

    Raises
    ------
    OcrError
        If it cannot be read.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"truth{Path(name).suffix}")
        path.write_bytes(content)
        task = page_pool().submit(read_pages, path, owner="ground truth")
        pages: list[str] = task.result()
    return pages


def ask_normalization() -> Normalization:
    """Ask which differences between texts are ignored."""
    with st.expander(gettext("What counts as the same text")):
        chosen: dict[str, Any] = {
            knob.name: knob_widget(knob, prefix=PREFIX) for knob in knobs(Normalization)
        }
    return Normalization(**{n: value for n, value in chosen.items() if value})


def chosen_normalization() -> Normalization:
    """Return the text normalization that was selected last."""
    names = [knob.name for knob in knobs(Normalization)]
    chosen = {name: state.get(PREFIX + name) for name in names}
    return Normalization(**{n: value for n, value in chosen.items() if value})
