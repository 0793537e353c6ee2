"""Jobs: long documents are read in the background.

A job and its result are kept for an hour under a random name. If a limit is
exceeded, the oldest finished jobs are removed first.
"""

import contextlib
import logging
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ocr_core.errors import CancelledError, LimitError, OcrError
from ocr_core.page import PageResult
from ocr_core.processes.pool import BusyError, Pool
from ocr_core.server.uploads import (
    Deadline,
    DocumentReader,
    ShareError,
    UploadedFile,
    UploadStore,
)
from ocr_core.settings import Settings

KEEP_SECONDS = 3600
JOB_SECONDS = 3600
MAX_JOBS = 100
SHARE = 20
UPLOAD_BYTES = 1_000_000_000
RESULT_BYTES = 256_000_000
WORD_BYTES = 400  # approximate memory of one word
SWEEP_SECONDS = 60


@dataclass(eq=False)
class Job:
    """One document that is being read, and its results."""

    upload: UploadedFile
    settings: Settings
    client: str
    wish: str = "json"
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    state: str = "queued"
    pages: int = 0
    results: list[PageResult] = field(default_factory=list)
    error: OcrError | None = None
    created: float = field(default_factory=time.monotonic)
    ended: float = 0.0
    weight: int = 0
    dropped: bool = False
    finished: threading.Event = field(default_factory=threading.Event)

    @property
    def failures(self) -> int:
        """Number of pages that could not be read."""
        return sum(result.status == "failed" for result in self.results)

    @property
    def seconds(self) -> float:
        """How long the job took, or has taken so far."""
        return round((self.ended or time.monotonic()) - self.created, 3)

    @property
    def expires_in(self) -> int:
        """Seconds until the job is removed."""
        left = KEEP_SECONDS
        if self.ended:
            left -= int(time.monotonic() - self.ended)
        return max(0, left)


class Jobs:
    """All jobs of a server, and the threads that run them."""

    def __init__(
        self,
        pool: Callable[[], Pool],
        uploads: UploadStore,
        count: Callable[[str, OcrError | None], None] = lambda status, error: None,
    ) -> None:
        self._pool, self._uploads, self._count = pool, uploads, count
        self._jobs: dict[str, Job] = {}
        self._lock = threading.RLock()
        self._closed = threading.Event()
        self._tidier: threading.Thread | None = None

    def __len__(self) -> int:
        return len(self._jobs)

    @property
    def unfinished(self) -> int:
        """Number of jobs that wait or run."""
        return sum(not job.ended for job in list(self._jobs.values()))

    def start(self, job: Job) -> Job:
        """Start a job; from now on the job owns its upload.

        Raises
        ------
        ShareError
            If the client has too many unfinished jobs.
        BusyError
            If there is no capacity for another job.
        """
        with self._lock:
            self.sweep()
            mine = [each for each in self._jobs.values() if each.client == job.client]
            if sum(not each.ended for each in mine) >= SHARE:
                raise ShareError(
                    f"You have {SHARE} unfinished jobs already.",
                    hint="Wait until one is finished, or delete one.",
                    retry_after=10,
                )
            self._make_room(job.upload.size)
            self._jobs[job.id] = job
            self._tidy_from_now_on()
        # The pool shares its workers among clients, so jobs need no queue here.
        threading.Thread(target=self._run, args=(job,), name="job", daemon=True).start()
        return job

    def find(self, name: str) -> Job | None:
        """Return a job, or None if it is unknown or was removed."""
        with self._lock:
            self.sweep()
            return self._jobs.get(name)

    def drop(self, job: Job) -> None:
        """Cancel a job and remove its results."""
        with self._lock:
            job.dropped = True
            self._jobs.pop(job.id, None)
            if job.ended:  # otherwise its thread removes the upload
                self._uploads.drop(job.upload)

    def sweep(self) -> None:
        """Remove the jobs that have expired."""
        now = time.monotonic()
        with self._lock:
            for job in list(self._jobs.values()):
                if job.ended and now - job.ended > KEEP_SECONDS:
                    self.drop(job)

    def close(self) -> None:
        """Cancel and remove all jobs."""
        self._closed.set()
        with self._lock:
            for job in list(self._jobs.values()):
                self.drop(job)

    def _make_room(self, size: int) -> None:
        """Remove the oldest finished jobs until one more fits."""
        held = sum(job.upload.size for job in self._jobs.values())
        done = sorted(
            (job for job in self._jobs.values() if job.ended), key=lambda job: job.ended
        )
        while len(self._jobs) >= MAX_JOBS or held + size > UPLOAD_BYTES:
            if not done:
                raise BusyError(
                    f"{len(self._jobs)} jobs are under way already.",
                    hint="Try again in about 30 seconds.",
                    retry_after=30,
                )
            oldest = done.pop(0)
            held -= oldest.upload.size
            self.drop(oldest)

    def _tidy_from_now_on(self) -> None:
        """Start the clean-up thread with the first job, as a server may get none."""
        if self._tidier is None:
            self._tidier = threading.Thread(target=self._tidy, name="tidy", daemon=True)
            self._tidier.start()

    def _tidy(self) -> None:
        while not self._closed.wait(SWEEP_SECONDS):
            self.sweep()

    def _run(self, job: Job) -> None:
        error: OcrError | None = None
        try:
            self._read(job)
        except OcrError as fault:
            error = fault
        except Exception as fault:  # otherwise the job would stay unfinished
            logging.getLogger(__name__).exception("A job met an unexpected error.")
            error = OcrError(f"An unexpected error stopped it: {type(fault).__name__}.")
        finally:
            with self._lock:
                job.error = error
                job.state = "failed" if error else "done"
                job.ended = time.monotonic()
                if job.dropped:
                    self._uploads.drop(job.upload)
                if error and not job.dropped:
                    self._count("", error)
            job.finished.set()

    def _read(self, job: Job) -> None:
        deadline = Deadline(
            until=time.monotonic() + JOB_SECONDS,
            gone=lambda: job.dropped or self._closed.is_set(),
            waits_for_room=True,
        )
        reader = DocumentReader(self._pool(), f"api {job.client} jobs", deadline)
        pages = reader.pages(job.upload, job.settings)
        job.pages = len(pages)
        job.state = "running"
        with contextlib.closing(
            reader.read(job.upload, pages, job.settings)
        ) as results:
            for result in results:
                self._keep(job, result)
                self._count(result.status, None)

    def _keep(self, job: Job, result: PageResult) -> None:
        """Add a page to a job's results, unless the memory limit is exceeded."""
        with self._lock:
            if job.dropped:
                raise CancelledError("The job was cancelled.")
            job.results.append(result)
            job.weight += WORD_BYTES * (10 + len(result.rows))
            kept = sorted(self._jobs.values(), key=lambda each: each.ended)
            held = sum(each.weight for each in kept)
            for oldest in (each for each in kept if each.ended):
                if held <= RESULT_BYTES:
                    break
                held -= oldest.weight
                self.drop(oldest)
            if held > RESULT_BYTES:
                raise LimitError(
                    "The results of all jobs under way are too large to be kept.",
                    hint="Split the document, or try again later.",
                )
