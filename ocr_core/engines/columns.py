"""Columns: tells columns of text that are side by side from the cells of rows."""

import re
import statistics
from collections.abc import Sequence

import numpy as np

from ocr_core.engines.leaders import lead_across
from ocr_core.engines.lists import are_lists
from ocr_core.engines.numbering import numbers_go_on
from ocr_core.engines.text_lines import TextLine, rows_of
from ocr_core.scripts import reads_left

# Most lines of running text are at least this wide, in multiples of the line height:
# prices and names in a table are 1 to 6 heights wide, as are the lines of an index.
PROSE_WIDTH = 7
# Least number of lines in a column, and in a note beside running text.
COLUMN_LINES, NOTE_LINES = 4, 2
HEADING = 1.3  # least height of a heading's line, in heights of common lines
# The entry of an index: words, and the numbers of pages after a comma.
INDEXED = re.compile(r"\W*[^\W\d_]{2}\D*[,.;:]\s?\d")
# Pieces of a row of words far apart; the greatest width of most of them, in heights,
# and number of words.
SPREAD, SPREAD_WIDTH, SPREAD_WORDS = 5, 6, 2
# In heights of a line: how far edges that are aligned differ; and the share of aligned
# edges below which a side of a column is ragged.
FLUSH, RAGGED = 0.4, 0.5
# In heights of a heading: how far boxes extend beyond the ink, and the distance within
# which the columns beside it end and begin again.
INSET, AROUND = 0.2, 3.0
# Least share of lines with words in a narrow column: in an index every line has words,
# in a column of prices or marks nearly none.
WORDED = 0.75


def are_columns(left: list[TextLine], right: list[TextLine]) -> bool:
    """Return whether lines side by side are columns of running text or of words.

    Narrow columns of words may be an index, a list of names or notes in a margin. They
    may also be cells of a table or a form to fill in: then labels end in a colon, or
    both sides have their rows at the same heights, and these are unevenly spaced, or
    the cells are aligned only at the far end. Lines of numbers, of which several cells
    may be taken for one line, are cells if they are in the rows of the other side, and
    so are lines that dots lead to. Lists of pairs, and lines whose numbers go on on the
    other side, are columns.
    """
    if go_on(left, right):
        return True
    sides = left, right = _at_common_heights(left, right)
    texts = ([line.text for line in side] for side in sides)
    if any(len(side) < COLUMN_LINES for side in sides) or lead_across(*texts):
        return False
    numeric = sum(map(_is_numeric, sides))
    if all(map(_is_prose, sides)):
        return not (numeric and _share_rows(left, right))
    if not all(_is_prose(side) or _is_worded(side) for side in sides):
        return False
    if numeric == 1 and _share_rows(left, right):
        return False
    labels = sum(line.text.rstrip().endswith(":") for line in left)
    if labels >= len(left) / 3:
        return False
    left, right = _without_centred(left, right)
    if _share_uneven_rows(left, right):
        return False
    return not (_ends_rows(left, right) and _share_rows(left, right))


def _at_common_heights(
    left: list[TextLine], right: list[TextLine]
) -> tuple[list[TextLine], list[TextLine]]:
    """Return the lines of two sides without those above or below the other side.

    An address over the first column of a table is no cell of its rows.
    """
    middles = [[line.middle for line in side] for side in (left, right)]
    top = max(min(side, default=np.inf) for side in middles)
    bottom = min(max(side, default=-np.inf) for side in middles)

    def inside(side: list[TextLine]) -> list[TextLine]:
        return [
            line
            for line in side
            if top - line.height / 2 < line.middle < bottom + line.height / 2
        ]

    return inside(left), inside(right)


def go_on(left: Sequence[TextLine], right: Sequence[TextLine]) -> bool:
    """Return whether two sides are columns for sure: lists or numbered lines."""
    return are_lists(left, right) or numbers_go_on(left, right)


def is_note(text: list[TextLine], note: list[TextLine]) -> bool:
    """Return whether a few lines are a note in the margin of running text.

    Lines of numbers can be as long as running text, such as those of telephones.
    """
    return (
        len(text) > 2 * len(note)
        and len(text) >= COLUMN_LINES
        and len(note) >= NOTE_LINES
        and _is_prose(text)
        and not _is_numeric(text)
        and _is_worded(note)
        and not _share_uneven_rows(text, note)
    )


def _is_prose(lines: Sequence[TextLine]) -> bool:
    """Return whether lines are running text: most of them are long."""
    return statistics.median(line.width / line.height for line in lines) >= PROSE_WIDTH


def _is_numeric(lines: Sequence[TextLine]) -> bool:
    """Return whether most lines have more digits than letters, as cells of numbers."""
    numbers = sum(
        sum(map(str.isdigit, line.text)) > sum(map(str.isalpha, line.text))
        for line in lines
    )
    return 2 * numbers > len(lines)


def _is_worded(lines: Sequence[TextLine]) -> bool:
    """Return whether most lines have several words, or are entries of an index.

    Others are numbers, marks or cells.
    """
    if statistics.median(len(line.text.split()) for line in lines) < 2:
        return False
    letters = [sum(map(str.isalpha, line.text)) for line in lines]
    digits = [sum(map(str.isdigit, line.text)) for line in lines]
    indexed = [bool(INDEXED.match(line.text)) for line in lines]
    worded = sum(
        (a >= 3 and a >= b) or entry
        for a, b, entry in zip(letters, digits, indexed, strict=True)
    )
    return worded >= WORDED * len(lines)


