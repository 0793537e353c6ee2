"""Discovery: the documents in files and folders that are named as sources.

No file is opened here; `documents` opens them and checks their content.
"""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path, PurePath

from ocr_core.documents.mets import UNNAMED
from ocr_core.documents.packed import ENDING, content_of, head_of, unpacked_name
from ocr_core.documents.pairs import (
    PICTURES,
    RECORDED,
    DiskListing,
    is_other_output,
    is_recorded,
    is_truth,
    picture_beside,
    stated_picture,
)
from ocr_core.errors import SettingsError
from ocr_core.imports import is_mets, named_files
from ocr_core.imports.mets import MAX_BYTES
from ocr_core.page import PageRef, composed, replace_surrogates

SCANS = [*sorted(PICTURES), ".pdf", ".zip", ".cbz"]
ENDINGS = [*SCANS, *(each + tail for tail in ("", ENDING) for each in sorted(RECORDED))]
TEXT = ".txt"  # a document only in folders that hold nothing else that is read
SPAN = "[0-9]{1,9}(-([0-9]{1,9})?)?"
PAGES = re.compile(f"{SPAN}(,{SPAN})*")


def find_documents(sources: Iterable[str | Path]) -> tuple[list[PageRef], int]:
    """List the files in `sources`, and count those skipped in folders.

    A named file is always listed. A folder is searched recursively, in natural order (2
    before 10), and files with unknown endings are skipped. Each file has a `doc_id`
    that is unique in the list: its name without the ending, made unique by its folder,
    then by a number. A source that does not exist, or a folder that cannot be read, is
    listed like a file and refused when it is opened, so that the others are read.

    Recorded OCR and its picture are one document; of tables, those with the picture's
    name. Plain text files in a folder are
    documents only if it has no others; beside scans they are the texts of these.
    Ground truth beside its scan is neither a document nor skipped.
    """
    from natsort import os_sort_key

    paths: list[Path] = []
    skipped = 0
    for source in map(Path, sources):
        if not source.is_dir():
            paths.append(source)
            continue
        inside, closed = _walked(source)
        known, parts = _readable(inside)
        skipped += len(inside) - len(known) - parts
        known += closed
        # Folder by folder: "a/2.png" comes before "a/10.png" and "b/1.png".
        key = cache(os_sort_key)  # folders are the same for many files
        paths += sorted(known, key=lambda path: [key(part) for part in path.parts])
    paths = list(dict.fromkeys(paths))
    names = unique_names(paths)
    return [
        PageRef(str(path), 0, doc_id=name, source_file=replace_surrogates(path.name))
        for path, name in zip(paths, names, strict=True)
    ], skipped


def _walked(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return the files in a folder tree, and the folders that cannot be read."""
    closed: list[Path] = []
    inside = [
        Path(folder_path, name)
        for folder_path, _, names in os.walk(
            folder, onerror=lambda error: closed.append(Path(error.filename))
        )
        for name in names
    ]
    return inside, closed


def _readable(inside: Iterable[Path]) -> tuple[list[Path], int]:
    """Return the documents among files, and count the files that belong to one."""
    # macOS writes metadata of a.png as ._a.png beside it on other file systems.
    listing = DiskListing()
    own = [path for path in inside if not path.name.startswith("._")]
    files = [path for path in own if not is_truth(path, listing)]
    truths = len(own) - len(files)
    known = [path for path in files if path.suffix.lower() in SCANS]
    pictures: set[PurePath | None] = set()
    everything = set(files)
    for path in files:
        if unpacked_name(path).suffix.lower() not in RECORDED:
            continue
        head = head_of(path)
        if is_mets(head):
            listed = _listed_in(path) & everything
            known += [path] if listed else []
            pictures |= listed
        elif is_recorded(path, head):
            picture = picture_beside(path, stated_picture(head), listing)
            if not is_other_output(path, picture):
                known.append(path)
                pictures.add(picture)
    if not known:
        return [path for path in files if path.suffix.lower() == TEXT], truths
    left = [path for path in known if path not in pictures]
    return left, len(known) - len(left) + truths


def _listed_in(mets: Path) -> set[PurePath | None]:
    """Return the files that a METS file names."""
    content = content_of(mets, MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        return set()
    return {*named_files(mets, content)}


def unique_names(paths: Iterable[Path]) -> list[str]:
    """Name documents by stem; duplicates by folder and stem, then by a number.

    A METS file called mets.xml has the name of its folder.
    """
    paths = [_named_path(path) for path in paths]
    stems = [composed(replace_surrogates(path.stem or path.name)) for path in paths]
    bearers = Counter(stems)
    taken: set[str] = set()
    numbers: dict[str, int] = {}  # the last one used for each base
    names = []
    for path, stem in zip(paths, stems, strict=True):
        name = stem
        if bearers[stem] > 1 and path.parent.name:
            name = f"{composed(replace_surrogates(path.parent.name))}_{stem}"
        base, number = name, numbers.get(name, 1)
        while name in taken:
            number += 1
            name = f"{base}_{number}"
        numbers[base] = number
        taken.add(name)
        names.append(name)
    return names


def _named_path(path: Path) -> Path:
    if unpacked_name(path).suffix.lower() in RECORDED:
        path = Path(unpacked_name(path))
    unnamed = path.suffix.lower() == ".xml" and path.stem.lower() in UNNAMED
    folder = path.parent
    return folder.with_name(f"{folder.name}.xml") if unnamed and folder.name else path


def page_filter(pages: str | None) -> Callable[[int], bool]:
    """Turn ``1-3,7,9-`` into a test of page numbers.

    Raises
    ------
    SettingsError
        If it has another form, contains page 0, or a range runs backwards.
    """
    if pages is None:
        return lambda number: True
    wrong = SettingsError(
        "Pages cannot be {0}.", repr(pages[:40]), hint="Write it as in 1-3,7."
    )
    if not PAGES.fullmatch(pages):
        raise wrong
    spans = []
    for part in pages.split(","):
        first, dash, last = part.partition("-")
        spans.append((int(first), int(last or 10**9) if dash else int(first)))
    if not all(1 <= first <= last for first, last in spans):
        raise wrong
    return lambda number: any(first <= number <= last for first, last in spans)
