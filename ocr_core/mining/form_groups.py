"""Form groups: words of a corpus that are probably misreadings, to correct together.

Each form that may be wrong is compared with the words of the pages in its language. As
in a noisy channel (Kolak & Resnik 2002; Reynaert 2008), a word is likely to be what was
printed if it is frequent and if the changes between both are ones that engines make.
The words to the left and right of each occurrence, and its confidence, are further
evidence.
Forms of one word are a group, to be accepted or refused by a person.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ocr_core.mining.filter import Filter
from ocr_core.mining.lemmas import lexicons_of
from ocr_core.mining.selection import Selection, select
from ocr_core.mining.tokens import Tokens
from ocr_core.mining.variants import (
    CONFUSIONS,
    Confusions,
    alignment_costs,
    folded,
)
from ocr_core.mining.word_chances import token_chances
from ocr_core.text.quality import word_kind
from ocr_core.tokenizer import HAS_LETTER

MAX_FORMS = 4000  # compared in each language: the likeliest to be wrong
MAX_CANDIDATES = 12  # words that a form is aligned with: the most frequent ones near it
MAX_WORDS = 20_000  # that forms are compared with: the most frequent
MIN_DOUBT = 0.02  # expected misreadings of a form that is compared
PER_COST = 2.0  # powers of ten by which a change of cost 1 is rarer than none
KNOWN_BONUS = 2.0  # occurrences that being in a lexicon counts for
RARE = 3e-4  # weight of a word at which a neighbour of it is neither for nor against
MAX_CONTEXT = 20.0  # factor by which the words at the sides can change the odds
MIN_CHANCE = 0.5  # of being a misreading, at the occurrences that are listed
MIN_NAME_RATIO = 3  # of a word's count to that of a form that may be a name
CERTAIN = 100  # confidence of words that a person has set or confirmed
SHOWN = 5  # occurrences of a group that a person looks at
RIGHT_SHARE = 0.8  # of them, from which the forms that are not shown are accepted too


class FormOccurrence(NamedTuple):
    """One occurrence of a form: its word on the page, and its chance to be misread.

    `token` is its index in `Tokens`, `word_index` that of the word among those that
    the engine read. `chance` is from 0 to 1.
    """

    token: int
    doc_id: str
    page_num: int
    reading: int
    word_index: int
    form: str
    replacement: str
    conf: int
    chance: float


@dataclass(frozen=True)
class FormGroup:
    """Forms that are probably misreadings of one word.

    Parameters
    ----------
    word
        What they are misread from, as counted.
    language
        That of their pages.
    forms
        The forms in lower case, the most frequent first.
    occurrences
        The most doubtful one of each form first, then the others, each from the most
        doubtful on.
    """

    word: str
    language: str
    forms: tuple[str, ...]
    occurrences: tuple[FormOccurrence, ...]

    @property
    def expected(self) -> float:
        """The expected number of words put right if all occurrences are corrected."""
        return sum(occurrence.chance for occurrence in self.occurrences)

    @property
    def shown(self) -> tuple[FormOccurrence, ...]:
        """The occurrences to look at before the group is accepted.

        They are the most doubtful ones: if these are right, the others are likelier so.
        """
        return self.occurrences[:SHOWN]

    def accepted(self, right: Sequence[bool]) -> list[FormOccurrence]:
        """Return the occurrences to correct, by which of those shown are right.

        Of the forms shown, those with a right one; those not shown only if at least
        `RIGHT_SHARE` of the occurrences are right.
        """
        shown = dict(zip(self.shown, right, strict=True))
        known = {occurrence.form.lower(): False for occurrence in shown}
        for occurrence, yes in shown.items():
            known[occurrence.form.lower()] |= yes
        others = sum(right) >= RIGHT_SHARE * len(right)
        return [
            occurrence
            for occurrence in self.occurrences
            if shown.get(occurrence, known.get(occurrence.form.lower(), others))
        ]


def form_groups(
    tokens: Tokens,
    confusions: Confusions = CONFUSIONS,
    *,
    refused: Collection[tuple[str, str]] = (),
    wanted: Filter | None = None,
) -> list[FormGroup]:
    """Group the forms of a corpus that are probably misread, the most gain first.

    A form is compared with words of pages in the same language. Words that a person
    has set or confirmed, and tokens made of several words of a page, are in no group.
    A capitalised form that is in no lexicon may be a name: it is only compared with
    words at least `MIN_NAME_RATIO` times as frequent, which are capitalised too.

    Parameters
    ----------
    confusions
        Costs below 1: `CONFUSIONS`, or those from `variants.learn`.
    refused
        (form, word) in lower case: pairs that a person has refused.
    wanted
        Only occurrences that this filter keeps.
    """
    counted = (wanted or Filter()).model_copy(
        update={"heads": "keep", "misreadings": "keep", "words": "lower"}
    )
    whole = select(tokens, counted)
    groups = []
    for language in whole.languages:
        number = tokens.languages.index(language)
        part = whole.part(tokens.language_of_page == number)
        groups += _Corrector(part, language, confusions, refused).groups()
    return sorted(groups, key=lambda group: (-group.expected, group.word))


class _Corrector:
    """The forms and words of the pages in one language."""

    def __init__(
        self,
        selection: Selection,
        language: str,
        confusions: Confusions,
        refused: Collection[tuple[str, str]],
    ) -> None:
        self.selection, self.language = selection, language
        self.tokens, self.terms = selection.tokens, selection.terms
        self.counts, self.vocabulary = selection.counts, selection.vocabulary
        self.confusions, self.refused = confusions, set(refused)
        self.lexicons = lexicons_of([language])
        self.kept = selection.kept
        self.running = max(1, len(self.kept))
        self.context = _Neighbours(selection)
        self.cased = _usual_spellings(selection)
        self.spellings = frozenset(self.tokens.vocabulary)
        self.kinds = np.array([""] * len(self.vocabulary), object)
        for n in np.flatnonzero(self.counts).tolist():
            spelled = self.cased[n]
            self.kinds[n] = word_kind(spelled, self.lexicons)
        self.known = np.isin(self.kinds, ["known", "short"])
        # The chance of each occurrence to be right, by its confidence and kind of word.
        self.right = np.ones(len(self.terms))
        self.right[self.kept] = token_chances(
            self.tokens, self.kept, self.kinds[self.terms[self.kept]]
        )
        self.correctable = np.zeros(len(self.terms), bool)
        uncertain = self.tokens.confs(self.kept) < CERTAIN
        self.correctable[self.kept] = self.tokens.words(self.kept).single & uncertain

    def groups(self) -> list[FormGroup]:
        """Return the groups of the language."""
        found: dict[int, list[FormOccurrence]] = {}
        for form, word, occurrences in self._best_words():
            found.setdefault(word, []).extend(
                self._occurrences(form, word, occurrences)
            )
        groups = []
        for word, listed in found.items():
            counts = Counter(occurrence.form.lower() for occurrence in listed)
            forms = sorted(counts, key=lambda form: (-counts[form], form))
            groups.append(
                FormGroup(
                    self.vocabulary[word],
                    self.language,
                    tuple(forms),
                    tuple(_doubtful_first(listed)),
                )
            )
        return groups

    def _best_words(
        self,
    ) -> Iterator[tuple[int, int, list[tuple[int, float]]]]:
        """Yield forms, a word, and where it is likeliest, each with its chance."""
        at = self.kept[self.correctable[self.kept]]
        forms = self.terms[at]
        doubt = np.bincount(forms, 1 - self.right[at], len(self.vocabulary))
        ranked = np.argsort(-doubt, kind="stable")[:MAX_FORMS]
        suspicious = [n for n in ranked.tolist() if self._can_be_wrong(n, doubt[n])]
        order = np.argsort(forms, kind="stable")
        starts = np.searchsorted(forms[order], np.arange(len(self.vocabulary) + 1))
        for form, candidates in self._candidates(suspicious):
            occurrences = at[order[starts[form] : starts[form + 1]]]
            odds = np.array(
                [self._odds(form, word, cost, occurrences) for word, cost in candidates]
            )
            # All that may have been printed there share the chance, the form too.
            chances = odds / (1 + odds.sum(axis=0))
            best = chances.argmax(axis=0)
            for n, (word, _) in enumerate(candidates):
                listed = (best == n) & (chances[n] >= MIN_CHANCE)
                if listed.any():
                    pairs = zip(
                        occurrences[listed].tolist(),
                        chances[n, listed].tolist(),
                        strict=True,
                    )
                    yield form, word, list(pairs)

    def _can_be_wrong(self, form: int, doubt: float) -> bool:
        return doubt >= MIN_DOUBT and bool(HAS_LETTER.search(self.vocabulary[form]))

    def _candidates(
        self, forms: Sequence[int]
    ) -> Iterator[tuple[int, list[tuple[int, float]]]]:
        """Yield forms with the words that they may be misread from, and the costs."""
        ranked = np.argsort(-self.counts - KNOWN_BONUS * self.known, kind="stable")
        words = [
            n
            for n in ranked[:MAX_WORDS].tolist()
            if self.counts[n] and self.vocabulary[n].isalpha()
        ]
        near = _near(
            [self.vocabulary[n] for n in forms], [self.vocabulary[n] for n in words]
        )
        by_word: dict[int, list[int]] = {}
        candidates: Counter[int] = Counter()
        for row, column in near:  # the most frequent words of a form come first
            form, word = forms[row], words[column]
            if candidates[form] < MAX_CANDIDATES and self._can_stand_for(form, word):
                candidates[form] += 1
                by_word.setdefault(word, []).append(form)
        found: dict[int, list[tuple[int, float]]] = {}
        for word, some in by_word.items():
            printed = self.vocabulary[word]
            read = [self.vocabulary[n] for n in some]
            costs = alignment_costs(printed, read, self.confusions)
            for form, cost in zip(some, costs, strict=True):
                if cost <= 0.3 * len(printed):
                    found.setdefault(form, []).append((word, cost))
        yield from found.items()

    def _can_stand_for(self, form: int, word: int) -> bool:
        """Return whether a form may be a misreading of a word, by case and counts."""
        if form == word:
            return False
        if (self.vocabulary[form], self.vocabulary[word]) in self.refused:
            return False
        own, other = self.counts[form], self.counts[word]
        if self.known[form]:
            return bool(other > own)
        if self.kinds[form] == "name" or not self.known[word]:
            ratio = MIN_NAME_RATIO if own > 1 else 2
            return bool(other >= ratio * own)
        return True

    def _odds(
        self, form: int, word: int, cost: float, occurrences: np.ndarray
    ) -> np.ndarray:
        """Return the odds that a word, not the form, was printed at each occurrence."""
        right = self.right[occurrences]
        if not self.known[form]:
            right = np.full(len(occurrences), right.mean())
        others = right.sum() - right
        count = self.counts[word] + KNOWN_BONUS * self.known[word]
        weight = count / self.running * 10 ** (-PER_COST * cost)
        odds = (1 - right) / right / (1 + others) * weight / RARE
        found: np.ndarray = odds * self.context.factor(
            form, word, occurrences, self.counts
        )
        return found

    def _occurrences(
        self, form: int, word: int, occurrences: Sequence[tuple[int, float]]
    ) -> Iterator[FormOccurrence]:
        at = [token for token, _ in occurrences]
        indices, confs = self.tokens.words(at).first.tolist(), self.tokens.confs(at)
        for (token, chance), spelled, index, conf in zip(
            occurrences, self.tokens.spelled(at), indices, confs.tolist(), strict=True
        ):
            replacement = self._in_case(spelled, word)
            if not replacement or replacement == spelled:
                continue
            page = self.tokens.page(token)
            yield FormOccurrence(
                token,
                page.doc_id,
                page.page_num,
                page.reading,
                index,
                spelled,
                replacement,
                conf,
                chance,
            )

    def _in_case(self, form: str, word: int) -> str:
        """Return a word with the capitals of a form; "" if a name would become none."""
        small, usual = self.vocabulary[word], self.cased[word]
        capitals = sum(map(str.isupper, form))
        if capitals > 1 and 2 * capitals >= sum(map(str.isalpha, form)):
            return small.upper()
        if form[:1].isupper():
            title = small[:1].upper() + small[1:]
            is_name = word_kind(form, self.lexicons) == "name"
            return "" if is_name and title not in self.spellings else title
        return small if small in self.spellings else usual


class _Neighbours:
    """How often words stand beside each other."""

    def __init__(self, selection: Selection) -> None:
        kept = selection.kept
        terms = selection.terms[kept].astype(np.int64)
        size = len(selection.vocabulary) + 1
        beside = selection.segments[kept][1:] == selection.segments[kept][:-1]
        self.size = size
        self.left = np.full(len(selection.terms), size - 1, np.int64)
        self.right = np.full(len(selection.terms), size - 1, np.int64)
        self.left[kept[1:][beside]] = terms[:-1][beside]
        self.right[kept[:-1][beside]] = terms[1:][beside]
        self.pairs, self.counts = np.unique(
            (terms[:-1] * size + terms[1:])[beside], return_counts=True
        )
        self.running = max(1, len(kept))

    def count(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Return how often each pair of words stands side by side."""
        if not len(self.pairs):
            return np.zeros(len(left), int)
        keys = left * self.size + right
        at = np.minimum(np.searchsorted(self.pairs, keys), len(self.pairs) - 1)
        return np.where(self.pairs[at] == keys, self.counts[at], 0)

    def factor(
        self, form: int, word: int, occurrences: np.ndarray, counts: np.ndarray
    ) -> np.ndarray:
        """Return for each occurrence how much likelier its sides make word than form.

        What stands beside is compared with what would by chance. The occurrence itself
        does not count.
        """
        whole = np.append(counts, 0)
        found = np.ones(len(occurrences))
        for beside, turned in (
            (self.left[occurrences], False),
            (self.right[occurrences], True),
        ):
            for term, own, power in ((word, 0, 1.0), (form, 1, -1.0)):
                terms = np.full(len(occurrences), term, np.int64)
                pair = (terms, beside) if turned else (beside, terms)
                seen = np.maximum(self.count(*pair) - own, 0)
                chance = whole[term] * whole[beside] / self.running
                ratio = (seen + 1) / (chance + 1)
                found *= np.where(beside == self.size - 1, 1.0, ratio**power)
        clipped: np.ndarray = np.clip(found, 1 / MAX_CONTEXT, MAX_CONTEXT)
        return clipped


