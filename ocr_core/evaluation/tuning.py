"""Tuning: search for settings that read given pages better, and verify the gain.

First, single changes of the current settings are tried (screening; each knob declares
the values to try with `search`), then combinations of the good ones. The best few are
read on more and more pages, and half of them are dropped each time (successive halving:
Jamieson & Talwalkar 2016, Non-stochastic best arm identification and hyperparameter
optimization). The winner is verified on pages, or lines of one page, that the search
did not use. It is recommended only if the interval of the paired difference on them is
above zero.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ocr_core.evaluation.comparison import Comparison, line_errors, paired
from ocr_core.evaluation.true_lines import TrueLine, text_at, true_text
from ocr_core.knobs import knobs
from ocr_core.messages import Message
from ocr_core.page import PageRef, PageResult, Word
from ocr_core.presets import PRESETS
from ocr_core.settings import Settings
from ocr_core.text.evaluate import Normalization
from ocr_core.text.quality import compared

MIN_GAIN = 0.005  # minimum reduction of the error rate to recommend a recipe
MIN_ESTIMATED_GAIN = 0.01  # the same without ground truth
MIN_STEP = 0.001  # minimum gain of a further change
BANDS = 12  # horizontal parts of a page without ground truth
FINALISTS = 4
MAX_COMBINED = 6
SIMPLIFIED_ON = 2  # pages
ENOUGH_PAGES = 10  # for a comparison by pages; fewer are compared by lines
IN_FORCE, TUNED = Message("the current recipe"), Message("The tuned recipe")
PAGES, LINES = Message("pages"), Message("lines")
PARTS = Message("parts of pages")
MIN_PROOF_PAGES = 2
PROOF_SHARE = 0.3  # maximum share of the time reserved for the proof

Changes = Mapping[str, Any]
# A page to read with settings, and the keys of prepared pixels that were read before.
Call = tuple[Settings, PageRef, Collection[str]]
# Reads pages in parallel; returns the key of the pixels of each, empty where others
# cannot take its result, and the result: None if the key is known or reading fails.
PagesReader = Callable[[Sequence[Call]], Sequence[tuple[str, PageResult | None]]]


@dataclass(frozen=True)
class TuningPage:
    """A page to tune on, with its ground truth if known: all of it, or some lines."""

    ref: PageRef
    truth: str | None = None
    lines: Sequence[TrueLine] = ()

    @property
    def has_truth(self) -> bool:
        """Whether errors on this page can be counted."""
        return self.truth is not None or bool(self.lines)

    @property
    def true_text(self) -> str:
        """The known text, of the page or of its lines."""
        return true_text(self.lines) if self.truth is None else self.truth

    def text_of(self, result: PageResult | None) -> str:
        """Return what was read where the text is known."""
        if result is None:
            return ""
        return text_at(result.rows, self.lines) if self.truth is None else result.text


@dataclass(frozen=True)
class Trial:
    """Changes of the settings, and their gain on the pages tried so far."""

    changes: Changes
    gain: float
    seconds_left: float = 0.0
    error: float = 0.0  # error rate with these changes
    pages: int = 1  # tried on


@dataclass(frozen=True)
class KnobChange:
    """One row of the evidence: a knob, its old and new value, and its gain."""

    knob: str
    old: Any
    new: Any
    gain: float | None


@dataclass(frozen=True)
class TuningResult:
    """The result of tuning: the settings, recommended or unchanged, with evidence."""

    settings: Settings
    changes: Sequence[KnobChange]
    proof: Comparison | None
    trials: int
    pages_tuned: int
    pages_proved: int
    seconds: float

    @property
    def recommended(self) -> bool:
        """Whether a change of the current settings is recommended."""
        return bool(self.changes)

    @property
    def sentence(self) -> Message:
        """A sentence on what is recommended, with the interval of the gain."""
        if self.recommended and self.proof:
            return self.proof.sentence
        if self.proof is None:
            return Message(
                "Nothing is recommended: none of {0} trials reads these pages better.",
                self.trials,
            )
        return Message(
            "Nothing is recommended: none of {0} trials is significantly better on "
            "the pages or lines that were kept for the test.",
            self.trials,
        )


def search_space(settings: Settings) -> Iterator[Changes]:
    """Yield the first trials: all defaults, the presets, then single knobs."""
    flat = settings.flat()
    tuned = [knob for knob in knobs(Settings) if knob.search]
    defaults = {knob.name: knob.default for knob in tuned}
    for whole in (defaults, *(preset.flat for preset in PRESETS.values())):
        new = {k: v for k, v in whole.items() if k in defaults and flat[k] != v}
        if len(new) > 1:
            yield new
    for knob in tuned:
        if knob.is_active(flat):
            for value in knob.search:
                if value != flat[knob.name]:
                    yield {knob.name: value}


@dataclass
class Tuner:
    """One search, started by `run`."""

    settings: Settings
    pages: Sequence[TuningPage]
    read: PagesReader
    budget: float  # seconds
    rules: Normalization = field(default_factory=Normalization)
    report: Callable[[Trial], None] = lambda trial: None
    stopped: Callable[[], bool] = lambda: False  # then the best so far is verified
    at_once: int = 1
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self.start = self.clock()
        self.cache: dict[tuple[str, PageRef], PageResult | None] = {}
        self.by_pixels: dict[PageRef, dict[str, PageResult]] = defaultdict(dict)
        self.languages: dict[PageRef, str] = {}  # as found on pages with rows
        self.trials = 0
        self.verifying = False
        self.pages_proved = 0
        self.rounds: list[float] = []  # seconds of each parallel round
        alone = len(self.pages) == 1
        self.tuned = list(self.pages) if alone else list(self.pages[::2])
        self.proved = list(self.pages) if alone else list(self.pages[1::2])
        # Trials read each page once, without second opinions.
        self.quick = self.with_changes({"second_opinion": "off"})

    def run(self) -> TuningResult:
        """Search, verify and return the result."""
        finalists = self.combined(self.screened())
        best = self.halved(finalists)
        winner, evidence = self.simplified(best) if best else ({}, [])
        if "engine" in winner and self.settings.recognition.second_opinion == "off":
            # One engine alone may read nothing on a page that the other can read.
            winner = {**winner, "second_opinion": "auto"}
            evidence.append(KnobChange("second_opinion", "off", "auto", None))
        proof = self.proof(winner) if winner else None
        least = MIN_GAIN if self.counted else MIN_ESTIMATED_GAIN
        good = bool(
            proof and proof.better == TUNED and (proof.gain.value or 0) >= least
        )
        return TuningResult(
            settings=self.with_changes(winner) if good else self.settings,
            changes=evidence if good else [],
            proof=proof,
            trials=self.trials,
            pages_tuned=len(self.tuned),
            pages_proved=self.pages_proved,
            seconds=self.clock() - self.start,
        )

    @property
    def counted(self) -> bool:
        """Whether errors are counted against ground truth."""
        return all(page.has_truth for page in self.pages)

    @property
    def measure(self) -> Message:
        """The name of the error measure."""
        return Message("CER") if self.counted else Message("estimated error")

    def with_changes(self, changes: Changes, base: Settings | None = None) -> Settings:
        """Return the current settings with some values changed."""
        return Settings.from_flat({**(base or self.settings).flat(), **changes})

    def time_left(self, reads: int = 1) -> float:
        """Return the seconds left after some reads, without the time for the proof.

        None are left once the search was stopped.
        """
        if self.stopped():
            return 0.0
        rounds = -(-2 * len(self.proved) // self.at_once)
        kept = min(PROOF_SHARE * self.budget, rounds * self.pace)
        return self.start + self.budget - kept - self.clock() - reads * self.pace

    @property
    def pace(self) -> float:
        """Seconds of a parallel round: the median, as the first one starts workers."""
        return float(np.median(self.rounds)) if self.rounds else 0.0

    def screened(self) -> list[Trial]:
        """Try single changes on the first page; return those that gain, best first."""
        page = self.tuned[:1]
        self.fetch([self.quick], page)
        waiting = list(search_space(self.settings))
        found = []
        while waiting and self.time_left() > 0:
            batch, waiting = waiting[: self.at_once], waiting[self.at_once :]
            self.fetch([self.with_changes(each, self.quick) for each in batch], page)
            found += [self.tried(each, page) for each in batch]
        return sorted(
            (each for each in found if each.gain > MIN_STEP),
            key=lambda trial: -trial.gain,
        )

    def combined(self, trials: Sequence[Trial]) -> list[Trial]:
        """Combine the best change with further changes that increase its gain."""
        if not trials:
            return []
        page, best = self.tuned[:1], trials[0]
        found = [best]
        for other in trials[1:MAX_COMBINED]:
            if self.time_left() <= 0:
                break
            both = self.tried({**best.changes, **other.changes}, page)
            if both.gain > best.gain + MIN_STEP:
                best = both
                found.append(both)
        found += trials[1:FINALISTS]
        return sorted(found, key=lambda trial: -trial.gain)[:FINALISTS]

    def halved(self, trials: Sequence[Trial]) -> Trial | None:
        """Read the best on more and more pages, and drop half of them each time."""
        count = 1
        while trials and count < len(self.tuned):
            more = min(2 * count, len(self.tuned))
            if self.time_left((len(trials) + 1) * (more - count)) <= 0:
                break
            count = more
            pages = self.tuned[:count]
            trials = [self.tried(each.changes, pages) for each in trials]
            trials = sorted(trials, key=lambda trial: -trial.gain)
            trials = trials[: max(1, len(trials) // 2)]
        best = trials[0] if trials else None
        return best if best and best.gain > MIN_STEP else None

    def simplified(self, best: Trial) -> tuple[Changes, list[KnobChange]]:
        """Revert changes without effect; return the others with the gain of each."""
        enough = self.time_left(2 * SIMPLIFIED_ON) > 0
        pages = self.tuned[: SIMPLIFIED_ON if enough else 1]
        changes = dict(best.changes)
        gain = self.tried(changes, pages).gain
        evidence = []
        for name in sorted(changes):
            without = {k: v for k, v in changes.items() if k != name}
            left: float | None = None  # unknown if no time is left
            if not without:
                left = 0.0
            elif self.time_left(len(pages)) > 0:
                left = self.tried(without, pages).gain
            if left is not None and left >= gain - MIN_STEP:
                changes, gain = without, left
                continue
            old, known = self.settings.flat()[name], left is not None
            evidence.append(
                KnobChange(
                    name, old, changes[name], gain - (left or 0.0) if known else None
                )
            )
        return changes, evidence

    def proof(self, changes: Changes) -> Comparison:
        """Compare with the current settings on pages that the search did not use.

        Of many pages, those are read that the time allows.
        """
        self.verifying = True
        tuned, pages = self.with_changes(changes), self.proved
        left = self.start + self.budget - self.clock()
        if self.pace:
            rounds = max(0.0, left) / (2 * self.pace)
            pages = pages[: max(MIN_PROOF_PAGES, int(rounds * self.at_once))]
        self.pages_proved = len(pages)
        self.fetch([self.settings, tuned], pages)
        columns = [self.columns(page, self.settings, tuned, 1) for page in pages]
        if len(columns) >= ENOUGH_PAGES:
            rows, unit = np.array([each.sum(axis=0) for each in columns]), PAGES
        else:
            rows, unit = np.concatenate(columns), LINES if self.counted else PARTS
        names = IN_FORCE, TUNED
        return paired(names, rows, self.measure, unit)

    def tried(self, changes: Changes, pages: Sequence[TuningPage]) -> Trial:
        """Read pages with some changes; return the gain."""
        settings = self.with_changes(changes, self.quick)
        self.fetch([self.quick, settings], pages)
        columns = [self.columns(page, self.quick, settings, 0) for page in pages]
        sums = np.concatenate(columns).sum(axis=0)
        gain = float((sums[0] - sums[1]) / max(1.0, sums[2]))
        left = self.start + self.budget - self.clock()
        error = float(sums[1] / max(1.0, sums[2]))
        trial = Trial(changes, gain, left, error, len(pages))
        self.trials += 1
        self.report(trial)
        return trial

    def fetch(self, settings: Sequence[Settings], pages: Sequence[TuningPage]) -> None:
        """Read the pages that are not cached yet, neither by settings nor by pixels."""
        missing = [
            (each, page.ref)
            for each in settings
            for page in pages
            if (each.digest, page.ref) not in self.cache
        ]
        while missing:
            batch, missing = missing[: self.at_once], missing[self.at_once :]
            start = self.clock()
            results = self.read(
                [
                    (self.in_language(each, ref), ref, self.by_pixels[ref].keys())
                    for each, ref in batch
                ]
            )
            self.rounds.append(self.clock() - start)
            for (each, ref), (key, result) in zip(batch, results, strict=True):
                known = self.by_pixels[ref]
                if key and result:
                    known[key] = result
                self.keep(each, ref, known.get(key, result))

    def keep(self, settings: Settings, ref: PageRef, result: PageResult | None) -> None:
        """Keep how a page is read with some settings, and its language."""
        self.cache[settings.digest, ref] = result
        if result and result.rows:
            self.languages.setdefault(ref, result.language)

    def in_language(self, settings: Settings, ref: PageRef) -> Settings:
        """Return settings for a trial: the language is found once for each page."""
        found = self.languages.get(ref)
        if self.verifying or not found or settings.recognition.language != "auto":
            return settings
        return self.with_changes({"language": found}, settings)

    def columns(
        self, page: TuningPage, first: Settings, second: Settings, part: int
    ) -> np.ndarray:
        """Return a (U, 3) array: errors of both, and characters, by part of the page.

        For a single page, `part` 0 selects the parts for tuning, 1 those for the proof.
        """
        one, other = (self.cache[each.digest, page.ref] for each in (first, second))
        if page.has_truth:
            texts = [page.text_of(each) for each in (one, other)]
            found = line_errors(page.true_text, texts, self.rules)
        else:
            found = band_errors(one, other)
        return found[part::2] if len(self.pages) == 1 else found


def band_errors(one: PageResult | None, other: PageResult | None) -> np.ndarray:
    """Return a (B, 3) array: expected errors of two readings, and letters, by band.

    A correct word of one reading that is missing in the other counts as an error.
    """
    known = one or other
    height = max(1, known.size[1] if known else 1)
    language = known.language if known else ""
    rows = []
    for band in range(BANDS):
        pair = [_words_in(each, band, height) for each in (one, other)]
        letters = max(sum(len(word.text) for word in words) for words in pair)
        errors = [(1 - score) * letters for score in compared(pair, language)]
        rows.append([*errors, letters])
    return np.array(rows, float)


def _words_in(result: PageResult | None, band: int, height: int) -> list[Word]:
    if result is None:
        return []
    return [
        word
        for word in result.rows
        if min(BANDS - 1, int(BANDS * (word.top + word.height / 2) / height)) == band
    ]
