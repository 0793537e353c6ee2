"""Untrusted corpus files: opened only if they contain nothing but a corpus."""

import contextlib
import json
import random
import sqlite3
import zlib

import pytest

from ocr_core.corpus import Corpus, token_index
from ocr_core.corpus.schema import EARLIER_TOKENS
from ocr_core.errors import CorpusError, OcrError
from ocr_core.mining.page_tokens import document_tokens
from tests.support.corpus_pages import fill, page


def use(corpus):
    corpus.counts()
    corpus.rows()
    corpus.languages()
    corpus.corrections()
    list(corpus.results())
    corpus.search("two")
    corpus.tokens()


def columns(left=1, conf=90, text='"x"'):
    rest = "[1], " * 3
    return zlib.compress(
        f"[[1], [1], [1], [1], [{left}], {rest}[{conf}], [{text}]]".encode()
    )


def many(count, numbers):
    left = random.Random(0).choices(numbers, k=count)
    table = [*[[1] * count] * 4, left, *[[1] * count] * 4, [""] * count]
    return zlib.compress(json.dumps(table, separators=(",", ":")).encode())


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "theirs.sqlite"
    with Corpus(path, write=True) as corpus:
        fill(corpus, page())
    return path


def test_tokens_of_an_earlier_version_are_known_and_made_again(file):
    with sqlite3.connect(file) as db:
        db.executescript(f"DROP TABLE IF EXISTS token_pages; {EARLIER_TOKENS}")
    db.close()

    with Corpus(file, write=True, foreign=True) as corpus:
        assert len(corpus.tokens())


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
        assert corpus.one("PRAGMA trusted_schema") == (0,)


@pytest.mark.parametrize(
    "words",
    [
        zlib.compress(bytes(2**25), 1),  # 32 MB in 146 kB
        zlib.compress(b'[["a"],[1],[1],[1],[1],[1],[1],[1],[90],["x"]]'),
        zlib.compress(b"[[1],[2]]"),
        zlib.compress(b"{}")[:-2],
        b"",
        "text",
        columns(left="1e999"),
        columns(left="9" * 400),
        columns(left=2**31),
        columns(left="[1]"),
        columns(left='"a"'),
        columns(conf="NaN"),
        columns(conf="1e999"),
        columns(conf="null"),
        zlib.compress(b"[" * 100_000),
        many(100_001, range(10)),  # words: none is a page of so many
        many(10_000, [1]),  # 270 kB in 500 bytes
    ],
)
def test_words_that_nobody_can_have_read_are_called_damaged(file, words):
    with sqlite3.connect(file) as db:
        db.execute("UPDATE contents SET words = ?", (words,))

    with Corpus(file, foreign=True) as corpus, pytest.raises(CorpusError):
        corpus.page("a", 1)


@pytest.mark.parametrize(
    "change",
    [
        "contents SET steps = '5'",
        "contents SET steps = '[[1, 2, 3]]'",
        f"contents SET steps = '{'[' * 100_000}'",
        "recipes SET settings = '[1]'",
        "documents SET path = 5",
        "documents SET doc_id = x'41'",
        "documents SET source_file = CAST(x'ff41' AS TEXT)",
        "pages SET number = 'a'",
        "pages SET number = 1 << 62",
        "readings SET width = 'a'",
        "readings SET quality = 'a'",
        "readings SET quality = 9e999",
        "readings SET language = CAST(x'ff41' AS TEXT)",
        "readings SET corrected = 1, status = x'00'",
        "corrections SET text = x'00'",
        "metadata SET value = x'00'",
        "metadata SET name = CAST(x'ff' AS TEXT)",
        "search_config SET v = 99",
        "token_pages SET forms = x'010203'",
        "token_pages SET confs = 'abc'",
        "token_forms SET form = x'ff' WHERE id = 0",
    ],
)
def test_a_value_of_another_kind_is_called_damage(file, change):
    with Corpus(file, write=True) as corpus:
        corpus.set_metadata({"year": {"a": "1890"}})
        corpus.correct("a", 1, 0, "eins")
        corpus.tokens()
    with sqlite3.connect(file) as db:
        db.execute(f"UPDATE {change}")

    with Corpus(file) as corpus, pytest.raises(CorpusError, match="is damaged"):
        use(corpus)


def test_a_long_document_is_cut_into_tokens_in_parts(file, monkeypatch):
    with Corpus(file, write=True) as corpus:
        fill(corpus, *[page(number=number) for number in range(2, 6)])
    together = []

    def cut(pages, *more):
        together.append(len(pages))
        return document_tokens(pages, *more)

    monkeypatch.setattr(token_index, "CHARACTERS_AT_ONCE", 50)
    monkeypatch.setattr(token_index, "document_tokens", cut)
    with Corpus(file) as corpus:
        tokens = corpus.tokens()

    assert together == [2, 2, 1]
    assert tokens.spelled() == ["one", "two"] * 5


def test_a_column_of_another_name_is_called_damage(file):
    with sqlite3.connect(file) as db:
        db.execute("ALTER TABLE readings RENAME COLUMN language TO l")

    with Corpus(file) as corpus, pytest.raises(CorpusError, match="is damaged"):
        use(corpus)


def test_half_a_letter_can_be_written(file):
    with sqlite3.connect(file) as db:
        words = columns(text='"\\ud800"')
        steps = json.dumps([["deskew", {"angle": "\ud800"}, ""]])
        db.execute("UPDATE contents SET words = ?, steps = ?", (words, steps))

    with Corpus(file) as corpus:
        result = corpus.page("a", 1)
    assert result.text == "\N{REPLACEMENT CHARACTER}"
    assert result.reports[0].measured == {"angle": "\N{REPLACEMENT CHARACTER}"}


@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_file_is_read_or_called_damaged(file, seed):
    whole = bytearray(file.read_bytes())
    torn = random.Random(seed)
    offset = torn.choice([n for n in range(100, len(whole) - 32) if whole[n]])
    whole[offset : offset + 32] = torn.randbytes(32)
    file.write_bytes(whole)

    with contextlib.suppress(OcrError), Corpus(file, write=True) as corpus:
        use(corpus)
