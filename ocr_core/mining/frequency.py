"""Frequency: counts of words and n-grams, by document and over time.

Tables are sorted by count, the most frequent first, ties alphabetically.
``per_million`` is a count per million running words of the selection: all tokens with a
letter, including those that the filter hides.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ocr_core.errors import SettingsError
from ocr_core.mining.distances import reduced_frequencies, rows_of
from ocr_core.mining.document_words import DocumentWords
from ocr_core.mining.grouping import per_million, ranked
from ocr_core.mining.hits import positions
from ocr_core.mining.parallel import in_threads
from ocr_core.mining.progress import ReportProgress, Steps, no_report
from ocr_core.mining.selection import Selection
from ocr_core.mining.sequences import frequent_sequences
from ocr_core.mining.tokens import TOKENS_AT_ONCE

if TYPE_CHECKING:
    import pandas as pd

Typical = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
MAX_N = 8  # words of an n-gram


def word_list(
    selection: Selection, *, limit: int = 0, progress: ReportProgress = no_report
) -> "pd.DataFrame":
    """Count each word.

    Parameters
    ----------
    limit
        Maximum number of words; 0 for all.
    progress
        Called with the number of finished steps and of all steps.

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

    step = Steps(progress, 2 + len(selection.tokens) // TOKENS_AT_ONCE)
    terms, words = _commonest(selection, limit)
    counts = selection.counts[terms]
    spread = _spread(selection, terms, counts)
    step()
    sizes = selection.sizes_of_documents
    smallest = sizes[sizes > 0].min(initial=sizes.sum()) / max(1, sizes.sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        normed = np.clip(spread.deviation / (1 - smallest), 0, 1)
    return pd.DataFrame(
        {
            "term": words,
            "count": counts,
            "per_million": per_million(counts, selection.running),
            "documents": spread.documents,
            "range": spread.documents / max(1, len(selection.documents)),
            "dp": spread.deviation,
            "dp_norm": normed,
            "juilland_d": spread.juilland_d,
            "arf": reduced_frequencies(selection, terms, counts, step),
        }
    )


class _Spread(NamedTuple):
    """How words are spread over documents; the measures are those of `word_list`."""

    documents: np.ndarray
    deviation: np.ndarray
    juilland_d: np.ndarray


def _spread(selection: Selection, terms: np.ndarray, counts: np.ndarray) -> _Spread:
    """Measure how words are spread, some documents at a time.

    The deviation of proportions is half the sum of |v - s|; for most documents v is 0.
    Juilland's D is NaN if there is only one document.
    """
    sizes = selection.sizes_of_documents
    shares = sizes / max(1, sizes.sum())
    count, row = len(terms), rows_of(selection, terms)
    documents = np.zeros(count, np.int64)
    apart, rates, squares = np.zeros((3, count))

    def sums(part: DocumentWords) -> tuple[np.ndarray, ...]:
        matrix = part.by_word(count)
        often = np.diff(matrix.indptr)
        rows, at = np.repeat(np.arange(count), often), matrix.indices + part.first
        expected = shares[at]
        far = np.abs(matrix.data / counts[rows] - expected) - expected
        rate = matrix.data / sizes[at]
        return often, *(np.bincount(rows, n, count) for n in (far, rate, rate**2))

    for often, *more in selection.document_words(sums, row):
        documents += often
        for every, part in zip((apart, rates, squares), more, strict=True):
            every += part
    n = int((sizes > 0).sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        variation = np.sqrt(np.maximum(0, squares * n / rates**2 - 1) / (n - 1))
    deviation = np.clip((apart + 1) / 2, 0, 1)
    return _Spread(documents, deviation, np.clip(1 - variation, 0, 1))


def commonest(selection: Selection, limit: int) -> list[str]:
    """Return the first words of the word list, in a fraction of its time."""
    return _commonest(selection, limit)[1]


def _commonest(selection: Selection, limit: int) -> tuple[np.ndarray, list[str]]:
    occurring = np.flatnonzero(selection.counts)
    indices, words = ranked(
        selection.counts[occurring], lambda n: selection.spelled(occurring[n]), limit
    )
    return occurring[indices], words


def ngrams(
    selection: Selection,
    n: int = 2,
    *,
    min_count: int = 2,
    limit: int = 0,
    progress: ReportProgress = no_report,
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
    progress
        Called with the number of finished steps and of all steps.

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
    starts, sizes = frequent_sequences(selection, n, max(1, min_count), limit, progress)
    firsts = np.cumsum(sizes) - sizes

    def named(groups: np.ndarray) -> np.ndarray:
        first = starts[firsts[groups]]
        columns = [selection.terms_at(first + step) for step in range(n)]
        words, numbers = np.unique(np.concatenate(columns), return_inverse=True)
        spelled = np.array(selection.spelled(words), np.dtypes.StringDType())
        names, *others = (spelled[each] for each in np.split(numbers, n))
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
            "documents": _documents_with(selection, starts, sizes, groups),
        }
    )


def _documents_with(
    selection: Selection, starts: np.ndarray, sizes: np.ndarray, groups: np.ndarray
) -> np.ndarray:
    """Return in how many documents some groups of sequences occur."""
    if not len(groups):
        return groups
    wanted = np.zeros(len(sizes), bool)
    wanted[groups] = True
    documents = selection.documents_at(starts[np.repeat(wanted, sizes)])
    own = sizes[wanted]
    firsts = np.cumsum(own) - own
    new = np.ones(len(documents), bool)  # each group is in the order of the corpus
    new[1:] = documents[1:] != documents[:-1]
    new[firsts] = True
    found = np.zeros(len(sizes), np.int64)
    found[wanted] = np.add.reduceat(new, firsts, dtype=np.int64)
    return found[groups]


def tf_idf(
    selection: Selection, *, limit: int = 20, progress: ReportProgress = no_report
) -> "pd.DataFrame":
    """Return the words that distinguish each document from the others.

    tf * (ln((1 + D) / (1 + df)) + 1), with tf the count in the document, D the number
    of documents and df the number with the word, divided by the length of the
    document's vector: the default of scikit-learn's TfidfTransformer.

    Parameters
    ----------
    limit
        Maximum number of words per document; 0 for all.
    progress
        Called with the number of finished steps and of all steps.

    Returns
    -------
    table
        doc_id, term, count, tf_idf; documents in order.
    """
    import pandas as pd

    count = len(selection.vocabulary)
    size = int(selection.counts.sum())
    step = Steps(progress, 2 + 2 * (size // TOKENS_AT_ONCE))
    repeated = selection.repeated
    spread = _stored_spread(selection)
    if spread is None:
        spread = np.zeros(count, np.int64)

        def having(part: DocumentWords) -> np.ndarray:
            return np.bincount(part.joined(repeated).words, minlength=count)

        for often in selection.document_words(having):
            spread += often
            step()
    idf = np.log((1 + len(selection.documents)) / (1 + spread)) + 1
    none = np.empty(0, np.int64)
    typical = [(none, none, none, none)]

    def heaviest(part: DocumentWords) -> Typical:
        return _typical_words(part.joined(repeated), idf, limit)

    for found in selection.document_words(heaviest):
        typical.append(found)
        step()
    documents, terms, counts, values = map(np.concatenate, zip(*typical, strict=True))
    named = selection.spelled(terms)
    alphabet = np.argsort(np.array(named, np.dtypes.StringDType()), kind="stable")
    order = alphabet[np.lexsort((-values[alphabet], documents[alphabet]))]
    table = pd.DataFrame(
        {
            "doc_id": np.array(selection.documents, object)[documents[order]],
            "term": np.array(named, object)[order],
            "count": counts[order],
            "tf_idf": values[order],
        }
    )
    if not limit:
        return table
    starts = np.searchsorted(documents[order], documents[order])
    return table[np.arange(len(order)) - starts < limit].reset_index(drop=True)


def _stored_spread(selection: Selection) -> np.ndarray | None:
    """Return in how many documents each word occurs, if that is stored, else None.

    It is if all documents are counted, and words are those of lower case.
    """
    stored, table = selection.tokens.document_counts, selection.counted.table
    if stored is None or selection.repeated is None or table.ndim > 1:
        return None
    lower, left_out = selection.tokens.vocabulary.lower, table < 0
    if not selection.chosen.all() or np.any((table != lower) & ~left_out):
        return None
    gone = np.zeros(len(stored.spread), bool)
    gone[lower[left_out]] = True
    if gone[lower[~left_out]].any():  # only some of the forms of a word are counted
        return None
    return np.where(gone, 0, stored.spread)


def _typical_words(part: DocumentWords, idf: np.ndarray, limit: int) -> Typical:
    """Return documents, terms, counts and weights of documents' heaviest words."""
    terms, counts, starts = part.words, part.often, part.starts
    values = counts * idf[terms]
    sizes = np.diff(starts)
    sums = np.append(0, np.cumsum(values**2))
    values /= np.repeat(np.sqrt(np.diff(sums[starts])), sizes)
    kept = np.arange(len(values))
    if limit:
        # The smallest of each document's largest values.
        least = [
            np.partition(values[start:end], -limit)[-limit]
            if end - start > limit
            else 0
            for start, end in pairwise(starts.tolist())
        ]
        kept = np.flatnonzero(values >= np.repeat(least, sizes))
    documents = np.searchsorted(starts, kept, "right") - 1
    return documents + part.first, terms[kept], counts[kept], values[kept]


def dispersion(
    selection: Selection,
    terms: Sequence[str],
    *,
    progress: ReportProgress = no_report,
) -> "pd.DataFrame":
    """Return the positions of words, for a plot with a row per document.

    Parameters
    ----------
    terms
        Words, phrases or patterns, as in a concordance.
    progress
        Called with the number of finished steps and of all steps.

    Returns
    -------
    table
        term, doc_id, page_num, position (0 to 1, within the document's tokens that
        are counted), token_index (from 0, among all that are counted).
    """
    import pandas as pd

    sizes = selection.sizes_of_documents
    before = np.cumsum(sizes) - sizes
    terms = list(dict.fromkeys(terms))
    step = Steps(progress, len(terms) + 1 + len(selection.tokens) // TOKENS_AT_ONCE)
    found = []
    for term in terms:
        found.append(positions(selection, term).starts)
        step()
    indices = np.concatenate([np.zeros(0, np.int32), *found]).astype(np.int32)
    running = _counted_before(selection, indices, step)
    document = selection.documents_at(indices)
    # Categories save memory: a frequent word has a million rows.
    which = np.repeat(np.arange(len(found)), [len(each) for each in found])
    return pd.DataFrame(
        {
            "term": pd.Categorical.from_codes(which, pd.Index(terms)),
            "doc_id": pd.Categorical.from_codes(
                document, pd.Index(selection.documents)
            ),
            "page_num": selection.tokens.by_page(
                selection.tokens.page_numbers, indices
            ),
            "position": (running - before[document])
            / np.maximum(sizes[document] - 1, 1),
            "token_index": running,
        },
        copy=False,
    )


def _counted_before(
    selection: Selection, indices: np.ndarray, step: Steps
) -> np.ndarray:
    """Return how many tokens are counted before each of some tokens, int64."""
    out = selection.left_out
    if out is not None:
        before = np.searchsorted(out, indices) if len(out) else 0
        return indices.astype(np.int64) - before
    order = np.argsort(indices, kind="stable")
    rising = indices[order]
    found = np.empty(len(indices), np.int64)

    def counted_before(part: slice) -> tuple[slice, np.ndarray, int]:
        counted = selection.terms_at(part) >= 0
        inside = slice(*np.searchsorted(rising, [part.start, part.stop]))
        at = rising[inside] - np.int32(part.start)
        size = int(np.count_nonzero(counted))
        if size == len(counted):
            return inside, at, size
        sums = np.cumsum(counted, dtype=np.int32)
        return inside, sums[at] - counted[at], size

    before = 0
    for inside, own, size in in_threads(counted_before, selection.tokens.parts):
        found[order[inside]] = before + own.astype(np.int64)
        before += size
        step()
    return found
