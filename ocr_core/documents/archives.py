"""Archives: zip files of scans; their folders are documents.

The path of a document in an archive is the archive's path followed by that of the
folder or file, ``scans.zip/letters``. The pages of a folder are its images in natural
order, with or without recorded OCR beside them. An archive as a whole is a book of all
its pages. Files are unpacked one at a time, into a folder that is deleted with the
process.
"""

import atexit
import hashlib
import os
import shutil
import stat
import zipfile
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from pathlib import Path, PurePosixPath

from ocr_core.documents.files import damaged, first_bytes, split_inner
from ocr_core.documents.mets import (
    MetsFolder,
    checked,
    is_mets_file,
    mets_parts,
    missing,
)
from ocr_core.documents.packed import unpacked_head, unpacked_name
from ocr_core.documents.pairs import (
    PICTURES,
    RECORDED,
    NameListing,
    PagePart,
    is_other_output,
    is_recorded,
    is_truth,
    picture_beside,
    stated_picture,
)
from ocr_core.errors import FormatError, InputError, LimitError
from ocr_core.imports import HEAD_BYTES, is_mets, named_files
from ocr_core.imports.mets import MAX_BYTES as METS_BYTES
from ocr_core.messages import Message
from ocr_core.page import PageRef
from ocr_core.tempdirs import temporary_folder

ZIP = b"PK\x03\x04", b"PK\x05\x06"  # with files, and without
MAX_ENTRIES = 20_000
MAX_MEMBER_BYTES = 500_000_000  # unpacked
MAX_BYTES = 20_000_000_000  # unpacked, all together
SWOLLEN, FREE_BYTES = 250, 1_000_000_000  # times its size: above this many bytes
UNPACKED_BYTES = 1_000_000_000  # kept for the next page
ONE_PAGE = frozenset(".jpg .jpeg .jpe .bmp .jp2 .j2k .jpx .pbm .pgm .ppm .pnm".split())
PNG, PNG_HEAD_BYTES = b"\x89PNG", 4096
ANIMATED = b"acTL"  # in the head of a PNG of several pictures
ALONE = frozenset((".pdf", ".zip", ".cbz"))  # documents of their own, or refused
OFFICE = (
    ("word/", Message("a Word document")),
    ("ppt/", Message("a presentation")),
    ("xl/", Message("a workbook")),
    ("META-INF/container.xml", Message("an EPUB")),
    ("content.xml", Message("an OpenDocument file")),
)


def is_archive(path: str) -> bool:
    """Return whether a file is a zip, by its first bytes."""
    return first_bytes(Path(path), len(ZIP[0])) in ZIP


def holds_files(path: str) -> bool:
    """Return whether a file is a zip or a METS file: its pages are other files."""
    return is_archive(path) or is_mets_file(path)


@lru_cache(maxsize=1)
def _open(path: str, changed: int, process: int) -> zipfile.ZipFile:
    """Open an archive once: its list of files takes long to parse.

    Processes must not share an open file, as they would move each other's position.
    """
    return zipfile.ZipFile(path)


@lru_cache(maxsize=8)
def _members(path: str, changed: int) -> dict[str, zipfile.ZipInfo]:
    """Return the files in an archive by their names; refuse a malicious archive."""
    name = Path(path).name
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        if len(entries) > MAX_ENTRIES:
            raise LimitError(
                "{0} contains {1} files; the limit is {2}.",
                name,
                len(entries),
                MAX_ENTRIES,
                hint="Unpack it, and name the folder.",
            )
        _refuse_office(name, [each.filename for each in entries])
        for entry in entries:
            _check(name, entry)
        size, packed = sum(e.file_size for e in entries), Path(path).stat().st_size
        if size > MAX_BYTES or size > max(FREE_BYTES, SWOLLEN * packed):
            raise _too_large(name)
    files = {
        each.filename: each
        for each in entries
        if not each.is_dir() and not _is_hidden(each.filename)
    }
    if len({each.filename for each in entries}) < len(entries):
        raise InputError("{0} contains two files of the same name.", name)
    return files


