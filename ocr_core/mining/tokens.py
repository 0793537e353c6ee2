"""Tokens: a corpus as columns of the tokens that `tokenizer` finds.

A word that was broken at the end of a line, column or page is one token if its joined
form is a word. The flags of each token say whether the text breaks before it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import regex

from ocr_core.mining.layout import BREAKS, text_breaks
from ocr_core.page import PageResult, Word, lines_of
from ocr_core.scripts import UNSPACED
from ocr_core.text.context import Context
from ocr_core.text.line_ends import WordCounts, join_pieces
from ocr_core.tokenizer import HAS_LETTER, SYMBOL, split

WORD_INDEX_MASK = (1 << 20) - 1  # bits of the word's index on its page
EXTRA_WORDS_SHIFT = 24  # position of the number of further words in the token, 0 to 7
MAX_EXTRA_WORDS = 7
OUTER = 1 << 30  # part of a running head, or a page number
JOINED = 1 << 31  # continues at the start of the next line
GROUP = regex.compile(r"[^\p{L}\p{N}]*\p{Nd}{1,3}")
GROUP_MORE = regex.compile(r"\p{Nd}{3}")
GROUP_LAST = regex.compile(r"\p{Nd}{3}(?:[.,]\p{Nd}+)?[^\p{L}\p{N}]*")
MAX_DIGIT_SPACE = 0.8  # of a digit's height, inside a number; columns are farther apart


@dataclass(frozen=True)
class PageInfo:
    """A page of a corpus, without its tokens."""

    doc_id: str
    page_num: int
    language: str
    quality: float | None
    reading: int = 0


class LemmaTable(NamedTuple):
    """Forms as numbers and as spelled, and their lemmas, as parallel sequences."""

    forms: np.ndarray
    words: list[str]
    lemmas: list[str]


@dataclass(frozen=True, eq=False)
class Tokens:
    """A corpus as columns, one row per token in reading order, page after page.

    Parameters
    ----------
    forms
        (N,) uint32: the token's number in `vocabulary`.
    pages
        (N,) uint32: the index in `page_infos` of its page.
    words
        (N,) uint32: the index of its word on the page from 0, among those the engine
        read (`WORD_INDEX_MASK`), the number of further words in the token
        (`EXTRA_WORDS_SHIFT`), and the flags above.
    confs
        (N,) uint8: the word's confidence, 0 to 100.
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
    """

    forms: np.ndarray
    pages: np.ndarray
    words: np.ndarray
    confs: np.ndarray
    vocabulary: Sequence[str]
    page_infos: Sequence[PageInfo]
    metadata: dict[str, dict[str, str]] = field(default_factory=dict)
    stop_lists: dict[str, frozenset[str]] = field(default_factory=dict)
    misread: dict[str, str] = field(default_factory=dict)
    lemma_tables: dict[str, LemmaTable] = field(
        default_factory=dict, init=False, repr=False
    )

    def __len__(self) -> int:
        return len(self.forms)

    @cached_property
    def lengths(self) -> np.ndarray:
        """How many characters each form has."""
        return np.fromiter(map(len, self.vocabulary), np.int32, len(self.vocabulary))

    @cached_property
    def lettered(self) -> np.ndarray:
        """Whether each form has a letter."""
        found = (
            form.isalpha() or bool(HAS_LETTER.search(form)) for form in self.vocabulary
        )
        return np.fromiter(found, bool, len(self.vocabulary))

    @cached_property
    def running(self) -> np.ndarray:
        """The number of running words, which are tokens with a letter, on each page."""
        words = self.pages[self.lettered[self.forms]] if len(self) else self.pages
        return np.bincount(words, minlength=len(self.page_infos))

    @cached_property
    def symbols(self) -> np.ndarray:
        """Whether each form is a sign of currency, percent or paragraph."""
        found = (bool(SYMBOL.fullmatch(form)) for form in self.vocabulary)
        return np.fromiter(found, bool, len(self.vocabulary))

    @cached_property
    def unspaced(self) -> np.ndarray:
        """Whether each form is in a script without spaces between words."""
        found = (
            not form.isascii() and bool(UNSPACED.search(form))
            for form in self.vocabulary
        )
        return np.fromiter(found, bool, len(self.vocabulary))

    @cached_property
    def without_heads(self) -> "Tokens":
        """The same without running heads, so that the text continues across pages."""
        kept = self.words & OUTER == 0
        if kept.all():
            return self
        body = replace(
            self,
            **{
                name: getattr(self, name)[kept]
                for name in ("forms", "pages", "words", "confs")
            },
        )
        object.__setattr__(body, "lemma_tables", self.lemma_tables)
        return body


@dataclass(frozen=True, eq=False)
class PageTokens:
    """The tokens of one page: forms as text, words and confidences as in `Tokens`."""

    forms: list[str]
    words: np.ndarray
    confs: np.ndarray


class RunningWord(NamedTuple):
    """A word of the running text, from one or more rows of words."""

    page: int
    row: int
    text: str
    conf: float
    flags: int
    read: str


def document_tokens(
    pages: Sequence[PageResult],
    context: Context,
    indices: Sequence[Sequence[int]] | None = None,
) -> list[PageTokens]:
    """Cut pages of one document into tokens.

    Parameters
    ----------
    pages
        In order; a word may continue on the next page.
    context
        The running heads of the whole document, and the words near it.
    indices
        For each page, the index of each word among those the engine read; by default,
        its index on the page.
    """
    outer = [set(context.outer_lines(page)) for page in pages]
    cut: list[tuple[list[str], list[int], list[int]]] = [([], [], []) for _ in pages]
    waiting = 0  # breaks before words without tokens apply to the next token
    for word in running_words(pages, outer, context.words):
        forms, found, confs = cut[word.page]
        flags = word.flags
        if not flags & OUTER:
            flags, waiting = flags | waiting, 0
        index = indices[word.page][word.row] if indices else word.row
        conf = max(0, min(100, round(word.conf)))
        for form in split(word.text, pages[word.page].language):
            forms.append(form)
            found.append(index | flags)
            confs.append(conf)
            flags &= ~BREAKS
        waiting |= flags & BREAKS
    return [
        PageTokens(forms, np.array(found, np.uint32), np.array(confs, np.uint8))
        for forms, found, confs in cut
    ]


def running_words(
    pages: Sequence[PageResult], outer: Sequence[set[int]], words: WordCounts
) -> Iterator[RunningWord]:
    """Yield the words of each page, broken words joined."""
    breaks = text_breaks(pages, outer)
    tails = _tails(pages, outer)
    taken: set[tuple[int, int]] = set()
    for page, result in enumerate(pages):
        groups = _number_groups(result.rows)
        line_of = [line for line, row in enumerate(lines_of(result.rows)) for _ in row]
        for n, row in enumerate(result.rows):
            if (page, n) in taken:
                continue
            text, conf, flags = row.text, row.conf, breaks[page].get(n, 0)
            read = text
            here = page, n
            while tail := tails.get(here):
                after = pages[tail[0]].rows[tail[1]]
                whole = join_pieces(text, after.text, result.language, words)
                if whole is None:
                    break
                text, conf, flags = whole, min(conf, after.conf), flags | JOINED
                taken.add(tail)
                read += f" {after.text}"
                here = tail
            if n in groups:
                parts = result.rows[n : n + groups[n]]
                text = "".join(part.text for part in parts)
                read = " ".join(part.text for part in parts)
                conf = min(part.conf for part in parts)
                flags |= groups[n] - 1 << EXTRA_WORDS_SHIFT
                taken.update((page, n + more) for more in range(groups[n]))
            if line_of[n] in outer[page]:
                flags |= OUTER
            yield RunningWord(page, n, text, conf, flags, read)


def _tails(
    pages: Sequence[PageResult], outer: Sequence[set[int]]
) -> dict[tuple[int, int], tuple[int, int]]:
    """Return for the last word of each line the next word, both as page and row."""
    ends: list[tuple[int, int, int, int]] = []  # page, line, first row, last row
    for page, result in enumerate(pages):
        row = 0
        for line, words in enumerate(lines_of(result.rows)):
            if line not in outer[page]:
                ends.append((page, line, row, row + len(words) - 1))
            row += len(words)
    return {
        (page, last): (other, first)
        for (page, line, _, last), (other, after, first, _) in pairwise(ends)
        if (page == other and after == line + 1)
        or (page != other and pages[other].ref.number == pages[page].ref.number + 1)
    }


def _number_groups(rows: Sequence[Word]) -> dict[int, int]:
    """Return the starts of numbers with spaces between thousands, and their lengths."""
    groups: dict[int, int] = {}
    start = 0
    while start < len(rows):
        length = 1
        if rows[start].text[-1:].isdigit() and GROUP.fullmatch(rows[start].text):
            length = _group_length(rows, start)
        if length > 1:
            groups[start] = length
        start += length
    return groups


def _group_length(rows: Sequence[Word], start: int) -> int:
    length = 1
    for left, row in pairwise(rows[start:]):
        near = row.left - (left.left + left.width) <= MAX_DIGIT_SPACE * left.height
        if row[:3] != left[:3] or not near or not GROUP_LAST.fullmatch(row.text):
            break
        length += 1
        if not GROUP_MORE.fullmatch(row.text):
            break
    return length if length <= MAX_EXTRA_WORDS + 1 else 1


def columns(
    page_infos: Sequence[PageInfo],
    forms: Sequence[np.ndarray],
    words: Sequence[np.ndarray],
    confs: Sequence[np.ndarray],
    vocabulary: Sequence[str],
) -> Tokens:
    """Concatenate the arrays of pages to columns."""
    lengths = [len(each) for each in forms]

    def joined(parts: Sequence[np.ndarray], kind: type) -> np.ndarray:
        return np.concatenate(parts) if parts else np.empty(0, kind)

    return Tokens(
        joined(forms, np.uint32),
        np.repeat(np.arange(len(page_infos), dtype=np.uint32), lengths),
        joined(words, np.uint32),
        joined(confs, np.uint8),
        vocabulary,
        page_infos,
    )
