import pytest
from PIL import Image

from ocr_core.documents import file_digest
from ocr_core.documents.discovery import find_documents
from ocr_core.errors import CancelledError, InputError, OutputError
from ocr_core.execution.batch import failed_page, recognize_documents
from ocr_core.page import PageRef
from ocr_core.processes.pool import Task
from ocr_core.settings import Settings
from tests.conftest import InlinePool
from tests.support import hostile, tasks
from tests.support.marks import marked_image

SETTINGS = Settings()


@pytest.fixture
def folder(tmp_path):
    """Ten documents of one page and one of three."""
    page = Image.fromarray(marked_image())
    for number in range(1, 11):
        page.save(tmp_path / f"{number}.png")
    page.save(tmp_path / "long.tif", save_all=True, append_images=[page, page])
    return tmp_path


def read(sources, pool=None, **options):
    documents, _ = find_documents(sources)
    return recognize_documents(documents, SETTINGS, pool or InlinePool(), **options)


def states(results):
    return [(each.ref.doc_id, each.ref.number, each.status) for each in results]


def test_pages_come_in_the_order_of_the_documents(folder, marks_engine):
    results = list(read([folder]))

    assert states(results) == [
        *((str(number), 1, "ok") for number in range(1, 11)),
        *(("long", number, "ok") for number in (1, 2, 3)),
    ]
    assert all(len(each.rows) == 4 for each in results)


def test_a_bad_page_costs_itself_and_says_why(folder, marks_engine):
    (folder / "5.png").write_bytes(b"")
    (folder / "7.png").write_bytes(hostile.png_bomb(60_000, 60_000))
    (folder / "8.png").write_bytes((folder / "9.png").read_bytes()[:200])

    results = list(read([folder]))

    failed = {each.ref.doc_id: each for each in results if each.status == "failed"}
    assert list(failed) == ["5", "7", "8"]
    assert failed["5"].ref.number == 0
    assert failed["5"].error.startswith("5.png is empty.")
    assert "the limit is 80 megapixels" in failed["7"].error
    assert failed["8"].error.startswith("8.png is damaged")
    assert failed["5"].settings == SETTINGS.flat()
    assert failed["8"].sha256 == file_digest(failed["8"].ref)
    assert len(results) == 13


def test_a_missing_file_is_a_row_and_the_others_are_read(folder, marks_engine):
    results = list(read([folder / "gone.png", folder / "1.png"]))

    assert states(results) == [("gone", 0, "failed"), ("1", 1, "ok")]
    assert results[0].error == "gone.png does not exist. Check the name."


def test_only_the_pages_wanted_are_read(folder, marks_engine):
    results = list(read([folder / "long.tif"], pages=lambda number: number != 2))

    assert states(results) == [("long", 1, "ok"), ("long", 3, "ok")]


def test_a_document_with_none_of_the_pages_wanted_is_reported(folder, marks_engine):
    [result] = read([folder / "1.png"], pages=lambda number: number == 9)

    assert (result.ref.number, result.status) == (0, "failed")
    assert result.error == "1.png has none of the pages chosen."


def test_a_document_of_too_many_pages_is_refused_with_the_limit(folder, marks_engine):
    results = list(read([folder / "long.tif", folder / "1.png"], max_pages=2))

    assert states(results) == [("long", 0, "failed"), ("1", 1, "ok")]
    assert "3 pages, more than the limit of 2." in results[0].error


def test_a_few_pages_of_a_document_of_too_many_are_read(folder, marks_engine):
    results = read([folder / "long.tif"], max_pages=2, pages=lambda number: number > 1)

    assert states(results) == [("long", 2, "ok"), ("long", 3, "ok")]


def test_a_user_may_allow_far_more_pages_than_usual(tmp_path, marks_engine):
    (tmp_path / "long.pdf").write_bytes(hostile.many_page_pdf(2500))

    results = read(
        [tmp_path / "long.pdf"], max_pages=3000, pages=lambda number: number == 2500
    )

    assert states(results) == [("long", 2500, "blank")]


def test_results_come_while_documents_are_still_being_found(folder, marks_engine):
    documents, _ = find_documents([folder])
    taken = []

    def coming():
        for ref in documents:
            taken.append(ref)
            yield ref

    first = next(recognize_documents(coming(), SETTINGS, InlinePool()))

    assert first.ref.doc_id == "1"
    assert len(taken) < len(documents)


def test_few_pages_are_under_way_however_long_the_document(tmp_path, marks_engine):
    path = tmp_path / "long.pdf"
    path.write_bytes(hostile.many_page_pdf(60))
    pool = Lazy()

    for _ in recognize_documents([PageRef(str(path), 0)], SETTINGS, pool):
        pool.taken += 1
        assert pool.given - pool.taken <= 4 * pool.workers

    assert pool.taken == 60


class Lazy(InlinePool):
    """A pool that counts the pages it was given, and reads each when it must."""

    given = taken = 0

    def submit(self, function, *arguments, **options):
        if function.__name__ == "count_pages":
            return super().submit(function, *arguments, **options)
        self.given += 1
        return LazyTask(function, arguments, "", 60)


class LazyTask(Task):
    def done(self):
        return False

    def result(self, timeout=None):
        return self.function(*self.arguments)


def test_no_documents_give_no_results():
    assert list(read([])) == []


def test_a_full_disk_ends_the_run_and_marks_no_page_failed(folder, monkeypatch):
    def no_room(ref, settings):
        raise OutputError("There is no room for temporary files.")

    monkeypatch.setattr("ocr_core.execution.batch.recognize_page", no_room)

    with pytest.raises(OutputError):
        list(read([folder / "1.png"]))


def test_a_batch_ends_when_its_owner_is_cancelled(folder, lone_worker, tmp_path):
    gate = tmp_path / "gate"
    held = [lone_worker.submit(tasks.wait_for, str(gate), owner="x") for _ in range(2)]

    def coming():
        yield PageRef(str(folder / "1.png"), 0)
        lone_worker.cancel_owner("batch")

    with pytest.raises(CancelledError):
        list(recognize_documents(coming(), SETTINGS, lone_worker, owner="batch"))

    gate.touch()
    assert [task.result(30) for task in held] == [str(gate)] * 2


def test_a_failed_page_names_its_settings():
    result = failed_page(PageRef("a.png"), SETTINGS, InputError("Torn.", hint="Mend."))

    assert (result.status, result.error) == ("failed", "Torn. Mend.")
    assert (result.language, result.settings_digest) == ("", SETTINGS.digest)
    assert result.settings == SETTINGS.flat()


@pytest.mark.needs_tesseract
def test_workers_read_real_words(pool, tmp_path):
    from sample_images.drawing import draw_text_page

    image, words = draw_text_page(
        "Seven small boats\nleft the harbour", size=(640, 240)
    )
    image.save(tmp_path / "boats.png", dpi=(200, 200))

    [result] = read([tmp_path / "boats.png"], pool)

    assert result.text == "Seven small boats\nleft the harbour"
    for found, drawn in zip(result.rows, words, strict=True):
        assert abs(found.left - drawn.left) <= 4
        assert abs(found.top - drawn.top) <= 4
