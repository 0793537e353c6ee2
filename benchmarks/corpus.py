"""A large corpus: how long it takes to keep a page, open, list, search, export.

``python -m benchmarks corpus [PAGES]``; 100,000 pages unless it says otherwise. The
words are made up, as frequent as in a language: the most frequent is on every page.
"""

import os
import random
import tempfile
import time
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from ocr_core.corpus import Corpus
from ocr_core.exports import FORMATS
from ocr_core.page import PageRef, PageResult, Word
from ocr_core.settings import Settings

PAGES = 100_000
TIMED = 1000
WORDS = 200
VOCABULARY = [f"word{number}" for number in range(20_000)]
WEIGHTS = [1 / (rank + 1) for rank in range(len(VOCABULARY))]
ROUNDS = 5


def drawn(number: int, chance: random.Random, settings: Settings) -> PageResult:
    """Return a page of made-up words."""
    rows = tuple(
        Word(
            *(1, 1, 1 + index // 10, 1 + index % 10),
            *(110 * (index % 10), 60 * (index // 10), 90, 24),
            conf=chance.randrange(3000, 9999) / 100,
            text=text,
        )
        for index, text in enumerate(chance.choices(VOCABULARY, WEIGHTS, k=WORDS))
    )
    return PageResult(
        PageRef(f"/scans/{number // 100}.pdf", 1 + number % 100),
        rows=rows,
        size=(1240, 1754),
        sha256=f"{number // 100:064d}",
        engine="made up 1",
        language="eng",
        language_data="0",
        settings_digest=settings.digest,
        settings=settings.flat(),
        quality=chance.random(),
    )


def timed(name: str, act: Callable[[], Any]) -> None:
    """Print the median time of some rounds."""
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - start)
    print(f"{name:44} {1000 * sorted(seconds)[ROUNDS // 2]:9.1f} ms", flush=True)


def fill(corpus: Corpus, pages: int) -> float:
    """Keep so many pages; return the milliseconds that each of the first took."""
    chance, settings, spent = random.Random(1), Settings(), 0.0
    for number in range(pages):
        if number == TIMED:
            took = 1000 * spent / TIMED
            corpus.execute("PRAGMA synchronous = OFF")  # the rest is but a stage
        page = drawn(number, chance, settings)
        start = time.perf_counter()
        if page.ref.number == 1:
            corpus.add_document(page.ref, page.sha256, 100)
        corpus.save_result(page)
        spent += time.perf_counter() - start
    return took if pages > TIMED else 1000 * spent / pages


def export(corpus: Corpus, form: str) -> None:
    with Path(os.devnull).open("wb") as nowhere:
        FORMATS[form].write(islice(corpus.results(), 1000), nowhere)


def main(words: list[str]) -> int:
    pages = int(words[0]) if words else PAGES
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "corpus.sqlite"
        with Corpus(path, write=True) as corpus:
            took = fill(corpus, pages)
        size = path.stat().st_size
        print(f"{pages} pages of {WORDS} words, {size / pages / 1000:.1f} kB a page")
        print(f"{'keep a page, in a transaction':44} {took:9.1f} ms")
        timed("open and check the file", lambda: Corpus(path).close())
        with Corpus(path) as corpus:
            timed("count by status", corpus.counts)
            timed(
                "list 100 pages from the middle",
                lambda: corpus.rows(limit=100, offset=pages // 2),
            )
            timed(
                "list the 100 worst pages",
                lambda: corpus.rows(order="quality", limit=100),
            )
            timed("list failed pages", lambda: corpus.rows(status="failed"))
            timed("search a rare word", lambda: corpus.search("word19000"))
            timed("search two words", lambda: corpus.search("word90 word700"))
            timed("search a phrase", lambda: corpus.search('"word1 word9"'))
            timed("search the most frequent word", lambda: corpus.search("word0"))
            for form in ("words", "jsonl"):
                timed(f"export 1,000 pages as {form}", partial(export, corpus, form))
    return 0
