"""Pairs: which picture belongs to a file with recorded OCR.

Programs write both into one folder, the words into a folder below the pictures, or each
kind into a folder of its own. What a file says of its picture is only taken as a name:
nothing outside these folders is ever opened.
"""

import os
import re
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePath, PurePosixPath

from ocr_core.documents.packed import unpacked_name
from ocr_core.imports import recorded_kind

PICTURES = frozenset(
    ".png .jpg .jpeg .jpe .tif .tiff .webp .avif .jp2 .j2k .jpx .bmp .gif .pbm .pgm "
    ".ppm .pnm .heic .heif .hif .jxl".split()
)
MARKUP = frozenset(".xml .alto .hocr .html .htm .xhtml".split())
TABLE = ".tsv"
RECORDED = MARKUP | {TABLE}  # endings of recorded OCR; what it is shows inside
TRUTH_ENDINGS = (".gt.txt", ".gt.xml", ".gt.hocr", ".gt.html")  # of ground truth
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


class Folder:
    """The names in a folder, with its pictures by their stems."""

    def __init__(self, files: Iterable[str], folders: Iterable[str]) -> None:
        self.files, self.folders = frozenset(files), frozenset(folders)
        self.by_stem: dict[str, str] = {}
        for name in filter(_is_picture, files):
            self.by_stem.setdefault(PurePath(name).stem, name)
        # Otherwise its pictures belong to words of their own.
        self.is_of_pictures = RECORDED.isdisjoint(
            unpacked_name(PurePath(name)).suffix.lower() for name in self.files
        )

    def picture(self, name: str, stems: Iterable[str]) -> str:
        """Return the picture of this name, or else of the first stem; "" for none."""
        if name in self.files and _is_picture(name):
            return name
        return next(filter(None, map(self.by_stem.get, stems)), "")


class FolderListing(ABC):
    """Folders on the disk or in an archive, each looked into once."""

    def __init__(self) -> None:
        self._folders: dict[PurePath, Folder] = {}
        self._beside: dict[PurePath, dict[str, PurePath]] = {}

    @abstractmethod
    def listed(self, folder: PurePath) -> Folder:
        """Return the names in a folder, none if it cannot be read."""

    def folder(self, path: PurePath) -> Folder:
        """Return the names in a folder."""
        if path not in self._folders:
            self._folders[path] = self.listed(path)
        return self._folders[path]

    def below(self, path: PurePath) -> dict[str, PurePath]:
        """Return pictures in the folders of a folder, by their names and stems.

        Names have a slash before them.
        """
        if path not in self._beside:
            found: dict[str, PurePath] = {}
            for name in sorted(self.folder(path).folders)[:MAX_FOLDERS]:
                inside = self.folder(path / name)
                if inside.is_of_pictures:
                    for stem, picture in inside.by_stem.items():
                        found.setdefault(stem, path / name / picture)
                    for picture in filter(_is_picture, sorted(inside.files)):
                        found.setdefault(f"/{picture}", path / name / picture)
            self._beside[path] = found
        return self._beside[path]


class DiskListing(FolderListing):
    """Folders on the disk."""

    def listed(self, folder: PurePath) -> Folder:
        try:
            return _listed_once(str(folder), Path(folder).stat().st_mtime_ns)
        except OSError:
            return Folder((), ())


class NameListing(FolderListing):
    """Folders of which the paths of all files are known."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__()
        files: dict[PurePath, list[str]] = defaultdict(list)
        folders: dict[PurePath, dict[str, None]] = defaultdict(dict)
        for path in map(PurePosixPath, names):
            files[path.parent].append(path.name)
            for each in path.parents[:-1]:
                folders[each.parent][each.name] = None
        self._names = files, folders

    def listed(self, folder: PurePath) -> Folder:
        files, folders = self._names
        return Folder(files.get(folder, ()), folders.get(folder, ()))


@lru_cache(maxsize=256)
def _listed_once(folder: str, changed: int) -> Folder:
    files: list[str] = []
    folders: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            (folders if entry.is_dir() else files).append(entry.name)
    return Folder(files, folders)


def picture_beside(
    path: PurePath, stated: str, listing: FolderListing, stem: str = ""
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
    *_, named, name = ["", *re.split(r"[\\/]", stated)]
    stems = [stem] if stem else _stems(path)
    own, above = path.parent, path.parent.parent
    folders = [own]
    folders += [each / named for each in (own, above) if _has(listing, each, named)]
    folders += [above] if above != own else []
    for folder in folders:
        if found := listing.folder(folder).picture(name, stems):
            return folder / found
    beside = listing.below(above) if above != own else {}
    return next(filter(None, map(beside.get, (f"/{name}", *stems))), None)


def _has(listing: FolderListing, folder: PurePath, name: str) -> bool:
    return bool(name) and name in listing.folder(folder).folders


def _stems(path: PurePath) -> list[str]:
    """Return the names that a picture may have: 1.alto.xml is of 1.alto or of 1."""
    path = unpacked_name(path)
    return [path.stem, path.name.split(".", 1)[0]]


def _is_picture(name: str) -> bool:
    suffix = PurePath(name).suffix.lower()
    return not name.startswith("._") and (suffix in PICTURES or suffix == ".pdf")


def name_of_scan(name: str) -> str | None:
    """Return the name, without its ending, of the scan that ground truth belongs to.

    None for the name of another file.
    """
    ending = next((each for each in TRUTH_ENDINGS if name.lower().endswith(each)), "")
    return name[: -len(ending)] if ending else None


def is_truth(path: PurePath, listing: FolderListing) -> bool:
    """Return whether a file is the ground truth of a scan beside it, so no document."""
    scan = name_of_scan(path.name)
    return scan is not None and scan in listing.folder(path.parent).by_stem


def is_recorded(path: PurePath, head: bytes) -> bool:
    """Return whether a file in a folder contains recorded OCR, by its first bytes."""
    if unpacked_name(path).suffix.lower() not in RECORDED:
        return False
    return recorded_kind(head, path.name) not in ("", "texts", "txt")


def is_other_output(path: PurePath, picture: PurePath | None) -> bool:
    """Return whether a table was only written on a picture, and is not its words.

    A table names no picture. One with another name than the picture, such as
    1.png.out.tsv or 1.test.tsv for 1.png, may come from any trial of an engine.
    """
    if picture is None or path.suffix.lower() != TABLE:
        return False
    return path.stem not in (picture.stem, picture.name)


def stated_picture(head: bytes) -> str:
    """Return what the first bytes of a file with recorded OCR call its picture."""
    found = STATED.search(head)
    return (
        next(filter(None, found.groups()), b"").decode("utf-8", "replace")
        if (found)
        else ""
    )
