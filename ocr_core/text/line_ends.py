"""Line ends: whether a word goes on in the next line, and whether its hyphen stays.

A word was broken if its joined form is a word of the texts nearby or of a lexicon.
Engines overlook faint hyphens or read them as other marks, so the same is asked of line
ends without one: there one of the two pieces must be no word by itself.
"""

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple, Protocol

import regex

from ocr_core.page import PageResult, lines_of
from ocr_core.text.lexicons import is_listed
from ocr_core.text.quality import LEXICONS, unmarked
from ocr_core.tokenizer import normalize_spelling

LineEnd = Literal["broken", "compound", "apart"]
LETTERS = r"\p{L}[\p{L}\p{M}\u200c\u200d]*(?:['’]\p{L}[\p{L}\p{M}\u200c\u200d]*)*"
HYPHENS = "-\u2010\xad¬⸗"
MISREAD_HYPHENS = ".,:~=_'’"  # marks that an engine reads instead
LINE_END = regex.compile(  # at most 80 characters: engines read rulers as long runs
    rf"(?=.{{2,80}}\Z).*?(?P<head>{LETTERS}(?:-{LETTERS})*)(?P<hyphen>[{HYPHENS}])",
    regex.DOTALL,
)
LINE_START = regex.compile(rf"(?P<tail>{LETTERS}).*", regex.DOTALL)
HYPHENED = regex.compile(rf"-{LETTERS}")
NO_HYPHEN = regex.compile(  # none, or one that was read as another mark
    rf"(?=.{{2,80}}\Z).*?(?P<head>{LETTERS})[{MISREAD_HYPHENS}]?", regex.DOTALL
)
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
ELIDED = regex.compile(r"\A\p{L}{1,2}'")  # l'in-, stant
DOUBLING = {"ind", "msa"}  # languages that double words with affixes too
MIN_DOUBLED = 4  # letters
VOWELS = re.compile("[aeiou]")
ATTESTED = 2  # occurrences; a single one may be a word whose hyphen was not read
MIN_PIECE = 2  # letters of either part of a word whose hyphen was not read
MIN_KNOWN = 3  # letters of a word of the lexicon beside such a part
MIN_RARE = 4  # letters of a word of the lexicon that may be such a part
RARE = 10  # times as frequent as that word is the joined form


class WordCounts(Protocol):
    """How often words occur nearby, such as a Counter; 0 for others."""

    def __getitem__(self, word: str, /) -> int:
        """Return the number of occurrences of a word in lower case."""


class Joint(NamedTuple):
    """Where a word goes on: the letters kept of its first part, and the hyphen."""

    end: int
    hyphen: bool


def vocabulary(pages: Iterable[PageResult]) -> Counter[str]:
    """Count the lower-cased words of pages, except at hyphenated line ends.

    A word that recorded OCR states to be broken there counts as attested.
    """
    words: Counter[str] = Counter()
    for page in pages:
        broken = False
        for line in lines_of(page.rows):
            texts = [row.text for row in line]
            ends = bool(LINE_END.fullmatch(texts[-1]))
            whole = texts[1 if broken else 0 : len(texts) - ends]
            words.update(_spelled(unmarked(text)) for text in whole)
            broken = ends
        for text in _stated(page):
            words[_spelled(unmarked(text))] += ATTESTED
    return words


def _stated(page: PageResult) -> list[str]:
    """Return the words that a file with recorded OCR states to be broken, joined."""
    joined = (each.measured.get("joined") for each in page.reports)
    return " ".join(each for each in joined if isinstance(each, str)).split()


def hyphenated(page: PageResult) -> dict[int, str]:
    """Return the words of a page that a hyphen breaks at a line end, in one piece.

    Each has the index of its first piece in the page's words; the next one is its
    second piece. Words of this page and lexicons decide.
    """
    last, ends = -1, []
    for line, after in pairwise(lines_of(page.rows)):
        last += len(line)
        if line[-1].text.endswith(tuple(HYPHENS)):
            ends.append((last, line[-1].text, after[0].text))
    words = vocabulary([page]) if ends else Counter()
    joined = (
        (index, join_pieces(text, after, page.language, words))
        for index, text, after in ends
    )
    return {index: unmarked(word) for index, word in joined if word}


