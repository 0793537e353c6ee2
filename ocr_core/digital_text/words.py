"""Words: characters of a PDF page as words in reading order.

Programs write text in pieces: a word in several, a line in dozens, twice for a shadow,
sideways, downwards, and right-to-left text mostly in visual order. So characters are
grouped by their positions.
"""

import math
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from ocr_core.digital_text.leftwards import (
    may_be_joined,
    read_leftwards,
    runs_left,
)
from ocr_core.documents.pdf_text import SYMBOLS, Characters
from ocr_core.engines.reading_order import words_arranged
from ocr_core.engines.spacing import lines_continued
from ocr_core.knobs import Switch
from ocr_core.page import Word

ASKEW = 15  # degrees; text at such an angle is not part of a column
LEVEL = 2  # degrees; lines of a scan differ by as much
DIAGONAL = 0.3  # of cosine less sine; below, boxes do not tell width from height
# In heights of the font: the maximum distance of baselines in a word (exponents), the
# gap between words without a space, the same where the letters around it are close, and
# the gap between cells of a row.
BASELINE, WORD_GAP, LONE_GAP, CELL_GAP = 0.45, 0.4, 0.15, 1.8
TRACKED = 2  # times as wide as the gaps beside it: not letter-spacing
REVERSED = 4  # times as wide a gap: a word may begin with its last letter
MIN_GAP = 0.18  # of a space that PDFium assumes; where less, it took one line for two
MIN_WRITTEN_GAP = 0.08  # of a space in the text, which kerning makes narrower
WIDE_GAP = 0.8  # between Chinese or Japanese characters, which may be widely spaced
SAME_LEVEL_PX = 1.0  # between baselines of one line
WRITTEN = 2  # white space in the text, as in `Characters.spaced`
OVERLAP = 0.6  # heights by which letters of a line may overlap
# Of a character's width and height: it was drawn twice.
SAME_POSITION = (0.5, 0.25)
# The same of its width for two equal letters in succession: in Arabic they may overlap.
SAME_AGAIN = 0.2
COMPATIBLE = (("\ufb00", "\ufb06"), ("\ufb50", "\ufdff"), ("\ufe70", "\ufeff"))


@dataclass(frozen=True, eq=False)
class PlacedWord:
    """A word as written in a PDF.

    `members` are the indices of its characters, `line` the number of its piece of a
    line, `spaced` whether white space precedes it.
    """

    members: list[int]
    text: str
    line: int
    spaced: bool


def without_doubles(characters: Characters) -> np.ndarray:
    """Return which characters to keep if some are drawn again at the same position.

    Returns
    -------
    (N,) bool array
    """
    kept = np.ones(len(characters), bool)
    seen: dict[tuple[str, int, int], list[int]] = {}
    middles = (characters.cells[:, :2] + characters.cells[:, 2:]) / 2
    sides = np.maximum(characters.cells[:, 2:] - characters.cells[:, :2], 1)
    grid = np.floor(middles / characters.sizes[:, None]).astype(int).tolist()
    for index, (text, (column, row)) in enumerate(
        zip(characters.texts, grid, strict=True)
    ):
        near = (
            other
            for x in (column - 1, column, column + 1)
            for y in (row - 1, row, row + 1)
            for other in seen.get((text, x, y), ())
        )
        for other in near:
            apart = np.abs(middles[index] - middles[other]) / sides[index]
            across = SAME_AGAIN if other == index - 1 else SAME_POSITION[0]
            if (
                characters.objects[index] != characters.objects[other]
                and (apart < (across, SAME_POSITION[1])).all()
            ):
                kept[index] = False
                break
        else:
            seen.setdefault((text, column, row), []).append(index)
    return kept


def quarter_turns(characters: Characters) -> np.ndarray:
    """Return the direction of each character's line: 0 right, 1 down, 2 left, 3 up.

    -1 is any other direction. Vertical Chinese and Japanese with upright characters has
    direction 1.
    """
    angles = np.degrees(np.arctan2(characters.along[:, 1], characters.along[:, 0]))
    turns = np.rint(angles / 90).astype(int)
    askew = np.abs(angles - 90 * turns) > ASKEW
    turns %= 4
    turns[askew] = -1
    wide = [unicodedata.east_asian_width(text[0]) in "WF" for text in characters.texts]
    upright = np.array(wide, bool) & (turns == 0)
    pairs = upright[1:] & upright[:-1]
    steps = np.diff(characters.origins, axis=0)
    size = characters.sizes[1:]
    below = pairs & (np.abs(steps[:, 0]) < 0.3 * size)
    below &= (steps[:, 1] > 0.5 * size) & (steps[:, 1] < 2.5 * size)
    beside = pairs & (np.abs(steps[:, 1]) < 0.3 * size) & (steps[:, 0] > 0.3 * size)
    in_column = np.append(below, False) | np.insert(below, 0, False)
    in_row = np.append(beside, False) | np.insert(beside, 0, False)
    lone = ~in_row & (below.sum() > beside.sum())
    turns[upright & ~in_row & (in_column | lone)] = 1
    return turns


