"""Reading order: turns the detected lines of a page into a table of words in order.

For engines that find no layout, or split the page into too many blocks. Blocks are
columns of prose; rows are lines side by side; words are parts of lines.
"""

import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations, groupby, pairwise

import numpy as np

from ocr_core.engines.columns import (
    COLUMN_LINES,
    are_columns,
    go_on,
    is_heading_across,
    is_note,
    parting_lines,
    spread_lines,
)
from ocr_core.engines.line_order import (
    in_column_order,
    with_initials_first,
    with_lower_blocks_last,
    with_pieces_joined,
)
from ocr_core.engines.numbering import with_numbered_parted
from ocr_core.engines.text_lines import TextLine, rows_of, words_on
from ocr_core.knobs import Switch
from ocr_core.page import Word, lines_of, runs_down
from ocr_core.scripts import reads_left

MOSTLY = 0.75  # share of the lines of a page that is set in columns


def words_in_order(lines: Sequence[TextLine], join: Switch = "auto") -> list[Word]:
    """Return the words of all lines in reading order, numbered as Tesseract does.

    `join` "on" reads across columns, "off" makes each line a separate row.
    """
    blocks = [list(lines)] if join == "on" and lines else blocks_of(list(lines))
    rows = [rows_of(block) for block in blocks]
    if join == "off":
        rows = [[[line] for row in block for line in row] for block in rows]
    return _numbered(rows, words_on)


def words_across(words: Sequence[Word], join: Switch = "auto") -> list[Word]:
    """Return words in rows, joining rows that the engine's layout analysis split.

    Tesseract's layout analysis takes wide gaps for gutters: it separates the items of a
    receipt from their prices. If the page has no columns side by side, text at the same
    height is joined into one row; `join` "on" also joins across columns, "off" keeps
    the engine's layout, as does a page whose lines are vertical. Lists of pairs and
    numbered lines side by side are read one after the other. Other columns keep the
    engine's order, but none is read past a heading that spans several.
    """
    if join == "off" or (join == "auto" and _mostly_vertical(words)):
        return list(words)
    words = with_initials_first(words)
    parted = _lines_of(with_numbered_parted(words))
    if join == "auto" and _surely_stand_in_columns(list(parted)):
        blocks = [rows_of(block) for block in blocks_of(list(parted))]
        return _numbered(blocks, lambda line: parted[line])
    found = _lines_of(words)
    rows = rows_of(list(found))
    if len(rows) == len(found):
        return with_lower_blocks_last(words)
    if join == "auto" and _stand_in_columns(found):
        words = with_pieces_joined(words)
        words = _in_column_order(words, _lines_of(words))
        return _parted_at_headings(words, _lines_of(words))
    return _numbered([rows], lambda line: found[line])


def _in_column_order(
    words: Sequence[Word], found: Mapping[TextLine, Sequence[Word]]
) -> Sequence[Word]:
    """Return words with what Tesseract took out of a column back in it."""
    lines = list(found)
    blocks = [found[line][0].block_num for line in lines]
    order = in_column_order([line.box for line in lines], blocks)
    if [index for index, _ in order] == list(range(len(lines))):
        return words
    parts = groupby(order, key=lambda each: each[1])
    rows = [[[lines[index]] for index, _ in part] for _, part in parts]
    return _numbered(rows, lambda line: found[line])


def _parted_at_headings(
    words: Sequence[Word], found: Mapping[TextLine, Sequence[Word]]
) -> list[Word]:
    """Return words with all that is above a heading across columns before it."""
    lines = list(found)
    headings = [line for line in lines if is_heading_across(line, lines)]
    ends = sorted(line.middle for line in headings)

    def band(line: TextLine) -> tuple[int, bool]:
        return int(np.searchsorted(ends, line.middle)), line in headings

    ordered = sorted(lines, key=band)
    if ordered == lines:
        return list(words)
    parts = groupby(ordered, key=lambda line: (band(line), found[line][0].block_num))
    blocks = [[[line] for line in part] for _, part in parts]
    return _numbered(blocks, lambda line: found[line])


