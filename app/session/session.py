"""Session: the state of one browser tab: a project, its images and page jobs.

Worker processes open, prepare and recognize untrusted files; the script threads only
wait for them. Each browser session has its own page jobs and images, which are deleted
when it ends. Documents and corpora belong to projects, and are kept.
"""

import atexit
import contextlib
import secrets
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
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
from .tuning_run import TuningRun
from .upload import Upload

_at_end = contextlib.ExitStack()
atexit.register(_at_end.close)


@cache
def sessions_folder() -> Path:
    """Return the folder of all sessions' documents; it is deleted at shutdown."""
    return _at_end.enter_context(temporary_folder())


class Session:
    """The state of one browser tab: a project, page jobs and images.

    Parameters
    ----------
    library
        Where projects are saved; if omitted, they are deleted with the tab.
    """

    def __init__(self, library: Library | None = None) -> None:
        self.owner = secrets.token_urlsafe(16)
        self.folder = Path(tempfile.mkdtemp(dir=sessions_folder()))
        self.library = library or Library(self.folder / "projects", lasting=False)
        self.project = no_project(self.folder)
        self.unsaved = ""  # why the project could not be saved
        self._adding = False  # several documents, which are saved together
        self.pictures = PagePictures(self.owner)
        self.readings = PageReadings(self.owner)
        self.tuning: TuningRun | None = None

    def begin(self, name: str) -> Project:
        """Create a project with this name, and close the open one.

        If it cannot be saved, `unsaved` has the reason, and it is deleted with the tab.
        """
        try:
            self.switch(self.library.begin(name))
        except OutputError as error:
            self.unsaved = str(error)
        return self.project

    def switch(self, project: Project | None = None) -> None:
        """Switch to another project, or to the empty project of a new tab."""
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        self.tune(None)
        leave(self.project)
        self.project = project or no_project(folder)
        self.unsaved = ""
        self.pictures.drop_thumbnails()

    @property
    def corpus_handle(self) -> CorpusHandle:
        """The corpus of the project."""
        return self.project.corpus_handle

    @property
    def uploads(self) -> dict[str, Upload]:
        """The documents of the project."""
        return self.project.documents.uploads

    @property
    def scans(self) -> dict[str, str]:
        """The paths of the documents that could be opened, by digest."""
        return self.project.documents.scans

    @property
    def run(self) -> Run | None:
        """The current or last run of the project."""
        return self.project.run

    def add(self, key: str, label: str, content: bytes) -> Upload:
        """Add a document to the project; the first one creates a project."""
        self._begin_with(label)
        return self.project.documents.add(key, label, content, save=not self._adding)

    def refuse(self, key: str, label: str, error: OcrError) -> None:
        """List a document that was rejected before its upload."""
        self._begin_with(label)
        self.project.documents.refuse(key, label, error, save=not self._adding)

    @contextlib.contextmanager
    def adding_many(self) -> Iterator[None]:
        """Save the project once, after several documents were added."""
        self._adding = True
        try:
            yield
        finally:
            self._adding = False
            with contextlib.suppress(OutputError):  # reported when the screen is drawn
                self.project.save()

    def _begin_with(self, label: str) -> None:
        """Create a project named after its first document, if none is open."""
        if not self.project.id and not self.project.documents.uploads:
            self.begin(Path(label).stem)

    def remove(self, key: str) -> None:
        """Remove a document and delete its file."""
        self.project.documents.remove(key)
        self.pictures.drop_thumbnail(key)

    def remove_all(self, keys: Iterable[str]) -> None:
        """Remove several documents."""
        for key in list(keys):
            self.remove(key)

    def settings_for(self, ref: PageRef, settings: Settings) -> Settings:
        """Return settings with the language chosen for a page's document, if any."""
        return self.project.documents.settings_for(ref.path, settings)

    def refs(self) -> dict[str, PageRef]:
        """Return a reference to each document, by key."""
        return self.project.documents.refs()

    def secret(self, what: str) -> str:
        """Return an unguessable name for a promised file."""
        return unguessable_name(self.owner, ("file", what))

    def read(
        self, ref: PageRef, settings: Settings, *, beside: bool = False
    ) -> PageJob:
        """Request a page of the project; see `PageReadings.read`."""
        sha256 = self.project.documents.digest_of(ref.path)
        return self.readings.read(ref, sha256, settings, beside=beside)

    def read_all(
        self, settings: Settings, choice: Mapping[str, str] | None = None
    ) -> Run:
        """Start a run over the project; see `project_runs.start_run`."""
        done = self.readings.done
        return project_runs.start_run(self.project, settings, choice, done)

    def go_on(self) -> None:
        """Resume a run that was interrupted by a shutdown."""
        project_runs.resume_run(self.project, self.readings.done)

    def tune(self, run: TuningRun | None) -> None:
        """Start a search for better settings; the one before is dropped."""
        if self.tuning:
            self.tuning.drop()
        self.tuning = run
        if run:
            run.start()

    def close(self) -> None:
        """Cancel all work for this tab only, and close the project."""
        self.tune(None)
        self.readings.close()
        for pool in (pools.page_pool(), pools.picture_pool(), pools.small_pool()):
            pool.cancel_owner(self.owner)
            pool.cancel_owner(f"{self.owner} page")
        self.pictures.close()
        PROMISED_FILES.drop(self.folder)
        leave(self.project)
        shutil.rmtree(self.folder, ignore_errors=True)
