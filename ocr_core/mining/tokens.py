"""Tokens: a corpus as columns of what `tokenizer` takes for words.

A word that was broken at the end of a line, column or page is one token where its
joined form is a word. Each token knows whether the text stops before it.
"""

from collections import Counter
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
from ocr_core.text.cleaning import mended
from ocr_core.text.running_heads import Neighbour, outer_lines
from ocr_core.tokenizer import HAS_LETTER, SYMBOL, split

PLACE = (1 << 20) - 1  # of the word on its page
MORE = 24  # bits up: how many words more the token takes, 0 to 7
MOST_MORE = 7
OUTER = 1 << 30  # in a running head, or a page number
JOINED = 1 << 31  # goes on at the start of the next line
LINE_END = "-\u2010\u2011\xad¬⸗"
GROUP = regex.compile(r"[^\p{L}\p{N}]*\p{Nd}{1,3}")
GROUP_MORE = regex.compile(r"\p{Nd}{3}")
GROUP_LAST = regex.compile(r"\p{Nd}{3}(?:[.,]\p{Nd}+)?[^\p{L}\p{N}]*")
WIDEST_SPACE = 0.8  # of a digit's height, inside a number: columns stand farther apart


@dataclass(frozen=True)
class PageInfo:
    """A page of a corpus, without its tokens."""

    doc_id: str
    page_num: int
    language: str
    quality: float | None
    reading: int = 0


class LemmaTable(NamedTuple):
    """Forms as numbers and as spelled, and what each is listed under, side by side."""

    forms: np.ndarray
    words: list[str]
    lemmas: list[str]


@dataclass(frozen=True, eq=False)
class Tokens:
    """A corpus as columns, one row a token in reading order, page after page.

    Parameters
    ----------
    forms
        (N,) uint32: which of `vocabulary` the token is.
    pages
        (N,) uint32: which of `leaves` it stands on.
    words
        (N,) uint32: its word's place on the page from 0, among those the engine read
        (`PLACE`), how many words more it takes (`MORE`), and the flags above.
    confs
        (N,) uint8: the word's confidence, 0 to 100.
    vocabulary
        The forms, as spelled.
    leaves
        The pages, documents in order.
    metadata
        For each column, what documents have there, by doc_id.
    stop_lists
        The user's own stop words, by language; under "" those that count for all.
    misread
        Forms that were confirmed to be misread, and what they count as; small letters.
    listed
        The lemmas that were asked for, by language.
    """

    forms: np.ndarray
    pages: np.ndarray
    words: np.ndarray
    confs: np.ndarray
    vocabulary: Sequence[str]
    leaves: Sequence[PageInfo]
    metadata: dict[str, dict[str, str]] = field(default_factory=dict)
    stop_lists: dict[str, frozenset[str]] = field(default_factory=dict)
    misread: dict[str, str] = field(default_factory=dict)
    listed: dict[str, LemmaTable] = field(default_factory=dict, init=False, repr=False)

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
        """How many running words each page has: tokens with a letter."""
        words = self.pages[self.lettered[self.forms]] if len(self) else self.pages
        return np.bincount(words, minlength=len(self.leaves))

    @cached_property
    def symbols(self) -> np.ndarray:
        """Whether each form is a sign of currency, percent or paragraph."""
        found = (bool(SYMBOL.fullmatch(form)) for form in self.vocabulary)
        return np.fromiter(found, bool, len(self.vocabulary))

    @cached_property
    def unspaced(self) -> np.ndarray:
        """Whether each form is a run of a script that puts no space between words."""
        found = (
            not form.isascii() and bool(UNSPACED.search(form))
            for form in self.vocabulary
        )
        return np.fromiter(found, bool, len(self.vocabulary))

    @cached_property
    def without_heads(self) -> "Tokens":
        """The same without running heads, so that the text goes on over pages."""
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
        object.__setattr__(body, "listed", self.listed)  # the same lemmas
        return body


