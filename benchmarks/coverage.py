"""Coverage: how often the intervals of an evaluation hold the true figure.

``python -m benchmarks coverage [--simulations N] [--corpus FILE --truth FOLDER]``.
Pages of a known error rate are drawn; 93 to 97 of 100 intervals of 95 % should hold it.
Audits are simulated on drawn lines whose quality explains half of the spread of their
error rates and, with a corpus whose pages have ground truth, NAME.gt.txt in the folder,
on its lines, and on lines drawn from them so that 5 % of the characters are wrong: how
many intervals hold the error rate of all lines, and how wide they are. Also how long it
takes to align 10,000 characters with 10,000, and to score 100 pages.
"""

import argparse
import random
import string
import time
from pathlib import Path

import numpy as np

from ocr_core.corpus import Corpus
from ocr_core.evaluation.audit import (
    allocated,
    corpus_lines,
    ratio_estimate,
    stratified,
)
from ocr_core.evaluation.intervals import Estimate, estimated
from ocr_core.page import lines_of, text_of
from ocr_core.text.evaluate import (
    Normalization,
    aligned,
    characters_of,
    errors_by_span,
    normalize,
    score,
)

UNITS = (10, 20, 50, 200)
AUDITED = 60  # lines of a simulated audit
PAGES = 100  # scored
LINES = 4000  # of a drawn corpus
MEAN_RATE = 0.05
RULES = Normalization()


def drawn(chance: np.random.Generator, units: int, mean: float) -> np.ndarray:
    """Draw errors and characters of units whose rates have the mean `mean`."""
    characters = chance.integers(500, 2500, units)
    rates = chance.beta(2, 2 / mean - 2, units)
    return np.stack([chance.binomial(characters, rates), characters], axis=1)


def read_lines(corpus: Path, folder: Path) -> np.ndarray:
    """Return an (L, 3) array: expected error rate, errors and length of each line."""
    found = []
    with Corpus(corpus) as opened:
        for result in opened.results():
            truth = folder / f"{Path(result.ref.source_file).stem}.gt.txt"
            if not result.rows or not truth.exists():
                continue
            texts = [normalize(text_of(line), RULES) for line in lines_of(result.rows)]
            lengths = [len(characters_of(text, RULES)) for text in texts]
            errors = errors_by_span(
                characters_of(" ".join(texts), RULES),
                characters_of(normalize(truth.read_text("utf-8"), RULES), RULES),
                np.cumsum(np.array(lengths) + 1),
            )
            expected = [line.expected for line in corpus_lines([result])]
            found += list(zip(expected, errors, lengths, strict=True))
    return np.array(found, float)


def drawn_lines() -> np.ndarray:
    """Draw lines whose rates are the mean of a known and an unknown rate."""
    chance = np.random.default_rng(3)
    characters = chance.integers(20, 80, LINES)
    known, unknown = chance.beta(2, 2 / MEAN_RATE - 2, (2, LINES))
    errors = chance.binomial(characters, (known + unknown) / 2)
    return np.stack([(known + MEAN_RATE) / 2, errors, characters], axis=1)


def resampled(lines: np.ndarray) -> np.ndarray | None:
    """Draw lines, those with many errors with a chance that makes the rate 5 %.

    Return None if no line has more errors than that, or all have.
    """
    excess = lines[:, 1] - MEAN_RATE * lines[:, 2]
    bad = excess > 0
    if bad.all() or not bad.any():
        return None
    chances = np.where(bad, -excess[~bad].sum() / excess[bad].sum(), 1.0)
    chance = np.random.default_rng(4)
    return lines[chance.choice(len(lines), LINES, p=chances / chances.sum())]


