"""Shelf: the corpus of a session, kept in one file, and where its scans lie.

By default it lies with the session's documents and goes with them. Where the app
serves one person's machine only, corpora may also lie in a folder of that person. A
corpus that was uploaded is a stranger's: where it says that scans lie is never looked
at, they are known by their content alone.
"""

import contextlib
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import TypeVar

import streamlit as st
from natsort import os_sorted

from ocr_core.corpus import Corpus
from ocr_core.documents import file_digest
from ocr_core.errors import InputError, OcrError, OutputError, SettingsError
from ocr_core.exports.bundle import safe_name
from ocr_core.page import PageRef, PageResult, composed

ENDING = ".sqlite"
OWN = f"corpus{ENDING}"
FOLDER = "OCR_CORE_CORPORA"
USUAL_FOLDER = "~/ocr-corpora"
NAME = re.compile(r"\w[\w .-]{0,79}")
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via")

Answer = TypeVar("Answer")


class Shelf:
    """A corpus file, opened once and asked by the scripts of one session.

    Parameters
    ----------
    path
        The file; it is made when the first page is kept.
    name
        What it is called in the folder of corpora; "" where it goes with the session.
    foreign
        Whether a stranger may have made it.
    """

    def __init__(self, path: Path, *, name: str = "", foreign: bool = False) -> None:
        self.path, self.name, self.foreign = path, name, foreign
        self._corpus: Corpus | None = None
        # SQLite ties an open file to its thread, and every run of a script is another.
        self._desk = ThreadPoolExecutor(1, "corpus")

    @property
    def lasting(self) -> bool:
        """Tell whether it stays when the session ends."""
        return bool(self.name)

    @property
    def begun(self) -> bool:
        """Tell whether there is a file yet."""
        return self.path.exists()

    def open(self) -> Corpus:
        """Open it for a thread of its own."""
        return Corpus(self.path, write=True, foreign=self.foreign)

    def ask(self, question: Callable[[Corpus], Answer]) -> Answer:
        """Ask the open corpus something; it is the same for all that ask.

        Raises
        ------
        OcrError
            Where it cannot be opened, or the question has no answer.
        """
        return self._desk.submit(self._answer, question).result()

    def _answer(self, question: Callable[[Corpus], Answer]) -> Answer:
        if self._corpus is None:
            self._corpus = self.open()
        return question(self._corpus)

    def close(self) -> None:
        """Close the file; nothing can be asked any more."""
        with contextlib.suppress(RuntimeError):  # it was closed before
            self._desk.submit(self._close)
        self._desk.shutdown()

    def _close(self) -> None:
        if self._corpus is not None:
            self._corpus.close()

    def settled(self, ref: PageRef, sha256: str) -> PageRef:
        """Return where a document will be found as long as the corpus is there."""
        if not self.lasting or not sha256:
            return ref
        folder = self.path.with_name(f"{self.name}.files")
        place = folder / f"{sha256[:12]}_{safe_name(ref.source_file)}"
        try:
            if not place.exists():
                folder.mkdir(parents=True, exist_ok=True)
                draft = place.with_name(f".{place.name}.{threading.get_ident()}")
                shutil.copyfile(ref.path, draft)
                draft.replace(place)
        except OSError as error:
            raise OutputError(
                f"{ref.source_file} cannot be copied beside the corpus: "
                f"{error.strerror}.",
                hint="Make room and try again.",
            ) from error
        return replace(ref, path=str(place))

    def found(self, result: PageResult, scans: Mapping[str, str]) -> PageRef | None:
        """Return where the scan of a page lies, if it is there and still the same.

        Parameters
        ----------
        result
            A page of the corpus.
        scans
            Paths of documents that the session brought, by their digests.
        """
        here = scans.get(result.sha256)
        if here:
            return replace(result.ref, path=here)
        if self.foreign or not self.lasting:
            return None
        try:
            same = file_digest(result.ref) == result.sha256
        except OcrError:
            return None
        return result.ref if same else None

    def located(
        self, results: Iterable[PageResult], scans: Mapping[str, str]
    ) -> Iterator[PageResult]:
        """Yield pages with the place where their scan lies, or one where none is."""
        nowhere = str(self.path.with_name("no scan"))
        for result in results:
            ref = self.found(result, scans) or replace(result.ref, path=nowhere)
            yield replace(result, ref=ref)


def unused_names(refs: Mapping[str, PageRef], taken: Iterable[str]) -> dict[str, str]:
    """Return names for documents that no other document of the corpus bears."""
    names, used = {}, set(map(composed, taken))
    for key, ref in refs.items():
        name, count = ref.doc_id, 1
        while composed(name) in used:
            count += 1
            name = f"{ref.doc_id}_{count}"
        used.add(composed(name))
        names[key] = name
    return names


def served_alone() -> bool:
    """Tell whether only the person at this machine can have opened the page."""
    address = str(st.get_option("server.address") or "0.0.0.0")
    headers = st.context.headers
    return _loopback(address) and not any(name in headers for name in FORWARDED)


def _loopback(address: str) -> bool:
    try:
        return address == "localhost" or ip_address(address).is_loopback
    except ValueError:
        return False


def corpora_folder() -> Path | None:
    """Return the folder of lasting corpora; None where there is none for this page."""
    named = os.environ.get(FOLDER, USUAL_FOLDER)
    return Path(named).expanduser().absolute() if named and served_alone() else None


def lasting_corpora(folder: Path | None) -> list[str]:
    """Return the names of the corpora in a folder, in natural order."""
    if folder is None or not folder.is_dir():
        return []
    return list(os_sorted(each.stem for each in folder.glob(f"*{ENDING}")))


def lasting_shelf(folder: Path, name: str, *, new: bool = False) -> Shelf:
    """Return the shelf of a corpus in the folder, or of one that is to lie there.

    Raises
    ------
    SettingsError
        Where it cannot be called so, or one is called so already.
    InputError
        Where there is none.
    """
    known = name in lasting_corpora(folder)
    if new and not NAME.fullmatch(name):
        raise SettingsError(
            "A corpus cannot be called that.",
            hint="Use letters, digits, spaces, dots, _ and -, at most 80.",
        )
    if new and known:
        raise SettingsError(
            f"There is a corpus {name} already.", hint="Open it, or take another name."
        )
    if not new and not known:
        raise InputError(f"There is no corpus {name}.", hint="Choose one of the list.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be made: {error.strerror}.",
            hint=f"Name another folder in {FOLDER}.",
        ) from error
    return Shelf(folder / f"{name}{ENDING}", name=name)
