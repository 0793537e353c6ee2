"""Trust: how far a count can be believed, given how well its pages were read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ocr_core.errors import SettingsError
from ocr_core.messages import Message
from ocr_core.mining.conditions import number_of
from ocr_core.mining.selection import Selection
from ocr_core.page import DOUBTFUL

if TYPE_CHECKING:
    import pandas as pd

TEST = "Kruskal–Wallis"
FEWEST = 5  # documents of a part: below, the test's chi-square approximation is rough
SLIGHT = 0.01  # an effect that changes no count, however many documents show it
NARROW = 0.02  # of quality: two words in a hundred, too few to tell apart by eye
WIDE = 0.1  # of quality: too much to say nothing, also where it cannot be tested
MOST_PARTS = 8  # numbers of more values than these are compared as spans
SPANS = 4
QUARTILES = (0.25, 0.5, 0.75)
PART_QUARTILES = ("quality_q1", "quality_median", "quality_q3")


@dataclass(frozen=True)
class Reliability:
    """What a selection rests on.

    Parameters
    ----------
    tokens, pages
        How many are counted.
    conf_threshold
        Confidence below which a word is doubtful, 0 to 100.
    share_low_conf
        Share of the tokens whose word has less confidence, 0 to 1.
    unrated
        Share of the pages whose quality nobody knows, 0 to 1.
    quality
        Median quality of the other pages, 0 to 1; None where there are none.
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
    confs = selection.tokens.confs[selection.kept]
    known = page_qualities(selection)[selection.chosen]
    rated = known[~np.isnan(known)]
    return Reliability(
        tokens=len(confs),
        pages=len(known),
        conf_threshold=conf_threshold,
        share_low_conf=float((confs < conf_threshold).mean()) if len(confs) else 0.0,
        unrated=1 - len(rated) / len(known) if len(known) else 0.0,
        quality=float(np.median(rated)) if len(rated) else None,
    )


def page_qualities(selection: Selection) -> np.ndarray:
    """Return a float for each page of the corpus; NaN where nobody knows."""
    known = (leaf.quality for leaf in selection.tokens.leaves)
    return np.array([np.nan if each is None else each for each in known], float)


def better_half(selection: Selection) -> Selection:
    """Return what stands on the better half of the pages.

    These are the pages of at least the median quality. All that tie with the median
    stay, so that no page is left out for its place in the corpus: where all pages are
    as good, all stay. Pages of unknown quality go.
    """
    qualities = page_qualities(selection)
    rated = selection.chosen & ~np.isnan(qualities)
    if not rated.any():
        return selection.part(rated)
    return selection.part(rated & (qualities >= np.median(qualities[rated])))


def overlap(terms: Iterable[str], better: Iterable[str], top: int = 50) -> float:
    """Return which share of the top terms of a view is there in another too, 0 to 1.

    Parameters
    ----------
    terms, better
        The terms of the same view of all pages and of the better half, the first
        best; of the first `top` of each, the shared ones over the longer list.
    """
    one, other = set(islice(terms, top)), set(islice(better, top))
    longer = max(len(one), len(other))
    return len(one & other) / longer if longer else 1.0


@dataclass(frozen=True, eq=False)
class Difference:
    """How the quality of the parts that are compared differs.

    Parameters
    ----------
    parts
        A row each: part, documents, rated (documents with a quality), pages,
        unrated (pages without), low,
        quality, high (quartiles of the documents' mean qualities).
    p_value
        Of the Kruskal–Wallis test; None where fewer than two parts have `FEWEST`
        documents.
    effect
        Epsilon squared, 0 to 1: the share of the ranks' variance that the parts
        explain; None without a test.
    alpha
        The p-value below which a difference is more than chance.
    """

    parts: "pd.DataFrame"
    p_value: float | None
    effect: float | None
    alpha: float

    @property
    def tested(self) -> bool:
        """Whether there were documents enough for the test."""
        return self.p_value is not None

    @property
    def gap(self) -> "QualityGap | None":
        """The parts that were read worst and best, where that is worth a warning.

        It is where the test finds more than chance, the effect is not slight and the
        parts lie `NARROW` apart, or where there is no test and they lie `WIDE` apart.
        """
        rated = self.parts.dropna(subset=["quality_median"])
        if self.p_value is not None and self.effect is not None:
            if self.p_value >= self.alpha or self.effect < SLIGHT:
                return None
            rated = rated[rated["rated"] >= FEWEST]
        ranked = rated.sort_values("quality_median").to_dict("records")
        if len(ranked) < 2:
            return None
        worst, best = ranked[0], ranked[-1]
        found = QualityGap(
            worst["part"], worst["quality_median"], best["part"], best["quality_median"]
        )
        least = NARROW if self.tested else WIDE
        return found if found.high - found.low >= least else None

    @property
    def warning(self) -> str:
        """A sentence on the gap; "" where there is none."""
        gap = self.gap
        if gap is None:
            return ""
        told = (
            f"{gap.worst} was read worse than {gap.best} (median quality {gap.low:.2f} "
            f"and {gap.high:.2f}), so part of any difference between them may come "
            "from the reading"
        )
        if self.p_value is None:
            return f"{told}. There are too few documents to test it."
        chance = "p < 0.001" if self.p_value < 0.001 else f"p = {self.p_value:.3f}"
        return f"{told} ({TEST} test over documents, {chance})."