def simulate_audits(name: str, lines: np.ndarray, rounds: int) -> None:
    """Count the audits whose interval holds the error rate of all lines."""
    expected, errors, characters = lines.T
    true = errors.sum() / characters.sum()
    strata = stratified(expected)
    sizes = np.bincount(strata)
    spreads = np.array([expected[strata == n].std() for n in range(len(sizes))])
    counts = allocated(AUDITED, sizes, spreads)
    members = [np.flatnonzero(strata == n) for n in range(len(sizes))]
    chance, held, halves = np.random.default_rng(2), 0, []
    for _ in range(rounds):
        chosen = np.concatenate(
            [
                chance.choice(inside, count, replace=False)
                for inside, count in zip(members, counts, strict=True)
            ]
        )
        found = ratio_estimate(
            strata[chosen].tolist(),
            dict(enumerate(sizes.tolist())),
            errors[chosen],
            characters[chosen],
        )
        low, high = bounds(found)
        held += low <= true <= high
        halves.append((high - low) / 2)
    print(
        f"{name}: audits of {AUDITED} of {len(lines):,} lines with a CER of "
        f"{true:.2%}: {100 * held / rounds:.1f} % of the intervals hold it, mean "
        f"half-width {100 * np.mean(halves):.2f} points",
        flush=True,
    )


def bounds(estimate: Estimate) -> tuple[float, float]:
    """Return an interval; NaN for one that could not be stated, which holds nothing."""
    ends = estimate.low, estimate.high
    low, high = (np.nan if end is None else end for end in ends)
    return low, high


def main(words: list[str]) -> int:
    """Simulate and count."""
    parser = argparse.ArgumentParser(prog="coverage")
    parser.add_argument("--simulations", type=int, default=1000)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--truth", type=Path)
    given = parser.parse_args(words)
    rounds = given.simulations
    simulate_audits("drawn lines", drawn_lines(), rounds)
    if given.corpus and given.truth:
        lines = read_lines(given.corpus, given.truth)
        simulate_audits("the corpus", lines, rounds)
        if (at_mean := resampled(lines)) is None:
            print("no lines at 5 % can be drawn: all are better, or all are worse")
        else:
            simulate_audits("its lines at 5 %", at_mean, rounds)
    for units in UNITS:
        chance = np.random.default_rng(units)
        rate = difference = 0
        for _ in range(rounds):
            one = drawn(chance, units, MEAN_RATE)
            found = estimated(one[:, 0], one[:, 1])
            low, high = bounds(found)
            rate += low <= MEAN_RATE <= high
            # Another recipe on the same pages makes a fifth fewer errors.
            fewer = chance.binomial(one[:, 0], 0.8)
            found = estimated(one[:, 0] - fewer, one[:, 1])
            low, high = bounds(found)
            difference += low <= 0.01 <= high
        print(
            f"{units:4} pages: {100 * rate / rounds:.1f} % of the intervals of the "
            f"rate hold it, {100 * difference / rounds:.1f} % of those of the "
            "paired difference",
            flush=True,
        )
    measure_times()
    return 0


def measure_times() -> None:
    """Print how long it takes to align two texts, and to score pages."""
    text, changed = (
        "".join(random.choices(string.ascii_lowercase, k=10_000)) for _ in "ab"
    )
    start = time.process_time()
    aligned(text, changed)
    print(f"10,000 characters aligned with 10,000: {time.process_time() - start:.3f} s")
    chance = random.Random(5)
    pages = [drawn_page(chance) for _ in range(PAGES)]
    start = time.process_time()
    for truth, read in pages:
        score(truth, read, RULES)
    print(f"{PAGES} pages scored: {time.process_time() - start:.3f} s")


def drawn_page(chance: random.Random) -> tuple[str, str]:
    """Draw a page of 50 lines of 10 words, and what is read of it: 5 % are wrong."""
    words = ["".join(chance.choices(string.ascii_lowercase, k=5)) for _ in range(500)]
    read = [word[::-1] if chance.random() < MEAN_RATE else word for word in words]
    return as_lines(words), as_lines(read)


def as_lines(words: list[str]) -> str:
    """Return words as text, ten on each line."""
    return "\n".join(" ".join(words[n : n + 10]) for n in range(0, len(words), 10))
