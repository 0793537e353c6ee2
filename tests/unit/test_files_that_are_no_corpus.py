"""Files that are not a corpus are never written to, even if they are named as one."""

import os
import signal
import sqlite3
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

from ocr_core.corpus import Corpus
from ocr_core.corpus.backup import export_copy
from ocr_core.corpus.database import CorpusFile
from ocr_core.errors import CorpusError, OutputError
from ocr_core.exports import atomic_write
from tests.support.corpus_pages import fill, page
from tests.support.marks import marked_image


def database(*statements):
    """Return what makes another program's SQLite file."""

    def make(path):
        with closing(sqlite3.connect(path)) as db:
            for statement in statements:
                db.execute(statement)
            db.commit()

    return make


def with_log(path):
    """Make another program's file whose last rows are in the log beside it."""
    target = path.with_name("elsewhere")
    with closing(sqlite3.connect(target)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE mine (x)")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.execute("INSERT INTO mine VALUES (1)")
        db.commit()
        path.write_bytes(target.read_bytes())
        path.with_name(f"{path.name}-wal").write_bytes(
            target.with_name("elsewhere-wal").read_bytes()
        )
    target.unlink()


OTHERS = {
    "one byte": lambda path: path.write_bytes(b"x"),
    "a line feed": lambda path: path.write_bytes(b"\n"),
    "text": lambda path: path.write_text("Dear diary, " * 500),
    "a table": lambda path: path.write_text("doc_id,year\r\na,1890\r\n"),
    "zeros": lambda path: path.write_bytes(bytes(4096)),
    "the mark of SQLite alone": lambda path: path.write_bytes(b"SQLite format 3\0"),
    "a scan": lambda path: Image.fromarray(marked_image()).save(path, "PNG"),
    "tables": database("CREATE TABLE mine (x)"),
    "no tables": database("PRAGMA user_version = 1"),
    "tables that are gone": database("CREATE TABLE mine (x)", "DROP TABLE mine"),
    "an id": database("PRAGMA application_id = 7"),
    "a log": with_log,
}


def contents(folder):
    """Return the bytes of all files in a folder, and what is no file."""
    return {
        each.name: each.read_bytes() if each.is_file() else None
        for each in folder.iterdir()
    }


@pytest.fixture
def path(tmp_path):
    return tmp_path / "corpus.sqlite"


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize("kind", OTHERS)
def test_another_file_is_refused_and_stays_as_it_is(path, kind, write):
    OTHERS[kind](path)
    before = contents(path.parent)

    with pytest.raises(CorpusError, match="is not a corpus") as caught:
        Corpus(path, write=write)

    assert caught.value.exit_code == (OutputError.exit_code if write else 3)
    assert contents(path.parent) == before


def test_of_a_project_that_was_shared_it_is_said_how_to_open_it(tmp_path):
    path = tmp_path / "shared.zip"
    with zipfile.ZipFile(path, "w") as shared:
        shared.writestr("corpus.sqlite", "")

    with pytest.raises(CorpusError, match="is not a corpus") as caught:
        Corpus(path)

    assert "unpack it and name its corpus.sqlite" in str(caught.value)


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize("kind", ["one byte", "tables", "no tables", "a log"])
def test_a_link_to_another_file_is_refused_too(tmp_path, kind, write):
    there, here = tmp_path / "there", tmp_path / "here"
    there.mkdir()
    here.mkdir()
    OTHERS[kind](there / "theirs")
    (here / "corpus.sqlite").symlink_to(there / "theirs")
    before = contents(there)

    with pytest.raises(CorpusError, match="is not a corpus"):
        Corpus(here / "corpus.sqlite", write=write)

    assert contents(there) == before
    assert [each.name for each in here.iterdir()] == ["corpus.sqlite"]


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_what_is_no_file_is_refused_without_waiting(path, make, write):
    make(path)

    with pytest.raises(CorpusError, match="is not a file"):
        Corpus(path, write=write)

    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("empty", [False, True])
@pytest.mark.parametrize("ending", ["-wal", "-journal"])
def test_what_sqlite_would_delete_beside_a_new_corpus_stays(path, ending, empty):
    path.with_name(f"{path.name}{ending}").write_bytes(b"all that is left")
    if empty:
        path.touch()
    before = contents(path.parent)

    with pytest.raises(CorpusError, match="would be lost"):
        Corpus(path, write=True)

    assert contents(path.parent) == before


def test_an_empty_file_becomes_a_corpus_but_is_not_read_as_one(path):
    path.touch()

    with pytest.raises(CorpusError, match="is empty"):
        Corpus(path)
    with Corpus(path, write=True) as corpus:
        fill(corpus, page())
        assert corpus.counts() == {"ok": 1}


def test_a_corpus_of_an_earlier_version_may_be_in_its_log_alone(path, tmp_path):
    whole = tmp_path / "whole.sqlite"
    with Corpus(whole, write=True) as corpus:
        fill(corpus, page())
    with closing(sqlite3.connect(whole)) as db, closing(sqlite3.connect(path)) as old:
        old.execute("PRAGMA journal_mode = WAL")
        begun = path.read_bytes()
        db.backup(old)
        log = path.with_name(f"{path.name}-wal").read_bytes()
    killed = tmp_path / "killed.sqlite"
    killed.write_bytes(begun)
    killed.with_name("killed.sqlite-wal").write_bytes(log)

    with Corpus(killed, write=True) as corpus:
        assert corpus.counts() == {"ok": 1}


@pytest.mark.kill
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no such processes there")
def test_a_run_killed_at_any_statement_of_a_new_corpus_can_be_gone_on_with(
    tmp_path, monkeypatch
):
    statements = []
    opened = CorpusFile._open

    def counted(at):
        def open_counted(self, address):
            db = opened(self, address)

            def reached(statement):
                statements.append(statement)
                if len(statements) == at:
                    os.kill(os.getpid(), signal.SIGKILL)

            db.set_trace_callback(reached)
            return db

        return open_counted

    monkeypatch.setattr(CorpusFile, "_open", counted(0))
    Corpus(tmp_path / "whole.sqlite", write=True).close()
    most = len(statements)
    assert most > 20
    for at in range(1, most + 1):
        path = tmp_path / f"{at}.sqlite"
        child = os.fork()
        if not child:
            statements.clear()
            monkeypatch.setattr(CorpusFile, "_open", counted(at))
            Corpus(path, write=True)
            os._exit(0)
        os.waitpid(child, 0)

        with Corpus(path, write=True) as corpus:
            fill(corpus, page())
            assert corpus.counts() == {"ok": 1}


# Copies and exports


def test_a_copy_is_never_written_over_a_file(path, tmp_path):
    other = tmp_path / "other"
    with Corpus(path, write=True) as corpus:
        fill(corpus, page())
        for kind in ("one byte", "text", "tables"):
            other.unlink(missing_ok=True)
            OTHERS[kind](other)
            before = other.read_bytes()

            with pytest.raises(OutputError, match="already exists"):
                export_copy(corpus, other)

            assert other.read_bytes() == before


@pytest.mark.parametrize("linked", [False, True])
def test_no_export_is_written_over_a_corpus(path, tmp_path, linked):
    with Corpus(path, write=True) as corpus:
        fill(corpus, page())
    target = path
    if linked:
        target = tmp_path / "words.csv"
        target.symlink_to(path)
    before = path.read_bytes()

    with pytest.raises(OutputError, match="is a corpus"), atomic_write(target) as file:
        file.write(b"words")

    assert path.read_bytes() == before


@pytest.fixture
def read_scan(shell, inline_pool, tmp_path):
    """A scan that was read into a corpus, and both paths."""
    scan, corpus = tmp_path / "scan.png", tmp_path / "scans.sqlite"
    Image.fromarray(marked_image()).save(scan)
    assert shell("batch", scan, "--corpus", corpus).code == 0
    return scan, corpus


@pytest.mark.parametrize("form", ["txt", "words", "zip", "parquet"])
@pytest.mark.parametrize("named", ["scan", "corpus", "another corpus", "a hard link"])
def test_an_export_spares_the_scans_and_every_corpus(
    shell, read_scan, tmp_path, named, form
):
    scan, corpus = read_scan
    other, link = tmp_path / "other.sqlite", tmp_path / "link.sqlite"
    Corpus(other, write=True).close()
    os.link(corpus, link)
    target = {"scan": scan, "corpus": corpus, "another corpus": other}.get(named, link)
    before = contents(tmp_path)

    call = shell("export", corpus, "--to", form, "-o", target)

    assert (call.code, call.out) == (5, b"")
    assert "would be overwritten" in call.err
    assert contents(tmp_path) == before


def test_no_command_writes_over_what_it_reads(shell, read_scan, tmp_path):
    scan, corpus = read_scan
    recipe, words = tmp_path / "recipe.json", tmp_path / "words.csv"
    link = tmp_path / "link.png"
    os.link(scan, link)
    assert shell("read", scan, "--save-recipe", recipe, "-o", words).code == 0
    assert shell("terms", corpus, "-o", words).code == 0
    before = contents(tmp_path)

    for call in (
        ["read", scan, "-o", link],
        ["read", scan, "--recipe", recipe, "-o", recipe],
        ["read", scan, "--save-recipe", words, "-o", words],
        ["read", scan, "-o", corpus],
        ["terms", corpus, "-o", corpus],
        ["keyness", corpus, "--reference", words, "-o", words],
        ["search", corpus, "mark1", "-o", corpus],
    ):
        result = shell(*call)
        assert (result.code, "would be overwritten" in result.err) == (5, True), call

    assert contents(tmp_path) == before


@pytest.mark.parametrize("kind", OTHERS)
def test_a_batch_names_no_other_file_as_its_corpus(shell, read_scan, path, kind):
    scan, _ = read_scan
    OTHERS[kind](path)
    before = contents(path.parent)

    call = shell("batch", scan, "--corpus", path)

    assert (call.code, call.out) == (5, b"")
    assert "corpus.sqlite is not a corpus" in call.err
    assert contents(path.parent) == before


@pytest.mark.skipif(sys.platform == "win32", reason="no such device there")
def test_a_device_may_be_written_by_every_command(shell, read_scan):
    scan, corpus = read_scan

    assert shell("read", scan, "-o", "/dev/null").code == 0
    for form in ("txt", "words", "parquet"):
        assert shell("export", corpus, "--to", form, "-o", "/dev/null").code == 0
