"""Tokenizer: splits text into tokens for counting, search and exports.

The rule follows Unicode's (UAX 29) and is the same for all languages. A token begins
with a letter or digit and continues with letters, digits and combining marks, and with
single hyphens and apostrophes between them: anak-anak, Nord-Süd-Linie, don't and हिन्दी
are one token each. Other single tokens are numbers with their separators (1,234.50;
12:30; 1 234 567, kept as 1234567), abbreviations with full stops (U.S.A.; e.g.), AT&T,
and e-mail addresses. French words are split after an elision: l'eau is l' and eau.
Currency, percent and paragraph signs are separate tokens. In scripts without spaces
between words, `segmentation` divides what is between two separators into words.

Long s and ligatures are replaced by modern letters, composed (NFC).
"""

import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

import regex

from ocr_core.scripts import UNSPACED, UNSPACED_LETTERS
from ocr_core.segmentation import segmenter, segments

VERSION = 6  # of this rule: tokens made by another version are made again
LONG_S = "\N{LATIN SMALL LETTER LONG S}"
OLD_LETTER = regex.compile(f"[{LONG_S}\ufb00-\ufb06]")  # ﬀ ﬁ ﬂ ﬃ ﬄ ﬅ ﬆ
# Soft hyphens, direction marks and word joiners: Unicode's rule ignores them.
PASSED_OVER = regex.compile("[\xad\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
APOSTROPHES = "'\u2019\u2018\xb4"
HYPHENS = "-\u2010\u2011"
ALIKE = str.maketrans(
    dict.fromkeys(APOSTROPHES[1:], "'") | dict.fromkeys(HYPHENS[1:], "-")
)
FIRST = r"[\p{L}\p{N}]"
# ZWNJ and ZWJ; Armenian marks over a vowel; the Hebrew geresh.
INNER = r"[\p{L}\p{M}\p{N}\u200c\u200d\u055b\u055c\u055e\u05f3]"
# paral·lel; צה"ל
JOINER = (
    rf"(?:[{HYPHENS}{APOSTROPHES}]|(?<=[lL])·(?=[lL])"
    r'|(?<=[\p{Hebrew}\p{M}])["\u05f4](?=\p{Hebrew}))'
)
END = rf"(?![{INNER}--[{UNSPACED_LETTERS}]]|_)"  # 1,234円
SPACE = "[ \xa0\u2009\u202f]"
GROUPED = (
    rf"(?<!\p{{Nd}}{SPACE}|[\p{{Nd}}.,:/])\p{{Nd}}{{1,3}}(?:{SPACE}\p{{Nd}}{{3}})+"
)
LETTER = rf"[\p{{L}}--[{UNSPACED_LETTERS}]]\p{{M}}*+"
TOKEN = regex.compile(
    rf"(?P<grouped>{GROUPED}(?:[.,]\p{{Nd}}+)?{END}(?!{SPACE}\p{{Nd}}))"
    rf"|\p{{Nd}}++(?:[.,:/\u066b\u066c]\p{{Nd}}++)+{END}"
    r"|(?P<mail>[\p{L}\p{N}][\p{L}\p{N}._%+-]{0,63}@(?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}{2,63})"
    rf"|(?P<dotted>{LETTER}(?:\.{LETTER})+{END}\.?)"
    rf"|\p{{Lu}}{{1,4}}(?:&\p{{Lu}}{{1,4}})+{END}"
    r"|[\p{Sc}%‰§¶]"
    rf"|{FIRST}{INNER}*+(?:{JOINER}{FIRST}{INNER}*+)*+",
    regex.V1,
)
PLAIN = regex.compile(r"[A-Za-z]+[,.;:!?]?")  # fast path: most words
DIGIT_GROUPS = regex.compile(rf"{GROUPED}{END}", regex.V1)
ELISION = regex.compile(
    r"(?i)((?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu)')(?=[\p{L}\p{N}])"
)
SYMBOL = regex.compile(r"[\p{Sc}%‰§¶]")
HAS_LETTER = regex.compile(r"\p{L}")
# Digits and letters of other scripts are no part of a word without spaces.
ONE_KIND = regex.compile(
    rf"(?:[{UNSPACED_LETTERS}--\p{{Nd}}]\p{{M}}*)+|[^{UNSPACED_LETTERS}--\p{{Nd}}]+",
    regex.V1,
)
ABJAD = regex.compile(r"[\p{Hebrew}\p{Arabic}\p{Syriac}]")
POINTS = regex.compile(r"[\p{Mn}\u0640]")  # and the kashida, which lengthens a line
WORD_PART = regex.compile(rf"(?s){FIRST}.*")
PART = regex.compile(rf"{INNER}+")
TURKIC = {"tur", "aze"}


class Piece(NamedTuple):
    """A token, and its position in the text as `respelled`."""

    form: str
    start: int
    end: int


def split(text: str, language: str = "") -> list[str]:
    """Return the tokens of a text by the rule above.

    Parameters
    ----------
    text
        Any text.
    language
        Tesseract's codes, joined by +; if they include fra, elisions are split. Text
        without spaces is divided by the rules of jpn, if they include it.
    """
    return [piece.form for piece in pieces(text, language)]


def rule_of(forms: Iterable[str]) -> int | str:
    """Return the version of the rules that made tokens, and their segmenter if any."""
    if any(not form.isascii() and UNSPACED.search(form) for form in forms):
        return segmented_rule()
    return VERSION


def segmented_rule() -> str:
    """Return the version of the rules for text in scripts without spaces."""
    return f"{VERSION}, {segmenter() or 'no segmenter'}"


def find_pieces(text: str, language: str = "") -> tuple[Piece, ...]:
    """Return the tokens of a text, with their positions in it as `respelled`."""
    if PLAIN.fullmatch(text):
        end = len(text) - (not text[-1].isalpha())
        return (Piece(text[:end], 0, end),)
    found = [_piece(each) for each in TOKEN.finditer(respelled(text))]
    if not text.isascii() and UNSPACED.search(text):
        found = [part for piece in found for part in _segmented(piece, language)]
    if "fra" not in language.split("+"):
        return tuple(found)
    return tuple(part for piece in found for part in _split_elisions(piece))


pieces = lru_cache(maxsize=100_000)(find_pieces)  # words recur


def _segmented(piece: Piece, language: str) -> Iterator[Piece]:
    """Yield the words of a token, if its script puts no space between them."""
    if not UNSPACED.search(piece.form):
        yield piece
        return
    end = piece.start
    for part in ONE_KIND.findall(piece.form):
        for segment in segments(part, language):
            end += len(segment)
            if word := WORD_PART.search(segment):
                yield Piece(word[0], end - len(word[0]), end)


def _piece(found: "regex.Match[str]") -> Piece:
    form = found[0].translate(ALIKE)
    if found["grouped"]:
        form = regex.sub(SPACE, "", form)
    elif found["dotted"]:
        form = form.rstrip(".") + "."  # U.S.A and U.S.A. are one token
    return Piece(form, found.start(), found.end())


def _split_elisions(piece: Piece) -> Iterator[Piece]:
    form, first, end = piece
    start = 0
    while elided := ELISION.match(form, start):
        yield Piece(elided[1], first + start, first + elided.end())
        start = elided.end()
    yield Piece(form[start:], first + start, end)


def respelled(text: str) -> str:
    """Return a text in modern spelling, without invisible characters."""
    return text if text.isascii() else PASSED_OVER.sub("", normalize_spelling(text))


def normalize_spelling(text: str, *, compose: bool = True) -> str:
    """Return text with long s and ligatures replaced, and composed letters (NFC)."""
    if text.isascii():
        return text
    plain = OLD_LETTER.sub(lambda old: unicodedata.normalize("NFKC", old[0]), text)
    return unicodedata.normalize("NFC", plain) if compose else plain


def unpointed(form: str) -> str:
    """Return a word of Hebrew, Arabic or Syriac as its letters alone."""
    return form if form.isascii() or not ABJAD.search(form) else POINTS.sub("", form)


def unaccented(text: str) -> str:
    """Return a text without accents."""
    return "".join(
        each
        for each in unicodedata.normalize("NFD", text)
        if not unicodedata.combining(each)
    )


def lowered(form: str, language: str = "", *, sharp_s: bool = False) -> str:
    """Return a word form in lower case, by the rules of its language.

    In Turkish and Azeri I is the capital of ı, and İ of i. Sigma becomes ς at the end
    of a word and σ elsewhere. `sharp_s` replaces ß by ss.
    """
    if form.isascii() and language[:3] not in TURKIC:
        return form.lower()
    if language.partition("+")[0] in TURKIC:
        form = form.replace("I", "ı").replace("İ", "i")
    small = form.lower()
    if "σ" in small or "ς" in small:
        small = regex.sub(r"σ\b", "ς", small.replace("ς", "σ"))
    return small.replace("ß", "ss") if sharp_s else small
