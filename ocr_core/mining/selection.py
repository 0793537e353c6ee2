"""Selection: the words of a corpus that a filter keeps; the basis of every view."""

import fnmatch
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from ocr_core.errors import SettingsError
from ocr_core.knobs import Group, knob
from ocr_core.messages import Message
from ocr_core.mining.conditions import (
    Unmatched,
    compared,
    metadata_test,
    unmatched,
)
from ocr_core.mining.lemmas import lemma, lemmas, lexicons_of
from ocr_core.mining.stop_words import as_listed, stop_words, without_list
from ocr_core.mining.tokens import ALL, Positions, Tokens
from ocr_core.text.quality import OLD_PRINT
from ocr_core.tokenizer import TURKIC, lowered

if TYPE_CHECKING:
    from scipy.sparse import csr_array


class Filter(Group):
    """Which words are counted, and which of them count as the same."""

    documents: str = knob(
        "",
        "Only documents whose name contains this, several joined by commas; * stands "
        "for anything.",
        max_length=2000,
    )
    languages: str = knob(
        "",
        "Only pages read in these languages, several joined by commas, as in eng,deu.",
        max_length=500,
    )
    metadata: str = knob(
        "",
        "Only documents for which this holds, as in year=1890..1899; paper=Tide,Mail; "
        'date=1890-01..1890-03; place="Paris, Texas".',
        max_length=2000,
    )
    min_conf: float = knob(
        0.0, "Leave out words of lower confidence.", ge=0, le=100, unit="%"
    )
    min_quality: float = knob(
        0.0, "Leave out pages of lower quality.", ge=0, le=1, step=0.05
    )
    text: Literal["corrected", "raw"] = knob(
        "corrected", "Count the words as corrected by hand, or as the engine read them."
    )
    heads: Literal["keep", "drop"] = knob(
        "drop", "Keep or drop running heads and page numbers.", words="running heads"
    )
    words: Literal["lower", "form", "lemma"] = knob(
        "lower",
        "What counts as the same word: lower ignores capitals, form distinguishes "
        "them, lemma counts houses as house.",
    )
    stop_words: Literal["keep", "drop"] = knob(
        "keep", "Keep or drop the most frequent words of each page's language."
    )
    misreadings: Literal["merge", "keep"] = knob(
        "merge",
        "Count misread forms that were confirmed as the words they stand for, or as "
        "they were read.",
    )
    numbers: Literal["keep", "drop"] = knob(
        "drop", "Keep or drop tokens without a letter."
    )
    symbols: Literal["keep", "drop"] = knob(
        "drop", "Keep or drop signs of currency, percent and paragraph."
    )
    sharp_s: Literal["keep", "fold"] = knob(
        "keep", "Distinguish ß from ss, or count both as ss."
    )
    within: Literal["text", "paragraph", "sentence"] = knob(
        "text",
        "Where phrases, n-grams and windows end: text at headings and gaps only; "
        "paragraph and sentence at theirs too.",
    )
    min_length: int = knob(1, "Leave out shorter words.", ge=1, le=20, unit="letters")

    def described(self) -> str:
        """Return the values that differ from the defaults, for the head of a table."""
        plain = Filter()
        changed = [
            f"{name}={value}"
            for name, value in self.model_dump().items()
            if value != getattr(plain, name)
        ]
        return "; ".join(changed) or "default filter"


