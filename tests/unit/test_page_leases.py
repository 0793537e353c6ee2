"""Page leases: two runs into one corpus share its pages, and dead runs block none."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from ocr_core.corpus import Corpus, page_leases
from ocr_core.corpus.backup import export_copy
from ocr_core.documents import file_digest
from ocr_core.documents.discovery import find_documents
from ocr_core.engines import reader_of
from ocr_core.errors import InputError
from ocr_core.execution.batch import Progress, read_into
from ocr_core.page import PageRef
from ocr_core.settings import Settings
from tests.conftest import InlinePool
from tests.support.corpus_pages import READER, failed, fill, page
from tests.support.marks import MARKS, marked_image

SETTINGS = Settings()
FIRST = page("a").ref
KEY = ("digest of a", SETTINGS.digest, READER)


@pytest.fixture
def one(path):
    with Corpus(path, write=True) as corpus:
        corpus.add_document(FIRST, "digest of a", 9)
        yield corpus


@pytest.fixture
def two(path, one):
    with Corpus(path, write=True) as corpus:
        yield corpus


def count_claims(corpus):
    return corpus.one("SELECT count(*) FROM claims")[0]


def test_a_page_is_claimed_once_until_its_run_ends(one, two):
    assert one.claim(FIRST, *KEY)
    assert not one.claim(FIRST, *KEY)
    assert not two.claim(FIRST, *KEY)
    assert two.claim(replace(FIRST, number=2), *KEY)

    one.release()

    assert two.claim(FIRST, *KEY)


@pytest.mark.parametrize(
    "key",
    [
        ("other bytes", *KEY[1:]),
        (KEY[0], "other settings", READER),
        (*KEY[:2], ("marks 2.0", READER[1])),
        (*KEY[:2], (READER[0], "other models")),
    ],
)
def test_a_page_that_is_to_be_read_otherwise_is_another_claim(one, two, key):
    assert one.claim(FIRST, *KEY)
    assert two.claim(FIRST, *key)


def test_a_page_that_was_read_meanwhile_is_not_claimed(one, two):
    fill(one, page("a"))

    assert not two.claim(FIRST, *KEY)
    assert not two.claim(FIRST, *KEY, again=True)


def test_a_page_that_failed_is_claimed_only_to_read_it_again(one, two):
    one.claim(FIRST, *KEY)
    fill(one, failed("a"))

    assert count_claims(one) == 0
    assert not two.claim(FIRST, *KEY)
    assert two.claim(FIRST, *KEY, again=True)


def test_a_twin_of_what_is_being_read_waits_for_it(one, two):
    assert one.claim(FIRST, *KEY)
    twin = two.add_document(PageRef("/scans/twin.png", 1), "digest of a", 9)

    assert not two.claim(twin, *KEY)


def child(path):
    """Claim the page in a process that then waits for its end."""
    code = f"""
from ocr_core.corpus import Corpus
from ocr_core.page import PageRef
corpus = Corpus({str(path)!r}, write=True)
print(corpus.claim({FIRST!r}, *{KEY!r}), flush=True)
input()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"True\n"
    return process


@pytest.mark.kill
@pytest.mark.parametrize("waited_for", [True, False])
def test_a_claim_ends_at_once_with_a_process_that_was_killed(path, one, waited_for):
    process = child(path)
    assert not one.claim(FIRST, *KEY)

    process.kill()
    if waited_for or not Path("/proc/self").exists():
        process.wait()
    else:  # dead, though its parent has not asked yet
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)

    assert one.claim(FIRST, *KEY)
    process.communicate()


def test_a_claim_from_elsewhere_ends_when_its_run_keeps_silent(one, two, monkeypatch):
    monkeypatch.setattr(page_leases, "host_id", lambda: "elsewhere")
    one.claim(FIRST, *KEY)
    monkeypatch.undo()

    assert not two.claim(FIRST, *KEY)
    later = time.time() + page_leases.EXPIRY_SECONDS + 1
    monkeypatch.setattr(time, "time", lambda: later)
    one.claim(replace(FIRST, number=2), *KEY)  # it lives
    assert not two.claim(FIRST, *KEY)
    monkeypatch.setattr(time, "time", lambda: later + page_leases.EXPIRY_SECONDS + 1)
    assert two.claim(FIRST, *KEY)

    one.save_result(page("a"), READER)  # late, and nobody is hurt
    assert not two.claim(FIRST, *KEY)


def test_a_process_that_took_over_a_number_holds_no_claim():
    here = page_leases.host_id(), os.getppid()

    assert page_leases.is_alive(
        *here, page_leases.process_start(os.getppid()), time.time()
    )
    assert not page_leases.is_alive(*here, "long ago", time.time())


