"""Selection: the words of a corpus that a filter keeps; the basis of every view."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ocr_core.errors import SettingsError
from ocr_core.messages import Message
from ocr_core.mining.conditions import Unmatched, unmatched
from ocr_core.mining.counted_words import (
    CountedWords,
    confirmed,
    counted_form,
    counted_words,
    right_form,
)
from ocr_core.mining.filter import HIDING, Filter, chosen_pages
from ocr_core.mining.stop_words import without_list
from ocr_core.mining.tokens import ALL, Positions, Tokens
from ocr_core.text.quality import OLD_PRINT

if TYPE_CHECKING:
    from scipy.sparse import csr_array

AT_ONCE = 4_000_000  # tokens counted at once


@dataclass(frozen=True, eq=False)
class Selection:
    """The words of a corpus that a filter keeps, each identified by a number.

    Parameters
    ----------
    tokens
        The whole corpus.
    filter
        The filter that made this selection.
    counted
        The words as counted, and the word of each form.
    chosen
        Whether each page is counted.
    changed
        (N,) int32: the words of tokens, if they do not follow from their forms.
    """

    tokens: Tokens
    filter: Filter
    counted: CountedWords
    chosen: np.ndarray
    changed: np.ndarray | None = None

    @property
    def vocabulary(self) -> Sequence[str]:
        """The words as counted."""
        return self.counted.vocabulary

    @cached_property
    def terms(self) -> np.ndarray:
        """(N,) int32: the number in `vocabulary` of each token of the corpus.

        It is -1 for a token that is left out; such tokens keep their positions.
        """
        if self.changed is not None:
            return self.changed
        terms = self.tokens.by_form(self.counted.table)
        if not self.chosen.all():
            terms[self.tokens.by_page(~self.chosen)] = -1
        if self.filter.min_conf:
            terms[self.tokens.confs() < self.filter.min_conf] = -1
        return terms

    @cached_property
    def kept(self) -> np.ndarray:
        """Indices of the tokens that are counted, in reading order."""
        return np.flatnonzero(self.terms >= 0).astype(np.int32)

    @cached_property
    def counts(self) -> np.ndarray:
        """How often each word of the vocabulary occurs."""
        size = len(self.vocabulary)
        if stored := self._stored_counts():
            terms, often, _ = stored
            return np.bincount(terms, often, size).astype(np.int64)
        found = np.zeros(size + 1, np.int64)
        for start in range(0, len(self.terms), AT_ONCE):  # bincount copies its input
            part = self.terms[start : start + AT_ONCE]
            found += np.bincount(part + 1, minlength=size + 1)
        return found[1:]

    @cached_property
    def count_by_page(self) -> np.ndarray:
        """How many tokens are counted on each page."""
        return self.tokens.sum_by_page(self.terms >= 0)

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
        if stored := self._stored_counts():
            return _by_word(*stored, len(self.vocabulary))
        return self.count_by(self.document_of_page, len(self.documents))

    def _stored_counts(self) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """Return the words of documents, their counts, and where documents end.

        Return None if the tokens must be counted: if a filter divides documents, or
        depends on the single token.
        """
        stored, table = self.tokens.document_counts, self.counted.table
        if stored is None or self.changed is not None or self.filter.min_conf:
            return None
        of_page = self.tokens.document_of_page
        pages = np.bincount(of_page)
        chosen = np.bincount(of_page, self.chosen).astype(int)
        if np.any((chosen > 0) & (chosen < pages)):
            return None
        document = np.repeat(np.arange(len(pages)), np.diff(stored.starts))
        if table.ndim == 1:
            terms = table[stored.forms]
        else:
            language = np.zeros(len(pages), np.uint16)
            language[of_page] = self.tokens.language_of_page
            if np.any(language[of_page] != self.tokens.language_of_page):
                return None
            terms = table[language[document], stored.forms]
        kept = (terms >= 0) & (chosen > 0)[document]
        ends = np.append(0, np.cumsum(kept))[stored.starts]
        own = self._document_numbers
        return terms[kept], stored.counts[kept], np.append(0, ends[own + 1])

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
        at = self.kept if terms is None else self.positions(terms)
        numbers = self.terms[at] if terms is None else self.numbers(terms, at)
        rows = len(self.vocabulary) if terms is None else len(terms)
        # Tokens are in the order of the units.
        unit = self.tokens.by_page(unit_of_page, at)
        ends = np.searchsorted(unit, np.arange(units + 1)).astype(np.int32)
        return _by_word(numbers, np.ones(len(at), np.int32), ends, rows)

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
        words = self.vocabulary
        return [words[term] for term in terms.tolist()]

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

    @property
    def ids(self) -> Mapping[str, int]:
        """The number of each word."""
        return self.counted.ids

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
            "tokens": int(self.counts.sum()),
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
        chosen, changed = self.chosen & pages, self.changed
        if changed is not None:
            changed = np.where(self.tokens.by_page(chosen), changed, np.int32(-1))
        return replace(self, chosen=chosen, changed=changed)

    def with_words(self, terms: np.ndarray, vocabulary: Sequence[str]) -> "Selection":
        """Return the same pages with other words, given as for `terms`."""
        counted = CountedWords(self.counted.table, vocabulary)
        return replace(self, counted=counted, changed=terms)


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
    return Selection(tokens, wanted, counted_words(tokens, wanted, chosen), chosen)


def _by_word(
    words: np.ndarray, often: np.ndarray, ends: np.ndarray, count: int
) -> "csr_array":
    """Return how often words occur in units, as (words, units), sorted.

    Parameters
    ----------
    words, often
        (N,) int32: the words of the units, one unit after the other, and how often they
        occur there; a word may be there several times.
    ends
        Where each unit begins, and the number of words.
    count
        The number of words in the vocabulary.
    """
    from scipy.sparse import csr_array

    indices = ends.astype(np.int32)
    matrix = csr_array((often, words, indices), (len(ends) - 1, count)).T.tocsr()
    matrix.has_sorted_indices = True  # transposing sorts the columns
    matrix.sum_duplicates()
    return matrix


def content_words(selection: Selection) -> Selection:
    """Return the same pages without stop words."""
    if selection.filter.stop_words != "keep":
        return selection
    content = selection.filter.model_copy(update={"stop_words": "drop"})
    return select(selection.tokens, content).part(selection.chosen)
