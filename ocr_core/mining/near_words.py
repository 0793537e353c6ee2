"""Near words: the words that differ from a form in few letters."""

from collections.abc import Callable, Sequence

import numpy as np

from ocr_core.mining.variants import folded


def near_words(
    forms: Sequence[str], words: Sequence[str], report: Callable[[float], None]
) -> list[tuple[int, int]]:
    """Return the pairs of forms and words that are near each other in letters.

    `report` is called with the share that is done.
    """
    from rapidfuzz.distance import Levenshtein
    from rapidfuzz.process import cdist

    if not forms or not words:
        return []
    found = []
    for spell, less in ((str, 0), (folded, 1)):
        read = spell("\n".join(forms)).split("\n")
        printed = spell("\n".join(words)).split("\n")
        limits = np.array([_reach(form) - less for form in forms])
        for start in range(0, len(forms), 500):
            report((less + start / len(forms)) / 2)
            distances = cdist(
                read[start : start + 500],
                printed,
                scorer=Levenshtein.distance,
                score_cutoff=3,
                dtype=np.uint8,
            )
            near = distances <= limits[start : start + 500, None]
            found.append(np.flatnonzero(near) + start * len(words))
    pairs = np.divmod(np.unique(np.concatenate(found)), len(words))
    return list(zip(pairs[0].tolist(), pairs[1].tolist(), strict=True))


def _reach(form: str) -> int:
    """Return the largest distance of a word from a form."""
    return 1 if len(form) < 4 else 2
