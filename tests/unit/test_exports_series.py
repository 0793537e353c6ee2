"""Exports of a series of documents: they leave out the heads that mining leaves out."""

import csv
import random
from dataclasses import replace
from io import StringIO
from itertools import groupby, islice

import pytest

from ocr_core.corpus import Corpus, token_index
from ocr_core.exports import FORMATS, series
from ocr_core.exports.series import documents_in_series
from ocr_core.page import PageResult
from ocr_core.text.running_heads import MOST_PAGES, NEAR
from ocr_core.tokenizer import split
from tests.support.drawn_series import HEADLESS, SERIES, drawn_series
from tests.support.export_samples import written
from tests.support.written_corpora import fill, page

CLEANED = ("corpus", "zip", "xlsx")


def issues(name: str, count: int = 8) -> list[PageResult]:
    """Return the pages of the first documents of a drawn series."""
    drawn = groupby(
        (each for each, _ in drawn_series(name)), key=lambda each: each.ref.doc_id
    )
    return [
        page(doc_id, "", each.ref.number, rows=each.rows, size=each.size)
        for doc_id, pages in islice(drawn, count)
        for each in pages
    ]


def counted(corpus: Corpus) -> dict[str, list[str]]:
    """Return the tokens of each document that mining counts."""
    tokens = corpus.tokens().without_heads
    found: dict[str, list[str]] = {}
    for n, form in enumerate(tokens.spelled()):
        found.setdefault(tokens.page(n).doc_id, []).append(form)
    return found


large = pytest.mark.large


def vertical(content: bytes) -> dict[str, list[str]]:
    """Return the tokens of each text, without marks of punctuation."""
    found: dict[str, list[str]] = {}
    for line in content.decode().splitlines():
        if line.startswith("<text "):
            tokens = found.setdefault(line.split('"')[1], [])
        token = line.split("\t")[0]
        if "\t" in line and any(map(str.isalnum, token)):
            tokens.append(token)
    return found


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in ("bulletin", "letters") else [large])
        for name in (*SERIES, *HEADLESS)
    ],
)
def test_exports_hold_the_tokens_that_mining_counts(name, shell, tmp_path):
    pages = issues(name)
    documents = [list(d) for _, d in groupby(pages, key=lambda each: each.ref.doc_id)]
    random.Random(name).shuffle(documents)  # the corpus has an order of its own
    with Corpus(tmp_path / "c.sqlite", write=True) as corpus:
        fill(corpus, *(each for document in documents for each in document))
        wanted = counted(corpus)

    vrt = shell("export", tmp_path / "c.sqlite", "--to", "vrt")
    cleaned = ("--to", "corpus", "--clean", "on", "-o", tmp_path / "c.csv")
    table = shell("export", tmp_path / "c.sqlite", *cleaned)

    assert (vrt.code, table.code) == (0, 0)
    assert vertical(vrt.out) == wanted
    with (tmp_path / "c.csv").open(newline="", encoding="utf-8") as file:
        texts = {row["doc_id"]: row["text"] for row in csv.DictReader(file)}
    assert {each: list(split(text, "eng")) for each, text in texts.items()} == wanted
    assert vertical(written("vrt", pages)) == wanted  # read together, without a corpus


def test_the_head_of_eight_issues_goes_and_a_heading_that_repeats_stays():
    head = "THE TIDE, March"
    pages = [
        page(f"tide_{n}", f"{head} {n + 1}\n\n\nMARKETS\nships {n} lay\nand {n} more")
        for n in range(8)
    ]

    texts = vertical(written("vrt", pages))
    content = written("corpus", pages, cleaning="on").decode()
    rows = list(csv.DictReader(StringIO(content, newline="")))

    assert len(texts) == len(rows) == 8
    for n, (tokens, row) in enumerate(zip(texts.values(), rows, strict=True)):
        assert tokens == ["MARKETS", "ships", f"{n}", "lay", "and", f"{n}", "more"]
        assert row["text"].split() == tokens
        assert row["text_raw"].startswith("THE TIDE")


def test_without_cleaning_the_contexts_are_not_asked_for():
    def refuse(doc_id):
        raise AssertionError(doc_id)

    for name in ("corpus", "zip"):
        asked = written(name, issues("daily"), contexts=refuse)
        assert asked == written(name, issues("daily"))


def test_every_format_that_cleans_or_counts_takes_the_contexts():
    assert {each.name for each in FORMATS.values() if each.heads} == {"vrt", *CLEANED}


