"""Association: words that occur together.

Formulas and their sources are given with the functions. O is the observed count, E the
count expected by chance; logarithms are natural unless a base is named.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import xlogy

from ocr_core.errors import Message, SettingsError
from ocr_core.mining.grouping import ranked
from ocr_core.mining.hits import Hits, positions
from ocr_core.mining.measures import COLLOCATE_MEASURES
from ocr_core.mining.parallel import in_threads
from ocr_core.mining.progress import ReportProgress, Steps, no_report
from ocr_core.mining.selection import Selection
from ocr_core.mining.tokens import TOKENS_AT_ONCE

if TYPE_CHECKING:
    import pandas as pd

BEFORE, AFTER, HIT = 1, 2, 4  # where a token is, added up
PLACES = 8
HITS_AT_ONCE = 200_000  # so that what is computed of them is in a cache
WORDS_AT_ONCE = 50_000
ZERO_COUNT = 0.5  # replaces a count of zero in a ratio (Hardie 2014)


def log_likelihood(observed: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Return 2 * sum of O * ln(O / E) over the first axis; 0 where O is 0."""
    apart = xlogy(observed, observed) - xlogy(observed, np.where(observed, expected, 1))
    found: np.ndarray = 2 * apart.sum(axis=0)
    return np.maximum(found, 0)  # rounding may give a negative value


