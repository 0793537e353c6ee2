"""Counted words: the words as which the forms of a corpus count under a filter."""

from collections.abc import Mapping, Sequence

import numpy as np

from ocr_core.mining.filter import Filter
from ocr_core.mining.lemmas import lemma, lemmas, lexicons_of
from ocr_core.mining.stop_words import as_listed, stop_words
from ocr_core.mining.tokens import Tokens
from ocr_core.tokenizer import TURKIC, lowered


def counted_words(
    tokens: Tokens, wanted: Filter, chosen: np.ndarray
) -> tuple[np.ndarray, list[str]]:
    """Return the word number of each token, and the vocabulary of this filter."""
    ids: dict[str, int] = {}
    misread = confirmed(tokens, wanted)
    if wanted.words != "lemma":
        terms = tokens.by_form(_folded_terms(tokens, wanted, ids))
        if wanted.stop_words == "drop":
            terms[tokens.by_form(_stop_forms(tokens, misread))] = -1
        return terms, list(ids)
    table = np.full((len(tokens.languages), len(tokens.vocabulary)), -1, np.int32)
    for n in np.unique(tokens.language_of_page[chosen]).tolist():
        language = tokens.languages[n]
        forms, words, lemma_of = lemmas(tokens, language)
        out = _left_out(tokens, forms, wanted)
        if wanted.stop_words == "drop":
            stops = stop_words(language, tokens.stop_lists)
            right = (right_form(word, misread) for word in words)
            small = (as_listed(word, language) for word in right)
            out |= np.array([word in stops for word in small], bool)
        if misread:
            lexicons = lexicons_of([language])
            lemma_of = [
                lemma(misread[word.lower()], lexicons)
                if word.lower() in misread
                else listed
                for word, listed in zip(words, lemma_of, strict=True)
            ]
        if wanted.sharp_s == "fold":
            lemma_of = [lemma.replace("ß", "ss") for lemma in lemma_of]
        table[n, forms] = _numbered(lemma_of, out, ids)
    return tokens.by_form(table), list(ids)


def _folded_terms(tokens: Tokens, wanted: Filter, ids: dict[str, int]) -> np.ndarray:
    """Return the word number of each form, (forms,) or (languages, forms).

    One row suffices if lower case is the same in all the languages.
    """
    languages = tokens.languages
    out = _left_out(tokens, np.arange(len(tokens.vocabulary)), wanted)
    turkic = [code for code in languages if code.partition("+")[0] in TURKIC]
    some = languages if turkic and len(turkic) < len(languages) else languages[:1]
    forms: Sequence[str] = tokens.vocabulary
    if misread := confirmed(tokens, wanted):
        forms = [right_form(form, misread) for form in forms]
    rows = [
        _numbered([counted_form(form, wanted, code) for form in forms], out, ids)
        for code in some or [""]
    ]
    return np.stack(rows) if len(rows) > 1 else rows[0]


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
    """Return which forms are stop words of each language, (languages, forms)."""
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
    return found


def _left_out(tokens: Tokens, forms: np.ndarray, wanted: Filter) -> np.ndarray:
    """Return which forms the filter drops: short ones, numbers and symbols."""
    out: np.ndarray = tokens.lengths[forms] < wanted.min_length
    symbols = tokens.symbols[forms]
    if wanted.symbols == "drop":
        out = out | symbols
    if wanted.numbers == "drop":
        out = out | ~(tokens.lettered[forms] | symbols)
    return out


def _numbered(words: Sequence[str], out: np.ndarray, ids: dict[str, int]) -> np.ndarray:
    """Return the number of each word, numbering new ones in order; -1 where `out`."""
    found = [
        -1 if gone else ids.setdefault(word, len(ids))
        for word, gone in zip(words, out.tolist(), strict=True)
    ]
    return np.array(found, np.int32)
