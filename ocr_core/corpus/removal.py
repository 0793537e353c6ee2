"""Removal: remove documents and pages from a corpus, and restore them.

A removed page stays in the file, so that a mistake can be undone. It has no current
reading, and is therefore in no list, search, count or export. Runs skip it.
"""

from collections.abc import Collection
from typing import Any

from ocr_core.corpus.database import CorpusFile
from ocr_core.errors import InputError
from ocr_core.messages import Message
from ocr_core.page import PageId

# If the former reading was deleted, take the latest one that did not fail, or any.
RESTORE = """
    UPDATE pages SET removed = 0, reading = coalesce(
        (SELECT id FROM readings r WHERE r.id = pages.removed),
        (SELECT max(id) FROM readings r
            WHERE r.page = pages.id AND r.status <> 'failed'),
        (SELECT max(id) FROM readings r WHERE r.page = pages.id)
    ) WHERE id = ?
"""


def remove_pages(
    db: CorpusFile, doc_id: str, page_num: int | None = None
) -> list[PageId]:
    """Remove a page, or a document with all its pages, also those not yet read.

    Returns
    -------
    list
        The pages that this call removed.

    Raises
    ------
    InputError
        If the corpus has no such page or document, or it is already removed.
    """
    with db.translate_errors(), db.writing():
        document = _document_id(db, doc_id)
        whole = page_num is None
        marked = whole and _mark(db, document, removed=True)
        taken = _pages_where(db, document, page_num, "reading NOTNULL")
        if not taken and not marked:
            what = doc_id if whole else Message("page {0} of {1}", page_num, doc_id)
            raise InputError(
                "{0} has no {1}.",
                db.name,
                what,
                hint="Was it removed already? --undo brings it back.",
            )
        db.executemany(
            "UPDATE pages SET removed = reading, reading = NULL WHERE id = ?",
            [(page,) for page, _ in taken],
        )
        if whole:
            db.execute(
                "UPDATE pages SET removed = -1 WHERE document = ? AND removed = 0",
                (document,),
            )
    return [(doc_id, number) for _, number in taken]


def restore_pages(
    db: CorpusFile, doc_id: str, page_num: int | None = None
) -> list[PageId]:
    """Restore a page, or all pages of a document, as they were when removed.

    Returns
    -------
    list
        The pages that are restored.

    Raises
    ------
    InputError
        If nothing of it was removed.
    """
    with db.translate_errors(), db.writing():
        document = _document_id(db, doc_id)
        whole = page_num is None
        marked = whole and _mark(db, document, removed=False)
        back = _pages_where(db, document, page_num, "removed <> 0")
        if not back and not marked:
            what = doc_id if whole else Message("page {0} of {1}", page_num, doc_id)
            raise InputError("{0} was not removed.", what)
        db.executemany(RESTORE, [(page,) for page, _ in back])
        current = set(_pages_where(db, document, page_num, "reading NOTNULL"))
    return [(doc_id, page[1]) for page in back if page in current]


def removed_pages(db: CorpusFile) -> list[PageId]:
    """List the removed pages that can be restored."""
    with db.translate_errors():
        rows = db.execute(
            "SELECT d.doc_id, p.number FROM pages p "
            "JOIN documents d ON d.id = p.document WHERE p.removed <> 0 "
            "AND EXISTS (SELECT 1 FROM readings r WHERE r.page = p.id) "
            "ORDER BY p.document, p.number"
        )
        return [(doc_id, page) for doc_id, page in db.check_types(rows, str, int)]


def pages_left_out(db: CorpusFile, doc_id: str, numbers: Collection[int]) -> set[int]:
    """Return which of these pages were removed, so that a run must skip them."""
    with db.translate_errors():
        return removed_numbers(db, _document_id(db, doc_id), numbers)


def removed_numbers(
    db: CorpusFile, document: int, numbers: Collection[int]
) -> set[int]:
    """Return which of these pages of a document were removed; takes its id."""
    [whole] = db.one("SELECT removed FROM documents WHERE id = ?", document)
    pages: dict[int, int] = dict(
        db.execute(
            "SELECT number, removed FROM pages WHERE document = ?", (document,)
        ).fetchall()
    )
    return {number for number in numbers if pages.get(number, whole)}


def _document_id(db: CorpusFile, doc_id: str) -> int:
    name = db.stored_name(doc_id)
    found = db.one("SELECT id FROM documents WHERE doc_id = ?", name)
    if found is None:
        raise InputError(
            "{0} has no document {1}.",
            db.name,
            doc_id,
            hint="Name it as the column doc_id does.",
        )
    return int(found[0])


def _pages_where(
    db: CorpusFile, document: int, page_num: int | None, which: str
) -> list[tuple[int, int]]:
    """Return ids and numbers of a document's pages for which `which` is true."""
    rows = db.execute(
        "SELECT id, number FROM pages WHERE document = ? "
        f"AND ? IN (number, -1) AND {which} ORDER BY number",
        (document, -1 if page_num is None else page_num),
    )
    return rows.fetchall()


def _mark(db: CorpusFile, document: int, *, removed: bool) -> bool:
    """Mark a document as removed or restored; return whether that is a change."""
    changed: Any = db.execute(
        "UPDATE documents SET removed = ? WHERE id = ? AND removed <> ?",
        (removed, document, removed),
    )
    return bool(changed.rowcount)
