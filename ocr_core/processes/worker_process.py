"""A worker process: it makes one call after another, within limits.

A crash, a hang or a memory bomb costs the call and the process, never the program.
Each process has a pipe of its own, so that none can leave another waiting.
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
from collections.abc import Callable
from functools import cache
from multiprocessing.connection import Connection, wait
from pathlib import Path
from traceback import format_exc
from typing import Any, NamedTuple

from ocr_core.errors import EngineError, OcrError
from ocr_core.tempdirs import SCRATCH, temporary_folder

MEMORY_BYTES = 4 * 2**30
FILE_BYTES = 2**30
START_SECONDS = 60
END_SECONDS = 5
PR_SET_PDEATHSIG = 1
NAME = "ocr-core worker"
SOCKET_BYTES = 107  # that the path of a socket may have
SOCKET = f"/{SCRATCH}12345678/listener-12345678"
SHORT_FOLDER = "/tmp"
ENGINE = "engine"  # the stage in which the engine reads

# What a worker sends: the stage that its call has reached, an answer that stands
# should it not come to its end, or that end.
Stage = str
End = tuple[Any, BaseException | None]


class Provisional(NamedTuple):
    """An answer that a better one is to follow."""

    answer: Any


Message = Stage | Provisional | End

_starting = threading.Lock()  # multiprocessing starts no two processes at once safely
_report: Callable[[Message], None] | None = None  # to the program, in a worker


def enter_stage(stage: Stage) -> None:
    """Tell the program what this worker does now, should it die of it."""
    if _report is not None:
        _report(stage)


def offer(answer: Any) -> None:
    """Give the program an answer that stands should this worker not come to its end."""
    if _report is not None:
        _report(Provisional(answer))


class DeadWorkerError(Exception):
    """The process ended before its call did.

    `exitcode` is negative after a signal, None where nobody knows; `stage` is what the
    call had reached.
    """

    def __init__(self, exitcode: int | None, stage: Stage = "") -> None:
        super().__init__(exitcode, stage)
        self.exitcode, self.stage = exitcode, stage


class SlowCallError(Exception):
    """The call took longer than it may; `stage` is what it had reached."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.stage = stage


class WorkerProcess:
    """A process that makes calls for one thread of the program.

    Raises
    ------
    OSError, EOFError, DeadWorkerError, SlowCallError
        Where it did not start.
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
    def lives(self) -> bool:
        """Tell whether the process can be called."""
        return not wait([self._process.sentinel], 0)

    def call(
        self,
        function: Callable[..., Any],
        arguments: tuple[Any, ...],
        seconds: float,
        offered: Callable[[Any], None] = lambda answer: None,
    ) -> Any:
        """Have a module-level function called; return or raise what it does.

        `offered` hears of each provisional answer.

        Raises
        ------
        DeadWorkerError, SlowCallError
            Where the process is of no more use.
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
        """Kill the process, and the programs it started."""
        process = getattr(self, "_process", None)
        if process is None or process.pid is None:
            return
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (AttributeError, OSError):  # no group of its own yet, or no groups
            process.kill()

    def end(self) -> None:
        """Kill the process, and wait until it is gone."""
        self._connection.close()
        if not hasattr(self, "_process"):
            return
        self.kill()
        wait([self._process.sentinel], END_SECONDS)
        self._exitcode()

    def _await_end(self, seconds: float, offered: Callable[[Any], None]) -> End:
        """Wait for a call's end, past the stages and answers that it reports."""
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
                told: Message = self._connection.recv()
            except (EOFError, OSError):
                raise DeadWorkerError(self._exitcode(), stage) from None
            if isinstance(told, Provisional):
                offered(told.answer)
            elif isinstance(told, tuple):
                return told
            else:
                stage = told

    def _exitcode(self) -> int | None:
        """Return how the process ended, which is known soon after its pipe closed."""
        wait([self._process.sentinel], END_SECONDS)
        with _starting:
            return self._process.exitcode


