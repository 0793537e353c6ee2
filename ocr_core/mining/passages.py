"""Passages: the text around tokens, as printed, with its punctuation."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import islice, pairwise
from typing import NamedTuple

from ocr_core.mining.tokens import Tokens
from ocr_core.page import Word
from ocr_core.scripts import UNSPACED, joined_terms
from ocr_core.text.line_ends import HYPHENS, MISREAD_HYPHENS
from ocr_core.tokenizer import pieces, respelled, split

Printed = Callable[[int], Sequence[Word]]  # the words of a reading; "" if struck out
MAX_PIECES = 3  # of a broken word, after the first
AT_LINE_ENDS = f"{HYPHENS}{MISREAD_HYPHENS}\u2011"  # inside a broken word
CACHED_PAGES = 16  # whose words are kept for the next passages


class PrintedWord(NamedTuple):
    """The tokens of one word, from `first` on, and its printed text."""

    first: int
    spans: list[tuple[int, int]]
    text: str
    space: bool


class Passages:
    """The text around tokens.

    Parameters
    ----------
    tokens
        Of the corpus.
    printed
        Returns the words of a reading; without it, tokens are shown alone.
    """

    def __init__(self, tokens: Tokens, printed: Printed | None = None) -> None:
        self.tokens = tokens
        self.printed = printed and lru_cache(maxsize=CACHED_PAGES)(printed)

    def around(self, start: int, first: int, last: int, stop: int) -> list[str]:
        """Return the text of three ranges of tokens, divided at `first` and `last`.

        Punctuation next to the middle range belongs to the ranges at its sides.
        """
        found = self._with_marks(start, first, last, stop)
        if found is not None:
            return found
        forms = self.tokens.spelled(slice(start, stop))
        cuts = [0, first - start, last - start, stop - start]
        return [joined_terms(forms[a:b]) for a, b in pairwise(cuts)]

    def _with_marks(
        self, start: int, first: int, last: int, stop: int
    ) -> list[str] | None:
        """Return the same with punctuation; None if the words have changed since."""
        text, at = "", start
        spans: dict[int, tuple[int, int]] = {}
        while at < stop:
            word = self._printed_word(at)
            if word is None:
                return None
            if at > start:
                text += self._between(at - 1, at) + " " * word.space
            for n, (left, right) in enumerate(word.spans, word.first):
                spans[n] = len(text) + left, len(text) + right
            text += word.text
            at = word.first + len(word.spans)
        # Of a word at an end of the passage, include only the tokens inside.
        low = spans[start][0] if start - 1 in spans else 0
        high = spans[stop - 1][1] if stop in spans else len(text)
        left, right = spans[first][0], spans[last - 1][1]
        parts = text[low:left], text[left:right], text[right:high]
        return [part.strip() for part in parts]

    def _printed_word(self, at: int) -> PrintedWord | None:
        """Return the word that contains a token, with all its tokens, as printed.

        Words of a script without spaces that share a row are one.
        """
        tokens = self.tokens
        first, last = at, at + 1
        while first and self._shares_row(first - 1, first):
            first -= 1
        while last < len(tokens) and self._shares_row(last - 1, last):
            last += 1
        page, words = tokens.page(at), tokens.words(first)
        rows = self.printed(page.reading) if self.printed else ()
        index, end = int(words.first), int(tokens.words(last - 1).last) + 1
        if end > len(rows):
            return None
        forms = tokens.spelled(slice(first, last))
        parts = [" " * row.space_before + row.text for row in rows[index:end]]
        text = respelled("".join(parts).lstrip())
        if words.hyphenated:
            text = join_broken(text, rows[index + 1 :], forms, page.language)
        spans = spans_of(text, forms, page.language)
        if not spans:
            return None
        return PrintedWord(first, spans, text, rows[index].space_before)

    def _shares_row(self, one: int, after: int) -> bool:
        """Return whether a token begins on the row on which the one before ends."""
        tokens = self.tokens
        same_page = tokens.page(one) == tokens.page(after)
        return same_page and bool(tokens.words(after).first <= tokens.words(one).last)

    def _between(self, before: int, after: int) -> str:
        """Return the words without tokens, as dashes, between two tokens of a page."""
        tokens = self.tokens
        page = tokens.page(after)
        if tokens.page(before) != page:
            return ""
        rows = self.printed(page.reading) if self.printed else ()
        low, high = (int(tokens.words(n).first) for n in (before, after))
        marks = [row for row in rows[low + 1 : high] if row.text]
        return "".join(
            f"{' ' * row.space_before}{row.text}"
            for row in marks
            if not split(row.text, page.language)
        )


def spans_of(text: str, forms: list[str], language: str) -> list[tuple[int, int]]:
    """Return where the tokens of a text are in it; empty if it has others."""
    found = pieces(text, language)
    if [piece.form for piece in found] == forms:
        return [(piece.start, piece.end) for piece in found]
    # Words of a script without spaces depend on the whole sentence.
    spans, end = [], 0
    for form in forms if UNSPACED.search(text) else ():
        start = text.find(form, end)
        if start < 0:
            return []
        end = start + len(form)
        spans.append((start, end))
    return spans


def join_broken(
    text: str, after: Sequence[Word], forms: list[str], language: str
) -> str:
    """Return a word broken over lines as it would be printed on one line."""
    tails = (respelled(row.text) for row in after if row.text)
    heads = [text.rstrip(AT_LINE_ENDS)]
    for tail in islice(tails, MAX_PIECES):
        heads = [head + join + tail for head in heads for join in ("", "-")]
        for whole in heads:
            if [piece.form for piece in pieces(whole, language)] == forms:
                return whole
        heads = [head.rstrip(AT_LINE_ENDS) for head in heads]
    return " ".join(forms)  # the rest is on the next page
