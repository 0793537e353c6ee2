"""Capitals: how words are usually written, and capitals where none should be."""

import numpy as np

from ocr_core.mining.selection import Selection
from ocr_core.mining.variants import SAME_SHAPE

MIN_SHARE = 0.2  # of the places of a word, from which a spelling of it is usual
CAPITALS = frozenset(SAME_SHAPE.upper())


def has_inner_capital(form: str) -> bool:
    """Return whether capitals after the first letter may be small letters."""
    inside = {letter for letter in form[1:] if letter.isupper()}
    small = sum(map(str.islower, form))
    return bool(inside) and inside <= CAPITALS and small > len(form) / 2


def usual_spellings(selection: Selection) -> tuple[list[str], list[str]]:
    """Return the most frequent spelling of each word, and how it is usually written.

    For the second, words in capitals do not count; it is "" for a word that is written
    with small letters in some places and not in others, at least `MIN_SHARE` each.
    """
    kept = selection.kept
    frequent, usual = list(selection.vocabulary), list(selection.vocabulary)
    pairs = selection.terms[kept].astype(np.int64) << 32 | selection.tokens.forms(kept)
    keys, counts = np.unique(pairs, return_counts=True)
    spellings: dict[int, dict[str, int]] = {}
    for key, count in zip(keys.tolist(), counts.tolist(), strict=True):
        spelled = selection.tokens.vocabulary[key & 0xFFFFFFFF]
        spellings.setdefault(key >> 32, {})[spelled] = count
    for word, found in spellings.items():
        frequent[word] = max(found, key=found.__getitem__)
        cased = {
            spelled: count
            for spelled, count in found.items()
            if len(spelled) == 1 or not spelled.isupper()
        }
        if cased:
            small = cased.get(usual[word], 0) / sum(cased.values())
            is_told = not MIN_SHARE <= small <= 1 - MIN_SHARE
            usual[word] = max(cased, key=cased.__getitem__) if is_told else ""
    return frequent, usual
