"""Intervals: bootstrap confidence intervals of error rates.

Whole units (documents or pages) are resampled with replacement, so that pages of one
document, whose errors are correlated, do not count as independent. The interval is that
of the bootstrap-t: each sample's distance from the estimate is measured by the standard
error of that sample, so that few and unequal units widen it, to the side on which the
figure varies more (Efron & Tibshirani 1993, An introduction to the bootstrap, section
12.5; Hall 1988, Theoretical comparison of bootstrap confidence intervals).
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

LEVEL = 0.95
SAMPLES = 10_000
SEED = 20_260_101
AT_ONCE = 4_000_000  # weights in memory
MIN_DOCUMENTS = 5  # with fewer documents, pages are resampled
LEAST_ERROR = 0.3  # of the standard error: the least that a sample's is taken for


@dataclass(frozen=True)
class Estimate:
    """A value with its confidence interval; None if it cannot be computed."""

    value: float | None
    low: float | None = None
    high: float | None = None


def bootstrap_sums(columns: np.ndarray, samples: int = SAMPLES) -> np.ndarray:
    """Return the sums of columns over units drawn with replacement.

    Parameters
    ----------
    columns : (U, K) float array
        One row for each unit.

    Returns
    -------
    (samples, K) float array
    """
    units = len(columns)
    if units * samples <= AT_ONCE:
        return _weights(units, samples) @ columns
    random = np.random.default_rng(SEED)
    chunk = max(1, AT_ONCE // units)
    sums = [
        _drawn(random, units, min(chunk, samples - done)) @ columns
        for done in range(0, samples, chunk)
    ]
    return np.concatenate(sums)


@lru_cache(maxsize=1)
def _weights(units: int, samples: int) -> np.ndarray:
    """Return how often each sample has each unit; all figures of a table share them."""
    return _drawn(np.random.default_rng(SEED), units, samples)


def _drawn(random: np.random.Generator, units: int, samples: int) -> np.ndarray:
    return random.multinomial(units, np.full(units, 1 / units), samples).astype(float)


def ratio_samples(
    parts: np.ndarray, wholes: np.ndarray, samples: int = SAMPLES
) -> tuple[np.ndarray, np.ndarray]:
    """Return the ratio of two sums in bootstrap samples, with its standard errors.

    The standard error is that of the linearised ratio (Cochran 1977, Sampling
    techniques, section 2.11).

    Parameters
    ----------
    parts, wholes : (U,) float arrays
        One value for each unit.

    Returns
    -------
    two (samples,) float arrays
        nan where the sum of the wholes is 0.
    """
    y, x = parts, wholes
    units = len(y)
    sums = bootstrap_sums(np.column_stack([y, x, y * y, y * x, x * x]), samples).T
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = sums[0] / sums[1]
        squares = sums[2] - 2 * ratios * sums[3] + ratios**2 * sums[4]
        errors = np.sqrt(np.maximum(squares, 0) * units / (units - 1)) / sums[1]
    return ratios, errors


def studentized_interval(
    parts: np.ndarray,
    wholes: np.ndarray,
    ratios: np.ndarray,
    errors: np.ndarray,
    level: float = LEVEL,
) -> tuple[float, float]:
    """Return the bootstrap-t interval of a ratio of sums, by its `ratio_samples`.

    It stays within 0 and 1 if each unit's ratio does.
    """
    y, x = parts, wholes
    units, value = len(y), y.sum() / x.sum()
    residual = y - value * x
    error = np.sqrt((residual**2).sum() * units / (units - 1)) / x.sum()
    if not error:
        return float(value), float(value)
    defined = np.isfinite(ratios)
    distances = (ratios - value)[defined]
    distances /= np.maximum(errors[defined], LEAST_ERROR * error)
    below, above = np.quantile(distances, [(1 - level) / 2, (1 + level) / 2])
    low, high = value - above * error, value - below * error
    if (y >= 0).all():
        low = max(0.0, low)
    if (y <= x).all():
        high = min(1.0, high)
    return float(low), float(high)


def estimated(
    parts: np.ndarray, wholes: np.ndarray, samples: int = SAMPLES
) -> Estimate:
    """Return the ratio of two sums, with its interval if there are at least two units.

    Parameters
    ----------
    parts, wholes : (U,) arrays
        One value for each unit, as its errors and its characters.
    """
    y, x = np.asarray(parts, float), np.asarray(wholes, float)
    if not x.sum():
        return Estimate(None)
    value = float(y.sum() / x.sum())
    if len(y) < 2:
        return Estimate(value)
    return Estimate(value, *studentized_interval(y, x, *ratio_samples(y, x, samples)))


def grouped_sums(columns: np.ndarray, groups: Iterable[Hashable]) -> np.ndarray:
    """Return the sums of (N, K) rows that belong to the same group, in order."""
    numbers: dict[Hashable, int] = {}
    indexes = [numbers.setdefault(group, len(numbers)) for group in groups]
    sums = np.zeros((len(numbers), columns.shape[1]))
    np.add.at(sums, indexes, columns)
    return sums
