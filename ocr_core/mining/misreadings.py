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

from ocr_core.mining.filter import Filter
from ocr_core.mining.lemmas import lexicons_of
from ocr_core.mining.lexicon_words import one_confusion_away, words_listed
from ocr_core.mining.progress import ReportProgress, no_report
from ocr_core.mining.selection import Selection, select
from ocr_core.mining.tokens import Tokens
from ocr_core.mining.variants import (
    CONFUSIONS,
    SAME_SHAPE,
    Aligner,
    Alignment,
    Change,
    Confusions,
    folded,
)
from ocr_core.mining.word_chances import token_chances
from ocr_core.text.quality import word_kind
from ocr_core.tokenizer import HAS_LETTER

MAX_FORMS = 4000  # compared in each language: the likeliest to be wrong
MAX_CANDIDATES = 12  # words that a form is aligned with: the most frequent ones near it
MAX_WORDS = 20_000  # that forms are compared with: the most frequent
MIN_DOUBT = 0.02  # expected misreadings of a form that is compared
PER_COST = 1.5  # powers of ten by which a change of cost 1 is rarer than none
KNOWN_BONUS = 2.0  # occurrences that being in a lexicon counts for
LEXICON_COUNT = 0.5  # occurrences that a word of a lexicon counts for if it has none
RARE = 1e-4  # weight of a word at which a neighbour of it is neither for nor against
# The longer a form that no lexicon knows, the rarer is such a neighbour by chance.
RARER_FROM, PER_LETTER, MAX_LETTERS = 3, 0.25, 12  # letters; powers of ten; letters
NEGLIGIBLE = 0.01  # odds that are not worth the context
MAX_CONTEXT = 20.0  # factor by which the words at the sides can change the odds
MIN_CHANCE = 0.6  # of being a misreading, at the occurrences that are listed
MIN_WORD_CHANCE = 0.85  # the same, of a form that is a word itself
MAX_COST_PER_LETTER = 0.3  # of a word that is listed; costlier ones only compete
MIN_CAPITALS = 3  # of a word: fewer do not show that it is always written with one
MIN_SHARE = 0.2  # of the places of a word, from which a spelling of it is usual
MIN_NAME_RATIO = 3  # of a word's count to that of a form that may be a name
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
        """The form in lower case, and the word."""
        return self.form.lower(), self.word


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
        self.context = _Neighbours(selection)
        frequent, self.cased = _usual_spellings(selection)
        self.spellings = frozenset(self.tokens.vocabulary)
        self.kinds = np.array([""] * len(self.vocabulary), object)
        for n in np.flatnonzero(self.counts).tolist():
            self.kinds[n] = word_kind(frequent[n], self.lexicons)
        self.known = np.isin(self.kinds, ["known", "short"])
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
        ]

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
            # All that may have been printed there share the chance, the form too.
            chances = odds / (1 + odds.sum(axis=0))
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
        return doubt >= MIN_DOUBT and bool(HAS_LETTER.search(self.vocabulary[form]))

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
        near = _near(
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
        self.cased += added
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
        own, other = self.counts[form], self.counts[word]
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
        right = self.right[occurrences]
        if not self.known[form]:
            right = np.full(len(occurrences), right.mean())
        others = right.sum() - right
        wrong = (1 - right) / right / (1 + others)
        odds = np.array(
            [
                wrong * self._weight(word, cost) / self._rarity(form, word)
                for word, (cost, _) in candidates
            ]
        )
        worth = odds.max(axis=1) * MAX_CONTEXT >= NEGLIGIBLE
        if worth.any():
            words = np.array([word for word, _ in candidates])[worth]
            odds[worth] *= self.context.factors(form, words, occurrences, self.counts)
        return odds

    def _weight(self, word: int, cost: float) -> float:
        """Return how often a word is expected to be misread by changes of a cost."""
        count = LEXICON_COUNT
        if self.counts[word]:
            count = self.sure_counts[word] + KNOWN_BONUS * self.known[word]
        return float(count / self.running * 10 ** (-PER_COST * cost))

    def _rarity(self, form: int, word: int) -> float:
        """Return the weight at which a word near a form is neither for nor against."""
        if self.known[form]:
            return RARE
        letters = min(len(self.vocabulary[word]), MAX_LETTERS)
        return float(RARE / 10 ** (PER_LETTER * (letters - RARER_FROM)))

    def _listed(
        self,
        word: int,
        changes: Sequence[Change],
        occurrences: Sequence[tuple[int, float]],
    ) -> Iterator[FormOccurrence]:
        confusions = tuple(each for each in changes if each[0] != each[1])
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
                self.vocabulary[word],
                self.language,
                confusions,
            )

    def _in_case(self, form: str, word: int) -> str:
        """Return a word with the capitals of a form; "" if they cannot be told."""
        small, usual = self.vocabulary[word], self.cased[word]
        capitals = sum(map(str.isupper, form))
        if capitals > 1 and 2 * capitals >= sum(map(str.isalpha, form)):
            return small.upper()
        if form[:1].isupper():
            title = small[:1].upper() + (usual or small)[1:]
            is_name = word_kind(form, self.lexicons) == "name"
            return "" if is_name and title not in self.spellings else title
        same = form[:1] == small[:1]
        # One or two capitals may be those of headings and sentences.
        is_seen = same and small[0] not in SAME_SHAPE
        if is_seen or self.counts[word] < MIN_CAPITALS:
            if small in self.spellings or words_listed([small], self.lexicons):
                return small
            return usual or small
        return usual or (small if same else "")


