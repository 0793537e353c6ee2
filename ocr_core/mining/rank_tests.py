"""Rank tests: whether words are more frequent in some documents than in others.

Relative frequencies are packed into whole numbers, so that those of all words are
sorted at once, in a tenth of the time of a sort by two keys.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from ocr_core.mining.document_words import DocumentWords
from ocr_core.mining.grouping import MAX_BITS
from ocr_core.mining.lookup import looked_up
from ocr_core.mining.parallel import in_threads
from ocr_core.mining.selection import Selection

VALUES_AT_ONCE = 2_000_000  # that are tested
SAMPLED = 1_000  # by what their number is divided, to see how they are spread


class Packing(NamedTuple):
    """How a value of a word is one number: the word, the value, and its sample.

    Values that differ by less than a billionth may become equal.

    Parameters
    ----------
    least
        The bits of the smallest value.
    spare
        How many bits of each value are left out.
    room
        How many are kept.
    """

    least: int
    spare: int
    room: int

    @classmethod
    def of(cls, words: int, smallest: float, largest: float) -> "Packing":
        """Return that of values above 0, of words with numbers below `words`."""
        # Floating-point numbers above 0 are in the order of their bits.
        low, high = np.array([smallest, largest], float).view(np.int64).tolist()
        room = MAX_BITS - 1 - words.bit_length()
        return cls(low, max(0, (high - low).bit_length() - room), room)

    def packed(self, words: np.ndarray, values: np.ndarray, own: bool) -> np.ndarray:
        """Return values as numbers; `own` says that they are of the first sample."""
        bits = values.view(np.int64) - self.least
        bits >>= self.spare
        bits <<= 1
        if own:
            bits |= 1
        found = words.astype(np.int64)
        found <<= self.room + 1
        found |= bits
        return found

    def first_of(self, word: int) -> int:
        """Return a number that no number of the word is below."""
        return word << self.room + 1


def frequencies_test(
    one: Selection,
    other: Selection,
    rows: tuple[np.ndarray, np.ndarray],
    count: int,
    least: int,
) -> np.ndarray:
    """Compare the relative frequencies of words in documents of two selections.

    Parameters
    ----------
    rows
        For each selection, (V + 1,) int32: the row of each of its words in the result,
        last that of a token that is left out; -1 for none.
    count
        How many rows there are.
    least
        In fewer documents a word is not tested.

    Returns
    -------
    (count,) the two-sided p of `rank_test`; NaN where a word is not tested.
    """
    sides = one, other
    sizes = [each.running_by_document for each in sides]
    n, m = (int(np.count_nonzero(each)) for each in sizes)
    found = np.full(count, np.nan)
    if not n or not m:
        return found
    every = np.concatenate(sizes)
    longest = max(int(np.diff(each.tokens.document_starts).max()) for each in sides)
    packing = Packing.of(count, 1 / every.max(), longest / every[every > 0].min())
    parts = [
        each
        for number, side in enumerate(sides)
        for each in _packed_rates(
            side, sizes[number], rows[number], packing, number == 0
        )
    ]
    bounds = _bounds(parts, packing, count)

    def tested(low: int, high: int) -> np.ndarray:
        edges = [packing.first_of(row) for row in (low, high)]
        inside = (part[slice(*np.searchsorted(part, edges))] for part in parts)
        packed = np.concatenate([*inside])
        packed -= edges[0]
        p, often = rank_test(packed, packing.room, high - low, n, m)
        return np.where(often >= least, p, np.nan)

    tests = in_threads(lambda part: tested(*part), pairwise(bounds))
    return np.concatenate([np.empty(0), *tests])


def _packed_rates(
    selection: Selection,
    sizes: np.ndarray,
    row: np.ndarray,
    packing: Packing,
    own: bool,
) -> Iterator[np.ndarray]:
    """Yield the relative frequencies of words in documents, packed and sorted."""
    repeated = selection.repeated
    if repeated is not None:
        some = np.flatnonzero(row[:-1] >= 0)
        of_rows = np.zeros(int(row.max(initial=-1)) + 1, bool)
        of_rows[row[some]] = repeated[some]
        repeated = of_rows

    def packed(part: DocumentWords) -> np.ndarray:
        part = part.joined(repeated)
        lengths = np.diff(part.starts)
        size = np.repeat(sizes[part.first : part.first + len(lengths)], lengths)
        words, often = part.words, part.often
        if not size.all():
            at = np.flatnonzero(size)
            words, often, size = words[at], often[at], size[at]
        found = packing.packed(words, often / size, own)
        found.sort()
        return found

    return selection.document_words(packed, row)


def _bounds(parts: Sequence[np.ndarray], packing: Packing, count: int) -> list[int]:
    """Return where to divide the words, so that their values are tested in parts."""
    sample = np.sort(np.concatenate([part[::SAMPLED] for part in parts]))
    firsts = sample[:: max(1, VALUES_AT_ONCE // SAMPLED)] >> (packing.room + 1)
    return sorted({0, *firsts.tolist(), count})


def rank_test(
    packed: np.ndarray, room: int, words: int, n: int, m: int
) -> tuple[np.ndarray, np.ndarray]:
    """Compare two samples, of each of some words, by the test of Mann & Whitney (1947).

    It uses the normal approximation, corrected for ties and continuity.

    Parameters
    ----------
    packed
        The values above 0, as in a `Packing` with so much room; they are sorted.
    words
        How many words there are.
    n, m
        How many values each has in the two samples; those that are missing are 0.

    Returns
    -------
    (words,) the two-sided p, and how many values are above 0
    """
    total = n + m
    packed.sort()
    own = packed & 1
    packed >>= 1
    first = np.flatnonzero(np.diff(packed, prepend=-1))  # of equal values
    rows = looked_up(packed, first) >> room
    sizes = np.diff(first, append=len(packed))
    own = np.add.reduceat(own, first) if len(first) else own
    values = np.bincount(rows, sizes, words)
    zeros = total - values
    before = zeros - (np.cumsum(values) - values)
    ranks = first + (sizes + 1) / 2 + looked_up(before, rows)
    unseen = n - np.bincount(rows, own, words)
    sums = np.bincount(rows, ranks * own, words) + unseen * (zeros + 1) / 2
    ties = np.bincount(rows, sizes.astype(float) ** 3 - sizes, words)
    ties = ties + zeros**3 - zeros
    spread = n * m / 12 * (total + 1 - ties / (total * max(1, total - 1)))
    away = np.maximum(0, np.abs(sums - n * (n + 1) / 2 - n * m / 2) - 0.5)
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = np.where(spread > 0, away / np.sqrt(spread), 0)
    return np.minimum(2 * ndtr(-scores), 1), values
