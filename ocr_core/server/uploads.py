"""Uploads: uploaded documents, read in worker processes within time limits.

Untrusted bytes are written to a private folder under a generated name and opened by
workers only. A file's own name is only a label.
"""

import errno
import io
import math
import re
import secrets
import shutil
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import wait
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from ocr_core import engines
from ocr_core.documents import MOST_PAGES, open_document
from ocr_core.documents.discovery import unique_names
from ocr_core.errors import CancelledError, LimitError, OcrError
from ocr_core.execution.batch import (
    SURVEY_SECONDS,
    failed_page,
    read_test_page,
)
from ocr_core.execution.engine_check import (
    Check,
    Outcome,
    broken_engine,
    is_doubtful,
    judged,
)
from ocr_core.exports import Format, tables
from ocr_core.page import PageRef, PageResult, printable, replace_surrogates
from ocr_core.pipeline import recognize_page
from ocr_core.processes.pool import BusyError, Pool, Task
from ocr_core.settings import Settings
from ocr_core.tempdirs import temporary_folder

MAX_PAGES = 200  # of an upload
READ_SECONDS = 120
SLOTS = 32
SHARE = 16
LABEL_LENGTH = 200
TICK_SECONDS = 0.2  # between checks for a lost client or the time limit
PAUSE_SECONDS = 1.0  # before a job tries a full pool again
FULL_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
RETRY_SECONDS = 30
PATH = re.compile(r"(?<![\w.])(/[\w.+-]+){2,}/?")


class ShareError(BusyError):
    """One client has more unfinished requests than its share."""


@dataclass(frozen=True)
class UploadedFile:
    """An uploaded document: the path of its bytes, and its original name."""

    path: Path
    label: str
    size: int

    @property
    def ref(self) -> PageRef:
        """The document with its path for workers and its name for results."""
        [doc_id] = unique_names([Path(self.label)])
        return PageRef(str(self.path), 0, doc_id=doc_id, source_file=self.label)


class UploadStore:
    """A private folder for uploads; it is deleted when the server stops."""

    def __init__(self) -> None:
        self._scratch = ExitStack()
        self.folder = self._scratch.enter_context(temporary_folder())

    def save(self, stream: BinaryIO, name: str) -> UploadedFile:
        """Write an upload to its own file.

        Raises
        ------
        BusyError
            If the disk is full.
        """
        # In its own folders, so that no other upload is taken for its page image.
        path = self.folder / secrets.token_hex(16) / "upload" / "document"
        try:
            path.parent.mkdir(parents=True)
            with path.open("xb") as file:
                while chunk := stream.read(2**16):
                    file.write(chunk)
        except OSError as error:
            shutil.rmtree(path.parents[1], ignore_errors=True)
            if error.errno not in FULL_DISK:
                raise
            raise BusyError(
                "The server has no space for the document now.",
                hint="Try again later.",
                retry_after=RETRY_SECONDS,
            ) from None
        return UploadedFile(path, label_of(name), path.stat().st_size)

    def drop(self, upload: UploadedFile) -> None:
        """Delete an upload."""
        shutil.rmtree(upload.path.parents[1], ignore_errors=True)

    def close(self) -> None:
        """Delete the folder with its content."""
        self._scratch.close()


def label_of(name: str) -> str:
    """Return a file's name for display: no path, only printable characters, short."""
    last = replace_surrogates(name).replace("\\", "/").rsplit("/", 1)[-1]
    return printable(last).strip()[:LABEL_LENGTH] or "upload"


class ConcurrencyLimit:
    """Limits the recognitions that run at once, in total and for each client."""

    def __init__(self, slots: int = SLOTS, share: int = SHARE) -> None:
        self._slots, self._share = slots, share
        self._inside: Counter[str] = Counter()
        self._mean_seconds = 2.0
        self._lock = threading.Lock()

    @property
    def inside(self) -> int:
        """Number of recognitions that clients wait for."""
        return self._inside.total()

    @contextmanager
    def slot(self, client: str) -> Iterator[None]:
        """Hold a slot while a recognition runs.

        Raises
        ------
        ShareError
            If the client already holds its share of slots.
        BusyError
            If all slots are used.
        """
        with self._lock:
            later = min(600, max(1, math.ceil(self._mean_seconds)))
            hint = f"Try again in about {later} seconds."
            if self._inside[client] >= self._share:
                message = f"You have {self._share} readings under way already."
                raise ShareError(message, hint=hint, retry_after=later)
            if self.inside >= self._slots:
                message = f"{self.inside} readings are under way already."
                raise BusyError(message, hint=hint, retry_after=later)
            self._inside[client] += 1
        start = time.monotonic()
        try:
            yield
        finally:
            took = time.monotonic() - start
            with self._lock:
                self._mean_seconds += 0.2 * (took - self._mean_seconds)
                self._inside[client] -= 1
                if not self._inside[client]:
                    del self._inside[client]


