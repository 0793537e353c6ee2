"""Numerals: the value of a page number, in the digits or letters of its script.

Decimal digits of all scripts; Roman, Chinese, Greek and Hebrew numerals.

Source: Unicode Standard, chapter 22.3, Numerals.
"""

import re
import unicodedata
from itertools import pairwise

import regex

from ocr_core.text.quality import unmarked

MAX_DIGITS = 4
ROMAN = re.compile(r"(?=.)m{0,3}(cm|cd|d?c{0,3})(xc|xl|l?x{0,3})(ix|iv|v?i{0,3})")
ROMANS = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}
CHINESE = re.compile("[〇零一二三四五六七八九十百廿卅]{1,6}")
LETTERED = regex.compile(r"\p{Greek}{1,4}|\p{Hebrew}{1,4}")
MARKS_OF_NUMERALS = regex.compile("[\u0374\u0375\u02b9'\u2019\u00b4\"\u05f3\u05f4]")
LETTERS = {  # their values are 1 to 9, 10 to 90, 100 and on
    "αβγδεϛζηθ": 1,
    "ικλμνξοπϟ": 10,
    "ρστυφχψω": 100,
    "אבגדהוזחט": 1,
    "יכלמנסעפצ": 10,
    "קרשת": 100,
}
VALUES = {
    letter: unit * n
    for letters, unit in LETTERS.items()
    for n, letter in enumerate(letters, 1)
} | {"ς": 6}


def page_number(text: str) -> int | None:
    """Return the number that a line consists of; None if it is no number."""
    core = unmarked(text).lower()
    if core.isdecimal() and len(core) <= MAX_DIGITS:
        return int(core)
    if ROMAN.fullmatch(core):
        return _roman(core)
    if CHINESE.fullmatch(core):
        return _chinese(core)
    letters = MARKS_OF_NUMERALS.sub("", core)
    return _lettered(letters) if LETTERED.fullmatch(letters) else None


def _roman(core: str) -> int:
    values = [ROMANS[letter] for letter in core]
    return sum(
        -value if value < after else value
        for value, after in zip(values, [*values[1:], 0], strict=True)
    )


def _chinese(core: str) -> int:
    """Return the value of 一百二十三, or of 一二三 with a digit for each place."""
    values = [int(unicodedata.numeric(letter)) for letter in core]
    if max(values) < 10:
        return int("".join(map(str, values)))
    total = digit = 0
    for value in values:
        if value in (10, 100):
            total, digit = total + max(1, digit) * value, 0
        elif value > 10:
            total += value
        else:
            digit = value
    return total + digit


def _lettered(core: str) -> int | None:
    """Return the sum of the letters' values, if these do not rise."""
    values = [VALUES.get(letter, 0) for letter in core]
    falls = all(value >= after for value, after in pairwise(values))
    return sum(values) if falls and all(values) else None
