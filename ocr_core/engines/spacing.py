"""Spacing: where white space parts words, and where a line goes on in the next.

Engines part Chinese, Japanese and Thai into words that no space parts on the page, and
Korean into pieces of words. White space is kept where the engine saw it; what it did
not part is one word in scripts that part words by spaces.
"""

import statistics
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from ocr_core.page import Word, lines_of
from ocr_core.scripts import is_unspaced

# In heights of a line. So near to the edge of its paragraph a line ends because it is
# full: a word of Thai is up to so long. Wider gaps part the cells of a table.
FULL, CELL_GAP = 4.0, 2.5


def spaces_in(text: str, words: Sequence[str]) -> list[bool] | None:
    """Return for each word whether white space stands before it in a text.

    None where the text does not hold these words in this order. Marks of direction,
    which Tesseract puts around words of another one, count on neither side.
    """
    spaces, place = [], 0
    letters = [letter for letter in text if unicodedata.category(letter) != "Cf"]
    for word in words:
        start = place
        while place < len(letters) and letters[place].isspace():
            place += 1
        spaces.append(place > start or not place)
        wanted = [letter for letter in word if unicodedata.category(letter) != "Cf"]
        if letters[place : place + len(wanted)] != wanted:
            return None
        place += len(wanted)
    return spaces


def whole_words(words: Sequence[Word]) -> list[Word]:
    """Join the pieces of words that no white space parts.

    In scripts without spaces the engine's words stay, but a mark goes to its letter.
    """
    whole: list[Word] = []
    fewer = 0  # words on this line
    for word in words:
        last = whole[-1] if whole else None
        if last is None or word[:3] != last[:3]:
            fewer = 0
        elif not word.space_before and _is_one_word(last.text, word.text):
            whole[-1] = _joined(last, word)
            fewer += 1
            continue
        whole.append(word._replace(word_num=word.word_num - fewer))
    return whole


def _is_one_word(before: str, after: str) -> bool:
    if unicodedata.category(after[0]).startswith("M"):
        return True
    return not (is_unspaced(before[-1]) or is_unspaced(after[0]))


def _joined(one: Word, other: Word) -> Word:
    """Return two pieces as a word, which is as sure as the less sure of them."""
    left, top = min(one.left, other.left), min(one.top, other.top)
    right = max(one.left + one.width, other.left + other.width)
    bottom = max(one.top + one.height, other.top + other.height)
    return one._replace(
        left=left,
        top=top,
        width=right - left,
        height=bottom - top,
        conf=min(one.conf, other.conf),
        text=one.text + other.text,
    )


def lines_continued(words: Sequence[Word]) -> list[Word]:
    """Have lines of Chinese, Japanese or Thai go on in the next of their paragraph.

    Only a full line does: the last of a paragraph, a line of a poem and a row of a
    table end where they end. So does one before or after a word of another script.
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
    ends = [box.bottom if down else box.right for box in boxes]
    size = statistics.median(box.breadth if down else box.tall for box in boxes)
    full = [max(ends) - end <= FULL * size for end in ends[:-1]]
    mostly = sum(full) * 2 > len(full)
    for number, (line, after) in enumerate(pairwise(lines)):
        cells = not down and any(_has_cells(each, size) for each in (line, after))
        meet = _meet(line[-1].text[-1], after[0].text[0])
        goes_on = mostly and full[number] and meet and not cells
        first, *rest = after
        yield first._replace(space_before=not goes_on)
        yield from rest


def _meet(before: str, after: str) -> bool:
    """Return whether two characters stand side by side without a space in any text."""
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
        self.right = max(word.left + word.width for word in line)
        self.bottom = max(word.top + word.height for word in line)
        self.breadth = self.right - min(word.left for word in line)
        self.tall = self.bottom - min(word.top for word in line)
        self.is_upright = self.tall > self.breadth
