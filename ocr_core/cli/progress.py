"""Progress: messages on standard error while a command runs."""

import math
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from ocr_core.documents.notes import EVIDENCE_NOTES
from ocr_core.errors import OUR_FAULTS, BrokenEngineError, InputError
from ocr_core.page import PageResult, printable

if TYPE_CHECKING:
    from ocr_core.corpus import PendingResult
    from ocr_core.execution.batch import Progress

TERMINAL_SECONDS, LOG_SECONDS = 0.5, 15.0  # between two progress lines
CLEAR = "\r\x1b[K"
MAX_LINES = 100  # of listed corrections


class ReadReport:
    """Counts the pages, shows progress, and reports what failed and why."""

    def __init__(self) -> None:
        self.read = 0
        self.failures: list[PageResult] = []
        self._noted: set[tuple[str, str]] = set()
        self.broken: BrokenEngineError | None = None
        self.refused = 0  # files of ground truth

    def refuse(self, error: InputError) -> None:
        """Report a file of ground truth that cannot be read; the others count."""
        self.refused += 1
        echo_error(f"Left out: {error}")

    def watched(self, results: Iterable[PageResult]) -> Iterator[PageResult]:
        """Yield the results, with a progress bar if standard error is a terminal."""
        from tqdm import tqdm

        quiet = not sys.stderr.isatty()
        try:
            for result in tqdm(results, unit="page", file=sys.stderr, disable=quiet):
                self.count(result)
                yield result
        except BrokenEngineError as error:  # the results so far are still written
            self.broken = error

    def count(self, result: PageResult, *, clear: bool = False) -> None:
        """Count a page; report why it failed, or its notes."""
        if result.status != "failed":
            self.read += 1
            self._report_notes(result, clear)
            return
        self.failures.append(result)
        if clear:
            click.echo(CLEAR, err=True, nl=False)
        echo_error(f"Not read: {_page_prefix(result)}{result.error}")

    def _report_notes(self, result: PageResult, clear: bool) -> None:
        """Report the notes of a page, each note once for each document.

        The language of each document is stated in the table only.
        """
        for note in result.notes:
            known = (result.ref.doc_id, note.code)
            if known in self._noted or note.code in EVIDENCE_NOTES:
                continue
            self._noted.add(known)
            if clear:
                click.echo(CLEAR, err=True, nl=False)
            echo_error(f"{_page_prefix(result)}{note.text}")

    def pace(self, results: Iterable[PageResult], progress: "Progress") -> None:
        """Consume all results, and report the progress at intervals."""
        terminal = sys.stderr.isatty()
        every = TERMINAL_SECONDS if terminal else LOG_SECONDS
        said = time.monotonic()
        for result in results:
            self.count(result, clear=terminal)
            if time.monotonic() - said >= every:
                said = time.monotonic()
                line = progress_line(progress)
                click.echo(
                    f"{CLEAR}{line}" if terminal else line, err=True, nl=not terminal
                )
        if terminal:
            click.echo(CLEAR, err=True, nl=False)

    def report_batch(self, progress: "Progress") -> None:
        """Report the outcome of the pages; exit with 3 if any cannot be read."""
        failed = len(self.failures) + progress.failed_before
        there = progress.there - progress.failed_before
        read = counted(self.read, "page")
        echo_error(f"{read} read, {there} there already, {failed} failed.")
        if progress.removed:
            pages = counted(progress.removed, "page")
            echo_error(
                f"{pages} removed from the corpus, and not read; to restore: "
                "ocr-core remove CORPUS DOC --undo"
            )
        if progress.gone:
            places = ", ".join(f"{doc_id} page {n}" for doc_id, n in progress.gone)
            echo_error(f"No longer in its file, but kept for its corrections: {places}")
        if progress.failed_before:
            echo_error(
                f"{progress.failed_before} failed before; to try again: --retry-failed"
            )
        ours = sum(each.error_kind in OUR_FAULTS for each in self.failures)
        if ours:
            echo_error(
                f"{ours} failed through the engine or the machine: the same command "
                "tries them again."
            )
        if failed:
            sys.exit(3)

    def report(self) -> None:
        """Report how many pages failed; exit with 3 if any did.

        Raises
        ------
        BrokenEngineError
            If the engine stopped working during the run.
        """
        if self.broken:
            read = counted(self.read, "page")
            echo_error(f"{read} read and written; the others are missing.")
            raise self.broken
        if self.failures:
            echo_error(f"{counted(self.read, 'page')} read, {len(self.failures)} not.")
        if self.failures or self.refused:
            sys.exit(3)


def report_waiting(waiting: Sequence["PendingResult"], *, replace: bool) -> None:
    """Report which pages keep or lose their result, and which corrections are lost."""
    if not waiting:
        return
    pages = counted(len(waiting), "page")
    lost = [each for page in waiting for each in page.lost]
    corrections = counted(sum(page.corrections for page in waiting), "correction")
    if replace:
        echo_error(f"{pages} corrected by hand, now with the new reading.")
    else:
        echo_error(
            f"{pages} corrected by hand, left with the reading that was there. To "
            "accept the new one: --replace-corrected"
        )
    if not lost:
        echo_error("The words of all corrections are in the new reading too.")
        return
    kept = ", and these corrections stay with the old one" * replace
    echo_error(
        f"The new reading lacks the words of {len(lost)} of {corrections}{kept}:"
    )
    for each in lost[:MAX_LINES]:
        text = each.text or "(struck out)"
        echo_error(f"  {each.doc_id} page {each.page_num}: {each.original} -> {text}")
    if len(lost) > MAX_LINES:
        echo_error(f"  and {len(lost) - MAX_LINES} more.")


def counted(count: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def progress_line(progress: "Progress") -> str:
    """Return the progress, the speed and the remaining time of a run."""
    done = progress.there + progress.read
    line = f"{done} of {progress.expected} pages"
    if progress.pace is None:
        return line
    rate, seconds = progress.pace
    return f"{line}, {rate:.0f} pages a minute, {math.ceil(seconds / 60)} min left"


def _page_prefix(result: PageResult) -> str:
    if result.ref.source_file in result.error:
        return f"page {result.ref.number}: " if result.ref.number > 1 else ""
    page = f" page {result.ref.number}" if result.ref.number else ""
    return f"{result.ref.source_file}{page}: "


def echo_error(text: str) -> None:
    """Print a line on standard error."""
    click.echo(printable(text), err=True)
