"""Project library: list, create, open, rename and delete projects in a folder."""

import contextlib
import secrets
import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path

from natsort import os_sorted

from ocr_core.corpus.backup import copy_to, move_documents
from ocr_core.corpus.shared_project import CORPUS, RECORD
from ocr_core.corpus.token_index import columns_path
from ocr_core.errors import InputError, OutputError, SettingsError
from ocr_core.exports.zip_bundle import safe_name
from ocr_core.messages import Message

from .project import Project
from .project_paths import LEFTOVER, ProjectPaths, folder_size, remove_folder
from .project_record import Record, now

MAX_NAME = 80  # characters

_open: dict[Path, Project] = {}
_lock = threading.RLock()


@dataclass(frozen=True)
class Listing:
    """A line of the list of projects."""

    id: str
    name: str
    documents: int
    pages: int
    opened: str  # UTC; "" if unknown
    size: int  # bytes on disk


class Library:
    """The projects in one folder.

    Parameters
    ----------
    root
        The folder; it is created with the first project.
    own_machine
        Whether the folder belongs to the local user.
    lasting
        Whether projects are kept when their tab is closed.
    check_room
        Called with a number of bytes to be added; raises an error if they do not fit.
    """

    def __init__(
        self,
        root: Path,
        *,
        own_machine: bool = False,
        lasting: bool = True,
        check_room: Callable[[int], None] = lambda size: None,
    ) -> None:
        self.root, self.own_machine, self.lasting = root, own_machine, lasting
        self.check_room = check_room

    def ids(self) -> list[str]:
        """Return the projects' ids, as used in URLs, in natural order.

        A corpus file directly in the folder also counts as a project.
        """
        try:
            found = [each.name for each in self.root.iterdir() if _is_project(each)]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise OutputError(
                "{0} cannot be opened: {1}.",
                self.root,
                error.strerror,
                hint="Check its permissions.",
            ) from error
        return list(os_sorted(found))

    def listings(self) -> list[Listing]:
        """Return an entry for each project, the most recently opened first."""
        lines = [self._listing(self.paths(id)) for id in self.ids()]
        return sorted(lines, key=lambda line: line.opened, reverse=True)

    def _listing(self, paths: ProjectPaths) -> Listing:
        try:
            record = paths.record_or_new()
        except InputError:
            record = Record(paths.id)
        with _lock:
            if project := _open.get(paths.record):
                record = project.record
        return Listing(
            paths.id,
            record.name,
            len(record.documents),
            max(pages_in(paths.corpus), sum(each.pages for each in record.documents)),
            record.opened,
            size_of(paths),
        )

    def paths(self, id: str) -> ProjectPaths:
        """Return the paths of a project.

        Raises
        ------
        InputError
            If there is no project with this id.
        """
        if id not in self.ids():
            raise no_project_called(id, lasting=self.lasting)
        path = self.root / id
        if path.is_dir():
            return ProjectPaths.in_folder(path)
        return ProjectPaths.beside(path)

    def begin(self, name: str) -> Project:
        """Create a project; a number is added to the name if it is already used.

        Raises
        ------
        OutputError
            If its folder cannot be created or written.
        """
        return self.adopt(name, lambda paths: Record(name))

    def adopt(self, name: str, fill: Callable[[ProjectPaths], Record]) -> Project:
        """Create a project whose files are written by a function.

        It appears in the list when it is complete.

        Raises
        ------
        OcrError
            If the function raises it, or the project cannot be written.
        """
        return self._opened(self._filled(name, fill))

    def _filled(
        self, name: str, fill: Callable[[ProjectPaths], Record]
    ) -> ProjectPaths:
        draft = self.root / f"{LEFTOVER}{secrets.token_hex(8)}"
        try:
            draft.mkdir(parents=True)
            paths = ProjectPaths.in_folder(draft)
            record = fill(paths)
            name = self._unused(record.name or name)
            replace(record, name=name, created=now()).write(paths.record)
            return ProjectPaths.in_folder(self._moved_in(draft, name))
        except OSError as error:
            raise OutputError(
                "{0} cannot be written: {1}.",
                self.root,
                (error.strerror or "").lower(),
                hint="Free some space, or check its permissions.",
            ) from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _moved_in(self, draft: Path, name: str) -> Path:
        """Move a complete project to its final folder, and return that folder."""
        start = safe_name(name)[:MAX_NAME]
        folder, count = self.root / start, 1
        while not _made(folder):
            count += 1
            folder = self.root / f"{start}_{count}"
        folder.rmdir()
        return draft.rename(folder)

    def _unused(self, name: str) -> str:
        name = name.strip()[:MAX_NAME] or "project"
        taken = {line.name for line in self.listings()}
        numbered = (f"{name} {number}" for number in count(2))
        return next(each for each in chain([name], numbered) if each not in taken)

    def open(self, id: str) -> Project:
        """Open a project; it is shared with all tabs that have it open.

        Raises
        ------
        OcrError
            If it does not exist, or a newer version saved it.
        """
        project = self._opened(self.paths(id))
        with contextlib.suppress(OutputError):  # on a full disk the project still opens
            project.save()
        return project

    def _opened(self, paths: ProjectPaths) -> Project:
        with _lock:
            if paths.record not in _open:
                _open[paths.record] = Project(
                    paths,
                    lasting=self.lasting,
                    trusts_paths=self.own_machine,
                    check_room=self.check_room,
                )
            project = _open[paths.record]
            project.tabs += 1
            return project

    def rename(self, id: str, name: str) -> None:
        """Rename a project; its id does not change.

        Raises
        ------
        OcrError
            If the name is invalid or already used.
        """
        name = name.strip()
        if not name or len(name) > MAX_NAME or not name.isprintable():
            raise SettingsError(
                "A project cannot be called that.",
                hint=Message("Use 1 to {0} letters on one line.", MAX_NAME),
            )
        if any(line.name == name and line.id != id for line in self.listings()):
            raise SettingsError(
                "There is already a project {0}.", name, hint="Take another name."
            )
        project = self.open(id)
        try:
            project.note(name=name)
        finally:
            leave(project)

    def duplicate(self, id: str) -> str:
        """Copy a project with all of its files; return the name of the copy.

        Raises
        ------
        OcrError
            If it cannot be read, or there is not enough room for the copy.
        """
        project = self.open(id)
        try:
            self.check_room(size_of(project.paths))
            project.save()
            copied = self._filled(
                project.record.name, lambda paths: copy_project(project, paths)
            )
            if copied.corpus.exists():
                move_documents(copied.corpus, project.paths.files, copied.files)
            return copied.id
        finally:
            leave(project)

    def delete(self, id: str) -> None:
        """Delete a project and all of its files; it is closed in all tabs.

        Raises
        ------
        OcrError
            If it does not exist.
        """
        paths = self.paths(id)
        with _lock:
            project = _open.pop(paths.record, None)
        if project:
            project.deleted = True
            project.stop_run()
            project.close()
        if paths.corpus.name == CORPUS:
            remove_folder(paths.record.parent)
            return
        for path in (paths.corpus, paths.record, *_beside(paths.corpus)):
            path.unlink(missing_ok=True)
        shutil.rmtree(paths.files, ignore_errors=True)


