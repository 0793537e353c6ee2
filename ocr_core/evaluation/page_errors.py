"""Page errors: the words of a page that differ from its ground truth."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ocr_core.page import Word, gaps_before
from ocr_core.text.evaluate import (
    AlignedSpan,
    Normalization,
    aligned,
    characters_of,
    confusions,
    normalize,
)


@dataclass(frozen=True)
class AlignedWords:
    """Words of the ground truth aligned with words of the reading.

    `kind` is that of an `AlignedSpan`. `indexes` are those of the page's words; if
    none was read there, the index of the word before.
    """

    kind: str
    truth: tuple[str, ...]
    read: tuple[str, ...]
    indexes: tuple[int, ...]


def aligned_words(
    truth: str, rows: Sequence[Word], rules: Normalization
) -> list[AlignedWords]:
    """Align the ground truth of a page with its words.

    Of a passage in which as many words were read as it has, each is aligned with one.
    """
    true_words = normalize(truth, rules).split()
    read, indexes = _tokens(rows, rules)
    found = []
    for span in _word_by_word(aligned(true_words, read)):
        inside = indexes[span.read_start : span.read_end]
        if not inside:
            inside = indexes[max(0, span.read_start - 1) : span.read_start]
        found.append(
            AlignedWords(
                span.kind,
                tuple(true_words[span.start : span.end]),
                tuple(read[span.read_start : span.read_end]),
                tuple(index for group in inside for index in group),
            )
        )
    return found


def _word_by_word(spans: Iterable[AlignedSpan]) -> Iterator[AlignedSpan]:
    for kind, start, end, read_start, read_end in spans:
        count = end - start
        if kind != "replace" or read_end - read_start != count:
            yield AlignedSpan(kind, start, end, read_start, read_end)
            continue
        for n in range(count):
            places = start + n, start + n + 1, read_start + n, read_start + n + 1
            yield AlignedSpan(kind, *places)


def confusion_examples(
    words: Sequence[AlignedWords], rules: Normalization
) -> dict[tuple[str, str], AlignedWords]:
    """Return for each confusion the first words on the page that have it."""
    found: dict[tuple[str, str], AlignedWords] = {}
    for each in words:
        if each.kind != "equal" and each.indexes:
            sides = (
                characters_of(" ".join(side), rules) for side in (each.truth, each.read)
            )
            for confusion in confusions(*sides):
                found.setdefault(confusion, each)
    return found


def _tokens(
    rows: Sequence[Word], rules: Normalization
) -> tuple[list[str], list[list[int]]]:
    """Return the tokens between white space, and the word indexes of each token."""
    texts: list[str] = []
    indexes: list[list[int]] = []
    for index, (word, gap) in enumerate(zip(rows, gaps_before(rows), strict=True)):
        if gap or not texts:
            texts.append(word.text)
            indexes.append([index])
        else:
            texts[-1] += word.text
            indexes[-1].append(index)
    tokens = [
        (part, group)
        for text, group in zip(texts, indexes, strict=True)
        for part in normalize(text, rules).split()
    ]
    return [part for part, _ in tokens], [group for _, group in tokens]
