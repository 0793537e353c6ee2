import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ocr_core.errors import (
    CancelledError,
    EngineError,
    InputError,
    LimitError,
    LostWorkerError,
    OcrError,
)
from ocr_core.processes import worker_process
from ocr_core.processes.pool import BusyError, Pool, Task
from ocr_core.tempdirs import temporary_folder
from tests.support import tasks
from tests.support.waiting import HANG, until

ROOT = Path(__file__).parents[2]


def alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{process}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def gate(tmp_path):
    """A file that does not exist yet; tasks wait for it."""
    path = tmp_path / "gate"
    yield path
    path.touch()  # whatever a failed test has left waiting may go


# What workers do


def test_a_call_is_answered_by_another_process(pool):
    assert pool.submit(tasks.answer, {"a": [1, 2]}).result() == {"a": [1, 2]}
    assert pool.submit(tasks.process_id).result() != os.getpid()


def test_a_worker_serves_many_calls(lone_worker):
    served = {lone_worker.submit(tasks.process_id).result() for _ in range(5)}

    assert len(served) == 1


def test_a_refusal_comes_home_as_it_was_told(pool):
    task = pool.submit(tasks.refuse, "The page is torn.")

    with pytest.raises(InputError) as refusal:
        task.result()

    assert (refusal.value.message, refusal.value.hint) == (
        "The page is torn.",
        "Try another.",
    )


def test_an_accident_becomes_a_sentence(pool):
    task = pool.submit(tasks.stumble)

    with pytest.raises(EngineError, match="unexpected fault") as error:
        task.result()

    # Python's own words are not for users.
    assert not re.search("accident|ZeroDivision", str(error.value))


def test_an_answer_that_cannot_travel_costs_only_its_page(lone_worker):
    task = lone_worker.submit(tasks.unpicklable)

    with pytest.raises(EngineError):
        task.result(HANG)

    assert lone_worker.submit(tasks.answer, 1).result() == 1


@pytest.mark.parametrize(
    ("death", "arguments", "cause"),
    [
        (tasks.be_killed, (), "SIGKILL"),
        (tasks.abort, (), "SIGABRT"),
        (tasks.follow_null, (), "SIGSEGV"),
        (tasks.leave, (7,), "exit code 7"),
    ],
)
def test_a_dead_worker_costs_its_page_and_the_next_is_read(
    lone_worker, death, arguments, cause
):
    lost = lone_worker.submit(death, *arguments)
    following = lone_worker.submit(tasks.answer, "next")

    with pytest.raises(OcrError, match=f"worker that read the page .*{cause}"):
        lost.result(HANG)

    assert following.result(HANG) == "next"


def test_of_many_pages_only_that_of_the_dead_worker_is_lost(pool):
    calls = [
        pool.submit(tasks.be_killed)
        if number == 3
        else pool.submit(tasks.answer, number)
        for number in range(12)
    ]

    lost = [number for number, task in enumerate(calls) if task.future.exception()]

    assert lost == [3]


def test_a_page_that_hangs_ends_at_its_time_limit_with_a_sentence(lone_worker):
    before = lone_worker.submit(tasks.process_id).result()
    task = lone_worker.submit(tasks.hang, seconds=1)

    with pytest.raises(LimitError, match="more than the limit of 1 seconds"):
        task.result(HANG)

    assert lone_worker.submit(tasks.answer, 1).result(HANG) == 1
    assert not alive(before)


@pytest.mark.parametrize("swell", [tasks.swell, tasks.swell_slowly])
def test_a_page_that_swells_ends_at_the_memory_limit_with_a_sentence(
    lone_worker, swell
):
    task = lone_worker.submit(swell)

    with pytest.raises(InputError, match=r"memory|died"):
        task.result(HANG)

    assert lone_worker.submit(tasks.answer, 1).result(HANG) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux offers this")
def test_a_worker_keeps_its_temporary_files_where_the_pool_removes_them():
    with Pool(1) as pool:
        left = Path(pool.submit(tasks.leave_a_file).result())
        assert left.exists()

    assert not left.exists()
    assert not left.parent.exists()


