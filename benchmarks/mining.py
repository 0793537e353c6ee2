"""Mining: how long each view takes on a large corpus, and the memory it needs.

``python -m benchmarks mining --tokens 10000000``. The corpus is made up in memory, its
words as frequent as in a language. Times are of one processor: a busy machine does not
change them much.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ocr_core.corpus import Corpus
from ocr_core.mining import Filter, Selection, Tokens, select
from ocr_core.mining.association import collocates
from ocr_core.mining.concordance import kwic
from ocr_core.mining.diversity import diversity, vocabulary_growth
from ocr_core.mining.frequency import (
    dispersion,
    ngrams,
    tf_idf,
    word_list,
)
from ocr_core.mining.keyness import keywords
from ocr_core.mining.lemmas import lemmas
from ocr_core.mining.reliability import better_half
from ocr_core.mining.tokens import PageInfo, TokenColumns
from ocr_core.mining.topics import similar, topics
from ocr_core.mining.trends import trends
from ocr_core.mining.variants import variants
from ocr_core.tokenizer import VERSION

FORMS = 500_000
ON_A_PAGE = 300
PAGES_OF_A_DOCUMENT = 10
ZIPF = 1.05

FILTERS = {
    "no filter": Filter(),
    "minimum confidence": Filter(min_conf=60),
    "minimum quality": Filter(min_quality=0.5),
    "years": Filter(metadata="year=1880..1899"),
    "capitals told apart": Filter(words="form", numbers="keep"),
    "stop words dropped": Filter(stop_words="drop"),
    "lemmas": Filter(words="lemma"),
}


def view_of(query: str, **asked: Any) -> Callable[[Selection], Any]:
    """Return a view of the concordance."""
    return lambda selection: kwic(selection, query, **asked)


VIEWS: dict[str, Callable[[Selection], Any]] = {
    "word list, 1,000": lambda s: word_list(s, limit=1000),
    "word list, all": word_list,
    "bigrams, all": lambda s: ngrams(s, 2),
    "bigrams, 1,000": lambda s: ngrams(s, 2, limit=1000),
    "trigrams, 1,000": lambda s: ngrams(s, 3, limit=1000),
    "5-grams, 1,000": lambda s: ngrams(s, 5, limit=1000),
    "tf-idf, 20 a document": tf_idf,
    "dispersion of 3 words": lambda s: dispersion(s, ["the", "waae", "wabc"]),
    "trends of 3 words": lambda s: trends(s, ["the", "waae", "wabc*"], "year"),
    "concordance, rare word": view_of("waijf"),
    "concordance, frequent word": view_of("the"),
    "concordance, phrase": view_of("the of waaa*"),
    "concordance, wildcard": view_of("wab*"),
    "concordance, expression": view_of("/w[ab]+c?.{2}/"),
    "concordance, by right words": view_of("waae", sort="R1,R2,R3"),
    "concordance, frequent, by right": view_of("the", sort="R1,R2,R3"),
    "collocates, frequent word": lambda s: collocates(s, "the", limit=1000),
    "collocates, rare word": lambda s: collocates(s, "waijf"),
    "keywords, half against half": lambda s: keywords(*halves(s), limit=1000),
    "topics, NMF": lambda s: topics(s, 8, runs=0),
    "topics of pages, NMF, one more run": lambda s: topics(s, 8, unit="page", runs=1),
    "topics of pages, LDA": lambda s: topics(s, 8, method="lda", unit="page", runs=0),
    "documents alike": lambda s: similar(s, s.documents[0]),
    "diversity": diversity,
    "growth of the vocabulary": vocabulary_growth,
    "misread forms": lambda s: variants(s, "waijf"),
    "better half, its words": lambda s: word_list(better_half(s), limit=1000),
}


def halves(selection: Selection) -> tuple[Selection, Selection]:
    early = np.arange(len(selection.chosen)) < len(selection.chosen) // 2
    return selection.part(early), selection.part(~early)


def spelled(number: int) -> str:
    """Return a made-up word; some are capital."""
    letters = ""
    while number or not letters:
        number, rest = divmod(number, 26)
        letters = chr(97 + rest) + letters
    return f"W{letters:a>4}" if number % 5 == 4 else f"w{letters:a>4}"


def made_up(count: int, seed: int = 1) -> Tokens:
    """Return a corpus whose words are as frequent as Zipf's law has it."""
    chance = np.random.default_rng(seed)
    weights = np.cumsum(1 / np.arange(1, FORMS + 1) ** ZIPF)
    forms = np.searchsorted(weights / weights[-1], chance.random(count))
    pages = np.arange(count) // ON_A_PAGE
    page_infos = [
        PageInfo(
            f"paper_{n // PAGES_OF_A_DOCUMENT:05}",
            1 + n % PAGES_OF_A_DOCUMENT,
            ("eng", "deu", "fra", "ind")[n // PAGES_OF_A_DOCUMENT % 4],
            float(quality),
            n + 1,
        )
        for n, quality in enumerate(chance.random(int(pages[-1]) + 1))
    ]
    names = dict.fromkeys(leaf.doc_id for leaf in page_infos)
    return Tokens(
        TokenColumns(
            forms.astype(np.uint32),
            (np.arange(count) % ON_A_PAGE).astype(np.uint32),
            chance.integers(30, 100, count).astype(np.uint8),
            pages.astype(np.uint32),
        ),
        ["the", "of", "and", *(spelled(n) for n in range(FORMS - 3))],
        page_infos,
        {"year": {name: str(1850 + n % 100) for n, name in enumerate(names)}},
    )


def lay_down(tokens: Tokens, path: Path) -> None:
    """Write a corpus file whose pages have no words, and their tokens in its index."""
    with Corpus(path, write=True) as corpus:
        corpus.tokens()  # makes the tables
        db = corpus
        db.execute("PRAGMA foreign_keys = OFF")
        ends = np.searchsorted(
            tokens.stored.pages, np.arange(len(tokens.page_infos) + 1)
        ).tolist()
        documents: dict[str, int] = {}
        db.execute("BEGIN")
        db.execute("INSERT INTO engines VALUES (1, 'made up', '0')")
        forms = ((n, form) for n, form in enumerate(tokens.vocabulary))
        db.executemany("INSERT INTO token_forms VALUES (?, ?)", forms)
        for n, leaf in enumerate(tokens.page_infos, 1):
            document = documents.setdefault(leaf.doc_id, len(documents) + 1)
            if leaf.page_num == 1:
                db.execute(
                    "INSERT INTO documents (id, doc_id, source_file, path, sha256, "
                    "pages) VALUES (?, ?, ?, ?, '', 10)",
                    (document, leaf.doc_id, leaf.doc_id, leaf.doc_id),
                )
            here = slice(ends[n - 1], ends[n])
            columns = [column[here] for column in tokens.stored[:3]]
            db.execute(
                "INSERT INTO readings (id, page, sha256, recipe, engine, read_by, "
                "language, status, error, width, height, dpi, seconds, quality, "
                "n_words, conf_mean) VALUES (?, ?, '', '', 1, 1, ?, 'ok', '', "
                "0, 0, 0, 0, ?, ?, 90)",
                (n, n, leaf.language, leaf.quality, len(columns[0])),
            )
            row_key = (n, document, leaf.page_num, n)
            db.execute(
                "INSERT INTO pages (id, document, number, reading) VALUES (?, ?, ?, ?)",
                row_key,
            )
            db.execute(
                "INSERT INTO token_pages (id, reading, raw, rule, diary, forms, words, "
                "confs) VALUES (?, ?, 0, ?, 0, ?, ?, ?)",
                (n, n, VERSION, *(each.tobytes() for each in columns)),
            )
        db.execute("COMMIT")
        corpus.set_metadata(tokens.metadata)


def look_ahead(tokens: Tokens) -> None:
    """Have at hand what the app has, some seconds after its first view."""
    import sklearn.decomposition  # noqa: F401

    for language in tokens.languages:
        lemmas(tokens, language)


def load(path: Path) -> Tokens:
    with Corpus(path) as corpus:
        found: Tokens = corpus.tokens()
        return found


def time_file(tokens: Tokens) -> None:
    """Time how long a corpus file of these tokens takes to open and load."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "corpus.sqlite"
        timed("index written", lambda: lay_down(tokens, path))
        loaded = timed("file opened, tokens loaded", lambda: load(path))
        assert len(loaded) == len(tokens)
        print(f"{'the file':40} {path.stat().st_size / 1e6:9.0f} MB")


def timed(name: str, act: Callable[[], Any]) -> Any:
    """Print the processor's seconds that something takes, and the memory so far."""
    start = time.process_time()
    result = act()
    took = time.process_time() - start
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name:40} {1000 * took:9.0f} ms {most:9.0f} MB at most", flush=True)
    return result


def main(words: list[str]) -> int:
    asked = argparse.ArgumentParser(prog="python -m benchmarks mining")
    asked.add_argument("--tokens", type=int, default=10_000_000)
    asked.add_argument("--view", default="", help="Only views whose name holds this.")
    wanted = asked.parse_args(words)
    tokens = timed(f"{wanted.tokens:,} tokens made up", lambda: made_up(wanted.tokens))
    import pandas  # noqa: F401  # loaded once, whatever comes first

    time_file(tokens)
    timed("lemmas found, behind the screen", lambda: look_ahead(tokens))
    for name, each in FILTERS.items():
        timed(f"select: {name}", partial(select, tokens, each))
    selection = select(tokens)
    timed("sizes and counts", lambda: (selection.sizes, selection.counts.sum()))
    timed("numbers of words", lambda: selection.ids)
    for name, view in VIEWS.items():
        if wanted.view in name:
            timed(name, partial(view, selection))
    return 0
