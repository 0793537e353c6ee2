"""Metadata: what is known of documents, such as a year, a newspaper or a group."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from ocr_core.corpus.database import CorpusFile
from ocr_core.errors import InputError, SettingsError
from ocr_core.page import composed

Columns = dict[str, dict[str, str]]  # for each column, values by doc_id
KEY = "doc_id"
FIELD = re.compile(r"\{(\w+)\}")
NUMBERS = {"year": (4,), "month": (2, 1), "day": (2, 1)}  # digits, tried in turn
DIGITS = frozenset("0123456789")
TAKEN_OUT = (  # documents with all pages removed
    "SELECT document FROM pages GROUP BY document "
    "HAVING max(removed) <> 0 AND count(reading) = 0"
)
MAX_FIELDS = 8
MAX_NAME_LENGTH = 255  # no file name is longer
MAX_BYTES = 20_000_000
MAX_COLUMNS = 200
MAX_CELLS = 1_000_000


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
        known = dict(db.execute("SELECT doc_id, id FROM documents").fetchall())
        spelled_otherwise = {composed(name): n for name, n in known.items()}
        for name, values in columns.items():
            for doc_id, value in values.items():
                document = known.get(doc_id) or spelled_otherwise.get(composed(doc_id))
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


def read_columns(path: str | Path) -> Columns:
    """Read columns from a CSV file that has a column doc_id.

    Raises
    ------
    InputError
        If the file cannot be read, is not such a table, is too large, or names a
        document twice.
    """
    path = Path(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(
                "{0} is larger than {1} MB.", path.name, MAX_BYTES // 10**6
            )
        with path.open(encoding="utf-8-sig") as file:
            return _columns(path.name, filter(None, csv.reader(file, strict=True)))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError("{0} cannot be read: {1}.", path.name, reason) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            "{0} is not a CSV table in UTF-8.",
            path.name,
            hint="Save it again as CSV, UTF-8, with commas.",
        ) from error


def _columns(file: str, rows: Iterator[list[str]]) -> Columns:
    header = next(rows, [])
    if len(header) > MAX_COLUMNS:
        raise InputError(
            "{0} has more than {1} columns.",
            file,
            MAX_COLUMNS,
            hint="Leave out those that you do not need.",
        )
    names = [name.strip() for name in header]
    if KEY not in names:
        raise InputError(
            "{0} has no column doc_id.",
            file,
            hint="Its first line names the columns; one of them is doc_id.",
        )
    key_index = names.index(KEY)
    columns: Columns = {}
    seen: set[str] = set()
    cells = 0
    for row in rows:
        doc_id = row[key_index] if key_index < len(row) else ""
        if doc_id in seen:
            raise InputError("{0} names the document {1} twice.", file, doc_id)
        seen.add(doc_id)
        cells += min(len(row), len(names))
        if cells > MAX_CELLS:
            raise InputError(
                "{0} has more than a million cells.",
                file,
                hint="Take it in parts, each with a column doc_id.",
            )
        for name, value in zip(names, row, strict=False):
            if name and name != KEY:
                columns.setdefault(name, {})[doc_id] = value.strip()
    return columns


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
