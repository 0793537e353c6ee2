"""Lemmas: what words are listed under, found once for all filters of a corpus."""

from collections.abc import Iterable
from functools import lru_cache

import numpy as np

from ocr_core.mining.tokens import LemmaTable, Tokens
from ocr_core.text.quality import LEXICONS
from ocr_core.tokenizer import lowered

# Of the forms that no lexicon lists so many, the commonest, are taken apart, as in
# "dibunyikan" for "bunyi", at 20 to 50 µs each. Beyond are misreadings for the most.
MOST_DERIVED = 20_000


def lexicons_of(languages: Iterable[str]) -> tuple[str, ...]:
    """Return the lexicons of languages given as ``eng+deu``, the main one first."""
    codes = dict.fromkeys(code for each in languages for code in each.split("+"))
    return tuple(LEXICONS[code] for code in codes if code in LEXICONS)


@lru_cache(maxsize=200_000)
def lemma(form: str, lexicons: tuple[str, ...]) -> str:
    """Return what a form is listed under in lexicons, in small letters."""
    import simplemma  # a lexicon takes 0.1 to 2 s, once a process

    return str(simplemma.lemmatize(form, lang=lexicons)).lower()


def lemmas(tokens: Tokens, language: str) -> LemmaTable:
    """Return the lemmas of the forms that occur on the pages of a language.

    A rare form that no lexicon lists is its own lemma, in small letters. They are
    worked out once; ten million tokens take some seconds.
    """
    if language not in tokens.listed:
        tokens.listed[language] = _found(tokens, language)
    return tokens.listed[language]


def _found(tokens: Tokens, language: str) -> LemmaTable:
    from simplemma.strategies import DictionaryLookupStrategy

    here = np.array([leaf.language == language for leaf in tokens.leaves], bool)
    counts = np.bincount(tokens.forms[here[tokens.pages]])
    forms = np.flatnonzero(counts)
    words = [tokens.vocabulary[form] for form in forms.tolist()]
    if not (lexicons := lexicons_of([language])):
        return LemmaTable(forms, words, [lowered(word, language) for word in words])
    # Looked up first: that takes a tenth of the time, and finds most tokens.
    listed = DictionaryLookupStrategy().get_lemma
    found = [listed(word, lexicons[0]) if word.isalpha() else None for word in words]
    unlisted = np.flatnonzero([each is None for each in found])
    order = np.argsort(-counts[forms[unlisted]], kind="stable")
    for place in unlisted[order[:MOST_DERIVED]].tolist():
        found[place] = lemma(words[place], lexicons)
    return LemmaTable(
        forms,
        words,
        [
            lowered(each or word, language)
            for word, each in zip(words, found, strict=True)
        ],
    )
