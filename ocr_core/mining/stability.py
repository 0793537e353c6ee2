"""Stability: how much of a view would change if the words had been read correctly.

First the true texts are estimated: probable misreadings are put right. Their words are
changed at random as often as recognition got them wrong, by the confusions of the
corpus, and the view is made anew. What the changed texts lose against the estimated
ones estimates what the texts as read lost against the true ones: a parametric bootstrap
of the recognition errors (Efron & Tibshirani 1993, "An introduction to the
bootstrap"; noise of OCR is simulated likewise by Jarlbrink & Snickars 2017 and, for
topics, by Walker, Lund & Ringger 2010, "Evaluating models of latent document semantics
in the presence of OCR errors").

The errors that are left in the estimated texts make this estimate pessimistic: they
count beside the simulated ones. What the texts as read lost against the estimated ones
is optimistic for the same reason. The mean of both is taken, as the .632 estimator
weighs a pessimistic and an optimistic estimate (Efron 1983, "Estimating the error rate
of a prediction rule").
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from ocr_core.errors import SettingsError
from ocr_core.messages import Message
from ocr_core.mining.form_groups import FormGroup
from ocr_core.mining.progress import ReportProgress, no_report
from ocr_core.mining.reliability import better_half, overlap
from ocr_core.mining.selection import Selection
from ocr_core.mining.variants import CONFUSIONS, Change, confusions_in
from ocr_core.mining.word_chances import token_chances

if TYPE_CHECKING:
    import pandas as pd

# A view: its terms, or the values of a trend, with their figures, the first ones first.
View = Callable[[Selection], Mapping[str, float]]
# As what characters are read, each with its weight.
Changes = Mapping[str, list[tuple[str, float]]]
TOP = 50
ROUNDS = 20
LEVEL = 0.9  # share of the rounds inside a band
EDGES = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
MAX_DRAWN = 64  # different misreadings drawn for one word in a round
OTHER = 0.3  # share of the changes that no table of confusions has
SEEN_WEIGHT = 4.0  # of a confusion seen in the corpus, by that of a usual one
LETTERS = "abcdefghijklmnopqrstuvwxyz"
MAX_CER = 0.5
GOOD, FAIR = 0.9, 0.75  # overlap or rank correlation from which a view may be trusted


@dataclass(frozen=True, eq=False)
class Stability:
    """How much of a view would be the same if all words had been read correctly.

    Parameters
    ----------
    table
        term, figure (of the view), low, high (band of the figure without errors), and
        stays (share of the rounds in which it stays among the first `top`).
    top
        The number of first terms that are compared.
    cer
        The character error rate that was simulated, 0 to 1.
    rounds
        The number of simulations.
    overlap, overlap_low, overlap_high
        The expected share of the first terms that the true texts have too, 0 to 1, and
        its band, as wide as that of the simulations.
    correlation
        Spearman's rank correlation of the figures, mean of the rounds; None if the
        view has fewer than three terms.
    better_pages
        The overlap with the view of the better half of the pages; None if these are no
        other pages, or too few for the view.
    """

    table: "pd.DataFrame"
    top: int
    cer: float
    rounds: int
    overlap: float
    overlap_low: float
    overlap_high: float
    correlation: float | None
    better_pages: float | None

    @property
    def verdict(self) -> str:
        """Return good, fair or poor, by the lower of overlap and rank correlation."""
        figures = [self.overlap, *filter(None, [self.correlation])]
        least = min(figures)
        return "good" if least >= GOOD else "fair" if least >= FAIR else "poor"

    @property
    def sentence(self) -> Message:
        """Return the verdict as text, with its evidence."""
        verdicts = {
            "good": Message(
                "Good enough: recognition errors hardly change this analysis."
            ),
            "fair": Message(
                "Use with care: recognition errors change some of this analysis."
            ),
            "poor": Message(
                "Not good enough: recognition errors change much of this analysis."
            ),
        }
        count = min(self.top, len(self.table))
        known = self.correlation
        values = (
            verdicts[self.verdict],
            f"{100 * self.cer:.1f} %",
            f"{self.overlap * count:.0f}",
            str(count),
            *(
                f"{share * count:.0f}"
                for share in (self.overlap_low, self.overlap_high)
            ),
            str(self.rounds),
            Message("unknown") if known is None else f"{known:.2f}",
        )
        if count < self.top:  # all rows
            return Message(
                "{0} At a character error rate of {1}, the true texts probably have "
                "about {2} of the {3} rows too ({4} to {5} in 90 % of {6} "
                "simulations); rank correlation {7}.",
                *values,
            )
        return Message(
            "{0} At a character error rate of {1}, about {2} of the first {3} rows are "
            "those of the true texts ({4} to {5} in 90 % of {6} simulations); rank "
            "correlation {7}.",
            *values,
        )


def stability(
    selection: Selection,
    view: View,
    *,
    top: int = TOP,
    cer: float | None = None,
    groups: Sequence[FormGroup] = (),
    rounds: int = ROUNDS,
    seed: int = 1,
    progress: ReportProgress = no_report,
) -> Stability:
    """Simulate recognition errors, and compare the view with and without them.

    Parameters
    ----------
    view
        Called for the selection and, with the same words changed, for each round. It
        must depend on `Selection.terms` alone.
    top
        How many first terms to compare.
    cer
        The character error rate, as an audit gives it; by default the quality of each
        page gives its own.
    groups
        Probable misreadings, as `form_groups` finds them in ``selection.tokens``.
    rounds
        The number of simulations.
    progress
        Called after each simulation.

    Raises
    ------
    SettingsError
        If the error rate is not from 0 to `MAX_CER`, or the view is empty.
    """
    if cer is not None and not 0 <= cer <= MAX_CER:
        raise SettingsError(
            "An error rate of {0} cannot be simulated.",
            f"{cer:g}",
            hint="Give a rate from 0 to 0.5, as in 0.05.",
        )
    figures = dict(view(selection))
    if not figures:
        raise SettingsError(
            "The view is empty: there is nothing to compare.",
            hint="Loosen the filter, or choose another word.",
        )
    random = np.random.default_rng(seed)
    restored = corrected_selection(selection, groups)
    whole = corrected_selection(selection.unhidden, groups)
    noise = _Noise(restored, whole, letter_rates(selection, cer), groups)
    true = _figures(view, restored)
    first = list(islice(figures, top))
    found = []
    for done in range(rounds):
        progress(done, rounds)
        found.append(_figures(view, noise.drawn(random)))
    shares = [overlap(true, changed, top) for changed in found]
    correlations = [_correlation(true, changed, top) for changed in found]
    known = [each for each in correlations if each is not None]
    share = (np.mean(shares) + overlap(true, first, top)) / 2
    edges = np.quantile(shares, EDGES) + share - np.mean(shares)
    low, high = np.clip(edges, 0, 1).tolist()
    half = better_half(selection)
    other = half.chosen.any() and (half.chosen != selection.chosen).any()
    best = _figures(view, half) if other else {}  # too few pages may have none
    return Stability(
        _term_table({term: figures[term] for term in first}, true, found, top),
        top,
        noise.cer,
        rounds,
        float(share),
        low,
        high,
        float(np.mean(known)) if known else None,
        overlap(first, best, top) if best else None,
    )


def _term_table(
    shown: Mapping[str, float],
    true: Mapping[str, float],
    found: Sequence[Mapping[str, float]],
    top: int,
) -> "pd.DataFrame":
    """Return a row for each term shown: its figure, the band of it, how often it stays.

    `true` and `found` have the figures without simulated errors and of each round.
    """
    import pandas as pd

    bands = [
        _band(true.get(term, 0), [each.get(term, 0) for each in found])
        for term in shown
    ]
    firsts = [_first(each, top) for each in found]
    return pd.DataFrame(
        {
            "term": list(shown),
            "figure": list(shown.values()),
            "low": [low for low, _ in bands],
            "high": [high for _, high in bands],
            "stays": [np.mean([term in each for each in firsts]) for term in shown],
        }
    )


def _figures(view: View, selection: Selection) -> dict[str, float]:
    """Return a view of other texts; nothing if there it has nothing to count."""
    try:
        return dict(view(selection))
    except SettingsError:
        return {}


def _first(figures: Mapping[str, float], top: int) -> set[str]:
    return set(islice(figures, top))


def _band(figure: float, changed: list[float]) -> tuple[float, float]:
    """Return the basic bootstrap interval of a figure (Davison & Hinkley 1997).

    Figures that are never negative have no band below zero.
    """
    low, high = np.quantile(changed, EDGES)
    least = 0.0 if min(figure, *changed) >= 0 else -np.inf
    return max(least, float(2 * figure - high)), max(least, float(2 * figure - low))


def _correlation(
    true: Mapping[str, float], changed: Mapping[str, float], top: int
) -> float | None:
    """Return the rank correlation of the first terms of both."""
    from scipy.stats import spearmanr

    terms = list(dict.fromkeys([*islice(true, top), *islice(changed, top)]))
    if len(terms) < 3:
        return None
    one = [true.get(term, 0) for term in terms]
    other = [changed.get(term, 0) for term in terms]
    if len(set(one)) < 2 or len(set(other)) < 2:
        return None
    return float(spearmanr(one, other).statistic)


def corrected_selection(selection: Selection, groups: Iterable[FormGroup]) -> Selection:
    """Return a selection in which probable misreadings count as what was printed."""
    ids = dict(selection.ids)
    terms = selection.terms.copy()
    hidden = _terms_of(selection.unhidden) - _terms_of(selection)
    printed: dict[str, list[int]] = {}
    for each in (each for group in groups for each in group.occurrences):
        printed.setdefault(each.word, []).append(each.token)
    for found, misread in printed.items():
        at, word = np.array(misread, int), selection.as_counted(found)[0]
        chosen = at[selection.tokens.by_page(selection.chosen, at)]
        terms[chosen] = -1 if word in hidden else ids.setdefault(word, len(ids))
    return selection.with_words(terms, list(ids))


def letter_rates(selection: Selection, cer: float | None = None) -> np.ndarray:
    """Return the character error rate of each page, 0 to `MAX_CER`.

    Without a rate of the corpus, it follows from the chance of each word to be right,
    by its confidence: a word of n letters is right with (1 - rate)^n.
    """
    tokens, kept = selection.tokens, selection.kept
    if cer is not None:
        return np.full(len(tokens.page_infos), cer)
    wrong = 1 - token_chances(tokens, kept, np.full(len(kept), "word"))
    letters = tokens.by_form(tokens.vocabulary.lengths, kept)
    count = selection.count_by_page
    with np.errstate(invalid="ignore"):
        share = tokens.count_by_page(kept, wrong) / count
        length = tokens.count_by_page(kept, letters) / count
        rates = 1 - (1 - share) ** (1 / length)
    return np.clip(np.nan_to_num(rates), 0, MAX_CER)


class _Noise:
    """Draws texts in which words of a selection are misread.

    `whole` has the words that the filter hides too: they can be misread as words that
    it does not hide.
    """

    def __init__(
        self,
        selection: Selection,
        whole: Selection,
        rates: np.ndarray,
        groups: Iterable[FormGroup],
    ) -> None:
        self.selection, self.whole = selection, whole
        self.at = self.whole.kept
        words = self.whole.vocabulary
        lengths = np.fromiter(map(len, words), int, len(words))
        self.rates = selection.tokens.by_page(rates, self.at)
        self.wrong = 1 - (1 - self.rates) ** lengths[self.whole.terms[self.at]]
        self.cer = float(self.rates.mean()) if len(self.at) else 0.0
        self.hidden = _terms_of(self.whole) - _terms_of(selection)
        self.changes = changes_by_letters(
            (each.form, each.replacement)
            for group in groups
            for each in group.occurrences
        )

    def drawn(self, random: np.random.Generator) -> Selection:
        """Return the selection with words changed at random."""
        selection, whole = self.selection, self.whole
        hit = self.at[random.random(len(self.at)) < self.wrong]
        order = np.argsort(whole.terms[hit], kind="stable")
        hit = hit[order]
        terms = selection.terms.copy()
        ids: dict[str, int] = dict(selection.ids)
        numbers, starts = np.unique(whole.terms[hit], return_index=True)
        ends = np.append(starts, len(hit))[1:]
        for number, start, end in zip(
            numbers.tolist(), starts.tolist(), ends.tolist(), strict=True
        ):
            word, count = whole.vocabulary[number], end - start
            forms = [
                misread_word(word, self.cer, self.changes, random)
                for _ in range(min(count, MAX_DRAWN))
            ]
            new = [
                -1 if form in self.hidden else ids.setdefault(form, len(ids))
                for form in forms
            ]
            chosen = random.integers(len(new), size=count) if count > MAX_DRAWN else ...
            terms[hit[start:end]] = np.array(new)[chosen]
        return selection.with_words(terms, list(ids))


def _terms_of(selection: Selection) -> set[str]:
    """Return the terms that occur."""
    return set(selection.spelled(np.flatnonzero(selection.counts)))


def changes_by_letters(misread: Iterable[tuple[str, str]]) -> Changes:
    """Return as what characters are read, with weights.

    The usual confusions weigh 1 less their cost; one that was seen in the corpus weighs
    `SEEN_WEIGHT` for each time more.
    """
    seen: Counter[Change] = Counter()
    for read, printed in misread:
        seen.update(confusions_in(read.lower(), printed.lower(), CONFUSIONS))
    weights = {pair: 1 - cost for pair, cost in CONFUSIONS.items()}
    for pair, count in seen.items():
        if pair[0]:
            weights[pair] = weights.get(pair, 0.0) + SEEN_WEIGHT * count
    found: dict[str, list[tuple[str, float]]] = {}
    for (printed, read), weight in weights.items():
        found.setdefault(printed, []).append((read, weight))
    return found


def misread_word(
    word: str,
    rate: float,
    changes: Changes,
    random: np.random.Generator,
) -> str:
    """Return a word with at least one change, others at a rate for each letter."""
    sure = int(random.integers(len(word)))
    found, at = "", 0
    for n, letter in enumerate(word):
        if n < at:
            continue
        at = n + 1
        if n != sure and random.random() >= rate:
            found += letter
            continue
        known = [
            (n + length, *each)
            for length in (1, 2)
            if n + length <= len(word)
            for each in changes.get(word[n : n + length], ())
        ]
        if known and random.random() >= OTHER:
            sums = np.cumsum([weight for *_, weight in known])
            end, read, _ = known[np.searchsorted(sums, random.random() * sums[-1])]
            found, at = found + read, end
        else:
            other = LETTERS[int(random.integers(len(LETTERS)))]
            found += ("", other, letter + other)[int(random.integers(3))]
    return found or word[:1]
