"""Context: what a document's neighbours and all its pages say about each of its pages.

Running heads are found, and broken words recognised, by comparison: within a document,
and between the short documents of a series, such as a newspaper's issues. Counts and
exports use the same context, made of the whole document as the engine read it,
whichever of its pages or words are wanted.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ocr_core.page import PageResult, lines_of
from ocr_core.text.line_ends import WordCounts, vocabulary
from ocr_core.text.running_heads import (
    Edges,
    Heads,
    OuterKind,
    page_edges,
    running_heads,
)


class DocumentSummary(NamedTuple):
    """What is compared of a document: its outer lines by page number, its words."""

    edges: Mapping[int, Edges]
    words: Counter[str]


class Neighbour(NamedTuple):
    """A document of the series, and its distance in documents."""

    distance: int
    summary: DocumentSummary


@dataclass(frozen=True)
class SummedCounts:
    """The words of several documents together."""

    parts: Sequence[Counter[str]]

    def __getitem__(self, word: str) -> int:
        """Return the number of occurrences of a word in lower case."""
        return sum(part[word] for part in self.parts)


@dataclass(frozen=True)
class Context:
    """The running heads of a document by page number, and the words near it."""

    heads: Mapping[int, Heads]
    words: WordCounts

    def outer_lines(self, page: PageResult) -> dict[int, OuterKind]:
        """Return a page's running heads and numbers, by their lines' order from 0."""
        heads = self.heads.get(page.ref.number, {})
        keys = [line[0][:3] for line in lines_of(page.rows)] if heads else []
        return {n: heads[key] for n, key in enumerate(keys) if key in heads}


Contexts = Callable[[str], Context]  # that of a document, by its name


def summary_of(pages: Iterable[PageResult]) -> DocumentSummary:
    """Summarize the pages of a document."""
    edges: dict[int, Edges] = {}
    words: Counter[str] = Counter()
    for page in pages:
        edges[page.ref.number] = page_edges(page)
        words.update(vocabulary([page]))
    return DocumentSummary(edges, words)


def context_of(document: DocumentSummary, series: Sequence[Neighbour] = ()) -> Context:
    """Compare the pages of a document with each other and with its neighbours."""
    beside = {distance: summary.edges for distance, summary in series}
    words = SummedCounts([document.words, *(each.summary.words for each in series)])
    return Context(running_heads(document.edges, beside), words)
