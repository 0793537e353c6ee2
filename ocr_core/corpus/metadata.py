"""Metadata: what is known of documents, such as a year, a newspaper or a group."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Generic, TypeVar

from ocr_core.corpus.database import CorpusFile
from ocr_core.errors import SettingsError
from ocr_core.page import composed

Columns = dict[str, dict[str, str]]  # for each column, values by doc_id
Nearest = dict[str, str]  # for each unknown name, the most similar doc_id, or ""
Id = TypeVar("Id")
KEY = "doc_id"
FILE_ENDING = re.compile(r"\.[A-Za-z0-9]{1,5}$")
FIELD = re.compile(r"\{(\w+)\}")
NUMBERS = {"year": (4,), "month": (2, 1), "day": (2, 1)}  # digits, tried in turn
DIGITS = frozenset("0123456789")
TAKEN_OUT = (  # documents with all pages removed
    "SELECT document FROM pages GROUP BY document "
    "HAVING max(removed) <> 0 AND count(reading) = 0"
)
MAX_FIELDS = 8
DATES = (  # parts of names that are dates, the most exact first
    *("{year}-{month}-{day}", "{year}_{month}_{day}", "{year}{month}{day}"),
    *("{year}-{month}", "{year}"),
)
YEARS = range(1000, 2100)  # that a number in a name may stand for
TITLE = "{title}_"
MAX_NAME_LENGTH = 255  # no file name is longer
MAX_NEAREST = 100  # each is compared with all documents


class DocumentNames(Generic[Id]):
    """The documents of a corpus, found by name."""

    def __init__(self, ids: Mapping[str, Id]) -> None:
        self.ids = ids
        self._composed = {composed(name): n for name, n in ids.items()}

    def find(self, name: str) -> Id | None:
        """Return the document of a name, which may be the name of its file."""
        if name in self.ids:
            return self.ids[name]
        name = composed(name.strip())
        without = FILE_ENDING.sub("", name.replace("\\", "/").rpartition("/")[2])
        return self._composed.get(name, self._composed.get(without))


def all_metadata(db: CorpusFile) -> Columns:
    """Return all columns, each with its values by doc_id."""
    columns: Columns = {}
    with db.translate_errors():
        rows = db.execute(
            "SELECT m.name, d.doc_id, m.value FROM metadata m "
            "JOIN documents d ON d.id = m.document WHERE m.name <> ? "
            f"AND d.id NOT IN ({TAKEN_OUT}) ORDER BY m.name, m.document",
            (KEY,),  # tables already have a column of this name
        )
        for name, doc_id, value in db.check_types(rows, str, str, str):
            columns.setdefault(name, {})[doc_id] = value
    return columns


def set_metadata(db: CorpusFile, columns: Mapping[str, Mapping[str, str]]) -> int:
    """Set columns of metadata; an empty value deletes the stored one.

    Returns
    -------
    int
        Number of values that are ignored, as their document is not in the corpus.
    """
    unknown = 0
    with db.translate_errors(), db.writing():
        known = DocumentNames(dict(db.execute("SELECT doc_id, id FROM documents")))
        for name, values in columns.items():
            for doc_id, value in values.items():
                document = known.find(doc_id)
                if document is None:
                    unknown += 1
                elif value:
                    db.execute(
                        "INSERT OR REPLACE INTO metadata VALUES (?, ?, ?)",
                        (document, name, value),
                    )
                else:
                    db.execute(
                        "DELETE FROM metadata WHERE document = ? AND name = ?",
                        (document, name),
                    )
    return unknown


def unmatched(columns: Mapping[str, Iterable[str]], doc_ids: Iterable[str]) -> Nearest:
    """Return the names in columns that are of no document, each with the nearest name.

    Parameters
    ----------
    columns
        For each column, the names of documents that have a value.
    doc_ids
        The documents of the corpus.

    Returns
    -------
    dict
        For each such name the most similar doc_id (Ratcliff & Obershelp 1988), or an
        empty string if none is similar, or after the first `MAX_NEAREST` names.
    """
    known = DocumentNames({doc_id: doc_id for doc_id in doc_ids})
    names = dict.fromkeys(name for each in columns.values() for name in each)
    missing = [name for name in names if known.find(name) is None]
    return {
        name: next(iter(get_close_matches(name, known.ids, 1)), "")
        if n < MAX_NEAREST
        else ""
        for n, name in enumerate(missing)
    }


def parse_names(doc_ids: Iterable[str], pattern: str) -> Columns:
    """Read columns from document names by a pattern such as ``{paper}_{year}-{month}``.

    A field in braces matches any text without an underscore; year, month and day match
    digits. All other text matches itself. The pattern may match anywhere in the name.
    A name without a match has no values.

    Raises
    ------
    SettingsError
        If the pattern has no field, too many, one twice, or an invalid name.
    """
    fields = FIELD.findall(pattern)
    if not fields or len(set(fields)) < len(fields):
        raise SettingsError(
            "The pattern names no column, or one twice.",
            hint="Write it as in {paper}_{year}-{month}.",
        )
    if len(fields) > MAX_FIELDS:
        raise SettingsError(
            "The pattern names more than {0} columns.",
            MAX_FIELDS,
            hint="Take some of them now, and the others after that.",
        )
    for field in fields:
        if field == KEY or not field.isidentifier():
            raise SettingsError(
                "No column can be called {0}.",
                field,
                hint="A name begins with a letter, and is not doc_id.",
            )
    parts = [composed(part) for part in FIELD.split(pattern)]
    columns: Columns = {field: {} for field in fields}
    for doc_id in doc_ids:
        name = composed(doc_id)
        found = _fitted(name, parts) if len(name) <= MAX_NAME_LENGTH else None
        for field, value in zip(fields, found or (), strict=False):
            columns[field][doc_id] = value
    return columns


def suggested_pattern(doc_ids: Sequence[str]) -> str:
    """Return the pattern that finds dates in most names; "" if half have none.

    A pattern with a title before the date is preferred if several documents have the
    same title, and not all do.
    """
    for date in DATES:
        found = parse_names(doc_ids, date)
        if 2 * sum(map(_is_date, _rows(found))) <= len(doc_ids):
            continue
        titles = parse_names(doc_ids, TITLE + date)["title"]
        all_titled = len(titles) == len(found["year"])
        if all_titled and 1 < len({*titles.values()}) < len(titles):
            return TITLE + date
        return date
    return ""


def _rows(columns: Columns) -> Iterator[dict[str, str]]:
    """Yield the values of each document that has values in the first column."""
    for doc_id in next(iter(columns.values())):
        yield {name: values[doc_id] for name, values in columns.items()}


def _is_date(row: Mapping[str, str]) -> bool:
    """Return whether the numbers of a name may be a date."""
    return (
        int(row["year"]) in YEARS
        and 1 <= int(row.get("month", "1")) <= 12
        and 1 <= int(row.get("day", "1")) <= 31
    )


def _fitted(name: str, parts: Sequence[str]) -> list[str] | None:
    """Return the values of a pattern's fields in a name, or None without a match.

    Every second part is a field. A regular expression would take exponential time on
    some names; this search stores the positions at which the rest does not match.
    """
    failed: set[tuple[int, int]] = set()

    def fitted(n: int, start: int) -> list[str] | None:
        if n == len(parts):
            return [] if name[start : start + 1] not in DIGITS else None
        if (n, start) not in failed:
            field, after = parts[n : n + 2]
            for end in _ends(name, start, field, after):
                rest = fitted(n + 2, end + len(after))
                if rest is not None:
                    return [name[start:end], *rest]
            failed.add((n, start))
        return None

    for start in range(len(name)):
        within = start > 0 and name[start - 1] in DIGITS
        if not within and name.startswith(parts[0], start):
            found = fitted(1, start + len(parts[0]))
            if found is not None:
                return found
    return None


def _ends(name: str, start: int, field: str, after: str) -> Iterator[int]:
    """Yield the possible ends of a field at `start` that are followed by `after`."""
    for size in NUMBERS.get(field, ()):
        end = start + size
        digits = name[start:end]
        if len(digits) == size and digits.isdecimal() and name.startswith(after, end):
            yield end
    if field not in NUMBERS:
        bound = name.find("_", start)
        last = (len(name) if bound < 0 else bound) + len(after)
        end = start
        while (end := name.find(after, end + 1, last)) >= 0:
            yield end
