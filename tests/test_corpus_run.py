"""Runs into a corpus: what is missing is read, whatever happens in between."""

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from ocr_core.batch import Progress, read_into
from ocr_core.corpus import Corpus
from ocr_core.documents import find_documents
from ocr_core.errors import LostWorkerError
from ocr_core.exports import FORMATS
from ocr_core.settings import Settings
from tests.conftest import InlinePool
from tests.marks import MARKS, marked_image

ROOT = Path(__file__).parents[1]
SETTINGS = Settings()
COMMAND = [sys.executable, "-m", "ocr_core"]
PAGES = 24
PATIENCE = 60


@pytest.fixture
def folder(tmp_path):
    """Five different pages, and a document of three."""
    folder = tmp_path / "scans"
    folder.mkdir()
    sheets = [Image.fromarray(marked_image(MARKS[: n + 1])) for n in range(4)]
    sheets[0].save(folder / "long.tif", save_all=True, append_images=sheets[1:3])
    for number, sheet in enumerate(sheets):
        sheet.copy().save(folder / f"{number}.png")
    return folder


@pytest.fixture
def path(tmp_path):
    return tmp_path / "corpus.sqlite"


class CountingPool(InlinePool):
    """Counts the pages it is given to read; loses the first calls where asked."""

    def __init__(self, lost=0):
        super().__init__()
        self.read, self.lost = 0, lost

    def submit(self, function, *arguments, **told):
        task = super().submit(function, *arguments, **told)
        self.read += function.__name__ == "recognize_page"
        if self.lost:
            self.lost -= 1
            task.future = type(task.future)()
            task.future.set_exception(LostWorkerError("Killed."))
        return task


def run(path, sources, pool=None, settings=SETTINGS, **options):
    """Read sources into a corpus; return what was read."""
    documents, _ = find_documents([sources] if isinstance(sources, Path) else sources)
    with Corpus(path, write=True) as corpus:
        found = read_into(corpus, documents, settings, pool or InlinePool(), **options)
        return [(each.ref.doc_id, each.ref.number, each.status) for each in found]


def held(path):
    with Corpus(path) as corpus:
        return [(row.doc_id, row.page_num, row.status) for row in corpus.rows()]


ALL = [
    *((str(number), 1, "ok") for number in range(4)),
    *(("long", number, "ok") for number in (1, 2, 3)),
]


# What is read


def test_a_second_run_reads_nothing(folder, path, marks_engine):
    first, second = CountingPool(), CountingPool()

    assert sorted(run(path, folder, first)) == ALL
    assert run(path, folder, second) == []

    assert (first.read, second.read) == (7, 0)
    assert held(path) == ALL


def test_a_run_that_breaks_off_goes_on_where_it_was(folder, path, marks_engine):
    documents, _ = find_documents([folder])
    with Corpus(path, write=True) as corpus:
        some = read_into(corpus, documents, SETTINGS, InlinePool())
        begun = [next(some) for _ in range(3)]
        some.close()
    pool = CountingPool()

    run(path, folder, pool)

    assert pool.read == 7 - len(begun)
    assert sorted(held(path)) == ALL


def test_the_path_may_be_written_in_another_way(
    folder, path, marks_engine, monkeypatch
):
    run(path, folder)
    monkeypatch.chdir(folder)

    assert run(path, [Path("0.png"), Path("long.tif")]) == []
    assert held(path) == ALL


def test_a_folder_that_moved_is_known(folder, path, marks_engine):
    run(path, folder)

    assert run(path, folder.rename(folder.with_name("elsewhere"))) == []
    assert held(path) == ALL


def test_a_changed_page_and_another_recipe_are_read(folder, path, marks_engine):
    run(path, folder)
    Image.fromarray(marked_image(MARKS[::-1][:2])).save(folder / "2.png")

    assert run(path, folder) == [("2", 1, "ok")]
    assert len(run(path, folder, settings=Settings.from_flat({"psm": 6}))) == 7
    assert held(path) == ALL


def test_another_version_of_the_engine_reads_anew(folder, path, marks_engine):
    run(path, folder / "0.png")
    marks_engine.version = "2.0"

    assert run(path, folder / "0.png") == [("0", 1, "ok")]
    assert held(path) == [("0", 1, "ok")]


def test_failures_are_kept_with_their_cause_and_retried_when_asked(
    folder, path, marks_engine
):
    whole = (folder / "1.png").read_bytes()
    (folder / "1.png").write_bytes(whole[:150])
    (folder / "2.png").write_bytes(b"")

    first = run(path, folder)
    progress, again = Progress(), CountingPool()
    second = run(path, folder, again, progress=progress)

    failed = [("1", 1, "failed"), ("2", 0, "failed")]
    assert sorted(each for each in first if each[2] == "failed") == failed
    assert second == [("2", 0, "failed")]  # there is no page in it to know
    assert (again.read, progress.failed_before) == (0, 1)
    with Corpus(path) as corpus:
        causes = [row.error for row in corpus.rows(status="failed")]
    assert causes[0].startswith("1.png is damaged")
    assert causes[1].startswith("2.png is empty.")

    assert ("1", 1, "failed") in run(path, folder, retry_failed=True)
    (folder / "1.png").write_bytes(whole)
    (folder / "2.png").write_bytes(whole)
    run(path, folder)
    assert held(path) == ALL


