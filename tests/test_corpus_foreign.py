"""A corpus file that a stranger made: opened only if it is nothing but a corpus."""

import sqlite3
import zlib

import pytest

from ocr_core.corpus import Corpus
from ocr_core.errors import CorpusError
from tests.test_corpus import fill, page


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "theirs.sqlite"
    with Corpus(path, write=True) as corpus:
        fill(corpus, page())
    return path


def test_a_corpus_as_we_make_it_is_opened(file):
    with Corpus(file, write=True, foreign=True) as corpus:
        assert corpus.counts() == {"ok": 1}
        assert [hit.doc_id for hit in corpus.search("two")] == ["a"]


@pytest.mark.parametrize(
    "extra",
    [
        "CREATE TRIGGER t AFTER INSERT ON pages BEGIN DELETE FROM pages; END",
        "CREATE VIEW v AS SELECT load_extension('x')",
        "CREATE TABLE more (a, b AS (zeroblob(1000000000)))",
        "CREATE INDEX i ON pages (number) WHERE number > 1",
        "CREATE VIRTUAL TABLE v USING fts5(text)",
    ],
)
def test_whatever_else_it_holds_is_refused(file, extra):
    with sqlite3.connect(file) as db:
        db.execute(extra)

    with pytest.raises(CorpusError, match="more than the tables"):
        Corpus(file, write=True, foreign=True)
    Corpus(file).close()  # its owner may add what they like


def test_a_table_of_another_make_is_refused(file):
    with sqlite3.connect(file) as db:
        db.execute("DROP TABLE unindexed")
        db.execute("CREATE TABLE unindexed (reading INTEGER CHECK (random()))")

    with pytest.raises(CorpusError, match="damaged"):
        Corpus(file, foreign=True)


def test_functions_with_side_effects_do_not_run_from_a_schema(file):
    with Corpus(file) as corpus:
        assert corpus._one("PRAGMA trusted_schema") == (0,)


@pytest.mark.parametrize(
    "words",
    [
        zlib.compress(bytes(2**28), 9),  # 256 MB in 260 kB
        zlib.compress(b'[["a"],[1],[1],[1],[1],[1],[1],[1],[90],["x"]]'),
        zlib.compress(b"[[1],[2]]"),
        zlib.compress(b"{}")[:-2],
        b"",
    ],
)
def test_words_that_nobody_can_have_read_are_called_damaged(file, words):
    with sqlite3.connect(file) as db:
        db.execute("UPDATE contents SET words = ?", (words,))

    with Corpus(file, foreign=True) as corpus, pytest.raises(CorpusError):
        corpus.page("a", 1)
