"""Page tokens: the pages of a document divided into tokens.

A word that was broken at the end of a line, column or page is one token if its joined
form is a word.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np
import regex

from ocr_core.mining.layout import text_breaks
from ocr_core.mining.token_words import (
    BREAKS,
    EXTRA_WORDS_SHIFT,
    HEADING,
    JOINED,
    MAX_EXTRA_WORDS,
    OUTER,
    SENTENCE,
)
from ocr_core.page import PageResult, Word, lines_of, text_of
from ocr_core.scripts import is_unspaced
from ocr_core.segmentation import segmenter
from ocr_core.text.context import Context
from ocr_core.text.line_ends import WordCounts, join_pieces
from ocr_core.tokenizer import find_pieces, pieces, respelled

GROUP = regex.compile(r"[^\p{L}\p{N}]*\p{Nd}{1,3}")
GROUP_MORE = regex.compile(r"\p{Nd}{3}")
GROUP_LAST = regex.compile(r"\p{Nd}{3}(?:[.,]\p{Nd}+)?[^\p{L}\p{N}]*")
MAX_CACHED = 40  # characters of a text whose tokens are kept
STOPS = regex.compile(
    r"(?V1)[\p{Sentence_Terminal}--\p{ASCII}--\uff0e]"
)  # inside a word
MAX_DIGIT_SPACE = 0.8  # of a digit's height, inside a number; columns are farther apart


@dataclass(frozen=True, eq=False)
class PageTokens:
    """The tokens of one page: forms, words as in `TokenWords`, confidences 0 to 100."""

    forms: list[str]
    words: np.ndarray
    confs: np.ndarray


class RunningWord(NamedTuple):
    """A word of the running text, from one or more rows of words.

    In scripts without spaces between words, it is a part of a sentence. `starts` are
    the positions in `text` at which its further rows on the page begin, and `confs`
    the confidences of all its rows.
    """

    page: int
    row: int
    text: str
    confs: tuple[float, ...]
    flags: int
    read: str
    starts: tuple[int, ...] = ()

    @property
    def conf(self) -> float:
        """The lowest confidence of its rows."""
        return self.confs[0] if len(self.confs) == 1 else min(self.confs)


class CutToken(NamedTuple):
    """A token of a running word.

    `start` and `end` are its position in the text as `respelled`; `row` is the first of
    its rows, and `more` the number of further ones.
    """

    form: str
    start: int
    end: int
    row: int
    more: int
    conf: float


def cut_word(word: RunningWord, language: str) -> Iterator[CutToken]:
    """Yield the tokens of a word, with the rows that each of them is on."""
    cut = pieces if len(word.text) <= MAX_CACHED else find_pieces
    found = cut(word.text, language)
    if not word.starts:
        row, conf = word.row, word.conf
        for form, start, end in found:
            yield CutToken(form, start, end, row, 0, conf)
        return
    for form, start, end in found:
        first, last = bisect_right(word.starts, start), bisect_left(word.starts, end)
        conf = min(word.confs[first : last + 1])
        yield CutToken(form, start, end, word.row + first, last - first, conf)


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
        done = 0
        for token in cut_word(word, pages[word.page].language):
            if done and STOPS.search(word.text, done, token.start):
                flags |= SENTENCE
            index = indices[word.page][token.row] if indices else token.row
            more = min(token.more, MAX_EXTRA_WORDS) << EXTRA_WORDS_SHIFT
            forms.append(token.form)
            found.append(index | more | flags)
            confs.append(max(0, min(100, round(token.conf))))
            flags &= ~BREAKS
            done = token.end
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
    no_starts: tuple[int, ...] = ()
    tails = _tails(pages, outer)
    taken: set[tuple[int, int]] = set()
    for page, result in enumerate(pages):
        rows = result.rows
        line_of = [line for line, row in enumerate(lines_of(rows)) for _ in row]
        heads = [line in outer[page] for line in line_of]
        groups = _number_groups(rows) | _unspaced_runs(rows, heads, breaks[page])
        for n, row in enumerate(rows):
            if (page, n) in taken:
                continue
            text, flags = row.text, breaks[page].get(n, 0)
            read, starts = text, no_starts
            confs: tuple[float, ...] = (row.conf,)
            here = page, n
            while (tail := tails.get(here)) and n not in groups:
                after = pages[tail[0]].rows[tail[1]]
                whole = join_pieces(text, after.text, result.language, words)
                if whole is None:
                    break
                text, flags = whole, flags | JOINED
                confs = (min(*confs, after.conf),)
                taken.add(tail)
                read += f" {after.text}"
                here = tail
            if n in groups:
                parts = rows[n : n + groups[n]]
                texts = [respelled(part.text) for part in parts]
                text = "".join(texts)
                starts = tuple(accumulate(map(len, texts)))[:-1]
                read = text_of(parts)
                confs = tuple(part.conf for part in parts)
                taken.update((page, n + more) for more in range(groups[n]))
            if heads[n]:
                flags |= OUTER
            yield RunningWord(page, n, text, confs, flags, read, starts)


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


def _unspaced_runs(
    rows: Sequence[Word], heads: Sequence[bool], breaks: Mapping[int, int]
) -> dict[int, int]:
    """Return the starts of text without spaces that has several rows, and how many.

    Engines divide such text at any place, so that words may be on two rows. A run ends
    with the sentence.
    """
    runs: dict[int, int] = {}
    start = end = 0
    for n in [n for n, row in enumerate(rows) if n and not row.space_before]:
        if (
            is_unspaced(rows[n - 1].text[-1:])
            and is_unspaced(rows[n].text[:1])
            and not breaks.get(n, 0) & BREAKS
            and not (breaks.get(n, 0) ^ breaks.get(n - 1, 0)) & HEADING
            and heads[n] == heads[n - 1]
        ):
            start = start if n == end else n - 1
            end = n + 1
            runs[start] = end - start
    return runs if segmenter() else {}


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
