"""Keyness: words that are more frequent in one part of a corpus than in another."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import erfc, ndtr

from ocr_core.errors import SettingsError
from ocr_core.mining.association import (
    ZERO_COUNT,
    check_measure,
    four_cells,
    log_likelihood,
    odds_ratio,
)
from ocr_core.mining.grouping import MAX_BITS, NORMAL_95, per_million, ranked
from ocr_core.mining.measures import KEYNESS_MEASURES
from ocr_core.mining.parallel import in_threads
from ocr_core.mining.progress import ReportProgress, Steps, no_report
from ocr_core.mining.selection import Selection
from ocr_core.mining.word_lists import WordList, comparable

if TYPE_CHECKING:
    import pandas as pd
    from scipy.sparse import csr_array

SIGNED = ("log_likelihood", "log_likelihood_4")
DISTINCTIVE = ("part", "term", "count", "log_likelihood")
MIN_DOCUMENTS = 5  # with a word: for fewer the rank test says little
VALUES_AT_ONCE = 2_000_000  # that the rank test sorts


def keywords(
    selection: Selection,
    reference: Selection | WordList,
    *,
    min_count: int = 0,
    limit: int = 0,
    measure: str = "log_likelihood",
    smoothing: float = 1.0,
    progress: ReportProgress = no_report,
) -> "pd.DataFrame":
    """Compare the words of a selection with those of a reference.

    The formulas are those of `measures`: a and b are a word's counts in selection and
    reference, c and d their running words; against a list, c and d count the words
    that both have under the filter. `log_likelihood` is the two-term form. Against
    another part of the corpus, each word in at least `MIN_DOCUMENTS` documents is also
    tested over documents: words of one document are not independent observations, so
    the p of the log-likelihood is too small.

    Parameters
    ----------
    reference
        Another part of the corpus, or words with their counts, to which the filter of
        the selection is applied.
    min_count
        Minimum count in both together.
    limit
        Maximum number of rows; 0 for all.
    measure
        The measure to sort by, one of `KEYNESS_MEASURES`.
    smoothing
        Constant that simple maths adds to both frequencies per million: 1 finds rare
        words, 100 or more common ones.
    progress
        Called with the number of finished steps and of all steps.

    Returns
    -------
    table
        term, count, per_million, reference_count, reference_per_million,
        log_likelihood, p, log_ratio, diff_percent, log_likelihood_4, bic,
        log_ratio_low, log_ratio_high, odds_ratio, simple_maths, documents_p and
        documents_q (NaN against a list). By log-likelihood or BIC, words rarer than in
        the reference come last, the rarest at the end.

    Raises
    ------
    SettingsError
        If one of the two has no word, or the filter cannot be applied to a list.
    """
    import pandas as pd

    check_measure(measure, KEYNESS_MEASURES)
    step = Steps(progress, 4)
    if isinstance(reference, Selection):
        parts = selection, reference
        for _ in in_threads(lambda part: part.by_document, parts):
            pass  # known from now on; it has the counts, too
    step()
    words, ours, theirs = _side_by_side(selection, reference)
    chosen = np.flatnonzero(ours + theirs >= max(1, min_count))
    totals = np.array([[ours.sum()], [theirs.sum()]], float)
    if not totals.all():
        raise SettingsError(
            "There is nothing to compare: one of the two has no word.",
            hint="Choose another filter or reference.",
        )
    if isinstance(reference, Selection):
        totals = np.maximum(totals, [[selection.running], [reference.running]])
    counts = np.stack([ours[chosen], theirs[chosen]]).astype(float)
    step()
    rates = counts / totals
    if measure in ("log_likelihood", "bic"):  # in one order
        key = log_likelihood(counts, _expected(counts, totals))
    else:
        key = _keyness(counts, totals, smoothing)[measure]
    if measure in SIGNED or measure == "bic":
        key = np.where(rates[0] >= rates[1], key, -key)
    order, names = ranked(
        key, lambda n: [words[each] for each in chosen[n].tolist()], limit
    )
    step()
    tests = _documents_test(selection, reference, words, chosen)
    counts = counts[:, order]
    found = _keyness(counts, totals, smoothing)
    found |= {name: values[order] for name, values in tests.items()}
    step()
    return pd.DataFrame(
        {
            "term": names,
            "count": ours[chosen][order],
            "per_million": per_million(counts[0], totals[0]),
            "reference_count": theirs[chosen][order],
            "reference_per_million": per_million(counts[1], totals[1]),
            **found,
        }
    )


def distinctive_words(
    selection: Selection, parts: Sequence[str], *, limit: int = 5
) -> "pd.DataFrame":
    """Return the words that distinguish each part of a selection from the others.

    They are sorted by the two-term log-likelihood of `keywords`. Listed are words that
    occur in the part at least twice, and relatively more often than in the others.

    Parameters
    ----------
    parts
        The part of each of the selection's documents, in their order; "" for none.
    limit
        Maximum number of words per part; 0 for all.

    Returns
    -------
    table
        part (in natural order), term, count, log_likelihood.
    """
    import pandas as pd
    from natsort import natsorted

    names = natsorted({*parts} - {""})
    of_part = np.array([np.array(parts, object) == name for name in names], int)
    of_part = of_part.reshape(len(names), len(parts))
    counts = (selection.by_document @ of_part.T).T
    sizes = of_part @ selection.running_by_document
    together, total = counts.sum(axis=0), sizes.sum()
    found: dict[str, list[object]] = {name: [] for name in DISTINCTIVE}
    for name, own, size in zip(names, counts, sizes, strict=True):
        others = together - own
        totals = np.array([[size], [total - size]], float)
        terms = np.flatnonzero((own >= 2) & (own * totals[1] > others * totals[0]))
        both = np.stack([own, others])[:, terms].astype(float)
        strength = log_likelihood(both, totals * together[terms] / total)
        order, words = ranked(strength, partial(_named, selection, terms), limit)
        columns = [name] * len(words), words, own[terms][order], strength[order]
        for column, values in zip(found.values(), columns, strict=True):
            column.extend(values)
    return pd.DataFrame(found)


def _named(selection: Selection, terms: np.ndarray, chosen: np.ndarray) -> list[str]:
    return selection.spelled(terms[chosen])


def _expected(counts: np.ndarray, totals: np.ndarray) -> np.ndarray:
    """Return the counts of words if both parts had the same relative frequencies."""
    expected: np.ndarray = totals * counts.sum(axis=0) / totals.sum()
    return expected


def _keyness(
    counts: np.ndarray, totals: np.ndarray, smoothing: float
) -> dict[str, np.ndarray]:
    """Return the measures of words from their counts (2, N) and all words (2, 1)."""
    expected = _expected(counts, totals)
    cells, four = four_cells(counts[0], counts.sum(axis=0), totals[0], totals.sum())
    two_terms = log_likelihood(counts, expected)
    rates, millions = counts / totals, per_million(counts, totals)
    some = np.where(counts, counts, ZERO_COUNT)
    with np.errstate(divide="ignore"):
        percent = 100 * (rates[0] - rates[1]) / rates[1]
    ratio = np.log2(some[0] / totals[0]) - np.log2(some[1] / totals[1])
    variance = np.maximum(0, 1 / some - 1 / totals).sum(axis=0)
    margin = NORMAL_95 * np.sqrt(variance) / np.log(2)
    return {
        "log_likelihood": two_terms,
        "p": erfc(np.sqrt(two_terms / 2)),  # of chi-squared with one degree of freedom
        "log_ratio": ratio,
        "diff_percent": percent,
        "log_likelihood_4": log_likelihood(cells, four),
        "bic": two_terms - np.log(totals.sum()),
        "log_ratio_low": ratio - margin,
        "log_ratio_high": ratio + margin,
        "odds_ratio": odds_ratio(cells),
        "simple_maths": (millions[0] + smoothing) / (millions[1] + smoothing),
    }


def _documents_test(
    selection: Selection,
    reference: Selection | WordList,
    words: list[str],
    chosen: np.ndarray,
) -> dict[str, np.ndarray]:
    """Compare the relative frequencies of words in documents.

    Returns
    -------
    documents_p, documents_q
        The p of the rank test of Mann & Whitney (1947), and the false discovery rate
        after Benjamini & Hochberg (1995); NaN against a list, and for words in fewer
        than `MIN_DOCUMENTS` documents.
    """
    from scipy.stats import false_discovery_control

    found = np.full(len(chosen), np.nan)
    if not isinstance(reference, Selection):
        return {"documents_p": found, "documents_q": found}
    shared = reference.vocabulary is selection.vocabulary
    one, other = in_threads(_rates, (selection, reference))
    rows = np.minimum(chosen, one.shape[0] - 1)
    other_rows = rows
    if not shared:
        none = other.shape[0] - 1
        ids = (reference.ids.get(words[n], none) for n in chosen.tolist())
        other_rows = np.fromiter(ids, np.int64, len(chosen))
    spread = np.diff(one.indptr)[rows] + np.diff(other.indptr)[other_rows]
    tested = np.flatnonzero(spread >= MIN_DOCUMENTS)
    if one.shape[1] and other.shape[1] and len(tested):
        part = np.cumsum(spread[tested]) // VALUES_AT_ONCE
        parts = np.split(tested, np.flatnonzero(np.diff(part)) + 1)

        def test(some: np.ndarray) -> np.ndarray:
            return rank_test(one[rows[some]], other[other_rows[some]])

        found[tested] = np.concatenate([*in_threads(test, parts)])
    rates = np.full(len(chosen), np.nan)
    known = ~np.isnan(found)
    if known.any():
        rates[known] = false_discovery_control(found[known])
    return {"documents_p": found, "documents_q": rates}


def _rates(selection: Selection) -> "csr_array":
    """Return the relative frequency of words in documents, as (words + 1, documents).

    The last row is that of a word which does not occur.
    """
    from scipy.sparse import csr_array

    sizes = selection.running_by_document
    counts = selection.by_document
    kept = np.flatnonzero(sizes)
    if len(kept) < len(sizes):
        counts, sizes = csr_array(counts[:, kept]), sizes[kept]
    ends = np.append(counts.indptr, counts.indptr[-1:])
    rates = np.empty(counts.nnz)
    for start in range(0, len(rates), VALUES_AT_ONCE):  # in a cache
        part = slice(start, start + VALUES_AT_ONCE)
        np.divide(counts.data[part], sizes[counts.indices[part]], out=rates[part])
    return csr_array((rates, counts.indices, ends), (len(ends) - 1, len(sizes)))


def rank_test(one: "csr_array", other: "csr_array") -> np.ndarray:
    """Return the two-sided p of the Mann-Whitney test of each row of two samples.

    It uses the normal approximation, corrected for ties and continuity. The values that
    are stored are above 0; most are expected to be 0.
    """
    n, m = one.shape[1], other.shape[1]
    height, total = one.shape[0], n + m
    packed, room = _packed_values(one, other)
    packed.sort()
    own = packed & 1
    packed >>= 1
    first = np.flatnonzero(np.diff(packed, prepend=-1))  # of equal values
    rows = packed[first] >> room
    sizes = np.diff(first, append=len(packed))
    own = np.add.reduceat(own, first) if len(first) else own
    values = np.bincount(rows, sizes, height)
    zeros = total - values
    ranks = first + (sizes + 1) / 2 + (zeros - (np.cumsum(values) - values))[rows]
    unseen = n - np.bincount(rows, own, height)
    sums = np.bincount(rows, ranks * own, height) + unseen * (zeros + 1) / 2
    ties = np.bincount(rows, sizes.astype(float) ** 3 - sizes, height)
    ties = ties + zeros**3 - zeros
    spread = n * m / 12 * (total + 1 - ties / (total * max(1, total - 1)))
    away = np.maximum(0, np.abs(sums - n * (n + 1) / 2 - n * m / 2) - 0.5)
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = np.where(spread > 0, away / np.sqrt(spread), 0)
    found: np.ndarray = 2 * ndtr(-scores)
    return np.minimum(found, 1)


def _packed_values(one: "csr_array", other: "csr_array") -> tuple[np.ndarray, int]:
    """Return each value as one number: its row, itself, and whether it is of `one`.

    The second value is the number of bits of a value. One sort of these numbers takes a
    tenth of the time of a sort by two keys. Values that differ by less than a billionth
    may become equal.
    """
    height = one.shape[0]
    rows = np.concatenate(
        [np.repeat(np.arange(height), np.diff(each.indptr)) for each in (one, other)]
    )
    # Floating-point numbers above 0 are in the order of their bits.
    bits = np.concatenate([one.data, other.data]).view(np.int64)
    bits -= bits.min() if len(bits) else 0
    room = MAX_BITS - 1 - height.bit_length()
    bits >>= max(0, int(bits.max(initial=0)).bit_length() - room)
    packed = (rows << room | bits) << 1
    packed[: one.nnz] |= 1
    return packed, room


def _side_by_side(
    selection: Selection, reference: Selection | WordList
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return the words of both, and how often each occurs in either."""
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
