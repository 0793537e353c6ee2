"""Frequency: how often words and n-grams occur, where, and when.

Tables are sorted by what they count, the most frequent first, equal ones by the
alphabet. ``per_million`` is a count for each million running words of the selection:
tokens with a letter, whatever the filter hides of them.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from ocr_core.errors import SettingsError
from ocr_core.messages import Message
from ocr_core.mining.concordance import positions
from ocr_core.mining.grouping import (
    documents_of,
    grouped,
    per_million,
    ranked,
    words_of,
)
from ocr_core.mining.selection import Selection

if TYPE_CHECKING:
    import pandas as pd

LONGEST = 8  # words of an n-gram
NORMAL_95 = 1.959964  # standard deviations that hold 95 % of a normal distribution


def word_list(selection: Selection, *, limit: int = 0) -> "pd.DataFrame":
    """Count each word.

    Parameters
    ----------
    limit
        How many words; 0 stands for all.

    Returns
    -------
    table
        term, count, per_million (of the running words), documents (that have it),
        range (their share, 0 to 1), and measures of how evenly the word is spread:
        dp (0 as the documents are large, almost 1 all in a small one), dp_norm (the
        same up to 1), juilland_d (1 is even, 0 all in one document) and arf (the
        count of a word that stood evenly). The formulas are those of `measures`.
    """
    import pandas as pd

    terms, words = _commonest(selection, limit)
    counts = selection.counts[terms]
    matrix = selection.by_document
    sizes = matrix.sum(axis=0)
    matrix = matrix[terms]
    documents = np.diff(matrix.indptr)
    shares = sizes / max(1, sizes.sum())
    deviation = _deviation(matrix, counts, shares)
    smallest = shares[sizes > 0].min(initial=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        normed = np.clip(deviation / (1 - smallest), 0, 1)
    return pd.DataFrame(
        {
            "term": words,
            "count": counts,
            "per_million": per_million(counts, selection.running),
            "documents": documents,
            "range": documents / max(1, len(selection.documents)),
            "dp": deviation,
            "dp_norm": normed,
            "juilland_d": _juilland(matrix, sizes),
            "arf": _reduced(selection, terms, counts),
        }
    )


def _juilland(matrix: csr_array, sizes: np.ndarray) -> np.ndarray:
    """Return Juilland's D of each row, NaN where there is one document."""
    n = int((sizes > 0).sum())
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    rates = matrix.data / sizes[matrix.indices]
    sums = np.bincount(rows, rates, matrix.shape[0])
    squares = np.bincount(rows, rates**2, matrix.shape[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        variation = np.sqrt(np.maximum(0, squares * n / sums**2 - 1) / (n - 1))
    return np.clip(1 - variation, 0, 1)


def _reduced(selection: Selection, terms: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the average reduced frequency of words, by the distances between them."""
    place = np.full(len(selection.vocabulary), -1, np.int32)
    place[terms] = np.arange(len(terms))
    of = place[selection.terms[selection.kept]]
    size, places = len(of), np.flatnonzero(of >= 0)
    order, first = grouped(of[places])
    if not len(order):
        return np.zeros(0)
    places, of = places[order], of[places[order]]
    before = np.roll(places, 1)
    starts = np.flatnonzero(first)
    ends = np.append(starts[1:], len(places)) - 1
    before[starts] = places[ends] - size  # the text begins again where it ends
    even = size / counts
    near = np.minimum(places - before, even[of])
    found: np.ndarray = np.bincount(of, near, len(terms)) / even
    return found


def commonest(selection: Selection, limit: int) -> list[str]:
    """Return the first words of the word list, at a fraction of its time."""
    return _commonest(selection, limit)[1]


def _commonest(selection: Selection, limit: int) -> tuple[np.ndarray, list[str]]:
    occurring = np.flatnonzero(selection.counts)
    named = words_of(selection)
    places, words = ranked(
        selection.counts[occurring], lambda n: named(occurring[n]), limit
    )
    return occurring[places], words


def _deviation(matrix: csr_array, counts: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return half the sum of |v - s| of each row; most documents have v = 0."""
    rows = np.repeat(np.arange(len(counts)), np.diff(matrix.indptr))
    expected = shares[matrix.indices]
    apart = np.abs(matrix.data / counts[rows] - expected) - expected
    sums = np.bincount(rows, weights=apart, minlength=len(counts)) + 1
    return np.clip(sums / 2, 0, 1)


def ngrams(
    selection: Selection, n: int = 2, *, min_count: int = 2, limit: int = 0
) -> "pd.DataFrame":
    """Count sequences of n words.

    A word that the filter leaves out breaks a sequence, and so does what the filter's
    `within` names: a heading, a paragraph's end, a sentence's end.

    Parameters
    ----------
    n
        2 to `LONGEST`; 1 counts single words.
    min_count
        Leave out what is rarer.
    limit
        How many; 0 stands for all.

    Returns
    -------
    table
        term (its words with a space between), count, per_million, documents.

    Raises
    ------
    SettingsError
        Where n is less than 1 or more than `LONGEST`.
    """
    import pandas as pd

    if not 1 <= n <= LONGEST:
        raise SettingsError("An n-gram has 1 to {0} words, not {1}.", LONGEST, n)
    starts, sizes, documents = _sequences(selection, n, max(1, min_count))

    def named(groups: np.ndarray) -> list[str]:
        terms = selection.terms[starts[groups][:, None] + np.arange(n)].tolist()
        words = selection.vocabulary
        return [" ".join([words[term] for term in row]) for row in terms]

    groups, names = ranked(sizes, named, limit)
    return pd.DataFrame(
        {
            "term": names,
            "count": sizes[groups],
            "per_million": per_million(sizes[groups], selection.running),
            "documents": documents[groups],
        }
    )


def _sequences(
    selection: Selection, n: int, least: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return of each frequent n-gram a place, its count, its number of documents.

    Sequences grow a word at a time: one is frequent only where both that are a word
    shorter are, so fewer and fewer places remain.
    """
    ids = selection.terms
    segments = selection.segments
    for width in range(min(n, 2), n + 1):
        if width == 1:
            starts, keys = selection.kept, [ids[selection.kept]]
        else:
            both = (ids[:-1] >= 0) & (ids[1:] >= 0)
            if width == 2:
                both &= segments[:-1] == segments[1:]
            starts = np.flatnonzero(both)
            keys = [ids[starts], ids[starts + 1]]
        order, first = grouped(*keys)
        sizes = np.diff(np.append(np.flatnonzero(first), len(first)))
        frequent = sizes >= least
        kept = np.repeat(frequent, sizes)
        starts, first, sizes = starts[order[kept]], first[kept], sizes[frequent]
        if width < n:
            ids = np.full(len(selection.terms), -1, np.int32)
            ids[starts] = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    documents = documents_of(selection, starts)
    new = first.astype(int)  # each group is in the order of the corpus
    new[1:] |= np.diff(documents) != 0
    spread = np.add.reduceat(new, np.flatnonzero(first)) if len(new) else sizes
    return starts[first], sizes, spread


def tf_idf(selection: Selection, *, limit: int = 20) -> "pd.DataFrame":
    """Return the words that mark each document out from the others.

    tf * (ln((1 + D) / (1 + df)) + 1), tf the count in the document, D the number of
    documents and df of those that have the word; then divided by the length of the
    document's vector: what scikit-learn's TfidfTransformer gives by default.

    Parameters
    ----------
    limit
        How many words of a document; 0 stands for all.

    Returns
    -------
    table
        doc_id, term, count, tf_idf; documents in order.
    """
    import pandas as pd

    matrix = selection.by_document
    spread = np.diff(matrix.indptr)
    idf = np.log((1 + matrix.shape[1]) / (1 + spread)) + 1
    terms = np.repeat(np.arange(len(spread)), spread)
    documents, counts = matrix.indices, matrix.data
    values = counts * idf[terms]
    lengths = np.sqrt(
        np.bincount(documents, weights=values**2, minlength=matrix.shape[1])
    )
    values /= lengths[documents]
    kept = _best_of_each(documents, values, limit)
    documents, terms = documents[kept], terms[kept]
    named = words_of(selection)(terms)
    alphabet = np.argsort(np.array(named, np.dtypes.StringDType()), kind="stable")
    order = alphabet[np.lexsort((-values[kept][alphabet], documents[alphabet]))]
    table = pd.DataFrame(
        {
            "doc_id": np.array(selection.documents, object)[documents[order]],
            "term": np.array(named, object)[order],
            "count": counts[kept][order],
            "tf_idf": values[kept][order],
        }
    )
    if not limit:
        return table
    starts = np.searchsorted(documents[order], documents[order])
    return table[np.arange(len(order)) - starts < limit].reset_index(drop=True)


def _best_of_each(groups: np.ndarray, values: np.ndarray, limit: int) -> np.ndarray:
    """Return the places of each group's largest values, and of their equals."""
    if not limit or not len(groups):
        return np.arange(len(groups))
    # In single precision the number fits beside its group: one sort for all.
    rough = values.astype(np.float32).view(np.uint32).astype(np.int64)
    packed = groups.astype(np.int64) << 32 | 0xFFFFFFFF - rough
    packed.sort()
    sizes = np.bincount(groups)
    ends = np.cumsum(sizes)
    last = ends - sizes + np.minimum(sizes, limit) - 1
    least = 0xFFFFFFFF - (packed[np.maximum(last, 0)] & 0xFFFFFFFF)
    return np.flatnonzero(rough >= least[groups])


def dispersion(selection: Selection, terms: Sequence[str]) -> "pd.DataFrame":
    """Return where words stand, for a plot with a row a document.

    Parameters
    ----------
    terms
        Words, phrases or patterns, as in a concordance.

    Returns
    -------
    table
        term, doc_id, page_num, position (0 to 1, within the document's tokens that
        are counted), token_index (from 0, among all that are counted).
    """
    import pandas as pd

    documents = documents_of(selection, selection.kept)
    sizes = np.bincount(documents, minlength=len(selection.documents))
    before = np.cumsum(sizes) - sizes
    numbers = np.array([leaf.page_num for leaf in selection.tokens.leaves], int)
    terms = list(dict.fromkeys(terms))
    found = [positions(selection, term).places for term in terms]
    places = np.concatenate([np.zeros(0, np.int32), *found]).astype(np.int32)
    running = np.searchsorted(selection.kept, places)
    of = documents[running]
    # Categories: a frequent word has a million rows.
    which = np.repeat(np.arange(len(found)), [len(each) for each in found])
    return pd.DataFrame(
        {
            "term": pd.Categorical.from_codes(which, pd.Index(terms)),
            "doc_id": pd.Categorical.from_codes(of, pd.Index(selection.documents)),
            "page_num": numbers[selection.tokens.pages[places]],
            "position": (running - before[of]) / np.maximum(sizes[of] - 1, 1),
            "token_index": running,
        }
    )


def trends(selection: Selection, terms: Sequence[str], column: str) -> "pd.DataFrame":
    """Count words by what documents have in a column of metadata, as by year.

    Documents that have nothing there are not counted. A value without running words
    has no frequency: NaN.

    Parameters
    ----------
    terms
        Words, phrases or patterns, as in a concordance.
    column
        Of `Tokens.metadata`.

    Returns
    -------
    table
        value (in natural order), term, count, per_million (of the value's running
        words), tokens (the running words of the value), low, high (of the 95 %
        interval after Wilson 1927, per million), hidden (hits that the filter leaves
        out, beside those counted).

    Raises
    ------
    SettingsError
        Where the corpus has no such column.
    """
    import pandas as pd
    from natsort import natsorted

    known = selection.tokens.metadata
    if column not in known:
        raise SettingsError(
            "The corpus has no column {0}.",
            column,
            hint=Message("Columns: {0}.", ", ".join(known) or Message("none yet")),
        )
    of = [known[column].get(doc_id, "") for doc_id in selection.documents]
    values = natsorted({*of} - {""})
    places = {value: n for n, value in enumerate(values)}
    group = np.array([places.get(value, len(values)) for value in of], int)

    def spread(found: np.ndarray) -> np.ndarray:
        groups = group[documents_of(selection, found)]
        return np.bincount(groups, minlength=len(values))[: len(values)]

    every = np.bincount(group, selection.running_by_document, minlength=len(values) + 1)
    tokens = every[: len(values)].astype(int)
    counts, shown = (
        np.array([spread(positions(each, term).places) for term in terms], int).reshape(
            len(terms), len(values)
        )
        for each in (selection, selection.unhidden)
    )
    low, high = wilson(counts, np.maximum(tokens, counts))
    rates = np.where(tokens, per_million(counts, tokens), np.nan)
    return pd.DataFrame(
        {
            "value": np.repeat(np.array(values, object), len(terms)),
            "term": list(terms) * len(values),
            "count": counts.T.ravel(),
            "per_million": rates.T.ravel(),
            "tokens": np.repeat(tokens, len(terms)),
            "low": np.where(tokens, 1e6 * low, np.nan).T.ravel(),
            "high": np.where(tokens, 1e6 * high, np.nan).T.ravel(),
            "hidden": np.maximum(0, shown - counts).T.ravel(),
        }
    )


def wilson(counts: np.ndarray, totals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the 95 % interval of shares (Wilson 1927, Probable inference)."""
    z = NORMAL_95
    n = np.maximum(totals, 1)
    share = counts / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    margin = z * np.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2) / (1 + z**2 / n)
    return np.maximum(0, centre - margin), np.minimum(1, centre + margin)
