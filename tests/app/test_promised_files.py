"""Files that are made when they are asked for: by whom, once, and what can go wrong."""

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
def handouts(monkeypatch):
    mine = PromisedFiles()
    monkeypatch.setattr("app.session.promised_files.PROMISED_FILES", mine)
    monkeypatch.setattr("app.asgi.PROMISED_FILES", mine)
    return mine


@pytest.fixture
def visitor(handouts):
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
    visitor, handouts, tmp_path
):
    handouts.promise("a" * 40, tmp_path, PromisedFile(write, "corpus.csv", CSV))
    assert not list(tmp_path.iterdir())

    answer = visitor.post(f"/file/{'a' * 40}")
    url = answer.json()["url"]
    first, second = visitor.get(url), visitor.get(url)

    assert first.content == b"doc_id,text\r\n"
    assert 'filename="corpus.csv"' in first.headers["content-disposition"]
    assert first.headers["x-content-type-options"] == "nosniff"
    assert second.status_code == 404
    assert not list(tmp_path.iterdir())


def test_a_look_at_the_head_of_a_file_leaves_it_there(visitor, handouts, tmp_path):
    handouts.promise("a" * 40, tmp_path, PromisedFile(write, "corpus.csv", CSV))
    url = visitor.post(f"/file/{'a' * 40}").json()["url"]

    head = visitor.head(url)

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == "13"
    assert visitor.get(url).content == b"doc_id,text\r\n"
    assert visitor.head(url).status_code == 404


@pytest.mark.parametrize("name", ["b" * 40, "../../etc/passwd", "A" * 40, "a"])
def test_nobody_gets_what_was_not_promised(visitor, name):
    assert visitor.post(f"/file/{name}").status_code == 404
    assert visitor.get(f"/file/{name}").status_code == 404


def test_one_sessions_slow_files_keep_nobody_else_waiting(visitor, handouts, tmp_path):
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
        handouts.promise(name, mine, PromisedFile(slow, "a.csv", CSV))
    handouts.promise("b" * 40, others, PromisedFile(write, "b.csv", CSV))

    async def ask() -> list[int]:
        asked = httpx.ASGITransport(visitor.app)
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


def test_what_went_wrong_is_said_and_leaves_nothing(visitor, handouts, tmp_path):
    def fail(path: Path) -> None:
        path.write_bytes(b"half")
        raise OutputError("No space is left.")

    def break_down(path: Path) -> None:
        raise RuntimeError("secret")

    handouts.promise("a" * 40, tmp_path, PromisedFile(fail, "a.csv", CSV))
    handouts.promise("b" * 40, tmp_path, PromisedFile(break_down, "b.csv", CSV))

    refusal = visitor.post(f"/file/{'a' * 40}")
    broken = visitor.post(f"/file/{'b' * 40}")

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
    handouts = PromisedFiles()

    def end(path: Path) -> None:
        write(path)
        handouts.drop(tmp_path)

    handouts.promise("a" * 40, tmp_path, PromisedFile(end, "corpus.csv", CSV))

    assert handouts.make("a" * 40) is None
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


def test_what_to_know_of_a_file_is_said_beside_its_button(visitor, handouts, tmp_path):
    def make(path: Path) -> list[str]:
        write(path)
        return ["a.pdf: its signature is no longer valid."]

    handouts.promise("a" * 40, tmp_path, PromisedFile(make, "a.csv", CSV))
    handouts.promise("b" * 40, tmp_path, PromisedFile(write, "b.csv", CSV))

    first, second = (visitor.post(f"/file/{each * 40}").json() for each in "ab")

    assert first["notes"] == ["a.pdf: its signature is no longer valid."]
    assert second["notes"] == []