@dataclass(frozen=True, eq=False)
class PageTokens:
    """The tokens of one page: forms as text, places and confidences as in `Tokens`."""

    forms: list[str]
    words: np.ndarray
    confs: np.ndarray


class RunningWord(NamedTuple):
    """A word of the running text: a row, or several that make one."""

    page: int
    row: int
    text: str
    conf: float
    flags: int
    read: str


def document_tokens(
    pages: Sequence[PageResult],
    words: Counter[str],
    places: Sequence[Sequence[int]] | None = None,
    series: Sequence[Neighbour] = (),
) -> list[PageTokens]:
    """Cut the pages of one document into tokens.

    Parameters
    ----------
    pages
        In their order: running heads show only where pages stand side by side.
    words
        What `cleaning.vocabulary` counted, in these pages or in the corpus.
    places
        For each page, the place of each word among those the engine read; left out,
        words count as they stand.
    series
        The documents beside this one, whose running heads are compared.
    """
    outer = outer_sets(pages, series)
    cut: list[tuple[list[str], list[int], list[int]]] = [([], [], []) for _ in pages]
    waiting = 0  # what begins with words that hold no token begins with the next
    for word in running_words(pages, outer, words):
        forms, found, confs = cut[word.page]
        flags = word.flags
        if not flags & OUTER:
            flags, waiting = flags | waiting, 0
        place = places[word.page][word.row] if places else word.row
        conf = max(0, min(100, round(word.conf)))
        for form in split(word.text, pages[word.page].language):
            forms.append(form)
            found.append(place | flags)
            confs.append(conf)
            flags &= ~BREAKS
        waiting |= flags & BREAKS
    return [
        PageTokens(forms, np.array(found, np.uint32), np.array(confs, np.uint8))
        for forms, found, confs in cut
    ]


def outer_sets(
    pages: Sequence[PageResult], series: Sequence[Neighbour] = ()
) -> list[set[int]]:
    """Return for each page the lines that are running heads and page numbers."""
    return [set(each) for each in outer_lines(pages, series)]


def running_words(
    pages: Sequence[PageResult], outer: Sequence[set[int]], words: Counter[str]
) -> Iterator[RunningWord]:
    """Yield the words of each page, the pieces of one put together."""
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
            while (tail := tails.get(here)) and text[-1:] in LINE_END:
                after = pages[tail[0]].rows[tail[1]]
                whole = mended(text, after.text, result.language, words)
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
                flags |= groups[n] - 1 << MORE
                taken.update((page, n + more) for more in range(groups[n]))
            if line_of[n] in outer[page]:
                flags |= OUTER
            yield RunningWord(page, n, text, conf, flags, read)


def _tails(
    pages: Sequence[PageResult], outer: Sequence[set[int]]
) -> dict[tuple[int, int], tuple[int, int]]:
    """Return the word that follows the last of each line, both as page and row."""
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
    """Return where numbers stand that are parted into thousands, and their lengths."""
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
        near = row.left - (left.left + left.width) <= WIDEST_SPACE * left.height
        if row[:3] != left[:3] or not near or not GROUP_LAST.fullmatch(row.text):
            break
        length += 1
        if not GROUP_MORE.fullmatch(row.text):
            break
    return length if length <= MOST_MORE + 1 else 1


def columns(
    leaves: Sequence[PageInfo],
    forms: Sequence[np.ndarray],
    words: Sequence[np.ndarray],
    confs: Sequence[np.ndarray],
    vocabulary: Sequence[str],
) -> Tokens:
    """Make columns of each page's arrays."""
    lengths = [len(each) for each in forms]

    def joined(parts: Sequence[np.ndarray], kind: type) -> np.ndarray:
        return np.concatenate(parts) if parts else np.empty(0, kind)

    return Tokens(
        joined(forms, np.uint32),
        np.repeat(np.arange(len(leaves), dtype=np.uint32), lengths),
        joined(words, np.uint32),
        joined(confs, np.uint8),
        vocabulary,
        leaves,
    )