# Calling off


def test_a_running_call_can_be_called_off_and_its_worker_is_replaced(lone_worker):
    before = lone_worker.submit(tasks.process_id).result()
    task = lone_worker.submit(tasks.hang)
    until(lambda: task.started)

    lone_worker.cancel(task)

    with pytest.raises(CancelledError, match="cancelled"):
        task.result(HANG)
    assert lone_worker.submit(tasks.answer, 1).result(HANG) == 1
    until(lambda: not alive(before))


def test_a_waiting_call_can_be_called_off_and_never_runs(lone_worker, gate, tmp_path):
    book = tmp_path / "book"
    first = [lone_worker.submit(tasks.wait_for, str(gate)) for _ in range(2)]
    waiting = lone_worker.submit(tasks.sign, str(book), "me")

    lone_worker.cancel(waiting)
    gate.touch()

    with pytest.raises(CancelledError):
        waiting.result(HANG)
    assert [task.result(HANG) for task in first] == [str(gate)] * 2
    assert lone_worker.queued == 0
    assert not book.exists()


def test_all_that_an_owner_has_is_called_off_and_nothing_else(lone_worker, gate):
    calls = [
        lone_worker.submit(tasks.wait_for, str(gate), owner=owner) for owner in "abaab"
    ]

    lone_worker.cancel_owner("a")
    gate.touch()

    for owner, task in zip("abaab", calls, strict=True):
        if owner == "a":
            with pytest.raises(CancelledError):
                task.result(HANG)
        else:
            assert task.result(HANG) == str(gate)


def test_a_call_that_is_done_keeps_its_answer_when_it_is_called_off(lone_worker):
    task = lone_worker.submit(tasks.answer, 1)
    task.result()

    lone_worker.cancel(task)

    assert task.result() == 1


# Turns


def test_an_owner_of_one_page_waits_for_few_of_a_long_batch(
    lone_worker, gate, tmp_path
):
    book = tmp_path / "book"
    lone_worker.submit(tasks.wait_for, str(gate), owner="batch")
    batch = [
        lone_worker.submit(tasks.sign, str(book), "batch", owner="batch")
        for _ in range(30)
    ]
    short = lone_worker.submit(tasks.sign, str(book), "short", owner="short")
    before = lone_worker.position(short)

    gate.touch()
    for task in [*batch, short]:
        task.result(HANG)

    order = book.read_text().split()
    assert before <= 1
    assert order.index("short") <= 2  # one call may be in the worker's hands already
    assert len(order) == 31


def test_owners_take_turns(lone_worker, gate, tmp_path):
    book = tmp_path / "book"
    held = [lone_worker.submit(tasks.wait_for, str(gate), owner="x")]
    until(lambda: held[0].started)
    calls = [
        lone_worker.submit(tasks.sign, str(book), owner, owner=owner)
        for owner in ("a", "a", "a", "b", "b", "c")
    ]

    gate.touch()
    for task in held + calls:
        task.result(HANG)

    assert "".join(book.read_text().split()) == "abcaba"


def test_a_waiting_call_knows_how_many_come_before_it(lone_worker, gate):
    held = [lone_worker.submit(tasks.wait_for, str(gate), owner="x")]
    until(lambda: held[0].started)
    first, second, third = [
        lone_worker.submit(tasks.answer, 1, owner="a") for _ in range(3)
    ]
    other = lone_worker.submit(tasks.answer, 1, owner="b")

    positions = [lone_worker.position(each) for each in (first, second, third)]

    assert positions == [1, 2, 3]  # b's page has its turn among them
    assert lone_worker.position(other) == 1
    assert lone_worker.wait_seconds(third) > lone_worker.wait_seconds(first)
    gate.touch()
    for task in [*held, first, second, third, other]:
        task.result(HANG)
    assert lone_worker.position(third) == 0


# Limits of the queue


