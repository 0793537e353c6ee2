"""Pool: worker processes in which untrusted files are decoded, prepared and read.

A task takes a reference to a page and returns words. A crash, a hang or a decompression
bomb affects one page and one worker, not the program. One pool serves all owners
(sessions, clients) in turns, so a long batch does not delay a short request.
"""

import atexit
import contextlib
import logging
import math
import os
import signal
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

from ocr_core.errors import (
    CancelledError,
    EngineError,
    InputError,
    LimitError,
    LostWorkerError,
    OcrError,
    SlowEngineError,
)
from ocr_core.messages import Message
from ocr_core.processes.worker_process import (
    ENGINE,
    DeadWorkerError,
    SlowCallError,
    WorkerProcess,
)
from ocr_core.tempdirs import temporary_folder

PAGE_SECONDS = 90
QUEUE = 10_000
CLOSE_SECONDS = 10
PAUSES_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0)  # after failed starts of a worker
# Exit codes of workers killed by a user, or by the system when memory ran out.
# multiprocessing reports 255 if the fork server, which knows the exit code, is gone.
KILLED_EXTERNALLY = (None, 255, -signal.SIGKILL, -signal.SIGTERM)
NEWEST_WEIGHT = 0.2  # of the newest page in the moving average of seconds


class BusyError(OcrError):
    """The queue is full; `retry_after` is the number of seconds until a retry."""

    def __init__(
        self, template: str, *values: object, hint: str = "", retry_after: int = 1
    ) -> None:
        super().__init__(template, *values, hint=hint)
        self.retry_after = retry_after


@dataclass(eq=False)
class Task:
    """One call in the pool; `future` has its result.

    `provisional` is a result that may be replaced by a better one, or None.
    """

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    owner: str
    seconds: float
    future: "Future[Any]" = field(default_factory=Future)
    started: float = 0.0
    provisional: Any = None

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the result; raise `OcrError` if there is none."""
        return self.future.result(timeout)

    def done(self) -> bool:
        """Return whether the result or an error is available."""
        return self.future.done()

    def offer(self, answer: Any) -> None:
        """Keep a provisional result, used if the call does not finish."""
        self.provisional = answer


class PageExecutor(Protocol):
    """What reads the pages of a batch: `Pool` on this machine, or a cluster."""

    @property
    def workers(self) -> int:
        """Number of pages read at the same time."""

    def submit(
        self,
        function: Callable[..., Any],
        *arguments: Any,
        owner: str = "",
        seconds: float | None = None,
    ) -> Task:
        """Call a module-level function in another process."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class Pool:
    """Worker processes behind a bounded queue that serves owners in turns."""

    def __init__(
        self,
        workers: int | None = None,
        *,
        queue: int = QUEUE,
        per_owner: int = QUEUE,
        seconds: float = PAGE_SECONDS,
    ) -> None:
        self.workers: int = workers or os.cpu_count() or 1
        self.seconds = seconds
        self._queue, self._per_owner = queue, per_owner
        self._waiting: OrderedDict[str, deque[Task]] = OrderedDict()
        self._running: dict[Task, WorkerProcess | None] = {}
        self._threads: list[threading.Thread] = []
        self._idle = 0  # workers that wait for a call
        self._lock = threading.RLock()
        self._wake = threading.Condition(self._lock)
        self._mean_seconds = 2.0
        self._closed = False
        # Temporary files of workers, which are removed with the pool.
        self._scratch = contextlib.ExitStack()
        self._folder = self._scratch.enter_context(temporary_folder())
        atexit.register(self.close)

    def submit(
        self,
        function: Callable[..., Any],
        *arguments: Any,
        owner: str = "",
        seconds: float | None = None,
    ) -> Task:
        """Queue a call of a module-level function, whose result must be picklable.

        Raises
        ------
        BusyError
            If the queue, or the owner's share of it, is full.
        """
        task = Task(function, arguments, owner, seconds or self.seconds)
        with self._lock:
            if self._closed:
                raise CancelledError("The workers have been stopped.")
            line = self._waiting.get(owner, ())
            if len(line) >= self._per_owner or self.queued >= self._queue:
                wait = math.ceil(self._mean_seconds * self.queued / self.workers)
                raise BusyError(
                    "{0} pages are waiting already.",
                    self.queued,
                    hint=Message("Try again in about {0} seconds.", max(1, wait)),
                    retry_after=min(600, max(1, wait)),
                )
            self._waiting.setdefault(owner, deque()).append(task)
            if self.queued > self._idle and len(self._threads) < self.workers:
                thread = threading.Thread(target=self._work, daemon=True)
                self._threads.append(thread)
                thread.start()
            self._wake.notify()
        return task

    @property
    def queued(self) -> int:
        """Number of calls that wait for a worker."""
        with self._lock:
            return sum(len(line) for line in self._waiting.values())

    @property
    def idle(self) -> bool:
        """Return whether a call would start at once, or as the next one."""
        with self._lock:
            return len(self._running) + self.queued <= self.workers

    def position(self, task: Task) -> int:
        """Return the number of calls before this one; 0 if it runs or is next."""
        with self._lock:
            line = self._waiting.get(task.owner)
            if not line or task not in line:
                return 0
            turn = line.index(task)
            others = (q for owner, q in self._waiting.items() if owner != task.owner)
            return turn + sum(min(len(other), turn + 1) for other in others)

    def wait_seconds(self, task: Task) -> float:
        """Estimate the seconds until this call is done, from recent pages."""
        return self._mean_seconds * (1 + self.position(task) / self.workers)

    def cancel(self, task: Task) -> None:
        """Cancel a task; a worker that runs it is stopped and replaced."""
        with self._lock:
            line = self._waiting.get(task.owner)
            if line and task in line:
                line.remove(task)
                if not line:
                    del self._waiting[task.owner]
        _settle_future(task.future, error=CancelledError("The reading was cancelled."))
        with self._lock:
            if worker := self._running.get(task):
                worker.kill()

    def cancel_owner(self, owner: str) -> None:
        """Cancel all waiting and running tasks of an owner."""
        with self._lock:
            tasks = [*self._waiting.pop(owner, ())]
            tasks += [task for task in self._running if task.owner == owner]
        for task in tasks:
            self.cancel(task)

    def close(self) -> None:
        """Stop at once, and cancel unfinished tasks."""
        atexit.unregister(self.close)
        with self._lock:
            self._closed = True
            owners = {*self._waiting, *(task.owner for task in self._running)}
            self._wake.notify_all()
        for owner in owners:
            self.cancel_owner(owner)
        for thread in self._threads:
            if thread.is_alive():  # not if Control-C came before it was started
                thread.join(CLOSE_SECONDS)
        self._scratch.close()

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _work(self) -> None:
        """Run calls in one worker process; the target of a thread."""
        worker: WorkerProcess | None = None
        try:
            while task := self._next():
                worker = self._run(task, worker)
        finally:
            if worker:
                worker.end()

    def _next(self) -> Task | None:
        """Wait for the first call of the owner whose turn it is; None if closed."""
        with self._lock:
            self._idle += 1
            while not self._waiting and not self._closed:
                self._wake.wait()
            self._idle -= 1
            if self._closed:
                return None
            owner, line = self._waiting.popitem(last=False)
            task = line.popleft()
            if line:
                self._waiting[owner] = line  # to the end of the round
            self._running[task] = None
            return task

    def _run(self, task: Task, worker: WorkerProcess | None) -> WorkerProcess | None:
        """Run a call and set its result; return the worker if it is still usable."""
        answer: Any = None
        error: OcrError | None = None
        try:
            if worker is None or not worker.is_alive:
                worker = self._started(task, worker)
            with self._lock:
                pending = not self._closed and not task.done()
                if pending:
                    self._running[task], task.started = worker, time.monotonic()
            if pending:
                answer = worker.call(
                    task.function, task.arguments, task.seconds, task.offer
                )
        except BaseException as fault:
            error = _error_for(fault, task.seconds)
            # A call whose worker was killed externally can be repeated.
            if task.provisional is not None and not isinstance(error, LostWorkerError):
                answer, error = task.provisional, None
            if isinstance(fault, DeadWorkerError | SlowCallError) and worker:
                worker.end()
                worker = None
        with self._lock:
            del self._running[task]
            if task.started:
                took = time.monotonic() - task.started
                self._mean_seconds += NEWEST_WEIGHT * (took - self._mean_seconds)
        _settle_future(task.future, answer, error)
        return worker

    def _started(self, task: Task, dead: WorkerProcess | None) -> WorkerProcess:
        """Start a worker, again if it is killed before its call."""
        if dead:
            dead.end()
        cause = "it was called off"
        for pause in PAUSES_SECONDS:
            if task.done():
                break
            try:
                return WorkerProcess(self._folder)
            except (OSError, EOFError, DeadWorkerError, SlowCallError) as fault:
                cause = str(fault) or type(fault).__name__
                time.sleep(pause)
        raise LostWorkerError(
            "No worker process can be started: {0}.",
            cause,
            hint="The machine may lack memory, or processes may be limited.",
        )


