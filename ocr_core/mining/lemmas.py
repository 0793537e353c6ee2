"""Lemmas: the dictionary forms of words, found once for all filters of a corpus."""

import gc
from collections.abc import Iterable
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
        gc.collect()  # a lexicon refers to itself, and that of German takes 0.1 GB
    return tokens.lemma_tables[language]


def _found(tokens: Tokens, language: str) -> LemmaTable:
    from simplemma import Lemmatizer
    from simplemma.strategies import DefaultStrategy, DictionaryLookupStrategy
    from simplemma.strategies.dictionaries import DefaultDictionaryFactory

    here = np.array([each == language for each in tokens.languages], bool)
    counts = np.bincount(tokens.forms(tokens.by_page(here[tokens.language_of_page])))
    forms = np.flatnonzero(counts)
    words = [tokens.vocabulary[form] for form in forms.tolist()]
    if not (lexicons := lexicons_of([language])):
        return LemmaTable(forms, words, [lowered(word, language) for word in words])
    loaded = DefaultDictionaryFactory()  # is not kept
    # A look-up takes a tenth of the time of lemmatising, and finds most tokens.
    listed = DictionaryLookupStrategy(loaded).get_lemma
    derived = Lemmatizer(lemmatization_strategy=DefaultStrategy(False, loaded))
    found = [listed(word, lexicons[0]) if word.isalpha() else None for word in words]
    unlisted = np.flatnonzero([each is None for each in found])
    order = np.argsort(-counts[forms[unlisted]], kind="stable")
    for index in unlisted[order[:MAX_DERIVED]].tolist():
        found[index] = derived.lemmatize(words[index], lexicons)
    small = [
        lowered(each or word, language) for word, each in zip(words, found, strict=True)
    ]
    # An equal string is not kept twice.
    same = [
        word if word == own else own for word, own in zip(words, small, strict=True)
    ]
    return LemmaTable(forms, words, same)
