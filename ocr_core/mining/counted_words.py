"""Counted words: the words as which the forms of a corpus count under a filter."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ocr_core.mining.filter import Filter
from ocr_core.mining.lemmas import lemma, lemmas, lexicons_of
from ocr_core.mining.stop_words import as_listed, stop_words
from ocr_core.mining.tokens import Tokens
from ocr_core.mining.vocabulary import Vocabulary, all_lowered, numbered
from ocr_core.tokenizer import TURKIC, lowered

FEW_WORDS = 20  # that are looked for in a vocabulary one by one


@dataclass(frozen=True, eq=False)
class CountedWords:
    """The words as which forms count, numbered in order of their first form.

    Parameters
    ----------
    table
        int32, (V,), or (languages, V) if they depend on the page's language: the number
        of each form's word; -1 if it is left out.
    vocabulary
        The words.
    base
        Others with the same vocabulary.
    """

    table: np.ndarray
    vocabulary: Sequence[str]
    base: "CountedWords | None" = None
    _looked_for: dict[str, int] = field(default_factory=dict, repr=False)

    def number(self, word: str) -> int:
        """Return the number of a word, or -1 where there is no such word.

        The first words are looked for in the vocabulary, as `ids` takes long to make.
        """
        if self.base:
            return self.base.number(word)
        if "ids" in self.__dict__ or len(self._looked_for) >= FEW_WORDS:
            return self.ids.get(word, -1)
        if word not in self._looked_for:
            try:
                self._looked_for[word] = self.vocabulary.index(word)
            except ValueError:
                self._looked_for[word] = -1
        return self._looked_for[word]

    @cached_property
    def ids(self) -> Mapping[str, int]:
        """The number of each word."""
        if self.base:
            return self.base.ids
        return dict(zip(self.vocabulary, range(len(self.vocabulary)), strict=True))

    @cached_property
    def repeated(self) -> np.ndarray:
        """(words,) bool: whether several forms count as a word in any language."""
        found = np.zeros(len(self.vocabulary) + 1, bool)  # the first is for -1
        for row in np.atleast_2d(self.table):
            found |= np.bincount(row + 1, minlength=len(found)) > 1
        return found[1:]


def counted_words(tokens: Tokens, wanted: Filter, chosen: np.ndarray) -> CountedWords:
    """Return the words that a filter counts; the same object for the same words."""
    misread = confirmed(tokens, wanted)
    numbers = np.unique(tokens.language_of_page[chosen]).tolist()
    key = (
        tuple(tokens.languages),
        tuple(numbers) if wanted.words == "lemma" else (),
        (wanted.words, wanted.sharp_s, frozenset(misread.items())),
    )
    dropped = (wanted.numbers, wanted.symbols, wanted.min_length, wanted.stop_words)
    once = tokens.vocabulary.once
    if wanted.words == "lemma":
        return once(
            (*key, dropped, _own_lists(tokens)),
            lambda: _counted_lemmas(tokens, wanted, numbers, misread),
        )
    every = once(key, lambda: _folded(tokens, wanted, misread))

    def counted() -> CountedWords:
        out = _left_out(tokens, np.arange(len(tokens.vocabulary)), wanted)
        if wanted.stop_words == "drop":
            out = out | _stop_forms(tokens, misread)
        if not out.any():
            return every
        table = np.where(out, np.int32(-1), every.table)
        return CountedWords(table, every.vocabulary, every)

    return once((*key, dropped, _own_lists(tokens)), counted)


def _own_lists(tokens: Tokens) -> Hashable:
    return frozenset(tokens.stop_lists.items())


def _counted_lemmas(
    tokens: Tokens, wanted: Filter, numbers: Sequence[int], misread: Mapping[str, str]
) -> CountedWords:
    """Return the lemmas of the forms on pages of some of the languages."""
    ids: dict[str, int] = {}
    table = np.full((len(tokens.languages), len(tokens.vocabulary)), -1, np.int32)
    for n in numbers:
        language = tokens.languages[n]
        forms, words, lemma_of = lemmas(tokens, language)
        out = _left_out(tokens, forms, wanted)
        if wanted.stop_words == "drop":
            stops = stop_words(language, tokens.stop_lists)
            right = (right_form(word, misread) for word in words)
            small = (as_listed(word, language) for word in right)
            out |= np.array([word in stops for word in small], bool)
        if misread:
            lemma_of = [
                _lemma_in(misread[word.lower()], language)
                if word.lower() in misread
                else listed
                for word, listed in zip(words, lemma_of, strict=True)
            ]
        if wanted.sharp_s == "fold":
            lemma_of = [lemma.replace("ß", "ss") for lemma in lemma_of]
        kept = np.flatnonzero(~out)
        table[n, forms[kept]] = _numbered([lemma_of[each] for each in kept], ids)
    return CountedWords(table, list(ids))


def _lemma_in(form: str, language: str) -> str:
    """Return the lemma of a form; without a lexicon, the form in lower case."""
    lexicons = lexicons_of([language])
    return lemma(form, lexicons) if lexicons else lowered(form, language)


def _folded(tokens: Tokens, wanted: Filter, misread: Mapping[str, str]) -> CountedWords:
    """Return the words as which all forms count, unless lemmas are counted.

    One row suffices if lower case is the same in all the languages.
    """
    languages = tokens.languages
    turkic = [code for code in languages if code.partition("+")[0] in TURKIC]
    some = languages if turkic and len(turkic) < len(languages) else languages[:1]
    if len(some) < 2 and not misread:
        return _renumbered(tokens.vocabulary, wanted, (some or [""])[0])
    forms = [right_form(form, misread) for form in tokens.vocabulary]
    ids: dict[str, int] = {}
    rows = [
        _numbered([counted_form(form, wanted, code) for form in forms], ids)
        for code in some or [""]
    ]
    return CountedWords(np.stack(rows) if len(rows) > 1 else rows[0], list(ids))


def _renumbered(vocabulary: Vocabulary, wanted: Filter, language: str) -> CountedWords:
    """Return the words as which forms count, from the numbers of these words."""
    table = _all_numbers(vocabulary, wanted, language)
    firsts = np.empty(int(table.max(initial=-1)) + 1, np.int64)
    firsts[table[::-1]] = np.arange(len(table))[::-1]  # the first form of a word wins
    spelled = vocabulary.spelled
    first_forms = [spelled[form] for form in firsts.tolist()]
    if wanted.words == "lower" and wanted.sharp_s == "keep":
        words = all_lowered(first_forms, language)
    else:
        words = [counted_form(form, wanted, language) for form in first_forms]
    # An equal string is not kept twice.
    return CountedWords(
        table,
        [
            form if form == word else word
            for form, word in zip(first_forms, words, strict=True)
        ],
    )


def _all_numbers(vocabulary: Vocabulary, wanted: Filter, language: str) -> np.ndarray:
    """Return for each form the number of the word as which it counts."""
    if wanted.sharp_s == "fold":
        return numbered([counted_form(form, wanted, language) for form in vocabulary])
    if wanted.words == "form":
        return np.arange(len(vocabulary), dtype=np.int32)
    return vocabulary.numbers_in_lower_case(language)


def confirmed(tokens: Tokens, wanted: Filter) -> Mapping[str, str]:
    """Return the misread forms that the filter counts as other words."""
    return tokens.misread if wanted.misreadings == "merge" else {}


def right_form(form: str, misread: Mapping[str, str]) -> str:
    """Return the word that a form was misread from, with its capital, or the form."""
    right = misread.get(form.lower()) if misread else None
    if right is None:
        return form
    return right[:1].upper() + right[1:] if form[:1].isupper() else right


def counted_form(form: str, wanted: Filter, language: str) -> str:
    """Return a form as a filter counts it, unless it counts lemmas."""
    sharp_s = wanted.sharp_s == "fold"
    if wanted.words == "form":
        return form.replace("ß", "ss") if sharp_s else form
    return lowered(form, language, sharp_s=sharp_s)


def _stop_forms(tokens: Tokens, misread: Mapping[str, str]) -> np.ndarray:
    """Return which forms are stop words, (forms,) or (languages, forms)."""
    languages = tokens.languages
    forms = [right_form(form, misread) for form in tokens.vocabulary]
    dropped = [stop_words(language, tokens.stop_lists) for language in languages]
    every = frozenset().union(*dropped)
    found = np.zeros((len(languages), len(forms)), bool)
    for n, form in enumerate(forms):
        if form.lower() in every or not form.isascii() or "I" in form:
            found[:, n] = [
                as_listed(form, language) in words
                for language, words in zip(languages, dropped, strict=True)
            ]
    return found[0] if len(languages) == 1 else found


def _left_out(tokens: Tokens, forms: np.ndarray, wanted: Filter) -> np.ndarray:
    """Return which forms the filter drops: short ones, numbers and symbols."""
    out: np.ndarray = tokens.vocabulary.lengths[forms] < wanted.min_length
    symbols = tokens.vocabulary.symbols[forms]
    if wanted.symbols == "drop":
        out = out | symbols
    if wanted.numbers == "drop":
        out = out | ~(tokens.vocabulary.lettered[forms] | symbols)
    return out


def _numbered(words: Sequence[str], ids: dict[str, int]) -> np.ndarray:
    """Return the number of each word, numbering new ones in order."""
    return np.array([ids.setdefault(word, len(ids)) for word in words], np.int32)
