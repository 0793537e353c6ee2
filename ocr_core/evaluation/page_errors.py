"""Page errors: the words of a page that differ from its ground truth."""

from collections.abc import Sequence
from dataclasses import dataclass

from ocr_core.page import Word, gaps_before
from ocr_core.text.evaluate import Normalization, aligned, normalize


@dataclass(frozen=True)
class AlignedWords:
    """Words of the ground truth aligned with words of the reading.

    `kind` is that of an `AlignedSpan`. `places` are the indexes of the page's words; if
    none was read there, the index of the word before.
    """

    kind: str
    truth: tuple[str, ...]
    read: tuple[str, ...]
    places: tuple[int, ...]


def aligned_words(
    truth: str, rows: Sequence[Word], rules: Normalization
) -> list[AlignedWords]:
    """Align the ground truth of a page with its words."""
    true_words = normalize(truth, rules).split()
    read, places = _tokens(rows, rules)
    found = []
    for span in aligned(true_words, read):
        inside = places[span.read_start : span.read_end]
        if not inside:
            inside = places[max(0, span.read_start - 1) : span.read_start]
        found.append(
            AlignedWords(
                span.kind,
                tuple(true_words[span.start : span.end]),
                tuple(read[span.read_start : span.read_end]),
                tuple(place for group in inside for place in group),
            )
        )
    return found


def _tokens(
    rows: Sequence[Word], rules: Normalization
) -> tuple[list[str], list[list[int]]]:
    """Return the tokens between white space, and the word indexes of each token."""
    texts: list[str] = []
    places: list[list[int]] = []
    for place, (word, gap) in enumerate(zip(rows, gaps_before(rows), strict=True)):
        if gap or not texts:
            texts.append(word.text)
            places.append([place])
        else:
            texts[-1] += word.text
            places[-1].append(place)
    tokens = [
        (part, group)
        for text, group in zip(texts, places, strict=True)
        for part in normalize(text, rules).split()
    ]
    return [part for part, _ in tokens], [group for _, group in tokens]
