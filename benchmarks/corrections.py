"""Corrections: how many word errors correcting whole groups of forms removes.

    python -m benchmarks corrections [FOLDER ...] [--cer RATE ...] [--seeds N]

takes the demo corpus as the app ships it, and texts degraded at given character error
rates: those of the demo corpus, and of each FOLDER, which holds ground truth and a
manifest.csv with the columns gt and lang, as for `accuracy`. A simulated person
accepts each of the first 90 groups of which at least four of five of the places shown
are right by the truth, without the forms that are shown to be wrong. Stated are the
word errors before and after, without punctuation, and the false corrections: words that
were right, or that became wrong in another way, of all words corrected.

Degraded texts have another source of errors than the program's table of confusions: two
of three changes are drawn from that table, the others are random letters. Their
confidences are drawn like those of right and wrong words of the demo corpus.
"""

import argparse
import csv
import random
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

from rapidfuzz.distance import Levenshtein

from app.projects.demo import FILE
from ocr_core.corpus import Corpus
from ocr_core.corpus.group_corrections import replacements_of
from ocr_core.mining.form_groups import RIGHT_SHARE, FormGroup
from ocr_core.mining.misreadings import FormOccurrence
from ocr_core.mining.variants import CONFUSIONS
from ocr_core.page import PageRef, PageResult, Word
from ocr_core.text.quality import page_quality, unmarked
from sample_images.demo import demo_pages
from sample_images.demo_truth import as_printed

GROUPS = 90
LETTERS = "abcdefghijklmnopqrstuvwxyz"
TABLED = 2 / 3  # of the changes
RIGHT_CONF, WRONG_CONF = (93.0, 5.0), (78.0, 18.0)  # mean and standard deviation

Place = tuple[str, int]


def degraded_text(word: str, rate: float, chance: random.Random) -> str:
    """Return a word with each letter changed at a rate."""
    found, at = "", 0
    while at < len(word):
        if chance.random() >= rate:
            found, at = found + word[at], at + 1
            continue
        pairs = (
            [pair for pair in CONFUSIONS if word.startswith(pair[0], at)]
            if chance.random() < TABLED
            else []
        )
        weights = [1 - CONFUSIONS[pair] for pair in pairs]
        if pairs:
            printed, read = chance.choices(pairs, weights)[0]
            found, at = found + read, at + len(printed)
        else:
            letter = chance.choice(LETTERS)
            found += chance.choice((letter, "", word[at] + letter))
            at += 1
    return found or word


def degraded(
    pages: Iterable[PageResult], rate: float, seed: int
) -> Iterator[PageResult]:
    """Yield pages as an engine reads them that makes errors at a rate."""
    chance = random.Random(seed)
    for page in pages:
        rows = []
        for row in page.rows:
            text = degraded_text(row.text, rate, chance)
            mean, spread = RIGHT_CONF if text == row.text else WRONG_CONF
            conf = min(99.0, max(0.0, chance.gauss(mean, spread)))
            rows.append(row._replace(text=text, conf=conf))
        yield replace(
            page,
            rows=tuple(rows),
            sha256=page.ref.doc_id,
            quality=page_quality(rows, page.language),
        )


def printed_texts(folder: Path) -> Iterator[PageResult]:
    """Yield the texts of a folder as an engine reads them that makes no mistake."""
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        manifest = list(csv.DictReader(file))
    for each in manifest:
        lines = (folder / each["gt"]).read_text(encoding="utf-8").splitlines()
        rows = [
            Word(1, 1, n, place, 90 * place, 40 * n, 80, 24, 90.0, text)
            for n, line in enumerate(lines, 1)
            for place, text in enumerate(line.split(), 1)
        ]
        size = max((row.left for row in rows), default=0) + 90, 40 * len(lines) + 80
        language = each["lang"].partition("+")[0] or "eng"
        yield PageResult(PageRef(each["gt"], 1), tuple(rows), size, language=language)


def words_of(texts: Iterable[str]) -> list[str]:
    """Return words without the punctuation at their ends; "" for marks."""
    return [unmarked(text) for text in texts]


