"""Corpus handle: the corpus file of a project, and the paths of its scans.

A corpus may come from somebody else. Its scan paths are then never opened; its scans
are identified by their digest only.
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
    """A corpus file, opened once and shared by all tabs that show its project.

    Parameters
    ----------
    path
        The file; it is created when the first page is saved.
    foreign
        Whether it may come from somebody else.
    trusts_paths
        Whether scans may be opened at the paths in the corpus.
    """

    def __init__(
        self, path: Path, *, foreign: bool = False, trusts_paths: bool = False
    ) -> None:
        self.path, self.foreign, self.trusts_paths = path, foreign, trusts_paths
        self._corpus: Corpus | None = None
        # A SQLite connection belongs to one thread, but every script run has another.
        self._executor = ThreadPoolExecutor(1, "corpus")

    @property
    def begun(self) -> bool:
        """Return whether the file exists."""
        return self.path.exists()

    def open(self) -> Corpus:
        """Open a separate connection, for use in another thread."""
        return Corpus(self.path, write=True, foreign=self.foreign)

    def ask(self, question: Callable[[Corpus], Answer]) -> Answer:
        """Call a function with the shared connection, in the connection's thread.

        Raises
        ------
        OcrError
            If the corpus cannot be opened, or the function fails.
        """
        return self._executor.submit(self._answer, question).result()

    def _answer(self, question: Callable[[Corpus], Answer]) -> Answer:
        if self._corpus is None:
            self._corpus = self.open()
        return question(self._corpus)

    def close(self) -> None:
        """Close the file; `ask` cannot be used afterwards."""
        with contextlib.suppress(RuntimeError):  # already closed
            self._executor.submit(self._close)
        self._executor.shutdown()

    def _close(self) -> None:
        if self._corpus is not None:
            self._corpus.close()

    def found(self, result: PageResult, scans: Mapping[str, str]) -> PageRef | None:
        """Return a reference to a page's scan, if it exists and is unchanged.

        Parameters
        ----------
        result
            A page of the corpus.
        scans
            Paths of the project's documents, by digest.
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
        """Yield pages with the path of their scan, or a path that does not exist."""
        nowhere = str(self.path.with_name("no scan"))
        for result in results:
            ref = self.found(result, scans) or replace(result.ref, path=nowhere)
            yield replace(result, ref=ref)


def unused_names(refs: Mapping[str, PageRef], taken: Iterable[str]) -> dict[str, str]:
    """Return document names that are not used yet in the corpus."""
    names, used = {}, set(map(composed, taken))
    for key, ref in refs.items():
        name, count = ref.doc_id, 1
        while composed(name) in used:
            count += 1
            name = f"{ref.doc_id}_{count}"
        used.add(composed(name))
        names[key] = name
    return names
