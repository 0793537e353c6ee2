"""Frequency: counts of words and n-grams, by document and over time.

Tables are sorted by count, the most frequent first, ties alphabetically.
``per_million`` is a count per million running words of the selection: all tokens with a
letter, including those that the filter hides.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from ocr_core.errors import SettingsError
from ocr_core.mining.grouping import grouped, per_million, ranked
from ocr_core.mining.hits import positions
from ocr_core.mining.selection import Selection

if TYPE_CHECKING:
    import pandas as pd

MAX_N = 8  # words of an n-gram
TOKENS_AT_ONCE = 2_000_000


def word_list(selection: Selection, *, limit: int = 0) -> "pd.DataFrame":
    """Count each word.

    Parameters
    ----------
    limit
        Maximum number of words; 0 for all.

    Returns
    -------
    table
        term, count, per_million (of the running words), documents (with the word),
        range (their share, 0 to 1), and measures of dispersion: dp (0 if the word is
        spread like the text, almost 1 if it is all in a small document), dp_norm (the
        same, up to 1), juilland_d (1 is even, 0 all in one document) and arf (the
        count of an evenly spread word). The formulas are those of `measures`.
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
    """Return Juilland's D of each row; NaN if there is only one document."""
    n = int((sizes > 0).sum())
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    rates = matrix.data / sizes[matrix.indices]
    sums = np.bincount(rows, rates, matrix.shape[0])
    squares = np.bincount(rows, rates**2, matrix.shape[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        variation = np.sqrt(np.maximum(0, squares * n / sums**2 - 1) / (n - 1))
    return np.clip(1 - variation, 0, 1)


def _reduced(selection: Selection, terms: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the average reduced frequency of words, from their distances."""
    number = selection.numbers(terms, selection.kept)
    size, ends = len(number), np.append(0, np.cumsum(counts))
    even, sums = size / np.maximum(counts, 1), np.zeros(len(terms))
    low = 0
    while low < len(terms):  # some words at a time, to save memory
        enough = np.searchsorted(ends, ends[low] + TOKENS_AT_ONCE, "right") - 1
        high = max(low + 1, int(enough))
        places = _places_by_word(number, low, high)
        starts, last = ends[low:high] - ends[low], ends[low + 1 : high + 1] - ends[low]
        gaps = np.empty_like(places)
        np.subtract(places[1:], places[:-1], out=gaps[1:])
        # The text is taken as a circle.
        gaps[starts] = places[starts] - places[last - 1] + size
        near = np.minimum(gaps, np.repeat(even[low:high], counts[low:high]))
        sums[low:high] = np.add.reduceat(near, starts)
        low = high
    return sums / even


def _places_by_word(number: np.ndarray, low: int, high: int) -> np.ndarray:
    """Return the indices of the words from `low` to `high`, one word after another."""
    listed = np.flatnonzero((number >= low) & (number < high)).astype(np.int32)
    # The columns of a sparse row are sorted by counting.
    ends = np.array([0, len(listed)], np.int32)
    row = csr_array((listed, number[listed] - np.int32(low), ends), (1, high - low))
    found: np.ndarray = row.tocsc().data
    return found


def commonest(selection: Selection, limit: int) -> list[str]:
    """Return the first words of the word list, in a fraction of its time."""
    return _commonest(selection, limit)[1]


def _commonest(selection: Selection, limit: int) -> tuple[np.ndarray, list[str]]:
    occurring = np.flatnonzero(selection.counts)
    indices, words = ranked(
        selection.counts[occurring], lambda n: selection.spelled(occurring[n]), limit
    )
    return occurring[indices], words


def _deviation(matrix: csr_array, counts: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return half the sum of |v - s| over each row; for most documents v is 0."""
    rows = np.repeat(np.arange(len(counts)), np.diff(matrix.indptr))
    expected = shares[matrix.indices]
    apart = np.abs(matrix.data / counts[rows] - expected) - expected
    sums = np.bincount(rows, weights=apart, minlength=len(counts)) + 1
    return np.clip(sums / 2, 0, 1)


def ngrams(
    selection: Selection, n: int = 2, *, min_count: int = 2, limit: int = 0
) -> "pd.DataFrame":
    """Count sequences of n words.

    A word that the filter leaves out breaks a sequence, as do the text boundaries that
    the filter's `within` names: headings, ends of paragraphs, ends of sentences.

    Parameters
    ----------
    n
        2 to `MAX_N`; 1 counts single words.
    min_count
        Minimum count.
    limit
        Maximum number of rows; 0 for all.

    Returns
    -------
    table
        term (its words with a space between), count, per_million, documents.

    Raises
    ------
    SettingsError
        If n is less than 1 or more than `MAX_N`.
    """
    import pandas as pd

    if not 1 <= n <= MAX_N:
        raise SettingsError("An n-gram has 1 to {0} words, not {1}.", MAX_N, n)
    starts, sizes, documents = _sequences(selection, n, max(1, min_count))

    def named(groups: np.ndarray) -> np.ndarray:
        first = starts[groups]
        columns = [selection.terms[first + step] for step in range(n)]
        terms, numbers = np.unique(np.concatenate(columns), return_inverse=True)
        words = np.array(selection.spelled(terms), np.dtypes.StringDType())
        names, *others = (words[each] for each in np.split(numbers, n))
        for each in others:
            names = names + " " + each
        found: np.ndarray = names
        return found

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
    selection: Selection, n: int, min_count: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return for each frequent n-gram a start, its count and its number of documents.

    Sequences grow word by word: one can be frequent only if both of its sequences of
    n - 1 words are, so the candidates become fewer.
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
        frequent = sizes >= min_count
        kept = np.repeat(frequent, sizes)
        starts, first, sizes = starts[order[kept]], first[kept], sizes[frequent]
        if width < n:
            ids = np.full(len(selection.terms), -1, np.int32)
            ids[starts] = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    documents = selection.documents_at(starts)
    new = first.astype(int)  # each group is in the order of the corpus
    new[1:] |= np.diff(documents) != 0
    spread = np.add.reduceat(new, np.flatnonzero(first)) if len(new) else sizes
    return starts[first], sizes, spread


def tf_idf(selection: Selection, *, limit: int = 20) -> "pd.DataFrame":
    """Return the words that distinguish each document from the others.

    tf * (ln((1 + D) / (1 + df)) + 1), with tf the count in the document, D the number
    of documents and df the number with the word, divided by the length of the
    document's vector: the default of scikit-learn's TfidfTransformer.

    Parameters
    ----------
    limit
        Maximum number of words per document; 0 for all.

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
    named = selection.spelled(terms)
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
    """Return the indices of each group's largest values, including ties."""
    if not limit or not len(groups):
        return np.arange(len(groups))
    # In single precision a value and its group fit into one number: one sort does.
    rough = values.astype(np.float32).view(np.uint32).astype(np.int64)
    packed = groups.astype(np.int64) << 32 | 0xFFFFFFFF - rough
    packed.sort()
    sizes = np.bincount(groups)
    ends = np.cumsum(sizes)
    last = ends - sizes + np.minimum(sizes, limit) - 1
    least = 0xFFFFFFFF - (packed[np.maximum(last, 0)] & 0xFFFFFFFF)
    return np.flatnonzero(rough >= least[groups])


def dispersion(selection: Selection, terms: Sequence[str]) -> "pd.DataFrame":
    """Return the positions of words, for a plot with a row per document.

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

    sizes = selection.sum_by_document(selection.count_by_page).astype(int)
    before = np.cumsum(sizes) - sizes
    numbers = np.array([page.page_num for page in selection.tokens.page_infos], int)
    terms = list(dict.fromkeys(terms))
    found = [positions(selection, term).starts for term in terms]
    indices = np.concatenate([np.zeros(0, np.int32), *found]).astype(np.int32)
    running = np.searchsorted(selection.kept, indices)
    document = selection.documents_at(indices)
    # Categories save memory: a frequent word has a million rows.
    which = np.repeat(np.arange(len(found)), [len(each) for each in found])
    return pd.DataFrame(
        {
            "term": pd.Categorical.from_codes(which, pd.Index(terms)),
            "doc_id": pd.Categorical.from_codes(
                document, pd.Index(selection.documents)
            ),
            "page_num": selection.tokens.by_page(numbers, indices),
            "position": (running - before[document])
            / np.maximum(sizes[document] - 1, 1),
            "token_index": running,
        }
    )
