"""Capitals: how words are usually written, and capitals where none should be."""

from collections.abc import Iterable, Mapping

import numpy as np

from ocr_core.mining.selection import Selection
from ocr_core.mining.variants import SAME_SHAPE

MIN_SHARE = 0.2  # of the places of a word, from which a spelling of it is usual
CAPITALS = frozenset(SAME_SHAPE.upper())
# Odds that the case of a first letter was misread: of letters whose capital has another
# shape, of one that was misread as another letter, and of others before any is seen.
OTHER_ODDS, MISREAD_ODDS, SAME_SHAPE_ODDS = 0.002, 0.5, 0.02
UNSEEN = 50  # letters of the same shape as their capital that count as seen
AFTER_CAPITAL = 4.0  # odds of a capital after a word with one, by those elsewhere
SENTENCE_SHARE = 0.9  # of the first words of sentences have a capital, at least


def has_inner_capital(form: str) -> bool:
    """Return whether capitals after the first letter may be small letters."""
    inside = {letter for letter in form[1:] if letter.isupper()}
    small = sum(map(str.islower, form))
    return bool(inside) and inside <= CAPITALS and small > len(form) / 2


def in_capitals(form: str) -> bool:
    """Return whether a form is written in capitals, but for misread letters."""
    capitals = sum(map(str.isupper, form))
    return capitals > 1 and 2 * capitals >= sum(map(str.isalpha, form))


class Spellings:
    """How the words of a selection are written.

    Words are numbered as in the selection's vocabulary. `frequent` has the most
    frequent spelling of each, `usual` how it is usually written: words in capitals do
    not count there; it is "" for a word that is written with small letters in some
    places and not in others, at least `MIN_SHARE` each.
    """

    def __init__(self, selection: Selection) -> None:
        kept, vocabulary = selection.kept, selection.vocabulary
        self.frequent, self.usual = list(vocabulary), list(vocabulary)
        self.places = np.zeros((len(vocabulary), 2))  # with a small letter, a capital
        pairs = selection.terms[kept].astype(np.int64) << 32
        pairs |= selection.tokens.forms(kept)
        keys, counts = np.unique(pairs, return_counts=True)
        spellings: dict[int, dict[str, int]] = {}
        for key, count in zip(keys.tolist(), counts.tolist(), strict=True):
            spelled = selection.tokens.vocabulary[key & 0xFFFFFFFF]
            spellings.setdefault(key >> 32, {})[spelled] = count
        for word, found in spellings.items():
            self.frequent[word] = max(found, key=found.__getitem__)
            cased = {
                each: n
                for each, n in found.items()
                if len(each) == 1 or not in_capitals(each)
            }
            for spelled, count in cased.items():
                self.places[word, int(spelled[0].isupper())] += count
            if cased:
                small = cased.get(vocabulary[word], 0) / sum(cased.values())
                is_told = not MIN_SHARE <= small <= 1 - MIN_SHARE
                # Of equal ones one without a capital that may be misread.
                best = max(cased, key=lambda n: (cased[n], not has_inner_capital(n)))
                if has_inner_capital(best) and cased[best] == 1:
                    best = best[0] + best[1:].lower()
                self.usual[word] = best if is_told else ""
        self.same_shape_odds = _same_shape_odds(spellings.values())
        small, capital = self.places.sum(axis=0)
        self.capital_share = float((capital + 1) / (small + capital + 2))

    def add(self, words: list[str]) -> None:
        """Add words that the selection does not have."""
        self.frequent += words
        self.usual += words
        self.places = np.append(self.places, np.zeros((len(words), 2)), axis=0)

    def capital_chance(
        self, word: int, form: str, first: bool, after_capital: bool = False
    ) -> float:
        """Return the chance that a word that was read as a form has a first capital.

        It is told by how the word is written in other places, by the case as read, and
        by the place: at the start of a sentence, or after a word with a capital.
        """
        letter = form[0]
        odds = OTHER_ODDS
        if letter.lower() != self.frequent[word][0].lower():
            odds = MISREAD_ODDS
        elif letter.lower() in SAME_SHAPE:
            odds = self.same_shape_odds[letter.islower()]
        small, capital = self.places[word]
        share = (capital + self.capital_share) / (small + capital + 1)
        share = max(share, SENTENCE_SHARE) if first else share
        if after_capital:  # as in titles
            share = AFTER_CAPITAL * share / (1 + (AFTER_CAPITAL - 1) * share)
        read = 1 / odds if letter.isupper() else odds
        return float(share * read / (share * read + 1 - share))


def _same_shape_odds(spellings: Iterable[Mapping[str, int]]) -> tuple[float, float]:
    """Return the odds that a capital that was read is a small letter, and the reverse.

    They are told by letters whose capital has their shape: by capitals inside words in
    small letters, and by small letters in words in capitals.
    """
    wrong, seen = [0, 0], [0, 0]
    for found in spellings:
        for spelled, count in found.items():
            capitals = in_capitals(spelled)
            for letter in spelled if capitals else spelled[1:]:
                if letter.lower() in SAME_SHAPE:
                    seen[capitals] += count
                    wrong[capitals] += count * (letter.islower() == capitals)
    small, capital = (
        (wrong[n] + SAME_SHAPE_ODDS * UNSEEN) / (seen[n] + UNSEEN) for n in (0, 1)
    )
    return small, capital
