"""Keyness: words that are more frequent in one part of a corpus than in another."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import erfc

from ocr_core.errors import SettingsError
from ocr_core.mining.association import (
    ZERO_COUNT,
    check_measure,
    four_cells,
    log_likelihood,
    odds_ratio,
)
from ocr_core.mining.grouping import NORMAL_95, per_million, ranked
from ocr_core.mining.measures import KEYNESS_MEASURES
from ocr_core.mining.parallel import in_threads
from ocr_core.mining.progress import ReportProgress, Steps, no_report
from ocr_core.mining.rank_tests import frequencies_test
from ocr_core.mining.selection import Selection
from ocr_core.mining.word_lists import WordList, comparable

if TYPE_CHECKING:
    import pandas as pd

SIGNED = ("log_likelihood", "log_likelihood_4")
DISTINCTIVE = ("part", "term", "count", "log_likelihood")
MIN_DOCUMENTS = 5  # with a word: for fewer the rank test says little


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
        for _ in in_threads(lambda part: part.counts, parts):
            pass  # known from now on
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
    rows = np.full(len(words) + 1, -1, np.int32)  # the last is for -1
    rows[chosen] = np.arange(len(chosen))
    own = np.append(rows[: len(selection.vocabulary)], rows[-1:])
    theirs = own
    if reference.vocabulary is not selection.vocabulary:
        ids = dict(zip(words, range(len(words)), strict=True))
        at = [ids.get(word, -1) for word in reference.vocabulary]
        theirs = rows[[*at, -1]]
    found = frequencies_test(
        selection, reference, (own, theirs), len(chosen), MIN_DOCUMENTS
    )
    rates = np.full(len(chosen), np.nan)
    known = ~np.isnan(found)
    if known.any():
        rates[known] = false_discovery_control(found[known])
    return {"documents_p": found, "documents_q": rates}


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
