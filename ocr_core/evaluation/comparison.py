"""Comparison: which of two ways to read the same pages is better, with an interval.

The bootstrap is paired: each sample draws the same pages for both, so that the
difficulty of a page cancels out (Efron & Tibshirani 1993, An introduction to the
bootstrap, chapter 16; for recognition errors Bisani & Ney 2004, Bootstrap estimates for
confidence intervals in ASR performance evaluation).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np

from ocr_core.evaluation.intervals import (
    Estimate,
    grouped_sums,
    ratio_samples,
    studentized_interval,
)
from ocr_core.evaluation.scoring import PageScore, resampled_units
from ocr_core.messages import Message
from ocr_core.page import PageResult, Word
from ocr_core.text.diff import word_changes
from ocr_core.text.evaluate import (
    Normalization,
    aligned,
    characters_of,
    errors_by_span,
    normalize,
)
from ocr_core.text.quality import compared as expected_scores

MIN_UNITS = 5  # with fewer pages or lines there is no interval
CONTEXT = 4  # words shown on either side of a difference


@dataclass(frozen=True)
class Comparison:
    """Two ways to read the same pages.

    `gain` is the error rate of the first minus that of the second: if it is positive,
    the second is better. `share` is the share of bootstrap samples in which the second
    is better. `measure` is CER, or estimated error without ground truth.
    """

    first: str
    second: str
    measure: str
    rate_first: float
    rate_second: float
    gain: Estimate
    share: float
    units: int
    unit: str  # pages, documents or lines

    @property
    def better(self) -> str:
        """The name of the better one; empty if the interval contains zero."""
        low, high = self.gain.low, self.gain.high
        if low is None or high is None or low <= 0 <= high:
            return ""
        return self.second if low > 0 else self.first

    @property
    def sentence(self) -> Message:
        """Return a sentence on which is better, by how much, with the interval."""
        value = self.gain.value or 0.0
        low, high = self.gain.low, self.gain.high
        if self.units < MIN_UNITS or low is None or high is None:
            return Message(
                "These pages are too few to decide between {0} and {1}: {2} of {3} %, "
                "and of {4} %.",
                *(self.first, self.second, self.measure),
                *(f"{100 * each:.2f}" for each in (self.rate_first, self.rate_second)),
            )
        if not self.better:
            return Message(
                "These pages do not decide between {0} and {1}: {2} of {3} % and of "
                "{4} %; the 95 % interval of the difference, {5} to {6} points, holds "
                "zero.",
                *(self.first, self.second, self.measure),
                *(f"{100 * each:.2f}" for each in (self.rate_first, self.rate_second)),
                *(f"{100 * each:.2f}" for each in (low, high)),
            )
        worse = self.first if self.better == self.second else self.second
        sign = 1 if self.better == self.second else -1
        ends = sorted((sign * low, sign * high))
        sure = self.share if sign > 0 else 1 - self.share
        return Message(
            "{0} is better than {1}: its {2} is {3} points lower (95 % interval {4} to "
            "{5}; better in {6} % of the bootstrap samples of {7}).",
            *(self.better, worse, self.measure),
            *(f"{100 * each:.2f}" for each in (sign * value, *ends)),
            *(f"{100 * sure:.1f}", self.unit),
        )


@dataclass(frozen=True)
class WordDifference:
    """Words that differ between two readings of a page."""

    doc_id: str
    page_num: int
    first: tuple[Word, ...]
    second: tuple[Word, ...]


def paired(
    names: tuple[str, str], columns: np.ndarray, measure: str, unit: str
) -> Comparison:
    """Compare two ways by their errors on the same units.

    Parameters
    ----------
    columns : (U, 3) float array
        For each unit: errors of the first, errors of the second, and characters.
    """
    sums = columns.sum(axis=0)
    whole = max(1.0, sums[2])
    value = float((sums[0] - sums[1]) / whole)
    gain, share = Estimate(value), float(value > 0)
    if len(columns) >= MIN_UNITS and sums[2]:
        gains, characters = columns[:, 0] - columns[:, 1], columns[:, 2]
        values, errors = ratio_samples(gains, characters)
        interval = studentized_interval(gains, characters, values, errors)
        gain, share = Estimate(value, *interval), float((values > 0).mean())
    rates = float(sums[0] / whole), float(sums[1] / whole)
    return Comparison(*names, measure, *rates, gain, share, len(columns), unit)


def by_truth(
    names: tuple[str, str],
    first: Sequence[PageScore],
    second: Sequence[PageScore],
    rules: Normalization,
) -> Comparison:
    """Compare two ways to read pages whose ground truth is known, by their CER.

    A single page is compared line by line; the result is valid for that page only.
    """
    if len(first) == 1:
        return by_lines(names, first[0].truth, (first[0].read, second[0].read), rules)
    rows = [
        [
            one.score.character_errors,
            other.score.character_errors,
            one.score.characters,
        ]
        for one, other in zip(first, second, strict=True)
    ]
    units, unit = resampled_units(first)
    columns = grouped_sums(np.array(rows, float), units)
    return paired(names, columns, Message("CER"), unit)


def by_lines(
    names: tuple[str, str],
    truth: str,
    readings: tuple[str, str],
    rules: Normalization,
) -> Comparison:
    """Compare two readings of one page by the errors in each line."""
    errors = line_errors(truth, readings, rules)
    return paired(names, errors, Message("CER"), Message("lines"))


def by_quality(
    names: tuple[str, str], first: Sequence[PageResult], second: Sequence[PageResult]
) -> Comparison:
    """Compare two ways to read pages by their estimated errors.

    A correct word of one reading that is missing in the other counts as an error, so
    omitting words is no advantage (see `quality.compared`).
    """
    rows = []
    for one, other in zip(first, second, strict=True):
        scores = expected_scores([one.rows, other.rows], one.language)
        letters = max(len(one.text), len(other.text))
        rows.append([(1 - score) * letters for score in scores] + [letters])
    columns = np.array(rows, float).reshape(-1, 3)
    return paired(names, columns, Message("estimated error"), Message("pages"))


def line_errors(
    truth: str, readings: Sequence[str], rules: Normalization
) -> np.ndarray:
    """Return an (L, R + 1) array: errors of a line in each reading, and its length."""
    between = " " if rules.white_space == "fold" else "\n"
    lines = [normalize(line, rules).strip() for line in truth.splitlines()]
    lines = [line for line in lines if line]
    whole = characters_of(between.join(lines), rules)
    lengths = [len(characters_of(line, rules)) for line in lines]
    ends = np.cumsum(np.array(lengths) + 1)
    columns = [
        errors_by_span(whole, characters_of(normalize(read, rules), rules), ends)
        for read in readings
    ]
    return np.array([*columns, lengths], float).T


def agreement(texts: Iterable[tuple[str, str]], rules: Normalization) -> float:
    """Return the similarity of two readings of the same pages, 0 to 1.

    Parameters
    ----------
    texts
        Both readings of each page; pages count by the longer of the two.
    """
    from rapidfuzz.distance import Levenshtein

    unlike = whole = 0
    for pair in texts:
        one, other = (characters_of(normalize(text, rules), rules) for text in pair)
        unlike += Levenshtein.distance(one, other)
        whole += max(len(one), len(other))
    return 1 - unlike / whole if whole else 1.0


def word_differences(
    first: Sequence[PageResult], second: Sequence[PageResult]
) -> list[WordDifference]:
    """List the words that two ways read differently, page by page."""
    return [
        WordDifference(one.ref.doc_id, one.ref.number, change.first, change.second)
        for one, other in zip(first, second, strict=True)
        for change in word_changes(one.rows, other.rows)
        if change.kind != "equal"
    ]


def marked_differences(truth: str, read: str, rules: Normalization) -> str:
    """Return the differing words with some context, in the syntax of wdiff."""
    true_words, found = normalize(truth, rules).split(), normalize(read, rules).split()
    parts = []
    spans = aligned(true_words, found)
    for span, following in zip_longest(spans, spans[1:]):
        gone = " ".join(true_words[span.start : span.end])
        come = " ".join(found[span.read_start : span.read_end])
        if span.kind != "equal":
            parts += [f"[-{gone}-]"] * bool(gone) + [f"{{+{come}+}}"] * bool(come)
            continue
        words = true_words[span.start : span.end]
        before = words[:CONTEXT] if parts else []
        after = words[-CONTEXT:] if following else []
        if len(before) + len(after) >= len(words):
            parts.append(gone)
        else:
            parts.append(" ".join([*before, "...", *after]))
    return " ".join(parts)
