"""Background: long work of Explore in threads, with its progress and a way to stop it.

The work is begun where its result is needed. If it is not done soon, `StillRunning`
ends the drawing of the screen at that place, and `showing_progress` shows there how far
the work is, until the result is there and the screen is drawn again.
"""

import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

from ocr_core.errors import CancelledError
from ocr_core.mining.progress import ReportProgress

from ..i18n import gettext
from ..ui.progress import show_progress

POLL_SECONDS = 0.5


class LongJob:
    """Work in a thread.

    Parameters
    ----------
    key
        What is asked for; its first item is the kind of work.
    title
        What is done, for the user.
    work
        The work. It should report its progress often: it can only be stopped there.
    kept
        What is kept if it is stopped, for the user.
    """

    def __init__(
        self,
        key: tuple[Hashable, ...],
        title: str,
        work: Callable[[ReportProgress], Any],
        kept: str,
    ) -> None:
        self.key, self.title, self.kept = key, title, kept
        self.done = self.total = 0
        self.result: Any = None
        self.error: Exception | None = None
        self.ended = threading.Event()
        self.stopped = False
        self._work = work
        self._start = time.monotonic()

    def start(self) -> None:
        """Start the work."""
        threading.Thread(target=self._run, name=str(self.key[0]), daemon=True).start()

    def stop(self) -> None:
        """Let the work end at its next report, without a result."""
        self.stopped = True

    @property
    def share(self) -> float | None:
        """The share of the work that is done, 0 to 1; None if it is not known."""
        return min(1.0, self.done / self.total) if self.total else None

    @property
    def seconds_left(self) -> float | None:
        """Seconds to the end at the pace so far; None if it is not known."""
        if not self.share:
            return None
        return (time.monotonic() - self._start) * (1 - self.share) / self.share

    def _report(self, done: int, total: int) -> None:
        if self.stopped:
            raise CancelledError("The work was stopped.")
        self.done, self.total = done, total

    def _run(self) -> None:
        try:
            self.result = self._work(self._report)
        except Exception as error:
            self.error = error
        self.ended.set()


class StillRunning(Exception):
    """The result of a job is needed, but it is not there yet, or it was stopped."""

    def __init__(self, job: LongJob) -> None:
        super().__init__(job.title)
        self.job = job


class LongJobs:
    """The running jobs of a session, one of each kind."""

    def __init__(self) -> None:
        self._jobs: dict[Hashable, LongJob] = {}

    def result(self, wanted: LongJob, wait_seconds: float) -> Any:
        """Return the result of a job, or of a running one with the same key.

        A job of the same kind with another key is stopped.

        Raises
        ------
        StillRunning
            If the result is not there after the time to wait.
        """
        kind = wanted.key[0]
        job = self._jobs.get(kind)
        if job is None or job.key != wanted.key:
            if job:
                job.stop()
            job = self._jobs[kind] = wanted
            job.start()
            job.ended.wait(wait_seconds)
        if job.stopped or not job.ended.is_set():
            raise StillRunning(job)
        self.forget(job)
        if job.error:
            raise job.error
        return job.result

    def forget(self, job: LongJob) -> None:
        """Stop a job, so that it starts again when its result is needed."""
        job.stop()
        self._jobs.pop(job.key[0], None)

    def clear(self) -> None:
        """Stop all jobs."""
        for job in [*self._jobs.values()]:
            self.forget(job)


@contextmanager
def showing_progress(jobs: LongJobs) -> Iterator[None]:
    """Show the progress of a job whose result is needed inside."""
    try:
        yield
    except StillRunning as running:
        job = running.job
        if job.stopped:
            offer_again(jobs, job)
        else:
            st.fragment(follow, run_every=POLL_SECONDS)(job)


def follow(job: LongJob) -> None:
    """Show how far a job is, and offer to stop it, until it ends."""
    if job.stopped or job.ended.is_set():
        st.rerun()
    show_progress(job.title, job.share, job.seconds_left)
    st.button(
        gettext("Stop"),
        key=f"stop_{job.key[0]}",
        icon=":material/stop_circle:",
        on_click=job.stop,
        help=job.kept,
    )


def offer_again(jobs: LongJobs, job: LongJob) -> None:
    """Say that a job was stopped, and offer to start it again."""
    st.info(f"{gettext('Stopped.')} {job.kept}", icon=":material/stop_circle:")
    st.button(
        gettext("Start again"),
        key=f"again_{job.key[0]}",
        icon=":material/replay:",
        on_click=jobs.forget,
        args=(job,),
    )
