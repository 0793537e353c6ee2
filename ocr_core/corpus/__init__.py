"""Corpus: what was read, in one SQLite file that its owner can copy and open anywhere.

Documents have pages; a page has readings, one for each file content, recipe and
engine, and one of them is current: that is what is listed, searched and exported.
Each page is kept in a transaction of its own, so that a program that is killed loses
nothing it had kept.
"""

import json
import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from ocr_core.corpus.file import CorpusFile
from ocr_core.corpus.search import Hit, found_plainly, phrases
from ocr_core.page import Note, PageRef, PageResult, Word, spelled

SNIPPET_WORDS = 16
CURRENT = """
    FROM pages p JOIN documents d ON d.id = p.document
    JOIN readings r ON r.id = p.reading
"""
# Of a reading, all but the page it belongs to.
READING = (
    "sha256, recipe, engine, read_by, language, status, error, width, height, dpi, "
    "seconds, quality, n_words, conf_mean"
)
ORDERS = {
    "page": "p.document, p.number",
    "quality": "r.quality",
    "confidence": "r.conf_mean",
    "words": "r.n_words",
}


class Row(NamedTuple):
    """A page as lists show it, without its words."""

    doc_id: str
    page_num: int
    source_file: str
    language: str
    status: str
    error: str
    n_words: int
    conf_mean: float | None
    quality: float | None
    engine: str
    settings_digest: str