@dataclass(frozen=True, eq=False)
class Selection:
    """The words of a corpus that a filter keeps, each identified by a number.

    Parameters
    ----------
    tokens
        The whole corpus.
    filter
        The filter that made this selection.
    terms
        (N,) int32: the number in `vocabulary` of each token of the corpus; -1 if it is
        left out. Left-out tokens keep their positions.
    vocabulary
        The words as counted.
    chosen
        Whether each page is counted.
    """

    tokens: Tokens
    filter: Filter
    terms: np.ndarray
    vocabulary: Sequence[str]
    chosen: np.ndarray

    @cached_property
    def kept(self) -> np.ndarray:
        """Indices of the tokens that are counted, in reading order."""
        return np.flatnonzero(self.terms >= 0).astype(np.int32)

    @cached_property
    def counts(self) -> np.ndarray:
        """How often each word of the vocabulary occurs."""
        return np.bincount(self.terms[self.kept], minlength=len(self.vocabulary))

    @cached_property
    def count_by_page(self) -> np.ndarray:
        """How many tokens are counted on each page."""
        return self.tokens.count_by_page(self.kept)

    @cached_property
    def documents(self) -> list[str]:
        """The documents with a page that is counted, in order."""
        names = self.tokens.documents
        return [names[n] for n in self._document_numbers.tolist()]

    @cached_property
    def document_of_page(self) -> np.ndarray:
        """The number in `documents` of each page's document; -1 for a page left out."""
        own = np.searchsorted(self._document_numbers, self.tokens.document_of_page)
        return np.where(self.chosen, own, -1).astype(np.int32)

    @cached_property
    def _document_numbers(self) -> np.ndarray:
        return np.unique(self.tokens.document_of_page[self.chosen])

    @cached_property
    def running(self) -> int:
        """The running words of the pages, including those that the filter hides."""
        return int(self.tokens.running[self.chosen].sum())

    @cached_property
    def running_by_document(self) -> np.ndarray:
        """The running words of each document."""
        return self.sum_by_document(self.tokens.running).astype(int)

    @cached_property
    def by_document(self) -> "csr_array":
        """How often each word occurs in each document, as (words, documents)."""
        return self.count_by(self.document_of_page, len(self.documents))

    def count_by(
        self, unit_of_page: np.ndarray, units: int, terms: np.ndarray | None = None
    ) -> "csr_array":
        """Count how often words occur in each unit: documents, or pages.

        Parameters
        ----------
        unit_of_page
            (P,) the number of each page's unit; units are in the order of the pages.
        terms
            The words to count, as sorted numbers; None for all.

        Returns
        -------
        (words, units) sparse array of int32, its column indices sorted
        """
        from scipy.sparse import csr_array

        at = self.kept if terms is None else self.positions(terms)
        numbers = self.terms[at] if terms is None else self.numbers(terms, at)
        rows = len(self.vocabulary) if terms is None else len(terms)
        # Tokens are in the order of the units, and transposing sorts the columns.
        unit = self.tokens.by_page(unit_of_page, at)
        ends = np.searchsorted(unit, np.arange(units + 1)).astype(np.int32)
        ones = np.ones(len(at), np.int32)
        matrix = csr_array((ones, numbers, ends), (units, rows)).T.tocsr()
        matrix.has_sorted_indices = True
        matrix.sum_duplicates()
        return matrix

    def positions(self, terms: np.ndarray) -> np.ndarray:
        """Return where any of some words occurs, in reading order."""
        if len(terms) == 1:
            found = self.terms == terms[0]
        else:
            wanted = np.zeros(len(self.vocabulary) + 1, bool)  # the last is for -1
            wanted[terms] = True
            found = wanted[self.terms]
        return np.flatnonzero(found).astype(np.int32)

    def numbers(self, terms: np.ndarray, at: Positions) -> np.ndarray:
        """Return which of some words each token is, from 0; -1 for other words."""
        found = np.full(len(self.vocabulary) + 1, -1, np.int32)  # the last is for -1
        found[terms] = np.arange(len(terms))
        return found[self.terms[at]]

    def near(self, starts: np.ndarray, steps: range) -> np.ndarray:
        """Return (N,) whether tokens are `steps` from `starts`, in the same segment."""
        segments = self.segments
        marked = np.zeros(len(segments), bool)
        for step in steps:
            beside = starts + step
            inside = (beside >= 0) & (beside < len(segments))
            beside = beside[inside]
            marked[beside[segments[beside] == segments[starts[inside]]]] = True
        return marked

    def documents_at(self, at: Positions = ALL) -> np.ndarray:
        """Return the number in `documents` of each token's document."""
        return self.tokens.by_page(self.document_of_page, at)

    def sum_by_document(self, of_pages: np.ndarray) -> np.ndarray:
        """Return for each document the sum of a value, (P,), of its pages."""
        documents = self.document_of_page[self.chosen]
        return np.bincount(documents, of_pages[self.chosen], len(self.documents))

    def spelled(self, terms: np.ndarray) -> list[str]:
        """Return words given by number."""
        return [self.vocabulary[term] for term in terms.tolist()]

    @cached_property
    def languages(self) -> list[str]:
        """The languages of the pages that are counted."""
        numbers = np.unique(self.tokens.language_of_page[self.chosen])
        return [self.tokens.languages[n] for n in numbers.tolist()]

    @property
    def mixed_languages(self) -> list[str]:
        """The languages of the pages if there are several, disregarding old print."""
        found: dict[str, str] = {}
        for language in self.languages:
            codes = [OLD_PRINT.get(code, code) for code in language.split("+")]
            found.setdefault("+".join(codes), language)
        return list(found.values()) if len(found) > 1 else []

    def metadata_of_documents(self, column: str) -> list[str]:
        """Return what each document has in a column of metadata; "" where nothing.

        Raises
        ------
        SettingsError
            Where the corpus has no such column.
        """
        known = self.tokens.metadata
        if column not in known:
            raise SettingsError(
                "The corpus has no column {0}.",
                column,
                hint=Message("Columns: {0}.", ", ".join(known) or Message("none yet")),
            )
        return [known[column].get(doc_id, "") for doc_id in self.documents]

    def as_counted(self, form: str) -> list[str]:
        """Return the words as which a form may count, by the languages of the pages."""
        codes = self.languages or [""]
        form = right_form(form, confirmed(self.tokens, self.filter))
        return list(dict.fromkeys(counted_form(form, self.filter, c) for c in codes))

    @cached_property
    def ids(self) -> Mapping[str, int]:
        """The number of each word."""
        return {word: n for n, word in enumerate(self.vocabulary)}

    @cached_property
    def segments(self) -> np.ndarray:
        """(N,) int32: tokens with the same number are in text without a break."""
        return self.tokens.segments(self.filter.within)

    @property
    def without_stop_words(self) -> list[str]:
        """The languages without a stop list, if stop words are to be dropped."""
        if self.filter.stop_words == "keep":
            return []
        return without_list(self.languages, self.tokens.stop_lists)

    @property
    def unmatched(self) -> list[Unmatched]:
        """The metadata values that the filter requests and no document has."""
        return unmatched(self.filter.metadata, self.tokens.metadata)

    @property
    def sizes(self) -> dict[str, int]:
        """How many documents, pages and tokens are counted."""
        return {
            "documents": len(self.documents),
            "pages": int(self.chosen.sum()),
            "tokens": len(self.kept),
        }

    @cached_property
    def unhidden(self) -> "Selection":
        """The same pages with the words that the filter hides."""
        if all(getattr(self.filter, name) == shows for name, shows in HIDING.items()):
            return self
        shown = self.filter.model_copy(update=HIDING)
        return select(self.tokens, shown).part(self.chosen)

    def part(self, pages: np.ndarray) -> "Selection":
        """Return the selection restricted to some pages, given as a mask over all."""
        chosen = self.chosen & pages
        terms = np.where(self.tokens.by_page(chosen), self.terms, np.int32(-1))
        return replace(self, terms=terms, chosen=chosen)