def test_without_proc_a_process_is_asked_for(monkeypatch):
    def nothing(*_):
        raise FileNotFoundError

    monkeypatch.setattr("pathlib.Path.read_text", nothing)
    monkeypatch.setattr("pathlib.Path.exists", lambda _: False)

    assert page_leases.process_start(os.getpid()) == "unknown"
    assert page_leases.process_start(2**22 + 1) == ""
    page_leases.host_id.cache_clear()
    assert page_leases.host_id()
    page_leases.host_id.cache_clear()


def test_a_copy_that_is_handed_on_names_no_run_and_no_machine(one, tmp_path):
    fill(one, page("a"))
    one.claim(replace(FIRST, number=2), *KEY)

    export_copy(one, tmp_path / "copy.sqlite")

    assert page_leases.host_id().encode() not in (tmp_path / "copy.sqlite").read_bytes()
    with Corpus(tmp_path / "copy.sqlite", write=True) as copy:
        assert copy.claim(replace(FIRST, number=2), *KEY)


def test_a_run_ends_when_its_corpus_is_closed(path, one):
    with Corpus(path, write=True) as other:
        assert other.claim(FIRST, *KEY)
    other.release()

    assert one.claim(FIRST, *KEY)


def test_a_run_that_another_thread_drops_hurts_nobody(one):
    one.claim(FIRST, *KEY)
    with ThreadPoolExecutor() as threads:
        assert threads.submit(one.release).result() is None


# Runs


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "scans"
    folder.mkdir()
    for number in range(4):
        Image.fromarray(marked_image(MARKS[: number + 1])).save(
            folder / f"{number}.png"
        )
    return folder


def digest_of(path):
    return file_digest(PageRef(str(path)))


def begun(corpus, folder, progress=None, rest=None, **options):
    documents, _ = find_documents([folder])
    return read_into(
        corpus,
        documents,
        SETTINGS,
        InlinePool(),
        progress=progress,
        rest=rest or (lambda seconds: pytest.fail("nobody to wait for")),
        **options,
    )


def test_two_runs_read_each_page_once_between_them(path, folder, marks_engine):
    progress = Progress(), Progress()
    with Corpus(path, write=True) as one, Corpus(path, write=True) as two:
        first = begun(one, folder, progress[0])
        second = begun(two, folder, progress[1], rest=lambda _: next(first, None))
        read = [next(first), next(second), *second, *first]

        assert len({each.ref.doc_id for each in read}) == len(read)
        assert progress[0].read + progress[1].read == 4
        assert [each.there + each.read for each in progress] == [4, 4]
        assert one.counts() == {"ok": 4}
        assert count_claims(one) == 0


def test_a_run_reads_what_another_began_and_left(path, folder, marks_engine):
    with Corpus(path, write=True) as one, Corpus(path, write=True) as two:
        first = begun(one, folder)
        next(first)
        second = begun(two, folder, rest=lambda _: first.close())

        assert len(list(second)) == 3
        assert two.counts() == {"ok": 4}


def test_what_another_run_could_not_read_is_not_tried_again(path, folder, marks_engine):
    for number in range(1, 4):
        (folder / f"{number}.png").unlink()
    digest = digest_of(folder / "0.png")
    reader = reader_of(SETTINGS.recognition)
    progress = Progress()
    with Corpus(path, write=True) as one, Corpus(path, write=True) as two:
        [document], _ = find_documents([folder])
        ref = replace(one.add_document(document), number=1)
        torn = replace(failed(), ref=ref, sha256=digest)
        assert one.claim(ref, digest, SETTINGS.digest, reader)
        second = begun(
            two, folder, progress, rest=lambda _: one.save_result(torn, reader)
        )

        assert list(second) == []
        assert (progress.there, progress.failed_before) == (1, 1)


def test_pages_of_the_same_bytes_are_read_once(path, folder, marks_engine):
    (folder / "twin.png").write_bytes((folder / "0.png").read_bytes())
    with Corpus(path, write=True) as corpus:
        assert len(list(begun(corpus, folder))) == 4
        assert corpus.counts() == {"ok": 5}


def test_a_page_of_the_same_bytes_is_tried_for_itself_where_the_first_failed(
    path, folder, marks_engine, monkeypatch
):
    for name in ("1.png", "2.png", "3.png"):
        (folder / name).write_bytes((folder / "0.png").read_bytes())

    def torn(*_, **__):
        raise InputError("Torn.")

    monkeypatch.setattr(marks_engine, "recognize", torn)
    with Corpus(path, write=True) as corpus:
        assert len(list(begun(corpus, folder))) == 4
        assert corpus.counts() == {"failed": 4}