class Corpus(CorpusFile):
    """An open corpus: pages go in as they are read, and come out in order."""

    def enter(self, ref: PageRef, sha256: str = "", pages: int = 0) -> PageRef:
        """Enter a document, or find it: by its path, or by its content if it moved.

        Parameters
        ----------
        ref
            The document. Where it is known, its `doc_id` in the corpus stays.
        sha256, pages
            Digest of its bytes and number of its pages; "" and 0 where it would not
            open.
        """
        path = storable(str(Path(ref.path).absolute()))
        with self._told():
            known = self._document(path, sha256)
            if known is None or (pages and known[2:] != (path, sha256, pages)):
                with self._writing():
                    known = self._document(path, sha256)
                    if known is None:
                        known = self._enter(ref, path, sha256, pages)
                    elif pages:
                        self._renew(known[0], path, sha256, pages)
        return replace(ref, path=os.fsdecode(path), doc_id=known[1])

    def known(
        self, doc_id: str, sha256: str, digest: str, reader: tuple[str, str]
    ) -> dict[int, str]:
        """Return the status of each page of a document that was read this way.

        Those readings become current. What another document of the same bytes has is
        taken over.

        Parameters
        ----------
        doc_id, sha256
            A document that was entered, and the digest of its bytes.
        digest
            Of the settings.
        reader
            Engine with its version, and digest of its language data.
        """
        with self._told():
            [document] = self._one("SELECT id FROM documents WHERE doc_id = ?", doc_id)
            readings = self._db.execute(
                "SELECT p.number, r.status, r.id, p.document = ?, p.reading = r.id "
                "FROM readings r JOIN pages p ON p.id = r.page "
                "JOIN engines e ON e.id = r.engine WHERE r.sha256 = ? "
                "AND r.recipe = ? AND e.name = ? AND e.language_data = ?",
                (document, sha256, digest, *reader),
            ).fetchall()
            found = {number: status for number, status, _, own, _ in readings if own}
            adopted = {}
            for number, status, reading, own, current in readings:
                missing = found.get(number, "failed") == "failed"
                if status != "failed" and (missing or (own and not current)):
                    adopted[number] = reading
                    found[number] = status
            if adopted:
                with self._writing():
                    for number, reading in adopted.items():
                        self._adopt(self._page(document, number), reading)
        return found

    def keep(self, result: PageResult, reader: tuple[str, str] | None = None) -> None:
        """Keep what was read on a page, in a transaction of its own.

        The document must have been entered. The same page read the same way stands
        once: a good reading stays, a failed one makes place for the next.

        Parameters
        ----------
        result
            What was read, or why nothing could be.
        reader
            Engine and digest of language data that were to read the page, where that
            is not what `result` says: a failed page names none.
        """
        ref = result.ref
        reader = reader or (result.engine, result.language_data)
        with self._told(), self._writing():
            document, pages = self._one(
                "SELECT id, pages FROM documents WHERE doc_id = ?", ref.doc_id
            )
            if ref.number == 0 and pages:
                return  # it was read before: that it is gone now takes nothing away
            page = self._page(document, ref.number)
            self._db.execute(
                "INSERT OR IGNORE INTO recipes VALUES (?, ?)",
                (result.settings_digest, as_json(result.settings)),
            )
            recipe = result.settings_digest
            key = (page, result.sha256, recipe, self._engine(*reader))
            self._db.execute(
                "DELETE FROM readings WHERE page = ? AND sha256 = ? AND recipe = ? "
                "AND engine = ? AND status = 'failed'",
                key,
            )
            self._add(result, key)

    def results(self) -> Iterator[PageResult]:
        """Yield what was read on each page, document after document."""
        with self._told(), closing(self._db.cursor()) as cursor:
            cursor.execute(
                "SELECT d.path, p.number, d.doc_id, d.source_file, c.words, c.steps, "
                "s.settings, r.width, r.height, r.dpi, r.sha256, e.name, r.language, "
                "e.language_data, r.seconds, r.status, r.error, r.recipe, r.quality "
                f"{CURRENT} JOIN contents c ON c.reading = r.id "
                "JOIN engines e ON e.id = r.read_by "
                "JOIN recipes s ON s.digest = r.recipe ORDER BY p.document, p.number"
            )
            for row in cursor:
                yield self._result(row)

    def rows(
        self,
        *,
        status: str = "",
        order: str = "page",
        limit: int = -1,
        offset: int = 0,
    ) -> list[Row]:
        """List pages, all or those of one status, in one of `ORDERS`."""
        with self._told():
            listed = self._db.execute(
                "SELECT d.doc_id, p.number, d.source_file, r.language, r.status, "
                "r.error, r.n_words, r.conf_mean, r.quality, e.name, r.recipe "
                f"{CURRENT} JOIN engines e ON e.id = r.read_by "
                f"WHERE ? IN ('', r.status) ORDER BY {ORDERS[order]} LIMIT ? OFFSET ?",
                (status, limit, offset),
            )
            return [Row._make(row) for row in listed]

    def counts(self) -> dict[str, int]:
        """Return how many pages there are of each status."""
        with self._told():
            told = f"SELECT r.status, count(*) {CURRENT} GROUP BY r.status"
            return dict(self._db.execute(told).fetchall())

    def search(self, query: str, limit: int = 100) -> list[Hit]:
        """Find pages that hold all words of a query, the best first.

        ``"two words"`` stand side by side, ``harb*`` is the beginning of a word. Where
        `full_text` is false the query is looked for as it stands, in page order.

        Raises
        ------
        SettingsError
            Where the query holds no word.
        """
        wanted = phrases(query)
        with self._told():
            if not self.full_text:
                return found_plainly(self._db, query, limit)
            hits = self._db.execute(
                "SELECT p.reading, d.doc_id, p.number FROM search "
                "JOIN pages p ON p.reading = search.rowid "
                "JOIN documents d ON d.id = p.document "
                "WHERE search MATCH ? ORDER BY search.rank, p.reading LIMIT ?",
                (wanted, limit),
            ).fetchall()
            return [
                Hit(doc_id, number, self._snippet(wanted, reading))
                for reading, doc_id, number in hits
            ]

    def _snippet(self, wanted: str, reading: int) -> str:
        # One by one: SQLite would cut a snippet from every page found, then sort.
        [snippet] = self._one(
            f"SELECT snippet(search, 0, '[', ']', '…', {SNIPPET_WORDS}) FROM search "
            "WHERE search MATCH ? AND rowid = ?",
            wanted,
            reading,
        )
        return " ".join(snippet.split())

    def _document(self, path: str | bytes, sha256: str) -> tuple[Any, ...] | None:
        """Return id, doc_id, path, sha256 and pages of a document that is known."""
        find = "SELECT id, doc_id, path, sha256, pages FROM documents WHERE"
        row: tuple[Any, ...] | None = self._one(f"{find} path = ?", path)
        if row is None and sha256:
            same = self._db.execute(f"{find} sha256 = ?", (sha256,)).fetchall()
            row = next((each for each in same if not os.path.lexists(each[2])), None)
        return row

    def _enter(
        self, ref: PageRef, path: str | bytes, sha256: str, pages: int
    ) -> tuple[Any, ...]:
        """Add a document; twins are told apart by their folder, then by a number."""
        folder = spelled(Path(os.fsdecode(path)).parent.name)
        name = base = spelled(ref.doc_id)
        count = 1
        while self._one("SELECT 1 FROM documents WHERE doc_id = ?", name):
            if count == 1 and folder:
                name = base = f"{folder}_{base}"
            else:
                name = f"{base}_{count}"
            count += 1
        row = (name, path, sha256, pages)
        added = self._db.execute(
            "INSERT INTO documents (doc_id, path, sha256, pages, source_file) "
            "VALUES (?, ?, ?, ?, ?)",
            (*row, ref.source_file),
        )
        return added.lastrowid, *row

    def _renew(self, document: int, path: str | bytes, sha256: str, pages: int) -> None:
        """Follow a file that moved or changed; pages it lost are current no more."""
        self._db.execute(
            "UPDATE documents SET path = ?, sha256 = ?, pages = ? WHERE id = ?",
            (path, sha256, pages, document),
        )
        self._db.execute(
            "UPDATE pages SET reading = NULL "
            "WHERE document = ? AND (number = 0 OR number > ?)",
            (document, pages),
        )

    def _page(self, document: int, number: int) -> int:
        key = (document, number)
        self._db.execute(
            "INSERT OR IGNORE INTO pages (document, number) VALUES (?, ?)", key
        )
        found = "SELECT id FROM pages WHERE document = ? AND number = ?"
        return int(self._one(found, *key)[0])

    def _engine(self, *key: str) -> int:
        self._db.execute(
            "INSERT OR IGNORE INTO engines (name, language_data) VALUES (?, ?)", key
        )
        found = "SELECT id FROM engines WHERE name = ? AND language_data = ?"
        return int(self._one(found, *key)[0])

    def _adopt(self, page: int, reading: int) -> None:
        """Make a reading current, or a copy of it where it is another page's."""
        if self._one("SELECT page FROM readings WHERE id = ?", reading)[0] != page:
            self._db.execute(
                "DELETE FROM readings WHERE page = ? AND status = 'failed'", (page,)
            )
            copied = self._db.execute(
                f"INSERT INTO readings (page, {READING}) "
                f"SELECT ?, {READING} FROM readings WHERE id = ?",
                (page, reading),
            ).lastrowid
            self._db.execute(
                "INSERT INTO contents SELECT ?, text, words, steps FROM contents "
                "WHERE reading = ?",
                (copied, reading),
            )
            reading = copied or 0
            self._make_findable(reading)
        self._db.execute("UPDATE pages SET reading = ? WHERE id = ?", (reading, page))

    def _add(self, result: PageResult, key: tuple[int, str, str, int]) -> None:
        """Add a reading, unless it stands already, and make it the page's own."""
        page, *_ = key
        values = (
            *key,
            self._engine(result.engine, result.language_data),
            result.language,
            result.status,
            spelled(result.error),
            *result.size,
            result.dpi,
            result.seconds,
            result.quality,
            len(result.rows),
            result.conf_mean,
        )
        added = self._db.execute(
            f"INSERT OR IGNORE INTO readings (page, {READING}) "
            f"VALUES ({', '.join('?' * len(values))})",
            values,
        )
        if not added.rowcount or not added.lastrowid:
            return
        steps = [[note.step, note.measured, note.did] for note in result.notes]
        self._db.execute(
            "INSERT INTO contents VALUES (?, ?, ?, ?)",
            (added.lastrowid, spelled(result.text), packed(result), as_json(steps)),
        )
        self._make_findable(added.lastrowid)
        # A failure hides no good reading of the same bytes.
        self._db.execute(
            "UPDATE pages SET reading = ? WHERE id = ? AND (? OR NOT EXISTS (SELECT 1 "
            "FROM readings r WHERE r.id = pages.reading AND r.status <> 'failed' "
            "AND r.sha256 = ?))",
            (added.lastrowid, page, result.status != "failed", result.sha256),
        )

    def _make_findable(self, reading: int) -> None:
        if self.full_text:
            self._db.execute(
                "INSERT INTO search (rowid, text) "
                "SELECT reading, text FROM contents WHERE reading = ?",
                (reading,),
            )
        else:
            self._db.execute("INSERT INTO unindexed VALUES (?)", (reading,))

    def _result(self, row: Sequence[Any]) -> PageResult:
        path, number, doc_id, source_file, words, steps, settings, *rest = row
        width, height, dpi, sha256, engine, language, language_data, *rest = rest
        seconds, status, error, digest, quality = rest
        try:
            rows = unpacked(words)
            notes = tuple(Note(*note) for note in json.loads(steps))
            values = json.loads(settings)
        except (ValueError, TypeError, zlib.error):
            raise self._damaged() from None
        return PageResult(
            ref=PageRef(os.fsdecode(path), number, doc_id, source_file),
            rows=rows,
            size=(width, height),
            dpi=dpi,
            sha256=sha256,
            engine=engine,
            language=language,
            language_data=language_data,
            seconds=seconds,
            status=status,
            error=error,
            notes=notes,
            settings_digest=digest,
            settings=values,
            quality=quality,
        )


def packed(result: PageResult) -> bytes:
    """Return a page's words as a list for each column, as JSON, compressed."""
    columns = list(zip(*result.rows, strict=True))
    return zlib.compress(json.dumps(columns).encode())


def unpacked(content: bytes) -> tuple[Word, ...]:
    """Return the words that `packed` took; a byte that changed since is an error."""
    columns = json.loads(zlib.decompress(content))
    return tuple(map(Word._make, zip(*columns, strict=True)))


def as_json(value: Any) -> str:
    """Return a value as JSON that any text column can hold."""
    return json.dumps(value)


def storable(path: str) -> str | bytes:
    """Return a path as text, or as bytes where it is no UTF-8."""
    return path if spelled(path) == path else os.fsencode(path)