def collocates(
    selection: Selection,
    query: str,
    *,
    left: int = 5,
    right: int = 5,
    min_count: int = 3,
    limit: int = 0,
    measure: str = "log_likelihood",
    progress: ReportProgress = no_report,
) -> "pd.DataFrame":
    """Count the words around a query.

    Windows span the tokens of the text, including those that the filter leaves out,
    and end at the text boundaries that the filter's `within` names. A token in several
    windows counts once; tokens of a hit count only in the windows of other hits, so a
    word can be its own collocate (Evert 2008, Corpora and collocations, on surface
    co-occurrence). The formulas are those of `measures`, with N tokens outside the
    hits, W of them in windows, f(w) occurrences of the word w among the N and O(w) of
    these in windows. For a word of the hits, the counts include the hits. MI and MI3
    take N as the running words and f as all occurrences.

    Parameters
    ----------
    query
        As in a concordance.
    left, right
        Tokens on either side.
    min_count
        Least co-occurrences.
    limit
        Maximum number of rows; 0 for all.
    measure
        The measure to sort by, one of `COLLOCATE_MEASURES`.
    progress
        Called with the number of finished steps and of all steps.

    Returns
    -------
    table
        term, count (O), left, right (a token between two hits counts in both),
        expected, and `COLLOCATE_MEASURES`. By log-likelihood, words rarer than
        expected come last, the rarest at the end.
    """
    import pandas as pd

    check_measure(measure, COLLOCATE_MEASURES)
    step = Steps(progress, 4 + len(selection.tokens) // TOKENS_AT_ONCE)
    hits = positions(selection, query)
    step()
    found = _count_places(selection, _places(selection, hits, left, right), step)
    in_hits, in_windows = found[:, HIT:], found[:, BEFORE:HIT]
    of_hits, outside = int(in_hits.sum()), int(in_windows.sum())
    near = in_windows.sum(axis=1) + in_hits[:, BEFORE:].sum(axis=1)
    chosen = np.flatnonzero(near >= max(1, min_count))
    found, near = found[chosen], near[chosen]
    own = in_hits[chosen].sum(axis=1)  # for a word of the hits: its tokens in hits
    every = selection.counts[chosen]
    window = outside + in_hits[chosen, BEFORE:].sum(axis=1)
    total = int(selection.counts.sum()) - of_hits + own
    counts = near.astype(float)
    words = _Near(counts, every, window, total, len(hits), selection.running)
    key = words.key(measure)
    step()
    order, names = ranked(key, lambda n: selection.spelled(chosen[n]), limit)
    found, measures = found[order], words.measures(order)
    sides = {
        name: found[:, [n for n in range(PLACES) if n & side]].sum(axis=1)
        for name, side in (("left", BEFORE), ("right", AFTER))
    }
    columns = {"term": names, "count": near[order], **sides}
    listed = "expected", *COLLOCATE_MEASURES
    return pd.DataFrame(columns | {name: measures[name] for name in listed})


class _Near(NamedTuple):
    """Words near hits.

    Parameters
    ----------
    counts
        (W,) float: how often each word is near.
    every
        (W,) how often it occurs.
    window, total
        (W,) the tokens in windows, and all tokens, as they count for the word.
    hits, running
        The number of hits, and of running words.
    """

    counts: np.ndarray
    every: np.ndarray
    window: np.ndarray
    total: np.ndarray
    hits: int
    running: int

    def measures(self, some: slice | np.ndarray) -> dict[str, np.ndarray]:
        """Return the expected count and the measures of some words."""
        cells, expected = self._cells(some)
        return {
            "expected": expected[0],
            **_association(cells, expected),
            **_information(
                self.counts[some], self.every[some], self.hits, self.running
            ),
        }

    def key(self, measure: str) -> np.ndarray:
        """Return the values by which all words are sorted."""

        def key_of(some: slice) -> np.ndarray:
            if measure != "log_likelihood":
                return self.measures(some)[measure]
            cells, expected = self._cells(some)
            strength = log_likelihood(cells, expected)
            return np.where(cells[0] >= expected[0], strength, -strength)

        starts = range(0, len(self.counts), WORDS_AT_ONCE)
        parts = (slice(start, start + WORDS_AT_ONCE) for start in starts)
        return np.concatenate([np.empty(0), *in_threads(key_of, parts)])

    def _cells(self, some: slice | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        columns = self.counts, self.every, self.window, self.total
        both, word, window, total = (each[some] for each in columns)
        return four_cells(both, word, window, total)


def _places(selection: Selection, hits: Hits, left: int, right: int) -> np.ndarray:
    """Return (N,) int8: whether tokens are before, after or in hits, added up."""
    _ = selection.breaks  # known before the threads start
    before = hits.starts, range(-1, -left - 1, -1), BEFORE
    after = hits.ends - 1, range(1, right + 1), AFTER
    places, more = in_threads(lambda side: _near(selection, *side), (before, after))
    places += more
    for n in range(hits.longest):
        places[np.minimum(hits.starts + n, hits.ends - 1)] |= np.int8(HIT)
    return places


def _near(
    selection: Selection, starts: np.ndarray, steps: range, value: int
) -> np.ndarray:
    """Return (N,) int8: `value` if a token is `steps` from `starts` in unbroken text.

    The steps are from near to far, in one direction.
    """
    marked = np.zeros(len(selection.tokens), np.int8)
    edges = np.concatenate([[0], selection.breaks, [len(marked)]]).astype(np.int32)
    forward = steps.step > 0
    edge = edges[selection.segments_at(starts) + forward]
    last, clip = (edge - 1, np.minimum) if forward else (edge, np.maximum)
    near = np.flatnonzero(starts != last)
    starts, last = starts[near], last[near]
    for first in range(0, len(starts), HITS_AT_ONCE):
        begin, end = (each[first : first + HITS_AT_ONCE] for each in (starts, last))
        for step in steps:  # beyond the last there is nothing but what is marked
            marked[clip(begin + np.int32(step), end)] = value
    return marked


def _count_places(selection: Selection, places: np.ndarray, step: Steps) -> np.ndarray:
    """Return how often each word has each value, (V, PLACES); 0 is not counted."""
    found = np.zeros((len(selection.vocabulary) + 1) * PLACES, np.int32)  # last for -1

    def cells_from(start: int) -> np.ndarray:
        part = places[start : start + TOKENS_AT_ONCE]
        at = np.flatnonzero(part != 0)  # a tenth of the time of numbers
        cells = selection.terms_at(at + start)
        cells = np.where(cells < 0, len(selection.vocabulary), cells) * PLACES
        cells += part[at]
        return cells

    for cells in in_threads(cells_from, range(0, len(places), TOKENS_AT_ONCE)):
        np.add.at(found, cells, np.int32(1))
        step()
    return found.reshape(-1, PLACES)[:-1]


def check_measure(measure: str, known: Sequence[str]) -> None:
    """Raise SettingsError if a table has no such measure to sort by."""
    if measure not in known:
        raise SettingsError(
            "The table cannot be sorted by {0}.",
            measure,
            hint=Message("Choose one of {0}.", ", ".join(known)),
        )


def _association(cells: np.ndarray, expected: np.ndarray) -> dict[str, np.ndarray]:
    """Return the measures of contingency tables, (4, N), observed and expected."""
    both, window, word, neither = cells
    with np.errstate(divide="ignore", invalid="ignore"):
        near, far = both / (both + window), word / (word + neither)
        with_word, without = both / (both + word), window / (window + neither)
        chance = (both + word) / cells.sum(axis=0)
        return {
            "log_likelihood": log_likelihood(cells, expected),
            "pmi": np.log2(both / expected[0]),
            "t_score": (both - expected[0]) / np.sqrt(both),
            "z_score": (both - expected[0]) / np.sqrt(expected[0] * (1 - chance)),
            "delta_p_word": near - np.nan_to_num(far),
            "delta_p_window": with_word - np.nan_to_num(without),
            "odds_ratio": odds_ratio(cells),
        }


def _information(
    counts: np.ndarray, every: np.ndarray, hits: int, total: int
) -> dict[str, np.ndarray]:
    """Return the measures that ignore the width of the windows."""
    share = total / (max(1, hits) * every)
    return {
        "mi": np.log2(counts * share),
        "mi3": np.log2(counts**3 * share),
        "log_dice": 14 + np.log2(2 * counts / (hits + every)),
    }


def odds_ratio(cells: np.ndarray) -> np.ndarray:
    """Return the odds ratio of contingency tables, (4, N), with ½ added for a 0."""
    some = np.where((cells == 0).any(axis=0), cells + ZERO_COUNT, cells)
    found: np.ndarray = some[0] * some[3] / (some[1] * some[2])
    return found


def four_cells(
    both: np.ndarray,
    word: np.ndarray,
    window: np.ndarray | float,
    total: np.ndarray | float,
) -> tuple[np.ndarray, np.ndarray]:
    """Return each word's contingency table, (4, N), as observed and expected."""
    window = np.broadcast_to(window, both.shape).astype(float)
    total = np.broadcast_to(total, both.shape).astype(float)
    observed = np.stack(
        [both, window - both, word - both, total - window - word + both]
    )
    rows = np.stack([window, total - window])
    columns = np.stack([word, total - word])
    expected = (rows[:, None] * columns[None]).reshape(4, -1) / np.maximum(1, total)
    return observed, expected
