"""Shelf: the corpus of a project, kept in one file, and where its scans are found.

A corpus may have been made by somebody else: where it says that scans lie is then
never looked at, they are known by their content alone.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from ocr_core.corpus import Corpus
from ocr_core.documents import file_digest
from ocr_core.errors import OcrError
from ocr_core.page import PageRef, PageResult, composed

Answer = TypeVar("Answer")


class CorpusHandle:
    """A corpus file, opened once and asked by all tabs that show its project.

    Parameters
    ----------
    path
        The file; it is made when the first page is kept.
    foreign
        Whether somebody else may have made it.
    trusts_paths
        Whether scans are opened where the corpus says that they lie.
    """

    def __init__(
        self, path: Path, *, foreign: bool = False, trusts_paths: bool = False
    ) -> None:
        self.path, self.foreign, self.trusts_paths = path, foreign, trusts_paths
        self._corpus: Corpus | None = None
        # SQLite ties an open file to its thread, and every run of a script is another.
        self._desk = ThreadPoolExecutor(1, "corpus")

    @property
    def begun(self) -> bool:
        """Return whether there is a file yet."""
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

    def found(self, result: PageResult, scans: Mapping[str, str]) -> PageRef | None:
        """Return where the scan of a page lies, if it is there and still the same.

        Parameters
        ----------
        result
            A page of the corpus.
        scans
            Paths of the project's documents, by their digests.
        """
        here = scans.get(result.sha256)
        if here:
            return replace(result.ref, path=here)
        if not self.trusts_paths:
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
