"""Promised files: made on request, by whom, once, and with which errors."""

import asyncio
import threading
import zipfile
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from app.session.promised_files import PROMISED_FILES, PromisedFile, PromisedFiles, made
from app.ui.downloads import ExportOptions, corpus_downloads, write_pages
from ocr_core.errors import OutputError
from ocr_core.exports import FORMATS
from tests.support.corpus_pages import fill, page
from tests.support.waiting import HANG

CSV = "text/csv"


def write(path: Path) -> None:
    path.write_bytes(b"doc_id,text\r\n")


@pytest.fixture
def promised_files(monkeypatch):
    mine = PromisedFiles()
    monkeypatch.setattr("app.session.promised_files.PROMISED_FILES", mine)
    monkeypatch.setattr("app.asgi.PROMISED_FILES", mine)
    return mine


@pytest.fixture
def browser(promised_files):
    from starlette.applications import Starlette
    from starlette.routing import Route

    from app import asgi

    return TestClient(
        Starlette(
            routes=[
                Route("/file/{name}", asgi.make_file, methods=["POST"]),
                Route("/file/{name}", asgi.fetch_file),
            ]
        )
    )


def test_a_file_is_made_when_it_is_asked_for_and_given_once(
    browser, promised_files, tmp_path
):
    promised_files.promise("a" * 40, tmp_path, PromisedFile(write, "corpus.csv", CSV))
    assert not list(tmp_path.iterdir())

    answer = browser.post(f"/file/{'a' * 40}")
    url = answer.json()["url"]
    first, second = browser.get(url), browser.get(url)

    assert first.content == b"doc_id,text\r\n"
    assert 'filename="corpus.csv"' in first.headers["content-disposition"]
    assert first.headers["x-content-type-options"] == "nosniff"
    assert second.status_code == 404
    assert not list(tmp_path.iterdir())


def test_a_look_at_the_head_of_a_file_leaves_it_there(
    browser, promised_files, tmp_path
):
    promised_files.promise("a" * 40, tmp_path, PromisedFile(write, "corpus.csv", CSV))
    url = browser.post(f"/file/{'a' * 40}").json()["url"]

    head = browser.head(url)

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == "13"
    assert browser.get(url).content == b"doc_id,text\r\n"
    assert browser.head(url).status_code == 404


@pytest.mark.parametrize("name", ["b" * 40, "../../etc/passwd", "A" * 40, "a"])
def test_nobody_gets_what_was_not_promised(browser, name):
    assert browser.post(f"/file/{name}").status_code == 404
    assert browser.get(f"/file/{name}").status_code == 404


def test_one_sessions_slow_files_keep_nobody_else_waiting(
    browser, promised_files, tmp_path
):
    begun, go = threading.Semaphore(0), threading.Event()

    def slow(path: Path) -> None:
        begun.release()
        go.wait(HANG)
        write(path)

    mine, others = (tmp_path / name for name in ("mine", "others"))
    mine.mkdir()
    others.mkdir()
    names = [f"{number:040}" for number in range(40)]
    for name in names:
        promised_files.promise(name, mine, PromisedFile(slow, "a.csv", CSV))
    promised_files.promise("b" * 40, others, PromisedFile(write, "b.csv", CSV))

    async def ask() -> list[int]:
        asked = httpx.ASGITransport(browser.app)
        async with httpx.AsyncClient(transport=asked, base_url="http://here") as here:
            every = [asyncio.create_task(here.post(f"/file/{name}")) for name in names]
            await asyncio.to_thread(begun.acquire)
            try:
                other = await asyncio.wait_for(here.post(f"/file/{'b' * 40}"), HANG)
                assert not begun.acquire(blocking=False)  # one at a time
            finally:
                go.set()
            answers = [other, *await asyncio.gather(*every)]
            return [answer.status_code for answer in answers]

    assert asyncio.run(ask()) == [200] * 41
    assert len(list(mine.iterdir())) == 40


