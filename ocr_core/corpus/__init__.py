"""Corpus: what was read, in one SQLite file that its owner can copy and open anywhere.

Documents have pages; a page has readings, one for each file content, recipe and
engine, and one of them is current: that is what is listed, searched and exported.
Each page is kept in a transaction of its own, so that a program that is killed loses
nothing it had kept.
"""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from ocr_core.corpus.corrections import Correction, Corrections, Waiting
from ocr_core.corpus.page_leases import TRIED_AGAIN, PageLeases
from ocr_core.corpus.queries import ORDERS, Row
from ocr_core.corpus.removal import Removal
from ocr_core.corpus.results import StoredResult, packed
from ocr_core.corpus.search import Hit, Search
from ocr_core.messages import Message
from ocr_core.page import PageRef, PageResult, replace_surrogates

__all__ = ["ORDERS", "Corpus", "Correction", "Hit", "Row", "StoredResult", "Waiting"]

# Of a reading, all but the page it belongs to.
READING = (
    "sha256, recipe, engine, read_by, language, status, error, width, height, dpi, "
    "seconds, quality, n_words, conf_mean, error_kind, source, error_parts"
)
SAME_READING = (
    "SELECT id FROM readings WHERE page = ? AND sha256 = ? AND recipe = ? "
    "AND engine = ?"
)