def line_angles(characters: Characters, turns: np.ndarray) -> np.ndarray:
    """Return the clockwise angle of each character's line in degrees.

    Lines that are nearly level or upright have 0, 90, 180 or 270, others the median of
    those with about the same angle.

    Parameters
    ----------
    turns : (N,) int array
        As returned by `quarter_turns`.

    Returns
    -------
    (N,) float array
    """
    angles = np.degrees(np.arctan2(characters.along[:, 1], characters.along[:, 0]))
    straight = np.abs(angles - 90 * np.rint(angles / 90)) <= LEVEL
    angles[straight] = 90 * turns[straight]
    order = np.flatnonzero(~straight)[np.argsort(angles[~straight])]
    steps = np.flatnonzero(np.diff(angles[order]) > LEVEL) + 1
    for group in np.split(order, steps):
        angles[group] = np.median(angles[group]) if len(group) else 0
    return angles


@dataclass(frozen=True, eq=False)
class PlacedText:
    """The words of a page in reading order.

    `members` has the indices of each word's characters, `turns` the direction of its
    line, as in `quarter_turns`.
    """

    characters: Characters
    words: list[Word]
    members: list[list[int]]
    turns: list[int]

    @property
    def turn(self) -> int:
        """Direction of most lines whose letters have the same direction."""
        turn = max(self.turns[0], 0) if self.turns else 0
        return turn if turn and self.reads_along(0) else 0

    def reads_along(self, number: int) -> bool:
        """Return whether the letters of a word have the direction of its line."""
        angle = np.radians(90 * max(self.turns[number], 0))
        along = self.characters.along[self.members[number][0]]
        return float(along @ (np.cos(angle), np.sin(angle))) > 0.5


def placed_text(characters: Characters, join: Switch = "auto") -> PlacedText:
    """Group the characters of a page into words in reading order.

    Text in another direction than most, as a note in the margin, comes last.
    """
    turns = quarter_turns(characters)
    angles = line_angles(characters, turns)
    text = PlacedText(characters, [], [], [])
    words: list[Word] = []
    for angle, _ in Counter(angles.tolist()).most_common():
        some = np.flatnonzero(angles == angle)
        turn = int(turns[some[0]])
        frame = _turned(characters, angle)
        found = _whole(_words(characters, frame, some.tolist()), characters, frame)
        last = words[-1].block_num if words else 0
        for row, number in _arranged(found, frame, join if turn >= 0 else "off"):
            word = found[number]
            left, top, right, bottom = _around(characters.boxes[word.members])
            words.append(
                row._replace(
                    block_num=row.block_num + last,
                    left=left,
                    top=top,
                    width=max(1, right - left),
                    height=max(1, bottom - top),
                )
            )
            text.members.append(word.members)
            text.turns.append(turn)
    text.words.extend(lines_continued(words))
    return text


@dataclass(frozen=True, eq=False)
class Frame:
    """Positions of characters on a page that is turned so that lines run to the right.

    By index: `boxes` and `cells` (N, 4), `origins` (N, 2).
    """

    boxes: np.ndarray
    cells: np.ndarray
    origins: np.ndarray


def _turned(characters: Characters, angle: float) -> Frame:
    """Return the positions on a page turned by an angle in degrees."""
    # Multiples of 90 give whole numbers.
    sine, cosine = np.sin(np.radians(angle)), np.cos(np.radians(angle))
    sine, cosine = np.round(sine, 12), np.round(cosine, 12)
    matrix = np.array([[cosine, -sine], [sine, cosine]])  # for rows of points
    heights = characters.sizes
    boxes, cells = (
        _turned_boxes(each, matrix, heights)
        for each in (characters.boxes, characters.cells)
    )
    return Frame(boxes, cells, characters.origins @ matrix)


