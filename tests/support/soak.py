"""Soak tests: many rounds of a test, each with another random seed.

`make soak` runs them all, `make test` the first of each.
"""

import os

import pytest


def rounds(most):
    """Repeat a test with different seeds: `most` times in a soak run, else once."""
    seeds = range(most if os.environ.get("OCR_CORE_SOAK") else 1)

    def marked(test):
        return pytest.mark.soak(pytest.mark.parametrize("seed", seeds)(test))

    return marked
