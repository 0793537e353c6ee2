"""Workers: where foreign bytes are decoded, prepared and read.

A reference goes in, words come out. A crash, a hang or a memory bomb costs one page
and one worker, never the program. One pool serves everybody: owners (sessions,
clients) take turns, so that a long batch does not keep a short request waiting.
"""

import atexit
import contextlib
import ctypes
import logging
import math
import multiprocessing
import multiprocessing.spawn
import os
import signal
import sys
import tempfile
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future, InvalidStateError
from concurrent.futures import CancelledError as FutureCancelled
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any, Protocol, Self

from pebble import ProcessExpired, ProcessPool
from pebble.pool.process import WORKERS_NAME

from ocr_core.errors import (
    CancelledError,
    EngineError,
    LimitError,
    LostWorkerError,
    OcrError,
)
from ocr_core.scratch import scratch_folder

PAGE_SECONDS = 90
MEMORY_BYTES = 4 * 2**30
FILE_BYTES = 2**30
QUEUE = 10_000
WATCH_SECONDS = 2
STUCK_SECONDS = 5
PR_SET_PDEATHSIG = 1
# Killed by a user, or by the system where memory ran out. With 255 multiprocessing
# says that the process which makes workers is gone, and with it how this one ended.
FROM_OUTSIDE = (-9, -15, 255)
FAIR_SHARE = 0.2  # weight of the newest page in the moving average of seconds


class BusyError(OcrError):
    """The queue is full; `retry_after` says in how many seconds to come again."""

    def __init__(self, message: str, *, hint: str = "", retry_after: int = 1) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


@dataclass(eq=False)
class Task:
    """One call on its way through the pool; `future` tells how it went."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    owner: str
    seconds: float
    future: "Future[Any]" = field(default_factory=Future)
    remote: "Future[Any] | None" = None
    started: float = 0.0

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the answer; an `OcrError` tells why there is none."""
        return self.future.result(timeout)

    def done(self) -> bool:
        """Tell whether the answer, or the error, is there."""
        return self.future.done()


