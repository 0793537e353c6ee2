"""Page jobs: equal requests are read once, and sessions that share a result learn
nothing of each other."""

from concurrent.futures import Future

import pytest

from app.session.page_jobs import PageJobs, effective
from ocr_core.errors import EngineError, InputError
from ocr_core.page import PageRef, PageResult, Word
from ocr_core.processes.pool import Task
from ocr_core.settings import Settings

PLAIN = Settings()


class ControlledPool:
    """A pool whose tasks the test finishes."""

    def __init__(self):
        self.tasks, self.cancelled = [], []
        self.idle = True

    def submit(self, function, *arguments, owner=""):
        self.tasks.append(Task(function, arguments, owner, 1, Future()))
        return self.tasks[-1]

    def cancel(self, task):
        self.cancelled.append(task)
        task.future.set_exception(EngineError("cancelled"))


@pytest.fixture
def pool():
    return ControlledPool()


@pytest.fixture
def page_jobs(pool):
    return PageJobs(lambda: pool, 3)


def ref(name, number=1):
    return PageRef(f"/{name}/scan", number, doc_id=name, source_file=f"{name}.png")


def finish(task):
    path = task.arguments[0]
    task.future.set_result(PageResult(path, settings=PLAIN.flat(), engine="marks"))


def test_equal_requests_are_read_once_while_under_way_and_later(pool, page_jobs):
    first = page_jobs.ask("ab", ref("a"), PLAIN, "a")
    second = page_jobs.ask("ab", ref("b"), PLAIN, "b")
    assert not second.done()
    finish(pool.tasks[0])
    third = page_jobs.ask("ab", ref("c"), PLAIN, "c")

    assert len(pool.tasks) == 1
    assert first.done() and second.done() and third.done()


def test_a_shared_reading_bears_the_names_of_who_asked(pool, page_jobs):
    page_jobs.ask("ab", ref("a"), PLAIN, "a")
    other = PLAIN.from_flat({"denoise_strength": 9})
    second = page_jobs.ask("ab", ref("b"), other, "b")
    finish(pool.tasks[0])

    result = second.result()

    assert result.ref == ref("b")
    assert result.settings == other.flat()
    assert result.settings_digest == other.digest


def test_a_shared_failure_bears_the_name_of_who_asked(pool, page_jobs):
    first = page_jobs.ask("ab", ref("a"), PLAIN, "a")
    second = page_jobs.ask("ab", ref("damaged"), PLAIN, "b")
    name = pool.tasks[0].arguments[0].source_file
    error = InputError(f"{name} is damaged.", hint="Save it again.")
    pool.tasks[0].future.set_exception(error)

    for reading, own in ((first, "a.png"), (second, "damaged.png")):
        with pytest.raises(InputError) as raised:
            reading.result()
        for error in (raised.value, reading.error):
            assert str(error) == f"{own} is damaged. Save it again."


@pytest.mark.parametrize(
    ("sha256", "number", "flat"),
    [("cd", 1, {}), ("ab", 2, {}), ("ab", 1, {"invert": "on"})],
)
def test_unequal_requests_are_read_each(pool, page_jobs, sha256, number, flat):
    page_jobs.ask("ab", ref("a"), PLAIN, "a")
    page_jobs.ask(sha256, ref("a", number), PLAIN.from_flat(flat), "a")

    assert len(pool.tasks) == 2


def test_documents_of_unknown_bytes_are_never_taken_for_each_other(pool, page_jobs):
    page_jobs.ask("", ref("a"), PLAIN, "a")
    page_jobs.ask("", ref("b"), PLAIN, "b")

    assert len(pool.tasks) == 2


def test_a_reading_is_cancelled_when_the_last_one_leaves(pool, page_jobs):
    first = page_jobs.ask("ab", ref("a"), PLAIN, "a")
    second = page_jobs.ask("ab", ref("b"), PLAIN, "b")

    page_jobs.leave(second)
    assert not pool.cancelled
    page_jobs.leave(first)

    assert pool.cancelled == pool.tasks


def test_who_stays_is_served_when_the_one_who_asked_first_leaves(pool, page_jobs):
    first = page_jobs.ask("ab", ref("a"), PLAIN, "a")
    second = page_jobs.ask("ab", ref("b"), PLAIN, "b")

    page_jobs.leave(first)

    assert not second.done()
    assert (
        pool.tasks[1].arguments[0].path == ref("b").path
    )  # the other's document may be gone
    finish(pool.tasks[1])
    assert second.result().ref == ref("b")


def test_what_failed_is_read_again(pool, page_jobs):
    failed = page_jobs.ask("ab", ref("a"), PLAIN, "a")
    pool.tasks[0].future.set_exception(EngineError("no"))

    assert isinstance(failed.error, EngineError)
    assert not page_jobs.ask("ab", ref("a"), PLAIN, "a").done()


def test_only_so_many_are_remembered(pool, page_jobs):
    for number in range(5):
        page_jobs.ask("ab", ref("a", number), PLAIN, "a")
        finish(pool.tasks[-1])

    assert page_jobs.ask("ab", ref("a", 4), PLAIN, "a").done()
    assert not page_jobs.ask("ab", ref("a", 0), PLAIN, "a").done()


def test_a_knob_that_sleeps_changes_nothing_and_one_that_wakes_does():
    unused = PLAIN.from_flat({"binarize_k": 0.5})
    is_active = PLAIN.from_flat({"binarize": "sauvola", "binarize_k": 0.5})
    other = PLAIN.from_flat({"binarize": "sauvola", "binarize_k": 0.6})

    assert effective(unused) == effective(PLAIN)
    assert len({effective(PLAIN), effective(is_active), effective(other)}) == 3


WORD = Word(1, 1, 1, 1, 10, 10, 40, 20, 90.0, "First")


def test_the_top_of_a_page_that_is_watched_is_read_beside_it(pool, page_jobs):
    reading = page_jobs.ask("ab", ref("a"), PLAIN, "a", watched=True)
    page, top = pool.tasks
    assert reading.first_words == ()

    top.future.set_result((WORD,))

    assert reading.first_words == (WORD,)
    assert not reading.done()
    finish(page)
    assert reading.result().rows == ()


def test_a_first_reading_is_there_while_a_second_is_made(pool, page_jobs):
    reading = page_jobs.ask("ab", ref("a"), PLAIN, "a")
    assert reading.first_reading is None
    [page] = pool.tasks

    page.offer(PageResult(page.arguments[0], rows=(WORD,)))

    assert reading.first_reading.text == "First"


def test_who_leaves_wants_the_top_no_more_either(pool, page_jobs):
    reading = page_jobs.ask("ab", ref("a"), PLAIN, "a", watched=True)

    page_jobs.leave(reading)

    assert pool.cancelled == pool.tasks
    assert len(pool.tasks) == 2


def test_a_top_that_cannot_be_read_is_no_matter(pool, page_jobs):
    reading = page_jobs.ask("ab", ref("a"), PLAIN, "a", watched=True)
    page, top = pool.tasks

    top.future.set_exception(EngineError("died"))
    finish(page)

    assert reading.first_words == ()
    assert reading.result().ref.doc_id == "a"


@pytest.mark.parametrize(("idle", "watched"), [(False, True), (True, False)])
def test_no_work_is_done_twice_for_many_pages(pool, page_jobs, idle, watched):
    pool.idle = idle

    page_jobs.ask("ab", ref("a"), PLAIN, "a", watched=watched)

    assert len(pool.tasks) == 1
