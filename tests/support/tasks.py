"""Tasks: functions that tests run in worker processes, which can import them."""

import ctypes
import os
import resource
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from ocr_core.documents import load_page, survey
from ocr_core.errors import InputError
from ocr_core.page import PageRef
from ocr_core.processes.worker_process import ENGINE, enter_stage, offer
from tests.support.waiting import until


def answer(value: object) -> object:
    return value


def process_id() -> int:
    return os.getpid()


def raise_input_error(message: str) -> None:
    raise InputError(message, hint="Try another.")


def raise_unexpected_error() -> None:
    raise ZeroDivisionError("by accident")


def use_processor_time(seconds: float) -> None:
    """Use processor time for some seconds."""
    while time.process_time() < seconds:
        pass


def kill_self() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def abort() -> None:
    os.abort()


def read_null_pointer() -> None:
    ctypes.string_at(0)


def in_engine_stage(death: Callable[[], None]) -> None:
    enter_stage(ENGINE)
    death()


def offer_then(value: object, death: Callable[[], None]) -> None:
    offer(value)
    death()


def exit_with(code: int) -> None:
    os._exit(code)


def hang() -> None:
    threading.Event().wait()


def page_faults_of_an_image(size: int) -> int:
    """Return how often the system gave memory for an image where one was before."""
    bytearray(b"x") * size
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    bytearray(b"x") * size
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def exceed_memory() -> int:
    return len(bytearray(64 * 2**30))


def use_three_gigabytes() -> int:
    return len(bytearray(3 * 2**30))


def exceed_memory_slowly() -> None:
    held = []
    while True:
        held.append(bytes(2**26))


def unpicklable() -> object:
    return lambda: None


def wait_for(gate: str) -> str:
    """Wait until a file is there: the test decides when the task is done."""
    until(Path(gate).exists)
    return gate


def append_name(book: str, name: str) -> None:
    """Append a name to a file, which so lists the order of the tasks."""
    with Path(book).open("a") as file:
        file.write(f"{name}\n")


def make_temporary_file() -> str:
    handle, name = tempfile.mkstemp()
    os.close(handle)
    return name


def append_pid_and_hang(book: str) -> None:
    append_name(book, str(os.getpid()))
    hang()


def opened(ref: PageRef, dpi: int, most: int) -> list[tuple[int, ...]]:
    """Open a document and decode its first pages; return the shapes of their pixels."""
    pages = survey(ref).pages
    shapes = []
    for number in range(1, min(pages, most) + 1):
        page = load_page(PageRef(ref.path, number), dpi)
        shapes.append(page.image.shape)
    return shapes


def content(ref: PageRef) -> bytes:
    return Path(ref.path).read_bytes()


def reader_process(ref: PageRef) -> int:
    return os.getpid()


def abort_at(ref: PageRef) -> None:
    os.abort()


def hang_at(ref: PageRef, settings: object) -> None:
    """Replace a reading by one that never ends."""
    hang()


def wait_at(ref: PageRef, gate: str) -> str:
    return wait_for(gate)


def kill_owner_of_pool(ref: PageRef) -> None:
    """Kill the process that owns the pool."""
    stat = Path(f"/proc/{os.getppid()}/stat").read_text()
    os.kill(int(stat.rpartition(")")[2].split()[1]), signal.SIGKILL)
    hang()


def temporary_folder(ref: PageRef) -> str:
    return tempfile.gettempdir()
