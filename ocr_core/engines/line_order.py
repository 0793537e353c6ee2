"""Line order: puts what the engine took for a block back into its column or line."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import groupby, pairwise
from statistics import median

from ocr_core.page import Word, edges_of, lines_of
from ocr_core.scripts import reads_left

GAP_PITCH = 3.0  # most line heights between the middles of lines of a paragraph
ALIGNED = 0.5  # of a line's height: the most by which edges and pitches differ
TALL = 1.5  # of the lower of two lines' heights; a heading is taller
MARKED = 2.2  # the same for a word without tall letters, and a line with marks
WIDE_SPACE = 3.0  # of a line's height: the widest space in a narrow justified line

SAME_PITCH = 0.3  # of a line's height: the same for the edges of a column
SAME_ROW = 0.25  # of a line's height: the most by which middles differ in a row
# In heights of the words of its line: the least height of an initial across several
# lines, and the most room between it and their first words.
INITIAL, BESIDE = 1.8, 2.0

# Left, top, right and bottom of a line.
Box = tuple[float, float, float, float]


def with_pieces_joined(words: Sequence[Word]) -> list[Word]:
    """Return the words with each piece of a line in that line.

    In a narrow justified column Tesseract sometimes takes words between wide spaces for
    a block, and puts them after the column. Such a piece is a block of one line, in a
    row with a line of the column, and between its words or beside them.
    """
    lines = [list(line) for line in lines_of(words)]
    blocks = Counter(line[0].block_num for line in lines)
    for piece in [line for line in lines if blocks[line[0].block_num] == 1]:
        others = [line for line in lines if line is not piece]
        if room := _line_with_room(edges_of(piece), others):
            _join(room, piece)
            lines = others
    return [word for line in lines for word in line]


def _line_with_room(piece: Box, lines: Sequence[list[Word]]) -> list[Word] | None:
    """Return the line of a column that has room for a piece in its row."""
    boxes = [edges_of(line) for line in lines]
    for line, box in zip(lines, boxes, strict=True):
        low, high = sorted((piece[3] - piece[1], box[3] - box[1]))
        apart = abs(piece[1] + piece[3] - box[1] - box[3]) / 2
        if high > MARKED * low or apart > SAME_ROW * high:
            continue
        ends = [(word.left, word.left + word.width) for word in line]
        if any(piece[2] > start and piece[0] < end for start, end in ends):
            continue
        block = [
            each
            for each, other in zip(boxes, lines, strict=True)
            if other[0].block_num == line[0].block_num
        ]
        if _is_within(piece, block) or _is_spanned(piece, box, boxes):
            return line
    return None


def _is_within(piece: Box, block: Sequence[Box]) -> bool:
    """Return whether a piece is between the edges of a block of several lines."""
    near = ALIGNED * (piece[3] - piece[1])
    left, right = min(box[0] for box in block), max(box[2] for box in block)
    return len(block) > 1 and left - near <= piece[0] and piece[2] <= right + near


def _is_spanned(piece: Box, line: Box, boxes: Sequence[Box]) -> bool:
    """Return whether lines above and below begin and end with a piece and its line."""
    height = line[3] - line[1]
    if max(piece[0] - line[2], line[0] - piece[2]) > WIDE_SPACE * height:
        return False
    left, right = min(piece[0], line[0]), max(piece[2], line[2])
    near = ALIGNED * height
    sides = {
        box[1] < line[1]
        for box in boxes
        if box is not line and max(abs(box[0] - left), abs(box[2] - right)) < near
    }
    return len(sides) == 2


def _join(line: list[Word], piece: Sequence[Word]) -> None:
    """Put the words of a piece between those of its line, in place."""
    right = max(word.left + word.width for word in piece)
    left = min(word.left for word in piece)
    leftwards = reads_left("".join(word.text for word in line))
    at = sum(
        word.left >= right if leftwards else word.left + word.width <= left
        for word in line
    )
    block, paragraph, row = line[0][:3]
    line[at:at] = piece
    line[:] = [
        Word._make((block, paragraph, row, number, *word[4:]))
        for number, word in enumerate(line, start=1)
    ]


def in_column_order(
    boxes: Sequence[Box], blocks: Sequence[int]
) -> list[tuple[int, int]]:
    """Return the order of lines with gaps filled and cut columns joined.

    Parameters and result are as in `with_gaps_filled`.
    """
    filled = with_gaps_filled(boxes, blocks)
    order = with_columns_continued(
        [boxes[index] for index, _ in filled], [block for _, block in filled]
    )
    return [(filled[at][0], block) for at, block in order]


def with_gaps_filled(
    boxes: Sequence[Box], blocks: Sequence[int]
) -> list[tuple[int, int]]:
    """Return the order of lines, each as its index and its block.

    Tesseract sometimes takes a line of a paragraph for a block, and puts it after the
    column. Such a line is midway between two lines that follow each other, and begins
    or ends where both do. It is put between these, into the block of the first.

    Parameters
    ----------
    boxes
        Of level lines, in the engine's order.
    blocks
        The number of each line's block.
    """
    lines = Counter(blocks)
    order = list(zip(range(len(boxes)), blocks, strict=True))
    for alone in [each for each in order if lines[each[1]] == 1]:
        others = [each for each in order if each != alone]
        for position, (before, after) in enumerate(pairwise(others), start=1):
            near = boxes[before[0]], boxes[after[0]]
            if _fills_gap(boxes[alone[0]], *near) and order.index(alone) != position:
                order = [*others[:position], (alone[0], before[1]), *others[position:]]
                break
    return order


def _fills_gap(line: Box, before: Box, after: Box) -> bool:
    """Return whether a line is midway between two others, at an edge of both."""
    heights = [box[3] - box[1] for box in (before, line, after)]
    height = min(heights)
    if max(heights) > TALL * height:
        return False
    middles = [(box[1] + box[3]) / 2 for box in (before, line, after)]
    above, below = (lower - upper for upper, lower in pairwise(middles))
    if not 0 < above < GAP_PITCH * height or abs(above - below) > ALIGNED * height:
        return False
    return any(
        max(abs(line[side] - other[side]) for other in (before, after))
        < ALIGNED * height
        for side in (0, 2)
    )


def with_columns_continued(
    boxes: Sequence[Box], blocks: Sequence[int]
) -> list[tuple[int, int]]:
    """Return the order of lines, each as its index and its block.

    Tesseract sometimes cuts two columns at the same height, and reads the upper parts
    of both first. A block that goes on below another, at its line pitch, follows it if
    all blocks between them are beside both. It becomes a part of that block.

    Parameters
    ----------
    boxes, blocks
        As in `with_gaps_filled`.
    """
    parts: dict[int, list[int]] = defaultdict(list)
    for index, block in enumerate(blocks):
        parts[block].append(index)
    order = list(parts.values())
    at = 0
    while at < len(order):
        above = [boxes[index] for index in order[at]]
        for later in range(at + 1, len(order)):
            below = [boxes[index] for index in order[later]]
            if not _are_beside(above, below):
                between = [
                    boxes[index] for part in order[at + 1 : later] for index in part
                ]
                if between and _are_beside(between, below) and _goes_on(above, below):
                    order[at] += order.pop(later)
                    at -= 1
                break
        at += 1
    return [(index, blocks[part[0]]) for part in order for index in part]


def _are_beside(one: Sequence[Box], other: Sequence[Box]) -> bool:
    """Return whether no line of a block is above or below one of another."""
    (left, right), (start, end) = (
        (min(box[0] for box in block), max(box[2] for box in block))
        for block in (one, other)
    )
    return right <= start or end <= left


def _goes_on(above: Sequence[Box], below: Sequence[Box]) -> bool:
    """Return whether a block goes on in one below it: same pitch, height and edge."""
    if min(len(above), len(below)) < 2:
        return False
    middles = [[(box[1] + box[3]) / 2 for box in block] for block in (above, below)]
    pitches = [after - before for block in middles for before, after in pairwise(block)]
    height = median(box[3] - box[1] for box in (*above, *below))
    apart = middles[1][0] - middles[0][-1]
    lefts, rights = (
        [edge(box[side] for box in block) for block in (above, below)]
        for side, edge in ((0, min), (2, max))
    )
    aligned = min(abs(lefts[0] - lefts[1]), abs(rights[0] - rights[1]))
    usual = median(pitches)
    near = SAME_PITCH * height
    return usual > 0 and abs(apart - usual) <= near and aligned <= near


def with_lower_blocks_last(words: Sequence[Word]) -> list[Word]:
    """Return the words with no block before one that is wholly above it.

    Tesseract sometimes reads a part of the last row of a table first.
    """
    order = [list(block) for _, block in groupby(words, key=lambda word: word[0])]
    for block in reversed(order.copy()):
        at = order.index(block)
        above = [
            later
            for later in range(at + 1, len(order))
            if _is_below(block, order[later])
        ]
        if above:
            order.insert(above[-1], order.pop(at))
    found = [word for block in order for word in block]
    if found == list(words):
        return found
    return [
        word._replace(block_num=number)
        for number, block in enumerate(order, start=1)
        for word in block
    ]


def _is_below(block: Sequence[Word], other: Sequence[Word]) -> bool:
    """Return whether a block begins below the last line of another it is in line with.

    They share at least half of the width of the narrower one.
    """
    (left, right), (start, end) = (edges_of(each)[::2] for each in (block, other))
    shared = min(right, end) - max(left, start)
    if shared < min(right - left, end - start) / 2:
        return False
    first, last = (
        edge(sum(edges_of(line)[1::2]) for line in lines_of(each))
        for edge, each in ((min, block), (max, other))
    )
    return first > last


def with_initials_first(words: Sequence[Word]) -> list[Word]:
    """Return the words with each initial of several lines before the first of these.

    Tesseract puts a drop capital on any of the lines beside it, and that line, which is
    as tall as the letter, out of its place.
    """
    lines = [list(line) for line in lines_of(words)]
    for line in list(lines):
        if not _begins_with_initial(line):
            continue
        initial = line.pop(0)
        beside = [each for each in lines if _is_beside(initial, each)]
        beside.sort(key=lambda each: edges_of(each)[1])
        if not beside or line not in beside:
            line.insert(0, initial)
            continue
        first, *rest = beside
        if rest and lines.index(first) > lines.index(rest[0]):
            lines.remove(first)
            lines.insert(lines.index(rest[0]), first)
            numbers = rest[0][0][:3]
            first[:] = [Word._make((*numbers, *word[3:])) for word in first]
        first.insert(0, initial)
    if [word for line in lines for word in line] == list(words):
        return list(words)
    return _renumbered(lines)


def _begins_with_initial(line: Sequence[Word]) -> bool:
    """Return whether the first word is one letter, far taller than the others."""
    if len(line) < 2 or len(line[0].text) != 1 or not line[0].text.isalpha():
        return False
    tall = max(word.height for word in line[1:])
    return line[0].height >= INITIAL * tall


def _is_beside(initial: Word, line: Sequence[Word]) -> bool:
    """Return whether a line begins beside an initial, at its right."""
    left, top, _, bottom = edges_of(line)
    room = left - initial.left - initial.width
    middle = (top + bottom) / 2 - initial.top
    return abs(room) <= BESIDE * (bottom - top) and 0 <= middle <= initial.height


def _renumbered(lines: Sequence[Sequence[Word]]) -> list[Word]:
    """Return the words of lines, with a number for each line within its paragraph."""
    found: list[Word] = []
    last, row = None, 0
    for line in lines:
        block, paragraph = line[-1][:2]
        row = row + 1 if (block, paragraph) == last else 1
        last = block, paragraph
        found += [
            Word._make((block, paragraph, row, number, *word[4:]))
            for number, word in enumerate(line, start=1)
        ]
    return found
