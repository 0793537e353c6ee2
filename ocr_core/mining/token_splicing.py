"""Token splicing: the tokens of a corpus from the columns of earlier ones.

After a correction most pages have the tokens that they had. Their columns are copied
from the file, in large pieces, and only those of the other pages are gathered.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ocr_core.mining.token_columns import TEXT_ONLY, StoredColumns
from ocr_core.mining.token_words import TokenWords
from ocr_core.mining.tokens import DocumentCounts, TokenColumns, Tokens
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
    arrays = stored.arrays
    has_heads = f"{TEXT_ONLY}forms" in arrays
    text = {n: _without_heads(columns) for n, columns in fresh.items()}
    if not has_heads and any(len(text[n][0]) < len(fresh[n][0]) for n in fresh):
        return None
    whole = _joined_pages(arrays, "", pages, fresh)
    text_columns = _joined_pages(arrays, TEXT_ONLY, pages, text) if has_heads else whole
    known = {**known, "vocabulary": vocabulary, "lemma_tables": {}}
    text_only = Tokens(text_columns, **known)
    counts = _joined_counts(stored, pages, text_only)
    text_only = Tokens(text_columns, document_counts=counts, **known)
    if has_heads:
        return Tokens(whole, text_only=text_only, **known)
    text_only.__dict__["without_heads"] = text_only
    return text_only


def _without_heads(columns: PageColumns) -> PageColumns:
    inside = ~TokenWords(columns[1]).outer
    forms, words, confs = (column[inside] for column in columns)
    return forms, words, confs


def _joined_pages(
    arrays: Mapping[str, np.ndarray],
    prefix: str,
    pages: np.ndarray,
    fresh: Mapping[int, PageColumns],
) -> TokenColumns:
    """Return the columns of pages: those in the file, and fresh ones."""
    of_page = arrays[f"{prefix}pages"]
    count = int(max(pages.max(initial=-1), of_page[-1] if len(of_page) else -1)) + 1
    starts = np.searchsorted(of_page, np.arange(count + 1, dtype=of_page.dtype))
    forms, words, confs = (
        joined(
            arrays[f"{prefix}{name}"],
            starts,
            pages,
            {page: columns[n] for page, columns in fresh.items()},
        )
        for n, name in enumerate(("forms", "words", "confs"))
    )
    before = np.diff(starts, append=starts[-1])
    lengths = np.where(pages >= 0, before[pages], 0)
    for page, columns in fresh.items():
        lengths[page] = len(columns[0])
    if np.array_equal(lengths, before[:-1]):  # the same file, not a copy in memory
        return TokenColumns(forms, words, confs, of_page)
    numbers = np.repeat(np.arange(len(pages), dtype=np.uint32), lengths)
    return TokenColumns(forms, words, confs, numbers)


def _joined_counts(
    stored: StoredColumns, pages: np.ndarray, tokens: Tokens
) -> DocumentCounts:
    """Return the counts of documents: of those in the file, and of changed ones."""
    there, starts = stored.document_pages, stored.arrays["document_starts"]
    firsts = tokens.document_pages[:-1]
    # A document is the same if its pages are those of one in the file, in their order.
    number = np.minimum(np.searchsorted(there, pages[firsts]), len(there) - 2)
    breaks = np.ones(len(pages), np.int64)
    breaks[1:] = np.diff(pages) != 1
    breaks[firsts] = 0
    same = (there[number] == pages[firsts]) & (np.add.reduceat(breaks, firsts) == 0)
    same &= np.diff(there)[number] == np.diff(tokens.document_pages)
    documents = np.where(same, number, -1)
    fresh = {n: tokens.counts_of_document(n) for n in np.flatnonzero(~same).tolist()}
    lengths = np.where(same, np.diff(starts)[number], 0)
    for n, (found, _) in fresh.items():
        lengths[n] = len(found)
    forms, counts = (
        joined(
            stored.arrays[f"document_{name}"],
            starts,
            documents,
            {document: columns[n] for document, columns in fresh.items()},
        )
        for n, name in enumerate(("forms", "counts"))
    )
    return DocumentCounts(np.append(0, np.cumsum(lengths)), forms, counts)


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
