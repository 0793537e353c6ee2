"""Word vote: two readings of a page become one, word by word.

One reading, the base, gives the lines and their order. A word of the other belongs to
the line of the base that it lies on. Where both read the same ink differently, the
words that are likelier to be right are taken.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from ocr_core.page import Word, box_corners
from ocr_core.scripts import is_unspaced
from ocr_core.text.quality import word_chances

PointMap = Callable[[np.ndarray], np.ndarray]
LEAD = 0.5  # log-odds by which words of the other reading must be likelier
LIKELY = 0.7  # chance of being right at which a word that the base lacks is added
ON_LINE = 0.5  # heights that a word may lie above or below the middle of its line
OVERLAP = 0.3  # of the narrower word: words that share more are the same ink
SAME_WIDTH = 0.7  # of what it would replace; a word that is narrower lacks letters


@dataclass(frozen=True, eq=False)
class _Vote:
    """A word, its box on the level page and its chance of being right."""

    word: Word
    left: float
    right: float
    middle: float
    height: float
    chance: float

    def is_same_ink(self, other: "_Vote") -> bool:
        shared = min(self.right, other.right) - max(self.left, other.left)
        narrower = min(self.right - self.left, other.right - other.left)
        return shared > OVERLAP * narrower


def voted(
    base: Sequence[Word], other: Sequence[Word], language: str, level: PointMap
) -> tuple[Word, ...]:
    """Return the words of two readings, the likelier where they differ.

    Both are in pixels of the page as scanned; `level` takes (..., 2) points of it to a
    page on which lines run level. Order and numbers of lines are those of `base`.
    """
    if not base or any(is_unspaced(word.text[0]) for word in (*base, *other)):
        return tuple(base)  # no spaces part the words that would be compared
    votes = _votes(base, language, level)
    lines = [list(line) for _, line in groupby(votes, key=lambda vote: vote.word[:3])]
    beside = _by_line(lines, _votes(other, language, level))
    return tuple(
        word
        for line, others in zip(lines, beside, strict=True)
        for word in _numbered(line[0].word, _line_voted(line, others))
    )


def _votes(words: Sequence[Word], language: str, level: PointMap) -> list[_Vote]:
    x, y = np.moveaxis(level(box_corners(words)[..., :2]), -1, 0)
    chances, _ = word_chances(words, language)
    columns = x.min(axis=1), x.max(axis=1), y.mean(axis=1), np.ptp(y, axis=1), chances
    boxes = np.stack(columns, axis=1).tolist()
    return [_Vote(word, *box) for word, box in zip(words, boxes, strict=True)]


def _by_line(lines: list[list[_Vote]], votes: list[_Vote]) -> list[list[_Vote]]:
    """Return for each line the words of the other reading that lie on it."""
    found: list[list[_Vote]] = [[] for _ in lines]
    left = np.array([min(vote.left for vote in line) for line in lines])
    right = np.array([max(vote.right for vote in line) for line in lines])
    middle = np.array([np.median([vote.middle for vote in line]) for line in lines])
    height = np.array([np.median([vote.height for vote in line]) for line in lines])
    for vote in votes:
        x = (vote.left + vote.right) / 2
        away = np.abs(middle - vote.middle) / height
        away[(x < left) | (x > right)] = np.inf
        nearest = int(away.argmin())
        if away[nearest] <= ON_LINE:
            found[nearest].append(vote)
    return found


def _line_voted(line: list[_Vote], others: list[_Vote]) -> Iterator[Word]:
    """Yield the words of a line, as they run along it."""
    pieces: list[tuple[list[_Vote], list[_Vote]]] = [([vote], []) for vote in line]
    for vote in others:
        same = [
            piece
            for piece in pieces
            if any(vote.is_same_ink(each) for each in piece[0])
        ]
        joined = (
            [each for piece in same for each in piece[0]],
            [*(each for piece in same for each in piece[1]), vote],
        )
        pieces = [piece for piece in pieces if piece not in same] + [joined]
    for mine, theirs in sorted(pieces, key=lambda piece: _start(*piece)):
        chosen = theirs if _are_likelier(theirs, mine) else mine
        yield from (vote.word for vote in sorted(chosen, key=lambda vote: vote.left))


def _start(mine: list[_Vote], theirs: list[_Vote]) -> float:
    return min(vote.left for vote in mine or theirs)


def _are_likelier(theirs: list[_Vote], mine: list[_Vote]) -> bool:
    """Tell whether words of the other reading stand in for those of the base."""
    if not theirs or not mine:
        return bool(theirs) and min(vote.chance for vote in theirs) >= LIKELY
    if [vote.word.text for vote in theirs] == [vote.word.text for vote in mine]:
        return False
    if _width(theirs) < SAME_WIDTH * _width(mine):
        return False
    return _log_odds(theirs) > _log_odds(mine) + LEAD


def _width(votes: list[_Vote]) -> float:
    return max(vote.right for vote in votes) - min(vote.left for vote in votes)


def _log_odds(votes: list[_Vote]) -> float:
    """Return the log-odds of the mean chance of words, long ones counting more."""
    weights = [len(vote.word.text) for vote in votes]
    mean = float(np.average([vote.chance for vote in votes], weights=weights))
    return float(np.log(mean / (1 - mean)))


def _numbered(first: Word, words: Iterator[Word]) -> Iterator[Word]:
    """Yield the words of a line with its numbers."""
    for word_num, word in enumerate(words, start=1):
        yield word._replace(
            block_num=first.block_num,
            par_num=first.par_num,
            line_num=first.line_num,
            word_num=word_num,
        )
