"""Session: what one browser tab has: a project, its pictures and readings.

Foreign bytes are opened, prepared and read by worker processes; the script threads
only ask and wait. Each browser session has its own readings and pictures, which go
when it ends; documents and corpora belong to projects, and stay.
"""

import atexit
import contextlib
import secrets
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from ocr_core.errors import OcrError, OutputError
from ocr_core.page import PageRef
from ocr_core.settings import Settings
from ocr_core.tempdirs import temporary_folder

from . import pools, project_runs
from .batch_run import Run
from .corpus_handle import CorpusHandle
from .page_jobs import PageJob
from .page_pictures import PagePictures, unguessable_name
from .page_readings import PageReadings
from .project import Project, no_project
from .project_library import Library, leave
from .promised_files import PROMISED_FILES
from .upload import Upload

_at_end = contextlib.ExitStack()
atexit.register(_at_end.close)


@cache
def sessions_folder() -> Path:
    """Return the folder of all sessions' documents; it goes when the app does."""
    return _at_end.enter_context(temporary_folder())


class Session:
    """What one browser tab has: a project, readings and pictures.

    Parameters
    ----------
    library
        Where projects are kept; left out, they go with the tab.
    """

    def __init__(self, library: Library | None = None) -> None:
        self.owner = secrets.token_urlsafe(16)
        self.folder = Path(tempfile.mkdtemp(dir=sessions_folder()))
        self.library = library or Library(self.folder / "projects", lasting=False)
        self.project = no_project(self.folder)
        self.unsaved = ""  # why the project is not kept, where it should be
        self.pictures = PagePictures(self.owner)
        self.readings = PageReadings(self.owner)

    def begin(self, name: str) -> Project:
        """Begin a project of this name, and leave the one that is open.

        Where it cannot be kept, `unsaved` says why, and it goes with the tab.
        """
        try:
            self.switch(self.library.begin(name))
        except OutputError as error:
            self.unsaved = str(error)
        return self.project

    def switch(self, project: Project | None = None) -> None:
        """Show another project; with none, be as a tab that was just opened."""
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        leave(self.project)
        self.project = project or no_project(folder)
        self.unsaved = ""
        self.pictures.drop_small()

    @property
    def corpus_handle(self) -> CorpusHandle:
        """The corpus of the project."""
        return self.project.corpus_handle

    @property
    def uploads(self) -> dict[str, Upload]:
        """The documents of the project."""
        return self.project.uploads

    @property
    def scans(self) -> dict[str, str]:
        """Where the documents lie that could be opened, by their digests."""
        return self.project.scans

    @property
    def run(self) -> Run | None:
        """The reading of the project that goes on, or ended last."""
        return self.project.run

    def add(self, key: str, label: str, content: bytes) -> Upload:
        """Keep a document in the project; the first one begins a project."""
        self._begin_with(label)
        return self.project.add(key, label, content)

    def refuse(self, key: str, label: str, error: OcrError) -> None:
        """Keep on the list that a document was refused before its bytes came."""
        self._begin_with(label)
        self.project.refuse(key, label, error)

    def _begin_with(self, label: str) -> None:
        """Begin a project with its first document, where none is open."""
        if not self.project.id and not self.project.uploads:
            self.begin(Path(label).stem)

    def remove(self, key: str) -> None:
        """Forget a document and its bytes."""
        self.project.remove(key)
        self.pictures.drop_thumbnail(key)

    def remove_all(self, keys: Iterable[str]) -> None:
        """Forget several documents."""
        for key in list(keys):
            self.remove(key)

    def refs(self) -> dict[str, PageRef]:
        """Return a reference to each document, by its key."""
        return self.project.refs()

    def secret(self, what: str) -> str:
        """Return a name that nobody can guess for a file to be handed out."""
        return unguessable_name(self.owner, ("file", what))

    def read(
        self, ref: PageRef, settings: Settings, *, beside: bool = False
    ) -> PageJob:
        """Have a page of the project read; see `PageReadings.read`."""
        sha256 = self.project.digest_of(ref.path)
        return self.readings.read(ref, sha256, settings, beside=beside)

    def read_all(
        self, settings: Settings, choice: Mapping[str, str] | None = None
    ) -> Run:
        """Start to read documents of the project; see `project_runs.start_run`."""
        done = self.readings.done(settings)
        return project_runs.start_run(self.project, settings, choice, done)

    def go_on(self) -> None:
        """Go on with a reading that ended with the program."""
        project_runs.resume_run(self.project, self.readings.done)

    def close(self) -> None:
        """Stop all work that is for this tab alone, and leave the project."""
        self.readings.close()
        for pool in (pools.page_pool(), pools.picture_pool(), pools.small_pool()):
            pool.cancel_owner(self.owner)
            pool.cancel_owner(f"{self.owner} page")
        self.pictures.close()
        PROMISED_FILES.drop(self.folder)
        leave(self.project)
        shutil.rmtree(self.folder, ignore_errors=True)
