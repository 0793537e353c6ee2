"""Distances: how evenly the occurrences of words are spread over a text."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from ocr_core.mining.grouping import bounded, narrowed
from ocr_core.mining.parallel import in_threads
from ocr_core.mining.progress import Steps
from ocr_core.mining.selection import Selection
from ocr_core.mining.tokens import TOKENS_AT_ONCE

ROOM = 32  # bits of a position


def reduced_frequencies(
    selection: Selection, terms: np.ndarray, counts: np.ndarray, step: Steps
) -> np.ndarray:
    """Return the average reduced frequency of words, from their distances.

    The text is taken as a circle, so the distance before the first occurrence is that
    from the last.

    Parameters
    ----------
    terms, counts
        The words, and how often each occurs, at least once.
    step
        Called when some of the words, or of the text, were looked at.
    """
    out = selection.left_out
    if out is None:
        return _from_text(selection, terms, counts, step)
    return _from_index(selection, terms, counts, out, step)


def _from_index(
    selection: Selection,
    terms: np.ndarray,
    counts: np.ndarray,
    out: np.ndarray,
    step: Steps,
) -> np.ndarray:
    """Return what `reduced_frequencies` does, from the stored positions of forms."""
    index = selection.tokens.form_positions
    assert index is not None, "it is known which tokens are left out"
    of_form = rows_of(selection, terms)[selection.counted.table]
    forms = np.flatnonzero(of_form >= 0)
    forms = forms[np.argsort(of_form[forms], kind="stable")]
    of_form = of_form[forms]
    first_form = np.searchsorted(of_form, np.arange(len(terms) + 1))
    size, ends = int(selection.counts.sum()), np.cumsum(counts)

    def reduced(low: int, high: int) -> np.ndarray:
        inside = slice(*first_form[[low, high]])
        at = index.of_each(forms[inside])
        own, even = counts[low:high], size / counts[low:high]
        if inside.stop - inside.start > high - low:  # a word has several forms
            words = np.repeat(np.arange(high - low), own)
            at = np.sort(words << ROOM | at) & ((1 << ROOM) - 1)
        if len(out):
            at = at - np.searchsorted(out, at)
        last = np.cumsum(own) - 1
        first = last + 1 - own
        gaps = np.diff(at, prepend=0)
        gaps[first] = at[first] - at[last] + size
        near = np.minimum(gaps, np.repeat(even, own))
        return np.add.reduceat(near, first) / even

    found = [np.zeros(0)]
    parts = bounded(ends, TOKENS_AT_ONCE)
    for part in in_threads(lambda each: reduced(*each), pairwise(parts)):
        found.append(part)
        step()
    return np.concatenate(found)


def rows_of(selection: Selection, terms: np.ndarray) -> np.ndarray:
    """Return (V + 1,) int32: the index in `terms` of each word; -1 for the others."""
    row = np.full(len(selection.vocabulary) + 1, -1, np.int32)  # the last is for -1
    row[terms] = np.arange(len(terms))
    return row


class _Distances(NamedTuple):
    """Distances between occurrences of words in a piece of the text.

    Parameters
    ----------
    size
        How many tokens of the piece are counted.
    words
        The words that occur, as indices.
    first, last
        Where each occurs first and last, as the number of counted tokens before.
    sums
        For each the sum of its distances, each up to that of an evenly spread word.
    """

    size: int
    words: np.ndarray
    first: np.ndarray
    last: np.ndarray
    sums: np.ndarray


def _from_text(
    selection: Selection, terms: np.ndarray, counts: np.ndarray, step: Steps
) -> np.ndarray:
    """Return what `reduced_frequencies` does, from the words of the text."""
    count, row = len(terms), rows_of(selection, terms)
    row[:-1][row[:-1] < 0] = count  # counted, but not listed
    listed = selection.renumbered(narrowed(row, count))
    size = int(selection.counts.sum())
    even, sums = size / np.maximum(counts, 1), np.zeros(count)
    first, last = np.full((2, count), -1)
    before = 0
    pieces = range(0, len(selection.tokens), TOKENS_AT_ONCE)
    for piece in in_threads(lambda at: _distances(listed, even, at), pieces):
        words, begin = piece.words, piece.first + before
        gaps = np.minimum(begin - last[words], even[words])
        sums[words] += np.where(last[words] < 0, 0, gaps) + piece.sums
        first[words] = np.where(last[words] < 0, begin, first[words])
        last[words] = piece.last + before
        before += piece.size
        step()
    return (sums + np.minimum(first - last + size, even)) / even


def _distances(listed: Selection, even: np.ndarray, start: int) -> _Distances:
    """Return the distances in the tokens from `start`.

    Parameters
    ----------
    listed
        The words by their index in the list, others by the number of words in it.
    even
        For each word the distance of its occurrences if it were evenly spread.
    """
    part = listed.terms_at(slice(start, start + TOKENS_AT_ONCE))
    kept = part >= 0
    size = int(np.count_nonzero(kept))
    at = np.flatnonzero(kept & (part < len(even))).astype(np.int32)
    before = at if size == len(part) else np.cumsum(kept, dtype=np.int32)[at] - 1
    # The columns of a sparse row are sorted by counting.
    ends = np.array([0, len(at)], np.int32)
    row = before, part[at].astype(np.int32), ends
    columns = csr_array(row, (1, len(even))).tocsc()
    starts, indices = columns.indptr, columns.data
    often = np.diff(starts)
    words = np.flatnonzero(often)
    begins, ends = starts[words], starts[words + 1]
    gaps = np.diff(indices, prepend=0)
    gaps[begins] = 0  # the word before is another one
    near = np.minimum(gaps, np.repeat(even[words], often[words]))
    sums = np.add.reduceat(near, begins) if len(words) else np.zeros(0)
    return _Distances(size, words, indices[begins], indices[ends - 1], sums)
