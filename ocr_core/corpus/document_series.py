"""Document series: which documents are neighbours, such as issues of a newspaper.

The order is that of the corpus, the natural order of document names. In short documents
running heads can only be detected by comparison with neighbours. Such a document is
tokenised with the page edges of its neighbours, and again when a neighbour changes.
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
from ocr_core.text.running_heads import (
    MOST_PAGES,
    NEAR,
    REPEATED,
    Edges,
    Neighbour,
    Neighbours,
    document_edges,
)

ReadPages = list[tuple[int, PageResult]]  # reading id and uncorrected result
DOCUMENTS_KEPT = 200  # number of documents whose page edges are cached


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
        For each short document a hash of its neighbours' readings.
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


def neighbours_in(db: CorpusFile, series: Series) -> Callable[[int], list[Neighbour]]:
    """Return a function that returns the page edges of a document's neighbours.

    It caches the edges of the latest documents.
    """

    @lru_cache(maxsize=DOCUMENTS_KEPT)
    def edges(document: int) -> dict[int, Edges]:
        return document_edges(page for _, page in read_pages(db, document))

    return lambda document: [
        Neighbour(distance, edges(other)) for distance, other in series.beside(document)
    ]


def document_neighbours(db: CorpusFile) -> Neighbours:
    """Return a function that returns a document's neighbours by its `doc_id`.

    It knows the documents that the corpus has at the time of this call.
    """
    with db.translate_errors():
        known = f"SELECT DISTINCT d.doc_id, p.document {CURRENT}"
        documents = dict(db.check_types(db.execute(known), str, int))
        beside = neighbours_in(db, current_series(db))

    def neighbours(doc_id: str) -> list[Neighbour]:
        with db.translate_errors():
            return beside(documents[doc_id]) if doc_id in documents else []

    return neighbours


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
    states = _states([readings[each][1] if each in short else () for each in order])
    return Series(
        {document: n for n, document in enumerate(order)},
        order,
        short,
        {document: states[n] for n, document in enumerate(order) if document in short},
    )


def _states(readings: Sequence[Iterable[int]]) -> list[int]:
    """Return a hash of each document's neighbours; 0 if it has too few."""
    own = np.array(
        [
            int.from_bytes(hashlib.blake2b(repr(each).encode(), digest_size=7).digest())
            if each
            else 0
            for each in readings
        ],
        np.uint64,
    )
    found = np.zeros_like(own)
    count = np.zeros(len(own), int)
    for distance in range(1, NEAR + 1):
        for ahead in (True, False):
            near = np.zeros_like(own)
            if ahead:
                near[:-distance] = own[distance:]
            else:
                near[distance:] = own[:-distance]
            factor = 4 * distance + 2 * ahead + 1
            found += near * np.uint64(factor)  # overflow of 64 bits is intended
            count += near > 0
    found[count < REPEATED] = 0
    return [int(each) for each in found >> np.uint64(1)]
