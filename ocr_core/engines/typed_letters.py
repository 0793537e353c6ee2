"""Typed letters: characters that Tesseract's models write for others that look alike.

Their training texts had them: micro signs in Greek, colons in Armenian. Searches for
what is printed would miss them. Sources: the Unicode Standard, chapters 7, 16 and 19.
"""

import re
import unicodedata
from collections.abc import Sequence

from ocr_core.page import Word

GREEK, ARMENIAN = "[\u0370-\u03ff\u1f00-\u1fff]", "[\u0531-\u0587]"
# What a model writes, and what is meant. Thai and Lao AM are one character, not a mark,
# perhaps a tone mark, and AA. Two Ethiopic word spaces are a full stop. A zero width
# non-joiner has no effect after the Tamil pulli or at the end of a word.
TYPED = [
    ("\u0e4d([\u0e48-\u0e4b]?)\u0e32", "\\1\u0e33"),
    ("\u0ecd([\u0ec8-\u0ecb]?)\u0eb2", "\\1\u0eb3"),
    (f"\u00b5(?={GREEK})|(?<={GREEK})\u00b5", "\u03bc"),
    (f"(?<={ARMENIAN}):", "\u0589"),
    (f"(?<={ARMENIAN})`", "\u055d"),
    ("\u1361\u1361", "\u1362"),
    ("(?<=\u0bcd)\u200c|\u200c(?!\\w)", ""),
]
RULES = [(re.compile(pattern), meant) for pattern, meant in TYPED]
# In Greek with breathings every first vowel has one. Without them, the accents are one.
BREATHINGS = "\u0313\u0314"
ACCENTS = str.maketrans("\u0300\u0342", "\u0301\u0301", BREATHINGS)
MARKS = "[\u0300-\u036f]*"
FIRST_VOWEL = re.compile(
    f"^[\u00ab(]*[αεηιουω]{MARKS}([\u03b9\u03c5]{MARKS})?", re.IGNORECASE
)
LEAST_VOWELS = 5  # words with a first vowel that show whether breathings are printed


def typed(text: str) -> str:
    """Return a text with the characters that are meant."""
    if text.isascii():
        return text
    for pattern, meant in RULES:
        text = pattern.sub(meant, text)
    return text


def without_breathings(words: Sequence[Word]) -> list[Word]:
    """Return the words of a Greek page, in today's spelling if it is printed so.

    On small or blurred print the model writes breathings and accents of the spelling
    before 1982 on some words.
    """
    parts = [unicodedata.normalize("NFD", word.text) for word in words]
    starts = [found.group() for part in parts if (found := FIRST_VOWEL.match(part))]
    breathed = sum(any(mark in start for mark in BREATHINGS) for start in starts)
    if len(starts) < LEAST_VOWELS or breathed * 2 > len(starts):
        return list(words)
    texts = [unicodedata.normalize("NFC", part.translate(ACCENTS)) for part in parts]
    return [
        word._replace(text=text) if re.search(GREEK, word.text) else word
        for word, text in zip(words, texts, strict=True)
    ]