class Readers(Protocol):
    """Whoever reads pages for a batch: `Pool` on this machine, or a cluster."""

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
        """Have a module-level function called elsewhere."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class Pool:
    """Worker processes behind a bounded queue with fair turns between owners."""

    def __init__(
        self,
        workers: int | None = None,
        *,
        queue: int = QUEUE,
        per_owner: int = QUEUE,
        seconds: float = PAGE_SECONDS,
        ahead: int = 1,
    ) -> None:
        self.workers: int = workers or os.cpu_count() or 1
        self.seconds = seconds
        self._queue, self._per_owner, self._ahead = queue, per_owner, ahead
        self._waiting: OrderedDict[str, deque[Task]] = OrderedDict()
        self._running: set[Task] = set()
        self._lock = threading.RLock()
        self._mean_seconds = 2.0
        self._closed = False
        # Everything a worker leaves behind lies in here, and goes with the pool.
        self._scratch = contextlib.ExitStack()
        self._folder = self._scratch.enter_context(scratch_folder())
        self._pool = self._new_pool()
        self._closing = threading.Event()
        self._watch = threading.Thread(target=self._keep_watch, daemon=True)
        self._watch.start()

    def submit(
        self,
        function: Callable[..., Any],
        *arguments: Any,
        owner: str = "",
        seconds: float | None = None,
    ) -> Task:
        """Queue a call of a module-level function; its answer must pickle.

        Raises
        ------
        BusyError
            Where the queue, or the owner's share of it, is full.
        """
        task = Task(function, arguments, owner, seconds or self.seconds)
        with self._lock:
            if self._closed:
                raise CancelledError("The workers have been stopped.")
            line = self._waiting.get(owner, ())
            if len(line) >= self._per_owner or self.queued >= self._queue:
                wait = math.ceil(self._mean_seconds * self.queued / self.workers)
                raise BusyError(
                    f"{self.queued} pages are waiting already.",
                    hint=f"Try again in about {max(1, wait)} seconds.",
                    retry_after=min(600, max(1, wait)),
                )
            self._waiting.setdefault(owner, deque()).append(task)
        self._dispatch()
        return task

    @property
    def queued(self) -> int:
        """Number of calls that wait for a worker."""
        with self._lock:
            return sum(len(line) for line in self._waiting.values())

    @property
    def idle(self) -> bool:
        """Tell whether a call would be taken up at once, or as the next."""
        with self._lock:
            return len(self._running) + self.queued <= self.workers

    def position(self, task: Task) -> int:
        """Count the calls that start before this one; 0 when it runs or is next."""
        with self._lock:
            line = self._waiting.get(task.owner)
            if not line or task not in line:
                return 0
            turn = line.index(task)
            others = (q for owner, q in self._waiting.items() if owner != task.owner)
            return turn + sum(min(len(other), turn + 1) for other in others)

    def wait_seconds(self, task: Task) -> float:
        """Estimate how long until this call is done, from the last pages' mean."""
        return self._mean_seconds * (1 + self.position(task) / self.workers)

    def cancel(self, task: Task) -> None:
        """Call a task off; a worker that is at it is stopped and replaced."""
        with self._lock:
            line = self._waiting.get(task.owner)
            if line and task in line:
                line.remove(task)
            remote = task.remote
        if remote:
            remote.cancel()
        _settle_future(task.future, error=CancelledError("The reading was cancelled."))

    def cancel_owner(self, owner: str) -> None:
        """Call off all that an owner has waiting or running."""
        with self._lock:
            tasks = [*self._waiting.pop(owner, ())]
            tasks += [task for task in self._running if task.owner == owner]
        for task in tasks:
            self.cancel(task)

    def close(self) -> None:
        """Stop at once; what was not done is called off."""
        with self._lock:
            self._closed = True
            owners = {*self._waiting, *(task.owner for task in self._running)}
        for owner in owners:
            self.cancel_owner(owner)
        self._closing.set()
        self._watch.join()
        self._pool.stop()
        self._pool.join()
        self._scratch.close()

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _dispatch(self) -> None:
        """Give the workers what is next; a call more than workers keeps them busy."""
        while True:
            with self._lock:
                room = self.workers + self._ahead - len(self._running)
                task = self._next() if room > 0 and not self._closed else None
                if task is None:
                    return
                try:
                    remote = self._pool.schedule(
                        task.function, args=task.arguments, timeout=task.seconds
                    )
                except RuntimeError:  # its workers are gone: soon there are others
                    self._put_back([task])
                    return
                self._running.add(task)
                task.started, task.remote = time.monotonic(), remote
            remote.add_done_callback(partial(self._finish, task))

    def _next(self) -> Task | None:
        """Take the first call of the owner whose turn it is."""
        while self._waiting:
            owner, line = self._waiting.popitem(last=False)
            task = line.popleft() if line else None
            if line:
                self._waiting[owner] = line  # to the end of the round
            if task is not None:
                return task
        return None

    def _finish(self, task: Task, remote: "Future[Any]") -> None:
        with self._lock:
            if task.remote is not remote:
                return  # other workers have been given it
            self._running.discard(task)
            took = time.monotonic() - task.started
            self._mean_seconds += FAIR_SHARE * (took - self._mean_seconds)
        try:
            answer, error = remote.result(), None
        except BaseException as fault:
            answer, error = None, _explained(fault, task.seconds)
        self._dispatch()
        _settle_future(task.future, answer, error)

    def _new_pool(self) -> ProcessPool:
        return ProcessPool(
            max_workers=self.workers,
            initializer=_settle,
            initargs=(str(self._folder),),
            context=_context(),
        )

    def _keep_watch(self) -> None:
        """Replace all workers where a killed one has left the others waiting."""
        while not self._closing.wait(WATCH_SECONDS):
            pool = self._pool
            if (self._running or self._waiting) and not _is_well(pool):
                self._replace(pool)

    def _replace(self, pool: ProcessPool) -> None:
        with self._lock:
            self._pool = self._new_pool()
            lost = [task for task in self._running if not task.future.done()]
            for task in lost:
                task.remote = None
            self._running.clear()
            self._put_back(sorted(lost, key=lambda task: task.started))
        pool.stop()
        pool.join()
        self._dispatch()

    def _put_back(self, tasks: list[Task]) -> None:
        for task in reversed(tasks):
            self._waiting.setdefault(task.owner, deque()).appendleft(task)


def _is_well(pool: ProcessPool) -> bool:
    """Tell whether workers can be reached.

    All take their calls through one pipe, under one lock. A worker that is killed
    while it holds that lock, which is seldom, keeps it for ever.
    """
    if not pool.active:
        return False
    channel = pool._pool_manager.worker_manager.workers_channel
    if channel is None:
        return True
    with channel.lock(timeout=STUCK_SECONDS) as free:
        return bool(free)


def _settle_future(
    future: "Future[Any]", answer: Any = None, error: Exception | None = None
) -> None:
    """Give a future its end, unless it has one already."""
    try:
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(answer)
    except InvalidStateError:  # it was called off in the meantime
        return