class QualityGap(NamedTuple):
    """The part that was read worst and the one read best, each with its quality."""

    worst: str
    low: float
    best: str
    high: float


def groups_differ(
    selection: Selection, column: str, *, alpha: float = 0.01
) -> Difference:
    """Compare how well documents were read that differ in a metadata column.

    Each value is a part. Numbers of more than `MOST_PARTS` values, such as years, are
    put into `SPANS` spans of about as many documents.

    Raises
    ------
    SettingsError
        Where the corpus has no such column.
    """
    known = selection.tokens.metadata
    if column not in known:
        raise SettingsError(
            "No document has a {0}.",
            column,
            hint=Message("Columns: {0}.", ", ".join(known) or Message("none yet")),
        )
    values = {n: known[column].get(d, "") for n, d in enumerate(selection.documents)}
    labels = _spans({n: value for n, value in values.items() if value})
    members: dict[str, list[int]] = {}
    for n, label in labels.items():
        members.setdefault(label, []).append(n)
    every = by_document(selection)
    return _compared({label: every.take(ns) for label, ns in members.items()}, alpha)


def _spans(values: Mapping[int, str]) -> dict[int, str]:
    """Return the part that each document is in, the parts in their order."""
    numbers = {n: number_of(value) for n, value in values.items()}
    distinct = sorted(set(numbers.values()))
    if np.isnan(distinct).any():
        return dict(sorted(values.items(), key=lambda each: each[1]))
    ordered = sorted(numbers, key=numbers.__getitem__)
    if len(distinct) <= MOST_PARTS:
        return {n: values[n] for n in ordered}
    edges = np.quantile(list(numbers.values()), np.linspace(0, 1, SPANS + 1)[1:-1])
    of = {n: int(np.searchsorted(edges, numbers[n])) for n in ordered}
    inside: dict[int, list[str]] = {}
    for n in ordered:
        inside.setdefault(of[n], []).append(values[n])
    named = {
        span: values[0] if values[0] == values[-1] else f"{values[0]}–{values[-1]}"
        for span, values in inside.items()
    }
    return {n: named[of[n]] for n in ordered}


def parts_differ(parts: Mapping[str, Selection], *, alpha: float = 0.01) -> Difference:
    """Compare how well the parts of a corpus were read.

    The pages of a document were scanned from one paper by one machine and are alike,
    so they are no independent observations: tested are the documents' mean qualities,
    by the rank test of Kruskal & Wallis (1952), "Use of ranks in one-criterion
    variance analysis", which asks for no normal distribution. The effect is epsilon
    squared, H / (n - 1), after Tomczak & Tomczak (2014), "The need to report effect
    size estimates revisited". A part of fewer than `FEWEST` documents is listed and
    not tested.
    """
    return _compared({name: by_document(part) for name, part in parts.items()}, alpha)


def _compared(parts: Mapping[str, "Documents"], alpha: float) -> Difference:
    import pandas as pd
    from scipy.stats import kruskal

    rows, samples = [], []
    for name, documents in parts.items():
        means = documents.quality[~np.isnan(documents.quality)]
        quartiles = np.quantile(means, QUARTILES) if len(means) else [np.nan] * 3
        pages, unrated = int(documents.pages.sum()), int(documents.unrated.sum())
        count = len(documents.quality)
        rows.append((name, count, len(means), pages, unrated, *quartiles))
        if len(means) >= FEWEST:
            samples.append(means)
    columns = ["part", "documents", "rated", "pages", "unrated"]
    table = pd.DataFrame(rows, columns=[*columns, *PART_QUARTILES])
    if len(samples) < 2:
        return Difference(table, None, None, alpha)
    every = np.concatenate(samples)
    if np.ptp(every) == 0:  # no ranks to compare
        return Difference(table, 1.0, 0.0, alpha)
    statistic, p_value = kruskal(*samples)
    effect = float(statistic) / (len(every) - 1)
    return Difference(table, float(p_value), effect, alpha)


class Documents(NamedTuple):
    """Of documents: their pages, those unrated, and the mean quality of the others."""

    pages: np.ndarray
    unrated: np.ndarray
    quality: np.ndarray

    def take(self, places: Sequence[int]) -> "Documents":
        """Return some of them."""
        return Documents(*(column[places] for column in self))


def by_document(selection: Selection) -> Documents:
    """Measure each document; a mean is NaN where no page has a quality."""
    of = selection.document_of_page[selection.chosen]
    known = page_qualities(selection)[selection.chosen]
    rated = ~np.isnan(known)
    count = len(selection.documents)
    pages = np.bincount(of, minlength=count)
    some = np.bincount(of[rated], minlength=count)
    with np.errstate(invalid="ignore"):
        means = np.bincount(of[rated], known[rated], count) / some
    return Documents(pages, pages - some, means)
