"""Conditions on the metadata of documents, as in ``year=1890..1899; paper=Tide``.

Conditions stand with semicolons between them, and all of them hold. The values of one
stand with commas between them, and one of them holds: a text, a number, a date as ISO
8601 writes it, or a range of numbers or dates. A year or a month stands for all its
days. A value in quotation marks is one text, whatever is in it; so is a value with a
comma that a document has.
"""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from ocr_core.errors import SettingsError
from ocr_core.messages import Message
from ocr_core.page import composed

QUOTED = r'"[^"]*"'
PARTS = re.compile(rf"(?:{QUOTED}|[^;])+")
VALUES = re.compile(rf"(?:{QUOTED}|[^,])+")
CONDITION = re.compile(r"\s*([^=<>\"]+?)\s*=\s*(.*?)\s*", re.DOTALL)
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
DATE = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?)?(?:T.*)?")
RANGE = re.compile(r"(.*?)\s*\.\.\s*(.*)", re.DOTALL)
MOST_COMMAS = 20  # of a value
MOST_NAMED = 8  # values that are named where none fits

Metadata = Mapping[str, Mapping[str, str]]  # by column, values by doc_id
Test = Callable[[str], bool]
Day = tuple[int, int, int]


class Condition(NamedTuple):
    """One condition: its column, and each value that is asked for with its test."""

    column: str
    tests: list[tuple[str, Test]]

    def holds(self, value: str) -> bool:
        """Tell whether a document's value is one of those."""
        return any(test(value) for _, test in self.tests)


def conditions(text: str, metadata: Metadata) -> list[Condition]:
    """Understand a text of conditions.

    Raises
    ------
    SettingsError
        Where a part is no condition, or names a column that there is not.
    """
    names = {composed(name): name for name in metadata}
    found = []
    for part in filter(str.strip, PARTS.findall(text)):
        told = CONDITION.fullmatch(part)
        column = told and names.get(composed(told[1]))
        if not told or column is None or part.count('"') % 2:
            known = ", ".join(metadata) or Message("none yet")
            raise SettingsError(
                "The metadata cannot be filtered by {0}.",
                part.strip(),
                hint=Message("Write it as in year=1890..1899. Columns: {0}.", known),
            )
        known_values = {compared(value) for value in metadata[column].values()}
        asked = _values(told[2], known_values)
        found.append(Condition(column, [(each, _test(each)) for each in asked]))
    return found


def metadata_test(text: str, metadata: Metadata) -> Test:
    """Return a test of documents, by their doc_id."""
    found = conditions(text, metadata)
    return lambda doc_id: all(
        each.holds(metadata[each.column].get(doc_id, "")) for each in found
    )


class Unmatched(NamedTuple):
    """A value that was asked for, that no document has, and some that there are."""

    column: str
    value: str
    known: str


def unmatched(text: str, metadata: Metadata) -> list[Unmatched]:
    """Return the values of conditions that no document has."""
    found = []
    for column, tests in conditions(text, metadata):
        values = list(dict.fromkeys(metadata[column].values()))
        for asked, test in tests:
            if not any(map(test, values)):
                some = "; ".join(sorted(values)[:MOST_NAMED])
                more = "; …" if len(values) > MOST_NAMED else ""
                found.append(Unmatched(column, asked, some + more))
    return found


def _values(text: str, known: set[str]) -> list[str]:
    """Return the values that a text asks for; known ones may hold commas."""
    spans = [found.span() for found in VALUES.finditer(text)]
    found = []
    while spans:
        start = spans[0][0]
        for n in range(min(len(spans), MOST_COMMAS + 1), 0, -1):
            whole = text[start : spans[n - 1][1]].strip()
            if n == 1 or compared(whole) in known:
                found.append(whole)
                spans = spans[n:]
                break
    return found or [""]


def _test(asked: str) -> Test:
    if len(asked) > 1 and asked[0] == asked[-1] == '"':
        return _equal(asked[1:-1])
    between = RANGE.fullmatch(asked)
    if not between:
        wanted = _days(asked)
        equal = _equal(asked)
        if wanted is None:
            return equal
        return lambda value: equal(value) or _within(value, *wanted)
    low, high = between[1], between[2]
    numbers = all(NUMBER.fullmatch(end) for end in (low, high))
    first, last = _days(low), _days(high)
    if not numbers and not (first and last):
        raise SettingsError(
            "{0} is no range of numbers or dates.",
            asked,
            hint="Write it as in 1890..1899 or 1890-01..1890-03-15.",
        )

    def inside(value: str) -> bool:
        if numbers and NUMBER.fullmatch(value):
            return float(low) <= float(value) <= float(high)
        return bool(first and last and _within(value, first[0], last[1]))

    return inside


def _equal(asked: str) -> Test:
    wanted = compared(asked)
    return lambda value: compared(value) == wanted


def _days(text: str) -> tuple[Day, Day] | None:
    """Return the first and the last day of a date, month or year; None for others."""
    found = DATE.fullmatch(text.strip())
    if not found:
        return None
    year, month, day = (int(part) if part else 0 for part in found.groups())
    return (year, month or 1, day or 1), (year, month or 12, day or 31)


def _within(value: str, first: Day, last: Day) -> bool:
    days = _days(value)
    return days is not None and first <= days[0] and days[1] <= last


def compared(text: str) -> str:
    """Return a name or a value as it is compared, whatever its accents are made of."""
    return composed(text.strip().lower())


def number_of(value: str) -> float:
    """Return a value as a number; NaN where it is none."""
    try:
        return float(value)
    except ValueError:
        return float("nan")