@dataclass(frozen=True)
class Deadline:
    """When a recognition must end, and whether its client still waits for it."""

    until: float
    gone: Callable[[], bool] = lambda: False
    waits_for_room: bool = False

    def check(self) -> None:
        """Raise an error if the client is gone or the time is over."""
        if self.gone():
            raise CancelledError("The reading was cancelled.")
        if time.monotonic() > self.until:
            raise LimitError(
                "The document takes longer to read than the limit allows.",
                hint="Send long documents to /api/v1/jobs, or split them.",
            )


@dataclass(frozen=True)
class DocumentReader:
    """Reads documents in the pool for one owner."""

    pool: Pool
    owner: str
    deadline: Deadline

    def pages(self, upload: UploadedFile, settings: Settings) -> list[PageRef]:
        """Open a document and list its pages, or those of all documents in a zip.

        Raises
        ------
        OcrError
            If the settings or the file are invalid, or it has too many pages.
        """
        task = self._submit(examine, upload.ref, settings, seconds=SURVEY_SECONDS)
        try:
            pages: list[PageRef] = self._answer(task)
        except OcrError as error:
            raise without_path(error, upload) from None
        finally:
            self._release([task])
        if len(pages) > MAX_PAGES:
            raise LimitError(
                f"{upload.label} has {len(pages)} pages, more than the limit of "
                f"{MAX_PAGES}.",
                hint="Split it.",
            )
        return pages

    def read(
        self, upload: UploadedFile, pages: Sequence[PageRef], settings: Settings
    ) -> Generator[PageResult, None, None]:
        """Yield the results in page order; an unreadable page has status failed.

        Raises
        ------
        OcrError
            If no page could be read: the error of the first page.
        """
        check = partial(read_test_page, settings, self.pool, self.owner)
        outcomes = self._outcomes(upload, pages, settings, check)
        with closing(outcomes):
            yield from judged(outcomes, check)

    def _outcomes(
        self,
        upload: UploadedFile,
        pages: Sequence[PageRef],
        settings: Settings,
        check: Check,
    ) -> Generator[Outcome, None, None]:
        """Yield the outcome of each page; a few pages are read at the same time."""
        window: deque[tuple[PageRef, Task]] = deque()
        coming = iter(pages)
        failures: list[OcrError] = []
        try:
            while True:
                most = 2 * self.pool.workers
                while len(window) < most and (ref := next(coming, None)):
                    window.append((ref, self._submit(recognize_page, ref, settings)))
                if not window:
                    return
                ref, task = window[0]
                try:
                    yield self._answer(task), None
                except (CancelledError, BusyError):
                    raise
                except OcrError as error:
                    self.deadline.check()
                    failures.append(without_path(error, upload))
                    if len(failures) == len(pages):
                        raise _refusal(failures[0], check) from None
                    yield failed_page(ref, settings, failures[-1]), failures[-1]
                window.popleft()
        finally:
            self._release([task for _, task in window])

    def export(self, results: Sequence[PageResult], form: Format) -> bytes:
        """Return results in a format.

        Tables need only the words and are made here. Other exporters run in a worker;
        one that opens the document again runs there a few pages at a time.
        """
        if form.opens:
            file = io.BytesIO()
            form.write(results, file, call=self.call)
            return file.getvalue()
        if form.writer.startswith(f"{tables.__name__}:"):
            return exported(results, form)
        task = self._submit(exported, results, form)
        try:
            content: bytes = self._answer(task)
            return content
        finally:
            self._release([task])

    def call(self, function: Callable[..., object], *arguments: object) -> Any:
        """Call a function in a worker, and return its result."""
        task = self._submit(function, *arguments)
        try:
            return self._answer(task)
        finally:
            self._release([task])

    def _submit(
        self,
        function: Callable[..., object],
        *arguments: object,
        seconds: float | None = None,
    ) -> Task:
        while True:
            self.deadline.check()
            try:
                return self.pool.submit(
                    function, *arguments, owner=self.owner, seconds=seconds
                )
            except BusyError:
                if not self.deadline.waits_for_room:
                    raise
                time.sleep(PAUSE_SECONDS)

    def _answer(self, task: Task) -> Any:
        while not task.done():
            wait([task.future], timeout=TICK_SECONDS)
            if not task.done():
                self.deadline.check()
        return task.result()

    def _release(self, tasks: Sequence[Task]) -> None:
        for task in tasks:
            if not task.done():
                self.pool.cancel(task)


def _refusal(first: OcrError, check: Check) -> OcrError:
    """Return why no page was read: the first page's error, or a broken engine."""
    fault = check() if is_doubtful(first) else None
    return broken_engine(fault, first) if fault else first


def examine(ref: PageRef, settings: Settings) -> list[PageRef]:
    """Check that the languages are installed, then list the pages (in a worker)."""
    knobs = settings.recognition
    engines.engine_named(knobs.engine).language_data(knobs.language)
    return list(open_document(ref, max_pages=MOST_PAGES))


def exported(results: Sequence[PageResult], form: Format) -> bytes:
    """Return results as the bytes of a file in this format."""
    file = io.BytesIO()
    form.write(results, file)
    return file.getvalue()


def without_path(error: OcrError, upload: UploadedFile) -> OcrError:
    """Return an error with the document's own name instead of its path."""
    message = error.message.replace(str(upload.path), upload.label)
    return type(error)(PATH.sub("...", message), hint=error.hint)
