"""Soak: long proofs by many rounds, each with chances of its own.

`make soak` runs them all, `make test` the first three of each.
"""

import os

import pytest

FEW = 3


def rounds(most):
    """Run a test so many times, each with a seed; a few times in the daily run."""
    seeds = range(most if os.environ.get("OCR_CORE_SOAK") else min(FEW, most))

    def marked(test):
        return pytest.mark.soak(pytest.mark.parametrize("seed", seeds)(test))

    return marked
