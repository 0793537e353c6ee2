"""Jobs: what goes on behind the screen, for all sessions of the app.

Foreign bytes are opened, prepared and read by worker processes; the script threads
only ask and wait. Each browser session has its own documents, seen by nobody else,
and they go when the session ends.
"""

import atexit
import contextlib
import hashlib
import secrets
import shutil
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from natsort import os_sorted

from ocr_core.batch import SURVEY_SECONDS, recognize_documents
from ocr_core.documents import MAX_PAGES, Document, survey, unique_names
from ocr_core.errors import CancelledError, LimitError, OcrError
from ocr_core.page import PageRef, PageResult
from ocr_core.pictures import (
    Picture,
    cropped,
    prepared_picture,
    scan_picture,
    step_pictures,
)
from ocr_core.pipeline import recognize_page
from ocr_core.settings import Settings
from ocr_core.workers import Pool, Task, scratch_folder

SESSION_BYTES = 200_000_000
PICTURE_BYTES = 256_000_000
PICTURE_SECONDS = 30
READINGS = 300
PAUSE_SECONDS = 0.1
PER_SESSION = 2_000


@cache
def reading_pool() -> Pool:
    """Return the worker processes that read pages, one pool for all sessions."""
    return Pool(per_owner=PER_SESSION)


@cache
def picture_pool() -> Pool:
    """Return a lane of its own for what must come at once: opening, previews."""
    return Pool(1, seconds=PICTURE_SECONDS)


_at_end = contextlib.ExitStack()
atexit.register(_at_end.close)


@cache
def spool() -> Path:
    """Return the folder of all sessions' documents; it goes when the app does."""
    return _at_end.enter_context(scratch_folder())


class PictureStore:
    """JPEGs by unguessable name, the oldest dropped first."""

    def __init__(self, most: int = PICTURE_BYTES) -> None:
        self._most = most
        self._pictures: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, name: str, jpeg: bytes) -> None:
        """Keep a picture, and drop old ones where there are too many bytes."""
        with self._lock:
            self._pictures[name] = jpeg
            self._pictures.move_to_end(name)
            held = sum(map(len, self._pictures.values()))
            while held > self._most and len(self._pictures) > 1:
                held -= len(self._pictures.popitem(last=False)[1])

    def get(self, name: str) -> bytes | None:
        """Return a picture, or None where it is unknown or was dropped."""
        with self._lock:
            if name in self._pictures:
                self._pictures.move_to_end(name)
            return self._pictures.get(name)

    def drop(self, names: Sequence[str]) -> None:
        """Forget pictures."""
        with self._lock:
            for name in names:
                self._pictures.pop(name, None)


PICTURES = PictureStore()


@dataclass(frozen=True)
class Shown:
    """A picture that the browser can fetch."""

    url: str
    picture: Picture


@dataclass
class Upload:
    """A document of a session: where its bytes lie, and how many pages it has."""

    key: str
    label: str
    path: Path
    size: int
    pages: int = 0
    sha256: str = ""
    error: str = ""


@dataclass
class Run:
    """One reading of many documents, in a thread of its own."""

    settings: Settings
    owner: str
    total: int
    pages: Callable[[int], bool] = lambda number: True
    started: float = field(default_factory=time.monotonic)
    ended: float = 0.0
    results: list[PageResult] = field(default_factory=list)
    cancelled: bool = False
    paused: bool = False
    fault: str = ""

    @property
    def busy(self) -> bool:
        """Tell whether pages are still being read."""
        return not self.ended

    @property
    def failures(self) -> list[PageResult]:
        """The pages and documents that could not be read."""
        return [result for result in self.results if result.status == "failed"]

    @property
    def seconds(self) -> float:
        """How long the run took, or has taken so far."""
        return (self.ended or time.monotonic()) - self.started

    @property
    def seconds_left(self) -> float | None:
        """An estimate from the pages read so far; None while there is none."""
        done = len(self.results)
        return self.seconds / done * (self.total - done) if done else None