def _turned_boxes(
    boxes: np.ndarray, matrix: np.ndarray, heights: np.ndarray
) -> np.ndarray:
    """Return the boxes of characters along their lines.

    Parameters
    ----------
    boxes : (N, 4) float array
        Boxes around characters, wider than these if the line is askew.
    heights : (N,) float array
        The height of each character's font.
    """
    cosine, sine = np.abs(matrix[0])
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2 @ matrix
    sides = boxes[:, 2:] - boxes[:, :2]
    if min(cosine, sine) > 0:
        # A box W by H around one of w by h: W = w cos + h sin, H = w sin + h cos.
        high = heights
        if abs(cosine - sine) > DIAGONAL:
            high = sides @ (-sine, cosine) / (cosine**2 - sine**2)
        width = sides @ (cosine, sine) - 2 * cosine * sine * high
        sides = np.column_stack([width, high]).clip(0)
    elif sine:
        sides = sides[:, ::-1]
    return np.hstack([middles - sides / 2, middles + sides / 2])


def _words(
    characters: Characters, frame: Frame, some: list[int]
) -> Iterator[PlacedWord]:
    """Group characters into words, in their given order."""
    origins, cells = frame.origins.tolist(), frame.cells.tolist()
    sizes, texts = characters.sizes.tolist(), characters.texts
    widest = _widest_gaps(characters, frame, some)
    members: list[int] = []
    line, spaced = 0, True
    for index, most in zip(some, widest, strict=True):
        breaks, parts = False, bool(characters.spaced[index])
        if members:
            last = members[-1]
            size = max(sizes[index], sizes[last])
            left, _, right, _ = cells[index]
            before, _, after, _ = cells[last]
            gap = max(left - after, before - right)
            leftwards = runs_left(texts[index] + texts[last])
            back = left < before and not leftwards
            apart = abs(origins[index][1] - origins[last][1])
            breaks = (
                apart > BASELINE * size
                or gap > CELL_GAP * (REVERSED if leftwards else 1) * size
            )
            breaks = breaks or (back and after - left > OVERLAP * size + after - before)
            if _is_wide(texts[index], texts[last]):
                parts = characters.spaced[index] == WRITTEN or gap > WIDE_GAP * size
            else:
                least = (
                    MIN_GAP if characters.spaced[index] < WRITTEN else MIN_WRITTEN_GAP
                )
                parts = (parts and gap > least * size) or gap > most * size
        if members and (breaks or parts):
            yield _word(characters, frame, members, line, spaced)
            members, spaced = [], True
        line += breaks
        members.append(index)
    if members:
        yield _word(characters, frame, members, line, spaced)


def _whole(
    words: Iterable[PlacedWord], characters: Characters, frame: Frame
) -> list[PlacedWord]:
    """Join words of a line that touch, at the place of the longer one.

    PDFium sorts the pieces of a line: those of a word may be apart in its order, as in
    right-to-left text and on a page that is turned over.
    """
    found = dict(enumerate(words))
    levels = frame.origins[[word.members[0] for word in found.values()], 1]
    order = np.argsort(levels, kind="stable")
    rows = np.zeros(len(order), int)
    rows[order] = np.cumsum(np.diff(levels[order], prepend=0) > SAME_LEVEL_PX)
    lefts = np.array([frame.cells[word.members, 0].min() for word in found.values()])
    last = -1
    for index in np.lexsort([lefts, rows]).tolist():
        level = last >= 0 and rows[last] == rows[index]
        if level and _touch(found[last], found[index], characters, frame):
            one, other = found[last], found[index]
            short = min(last, index, key=lambda at: len(found[at].text))
            index += last - short  # the longer one
            found[index] = _joined(one, other, found[index])
            del found[short]
        last = index
    return list(found.values())


def _touch(
    one: PlacedWord, other: PlacedWord, characters: Characters, frame: Frame
) -> bool:
    """Return whether there is no space between a word and the next one to its right."""
    if _is_wide(one.text[-1:]) or _is_wide(other.text[:1]):
        return False
    size = characters.sizes[[*one.members, *other.members]].max()
    gap, ink = (
        (boxes[other.members, 0].min() - boxes[one.members, 2].max()) / size
        for boxes in (frame.cells, frame.boxes)
    )
    if not -LONE_GAP < gap < MIN_WRITTEN_GAP:
        return False
    return not runs_left(other.text) or may_be_joined(other.text, one.text, ink)


def _joined(left: PlacedWord, right: PlacedWord, kept: PlacedWord) -> PlacedWord:
    """Return two adjacent words as one, in the line of the word `kept`."""
    one, other = (right, left) if runs_left(left.text + right.text) else (left, right)
    text = unicodedata.normalize("NFC", one.text + other.text)
    return PlacedWord(one.members + other.members, text, kept.line, kept.spaced)


