"""Differences: two readings of one page, word by word."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from ocr_core.page import Word


@dataclass(frozen=True)
class TextDifference:
    """A span of two readings whose words are equal, or differ.

    `kind` is ``equal``, ``replace``, ``delete`` (only in the first) or ``insert``
    (only in the second).
    """

    kind: str
    first: tuple[Word, ...]
    second: tuple[Word, ...]


def word_changes(first: Sequence[Word], second: Sequence[Word]) -> list[TextDifference]:
    """Align two readings word by word (Ratcliff and Obershelp's matching blocks)."""
    matcher = SequenceMatcher(
        None, [w.text for w in first], [w.text for w in second], autojunk=False
    )
    return [
        TextDifference(kind, tuple(first[a:b]), tuple(second[c:d]))
        for kind, a, b, c, d in matcher.get_opcodes()
    ]
