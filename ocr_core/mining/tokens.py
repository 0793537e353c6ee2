"""Tokens: a corpus as columns of its tokens, which mining reads through here alone.

`at` chooses tokens in every method: positions as indices, a slice, or a mask of all
tokens; by default all. No view depends on how the columns are stored.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice, pairwise
from typing import Any, NamedTuple

import numpy as np

from ocr_core.mining.document_words import DocumentWords
from ocr_core.mining.grouping import bounded
from ocr_core.mining.lookup import looked_up
from ocr_core.mining.parallel import in_threads, return_freed_memory
from ocr_core.mining.token_words import TokenWords
from ocr_core.mining.vocabulary import Vocabulary

Positions = np.ndarray | Sequence[int] | slice | int
ALL = slice(None)
TOKENS_AT_ONCE = 2_000_000  # so that what is computed of them takes little memory
PAGES_AT_ONCE = 1_000  # that are joined
MANY = 30  # a mask sorts more than this part of all positions quicker


class PageInfo(NamedTuple):
    """A page of a corpus, without its tokens.

    `calibrated` says whether the confidences of its words are calibrated.
    """

    doc_id: str
    page_num: int
    language: str
    quality: float | None
    reading: int = 0
    calibrated: bool = False


class LemmaTable(NamedTuple):
    """Forms as numbers and as spelled, and their lemmas, as parallel sequences."""

    forms: np.ndarray
    words: list[str]
    lemmas: list[str]


class TokenColumns(NamedTuple):
    """The stored columns, one row per token in reading order, page after page.

    Parameters
    ----------
    forms
        (N,) uint32: the token's number in the vocabulary.
    words
        (N,) uint32: its words on the page, packed as in `TokenWords`.
    confs
        (N,) uint8: the word's confidence, 0 to 100.
    pages
        (N,) uint32: the index of its page.
    """

    forms: np.ndarray
    words: np.ndarray
    confs: np.ndarray
    pages: np.ndarray


@dataclass(frozen=True, eq=False)
class DocumentCounts:
    """How often forms occur in documents, document after document.

    Parameters
    ----------
    starts
        (D + 1,) where the counts of each document begin, and their number.
    forms
        (M,) uint32: numbers of forms, rising within a document.
    counts
        (M,) int32.
    spread
        (W,) int32: in how many documents each lower case occurs, by its number in
        `Vocabulary.lower`.
    """

    starts: np.ndarray
    forms: np.ndarray
    counts: np.ndarray
    spread: np.ndarray

    def of_documents(self, begin: int, end: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the forms and counts of documents from one up to another."""
        inside = slice(int(self.starts[begin]), int(self.starts[end]))
        return self.forms[inside], self.counts[inside]


@dataclass(frozen=True, eq=False)
class FormPositions:
    """Where each form occurs: an inverted index.

    Parameters
    ----------
    starts
        (V + 1,) where the positions of each form begin, and the number of tokens.
    positions
        (N,) int32: indices of tokens, form after form, rising for each.
    """

    starts: np.ndarray
    positions: np.ndarray

    @classmethod
    def of(cls, forms: np.ndarray, count: int) -> "FormPositions":
        """Return the index of tokens, (N,), whose forms are numbers below `count`."""
        from scipy.sparse import csr_array

        counts = np.zeros(count, np.int32)
        parts = [
            slice(start, start + TOKENS_AT_ONCE)
            for start in range(0, len(forms), TOKENS_AT_ONCE)
        ]
        for part in parts:
            counts += np.bincount(forms[part], minlength=count).astype(np.int32)
        starts = np.append(0, np.cumsum(counts)).astype(np.int32)
        positions, next_of = np.empty(len(forms), np.int32), starts[:-1].copy()
        for part in parts:
            own = forms[part].view(np.int32)
            indices = np.arange(part.start, part.start + len(own), dtype=np.int32)
            # The columns of a sparse row are sorted by counting.
            row = indices, own, np.array([0, len(own)], np.int32)
            columns = csr_array(row, (1, count)).tocsc()
            often = np.diff(columns.indptr)
            at = np.repeat(next_of - columns.indptr[:-1], often)
            at += np.arange(len(own), dtype=np.int32)
            positions[at] = columns.data
            next_of += often
        return cls(starts, positions)

    @property
    def counts(self) -> np.ndarray:
        """(V,) how often each form occurs."""
        return np.diff(self.starts)

    def of_forms(self, forms: np.ndarray) -> np.ndarray:
        """Return where any of some forms occurs, rising."""
        if len(forms) == 1:
            return self.positions[slice(*self.starts[forms[0] : forms[0] + 2].tolist())]
        found = FormPositions.of_each(self, forms)  # as stored
        if len(found) < len(self.positions) // MANY:
            found.sort()
            return found
        there = np.zeros(len(self.positions), bool)
        there[found] = True
        return np.flatnonzero(there).astype(np.int32)

    def of_each(self, forms: np.ndarray) -> np.ndarray:
        """Return where some forms occur, form after form, rising for each."""
        starts = self.starts[forms]
        sizes = self.starts[forms + 1] - starts
        ends = np.cumsum(sizes, dtype=np.int32)
        at = np.arange(ends[-1] if len(ends) else 0, dtype=np.int32)
        at += np.repeat(starts - (ends - sizes), sizes)
        return self.positions[at]


