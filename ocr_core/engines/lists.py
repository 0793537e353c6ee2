"""Lists: columns whose rows are pairs, such as the names and numbers of a directory.

Each row of such a column is an entry and, at the far end, its number or price. Two of
them side by side look like a table of four columns. They are read one after the other
if something shows that a row ends in the middle of the page: leaders, rows at other
heights, entries in the order of the alphabet, or several numbers in each row, after
which the row begins again.
"""

import re
import statistics
from collections.abc import Sequence
from itertools import groupby, pairwise

import numpy as np

from ocr_core.engines.leaders import AT_END
from ocr_core.engines.text_lines import TextLine, rows_of

LIST_ROWS = 6  # least number of rows
PAIRED = 0.7  # least share of rows that are pairs; the others are headings
NUMBERED = 0.5  # least share of rows with a number; more may have one that was misread
SHORT = 4  # characters of a price that may be misread
DIFFERENT = 0.5  # least share of entries that differ; units of measure are repeated
LED = 0.3  # share of rows with leaders: the recogniser misses some
SORTED = 0.9  # share of entries that follow the one before in the alphabet
SAME_ROW = 0.25  # of a line's height: the most by which middles differ
UNALIGNED = 0.1  # share of pairs beside no pair of the other list, on both sides
# Least share of rows that are an entry and several numbers, and the least count of
# these: one number may be the next cell of a table.
RECORDS, RECORD_NUMBERS = 0.5, 2
ENTRY = re.compile(r"\W*[^\W\d_]{2}")
NUMBER = re.compile(r"\d[^\W\d_]?\W?$")
LETTER = re.compile(r"[^\W\d_]")
Row = list[TextLine]


def are_lists(left: Sequence[TextLine], right: Sequence[TextLine]) -> bool:
    """Return whether the lines on both sides of a gutter are lists of pairs."""
    sides = rows_of(left), rows_of(right)
    if all(map(_are_records, sides)):
        return True
    if not all(map(_is_list, sides)):
        return False
    return all(map(_are_led, sides)) or _are_sorted(*sides) or _are_apart(*sides)


def _is_list(rows: Sequence[Row]) -> bool:
    pairs = [row for row in rows if _is_pair(row)]
    entries = {row[0].text.casefold() for row in pairs}
    numbers = sum(bool(NUMBER.search(row[-1].text.rstrip())) for row in pairs)
    if numbers < NUMBERED * len(rows):
        return False
    return len(pairs) >= max(LIST_ROWS, PAIRED * len(rows)) and len(
        entries
    ) > DIFFERENT * len(pairs)


def _is_pair(row: Row) -> bool:
    first, last = row[0].text, row[-1].text.rstrip()
    if len(row) > 1 and len(last) <= SHORT:
        return bool(ENTRY.match(first))
    number = NUMBER.search(last if len(row) > 1 else last.partition(" ")[2])
    return bool(number and ENTRY.match(first))


def _are_led(rows: Sequence[Row]) -> bool:
    """Return whether leaders lead to the ends of rows."""
    return sum(
        len(row) > 1 and bool(AT_END.search(row[0].text)) for row in rows
    ) >= LED * len(rows)


def _are_sorted(left: Sequence[Row], right: Sequence[Row]) -> bool:
    """Return whether the entries of one list go on in the order of the other."""
    entries = [row[0].text.casefold() for row in (*left, *right) if _is_pair(row)]
    steps = [before[0] <= after[0] for before, after in pairwise(entries)]
    return entries[0][0] < entries[-1][0] and sum(steps) >= SORTED * len(steps)


def _are_apart(left: Sequence[Row], right: Sequence[Row]) -> bool:
    """Return whether many rows of pairs are beside no pair of the other list.

    They are at other heights, or beside a heading.
    """
    middles = [
        np.array([row[0].middle for row in side if _is_pair(row)])
        for side in (left, right)
    ]
    near = [
        SAME_ROW * float(np.median([row[0].height for row in side]))
        for side in (left, right)
    ]
    gaps = np.abs(middles[0][:, None] - middles[1])
    return bool(
        (gaps.min(axis=1) > near[0]).mean() >= UNALIGNED
        and (gaps.min(axis=0) > near[1]).mean() >= UNALIGNED
    )


def _are_records(rows: Sequence[Row]) -> bool:
    """Return whether most rows are an entry and several numbers, once or repeatedly."""
    runs = [_runs(" ".join(line.text for line in row)) for row in rows]
    records = [row for row in runs if len(row) > 1 and row[0][0] and not row[-1][0]]
    counts = [count for row in records for is_entry, count in row if not is_entry]
    enough = len(records) >= max(LIST_ROWS, RECORDS * len(rows))
    return enough and statistics.median(counts) >= RECORD_NUMBERS


def _runs(text: str) -> list[tuple[bool, int]]:
    """Return the runs of words and of numbers of a row: whether words, and how many."""
    words = groupby(text.split(), lambda word: bool(LETTER.search(word)))
    return [(is_entry, len(list(run))) for is_entry, run in words]