def line_end(
    head: str, tail: str, language: str = "", words: WordCounts | None = None
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
    lexicons = _lexicons(language)
    capital, shouted = tail[0].isupper(), head.isupper() and tail[1:].isupper()
    named = head.rpartition("-")[2][0].isupper()
    whole, tail = _spelled(head), _spelled(tail)
    compound, _, head = whole.rpartition("-")
    hyphened = f"{whole}-{tail}"
    if tail in SUSPENDED:
        return "apart"
    if tail.startswith(head) or {head, tail} <= EQUALS:
        return "compound" if len(head) > 1 else "apart"
    if DOUBLING & set(language.split("+")) and _is_doubled(head, tail):
        return "compound"
    if capital and not shouted:  # a broken word goes on in small letters
        is_name = words[hyphened] or compound or named or head in PREFIXES
        return "compound" if is_name else "apart"
    if compound and not (named and _is_noun(head + tail, lexicons)):
        both = _in_lexicon(head, lexicons) and _in_lexicon(tail, lexicons)
        known = words[hyphened] or _in_lexicon(hyphened, lexicons)
        if both or known or len(head) == 1:  # aime-t-elle
            return "compound"  # day-to-day: to-day alone would mislead
    return _of_two(head, tail, words, lexicons)


def _is_noun(word: str, lexicons: tuple[str, ...]) -> bool:
    """Return whether a word after a hyphen may be a German noun: U-Bahnhof."""
    return "de" in lexicons and _in_lexicon(word, lexicons)


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
    head: str, tail: str, words: WordCounts, lexicons: tuple[str, ...]
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
    both = min(len(head), len(tail)) >= MIN_PIECE and tail not in CONJUNCTIONS
    if both and _in_lexicon(head, lexicons) and _in_lexicon(tail, lexicons):
        return "compound"  # peut-, être
    return "apart"


def _is_inflected(word: str, lexicons: tuple[str, ...]) -> bool:
    """Return whether a word is inflected in a lexicon: presents, but not prewars."""
    inflected = [word + ending for ending in ("s", "es")]
    if "fr" in lexicons:  # proposer, proposent; proposait is a form of another word
        inflected.append(f"{word[:-1]}nt")
    return any(_in_lexicon(form, lexicons) for form in inflected) or (
        "fr" in lexicons and _lemma(word, "fr") != word
    )


def join_pieces(text: str, after: str, language: str, words: WordCounts) -> str | None:
    """Return the word that a line end split in two; None if these are two words.

    Parameters
    ----------
    text, after
        The last word of a line, with its hyphen, and the first of the next.
    language, words
        As for `line_end`.
    """
    found = joint(text, after, language, words)
    return found and text[: found.end] + "-" * found.hyphen + after


def joint(text: str, after: str, language: str, words: WordCounts) -> Joint | None:
    """Return how the last word of a line goes on in the next; None if it does not."""
    start = LINE_START.fullmatch(after)
    if not start:
        return None
    end = LINE_END.fullmatch(text)
    if not end:
        end = NO_HYPHEN.fullmatch(text)
        tail = start["tail"] if not HYPHENED.match(after, start.end("tail")) else ""
        broken = end and _lacks_hyphen(end["head"], tail, language, words)
        return Joint(end.end("head"), hyphen=False) if end and broken else None
    found = line_end(end["head"], start["tail"], language, words)
    if found == "apart" and HYPHENED.match(after, start.end("tail")):
        found = "compound"  # mother-, in-law
    if found == "apart":
        return None
    return Joint(end.start("hyphen"), hyphen=found == "compound")


def _lacks_hyphen(head: str, tail: str, language: str, words: WordCounts) -> bool:
    """Return whether two pieces are one word and at least one is none by itself."""
    if not tail[:1].islower():
        return False
    head, tail = ELIDED.sub("", _spelled(head)), _spelled(tail)
    if min(len(head), len(tail)) < MIN_PIECE:
        return False
    lexicons = _lexicons(language)
    closed = words[head + tail]
    if closed < ATTESTED and not _in_lexicon(head + tail, lexicons):
        return False
    parts = 0
    for piece in (head, tail):
        alone = words[piece]
        rare = closed >= ATTESTED and alone <= max(1, closed // RARE)
        known = _in_lexicon(piece, lexicons)
        if known and len(piece) < MIN_KNOWN:
            return False  # er, faßte: the other may be a word that no lexicon has
        parts += (rare and len(piece) >= MIN_RARE) if known else alone <= max(1, closed)
    return parts > 0


def _lexicons(language: str) -> tuple[str, ...]:
    return tuple(LEXICONS[code] for code in language.split("+") if code in LEXICONS)


def _spelled(text: str) -> str:
    return normalize_spelling(text).replace("’", "'").lower()


@lru_cache(maxsize=10_000)
def _lemma(word: str, lexicon: str) -> str:
    import simplemma

    return str(simplemma.lemmatize(word, lang=lexicon))


@lru_cache(maxsize=50_000)
def _in_lexicon(word: str, lexicons: tuple[str, ...]) -> bool:
    return any(is_listed(word, lexicon) for lexicon in lexicons)
