"""Documents: add them to a corpus, and find them again after they moved."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from ocr_core.corpus.database import CorpusFile
from ocr_core.page import PageRef, replace_surrogates

MAX_COPIES = 100  # with other names, such as blank pages: each costs a look at the disk


def add_document(
    db: CorpusFile, ref: PageRef, sha256: str = "", pages: int = 0
) -> PageRef:
    """Add a document, or find it by its path, or by its content if it moved.

    Parameters
    ----------
    ref
        The document. If it is known, it keeps its `doc_id` in the corpus.
    sha256, pages
        Digest of its bytes and number of its pages; "" and 0 if it could not be
        opened.
    """
    path = storable(str(Path(ref.path).absolute()))
    with db.translate_errors():
        known = _known_document(db, path, sha256)
        if known is None or (pages and known[2:] != (path, sha256, pages)):
            with db.writing():
                known = _known_document(db, path, sha256)
                if known is None:
                    known = _add_new(db, ref, path, sha256, pages)
                elif pages:
                    _renew(db, known[0], path, sha256, pages)
    return replace(ref, path=os.fsdecode(path), doc_id=known[1])


def document_name(db: CorpusFile, ref: PageRef, sha256: str) -> str:
    """Return the doc_id of a document that `add_document` would find; "" if none."""
    path = storable(str(Path(ref.path).absolute()))
    with db.translate_errors():
        known = _known_document(db, path, sha256)
    return str(known[1]) if known else ""


def _known_document(
    db: CorpusFile, path: str | bytes, sha256: str
) -> tuple[Any, ...] | None:
    """Return id, doc_id, path, sha256 and pages of a known document, or None."""
    find = "SELECT id, doc_id, path, sha256, pages FROM documents WHERE"
    row: tuple[Any, ...] | None = db.one(f"{find} path = ?", path)
    if row is None and sha256:
        end = storable(f"/{Path(os.fsdecode(path)).name}")
        named = f"{find} sha256 = ? AND substr(path, -length(?)) = ?"
        same = db.execute(named, (sha256, end, end)).fetchall()
        same += db.execute(f"{find} sha256 = ? LIMIT ?", (sha256, MAX_COPIES))
        row = next((each for each in same if _is_moved(each[2], path)), None)
    return row


def _add_new(
    db: CorpusFile, ref: PageRef, path: str | bytes, sha256: str, pages: int
) -> tuple[Any, ...]:
    """Add a document; equal names are made unique by the folder, then by a number."""
    folder = replace_surrogates(Path(os.fsdecode(path)).parent.name)
    name = base = replace_surrogates(ref.doc_id)
    count = 1
    taken = "SELECT 1 FROM documents WHERE doc_id = ?"
    while db.one(taken, db.stored_name(name)):
        if count == 1 and folder:
            name = base = f"{folder}_{base}"
        else:
            name = f"{base}_{count}"
        count += 1
    row = (name, path, sha256, pages)
    added = db.execute(
        "INSERT INTO documents (doc_id, path, sha256, pages, source_file) "
        "VALUES (?, ?, ?, ?, ?)",
        (*row, ref.source_file),
    )
    return added.lastrowid, *row


def _renew(
    db: CorpusFile, document: int, path: str | bytes, sha256: str, pages: int
) -> None:
    """Update a file that moved or changed; pages it lost have no current reading.

    Corrected pages keep theirs, as no other reading could take the corrections.
    """
    db.execute(
        "UPDATE pages SET chosen = 0 WHERE document = ? AND NOT EXISTS "
        "(SELECT 1 FROM documents WHERE id = ? AND sha256 = ?)",
        (document, document, sha256),
    )
    db.execute(
        "UPDATE documents SET path = ?, sha256 = ?, pages = ? WHERE id = ?",
        (path, sha256, pages, document),
    )
    db.execute(
        "UPDATE pages SET reading = NULL "
        "WHERE document = ? AND (number = 0 OR number > ?) AND NOT EXISTS "
        "(SELECT 1 FROM readings r WHERE r.id = reading AND r.corrected > 0)",
        (document, pages),
    )


def _is_moved(known: str | bytes, path: str | bytes) -> bool:
    """Return whether a document has moved, or `path` is the same file.

    A path with ``..`` or through a linked folder is the same file. A link or copy with
    another name is a separate document.
    """
    if not os.path.lexists(known):
        return True
    there, here = os.fsdecode(known), os.fsdecode(path)
    if there.rpartition("/")[2] != here.rpartition("/")[2]:
        return False
    try:
        return Path(there).samefile(here)
    except OSError:
        return False


def storable(path: str) -> str | bytes:
    """Return a path as text, or as bytes if it is not UTF-8."""
    return path if replace_surrogates(path) == path else os.fsencode(path)
