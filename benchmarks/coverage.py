"""Coverage: how often the intervals of an evaluation hold the true figure.

``python -m benchmarks coverage [--simulations N]``. Pages of a known error rate are
drawn; 93 to 97 of 100 intervals of 95 % should hold it. Also how long it takes to
align 10,000 characters with 10,000.
"""

import argparse
import random
import string
import time

import numpy as np

from ocr_core.evaluation.intervals import estimated
from ocr_core.text.evaluate import aligned

UNITS = (10, 20, 50, 200)
SAMPLES = 2000


def drawn(chance: np.random.Generator, units: int, mean: float) -> np.ndarray:
    """Draw errors and characters of units whose rates have the mean `mean`."""
    characters = chance.integers(500, 2500, units)
    rates = chance.beta(2, 2 / mean - 2, units)
    return np.stack([chance.binomial(characters, rates), characters], axis=1)


def main(words: list[str]) -> int:
    """Simulate and count."""
    parser = argparse.ArgumentParser(prog="coverage")
    parser.add_argument("--simulations", type=int, default=1000)
    rounds = parser.parse_args(words).simulations
    chance = np.random.default_rng(1)
    for units in UNITS:
        rate = difference = 0
        for _ in range(rounds):
            one = drawn(chance, units, 0.05)
            found = estimated(one, lambda s: s[:, 0] / s[:, 1], SAMPLES)
            rate += found.low <= 0.05 <= found.high
            # Another recipe on the same pages makes a fifth fewer errors.
            fewer = chance.binomial(one[:, 0], 0.8)
            pair = np.column_stack([one, fewer])
            found = estimated(pair, lambda s: (s[:, 0] - s[:, 2]) / s[:, 1], SAMPLES)
            difference += found.low <= 0.01 <= found.high
        print(
            f"{units:4} pages: {100 * rate / rounds:.1f} % of the intervals of the "
            f"rate hold it, {100 * difference / rounds:.1f} % of those of the "
            "paired difference",
            flush=True,
        )
    one, other = (
        "".join(random.choices(string.ascii_lowercase, k=10_000)) for _ in "ab"
    )
    start = time.process_time()
    aligned(one, other)
    print(f"10,000 characters aligned with 10,000: {time.process_time() - start:.3f} s")
    return 0
