"""Shared projects: packed, opened elsewhere, and refused if they are not valid."""

import io
import json
import sqlite3
import zipfile

import pytest

from app.projects.sharing import take_shared, write_shared
from app.session.project_library import Library, leave
from app.session.project_record import Record
from ocr_core.corpus import Corpus
from ocr_core.errors import LimitError, OcrError
from ocr_core.settings import Settings
from tests.support.app_pages import FOX, png
from tests.support.corpus_pages import fill, page
from tests.support.processes import until
from tests.support.projects import begun, documents


def shared(project, *, scans=True):
    path = project.paths.record.with_name("shared.zip")
    write_shared(project, path, scans=scans)
    content = path.read_bytes()
    path.unlink()
    return content


@pytest.fixture
def read(tab):
    """A project whose pages are in its corpus, one word corrected."""
    session = tab()
    project = begun(session, {"fox.png": png(FOX)})
    session.read_all(Settings())
    until(lambda: not session.run.busy)
    session.corpus_handle.ask(lambda corpus: corpus.correct("fox", 1, 0, "A"))
    project.note(position={"screen": "corpus", "doc": "fox", "page": "1"})
    return project


@pytest.mark.needs_tesseract
def test_a_project_opens_elsewhere_with_all_that_is_in_it(read, tmp_path):
    other = Library(tmp_path / "elsewhere")

    project = take_shared(other, "fox.zip", io.BytesIO(shared(read)))

    until(lambda: not project.documents.opening)
    assert documents(project) == documents(read)
    assert project.record.position == read.record.position
    [result] = project.corpus_handle.ask(lambda corpus: list(corpus.results()))
    assert result.text == FOX.replace("The", "A")
    found = project.corpus_handle.found(result, project.documents.scans)
    assert found is not None
    assert str(tmp_path / "elsewhere") in found.path
    leave(project)
    again = other.open(project.id)
    assert again.corpus_handle.foreign and not again.corpus_handle.trusts_paths
    leave(again)


@pytest.mark.needs_tesseract
def test_audit_and_ground_truth_go_along(read, tmp_path):
    read.paths.audit.write_text("line,true text\n")
    read.paths.truth.write_text('{"1f 1": "The fox"}')

    project = take_shared(Library(tmp_path / "b"), "fox.zip", io.BytesIO(shared(read)))

    assert project.paths.audit.read_text() == "line,true text\n"
    assert json.loads(project.paths.truth.read_text()) == {"1f 1": "The fox"}


@pytest.mark.needs_tesseract
def test_without_scans_it_says_what_to_open_and_knows_it_by_content(read, tmp_path):
    content = shared(read, scans=False)
    assert png(FOX) not in content
    project = take_shared(Library(tmp_path / "b"), "fox.zip", io.BytesIO(content))

    [(label, pages, error)] = documents(project)
    assert (label, pages) == ("fox.png", 0)
    assert error.startswith("fox.png is not in this project. Open it again")
    [result] = project.corpus_handle.ask(lambda corpus: list(corpus.results()))
    assert project.corpus_handle.found(result, project.documents.scans) is None

    project.documents.add("brought", "renamed.png", png(FOX))
    until(lambda: not project.documents.opening)

    assert [each.error for each in project.documents.uploads.values()] == [""]
    assert project.corpus_handle.found(result, project.documents.scans) is not None
    leave(project)


def test_what_is_shared_names_no_folder_of_this_machine(read):
    with zipfile.ZipFile(io.BytesIO(shared(read))) as packed:
        everything = b"".join(packed.read(name) for name in packed.namelist())

    assert str(read.paths.record.parent).encode() not in everything


def made(path, *, extra=""):
    with Corpus(path, write=True) as corpus:
        fill(corpus, page())
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA journal_mode = DELETE")
        if extra:
            db.execute(extra)
    return path.read_bytes()


