"""Selection: the words of a corpus that a filter keeps; the basis of every view."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

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
from ocr_core.mining.document_words import DocumentWords, kept_words
from ocr_core.mining.filter import HIDING, Filter, chosen_pages
from ocr_core.mining.lookup import looked_up
from ocr_core.mining.parallel import in_threads
from ocr_core.mining.stop_words import without_list
from ocr_core.mining.tokens import ALL, TOKENS_AT_ONCE, Positions, Tokens
from ocr_core.text.quality import OLD_PRINT

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Counted = TypeVar("Counted")
FEW = 10  # tokens that are left out are kept if they are no more than this part of all


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
        found = np.empty(len(self.tokens), np.int32)

        def look_up(part: slice) -> None:
            found[part] = self._terms_at(part)

        deque(in_threads(look_up, self.tokens.parts), maxlen=0)
        return found

    def terms_at(self, at: Positions) -> np.ndarray:
        """Return `terms` of some tokens, without computing it for all."""
        if "terms" in self.__dict__:
            found: np.ndarray = self.terms[at]
            return found
        return self._terms_at(at)

    def _terms_at(self, at: Positions) -> np.ndarray:
        if self.changed is not None:
            found: np.ndarray = self.changed[at]
            return found
        terms = self.tokens.by_form(self.counted.table, at)
        if not self.chosen.all():
            terms[self.tokens.by_page(~self.chosen, at)] = -1
        if self.filter.min_conf:
            terms[self.tokens.confs(at) < self.filter.min_conf] = -1
        return terms

    @cached_property
    def kept(self) -> np.ndarray:
        """Indices of the tokens that are counted, in reading order."""
        return np.flatnonzero(self.terms >= 0).astype(np.int32)

    def running_terms(self) -> np.ndarray:
        """Return (M,) int32: the words that are counted, in reading order."""

        def counted(part: slice) -> np.ndarray:
            terms = self.terms_at(part)
            return terms[terms >= 0]

        none = np.empty(0, np.int32)
        return np.concatenate([none, *in_threads(counted, self.tokens.parts)])

    @cached_property
    def counts(self) -> np.ndarray:
        """How often each word of the vocabulary occurs."""
        found = np.zeros(len(self.vocabulary) + 1, np.int64)  # the first is for -1
        if self._follows_from_forms and self.tokens.form_positions:
            of_forms = self.tokens.form_positions.counts
            often = np.bincount(self.counted.table + 1, of_forms, len(found))
            return often[1:].astype(np.int64)
        if self._counted_before:
            return self._totals[0]
        for part in self.tokens.parts:
            found += np.bincount(self.terms_at(part) + 1, minlength=len(found))
        return found[1:]

    @property
    def _follows_from_forms(self) -> bool:
        """Whether all tokens of a form are counted, as the same word."""
        same = self.changed is None and self.counted.table.ndim == 1
        return same and not self.filter.min_conf and bool(self.chosen.all())

    @cached_property
    def sizes_of_documents(self) -> np.ndarray:
        """How many tokens are counted in each document."""
        out = self.left_out
        if out is not None:
            lost = np.bincount(self.documents_at(out), minlength=len(self.documents))
            return np.diff(self.tokens.document_starts) - lost
        if self._counted_before:
            return self._totals[1]
        return self.sum_by_document(self.count_by_page).astype(np.int64)

    @cached_property
    def left_out(self) -> np.ndarray | None:
        """Where few tokens are left out, rising; None if many, or it is not known."""
        index = self.tokens.form_positions
        if index is None or not self._follows_from_forms:
            return None
        forms = np.flatnonzero(self.counted.table < 0)
        if index.counts[forms].sum() > len(self.tokens) // FEW:
            return None
        return index.of_forms(forms)

    @cached_property
    def _totals(self) -> tuple[np.ndarray, np.ndarray]:
        """The counts of words and of documents, from those that are stored."""
        counts = np.zeros(len(self.vocabulary), np.int64)
        sizes = np.zeros(len(self.documents), np.int64)

        def counted(part: DocumentWords) -> tuple[int, np.ndarray, np.ndarray]:
            often = np.bincount(part.words, part.often, len(counts))
            sums = np.append(0, np.cumsum(part.often))[part.starts]
            return part.first, often.astype(np.int32), np.diff(sums)

        for first, often, own in self.document_words(counted):
            counts += often
            sizes[first : first + len(own)] = own
        return counts, sizes

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
        if not self._counted_before or not self.documents:
            return self.count_by(self.document_of_page, len(self.documents))
        parts = [*self.document_words(lambda part: part)]
        lengths = np.concatenate([np.diff(part.starts) for part in parts])
        starts = np.append(0, np.cumsum(lengths)).astype(np.int32)
        words, often = (np.concatenate([part[n] for part in parts]) for n in (1, 2))
        return DocumentWords(0, words, often, starts).by_word(len(self.vocabulary))

    @cached_property
    def _counted_before(self) -> bool:
        """Whether the stored counts of documents are those of the selection.

        They are not if the filter divides documents, or depends on the single token.
        """
        tokens = self.tokens
        if tokens.document_counts is None or self.changed is not None:
            return False
        if self.filter.min_conf:
            return False
        of_page = tokens.document_of_page
        chosen = np.bincount(of_page, self.chosen)
        if np.any((chosen > 0) & (chosen < np.bincount(of_page))):
            return False
        language = tokens.language_of_page
        first_page = tokens.document_pages[of_page]
        return self.counted.table.ndim == 1 or bool(
            np.all(language[first_page] == language)
        )

    def document_words(
        self,
        count: "Callable[[DocumentWords], Counted]",
        numbers: np.ndarray | None = None,
    ) -> "Iterator[Counted]":
        """Yield what is counted of all documents, some documents at a time, in threads.

        Parameters
        ----------
        count
            Called with the words of the documents.
        numbers
            (V + 1,) int32: the number of each word as counted, last that of a token
            that is left out; words below 0 are left out too. By default all words have
            their own.
        """
        table = self.counted.table
        if numbers is not None:
            table = numbers[table]
        own, before = self._document_numbers, self._counted_before

        def counted(low: int, high: int) -> Counted:
            if before:
                return count(self._stored_words(low, own[low:high], table))
            return count(self._words_of(low, own[low:high], numbers))

        return in_threads(lambda part: counted(*part), self._document_parts)

    @cached_property
    def _document_parts(self) -> list[tuple[int, int]]:
        """The first document of each part for a thread, and that after its last."""
        own = self._document_numbers
        starts = self.tokens.document_starts
        if self._counted_before and self.tokens.document_counts:
            starts = self.tokens.document_counts.starts
        # Sorting by words takes as long as one pass over all of them.
        at_once = max(TOKENS_AT_ONCE, len(self.vocabulary))
        low, parts = 0, []
        while low < len(own):
            enough = np.searchsorted(starts, starts[own[low]] + at_once)
            high = max(low + 1, int(np.searchsorted(own, enough - 1)))
            parts.append((low, high))
            low = high
        return parts

    @property
    def repeated(self) -> np.ndarray | None:
        """Whether each word may be in `document_words` several times; None: all may."""
        return self.counted.repeated if self._counted_before else None

    def _stored_words(
        self, first: int, documents: np.ndarray, table: np.ndarray
    ) -> DocumentWords:
        """Return the words of some documents from their stored counts."""
        stored = self.tokens.document_counts
        assert stored is not None, "they were counted before"
        begin, end = int(documents[0]), int(documents[-1]) + 1
        starts = stored.starts[begin : end + 1]
        forms, counts = stored.of_documents(begin, end)
        if table.ndim == 1:
            words = looked_up(table, forms)
        else:
            pages = self.tokens.document_pages[begin:end]
            language = self.tokens.language_of_page[pages]
            words = table[np.repeat(language, np.diff(starts)), forms]
        return kept_words(first, documents, words, counts, starts)

    def _words_of(
        self, first: int, documents: np.ndarray, numbers: np.ndarray | None
    ) -> DocumentWords:
        """Return the words of some documents from their tokens."""
        begin, end = int(documents[0]), int(documents[-1]) + 1
        starts = self.tokens.document_starts[begin : end + 1]
        words = self.terms_at(slice(int(starts[0]), int(starts[-1])))
        if numbers is not None:
            words = numbers[words]
        often = np.ones(len(words), np.int32)
        return kept_words(first, documents, words, often, starts)

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
        numbers = self.terms_at(at) if terms is None else self.numbers(terms, at)
        rows = len(self.vocabulary) if terms is None else len(terms)
        # Tokens are in the order of the units.
        unit = self.tokens.by_page(unit_of_page, at)
        starts = np.searchsorted(unit, np.arange(units + 1)).astype(np.int32)
        often = np.ones(len(at), np.int32)
        return DocumentWords(0, numbers, often, starts).by_word(rows)

    def positions(self, terms: np.ndarray) -> np.ndarray:
        """Return where any of some words occurs, in reading order."""
        if self.changed is None and self.tokens.form_positions:
            wanted = np.zeros(len(self.vocabulary) + 1, bool)  # the last is for -1
            wanted[terms] = True
            table = np.atleast_2d(self.counted.table)
            forms = np.flatnonzero(wanted[table].any(axis=0))
            at = self.tokens.form_positions.of_forms(forms)
            if self._follows_from_forms:
                return at
            return at[wanted[self.terms_at(at)]]
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
        return found[self.terms_at(at)]

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
    def breaks(self) -> np.ndarray:
        """The positions of the tokens before which the text breaks, rising."""
        return self.tokens.breaks(self.filter.within)

    def segments_at(self, at: np.ndarray) -> np.ndarray:
        """Return numbers of tokens that are equal in text without a break."""
        return np.searchsorted(self.breaks, at, "right")

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

    def renumbered(self, numbers: np.ndarray) -> "Selection":
        """Return the same tokens with other numbers, for `terms_at` only.

        `numbers`, (V + 1,) whole numbers, are those of the words, last of a token left
        out; -1 for words that are left out, too.
        """
        counted = CountedWords(numbers[self.counted.table], self.vocabulary)
        changed = None if self.changed is None else numbers[self.changed]
        return replace(self, counted=counted, changed=changed)

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


def content_words(selection: Selection) -> Selection:
    """Return the same pages without stop words."""
    if selection.filter.stop_words != "keep":
        return selection
    content = selection.filter.model_copy(update={"stop_words": "drop"})
    return select(selection.tokens, content).part(selection.chosen)
