"""Project: documents and their corpus in one folder, saved with every change.

All tabs of this server that have a project open share one `Project`, so that no tab
overwrites the changes of another. If two servers have it open, both write to the same
corpus, page by page. The last written project.json is kept.
"""

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from .batch_run import Run
from .corpus_handle import CorpusHandle
from .pools import page_pool
from .project_documents import ProjectDocuments
from .project_paths import ProjectPaths
from .project_record import opened_now


class Project:
    """An open project.

    Parameters
    ----------
    paths
        The paths of its parts.
    lasting
        Whether it is kept when the last tab is closed.
    trusts_paths
        Whether scans at any path named in its corpus may be opened. Only for projects
        that were created on this machine by its user.
    check_room
        Called with a number of bytes to be added; raises an error if they do not fit.
    """

    def __init__(
        self,
        paths: ProjectPaths,
        *,
        lasting: bool = True,
        trusts_paths: bool = False,
        check_room: Callable[[int], None] = lambda size: None,
    ) -> None:
        self.paths, self.lasting = paths, lasting
        self.record = opened_now(paths.record_or_new())
        self.run: Run | None = None
        self.tabs = 0
        self.deleted = False
        foreign = self.record.foreign
        self.corpus_handle = CorpusHandle(
            paths.corpus, foreign=foreign, trusts_paths=trusts_paths and not foreign
        )
        self._lock = threading.RLock()
        self._written = b""
        self.documents = ProjectDocuments(
            paths.files,
            self.record.documents,
            owner=secrets.token_urlsafe(16),
            save=self.save,
            check_room=check_room,
        )

    @property
    def id(self) -> str:
        """Its id in URLs; "" if there is no project yet."""
        return self.paths.id

    @property
    def busy(self) -> bool:
        """Return whether a batch run is active."""
        return self.run is not None and self.run.busy

    @property
    def interrupted(self) -> Mapping[str, Any] | None:
        """The run that a shutdown interrupted, or None."""
        return None if self.run else self.record.run

    def note(self, **changes: Any) -> None:
        """Change the record, and save it.

        Raises
        ------
        OutputError
            If it cannot be written; the previous record is kept.
        """
        with self._lock:
            self.record = replace(self.record, **changes)
            self.save()

    def save(self) -> None:
        """Write the record, if the project is kept and anything has changed.

        Raises
        ------
        OutputError
            If it cannot be written; the previous record is kept.
        """
        with self._lock:
            self.record = replace(self.record, documents=self.documents.records())
            content = self.record.content()
            if self.id and not self.deleted and content != self._written:
                self.record.write(self.paths.record)
                self._written = content

    def stop_run(self) -> None:
        """Cancel the run."""
        if self.run and self.run.busy:
            self.run.stopped = self.run.cancelled = True
            page_pool().cancel_owner(self.run.owner)

    def close(self) -> None:
        """Close the corpus and cancel the documents that wait to be opened."""
        self.documents.close()
        self.corpus_handle.close()


def no_project(folder: Path) -> Project:
    """Return the empty project of a new tab; it is not saved."""
    paths = replace(ProjectPaths.in_folder(folder), id="")
    return Project(paths, lasting=False)
