"""Token splicing: the tokens of a corpus from the columns of earlier ones.

After a correction most pages have the tokens that they had, and only those of the other
pages are gathered. If these have as many tokens as before, they are written over the
old ones in memory; else the columns are copied from the file, in large pieces. Counts
of documents and positions of forms stay in the file, and are changed as they are read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ocr_core.mining.token_columns import (
    TEXT_ONLY,
    StoredColumns,
    stored_counts,
    stored_positions,
)
from ocr_core.mining.token_words import TokenWords
from ocr_core.mining.tokens import (
    DocumentCounts,
    FormPositions,
    TokenColumns,
    Tokens,
)
from ocr_core.mining.vocabulary import Vocabulary

PageColumns = tuple[np.ndarray, np.ndarray, np.ndarray]  # forms, words, confs


def stored_pages(stored: StoredColumns, page_keys: np.ndarray) -> np.ndarray:
    """Return (P,) the index in the file of the page with each key; -1 if it has none.

    Pages without tokens have the key 0, and are never looked for in the file.
    """
    order = np.argsort(stored.page_keys, kind="stable")
    there = stored.page_keys[order]
    if not len(there):
        return np.full(len(page_keys), -1)
    at = np.minimum(np.searchsorted(there, page_keys), len(there) - 1)
    found = (there[at] == page_keys) & (page_keys != 0)
    return np.where(found, order[at], -1)


def spliced(
    stored: StoredColumns,
    pages: np.ndarray,
    fresh: Mapping[int, PageColumns],
    vocabulary: Vocabulary,
    **known: Any,
) -> Tokens | None:
    """Return tokens of pages, most of which are in a file.

    Parameters
    ----------
    stored
        The columns of the file.
    pages
        (P,) for each page its index in the file, or -1.
    fresh
        The tokens of the pages that are not in the file, by index; those of a page that
        is missing here are none.
    vocabulary
        The forms of the file, and new ones after them.
    known
        The other fields of `Tokens`.

    Returns
    -------
    tokens
        None if the file has no columns without running heads, but now there are some.
    """
    has_heads = f"{TEXT_ONLY}forms" in stored.arrays
    text = {n: _without_heads(columns) for n, columns in fresh.items()}
    if not has_heads and any(len(text[n][0]) < len(fresh[n][0]) for n in fresh):
        return None
    prefix = TEXT_ONLY if has_heads else ""
    positions = _joined_positions(stored, prefix, pages, text, len(vocabulary))
    text_columns = _joined_pages(stored, prefix, pages, text)
    known = {**known, "vocabulary": vocabulary, "lemma_tables": {}}
    text_only = Tokens(text_columns, **known)
    known_text = known | {
        "document_counts": _joined_counts(stored, pages, text_only),
        "form_positions": positions,
    }
    text_only = Tokens(text_columns, **known_text)
    lettered = vocabulary.lettered
    running = _joined_running(stored, prefix, pages, text, lettered)
    text_only.__dict__["running"] = running
    if has_heads:
        whole = _joined_pages(stored, "", pages, fresh)
        tokens = Tokens(whole, text_only=text_only, **known)
        running = _joined_running(stored, "", pages, fresh, lettered)
        tokens.__dict__["running"] = running
        return tokens
    text_only.__dict__["_text"] = None
    return text_only


def _without_heads(columns: PageColumns) -> PageColumns:
    inside = ~TokenWords(columns[1]).outer
    forms, words, confs = (column[inside] for column in columns)
    return forms, words, confs


def _page_lengths(stored: StoredColumns, prefix: str) -> np.ndarray:
    """Return how many tokens each page in the file has."""
    of_page = stored.arrays[f"{prefix}pages"]
    edges = np.arange(len(stored.page_keys) + 1, dtype=of_page.dtype)
    lengths: np.ndarray = np.diff(np.searchsorted(of_page, edges))
    return lengths


def _joined_lengths(
    before: np.ndarray, pages: np.ndarray, fresh: Mapping[int, PageColumns]
) -> np.ndarray:
    """Return how many tokens pages have: those in the file, and fresh ones."""
    lengths = np.where(pages >= 0, np.append(before, 0)[pages], 0)
    for page, columns in fresh.items():
        lengths[page] = len(columns[0])
    return lengths


def _joined_running(
    stored: StoredColumns,
    prefix: str,
    pages: np.ndarray,
    fresh: Mapping[int, PageColumns],
    lettered: np.ndarray,
) -> np.ndarray:
    """Return the running words of pages: those in the file, and fresh ones."""
    before = np.append(stored.arrays[f"{prefix}running"], 0)
    found: np.ndarray = np.where(pages >= 0, before[pages], 0)
    for page, (forms, _, _) in fresh.items():
        found[page] = np.count_nonzero(lettered[forms])
    return found


def _starts(lengths: np.ndarray) -> np.ndarray:
    return np.append(0, np.cumsum(lengths))


def _joined_pages(
    stored: StoredColumns,
    prefix: str,
    pages: np.ndarray,
    fresh: Mapping[int, PageColumns],
) -> TokenColumns:
    """Return the columns of pages: those in the file, and fresh ones."""
    arrays = stored.arrays
    before = _page_lengths(stored, prefix)
    lengths, starts = _joined_lengths(before, pages, fresh), _starts(before)
    names = [f"{prefix}{name}" for name in ("forms", "words", "confs")]
    own = np.arange(len(pages))
    if np.array_equal(lengths, before) and np.all((pages == own) | (pages < 0)):
        changed = [stored.changeable(name) for name in names] if fresh else []
        for page, columns in fresh.items():
            at = slice(starts[page], starts[page + 1])
            for column, values in zip(changed, columns, strict=True):
                column[at] = values
        forms, words, confs = changed or [arrays[name] for name in names]
        return TokenColumns(forms, words, confs, arrays[f"{prefix}pages"])
    forms, words, confs = (
        joined(
            arrays[name],
            starts,
            pages,
            {page: columns[n] for page, columns in fresh.items()},
        )
        for n, name in enumerate(names)
    )
    numbers = np.repeat(np.arange(len(pages), dtype=np.uint32), lengths)
    return TokenColumns(forms, words, confs, numbers)


@dataclass(frozen=True, eq=False)
class _JoinedCounts(DocumentCounts):
    """The counts of documents in a file, and fresh ones.

    Parameters
    ----------
    starts, forms, counts, spread
        As in `DocumentCounts`; `starts` and `spread` are those of the joined documents,
        `forms` and `counts` are in the file.
    stored_starts
        Where the counts of each document in the file begin.
    documents
        (D,) the documents in the file, or -1 for fresh ones.
    fresh
        The forms and counts of fresh documents.
    """

    stored_starts: np.ndarray
    documents: np.ndarray
    fresh: Mapping[int, tuple[np.ndarray, np.ndarray]]

    def of_documents(self, begin: int, end: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the forms and counts of documents from one up to another."""
        items = self.documents[begin:end]
        new = (np.flatnonzero(items < 0) + begin).tolist()
        forms, counts = (
            joined(
                column,
                self.stored_starts,
                items,
                {document - begin: self.fresh[document][n] for document in new},
            )
            for n, column in enumerate((self.forms, self.counts))
        )
        return forms, counts


