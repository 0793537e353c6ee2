"""Lemmas: the dictionary forms of words, found once for all filters of a corpus."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache

import numpy as np

from ocr_core.mining.tokens import LemmaTable, Tokens
from ocr_core.text.quality import LEXICONS
from ocr_core.tokenizer import lowered

# For the most frequent forms that are in no lexicon, affixes are removed, as in
# "dibunyikan" for "bunyi", at 20 to 50 µs each. The rarer ones are mostly misreadings.
MAX_DERIVED = 20_000


def lexicons_of(languages: Iterable[str]) -> tuple[str, ...]:
    """Return the lexicons of languages given as ``eng+deu``, the main one first."""
    codes = dict.fromkeys(code for each in languages for code in each.split("+"))
    return tuple(LEXICONS[code] for code in codes if code in LEXICONS)


@lru_cache(maxsize=200_000)
def lemma(form: str, lexicons: tuple[str, ...]) -> str:
    """Return the lemma of a form in lexicons, in lower case."""
    import simplemma  # loading a lexicon takes 0.1 to 2 s, once per process

    return str(simplemma.lemmatize(form, lang=lexicons)).lower()


def lemmas(tokens: Tokens, language: str) -> LemmaTable:
    """Return the lemmas of the forms on the pages of a language.

    A rare form that is in no lexicon is its own lemma, in lower case. The result is
    kept in `Tokens.lemma_tables`; ten million tokens take some seconds.
    """
    if language not in tokens.lemma_tables:
        tokens.lemma_tables[language] = _found(tokens, language)
    return tokens.lemma_tables[language]


class Lexicons:
    """Lexicons in memory, as simplemma asks for them."""

    def __init__(self) -> None:
        self.loaded: dict[str, Mapping[str, str]] = {}

    def get_dictionary(self, lang: str) -> Mapping[str, str]:
        from simplemma.strategies.dictionaries import DefaultDictionaryFactory

        if lang not in self.loaded:
            once = DefaultDictionaryFactory(cache_max_size=0)
            self.loaded[lang] = once.get_dictionary(lang)
        return self.loaded[lang]


@contextmanager
def _lexicons() -> Iterator[Lexicons]:
    """Provide lexicons, which are not kept: that of German takes 0.1 GB."""
    lexicons = Lexicons()
    try:
        yield lexicons
    finally:
        lexicons.loaded.clear()  # simplemma's lemmatizer refers to itself, and to them


def _found(tokens: Tokens, language: str) -> LemmaTable:
    here = np.array([each == language for each in tokens.languages], bool)
    counts = np.bincount(tokens.forms(tokens.by_page(here[tokens.language_of_page])))
    forms = np.flatnonzero(counts)
    words = [tokens.vocabulary[form] for form in forms.tolist()]
    found: list[str | None] = [None] * len(words)
    if lexicons := lexicons_of([language]):
        with _lexicons() as loaded:
            found = _in_lexicons(words, counts[forms], lexicons, loaded)
    small = [
        lowered(each or word, language) for word, each in zip(words, found, strict=True)
    ]
    # An equal string is not kept twice.
    same = [
        word if word == own else own for word, own in zip(words, small, strict=True)
    ]
    return LemmaTable(forms, words, same)


def _in_lexicons(
    words: list[str], counts: np.ndarray, lexicons: tuple[str, ...], loaded: Lexicons
) -> list[str | None]:
    """Return the lemmas of words; None of rare ones that the first lexicon lacks."""
    from simplemma import Lemmatizer
    from simplemma.strategies import DefaultStrategy, DictionaryLookupStrategy

    # A look-up takes a tenth of the time of lemmatising, and finds most tokens.
    listed = DictionaryLookupStrategy(loaded).get_lemma
    derived = Lemmatizer(lemmatization_strategy=DefaultStrategy(False, loaded))
    found = [listed(word, lexicons[0]) if word.isalpha() else None for word in words]
    unlisted = np.flatnonzero([each is None for each in found])
    order = np.argsort(-counts[unlisted], kind="stable")
    for index in unlisted[order[:MAX_DERIVED]].tolist():
        found[index] = derived.lemmatize(words[index], lexicons)
    return found
