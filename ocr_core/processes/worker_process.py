"""Worker process: a process that runs one call after another, within limits.

A crash, a hang or a decompression bomb affects the call and the process, not the
program. Each process has its own pipe, so that none can block another.
"""

import contextlib
import ctypes
import multiprocessing
import multiprocessing.spawn
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from multiprocessing.connection import Connection, wait
from pathlib import Path
from traceback import format_exc
from typing import Any, NamedTuple

from ocr_core.errors import EngineError, OcrError
from ocr_core.tempdirs import RANDOM_BYTES, SCRATCH, temporary_folder

MEMORY_BYTES = 4 * 2**30  # of addresses, most of which programs and models reserve
DATA_BYTES = 2 * 2**30  # that are used
FILE_BYTES = 2**30
START_SECONDS = 60
END_SECONDS = 5
# A call that has offered a result is not hanging: on a busy machine its process may get
# only a small share of a processor, so it has this many times its limit for the rest.
MORE_TIME = 5
PR_SET_PDEATHSIG = 1
# Of glibc: blocks from which on memory is asked of the system, and the free memory that
# is kept. Asking for the memory of each image anew took 4 % of the processor time.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
KEPT_BYTES, BLOCK_BYTES = 2**28, 2**27
NAME = "ocr-core worker"
SOCKET_BYTES = 107  # maximum length of a socket's path
SOCKET = f"/{SCRATCH}{bytes(RANDOM_BYTES).hex()}/listener-12345678"
SHORT_FOLDER = "/tmp"
ENGINE = "engine"  # the stage in which the engine reads

# What a worker sends: the stage that its call has reached, a provisional result, or the
# result or error of the call.
Stage = str
End = tuple[Any, BaseException | None]


class Provisional(NamedTuple):
    """A result that may be replaced by a better one."""

    answer: Any


Message = Stage | Provisional | End

_starting = threading.Lock()  # starting processes in multiprocessing is not thread-safe
_report: Callable[[Message], None] | None = None  # in a worker: sends to the program


def enter_stage(stage: Stage) -> None:
    """Report the current stage, which is known then if the worker dies."""
    if _report is not None:
        _report(stage)


def worker_folder() -> Path | None:
    """Return the private folder that the workers of a pool share; None elsewhere."""
    return None if _report is None else Path(tempfile.gettempdir())


def offer(answer: Any) -> None:
    """Report a provisional result, used if the call does not finish."""
    if _report is not None:
        _report(Provisional(answer))


class DeadWorkerError(Exception):
    """The process ended before its call.

    `exitcode` is negative after a signal, None if unknown; `stage` is the last reported
    stage of the call.
    """

    def __init__(self, exitcode: int | None, stage: Stage = "") -> None:
        super().__init__(exitcode, stage)
        self.exitcode, self.stage = exitcode, stage


class SlowCallError(Exception):
    """The call exceeded its time limit; `stage` is its last reported stage."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.stage = stage


class WorkerProcess:
    """A process that runs calls for one thread of the program.

    Raises
    ------
    OSError, EOFError, DeadWorkerError, SlowCallError
        If it did not start.
    """

    def __init__(self, folder: Path) -> None:
        self._connection, theirs = _context().Pipe()
        try:
            with theirs, _starting:
                self._process = _started(theirs, str(folder))
            self._await_end(START_SECONDS, lambda answer: None)
        except BaseException:
            self.end()
            raise

    @property
    def is_alive(self) -> bool:
        """Return whether the process can be called."""
        return not wait([self._process.sentinel], 0)

    def call(
        self,
        function: Callable[..., Any],
        arguments: tuple[Any, ...],
        seconds: float,
        offered: Callable[[Any], None] = lambda answer: None,
    ) -> Any:
        """Call a module-level function; return its result or raise its exception.

        `seconds` is the limit, in wall time, for the result or the first provisional
        one; after a provisional one the limit is `MORE_TIME` times as long. `offered`
        is called with each provisional result.

        Raises
        ------
        DeadWorkerError, SlowCallError
            If the process is no longer usable.
        """
        try:
            self._connection.send((function, arguments))
        except OSError:
            raise DeadWorkerError(self._exitcode()) from None
        answer, error = self._await_end(seconds, offered)
        if error is not None:
            raise error
        return answer

    def kill(self) -> None:
        """Kill the process and the programs it started."""
        process = getattr(self, "_process", None)
        if process is None or process.pid is None:
            return
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (
            AttributeError,
            OSError,
        ):  # it has no process group yet, or there are none
            process.kill()

    def end(self) -> None:
        """Kill the process, and wait until it has ended."""
        self._connection.close()
        if not hasattr(self, "_process"):
            return
        self.kill()
        wait([self._process.sentinel], END_SECONDS)
        self._exitcode()

    def _await_end(self, seconds: float, offered: Callable[[Any], None]) -> End:
        """Wait for a call's end, handling the stages and results that it reports."""
        stage = ""
        until = time.monotonic() + seconds
        while True:
            left = until - time.monotonic()
            ready = wait([self._connection, self._process.sentinel], max(0, left))
            if not ready:
                raise SlowCallError(stage)
            if not self._connection.poll():
                raise DeadWorkerError(self._exitcode(), stage)
            try:
                message: Message = self._connection.recv()
            except (EOFError, OSError):
                raise DeadWorkerError(self._exitcode(), stage) from None
            if isinstance(message, Provisional):
                until = time.monotonic() + MORE_TIME * seconds
                offered(message.answer)
            elif isinstance(message, tuple):
                return message
            else:
                stage = message

    def _exitcode(self) -> int | None:
        """Return the exit code, which is known shortly after the pipe is closed."""
        wait([self._process.sentinel], END_SECONDS)
        with _starting:
            return self._process.exitcode