def _joined_counts(
    stored: StoredColumns, pages: np.ndarray, tokens: Tokens
) -> DocumentCounts:
    """Return the counts of documents: of those in the file, and of changed ones."""
    there, counts = stored.document_pages, stored_counts(stored)
    firsts = tokens.document_pages[:-1]
    # A document is the same if its pages are those of one in the file, in their order.
    number = np.minimum(np.searchsorted(there, pages[firsts]), len(there) - 2)
    breaks = np.ones(len(pages), np.int64)
    breaks[1:] = np.diff(pages) != 1
    breaks[firsts] = 0
    same = (there[number] == pages[firsts]) & (np.add.reduceat(breaks, firsts) == 0)
    same &= np.diff(there)[number] == np.diff(tokens.document_pages)
    fresh = {n: tokens.counts_of_document(n) for n in np.flatnonzero(~same).tolist()}
    lengths = np.where(same, np.diff(counts.starts)[number], 0)
    for n, (found, _) in fresh.items():
        lengths[n] = len(found)
    documents = np.where(same, number, -1)
    lower = tokens.vocabulary.lower
    spread = np.zeros(int(lower.max(initial=-1)) + 1, np.int32)
    spread[: len(counts.spread)] = counts.spread
    gone = np.setdiff1d(np.arange(len(there) - 1), documents).tolist()
    for n in gone:
        spread[np.unique(lower[counts.of_documents(n, n + 1)[0]])] -= 1
    for forms, _ in fresh.values():
        spread[np.unique(lower[forms])] += 1
    return _JoinedCounts(
        _starts(lengths),
        counts.forms,
        counts.counts,
        spread,
        counts.starts,
        documents,
        fresh,
    )


