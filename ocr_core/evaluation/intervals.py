"""Intervals: bootstrap confidence intervals of error rates.

Whole units (documents or pages) are resampled with replacement, so that pages of one
document, whose errors are correlated, do not count as independent. A sample of n units
varies less than the population; the interval is widened to Student's t with n - 1
degrees of freedom (the expanded percentile interval: Hesterberg 2015, What teachers
should know about the bootstrap, The American Statistician 69).
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass

import numpy as np

LEVEL = 0.95
SAMPLES = 10_000
SEED = 20_260_101
AT_ONCE = 4_000_000  # weights in memory
MIN_DOCUMENTS = 5  # with fewer documents, pages are resampled


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
    random = np.random.default_rng(SEED)
    chunk = max(1, AT_ONCE // units)
    even = np.full(units, 1 / units)
    sums = [
        random.multinomial(units, even, size=min(chunk, samples - done)) @ columns
        for done in range(0, samples, chunk)
    ]
    return np.concatenate(sums)


def percentile_interval(
    values: np.ndarray, units: int, level: float = LEVEL
) -> tuple[float, float]:
    """Return the expanded percentile interval of bootstrap values of `units` units."""
    from scipy.stats import norm, t

    tail = t.ppf((1 - level) / 2, units - 1) * np.sqrt(units / (units - 1))
    low, high = np.quantile(values, [norm.cdf(tail), norm.cdf(-tail)])
    return float(low), float(high)


def estimated(
    columns: np.ndarray,
    figure: Callable[[np.ndarray], np.ndarray],
    samples: int = SAMPLES,
) -> Estimate:
    """Return a statistic of sums, with its interval if there are at least two units.

    Parameters
    ----------
    columns : (U, K) float array
        A row for each unit.
    figure
        Computes (N,) statistics of (N, K) sums; nan if undefined.
    """
    columns = np.asarray(columns, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(figure(columns.sum(axis=0, keepdims=True))[0])
        if not np.isfinite(value):
            return Estimate(None)
        if len(columns) < 2:
            return Estimate(value)
        values = figure(bootstrap_sums(columns, samples))
    return Estimate(
        value, *percentile_interval(values[np.isfinite(values)], len(columns))
    )


def grouped_sums(columns: np.ndarray, groups: Iterable[Hashable]) -> np.ndarray:
    """Return the sums of (N, K) rows that belong to the same group, in order."""
    numbers: dict[Hashable, int] = {}
    indexes = [numbers.setdefault(group, len(numbers)) for group in groups]
    sums = np.zeros((len(numbers), columns.shape[1]))
    np.add.at(sums, indexes, columns)
    return sums
