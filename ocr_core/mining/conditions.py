"""Conditions on the metadata of documents, as in ``year=1890..1899; paper=Tide``.

Conditions are separated by semicolons, and a document must meet all of them. The values
of a condition are separated by commas, and one of them must match: a text, a number, an
ISO 8601 date, or a range of numbers or dates. A year or a month includes all its days.
A value in quotation marks is a single text; so is a value with a comma that some
document has.
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
WHOLE_RANGE = re.compile(r"(-?\d{1,9})(?:\s*\.\.\s*(-?\d{1,9}))?")
MAX_COMMAS = 20  # in a value
MAX_NAMED = 8  # values that are listed where none matches

Metadata = Mapping[str, Mapping[str, str]]  # by column, values by doc_id
Test = Callable[[str], bool]
Day = tuple[int, int, int]


class Condition(NamedTuple):
    """One condition: its column, and each requested value with its test."""

    column: str
    tests: list[tuple[str, Test]]

    def holds(self, value: str) -> bool:
        """Return whether a document's value matches one of the tests."""
        return any(test(value) for _, test in self.tests)


def conditions(text: str, metadata: Metadata) -> list[Condition]:
    """Parse a text of conditions.

    Raises
    ------
    SettingsError
        If a part is not a condition, or names an unknown column.
    """
    names = {composed(name): name for name in metadata}
    found = []
    for part in filter(str.strip, PARTS.findall(text)):
        found_part = CONDITION.fullmatch(part)
        known = ", ".join(metadata) or Message("none yet")
        if not found_part or part.count('"') % 2:
            raise SettingsError(
                "The metadata cannot be filtered by {0}.",
                part.strip(),
                hint=Message("Write it as in year=1890..1899. Columns: {0}.", known),
            )
        column = names.get(composed(found_part[1]))
        if column is None:
            raise SettingsError(
                "The corpus has no column {0}.",
                found_part[1],
                hint=Message("Columns: {0}.", known),
            )
        known_values = {compared(value) for value in metadata[column].values()}
        requested = _values(found_part[2], known_values)
        found.append(Condition(column, [(each, _test(each)) for each in requested]))
    return found


def metadata_test(text: str, metadata: Metadata) -> Test:
    """Return a test of documents by their doc_id."""
    found = conditions(text, metadata)
    return lambda doc_id: all(
        each.holds(metadata[each.column].get(doc_id, "")) for each in found
    )


class Unmatched(NamedTuple):
    """A requested value that no document has, and some of the existing values."""

    column: str
    value: str
    known: str


def unmatched(text: str, metadata: Metadata) -> list[Unmatched]:
    """Return the requested values that no document has."""
    found = []
    for column, tests in conditions(text, metadata):
        values = list(dict.fromkeys(metadata[column].values()))
        for requested, test in tests:
            if not any(map(test, values)):
                some = "; ".join(sorted(values)[:MAX_NAMED])
                more = "; …" if len(values) > MAX_NAMED else ""
                found.append(Unmatched(column, requested, some + more))
    return found


def range_in(text: str, column: str) -> tuple[int, int] | None:
    """Return the range of whole numbers that a text asks of a column, if it asks one.

    A single number is a range too; several values, or another text, are none.
    """
    for found in filter(None, map(CONDITION.fullmatch, PARTS.findall(text))):
        between = WHOLE_RANGE.fullmatch(found[2])
        if between and composed(found[1]) == composed(column):
            return int(between[1]), int(between[2] or between[1])
    return None


def with_range(text: str, column: str, wanted: tuple[int, int] | None) -> str:
    """Return conditions in which a range is the only one of a column; None for none."""
    kept = []
    for part in filter(str.strip, PARTS.findall(text)):
        found = CONDITION.fullmatch(part)
        if not found or composed(found[1]) != composed(column):
            kept.append(part.strip())
    if wanted:
        kept.append(f"{column}={wanted[0]}..{wanted[1]}")
    return "; ".join(kept)


def _values(text: str, known: set[str]) -> list[str]:
    """Return the values in a text; only known ones may contain commas."""
    spans = [found.span() for found in VALUES.finditer(text)]
    found = []
    while spans:
        start = spans[0][0]
        for n in range(min(len(spans), MAX_COMMAS + 1), 0, -1):
            whole = text[start : spans[n - 1][1]].strip()
            if n == 1 or compared(whole) in known:
                found.append(whole)
                spans = spans[n:]
                break
    return found or [""]


def _test(requested: str) -> Test:
    if len(requested) > 1 and requested[0] == requested[-1] == '"':
        return _equal(requested[1:-1])
    between = RANGE.fullmatch(requested)
    if not between:
        wanted = _days(requested)
        equal = _equal(requested)
        if wanted is None:
            return equal
        return lambda value: equal(value) or _within(value, *wanted)
    low, high = between[1], between[2]
    numbers = all(NUMBER.fullmatch(end) for end in (low, high))
    first, last = _days(low), _days(high)
    if not numbers and not (first and last):
        raise SettingsError(
            "{0} is no range of numbers or dates.",
            requested,
            hint="Write it as in 1890..1899 or 1890-01..1890-03-15.",
        )

    def inside(value: str) -> bool:
        if numbers and NUMBER.fullmatch(value):
            return float(low) <= float(value) <= float(high)
        return bool(first and last and _within(value, first[0], last[1]))

    return inside


def _equal(requested: str) -> Test:
    wanted = compared(requested)
    return lambda value: compared(value) == wanted


def _days(text: str) -> tuple[Day, Day] | None:
    """Return the first and last day of a date, month or year; None for other texts."""
    found = DATE.fullmatch(text.strip())
    if not found:
        return None
    year, month, day = (int(part) if part else 0 for part in found.groups())
    return (year, month or 1, day or 1), (year, month or 12, day or 31)


def _within(value: str, first: Day, last: Day) -> bool:
    days = _days(value)
    return days is not None and first <= days[0] and days[1] <= last


def compared(text: str) -> str:
    """Return a name or value in the normal form in which it is compared."""
    return composed(text.strip().lower())


def number_of(value: str) -> float:
    """Return a value as a number; NaN if it is not one."""
    try:
        return float(value)
    except ValueError:
        return float("nan")