def _too_large(name: str) -> LimitError:
    return LimitError(
        "{0} unpacks to more than the limit allows.",
        name,
        hint="Unpack it, and name the folder.",
    )


def _refuse_office(name: str, names: Sequence[str]) -> None:
    is_office = "[Content_Types].xml" in names or "mimetype" in names
    for start, kind in OFFICE if is_office else ():
        if any(each.startswith(start) for each in names):
            raise FormatError(
                "{0} is {1}, which is not read.",
                name,
                kind,
                hint="Save it as PDF in the program that made it.",
            )


def _check(name: str, entry: zipfile.ZipInfo) -> None:
    """Check an entry of an archive.

    Raises
    ------
    InputError
        If it is encrypted, or would be unpacked outside its folder.
    LimitError
        If it unpacks to too many bytes.
    """
    path = PurePosixPath(entry.filename)
    mode = entry.external_attr >> 16
    if entry.flag_bits & 0x1:
        raise InputError("{0} is encrypted.", name, hint="Unpack it with its password.")
    strange = path.is_absolute() or ".." in path.parts or "\0" in entry.filename
    if strange or "\\" in entry.filename or entry.filename[1:2] == ":":
        raise InputError("{0} contains a file whose path leads out of it.", name)
    if stat.S_ISLNK(mode):
        raise InputError("{0} contains a link in place of a file.", name)
    swollen = entry.file_size > max(5 * 10**7, 200 * entry.compress_size)
    if entry.file_size > MAX_MEMBER_BYTES or swollen:
        raise _too_large(name)


