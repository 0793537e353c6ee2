"""Added files: files that are added together become documents of a project."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from ocr_core.documents.discovery import unique_names
from ocr_core.documents.packed import unpacked_name
from ocr_core.documents.splitting import (
    BOOK,
    SplitFile,
    book_of,
    may_be_split,
    mets_books,
    pairs_among,
    split_documents,
)
from ocr_core.errors import OcrError
from ocr_core.page import PageRef

from .pools import small_pool
from .session import Session

SPLIT_SECONDS = 180  # for 20,000 pages


def add_files(session: Session, files: Sequence[tuple[str, str, bytes]]) -> None:
    """Add files (key, name, content) as documents.

    Existing OCR and its image form one document, as do a METS file and the files that
    it names. A zip or a table can hold several.
    """
    contents = {name: content for _, name, content in files}
    books = mets_books(contents)
    pairs = pairs_among(contents)
    with session.adding_many():
        _add_each(session, files, books, pairs)


def _add_each(
    session: Session,
    files: Sequence[tuple[str, str, bytes]],
    books: Mapping[str, Mapping[str, bytes]],
    pairs: Mapping[str, str],
) -> None:
    contents = {name: content for _, name, content in files}
    others = {*pairs.values()}.union(*books.values()).difference(books)
    for key, name, content in files:
        if name in books:
            label = f"{unique_names([Path(name)])[0]}{BOOK}"
            session.add(key, label, book_of(books[name], renamed=False))
        elif name in others:
            continue
        elif name in pairs:
            both = {name: content, pairs[name]: contents[pairs[name]]}
            label = str(unpacked_name(PurePosixPath(name)).with_suffix(BOOK))
            session.add(key, label, book_of(both))
        elif may_be_split(content, name):
            _add_split(session, key, name, content)
        else:
            session.add(key, name, content)


def _add_split(session: Session, key: str, name: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory(dir=session.folder) as folder:
        path = Path(folder) / "whole"
        path.write_bytes(content)
        ref = PageRef(str(path), 0, doc_id=Path(name).stem, source_file=name)
        try:
            task = small_pool().submit(
                split_documents,
                *(ref, folder),
                owner=session.owner,
                seconds=SPLIT_SECONDS,
            )
            found: list[SplitFile] = task.result()
        except OcrError as error:
            session.refuse(key, name, error)
            return
        for number, each in enumerate(found):
            own = f"{key} {number}"
            if each.error:
                session.refuse(own, each.label, each.error)
            else:
                session.add(own, each.label, Path(each.path).read_bytes())
