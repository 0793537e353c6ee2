"""Mining: how long each view takes on a large corpus, and the memory it needs.

``python -m benchmarks mining --tokens 10000000``. The corpus is made up, its words as
frequent as in a language. Times are of all threads together: a busy machine does not
change them much. `main` is the share of the main thread; the rest is divided among the
processors. Memory includes what is mapped from the file of columns; `private` does not,
and is that after the work.
"""

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from ocr_core.corpus import Corpus
from ocr_core.corpus.document_series import current_series
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

DUCKDB = {
    "filter, its sizes": (
        "SELECT count(*), count(DISTINCT document) FROM tokens WHERE conf >= 60"
    ),
    "word list, 1,000": (
        "SELECT lower(f.form), count(*) n, count(DISTINCT document) FROM tokens t "
        "JOIN forms f ON f.number = t.form GROUP BY 1 ORDER BY n DESC, 1 LIMIT 1000"
    ),
    "concordance, frequent word": (
        "SELECT t.at FROM tokens t JOIN forms f ON f.number = t.form "
        "WHERE lower(f.form) = 'the' ORDER BY t.at LIMIT 50"
    ),
    "concordance, phrase": (
        "SELECT a.at FROM tokens a JOIN tokens b ON b.at = a.at + 1 "
        "WHERE a.form = 0 AND b.form = 1 ORDER BY a.at LIMIT 50"
    ),
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
    "concordance, gap": view_of("the []{0,3} of"),
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
    early = selection.tokens.document_of_page < len(selection.documents) // 2
    return selection.part(early), selection.part(~early)


def spelled(number: int) -> str:
    """Return a made-up word; some are capital."""
    letters = ""
    while number or not letters:
        number, rest = divmod(number, 26)
        letters = chr(97 + rest) + letters
    return f"W{letters:a>4}" if number % 5 == 4 else f"w{letters:a>4}"


def spelled_forms(count: int) -> list[str]:
    """Return the made-up forms, the most frequent first."""
    return ["the", "of", "and", *(spelled(n) for n in range(count - 3))]


def lay_down(count: int, path: Path, forms: int = FORMS, seed: int = 1) -> None:
    """Write a corpus file whose pages have tokens in its index, but no words.

    The words are as frequent as Zipf's law has it.
    """
    chance = np.random.default_rng(seed)
    weights = np.cumsum(1 / np.arange(1, forms + 1) ** ZIPF)
    weights /= weights[-1]
    words = np.arange(ON_A_PAGE, dtype=np.uint32).tobytes()
    pages = count // ON_A_PAGE
    documents = range(-(-pages // PAGES_OF_A_DOCUMENT))
    with Corpus(path, write=True) as corpus:
        corpus.tokens()  # makes the tables
        corpus.execute("PRAGMA foreign_keys = OFF")
        corpus.execute("BEGIN")
        corpus.execute("INSERT INTO engines VALUES (1, 'made up', '0')")
        spellings = enumerate(spelled_forms(forms))
        corpus.executemany("INSERT INTO token_forms VALUES (?, ?)", spellings)
        for document in documents:
            name = f"paper_{document:05}"
            corpus.execute(
                "INSERT INTO documents (id, doc_id, source_file, path, sha256, "
                "pages) VALUES (?, ?, ?, ?, '', ?)",
                (document + 1, name, name, name, PAGES_OF_A_DOCUMENT),
            )
            first = document * PAGES_OF_A_DOCUMENT
            shape = min(PAGES_OF_A_DOCUMENT, pages - first), ON_A_PAGE
            drawn = np.searchsorted(weights, chance.random(shape)).astype(np.uint32)
            confs = chance.integers(30, 100, shape).astype(np.uint8)
            for number, columns in enumerate(zip(drawn, confs, strict=True), 1):
                _lay_page(corpus, document, number, first + number, columns, words)
        series = current_series(corpus).state.items()
        corpus.executemany(
            "UPDATE token_pages SET series = ? WHERE reading IN "
            "(SELECT reading FROM pages WHERE document = ?)",
            [(state, document) for document, state in series],
        )
        corpus.execute("COMMIT")
        corpus.set_metadata(
            {"year": {f"paper_{n:05}": str(1850 + n % 100) for n in documents}}
        )


def _lay_page(
    corpus: Corpus,
    document: int,
    number: int,
    page: int,
    columns: tuple[np.ndarray, np.ndarray],
    words: bytes,
) -> None:
    """Add a page: `page` is its id, `number` that in its document, from 1."""
    language = ("eng", "deu", "fra", "ind")[document % 4]
    quality = page * 0.618 % 1
    corpus.execute(
        "INSERT INTO readings (id, page, sha256, recipe, engine, read_by, "
        "language, status, error, width, height, dpi, seconds, quality, "
        "n_words, conf_mean) VALUES (?, ?, '', '', 1, 1, ?, 'ok', '', "
        "0, 0, 0, 0, ?, ?, 90)",
        (page, page, language, quality, ON_A_PAGE),
    )
    corpus.execute(
        "INSERT INTO pages (id, document, number, reading) VALUES (?, ?, ?, ?)",
        (page, document + 1, number, page),
    )
    forms, confs = (each.tobytes() for each in columns)
    corpus.execute(
        "INSERT INTO token_pages (id, reading, raw, rule, diary, series, "
        "calibrated, forms, words, confs) VALUES (?, ?, 0, ?, 0, 0, 0, ?, ?, ?)",
        (page, page, VERSION, forms, words, confs),
    )


def look_ahead(tokens: Tokens) -> None:
    """Have at hand what the app has, some seconds after its first view."""
    import sklearn.decomposition  # noqa: F401

    for language in tokens.languages:
        lemmas(tokens, language)


def load(path: Path) -> Tokens:
    """Open a corpus and return its tokens."""
    with Corpus(path, write=True) as corpus:
        found: Tokens = corpus.tokens()
        return found


def change_page(path: Path) -> None:
    """Store the tokens of a page in the middle again, as after a correction."""
    with Corpus(path, write=True) as corpus:
        [last] = corpus.one("SELECT max(id) FROM token_pages")
        asked = "UPDATE token_pages SET id = ? WHERE id = ?"
        with corpus.writing():
            corpus.execute(asked, (last + 1, last // 2))
            corpus.execute("UPDATE readings SET seconds = 1 WHERE id = ?", (last // 2,))


def filtered(tokens: Tokens, wanted: Filter) -> dict[str, int]:
    """Apply a filter, and count what it keeps, which the app states."""
    return select(tokens, wanted).sizes


def apart(function: Callable[..., None], *arguments: Any) -> None:
    """Call a function in another process, so that its memory is its own."""
    process = get_context("spawn").Process(target=function, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        sys.exit(process.exitcode)


def write_file(count: int, forms: int, path: Path) -> None:
    """Write the corpus, and the columns that its first opening makes."""
    timed(f"{count:,} tokens made up", lambda: lay_down(count, path, forms))
    timed("gathered at the first opening", lambda: load(path))
    print(f"{'the corpus file':40} {path.stat().st_size / 1e6:9.0f} MB")
    for file in path.parent.glob("*.arrow"):
        print(f"{'the columns beside it':40} {file.stat().st_size / 1e6:9.0f} MB")


def time_views(path: Path, named: str) -> None:
    """Time the filters and views of a corpus, as one session of the app has them."""
    import pandas  # noqa: F401  # loaded once, whatever comes first

    timed("file opened", lambda: load(path))
    change_page(path)
    tokens = timed("opened after a correction", lambda: load(path))
    for name, each in FILTERS.items():
        if "lemmas" in name:
            timed("lemmas found, behind the screen", partial(look_ahead, tokens))
        timed(f"filter: {name}", partial(filtered, tokens, each))
    selection = select(tokens)
    timed("the words of every token", lambda: selection.terms)
    timed("numbers of words", lambda: selection.ids)
    for name, view in VIEWS.items():
        if named in name:
            timed(name, partial(view, selection))


def time_duckdb(path: Path) -> None:
    """Time DuckDB at the same work on the same columns, with one thread."""
    try:
        import duckdb
    except ImportError:
        print("DuckDB is not installed.")
        return
    import pyarrow as pa

    tokens = load(path)
    forms = pa.table({"form": pa.array(tokens.vocabulary.spelled)})
    forms = forms.append_column("number", pa.array(np.arange(len(forms)), pa.uint32()))
    columns = {"form": tokens.forms(), "conf": tokens.confs()}
    columns["document"] = tokens.by_page(tokens.document_of_page)
    columns["at"] = np.arange(len(tokens), dtype=np.int32)
    with duckdb.connect() as db:
        db.execute("SET threads = 1; SET enable_progress_bar = false")
        db.register("tokens", pa.table(columns))
        db.register("forms", forms)
        for name, query in DUCKDB.items():
            timed(f"DuckDB: {name}", lambda: db.execute(query).fetchall())  # noqa: B023


def time_nltk(path: Path) -> None:
    """Time NLTK at the same work on the same words."""
    try:
        nltk = import_module("nltk")  # has no types
    except ImportError:
        print("NLTK is not installed.")
        return
    words = [word.lower() for word in load(path).spelled()]
    timed("NLTK: word list, 1,000", lambda: nltk.FreqDist(words).most_common(1000))
    text = timed("NLTK: text indexed", lambda: nltk.ConcordanceIndex(words))
    timed("NLTK: concordance, frequent word", lambda: text.offsets("the")[:50])


def timed(name: str, act: Callable[[], Any]) -> Any:
    """Print the processor's seconds that something takes, and the memory so far."""
    start, main_start = time.process_time(), time.thread_time()
    result = act()
    took, main = time.process_time() - start, time.thread_time() - main_start
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    psutil = import_module("psutil")  # has no types
    memory = psutil.Process().memory_info()
    private = (memory.rss - memory.shared) / 1024**2
    print(
        f"{name:40} {1000 * took:9.0f} ms, main {1000 * main:7.0f} ms "
        f"{most:7.0f} MB at most, private {private:5.0f} MB",
        flush=True,
    )
    return result


def main(words: list[str]) -> int:
    asked = argparse.ArgumentParser(prog="python -m benchmarks mining")
    asked.add_argument("--tokens", type=int, default=10_000_000)
    asked.add_argument("--forms", type=int, default=FORMS)
    asked.add_argument("--view", default="", help="Only views whose name holds this.")
    wanted = asked.parse_args(words)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "corpus.sqlite"
        apart(write_file, wanted.tokens, wanted.forms, path)
        apart(time_views, path, wanted.view)
        apart(time_duckdb, path)
        apart(time_nltk, path)
    return 0