def _without_centred(
    left: Sequence[TextLine], right: Sequence[TextLine]
) -> tuple[list[TextLine], list[TextLine]]:
    """Return the lines of two sides without those centred between cells of rows.

    Headings of a list, such as the parts of a programme, are no cells of either side.
    """
    middles = [np.array([line.middle for line in side]) for side in (left, right)]
    apart = np.abs(middles[0][:, None] - middles[1])
    paired = apart < np.array([line.height for line in left])[:, None] / 4
    ends = [line.box[2] for line, row in zip(left, paired, strict=True) if row.any()]
    starts = [
        line.box[0] for line, row in zip(right, paired.T, strict=True) if row.any()
    ]
    low, high = max(ends, default=np.inf), min(starts, default=-np.inf)

    def beside(side: Sequence[TextLine]) -> list[TextLine]:
        return [x for x in side if not low < (x.box[0] + x.box[2]) / 2 < high]

    return beside(left), beside(right)


def _ends_rows(left: Sequence[TextLine], right: Sequence[TextLine]) -> bool:
    """Return whether the side that is read last is aligned only at its far edge."""
    leftwards = reads_left("".join(line.text for line in (*left, *right)))
    last, far = (left, 0) if leftwards else (right, 2)

    def aligned(edge: int) -> float:
        edges = np.array([line.box[edge] for line in last])
        near = np.abs(edges - np.median(edges)) < FLUSH * last[0].height
        return float(near.mean())

    return aligned(far) >= WORDED and aligned(2 - far) < RAGGED


def _share_rows(one: Sequence[TextLine], other: Sequence[TextLine]) -> bool:
    """Return whether the lines of the side with fewer are beside lines of the other."""
    one, other = sorted((one, other), key=len)
    middles = np.array([line.middle for line in other])
    apart = [float(np.abs(middles - line.middle).min()) for line in one]
    shared = sum(gap < line.height / 4 for gap, line in zip(apart, one, strict=True))
    return shared >= 0.9 * len(one)


def _share_uneven_rows(one: Sequence[TextLine], other: Sequence[TextLine]) -> bool:
    """Return whether lines share their rows although these are unevenly spaced."""
    fewer = min(one, other, key=len)
    steps = np.diff(np.sort([line.middle for line in fewer]))
    # Ascenders and descenders vary the boxes: only a much larger step counts as uneven.
    uneven = len(steps) > 1 and steps.max() > 1.6 * np.median(steps)
    return bool(uneven) and _share_rows(one, other)


def is_heading_across(line: TextLine, lines: Sequence[TextLine]) -> bool:
    """Return whether a line of large letters, alone in its row, parts columns.

    It crosses a gutter, which is seen at rows of two other lines: it covers the one,
    and a part of the other. Or it is centred on text that both columns beside it leave
    room in.
    """
    if line.height < HEADING * statistics.median(each.height for each in lines):
        return False
    boxes = np.array([each.box for each in lines if each is not line])
    left, top, right, bottom = boxes.T
    middle, centre = (top + bottom) / 2, (left + right) / 2
    start, upper, end, lower = line.box
    beside = (top < line.middle) & (bottom > line.middle)
    if (beside | ((middle > upper) & (middle < lower))).any():
        return False
    first = (start < centre) & (end > right)
    second = (end > centre) & (start < left)
    begun, reached = start < right - (bottom - top), end > left + (bottom - top)
    covered = (first[:, None] & reached) | (begun[:, None] & second)
    row = (top[:, None] < middle) & (bottom[:, None] > middle)
    pairs = covered & row & (right[:, None] < left)
    return int(pairs.any(axis=1).sum()) >= COLUMN_LINES or _parts_three(line, boxes)


def spread_lines(lines: Sequence[TextLine]) -> set[TextLine]:
    """Return the lines of rows of words far apart, as those sung to notes are.

    No gutter crosses such a row: it is not in the columns above or below it.
    """
    found: set[TextLine] = set()
    for row in rows_of(lines):
        words = [
            line
            for line in row
            if line.width < SPREAD_WIDTH * line.height
            and len(line.text.split()) <= SPREAD_WORDS
            and any(map(str.isalpha, line.text))
        ]
        if len(row) >= SPREAD and len(words) >= WORDED * len(row):
            found.update(row)
    return found


def parting_lines(lines: Sequence[TextLine]) -> set[TextLine]:
    """Return the lines of large letters that part columns on both of their sides.

    The first line of a page may be of common letters, if no line is close below it.
    """
    least = HEADING * statistics.median(line.height for line in lines)
    first = min(lines, key=lambda line: line.middle)
    found = set()
    for line in lines:
        tall = line.height >= least
        if tall or line is first:
            others = np.array([x.box for x in lines if x is not line])
            if _parts_three(line, others, centred=tall):
                found.add(line)
    return found


def _parts_three(line: TextLine, boxes: np.ndarray, *, centred: bool = True) -> bool:
    """Return whether a line is between columns that leave its row free.

    It has no line close above or below it or, if `centred`, is centred on all text.
    `boxes` are left, top, right and bottom of the other lines. Columns on both sides
    have lines above and below the row, and no line in it. The title of a page has none
    above.
    """
    left, top, right, bottom = boxes.T
    start, upper, end, lower = line.box
    if (
        (top < lower - INSET * line.height) & (bottom > upper + INSET * line.height)
    ).any():
        return False
    near = AROUND * line.height
    above = (bottom < line.middle) & (bottom > upper - near)
    below = (top > line.middle) & (top < lower + near)
    before, after = right < start, left > end
    centred &= abs(start + end - left.min() - right.max()) <= 2 * line.height
    if not centred and ((above | below) & ~before & ~after).any():
        return False
    parts = (above, below) if (bottom < line.middle).any() else (below,)
    return all(bool((side & part).any()) for side in (before, after) for part in parts)
