"""Database: open, check and migrate a corpus file, and translate SQLite's errors."""

import re
import sqlite3
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from operator import itemgetter
from pathlib import Path
from types import UnionType
from typing import Any, Self

from ocr_core.corpus.schema import (
    ADDED,
    EARLIER_SEARCH,
    EARLIER_TOKENS,
    MIGRATIONS,
    SEARCH,
    TOKENS,
)
from ocr_core.corpus_header import APPLICATION, HINT, beside, check_file
from ocr_core.errors import CorpusError, InputError, OutputError
from ocr_core.page import composed

BUSY_SECONDS = 30
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
TORN = (  # messages of damage that has no such code
    *("Could not decode", "invalid fts5 file format"),
    *("no such column", "no such table"),
)
MADE_ANEW = ("search", "token_", "sqlite_autoindex_token_")  # can be missing
BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class CorpusFile:
    """An open corpus file that was checked and migrated; for use in one thread.

    Parameters
    ----------
    path
        The file; with `write` it is created if it does not exist.
    write
        Whether pages will be saved; otherwise the file is only read.
    foreign
        Whether the file is untrusted. It must then contain only the tables of a corpus,
        as a trigger or a view could run foreign SQL.

    Raises
    ------
    CorpusError
        If the file is damaged, not a corpus, or of a newer version.
    OutputError
        If it cannot be written, or another program locks it for too long.
    """

    def __init__(
        self, path: str | Path, *, write: bool = False, foreign: bool = False
    ) -> None:
        self.path = Path(path).absolute()
        self.name = self.path.name
        self.write = write
        self.run = ""  # id of this run in the tables runs and claims
        self._cached: dict[str, tuple[Any, Any]] = {}
        if not write and not self.path.exists():
            raise InputError("{0} does not exist.", self.name, hint="Check the name.")
        with self.translate_errors():
            check_file(self.path, new=write)
            self._db = self._connected()
            try:
                self._check()
                if foreign:
                    self._check_tables()
                if self._version() < len(MIGRATIONS):
                    self._migrate()
                if write:
                    self._keep_log()
                self.searchable = self._index()
            except BaseException:
                self._db.close()
                raise

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def execute(
        self, query: str, values: Sequence[Any] | Mapping[str, Any] = ()
    ) -> sqlite3.Cursor:
        """Run a statement, and return its cursor."""
        return self._db.execute(query, values)

    def executemany(self, query: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement once for each row of values."""
        self._db.executemany(query, rows)

    def one(self, query: str, *values: Any) -> Any:
        """Return the first row of a query, or None."""
        return self._db.execute(query, values).fetchone()

    def stored_name(self, doc_id: str) -> str:
        """Return a document's name as it is stored, in Unicode NFC or NFD.

        An earlier version stored names in NFD, as macOS returns them.
        """
        decomposed = unicodedata.normalize("NFD", doc_id)
        for name in dict.fromkeys((doc_id, composed(doc_id), decomposed)):
            if self.one("SELECT 1 FROM documents WHERE doc_id = ?", name):
                return name
        return doc_id

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Run a write transaction; other programs wait until it ends."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:  # SQLite itself rolls back on a full disk
                self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Run a read transaction, which does not see writes of other programs."""
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Convert errors of SQLite into an `OcrError` about the file."""
        try:
            with self._named():
                yield
        except CorpusError as error:
            if self.write:  # the file is then the output
                error.exit_code = OutputError.exit_code
            raise

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except UnicodeDecodeError as error:  # in a message of SQLite
            raise self.damaged() from error
        except sqlite3.DatabaseError as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code in DAMAGED or str(error).startswith(TORN):
                raise self.damaged() from error
            if code in BUSY:
                raise OutputError(
                    "{0} is in use by another program.",
                    self.name,
                    hint="Run the same command again when the other has ended.",
                ) from error
            if code == sqlite3.SQLITE_FULL:
                raise OutputError(
                    "{0} cannot be written: no space is left.",
                    self.name,
                    hint="Free some space and run the same command again: it "
                    "continues.",
                ) from error
            if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY):
                raise OutputError(
                    "{0} cannot be written: {1}.",
                    self.name,
                    error,
                    hint="Fix this and run the same command again: it continues.",
                ) from error
            if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
                raise OutputError(
                    "{0} cannot be opened.",
                    self.name,
                    hint="Check that its folder is there and may be written.",
                ) from error
            raise

    def damaged(self) -> CorpusError:
        """Return the error for a damaged file."""
        return CorpusError(
            "{0} is damaged: its tables contradict each other.",
            self.name,
            hint="Put a copy of it in its place, or name a new file.",
        )

    def check_types(
        self, rows: Iterable[Sequence[Any]], *kinds: type | UnionType
    ) -> list[Any]:
        """Return the rows unchanged; raise an error if a value has the wrong type.

        SQLite allows values of any type in any column.
        """
        rows = list(rows)
        for column, kind in enumerate(kinds):
            found = set(map(type, map(itemgetter(column), rows)))
            if not all(issubclass(each, kind) for each in found):
                raise self.damaged()
        return rows

    @property
    def state(self) -> tuple[int, int]:
        """A pair of numbers that changes with every write, by any program."""
        [others] = self.one("PRAGMA data_version")
        return others, self._db.total_changes

    def cached(self, name: str, state: Any, made: Callable[[], Any]) -> Any:
        """Return the cached value for this state of the file, or compute it."""
        if name not in self._cached or self._cached[name][0] != state:
            self._cached[name] = state, made()
        return self._cached[name][1]

    def _connected(self) -> sqlite3.Connection:
        uri = self.path.as_uri()
        try:
            # Not mode=ro: the last connection must be able to delete the -wal file.
            return self._open(f"{uri}?mode={'rwc' if self.write else 'rw'}")
        except sqlite3.OperationalError:
            if self.write or beside(self.path.resolve(), "-wal").exists():
                raise
            # SQLite cannot create its -wal and -shm files in a read-only folder.
            return self._open(f"{uri}?immutable=1")

    def _open(self, address: str) -> sqlite3.Connection:
        db = sqlite3.connect(
            address, uri=True, timeout=BUSY_SECONDS, isolation_level=None
        )
        try:
            db.execute("SELECT count(*) FROM sqlite_schema")
            db.create_function("plain", 1, plain, deterministic=True)
            db.execute("PRAGMA synchronous = FULL")
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA trusted_schema = OFF")
            db.execute(f"PRAGMA query_only = {not self.write:d}")
        except BaseException:
            db.close()
            raise
        return db

    def _check(self) -> None:
        """Raise an error if the file is not a corpus, too new, or damaged."""
        [tables] = self.one("SELECT count(*) FROM sqlite_schema")
        [application] = self.one("PRAGMA application_id")
        if self.write and not tables and not application:
            return  # new
        if application != APPLICATION:
            raise CorpusError("{0} is not a corpus.", self.name, hint=HINT)
        if self._version() > len(MIGRATIONS):
            raise CorpusError(
                "{0} was made by a newer version of ocr-core.",
                self.name,
                hint="Update with: pip install --upgrade ocr-core",
            )
        if self.one("PRAGMA quick_check(1)")[0] != "ok":
            raise self.damaged()

    def _check_tables(self) -> None:
        """Raise an error if the tables are not exactly those of the file's version."""
        listed = "SELECT type, name, tbl_name, sql FROM sqlite_schema"
        with closing(sqlite3.connect(":memory:")) as model:
            for step in MIGRATIONS[: self._version()]:
                model.executescript(step)
            if has_full_text(model):
                model.execute(SEARCH)
            for table in TOKENS:
                model.execute(table)
            ours = {without_comments(*row) for row in model.execute(listed)}
            for table in ADDED:
                model.execute(table)
            known = {without_comments(*row) for row in model.execute(listed)}
            model.executescript(f"DROP TABLE token_pages; {EARLIER_TOKENS}")
            known |= {without_comments(*row) for row in model.execute(listed)}
            if has_full_text(model):
                model.executescript(f"DROP TABLE search; {EARLIER_SEARCH}")
                known |= {without_comments(*row) for row in model.execute(listed)}
        rows = self._db.execute(listed)
        theirs = {
            without_comments(*row)
            for row in self.check_types(rows, str, str, str, str | None)
        }
        if any(not name.startswith(MADE_ANEW) for _, name, *_ in ours - theirs):
            raise self.damaged()
        if theirs - known:
            raise CorpusError(
                "{0} contains more than the tables of a corpus.",
                self.name,
                hint="Take a file as ocr-core made it, or read the scans again.",
            )

    def _version(self) -> int:
        return int(self.one("PRAGMA user_version")[0])

    def _migrate(self) -> None:
        """Migrate a new or older file to the tables of this version."""
        if not self.write:
            self._db.close()
            CorpusFile(self.path, write=True).close()
            self._db = self._connected()
            return
        # The version is read again: another program may have migrated the file.
        with self.writing():
            for number in range(self._version(), len(MIGRATIONS)):
                for statement in MIGRATIONS[number].split(";\n"):
                    self._db.execute(statement)
            self._db.execute(f"PRAGMA application_id = {APPLICATION}")
            self._db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")

    def _keep_log(self) -> None:
        """Switch to WAL mode, so that others can read while this program writes.

        This follows the migration, so that the file itself has the application id even
        if its -wal file is lost.
        """
        if self.one("PRAGMA journal_mode")[0] != "wal":
            self._db.execute("PRAGMA journal_mode = WAL")

    def _index(self) -> bool:
        """Create the full-text index if it is missing; return whether it exists."""
        able = has_full_text(self._db)
        row = self.one("SELECT sql FROM sqlite_schema WHERE name = 'search'")
        made = row is not None and without_comments(row[0]) == without_comments(
            SEARCH.replace("IF NOT EXISTS ", "")
        )
        if able and self.write and not made:
            with self.writing():
                self._db.execute("DROP TABLE IF EXISTS search")
                self._db.execute(SEARCH)
                self._db.execute(
                    "INSERT OR IGNORE INTO unindexed SELECT reading FROM contents"
                )
        return able and (made or self.write)


def without_comments(*entry: str | None) -> tuple[str, ...]:
    """Return an entry of a schema without white space and comments, to compare it."""
    return tuple("".join(re.sub(r"--.*", "", part or "").split()) for part in entry)


def plain(name: str) -> str:
    """Return a name in lower case and Unicode NFC, to compare it."""
    return composed(str(name).lower())


def has_full_text(db: sqlite3.Connection) -> bool:
    """Return whether this Python's SQLite has full-text search (FTS5)."""
    found = db.execute("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'")
    return found.fetchone() is not None