def _widest_gaps(characters: Characters, frame: Frame, some: list[int]) -> list[float]:
    """Return the widest gap before each character that is inside a word.

    In heights of the font. A gap as wide as the one before or after it may be
    letter-spacing.
    """
    cells, sizes = frame.cells[some], characters.sizes[some]
    gaps = np.full(len(some) + 1, np.inf)
    gaps[1:-1] = np.maximum(cells[1:, 0] - cells[:-1, 2], cells[:-1, 0] - cells[1:, 2])
    gaps[1:-1] /= np.maximum(sizes[1:], sizes[:-1])
    apart = np.abs(np.diff(frame.origins[some, 1]))
    gaps[1:-1][apart > BASELINE * sizes[1:]] = np.inf
    beside = np.minimum(np.append(np.inf, gaps[:-2]), gaps[1:])
    return [float(gap) for gap in np.clip(TRACKED * beside, LONE_GAP, WORD_GAP)]


def _is_wide(*texts: str) -> bool:
    return all(unicodedata.east_asian_width(text[0]) in "WF" for text in texts)


def _word(
    characters: Characters, frame: Frame, members: list[int], line: int, spaced: bool
) -> PlacedWord:
    texts = characters.texts
    if runs_left("".join(texts[each] for each in members)):
        members = read_leftwards(characters, frame.origins, frame.boxes, members)
    text = "".join(_plain(texts[each]) for each in members)
    return PlacedWord(members, unicodedata.normalize("NFC", text), line, spaced)


def _plain(text: str) -> str:
    """Return a character with ligatures and presentation forms as their letters."""
    if text in SYMBOLS:
        return SYMBOLS[text]
    if any(first <= text <= last for first, last in COMPATIBLE):
        return unicodedata.normalize("NFKC", text)
    return text


def _arranged(
    found: list[PlacedWord], frame: Frame, join: Switch
) -> list[tuple[Word, int]]:
    """Return words in reading order, each with its index in `found`."""
    rows: list[Word] = []
    leftwards = _share_leftwards(found) > 0.5
    block, tops = 0, -math.inf
    for _, group in groupby(enumerate(found), key=lambda each: each[1].line):
        line = list(group)
        boxes = np.vstack([frame.boxes[word.members] for _, word in line])
        low, high = boxes[:, 1].min(), boxes[:, 3].max()
        if (low + high) / 2 < tops:  # higher than the last: another column or part
            block += 1
        tops = low
        for number, (index, word) in enumerate(
            _in_line(line, frame, leftwards), start=1
        ):
            left, top, right, bottom = _around(frame.boxes[word.members])
            box = left, top, max(1, right - left), max(1, bottom - top)
            numbers = (block + 1, 1, word.line + 1, number)
            rows.append(Word(*numbers, *box, float(index), word.text, word.spaced))
    arranged = words_arranged(rows, join)
    return [(row._replace(conf=100.0), int(row.conf)) for row in arranged]


def _share_leftwards(words: Sequence[PlacedWord]) -> float:
    """Return the share of right-to-left words among those with letters."""
    worded = sum(any(map(str.isalpha, word.text)) for word in words)
    return sum(runs_left(word.text) for word in words) / max(1, worded)


def _in_line(
    line: list[tuple[int, PlacedWord]], frame: Frame, leftwards: bool
) -> list[tuple[int, PlacedWord]]:
    """Return the words of a right-to-left line in reading order.

    Words in Latin and similar scripts within it run to the right. In a text that is
    mostly right-to-left (`leftwards`), each line with such a word is.
    """
    share = _share_leftwards([word for _, word in line])
    if share <= (0 if leftwards else 0.5):
        return line
    line = sorted(line, key=lambda each: -frame.cells[each[1].members, 2].max())
    order: list[tuple[int, PlacedWord]] = []
    for is_latin, run in groupby(line, lambda each: _is_latin(each[1].text)):
        words = list(run)
        order += reversed(words) if is_latin else words
    return order


def _is_latin(text: str) -> bool:
    return any(unicodedata.bidirectional(each) == "L" for each in text)


def _around(boxes: np.ndarray) -> tuple[int, int, int, int]:
    left, top = np.floor(boxes[:, :2].min(axis=0)).astype(int).tolist()
    right, bottom = np.ceil(boxes[:, 2:].max(axis=0)).astype(int).tolist()
    return left, top, right, bottom
