"""Batch run: the progress and the results of recognizing many documents."""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from ocr_core.corpus import Corpus, PendingResult
from ocr_core.documents import MAX_PAGES
from ocr_core.engines import reader_of
from ocr_core.errors import CancelledError, InputError, OcrError
from ocr_core.execution.batch import Pace, PageFilter, pace_of, read_into
from ocr_core.page import PageRef, PageResult
from ocr_core.processes.pool import Pool, Task
from ocr_core.settings import Settings

from .corpus_handle import CorpusHandle
from .run_page import RunPage, rows_by_page

PAUSE_SECONDS = 0.1
LATEST = 50  # pages of which the words are kept


@dataclass
class Run:
    """One batch run over many documents, in its own thread.

    `settings` are those of all documents, `own` those of each one, by path: they have
    another language if one was chosen for the document.
    `results` are the current pages of the corpus, without their words; `latest` are the
    last ones with them. `unread` are failures of pages for which the corpus keeps an
    earlier result. The run time excludes pauses and the time
    between the end of the run and a retry.
    """

    settings: Settings
    owner: str
    total: int = 0
    started: float = field(default_factory=time.monotonic)
    ended: float = 0.0
    rested: float = 0.0
    paused_at: float = 0.0
    order: dict[str, int] = field(default_factory=dict)  # position of each document
    own: dict[str, Settings] = field(default_factory=dict)
    results: list[RunPage] = field(default_factory=list)
    latest: deque[PageResult] = field(default_factory=lambda: deque(maxlen=LATEST))
    unread: list[RunPage] = field(default_factory=list)
    waiting: list[PendingResult] = field(
        default_factory=list
    )  # corrected pages, not replaced
    stamp: str = ""  # version of the corpus that `results` were read from
    removed: int = 0  # pages skipped because they were removed from the corpus
    there: int = 0  # pages that were already in the corpus
    before: int = 0  # number of results at the last (re)start
    spent: float = 0.0  # run time at the last (re)start, in seconds
    cancelled: bool = False
    stopped: bool = False  # cancelled by the user, not by a shutdown
    fault: str = ""

    @property
    def busy(self) -> bool:
        """Return whether pages are still being read."""
        return not self.ended

    @property
    def paused(self) -> bool:
        """Return whether the run is paused: no further pages are started."""
        return bool(self.paused_at)

    @property
    def failures(self) -> list[RunPage]:
        """The pages and documents that could not be read."""
        failed = [result for result in self.results if result.status == "failed"]
        return failed + self.unread

    @property
    def retryable(self) -> list[RunPage]:
        """The failures whose document still exists."""
        return [each for each in self.failures if Path(each.ref.path).exists()]

    @property
    def seconds(self) -> float:
        """The run time so far, without pauses."""
        until = self.ended or self.paused_at or time.monotonic()
        return until - self.started - self.rested

    @property
    def pace(self) -> Pace | None:
        """The pace since the last start; None before the first page."""
        done = len(self.results)
        return pace_of(done - self.before, self.total - done, self.seconds - self.spent)

    def settings_of(self, ref: PageRef) -> Settings:
        """Return the settings with which a document is read."""
        return self.own.get(ref.path, self.settings)

    def by_settings(
        self, refs: Iterable[PageRef]
    ) -> Iterator[tuple[Settings, list[PageRef]]]:
        """Yield documents that are read with the same settings together."""
        groups: dict[str, list[PageRef]] = {}
        for ref in refs:
            groups.setdefault(self.settings_of(ref).digest, []).append(ref)
        for group in groups.values():
            yield self.settings_of(group[0]), group

    def pause(self) -> None:
        """Finish the pages in progress and start no further ones."""
        self.paused_at = self.paused_at or time.monotonic()

    def go_on(self) -> None:
        """Continue after a pause."""
        if self.paused_at:
            self.rested += time.monotonic() - self.paused_at
            self.paused_at = 0.0

    def start_again(self, kept: list[RunPage]) -> None:
        """Restart the run: keep these results and recognize the other pages again."""
        self.rested += time.monotonic() - self.ended
        self.ended = 0.0
        self.results, self.before, self.spent = kept, len(kept), self.seconds
        self.cancelled = self.stopped = False
        self.fault = self.stamp = ""
        self.unread = []
        self.latest.clear()

    def add(self, result: PageResult, corpus: Corpus) -> None:
        """Add the current corpus page for a result."""
        shown = page_in(corpus, result) or result
        if result.status == "failed" != shown.status:
            self.unread.append(RunPage.of(result))
        self.results.append(RunPage.of(shown))
        self.latest.append(shown)

    def refresh(self, corpus: Corpus) -> None:
        """Update the results after pages were corrected, removed or restored."""
        stamp = corpus.content_stamp()
        if self.busy or stamp == self.stamp:
            return
        rows = rows_by_page(corpus)
        # A document that was rejected for its size is not in the corpus.
        self.results = [
            each.updated(rows[each.page_id]) if each.page_id in rows else each
            for each in self.results
            if each.page_id in rows or not each.ref.number
        ]
        documents = {each.ref.path: each.ref for each in self.results}.values()
        self.waiting = [
            page
            for settings, refs in self.by_settings(documents)
            for page in corpus.pending_results(
                settings.digest,
                reader_of(settings.recognition),
                {ref.doc_id for ref in refs},
            )
        ]
        self.stamp = stamp


