"""Runs into a corpus: missing pages are read, whatever happens in between."""

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from ocr_core.corpus import Corpus
from ocr_core.documents import file_digest
from ocr_core.documents.discovery import find_documents
from ocr_core.engines import reader_of
from ocr_core.errors import (
    BrokenEngineError,
    EngineError,
    InputError,
    LimitError,
    LostWorkerError,
    OcrError,
)
from ocr_core.execution.batch import TRIES, Progress, failed_page, pace_of, read_into
from ocr_core.exports import FORMATS
from ocr_core.page import PageRef, PageResult, Word
from ocr_core.settings import Settings
from tests.conftest import InlinePool
from tests.support.marks import MARKS, marked_image

SETTINGS = Settings.from_flat({"second_opinion": "off"})  # each page is read once


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

    def submit(self, function, *arguments, **options):
        task = super().submit(function, *arguments, **options)
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


def test_a_run_that_breaks_off_continues_where_it_was(folder, path, marks_engine):
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


def test_another_version_of_the_engine_reads_again(folder, path, marks_engine):
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
    [(_, number, status)] = run(path, folder / "0.png", CountingPool(lost=TRIES))

    assert (number, status) == (0, "failed")


def test_where_all_workers_are_killed_the_run_stops(folder, path, marks_engine):
    with pytest.raises(BrokenEngineError, match=r"Killed\."):
        run(path, folder / "0.png", CountingPool(lost=99))


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (EngineError("It crashed."), True),
        (LostWorkerError("Killed."), True),
        (OcrError("Unknown."), True),
        (InputError("Torn."), False),
        (LimitError("Too long."), False),
    ],
)
def test_the_same_run_tries_again_what_was_no_fault_of_the_page(
    folder, path, marks_engine, monkeypatch, error, again
):
    def fail(image, *options):
        if image.shape[1] < 900:  # the drawn test page is read
            raise error
        height, width = image.shape[:2]
        return [Word(1, 1, 1, 1, 0, 0, width, height, 95.0, "12345")]

    with monkeypatch.context() as broken:
        broken.setattr(marks_engine, "recognize", fail)
        assert run(path, folder / "0.png") == [("0", 1, "failed")]
    progress = Progress()

    assert run(path, folder / "0.png", progress=progress) == [("0", 1, "ok")] * again
    assert progress.failed_before == (not again)


def test_failures_of_an_older_corpus_are_left_alone(folder, path, marks_engine):
    documents, _ = find_documents([folder / "0.png"])
    fault = EngineError("It crashed.")
    with Corpus(path, write=True) as corpus:
        digest = file_digest(documents[0])
        ref = replace(corpus.add_document(documents[0], digest, 1), number=1)
        old = replace(failed_page(ref, SETTINGS, fault), error_kind="")
        corpus.save_result(old, reader_of(SETTINGS.recognition))

    assert run(path, folder / "0.png") == []
    assert run(path, folder / "0.png", retry_failed=True) == [("0", 1, "ok")]


def test_pages_are_kept_as_they_are_done_not_in_order(folder, path, pool):
    """The first page is slow; the others do not wait for it in memory."""
    (folder / "0.png").unlink()
    Image.new("L", (6000, 6000), 255).save(folder / "0.png")
    for number in range(4, 9):
        Image.new("L", (60, 60), 255 - number).save(folder / f"{number}.png")

    outcomes = run(path, folder, pool)

    assert outcomes[0][0] != "0"
    assert sorted(held(path)) == sorted(outcomes)


def test_progress_knows_how_many_pages_there_will_be(folder, path, marks_engine):
    progress = Progress(documents=10)
    progress.found(3, 1, 0)
    progress.found(1, 0, 0)

    assert progress.expected == 20
    assert progress.pace is None
    progress.read = 2
    rate, seconds_left = progress.pace
    assert rate * seconds_left / 60 == pytest.approx(20 - 1 - 2)


def test_the_time_left_follows_from_the_pages_read_so_far():
    assert pace_of(0, 10, 30) is None
    assert pace_of(2, 8, 30) == (4, 120)  # pages a minute, seconds


