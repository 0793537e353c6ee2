"""The corpus as a file: older, newer, foreign, damaged, missing, busy."""

import os
import random
import shutil
import sqlite3
from pathlib import Path

import pytest

from ocr_core.corpus import Corpus, saving
from ocr_core.corpus.schema import MIGRATIONS
from ocr_core.corpus_header import APPLICATION
from ocr_core.errors import CorpusError, InputError, OcrError, OutputError
from tests.support.corpus_pages import came_out, fill, page


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_an_older_corpus_is_brought_up_to_date_with_all_it_holds(path, version):
    with Corpus(path, write=True) as corpus:
        fill(corpus, page(), page("b", "three"))
    tables = ("documents", "recipes", "engines", "pages", "readings", "contents")
    older = sqlite3.connect(path.with_name("older"))
    for step in MIGRATIONS[:version]:
        older.executescript(step)
    older.execute("ATTACH ? AS newer", (str(path),))
    for table in tables:
        columns = [row[1] for row in older.execute(f"PRAGMA main.table_info({table})")]
        taken = ", ".join(columns)
        older.execute(f"INSERT INTO {table} SELECT {taken} FROM newer.{table}")
    if version == 2:
        older.execute("INSERT INTO corrections VALUES (1, 1, 'two', '2')")
    older.execute(f"PRAGMA application_id = {APPLICATION}")
    older.execute(f"PRAGMA user_version = {version}")
    older.commit()
    older.close()

    with Corpus(path.with_name("older")) as corpus:
        text = "one 2" if version == 2 else "one two"
        assert came_out(corpus) == [("a", 1, text), ("b", 1, "three")]
        assert len(corpus.search("three")) == 1
        assert [row.corrections for row in corpus.rows()] == [version == 2, 0]
    with sqlite3.connect(path.with_name("older")) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)


def test_a_newer_corpus_is_refused_and_left_alone(path):
    Corpus(path, write=True).close()
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA user_version = 99")
    before = path.read_bytes()

    for write in (False, True):
        with pytest.raises(CorpusError, match="newer version") as caught:
            Corpus(path, write=write)
        assert caught.value.exit_code == (5 if write else 3)

    assert path.read_bytes() == before


def test_a_foreign_database_is_no_corpus_and_left_alone(path):
    with sqlite3.connect(path) as foreign:
        foreign.execute("CREATE TABLE mine (x)")
    before = path.read_bytes()

    for write in (False, True):
        with pytest.raises(CorpusError, match="is not a corpus"):
            Corpus(path, write=write)

    assert path.read_bytes() == before


def test_a_corpus_shows_what_it_is(path):
    Corpus(path, write=True).close()

    assert path.read_bytes()[68:72] == APPLICATION.to_bytes(4, "big") == b"OCRC"


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """An undamaged corpus, and its results."""
    path = tmp_path_factory.mktemp("sound") / "corpus.sqlite"
    many = random.Random(7)
    with Corpus(path, write=True) as corpus:
        for number in range(40):
            text = " ".join(f"word{many.randrange(9999)}" for _ in range(200))
            fill(corpus, page(f"doc{number}", text))
        return path, list(corpus.results())


def cut(content, _):
    return content[: len(content) // 2]


def stump(content, _):
    return content[:100]


def headless(content, _):
    return bytes(100) + content[100:]


def nonsense(content, many):
    return many.randbytes(len(content))


def holes(content, many):
    content = bytearray(content)
    for _ in range(4):
        start = many.randrange(4096, len(content) - 4096)
        content[start : start + 4096] = many.randbytes(4096)
    return bytes(content)


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize("harm", [cut, stump, headless, nonsense])
def test_damage_is_named(sound, tmp_path, harm, write):
    path = tmp_path / "corpus.sqlite"
    path.write_bytes(harm(sound[0].read_bytes(), random.Random(1)))
    before = path.read_bytes()

    with pytest.raises(CorpusError, match=r"corpus\.sqlite is (damaged|not a corpus)"):
        Corpus(path, write=write)

    assert path.read_bytes() == before


@pytest.mark.parametrize("seed", range(12))
def test_random_damage_is_named_or_hurts_nothing(sound, tmp_path, seed):
    path = tmp_path / "corpus.sqlite"
    path.write_bytes(holes(sound[0].read_bytes(), random.Random(seed)))

    try:
        with Corpus(path) as corpus:
            results = list(corpus.results())
    except CorpusError as error:
        assert (error.exit_code, "damaged" in error.message) == (3, True)
    else:
        assert results == sound[1]


def test_damage_met_while_writing_ends_as_an_output_does(sound, tmp_path):
    path = tmp_path / "corpus.sqlite"
    path.write_bytes(cut(sound[0].read_bytes(), None))

    with pytest.raises(CorpusError) as caught:
        Corpus(path, write=True)

    assert caught.value.exit_code == OutputError.exit_code


def test_a_missing_corpus_is_not_made_by_looking_for_it(path):
    with pytest.raises(InputError, match="does not exist"):
        Corpus(path)

    assert not path.exists()


@pytest.mark.parametrize("name", ["no/such/folder/corpus.sqlite", "n" * 300])
def test_a_place_that_cannot_be_written_is_named(tmp_path, name):
    with pytest.raises(OutputError, match="cannot be opened"):
        Corpus(tmp_path / name, write=True)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no such rights there")
def test_a_corpus_that_may_only_be_read_is_read_and_refused_to_write(
    sound, tmp_path, monkeypatch
):
    path = tmp_path / "corpus.sqlite"
    shutil.copy(sound[0], path)
    path.chmod(0o444)
    if os.access(path, os.W_OK):
        pytest.skip("this user may write everything")

    with Corpus(path) as corpus:
        assert list(corpus.results()) == sound[1]
    with pytest.raises(OutputError), Corpus(path, write=True) as corpus:
        fill(corpus, page("new"))


def test_what_is_only_read_is_never_changed(sound):
    with Corpus(sound[0]) as corpus, pytest.raises(OcrError):
        fill(corpus, page("new"))


def test_a_corpus_kept_busy_too_long_is_named(path, monkeypatch):
    monkeypatch.setattr("ocr_core.corpus.database.BUSY_SECONDS", 0)
    with Corpus(path, write=True) as corpus, sqlite3.connect(path) as other:
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(OutputError, match="in use by"):
            fill(corpus, page())


def test_a_page_is_kept_whole_or_not_at_all(corpus, monkeypatch):
    fill(corpus, page())

    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(saving, "mark_unindexed", stop)
        with pytest.raises(KeyboardInterrupt):
            fill(corpus, page("b"))

    assert came_out(corpus) == [("a", 1, "one two")]
    fill(corpus, page("b"))
    assert len(came_out(corpus)) == 2


def test_two_writers_take_turns(path):
    with Corpus(path, write=True) as one, Corpus(path, write=True) as two:
        for number in range(1, 6):
            fill(one, page(number=number, text="one"))
            fill(two, page(number=number, text="two"), page("b", number=number))

        assert [text for *_, text in came_out(one)] == ["one"] * 5 + ["one two"] * 5
        assert came_out(two) == came_out(one)
    assert Path(path).exists()