def test_a_corpus_that_is_brought_becomes_a_project(library, tmp_path):
    content = made(tmp_path / "c.sqlite")

    project = take_shared(library, "../mine.sqlite", io.BytesIO(content))

    assert (project.id, project.record.name) == ("mine", "mine")
    assert project.corpus_handle.foreign and not project.corpus_handle.trusts_paths
    assert project.corpus_handle.ask(Corpus.counts) == {"ok": 1}
    leave(project)
    again = library.open("mine")
    assert again.corpus_handle.foreign
    leave(again)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lambda path: made(path)[:5000], "damaged"),
        (lambda path: made(path, extra="CREATE VIEW v AS SELECT 1"), "contains more"),
        (lambda path: b"SQLite format 3\0" + bytes(5000), "c"),
    ],
)
def test_what_is_no_corpus_is_refused_and_leaves_nothing(
    library, tmp_path, content, message
):
    with pytest.raises(OcrError, match=message):
        take_shared(
            library, "theirs.sqlite", io.BytesIO(content(tmp_path / "c.sqlite"))
        )

    assert library.ids() == []
    assert list(library.root.iterdir()) == []


def packed(members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def record(*documents, **fields):
    kept = json.loads(Record("evil").content())
    return json.dumps({**kept, "documents": documents, **fields}).encode()


def document(file):
    return {"key": "a", "label": "a.png", "file": file}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no project and no corpus"),
        (b"nothing at all" * 9, "no project and no corpus"),
        (b"PK\x03\x04 and then nothing", "damaged"),
        (packed({"readme.txt": b"hello"}), "is no project"),
        (packed({"project.json": b"[]"}), "does not describe a project"),
        (packed({"project.json": b"{"}), "does not describe a project"),
        (packed({"project.json": b"[" * 100_000}), "does not describe a project"),
        (packed({"project.json": record(version=7)}), "another version"),
        (packed({"project.json": record(surprise=1)}), "does not describe a project"),
        (
            packed({"project.json": record(document("../up.png"))}),
            "does not describe a project",
        ),
        (
            packed({"project.json": record(document("/etc/passwd"))}),
            "does not describe a project",
        ),
        (
            packed({"project.json": record(document("a\\b.png"))}),
            "does not describe a project",
        ),
        (packed({"project.json": record(), "corpus.sqlite": b"none"}), "corpus"),
        (packed({"project.json": record(), "files/a": bytes(9_000_000)}), "more than"),
    ],
)
def test_a_file_that_is_no_project_is_refused_and_leaves_nothing(
    library, content, message
):
    with pytest.raises(OcrError, match=message):
        take_shared(library, "theirs.zip", io.BytesIO(content))

    assert library.ids() == []
    assert not library.root.exists() or list(library.root.iterdir()) == []


def test_members_that_nobody_named_stay_in_the_archive(library, tmp_path):
    evil = {
        "../../outside.png": b"1",
        "/outside.png": b"1",
        "files/../../outside.png": b"1",
        "files/unnamed.png": b"1",
        "project.json": record(),
    }

    project = take_shared(library, "evil.zip", io.BytesIO(packed(evil)))

    assert not list(tmp_path.rglob("outside.png"))
    assert not list(tmp_path.rglob("unnamed.png"))
    leave(project)


def test_a_member_that_holds_more_than_it_says_is_refused(library):
    content = bytearray(
        packed({"project.json": record(document("a.png")), "files/a.png": b"x" * 5000})
    )
    offset = content.rindex((5000).to_bytes(4, "little"))
    content[offset : offset + 4] = (10).to_bytes(4, "little")

    with pytest.raises(OcrError, match="damaged"):
        take_shared(library, "evil.zip", io.BytesIO(bytes(content)))

    assert library.ids() == []


def test_a_project_that_a_visitor_has_no_room_for_is_refused(tmp_path):
    def full(size):
        raise LimitError("Your projects would take more than 1 MB.")

    library = Library(tmp_path / "p", check_room=full)

    with pytest.raises(LimitError):
        take_shared(library, "a.zip", io.BytesIO(packed({"project.json": record()})))