@pytest.mark.parametrize("form", FORMATS)
def test_every_form_is_written_from_a_corpus(
    shell, folder, path, marks_engine, form, tmp_path
):
    run(path, folder)

    call = shell("export", path, "--to", form, "-o", tmp_path / "out.x")

    assert (call.code, call.err) == (0, "")
    assert (tmp_path / "out.x").stat().st_size


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


def test_a_search_lists_every_page_and_goes_into_a_file(shell, path, tmp_path):
    with Corpus(path, write=True) as corpus:
        for n in range(130):
            ref = PageRef("many.png", n + 1, "many")
            corpus.add_document(ref, "digest", 130)
            word = Word(1, 1, 1, 1, 0, 0, 9, 9, 90.0, "fern")
            corpus.save_result(PageResult(ref, (word,), sha256="digest"))

    printed = shell("search", path, "fern")
    every = shell("search", path, "fern", "--limit", 0, "-o", tmp_path / "hits.csv")
    few = shell("search", path, "fern", "--limit", 3)

    assert (printed.code, len(printed.out.splitlines())) == (0, 131)
    assert (every.code, every.out) == (0, b"")
    assert (tmp_path / "hits.csv").read_bytes() == printed.out
    assert few.out == b"".join(printed.out.splitlines(keepends=True)[:4])


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
        (["batch", "gone.png", "--corpus", "{folder}/new"], 3, "gone.png does not"),
        (["search", "{corpus}", "..."], 2, "contains no word"),
        (["export", "{corpus}", "--to", "txt", "-o", "{corpus}"], 5, "overwritten"),
        (["search", "{corpus}", "x", "-o", "{corpus}"], 5, "overwritten"),
        (["export", "{folder}/0.png", "--to", "txt"], 3, "not a corpus"),
        (["batch", "{folder}", "--corpus", "{folder}/0.png"], 5, "overwritten"),
        (["batch", "{folder}/0.png", "--corpus", "{folder}/1.png"], 5, "not a corpus"),
        (["batch", "{folder}", "--corpus", "no/folder/c.sqlite"], 5, "be written"),
        (["batch", "{folder}"], 2, "--corpus"),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, list) else None,
)
def test_what_cannot_be_done_is_reported(shell, folder, path, words, code, said):
    Corpus(path, write=True).close()
    before = {file: file.read_bytes() for file in folder.iterdir()}

    call = shell(*(each.format(corpus=path, folder=folder) for each in words))

    assert (call.code, call.out) == (code, b"")
    assert said in call.err
    assert {file: file.read_bytes() for file in folder.iterdir()} == before


def test_a_document_named_by_another_way_to_it_is_the_same(tmp_path, folder):
    """A path with two dots, and one through a linked folder, lead to the same file."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "linked").symlink_to(folder)
    digest = file_digest(PageRef(str(folder / "0.png")))
    with Corpus(tmp_path / "c.sqlite", write=True) as corpus:
        first = corpus.add_document(PageRef(str(folder / "0.png"), 0), digest, 1)

        dotted = str(tmp_path / "elsewhere" / ".." / "scans" / "0.png")
        names = [
            corpus.add_document(PageRef(path, 0), digest, 1).doc_id
            for path in (dotted, str(tmp_path / "linked" / "0.png"))
        ]

        assert names == [first.doc_id] * 2


def test_a_copy_and_a_link_of_another_name_are_documents_of_their_own(tmp_path, folder):
    (folder / "twin.png").write_bytes((folder / "0.png").read_bytes())
    (folder / "link.png").symlink_to(folder / "0.png")
    digest = file_digest(PageRef(str(folder / "0.png")))
    with Corpus(tmp_path / "c.sqlite", write=True) as corpus:
        names = [
            corpus.add_document(PageRef(str(folder / name), 0), digest, 1).doc_id
            for name in ("0.png", "twin.png", "link.png")
        ]

    assert names == ["0", "twin", "link"]
