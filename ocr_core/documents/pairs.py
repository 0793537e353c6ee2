"""Pairs: which picture belongs to a file with recorded OCR.

Programs write both into one folder, the words into a folder below the pictures, or each
kind into a folder of its own. What a file says of its picture is only taken as a name:
nothing outside these folders is ever opened.
"""

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePath, PurePosixPath
from typing import Protocol

from ocr_core.imports import HEAD_BYTES, recorded_kind

PICTURES = frozenset(
    ".png .jpg .jpeg .jpe .tif .tiff .webp .avif .jp2 .j2k .jpx .bmp .gif .pbm .pgm "
    ".ppm .pnm .heic .heif .hif .jxl".split()
)
MARKUP = frozenset(".xml .hocr .html .htm .xhtml".split())
RECORDED = MARKUP | {".tsv"}  # endings of recorded OCR; what it is shows inside
MAX_FOLDERS = 200  # beside each other that are looked into
STATED = re.compile(
    rb"""<(?:\w+:)?fileName>\s*([^<]*?)\s*<|imageFilename\s*=\s*["']([^"']*)"""
    rb"""|[\s;"']image\s+(?:&quot;|["'])(.*?)(?:&quot;|["'])"""
)


@dataclass(frozen=True)
class PagePart:
    """Pages of a document: a file, its image if it contains words, and its frames.

    `mets` is the METS file that lists it as a page, with its label.
    """

    file: str
    picture: str = ""
    mets: str = ""
    label: str = ""

    @property
    def document(self) -> str:
        """The document in an archive: the METS file, or else the folder."""
        return self.mets or str(PurePosixPath(self.file).parent)


class FolderNames(Protocol):
    """The files in folders, on a disk or in an archive."""

    def files(self, folder: PurePath) -> Iterable[str]:
        """Return the names of the files in a folder."""

    def folders(self, folder: PurePath) -> Iterable[str]:
        """Return the names of the folders in a folder."""


class DiskListing:
    """Folders on the disk."""

    def files(self, folder: PurePath) -> Iterable[str]:
        return _listed(folder)[0]

    def folders(self, folder: PurePath) -> Iterable[str]:
        return _listed(folder)[1]


class NameListing:
    """Folders of which the paths of all files are known."""

    def __init__(self, names: Iterable[str]) -> None:
        self._files: dict[PurePath, list[str]] = defaultdict(list)
        self._folders: dict[PurePath, dict[str, None]] = defaultdict(dict)
        for path in map(PurePosixPath, names):
            self._files[path.parent].append(path.name)
            for each in path.parents[:-1]:
                self._folders[each.parent][each.name] = None

    def files(self, folder: PurePath) -> Iterable[str]:
        return self._files.get(folder, [])

    def folders(self, folder: PurePath) -> Iterable[str]:
        return self._folders.get(folder, {})


def _listed(folder: PurePath) -> tuple[list[str], list[str]]:
    try:
        return _listed_once(str(folder), Path(folder).stat().st_mtime_ns)
    except OSError:
        return [], []


@lru_cache(maxsize=256)
def _listed_once(folder: str, changed: int) -> tuple[list[str], list[str]]:
    files: list[str] = []
    folders: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            (folders if entry.is_dir() else files).append(entry.name)
    return files, folders


def picture_beside(
    path: PurePath, stated: str, listing: FolderNames, stem: str = ""
) -> PurePath | None:
    """Return the picture of a file with recorded OCR; None where there is none.

    Parameters
    ----------
    path
        The file.
    stated
        What it calls its picture.
    stem
        What the picture is called without its ending; left out, as the file is.
    """
    name = re.split(r"[\\/]", stated)[-1]
    stems = [stem] if stem else _stems(path)
    for folder in _folders_around(path.parent, stated, listing):
        files = dict.fromkeys(listing.files(folder))
        if name and _is_picture(name) and name in files:
            return folder / name
        for each in files:
            if _is_picture(each) and PurePath(each).stem in stems:
                return folder / each
    return None


def _stems(path: PurePath) -> list[str]:
    """Return the names that a picture may have: 1.alto.xml is of 1.alto or of 1."""
    return [path.stem, path.name.split(".", 1)[0]]


def _is_picture(name: str) -> bool:
    suffix = PurePath(name).suffix.lower()
    return not name.startswith("._") and (suffix in PICTURES or suffix == ".pdf")


def _folders_around(
    own: PurePath, stated: str, listing: FolderNames
) -> Iterator[PurePath]:
    yield own
    named = re.split(r"[\\/]", stated)[-2:-1]
    above = own.parent
    for folder in (own, above):
        if named and named[0] in {*listing.folders(folder)}:
            yield folder / named[0]
    if above != own:
        yield above
        for name in sorted(listing.folders(above))[:MAX_FOLDERS]:
            inside = {
                PurePath(each).suffix.lower() for each in listing.files(above / name)
            }
            if not inside & RECORDED:  # else its pictures belong to words of their own
                yield above / name


def is_recorded(path: PurePath, head: bytes) -> bool:
    """Return whether a file in a folder contains recorded OCR, by its first bytes."""
    if path.suffix.lower() not in RECORDED:
        return False
    return recorded_kind(head, path.name) not in ("", "texts", "txt")


def head_of(path: Path) -> bytes:
    """Return the first bytes of a file, none where it cannot be opened."""
    try:
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError:
        return b""


def stated_picture(head: bytes) -> str:
    """Return what the first bytes of a file with recorded OCR call its picture."""
    found = STATED.search(head)
    return (
        next(filter(None, found.groups()), b"").decode("utf-8", "replace")
        if (found)
        else ""
    )
