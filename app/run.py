"""Run: how one reading of many documents stands, and what it has read."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from ocr_core.page import PageResult
from ocr_core.settings import Settings


@dataclass
class Run:
    """One reading of many documents, in a thread of its own.

    Its clock stands still while it is paused, and between its end and another try.
    """

    settings: Settings
    owner: str
    total: int = 0
    started: float = field(default_factory=time.monotonic)
    ended: float = 0.0
    rested: float = 0.0
    paused_at: float = 0.0
    results: list[PageResult] = field(default_factory=list)
    before: int = 0  # results that were there when it was started (again)
    spent: float = 0.0  # seconds until then
    cancelled: bool = False
    fault: str = ""

    @property
    def busy(self) -> bool:
        """Tell whether pages are still being read."""
        return not self.ended

    @property
    def paused(self) -> bool:
        """Tell whether no more pages are taken up."""
        return bool(self.paused_at)

    @property
    def failures(self) -> list[PageResult]:
        """The pages and documents that could not be read."""
        return [result for result in self.results if result.status == "failed"]

    @property
    def retryable(self) -> list[PageResult]:
        """Those failures whose document is still there."""
        return [each for each in self.failures if Path(each.ref.path).exists()]

    @property
    def seconds(self) -> float:
        """How long the run took, or has taken so far."""
        until = self.ended or self.paused_at or time.monotonic()
        return until - self.started - self.rested

    @property
    def pages_a_minute(self) -> float | None:
        """How fast it reads; None while nobody knows."""
        done = len(self.results) - self.before
        took = self.seconds - self.spent
        return 60 * done / took if done > 0 and took > 0 else None

    @property
    def seconds_left(self) -> float | None:
        """An estimate from the pages read so far; None while there is none."""
        rate = self.pages_a_minute
        return 60 * (self.total - len(self.results)) / rate if rate else None

    def pause(self) -> None:
        """Finish what is under way, and take nothing more up."""
        self.paused_at = self.paused_at or time.monotonic()

    def go_on(self) -> None:
        """Take up pages again."""
        if self.paused_at:
            self.rested += time.monotonic() - self.paused_at
            self.paused_at = 0.0

    def start_again(self, kept: list[PageResult]) -> None:
        """Keep these results, and read the others anew."""
        self.rested += time.monotonic() - self.ended
        self.ended = 0.0
        self.results, self.before, self.spent = kept, len(kept), self.seconds
        self.cancelled, self.fault = False, ""