class Judge:
    """Compares the pages of a corpus with their truth."""

    def __init__(self, printed: Iterable[PageResult]) -> None:
        self.truth = {
            (page.ref.doc_id, page.ref.number): words_of(row.text for row in page.rows)
            for page in printed
        }

    def of(self, result: PageResult) -> list[str]:
        """Return the true words of a page."""
        return self.truth[result.ref.doc_id, max(1, result.ref.number)]

    def errors(self, corpus: Corpus) -> int:
        """Count the word errors of a corpus."""
        return sum(
            Levenshtein.distance(
                [word for word in self.of(result) if word],
                [word for word in words_of(w.text for w in result.rows) if word],
            )
            for result in corpus.results()
        )

    def right_words(self, corpus: Corpus) -> dict[tuple[Place, int], str]:
        """Return the true word of each word of the pages, where one is aligned."""
        found: dict[tuple[Place, int], str] = {}
        for result in corpus.results():
            each, truth = (result.ref.doc_id, result.ref.number), self.of(result)
            read = words_of(word.text for word in result.rows)
            for block in Levenshtein.opcodes(truth, read):
                if block.tag in ("equal", "replace"):
                    there = range(block.src_start, block.src_end)
                    here = range(block.dest_start, block.dest_end)
                    pairs = zip(there, here, strict=False)
                    found |= {(each, b): truth[a] for a, b in pairs}
        return found


def is_right(occurrence: FormOccurrence, truths: dict[tuple[Place, int], str]) -> bool:
    """Return whether a correction makes a word what was printed."""
    truth = truths.get(
        ((occurrence.doc_id, occurrence.page_num), occurrence.word_index), ""
    )
    return occurrence.form != occurrence.replacement and occurrence.replacement in truth


def accepted(
    group: FormGroup, truths: dict[tuple[Place, int], str]
) -> list[FormOccurrence]:
    """Return the places that a person corrects who sees the first places of a group."""
    right = [is_right(each, truths) for each in group.shown]
    enough = sum(right) >= RIGHT_SHARE * len(right)
    return group.accepted(right) if enough else []


def measure(name: str, corpus: Corpus, judge: Judge) -> None:
    """Correct the first groups of a corpus, and print what that changes."""
    before, truths = judge.errors(corpus), judge.right_words(corpus)
    groups = corpus.suspicious_groups()[:GROUPS]
    occurrences = [each for group in groups for each in accepted(group, truths)]
    count = corpus.replace_forms(replacements_of(occurrences))
    false = sum(not is_right(each, truths) for each in occurrences)
    after = judge.errors(corpus)
    print(
        f"{name:30} {before:6,} word errors, {after:6,} after "
        f"({after / before - 1:+.1%})"
        f"; {len(groups)} groups, {count:,} words corrected, false {false} "
        f"({false / max(1, len(occurrences)):.2%})",
        flush=True,
    )


def measure_degraded(
    name: str, printed: Sequence[PageResult], rates: Sequence[float], seeds: int
) -> None:
    """Correct the groups of texts degraded at each rate, with each seed."""
    judge = Judge(printed)
    for rate, seed in product(rates, range(1, seeds + 1)):
        with (
            tempfile.TemporaryDirectory() as folder,
            Corpus(Path(folder, "corpus.sqlite"), write=True) as corpus,
        ):
            for result in degraded(printed, rate, seed):
                corpus.add_document(result.ref, result.sha256, 9)
                corpus.save_result(result, ("drawn", ""))
            measure(f"{name}, CER {rate:.0%}, seed {seed}", corpus, judge)


def main(words: list[str]) -> int:
    """Correct the demo corpus, and texts at each error rate."""
    parser = argparse.ArgumentParser(prog="corrections")
    parser.add_argument("folders", type=Path, nargs="*", metavar="FOLDER")
    parser.add_argument("--cer", type=float, nargs="*", default=[0.02, 0.05, 0.1])
    parser.add_argument("--seeds", type=int, default=1)
    given = parser.parse_args(words)
    demo = list(map(as_printed, demo_pages()))
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(FILE) as file:
        path = Path(file.extract("corpus.sqlite", folder))
        with Corpus(path, write=True) as corpus:
            measure("demo corpus", corpus, Judge(demo))
    measure_degraded("demo texts", demo, given.cer, given.seeds)
    for texts in given.folders:
        if not (texts / "manifest.csv").exists():
            print(f"{texts}: skipped, as it has no manifest.csv")
            continue
        printed = list(printed_texts(texts))
        measure_degraded(texts.name, printed, given.cer, given.seeds)
    return 0
