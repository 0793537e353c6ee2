"""METS: a digitised document whose pages are files in folders beside its METS file."""

import hashlib
import posixpath
import shutil
from collections.abc import Collection, Iterable
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Protocol

from ocr_core.documents.packed import content_of, head_of
from ocr_core.documents.pairs import (
    PICTURES,
    PagePart,
    is_recorded,
    stated_picture,
)
from ocr_core.errors import InputError, LimitError
from ocr_core.imports import is_mets, mets_pages
from ocr_core.imports.mets import MAX_BYTES

UNNAMED = ("mets", "meta")  # file names that say nothing of the document


class Files(Protocol):
    """Files in a folder or an archive."""

    def head(self, name: str) -> bytes:
        """Return the first bytes of a file."""

    def size(self, name: str) -> int:
        """Return the size of a file in bytes."""

    def __contains__(self, name: object) -> bool:
        """Return whether there is a file of this path."""


def mets_parts(mets: str, content: bytes, files: Files) -> list[PagePart]:
    """Return the pages that a METS file lists, as far as their files are there.

    Parameters
    ----------
    mets
        The path of the METS file, which names the document of the pages.
    """
    folder = posixpath.dirname(mets)
    pages = [
        (page.label, [posixpath.join(folder, path) for path in page.files])
        for page in mets_pages(content)
    ]
    if not any(path in files for _, paths in pages for path in paths):
        raise InputError(
            "{0} names no file of a page that lies beside it.",
            posixpath.basename(mets),
            hint="Put it into a folder or zip with its files. No address is opened.",
        )
    return [
        _part(mets, label, paths, [path for path in paths if path in files], files)
        for label, paths in pages
    ]


def _part(
    mets: str, label: str, stated: list[str], there: list[str], files: Files
) -> PagePart:
    """Return a page: its last recorded OCR, the latest step, and its picture."""
    texts = [
        each for each in there if is_recorded(PurePosixPath(each), files.head(each))
    ]
    pictures = [
        each for each in there if PurePosixPath(each).suffix.lower() in PICTURES
    ]
    pictures.sort(key=files.size)
    text = texts[-1] if texts else ""
    named = posixpath.basename(stated_picture(files.head(text))) if text else ""
    own = [each for each in pictures if posixpath.basename(each) == named]
    picture = (own or pictures or [""])[-1]
    file = text or picture or (stated or [""])[0]
    return PagePart(file, picture if text else "", mets, label)


class MetsFolder:
    """A METS file on the disk, with the files of its pages in folders beside it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._folder = Path(path).parent
        self.changed = Path(path).stat().st_mtime_ns
        self.members: Collection[str] = ()

    def parts(self, document: str = "") -> list[PagePart]:
        """Return the pages in order."""
        return _parts(self.path, self.changed)

    def file(self, name: str) -> Path:
        """Return the path of a file; refuse one outside the folder."""
        path = (self._folder / name).resolve()
        if not path.is_relative_to(self._folder.resolve()) or not path.is_file():
            raise missing(name)
        return path

    def __contains__(self, name: object) -> bool:
        """Return whether a file lies in the folder."""
        try:
            return bool(self.file(str(name)))
        except (InputError, OSError, ValueError):
            return False

    def head(self, name: str) -> bytes:
        """Return the first bytes of a file."""
        return head_of(self.file(name))

    def size(self, name: str) -> int:
        """Return the size of a file in bytes."""
        return self.file(name).stat().st_size

    def content_digest(self, names: Iterable[str]) -> str:
        """Return a digest of files: of the bytes of texts and the sizes of pictures."""
        digest = hashlib.sha256(Path(self.path).read_bytes())
        for name in names:
            digest.update(f"\n{name} ".encode())
            try:
                path = self.file(name)
            except InputError:
                continue
            if path.suffix.lower() in PICTURES:
                digest.update(str(path.stat().st_size).encode())
            else:
                digest.update(path.read_bytes())
        return digest.hexdigest()

    def unpack(self, name: str, target: Path) -> None:
        """Link a file to another path, or copy it where links are not allowed."""
        path = self.file(name)
        try:
            target.symlink_to(path)
        except OSError:
            shutil.copyfile(path, target)


def missing(name: str) -> InputError:
    """Return the error for a file that a METS file names."""
    return InputError(
        "{0}, which the METS file names, is not beside it.", posixpath.basename(name)
    )


def is_mets_file(path: str) -> bool:
    """Return whether a file on the disk is a METS file."""
    return is_mets(head_of(Path(path)))


def checked(path: str, size: int) -> None:
    """Refuse a METS file that is too large."""
    if size > MAX_BYTES:
        raise LimitError(
            "{0} is larger than {1} MB.", Path(path).name, MAX_BYTES // 10**6
        )


@lru_cache(maxsize=8)
def _parts(path: str, changed: int) -> list[PagePart]:
    folder = MetsFolder(path)
    name = Path(path).name
    content = content_of(Path(path), MAX_BYTES + 1)
    checked(path, len(content))
    return mets_parts(name, content, folder)