# The knobs that hide words, with the values that hide none; symbols are not words.
HIDING = {"stop_words": "keep", "numbers": "keep", "min_conf": 0.0, "min_length": 1}
HIDDEN_BY = {
    "stop_words": "stop words are dropped",
    "numbers": "numbers are dropped",
    "min_conf": "words of lower confidence are dropped",
    "min_length": "shorter words are dropped",
}


def select(tokens: Tokens, wanted: Filter | None = None) -> Selection:
    """Apply a filter to a corpus.

    Raises
    ------
    SettingsError
        If its conditions on metadata are invalid.
    """
    wanted = wanted or Filter()
    if wanted.heads == "drop":
        tokens = tokens.without_heads
    chosen = chosen_pages(tokens, wanted)
    terms, vocabulary = _terms(tokens, wanted, chosen)
    out = tokens.by_page(~chosen)
    if wanted.min_conf:
        out |= tokens.confs() < wanted.min_conf
    terms[out] = -1
    return Selection(tokens, wanted, terms, vocabulary, chosen)


def chosen_pages(tokens: Tokens, wanted: Filter) -> np.ndarray:
    """Return a mask of the pages that the filter keeps."""
    named = _name_test(wanted.documents)
    true_of = metadata_test(wanted.metadata, tokens.metadata)
    languages = {each.strip() for each in wanted.languages.split(",")} - {""}
    wanted_documents = [named(name) and true_of(name) for name in tokens.documents]
    spoken = [not languages or each in languages for each in tokens.languages]
    chosen = np.array(wanted_documents, bool)[tokens.document_of_page]
    chosen &= np.array(spoken, bool)[tokens.language_of_page]
    return chosen & ~(tokens.qualities < wanted.min_quality)


def _name_test(text: str) -> Callable[[str], bool]:
    parts = [compared(part.strip()) for part in text.split(",") if part.strip()]
    plain = (re.sub(r"[\[?]", r"[\g<0>]", part) for part in parts)
    patterns = [part if "*" in part else f"*{part}*" for part in plain]
    if not patterns:
        return lambda name: True
    return lambda name: any(fnmatch.fnmatchcase(compared(name), p) for p in patterns)


def _terms(
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
