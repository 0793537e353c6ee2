"""Stability: the predicted overlap of the commonest words, against the true one.

``python -m benchmarks stability`` degrades the demo corpus' texts at character error
rates of 2, 5, 10 and 20 %, for each language and several draws, as the benchmark
corrections does. The program predicts the overlap of the 50 commonest words, with and
without stop words, from the degraded texts and from the error rate of an audit of 60
lines; the true overlap is that with the texts as printed. Stated is in how many cases
the two differ by at most 0.1.
"""

import argparse
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.corrections import degraded
from ocr_core.corpus import Corpus
from ocr_core.mining import Filter, Selection, Tokens, select
from ocr_core.mining.form_groups import form_groups
from ocr_core.mining.frequency import word_list
from ocr_core.mining.reliability import overlap
from ocr_core.mining.stability import TOP, stability
from ocr_core.page import PageResult
from ocr_core.text.evaluate import Normalization, score
from sample_images.demo import DemoPage, demo_pages
from sample_images.demo_truth import as_printed

RATES = (0.02, 0.05, 0.1, 0.2)
AUDITED = 60  # lines
NEAR = 0.1
READER = ("drawn", "")


def words(selection: Selection) -> dict[str, float]:
    """Return the commonest words with their counts."""
    table = word_list(selection, limit=2 * TOP)
    return dict(zip(table["term"], table["count"].astype(float), strict=True))


def tokens_of(results: Sequence[PageResult], folder: Path) -> Tokens:
    """Return the tokens of pages, as a corpus cuts them."""
    path = Path(tempfile.mkdtemp(dir=folder), "corpus.sqlite")
    with Corpus(path, write=True) as corpus:
        for result in results:
            corpus.add_document(result.ref, result.sha256 or result.ref.doc_id, 9)
            corpus.save_result(result, READER)
        return corpus.tokens()


def audited(
    read: Sequence[PageResult], printed: Sequence[PageResult], chance: random.Random
) -> float:
    """Return the character error rate of a sample of lines."""
    lines = [
        pair
        for one, other in zip(read, printed, strict=True)
        for pair in zip(one.text.splitlines(), other.text.splitlines(), strict=True)
    ]
    sample = chance.sample(lines, min(AUDITED, len(lines)))
    scores = [score(truth, found, Normalization()) for found, truth in sample]
    return sum(each.character_errors for each in scores) / sum(
        each.characters for each in scores
    )


def main(given: list[str]) -> int:
    """Predict the overlap at each rate, and compare it with the true one."""
    parser = argparse.ArgumentParser(prog="stability")
    parser.add_argument("--draws", type=int, default=5)
    draws = parser.parse_args(given).draws
    pages: dict[str, list[DemoPage]] = {}
    for page in demo_pages():
        pages.setdefault(page.language, []).append(page)
    near: list[bool] = []
    with tempfile.TemporaryDirectory() as folder:
        for rate in RATES:
            errors, overlaps = [], []
            for language, own in pages.items():
                printed = list(map(as_printed, own))
                truth = tokens_of(printed, Path(folder))
                for draw in range(draws):
                    read = list(degraded(printed, rate, seed=draw))
                    cer = audited(read, printed, random.Random(draw))
                    tokens = tokens_of(read, Path(folder))
                    groups = form_groups(tokens.without_heads)
                    for stop_words in ("keep", "drop"):
                        wanted = Filter(languages=language, stop_words=stop_words)
                        true = list(words(select(truth, wanted)))[:TOP]
                        seen = select(tokens, wanted)
                        found = stability(
                            seen, words, cer=cer, groups=groups, seed=draw
                        )
                        real = overlap(words(seen), true, TOP)
                        overlaps.append(real)
                        errors.append(found.overlap - real)
            off = np.abs(errors)
            near += (off <= NEAR).tolist()
            print(
                f"CER {rate:4.0%}  true overlap {np.mean(overlaps):.2f}, predicted "
                f"{np.mean(errors):+.3f} beside it; {np.mean(off <= NEAR):6.1%} of "
                f"{len(off)} within {NEAR}, largest difference {off.max():.2f}",
                flush=True,
            )
    print(f"all {np.mean(near):.1%} of {len(near)} within {NEAR}")
    return 0
