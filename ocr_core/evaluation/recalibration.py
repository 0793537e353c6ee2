"""Recalibration: fit the quality of pages to what people checked in this corpus.

Quality is estimated by one model for all corpora. Where a person audited or confirmed
lines, the log-odds of a right character are fitted as a linear function of the
log-odds of the page's quality (logistic recalibration: Cox 1958, Two further
applications of a model for binary regression, Biometrika 45). A normal prior holds
slope and intercept near 1 and 0 as long as there is little evidence. Characters of a
page are wrong together: a page of n characters counts as n / (1 + (n - 1) · r) of them,
r the correlation inside a page (the design effect: Kish 1965, Survey sampling).

The quality of the pages is not changed: the fit follows from the checked lines, and
goes when they are taken back.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ocr_core.evaluation.true_lines import (
    KnownLines,
    known_lines,
    text_at,
    true_text,
)
from ocr_core.page import PageId
from ocr_core.text.evaluate import Normalization, score

if TYPE_CHECKING:
    from ocr_core.corpus import Corpus
    from ocr_core.evaluation.audit import AuditLine

MIN_PAGES = 5  # fewer do not tell how quality errs
CORRELATION = 0.02  # of the errors inside a page
PRIOR = np.array([0.0, 1.0])  # intercept and slope
PRIOR_SD = np.array([1.5, 0.4])
LEAST = 0.002  # quality nearer to 0 or 1 counts as this far from it


@dataclass(frozen=True)
class CheckedPage:
    """A page with its quality, and the errors in its checked characters."""

    quality: float
    characters: int
    errors: int

    @property
    def right(self) -> float:
        """The share of characters that were read correctly, not below 0."""
        return max(0.0, 1 - self.errors / self.characters)


@dataclass(frozen=True)
class Recalibration:
    """The fit, and the mean absolute error of quality before and after it.

    `error_after` is that of pages left out of the fit in turn.
    """

    intercept: float
    slope: float
    pages: int
    characters: int
    error_before: float
    error_after: float

    @property
    def helps(self) -> bool:
        """Whether quality is closer to the truth after the fit."""
        return self.error_after < self.error_before

    def applied(self, quality: np.ndarray) -> np.ndarray:
        """Return the fitted quality, 0 to 1, of an array of qualities."""
        return _applied(np.array([self.intercept, self.slope]), quality)


def corpus_recalibration(
    corpus: "Corpus",
    audit: "Iterable[AuditLine]" = (),
    rules: Normalization | None = None,
) -> Recalibration | None:
    """Fit the quality of a corpus to its audited and confirmed lines.

    Returns
    -------
    Recalibration or None
        None if too few pages were checked.
    """
    lines = known_lines(corpus, audit)
    return recalibrated(
        checked_pages(corpus, lines, corpus.read_qualities(), rules or Normalization())
    )


def checked_pages(
    corpus: "Corpus",
    lines: KnownLines,
    qualities: Mapping[PageId, float],
    rules: Normalization,
) -> list[CheckedPage]:
    """Compare what the engine read with the checked lines, page by page."""
    found = []
    for page_id in lines.keys() & qualities.keys():
        rows = corpus.original(*page_id).rows
        result = score(true_text(lines[page_id]), text_at(rows, lines[page_id]), rules)
        if result.characters:
            found.append(
                CheckedPage(
                    qualities[page_id], result.characters, result.character_errors
                )
            )
    return found


def recalibrated(pages: list[CheckedPage]) -> Recalibration | None:
    """Fit quality to checked pages; None if there are too few."""
    if len(pages) < MIN_PAGES:
        return None
    quality = np.array([page.quality for page in pages])
    right = np.array([page.right for page in pages])
    counts = np.array([page.characters for page in pages], float)
    weights = counts / (1 + (counts - 1) * CORRELATION)
    intercept, slope = _fitted(quality, right, weights)
    others = ~np.eye(len(pages), dtype=bool)
    left_out = [
        _applied(_fitted(quality[kept], right[kept], weights[kept]), quality[~kept])[0]
        for kept in others
    ]
    return Recalibration(
        float(intercept),
        float(slope),
        len(pages),
        int(counts.sum()),
        float(np.average(np.abs(quality - right), weights=weights)),
        float(np.average(np.abs(np.array(left_out) - right), weights=weights)),
    )


def _log_odds(quality: np.ndarray) -> np.ndarray:
    inside = np.clip(quality, LEAST, 1 - LEAST)
    found: np.ndarray = np.log(inside / (1 - inside))
    return found


def _applied(fit: np.ndarray, quality: np.ndarray) -> np.ndarray:
    found: np.ndarray = 1 / (1 + np.exp(-(fit[0] + fit[1] * _log_odds(quality))))
    return found


def _fitted(quality: np.ndarray, right: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return intercept and slope of the highest posterior probability."""
    from scipy.optimize import minimize

    x = _log_odds(quality)

    def loss(fit: np.ndarray) -> float:
        z = fit[0] + fit[1] * x
        likelihood = weights @ (np.logaddexp(0, z) - right * z)
        return float(likelihood + np.sum(((fit - PRIOR) / PRIOR_SD) ** 2) / 2)

    found: np.ndarray = minimize(loss, PRIOR).x
    return found