@dataclass(frozen=True)
class KnownPage:
    """A document of the session, with its pages that the workbench has recognized."""

    ref: PageRef
    sha256: str
    pages: int
    read: Sequence[PageResult]


@dataclass(frozen=True)
class RunPlan:
    """The input of a run: documents, selected pages and existing results."""

    refs: Sequence[PageRef]
    wanted: PageFilter
    known: Sequence[KnownPage] = ()
    again: bool = False


@dataclass(frozen=True)
class CancellablePool:
    """A pool for work that can be cancelled, including tasks submitted afterwards.

    `Pool.cancel_owner` only cancels tasks that were submitted before.
    """

    pool: Pool
    stopped: Callable[[], bool]

    @property
    def workers(self) -> int:
        """Number of pages read at the same time."""
        return self.pool.workers

    def submit(
        self,
        function: Callable[..., Any],
        *arguments: Any,
        owner: str = "",
        seconds: float | None = None,
    ) -> Task:
        """Submit a module-level function to the pool."""
        task = self.pool.submit(function, *arguments, owner=owner, seconds=seconds)
        if self.stopped():
            self.pool.cancel(task)
        return task

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the shared pool open."""


def follow(run: Run, corpus_handle: CorpusHandle, work: RunPlan, pool: Pool) -> None:
    """Run the plan and collect the results; the main function of the run's thread."""
    try:
        with corpus_handle.open() as corpus:
            take_over(run, corpus, work)
            leave_out(run, corpus, work)
            collect(run, corpus, work)
            run.before = len(run.results)
            for result in read(run, corpus, work, pool):
                run.add(result, corpus)
                # Pages in progress are finished, but no further ones are started.
                while run.paused and not run.cancelled:
                    time.sleep(PAUSE_SECONDS)
                if run.cancelled:
                    break
            collect(run, corpus, work)
    except CancelledError:
        run.cancelled = True
    except OcrError as error:
        run.fault = str(error)
    except Exception as error:  # an exception in a thread would be lost
        logging.getLogger(__name__).exception("A run broke off.")
        cause = str(error) or type(error).__name__
        fault = OcrError(
            "An unexpected error stopped the run: {0}.",
            cause,
            hint="Read all again; pages that were read are kept.",
        )
        run.fault = str(fault)
    finally:
        # Rejected and retried documents keep their position among the others.
        last = len(run.order)
        run.results = sorted(
            run.results,
            key=lambda each: (run.order.get(each.ref.path, last), each.ref.number),
        )
        run.go_on()
        run.ended = time.monotonic()


def read(run: Run, corpus: Corpus, work: RunPlan, pool: Pool) -> Iterator[PageResult]:
    """Yield the pages of a plan as they are saved."""
    for settings, refs in run.by_settings(work.refs):
        yield from read_into(
            corpus,
            refs,
            settings,
            CancellablePool(pool, lambda: run.cancelled),
            max_pages=MAX_PAGES,
            retry_failed=work.again,
            owner=run.owner,
            wanted=work.wanted,
        )


def take_over(run: Run, corpus: Corpus, work: RunPlan) -> None:
    """Save the pages that the workbench has already recognized."""
    for document in work.known:
        reader = reader_of(run.settings_of(document.ref).recognition)
        ref = corpus.add_document(document.ref, document.sha256, document.pages)
        for result in document.read:
            own = replace(ref, number=result.ref.number)
            corpus.save_result(replace(result, ref=own), reader)


def leave_out(run: Run, corpus: Corpus, work: RunPlan) -> None:
    """Count the pages that were removed from the corpus; they are skipped."""
    for document in work.known:
        ref = corpus.add_document(document.ref, document.sha256, document.pages)
        wanted = [n for n in range(1, document.pages + 1) if work.wanted(ref, n)]
        run.removed += len(corpus.pages_left_out(ref.doc_id, wanted))
    run.total -= run.removed


def page_in(corpus: Corpus, result: PageResult) -> PageResult | None:
    """Return the corpus page for a result; None if it is not in the corpus."""
    try:
        return corpus.page(result.ref.doc_id, result.ref.number)
    except InputError:
        return None


def collect(run: Run, corpus: Corpus, work: RunPlan) -> None:
    """Add existing results, also those of another document with the same bytes."""
    listed = {(each.ref.path, each.ref.number) for each in run.results}
    found = []
    for document in work.known:
        settings = run.settings_of(document.ref)
        reader = reader_of(settings.recognition)
        ref = corpus.add_document(document.ref, document.sha256, document.pages)
        numbers = corpus.existing_results(
            ref.doc_id, document.sha256, settings.digest, reader
        )
        found += [
            RunPage(replace(ref, number=number))
            for number in sorted(numbers)
            if work.wanted(ref, number) and (ref.path, number) not in listed
        ]
    rows = rows_by_page(corpus) if found else {}
    run.results += [each.updated(rows[each.page_id]) for each in found]
    run.there += len(found)
