"""Spacing: where white space separates words, and where a line continues in the next.

Engines split Chinese, Japanese and Thai into words that have no space between them on
the page, and Korean into pieces of words. White space is kept where the engine saw it;
in scripts that use spaces, pieces without a space between them become one word.
"""

import re
import statistics
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from ocr_core.engines.typed_letters import typed
from ocr_core.page import Word, lines_of
from ocr_core.scripts import PHRASED, is_unspaced, reads_left

# In multiples of the line height. A line that ends within `FULL` of the edge of its
# paragraph is full: a Thai word can be that long. In narrow paragraphs it ends within
# `FULL_SHARE` of their length: else all rows of a short list would be full. Gaps wider
# than `CELL_GAP` separate the cells of a table.
FULL, CELL_GAP = 4.0, 2.5
FULL_SHARE = 0.25
CLOSING = ("Po", "Pe", "Pf")  # categories of punctuation at the end of a line
NUMBER = re.compile(r"\d[\d.,/:]*")
LOOSE = 1.3  # times the usual line pitch: a paragraph begins
# In multiples of the line height: the pitch above which lines stand alone, as on a
# title page; how far the starts of centred lines differ at least, and their centres at
# most; and the length from which a centred line may be the first of a caption.
FAR, INDENT, OFF_CENTRE, LONG = 2.5, 0.75, 0.5, 15
# Verses, names and signs: the most characters of such lines, or the least share of
# them that end in punctuation, of two lines or more. A line of prose does by chance.
BRIEF, PUNCTUATED = 7, 0.75
# Characters this many times as far apart as usual on a line have a space between them
# that the recogniser missed. On 30 drawn and real pages all 40 such gaps are spaces or
# ends of leaders; an m beside a narrow letter is up to 2.5 times as far.
SPACE, MIN_STEPS = 3.2, 6


def spaces_in(text: str, words: Sequence[str]) -> list[bool] | None:
    """Return for each word whether the text has white space before it.

    None if the text does not contain these words in this order. Direction marks, which
    Tesseract puts around words of another writing direction, are ignored.
    """
    spaces, position = [], 0
    letters = [letter for letter in text if unicodedata.category(letter) != "Cf"]
    for word in words:
        start = position
        while position < len(letters) and letters[position].isspace():
            position += 1
        spaces.append(position > start or not position)
        wanted = [letter for letter in word if unicodedata.category(letter) != "Cf"]
        if letters[position : position + len(wanted)] != wanted:
            return None
        position += len(wanted)
    return spaces


def with_space(
    at: int, text: str, positions: tuple[float, ...], confs: tuple[float, ...]
) -> tuple[str, tuple[float, ...], tuple[float, ...]]:
    """Return a line with a space before one of its characters, but the first."""
    return (
        f"{text[:at]} {text[at:]}",
        (*positions[:at], positions[at - 1], *positions[at:]),
        (*confs[:at], confs[at - 1], *confs[at:]),
    )


def spaced(
    text: str, positions: tuple[float, ...], confs: tuple[float, ...]
) -> tuple[str, tuple[float, ...], tuple[float, ...]]:
    """Return a line with spaces where its characters are far apart."""
    steps = {
        end: after - before
        for end, (before, after) in enumerate(pairwise(positions), start=1)
        if not (text[end - 1].isspace() or text[end].isspace())
    }
    line = text, positions, confs
    if len(steps) < MIN_STEPS:
        return line
    wide = SPACE * statistics.median(steps.values())
    for end in sorted((end for end in steps if steps[end] > wide), reverse=True):
        line = with_space(end, *line)
    return line


def whole_words(words: Sequence[Word]) -> list[Word]:
    """Join the pieces of words that have no white space between them.

    In scripts without spaces the engine's words are kept, but a combining mark is
    joined to its letter, and the parts of a vowel, and of a number, to each other.
    Words of characters without effect, such as a single zero width non-joiner, are left
    out.
    """
    whole: list[Word] = []
    joined = 0  # number of words joined on this line
    for word in words:
        last = whole[-1] if whole else None
        if last is None or word[:3] != last[:3]:
            joined = 0
        elif not word.space_before and _is_one_word(last.text, word.text):
            whole[-1] = _joined(last, word)
            joined += 1
            continue
        if text := typed(word.text):
            whole.append(word._replace(word_num=word.word_num - joined, text=text))
    return whole


def _is_one_word(before: str, after: str) -> bool:
    if unicodedata.category(after[0]).startswith("M"):
        return True
    if len(typed(before + after)) < len(before + after):
        return True
    if NUMBER.fullmatch(before + after):
        return True
    return not (is_unspaced(before[-1]) or is_unspaced(after[0]))


