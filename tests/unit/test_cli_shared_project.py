"""A project that was exported as one zip file is read by the command line."""

import csv
import io
import zipfile

import pytest

from ocr_core.corpus import Corpus
from ocr_core.corpus.backup import export_copy
from tests.support.corpus_pages import fill, page


def packed(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.fixture
def corpus(tmp_path):
    copy = tmp_path / "copy.sqlite"
    with Corpus(tmp_path / "own.sqlite", write=True) as own:
        fill(own, page(text="the old harbour"), page("b", "a harbour"))
        export_copy(own, copy)
    return copy


@pytest.fixture
def project(tmp_path, corpus):
    members = {"project.json": b"{}", "corpus.sqlite": corpus.read_bytes()}
    return packed(tmp_path / "My project.zip", members)


@pytest.mark.parametrize(
    "words",
    [
        ("search", "harbour"),
        ("kwic", "harbour"),
        ("terms",),
        ("export", "--to", "corpus"),
        ("export", "--to", "words"),
        ("metadata",),
        ("stop-list", "--language", "eng"),
    ],
    ids=" ".join,
)
def test_a_command_reads_a_project_file_as_its_corpus(shell, project, corpus, words):
    name, *others = words
    before = project.read_bytes()

    call = shell(name, project, *others)

    assert (call.code, call.out) == (0, shell(name, corpus, *others).out)
    assert call.out
    assert project.read_bytes() == before


def test_the_hits_of_a_project_file_are_those_of_its_pages(shell, project):
    call = shell("kwic", project, "harbour")

    rows = csv.DictReader(io.StringIO(call.out.decode(), newline=""))
    assert [(row["left"], row["doc_id"]) for row in rows] == [
        ("the old", "a"),
        ("a", "b"),
    ]


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("remove", ["a"]),
        ("correct", []),
        ("variants", ["harbour", "--confirm"]),
        ("metadata", ["--pattern", "{name}"]),
        ("stop-list", ["--language", "eng", "--reset"]),
    ],
)
def test_a_command_that_writes_refuses_a_project_file(shell, project, name, others):
    before = project.read_bytes()

    call = shell(name, project, *others)

    assert call.code == 5
    assert "My project.zip is not a corpus." in call.err
    assert "unpack it and name its corpus.sqlite" in call.err
    assert project.read_bytes() == before


@pytest.mark.needs_tesseract
def test_a_batch_refuses_a_project_file(shell, project):
    before = project.read_bytes()

    call = shell("batch", "sample_images/english_clean.png", "--corpus", project)

    assert call.code == 5
    assert "unpack it and name its corpus.sqlite" in call.err
    assert project.read_bytes() == before


def test_a_project_file_is_not_overwritten_by_what_is_read_from_it(shell, project):
    before = project.read_bytes()

    call = shell("export", project, "--to", "txt", "-o", project)

    assert call.code == 5
    assert "My project.zip is to be read and would be overwritten." in call.err
    assert project.read_bytes() == before


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"page.png": b""}, "My.zip is no project."),
        ({"project.json": b"{}"}, "My.zip contains no corpus"),
        ({"project.json": b"{}", "corpus.sqlite": b"none"}, "is not a corpus."),
        ({"project.json": b"{}", "files/a": bytes(9_000_000)}, "more than a project"),
    ],
)
def test_a_zip_file_without_a_corpus_is_refused(shell, tmp_path, members, message):
    call = shell("search", packed(tmp_path / "My.zip", members), "harbour")

    assert call.code == 3
    assert message in call.err
    assert call.out == b""


def test_a_damaged_zip_file_is_refused(shell, project):
    project.write_bytes(project.read_bytes()[:900])

    call = shell("search", project, "harbour")

    assert (call.code, call.out) == (3, b"")
    assert "My project.zip is damaged" in call.err


def test_a_project_file_with_foreign_tables_is_refused(shell, tmp_path, corpus):
    with Corpus(corpus, write=True) as opened:
        opened.execute("CREATE VIEW v AS SELECT 1")
    members = {"project.json": b"{}", "corpus.sqlite": corpus.read_bytes()}

    call = shell("search", packed(tmp_path / "My.zip", members), "harbour")

    assert (call.code, call.out) == (3, b"")
    assert "contains more" in call.err