def _started(connection: Connection, folder: str) -> Any:
    """Start a process without showing its errors to the user."""
    context = _context()
    with _same_imports():
        server_pid = _start_fork_server()
        process = context.Process(
            target=_run_calls,
            args=(connection, folder, server_pid),
            name=NAME,
            daemon=True,
        )
        process.start()
    return process


@contextlib.contextmanager
def _same_imports() -> Iterator[None]:
    """Make the Python programs that are started meanwhile import what this one does.

    They would look in the current folder first, and run a numpy.py beside the scans.
    """
    wanted = {"PYTHONSAFEPATH": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _context() -> Any:
    """Return a multiprocessing context; the fork server where available.

    A fork of a program with threads may inherit a held lock. The fork server has a
    single thread, has imported the heavy modules, and starts a worker in milliseconds.
    """
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")
    _leave_the_script_alone()
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["ocr_core.execution.fork_server"])
    return context


def _start_fork_server() -> int:
    """Start the fork server; return its process id, 0 if there is none.

    Ctrl-C in a terminal reaches all processes. Only the program handles it: the others
    start with it blocked.
    """
    if sys.platform != "linux":
        return 0
    import warnings
    from multiprocessing import forkserver, resource_tracker

    _keep_the_socket_in_a_scratch_folder()
    _wait_at_exit()
    with warnings.catch_warnings():
        # It tracks none of our resources, so a warning that it was killed is useless.
        warnings.filterwarnings("ignore", message="resource_tracker")
        resource_tracker.ensure_running()  # unblocks the signal at its end
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return getattr(forkserver._forkserver, "_forkserver_pid", None) or 0


@cache
def _keep_the_socket_in_a_scratch_folder() -> None:
    """Make multiprocessing leave no files behind if the program is killed."""
    import atexit

    usual = tempfile.gettempdir()
    short = len(os.fsencode(usual)) + len(SOCKET) <= SOCKET_BYTES
    stack = contextlib.ExitStack()
    folder = stack.enter_context(temporary_folder(usual if short else SHORT_FOLDER))
    atexit.register(stack.close)
    config: dict[str, Any] = vars(multiprocessing.current_process())["_config"]
    config.setdefault("tempdir", str(folder))


@cache
def _wait_at_exit() -> None:
    """Make the program wait for its fork server, so its times include the workers'.

    Otherwise `time` would measure only the idle main process.
    """
    import atexit

    atexit.register(_stop_fork_server)


def _stop_fork_server() -> None:
    from multiprocessing import forkserver

    stop = getattr(forkserver._forkserver, "_stop", None)
    if stop is not None:
        with contextlib.suppress(OSError):  # it has ended, and its socket is gone
            stop()


@cache
def _leave_the_script_alone() -> None:
    """Prevent workers from running the caller's script again.

    multiprocessing imports the main script into each child to find functions defined
    there. Ours are not, and the script may be a Streamlit page or a notebook.
    """
    plain = multiprocessing.spawn.get_preparation_data

    def prepared(name: str) -> dict[str, Any]:
        preparation = plain(name)
        if name == NAME:
            preparation.pop("init_main_from_name", None)
            preparation.pop("init_main_from_path", None)
        return preparation

    multiprocessing.spawn.get_preparation_data = prepared


def _run_calls(connection: Connection, folder: str, server_pid: int) -> None:
    """Run calls until the program closes the pipe; the main function of a worker."""
    global _report
    _prepare_worker(folder, server_pid)
    with contextlib.suppress(EOFError, OSError):
        connection.send((None, None))
        _report = connection.send
        while True:
            try:
                function, arguments = connection.recv()
            except (
                AttributeError,
                ImportError,
            ) as fault:  # no such function in this process
                connection.send((None, fault))
            else:
                _send_end(connection, _end_of(function, arguments))


def _end_of(function: Callable[..., Any], arguments: tuple[Any, ...]) -> End:
    try:
        return function(*arguments), None
    except BaseException as fault:
        if not isinstance(fault, OcrError):
            fault.add_note(format_exc())  # for the log; tracebacks are not pickled
        return None, fault


def _send_end(connection: Connection, end: End) -> None:
    try:
        connection.send(end)
    except OSError:  # the program has ended
        raise
    except BaseException as fault:  # not picklable, so nothing was sent yet
        error = EngineError(
            "A worker process cannot return its result: {0}.", type(fault).__name__
        )
        connection.send((None, error))


def _prepare_worker(folder: str, server_pid: int) -> None:
    """Prepare a new worker: set limits and a single thread, and end with its parent."""
    import cv2

    cv2.setNumThreads(1)
    # Decoders written in C print warnings to descriptor 2.
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    tempfile.tempdir = folder
    os.environ["TMPDIR"] = folder
    # Python's own handler would run only after a decoder returns: end at once.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        _end_with(server_pid)
        _keep_freed_memory()
    if sys.platform != "win32":
        os.setsid()  # so that it can be killed with the programs it starts
        _set_limits()


def _end_with(server_pid: int) -> None:
    """End when the fork server ends, which ends with the program.

    The fork server ends when no process holds its pipe to the program open; so this
    worker must not.
    """
    from multiprocessing import forkserver

    alive = getattr(forkserver._forkserver, "_forkserver_alive_fd", None)
    if alive is not None:
        os.close(alive)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != server_pid:  # it has already ended
        os._exit(1)


def _keep_freed_memory() -> None:
    """Reuse the memory of images; allocators other than glibc's decide themselves."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, BLOCK_BYTES)
        mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)


def _set_limits() -> None:
    import resource

    for limit, maximum in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_DATA, DATA_BYTES),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(limit)
        maximum = maximum if hard == resource.RLIM_INFINITY else min(maximum, hard)
        resource.setrlimit(limit, (maximum, maximum))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
