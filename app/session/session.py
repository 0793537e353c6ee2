"""Jobs: what goes on behind the screen, for all sessions of the app.

Foreign bytes are opened, prepared and read by worker processes; the script threads
only ask and wait. Each browser session has its own readings and pictures, which go
when it ends; documents and corpora belong to projects, and stay.
"""

import atexit
import contextlib
import hashlib
import secrets
import shutil
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from ocr_core.documents.discovery import page_filter
from ocr_core.errors import InputError, OcrError, OutputError, SettingsError
from ocr_core.execution.batch import PageFilter, failed_page
from ocr_core.messages import Message
from ocr_core.page import PageRef
from ocr_core.previews import (
    Box,
    Picture,
    cropped,
    draft_picture,
    prepared_picture,
    scan_picture,
    step_pictures,
    strip,
    thumbnail,
)
from ocr_core.processes.pool import Task
from ocr_core.settings import Settings
from ocr_core.tempdirs import temporary_folder

from .batch_run import KnownPage, Run, RunPlan, follow
from .corpus_handle import CorpusHandle, unused_names
from .image_cache import PICTURES
from .page_jobs import PageJob, PageJobs
from .pools import PICTURE_SECONDS, page_pool, picture_pool, small_pool
from .project import Project, no_project
from .project_library import Library, close_unused, leave
from .promised_files import PROMISED_FILES
from .upload import Upload

READINGS = 300
STRIP_SECONDS = 15
THUMBNAIL_SECONDS = 5

READ = PageJobs(lambda: page_pool(), READINGS)

_at_end = contextlib.ExitStack()
atexit.register(_at_end.close)


@cache
def spool() -> Path:
    """Return the folder of all sessions' documents; it goes when the app does."""
    return _at_end.enter_context(temporary_folder())


@dataclass(frozen=True)
class Shown:
    """A picture that the browser can fetch."""

    url: str
    picture: Picture