def _is_hidden(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return "__MACOSX" in parts or any(part.startswith(".") for part in parts)


@cache
def _scratch() -> Path:
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(temporary_folder())


class Archive:
    """A zip file of scans."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.changed = Path(path).stat().st_mtime_ns
        self.members = _members(path, self.changed)

    def documents(self) -> list[str]:
        """Return the paths of its documents: folders, METS and separate files."""
        alone: list[str] = []
        folders: dict[str, None] = {}
        parts = self.parts()
        taken = {name for part in parts for name in (part.file, part.picture)}
        for part in parts:
            if part.document == ".":
                alone.append(part.file)
            else:
                folders[part.document] = None
        alone += [each for each in self._ending(ALONE) if each not in taken]
        if not (alone or folders):
            alone = self._ending({".txt"})
        return _naturally([*folders, *alone])

    def _ending(self, endings: Collection[str]) -> list[str]:
        """Return the files with one of these endings."""
        return [
            name
            for name in self.members
            if PurePosixPath(name).suffix.lower() in endings
        ]

    def parts(self, document: str = "") -> list[PagePart]:
        """Return the pages of a folder or METS file, or of all, in their order."""
        return [
            part
            for part in _parts(self.path, self.changed)
            if not document or part.document == document
        ]

    def __contains__(self, name: object) -> bool:
        """Return whether the archive has a file of this path."""
        return name in self.members

    def size(self, name: str) -> int:
        """Return the size of a file in bytes."""
        return self.members[name].file_size

    def head(self, name: str, size: int = HEAD_BYTES) -> bytes:
        """Return the first bytes of a file, unpacked also if it is packed by itself."""
        with self._opened().open(name) as file:
            return unpacked_head(file.read(size), size)

    def _opened(self) -> zipfile.ZipFile:
        return _open(self.path, self.changed, os.getpid())

    def unpack(self, name: str, target: Path) -> None:
        """Write a file to a path; refuse one that is larger than the archive states."""
        if name not in self.members:
            raise missing(name)
        left = self.size(name)
        with self._opened().open(name) as file, target.open("wb") as out:
            while chunk := file.read(min(2**20, left + 1)):
                left -= len(chunk)
                if left < 0:
                    raise damaged(PurePosixPath(name).name)
                out.write(chunk)
        if target.suffix.lower() not in (".xml", ".txt") and is_archive(str(target)):
            raise InputError(
                "{0} is an archive within an archive, which is not opened.",
                PurePosixPath(name).name,
                hint="Unpack it.",
            )

    def content_digest(self, names: Iterable[str]) -> str:
        """Return a digest of some files, from the archive's checksums."""
        digest = hashlib.sha256()
        for name in filter(self.members.__contains__, names):
            member = self.members[name]
            digest.update(f"{name} {member.file_size} {member.CRC:08x}\n".encode())
        return digest.hexdigest()


@lru_cache(maxsize=8)
def _parts(path: str, changed: int) -> list[PagePart]:
    archive = Archive(path)
    listing = NameListing(archive.members)
    words: dict[str, str] = {}
    listed: list[PagePart] = []
    taken: set[str] = set()
    for name in _naturally(archive.members):
        own = PurePosixPath(name)
        if unpacked_name(own).suffix.lower() not in RECORDED or is_truth(own, listing):
            continue
        head = archive.head(name)
        if is_mets(head) and (named := _named(archive, name)):
            listed += mets_parts(name, archive.head(name, METS_BYTES), archive)
            taken |= named
        elif is_recorded(own, head):
            found = picture_beside(own, stated_picture(head), listing)
            if not is_other_output(own, found):
                words[name] = str(found) if found else ""
    pictures = {*words.values()}
    alone = [
        name
        for name in archive.members
        if PurePosixPath(name).suffix.lower() in PICTURES and name not in pictures
    ]
    return listed + [
        PagePart(name, words.get(name, ""))
        for name in _naturally([*words, *alone])
        if name not in taken
    ]


def _named(archive: Archive, mets: str) -> set[str]:
    """Return the files in an archive that a METS file names."""
    checked(mets, archive.size(mets))
    content = archive.head(mets, METS_BYTES)
    named = named_files(PurePosixPath(mets), content)
    return {*map(str, named)} & {*archive.members}


def _naturally(names: Iterable[str]) -> list[str]:
    from natsort import os_sort_key

    key = cache(os_sort_key)  # folders are the same for many files
    return sorted(names, key=lambda name: [key(part) for part in name.split("/")])


Key = tuple[str, int, PagePart]  # a file in this state of the archive


class _Unpacked:
    """Files that were unpacked, the oldest removed first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, tuple[Path, int]] = OrderedDict()
        self._count = self._size = 0

    def path(self, archive: Archive | MetsFolder, part: PagePart) -> Path:
        """Return the path of a file, with its image beside it."""
        key = archive.path, archive.changed, part
        if key not in self._kept:
            while self._size > UNPACKED_BYTES:
                self._drop(next(iter(self._kept)))
            self._count += 1
            folder = _scratch() / str(self._count)
            folder.mkdir()
            size = 0
            for name in filter(None, (part.picture, part.file)):
                path = folder / f"page{unpacked_name(PurePosixPath(name)).suffix}"
                archive.unpack(name, path)
                size += path.stat().st_size
            self._kept[key] = path, size
            self._size += size
        self._kept.move_to_end(key)
        return self._kept[key][0]

    def forget(self, archive: Archive | MetsFolder, part: PagePart) -> None:
        """Remove an unpacked file from the list, as it was moved."""
        self._drop((archive.path, archive.changed, part))

    def _drop(self, key: Key) -> None:
        path, size = self._kept.pop(key)
        self._size -= size
        shutil.rmtree(path.parent, ignore_errors=True)


UNPACKED = _Unpacked()


def unpacked(ref: PageRef, count: Callable[[PageRef], int]) -> PageRef:
    """Return the unpacked file of a page of an archive, and the page's number in it.

    Parameters
    ----------
    ref
        A page; number 0 means the first file.
    count
        Counts the pages of a file that may hold several.
    """
    part, number = page_part(ref, count)
    path = UNPACKED.path(_archive(ref)[0], part)
    return replace(ref, path=str(path), number=number if ref.number else 0)


def page_part(ref: PageRef, count: Callable[[PageRef], int]) -> tuple[PagePart, int]:
    """Return the file of a page, and the page's number in it; `count` as above."""
    number = max(1, ref.number)
    archive, pages = _pages_of(ref)
    for part in pages.uncounted(number):
        pages.add(_count(archive, part, ref, count))
    index = bisect_left(pages.last, number)
    if index == len(pages.last):
        raise InputError("{0} has no page {1}.", ref.source_file, ref.number)
    return pages.parts[index], number - (pages.last[index - 1] if index else 0)


def count_pages(ref: PageRef, count: Callable[[PageRef], int]) -> int:
    """Count the pages of a document in an archive; `count` as above."""
    archive, pages = _pages_of(ref)
    for part in pages.uncounted():
        pages.add(_count(archive, part, ref, count))
    return pages.last[-1] if pages.last else 0


@dataclass(frozen=True)
class _Pages:
    """The files of a document, and the number of the last page of each.

    Files are counted in their order, when a page is requested that may be in them.
    """

    parts: list[PagePart]
    last: list[int] = field(default_factory=list)

    def uncounted(self, number: int | None = None) -> Iterator[PagePart]:
        """Yield the files to count before it is known which one has a page."""
        while len(self.last) < len(self.parts):
            if number and self.last and self.last[-1] >= number:
                return
            yield self.parts[len(self.last)]

    def add(self, pages: int) -> None:
        self.last.append(pages + (self.last[-1] if self.last else 0))


def _pages_of(ref: PageRef) -> tuple[Archive | MetsFolder, _Pages]:
    archive, inner = _archive(ref)
    return archive, _pages_in(archive.path, archive.changed, inner)


@lru_cache(maxsize=8)
def _pages_in(path: str, changed: int, inner: str) -> _Pages:
    return _Pages(parts_of(_archive_at(path), inner))


def _count(
    archive: Archive | MetsFolder,
    part: PagePart,
    ref: PageRef,
    count: Callable[[PageRef], int],
) -> int:
    """Count the pages of a file; it is unpacked only if it may have several."""
    ending = PurePosixPath(part.file).suffix.lower()
    if part.mets or ending in ONE_PAGE:
        return 1
    if ending == ".png" and isinstance(archive, Archive):
        head = archive.head(part.file, PNG_HEAD_BYTES)
        if head.startswith(PNG) and ANIMATED not in head:
            return 1
    path = UNPACKED.path(archive, part)
    return count(replace(ref, path=str(path), number=0))


def archive_digest(ref: PageRef) -> str:
    """Return the digest of a document in an archive."""
    archive, inner = _archive(ref)
    if isinstance(archive, MetsFolder):  # its files may change, and it may not
        return _digest_of(archive, inner)
    return _known_digest(archive.path, archive.changed, inner)


@lru_cache(maxsize=8)
def _known_digest(path: str, changed: int, inner: str) -> str:
    return _digest_of(Archive(path), inner)


def _digest_of(archive: Archive | MetsFolder, inner: str) -> str:
    parts = parts_of(archive, inner)
    names = [name for each in parts for name in (each.file, each.picture) if name]
    return archive.content_digest(names)


def parts_of(archive: Archive | MetsFolder, inner: str) -> list[PagePart]:
    """Return the files of a document in an archive."""
    parts = archive.parts(inner)
    if inner in archive.members and not parts:
        own = [each for each in archive.parts() if each.file == inner]
        return own or [PagePart(inner)]
    return parts


def _archive(ref: PageRef) -> tuple[Archive | MetsFolder, str]:
    path, inner = split_inner(ref.path)
    return _archive_at(path), inner


def _archive_at(path: str) -> Archive | MetsFolder:
    return Archive(path) if is_archive(path) else MetsFolder(path)
