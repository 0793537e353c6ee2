"""Association: words that go together, and words that mark a part of a corpus.

Formulas with their sources stand beside the functions. O is what was observed, E what
chance would give; a logarithm is natural where no base is named.
"""

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import chdtrc, xlogy

from ocr_core.errors import SettingsError
from ocr_core.mining.concordance import positions
from ocr_core.mining.grouping import per_million, ranked, words_of
from ocr_core.mining.selection import Selection
from ocr_core.mining.word_lists import WordList, comparable

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
) -> "pd.DataFrame":
    """Count the words around a query.

    Windows count tokens as they stand in the text, those too that the filter leaves
    out, and end where the text does, as the filter's `within` says. A token that
    stands in several windows counts once; tokens of the hits themselves count nowhere
    (Evert 2008, Corpora and collocations, on surface co-occurrence). So with N tokens
    outside the hits, W of
    them in windows, f(w) of them the word w and O(w) of these in windows:

    - expected: E = W * f(w) / N
    - log_likelihood: 2 * sum of O * ln(O / E) over the four cells, word or not, in
      a window or not (Dunning 1993, Accurate methods for the statistics of surprise)
    - pmi: log2(O / E) (Church and Hanks 1990, Word association norms)
    - t_score: (O - E) / sqrt(O) (Church and others 1991, Using statistics in lexical
      analysis)
    - log_dice: 14 + log2(2 * O / (hits + f(w))) (Rychlý 2008, A lexicographer-friendly
      association score)

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

    Returns
    -------
    table
        term, count (O), left, right (what stands between two hits counts in both),
        expected, log_likelihood, pmi, log_dice, t_score; by log-likelihood, and what
        is rarer than expected in turn at the end.
    """
    import pandas as pd

    hits = positions(selection, query)
    size = len(selection.vocabulary)
    terms = selection.terms
    outside = terms >= 0
    for n in range(hits.length):
        outside[hits.places + n] = False
    before = _window(selection, hits.places, range(-left, 0)) & outside
    first = hits.length
    after = _window(selection, hits.places, range(first, first + right)) & outside
    sides = [np.bincount(terms[side], minlength=size) for side in (before, after)]
    within = terms[before | after]
    found = np.bincount(within, minlength=size)
    chosen = np.flatnonzero(found >= max(1, min_count))
    counts = found[chosen].astype(float)
    every = selection.counts - _inside(selection, outside)
    cells, expected = _table(counts, every[chosen], len(within), int(every.sum()))
    measure = log_likelihood(cells, expected)
    signed = np.where(counts >= expected[0], measure, -measure)
    named = words_of(selection)
    order, _ = ranked(signed, lambda n: named(chosen[n]), limit)
    table = pd.DataFrame(
        {
            "term": named(chosen),
            "count": found[chosen],
            "left": sides[0][chosen],
            "right": sides[1][chosen],
            "expected": expected[0],
            "log_likelihood": measure,
            "pmi": np.log2(counts / expected[0]),
            "log_dice": 14 + np.log2(2 * counts / (len(hits.places) + every[chosen])),
            "t_score": (counts - expected[0]) / np.sqrt(counts),
        }
    )
    return table.iloc[order].reset_index(drop=True)


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


def _inside(selection: Selection, outside: np.ndarray) -> np.ndarray:
    hit = selection.terms[(selection.terms >= 0) & ~outside]
    return np.bincount(hit, minlength=len(selection.vocabulary))


def _table(
    both: np.ndarray, word: np.ndarray, window: int, total: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the four cells of each word's table, (4, N), as observed and expected."""
    observed = np.stack(
        [both, window - both, word - both, total - window - word + both]
    )
    rows = np.array([window, total - window], float)
    columns = np.stack([word, total - word]).astype(float)
    expected = (rows[:, None, None] * columns[None]).reshape(4, -1) / max(1, total)
    return observed, expected


def keywords(
    selection: Selection,
    reference: Selection | WordList,
    *,
    min_count: int = 0,
    limit: int = 0,
) -> "pd.DataFrame":
    """Compare the words of a selection with those of a reference.

    With a and b a word's counts in selection and reference, c and d their tokens:

    - log_likelihood: 2 * (a * ln(a / E1) + b * ln(b / E2)), E1 = c * (a + b) / (c + d),
      E2 = d * (a + b) / (c + d) (Rayson and Garside 2000, Comparing corpora using
      frequency profiling)
    - p: chance of as much in the chi-squared distribution with one degree of freedom,
      for this word alone: among a thousand words one has p below 0.001 by chance
    - log_ratio: log2 of a / c by b / d, 0.5 standing for a count of 0 (Hardie 2014,
      Log Ratio)
    - diff_percent: 100 * (a / c - b / d) / (b / d); infinite where b is 0
      (Gabrielatos and Marchi 2012, Keyness)

    Parameters
    ----------
    reference
        Another part of the corpus, or words with their counts, which are put through
        the filter of the selection.
    min_count
        Least count in the two together.
    limit
        How many; 0 stands for all.

    Returns
    -------
    table
        term, count, per_million, reference_count, reference_per_million,
        log_likelihood, p, log_ratio, diff_percent; by log-likelihood, and what is
        rarer than in the reference in turn at the end.

    Raises
    ------
    SettingsError
        Where one of the two has no word, or a list cannot be counted as the filter
        asks.
    """
    import pandas as pd

    words, ours, theirs = _side_by_side(selection, reference)
    chosen = np.flatnonzero(ours + theirs >= max(1, min_count))
    totals = np.array([[ours.sum()], [theirs.sum()]], float)
    if not totals.all():
        raise SettingsError(
            "There is nothing to compare: one of the two has no word.",
            hint="Choose another filter or reference.",
        )
    counts = np.stack([ours[chosen], theirs[chosen]]).astype(float)
    expected = totals * counts.sum(axis=0) / totals.sum()
    measure = log_likelihood(counts, expected)
    rates = counts / totals
    some = np.where(counts, counts, NOTHING) / totals
    with np.errstate(divide="ignore"):
        percent = 100 * (rates[0] - rates[1]) / rates[1]
    signed = np.where(rates[0] >= rates[1], measure, -measure)
    order, names = ranked(
        signed, lambda n: [words[each] for each in chosen[n].tolist()], limit
    )
    return pd.DataFrame(
        {
            "term": names,
            "count": ours[chosen][order],
            "per_million": per_million(counts[0], totals[0])[order],
            "reference_count": theirs[chosen][order],
            "reference_per_million": per_million(counts[1], totals[1])[order],
            "log_likelihood": measure[order],
            "p": chdtrc(1, measure[order]),
            "log_ratio": np.log2(some[0] / some[1])[order],
            "diff_percent": percent[order],
        }
    )


def _side_by_side(
    selection: Selection, reference: Selection | WordList
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return the words of both, and how often each occurs in one and in the other."""
    words = list(selection.vocabulary)
    ours = selection.counts
    if isinstance(reference, Selection):
        if reference.vocabulary is selection.vocabulary:
            return words, ours, reference.counts
        listed = reference.counts.tolist()
        counts = dict(zip(reference.vocabulary, listed, strict=True))
    else:
        counts, kept = comparable(reference, selection)
        ours = np.where(kept, ours, 0)
    others = [word for word in counts if word not in selection.ids]
    ours = np.append(ours, np.zeros(len(others), np.int64))
    words += others
    theirs = np.array([counts.get(word, 0) for word in words], np.int64)
    return words, ours, theirs