def _near(forms: Sequence[str], words: Sequence[str]) -> list[tuple[int, int]]:
    """Return the pairs of forms and words that are near each other in letters."""
    from rapidfuzz.distance import Levenshtein
    from rapidfuzz.process import cdist

    found: set[tuple[int, int]] = set()
    if not forms or not words:
        return []
    for spell, less in ((str, 0), (folded, 1)):
        read = spell("\n".join(forms)).split("\n")
        printed = spell("\n".join(words)).split("\n")
        limits = np.array([_reach(form) - less for form in forms])
        for start in range(0, len(forms), 500):
            distances = cdist(
                read[start : start + 500],
                printed,
                scorer=Levenshtein.distance,
                score_cutoff=3,
                dtype=np.uint8,
            )
            near = distances <= limits[start : start + 500, None]
            found |= {(start + int(a), int(b)) for a, b in np.argwhere(near)}
    return sorted(found)


def _reach(form: str) -> int:
    """Return the largest distance of a word from a form."""
    return 1 if len(form) < 4 else 2


def _usual_spellings(selection: Selection) -> list[str]:
    """Return the most frequent spelling of each word of the vocabulary."""
    kept = selection.kept
    found = list(selection.vocabulary)
    pairs = selection.terms[kept].astype(np.int64) << 32 | selection.tokens.forms(kept)
    keys, counts = np.unique(pairs, return_counts=True)
    order = np.argsort(counts, kind="stable")
    for key in keys[order].tolist():  # the most frequent is written last
        found[key >> 32] = selection.tokens.vocabulary[key & 0xFFFFFFFF]
    return found


def _doubtful_first(occurrences: Sequence[FormOccurrence]) -> list[FormOccurrence]:
    """Return the most doubtful one of each form, then the others, each in order."""
    order = sorted(occurrences, key=lambda occurrence: occurrence.chance)
    first: dict[str, FormOccurrence] = {}
    for occurrence in order:
        first.setdefault(occurrence.form.lower(), occurrence)
    chosen = {occurrence.token for occurrence in first.values()}
    return [*first.values(), *(each for each in order if each.token not in chosen)]
