"""Misreadings: the words of a corpus that are probably misread, and what was printed.

Each form that may be wrong is compared with the words of the pages in its language. As
in a noisy channel (Kolak & Resnik 2002; Reynaert 2008), a word is likely to be what was
printed if it is frequent and if the changes between both are ones that engines make.
The words to the left and right of each occurrence, and its confidence, are further
evidence.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from ocr_core.mining.capitals import Spellings, has_inner_capital, in_capitals
from ocr_core.mining.filter import Filter
from ocr_core.mining.foreign_letters import foreign_letters
from ocr_core.mining.lemmas import lexicons_of
from ocr_core.mining.lexicon_words import MIN_LETTERS, one_confusion_away, words_listed
from ocr_core.mining.near_words import near_words
from ocr_core.mining.neighbours import MAX_CONTEXT, Neighbours
from ocr_core.mining.progress import ReportProgress, no_report
from ocr_core.mining.selection import Selection, select
from ocr_core.mining.tokens import Tokens
from ocr_core.mining.variants import (
    CONFUSIONS,
    Aligner,
    Alignment,
    Change,
    Confusions,
)
from ocr_core.mining.word_chances import token_chances
from ocr_core.text.quality import word_kind
from ocr_core.tokenizer import HAS_LETTER, unaccented

MAX_FORMS = 4000  # compared in each language: the likeliest to be wrong
MAX_CANDIDATES = 12  # words that a form is aligned with: the most frequent ones near it
MAX_WORDS = 20_000  # that forms are compared with: the most frequent
MIN_DOUBT = 0.02  # expected misreadings of a form that is compared
PER_COST = 1.5  # powers of ten by which a change of cost 1 is rarer than none
PER_FURTHER = 0.7  # the same for each further change
KNOWN_BONUS = 2.0  # occurrences that being in a lexicon counts for
LEXICON_COUNT = 0.5  # occurrences that a word of a lexicon counts for if it has none
RARE = 1e-4  # weight of a word at which a neighbour of it is neither for nor against
# The longer a form that no lexicon knows, the rarer is such a neighbour by chance.
RARER_FROM, PER_LETTER, MAX_LETTERS = 3, 0.25, 12  # letters; powers of ten; letters
FOREIGN_RARER = 20.0  # by which words that differ in foreign accents only are rarer
RECURRING = 3  # places of a form that a word with such an accent may have
# What stands for accents, in confusions, that the language does not have.
FOREIGN_ACCENT: Change = ("◌", "◌́")
# A small letter read as a capital inside a word, and how much likelier that is than a
# word that is written so.
INNER_CAPITAL: Change = ("aa", "aA")
INNER_CAPITAL_ODDS = 50.0
# Weight of all words that a form is not compared with: that of a word in this many
# places, misread without cost.
OTHER_WORDS = 0.015
SAME = Alignment(0.0, ())  # of a word that is read with other capitals only
NEGLIGIBLE = 0.01  # odds that are not worth the context
MIN_CHANCE = 0.7  # of being a misreading, at the occurrences that are listed
MIN_WORD_CHANCE = 0.85  # the same, of a form that is a word itself
MAX_COST_PER_LETTER = 0.3  # of a word that is listed; costlier ones only compete
MIN_NAME_RATIO = 3  # of a word's count to that of a form that may be a name
MIN_ACCENT_RATIO = 4  # the same for a form that recurs and differs in accents only
STEPS = 10  # reported in each language
CERTAIN = 100  # confidence of words that a person has set or confirmed


class FormOccurrence(NamedTuple):
    """One occurrence of a form: its word on the page, and its chance to be misread.

    `token` is its index in `Tokens`, `word_index` that of the word among those that
    the engine read. `chance` is from 0 to 1. `word` is what was probably printed, as
    counted, `language` that of the page, `changes` the confusions between both.
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
    word: str
    language: str
    changes: tuple[Change, ...]

    @property
    def pair(self) -> tuple[str, str]:
        """The form in lower case, and the word; capitals stay if they alone differ."""
        small = self.form.lower()
        return (self.form if small == self.word else small), self.word


def misreadings(
    tokens: Tokens,
    confusions: Confusions = CONFUSIONS,
    *,
    refused: Collection[tuple[str, str]] = (),
    wanted: Filter | None = None,
    progress: ReportProgress = no_report,
) -> list[FormOccurrence]:
    """Return the occurrences of forms that are probably misread.

    A form is compared with words of pages in the same language. Words that a person
    has set or confirmed, and tokens made of several words of a page, are not returned.
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
    progress
        Called after each step of each language.
    """
    counted = (wanted or Filter()).model_copy(
        update={"heads": "keep", "misreadings": "keep", "words": "lower"}
    )
    whole = select(tokens, counted)
    found: list[FormOccurrence] = []
    total = STEPS * len(whole.languages)
    for n, language in enumerate(whole.languages):
        progress(STEPS * n, total)
        number = tokens.languages.index(language)
        part = whole.part(tokens.language_of_page == number)
        corrector = _Corrector(part, language, confusions, refused)
        corrector.report = partial(_report_step, progress, STEPS * n, total)
        found += corrector.occurrences()
    return found


