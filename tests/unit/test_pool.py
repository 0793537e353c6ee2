import os
import re
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from ocr_core.errors import (
    CancelledError,
    EngineError,
    InputError,
    LimitError,
    LostWorkerError,
    OcrError,
)
from ocr_core.execution.batch import TRIES, RetryingTask
from ocr_core.page import PageRef
from ocr_core.processes import worker_process
from ocr_core.processes.pool import BusyError, Pool, Task
from tests.support import tasks
from tests.support.processes import alive
from tests.support.waiting import HANG, until

ROOT = Path(__file__).parents[2]


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


def test_control_c_before_a_thread_is_started_leaves_a_pool_that_closes(monkeypatch):
    def interrupted(thread):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, Pool(1, seconds=HANG) as pool:
        patched.setattr("threading.Thread.start", interrupted)
        with pytest.raises(KeyboardInterrupt):
            pool.submit(tasks.process_id)


def test_a_worker_serves_many_calls(lone_worker):
    served = {lone_worker.submit(tasks.process_id).result() for _ in range(5)}

    assert len(served) == 1


def test_an_error_is_returned_as_it_was_raised(pool):
    task = pool.submit(tasks.raise_input_error, "The page is torn.")

    with pytest.raises(InputError) as refusal:
        task.result()

    assert (refusal.value.message, refusal.value.hint) == (
        "The page is torn.",
        "Try another.",
    )


def test_an_unexpected_error_becomes_a_message(pool):
    task = pool.submit(tasks.raise_unexpected_error)

    with pytest.raises(EngineError, match="unexpected error") as error:
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
        (tasks.kill_self, (), "SIGKILL"),
        (tasks.abort, (), "SIGABRT"),
        (tasks.read_null_pointer, (), "SIGSEGV"),
        (tasks.exit_with, (7,), "exit code 7"),
    ],
)
def test_a_dead_worker_costs_its_page_and_the_next_is_read(
    lone_worker, death, arguments, cause
):
    lost = lone_worker.submit(death, *arguments)
    following = lone_worker.submit(tasks.answer, "next")

    with pytest.raises(
        OcrError, match=f"worker (process )?that read the page .*{cause}"
    ):
        lost.result(HANG)

    assert following.result(HANG) == "next"


def test_of_many_pages_only_that_of_the_dead_worker_is_lost(pool):
    calls = [
        pool.submit(tasks.kill_self)
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


@pytest.mark.parametrize("death", [tasks.hang, tasks.abort, tasks.exceed_memory])
def test_an_answer_that_was_offered_stands_where_the_call_does_not_end(
    lone_worker, death, monkeypatch
):
    monkeypatch.setattr(worker_process, "MORE_TIME", 1)
    task = lone_worker.submit(tasks.offer_then, "the first", death, seconds=3)

    assert task.result(HANG) == "the first"


def ended_at(*events, seconds=90):
    """Run a call whose messages arrive at given times, on a clock of our own."""
    clock, waiting = [0.0], list(events)

    def wait(_, left):
        if waiting and waiting[0][0] <= clock[0] + left:
            clock[0] = waiting[0][0]
            return [True]
        return []

    connection = SimpleNamespace(
        poll=lambda: True, recv=lambda: waiting.pop(0)[1], send=lambda call: None
    )
    worker = object.__new__(worker_process.WorkerProcess)
    worker._connection = connection
    worker._process = SimpleNamespace(sentinel=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker_process, "wait", wait)
        patch.setattr(
            worker_process, "time", SimpleNamespace(monotonic=lambda: clock[0])
        )
        return worker.call(tasks.answer, (1,), seconds)


FIRST = worker_process.Provisional("the first")


def test_a_call_that_offered_an_answer_has_more_time_on_a_busy_machine():
    late = 80 + 90 * worker_process.MORE_TIME

    assert ended_at((80, FIRST), (late - 1, ("better", None))) == "better"


@pytest.mark.parametrize(
    "events",
    [
        [(91, FIRST), (92, ("better", None))],
        [(80, FIRST), (81 + 90 * worker_process.MORE_TIME, ("better", None))],
        [(80, "engine"), (91, ("better", None))],
    ],
)
def test_a_call_that_hangs_ends_at_its_limit_with_an_offer_and_without(events):
    with pytest.raises(worker_process.SlowCallError):
        ended_at(*events)


def test_a_call_that_ends_is_worth_more_than_what_it_offered(lone_worker):
    task = lone_worker.submit(tasks.offer_then, "the first", tasks.process_id)

    assert task.result(HANG) is None  # what the call returned
    assert task.provisional == "the first"


def test_a_call_killed_from_outside_can_be_made_again_before_its_offer_counts(
    lone_worker,
):
    submit = partial(lone_worker.submit, tasks.offer_then, "the first", tasks.kill_self)

    with pytest.raises(LostWorkerError):
        submit().result(HANG)
    again = RetryingTask(PageRef("page"), submit)

    assert again.result() == "the first"
    assert again.tries == TRIES


@pytest.mark.parametrize(
    "exceed",
    [tasks.exceed_memory, tasks.exceed_memory_slowly, tasks.use_three_gigabytes],
)
def test_a_page_that_needs_too_much_memory_fails_with_a_message(lone_worker, exceed):
    task = lone_worker.submit(exceed)

    with pytest.raises(InputError, match=r"memory|died"):
        task.result(HANG)

    assert lone_worker.submit(tasks.answer, 1).result(HANG) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux offers this")
def test_a_worker_keeps_its_temporary_files_where_the_pool_removes_them():
    with Pool(1) as pool:
        left = Path(pool.submit(tasks.make_temporary_file).result())
        assert left.exists()

    assert not left.exists()
    assert not left.parent.exists()


# Calling off


def test_a_running_call_can_be_cancelled_and_its_worker_is_replaced(lone_worker):
    before = lone_worker.submit(tasks.process_id).result()
    task = lone_worker.submit(tasks.hang)
    until(lambda: task.started)

    lone_worker.cancel(task)

    with pytest.raises(CancelledError, match="cancelled"):
        task.result(HANG)
    assert lone_worker.submit(tasks.answer, 1).result(HANG) == 1
    until(lambda: not alive(before))


def test_a_waiting_call_can_be_cancelled_and_never_runs(lone_worker, gate, tmp_path):
    book = tmp_path / "book"
    first = [lone_worker.submit(tasks.wait_for, str(gate)) for _ in range(2)]
    waiting = lone_worker.submit(tasks.append_name, str(book), "me")

    lone_worker.cancel(waiting)
    gate.touch()

    with pytest.raises(CancelledError):
        waiting.result(HANG)
    assert [task.result(HANG) for task in first] == [str(gate)] * 2
    assert lone_worker.queued == 0
    assert not book.exists()


def test_all_that_an_owner_has_is_cancelled_and_nothing_else(lone_worker, gate):
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


def test_a_call_that_is_done_keeps_its_answer_when_it_is_cancelled(lone_worker):
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
        lone_worker.submit(tasks.append_name, str(book), "batch", owner="batch")
        for _ in range(30)
    ]
    short = lone_worker.submit(tasks.append_name, str(book), "short", owner="short")
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
        lone_worker.submit(tasks.append_name, str(book), owner, owner=owner)
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
