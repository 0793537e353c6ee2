"""Segmentation: the words of scripts that put no space between words.

ICU divides Chinese and Japanese by the costs of the words in its dictionary, and Thai,
Lao, Khmer and Burmese by the longest words in theirs. Where the package icu4py is
missing, text in these scripts is not divided. Where SudachiPy and its small dictionary
are installed, Japanese is divided by them into short units (mode A), which are more
often the words of dictionaries.

Source: Unicode Standard Annex 29, section 4; ICU User Guide, Boundary Analysis.
"""

from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from importlib.metadata import version
from threading import Lock

from ocr_core.messages import Message

JAPANESE = "jpn"
MAX_JAPANESE = 10_000  # characters of a text for SudachiPy, which takes 49,149 bytes
MISSING = Message(
    "Chinese, Japanese, Thai, Lao, Khmer and Burmese text is not divided into words, "
    "because icu4py is missing. Install it: pip install icu4py"
)


@cache
def _word_breaker() -> Callable[[str, str], Iterator[str]] | None:
    try:
        breaker: Callable[[str, str], Iterator[str]] = import_module(
            "icu4py.breakers"
        ).WordBreaker
    except ImportError:
        return None
    return breaker


@cache
def _japanese_breaker() -> tuple[Callable[[str], list[str]], str] | None:
    """Return SudachiPy and its name with versions; None where it is missing."""
    try:
        package = import_module("sudachipy")
        dictionary = package.Dictionary(dict="small")
    except Exception:  # SudachiPy raises its own errors where the dictionary is missing
        return None
    tokenizer = dictionary.tokenizer(mode=package.SplitMode.A)
    lock = Lock()  # it serves one thread at a time

    def words(text: str) -> list[str]:
        with lock:
            return [each.surface() for each in tokenizer.tokenize(text)]

    names = ("sudachipy", "sudachidict-small")
    return words, ", ".join(f"{each} {version(each)}" for each in names)


@cache
def segmenter() -> str:
    """Return the names and versions of the segmenters; empty if there is none."""
    if _word_breaker() is None:
        return ""
    used = f"ICU {import_module('icu4py').icu_version}, icu4py {version('icu4py')}"
    japanese = _japanese_breaker()
    return f"{used}; for Japanese {japanese[1]}" if japanese else used


def segments(text: str, language: str = "") -> list[str]:
    """Divide a text into words and what is between them; joined they are the text.

    Parameters
    ----------
    text
        Text of a script without spaces.
    language
        Tesseract's codes, joined by +.
    """
    breaker, japanese = _word_breaker(), None
    if JAPANESE in language and breaker and len(text) <= MAX_JAPANESE:
        japanese = _japanese_breaker()
    if japanese:
        return japanese[0](text)
    # The root locale: ICU has one word dictionary for each script.
    return [text] if breaker is None else list(breaker(text, ""))