def _report_step(progress: ReportProgress, before: int, total: int, step: int) -> None:
    progress(before + step, total)


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
        self.report: Callable[[int], None] = lambda step: None  # up to `STEPS`
        self.tokens, self.terms = selection.tokens, selection.terms
        self.counts, self.vocabulary = selection.counts, list(selection.vocabulary)
        self.confusions, self.refused = confusions, set(refused)
        self.lexicons = lexicons_of([language])
        self.kept = selection.kept
        self.running = max(1, len(self.kept))
        self.context = Neighbours(selection)
        self.spelled = Spellings(selection)
        self.spellings = frozenset(self.tokens.vocabulary)
        self.kinds = np.array([""] * len(self.vocabulary), object)
        for n in np.flatnonzero(self.counts).tolist():
            self.kinds[n] = word_kind(self.spelled.frequent[n], self.lexicons)
        self.known = np.isin(self.kinds, ["known", "short"])
        for n in np.flatnonzero(self.kinds == "odd").tolist():
            kind = word_kind(self.vocabulary[n], self.lexicons)
            self.known[n] = kind in ("known", "short")  # as "wOrd"
        self.foreign = foreign_letters(self.vocabulary, self.counts, self.known)
        # The chance of each occurrence to be right, by its confidence and kind of word.
        self.right = np.ones(len(self.terms))
        self.right[self.kept] = token_chances(
            self.tokens, self.kept, self.kinds[self.terms[self.kept]]
        )
        self.correctable = np.zeros(len(self.terms), bool)
        # A word counts as often as it is expected to have been read right.
        self.sure_counts = np.bincount(
            self.terms[self.kept], self.right[self.kept], len(self.vocabulary)
        )
        uncertain = self.tokens.confs(self.kept) < CERTAIN
        self.correctable[self.kept] = self.tokens.words(self.kept).single & uncertain

    def occurrences(self) -> list[FormOccurrence]:
        """Return the occurrences of the language that are probably misread."""
        return [
            occurrence
            for form, word, changes, found in self._best_words()
            for occurrence in self._listed(word, changes, found)
        ] + list(self._inner_capitals())

    def _best_words(
        self,
    ) -> Iterator[tuple[int, int, tuple[Change, ...], list[tuple[int, float]]]]:
        """Yield forms, a word, the changes, and where it is likeliest, with chances."""
        at = self.kept[self.correctable[self.kept]]
        forms = self.terms[at]
        doubt = np.bincount(forms, 1 - self.right[at], len(self.vocabulary))
        ranked = np.argsort(-doubt, kind="stable")[:MAX_FORMS]
        suspicious = [n for n in ranked.tolist() if self._can_be_wrong(n, doubt[n])]
        order = np.argsort(forms, kind="stable")
        starts = np.searchsorted(forms[order], np.arange(len(self.vocabulary) + 1))
        for form, candidates in self._candidates(suspicious):
            occurrences = at[order[starts[form] : starts[form + 1]]]
            odds = self._odds(form, candidates, occurrences)
            # All that may have been printed there share the chance: the form, the
            # words it is compared with, and others.
            others = self._wrong(form, occurrences) * self._others(form)
            chances = odds / (1 + odds.sum(axis=0) + others)
            best = chances.argmax(axis=0)
            least = MIN_WORD_CHANCE if self.known[form] else MIN_CHANCE
            for n, (word, (cost, changes)) in enumerate(candidates):
                listed = (best == n) & (chances[n] >= least)
                near = cost <= MAX_COST_PER_LETTER * len(self.vocabulary[word])
                if near and listed.any():
                    pairs = zip(
                        occurrences[listed].tolist(),
                        chances[n, listed].tolist(),
                        strict=True,
                    )
                    yield form, word, changes, list(pairs)

    def _can_be_wrong(self, form: int, doubt: float) -> bool:
        text = self.vocabulary[form]
        if self.known[form] and has_inner_capital(self.spelled.frequent[form]):
            return False  # only its capital is
        letters = len(HAS_LETTER.findall(text))
        # With as many digits as letters it may be a number, as 1o.
        return doubt >= MIN_DOUBT and 2 * letters > len(text)

    def _candidates(
        self, forms: Sequence[int]
    ) -> Iterator[tuple[int, list[tuple[int, Alignment]]]]:
        """Yield forms with the words that they may be misread from, aligned."""
        ranked = np.argsort(-self.counts - KNOWN_BONUS * self.known, kind="stable")
        words = [
            n
            for n in ranked[:MAX_WORDS].tolist()
            if self.counts[n] and self.vocabulary[n].isalpha()
        ]
        self.report(2)
        near = near_words(
            [self.vocabulary[n] for n in forms],
            [self.vocabulary[n] for n in words],
            lambda share: self.report(2 + int(5 * share)),
        )
        by_word: dict[int, list[int]] = {}
        candidates: Counter[int] = Counter()
        for row, column in near:  # the most frequent words of a form come first
            form, word = forms[row], words[column]
            if candidates[form] < MAX_CANDIDATES and self._can_stand_for(form, word):
                candidates[form] += 1
                by_word.setdefault(word, []).append(form)
        for form, word in self._lexicon_words(forms):
            if self._can_stand_for(form, word):
                by_word.setdefault(word, []).append(form)
        words_of: dict[int, list[int]] = {}
        for word, some in by_word.items():
            for form in some:
                words_of.setdefault(form, []).append(word)
        aligner = Aligner(self.confusions)
        for n, (form, some) in enumerate(words_of.items()):
            self.report(7 + 2 * n // len(words_of))
            printed = [self.vocabulary[word] for word in some]
            found = aligner.aligned(printed, self.vocabulary[form])
            yield form, list(zip(some, found, strict=True))

    def _lexicon_words(self, forms: Sequence[int]) -> list[tuple[int, int]]:
        """Return forms with the words that only a lexicon has, one confusion away."""
        unknown = [n for n in forms if not self.known[n]]
        added: dict[str, int] = {}
        found = []
        for form, word in one_confusion_away(
            [self.vocabulary[n] for n in unknown], self.lexicons, self.confusions
        ):
            number = self.selection.ids.get(word)
            if number is None:
                number = added.setdefault(word, len(self.vocabulary) + len(added))
            if number >= len(self.counts) or not self.counts[number]:
                found.append((unknown[form], number))
        self.vocabulary += added
        self.spelled.add(list(added))
        self.counts = np.append(self.counts, np.zeros(len(added), int))
        self.kinds = np.append(self.kinds, np.full(len(added), "", object))
        self.known = np.append(self.known, np.zeros(len(added), bool))
        listed = [number for _, number in found]
        self.kinds[listed], self.known[listed] = "known", True
        return found

    def _can_stand_for(self, form: int, word: int) -> bool:
        """Return whether a form may be a misreading of a word, by case and counts."""
        if form == word:
            return False
        if (self.vocabulary[form], self.vocabulary[word]) in self.refused:
            return False
        if not self.known[word] and self._has_foreign(word):
            return False  # a misreading itself
        own, other = self.counts[form], self.counts[word]
        recurs = own >= RECURRING and MIN_ACCENT_RATIO * own > other
        if recurs and self._only_accents(form, word):
            return False  # as "où" and "ou"
        if self.known[form]:
            return bool(other > own)
        if self.kinds[form] == "name" or not self.known[word]:
            ratio = MIN_NAME_RATIO if own > 1 else 2
            return bool(other >= ratio * own)
        return True

    def _odds(
        self,
        form: int,
        candidates: Sequence[tuple[int, Alignment]],
        occurrences: np.ndarray,
    ) -> np.ndarray:
        """Return a (C, O) array: odds that a word, not the form, was printed there."""
        wrong = self._wrong(form, occurrences)
        odds = np.array(
            [
                wrong * self._weight(word, aligned) / self._rarity(form, word)
                for word, aligned in candidates
            ]
        )
        worth = odds.max(axis=1) * MAX_CONTEXT >= NEGLIGIBLE
        if worth.any():
            words = np.array([word for word, _ in candidates])[worth]
            odds[worth] *= self.context.factors(form, words, occurrences, self.counts)
        return odds

    def _wrong(self, form: int, occurrences: np.ndarray) -> np.ndarray:
        """Return the odds that a form was misread, by its confidence and its places."""
        right = self.right[occurrences]
        if not self.known[form]:
            right = np.full(len(occurrences), right.mean())
        others = right.sum() - right
        wrong: np.ndarray = (1 - right) / right / (1 + others)
        return wrong

    def _others(self, form: int) -> float:
        """Return the weight of words that a form is not compared with."""
        least = RARE
        if not self.known[form]:
            least = _by_chance(len(self.vocabulary[form]))
            if self._has_foreign(form) and self.counts[form] < RECURRING:
                least /= FOREIGN_RARER
        return OTHER_WORDS / self.running / least

    def _weight(self, word: int, aligned: Alignment) -> float:
        """Return how often a word is expected to be misread by some changes."""
        count = LEXICON_COUNT
        if self.counts[word]:
            count = self.sure_counts[word] + KNOWN_BONUS * self.known[word]
        further = sum(a != b for a, b in aligned.changes) - 1
        rarer = PER_COST * aligned.cost + PER_FURTHER * max(0, further)
        return float(count / self.running * 10**-rarer)

    def _rarity(self, form: int, word: int) -> float:
        """Return the weight at which a word near a form is neither for nor against."""
        if self.known[form]:
            return RARE
        if self._only_accents(form, word) and not self._has_foreign(form):
            return RARE  # old spellings differ so, as "pélerinage"
        found = _by_chance(len(self.vocabulary[word]))
        recurs = self.counts[form] >= RECURRING
        foreign = self._has_foreign(form) and not recurs
        return found / FOREIGN_RARER if foreign else found

    def _has_foreign(self, form: int) -> bool:
        return not self.foreign.isdisjoint(self.vocabulary[form])

    def _only_accents(self, form: int, word: int) -> bool:
        return unaccented(self.vocabulary[form]) == unaccented(self.vocabulary[word])

    def _is_foreign(self, printed: str, read: str) -> bool:
        return read in self.foreign and unaccented(printed) == unaccented(read)

    def _listed(
        self,
        word: int,
        changes: Sequence[Change],
        occurrences: Sequence[tuple[int, float]],
    ) -> Iterator[FormOccurrence]:
        confusions = tuple(
            FOREIGN_ACCENT if self._is_foreign(*each) else each
            for each in changes
            if each[0] != each[1]
        )
        at = [token for token, _ in occurrences]
        places = zip(
            self.tokens.words(at).starts_sentence.tolist(),
            self._after_capital(at),
            strict=True,
        )
        indices, confs = self.tokens.words(at).first.tolist(), self.tokens.confs(at)
        for (token, chance), spelled, index, conf, position in zip(
            occurrences,
            self.tokens.spelled(at),
            indices,
            confs.tolist(),
            places,
            strict=True,
        ):
            replacement, share = self._in_case(spelled, word, *position)
            if chance * share < MIN_CHANCE or replacement == spelled:
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
                chance * share,
                self.vocabulary[word],
                self.language,
                confusions,
            )

    def _inner_capitals(self) -> Iterator[FormOccurrence]:
        """Yield the places of known words with a capital inside that has their shape.

        A spelling that a third of the word's places have is its own.
        """
        at = self.kept[self.correctable[self.kept]]
        spellings, places = np.unique(self.tokens.forms(at), return_inverse=True)
        numbers = self.tokens.vocabulary
        for n, number in enumerate(spellings.tolist()):
            if not has_inner_capital(numbers[number]):
                continue
            own = at[places == n]
            word = int(self.terms[own[0]])
            small = self.vocabulary[word]
            rare = self.counts[word] >= MIN_NAME_RATIO * len(own)
            long = len(small) >= MIN_LETTERS
            is_word = rare or (long and words_listed([small], self.lexicons))
            if not is_word or (small, small) in self.refused:
                continue
            odds = INNER_CAPITAL_ODDS * (1 / self.right[own] - 1)
            weight = self._weight(word, SAME)
            chances = odds / (1 + odds) * weight / (weight + OTHER_WORDS / self.running)
            likely = chances >= MIN_CHANCE
            pairs = zip(own[likely].tolist(), chances[likely].tolist(), strict=True)
            yield from self._listed(word, [INNER_CAPITAL], list(pairs))

    def _always_capital(self, word: str) -> bool:
        """Return whether a lexicon has a word with a capital only, as German nouns."""
        title = word[:1].upper() + word[1:]
        return words_listed([word, title], self.lexicons) == {title}

    def _after_capital(self, at: Sequence[int]) -> list[bool]:
        """Return whether the word before each place begins with a capital."""
        before = self.kept[np.searchsorted(self.kept, at) - 1]
        beside = self.context.left[at] < self.context.size - 1
        spelled = self.tokens.spelled(before)
        return [
            bool(yes) and each[:1].isupper()
            for yes, each in zip(beside, spelled, strict=True)
        ]

    def _in_case(
        self, form: str, word: int, first: bool, after_capital: bool
    ) -> tuple[str, float]:
        """Return a word with the capitals it probably has, and their chance."""
        small = self.vocabulary[word]
        if in_capitals(form):
            return small.upper(), 1.0
        # As "Oxford" of "oXford"
        capital = self.spelled.capital_chance(word, form, first, after_capital)
        if self._always_capital(small):
            capital = 1.0
        if capital < 0.5:
            return small, 1 - capital
        usual = self.spelled.usual[word]
        title = small[0].upper() + (usual or small)[1:]
        is_name = word_kind(form, self.lexicons) == "name"
        return title, 0.0 if is_name and title not in self.spellings else capital


def _by_chance(letters: int) -> float:
    """Return how frequent a word of some letters is that is near a form by chance."""
    return float(RARE / 10 ** (PER_LETTER * (min(letters, MAX_LETTERS) - RARER_FROM)))
