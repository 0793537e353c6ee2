"""Counts: how far the word counts of the demo corpus, as read, are from the truth.

``python -m benchmarks counts [LANGUAGE ...] [--corpus FILE]`` draws the newspapers,
reads them as usual and counts the 200 commonest content words of each language: by how
much they are off, together, as a share of all; then with the misreadings confirmed that
the program proposes. With --corpus, of a corpus that holds the demo's pages already.
"""

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from ocr_core.corpus import Corpus
from ocr_core.execution.batch import read_into
from ocr_core.mining import Filter, Selection, Tokens, select
from ocr_core.page import PageRef
from ocr_core.processes.pool import Pool
from ocr_core.settings import Settings
from sample_images.demo import (
    LANGUAGES,
    DemoPage,
    demo_metadata,
    demo_pages,
    write_demo,
)
from sample_images.demo_truth import (
    COMMONEST,
    body,
    content_words,
    difference,
    planted_trends,
    proposed,
    prose,
)


def counted(selection: Selection) -> dict[str, int]:
    """Return how often each word occurs."""
    return dict(zip(selection.vocabulary, selection.counts.tolist(), strict=True))


def show(name: str, tokens: Tokens, wanted: Filter, pages: list[DemoPage]) -> None:
    """Print the difference before and after misreadings are confirmed."""
    language = wanted.languages
    true = content_words(map(body, pages), language)
    selection = select(tokens, wanted)
    common = [word for word, _ in true.most_common(COMMONEST)]
    misread = proposed(selection, common)
    off, total = difference(counted(selection), true)
    merged, _ = difference(
        counted(select(replace(tokens, misread=misread), wanted)), true
    )
    print(
        f"{name:14} {total:6,} words  off {off / total:6.2%}, "
        f"{len(misread):3} misread forms confirmed {merged / total:6.2%}"
    )


def compare(corpus: Corpus, languages: list[str], pages: list[DemoPage]) -> None:
    """Print the differences and trends of each language."""
    tokens = corpus.tokens()
    for language in languages:
        own = [page for page in pages if page.language == language]
        wanted = Filter(languages=language, stop_words="drop")
        show(language, tokens, wanted, own)
        kept = [page for page in own if page.metadata["degradation"] != "noisy"]
        names = ",".join(dict.fromkeys(f"*{page.name}" for page in kept))
        some = wanted.model_copy(update={"documents": names})
        show("  without noisy", tokens, some, kept)
        years = {name: int(row["year"]) for name, row in demo_metadata().items()}
        texts = [
            (years[result.ref.doc_id], prose(result.text))
            for result in corpus.results()
            if result.language == language
        ]
        lost = [
            name for name, shows in planted_trends(texts, language).items() if not shows
        ]
        print(f"  trends lost: {', '.join(lost) or 'none'}")


def read(corpus: Corpus, folder: Path, languages: list[str]) -> None:
    """Draw and read the newspapers."""
    paths = write_demo(folder, languages=languages)
    with Pool(1) as pool:
        for language in languages:
            refs = [PageRef(str(p), 0) for p in paths if p.parent.name == language]
            settings = Settings.from_flat({"language": language})
            for _ in read_into(corpus, refs, settings, pool):
                pass


def main(words: list[str]) -> int:
    """Draw, read, count and compare."""
    parser = argparse.ArgumentParser(prog="counts")
    parser.add_argument("languages", nargs="*", default=list(LANGUAGES))
    parser.add_argument("--corpus", type=Path)
    given = parser.parse_args(words)
    pages = list(demo_pages(languages=given.languages))
    if given.corpus:
        with Corpus(given.corpus, write=True) as corpus:
            compare(corpus, given.languages, pages)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        with Corpus(Path(folder, "demo.sqlite"), write=True) as corpus:
            read(corpus, Path(folder), given.languages)
            print(f"{len(pages)} pages read in {time.monotonic() - started:.0f} s")
            compare(corpus, given.languages, pages)
    return 0
