"""Shared projects: read the parts of a project that the app exported as one zip file.

The file is untrusted: its names are not used as paths, sizes are bounded, and the
corpus must contain exactly the expected tables.
"""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ocr_core.corpus import Corpus
from ocr_core.errors import InputError, LimitError
from ocr_core.messages import Message

CORPUS = "corpus.sqlite"
RECORD = "project.json"
AUDIT = "audit.csv"
TRUTH = "truth.json"
FILES = "files"  # the folder of the documents
MAX_PROJECT_BYTES = 200_000_000  # total size of documents
MAX_CORPUS_BYTES = 1_000_000_000
MAX_SHEET_BYTES = 50_000_000  # of the audit, and of the ground truth
MAX_MEMBERS = 10_004  # documents, corpus, record, audit and ground truth
MAX_RATIO = 300  # uncompressed to compressed; SQLite's pages compress well
CHUNK = 1_000_000


class SharedProject:
    """An open project file; see `opened_project`."""

    def __init__(self, label: str, packed: zipfile.ZipFile) -> None:
        self._packed = packed
        self._members = _members(label, packed)
        if RECORD not in self._members:
            raise InputError(
                "{0} is no project.",
                label,
                hint="Name a file that was shared from Projects.",
            )

    @property
    def size(self) -> int:
        """The size of all parts together, in bytes."""
        return sum(each.file_size for each in self._members.values())

    def record(self, most: int) -> bytes:
        """Return the first bytes of project.json, at most `most`."""
        with self._packed.open(self._members[RECORD]) as source:
            return source.read(most)

    def extract(self, name: str, target: Path) -> bool:
        """Write a part to a file; return whether there is one of this name."""
        member = self._members.get(name)
        if member is None:
            return False
        left = member.file_size
        with self._packed.open(member) as source, target.open("wb") as file:
            while chunk := source.read(CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise zipfile.BadZipFile("it holds more than it says")
                file.write(chunk)
        return True


@contextmanager
def opened_project(label: str, file: Path | IO[bytes]) -> Iterator[SharedProject]:
    """Open a project file; `label` names it in messages.

    Raises
    ------
    OcrError
        If it is no project, too large, or damaged, also while it is read.
    """
    try:
        with zipfile.ZipFile(file) as packed:
            yield SharedProject(label, packed)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise InputError(
            "{0} is damaged: {1}.", label, error, hint="Ask for it to be sent again."
        ) from error


def unpacked_corpus(path: Path, folder: Path) -> Path:
    """Write the corpus of a project file into a folder, and return its path.

    Raises
    ------
    OcrError
        If the file is no project, has no corpus, or cannot be read.
    """
    target = folder / f"{path.stem}.sqlite"
    with opened_project(path.name, path) as project:
        if not project.extract(CORPUS, target):
            raise InputError(
                "{0} contains no corpus: none of its pages was read.",
                path.name,
                hint="Read them in the app, and share the project again.",
            )
    check_foreign(target)
    return target


def check_foreign(path: Path) -> None:
    """Validate an untrusted corpus by opening it once.

    Raises
    ------
    OcrError
        If it is damaged, or contains anything that a corpus does not.
    """
    with Corpus(path, foreign=True) as corpus:
        corpus.counts()


def _members(label: str, packed: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Return the members of an archive by name, after checking their sizes.

    Raises
    ------
    LimitError
        If there are too many members, or one has too high a compression ratio.
    """
    infos = packed.infolist()
    files = sum(each.file_size for each in infos if each.filename.startswith(FILES))
    sheets = [each.file_size for each in infos if each.filename in {AUDIT, TRUTH}]
    grown = any(
        each.file_size > CHUNK and each.file_size > MAX_RATIO * each.compress_size
        for each in infos
    )
    if (
        len(infos) > MAX_MEMBERS
        or files > MAX_PROJECT_BYTES
        or sum(each.file_size for each in infos) > MAX_CORPUS_BYTES + MAX_PROJECT_BYTES
        or any(sheet > MAX_SHEET_BYTES for sheet in sheets)
        or grown
    ):
        raise LimitError(
            "{0} contains more than a project may.",
            label,
            hint=Message(
                "A project has up to {0} MB of documents.", MAX_PROJECT_BYTES // 10**6
            ),
        )
    return {each.filename: each for each in infos}