def words_arranged(words: Sequence[Word], join: Switch = "auto") -> list[Word]:
    """Return words in reading order with new numbers; their lines may be in any order.

    Columns are read one after the other: those that a gutter separates, or else the
    blocks that are side by side, in the order of their numbers. `join` is as in
    `words_in_order`.
    """
    found = _lines_of(words)
    blocks = [list(found)] if join == "on" and found else blocks_of(list(found))
    if len(blocks) == 1 and join == "auto" and _stand_in_columns(found):
        numbers = groupby(found, key=lambda line: found[line][0].block_num)
        blocks = [list(block) for _, block in numbers]
    rows = [rows_of(block) for block in blocks]
    if join == "off":
        rows = [[[line] for line in block] for block in blocks]
    return _numbered(rows, lambda line: found[line])


def _numbered(
    blocks: list[list[list[TextLine]]],
    words_of_line: Callable[[TextLine], Iterable[Word]],
) -> list[Word]:
    words = []
    for block_num, rows in enumerate(blocks, start=1):
        for par_num, paragraph in enumerate(_paragraphs(rows), start=1):
            for line_num, row in enumerate(paragraph, start=1):
                read = (word for line in row for word in words_of_line(line))
                words += [
                    word._replace(
                        block_num=block_num,
                        par_num=par_num,
                        line_num=line_num,
                        word_num=word_num,
                    )
                    for word_num, word in enumerate(read, start=1)
                ]
    return words


def blocks_of(lines: list[TextLine]) -> list[list[TextLine]]:
    """Split lines into blocks: columns of prose side by side, and lines that span them.

    A gutter is a vertical strip, within a horizontal band of the page, that no line
    crosses and that has prose on both sides. Lines above the band are read first, then
    its left side, its right side, and the lines below; in right-to-left scripts the
    right side comes first. Columns of short cells (receipts, tables) are not prose and
    are read row by row.
    """
    found = _gutter(lines)
    if found is None:
        return [lines] if lines else []
    x, top, bottom = found
    above = [line for line in lines if line.middle <= top]
    below = [line for line in lines if line.middle >= bottom]
    band = [line for line in lines if top < line.middle < bottom]
    left = [line for line in band if line.box[0] + line.box[2] < 2 * x]
    right = [line for line in band if line.box[0] + line.box[2] >= 2 * x]
    sides = (
        (right, left) if reads_left("".join(x.text for x in lines)) else (left, right)
    )
    return [block for part in (above, *sides, below) for block in blocks_of(part)]


def has_columns(words: Sequence[Word]) -> bool:
    """Return whether the words of a page include columns of prose side by side."""
    return _stand_in_columns(_lines_of(words))


def mostly_columns(words: Sequence[Word]) -> bool:
    """Return whether most lines of a page are in the band of a gutter."""
    lines = list(_lines_of(words))
    _, top, bottom = _gutter(lines) or (0.0, np.inf, np.inf)
    inside = sum(top < line.middle < bottom for line in lines)
    return inside > MOSTLY * len(lines)


def _mostly_vertical(words: Sequence[Word]) -> bool:
    """Return whether most characters of a page are in vertical lines."""
    down = across = 0
    for line in lines_of(words):
        size = sum(len(word.text) for word in line)
        if runs_down(line):
            down += size
        else:
            across += size
    return down > across


