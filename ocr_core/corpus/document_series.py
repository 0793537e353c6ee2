"""Document series: which documents are neighbours, such as issues of a newspaper.

The order is that of the corpus, the natural order of document names. In short documents
running heads can only be detected by comparison with neighbours. Such a document is
tokenised with the context of its neighbours, and again when a neighbour changes.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

import numpy as np
from natsort import natsorted, ns

from ocr_core.corpus.database import CorpusFile
from ocr_core.corpus.queries import CURRENT
from ocr_core.corpus.results import CURRENT_RESULTS, result_of_row
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

ReadPages = list[tuple[int, PageResult]]  # reading id and uncorrected result
DOCUMENTS_KEPT = 200  # number of short documents whose summaries are cached


class Series(NamedTuple):
    """Documents by id, in natural order of their names.

    Parameters
    ----------
    order
        The position of each document that has a current reading.
    documents
        The same documents as a list, in this order.
    short
        The documents that are tokenised with their neighbours.
    state
        For each document a hash of the readings that its context is made of.
    """

    order: dict[int, int]
    documents: list[int]
    short: frozenset[int]
    state: dict[int, int]

    def beside(self, document: int) -> list[tuple[int, int]]:
        """Return the distance and id of each short neighbour of a document."""
        if document not in self.short:
            return []
        at = self.order[document]
        low = max(0, at - NEAR)
        return [
            (index - at, other)
            for index, other in enumerate(self.documents[low : at + NEAR + 1], low)
            if other != document and other in self.short
        ]


def current_series(db: CorpusFile) -> Series:
    """Return the current order of the documents."""
    rows = db.execute(
        f"SELECT d.doc_id, p.document, r.id {CURRENT} ORDER BY p.document, p.number"
    ).fetchall()
    series: Series = db.cached("series", rows, lambda: series_of(rows))
    return series


def read_pages(db: CorpusFile, document: int) -> ReadPages:
    """Return the current readings of a document in order, without corrections."""
    rows = db.execute(
        f"{CURRENT_RESULTS} WHERE p.document = ? ORDER BY p.number", (document,)
    ).fetchall()
    return [(row[0], result_of_row(db, row, corrected=False)) for row in rows]


def contexts_in(db: CorpusFile, series: Series) -> Callable[[int], Context]:
    """Return a function that returns the context of a document by its id.

    It caches the summaries of the latest short documents.
    """

    def summary(document: int) -> DocumentSummary:
        return summary_of(page for _, page in read_pages(db, document))

    cached = lru_cache(maxsize=DOCUMENTS_KEPT)(summary)

    def context(document: int) -> Context:
        if document not in series.short:
            return context_of(summary(document))
        beside = series.beside(document)
        return context_of(
            cached(document),
            [Neighbour(distance, cached(other)) for distance, other in beside],
        )

    return context


def document_contexts(db: CorpusFile) -> Contexts:
    """Return a function that returns the context of a document by its `doc_id`.

    It knows the documents that the corpus has at the time of this call.
    """
    with db.translate_errors():
        known = f"SELECT DISTINCT d.doc_id, p.document {CURRENT}"
        documents = dict(db.check_types(db.execute(known), str, int))
        contexts = contexts_in(db, current_series(db))

    def context(doc_id: str) -> Context:
        with db.translate_errors():
            if doc_id not in documents:
                return context_of(summary_of(()))
            return contexts(documents[doc_id])

    return context


def series_of(rows: Sequence[tuple[str, int, int]]) -> Series:
    """Put documents in order.

    Parameters
    ----------
    rows
        Name, document and reading of each page, grouped by document.
    """
    readings = {
        document: (name, [reading for *_, reading in pages])
        for (name, document), pages in groupby(rows, key=lambda row: row[:2])
    }
    ranks = {
        name: n
        for n, name in enumerate(
            natsorted({name for name, _ in readings.values()}, alg=ns.IGNORECASE)
        )
    }
    order = sorted(readings, key=lambda document: ranks[readings[document][0]])
    short = frozenset(
        document for document in order if len(readings[document][1]) <= MOST_PAGES
    )
    states = _states(
        [readings[document][1] for document in order],
        np.array([document in short for document in order], bool),
    )
    return Series(
        {document: n for n, document in enumerate(order)},
        order,
        short,
        dict(zip(order, states, strict=True)),
    )


def _states(readings: Sequence[Iterable[int]], short: np.ndarray) -> list[int]:
    """Return a hash of the readings that each document's context is made of.

    Parameters
    ----------
    readings
        Of each document.
    short
        (N,) bool: the documents that are compared with their neighbours.
    """
    own = np.array(
        [
            int.from_bytes(hashlib.blake2b(repr(each).encode(), digest_size=7).digest())
            for each in readings
        ],
        np.uint64,
    )
    shared = np.where(short, own, np.uint64(0))
    beside = np.zeros_like(own)
    for distance in range(1, NEAR + 1):
        for ahead in (True, False):
            near = np.zeros_like(own)
            if ahead:
                near[:-distance] = shared[distance:]
            else:
                near[distance:] = shared[:-distance]
            factor = 4 * distance + 2 * ahead + 1
            beside += near * np.uint64(factor)  # overflow of 64 bits is intended
    found = own + np.where(short, beside, np.uint64(0))
    return [int(each) for each in found >> np.uint64(1)]
