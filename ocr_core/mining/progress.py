"""Progress: how far long work is, as it reports to its caller.

The caller may raise an error from the report, such as `CancelledError`, to end the
work.
"""

from collections.abc import Callable

ReportProgress = Callable[[int, int], None]  # the steps done, and those of the whole


def no_report(done: int, total: int) -> None:
    """Report to nobody."""
