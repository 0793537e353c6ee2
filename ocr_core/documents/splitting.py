"""Splitting: the documents of a zip or a table, each written to a separate file.

The app stores one file per document. A folder becomes a book of images (.cbz), a
document of a table becomes JSON lines or plain text.
"""

import io
import json
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ocr_core.documents import archives, documents_in, recorded
from ocr_core.documents.archives import UNPACKED, Archive
from ocr_core.documents.files import split_inner
from ocr_core.documents.packed import unpacked_head, unpacked_name
from ocr_core.documents.pairs import (
    NameListing,
    PagePart,
    is_recorded,
    picture_beside,
    stated_picture,
)
from ocr_core.errors import OcrError
from ocr_core.imports import (
    HEAD_BYTES,
    LISTS,
    RecordedPage,
    is_mets,
    named_files,
    recorded_kind,
)
from ocr_core.page import PageRef, text_of

BOOK = ".cbz"


@dataclass(frozen=True)
class SplitFile:
    """A document that was written to a file, or the error."""

    label: str
    path: str = ""
    error: OcrError | None = None


def split_documents(ref: PageRef, folder: str) -> list[SplitFile]:
    """Write each document in a file to a separate file in a folder.

    Raises
    ------
    InputError
        If the file cannot be opened.
    """
    found = []
    for number, each in enumerate(documents_in(ref)):
        target = Path(folder) / str(number)
        inner = split_inner(each.path)[1]
        try:
            if inner.startswith(recorded.INNER):
                found.append(_from_table(each, target))
            else:
                found.append(_from_archive(each, inner, target))
        except OcrError as error:
            found.append(SplitFile(each.source_file, error=error))
    return found


def _from_table(ref: PageRef, target: Path) -> SplitFile:
    pages = recorded.pages_of(ref)
    drawn = all(page.is_drawn for page in pages)
    text = "\f".join(text_of(page.rows) for page in pages)
    lines = "".join(_line(page) + "\n" for page in pages)
    target.write_text(text if drawn else lines, encoding="utf-8")
    return SplitFile(f"{ref.doc_id}{'.txt' if drawn else '.jsonl'}", str(target))


def _line(page: RecordedPage) -> str:
    words = [word._asdict() for word in page.rows]
    size = page.size if page.states_size else (0, 0)
    row = {"words": words, "width": size[0], "height": size[1], "dpi": page.dpi}
    more = {"lang": page.language, "engine": page.engine, "error": page.error}
    return json.dumps(row | more, ensure_ascii=False)


def _from_archive(ref: PageRef, inner: str, target: Path) -> SplitFile:
    archive = Archive(split_inner(ref.path)[0])
    parts = archives.parts_of(archive, inner)
    if parts[0].mets:
        return _from_mets(archive, parts, target, ref)
    if inner in archive.members and not parts[0].picture:
        UNPACKED.path(archive, parts[0]).rename(target)
        UNPACKED.forget(archive, parts[0])
        return SplitFile(PurePosixPath(inner).name, str(target))
    with zipfile.ZipFile(target, "w") as book:
        for number, part in enumerate(parts):
            own = UNPACKED.path(archive, part)
            for path in sorted(own.parent.iterdir()):
                book.write(path, f"{number:05}{path.suffix}")
    label = PurePosixPath(inner).name or ref.doc_id
    return SplitFile(label + BOOK, str(target))


def _from_mets(
    archive: Archive, parts: list[PagePart], target: Path, ref: PageRef
) -> SplitFile:
    """Write a METS file and the files of its pages, under the names that it uses."""
    names = [parts[0].mets]
    names += [name for part in parts for name in (part.file, part.picture) if name]
    with zipfile.ZipFile(archive.path) as whole, zipfile.ZipFile(target, "w") as book:
        for name in dict.fromkeys(names):
            if name in archive:
                with whole.open(name) as file, book.open(name, "w") as copy:
                    shutil.copyfileobj(file, copy)
    return SplitFile(ref.doc_id + BOOK, str(target))


def pairs_among(heads: Mapping[str, bytes]) -> dict[str, str]:
    """Return the image of each file with recorded OCR.

    Parameters
    ----------
    heads
        The first bytes of files, by their names, or by their paths in folders.
    """
    listing = NameListing(heads)
    pairs = {}
    for name, head in heads.items():
        own = PurePosixPath(name)
        head = unpacked_head(head[:HEAD_BYTES])
        if is_recorded(own, head):
            found = picture_beside(own, stated_picture(head), listing)
            if found is not None:
                pairs[name] = str(found)
    return pairs


def mets_books(contents: Mapping[str, bytes]) -> dict[str, dict[str, bytes]]:
    """Return the files that each METS file among others names, and itself."""
    books = {}
    for name, content in contents.items():
        if name.lower().endswith(".xml") and is_mets(content[:HEAD_BYTES]):
            named = {*map(str, named_files(PurePosixPath(name), content))}
            if inside := [each for each in contents if each in named]:
                books[name] = {each: contents[each] for each in (name, *inside)}
    return books


def may_be_split(content: bytes, name: str) -> bool:
    """Return whether a file may contain several documents, by its first bytes."""
    if content.startswith(archives.ZIP):
        return not name.lower().endswith(BOOK)
    return recorded_kind(content[:HEAD_BYTES], name) in LISTS


def book_of(files: Mapping[str, bytes], *, renamed: bool = True) -> bytes:
    """Return a page's files as a book: all get the same stem, each keeps its ending.

    With `renamed` false they keep their names, as a METS file needs them.
    """
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as book:
        for name, content in files.items():
            ending = unpacked_name(PurePosixPath(name)).suffix
            own = f"page{ending}" if renamed else name
            book.writestr(zipfile.ZipInfo(own), content)
    return made.getvalue()
