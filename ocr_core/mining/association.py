"""Association: words that go together.

Formulas with their sources stand beside the functions. O is what was observed, E what
chance would give; a logarithm is natural where no base is named.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import xlogy

from ocr_core.errors import Message, SettingsError
from ocr_core.mining.concordance import positions
from ocr_core.mining.grouping import ranked, words_of
from ocr_core.mining.measures import COLLOCATE_MEASURES
from ocr_core.mining.selection import Selection

if TYPE_CHECKING:
    import pandas as pd

NOTHING = 0.5  # what stands for a count of zero in a ratio (Hardie 2014)


def log_likelihood(observed: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Return 2 * sum of O * ln(O / E) over the first axis; 0 where O is 0."""
    apart = xlogy(observed, observed) - xlogy(observed, np.where(observed, expected, 1))
    found: np.ndarray = 2 * apart.sum(axis=0)
    return np.maximum(found, 0)  # rounding may leave less than nothing


def collocates(
    selection: Selection,
    query: str,
    *,
    left: int = 5,
    right: int = 5,
    min_count: int = 3,
    limit: int = 0,
    measure: str = "log_likelihood",
) -> "pd.DataFrame":
    """Count the words around a query.

    Windows count tokens as they stand in the text, those too that the filter leaves
    out, and end where the text does, as the filter's `within` says. A token that
    stands in several windows counts once; tokens of a hit itself count only in the
    windows of other hits, where a word can be its own collocate (Evert 2008, Corpora
    and collocations, on surface co-occurrence). The formulas are those of `measures`,
    with N tokens outside the hits, W of them in windows, f(w) of them the word w and
    O(w) of these in windows. For a word of the hits these count the hits too. MI and
    MI3 take N as the running words and f as all occurrences.

    Parameters
    ----------
    query
        As in a concordance.
    left, right
        Tokens on either side.
    min_count
        Least co-occurrences.
    limit
        How many; 0 stands for all.
    measure
        What the table is sorted by, of `COLLOCATE_MEASURES`.

    Returns
    -------
    table
        term, count (O), left, right (what stands between two hits counts in both),
        expected, and `COLLOCATE_MEASURES`; by log-likelihood, what is rarer than
        expected comes last, the rarest at the end.
    """
    import pandas as pd

    check_measure(measure, COLLOCATE_MEASURES)
    hits = positions(selection, query)
    size = len(selection.vocabulary)
    terms = selection.terms
    counted, inside = terms >= 0, np.zeros(len(terms), bool)
    for n in range(hits.length):
        inside[hits.places + n] = True
    inside &= counted
    before = _window(selection, hits.places, range(-left, 0)) & counted
    first = hits.length
    after = _window(selection, hits.places, range(first, first + right)) & counted
    near = before | after

    def found_in(mask: np.ndarray) -> np.ndarray:
        return np.bincount(terms[mask], minlength=size)

    found = found_in(near)
    chosen = np.flatnonzero(found >= max(1, min_count))
    own = found_in(inside)[chosen]  # of the hits' words: hits are among their tokens
    every = selection.counts[chosen]
    window = int((near & ~inside).sum()) + found_in(near & inside)[chosen]
    total = len(selection.kept) - int(inside.sum()) + own
    counts = found[chosen].astype(float)
    cells, expected = four_cells(counts, every, window, total)
    measures = _association(cells, expected) | _information(
        counts, every, len(hits.places), selection.running
    )
    key = measures[measure]
    if measure == "log_likelihood":
        key = np.where(counts >= expected[0], key, -key)
    named = words_of(selection)
    order, _ = ranked(key, lambda n: named(chosen[n]), limit)
    table = pd.DataFrame(
        {
            "term": named(chosen),
            "count": found[chosen],
            "left": found_in(before)[chosen],
            "right": found_in(after)[chosen],
            "expected": expected[0],
            **{name: measures[name] for name in COLLOCATE_MEASURES},
        }
    )
    return table.iloc[order].reset_index(drop=True)


def check_measure(measure: str, known: Sequence[str]) -> None:
    """Refuse to sort a table by what it does not hold."""
    if measure not in known:
        raise SettingsError(
            "The table cannot be sorted by {0}.",
            measure,
            hint=Message("Choose one of {0}.", ", ".join(known)),
        )


def _association(cells: np.ndarray, expected: np.ndarray) -> dict[str, np.ndarray]:
    """Return what is worked out from four cells, (4, N), and what they should be."""
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
    """Return what takes no account of how wide the windows are."""
    share = total / (max(1, hits) * every)
    return {
        "mi": np.log2(counts * share),
        "mi3": np.log2(counts**3 * share),
        "log_dice": 14 + np.log2(2 * counts / (hits + every)),
    }


def odds_ratio(cells: np.ndarray) -> np.ndarray:
    """Return the odds ratio of tables of four cells, (4, N), with ½ added for a 0."""
    some = np.where((cells == 0).any(axis=0), cells + NOTHING, cells)
    found: np.ndarray = some[0] * some[3] / (some[1] * some[2])
    return found


def _window(selection: Selection, places: np.ndarray, steps: range) -> np.ndarray:
    """Return a mask of what stands so far from places, in text without a break."""
    segments = selection.segments
    marked = np.zeros(len(segments), bool)
    for step in steps:
        beside = places + step
        inside = (beside >= 0) & (beside < len(segments))
        beside = beside[inside]
        marked[beside[segments[beside] == segments[places[inside]]]] = True
    return marked


def four_cells(
    both: np.ndarray,
    word: np.ndarray,
    window: np.ndarray | float,
    total: np.ndarray | float,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the four cells of each word's table, (4, N), as observed and expected."""
    window = np.broadcast_to(window, both.shape).astype(float)
    total = np.broadcast_to(total, both.shape).astype(float)
    observed = np.stack(
        [both, window - both, word - both, total - window - word + both]
    )
    rows = np.stack([window, total - window])
    columns = np.stack([word, total - word])
    expected = (rows[:, None] * columns[None]).reshape(4, -1) / np.maximum(1, total)
    return observed, expected