def test_a_page_whose_worker_was_killed_is_read_again(folder, path, marks_engine):
    assert run(path, folder / "0.png", CountingPool(lost=2)) == [("0", 1, "ok")]


def test_a_page_that_kills_every_worker_fails_in_the_end(folder, path, marks_engine):
    [(_, number, status)] = run(path, folder / "0.png", CountingPool(lost=99))

    assert (number, status) == (0, "failed")


def test_pages_are_kept_as_they_are_done_not_in_order(folder, path, pool):
    """The first page is slow; the others do not wait for it in memory."""
    (folder / "0.png").unlink()
    Image.new("L", (6000, 6000), 255).save(folder / "0.png")
    for number in range(4, 9):
        Image.new("L", (60, 60), 255 - number).save(folder / f"{number}.png")

    told = run(path, folder, pool)

    assert told[0][0] != "0"
    assert sorted(held(path)) == sorted(told)


def test_progress_knows_how_many_pages_there_will_be(folder, path, marks_engine):
    progress = Progress(documents=10)
    progress.found(3, 1, 0)
    progress.found(1, 0, 0)

    assert progress.expected == 20
    assert progress.seconds_left is None
    progress.read = 2
    assert progress.seconds_left == pytest.approx(
        60 * (20 - 1 - 2) / progress.pages_a_minute, rel=0.1
    )


@pytest.mark.parametrize("form", FORMATS)
def test_every_form_is_written_from_a_corpus(
    shell, folder, path, marks_engine, form, tmp_path
):
    run(path, folder)

    call = shell("export", path, "--to", form, "-o", tmp_path / "out")

    assert (call.code, call.err) == (0, "")
    assert (tmp_path / "out").stat().st_size


# The command line


@pytest.mark.usefixtures("inline_pool")
def test_a_corpus_is_filled_searched_and_written_out(shell, folder, path):
    first = shell("batch", folder, "--corpus", path)
    second = shell("batch", folder, "--corpus", path)
    found = shell("search", path, "mark3", "--limit", 1)
    table = shell("export", path, "--to", "corpus")

    assert (first.code, second.code) == (0, 0)
    assert first.err == "7 pages read, 0 there already, 0 failed.\n"
    assert second.err == "0 pages read, 7 there already, 0 failed.\n"
    assert first.out == second.out == b""
    assert found.out == b"doc_id,page_num,snippet\r\n2,1,mark1 mark2 [mark3]\r\n"
    assert [line.split(b",")[0] for line in table.out.splitlines()[:3]] == [
        b"doc_id",
        b"0",
        b"1",
    ]


@pytest.mark.usefixtures("inline_pool")
def test_a_page_that_cannot_be_read_ends_with_3_also_the_second_time(
    shell, folder, path
):
    (folder / "1.png").write_bytes((folder / "1.png").read_bytes()[:150])

    first = shell("batch", folder, "--corpus", path)
    second = shell("batch", folder, "--corpus", path)
    third = shell("batch", folder, "--corpus", path, "--retry-failed")

    assert (first.code, second.code, third.code) == (3, 3, 3)
    assert "Not read: 1.png is damaged" in first.err
    assert second.err == (
        "0 pages read, 6 there already, 1 failed.\n"
        "1 failed before; to try again: --retry-failed\n"
    )
    assert "Not read: 1.png is damaged" in third.err


@pytest.mark.usefixtures("inline_pool")
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["export", "none.sqlite", "--to", "txt"], 3, "does not exist"),
        (["search", "none.sqlite", "x"], 3, "does not exist"),
        (["search", "{corpus}", "..."], 2, "holds no word"),
        (["export", "{corpus}", "--to", "txt", "-o", "{corpus}"], 5, "overwritten"),
        (["export", "{folder}/0.png", "--to", "txt"], 3, "damaged"),
        (["batch", "{folder}", "--corpus", "{folder}/0.png"], 5, "overwritten"),
        (["batch", "{folder}/0.png", "--corpus", "{folder}/1.png"], 5, "damaged"),
        (["batch", "{folder}", "--corpus", "no/folder/c.sqlite"], 5, "cannot be op"),
        (["batch", "{folder}"], 2, "--corpus"),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, list) else None,
)
def test_what_cannot_be_done_is_told(shell, folder, path, words, code, said):
    Corpus(path, write=True).close()
    before = {file: file.read_bytes() for file in folder.iterdir()}

    call = shell(*(each.format(corpus=path, folder=folder) for each in words))

    assert (call.code, call.out) == (code, b"")
    assert said in call.err
    assert {file: file.read_bytes() for file in folder.iterdir()} == before