def _joined(one: Word, other: Word) -> Word:
    """Return two pieces as one word with the lower of their confidences."""
    left, top = min(one.left, other.left), min(one.top, other.top)
    right = max(one.left + one.width, other.left + other.width)
    bottom = max(one.top + one.height, other.top + other.height)
    return one._replace(
        left=left,
        top=top,
        width=right - left,
        height=bottom - top,
        conf=min(one.conf, other.conf),
        text=typed(one.text + other.text),
    )


def boxes_apart(words: Sequence[Word]) -> list[Word]:
    """End the boxes of right-to-left words where the word before begins.

    Tesseract often puts a part of the word before into them, or all of it.
    """
    apart = list(words[:1])
    for before, word in pairwise(words):
        if (
            word[:3] == before[:3]
            and word.left < before.left < word.left + word.width
            and reads_left(word.text + before.text)
        ):
            word = word._replace(width=before.left - word.left)
        apart.append(word)
    return apart


def lines_continued(words: Sequence[Word]) -> list[Word]:
    """Mark lines of Chinese, Japanese or Thai that continue in the next line.

    Only full lines continue: the last line of a paragraph, a line of a poem and a row
    of a table do not, nor does a line next to a word of another script or above a gap.
    Lines of verse and centred titles can be full by chance.
    """
    if not any(is_unspaced(word.text[-1]) for word in words):
        return list(words)
    continued: list[Word] = []
    for _, paragraph in groupby(words, key=lambda word: word[:2]):
        continued += _continued(list(lines_of(list(paragraph))))
    return continued


def _continued(lines: list[list[Word]]) -> Iterator[Word]:
    yield from lines[0]
    boxes = [_Box(line) for line in lines]
    down = sum(box.is_upright for box in boxes) * 2 > len(boxes)
    spans = [box.vertical if down else box.horizontal for box in boxes]
    size = statistics.median(box.breadth if down else box.tall for box in boxes)
    length = max(box.tall if down else box.breadth for box in boxes)
    near_edge = min(FULL * size, FULL_SHARE * length)
    edge = max(end for _, end in spans)
    full = [edge - end <= near_edge for _, end in spans[:-1]]
    mostly = sum(full) * 2 > len(full) and not _are_verses(lines)
    feet = [-box.horizontal[1] if down else box.vertical[1] for box in boxes]
    pitches = [below - above for above, below in pairwise(feet)]
    near = min(LOOSE * statistics.median(pitches), FAR * size) if pitches else 0
    for number, (line, after) in enumerate(pairwise(lines)):
        cells = not down and any(_has_cells(each, size) for each in (line, after))
        adjacent = _need_no_space(line[-1].text[-1], after[0].text[0])
        goes_on = mostly and full[number] and adjacent and not cells
        goes_on = goes_on and pitches[number] <= near
        goes_on = goes_on and not _are_centred(spans[number], spans[number + 1], size)
        first, *rest = after
        yield first._replace(space_before=not goes_on)
        yield from rest


def _are_verses(lines: Sequence[Sequence[Word]]) -> bool:
    """Return whether lines are brief, or most but the last end in punctuation.

    Of three lines or more one may be a heading, and longer. Prose has two long ones.
    """
    texts = ["".join(word.text for word in line) for line in lines]
    sizes = sorted(sum(map(str.isalnum, text)) for text in texts)
    if sizes[-2 if len(sizes) > 2 else -1] <= BRIEF:
        return True
    ends = [unicodedata.category(text[-1]) in CLOSING for text in texts[:-1]]
    return len(ends) > 1 and sum(ends) >= PUNCTUATED * len(ends)


def _are_centred(one: tuple[int, int], other: tuple[int, int], size: float) -> bool:
    """Return whether two lines, from start to end, are centred on each other."""
    start, end = (after - before for before, after in zip(one, other, strict=True))
    aligned = abs(start) < INDENT * size or abs(start + end) > OFF_CENTRE * size
    return not aligned and one[1] - one[0] < LONG * size


def _need_no_space(before: str, after: str) -> bool:
    """Return whether two characters never have a space between them.

    Thai, Lao, Burmese and Khmer have one between a letter and a number.
    """
    if before.isdecimal() != after.isdecimal() and PHRASED.match(
        after if before.isdecimal() else before
    ):
        return False
    ours = [is_unspaced(before), is_unspaced(after)]
    return all(ours) or (any(ours) and not (before.isalpha() and after.isalpha()))


def _has_cells(line: list[Word], size: float) -> bool:
    return any(
        after.left - (word.left + word.width) > CELL_GAP * size
        for word, after in pairwise(line)
    )


class _Box:
    """The box around the words of a line, in pixels."""

    def __init__(self, line: list[Word]) -> None:
        right = max(word.left + word.width for word in line)
        bottom = max(word.top + word.height for word in line)
        self.horizontal = min(word.left for word in line), right
        self.vertical = min(word.top for word in line), bottom
        self.breadth = right - self.horizontal[0]
        self.tall = bottom - self.vertical[0]
        self.is_upright = self.tall > self.breadth
