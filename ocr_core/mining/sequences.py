"""Sequences: the n-grams of a corpus that occur often enough, and where they begin.

Sequences grow word by word: one can be frequent only if both of its sequences of n - 1
words are. Pairs are first counted in cells, of which each has several kinds of pairs:
one can be frequent only if all pairs of its cell together are (Park, Chen & Yu 1995,
"An effective hash-based algorithm for mining association rules").
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple, TypeVar

import numpy as np
from scipy.sparse import csr_array

from ocr_core.mining.grouping import bounded, grouped, narrowed
from ocr_core.mining.lookup import looked_up
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
Part = TypeVar("Part")
Used = TypeVar("Used")
Cells = tuple[np.ndarray, np.ndarray]  # indices of pairs, and the cell of each
PairsInCells = tuple[np.ndarray, np.ndarray, np.ndarray]
Pairs = tuple[np.ndarray, np.ndarray, np.ndarray]  # indices, first and second numbers


class Beside(NamedTuple):
    """A part of numbers that stand beside each other.

    Parameters
    ----------
    start
        The index of the first.
    numbers
        (N + 1,) int32: the numbers, the last to end the last pair.
    at
        The indices, from 0, of numbers that are the first of a pair.
    """

    start: int
    numbers: np.ndarray
    at: np.ndarray


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

    items_at: Callable[[slice | np.ndarray], np.ndarray]
    tokens: int
    frequent: int
    step: Callable[[], None]
    breaks: np.ndarray = NONE

    def beside(self, start: int) -> Beside:
        """Return the frequent words beside each other from a token on."""
        part = self.items_at(slice(start, start + TOKENS_AT_ONCE + 1))
        there = part >= 0
        both = there[:-1] & there[1:]
        inside = np.searchsorted(self.breaks, [start + 1, start + len(part)])
        both[self.breaks[slice(*inside)] - start - 1] = False
        return Beside(start, part.astype(np.int32), np.flatnonzero(both))

    def starts_of(self, indices: np.ndarray) -> np.ndarray:
        """Return the tokens of indices."""
        return indices

    def pairs_at(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the first and second numbers of pairs."""
        first, second = (self.items_at(indices + np.int32(n)) for n in range(2))
        return first.astype(np.int32), second.astype(np.int32)


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

    def beside(self, start: int) -> Beside:
        """Return the sequences one token apart, from one on."""
        inside = slice(start, start + TOKENS_AT_ONCE + 1)
        starts, kinds = self.starts[inside], self.kinds[inside]
        return Beside(start, kinds, np.flatnonzero(starts[1:] - starts[:-1] == 1))

    def starts_of(self, indices: np.ndarray) -> np.ndarray:
        """Return the tokens of indices."""
        return looked_up(self.starts, indices)

    def pairs_at(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the first and second numbers of pairs."""
        first, second = (looked_up(self.kinds, indices + np.int32(n)) for n in range(2))
        return first, second


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
        return _grouped_pairs(known, [*_looked_through(known, _pairs_in)], min_count)

    # Fewer cells are counted in less time, if what else is in them is little.
    fewest = FEWEST_CELLS * known.tokens // min_count
    bits = min(CELL_BITS, max(1, fewest).bit_length())

    def cells_of(some: Beside) -> Cells:
        cells = _cells(some.numbers, known.frequent, 0 if whole else bits)
        return _index(some, some.at), cells[some.at]

    often = np.zeros(known.frequent**2 if whole else 1 << bits, np.int32)
    parts: deque[Cells] = deque()
    for indices, cells in _looked_through(known, cells_of):
        np.add.at(often, cells, np.int32(1))
        parts.append((indices, cells))
    frequent = often >= min_count
    numbers = np.cumsum(frequent, dtype=np.int32) - 1
    sizes = often[frequent].astype(int)

    def frequent_in(part: Cells) -> Cells:
        indices, cells = part
        at = np.flatnonzero(looked_up(frequent, cells))
        return indices[at], looked_up(numbers, cells[at])

    if not whole:
        found = in_threads(
            lambda part: _with_pairs(known, frequent_in(part)), _taken_out(parts)
        )
        return _told_apart(known, found, len(sizes), min_count)
    indices, kinds = _joined(
        [(NONE, NONE), *in_threads(frequent_in, _taken_out(parts))]
    )
    return known.starts_of(indices), kinds, sizes


def _with_pairs(known: Numbered | Sequences, part: Cells) -> PairsInCells:
    """Return pairs and their cells with both numbers of each pair as one."""
    indices, cells = part
    first, second = known.pairs_at(indices)
    pairs = first.astype(np.int64) << 32
    pairs |= second
    return indices, cells, pairs


def _told_apart(
    known: Numbered | Sequences,
    parts: Iterable[PairsInCells],
    count: int,
    min_count: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tell pairs in the same cell apart, and return what `_frequent_pairs` does.

    Almost all pairs of a cell are of one kind, if it is frequent: probably the kind of
    the first that is seen. The others are sorted.

    Parameters
    ----------
    parts
        Indices of pairs, their cells, and both numbers of each pair as one.
    count
        How many cells there are.
    """
    kind_of_cell = np.full(count, -1, np.int64)
    kept: list[Cells] = [(NONE, NONE)]
    others: list[Pairs] = []
    for indices, cells, pairs in parts:
        expected = looked_up(kind_of_cell, cells)
        new = np.flatnonzero(expected < 0)
        kind_of_cell[cells[new]] = pairs[new]
        expected[new] = kind_of_cell[cells[new]]
        same = expected == pairs
        at = np.flatnonzero(same)
        kept.append((indices[at], cells[at]))
        other = np.flatnonzero(~same)
        first, second = pairs[other] >> 32, pairs[other]  # its lower half
        others.append((indices[other], first.astype(np.int32), second.astype(np.int32)))
        known.step()
    indices, kinds = _joined(kept)
    sizes = np.bincount(kinds, minlength=count)
    frequent = sizes >= min_count
    at = np.flatnonzero(looked_up(frequent, kinds))
    starts = known.starts_of(indices[at])
    kinds = looked_up(np.cumsum(frequent, dtype=np.int32) - 1, kinds[at])
    more_starts, more_kinds, more_sizes = _grouped_pairs(known, others, min_count)
    more_kinds += np.int32(np.count_nonzero(frequent))
    more_starts, more_kinds = _in_order(more_starts, more_kinds)
    into = np.searchsorted(starts, more_starts)
    return (
        np.insert(starts, into, more_starts),
        np.insert(kinds, into, more_kinds),
        np.append(sizes[frequent], more_sizes),
    )


def _joined(parts: list[Cells]) -> Cells:
    """Join the two columns of parts."""
    first, second = map(np.concatenate, zip(*parts, strict=True))
    parts.clear()
    return first, second


def _looked_through(
    known: Numbered | Sequences, use: Callable[[Beside], Used]
) -> Iterator[Used]:
    """Yield what is made of the pairs of frequent numbers, some at a time."""
    starts = range(0, known.tokens - 1, TOKENS_AT_ONCE)
    for each in in_threads(lambda start: use(known.beside(start)), starts):
        yield each
        known.step()


def _pairs_in(some: Beside) -> Pairs:
    """Return the indices of pairs, and the first and second numbers."""
    numbers, at = some.numbers, some.at
    return _index(some, at), numbers[at], numbers[1:][at]


def _index(some: Beside, at: np.ndarray) -> np.ndarray:
    return at.astype(np.int32) + np.int32(some.start)


def _taken_out(parts: deque[Part]) -> Iterator[Part]:
    """Yield parts, which are then freed."""
    while parts:
        yield parts.popleft()


def _cells(numbers: np.ndarray, count: int, bits: int) -> np.ndarray:
    """Return the cells of pairs: numbers of so many bits; if 0, one for each kind.

    `numbers` are the first of each pair, and then the second; for others than frequent
    ones the cell means nothing.
    """
    if not bits:
        cells = numbers[:-1] * np.int32(count)
        cells += numbers[1:]
        return cells
    mixed = numbers[:-1].view(np.uint32) * FACTORS[0]
    mixed += numbers[1:].view(np.uint32) * FACTORS[1]
    mixed >>= np.uint32(32 - bits)
    return mixed.view(np.int32)


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
    known: Numbered | Sequences, parts: list[Pairs], min_count: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Group pairs, and return what `_frequent_pairs` does."""
    columns = [[*each] for each in zip((NONE, NONE, NONE), *parts, strict=True)]
    parts.clear()  # each column is freed when it is joined
    indices, first, second = (np.concatenate(columns.pop(0)) for _ in range(3))
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
        return indices[inside][order[np.repeat(frequent, sizes)]], sizes[frequent]

    found = [(NONE, np.empty(0, int))]
    for each in in_threads(lambda part: frequent_from(*part), pairwise(bounds)):
        found.append(each)
        known.step()
    kept, counts = map(np.concatenate, zip(*found, strict=True))
    kinds = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    return known.starts_of(kept), kinds, counts