@dataclass(frozen=True, eq=False)
class _JoinedPositions(FormPositions):
    """The positions of forms in a file, moved, and those of fresh tokens.

    Parameters
    ----------
    starts, positions
        Of the file, as in `FormPositions`.
    edges
        (K,) int32: where runs of tokens that move together begin in the file.
    moved
        (K,) int32: how far each run moved.
    kept
        (K,) whether each run is still there.
    forms, at
        (F,) the forms of fresh tokens, and their positions.
    often
        (V,) how often each form occurs.
    """

    edges: np.ndarray
    moved: np.ndarray
    kept: np.ndarray
    forms: np.ndarray
    at: np.ndarray
    often: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        """(V,) how often each form occurs."""
        return self.often

    def of_forms(self, forms: np.ndarray) -> np.ndarray:
        """Return where any of some forms occurs, rising."""
        found = super().of_forms(forms[forms < len(self.starts) - 1])
        run = np.searchsorted(self.edges, found, "right") - 1
        found = (found + self.moved[run])[self.kept[run]]
        found = np.append(found, self.at[np.isin(self.forms, forms)])
        found.sort()
        return found

    def of_each(self, forms: np.ndarray) -> np.ndarray:
        """Return where some forms occur, form after form, rising for each."""
        old = np.flatnonzero(forms < len(self.starts) - 1)
        found = super().of_each(forms[old])
        number = np.repeat(old, super().counts[forms[old]])
        run = np.searchsorted(self.edges, found, "right") - 1
        kept = self.kept[run]
        found, number = (found + self.moved[run])[kept], number[kept]
        numbers = np.full(len(self.often), -1)
        numbers[forms] = np.arange(len(forms))
        number_added = numbers[self.forms]
        added = number_added >= 0
        packed = np.append(number, number_added[added]) << 32
        packed |= np.append(found, self.at[added])
        packed.sort()
        return packed.astype(np.int32)  # the lower half


def _joined_positions(
    stored: StoredColumns,
    prefix: str,
    pages: np.ndarray,
    fresh: Mapping[int, PageColumns],
    forms: int,
) -> FormPositions:
    """Return the positions of a number of forms, from those in the file."""
    before = _page_lengths(stored, prefix)
    lengths, old = _joined_lengths(before, pages, fresh), _starts(before)
    new = _starts(lengths)
    page = np.full(len(before), -1)
    page[pages[pages >= 0]] = np.flatnonzero(pages >= 0)
    kept = page >= 0
    moved = np.where(kept, new[page] - old[:-1], 0).astype(np.int32)
    first = np.ones(len(page), bool)
    first[1:] = (moved[1:] != moved[:-1]) | (kept[1:] != kept[:-1])
    first = np.flatnonzero(first)
    positions, edges = stored_positions(stored), old[first].astype(np.int32)
    column = stored.arrays[f"{prefix}forms"]
    often = np.zeros(forms, np.int64)
    often[: len(positions.starts) - 1] = positions.counts
    for n in np.flatnonzero(~kept[first]).tolist():
        gone = column[edges[n] : np.append(edges, len(column))[n + 1]]
        often -= np.bincount(gone, minlength=forms)
    own = [np.empty(0, np.uint32), *(fresh[n][0] for n in sorted(fresh))]
    at = [np.empty(0, int), *(np.arange(new[n], new[n + 1]) for n in sorted(fresh))]
    added, places = np.concatenate(own), np.concatenate(at).astype(np.int32)
    often += np.bincount(added, minlength=forms)
    return _JoinedPositions(
        positions.starts,
        positions.positions,
        edges,
        moved[first],
        kept[first],
        added,
        places,
        often,
    )


def joined(
    column: np.ndarray,
    starts: np.ndarray,
    items: np.ndarray,
    fresh: Mapping[int, np.ndarray],
) -> np.ndarray:
    """Join pieces of a column, and fresh ones.

    Parameters
    ----------
    column, starts
        The values of items, one item after the other, and where each begins.
    items
        (N,) which items to join; -1 for a fresh one.
    fresh
        The values of fresh items by their index in `items`; others have none.
    """
    edges = np.ones(len(items), bool)
    edges[1:] = (np.diff(items) != 1) | (items[:-1] < 0)  # fresh ones end a piece
    parts: list[np.ndarray] = [np.empty(0, column.dtype)]
    runs: Sequence[int] = [*np.flatnonzero(edges).tolist(), len(items)]
    for first, end in pairwise(runs):
        if items[first] < 0:
            parts += [fresh[first]] if first in fresh else []
        else:
            parts.append(column[starts[items[first]] : starts[items[end - 1] + 1]])
    return np.concatenate(parts).astype(column.dtype, copy=False)
