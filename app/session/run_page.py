"""Run page: what a run keeps of a page that was read.

Words stay in the corpus: those of a long book would fill the memory.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Self

from ocr_core.corpus import Corpus, Row
from ocr_core.errors import InputError
from ocr_core.page import PageId, PageRef, PageResult


@dataclass(frozen=True)
class RunPage:
    """A page of a run, or a document that could not be opened (number 0).

    `refused` is the result of a document that is in no corpus.
    """

    ref: PageRef
    status: str = "ok"
    error: str = ""
    n_words: int = 0
    conf_mean: float | None = None
    quality: float | None = None
    refused: PageResult | None = None

    @classmethod
    def of(cls, result: PageResult) -> Self:
        """Return what is kept of a result."""
        figures = result.conf_mean, result.quality
        refused = None if result.ref.number else result
        words = len(result.rows)
        return cls(result.ref, result.status, result.error, words, *figures, refused)

    def updated(self, row: Row) -> Self:
        """Return this page as the corpus lists it now."""
        return replace(
            self,
            status=row.status,
            error=row.error,
            n_words=row.n_words,
            conf_mean=row.conf_mean,
            quality=row.quality,
        )

    @property
    def page_id(self) -> PageId:
        """Its identity in the corpus."""
        return self.ref.doc_id, self.ref.number


def rows_by_page(corpus: Corpus) -> dict[PageId, Row]:
    """Return the rows of all pages of a corpus."""
    return {(row.doc_id, row.page_num): row for row in corpus.rows()}


def current_results(corpus: Corpus, pages: Iterable[RunPage]) -> Iterator[PageResult]:
    """Yield the current results of pages, with later corrections."""
    for page in pages:
        try:
            yield corpus.page(*page.page_id)
        except InputError:
            if page.refused:
                yield page.refused
