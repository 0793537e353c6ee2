"""Worker processes: none outlives its owner, and one that dies is replaced."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ocr_core.errors import EngineError, InputError, LostWorkerError
from ocr_core.processes import worker_process
from ocr_core.processes.pool import Pool
from ocr_core.tempdirs import temporary_folder
from tests.support import tasks
from tests.support.app_pages import FOX, png
from tests.support.processes import alive
from tests.support.waiting import HANG, until

ROOT = Path(__file__).parents[2]
# The command as it is installed: its own folder, not the current one, comes first.
AS_INSTALLED = "import sys; del sys.path[0]; from ocr_core import cli; cli.main()"
PARENT = """
import sys, threading
from ocr_core.processes.pool import Pool
from tests.support import tasks

if __name__ == "__main__":
    pool = Pool(3)
    for _ in range(2):
        pool.submit(tasks.append_pid_and_hang, sys.argv[1])
    print(pool.submit(tasks.make_temporary_file).result(), flush=True)
    threading.Event().wait()
"""


@pytest.mark.kill
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux offers this")
@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGINT"])
def test_no_worker_and_no_folder_outlives_a_parent_that_is_killed(tmp_path, name):
    script, book = tmp_path / "parent.py", tmp_path / "book"
    script.write_text(PARENT)
    book.touch()
    with subprocess.Popen(
        [sys.executable, str(script), str(book)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as parent:
        left = Path(parent.stdout.readline().strip())
        until(lambda: len(book.read_text().split()) == 2)
        workers = [int(number) for number in book.read_text().split()]

        parent.send_signal(getattr(signal, name))
        parent.wait(HANG)

    for worker in workers:
        until(lambda worker=worker: not alive(worker))
    with temporary_folder():
        assert not left.parent.exists()


@pytest.mark.needs_tesseract
def test_programs_beside_the_scans_are_not_run(tmp_path):
    """The current folder may hold somebody's numpy.py, which workers would import."""
    names = ("numpy", "csv", "multiprocessing", "cv2")
    for name in names:
        ran = tmp_path / f"{name} ran"
        (tmp_path / f"{name}.py").write_text(f"open({str(ran)!r}, 'w')")
    (tmp_path / "fox.png").write_bytes(png(FOX))

    done = subprocess.run(
        [sys.executable, "-c", AS_INSTALLED, "read", "fox.png"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stdout.split()) == (0, FOX.split()), done.stderr
    assert not list(tmp_path.glob("* ran"))


@pytest.mark.skipif(sys.platform != "linux", reason="there is no fork server")
@pytest.mark.parametrize("deaths", [1, 3])
def test_workers_start_though_the_process_that_makes_them_dies_before_the_first(
    monkeypatch, deaths
):
    from multiprocessing import forkserver

    start = worker_process._start_fork_server
    killed = []

    def started():
        maker = start()
        if len(killed) < deaths:
            os.kill(maker, signal.SIGKILL)
            killed.append(maker)
        return maker

    with Pool(1) as pool:
        monkeypatch.setattr(worker_process, "_start_fork_server", started)
        assert pool.submit(tasks.answer, 1).result(HANG) == 1
    assert len(killed) == deaths
    assert forkserver._forkserver._forkserver_pid not in killed


def test_where_no_worker_can_be_started_a_call_ends_with_a_sentence(monkeypatch):
    def refused(*_):
        raise BlockingIOError("Resource temporarily unavailable")

    monkeypatch.setattr(worker_process, "_started", refused)
    with Pool(2) as pool:
        with pytest.raises(LostWorkerError, match="No worker process can be started"):
            pool.submit(tasks.answer, 1).result(HANG)

        monkeypatch.undo()
        assert pool.submit(tasks.answer, 2).result(HANG) == 2


@pytest.mark.parametrize(
    ("death", "kind", "named"),
    [
        (tasks.abort, "engine", "SIGABRT"),
        (tasks.read_null_pointer, "engine", "SIGSEGV"),
    ],
)
def test_a_worker_that_dies_while_the_engine_reads_lays_it_to_the_engine(
    lone_worker, death, kind, named
):
    with pytest.raises(EngineError, match=f"engine crashed .*{named}") as error:
        lone_worker.submit(tasks.in_engine_stage, death).result(HANG)

    assert error.value.error_kind == kind


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' allocators differ")
def test_a_worker_uses_the_memory_of_one_image_again_for_the_next(lone_worker):
    pixels = 40 * 2**20
    found = lone_worker.submit(tasks.page_faults_of_an_image, pixels).result(HANG)

    assert found < pixels / os.sysconf("SC_PAGESIZE") / 10


@pytest.mark.parametrize("death", [tasks.abort, tasks.read_null_pointer])
def test_a_worker_that_dies_of_a_file_lays_it_to_the_input(lone_worker, death):
    with pytest.raises(InputError) as error:
        lone_worker.submit(death).result(HANG)

    assert error.value.error_kind == "input"


@pytest.mark.kill
@pytest.mark.skipif(sys.platform != "linux", reason="there is no fork server")
def test_a_pool_outlives_the_process_that_makes_its_workers(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(ORPHANED)
    process = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        timeout=HANG,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )

    assert process.stdout == "one two\n", process.stderr


ORPHANED = """
import os, signal
from multiprocessing import forkserver
from ocr_core.errors import LostWorkerError
from ocr_core.processes.pool import Pool
from tests.support import tasks

def answered(pool, value):
    while True:
        try:
            return pool.submit(tasks.answer, value).result(60)
        except LostWorkerError:
            pass

with Pool(2) as pool:
    first = answered(pool, "one")
    os.kill(forkserver._forkserver._forkserver_pid, signal.SIGKILL)
    print(first, answered(pool, "two"))
"""


def test_a_folder_in_use_is_left_alone_by_the_next():
    with temporary_folder() as first:
        (first / "page").touch()
        with temporary_folder() as second:
            assert (first / "page").exists()
            assert second != first

    assert not first.exists()
    assert not second.exists()


def test_a_folder_whose_maker_was_killed_at_its_birth_goes_too(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "new-99999999-ocr-core-scratch-x").mkdir()
    young = tmp_path / f"new-{os.getpid()}-ocr-core-scratch-x"
    young.mkdir()

    with temporary_folder():
        pass

    assert list(tmp_path.iterdir()) == [young]


@pytest.mark.parametrize("name", ["ocr-app-1", "ocr-core-results", "ocr-core-2024"])
def test_a_folder_that_is_not_ours_is_left_alone(tmp_path, monkeypatch, name):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    others = tmp_path / name
    others.mkdir()

    with temporary_folder():
        pass

    assert list(tmp_path.iterdir()) == [others]


@pytest.mark.kill
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a fork server")
# A socket's path has at most 107 bytes: its name and the scratch folder's take 52.
@pytest.mark.parametrize("length", [*range(54, 58), 63, 107, 200])
def test_workers_start_however_long_the_name_of_the_temporary_folder_is(
    tmp_path, length
):
    script = tmp_path / "script.py"
    script.write_text(TIMES.replace("tasks.use_processor_time, 2.0", "tasks.answer, 1"))
    with tempfile.TemporaryDirectory(dir="/tmp") as short:  # that of pytest is longer
        folder = Path(short, "x" * (length - len(short) - 1))
        folder.mkdir()

        process = subprocess.run(
            [sys.executable, str(script)],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)},
        )

        assert (process.returncode, process.stderr) == (0, "")
        assert not list(folder.iterdir())


TIMES = """
import time
from ocr_core.processes.pool import Pool
from tests.support import tasks

if __name__ == "__main__":
    with Pool(1) as pool:
        pool.submit(tasks.use_processor_time, 0.5).result()
    print(time.process_time())
"""


@pytest.mark.kill
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux offers this")
def test_the_time_of_a_command_counts_that_of_its_workers(tmp_path):
    script = tmp_path / "times.py"
    script.write_text(TIMES)
    command = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with command.stdout as said:
        own = float(said.read())

    _, status, used = os.wait4(command.pid, 0)
    command.returncode = os.waitstatus_to_exitcode(status)

    assert command.returncode == 0
    # The kernel's own part counts too: to ask for the time is such a part.
    assert used.ru_utime + used.ru_stime >= own + 0.5
