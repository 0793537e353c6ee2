"""Counting: what the views share, and what makes them fast at ten million tokens."""

from collections.abc import Callable, Sequence

import numpy as np

from ocr_core.mining.selection import Selection

MOST_BITS = 63


def documents_of(selection: Selection, places: np.ndarray) -> np.ndarray:
    """Return which of the selection's documents each of these tokens stands in."""
    found: np.ndarray = selection.document_of_page[selection.tokens.pages[places]]
    return found


def per_million(counts: np.ndarray, total: int | np.ndarray) -> np.ndarray:
    """Return counts for each million tokens; 0 where there are no tokens at all."""
    return np.asarray(counts) * 1e6 / np.maximum(total, 1)


def grouped(*keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sort rows by whole numbers from 0, the first key first; equal ones stay in order.

    Returns
    -------
    order
        (N,) places of the rows.
    first
        (N,) whether the row at each place of the order differs from the one before.
    """
    count = len(keys[0])
    # Sorting one packed number takes a third of the time of sorting places by keys.
    widths = [int(key.max(initial=0)).bit_length() for key in keys]
    room = count.bit_length()
    if sum(widths) + room > MOST_BITS:
        later, _ = grouped(*keys[1:])
        order = later[grouped(keys[0][later])[0]]
        first = np.ones(count, bool)
        first[1:] = np.logical_or.reduce([np.diff(key[order]) != 0 for key in keys])
        return order, first
    packed = np.zeros(count, np.int64)
    for key, width in zip(keys, widths, strict=True):
        packed <<= width
        packed |= key
    packed <<= room
    packed |= np.arange(count)
    packed.sort()
    order = packed & ((1 << room) - 1)
    packed >>= room
    first = np.ones(count, bool)
    first[1:] = packed[1:] != packed[:-1]
    return order, first


def ranked(
    keys: np.ndarray, names: Callable[[np.ndarray], Sequence[str]], limit: int = 0
) -> tuple[np.ndarray, list[str]]:
    """Return the places of the largest keys, and their names, the largest first.

    Equal ones follow the alphabet, so that a table is the same every time.

    Parameters
    ----------
    keys
        (N,) numbers.
    names
        Gives the names of places.
    limit
        How many; 0 stands for all.
    """
    places = np.arange(len(keys))
    if 0 < limit < len(keys):
        places = np.flatnonzero(keys >= np.partition(keys, -limit)[-limit])
    told = np.array(list(names(places)), np.dtypes.StringDType())
    alphabet = np.argsort(told, kind="stable")
    order = alphabet[np.argsort(-keys[places][alphabet], kind="stable")]
    order = order[: limit or None]
    return places[order], told[order].tolist()


def words_of(selection: Selection) -> Callable[[np.ndarray], list[str]]:
    """Return what names terms by their numbers."""
    return lambda terms: [selection.vocabulary[term] for term in terms.tolist()]
