"""Foreign letters: letters with accents that a language does not have."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from ocr_core.mining.variants import ACCENTED

NATIVE_SHARE = 0.002  # of known words, from which a letter with an accent is native


def foreign_letters(
    words: Sequence[str], counts: np.ndarray, known: np.ndarray
) -> frozenset[str]:
    """Return the letters with accents that a language does not have.

    They stand mostly in words no lexicon knows, and in fewer than `NATIVE_SHARE` of the
    places of known ones. None if there is no lexicon.
    """
    accented = set(ACCENTED) if known.any() else set()
    found: Counter[str] = Counter()
    native: Counter[str] = Counter()
    for n in np.flatnonzero(counts).tolist():
        if not words[n].isascii():
            for letter in set(words[n]) & accented:
                found[letter] += int(counts[n])
                native[letter] += int(counts[n] * known[n])
    least = NATIVE_SHARE * int(counts[known].sum())
    return frozenset(
        each for each in found if native[each] < min(found[each] / 2, least)
    )
