"""Batch run: documents are added, read, paused, retried and selected."""

import asyncio
import sqlite3
import threading
import time
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.session import pools
from app.session.arrival import add_files
from app.session.batch_run import CancellablePool, Run, RunPlan
from app.session.image_cache import PICTURES, PictureStore
from app.session.project import Project
from app.session.project_runs import follow_in_thread, retry_failed
from app.ui.downloads import page_file_name
from app.workbench.tabs import in_bars
from ocr_core.errors import CancelledError, InputError, SettingsError
from ocr_core.exports import FORMATS
from ocr_core.page import PageRef, PageResult, Word
from ocr_core.processes.pool import Pool
from ocr_core.settings import Settings
from tests.support import hostile, tasks
from tests.support.app_driver import (
    CUT,
    finish,
    give,
    rerun_until,
    results_of,
    shown_text,
)
from tests.support.app_pages import FOX, png, scanned_pdf
from tests.support.waiting import HANG, until


def test_what_is_submitted_after_the_stop_is_cancelled():
    stopped = threading.Event()
    with Pool(workers=1) as pool:
        readers = CancellablePool(pool, stopped.is_set)
        assert readers.submit(tasks.answer, 1).result() == 1

        stopped.set()

        with pytest.raises(CancelledError):
            readers.submit(tasks.hang).result()


