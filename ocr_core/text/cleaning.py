"""Cleaning: line ends joined, running heads dropped, old letters spelled as today.

Every change is listed with its position and both spellings, and can be undone alone or
with the others, so the raw text is never lost. Changes of one page never overlap;
their positions count characters of the raw text.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple

import regex

from ocr_core.page import PageResult, Word, gaps_before, lines_of
from ocr_core.text.quality import LEXICONS, unmarked
from ocr_core.text.running_heads import Neighbour, OuterKind, outer_lines
from ocr_core.tokenizer import LONG_S, OLD_LETTER, normalize_spelling

Mode = Literal["off", "suggest", "on"]
LineEnd = Literal["broken", "compound", "apart"]
Kind = OuterKind | Literal["hyphen", "ligature", "long s", "composed"]
RUN = re.compile(r"\S+")
LETTERS = r"\p{L}[\p{L}\p{M}\u200c\u200d]*(?:['’]\p{L}[\p{L}\p{M}\u200c\u200d]*)*"
LINE_END = regex.compile(  # at most 80 characters: engines read rulers as long runs
    rf"(?=.{{2,80}}\Z).*?(?P<head>{LETTERS}(?:-{LETTERS})*)(?P<hyphen>[-\u2010\xad¬⸗])",
    regex.DOTALL,
)
LINE_START = regex.compile(rf"(?P<tail>{LETTERS}).*", regex.DOTALL)
HYPHENED = regex.compile(rf"-{LETTERS}")
SUSPENDED = {"und", "oder"}  # Haupt- und Nebenstraßen
CONJUNCTIONS = set("and or et ou en of og och eller y dan atau".split())  # pre- and
# These prefixes are written with or without a hyphen, so the text stays as it was read,
# unless the closed form is a long-established word (present, midnight).
PREFIXES = set("non pre post anti semi ex pro quasi pseudo neo mid nicht".split())
# Two of these make a compound of equals: süß-sauer, schwarz-weiß.
EQUALS = set(
    "süß sauer bitter salzig schwarz weiß rot grün blau gelb grau braun "
    "nord süd ost west north south east est ouest sud".split()
)
DOUBLING = {"ind", "msa"}  # languages that double words with affixes too
MIN_DOUBLED = 4  # letters
VOWELS = re.compile("[aeiou]")
ATTESTED = 2  # occurrences; a single one may be a word whose hyphen was not read


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
    words: Counter[str] | None = None,
    series: Sequence[Neighbour] = (),
) -> list[Cleaned]:
    """Clean the pages of one document; a word broken over two pages stays broken.

    Parameters
    ----------
    pages
        In order; heads and numbers are found by comparing neighbouring pages.
    mode
        off: the raw text; suggest: the raw text with a list of changes; on: changed.
    words
        What `vocabulary` counted in the corpus; by default, in these pages.
    series
        Neighbouring documents, whose running heads are compared.
    """
    if mode == "off":
        return [Cleaned(page.text, page.text) for page in pages]
    words = vocabulary(pages) if words is None else words
    cleaned = []
    for page, dropped in zip(pages, outer_lines(pages, series), strict=True):
        changes = tuple(sorted(_changes(page, dropped, words), key=lambda c: c.start))
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


def vocabulary(pages: Iterable[PageResult]) -> Counter[str]:
    """Count the lower-cased words of pages, except at hyphenated line ends."""
    words: Counter[str] = Counter()
    for page in pages:
        broken = False
        for line in lines_of(page.rows):
            texts = [row.text for row in line]
            ends = bool(LINE_END.fullmatch(texts[-1]))
            whole = texts[1 if broken else 0 : len(texts) - ends]
            words.update(_spelled(unmarked(text)) for text in whole)
            broken = ends
    return words


def is_joined(
    head: str, tail: str, language: str = "", words: Counter[str] | None = None
) -> bool:
    """Return whether a word was hyphenated at a line end, so its hyphen may go."""
    return line_end(head, tail, language, words) == "broken"


def line_end(
    head: str, tail: str, language: str = "", words: Counter[str] | None = None
) -> LineEnd:
    """Classify a hyphen at a line end.

    The word was broken if the joined form is a word of the corpus or of a lexicon and
    the hyphenated form is not. A compound is a word that is written with a hyphen, such
    as anak-anak, Nord-Süd and well-known.

    Parameters
    ----------
    head, tail
        The letters before the hyphen, which may contain other hyphens, and the letters
        at the start of the next line.
    language
        Tesseract's codes, joined by +.
    words
        What `vocabulary` counted.
    """
    words = Counter() if words is None else words
    lexicons = tuple(LEXICONS[code] for code in language.split("+") if code in LEXICONS)
    capital, shouted = tail[0].isupper(), head.isupper() and tail[1:].isupper()
    whole, tail = _spelled(head), _spelled(tail)
    compound, _, head = whole.rpartition("-")
    hyphened = f"{whole}-{tail}"
    if tail in SUSPENDED:
        return "apart"
    if tail.startswith(head) or {head, tail} <= EQUALS:
        return "compound" if len(head) > 1 else "apart"
    if DOUBLING & set(language.split("+")) and _is_doubled(head, tail):
        return "compound"
    if capital and not shouted:
        return "compound" if words[hyphened] else "apart"
    if compound and (
        len(head) == 1  # aime-t-elle
        or words[hyphened]
        or _in_lexicon(hyphened, lexicons)
        or (_in_lexicon(head, lexicons) and _in_lexicon(tail, lexicons))
    ):
        return "compound"  # day-to-day: to-day alone would mislead
    return _of_two(head, tail, words, lexicons)


def _is_doubled(head: str, tail: str) -> bool:
    """Return whether one word is the other again, with affixes or another sound.

    bersama-sama, tolong-menolong, sayur-mayur, bolak-balik (Sneddon and others 2010,
    "Indonesian: a comprehensive grammar", on reduplication).
    """
    if min(len(head), len(tail)) < MIN_DOUBLED:
        return False
    affixed = head.endswith(tail) or tail.endswith(head[1:])  # t- is lost after men-
    sounds = VOWELS.sub("", head), VOWELS.sub("", tail)
    alike = sounds[0] == sounds[1] and len(sounds[0]) > 2
    return affixed or (len(head) == len(tail) and alike)


def _of_two(
    head: str, tail: str, words: Counter[str], lexicons: tuple[str, ...]
) -> LineEnd:
    # The broken word may have a clitic before or after it: l'in-stant.
    forms = {(head, tail), (re.split("['’]", head)[-1], tail)}
    forms |= {(front, re.split("['’]", tail)[0]) for front, _ in forms}
    if not all(front and back for front, back in forms):
        return "apart"
    hyphened = max(words[f"{front}-{back}"] for front, back in forms)
    closed = max(words[front + back] for front, back in forms)
    if hyphened or closed >= ATTESTED:
        return "broken" if closed > hyphened else "compound"
    if (
        head in PREFIXES
        and _in_lexicon(tail, lexicons)
        and not _is_inflected(head + tail, lexicons)
    ):
        return "apart" if tail in CONJUNCTIONS else "compound"
    if any(_in_lexicon(f"{front}-{back}", lexicons) for front, back in forms):
        return "compound"
    if any(_in_lexicon(front + back, lexicons) for front, back in forms):
        return "broken"
    return "apart"


def _is_inflected(word: str, lexicons: tuple[str, ...]) -> bool:
    """Return whether a word is inflected in a lexicon: presents, but not prewars."""
    inflected = [word + ending for ending in ("s", "es")]
    if "fr" in lexicons:  # proposer, proposent; proposait is a form of another word
        inflected.append(f"{word[:-1]}nt")
    return any(_in_lexicon(form, lexicons) for form in inflected) or (
        "fr" in lexicons and _lemma(word, "fr") != word
    )


def join_pieces(
    text: str, after: str, language: str, words: Counter[str]
) -> str | None:
    """Return the word that a line end split in two; None if these are two words.

    Parameters
    ----------
    text, after
        The last word of a line, with its hyphen, and the first of the next.
    language, words
        As for `line_end`.
    """
    end = LINE_END.fullmatch(text)
    start = LINE_START.fullmatch(after)
    if not end or not start:
        return None
    found = line_end(end["head"], start["tail"], language, words)
    if found == "apart" and HYPHENED.match(after, start.end("tail")):
        found = "compound"  # mother-, in-law
    if found == "apart":
        return None
    return text[: end.start("hyphen")] + "-" * (found == "compound") + after


def _changes(
    page: PageResult, dropped: dict[int, OuterKind], words: Counter[str]
) -> Iterator[Change]:
    tokens = [token for token in _tokens(page) if token.line not in dropped]
    yield from _drops(page, dropped)
    for token in tokens:
        for change in _letter_changes(token.row.text):
            yield _at(page, token, *change)
    for token, after, hyphen in _broken(tokens, page.language, words):
        before = page.text[token.start + hyphen : after.start]
        yield _at(page, token, "hyphen", hyphen, before, "")


def _broken(
    tokens: Sequence[Token], language: str, words: Counter[str]
) -> Iterator[tuple[Token, Token, int]]:
    """Yield the two pieces of each broken word, and the offset of the hyphen."""
    for token, after in pairwise(tokens):
        if after.line != token.line + 1:  # the text may go on in another column
            continue
        end = LINE_END.fullmatch(token.row.text)
        start = LINE_START.fullmatch(after.row.text)
        if end and start and is_joined(end["head"], start["tail"], language, words):
            yield token, after, end.start("hyphen")


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


def _drops(page: PageResult, dropped: dict[int, OuterKind]) -> Iterator[Change]:
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


def _spelled(text: str) -> str:
    return normalize_spelling(text).replace("’", "'").lower()


@lru_cache(maxsize=10_000)
def _lemma(word: str, lexicon: str) -> str:
    import simplemma

    return str(simplemma.lemmatize(word, lang=lexicon))


@lru_cache(maxsize=50_000)
def _in_lexicon(word: str, lexicons: tuple[str, ...]) -> bool:
    import simplemma  # loading a lexicon takes 0.1 to 2 s, once per process

    return any(simplemma.is_known(word, lang=lexicon) for lexicon in lexicons)