class Session:
    """What one browser tab has: documents, readings and a run, seen by nobody else."""

    def __init__(self) -> None:
        self.owner = secrets.token_urlsafe(16)
        self.folder = Path(tempfile.mkdtemp(dir=spool()))
        self.uploads: dict[str, Upload] = {}
        self.run: Run | None = None
        self._readings: OrderedDict[str, Task] = OrderedDict()
        self._shown: OrderedDict[str, Shown] = OrderedDict()

    # Documents

    def add(self, key: str, label: str, content: bytes) -> Upload:
        """Spool a document to disk and open it in a worker; a refusal is kept too."""
        if key in self.uploads:
            return self.uploads[key]
        path = self.folder / hashlib.sha256(key.encode()).hexdigest()[:32]
        held = sum(each.size for each in self.uploads.values())
        upload = Upload(key, label, path, len(content))
        self.uploads[key] = upload
        try:
            if held + upload.size > SESSION_BYTES:
                upload.size = 0  # none of it is kept
                raise LimitError(
                    f"{label} would bring this session to more than "
                    f"{SESSION_BYTES // 10**6} MB.",
                    hint="Remove documents, or read many files with ocr-core read.",
                )
            path.write_bytes(content)
            ref = PageRef(str(path), 0, source_file=label)
            task = picture_pool().submit(
                survey, ref, owner=self.owner, seconds=SURVEY_SECONDS
            )
            document: Document = task.result()
            upload.pages, upload.sha256 = document.pages, document.sha256
        except OcrError as error:
            upload.error = str(error)
        return upload

    def remove(self, key: str) -> None:
        """Forget a document and its bytes."""
        upload = self.uploads.pop(key, None)
        if upload:
            upload.path.unlink(missing_ok=True)

    def remove_all(self, keys: Iterable[str]) -> None:
        """Forget several documents."""
        for key in list(keys):
            self.remove(key)

    def move(self, keys: Sequence[str], by: int) -> None:
        """Move documents up (-1) or down (1) by one place."""
        order = list(self.uploads)
        for key in keys if by < 0 else reversed(keys):
            place = order.index(key)
            other = place + by
            if 0 <= other < len(order) and order[other] not in keys:
                order[place], order[other] = order[other], order[place]
        self.uploads = {key: self.uploads[key] for key in order}

    def sort(self) -> None:
        """Put the documents in natural order of their names: 2 before 10."""
        order = os_sorted(self.uploads, key=lambda key: self.uploads[key].label)
        self.uploads = {key: self.uploads[key] for key in order}

    def refs(self) -> dict[str, PageRef]:
        """Return a reference to each document that could be opened, by its key."""
        keys = list(self.uploads)
        labels = [Path(self.uploads[key].label) for key in keys]
        names = dict(zip(keys, unique_names(labels), strict=True))
        return {
            key: PageRef(
                str(self.uploads[key].path),
                0,
                doc_id=names[key],
                source_file=self.uploads[key].label,
            )
            for key in keys
        }

    # Pictures

    def scan(self, ref: PageRef, dpi: int) -> Shown:
        """Return the page as scanned."""
        return self._show(("scan", ref, dpi), scan_picture, ref, dpi)

    def prepared(self, ref: PageRef, settings: Settings) -> Shown:
        """Return the page as the engine will see it."""
        knobs = (settings.preprocess, settings.recognition.dpi)
        return self._show(("prepared", ref, knobs), prepared_picture, ref, settings)

    def _show(self, what: object, function: object, *arguments: object) -> Shown:
        name = hashlib.sha256(f"{self.owner} {what!r}".encode()).hexdigest()[:40]
        shown = self._shown.get(name)
        if shown is None or PICTURES.get(name) is None:
            task = picture_pool().submit(function, *arguments, owner=self.owner)  # type: ignore[arg-type]
            picture: Picture = task.result()
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

    # Readings

    def reading(self, ref: PageRef, settings: Settings) -> Task | None:
        """Return the reading of a page, if it was asked for."""
        return self._readings.get(_reading_key(ref, settings))

    def read(self, ref: PageRef, settings: Settings, *, beside: bool = False) -> Task:
        """Have a page read; what is not done yet is called off, unless read beside."""
        key = _reading_key(ref, settings)
        for other, task in list(self._readings.items()):
            if not beside and not task.done() and other != key:
                reading_pool().cancel(task)
                del self._readings[other]
        task = reading_pool().submit(
            recognize_page, ref, settings, owner=f"{self.owner} page"
        )
        self._readings[key] = task
        while len(self._readings) > READINGS:
            self._readings.popitem(last=False)
        return task

    def forget(self, ref: PageRef, settings: Settings) -> None:
        """Drop a reading, so that the page can be read again."""
        self._readings.pop(_reading_key(ref, settings), None)

    # Many documents

    def read_all(
        self,
        settings: Settings,
        keys: Iterable[str] | None = None,
        pages: Callable[[int], bool] = lambda number: True,
    ) -> Run:
        """Start to read documents, all or some; follow it through the run returned."""
        self.stop()
        chosen = set(self.uploads if keys is None else keys)
        refs = [ref for key, ref in self.refs().items() if key in chosen]
        counts = (self.uploads[key].pages for key in self.uploads if key in chosen)
        total = sum(max(1, sum(map(pages, range(1, each + 1)))) for each in counts)
        owner = f"{self.owner} run {secrets.token_hex(4)}"
        self.run = Run(settings, owner, total, pages=pages)
        self._start(self.run, refs)
        return self.run

    def retry(self) -> None:
        """Read those documents again of which something could not be read."""
        run = self.run
        if run is None or run.busy:
            return
        again = {result.ref.doc_id for result in run.failures}
        refs = [ref for ref in self.refs().values() if ref.doc_id in again]
        run.results = [each for each in run.results if each.ref.doc_id not in again]
        run.started, run.ended, run.cancelled = time.monotonic(), 0.0, False
        self._start(run, refs)

    def _start(self, run: Run, refs: Sequence[PageRef]) -> None:
        order = {ref.doc_id: place for place, ref in enumerate(self.refs().values())}
        thread = threading.Thread(
            target=_follow, args=(run, refs, order), name="run", daemon=True
        )
        thread.start()

    def stop(self) -> None:
        """Cancel the run, keeping what was read."""
        if self.run and self.run.busy:
            self.run.cancelled = True
            reading_pool().cancel_owner(self.run.owner)

    def close(self) -> None:
        """Stop all work of the session and delete what it brought."""
        self.stop()
        for pool in (reading_pool(), picture_pool()):
            pool.cancel_owner(self.owner)
            pool.cancel_owner(f"{self.owner} page")
        PICTURES.drop(list(self._shown))
        shutil.rmtree(self.folder, ignore_errors=True)


def _reading_key(ref: PageRef, settings: Settings) -> str:
    return f"{ref.path} {ref.number} {settings.digest}"


def _follow(run: Run, refs: Sequence[PageRef], order: dict[str, int]) -> None:
    """Collect the results of a run; this is the thread's whole life."""
    results = recognize_documents(
        refs,
        run.settings,
        reading_pool(),
        pages=run.pages,
        max_pages=MAX_PAGES,
        owner=run.owner,
    )
    try:
        for result in results:
            # What is under way is finished, but nothing more is taken up.
            while run.paused and not run.cancelled:
                time.sleep(PAUSE_SECONDS)
            if run.cancelled:
                break
            run.results.append(result)
        # A retried document comes last, but its place is where it was.
        run.results.sort(key=lambda each: (order[each.ref.doc_id], each.ref.number))
    except CancelledError:
        run.cancelled = True
    except OcrError as error:
        run.fault = str(error)
    finally:
        run.ended = time.monotonic()
