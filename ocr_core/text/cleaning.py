"""Cleaning: line ends joined, running heads dropped, old letters spelled as today.

Every change is listed with its position and both spellings, and can be undone alone or
with the others, so the raw text is never lost. Changes of one page never overlap;
their positions count characters of the raw text.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

from ocr_core.page import PageResult, Word, gaps_before, lines_of
from ocr_core.text.context import Context, context_of, summary_of
from ocr_core.text.line_ends import WordCounts, joint
from ocr_core.text.running_heads import OuterKind
from ocr_core.tokenizer import LONG_S, OLD_LETTER, normalize_spelling

Mode = Literal["off", "suggest", "on"]
Kind = OuterKind | Literal["hyphen", "ligature", "long s", "composed"]
RUN = re.compile(r"\S+")


class Change(NamedTuple):
    """One change: its kind, its position, and the text before and after.

    `page` is the page's number; `line` counts from 1 on the page in reading order, and
    `word` from 1 on the line. `start` counts characters of the page's raw text.
    """

    kind: Kind
    page: int
    line: int
    word: int
    start: int
    before: str
    after: str


@dataclass(frozen=True)
class Cleaned:
    """A page's text, its text as it was read, and every change between the two.

    In mode "suggest" the changes are listed and none is made.
    """

    text: str
    text_raw: str
    changes: tuple[Change, ...] = ()


class Token(NamedTuple):
    """A word with its line, its index on the line, and its start in the raw text."""

    row: Word
    line: int
    word: int
    start: int


def clean(
    pages: Sequence[PageResult],
    mode: Mode = "on",
    context: Context | None = None,
) -> list[Cleaned]:
    """Clean the pages of one document; a word broken over two pages stays broken.

    Parameters
    ----------
    pages
        In order.
    mode
        off: the raw text; suggest: the raw text with a list of changes; on: changed.
    context
        The running heads of the whole document and the words near it, as from
        ``corpus.document_contexts()``; by default, those of these pages.
    """
    if mode == "off":
        return [Cleaned(page.text, page.text) for page in pages]
    context = context or context_of(summary_of(pages))
    cleaned = []
    for page in pages:
        found = _changes(page, context.outer_lines(page), context.words)
        changes = tuple(sorted(found, key=lambda change: change.start))
        text = apply(page.text, changes) if mode == "on" else page.text
        cleaned.append(Cleaned(text, page.text, changes))
    return cleaned


def apply(text_raw: str, changes: Iterable[Change]) -> str:
    """Apply some or all changes of a page to its raw text.

    Raises
    ------
    ValueError
        If the text differs from what a change expects.
    """
    parts, done = [], 0
    for change in sorted(changes, key=lambda change: change.start):
        end = change.start + len(change.before)
        if change.start < done or text_raw[change.start : end] != change.before:
            raise ValueError(f"The text does not read {change.before!r} there.")
        parts += [text_raw[done : change.start], change.after]
        done = end
    return "".join([*parts, text_raw[done:]])


def undo(text: str, changes: Iterable[Change]) -> str:
    """Return the raw text of a page, given exactly the changes made in it.

    Raises
    ------
    ValueError
        If the text differs from what a change expects.
    """
    back, shift = [], 0
    for change in sorted(changes, key=lambda change: change.start):
        start = change.start + shift
        back.append(
            change._replace(start=start, before=change.after, after=change.before)
        )
        shift += len(change.after) - len(change.before)
    return apply(text, back)


def _changes(
    page: PageResult, dropped: Mapping[int, OuterKind], words: WordCounts
) -> Iterator[Change]:
    tokens = [token for token in _tokens(page) if token.line not in dropped]
    yield from _drops(page, dropped)
    for token in tokens:
        for change in _letter_changes(token.row.text):
            yield _at(page, token, *change)
    for token, after in pairwise(tokens):
        if after.line != token.line + 1:  # the text may go on in another column
            continue
        found = joint(token.row.text, after.row.text, page.language, words)
        if found and not found.hyphen:
            before = page.text[token.start + found.end : after.start]
            yield _at(page, token, "hyphen", found.end, before, "")


def _at(
    page: PageResult, token: Token, kind: Kind, offset: int, before: str, after: str
) -> Change:
    position = (page.ref.number, token.line + 1, token.word + 1)
    return Change(kind, *position, token.start + offset, before, after)


def _tokens(page: PageResult) -> Iterator[Token]:
    """Yield each word with its start in the page's joined text."""
    start, gaps = 0, gaps_before(page.rows)
    for line, rows in enumerate(lines_of(page.rows)):
        for word, row in enumerate(rows):
            start += len(next(gaps))
            yield Token(row, line, word, start)
            start += len(row.text)


def _drops(page: PageResult, dropped: Mapping[int, OuterKind]) -> Iterator[Change]:
    """Yield changes that remove whole lines, each with an adjoining line break."""
    tokens = list(_tokens(page))
    first: dict[int, Token] = {}
    ends: dict[int, int] = {}
    for token in tokens:
        first.setdefault(token.line, token)
        ends[token.line] = token.start + len(token.row.text)
    kept = [line for line in first if line not in dropped]
    done = 0
    for line in sorted(dropped):
        if kept and line > kept[-1]:
            start, end = ends[line - 1], ends[line]
        else:
            start = first[line].start
            end = first[line + 1].start if line + 1 in first else ends[line]
        start = max(start, done)
        done = end
        token = first[line]
        before = page.text[start:end]
        yield _at(page, token, dropped[line], start - token.start, before, "")


def _letter_changes(text: str) -> Iterator[tuple[Kind, int, str, str]]:
    """Yield kind, offset, before and after of each outdated spelling."""
    for run in RUN.finditer(text):
        word, plain = run[0], normalize_spelling(run[0])
        if word == plain:
            continue
        if normalize_spelling(word, compose=False) != plain:  # combining marks
            yield "composed", run.start(), word, plain
            continue
        for old in OLD_LETTER.finditer(word):
            kind: Kind = "long s" if old[0] == LONG_S else "ligature"
            yield kind, run.start() + old.start(), old[0], normalize_spelling(old[0])