def test_what_went_wrong_is_said_and_leaves_nothing(browser, promised_files, tmp_path):
    def fail(path: Path) -> None:
        path.write_bytes(b"half")
        raise OutputError("No space is left.")

    def break_down(path: Path) -> None:
        raise RuntimeError("secret")

    promised_files.promise("a" * 40, tmp_path, PromisedFile(fail, "a.csv", CSV))
    promised_files.promise("b" * 40, tmp_path, PromisedFile(break_down, "b.csv", CSV))

    refusal = browser.post(f"/file/{'a' * 40}")
    broken = browser.post(f"/file/{'b' * 40}")

    assert (refusal.status_code, refusal.json()["error"]) == (409, "No space is left.")
    assert broken.status_code == 500
    assert "secret" not in broken.text
    assert not list(tmp_path.iterdir())


def test_promises_go_with_their_session(session, monkeypatch):
    session.corpus_handle.ask(lambda corpus: fill(corpus, page()))
    offered = []
    monkeypatch.setattr(
        "app.ui.downloads.offer_files",
        lambda offers, folder, key: offered.extend(offers),
    )
    monkeypatch.setattr("app.ui.downloads.gettext", lambda sentence, **_: sentence)
    corpus_downloads(
        session, lambda corpus: corpus.results(), ExportOptions(), key="files"
    )
    for offer in offered:
        PROMISED_FILES.promise(offer.name, session.folder, offer.file)
    assert {offer.file.file_name for offer in offered} >= {"corpus.csv", "text.txt"}
    status, answer = made(offered[0].name)
    ready = answer["url"].removeprefix("/file/")
    assert status == 200 and PROMISED_FILES.look(ready)

    session.close()

    assert made(offered[0].name, "id") == (
        404,
        {"error": "Halaman ini sudah usang. Muat ulang."},
    )
    assert PROMISED_FILES.look(ready) is None


def test_a_file_that_is_finished_after_its_session_ended_is_deleted(tmp_path):
    promised_files = PromisedFiles()

    def end(path: Path) -> None:
        write(path)
        promised_files.drop(tmp_path)

    promised_files.promise("a" * 40, tmp_path, PromisedFile(end, "corpus.csv", CSV))

    assert promised_files.make("a" * 40) is None
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("form", "rows"),
    [
        (ExportOptions(), ["a,one two"]),
        (ExportOptions(min_conf=95), ["a,"]),
        (ExportOptions(min_quality=0.9), []),
        (ExportOptions(unit="page"), ["a_0001,one two", "a_0002,one two"]),
    ],
)
def test_a_form_says_what_is_left_out(tmp_path, form, rows):
    pages = [page(quality=0.5), page(number=2, quality=0.5)]
    if form.unit == "document":
        pages = pages[:1]
    path = tmp_path / "corpus.csv"
    with path.open("wb") as file:
        write_pages(pages, file, FORMATS["corpus"], form)

    lines = path.read_text("utf-8").splitlines()[1:]

    assert [",".join(line.split(",")[:2]) for line in lines] == rows


@pytest.mark.parametrize(
    "form",
    [
        ExportOptions(),
        ExportOptions(unit="page"),
        ExportOptions(cleaning="suggest"),
        ExportOptions(cleaning="on", unit="page"),
    ],
)
def test_all_of_it_is_made_with_the_same_choices(tmp_path, form):
    pages = [page(text="=1 har-\nbour harbour"), page(number=2)]
    known = {"text_raw": {"a": "=2"}}
    for name in ("corpus", "words", "zip"):
        with (tmp_path / name).open("wb") as file:
            described = known if FORMATS[name].describes else None
            write_pages(pages, file, FORMATS[name], form, described)

    bundle = zipfile.ZipFile(tmp_path / "zip")

    for name in ("corpus", "words"):
        assert bundle.read(f"{name}.csv") == (tmp_path / name).read_bytes()
    readme = bundle.read("README.txt").decode()
    assert f"one row a {form.unit}" in readme
    assert ("text_raw is" in readme) == (form.cleaning != "off")


def test_what_to_know_of_a_file_is_said_beside_its_button(
    browser, promised_files, tmp_path
):
    def make(path: Path) -> list[str]:
        write(path)
        return ["a.pdf: its signature is no longer valid."]

    promised_files.promise("a" * 40, tmp_path, PromisedFile(make, "a.csv", CSV))
    promised_files.promise("b" * 40, tmp_path, PromisedFile(write, "b.csv", CSV))

    first, second = (browser.post(f"/file/{each * 40}").json() for each in "ab")

    assert first["notes"] == ["a.pdf: its signature is no longer valid."]
    assert second["notes"] == []
