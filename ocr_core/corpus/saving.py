"""Saving: store the results of a run, and find those that need no new reading."""

import json
from typing import Any

from ocr_core.corpus.corrections import make_current, mark_unindexed, rewrite_page
from ocr_core.corpus.database import CorpusFile
from ocr_core.corpus.page_leases import TRIED_AGAIN, drop_claim
from ocr_core.corpus.removal import removed_numbers
from ocr_core.corpus.results import packed
from ocr_core.messages import Message
from ocr_core.page import PageResult, replace_surrogates

# All columns of a reading except its page.
READING = (
    "sha256, recipe, engine, read_by, language, status, error, width, height, dpi, "
    "seconds, quality, n_words, conf_mean, error_kind, source, error_parts"
)
SAME_READING = (
    "SELECT id FROM readings WHERE page = ? AND sha256 = ? AND recipe = ? "
    "AND engine = ?"
)


def existing_results(
    db: CorpusFile, doc_id: str, sha256: str, digest: str, reader: tuple[str, str]
) -> dict[int, str]:
    """Return the status of each page of a document that was read this way.

    Those readings become current, unless a person has chosen or corrected another.
    Readings of another document with the same bytes are copied. Removed pages are
    left out, and so are pages that failed because of the engine or the machine.

    Parameters
    ----------
    doc_id, sha256
        A document of the corpus, and the digest of its bytes.
    digest
        Digest of the settings.
    reader
        Engine with its version, and digest of its language data.
    """
    with db.translate_errors():
        [document] = db.one("SELECT id FROM documents WHERE doc_id = ?", doc_id)
        readings = db.execute(
            "SELECT p.number, r.status, r.id, p.document = ?, "
            "p.reading IS r.id OR p.chosen OR coalesce(c.corrected, 0) > 0 "
            "FROM readings r JOIN pages p ON p.id = r.page "
            "LEFT JOIN readings c ON c.id = p.reading "
            "JOIN engines e ON e.id = r.engine WHERE r.sha256 = ? "
            "AND r.recipe = ? AND e.name = ? AND e.language_data = ? "
            f"AND NOT ({TRIED_AGAIN})",
            (document, sha256, digest, *reader),
        ).fetchall()
        removed = removed_numbers(db, document, {row[0] for row in readings})
        readings = [row for row in readings if row[0] not in removed]
        found = {number: status for number, status, _, own, _ in readings if own}
        adopted = {}
        for number, status, reading, own, decided in readings:
            missing = found.get(number, "failed") == "failed"
            if status != "failed" and (missing or (own and not decided)):
                adopted[number] = reading
                found[number] = status
        if adopted:
            with db.writing():
                for number, reading in adopted.items():
                    _adopt(db, _page_id(db, document, number), reading)
    return found


def save_result(
    db: CorpusFile,
    result: PageResult,
    reader: tuple[str, str] | None = None,
    *,
    current: bool = True,
) -> int:
    """Save the result of a page in its own transaction.

    The document must be in the corpus. A page has one reading for the same bytes,
    settings and engine: a good reading is kept, a failed one is replaced.

    Parameters
    ----------
    result
        The words of the page, or its error.
    reader
        Engine and digest of language data, if they are not in `result`: a failed
        page has none.
    current
        Whether it becomes the current reading; otherwise it must be accepted later.

    Returns
    -------
    int
        Id of the reading, or of the existing one; 0 if nothing was saved.
    """
    ref = result.ref
    reader = reader or (result.engine, result.language_data)
    with db.translate_errors(), db.writing():
        document, pages = db.one(
            "SELECT id, pages FROM documents WHERE doc_id = ?", ref.doc_id
        )
        if ref.number == 0 and pages:
            return 0  # a file that was read and is missing now keeps its pages
        page = _page_id(db, document, ref.number)
        db.execute(
            "INSERT OR IGNORE INTO recipes VALUES (?, ?)",
            (result.settings_digest, as_json(result.settings)),
        )
        recipe = result.settings_digest
        key = (page, result.sha256, recipe, _engine_id(db, *reader))
        db.execute(
            "DELETE FROM readings WHERE page = ? AND sha256 = ? AND recipe = ? "
            "AND engine = ? AND status = 'failed'",
            key,
        )
        drop_claim(db, result.sha256, ref.number, recipe, *reader)
        reading = _add(db, result, key)
        if reading and current and _gives_way(db, page, result):
            make_current(db, page, reading)
        return int(reading or db.one(SAME_READING, *key)[0])