@dataclass(frozen=True, eq=False)
class Tokens:
    """The tokens of a corpus.

    Parameters
    ----------
    stored
        The columns. Nothing outside this module reads them.
    vocabulary
        The forms, as spelled.
    page_infos
        The pages, documents in order.
    metadata
        For each column, the values of documents, by doc_id.
    stop_lists
        The user's own stop words, by language; "" for all languages.
    misread
        Forms confirmed as misread, and the words they count as; in lower case.
    lemma_tables
        The lemmas found so far, by language.
    document_counts, form_positions
        How often each form occurs in each document, and where, if that is stored.
    text_only
        The same without running heads, if that is stored.
    """

    stored: TokenColumns
    vocabulary: Vocabulary
    page_infos: Sequence[PageInfo]
    metadata: dict[str, dict[str, str]] = field(default_factory=dict)
    stop_lists: dict[str, frozenset[str]] = field(default_factory=dict)
    misread: dict[str, str] = field(default_factory=dict)
    lemma_tables: dict[str, LemmaTable] = field(default_factory=dict, repr=False)
    document_counts: DocumentCounts | None = field(default=None, repr=False)
    form_positions: FormPositions | None = field(default=None, repr=False)
    text_only: "Tokens | None" = field(default=None, repr=False)

    @classmethod
    def of_pages(
        cls,
        page_infos: Sequence[PageInfo],
        columns: Iterable[tuple[np.ndarray, np.ndarray, np.ndarray]],
        vocabulary: Sequence[str],
        **known: Any,
    ) -> "Tokens":
        """Concatenate the columns of pages: forms, words and confs of each.

        `known` are the other fields.

        Raises
        ------
        ValueError
            If a page's columns differ in length, or a form is not in the vocabulary.
        """
        none = np.empty(0, np.uint32), np.empty(0, np.uint32), np.empty(0, np.uint8)
        lengths, parts, pages_left = [], [[*none]], iter(columns)
        while some := list(islice(pages_left, PAGES_AT_ONCE)):
            if any(len({*map(len, page)}) > 1 for page in some):
                raise ValueError("the columns of a page differ in length")
            lengths += [len(forms) for forms, _, _ in some]
            parts.append([*map(np.concatenate, zip(*some, strict=True))])
        joined = [[*each] for each in zip(*parts, strict=True)]
        parts.clear()  # each column is freed when it is joined
        forms, words, confs = (np.concatenate(joined.pop(0)) for _ in range(3))
        if len(lengths) > PAGES_AT_ONCE:
            return_freed_memory()
        if len(forms) and int(forms.max()) >= len(vocabulary):
            raise ValueError("a form is not in the vocabulary")
        pages = np.repeat(np.arange(len(page_infos), dtype=np.uint32), lengths)
        stored = TokenColumns(forms, words, confs, pages)
        return cls(stored, Vocabulary(vocabulary), page_infos, **known)

    def __len__(self) -> int:
        return len(self.stored.forms)

    @property
    def parts(self) -> list[slice]:
        """Slices of the tokens that take little memory, in order."""
        starts = range(0, len(self), TOKENS_AT_ONCE)
        return [slice(start, start + TOKENS_AT_ONCE) for start in starts]

    @cached_property
    def documents(self) -> list[str]:
        """The documents, in order."""
        return list(dict.fromkeys(page.doc_id for page in self.page_infos))

    @cached_property
    def document_of_page(self) -> np.ndarray:
        """(P,) int32: the number in `documents` of each page's document."""
        numbers = {doc_id: n for n, doc_id in enumerate(self.documents)}
        return np.array([numbers[page.doc_id] for page in self.page_infos], np.int32)

    @cached_property
    def document_pages(self) -> np.ndarray:
        """(D + 1,) the first page of each document, and the number of pages."""
        numbers = np.arange(len(self.documents) + 1, dtype=np.int32)
        return np.searchsorted(self.document_of_page, numbers)

    @cached_property
    def languages(self) -> list[str]:
        """The languages of the pages."""
        return sorted({page.language for page in self.page_infos})

    @cached_property
    def language_of_page(self) -> np.ndarray:
        """(P,) uint16: the number in `languages` of each page's language."""
        numbers = {language: n for n, language in enumerate(self.languages)}
        found = [numbers[page.language] for page in self.page_infos]
        return np.array(found, np.uint16)

    @cached_property
    def qualities(self) -> np.ndarray:
        """(P,) the quality of each page, 0 to 1; NaN if unknown."""
        known = (page.quality for page in self.page_infos)
        return np.array([np.nan if each is None else each for each in known], float)

    @cached_property
    def calibrated_pages(self) -> np.ndarray:
        """(P,) bool: whether the confidences on each page are calibrated."""
        return np.array([page.calibrated for page in self.page_infos], bool)

    @cached_property
    def page_numbers(self) -> np.ndarray:
        """(P,) int64: the number of each page in its document."""
        return np.array([page.page_num for page in self.page_infos], np.int64)

    @cached_property
    def running(self) -> np.ndarray:
        """The number of running words, which are tokens with a letter, on each page."""
        return self.sum_by_page(self.by_form(self.vocabulary.lettered))

    @cached_property
    def page_starts(self) -> np.ndarray:
        """(P + 1,) where the tokens of each page begin, and the number of tokens."""
        numbers = np.arange(len(self.page_infos) + 1, dtype=np.uint32)
        return np.searchsorted(self.stored.pages, numbers)

    def by_page(self, values: np.ndarray, at: Positions = ALL) -> np.ndarray:
        """Return for tokens what `values`, (P,), has for their pages."""
        if isinstance(at, slice) and at.step is None:
            first, end, _ = at.indices(len(self))
            low, high = np.searchsorted(self.page_starts, [first + 1, end])
            starts = np.clip(self.page_starts[low - 1 : high + 1], first, end)
            return np.repeat(values[low - 1 : high], np.diff(starts))
        pages = _some(self.stored.pages, at)
        found: np.ndarray = looked_up(values, pages) if pages.ndim else values[pages]
        return found

    def by_form(self, values: np.ndarray, at: Positions = ALL) -> np.ndarray:
        """Return for tokens what `values` has for their forms.

        Parameters
        ----------
        values
            (V,) for each form, or (languages, V) if it depends on the page's language.
        """
        forms = _some(self.stored.forms, at)
        found: np.ndarray
        if values.ndim == 1:
            found = looked_up(values, forms) if forms.ndim else values[forms]
        else:
            found = values[self.by_page(self.language_of_page, at), forms]
        return found

    def indexed(self) -> FormPositions:
        """Return where each form occurs, from the stored index if there is one."""
        if self.form_positions is not None:
            return self.form_positions
        return FormPositions.of(self.stored.forms, len(self.vocabulary))

    def with_forms(self, forms: np.ndarray) -> np.ndarray:
        """Return where any of some forms occurs, rising.

        Without a stored index all tokens are looked at, which takes less than an index.
        """
        if self.form_positions is not None:
            return self.form_positions.of_forms(forms)
        wanted = np.zeros(len(self.vocabulary), bool)
        wanted[forms] = True
        return np.flatnonzero(self.by_form(wanted))

    def forms(self, at: Positions = ALL) -> np.ndarray:
        """Return the numbers of tokens in the vocabulary."""
        return self.stored.forms[at]

    def spelled(self, at: Positions = ALL) -> list[str]:
        """Return tokens as spelled."""
        return [self.vocabulary[form] for form in self.stored.forms[at].tolist()]

    def confs(self, at: Positions = ALL) -> np.ndarray:
        """Return the confidences of the tokens' words, 0 to 100."""
        return self.stored.confs[at]

    def words(self, at: Positions = ALL) -> TokenWords:
        """Return the words on their pages that tokens are, and the breaks before."""
        return TokenWords(self.stored.words[at])

    def page(self, at: int) -> PageInfo:
        """Return the page of a token."""
        return self.page_infos[self.stored.pages[at]]

    def count_by_page(
        self, at: Positions, weights: np.ndarray | None = None
    ) -> np.ndarray:
        """Return for each page the number of tokens, or the sum of their weights."""
        return np.bincount(self.stored.pages[at], weights, len(self.page_infos))

    def sum_by_page(self, values: np.ndarray) -> np.ndarray:
        """Return for each page the sum of a whole number of each token, (N,)."""
        sums = np.zeros(len(self.page_infos), np.int64)
        page = 0
        while page < len(sums):  # some pages at a time
            start = self.page_starts[page]
            end = int(np.searchsorted(self.page_starts, start + TOKENS_AT_ONCE)) - 1
            end = max(page + 1, end)
            edges = self.page_starts[page : end + 1]
            sums_before = np.cumsum(values[edges[0] : edges[-1]], dtype=np.int64)
            sums[page:end] = np.diff(np.append(0, sums_before)[edges - edges[0]])
            page = end
        return sums

    def document_range(self, at: int) -> tuple[int, int]:
        """Return the first position of a token's document, and that after its last."""
        document = self.by_page(self.document_of_page, at)
        first, end = self.document_starts[document : document + 2].tolist()
        return first, end

    @cached_property
    def document_starts(self) -> np.ndarray:
        """The position of each document's first token, and the number of tokens."""
        pages = self.document_pages.astype(np.uint32)
        return np.searchsorted(self.stored.pages, pages)

    def counted_by_document(self) -> DocumentCounts:
        """Count the forms of each document."""
        starts, parts = [0], []
        for document in range(len(self.documents)):
            parts.append(self.counts_of_document(document))
            starts.append(starts[-1] + len(parts[-1][0]))
        none = np.empty(0, np.uint32), np.empty(0, np.int32)
        forms, counts = map(np.concatenate, zip(none, *parts, strict=True))
        if len(parts) > PAGES_AT_ONCE:
            parts.clear()
            return_freed_memory()
        edges = np.array(starts)
        return DocumentCounts(edges, forms, counts, self._spread(edges, forms))

    def _spread(self, starts: np.ndarray, forms: np.ndarray) -> np.ndarray:
        """Return what `DocumentCounts.spread` is, of its starts and forms."""
        lower = self.vocabulary.lower
        often = np.bincount(lower)
        found = np.zeros(len(often), np.int32)
        ends = starts[1:] - starts[0]
        for low, high in pairwise(bounded(ends, TOKENS_AT_ONCE)):
            edges = starts[low : high + 1]
            words = looked_up(lower, forms[edges[0] : edges[-1]])
            ones = np.ones(len(words), np.int32)
            part = DocumentWords(low, words, ones, edges - edges[0])
            words = part.joined(often > 1).words
            found += np.bincount(words, minlength=len(found)).astype(np.int32)
        return found

    def counts_of_document(self, document: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the forms of a document, as numbers that rise, and their counts."""
        first, end = self.document_starts[document : document + 2].tolist()
        forms, counts = np.unique(self.stored.forms[first:end], return_counts=True)
        return forms, counts.astype(np.int32)

    def breaks(self, within: str) -> np.ndarray:
        """Return the positions, rising, of the tokens before which the text breaks.

        Text breaks between documents, at running heads, and as `within` says: text,
        paragraph or sentence.
        """
        firsts = self.document_starts

        def breaks_in(part: slice) -> np.ndarray:
            first = max(0, part.start - 1)
            words = self.words(slice(first, part.stop))
            there, outer = words.after_break(within), words.outer
            there[1:] |= outer[1:] != outer[:-1]
            return np.flatnonzero(there) + first

        found = [firsts[(firsts > 0) & (firsts < len(self))]]
        found += in_threads(breaks_in, self.parts)
        return np.unique(np.concatenate(found)).astype(np.int32)

    @property
    def without_heads(self) -> "Tokens":
        """The same without running heads, so that the text continues across pages."""
        return self if self._text is None else self._text

    @cached_property
    def _text(self) -> "Tokens | None":
        """The same without running heads; None if there are none.

        What refers to itself is kept in memory longer than it is needed.
        """
        if self.text_only is not None:
            return self.text_only
        outer = self.words().outer
        if not outer.any():
            return None
        stored = TokenColumns(*(column[~outer] for column in self.stored))
        return replace(self, stored=stored, document_counts=None, form_positions=None)


def _some(column: np.ndarray, at: Positions) -> np.ndarray:
    """Return the rows of a column."""
    if isinstance(at, np.ndarray) and at.ndim and at.dtype != bool:
        return looked_up(column, at)
    return column[at]
