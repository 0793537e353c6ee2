"""Saving: what a run has read is kept, and not read again."""

import json
from typing import Any

from ocr_core.corpus.corrections import make_current, mark_unindexed, rewrite_page
from ocr_core.corpus.database import CorpusFile
from ocr_core.corpus.page_leases import TRIED_AGAIN, drop_claim
from ocr_core.corpus.removal import removed_numbers
from ocr_core.corpus.results import packed
from ocr_core.messages import Message
from ocr_core.page import PageResult, replace_surrogates

# Of a reading, all but the page it belongs to.
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
        for number, status, reading, own, settled in readings:
            missing = found.get(number, "failed") == "failed"
            if status != "failed" and (missing or (own and not settled)):
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
    with db.translate_errors(), db.writing():
        document, pages = db.one(
            "SELECT id, pages FROM documents WHERE doc_id = ?", ref.doc_id
        )
        if ref.number == 0 and pages:
            return 0  # it was read: that it is gone now takes nothing away
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
    """Make a reading current, or a copy of it where it is another page's."""
    if db.one("SELECT page FROM readings WHERE id = ?", reading)[0] != page:
        db.execute("DELETE FROM readings WHERE page = ? AND status = 'failed'", (page,))
        copied = db.execute(
            f"INSERT INTO readings (page, {READING}) "
            f"SELECT ?, {READING} FROM readings WHERE id = ?",
            (page, reading),
        ).lastrowid
        db.execute(  # as it was read, not as it was corrected there
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
        rewrite_page(db, reading)  # the twin's corrections are its own
    settled, *_ = _state(db, page)
    if not settled:
        make_current(db, page, reading)


def _gives_way(db: CorpusFile, page: int, result: PageResult) -> bool:
    """Return whether a page's current reading makes place for what was just read."""
    settled, status, sha256 = _state(db, page)
    # A failure hides no good reading of the same bytes.
    good = status not in (None, "failed") and sha256 == result.sha256
    return not settled and not (good and result.status == "failed")


def _state(db: CorpusFile, page: int) -> tuple[bool, str | None, str | None]:
    """Return whether a page is settled, and its reading's status and bytes.

    A page that a person has removed, corrected or chosen a reading for is settled:
    no run changes which reading it shows. What was chosen for other bytes counts no
    more (see `_renew`); corrections do.
    """
    settled, status, sha256 = db.one(
        "SELECT p.removed <> 0 OR p.chosen OR coalesce(r.corrected, 0) > 0, "
        "r.status, r.sha256 FROM pages p "
        "LEFT JOIN readings r ON r.id = p.reading WHERE p.id = ?",
        page,
    )
    return bool(settled), status, sha256


def _add(db: CorpusFile, result: PageResult, key: tuple[int, str, str, int]) -> int:
    """Add a reading; return its id, or 0 where it stands already."""
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
    """Return a value as JSON that any text column can hold."""
    return json.dumps(value)
