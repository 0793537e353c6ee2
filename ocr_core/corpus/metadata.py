"""Metadata: what people know of documents: a year, a newspaper, a group."""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from ocr_core.corpus.file import CorpusFile
from ocr_core.errors import InputError, SettingsError

Columns = dict[str, dict[str, str]]  # for each column, values by doc_id
KEY = "doc_id"
FIELD = re.compile(r"\{(\w+)\}")
NUMBERS = {"year": r"\d{4}", "month": r"\d{1,2}", "day": r"\d{1,2}"}
MOST_BYTES = 50_000_000


class Metadata(CorpusFile):
    """Columns that documents have beside their text."""

    def metadata(self) -> Columns:
        """Return all columns, each with its values by doc_id."""
        columns: Columns = {}
        with self._told():
            rows = self._db.execute(
                "SELECT m.name, d.doc_id, m.value FROM metadata m "
                "JOIN documents d ON d.id = m.document WHERE m.name <> ? "
                "ORDER BY m.name, m.document",
                (KEY,),  # what stands beside it in tables is called so
            )
            for name, doc_id, value in self._sound(rows, str, str, str):
                columns.setdefault(name, {})[doc_id] = value
        return columns

    def describe(self, columns: Mapping[str, Mapping[str, str]]) -> int:
        """Set columns of metadata; an empty value takes one away.

        Returns
        -------
        int
            Values whose document the corpus does not hold: they are passed over.
        """
        unknown = 0
        with self._told(), self._writing():
            known = dict(
                self._db.execute("SELECT doc_id, id FROM documents").fetchall()
            )
            for name, values in columns.items():
                for doc_id, value in values.items():
                    if doc_id not in known:
                        unknown += 1
                    elif value:
                        self._db.execute(
                            "INSERT OR REPLACE INTO metadata VALUES (?, ?, ?)",
                            (known[doc_id], name, value),
                        )
                    else:
                        self._db.execute(
                            "DELETE FROM metadata WHERE document = ? AND name = ?",
                            (known[doc_id], name),
                        )
        return unknown


def read_columns(path: str | Path) -> Columns:
    """Read columns from a CSV file that has a column doc_id.

    Raises
    ------
    InputError
        Where the file cannot be read, is no such table, or names a document twice.
    """
    path = Path(path)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path.name} is larger than {MOST_BYTES // 10**6} MB.")
        text = path.read_text("utf-8-sig")
        lines = csv.reader(io.StringIO(text, newline=""), strict=True)
        header, *rows = [row for row in lines if row] or [[]]
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{path.name} cannot be read: {reason}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"{path.name} is not a CSV table in UTF-8.",
            hint="Save it anew as CSV, UTF-8, with commas.",
        ) from error
    names = [name.strip() for name in header]
    if KEY not in names:
        raise InputError(
            f"{path.name} has no column doc_id.",
            hint="Its first line names the columns; one of them is doc_id.",
        )
    place = names.index(KEY)
    columns: Columns = {}
    seen: set[str] = set()
    for row in rows:
        doc_id = row[place] if place < len(row) else ""
        if doc_id in seen:
            raise InputError(f"{path.name} names the document {doc_id} twice.")
        seen.add(doc_id)
        for name, value in zip(names, row, strict=False):
            if name and name != KEY:
                columns.setdefault(name, {})[doc_id] = value.strip()
    return columns


def parse_names(doc_ids: Iterable[str], pattern: str) -> Columns:
    """Read columns from document names by a pattern such as ``{paper}_{year}-{month}``.

    A name in braces stands for anything without an underscore; year, month and day
    for digits; all else for itself. The pattern may stand anywhere in the name. A name
    that does not fit has no values.

    Raises
    ------
    SettingsError
        Where the pattern names nothing, a name twice, or what is no name.
    """
    fields = FIELD.findall(pattern)
    if not fields or len(set(fields)) < len(fields):
        raise SettingsError(
            "The pattern names no column, or one twice.",
            hint="Write it as in {paper}_{year}-{month}.",
        )
    for field in fields:
        if field == KEY or not field.isidentifier():
            raise SettingsError(
                f"No column can be called {field}.",
                hint="A name begins with a letter, and is not doc_id.",
            )
    parts = FIELD.split(pattern)
    known = "".join(
        f"(?P<{part}>{NUMBERS.get(part, '[^_]+?')})" if n % 2 else re.escape(part)
        for n, part in enumerate(parts)
    )
    expression = re.compile(f"(?:^|(?<=[^0-9])){known}(?![0-9])(?=$|[^0-9])")
    columns: Columns = {field: {} for field in fields}
    for doc_id in doc_ids:
        found = expression.search(doc_id)
        for field, value in (found.groupdict() if found else {}).items():
            columns[field][doc_id] = value
    return columns