# The clock


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test moves."""
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(
        "app.session.batch_run.time", SimpleNamespace(monotonic=lambda: clock.now)
    )
    return clock


def page(status="ok", path="a.png"):
    return PageResult(PageRef(path), status=status)


def test_a_run_knows_its_speed_from_the_pages_read(clock):
    run = Run(Settings(), "me", total=10, started=clock.now)
    assert run.pace is None

    clock.now += 30
    run.results += [page(), page()]

    assert run.pace.pages_a_minute == pytest.approx(4)
    assert run.pace.seconds_left == pytest.approx(120)


def test_a_pause_counts_neither_as_time_nor_against_the_speed(clock):
    run = Run(Settings(), "me", total=10, started=clock.now)
    clock.now += 30
    run.results += [page(), page()]

    run.pause()
    clock.now += 1000
    assert (run.paused, run.seconds) == (True, pytest.approx(30))
    run.go_on()
    run.go_on()  # a second click finds nothing left to do

    assert (run.paused, run.seconds) == (False, pytest.approx(30))
    assert run.pace.seconds_left == pytest.approx(120)


def test_another_try_takes_its_speed_from_its_own_pages(clock):
    run = Run(Settings(), "me", total=3, started=clock.now)
    clock.now += 60
    run.results += [page(), page(), page("failed")]
    run.ended = clock.now
    clock.now += 1000

    run.start_again(run.results[:2])
    assert run.busy and run.pace is None
    clock.now += 30
    run.results.append(page())

    assert run.pace.pages_a_minute == pytest.approx(2)
    assert run.seconds == pytest.approx(90)


# Which pages


def test_single_pages_of_single_documents_can_be_chosen(session):
    session.add("a", "blank.png", png(""))
    session.add("b", "two.pdf", scanned_pdf("", ""))
    session.add("c", "left_out.png", png(""))

    run = session.read_all(Settings(), {"b": "2", "a": ""})

    assert run.total == 2
    assert finish(run) == [("blank", 1, "blank"), ("two", 2, "blank")]


@pytest.mark.parametrize(
    ("pages", "complaint"), [("2-", "Its last page is 1."), ("one", "as in 1-3,7")]
)
def test_pages_that_are_not_there_are_refused(session, pages, complaint):
    session.add("a", "blank.png", png(""))

    with pytest.raises(SettingsError, match=complaint):
        session.read_all(Settings(), {"a": pages})

    assert session.run is None


def test_a_file_refused_for_its_size_keeps_its_reason_in_the_results(
    session, monkeypatch
):
    session.add("a", "blank.png", png(""))
    monkeypatch.setattr(
        "app.session.project_documents.MAX_PROJECT_BYTES",
        session.project.documents.held,
    )
    refused = session.add("b", "large.png", png())
    session.add("c", "note.png", b"")

    run = session.read_all(Settings())

    assert finish(run) == [
        ("blank", 1, "blank"),
        ("large", 0, "failed"),
        ("note", 0, "failed"),
    ]
    assert run.failures[0].error == refused.error
    assert "MB" in run.failures[0].error
    assert [each.ref.doc_id for each in run.retryable] == ["note"]


def test_only_what_failed_is_read_again(session, monkeypatch):
    session.add("a", "two.pdf", scanned_pdf("", ""))
    upload = session.add("b", "cut.png", CUT)
    run = session.read_all(Settings())
    assert finish(run)[2] == ("cut", 1, "failed")
    first = run.results[0]
    upload.path.write_bytes(png(""))  # as if the trouble had passed

    retry_failed(session.project)

    assert finish(run) == [
        ("two", 1, "blank"),
        ("two", 2, "blank"),
        ("cut", 1, "blank"),
    ]
    assert run.results[0] is first
    assert not run.failures


def test_a_paused_run_takes_up_no_more_pages(session, monkeypatch):
    def reading(corpus, refs, *_, **__):
        yield from map(PageResult, refs)

    monkeypatch.setattr("app.session.batch_run.read_into", reading)
    for key in "abc":
        session.add(key, f"{key}.png", png(""))
    run = Run(Settings(), "me", 3)
    run.pause()
    session.project.run = run
    looks = []

    def look_later(seconds):
        looks.append(seconds)
        time.sleep(seconds)

    clock = SimpleNamespace(monotonic=time.monotonic, sleep=look_later)
    monkeypatch.setattr("app.session.batch_run.time", clock)

    plan = RunPlan(list(session.refs().values()), lambda ref, number: True)
    follow_in_thread(session.project, run, plan)
    until(lambda: len(looks) > 3)

    assert len(run.results) == 1 and run.busy
    run.go_on()
    assert len(finish(run)) == 3


def test_an_unexpected_error_ends_a_run_and_is_shown(app, monkeypatch):
    def reading(*_, **__):
        raise sqlite3.DatabaseError("database disk image is malformed")

    monkeypatch.setattr("app.session.batch_run.read_into", reading)
    give(app, blank(2))

    app.button(key="read_all").click().run()
    rerun_until(app, lambda app: app.error)

    message = app.error[0].value.replace("\\", "")
    assert "database disk image is malformed. Read all again" in message
    assert "What was read before is kept" in app.warning[0].value
    assert not app.success


def test_each_end_of_a_run_is_drawn_as_that_of_another_try(app, monkeypatch):
    """The part that watches a run draws the screen anew unless it shows the end."""
    goes_on = threading.Event()

    def reading(*arguments, **options):
        goes_on.wait(HANG)
        return iter(())

    give(app, {"1.png": png(""), "note.png": b"nothing"})
    app.button(key="read_all").click().run()
    rerun_until(app, lambda app: app.warning)
    assert app.session_state.end_is_shown

    monkeypatch.setattr("app.session.batch_run.read_into", reading)
    app.button(key="retry").click().run()
    assert app.session_state.session.run.busy
    assert not app.session_state.end_is_shown

    goes_on.set()
    rerun_until(app, lambda app: app.session_state.end_is_shown)


# Documents


def test_documents_can_be_moved_and_sorted(session):
    for name in ("b10.png", "a.png", "b2.png"):
        session.add(name, name, png(""))

    session.project.documents.move(["b2.png"], -1)
    assert list(session.uploads) == ["b10.png", "b2.png", "a.png"]
    session.project.documents.move(["b10.png", "b2.png"], 1)
    assert list(session.uploads) == ["a.png", "b10.png", "b2.png"]
    session.project.documents.move(["a.png"], -1)  # it is the first already
    assert list(session.uploads) == ["a.png", "b10.png", "b2.png"]
    session.project.documents.sort()
    assert list(session.uploads) == ["a.png", "b2.png", "b10.png"]


def test_a_thumbnail_is_made_when_it_is_fetched_and_goes_with_its_document(session):
    session.add("a", "page.png", png(size=(800, 400)))
    name = (
        session.pictures.thumbnail("a", session.uploads["a"].first_page)
        .rsplit("/", 1)[-1]
        .removesuffix(".jpg")
    )
    assert PICTURES.get(name) is None

    jpeg = asyncio.run(PICTURES.fetch(name))

    assert jpeg.startswith(b"\xff\xd8") and len(jpeg) < 10_000
    assert session.pictures.thumbnail("a", session.uploads["a"].first_page).endswith(
        f"{name}.jpg"
    )
    session.remove("a")
    assert asyncio.run(PICTURES.fetch(name)) is None


def test_a_picture_that_cannot_be_made_is_none():
    store = PictureStore()
    cut: Future[bytes] = Future()
    cut.set_exception(InputError("cut.png is damaged."))

    store.promise("a", lambda: cut)

    assert asyncio.run(store.fetch("a")) is None


def test_pictures_that_are_slow_to_come_keep_nobody_else_waiting():
    store = PictureStore()
    never: Future[bytes] = Future()
    ready: Future[bytes] = Future()
    ready.set_result(b"drawn")
    store.put("seen", b"seen")
    store.promise("drawn", lambda: ready)
    for number in range(100):
        store.promise(f"{number}", lambda: never)

    async def look():
        slow = [asyncio.create_task(store.fetch(f"{each}")) for each in range(100)]
        await asyncio.sleep(0)
        found = await store.fetch("seen"), await store.fetch("drawn")
        assert not any(task.done() for task in slow)
        return found

    assert asyncio.run(look()) == (b"seen", b"drawn")


def test_small_pictures_wait_in_another_queue_than_the_page_on_the_screen(
    session, monkeypatch
):
    session.add("a", "page.png", png(size=(800, 400)))
    ref = session.refs()["a"]
    asked = []

    class RefusingPool:
        def submit(self, function, *_, owner, seconds):
            asked.append((function.__name__, seconds))
            raise InputError("It is shut.")

    with monkeypatch.context() as shut:
        shut.setattr(pools, "small_pool", RefusingPool)
        shown = session.pictures.scan(ref, 72)
        for url in (
            session.pictures.thumbnail("a", session.uploads["a"].first_page),
            session.pictures.strip(ref, 72, ()),
        ):
            assert asyncio.run(PICTURES.fetch(url[6:-4])) is None

    assert shown.picture.size
    assert asked == [("thumbnail", 5), ("strip", 15)]


# The page


def blank(count, text=""):
    return {f"{number}.png": png(text) for number in range(1, count + 1)}


def test_one_document_is_not_called_documents(app):
    give(app, {"1.png": png("")})
    app.switch_page("views/batch.py").run()
    assert "1 document · 1 page" in shown_text(app)

    app.switch_page("views/workbench.py").run()
    give(app, {"two.pdf": scanned_pdf("", ""), "note.png": b"nothing"})
    app.switch_page("views/batch.py").run()
    assert "2 documents · 3 pages · 1 that cannot be opened" in shown_text(app)


def test_a_document_that_failed_as_a_whole_has_no_page_and_no_none(app):
    give(app, {"1.png": png(""), "note.png": b"nothing"})
    app.button(key="read_all").click().run()
    rerun_until(app, lambda app: app.warning)

    failures = app.dataframe[0]
    assert failures.proto.placeholder == ""
    assert failures.value["page"].isna().all()
    assert "Read 1 page in" in app.warning[0].value


def test_files_hold_only_the_pages_whose_rows_are_chosen(app):
    give(app, blank(3))
    app.button(key="read_all").click().run()
    rerun_until(app, lambda app: app.success)
    assert not any("Only the" in each.value for each in app.caption)

    app.session_state["pages_read"] = {
        "selection": {"rows": [2, 0], "columns": [], "cells": []}
    }
    app.run()

    assert any("Only the 2 chosen of 3" in each.value for each in app.caption)


def test_a_run_keeps_no_words_of_a_long_book_and_lists_its_pages_in_parts(
    app, monkeypatch
):
    monkeypatch.setattr("app.workbench.run_table.ROWS", 2)
    give(app, blank(5))
    app.button(key="read_all").click().run()
    rerun_until(app, lambda app: app.success)
    run = app.session_state.session.run
    assert not any(hasattr(each, "rows") for each in run.results)
    assert [len(each.value) for each in app.dataframe] == [2]

    app.session_state["run_sheet"] = 3
    app.run()

    assert app.dataframe[0].value["document"].tolist() == [run.results[4].ref.doc_id]
    app.session_state["pages_read 3"] = {
        "selection": {"rows": [0], "columns": [], "cells": []}
    }
    app.run()
    assert any("Only the 1 chosen of 5" in each.value for each in app.caption)


def test_a_page_of_a_long_document_is_shown_by_its_number(app):
    give(app, {"book.pdf": hostile.many_page_pdf(1500)})

    app.number_input(key="page_number").set_value(1437).run()

    assert not app.exception
    assert app.session_state["page"] == 1437


def test_documents_that_do_not_fit_into_a_project_are_refused_with_their_number(
    session, monkeypatch
):
    monkeypatch.setattr("app.session.project_documents.MAX_DOCUMENTS", 4)
    saved = []
    monkeypatch.setattr(Project, "save", lambda project: saved.append(project))

    files = [(str(n), f"{n}.txt", f"text {n}".encode()) for n in range(9)]
    add_files(session, files)

    assert [each.label for each in session.uploads.values()] == [
        *("0.txt", "1.txt", "2.txt"),
        "8.txt",
    ]
    assert "a project holds 3 documents" in session.uploads["left out"].error
    assert len(saved) == 1


def test_the_session_says_how_much_it_holds_and_what_to_do_only_when_nearly_full(
    app, monkeypatch
):
    def said():
        return [each.value for each in app.caption if "MB used" in each.value]

    give(app, {"1.png": png("")})
    assert said() == ["1 of 200 MB used."]

    held = app.session_state.session.project.documents.held
    monkeypatch.setattr("app.workbench.uploads.MAX_PROJECT_BYTES", held / 0.79)
    app.run()
    assert said()[0].endswith("MB used.")
    monkeypatch.setattr("app.workbench.uploads.MAX_PROJECT_BYTES", held / 0.81)
    app.run()

    assert said()[0].endswith("MB used. Remove documents to make room.")


def test_documents_are_arranged_in_a_dialog_of_their_own(app):
    give(app, {"b.png": png(""), "a.png": png(FOX), "note.png": b"nothing"})

    app.button(key="arrange").click().run()

    table = app.dataframe[-1].value
    assert table["document"].tolist() == ["b.png", "a.png", "note.png"]
    assert table["first page"].notna().tolist() == [True, True, False]
    assert "note.png is not an image" in table["problem"][2]


# Names and filters


@pytest.mark.parametrize(
    ("doc_id", "name", "wanted"),
    [
        ("fox", "txt", "fox_page_3.txt"),
        ("fox", "words", "fox_page_3_words.csv"),
        ("../a b", "txt", "_a_b_page_3.txt"),
    ],
)
def test_the_name_of_a_download_says_what_it_holds(doc_id, name, wanted):
    result = PageResult(PageRef("fox.png", 3, doc_id))

    assert page_file_name(result, FORMATS[name]) == wanted


def test_a_bar_of_the_histogram_keeps_the_words_in_it():
    words = tuple(
        Word(1, 1, 1, n, 0, 0, 1, 1, conf, "a")
        for n, conf in enumerate([0, 9.9, 10, 55, 90, 100])
    )
    table = PageResult(PageRef("a.png"), words).words

    assert in_bars(table, set()).all()
    assert in_bars(table, {0}).tolist() == [True, True, False, False, False, False]
    assert in_bars(table, {10, 90}).tolist() == [False, False, True, False, True, True]


def test_the_settings_of_a_run_are_those_of_its_start(session):
    session.add("a", "blank.png", png(""))
    settings = Settings.from_flat({"margin": 5})

    run = session.read_all(settings)

    finish(run)
    assert {each.settings["margin"] for each in results_of(session)} == {5}
    assert Path(run.results[0].ref.path).exists()
