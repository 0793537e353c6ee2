"""Sequences: the n-grams of a corpus that occur often enough, and where they begin.

Sequences grow word by word: one can be frequent only if both of its sequences of n - 1
words are. Pairs are first counted in cells, of which each has several kinds of pairs:
one can be frequent only if all pairs of its cell together are (Park, Chen & Yu 1995,
"An effective hash-based algorithm for mining association rules").
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple, TypeVar

import numpy as np
from scipy.sparse import csr_array

from ocr_core.mining.grouping import bounded, grouped, narrowed
from ocr_core.mining.parallel import in_threads
from ocr_core.mining.progress import ReportProgress, Steps, no_report
from ocr_core.mining.query import NONE
from ocr_core.mining.selection import Selection
from ocr_core.mining.tokens import TOKENS_AT_ONCE

CELL_BITS = 24  # at most
FEWEST_CELLS = 8  # as many as pairs would fill to the least count, times this
MIN_IN_CELLS = 8  # a smaller count has almost every cell
PAIRS_AT_ONCE = 3_000_000
PARTS_OF_PAIRS = 10  # at most: all pairs are looked through for each
TOKENS_OF_SAMPLE = 1_000_000  # at least
SAMPLES = ((20, 10), (4, 4))  # by what all tokens are divided, and the least count
PARTS_OF_SAMPLE = 50
DEVIATIONS = 3  # of a count in the sample, by which it may be too large
LEAST_SHARE = 0.5  # of a count in the sample that is taken in any case
FACTORS = np.array([2654435761, 2246822519], np.uint32)  # odd, of mixed bits
Used = TypeVar("Used")


class Pairs(NamedTuple):
    """Pairs of numbers that stand beside each other, and where each begins."""

    starts: np.ndarray
    first: np.ndarray
    second: np.ndarray

    def at(self, which: np.ndarray) -> "Pairs":
        """Return some of the pairs."""
        return Pairs(*(column[which] for column in self))


class Numbered(NamedTuple):
    """Numbers of the words of a corpus.

    Parameters
    ----------
    items_at
        Returns the word at each of some tokens, as whole numbers: the number of one
        that is frequent, else -1.
    tokens
        How many tokens there are.
    frequent
        How many words are frequent.
    step
        Called when some of the tokens were looked at.
    breaks
        The tokens before which no sequence continues, rising.
    """

    items_at: Callable[[slice], np.ndarray]
    tokens: int
    frequent: int
    step: Callable[[], None]
    breaks: np.ndarray = NONE

    def pairs(self, use: Callable[[Pairs], Used]) -> Iterator[Used]:
        """Yield what is made of the pairs of frequent words, some at a time."""

        def used(start: int) -> Used:
            part = self.items_at(slice(start, start + TOKENS_AT_ONCE + 1))
            both = (part[:-1] >= 0) & (part[1:] >= 0)
            inside = np.searchsorted(self.breaks, [start + 1, start + len(part)])
            both[self.breaks[slice(*inside)] - start - 1] = False
            at = np.flatnonzero(both).astype(np.int32)
            sides = (each[at].astype(np.int32) for each in (part[:-1], part[1:]))
            return use(Pairs(at + np.int32(start), *sides))

        for each in in_threads(used, range(0, self.tokens - 1, TOKENS_AT_ONCE)):
            yield each
            self.step()


class Sequences(NamedTuple):
    """The frequent sequences of a corpus, in the order in which they begin.

    Parameters
    ----------
    starts, kinds
        (N,) int32: where each begins, rising, and the number of the sequence.
    frequent
        How many of them differ.
    step
        Called when some of them were looked at.
    """

    starts: np.ndarray
    kinds: np.ndarray
    frequent: int
    step: Callable[[], None]

    @property
    def tokens(self) -> int:
        """At how many tokens one begins."""
        return len(self.starts)

    def pairs(self, use: Callable[[Pairs], Used]) -> Iterator[Used]:
        """Yield what is made of the pairs one token apart, some at a time."""

        def used(start: int) -> Used:
            inside = slice(start, start + TOKENS_AT_ONCE + 1)
            starts, kinds = self.starts[inside], self.kinds[inside]
            at = np.flatnonzero(starts[1:] == starts[:-1] + 1)
            return use(Pairs(starts[at], kinds[at], kinds[at + 1]))

        for each in in_threads(used, range(0, len(self.starts) - 1, TOKENS_AT_ONCE)):
            yield each
            self.step()


def frequent_sequences(
    selection: Selection,
    n: int,
    min_count: int,
    limit: int = 0,
    progress: ReportProgress = no_report,
) -> tuple[np.ndarray, np.ndarray]:
    """Find the sequences of n words that occur often enough.

    Parameters
    ----------
    limit
        How many of them are needed, the most frequent; 0 for all.
    progress
        Called with the number of finished steps and of all steps.

    Returns
    -------
    starts
        Where they begin, one sequence after another, each in reading order.
    counts
        How often each occurs.
    """
    size = len(selection.tokens)
    step = Steps(progress, 1 + 2 * n * (1 + size // TOKENS_AT_ONCE))  # looked at twice
    least = _least_count(selection, n, min_count, limit)
    found = _sequences(_words(selection, least, step), n, least)
    if least > min_count and len(found[1]) < limit:
        found = _sequences(_words(selection, min_count, step), n, min_count)
    return found


def _least_count(selection: Selection, n: int, min_count: int, limit: int) -> int:
    """Return a count that as many sequences as asked for probably have.

    It follows from a sample of the tokens, a larger one if too few sequences are often
    enough in a small one; `min_count` is returned where neither has enough of them.
    """
    size = len(selection.tokens)
    for share, enough in SAMPLES if limit else ():
        each = max(TOKENS_OF_SAMPLE, size // share) // PARTS_OF_SAMPLE
        if size < 4 * PARTS_OF_SAMPLE * each:
            break
        begins = np.linspace(0, size - each, PARTS_OF_SAMPLE).astype(int).tolist()
        parts = [selection.terms_at(slice(at, at + each)) for at in begins]
        sizes = _counts_in(np.concatenate(parts), n, max(min_count, enough))
        if len(sizes) >= limit:
            count = np.partition(sizes, -limit)[-limit]
            sure = max(count - DEVIATIONS * np.sqrt(count), LEAST_SHARE * count)
            return max(min_count, int(sure * size / (each * len(parts))))
    return min_count


def _counts_in(sample: np.ndarray, n: int, enough: int) -> np.ndarray:
    """Return how often sequences occur in a sample that occur often enough there."""
    numbers, frequent = _numbered(np.bincount(sample + 1)[1:], enough)
    sample = numbers[sample]
    known = Numbered(lambda at: sample[at], len(sample), frequent, lambda: None)
    return _sequences(known, n, enough)[1]


def _words(selection: Selection, min_count: int, step: Callable[[], None]) -> Numbered:
    """Return the words of a selection that are frequent."""
    numbers, frequent = _numbered(selection.counts, min_count)
    words = selection.renumbered(numbers)
    size, breaks = len(selection.tokens), selection.breaks
    return Numbered(words.terms_at, size, frequent, step, breaks)


def _numbered(counts: np.ndarray, min_count: int) -> tuple[np.ndarray, int]:
    """Return numbers of frequent words, -1 for others and at the end; and how many."""
    frequent = np.append(counts >= min_count, False)
    ranks = np.cumsum(frequent, dtype=np.int32) - 1
    numbers = np.where(frequent, ranks, np.int32(-1))
    return narrowed(numbers, int(ranks[-1])), int(frequent.sum())


def _sequences(
    words: Numbered, n: int, min_count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return what `frequent_sequences` does, from words."""
    if n == 1:
        return _single(words)
    starts, kinds, sizes = _frequent_pairs(words, min_count)
    for _ in range(2, n):
        shorter = Sequences(*_in_order(starts, kinds), len(sizes), words.step)
        starts, kinds, sizes = _frequent_pairs(shorter, min_count)
    return _by_kind(starts, kinds), sizes


