"""Queries: list the pages of a corpus, filtered and sorted."""

import os
from typing import Any, NamedTuple

from ocr_core.corpus.database import CorpusFile
from ocr_core.corpus.results import parsed
from ocr_core.messages import restored
from ocr_core.page import Note

CURRENT = """
    FROM pages p JOIN documents d ON d.id = p.document
    JOIN readings r ON r.id = p.reading
"""
# A page without words has no confidence. A page of unknown quality is kept.
WANTED = """
    WHERE :status IN ('', r.status) AND :language IN ('', r.language)
    AND (:name = '' OR instr(plain(d.doc_id), plain(:name)))
    AND (:min_conf = 0 OR r.conf_mean >= :min_conf)
    AND coalesce(r.quality, 1) >= :min_quality
"""
PAGE_ORDER = ("p.document", "p.number")
ORDERS = {
    "page": PAGE_ORDER,
    "document": ("d.doc_id", "p.number"),
    "language": ("r.language", *PAGE_ORDER),
    "status": ("r.status", *PAGE_ORDER),
    "quality": ("r.quality", *PAGE_ORDER),
    "confidence": ("r.conf_mean", *PAGE_ORDER),
    "words": ("r.n_words", *PAGE_ORDER),
    "corrections": ("r.corrected", *PAGE_ORDER),
}


class Row(NamedTuple):
    """A page in a list, without its words."""

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
    corrections: int


KINDS = (*(str, int, str, str, str, str, int), *(float | None,) * 2, str, str, int, str)


def list_pages(
    db: CorpusFile,
    *,
    status: str = "",
    name: str = "",
    language: str = "",
    min_conf: float = 0,
    min_quality: float = 0,
    order: str = "page",
    descending: bool = False,
    limit: int = -1,
    offset: int = 0,
) -> list[Row]:
    """List pages.

    Parameters
    ----------
    status, name, language
        Only pages of this status and language, and of documents whose `doc_id`
        contains this text; "" means all.
    min_conf, min_quality
        Least mean confidence, 0 to 100, and quality, 0 to 1. A page of
        unknown quality is kept; one without words has no confidence.
    order, descending
        One of `ORDERS`, and whether its first column is descending; for "page"
        both columns are.
    limit, offset
        The number of pages, and the number of pages to skip before them.
    """
    first, *others = ORDERS[order]
    order = ", ".join([f"{first} {'DESC' if descending else 'ASC'}", *others])
    if descending and order.startswith(PAGE_ORDER[0]):
        order = ", ".join(f"{column} DESC" for column in PAGE_ORDER)
    with db.translate_errors():
        listed = db.execute(
            "SELECT d.doc_id, p.number, d.source_file, r.language, r.status, "
            "r.error, r.n_words, r.conf_mean, r.quality, e.name, r.recipe, "
            f"r.corrected, r.error_parts {CURRENT} "
            f"JOIN engines e ON e.id = r.read_by {WANTED} "
            f"ORDER BY {order} LIMIT :limit OFFSET :offset",
            {
                "status": status,
                "name": name,
                "language": language,
                "min_conf": min_conf,
                "min_quality": min_quality,
                "limit": limit,
                "offset": offset,
            },
        )
        rows = [
            (Row._make(row), parts) for *row, parts in db.check_types(listed, *KINDS)
        ]
        return [row._replace(error=restored(row.error, parts)) for row, parts in rows]


def count_pages(
    db: CorpusFile,
    *,
    name: str = "",
    language: str = "",
    min_conf: float = 0,
    min_quality: float = 0,
) -> dict[str, int]:
    """Return the number of pages of each status, filtered as in `list_pages`."""
    asked: dict[str, Any] = {
        "status": "",
        "name": name,
        "language": language,
        "min_conf": min_conf,
        "min_quality": min_quality,
    }
    query = f"SELECT r.status, count(*) {CURRENT} {WANTED} GROUP BY r.status"
    with db.translate_errors():
        return dict(db.check_types(db.execute(query, asked), str, int))


def scan_paths(db: CorpusFile) -> list[str]:
    """Return the last known path of each document."""
    with db.translate_errors():
        rows = db.execute("SELECT path FROM documents ORDER BY id")
        return [os.fsdecode(path) for (path,) in db.check_types(rows, str | bytes)]


def list_languages(db: CorpusFile) -> list[str]:
    """Return the languages in which pages were read."""
    query = f"SELECT DISTINCT r.language {CURRENT} ORDER BY r.language"
    with db.translate_errors():
        listed = db.check_types(db.execute(query), str)
        return [language for (language,) in listed if language]


def document_languages(db: CorpusFile) -> dict[str, tuple[str, tuple[Note, ...]]]:
    """Return language and notes of each document's first page with text, by digest."""
    query = """
        SELECT d.sha256, r.language, c.notes FROM (
            SELECT p.document, min(p.number), p.reading FROM pages p
            JOIN readings r ON r.id = p.reading WHERE r.n_words > 0 GROUP BY p.document
        ) first JOIN documents d ON d.id = first.document
        JOIN readings r ON r.id = first.reading JOIN contents c ON c.reading = r.id
    """
    with db.translate_errors():
        listed = db.check_types(db.execute(query), str, str, str)
    try:
        return {
            digest: (language, tuple(Note(*each) for each in parsed(notes, list)))
            for digest, language, notes in listed
        }
    except (ValueError, TypeError, RecursionError):
        raise db.damaged() from None