class Session:
    """What one browser tab has: a project, readings and pictures.

    Parameters
    ----------
    library
        Where projects are kept; left out, they go with the tab.
    """

    def __init__(self, library: Library | None = None) -> None:
        self.owner = secrets.token_urlsafe(16)
        self.folder = Path(tempfile.mkdtemp(dir=spool()))
        self.library = library or Library(self.folder / "projects", lasting=False)
        self.project = no_project(self.folder)
        self.unsaved = ""  # why the project is not kept, where it should be
        self._readings: OrderedDict[str, PageJob] = OrderedDict()
        self._shown: OrderedDict[str, Shown] = OrderedDict()
        self._sharp: OrderedDict[str, Task] = OrderedDict()
        self._thumbnails: dict[str, str] = {}

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
        PICTURES.drop(self._thumbnails.values())
        self._thumbnails.clear()

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
        PICTURES.drop([self._thumbnails.pop(key, "")])

    def remove_all(self, keys: Iterable[str]) -> None:
        """Forget several documents."""
        for key in list(keys):
            self.remove(key)

    def refs(self) -> dict[str, PageRef]:
        """Return a reference to each document, by its key."""
        return self.project.refs()

    def scan(self, ref: PageRef, dpi: int) -> Shown:
        """Return the page as scanned."""
        return self._show(("scan", ref, dpi), scan_picture, ref, dpi)

    def prepared(self, ref: PageRef, settings: Settings) -> Shown:
        """Return the page as the engine will see it; large ones as a draft first."""
        name = self._sharp_name(ref, settings)
        task = self._sharp.get(name)
        if task and task.done() and not task.future.exception():
            return self._keep(name, self._sharp.pop(name).result())
        if name in self._shown and PICTURES.get(name) is not None:
            return self._shown[name]
        return self._show((name, "draft"), draft_picture, ref, settings)

    def sharpen(self, ref: PageRef, settings: Settings) -> bool:
        """Have a draft followed by the full picture; tell whether that has come."""
        name = self._sharp_name(ref, settings)
        if name in self._shown:
            return False
        if name not in self._sharp:
            for other in list(self._sharp):
                page_pool().cancel(self._sharp.pop(other))
            self._sharp[name] = page_pool().submit(
                prepared_picture,
                ref,
                settings,
                owner=f"{self.owner} page",
                seconds=PICTURE_SECONDS,
            )
        task = self._sharp[name]
        return task.done() and not task.future.exception()

    def _sharp_name(self, ref: PageRef, settings: Settings) -> str:
        knobs = (settings.preprocess, settings.recognition.dpi)
        return self._name(("prepared", ref, knobs))

    def thumbnail(self, key: str, ref: PageRef | None = None) -> str:
        """Return the address of a document's first page, or of another, in small."""
        if key not in self._thumbnails:
            ref = ref or PageRef(str(self.uploads[key].path), 1)
            self._promise(key, THUMBNAIL_SECONDS, thumbnail, ref)
        return f"/page/{self._thumbnails[key]}.jpg"

    def strip(self, ref: PageRef, dpi: int, marks: tuple[Box, ...]) -> str:
        """Return the address of the strip of a scan around words."""
        key = f"{ref.path} {ref.number} {dpi} {marks}"
        if key not in self._thumbnails:
            self._promise(key, STRIP_SECONDS, strip, ref, dpi, marks)
        return f"/page/{self._thumbnails[key]}.jpg"

    def _promise(
        self, key: str, seconds: float, draw: Callable[..., bytes], *what: object
    ) -> None:
        """Have a small picture drawn as soon as somebody looks at it."""
        self._thumbnails[key] = self._name(("small", key))

        def drawn() -> Future[bytes]:
            task = small_pool().submit(draw, *what, owner=self.owner, seconds=seconds)
            return task.future

        PICTURES.promise(self._thumbnails[key], drawn)

    def secret(self, what: str) -> str:
        """Return a name that nobody can guess for a file to be handed out."""
        return self._name(("file", what))

    def _name(self, what: object) -> str:
        return hashlib.sha256(f"{self.owner} {what!r}".encode()).hexdigest()[:40]

    def _show(
        self, what: object, draw: Callable[..., Picture], *arguments: object
    ) -> Shown:
        name = self._name(what)
        shown = self._shown.get(name)
        if shown is None or PICTURES.get(name) is None:
            task = picture_pool().submit(draw, *arguments, owner=self.owner)
            shown = self._keep(name, task.result())
        return shown

    def _keep(self, name: str, picture: Picture) -> Shown:
        PICTURES.put(name, picture.jpeg)
        shown = Shown(f"/page/{name}.jpg", replace(picture, jpeg=b""))
        self._shown[name] = shown
        while len(self._shown) > READINGS:
            PICTURES.drop([self._shown.popitem(last=False)[0]])
        return shown

    def steps(self, ref: PageRef, settings: Settings) -> list[tuple[str, bytes]]:
        """Return the page after each step that changed it, as JPEGs by step."""
        task = picture_pool().submit(step_pictures, ref, settings, owner=self.owner)
        pictures: list[tuple[str, bytes]] = task.result()
        return pictures

    def crop(self, shown: Shown, box: tuple[int, int, int, int]) -> bytes | None:
        """Cut a box (left, top, width, height) out of a picture that we made."""
        jpeg = PICTURES.get(shown.url.rsplit("/", 1)[-1].removesuffix(".jpg"))
        return None if jpeg is None else cropped(jpeg, shown.picture.size, box)

    def reading(self, ref: PageRef, settings: Settings) -> PageJob | None:
        """Return the reading of a page, if it was asked for."""
        return self._readings.get(_reading_key(ref, settings))

    def read(
        self, ref: PageRef, settings: Settings, *, beside: bool = False
    ) -> PageJob:
        """Have a page read; what is not done yet is called off, unless read beside."""
        key = _reading_key(ref, settings)
        for other, reading in list(self._readings.items()):
            if not beside and not reading.done() and other != key:
                READ.leave(self._readings.pop(other))
        sha256 = next(
            (
                each.sha256
                for each in self.uploads.values()
                if str(each.path) == ref.path
            ),
            "",
        )
        reading = READ.ask(
            sha256, ref, settings, f"{self.owner} page", watched=not beside
        )
        self._readings[key] = reading
        while len(self._readings) > READINGS:
            READ.leave(self._readings.popitem(last=False)[1])
        return reading

    def forget(self, ref: PageRef, settings: Settings) -> None:
        """Drop a reading, so that the page can be read again."""
        reading = self._readings.pop(_reading_key(ref, settings), None)
        if reading:
            READ.leave(reading)

    def read_all(
        self, settings: Settings, choice: Mapping[str, str] | None = None
    ) -> Run:
        """Start to read documents; follow it through the run returned.

        Parameters
        ----------
        settings : Settings
            How all of them are read.
        choice : mapping of str to str, optional
            The documents to read, by their keys, with the pages wanted of each as in
            ``1-3,7``; nothing stands for all pages. Left out, everything is read.

        Raises
        ------
        SettingsError
            Where pages are not written so, or a document has none of them.
        """
        self.stop()
        run = Run(settings, f"{self.owner} run {secrets.token_hex(4)}")
        chosen: dict[str, list[int]] = {}
        work: list[PageRef] = []
        refs = self.corpus_refs()
        for key, pages in (choice or dict.fromkeys(self.uploads, "")).items():
            upload, ref = self.uploads[key], refs[key]
            wanted = page_filter(pages or None)
            numbers = [n for n in range(1, upload.pages + 1) if wanted(n)]
            if upload.pages and not numbers:
                raise SettingsError(
                    "{0} has none of the pages {1}.",
                    upload.label,
                    pages,
                    hint=Message("Its last page is {0}.", upload.pages),
                )
            run.total += max(1, len(numbers))
            if upload.error and not upload.path.exists():
                fault = InputError(upload.error)
                run.results.append(failed_page(ref, settings, fault))
            else:
                chosen[ref.path] = numbers
                work.append(ref)
        run.order = {ref.path: place for place, ref in enumerate(refs.values())}
        self.project.start_run(run, choice)
        known = self._known(settings, {k: r for k, r in refs.items() if r in work})
        self._start(work, lambda ref, n: n in chosen[ref.path], known)
        return run

    def corpus_refs(self) -> dict[str, PageRef]:
        """Return a reference to each document, as the corpus is to know it."""
        refs = self.refs()
        if self.corpus_handle.begun:
            rows = self.corpus_handle.ask(lambda corpus: corpus.rows())
            names = unused_names(refs, {row.doc_id for row in rows})
            refs = {key: replace(ref, doc_id=names[key]) for key, ref in refs.items()}
        return refs

    def _known(
        self, settings: Settings, refs: Mapping[str, PageRef]
    ) -> list[KnownPage]:
        """List the documents, and what the workbench has read of them this way."""
        done = [
            each.result()
            for each in self._readings.values()
            if each.settings.digest == settings.digest and each.done()
            if not each.error
        ]
        known = []
        for key, ref in refs.items():
            upload = self.uploads[key]
            read = [each for each in done if each.ref.path == str(upload.path)]
            if upload.sha256:
                known.append(KnownPage(ref, upload.sha256, upload.pages, read))
        return known

    def retry(self) -> None:
        """Read again what could not be read, as far as it is still there."""
        run = self.run
        if run is None or run.busy:
            return
        again = run.retryable
        places = {(each.ref.path, each.ref.number) for each in again}
        whole = {path for path, number in places if not number}
        refs = {each.ref.path: replace(each.ref, number=0) for each in again}
        run.start_again(
            [e for e in run.results if (e.ref.path, e.ref.number) not in places]
        )
        self._start(
            list(refs.values()),
            lambda ref, n: ref.path in whole or (ref.path, n) in places,
            again=True,
        )

    def _start(
        self,
        refs: Sequence[PageRef],
        wanted: PageFilter,
        known: Sequence[KnownPage] = (),
        *,
        again: bool = False,
    ) -> None:
        work = RunPlan(refs, wanted, known, again)
        threading.Thread(
            target=read_project,
            args=(self.project, self.run, work),
            name="run",
            daemon=True,
        ).start()

    def go_on(self) -> None:
        """Go on with a reading that ended with the program.

        Raises
        ------
        OcrError
            Where it cannot be started.
        """
        told = self.project.interrupted or {}
        choice = told.get("choice")
        if choice is not None:
            choice = {
                key: pages for key, pages in choice.items() if key in self.uploads
            }
        self.read_all(Settings.from_flat(told.get("recipe", {})), choice)

    def stop(self) -> None:
        """Cancel the run, keeping what was read."""
        if self.run and self.run.busy:
            self.project.stop_run()

    def close(self) -> None:
        """Stop all work that is for this tab alone, and leave the project."""
        while self._readings:
            READ.leave(self._readings.popitem()[1])
        for pool in (page_pool(), picture_pool(), small_pool()):
            pool.cancel_owner(self.owner)
            pool.cancel_owner(f"{self.owner} page")
        PICTURES.drop([*self._shown, *self._thumbnails.values()])
        PROMISED_FILES.drop(self.folder)
        leave(self.project)
        shutil.rmtree(self.folder, ignore_errors=True)


def read_project(project: Project, run: Run, work: RunPlan) -> None:
    """Read documents of a project; this is a thread's whole life."""
    follow(run, project.corpus_handle, work, page_pool())
    project.end_run(run)
    close_unused(project)


def _reading_key(ref: PageRef, settings: Settings) -> str:
    return f"{ref.path} {ref.number} {settings.digest}"