# Killed, full, at the same time


@pytest.fixture
def scans(tmp_path):
    """Pages of different words, quickly read."""
    from sample_images.drawing import draw_text_page

    folder = tmp_path / "scans"
    folder.mkdir()
    for number in range(PAGES):
        sheet, _ = draw_text_page(f"page number {100 + number}", size=(560, 200))
        sheet.save(folder / f"{number}.png", dpi=(200, 200))
    return folder


class Batch:
    """The real command, as a process with a temporary folder of its own."""

    def __init__(self, folder, path, book, **options):
        self.book = book
        book.mkdir(exist_ok=True)
        self.process = subprocess.Popen(
            [*COMMAND, "batch", folder, "--corpus", path, "--workers", "2"],
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(book)},
            **options,
        )

    def family(self):
        """Return the processes that work for the command, itself included."""
        mark = f"TMPDIR={self.book}".encode()
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mark in (place / "environ").read_bytes():
                    found.append(int(place.name))
        return found

    def end(self):
        _, told = self.process.communicate(timeout=PATIENCE)
        until(lambda: not self.family())
        return self.process.returncode, told


def until(true):
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def kept(path):
    """Count the pages in a corpus that another process writes."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        try:
            return db.execute("SELECT count(*) FROM readings").fetchone()[0]
        except sqlite3.OperationalError:  # no table yet
            return 0


def kept_or_not(path):
    try:
        return kept(path)
    except sqlite3.OperationalError:  # no file yet
        return 0


def whole(path):
    """Whether each page is there once, none failed."""
    with Corpus(path) as corpus:
        pages = Counter(each.text for each in corpus.results())
        assert set(corpus.counts()) == {"ok"}
    return pages == Counter(f"page number {100 + n}" for n in range(PAGES))


needs_proc = pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc")


@needs_proc
@pytest.mark.needs_tesseract
@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGINT"])
def test_a_batch_that_is_killed_loses_and_doubles_nothing(scans, path, tmp_path, name):
    kind = getattr(signal, name)
    book = tmp_path / "book"
    for wanted in (0, 5, 11):
        batch = Batch(scans, path, book)
        until(lambda: any(book.iterdir()))
        until(lambda least=wanted: kept_or_not(path) >= least)
        before = kept_or_not(path)
        batch.process.send_signal(kind)
        code, told = batch.end()
        assert code == (-9 if name == "SIGKILL" else 130)
        assert kept_or_not(path) >= before
        if wanted and name != "SIGKILL":
            assert told.startswith("What was read is kept: the same command goes on")
            assert "Interrupted." in told

    code, _ = Batch(scans, path, book).end()
    assert code == 0
    assert whole(path)
    assert list(book.iterdir()) == []

    code, told = Batch(scans, path, book).end()
    assert (code, told) == (
        0,
        f"0 pages read, {PAGES} there already, 0 failed.\n",
    )
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "book",
        path.name,
        "scans",
    ]


@needs_proc
@pytest.mark.needs_tesseract
def test_workers_that_are_killed_cost_no_page(scans, path, tmp_path):
    batch = Batch(scans, path, tmp_path / "book")
    chance = random.Random(3)
    for wanted in (1, 6, 12, 16):
        until(lambda least=wanted: kept_or_not(path) >= least)
        if workers := workers_of(batch):
            with contextlib.suppress(ProcessLookupError):
                os.kill(chance.choice(workers), signal.SIGKILL)

    code, told = batch.end()

    assert (code, told) == (0, f"{PAGES} pages read, 0 there already, 0 failed.\n")
    assert whole(path)


def workers_of(batch):
    """Return the processes that read: children of the fork server."""
    parents = {}
    for each in batch.family():
        with contextlib.suppress(OSError):
            stat = Path(f"/proc/{each}/stat").read_text()
            parents[each] = int(stat.rpartition(")")[2].split()[1])
    own = {each for each, parent in parents.items() if parent == batch.process.pid}
    return [each for each, parent in parents.items() if parent in own]


@needs_proc
@pytest.mark.needs_tesseract
def test_two_runs_on_one_corpus_do_not_hurt_each_other(scans, path, tmp_path):
    both = [Batch(scans, path, tmp_path / name) for name in ("one", "two")]

    assert [batch.end()[0] for batch in both] == [0, 0]
    assert whole(path)


@needs_proc
@pytest.mark.needs_tesseract
def test_a_full_disk_is_named_and_the_same_command_goes_on(scans, path, tmp_path):
    import resource

    def narrow():
        resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))

    code, told = Batch(scans, path, tmp_path / "book", preexec_fn=narrow).end()

    assert code == 5
    assert "Error: corpus.sqlite cannot be written: " in told
    assert "Traceback" not in told
    before = kept(path)
    assert 0 < before < PAGES

    code, told = Batch(scans, path, tmp_path / "book").end()

    assert code == 0
    assert told.startswith(f"{PAGES - before} pages read, {before} there already")
    assert whole(path)