def test_few_pages_are_read_ahead(monkeypatch):
    """A long document ends the reading ahead: only its first pages are in memory."""
    asked, done = [], []

    def coming():
        short = [page(f"a{n}", "text") for n in range(3)]
        long = [page("b", "text", n) for n in range(1, 100)]
        more = [page(f"c{n}", "text") for n in range(30)]
        for each in [*short, *long, *more]:
            asked.append(each.ref.doc_id)
            yield each

    found = []

    def distances(document, series=()):
        return [each.distance for each in series]

    monkeypatch.setattr(series, "context_of", distances)
    for pages, beside in documents_in_series(coming()):
        found.append((pages[0].ref.doc_id, beside))
        done.extend(pages)
        assert len(asked) - len(done) <= NEAR * MOST_PAGES + 1

    assert found[:4] == [("a0", [1, 2]), ("a1", [-1, 1]), ("a2", [-2, -1]), ("b", [])]
    assert found[4] == ("c0", [-4, -3, -2, 1, 2, 3, 4, 5, 6])
    assert found[-1] == ("c29", [-6, -5, -4, -3, -2, -1])
    assert len(found) == 34


def test_a_document_has_the_context_that_the_corpus_knows(tmp_path):
    pages = issues("daily", 12)
    with Corpus(tmp_path / "c.sqlite", write=True) as corpus:
        fill(corpus, *pages)
        known = corpus.document_contexts()

        assert list(documents_in_series(corpus.results(), known)) == list(
            documents_in_series(corpus.results())
        )
        assert known("no such document").heads == {}


HEAD = "The Harbour Mail"


def book(pages: int = 20, **other) -> list[PageResult]:
    """Return a document whose pages have a head, and texts that all differ."""
    return [
        page("book", f"{HEAD}\n\n\nships {n} lay\nand {n} more of it", n, **other)
        for n in range(1, pages + 1)
    ]


def kept(tmp_path, pages: list[PageResult]) -> Corpus:
    corpus = Corpus(tmp_path / "c.sqlite", write=True)
    fill(corpus, *pages)
    return corpus


def assert_headless(shell, tmp_path, *options) -> None:
    """Assert that exports and counts have no word of the head."""
    path = tmp_path / "c.sqlite"
    vrt = shell("export", path, "--to", "vrt", *options)
    cleaned = ("--to", "corpus", "--clean", "on", *options)
    table = shell("export", path, *cleaned)
    with Corpus(path) as corpus:
        assert set(HEAD.split()).isdisjoint(counted(corpus)["book"])

    assert (vrt.code, table.code) == (0, 0)
    [tokens] = vertical(vrt.out).values()
    [row] = csv.DictReader(StringIO(table.out.decode(), newline=""))
    assert "ships" in tokens
    assert set(HEAD.split()).isdisjoint(tokens)
    assert set(HEAD.split()).isdisjoint(row["text"].split())
    assert HEAD.split()[0] in row["text_raw"]


def test_heads_go_whose_words_the_filter_thins_out(shell, tmp_path):
    pages = book()
    for n, each in enumerate(pages):  # one word of each head is sure, another each time
        rows = [
            word._replace(conf=20) if i < 3 and i != n % 3 else word
            for i, word in enumerate(each.rows)
        ]
        pages[n] = replace(each, rows=tuple(rows))
    kept(tmp_path, pages).close()

    assert_headless(shell, tmp_path, "--min-conf", "50")


def test_heads_go_of_the_one_page_that_the_filter_leaves(shell, tmp_path):
    pages = [replace(each, quality=0.3) for each in book()]
    pages[9] = replace(pages[9], quality=0.9)
    kept(tmp_path, pages).close()

    assert_headless(shell, tmp_path, "--min-quality", "0.5")


@pytest.mark.parametrize("failed", [range(2, 9), range(1, 20, 2), [1, 20]])
def test_heads_go_between_pages_that_failed(failed, shell, tmp_path):
    pages = [
        replace(each, rows=(), status="failed", error_kind="engine", error="no")
        if each.ref.number in failed
        else each
        for each in book()
    ]
    kept(tmp_path, pages).close()

    assert_headless(shell, tmp_path)


@pytest.mark.parametrize("numbers", [[7], [1, 20], [3, 4, 15]])
def test_heads_go_of_the_pages_chosen(numbers, tmp_path):
    pages = book()
    chosen = [pages[number - 1] for number in numbers]

    with kept(tmp_path, pages) as corpus:
        content = written("vrt", chosen, contexts=corpus.document_contexts())
        tokens = corpus.tokens().without_heads
        wanted = [
            form
            for n, form in enumerate(tokens.spelled())
            if tokens.page(n).page_num in numbers
        ]

    assert vertical(content)["book"] == wanted
    assert set(HEAD.split()).isdisjoint(wanted)


def test_heads_go_at_the_edges_of_the_parts_of_a_long_document(
    shell, tmp_path, monkeypatch
):
    monkeypatch.setattr(token_index, "CHARACTERS_AT_ONCE", 1)  # a page at a time
    kept(tmp_path, book()).close()

    assert_headless(shell, tmp_path)


def test_pages_are_tokenized_again_when_another_page_of_their_document_goes(tmp_path):
    with kept(tmp_path, book(3)) as corpus:
        corpus.tokens()

        corpus.remove("book", 2)

        assert corpus.count_behind() == 2
        assert counted(corpus)["book"][:3] == HEAD.split()
