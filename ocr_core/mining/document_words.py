"""Document words: how often words occur in some documents, as arrays."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ocr_core.mining.grouping import grouped
from ocr_core.mining.lookup import looked_up

if TYPE_CHECKING:
    from scipy.sparse import csr_array


class DocumentWords(NamedTuple):
    """The words of some consecutive documents of a selection.

    Parameters
    ----------
    first
        The number of the first of them in `Selection.documents`.
    words, often
        (N,) int32: the words of the documents, one document after the other, and how
        often they occur there; a word may be there several times.
    starts
        (D + 1,) where each document begins, and the number of words.
    """

    first: int
    words: np.ndarray
    often: np.ndarray
    starts: np.ndarray

    def by_word(self, count: int) -> "csr_array":
        """Return how often words occur in the documents, as (words, documents)."""
        from scipy.sparse import csr_array

        shape = len(self.starts) - 1, count
        matrix = csr_array((self.often, self.words, self.starts), shape).T.tocsr()
        matrix.has_sorted_indices = True  # transposing sorts the columns
        matrix.sum_duplicates()
        return matrix

    def joined(self, repeated: np.ndarray | None) -> "DocumentWords":
        """Return the same with each word once in each document.

        Parameters
        ----------
        repeated
            Whether each word may be there several times; None if all may.
        """
        if repeated is None:
            at = np.arange(len(self.words))
        elif repeated.any():
            at = np.flatnonzero(looked_up(repeated, self.words))
        else:
            return self
        if not len(at):
            return self
        documents = np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))
        order, new = grouped(documents[at], self.words[at])
        firsts = np.flatnonzero(new)
        sums = np.add.reduceat(self.often[at][order], firsts)
        kept, often = np.ones(len(self.words), bool), self.often.copy()
        kept[at] = False
        first_at = at[order[firsts]]
        kept[first_at], often[first_at] = True, sums
        chosen = np.flatnonzero(kept)
        starts = np.searchsorted(chosen, self.starts).astype(np.int32)
        return DocumentWords(self.first, self.words[chosen], often[chosen], starts)


def kept_words(
    first: int,
    documents: np.ndarray,
    words: np.ndarray,
    often: np.ndarray,
    starts: np.ndarray,
) -> DocumentWords:
    """Leave out the words below 0, and those of other documents.

    `words`, `often` and `starts` are of all documents from the first to the last.
    """
    begin, count = int(documents[0]), len(starts) - 1
    kept = words >= 0
    if len(documents) < count:
        chosen = np.zeros(count, bool)
        chosen[documents - begin] = True
        kept &= np.repeat(chosen, np.diff(starts))
    at = np.flatnonzero(kept)  # a third of the time of a mask
    ends = np.searchsorted(at, starts - starts[0])
    ends = np.append(0, ends[documents - begin + 1]).astype(np.int32)
    if len(at) == len(words):
        return DocumentWords(first, words, often, ends)
    return DocumentWords(first, words[at], often[at], ends)
