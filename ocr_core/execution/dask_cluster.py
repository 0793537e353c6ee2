"""Dask cluster: Dask workers on other machines read the pages.

`Cluster` has the same interface as `processes.pool.Pool`, so a batch works with either.
Documents are opened and their pages counted on this machine, in worker processes;
tasks contain references to pages. A file is sent once to each machine that cannot open
it. Untrusted files are decoded in processes with limits there too: each Dask worker has
a pool (`dask_worker`). Dask's task graph contains no large values.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError as FutureCancelled
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from distributed import Client, Security
from distributed.client import Future as DaskFuture
from distributed.scheduler import KilledWorker

from ocr_core.documents import file_digest
from ocr_core.documents.files import split_inner
from ocr_core.engines import Recognition
from ocr_core.errors import (
    CancelledError,
    ClusterError,
    EngineError,
    LostWorkerError,
    MissingEngineError,
    OcrError,
)
from ocr_core.execution import dask_worker
from ocr_core.execution.dask_security import checked_address, security_for
from ocr_core.execution.dask_worker import FileIdentity, TaskRequest, TaskResult
from ocr_core.page import PageRef
from ocr_core.processes.pool import PAGE_SECONDS, Pool, Task, _settle_future

WAIT_SECONDS = 300  # for a scheduler or a worker to come back
CONNECT_SECONDS = 10
INSPECT_SECONDS = 30
WATCH_SECONDS = 1
PIECE_BYTES = 16 * 2**20
LOCAL_WORKERS = 2  # local processes that open and count documents
KNOWN_FILES = 1000  # files whose digest is cached
THREADS = 8  # fetch results and send files
LOG = logging.getLogger(__name__)
TRIES = 4  # attempts at a page that failed because of the cluster
NO_FILE = FileIdentity("", 0, 0)


@dataclass(eq=False)
class ClusterTask(Task):
    """A task for the cluster; `sent` is None until the scheduler has accepted it."""

    file: FileIdentity = NO_FILE
    sent: "DaskFuture[TaskResult] | None" = None
    tries: int = 0


class Cluster:
    """Dask workers with the interface of `processes.pool.Pool`.

    Parameters
    ----------
    scheduler
        An address, ``tcp://host:8786`` or ``tls://host:8786``, or the path of the
        file that a Dask scheduler writes.
    knobs
        Engine and language; workers with another engine, language data or version are
        not used.
    certificates
        Paths of the authority's certificate, the client's certificate and its key; an
        empty one is taken from Dask's own settings.
    insecure
        Whether another machine may be contacted without TLS.
    wait_seconds
        Seconds to wait for a scheduler or a worker that has disappeared.
    report
        Called with a sentence for the user that states what the cluster waits for.

    Raises
    ------
    SettingsError
        If the address or a certificate is invalid.
    ClusterError
        If no scheduler answers, or no worker connects.
    MissingEngineError
        If no worker reads as this machine would.
    """

    def __init__(
        self,
        scheduler: str,
        knobs: Recognition,
        *,
        certificates: tuple[str, str, str] = ("", "", ""),
        insecure: bool = False,
        wait_seconds: float = WAIT_SECONDS,
        report: Callable[[str], None] = LOG.warning,
    ) -> None:
        # Dask must not print to the terminal: `report` gets messages for the user.
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        self._address = partial(checked_address, scheduler, insecure=insecure)
        self._security: Security | None = security_for(self._address(), certificates)
        self._knobs, self._reader = knobs, dask_worker.reader_here(knobs)
        self._wait_seconds, self._report = wait_seconds, report
        self._lock = threading.RLock()
        self._open: dict[ClusterTask, None] = {}
        self._fit: dict[str, int] = {}
        self._unfit: dict[str, str] = {}
        self._deliveries: dict[tuple[str, str], list[ClusterTask]] = {}
        self._digests: dict[FileIdentity, str] = {}
        self._lost: CancelledError | None = None
        self._over = threading.Event()
        self._client = self._connect()
        self._local_pool = Pool(LOCAL_WORKERS)
        self._threads = ThreadPoolExecutor(THREADS, "ocr-core-hand")
        self._watch = threading.Thread(target=self._keep_watch, daemon=True)
        try:
            self._await_workers()
        except BaseException:
            self.close()
            raise
        self._watch.start()

    @property
    def workers(self) -> int:
        """Number of pages read at the same time; it changes with the workers."""
        return sum(self._fit.values()) or 1

    def submit(
        self,
        function: Callable[..., Any],
        *arguments: Any,
        owner: str = "",
        seconds: float | None = None,
    ) -> Task:
        """Send a page to the cluster; tasks on a whole document run on this machine.

        Raises
        ------
        CancelledError
            If this cluster was closed or is lost (`ClusterError`).
        """
        ref = arguments[0]
        if not ref.number:
            return self._local_pool.submit(
                function, *arguments, owner=owner, seconds=seconds
            )
        task = ClusterTask(function, arguments, owner, seconds or PAGE_SECONDS)
        try:
            seen = FileIdentity.of(ref)
            task.file = replace(seen, digest=self._digests.get(seen, ""))
        except OSError:
            task.future.set_exception(_refusal(ref))
            return task
        with self._lock:
            if self._over.is_set():
                raise self._lost or CancelledError("The workers have been stopped.")
            self._open[task] = None
        self._send(task)
        return task

    def close(self) -> None:
        """Stop at once and cancel all unfinished tasks."""
        self._end(CancelledError("The reading was cancelled."))
        if self._watch.ident:
            self._watch.join(WATCH_SECONDS)  # it may be waiting for a worker
        self._threads.shutdown(wait=False, cancel_futures=True)
        _hang_up(self._client)
        self._local_pool.close()

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(
        self, task: ClusterTask, pieces: "Sequence[DaskFuture[bytes]]" = ()
    ) -> None:
        """Send a task to the scheduler, or leave it until there is a scheduler."""
        with self._lock:
            task.sent = None
            ready = self._fit and self._client.status == "running"
            if self._over.is_set() or task.done() or not ready:
                return
            call = TaskRequest(
                task.function,
                task.arguments,
                task.file,
                self._knobs,
                self._reader,
                task.seconds,
            )
            try:
                remote = self._client.submit(
                    dask_worker.run_request,
                    call,
                    *pieces,
                    pure=False,
                    # Not strict: a task must not wait for a worker that has left.
                    workers=[*self._fit] if self._unfit else None,
                    allow_other_workers=bool(self._unfit),
                    priority=len(pieces),
                )
            except Exception as fault:  # this client has been closed
                LOG.info("Dask took no call: %r", fault)
                return
            task.sent = remote
        remote.add_done_callback(partial(self._in_thread, self._arrived, task))

    def _in_thread(self, function: Callable[..., None], *arguments: Any) -> None:
        """Run a function in another thread: Dask has one thread for all callbacks."""
        try:
            self._threads.submit(function, *arguments)
        except RuntimeError:  # closed
            return

    def _arrived(self, task: ClusterTask, remote: "DaskFuture[TaskResult]") -> None:
        """Process the result of a task, or find out why there is none."""
        if task.sent is not remote:
            return
        try:
            answer: TaskResult = remote.result()
        except FutureCancelled:  # the scheduler is gone
            task.sent = None
        except KilledWorker as error:
            self._settle(task, error=_killed(error))
        except Exception as fault:
            LOG.info("The cluster met %r.", fault)
            self._try_again(task, repr(fault))
        else:
            if answer.unfit:
                self._leave_out(answer.address, answer.unfit)
                self._send(task)
            elif answer.lacks_file:
                self._deliver(task, answer.address)
            else:
                self._settle(task, answer.value, answer.error)

    def _settle(
        self, task: ClusterTask, value: Any = None, error: OcrError | None = None
    ) -> None:
        with self._lock:
            self._open.pop(task, None)
        _settle_future(task.future, value, error)

    def _try_again(self, task: ClusterTask, fault: str) -> None:
        """Leave a task for the next check, unless it has used all its attempts."""
        task.tries += 1
        if task.tries < TRIES:
            task.sent = None
            return
        name = task.arguments[0].source_file
        message = f"{name} was sent to the cluster {TRIES} times in vain: {fault[:200]}"
        self._settle(task, error=LostWorkerError(message))

    def _deliver(self, task: ClusterTask, address: str) -> None:
        """Send a file to a machine; other tasks there that need it wait for it."""
        ref = task.arguments[0]
        try:
            digest = file_digest(ref)
        except OcrError as error:
            self._settle(task, error=error)
            return
        if len(self._digests) >= KNOWN_FILES:
            self._digests.clear()
        self._digests[replace(task.file, digest="")] = digest
        key = address, digest
        with self._lock:
            if key in self._deliveries:
                self._deliveries[key].append(task)
                return
            self._deliveries[key] = [task]
        pieces: list[DaskFuture[bytes]] = []
        fault = ""
        try:
            with Path(split_inner(ref.path)[0]).open("rb") as file:
                while piece := file.read(PIECE_BYTES):
                    pieces.append(self._put_piece(piece, address))
        except Exception as error:  # any error of a worker that ended
            fault = repr(error)
            LOG.info("%s took no file: %s", address, fault)
        with self._lock:
            trips = self._deliveries.pop(key)
        for each in trips:
            if fault:
                self._try_again(each, fault)
            else:
                each.file = replace(each.file, digest=digest)
                self._send(each, pieces)

    def _put_piece(self, piece: bytes, address: str) -> "DaskFuture[bytes]":
        """Put bytes into a worker's memory; in Dask's graph they would cost more."""
        client = self._client
        futures = client.scatter([piece], workers=[address], hash=False, direct=False)
        future: DaskFuture[bytes] = futures[0]
        return future

    def _connect(self) -> Client:
        self._name = self._address()  # the scheduler's file may have changed
        try:
            return Client(
                self._name,
                security=self._security,
                timeout=CONNECT_SECONDS,
                set_as_default=False,
                name="ocr-core",
            )
        except (OSError, TimeoutError, RuntimeError) as error:
            raise ClusterError(
                "No scheduler answers at {0}: {1}.",
                self._name,
                _reason(error),
                hint="Start one with: dask scheduler",
            ) from None

    def _await_workers(self) -> None:
        """Wait for a worker that reads as this machine would."""
        start, reported = time.monotonic(), False
        while problem := self._problem():
            if self._unfit and not self._fit:
                raise MissingEngineError(
                    next(iter(self._unfit.values())),
                    hint="Install the same on all machines.",
                )
            if time.monotonic() - start > self._wait_seconds:
                raise _given_up(problem, self._wait_seconds)
            if not reported:
                self._report(
                    f"{problem} Waiting for up to {self._wait_seconds:.0f} seconds."
                )
                reported = True
            self._over.wait(WATCH_SECONDS)

    def _keep_watch(self) -> None:
        """Monitor the workers; resend lost tasks; fail after `wait_seconds`."""
        since = 0.0
        while not self._over.wait(WATCH_SECONDS):
            problem = self._problem()
            if not problem:
                if since:
                    self._report("The cluster is back.")
                since = 0.0
                self._send_lost()
            elif not since:
                since = time.monotonic()
                self._report(
                    f"{problem} Waiting for up to {self._wait_seconds:.0f} seconds."
                )
            elif time.monotonic() - since > self._wait_seconds:
                self._lost = _given_up(problem, self._wait_seconds)
                self._end(self._lost)

    def _problem(self) -> str:
        """Check the scheduler and the workers; return what is missing."""
        try:
            if self._client.status in ("closed", "closing"):
                _hang_up(self._client)
                self._client = self._connect()
            if self._client.status == "running":
                self._look()
                return "" if self._fit else "The cluster has no worker."
        except Exception as fault:  # any error of a lost scheduler
            LOG.info("No word from the scheduler: %r", fault)
        return f"The scheduler at {self._name} does not answer."

    def _look(self) -> None:
        """Update the list of workers; inspect the new ones."""
        there: dict[str, int] = self._client.nthreads()
        with self._lock:
            # A worker may come back repaired, under the same address.
            unfit = self._unfit.keys() & there.keys()
            self._unfit = {address: self._unfit[address] for address in unfit}
            known = self._fit.keys() & there.keys() - unfit
            self._fit = {address: there[address] for address in known}
        self._inspect({k: n for k, n in there.items() if k not in self._fit})

    def _inspect(self, new: dict[str, int]) -> None:
        """Ask new workers with which engine and language data they read."""
        asked = {
            address: self._client.submit(
                dask_worker.inspect,
                self._knobs,
                self._reader,
                pure=False,
                workers=[address],
                priority=100,
            )
            for address in new
            if address not in self._unfit
        }
        end = time.monotonic() + INSPECT_SECONDS
        for address, answer in asked.items():
            try:
                unfit = answer.result(timeout=max(0.1, end - time.monotonic()))
            except (TimeoutError, FutureCancelled, OSError, KilledWorker, OcrError):
                continue  # it has left, or is busy: try later
            except Exception as fault:  # no ocr_core, or another version
                unfit = f"{address} cannot read pages: {fault!r}"
            if unfit:
                self._leave_out(address, unfit)
            else:
                self._fit[address] = new[address]

    def _leave_out(self, address: str, reason: str) -> None:
        with self._lock:
            known = address in self._unfit
            self._unfit[address] = reason
            self._fit.pop(address, None)
        if not known:
            self._report(f"{reason} It is left out.")

    def _send_lost(self) -> None:
        """Send waiting tasks, and tasks that a closed client had sent."""
        with self._lock:
            lost = [task for task in self._open if self._is_lost(task)]
        for task in lost:
            self._send(task)

    def _is_lost(self, task: ClusterTask) -> bool:
        remote: Any = task.sent
        return remote is None or remote.client is not self._client or remote.cancelled()

    def _end(self, error: CancelledError) -> None:
        with self._lock:
            self._over.set()
            left, self._open = self._open, {}
        for task in left:
            _settle_future(task.future, error=error)


def _refusal(ref: PageRef) -> OcrError:
    """Return the error that states why a file cannot be opened."""
    try:
        file_digest(ref)
    except OcrError as error:
        return error
    return EngineError("{0} changed while it was read.", ref.source_file)


def _killed(error: KilledWorker) -> LostWorkerError:
    return LostWorkerError(
        "The worker that read the page was killed ({0}).",
        _first_line(error),
        hint="Where memory was short, read fewer pages at once.",
    )


def _given_up(problem: str, wait_seconds: float) -> ClusterError:
    return ClusterError(
        "{0} That did not change within {1} seconds.",
        problem,
        f"{wait_seconds:.0f}",
        hint="What was read is kept: once it is there, the same command goes on.",
    )


def _reason(error: BaseException) -> str:
    """Return the innermost cause as text: Dask wraps errors."""
    while error.__cause__ is not None:
        error = error.__cause__
    return _first_line(error) or type(error).__name__


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n")[0].rstrip(".")[:200]


def _hang_up(client: Client) -> None:
    try:
        client.close(timeout=2)
    except (OSError, TimeoutError, RuntimeError, FutureCancelled) as error:
        LOG.debug("%r", error)
