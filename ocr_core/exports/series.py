"""Series: documents with their contexts, by which running heads are recognised.

A corpus provides the context of each of its documents. Other results are a series in
the order in which they arrive: up to 6 short documents are read ahead, so that their
pages and those of one long document are in memory.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from itertools import groupby

from ocr_core.page import PageResult
from ocr_core.text.context import (
    Context,
    Contexts,
    DocumentSummary,
    Neighbour,
    context_of,
    summary_of,
)
from ocr_core.text.running_heads import MOST_PAGES, NEAR

DocumentInSeries = tuple[list[PageResult], Context]


def documents_in_series(
    results: Iterable[PageResult], contexts: Contexts | None = None
) -> Iterator[DocumentInSeries]:
    """Yield documents with their contexts.

    Parameters
    ----------
    results
        Pages, those of a document one after the other.
    contexts
        Returns the context of a document; by default, it is made of the results.
    """
    if contexts is None:
        yield from _streamed(results)
        return
    for doc_id, pages in groupby(results, key=lambda page: page.ref.doc_id):
        yield list(pages), contexts(doc_id)


def no_context(doc_id: str) -> Context:
    """Return an empty context, where running heads are not needed."""
    return Context({}, Counter())


def _streamed(results: Iterable[PageResult]) -> Iterator[DocumentInSeries]:
    """Yield documents with those before them, and after them up to a long one."""
    coming = iter(results)
    ahead: deque[list[PageResult]] = deque()  # the last may be incomplete
    summaries: deque[DocumentSummary | None] = (
        deque()
    )  # of these; None for long documents
    before: deque[DocumentSummary | None] = deque(maxlen=NEAR)

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
        while len(summaries) < min(len(ahead), NEAR + 1):
            document = ahead[len(summaries)]
            short = len(document) <= MOST_PAGES
            summaries.append(summary_of(document) if short else None)
        document, own = ahead.popleft(), summaries.popleft()
        near = [*enumerate(before, -len(before)), *enumerate(summaries, 1)]
        series = [Neighbour(distance, each) for distance, each in near if each]
        yield (
            document,
            context_of(own, series) if own else context_of(summary_of(document)),
        )
        before.append(own)
