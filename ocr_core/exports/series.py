"""Series: documents with their neighbours, with which running heads are detected.

A corpus provides the neighbours of its documents. Other results are a series in the
order in which they arrive: up to 6 short documents are read ahead, so that their pages
and those of one long document are in memory.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from ocr_core.page import PageResult
from ocr_core.text.running_heads import (
    MOST_PAGES,
    NEAR,
    Edges,
    Neighbour,
    Neighbours,
    document_edges,
)

DocumentInSeries = tuple[list[PageResult], list[Neighbour]]


def documents_in_series(
    results: Iterable[PageResult], neighbours: Neighbours | None = None
) -> Iterator[DocumentInSeries]:
    """Yield documents with their neighbours.

    Parameters
    ----------
    results
        Pages, those of a document one after the other.
    neighbours
        Returns the neighbours of a document; by default, they are taken from the
        results.
    """
    if neighbours is None:
        yield from _streamed(results)
        return
    for doc_id, pages in groupby(results, key=lambda page: page.ref.doc_id):
        yield list(pages), list(neighbours(doc_id))


def no_neighbours(doc_id: str) -> Sequence[Neighbour]:
    """Return no neighbours, where running heads are not needed."""
    return ()


def _streamed(results: Iterable[PageResult]) -> Iterator[DocumentInSeries]:
    """Yield documents with those before them, and after them up to a long one."""
    coming = iter(results)
    ahead: deque[list[PageResult]] = deque()  # the last may be incomplete
    edges: deque[dict[int, Edges]] = deque()  # empty for long documents
    before: deque[dict[int, Edges]] = deque(maxlen=NEAR)

    def advance() -> bool:
        page = next(coming, None)
        if page is None:
            return False
        if ahead and ahead[-1][0].ref.doc_id == page.ref.doc_id:
            ahead[-1].append(page)
        else:
            ahead.append([page])
        return True

    while ahead or advance():
        while len(ahead) == 1 and advance():
            pass
        while len(ahead) < NEAR + 2 and len(ahead[-1]) <= MOST_PAGES and advance():
            pass
        while len(edges) < min(len(ahead), NEAR + 1):
            document = ahead[len(edges)]
            short = len(document) <= MOST_PAGES
            edges.append(document_edges(document) if short else {})
        document, own = ahead.popleft(), edges.popleft()
        found = [Neighbour(n, each) for n, each in enumerate(before, -len(before))]
        found += [Neighbour(n, each) for n, each in enumerate(edges, 1)]
        short = len(document) <= MOST_PAGES
        yield document, [each for each in found if short and each.pages]
        before.append(own)