def test_a_full_queue_refuses_and_says_when_to_come_again(gate):
    with Pool(1, queue=3) as pool:
        first = pool.submit(tasks.wait_for, str(gate))
        until(lambda: first.started)
        for _ in range(3):
            pool.submit(tasks.wait_for, str(gate))

        with pytest.raises(BusyError, match="3 pages are waiting") as refusal:
            pool.submit(tasks.answer, 1)

        assert 1 <= refusal.value.retry_after <= 600
        assert str(refusal.value.retry_after) in refusal.value.hint


def test_an_owner_who_has_a_full_share_is_refused_and_others_are_served(gate):
    with Pool(1, per_owner=2) as pool:
        first = pool.submit(tasks.wait_for, str(gate), owner="greedy")
        until(lambda: first.started)
        for _ in range(2):
            pool.submit(tasks.wait_for, str(gate), owner="greedy")

        with pytest.raises(BusyError):
            pool.submit(tasks.answer, 1, owner="greedy")
        other = pool.submit(tasks.answer, 1, owner="other")

        gate.touch()
        assert other.result(HANG) == 1


# The end


def test_closing_calls_off_what_is_not_done_and_leaves_no_process(gate):
    pool = Pool(1)
    worker = pool.submit(tasks.process_id).result()
    calls = [pool.submit(tasks.wait_for, str(gate), owner=owner) for owner in "aab"]

    pool.close()

    for task in calls:
        with pytest.raises(CancelledError):
            task.result(HANG)
    until(lambda: not alive(worker))


def test_a_closed_pool_takes_nothing_more():
    pool = Pool(1)
    pool.close()

    with pytest.raises(CancelledError, match="stopped"):
        pool.submit(tasks.answer, 1)


def test_a_task_tells_whether_it_is_done(lone_worker, gate):
    task: Task = lone_worker.submit(tasks.wait_for, str(gate))

    assert not task.done()

    gate.touch()
    task.result(HANG)
    assert task.done()


TIMES = """
import time
from ocr_core.processes.pool import Pool
from tests.support import tasks

if __name__ == "__main__":
    with Pool(1) as pool:
        pool.submit(tasks.toil, 0.5).result()
    print(time.process_time())
"""


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


PARENT = """
import sys, threading
from ocr_core.processes.pool import Pool
from tests.support import tasks

if __name__ == "__main__":
    pool = Pool(3)
    for _ in range(2):
        pool.submit(tasks.sign_and_hang, sys.argv[1])
    print(pool.submit(tasks.leave_a_file).result(), flush=True)
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
    [(tasks.abort, "engine", "SIGABRT"), (tasks.follow_null, "engine", "SIGSEGV")],
)
def test_a_worker_that_dies_while_the_engine_reads_lays_it_to_the_engine(
    lone_worker, death, kind, named
):
    with pytest.raises(EngineError, match=f"engine crashed .*{named}") as error:
        lone_worker.submit(tasks.in_the_engine, death).result(HANG)

    assert error.value.error_kind == kind


@pytest.mark.parametrize("death", [tasks.abort, tasks.follow_null])
def test_a_worker_that_dies_of_a_file_lays_it_to_the_input(lone_worker, death):
    with pytest.raises(InputError) as error:
        lone_worker.submit(death).result(HANG)

    assert error.value.error_kind == "input"


@pytest.mark.kill
@pytest.mark.skipif(sys.platform != "linux", reason="there is no fork server")
def test_a_pool_outlives_the_process_that_makes_its_workers(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(ORPHANED)
    told = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        timeout=HANG,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )

    assert told.stdout == "one two\n", told.stderr


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


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a fork server")
@pytest.mark.parametrize("length", [*range(58, 70), 107, 200])
def test_workers_start_however_long_the_name_of_the_temporary_folder_is(
    tmp_path, length
):
    folder = tmp_path / "x".ljust(length - len(f"{tmp_path}/"), "x")
    folder.mkdir()
    script = tmp_path / "script.py"
    script.write_text(TIMES.replace("tasks.toil, 2.0", "tasks.answer, 1"))

    told = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)},
    )

    assert (told.returncode, told.stderr) == (0, "")
    assert not list(folder.iterdir())
