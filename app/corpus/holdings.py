"""Holdings: which corpus is open, and how it comes and goes."""

import secrets
from pathlib import Path

import streamlit as st

from app.corpus.shelf import (
    ENDING,
    Shelf,
    corpora_folder,
    lasting_corpora,
    lasting_shelf,
)
from app.handouts import Handout, Offer, offer_files
from app.intake import let_go
from app.jobs import SESSION_BYTES, Session
from app.language import say
from app.widgets import plain, say_error, tell_address
from ocr_core.corpus import Corpus
from ocr_core.corpus.copy import hand_on
from ocr_core.errors import CorpusError, LimitError, OcrError
from ocr_core.exports.bundle import safe_name

MAGIC = b"SQLite format 3\0"
PARAMETER = "corpus"  # of the address: the name of a lasting corpus

state = st.session_state


def open_asked_corpus(session: Session) -> None:
    """Open the lasting corpus that the address names; keep the open one's name there.

    An address that is shared or reloaded then shows the same page again.
    """
    asked = st.query_params.get(PARAMETER, "")
    folder = corpora_folder()
    if asked and asked != session.shelf.name and folder:
        try:
            session.put_up(lasting_shelf(folder, asked))
        except OcrError as error:
            say_error(error)
    tell_address(**{PARAMETER: session.shelf.name})


def corpus_popover(session: Session) -> None:
    """Say which corpus is open and where it lies; offer to take it or open another."""
    shelf = session.shelf
    label = plain(shelf.name) or say("Corpus of this session")
    with st.popover(label, icon=":material/inventory_2:", width="content"):
        if shelf.lasting:
            st.caption(
                say("Kept on this machine in {path}.", path=plain(str(shelf.path)))
            )
        else:
            st.caption(
                say(
                    "Kept with this session: it goes when the page is closed. "
                    "Download it to open it again."
                )
            )
        if shelf.begun:
            download_corpus(session)
        if state.get("corpus_fault"):
            say_error(state.pop("corpus_fault"))
        busy = bool(session.run and session.run.busy)
        if busy:
            st.caption(say("Another can be opened when the run has ended."))
            return
        if shelf is not session.own:
            st.button(
                say("Back to the corpus of this session"),
                key="own_corpus",
                icon=":material/arrow_back:",
                on_click=back_to_own,
                args=(session,),
            )
        open_file(session)
        folder = corpora_folder()
        if folder:
            open_lasting(session, folder)


def download_corpus(session: Session) -> None:
    """Offer the corpus as one file."""
    shelf = session.shelf

    def make(path: Path) -> None:
        with shelf.open() as corpus:
            hand_on(corpus, path)

    handout = Handout(make, shelf.path.name, "application/vnd.sqlite3")
    offer = Offer(
        say("Download the corpus file (.sqlite)"),
        session.secret(f"corpus {shelf.path}"),
        handout,
        say("Everything in one SQLite file, the scans apart."),
    )
    offer_files([offer], session.folder, key="corpus_file")


def back_to_own(session: Session) -> None:
    """Open the corpus of the session again."""
    session.put_up(session.own)
    tell_address(**dict.fromkeys((PARAMETER, "doc", "page", "w")))


def open_file(session: Session) -> None:
    """Take a corpus file from the browser."""
    file = st.file_uploader(
        say("Open a corpus file"),
        type=ENDING[1:],
        key=f"corpus_upload_{state.get('corpora', 0)}",
        max_upload_size=SESSION_BYTES // 10**6,
    )
    if file is None:
        return
    state.corpora = state.get("corpora", 0) + 1
    content = file.getvalue()
    let_go(file)
    try:
        session.put_up(taken_shelf(session, file.name, content))
    except OcrError as error:
        state.corpus_fault = str(error)
    st.rerun()


def taken_shelf(session: Session, label: str, content: bytes) -> Shelf:
    """Spool a corpus file that a visitor brought; what it names is not trusted.

    Raises
    ------
    OcrError
        Where it is too large, damaged, or holds more than a corpus does.
    """
    if session.held + len(content) > SESSION_BYTES:
        raise LimitError(
            f"{label} would bring this session to more than "
            f"{SESSION_BYTES // 10**6} MB.",
            hint="Use large corpora with ocr-core on the command line.",
        )
    if not content.startswith(MAGIC):
        raise CorpusError(
            f"{label} is not a corpus.",
            hint="Name a file that ocr-core batch made, or a new one.",
        )
    folder = session.folder / f"corpus {secrets.token_hex(4)}"
    folder.mkdir()
    path = folder / safe_name(label)
    path.write_bytes(content)
    shelf = Shelf(path, foreign=True)
    try:
        shelf.ask(Corpus.counts)
    except OcrError:
        shelf.close()
        path.unlink(missing_ok=True)
        raise
    return shelf


def open_lasting(session: Session, folder: Path) -> None:
    """Offer the corpora that lie in the folder of this machine, and new ones."""
    names = lasting_corpora(folder)
    if names:
        st.selectbox(
            say("Corpora on this machine"),
            names,
            index=None,
            key="corpus_chosen",
            placeholder=say("Choose one"),
            on_change=open_chosen,
            args=(session, folder),
        )
    with st.form("new_corpus", border=False, clear_on_submit=True):
        st.text_input(
            say("New corpus on this machine"),
            key="corpus_new",
            placeholder=say("a name"),
            max_chars=80,
            help=say("It stays when the session ends, and the scans beside it."),
        )
        st.form_submit_button(
            say("Begin it"), on_click=begin_new, args=(session, folder)
        )


def open_chosen(session: Session, folder: Path) -> None:
    """Open the corpus that was chosen in the list."""
    if state.corpus_chosen:
        change(session, folder, state.corpus_chosen)
        state.corpus_chosen = None


def begin_new(session: Session, folder: Path) -> None:
    """Open a corpus under a new name."""
    change(session, folder, state.corpus_new.strip(), new=True)


def change(session: Session, folder: Path, name: str, *, new: bool = False) -> None:
    """Put another corpus in the place of the open one."""
    try:
        session.put_up(lasting_shelf(folder, name, new=new))
        tell_address(**{PARAMETER: name})
    except OcrError as error:
        state.corpus_fault = str(error)
