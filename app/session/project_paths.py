"""Project paths: where the parts of a project are."""

import contextlib
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from ocr_core.corpus.shared_project import CORPUS, FILES, RECORD
from ocr_core.errors import InputError

from .project_record import Record, is_of_other_version, read_record

AUDIT_ENDING = ".audit.csv"
TRUTH_ENDING = ".truth.json"
LEFTOVER = ".unfinished-"  # prefix of folders that are unfinished or deleted


@dataclass(frozen=True)
class ProjectPaths:
    """The paths of a project's parts."""

    id: str  # as used in the URL
    record: Path
    corpus: Path
    files: Path

    @property
    def audit(self) -> Path:
        """The sheet of the audit of the corpus."""
        return self.corpus.with_suffix(AUDIT_ENDING)

    @property
    def truth(self) -> Path:
        """The ground truth of its pages."""
        return self.corpus.with_suffix(TRUTH_ENDING)

    @classmethod
    def in_folder(cls, folder: Path) -> "ProjectPaths":
        """Return the paths of a project that has its own folder."""
        return cls(folder.name, folder / RECORD, folder / CORPUS, folder / FILES)

    @classmethod
    def beside(cls, corpus: Path) -> "ProjectPaths":
        """Return the paths of a project for an existing corpus file."""
        files = corpus.with_name(f"{corpus.stem}.files")
        record = corpus.with_name(f"{corpus.stem}.{RECORD}")
        return cls(corpus.name, record, corpus, files)

    def record_or_new(self) -> Record:
        """Read the record; if it is damaged, create a new one from the files.

        Raises
        ------
        InputError
            If another version wrote it; it must not be overwritten.
        """
        name = self.id if self.corpus.name == CORPUS else self.corpus.stem
        if not self.record.exists():
            return Record(name)
        try:
            return read_record(self.record)
        except InputError:
            if is_of_other_version(self.record):
                raise
            return Record(name, foreign=True)  # the author of the corpus is unknown


def folder_size(folder: Path) -> int:
    """Return the total size of a folder's files in bytes."""
    size = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):  # deleted in the meantime
            if path.is_file() and not path.is_symlink():
                size += path.stat().st_size
    return size


def remove_folder(folder: Path) -> None:
    """Delete a folder: rename it first, so that it disappears atomically."""
    gone = folder.with_name(f"{LEFTOVER}{secrets.token_hex(8)}")
    with contextlib.suppress(FileNotFoundError):
        folder.replace(gone)
        shutil.rmtree(gone, ignore_errors=True)
