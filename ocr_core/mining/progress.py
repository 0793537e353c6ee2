"""Progress: how far long work is, as it reports to its caller.

The caller may raise an error from the report, such as `CancelledError`, to end the
work.
"""

from collections.abc import Callable

ReportProgress = Callable[[int, int], None]  # the steps done, and those of the whole


def no_report(done: int, total: int) -> None:
    """Report to nobody."""


class Steps:
    """Counts the steps of work as they are done, and reports them."""

    def __init__(self, progress: ReportProgress, total: int) -> None:
        self._progress, self._done, self._total = progress, 0, total
        progress(0, total)

    def __call__(self) -> None:
        """Report that a step is done; more steps than expected change nothing."""
        self._done = min(self._done + 1, self._total)
        self._progress(self._done, self._total)
