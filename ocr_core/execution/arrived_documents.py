"""Arrived documents: those of a run are tokenised while it reads others."""

import contextlib
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ocr_core.corpus import Corpus
from ocr_core.errors import OcrError
from ocr_core.page import PageResult

PAGES_AT_ONCE = 200  # reading them takes a hundred times as long
RESTS = 5  # times as long as tokenising took


@dataclass
class ArrivedDocuments:
    """Tokenises the documents of a run, so that Explore need not when it is opened."""

    corpus: Corpus
    doc_ids: set[str] = field(default_factory=set)
    pages: int = 0  # since the last time
    earliest: float = 0.0  # when to do so again, in seconds

    def noted(self, results: Iterable[PageResult]) -> Iterator[PageResult]:
        """Yield saved results; from time to time, tokenise complete documents."""
        for result in results:
            yield result
            self.doc_ids.add(result.ref.doc_id)
            self.pages += 1
            if self.pages >= PAGES_AT_ONCE and time.monotonic() >= self.earliest:
                self.tokenise(complete=True)

    def tokenise(self, *, complete: bool = False) -> None:
        """Tokenise the documents, or the complete ones.

        If that fails, it is done when their words are first needed.
        """
        start, self.pages = time.monotonic(), 0
        with contextlib.suppress(OcrError):
            self.corpus.index_documents(self.doc_ids, complete=complete)
        now = time.monotonic()
        self.earliest = now + RESTS * (now - start)