class _Neighbours:
    """How often words stand beside each other."""

    def __init__(self, selection: Selection) -> None:
        kept = selection.kept
        terms = selection.terms[kept].astype(np.int64)
        size = len(selection.vocabulary) + 1
        segments = selection.segments_at(kept)
        beside = segments[1:] == segments[:-1]
        self.size = size
        self.left = np.full(len(selection.terms), size - 1, np.int64)
        self.right = np.full(len(selection.terms), size - 1, np.int64)
        self.left[kept[1:][beside]] = terms[:-1][beside]
        self.right[kept[:-1][beside]] = terms[1:][beside]
        self.pairs, self.counts = np.unique(
            (terms[:-1] * size + terms[1:])[beside], return_counts=True
        )
        self.running = max(1, len(kept))
        self.occurring = np.append(selection.counts, 0)

    def count(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Return how often each pair of words stands side by side."""
        keys = left * self.size + right
        if not len(self.pairs):
            return np.zeros(keys.shape, int)
        at = np.minimum(np.searchsorted(self.pairs, keys), len(self.pairs) - 1)
        return np.where(self.pairs[at] == keys, self.counts[at], 0)

    def factors(
        self, form: int, words: np.ndarray, occurrences: np.ndarray, counts: np.ndarray
    ) -> np.ndarray:
        """Return a (W, O) array: how much likelier the sides make words than the form.

        What stands beside is compared with what would by chance. The occurrence itself
        does not count.
        """
        found = np.ones((len(words), len(occurrences)))
        terms = np.array([*words, form])[:, None]
        unseen = counts[words] == 0
        for beside, turned in (
            (self.left[occurrences], False),
            (self.right[occurrences], True),
        ):
            pair = (terms, beside) if turned else (beside, terms)
            seen = self.count(*pair)
            seen[-1] = np.maximum(seen[-1] - 1, 0)
            ratios = (seen + 1) / (
                counts[terms] * self.occurring[beside] / self.running + 1
            )
            ratios[:, beside == self.size - 1] = 1.0
            ratios[:-1][unseen] = 1.0
            found *= ratios[:-1]
            if counts[form]:
                found *= ratios[-1] ** -1.0
        clipped: np.ndarray = np.clip(found, 1 / MAX_CONTEXT, MAX_CONTEXT)
        return clipped


def _near(
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


def _usual_spellings(selection: Selection) -> tuple[list[str], list[str]]:
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