def no_project_called(id: str, *, lasting: bool) -> InputError:
    """Return the error for a project that does not exist."""
    if lasting:
        return InputError(
            "There is no project {0}.", id, hint="Choose one of the list."
        )
    return InputError(
        "There is no project {0}.",
        id,
        hint="Projects are not kept here: they go when their tab is closed.",
    )


def _is_project(path: Path) -> bool:
    if path.name.startswith("."):
        return False
    if path.is_dir():
        return (path / RECORD).exists() or (path / CORPUS).exists()
    return path.suffix == ".sqlite"


def is_open(root: Path) -> bool:
    """Return whether a project in a folder is open."""
    with _lock:
        return any(record.is_relative_to(root) for record in _open)


def leave(project: Project) -> None:
    """Close a tab's project; release it after the last tab, unless it is busy."""
    with _lock:
        project.tabs = max(0, project.tabs - 1)
        if not project.lasting:
            project.stop_run()
    close_unused(project)


def close_unused(project: Project) -> None:
    """Release a project if no tab has it open and no run is active."""
    with _lock:
        if project.tabs or (project.lasting and project.busy) or project.deleted:
            return
        _open.pop(project.paths.record, None)
    project.close()


def copy_project(project: Project, copied: ProjectPaths) -> Record:
    """Copy a project's documents and its corpus; return the record of the copy."""
    try:
        copied.files.mkdir()
        for upload in project.documents.uploads.values():
            if upload.path.is_file():
                shutil.copyfile(upload.path, copied.files / upload.path.name)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OutputError(
            "{0} cannot be copied: {1}.",
            project.record.name,
            reason,
            hint="Free some space and try again.",
        ) from error
    if project.corpus_handle.begun:
        with project.corpus_handle.open() as corpus:
            copy_to(corpus, copied.corpus)
    return replace(project.record, run=None)


def pages_in(corpus: Path) -> int:
    """Count the current pages of a corpus; 0 if it cannot be read."""
    if not corpus.exists():
        return 0
    try:
        with closing(sqlite3.connect(f"{corpus.as_uri()}?mode=ro", uri=True)) as db:
            [count] = db.execute(
                "SELECT count(*) FROM main.pages WHERE reading IS NOT NULL"
            ).fetchone()
    except sqlite3.Error:
        return 0
    return int(count)


def size_of(paths: ProjectPaths) -> int:
    """Return a project's size on disk in bytes."""
    if paths.corpus.name == CORPUS:
        return folder_size(paths.record.parent)
    files = (paths.corpus, paths.record, *_beside(paths.corpus))
    size = sum(each.stat().st_size for each in files if each.exists())
    return size + folder_size(paths.files)


def _beside(corpus: Path) -> list[Path]:
    """Return the files that may be kept next to a corpus file."""
    kept = [corpus.with_name(f"{corpus.name}-{end}") for end in ("wal", "shm")]
    return [*kept, columns_path(corpus), columns_path(corpus, raw=True)]


def _made(folder: Path) -> bool:
    """Create a folder; return False if it already exists."""
    if folder.with_name(f"{folder.name}.sqlite").exists():
        return False
    try:
        folder.mkdir()
    except FileExistsError:
        return False
    return True
