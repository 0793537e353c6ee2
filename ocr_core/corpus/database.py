"""File: a corpus is opened, checked, brought up to date; SQLite's faults are told."""

import re
import sqlite3
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from operator import itemgetter
from pathlib import Path
from types import UnionType
from typing import Any, Self

from ocr_core.corpus.schema import EARLIER_SEARCH, MIGRATIONS, SEARCH, TOKENS
from ocr_core.corpus_header import APPLICATION, HINT, beside, check_file
from ocr_core.errors import CorpusError, InputError, OutputError
from ocr_core.page import composed

BUSY_SECONDS = 30
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
TORN = (  # damage without such a code
    *("Could not decode", "invalid fts5 file format"),
    *("no such column", "no such table"),
)
MADE_ANEW = ("search", "token_", "sqlite_autoindex_token_")  # where they are missing
BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class CorpusFile:
    """An open corpus file, whole and of this version; for one thread.

    Parameters
    ----------
    path
        The file; where it is to be written and does not exist, it is made.
    write
        Whether pages will be kept; otherwise the file is only read.
    foreign
        Whether a stranger may have made the file: then it must hold our tables and
        nothing else, as a trigger or a view would run what they wrote.

    Raises
    ------
    CorpusError
        Where the file is damaged, no corpus, or of a newer version.
    OutputError
        Where it cannot be written, or another program keeps it too long.
    """

    def __init__(
        self, path: str | Path, *, write: bool = False, foreign: bool = False
    ) -> None:
        self.path = Path(path).absolute()
        self.name = self.path.name
        self.write = write
        self.run = ""  # by which this run is known among those that claim pages
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
        """Run a statement; its rows come one by one."""
        return self._db.execute(query, values)

    def executemany(self, query: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement for each of these rows of values."""
        self._db.executemany(query, rows)

    def one(self, query: str, *values: Any) -> Any:
        """Return the first row of a query; None where there is none."""
        return self._db.execute(query, values).fetchone()

    def stored_name(self, doc_id: str) -> str:
        """Return a document's name as the file has it, composed or decomposed.

        An earlier version kept names as macOS spells them.
        """
        decomposed = unicodedata.normalize("NFD", doc_id)
        for name in dict.fromkeys((doc_id, composed(doc_id), decomposed)):
            if self.one("SELECT 1 FROM documents WHERE doc_id = ?", name):
                return name
        return doc_id

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Do all of it or nothing; other programs wait for their turn."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:  # a full disk has rolled it back already
                self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """See the file as it is now, whatever other programs write meanwhile."""
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Turn what SQLite reports into a sentence about the file."""
        try:
            with self._named():
                yield
        except CorpusError as error:
            if self.write:  # then it is where results were to go
                error.exit_code = OutputError.exit_code
            raise

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except UnicodeDecodeError as error:  # in what SQLite says of the file
            raise self.damaged() from error
        except sqlite3.DatabaseError as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code in DAMAGED or str(error).startswith(TORN):
                raise self.damaged() from error
            if code in BUSY:
                raise OutputError(
                    "{0} is kept busy by another program.",
                    self.name,
                    hint="Run the same command again when the other has ended.",
                ) from error
            if code == sqlite3.SQLITE_FULL:
                raise OutputError(
                    "{0} cannot be written: no space is left.",
                    self.name,
                    hint="Make room and run the same command again: it goes on.",
                ) from error
            if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY):
                raise OutputError(
                    "{0} cannot be written: {1}.",
                    self.name,
                    error,
                    hint="Mend that and run the same command again: it goes on.",
                ) from error
            if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
                raise OutputError(
                    "{0} cannot be opened.",
                    self.name,
                    hint="Check that its folder is there and may be written.",
                ) from error
            raise

    def damaged(self) -> CorpusError:
        """Return the error for a file whose parts do not fit together."""
        return CorpusError(
            "{0} is damaged: it does not hold together as a corpus.",
            self.name,
            hint="Put a copy of it in its place, or name a new file.",
        )

    def check_types(
        self, rows: Iterable[Sequence[Any]], *kinds: type | UnionType
    ) -> list[Any]:
        """Return rows as they are; raise where a value is not of its column's kind.

        SQLite keeps any kind of value in any column.
        """
        rows = list(rows)
        for column, kind in enumerate(kinds):
            found = set(map(type, map(itemgetter(column), rows)))
            if not all(issubclass(each, kind) for each in found):
                raise self.damaged()
        return rows

    @property
    def state(self) -> tuple[int, int]:
        """What changes with every write, by another program or by this one."""
        [others] = self.one("PRAGMA data_version")
        return others, self._db.total_changes

    def cached(self, name: str, state: Any, made: Callable[[], Any]) -> Any:
        """Return what was made in this state of the file, or make it now."""
        if name not in self._cached or self._cached[name][0] != state:
            self._cached[name] = state, made()
        return self._cached[name][1]

    def _connected(self) -> sqlite3.Connection:
        place = self.path.as_uri()
        try:
            # Not read-only: the last to leave clears away what SQLite keeps beside it.
            return self._open(f"{place}?mode={'rwc' if self.write else 'rw'}")
        except sqlite3.OperationalError:
            if self.write or beside(self.path.resolve(), "-wal").exists():
                raise
            # A folder that cannot be written has no room for SQLite's files beside it.
            return self._open(f"{place}?immutable=1")

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
        """Refuse what is no corpus, is newer, or is damaged."""
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
        """Refuse a file whose tables are not exactly those of its version."""
        listed = "SELECT type, name, tbl_name, sql FROM sqlite_schema"
        with closing(sqlite3.connect(":memory:")) as model:
            for step in MIGRATIONS[: self._version()]:
                model.executescript(step)
            if has_full_text(model):
                model.execute(SEARCH)
            for table in TOKENS:
                model.execute(table)
            ours = {without_comments(*row) for row in model.execute(listed)}
            known = set(ours)
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
                "{0} holds more than the tables of a corpus.",
                self.name,
                hint="Take a file as ocr-core made it, or read the scans again.",
            )

    def _version(self) -> int:
        return int(self.one("PRAGMA user_version")[0])

    def _migrate(self) -> None:
        """Bring an older file, or a new one, to the tables of this version."""
        if not self.write:
            self._db.close()
            CorpusFile(self.path, write=True).close()
            self._db = self._connected()
            return
        with self.writing():  # and ask again: another program may have done it
            for number in range(self._version(), len(MIGRATIONS)):
                for statement in MIGRATIONS[number].split(";\n"):
                    self._db.execute(statement)
            self._db.execute(f"PRAGMA application_id = {APPLICATION}")
            self._db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")

    def _keep_log(self) -> None:
        """Let others read while this one writes.

        Only now: the first page of a new file says that it is a corpus, whatever
        becomes of the log beside it.
        """
        if self.one("PRAGMA journal_mode")[0] != "wal":
            self._db.execute("PRAGMA journal_mode = WAL")

    def _index(self) -> bool:
        """Make the full-text index where it can be and is not; tell whether it is."""
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
    """Return an entry of a schema without spaces and comments, which mean nothing."""
    return tuple("".join(re.sub(r"--.*", "", part or "").split()) for part in entry)


def plain(name: str) -> str:
    """Return a name as it is compared: in small letters, accents in their letters."""
    return composed(str(name).lower())


def has_full_text(db: sqlite3.Connection) -> bool:
    """Return whether this Python's SQLite has full-text search (FTS5)."""
    found = db.execute("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'")
    return found.fetchone() is not None