def _settle_future(
    future: "Future[Any]", answer: Any = None, error: Exception | None = None
) -> None:
    """Set the result or error of a future, unless it is done."""
    try:
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(answer)
    except InvalidStateError:  # it was cancelled in the meantime
        return


def _error_for(fault: BaseException, seconds: float) -> OcrError:
    """Return the error for a call without a result."""
    if isinstance(fault, OcrError):
        return fault
    if isinstance(fault, DeadWorkerError):
        return _error_for_death(fault)
    if isinstance(fault, SlowCallError):
        kind = SlowEngineError if fault.stage == ENGINE else LimitError
        return kind(
            Message(
                "The page needed more than the limit of {0} seconds.", f"{seconds:.0f}"
            ),
            hint=Message(
                "Try it alone, with a smaller scale or without the slow steps."
            ),
        )
    if isinstance(fault, MemoryError):
        return LimitError(
            "The page needed more memory than the limit allows.",
            hint="Save it with fewer pixels.",
        )
    logging.getLogger(__name__).info("A worker met %r.", fault, exc_info=fault)
    return EngineError(
        "An unexpected error stopped the page.",
        hint="Try other settings, or save the file again in another program.",
    )


def _error_for_death(death: DeadWorkerError) -> OcrError:
    """Return the error for a worker that died in a decoder or in the engine."""
    cause = _cause(death.exitcode)
    if death.exitcode in KILLED_EXTERNALLY:
        return LostWorkerError(
            "The worker that read the page was killed ({0}).",
            cause,
            hint="Where memory was short, read fewer pages at once.",
        )
    if death.stage == ENGINE:
        return EngineError("The engine crashed on the page ({0}).", cause)
    return InputError(
        "The worker process that read the page ended unexpectedly ({0}).",
        cause,
        hint="The file may be damaged; open it elsewhere and save it again.",
    )


def _cause(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        named = {each.value: each.name for each in signal.Signals}
        return Message("signal {0}", named.get(-exitcode, -exitcode))
    return Message("exit code {0}", exitcode)
