"""Tuning run: a search for better settings, in a thread of one browser tab."""

import threading
from collections.abc import Sequence

from ocr_core.errors import OcrError
from ocr_core.evaluation.tuning import (
    Call,
    Trial,
    Tuner,
    TuningPage,
    TuningResult,
)
from ocr_core.evaluation.tuning_pages import chosen_pages, read_pages
from ocr_core.page import PageResult
from ocr_core.settings import Settings
from ocr_core.text.evaluate import Normalization

from . import pools


class TuningRun:
    """A search by the same function as `ocr-core tune`, and its best so far.

    Parameters
    ----------
    settings
        The settings to improve.
    pages
        The pages to tune on; the first is the one on the screen.
    rules
        Which differences from the ground truth are ignored.
    seconds
        Time to search.
    owner
        The owner of the calls in the pool of workers.
    """

    def __init__(
        self,
        settings: Settings,
        pages: Sequence[TuningPage],
        rules: Normalization,
        seconds: float,
        owner: str,
    ) -> None:
        self.ref, self.owner = pages[0].ref, owner
        self.best: Trial | None = None
        self.result: TuningResult | None = None
        self.error: OcrError | None = None
        self.tuner = Tuner(
            settings, chosen_pages(pages), self._read, seconds, rules, self._compare
        )
        self.tuner.at_once = pools.page_pool().workers
        self._stop = threading.Event()
        self.tuner.stopped = self._stop.is_set
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Start the search."""
        self._thread.start()

    @property
    def busy(self) -> bool:
        """Whether there is no result yet."""
        return self.result is None and self.error is None

    @property
    def stopping(self) -> bool:
        """Whether the search ends, or has ended, before its time is over."""
        return self._stop.is_set()

    @property
    def seconds_left(self) -> float:
        """Seconds until the time to search is over, not below 0."""
        tuner = self.tuner
        return max(0.0, tuner.start + tuner.budget - tuner.clock())

    @property
    def best_settings(self) -> Settings:
        """The settings of the best trial so far."""
        return self.tuner.with_changes(self.best.changes if self.best else {})

    def stop(self) -> None:
        """End the search; the best so far is verified and becomes the result."""
        self._stop.set()

    def drop(self) -> None:
        """End the search without a result."""
        self._stop.set()
        pools.page_pool().cancel_owner(self.owner)

    def _run(self) -> None:
        try:
            self.result = self.tuner.run()
        except OcrError as error:
            self.error = error

    def _read(self, calls: Sequence[Call]) -> list[tuple[str, PageResult | None]]:
        return read_pages(calls, pools.page_pool(), self.owner)

    def _compare(self, trial: Trial) -> None:
        """Keep a trial if it is the best on as many pages as were tried so far."""
        best = self.best
        if best and trial.pages < best.pages:
            return
        if best and trial.pages == best.pages and trial.gain <= best.gain:
            return
        if trial.gain > 0 or best:
            self.best = trial