def _page_id(db: CorpusFile, document: int, number: int) -> int:
    key = (document, number)
    db.execute(
        "INSERT OR IGNORE INTO pages (document, number, removed) "
        "SELECT id, ?, -removed FROM documents WHERE id = ?",
        key[::-1],
    )
    found = "SELECT id FROM pages WHERE document = ? AND number = ?"
    return int(db.one(found, *key)[0])


def _engine_id(db: CorpusFile, *key: str) -> int:
    db.execute("INSERT OR IGNORE INTO engines (name, language_data) VALUES (?, ?)", key)
    found = "SELECT id FROM engines WHERE name = ? AND language_data = ?"
    return int(db.one(found, *key)[0])


def _adopt(db: CorpusFile, page: int, reading: int) -> None:
    """Make a reading current; if it belongs to another page, copy it first."""
    if db.one("SELECT page FROM readings WHERE id = ?", reading)[0] != page:
        db.execute("DELETE FROM readings WHERE page = ? AND status = 'failed'", (page,))
        copied = db.execute(
            f"INSERT INTO readings (page, {READING}) "
            f"SELECT ?, {READING} FROM readings WHERE id = ?",
            (page, reading),
        ).lastrowid
        db.execute(  # quality before the corrections of the other page
            "UPDATE readings SET quality = (SELECT coalesce(quality_read, quality) "
            "FROM readings WHERE id = ?) WHERE id = ?",
            (reading, copied),
        )
        db.execute(
            "INSERT INTO contents SELECT ?, text, words, steps, notes "
            "FROM contents WHERE reading = ?",
            (copied, reading),
        )
        reading = copied or 0
        mark_unindexed(db, reading)
        rewrite_page(db, reading)  # corrections of the other page are not copied
    decided, *_ = _state(db, page)
    if not decided:
        make_current(db, page, reading)


def _gives_way(db: CorpusFile, page: int, result: PageResult) -> bool:
    """Return whether a new result replaces a page's current reading."""
    decided, status, sha256 = _state(db, page)
    # A failure does not replace a good reading of the same bytes.
    good = status not in (None, "failed") and sha256 == result.sha256
    return not decided and not (good and result.status == "failed")


def _state(db: CorpusFile, page: int) -> tuple[bool, str | None, str | None]:
    """Return whether a page is decided, and its reading's status and file digest.

    A page is decided if a person removed it, corrected it or chose its reading: no run
    changes its current reading. When the file changes, a choice expires (see
    `documents._renew`), but corrections remain.
    """
    decided, status, sha256 = db.one(
        "SELECT p.removed <> 0 OR p.chosen OR coalesce(r.corrected, 0) > 0, "
        "r.status, r.sha256 FROM pages p "
        "LEFT JOIN readings r ON r.id = p.reading WHERE p.id = ?",
        page,
    )
    return bool(decided), status, sha256


def _add(db: CorpusFile, result: PageResult, key: tuple[int, str, str, int]) -> int:
    """Add a reading; return its id, or 0 if it already exists."""
    values = (
        *key,
        _engine_id(db, result.engine, result.language_data),
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
    added = db.execute(
        f"INSERT OR IGNORE INTO readings (page, {READING}) "
        f"VALUES ({', '.join('?' * len(values))})",
        values,
    )
    if not added.rowcount or not added.lastrowid:
        return 0
    steps = [[each.step, each.measured, each.did] for each in result.reports]
    db.execute(
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
    mark_unindexed(db, added.lastrowid)
    return added.lastrowid


def as_json(value: Any) -> str:
    """Return a value as ASCII JSON, which any text column can store."""
    return json.dumps(value)
