"""Reliability: how far counts can be trusted, given how well the pages were read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ocr_core.mining.conditions import number_of
from ocr_core.mining.selection import Selection
from ocr_core.page import DOUBTFUL

if TYPE_CHECKING:
    import pandas as pd

TEST = "Kruskal–Wallis"
MIN_DOCUMENTS = 5  # of a part: the test's chi-square approximation is rough for fewer
MIN_EFFECT = 0.01  # a smaller effect changes no count, even if significant
MIN_GAP = 0.02  # of quality: two words in a hundred; fewer are hard to notice
MIN_UNTESTED_GAP = 0.1  # of quality, where there are too few documents for the test
MAX_PARTS = 8  # numbers with more values than these are grouped into ranges
RANGES = 4
QUARTILES = (0.25, 0.5, 0.75)
PART_QUARTILES = ("quality_q1", "quality_median", "quality_q3")


@dataclass(frozen=True)
class Reliability:
    """How well the words of a selection were read.

    Parameters
    ----------
    tokens, pages
        The numbers of tokens and pages counted.
    conf_threshold
        Confidence below which a word is doubtful, 0 to 100.
    share_low_conf
        Share of the tokens whose word has a lower confidence, 0 to 1.
    unrated
        Share of the pages of unknown quality, 0 to 1.
    quality
        Median quality of the other pages, 0 to 1; None if there are none.
    """

    tokens: int
    pages: int
    conf_threshold: float
    share_low_conf: float
    unrated: float
    quality: float | None


def measure_reliability(
    selection: Selection, *, conf_threshold: float = DOUBTFUL
) -> Reliability:
    """Measure how well the words of a selection were read."""
    confs = selection.tokens.confs(selection.kept)
    known = selection.tokens.qualities[selection.chosen]
    rated = known[~np.isnan(known)]
    return Reliability(
        tokens=len(confs),
        pages=len(known),
        conf_threshold=conf_threshold,
        share_low_conf=float((confs < conf_threshold).mean()) if len(confs) else 0.0,
        unrated=1 - len(rated) / len(known) if len(known) else 0.0,
        quality=float(np.median(rated)) if len(rated) else None,
    )


def better_half(selection: Selection) -> Selection:
    """Return the selection restricted to the better half of its pages.

    These are the pages of at least the median quality. Pages that tie with the median
    all stay, so the order of pages does not matter: if all pages are equally good, all
    stay. Pages of unknown quality are left out.
    """
    qualities = selection.tokens.qualities
    rated = selection.chosen & ~np.isnan(qualities)
    if not rated.any():
        return selection.part(rated)
    return selection.part(rated & (qualities >= np.median(qualities[rated])))


def overlap(terms: Iterable[str], better: Iterable[str], top: int = 50) -> float:
    """Return the share of the top terms that two versions of a view have in common.

    Parameters
    ----------
    terms, better
        The terms of a view of all pages and of the better half, best first. The
        shared terms among the first `top` of each are divided by the longer length.
    """
    one, other = set(islice(terms, top)), set(islice(better, top))
    longer = max(len(one), len(other))
    return len(one & other) / longer if longer else 1.0


@dataclass(frozen=True, eq=False)
class Difference:
    """How the quality of compared parts differs.

    Parameters
    ----------
    parts
        One row per part: part, documents, rated (documents with a quality), pages,
        unrated (pages without), quality_q1, quality_median, quality_q3 (quartiles of
        the documents' mean qualities).
    p_value
        Of the Kruskal–Wallis test; None if fewer than two parts have `MIN_DOCUMENTS`
        documents.
    effect
        Epsilon squared, 0 to 1: the share of the ranks' variance that the parts
        explain; None without a test.
    alpha
        The p-value below which a difference is significant.
    documents
        One row per rated document: part, quality (mean of its pages, 0 to 1).
    """

    parts: "pd.DataFrame"
    p_value: float | None
    effect: float | None
    alpha: float
    documents: "pd.DataFrame"

    @property
    def tested(self) -> bool:
        """Whether there were enough documents for the test."""
        return self.p_value is not None

    @property
    def gap(self) -> "QualityGap | None":
        """The parts that were read worst and best, if that deserves a warning.

        It does if the test is significant, the effect is at least `MIN_EFFECT` and the
        gap at least `MIN_GAP`; without a test, if the gap is at least
        `MIN_UNTESTED_GAP`.
        """
        rated = self.parts.dropna(subset=["quality_median"])
        if self.p_value is not None and self.effect is not None:
            if self.p_value >= self.alpha or self.effect < MIN_EFFECT:
                return None
            rated = rated[rated["rated"] >= MIN_DOCUMENTS]
        ranked = rated.sort_values("quality_median").to_dict("records")
        if len(ranked) < 2:
            return None
        worst, best = ranked[0], ranked[-1]
        found = QualityGap(
            worst["part"], worst["quality_median"], best["part"], best["quality_median"]
        )
        min_gap = MIN_GAP if self.tested else MIN_UNTESTED_GAP
        return found if found.high - found.low >= min_gap else None

    @property
    def warning(self) -> str:
        """A sentence on the gap; "" if there is none."""
        gap = self.gap
        if gap is None:
            return ""
        sentence = (
            f"{gap.worst} was read worse than {gap.best} (median quality {gap.low:.2f} "
            f"and {gap.high:.2f}), so part of any difference between them may come "
            "from recognition"
        )
        if self.p_value is None:
            return f"{sentence}. There are too few documents for a test."
        chance = "p < 0.001" if self.p_value < 0.001 else f"p = {self.p_value:.3f}"
        return f"{sentence} ({TEST} test over documents, {chance})."


class QualityGap(NamedTuple):
    """The parts that were read worst and best, each with its quality."""

    worst: str
    low: float
    best: str
    high: float


def groups_differ(
    selection: Selection, column: str, *, alpha: float = 0.01
) -> Difference:
    """Compare how well the documents of each value of a metadata column were read.

    Each value is a part. Numbers with more than `MAX_PARTS` values, such as years, are
    grouped into `RANGES` ranges of about equal numbers of documents.

    Raises
    ------
    SettingsError
        If the corpus has no such column.
    """
    values = enumerate(selection.metadata_of_documents(column))
    labels = _ranges({n: value for n, value in values if value})
    members: dict[str, list[int]] = {}
    for n, label in labels.items():
        members.setdefault(label, []).append(n)
    every = by_document(selection)
    return _compared({label: every.take(ns) for label, ns in members.items()}, alpha)


def _ranges(values: Mapping[int, str]) -> dict[int, str]:
    """Return the part of each document, the parts in order."""
    numbers = {n: number_of(value) for n, value in values.items()}
    distinct = sorted(set(numbers.values()))
    if np.isnan(distinct).any():
        return dict(sorted(values.items(), key=lambda each: each[1]))
    ordered = sorted(numbers, key=numbers.__getitem__)
    if len(distinct) <= MAX_PARTS:
        return {n: values[n] for n in ordered}
    edges = np.quantile(list(numbers.values()), np.linspace(0, 1, RANGES + 1)[1:-1])
    range_of = {n: int(np.searchsorted(edges, numbers[n])) for n in ordered}
    inside: dict[int, list[str]] = {}
    for n in ordered:
        inside.setdefault(range_of[n], []).append(values[n])
    named = {
        span: values[0] if values[0] == values[-1] else f"{values[0]}–{values[-1]}"
        for span, values in inside.items()
    }
    return {n: named[range_of[n]] for n in ordered}


def parts_differ(parts: Mapping[str, Selection], *, alpha: float = 0.01) -> Difference:
    """Compare how well the parts of a corpus were read.

    Pages of one document are alike, so they are not independent observations. The test
    therefore compares the documents' mean qualities, by the rank test of Kruskal &
    Wallis (1952), "Use of ranks in one-criterion variance analysis", which assumes no
    normal distribution. The effect is epsilon squared, H / (n - 1), after Tomczak &
    Tomczak (2014), "The need to report effect size estimates revisited". A part with
    fewer than `MIN_DOCUMENTS` documents is listed but not tested.
    """
    return _compared({name: by_document(part) for name, part in parts.items()}, alpha)


def _compared(parts: Mapping[str, "Documents"], alpha: float) -> Difference:
    import pandas as pd
    from scipy.stats import kruskal

    rows, samples, rated = [], [], []
    for name, documents in parts.items():
        means = documents.quality[~np.isnan(documents.quality)]
        rated.append(pd.DataFrame({"part": name, "quality": means}))
        quartiles = np.quantile(means, QUARTILES) if len(means) else [np.nan] * 3
        pages, unrated = int(documents.pages.sum()), int(documents.unrated.sum())
        count = len(documents.quality)
        rows.append((name, count, len(means), pages, unrated, *quartiles))
        if len(means) >= MIN_DOCUMENTS:
            samples.append(means)
    columns = ["part", "documents", "rated", "pages", "unrated"]
    table = pd.DataFrame(rows, columns=[*columns, *PART_QUARTILES])
    single = pd.concat([pd.DataFrame({"part": [], "quality": []}), *rated])
    if len(samples) < 2:
        return Difference(table, None, None, alpha, single)
    every = np.concatenate(samples)
    if np.ptp(every) == 0:  # no ranks to compare
        return Difference(table, 1.0, 0.0, alpha, single)
    statistic, p_value = kruskal(*samples)
    effect = float(statistic) / (len(every) - 1)
    return Difference(table, float(p_value), effect, alpha, single)


class Documents(NamedTuple):
    """For each document: its pages, the unrated ones, and its mean quality."""

    pages: np.ndarray
    unrated: np.ndarray
    quality: np.ndarray

    def take(self, indices: Sequence[int]) -> "Documents":
        """Return some of them."""
        return Documents(*(column[indices] for column in self))


def by_document(selection: Selection) -> Documents:
    """Measure each document; its mean is NaN if no page has a quality."""
    rated = ~np.isnan(selection.tokens.qualities)
    pages = selection.sum_by_document(np.ones(len(rated))).astype(int)
    some = selection.sum_by_document(rated).astype(int)
    sums = selection.sum_by_document(np.nan_to_num(selection.tokens.qualities))
    with np.errstate(invalid="ignore"):
        return Documents(pages, pages - some, sums / some)