def _started(connection: Connection, folder: str) -> Any:
    """Start a process, whose errors are not for the user's eyes."""
    context = _context()
    maker = _start_fork_server()
    process = context.Process(
        target=_make_calls, args=(connection, folder, maker), name=NAME, daemon=True
    )
    process.start()
    return process


def _context() -> Any:
    """Choose how workers start: from a clean single-threaded process where we can.

    A fork of a program with threads may inherit a held lock; the fork server has one
    thread, has the heavy imports done, and gives a new worker in some milliseconds.
    """
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")
    _leave_the_script_alone()
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["ocr_core.execution.fork_server"])
    return context


def _start_fork_server() -> int:
    """Have the fork server run; return its process id, 0 where there is none.

    Ctrl-C in a terminal reaches all processes. Only the program answers: the others
    have it blocked from their first moment.
    """
    if sys.platform != "linux":
        return 0
    import warnings
    from multiprocessing import forkserver, resource_tracker

    _keep_the_socket_in_a_scratch_folder()
    _wait_at_exit()
    with warnings.catch_warnings():
        # It has nothing of ours to track: that it was killed is no news.
        warnings.filterwarnings("ignore", message="resource_tracker")
        resource_tracker.ensure_running()  # ends by unblocking the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return getattr(forkserver._forkserver, "_forkserver_pid", None) or 0


@cache
def _keep_the_socket_in_a_scratch_folder() -> None:
    """Have multiprocessing leave nothing behind a program that is killed."""
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
    """Have the program wait for its fork server, so that its times count the workers'.

    Who asks how long a command took, and what memory, would hear of one idle process.
    """
    import atexit

    atexit.register(_stop_fork_server)


def _stop_fork_server() -> None:
    from multiprocessing import forkserver

    stop = getattr(forkserver._forkserver, "_stop", None)
    if stop is not None:
        with contextlib.suppress(OSError):  # it has gone, and its socket with it
            stop()


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
        if name == NAME:
            preparation.pop("init_main_from_name", None)
            preparation.pop("init_main_from_path", None)
        return preparation

    multiprocessing.spawn.get_preparation_data = prepared


def _make_calls(connection: Connection, folder: str, maker: int) -> None:
    """Make calls until the program hangs up: a worker's whole life."""
    global _report
    _settle(folder, maker)
    with contextlib.suppress(EOFError, OSError):
        connection.send((None, None))
        _report = connection.send
        while True:
            try:
                function, arguments = connection.recv()
            except (AttributeError, ImportError) as fault:  # there is none such here
                connection.send((None, fault))
            else:
                _send_end(connection, _end_of(function, arguments))


def _end_of(function: Callable[..., Any], arguments: tuple[Any, ...]) -> End:
    try:
        return function(*arguments), None
    except BaseException as fault:
        if not isinstance(fault, OcrError):
            fault.add_note(format_exc())  # for the log: it stays here otherwise
        return None, fault


def _send_end(connection: Connection, end: End) -> None:
    try:
        connection.send(end)
    except OSError:  # the program is gone
        raise
    except BaseException as fault:  # what cannot be sent was not sent in part
        error = EngineError(
            "A worker cannot send its answer: {0}.", type(fault).__name__
        )
        connection.send((None, error))


def _settle(folder: str, maker: int) -> None:
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
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        _die_with(maker)
    if sys.platform != "win32":
        os.setsid()  # with the programs that it starts, it can be killed as a group
        _set_limits()


def _die_with(maker: int) -> None:
    """End with the fork server, which ends with the program.

    It does once no worker holds the end of the pipe by which the program shows that it
    lives.
    """
    from multiprocessing import forkserver

    alive = getattr(forkserver._forkserver, "_forkserver_alive_fd", None)
    if alive is not None:
        os.close(alive)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != maker:  # it has gone already
        os._exit(1)


def _set_limits() -> None:
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