def _explained(fault: BaseException, seconds: float) -> Exception:
    """Say in a sentence why a worker gave no answer."""
    if isinstance(fault, OcrError):
        return fault
    if isinstance(fault, FutureTimeout | TimeoutError):
        return LimitError(
            f"The page needed more than the limit of {seconds:.0f} seconds.",
            hint="Try it alone, with a smaller scale or without the slow steps.",
        )
    if isinstance(fault, FutureCancelled):
        return CancelledError("The reading was cancelled.")
    if isinstance(fault, BrokenExecutor):
        return LostWorkerError("All workers were killed.")
    if isinstance(fault, MemoryError):
        return LimitError(
            "The page needed more memory than the limit allows.",
            hint="Save it with fewer pixels.",
        )
    if isinstance(fault, ProcessExpired):
        if fault.exitcode in FROM_OUTSIDE:
            return LostWorkerError(
                f"The worker that read the page was killed ({_cause(fault.exitcode)}).",
                hint="Where memory was short, read fewer pages at once.",
            )
        return EngineError(
            f"The worker that read the page died ({_cause(fault.exitcode)}).",
            hint="The file may be damaged; open it elsewhere and save it again.",
        )
    logging.getLogger(__name__).info("A worker met %r.", fault, exc_info=fault)
    return EngineError(
        "An unexpected fault stopped the page.",
        hint="Try it with other settings, or save the file anew in another program.",
    )


def _cause(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        named = {each.value: each.name for each in signal.Signals}
        return f"signal {named.get(-exitcode, -exitcode)}"
    return f"exit code {exitcode}"


def _context() -> Any:
    """Choose how workers are born: from a clean single-threaded process where we can.

    A fork of a program with threads may inherit a held lock; the fork server has one
    thread, has the heavy imports done, and gives a new worker in some milliseconds.
    """
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")
    _leave_the_script_alone()
    if sys.platform == "linux":
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["ocr_core.pipeline", "ocr_core.workers"])
        _keep_the_socket_in_a_scratch_folder()
        _wait_at_exit()
        return context
    return multiprocessing.get_context("spawn")


@cache
def _keep_the_socket_in_a_scratch_folder() -> None:
    """Have multiprocessing leave nothing behind a program that is killed."""
    stack = contextlib.ExitStack()
    folder = stack.enter_context(scratch_folder())
    atexit.register(stack.close)
    config: dict[str, Any] = vars(multiprocessing.current_process())["_config"]
    config.setdefault("tempdir", str(folder))


@cache
def _wait_at_exit() -> None:
    """Have the program wait for its fork server, so that its times count the workers'.

    Who asks how long a command took, and what memory, would hear of one idle process.
    """
    from multiprocessing import forkserver

    stop = getattr(forkserver._forkserver, "_stop", None)
    if stop is not None:
        atexit.register(stop)


@cache
def _leave_the_script_alone() -> None:
    """Keep our workers from running the caller's script once more.

    multiprocessing imports the main script into each child, to find functions that
    were defined there. Ours are not, and the script may be a Streamlit page or a
    notebook.
    """
    plain = multiprocessing.spawn.get_preparation_data

    def prepared(name: str) -> dict[str, Any]:
        preparation = plain(name)
        if name == WORKERS_NAME:
            preparation.pop("init_main_from_name", None)
            preparation.pop("init_main_from_path", None)
        return preparation

    multiprocessing.spawn.get_preparation_data = prepared


def _settle(folder: str) -> None:
    """Prepare a new worker: limits, no threads of its own, dies with its parent."""
    import cv2

    cv2.setNumThreads(1)
    # Decoders written in C print to descriptor 2 whatever they dislike in a file.
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    tempfile.tempdir = folder
    os.environ["TMPDIR"] = folder
    # Python's own handler would wait until a decoder comes back: end at once.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if sys.platform == "linux":
        from multiprocessing import forkserver

        # The worker dies with the fork server, and that one with the program, once no
        # worker holds the end of the pipe by which the program shows that it lives.
        alive = getattr(forkserver._forkserver, "_forkserver_alive_fd", None)
        if alive is not None:
            os.close(alive)
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if sys.platform != "win32":
        import resource

        for limit, most in (
            (resource.RLIMIT_AS, MEMORY_BYTES),
            (resource.RLIMIT_FSIZE, FILE_BYTES),
            (resource.RLIMIT_CORE, 0),
        ):
            _, hard = resource.getrlimit(limit)
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(limit, (most, most))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
