"""Dask worker: the functions that run inside a Dask worker.

Pages are not read in the Dask worker's process, but in a pool with as many processes as
the Dask worker has threads, so a crash affects only one page. A file that this machine
cannot open is received in pieces, checked against its digest, and cached while there is
space.
"""

import contextlib
import hashlib
import multiprocessing
import multiprocessing.util
import os
import shutil
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from distributed import Worker, get_worker

from ocr_core.documents.files import split_inner
from ocr_core.engines import Recognition, reader_of
from ocr_core.errors import (
    CancelledError,
    InputError,
    LostWorkerError,
    MissingEngineError,
    OcrError,
)
from ocr_core.page import PageRef, PageResult
from ocr_core.processes.pool import Pool
from ocr_core.tempdirs import temporary_folder
from ocr_core.version import ocr_core_version

KEPT_BYTES = 4 * 2**30  # of cached files

ReaderVersions = tuple[
    str, str, str
]  # versions of ocr_core and engine, digest of the models


@dataclass(frozen=True)
class FileIdentity:
    """Identity of a file on the caller's machine, to find the same file here."""

    path: str
    size: int
    changed: int
    digest: str = ""

    @classmethod
    def of(cls, ref: PageRef) -> "FileIdentity":
        """Return the identity of a page's file; raise OSError if it is missing."""
        path = Path(split_inner(ref.path)[0]).absolute()
        stat = path.stat()
        return cls(str(path), stat.st_size, stat.st_mtime_ns)

    def is_seen(self) -> bool:
        """Return whether the same file exists under the same path here."""
        try:
            stat = Path(self.path).stat()
        except (OSError, ValueError):
            return False
        same = (stat.st_size, stat.st_mtime_ns) == (self.size, self.changed)
        return same and os.access(self.path, os.R_OK)


@dataclass(frozen=True)
class TaskRequest:
    """A request to a Dask worker: a function, and arguments that begin with a page."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    file: FileIdentity
    knobs: Recognition
    reader: ReaderVersions
    seconds: float


@dataclass(frozen=True)
class TaskResult:
    """The result of a request: a value, an error, or why it was not attempted."""

    address: str
    value: Any = None
    error: OcrError | None = None
    unfit: str = ""
    lacks_file: bool = False


@dataclass
class CachedFile:
    """A file received from the caller."""

    path: Path
    size: int
    users: int = 0


class WorkerNode:
    """The state of one Dask worker: its process pool and the files it received."""

    def __init__(self, workers: int) -> None:
        # Dask marks its workers as daemons, which may not start child processes,
        # because these could outlive them. Our child processes end with their parent.
        config: dict[str, Any] = vars(multiprocessing.current_process())["_config"]
        config["daemon"] = False
        self.pool = Pool(workers)
        self._stack = contextlib.ExitStack()
        self._folder = self._stack.enter_context(temporary_folder())
        self._most = min(KEPT_BYTES, shutil.disk_usage(self._folder).free // 2)
        self._files: OrderedDict[str, CachedFile] = OrderedDict()
        self._readers: dict[tuple[str, str], ReaderVersions] = {}
        self._lock = threading.Lock()
        # Runs before multiprocessing waits, without a limit, for our processes.
        multiprocessing.util.Finalize(None, self.close, exitpriority=1)

    def close(self) -> None:
        """End the processes and delete the files."""
        self.pool.close()
        self._stack.close()

    def mismatch(self, knobs: Recognition, wanted: ReaderVersions, address: str) -> str:
        """Return how reading differs on this machine; empty if it does not."""
        key = knobs.engine, knobs.language
        try:
            if key not in self._readers:
                self._readers[key] = self.pool.submit(reader_here, knobs).result()
        except MissingEngineError as error:
            return f"{address} cannot read these pages: {error.message}"
        names = "ocr-core", "the engine", "language data"
        for name, theirs, ours in zip(names, self._readers[key], wanted, strict=True):
            if theirs != ours:
                return f"{address} has {name} {theirs}, and this machine {ours}."
        return ""

    @contextlib.contextmanager
    def borrow(self, file: FileIdentity) -> Iterator[str | None]:
        """Yield the path of a file on this machine, and protect it from deletion."""
        if file.is_seen():
            yield file.path
            return
        with self._lock:
            kept = self._files.get(file.digest)
            if kept:
                self._files.move_to_end(file.digest)
                kept.users += 1
        try:
            yield str(kept.path) if kept else None
        finally:
            with self._lock:
                if kept:
                    kept.users -= 1

    def store(self, digest: str, pieces: Iterable[bytes]) -> None:
        """Store a file received from the caller."""
        with self._lock:
            if digest in self._files:
                return
            path, size, hashed = self._folder / digest, 0, hashlib.sha256()
            try:
                with path.open("wb") as file:
                    for piece in pieces:
                        size += file.write(piece)
                        hashed.update(piece)
                if hashed.hexdigest() != digest:
                    raise InputError("The file changed while it was sent.")
            except BaseException:
                path.unlink(missing_ok=True)
                raise
            self._files[digest] = CachedFile(path, size)
            self._make_room(digest)

    def _make_room(self, newest: str) -> None:
        total = sum(kept.size for kept in self._files.values())
        for digest, kept in [*self._files.items()]:
            if total <= self._most:
                return
            if digest != newest and not kept.users:
                kept.path.unlink(missing_ok=True)
                del self._files[digest]
                total -= kept.size


_nodes: dict[str, WorkerNode] = {}
_nodes_lock = threading.Lock()


def node_of(worker: Worker) -> WorkerNode:
    """Return the state of a Dask worker, created on first use."""
    with _nodes_lock:
        if worker.address not in _nodes:
            _nodes[worker.address] = WorkerNode(worker.state.nthreads)
        return _nodes[worker.address]


def reader_here(knobs: Recognition) -> ReaderVersions:
    """Return the versions that determine how a page is read on this machine."""
    return ocr_core_version(), *reader_of(knobs)


def inspect(knobs: Recognition, wanted: ReaderVersions) -> str:
    """Return how reading on this Dask worker differs; empty if it does not."""
    worker = get_worker()
    return node_of(worker).mismatch(knobs, wanted, worker.address)


def run_request(call: TaskRequest, *pieces: bytes) -> TaskResult:
    """Run a request in a process with limits; return errors as values.

    If the file is not available on this machine, `pieces` are its bytes.
    """
    worker = get_worker()
    node, address = node_of(worker), worker.address
    ref: PageRef = call.arguments[0]
    try:
        if unfit := node.mismatch(call.knobs, call.reader, address):
            return TaskResult(address, unfit=unfit)
        if pieces:
            node.store(call.file.digest, pieces)
        with node.borrow(call.file) as path:
            if path is None:
                return TaskResult(address, lacks_file=True)
            inner = split_inner(ref.path)[1]
            here = replace(ref, path=f"{path}/{inner}" if inner else path)
            task = node.pool.submit(
                call.function, here, *call.arguments[1:], seconds=call.seconds
            )
            value = task.result()
    except CancelledError as error:  # this worker ends, not the run
        return TaskResult(address, error=LostWorkerError(error.message))
    except OcrError as error:
        return TaskResult(address, error=error)
    except OSError as error:  # its disk is full
        return TaskResult(
            address, unfit=f"{address} cannot keep a file: {error.strerror}."
        )
    if isinstance(value, PageResult):
        value = replace(value, ref=ref)
    return TaskResult(address, value)
