"""Tokens: what counts as a word, and a corpus as columns of them.

The rule, the same for all languages: a token begins with a letter or digit and goes on
through letters, digits, and single hyphens and apostrophes between them, so that
anak-anak, Nord-Süd-Linie and don't are one token each; digits go on through a full
stop, comma, colon or slash between them (1,234.50, 12:30). French words part after an
elision: l'eau is l' and eau. A word that was broken at a line's end is one token where
its joined form is a word. Long s and ligatures are spelled as today.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from ocr_core.page import PageResult, lines_of
from ocr_core.text.cleaning import joined_words, normalize_spelling, outer_lines

HAS_LETTER = re.compile(r"[^\W\d_]")
MARKS = "\u0300-\u036f"  # accents that stand apart from their letter
RUN = rf"[^\W_](?:[^\W_]|[{MARKS}])*"
TOKEN = re.compile(rf"\d+(?:[.,:/]\d+)+(?!\w)|{RUN}(?:[-'’\u2010]{RUN})*")
ELISION = re.compile(r"(?i)((?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu)['’])(?=\w)")
UNLIKE = str.maketrans({"’": "'", "\u2010": "-", "\xad": None})
PLACE = (1 << 24) - 1  # of the word on its page
JOINED = 1 << 31  # goes on at the start of the next line
OUTER = 1 << 30  # in a running head, or a page number


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
        (N,) uint32: its word's place on the page from 0, among those the engine read,
        with the flags `JOINED` and `OUTER`.
    confs
        (N,) uint8: the word's confidence, 0 to 100.
    vocabulary
        The forms, as spelled.
    leaves
        The pages, documents in order.
    metadata
        For each column, what documents have there, by doc_id.
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


@dataclass(frozen=True, eq=False)
class PageTokens:
    """The tokens of one page: forms as text, places and confidences as in `Tokens`."""

    forms: list[str]
    words: np.ndarray
    confs: np.ndarray


def split(text: str, language: str = "") -> list[str]:
    """Return the tokens of a text by the rule above, spelled as today.

    Parameters
    ----------
    text
        Anything; white space ends a token.
    language
        Tesseract's codes, joined by +; with fra among them elisions part.
    """
    plain = normalize_spelling(text).translate(UNLIKE)
    found = TOKEN.findall(plain)
    if "fra" not in language.split("+"):
        return found
    return [part for token in found for part in _parted(token)]


def _parted(token: str) -> Iterator[str]:
    start = 0
    while elided := ELISION.match(token, start):
        yield elided[1]
        start = elided.end()
    yield token[start:]


def document_tokens(
    pages: Sequence[PageResult],
    words: Counter[str],
    places: Sequence[Sequence[int]] | None = None,
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
    """
    outer = outer_lines(pages)
    return [
        _page_tokens(
            page, set(outer[n]), words, places[n] if places else range(len(page.rows))
        )
        for n, page in enumerate(pages)
    ]


def _page_tokens(
    page: PageResult, outer: set[int], words: Counter[str], places: Sequence[int]
) -> PageTokens:
    line_of = [line for line, row in enumerate(lines_of(page.rows)) for _ in row]
    joined = joined_words(page, words, outer)
    tails = set(joined.values())
    forms: list[str] = []
    found: list[int] = []
    confs: list[int] = []
    for n, row in enumerate(page.rows):
        if n in tails:
            continue
        text, conf, flags = row.text, row.conf, 0
        if n in joined:
            tail = page.rows[joined[n]]
            text = text.rstrip("-\u2010\xad¬⸗") + tail.text
            conf, flags = min(conf, tail.conf), JOINED
        if line_of[n] in outer:
            flags |= OUTER
        for form in split(text, page.language):
            forms.append(form)
            found.append(places[n] | flags)
            confs.append(max(0, min(100, round(conf))))
    return PageTokens(forms, np.array(found, np.uint32), np.array(confs, np.uint8))


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
