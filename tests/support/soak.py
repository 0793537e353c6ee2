"""Soak tests: many rounds of a test, each with another random seed.

`make soak` runs them all, `make test` the first three of each.
"""

import os

import pytest

FEW = 3


def rounds(most):
    """Repeat a test with different seeds: `most` times in a soak run, else a few
    times."""
    seeds = range(most if os.environ.get("OCR_CORE_SOAK") else min(FEW, most))

    def marked(test):
        return pytest.mark.soak(pytest.mark.parametrize("seed", seeds)(test))

    return marked