def _in_order(starts: np.ndarray, kinds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sort starts, int32, and the kinds of what begins there."""
    if np.all(starts[1:] > starts[:-1]):
        return starts, kinds
    packed = starts.astype(np.int64) << 32
    packed |= kinds
    packed.sort()
    return (packed >> 32).astype(np.int32), packed.astype(np.int32)


def _single(words: Numbered) -> tuple[np.ndarray, np.ndarray]:
    """Return where words are, one word after another, and how often."""
    found = words.items_at(slice(None))
    starts = np.flatnonzero(found >= 0).astype(np.int32)
    kinds = found[starts].astype(np.int32)
    return _by_kind(starts, kinds), np.bincount(kinds, minlength=words.frequent)


def _frequent_pairs(
    known: Numbered | Sequences, min_count: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where frequent pairs begin, their kinds there, and the count of each kind.

    They are in the order of their starts, or kind after kind.
    """
    whole = known.frequent**2 <= 1 << CELL_BITS  # a cell has pairs of one kind
    if not whole and min_count < MIN_IN_CELLS:
        return _grouped_pairs([*known.pairs(lambda some: some)], min_count, known.step)

    # Fewer cells are counted in less time, if what else is in them is little.
    fewest = FEWEST_CELLS * known.tokens // min_count
    bits = min(CELL_BITS, max(1, fewest).bit_length())

    def cells_of(some: Pairs) -> np.ndarray:
        return _cells(some, known.frequent, 0 if whole else bits)

    often = np.zeros(known.frequent**2 if whole else 1 << bits, np.int32)
    for cells in known.pairs(cells_of):
        np.add.at(often, cells, np.int32(1))
    frequent = often >= min_count
    if not whole:
        parts = known.pairs(
            lambda some: some.at(np.flatnonzero(frequent[cells_of(some)]))
        )
        return _grouped_pairs([*parts], min_count, known.step)
    numbers = np.empty(len(frequent), np.int32)
    numbers[frequent] = np.arange(np.count_nonzero(frequent))

    def of_frequent(some: Pairs) -> tuple[np.ndarray, np.ndarray]:
        cells = cells_of(some)
        at = np.flatnonzero(frequent[cells])
        return some.starts[at], numbers[cells[at]]

    found = [(NONE, NONE), *known.pairs(of_frequent)]
    starts, kinds = map(np.concatenate, zip(*found, strict=True))
    return starts, kinds, often[frequent].astype(int)


def _cells(some: Pairs, count: int, bits: int) -> np.ndarray:
    """Return the cells of pairs: numbers of so many bits; if 0, one for each kind."""
    if not bits:
        return some.first * np.int32(count) + some.second
    mixed = some.first.view(np.uint32) * FACTORS[0]
    mixed += some.second.view(np.uint32) * FACTORS[1]
    return (mixed >> np.uint32(32 - bits)).view(np.int32)


def _by_kind(starts: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Sort starts by kinds; of a kind they keep their order."""
    if np.all(kinds[1:] >= kinds[:-1]):
        return starts
    # The columns of a sparse row are sorted by counting.
    shape = 1, int(kinds.max(initial=-1)) + 1
    row = csr_array((starts, kinds, np.array([0, len(kinds)], np.int32)), shape)
    found: np.ndarray = row.tocsc().data
    return found


def _grouped_pairs(
    parts: list[Pairs], min_count: int, step: Callable[[], None]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Group pairs, and return what `_frequent_pairs` does."""
    columns = [[*each] for each in zip(Pairs(NONE, NONE, NONE), *parts, strict=True)]
    parts.clear()  # each column is freed when it is joined
    starts, first, second = (np.concatenate(columns.pop(0)) for _ in range(3))
    ends = np.cumsum(np.bincount(first))
    at_once = max(PAIRS_AT_ONCE, len(first) // PARTS_OF_PAIRS)
    bounds = bounded(ends, at_once)  # pairs with some of the first numbers at a time

    def frequent_from(low: int, high: int) -> tuple[np.ndarray, np.ndarray]:
        inside: np.ndarray | slice = slice(None)
        if low or high < len(ends):
            inside = np.flatnonzero((first >= low) & (first < high))
        order, new = grouped(first[inside] - np.int32(low), second[inside])
        sizes = np.diff(np.append(np.flatnonzero(new), len(new)))
        frequent = sizes >= min_count
        return starts[inside][order[np.repeat(frequent, sizes)]], sizes[frequent]

    found = [(NONE, np.empty(0, int))]
    for each in in_threads(lambda part: frequent_from(*part), pairwise(bounds)):
        found.append(each)
        step()
    kept, counts = map(np.concatenate, zip(*found, strict=True))
    return kept, np.repeat(np.arange(len(counts), dtype=np.int32), counts), counts
