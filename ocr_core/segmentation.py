"""Segmentation: the words of scripts that put no space between words.

ICU divides Chinese and Japanese by the costs of the words in its dictionary, and Thai,
Lao, Khmer and Burmese by the longest words in theirs. Where the package icu4py is
missing, text in these scripts is not divided.

Source: Unicode Standard Annex 29, section 4; ICU User Guide, Boundary Analysis.
"""

from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from importlib.metadata import version

from ocr_core.messages import Message

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
def segmenter() -> str:
    """Return the name and version of the segmenter; empty if there is none."""
    if _word_breaker() is None:
        return ""
    return f"ICU {import_module('icu4py').icu_version}, icu4py {version('icu4py')}"


def segments(text: str) -> list[str]:
    """Divide a text into words and what is between them; joined they are the text."""
    breaker = _word_breaker()
    # The root locale: ICU has one word dictionary for each script.
    return [text] if breaker is None else list(breaker(text, ""))