def _lines_of(words: Sequence[Word]) -> dict[TextLine, list[Word]]:
    lines = {}
    for _, group in groupby(words, key=lambda word: word[:3]):
        line = list(group)
        boxes = np.array([word[4:8] for word in line], float)
        left, top = boxes[:, :2].min(axis=0)
        right, bottom = (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
        quad = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
        text = " ".join(word.text for word in line)
        lines[TextLine(quad, text, (), ())] = line
    return lines


def _stand_in_columns(lines: Mapping[TextLine, Sequence[Word]]) -> bool:
    """Return whether a gutter divides the lines, or the engine's blocks are columns.

    A word that crosses the gutter hides it; the blocks can still show the columns.
    """
    if _gutter(list(lines)) is not None:
        return True
    blocks: dict[int, list[TextLine]] = {}
    for line, words in lines.items():
        blocks.setdefault(words[0].block_num, []).append(line)
    return any(
        _side_by_side(one, other) for one, other in combinations(blocks.values(), 2)
    )


def _surely_stand_in_columns(lines: list[TextLine]) -> bool:
    """Return whether a gutter divides lines into lists of pairs or numbered lines."""
    x, top, bottom = _gutter(lines) or (0.0, np.inf, np.inf)
    band = [line for line in lines if top < line.middle < bottom]
    left = [line for line in band if line.box[0] + line.box[2] < 2 * x]
    return go_on(left, [line for line in band if line not in left])


def _side_by_side(one: list[TextLine], other: list[TextLine]) -> bool:
    """Return whether two blocks are columns with a common range of heights."""
    if min(line.box[0] for line in one) > min(line.box[0] for line in other):
        one, other = other, one
    if max(line.box[2] for line in one) > min(line.box[0] for line in other):
        return False
    top, bottom = (
        limit(edge(line.middle for line in block) for block in (one, other))
        for limit, edge in ((max, min), (min, max))
    )
    inside = [
        [line for line in block if top <= line.middle <= bottom]
        for block in (one, other)
    ]
    return are_columns(*inside) or is_note(one, inside[1]) or is_note(other, inside[0])


def _gutter(lines: list[TextLine]) -> tuple[float, float, float] | None:
    """Return the x of a gutter, and the top and bottom of its band, in pixels.

    None if there are no columns. Of several bands, the one with the most lines side by
    side is returned.
    """
    if len(lines) < 2 * COLUMN_LINES:
        return None
    lines = sorted(lines, key=lambda line: line.middle)
    # The detector's boxes extend a little beyond the ink on every side.
    left = np.array([line.box[0] + 0.3 * line.height for line in lines])
    right = np.array([line.box[2] - 0.3 * line.height for line in lines])
    middle = [line.middle for line in lines]
    apart = spread_lines(lines) | parting_lines(lines)
    parting = np.array([line in apart for line in lines])
    most, found = COLUMN_LINES - 1, None
    for x in np.unique(np.rint(right) + 1):
        across = np.flatnonzero(((left < x) & (right > x)) | parting)
        ends = [-1, *across.tolist(), len(lines)]
        for start, stop in pairwise(ends):
            inside = np.arange(start + 1, stop)
            sides = inside[right[inside] <= x], inside[left[inside] >= x]
            count = min(len(side) for side in sides)
            if count <= most:
                continue
            # A line that ends or begins within the gap crosses no gutter: at another x
            # the band goes on.
            low, high = right[sides[0]].max(), left[sides[1]].min()
            edges = [edge for edge in (start, stop) if 0 <= edge < len(lines)]
            bounds = [edge for edge in edges if not parting[edge]]
            if any(right[edge] < high or left[edge] > low for edge in bounds):
                continue
            if are_columns(*([lines[index] for index in side] for side in sides)):
                top = middle[start] if start >= 0 else -np.inf
                bottom = middle[stop] if stop < len(lines) else np.inf
                most, found = count, (float(x), float(top), float(bottom))
    return found


def _paragraphs(rows: list[list[TextLine]]) -> Iterator[list[list[TextLine]]]:
    """Split rows into paragraphs where the step down is 1.5 times the usual one."""
    tops = [statistics.fmean(line.middle for line in row) for row in rows]
    steps = [after - before for before, after in pairwise(tops)]
    usual = statistics.median(steps) if steps else 0.0
    paragraph = rows[:1]
    for step, row in zip(steps, rows[1:], strict=True):
        if step > 1.5 * usual:
            yield paragraph
            paragraph = []
        paragraph.append(row)
    if paragraph:
        yield paragraph