class Corpus(Corrections, Removal, Search, PageLeases):
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

        Those readings become current, except where a person has chosen or corrected
        another. What another document of the same bytes has is taken over. Pages that
        were removed are not among them, nor those that failed through the engine or
        the machine.

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
                "SELECT p.number, r.status, r.id, p.document = ?, "
                "p.reading IS r.id OR p.chosen OR coalesce(c.corrected, 0) > 0 "
                "FROM readings r JOIN pages p ON p.id = r.page "
                "LEFT JOIN readings c ON c.id = p.reading "
                "JOIN engines e ON e.id = r.engine WHERE r.sha256 = ? "
                "AND r.recipe = ? AND e.name = ? AND e.language_data = ? "
                f"AND NOT ({TRIED_AGAIN})",
                (document, sha256, digest, *reader),
            ).fetchall()
            removed = self._removed(document, {row[0] for row in readings})
            readings = [row for row in readings if row[0] not in removed]
            found = {number: status for number, status, _, own, _ in readings if own}
            adopted = {}
            for number, status, reading, own, settled in readings:
                missing = found.get(number, "failed") == "failed"
                if status != "failed" and (missing or (own and not settled)):
                    adopted[number] = reading
                    found[number] = status
            if adopted:
                with self._writing():
                    for number, reading in adopted.items():
                        self._adopt(self._page(document, number), reading)
        return found

    def keep(
        self,
        result: PageResult,
        reader: tuple[str, str] | None = None,
        *,
        current: bool = True,
    ) -> int:
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
        current
            Whether the page is to show it; a candidate waits until it is accepted.

        Returns
        -------
        int
            Id of the reading, or of the one that stands already; 0 where neither is.
        """
        ref = result.ref
        reader = reader or (result.engine, result.language_data)
        with self._told(), self._writing():
            document, pages = self._one(
                "SELECT id, pages FROM documents WHERE doc_id = ?", ref.doc_id
            )
            if ref.number == 0 and pages:
                return 0  # it was read: that it is gone now takes nothing away
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
            self._settle(result.sha256, ref.number, recipe, *reader)
            reading = self._add(result, key)
            if reading and current and self._gives_way(page, result):
                self._make_current(page, reading)
            return int(reading or self._one(SAME_READING, *key)[0])

    def _document(self, path: str | bytes, sha256: str) -> tuple[Any, ...] | None:
        """Return id, doc_id, path, sha256 and pages of a document that is known."""
        find = "SELECT id, doc_id, path, sha256, pages FROM documents WHERE"
        row: tuple[Any, ...] | None = self._one(f"{find} path = ?", path)
        if row is None and sha256:
            same = self._db.execute(f"{find} sha256 = ?", (sha256,)).fetchall()
            row = next((each for each in same if _is_moved(each[2], path)), None)
        return row

    def _enter(
        self, ref: PageRef, path: str | bytes, sha256: str, pages: int
    ) -> tuple[Any, ...]:
        """Add a document; twins are told apart by their folder, then by a number."""
        folder = replace_surrogates(Path(os.fsdecode(path)).parent.name)
        name = base = replace_surrogates(ref.doc_id)
        count = 1
        taken = "SELECT 1 FROM documents WHERE doc_id = ?"
        while self._one(taken, self._stored_name(name)):
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
        """Follow a file that moved or changed; pages it lost are current no more.

        Those that were corrected stay: no other reading can take the work over.
        """
        self._db.execute(
            "UPDATE pages SET chosen = 0 WHERE document = ? AND NOT EXISTS "
            "(SELECT 1 FROM documents WHERE id = ? AND sha256 = ?)",
            (document, document, sha256),
        )
        self._db.execute(
            "UPDATE documents SET path = ?, sha256 = ?, pages = ? WHERE id = ?",
            (path, sha256, pages, document),
        )
        self._db.execute(
            "UPDATE pages SET reading = NULL "
            "WHERE document = ? AND (number = 0 OR number > ?) AND NOT EXISTS "
            "(SELECT 1 FROM readings r WHERE r.id = reading AND r.corrected > 0)",
            (document, pages),
        )

    def _page(self, document: int, number: int) -> int:
        key = (document, number)
        self._db.execute(
            "INSERT OR IGNORE INTO pages (document, number, removed) "
            "SELECT id, ?, -removed FROM documents WHERE id = ?",
            key[::-1],
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
            self._db.execute(  # as it was read, not as it was corrected there
                "UPDATE readings SET quality = (SELECT coalesce(quality_read, quality) "
                "FROM readings WHERE id = ?) WHERE id = ?",
                (reading, copied),
            )
            self._db.execute(
                "INSERT INTO contents SELECT ?, text, words, steps, notes "
                "FROM contents WHERE reading = ?",
                (copied, reading),
            )
            reading = copied or 0
            self._make_findable(reading)
            self._rewrite(reading)  # the twin's corrections are its own
        settled, *_ = self._state(page)
        if not settled:
            self._make_current(page, reading)

    def _gives_way(self, page: int, result: PageResult) -> bool:
        """Tell whether a page's current reading makes place for what was just read."""
        settled, status, sha256 = self._state(page)
        # A failure hides no good reading of the same bytes.
        good = status not in (None, "failed") and sha256 == result.sha256
        return not settled and not (good and result.status == "failed")

    def _state(self, page: int) -> tuple[bool, str | None, str | None]:
        """Tell whether a page is settled, and its reading's status and bytes.

        A page that a person has removed, corrected or chosen a reading for is settled:
        no run changes which reading it shows. What was chosen for other bytes counts no
        more (see `_renew`); corrections do.
        """
        settled, status, sha256 = self._one(
            "SELECT p.removed <> 0 OR p.chosen OR coalesce(r.corrected, 0) > 0, "
            "r.status, r.sha256 FROM pages p "
            "LEFT JOIN readings r ON r.id = p.reading WHERE p.id = ?",
            page,
        )
        return bool(settled), status, sha256

    def _add(self, result: PageResult, key: tuple[int, str, str, int]) -> int:
        """Add a reading; return its id, or 0 where it stands already."""
        values = (
            *key,
            self._engine(result.engine, result.language_data),
            result.language,
            result.status,
            replace_surrogates(result.error),
            *result.size,
            result.dpi,
            result.seconds,
            result.quality,
            len(result.rows),
            result.conf_mean,
            result.error_kind,
            result.source,
            result.error.as_json() if isinstance(result.error, Message) else "",
        )
        added = self._db.execute(
            f"INSERT OR IGNORE INTO readings (page, {READING}) "
            f"VALUES ({', '.join('?' * len(values))})",
            values,
        )
        if not added.rowcount or not added.lastrowid:
            return 0
        steps = [[each.step, each.measured, each.did] for each in result.reports]
        self._db.execute(
            "INSERT INTO contents (reading, text, words, steps, notes) "
            "VALUES (?, ?, ?, ?, ?)",
            (
                added.lastrowid,
                replace_surrogates(result.text),
                packed(result),
                as_json(steps),
                as_json(result.notes),
            ),
        )
        self._make_findable(added.lastrowid)
        return added.lastrowid


def _is_moved(known: str | bytes, path: str | bytes) -> bool:
    """Tell whether a document is no longer where it was, or was named another way.

    A path with ``..`` or through a linked folder names the same file; a link or copy of
    another name is a document of its own.
    """
    if not os.path.lexists(known):
        return True
    there, here = Path(os.fsdecode(known)), Path(os.fsdecode(path))
    try:
        return there.name == here.name and there.samefile(here)
    except OSError:
        return False


def as_json(value: Any) -> str:
    """Return a value as JSON that any text column can hold."""
    return json.dumps(value)


def storable(path: str) -> str | bytes:
    """Return a path as text, or as bytes where it is no UTF-8."""
    return path if replace_surrogates(path) == path else os.fsencode(path)
