"""Batches: reads the pages of many documents; an unreadable page never stops a run."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, wait
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple

from ocr_core.corpus import Corpus, PendingResult
from ocr_core.documents import (
    MAX_PAGES,
    MOST_PAGES,
    Document,
    documents_in,
    file_digest,
    survey,
)
from ocr_core.engines import AUTO, reader_of
from ocr_core.errors import (
    CancelledError,
    InputError,
    LimitError,
    LostWorkerError,
    OcrError,
    OutputError,
)
from ocr_core.execution.arrived_documents import ArrivedDocuments
from ocr_core.execution.containers import each_document
from ocr_core.execution.engine_check import Outcome, draw_test_page, judged
from ocr_core.page import PageRef, PageResult
from ocr_core.pipeline import recognize_page
from ocr_core.processes.pool import BusyError, PageExecutor, Task
from ocr_core.settings import Settings
from ocr_core.tempdirs import temporary_folder

SURVEY_SECONDS = 30
TEST_SECONDS = 30  # far more than the small test page needs
SURVEYS_AHEAD = 4
REST_SECONDS = 0.5  # between two checks of what another run has saved
TRIES = 3  # attempts at a page whose worker was killed from outside


class Pace(NamedTuple):
    """The speed of a run, and the estimated seconds until its end."""

    pages_a_minute: float
    seconds_left: float


def pace_of(read: int, left: int, seconds: float) -> Pace | None:
    """Return the pace of a run that read some pages; None before the first page."""
    if read <= 0 or seconds <= 0:
        return None
    return Pace(60 * read / seconds, left * seconds / read)


@dataclass
class Progress:
    """Progress of a run into a corpus: the number of pages by outcome."""

    documents: int = 0  # requested
    opened: int = 0  # of the requested ones
    pages: int = 0  # in the opened documents
    there: int = 0  # in the corpus already, including failed ones
    failed_before: int = 0
    removed: int = 0  # removed from the corpus by a user, so not read
    read: int = 0
    waiting: list[PendingResult] = field(default_factory=list)  # set at the end, as is
    gone: list[tuple[str, int]] = field(default_factory=list)  # in corpus, not in file
    started: float = field(default_factory=time.monotonic)

    def found(self, pages: int, there: int, failed_before: int) -> None:
        """Count a document that was opened, or could not be opened."""
        self.opened += 1
        self.pages += pages
        self.there += there
        self.failed_before += failed_before

    @property
    def expected(self) -> int:
        """Estimated number of pages: unopened documents count as an average one."""
        unopened = max(0, self.documents - self.opened)
        return self.pages + round(unopened * self.pages / max(1, self.opened))

    @property
    def pace(self) -> Pace | None:
        """The pace since the start; None before the first page."""
        left = self.expected - self.there - self.read
        return pace_of(self.read, left, time.monotonic() - self.started)


@dataclass
class RetryingTask:
    """A task in the pool that is repeated if its worker was killed."""

    ref: PageRef
    submit: Callable[[], Task]
    tries: int = 1

    def __post_init__(self) -> None:
        self.task = self.submit()

    def done(self) -> bool:
        """Return whether the result is available; a lost task is submitted again."""
        if not self.task.done():
            return False
        return not self._again()

    def result(self) -> Any:
        """Wait for the result."""
        while True:
            try:
                return self.task.result()
            except LostWorkerError:
                if self._again():
                    continue
                if self.task.provisional is None:
                    raise
                return self.task.provisional

    def _again(self) -> bool:
        lost = isinstance(self.task.future.exception(), LostWorkerError)
        if not lost or self.tries >= TRIES:
            return False
        self.tries += 1
        self.task = self.submit()
        return True


@dataclass
class FailedDocument:
    """A document that could not be opened."""

    ref: PageRef
    error: OcrError

    def done(self) -> bool:
        return True

    def result(self) -> Any:
        raise self.error


# Takes a document and its requested pages; returns its reference and the pages to read.
Admit = Callable[[Document, list[int]], tuple[PageRef, Iterable[int]]]
PageFilter = Callable[[PageRef, int], bool]  # takes a document, a page number


def recognize_documents(
    documents: Iterable[PageRef],
    settings: Settings,
    pool: PageExecutor,
    *,
    pages: Callable[[int], bool] = lambda number: True,
    max_pages: int = MAX_PAGES,
    owner: str = "",
    admit: Admit | None = None,
) -> Iterator[PageResult]:
    """Read all pages of all documents; yield the results in order.

    A reference with a page number means only that page.
    A page or document that cannot be read yields a result with status ``failed`` and
    the cause in `error`; a document that cannot be opened yields one with number 0.
    Only a few pages per worker are in progress at any time.
    With `admit`, which selects the pages of each document, a page is yielded as soon
    as it is done, so not necessarily in order.

    Raises
    ------
    CancelledError
        If the pool was stopped or the owner's work was cancelled.
    BrokenEngineError
        If the engine reads nothing, not even a drawn test page.
    """
    outcomes = _outcomes(documents, settings, pool, pages, max_pages, owner, admit)
    yield from judged(outcomes, partial(read_test_page, settings, pool, owner))


def _outcomes(
    documents: Iterable[PageRef],
    settings: Settings,
    pool: PageExecutor,
    pages: Callable[[int], bool],
    max_pages: int,
    owner: str,
    admit: Admit | None,
) -> Iterator[Outcome]:
    """Yield the outcome of each page."""
    window: deque[RetryingTask | FailedDocument] = deque()
    for ref, error in _page_refs(documents, pool, pages, max_pages, owner, admit):
        if error:
            window.append(FailedDocument(ref, error))
        else:
            window.append(
                RetryingTask(
                    ref,
                    partial(pool.submit, recognize_page, ref, settings, owner=owner),
                )
            )
        while len(window) >= 4 * pool.workers or (window and window[0].done()):
            yield _outcome(_next(window, in_order=admit is None), settings)
    while window:
        yield _outcome(_next(window, in_order=admit is None), settings)


def _next(
    window: "deque[RetryingTask | FailedDocument]", *, in_order: bool
) -> RetryingTask | FailedDocument:
    """Remove and return the first page, or the first finished one."""
    if in_order:
        return window.popleft()
    while True:
        for each in window:
            if each.done():
                window.remove(each)
                return each
        wait(
            [each.task.future for each in window if isinstance(each, RetryingTask)],
            return_when=FIRST_COMPLETED,
        )


def read_into(
    corpus: Corpus,
    documents: Iterable[PageRef],
    settings: Settings,
    pool: PageExecutor,
    *,
    max_pages: int = MAX_PAGES,
    retry_failed: bool = False,
    progress: Progress | None = None,
    owner: str = "",
    wanted: PageFilter = lambda ref, number: True,
    rest: Callable[[float], None] = time.sleep,
) -> Iterator[PageResult]:
    """Read pages that the corpus does not contain yet; yield each one once it is saved.

    A page is identified by its file's content, its number, the settings, the engine and
    its language data. Pages that failed before are skipped unless `retry_failed`; pages
    that were removed from the corpus are always skipped. An interrupted page is not
    saved, so the next run reads it. `wanted` selects the pages of each document.
    Pages that a person has corrected keep their current result; the new one is saved as
    well, and at the end `progress` lists these pages and what each would lose.
    Pages that another run into the same corpus is reading are left to that run; at the
    end, `rest` is called with some seconds until that run has saved them or has ended.

    Raises
    ------
    CorpusError, OutputError
        If the corpus cannot be written.
    """
    arrived = ArrivedDocuments(corpus)
    intake = CorpusWriter(
        corpus, settings, progress or Progress(), wanted, retry_failed=retry_failed
    )
    recognized = partial(
        recognize_documents,
        settings=settings,
        pool=pool,
        max_pages=max_pages,
        owner=owner,
    )
    try:
        yield from arrived.noted(intake.kept(recognized(documents, admit=intake.admit)))
        while intake.elsewhere:
            yield from arrived.noted(intake.kept(recognized(intake.given_up())))
            if intake.elsewhere:
                rest(REST_SECONDS)
        intake.list_waiting()
        arrived.tokenise()
    finally:
        corpus.release()


@dataclass
class CorpusWriter:
    """Selects the pages that a run reads, and saves them in the corpus."""

    corpus: Corpus
    settings: Settings
    progress: Progress
    wanted: PageFilter
    retry_failed: bool
    elsewhere: list[PageRef] = field(default_factory=list)  # being read by another run
    digests: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.reader = reader_of(self.settings.recognition)

    def admit(
        self, document: Document, numbers: list[int]
    ) -> tuple[PageRef, Iterable[int]]:
        """Add a document to the corpus; yield its pages to read, one at a time."""
        numbers = [n for n in numbers if self.wanted(document.ref, n)]
        ref = self.corpus.add_document(document.ref, document.sha256, document.pages)
        self.digests[ref.doc_id] = document.sha256
        removed = self.corpus.pages_left_out(ref.doc_id, numbers)
        self.progress.removed += len(removed)
        numbers = [n for n in numbers if n not in removed]
        known = self._known(ref)
        failed = {n for n in numbers if known.get(n) == "failed"}
        again = failed if self.retry_failed else set()
        missing = [n for n in numbers if n not in known or n in again]
        there = len(numbers) - len(missing)
        self.progress.found(len(numbers), there, len(failed - again))
        return ref, (
            n for n in missing if self._claim(replace(ref, number=n), again=n in again)
        )

    def given_up(self) -> list[PageRef]:
        """Lease pages that other runs left unread, and return them."""
        self.corpus.release()  # no page is being read here now
        left, self.elsewhere = self.elsewhere, []
        documents = {ref.doc_id: ref for ref in left}
        known = {name: self._known(ref) for name, ref in documents.items()}
        ours = []
        for ref in left:
            if status := known[ref.doc_id].get(ref.number):
                self.progress.there += 1
                self.progress.failed_before += status == "failed"
            elif self._claim(ref):
                ours.append(ref)
        return ours

    def kept(self, results: Iterable[PageResult]) -> Iterator[PageResult]:
        """Save each page, then yield it."""
        for result in results:
            ref = result.ref
            if not ref.number:
                digest = _digest_of(ref)
                ref = self.corpus.add_document(ref, digest)
                self.digests[ref.doc_id] = digest
                removed = len(self.corpus.pages_left_out(ref.doc_id, [0]))
                self.progress.removed += removed
                self.progress.found(1 - removed, 0, 0)
                if removed:
                    continue
            if result.status == "failed":
                result = replace(result, ref=ref, sha256=self.digests[ref.doc_id])
            self.corpus.save_result(result, self.reader)
            self.progress.read += 1
            yield result

    def list_waiting(self) -> None:
        """List pages whose current result contains a person's corrections."""
        digest, documents = self.settings.digest, self.digests
        self.progress.waiting = self.corpus.pending_results(
            digest, self.reader, documents
        )
        self.progress.gone = self.corpus.corrected_pages_gone(documents)

    def _known(self, ref: PageRef) -> dict[int, str]:
        sha256 = self.digests[ref.doc_id]
        return self.corpus.existing_results(
            ref.doc_id, sha256, self.settings.digest, self.reader
        )

    def _claim(self, ref: PageRef, *, again: bool = False) -> bool:
        key = (self.digests[ref.doc_id], self.settings.digest, self.reader)
        claimed = self.corpus.claim(ref, *key, again=again)
        if not claimed:
            self.elsewhere.append(ref)
        return claimed


def _digest_of(ref: PageRef) -> str:
    try:
        return file_digest(ref)
    except OcrError:
        return ""


def failed_page(ref: PageRef, settings: Settings, error: OcrError) -> PageResult:
    """Return the result of a page that could not be read.

    Its language is empty if it would have been found by reading.
    """
    language = settings.recognition.language
    return PageResult(
        ref=ref,
        language="" if language == AUTO else language,
        status="failed",
        error=str(error),
        error_kind=error.error_kind,
        source="",
        sha256=_digest_of(ref),
        settings_digest=settings.digest,
        settings=settings.flat(),
    )


def _page_refs(
    documents: Iterable[PageRef],
    pool: PageExecutor,
    wanted: Callable[[int], bool],
    max_pages: int,
    owner: str,
    admit: Admit | None,
) -> Iterator[tuple[PageRef, OcrError | None]]:
    """Yield each requested page, or each document that cannot be opened, with error."""
    ahead: deque[tuple[PageRef, RetryingTask | FailedDocument | None]] = deque()
    coming = each_document(documents, partial(_inside, pool, owner))
    while True:
        while len(ahead) < SURVEYS_AHEAD and (found := next(coming, None)):
            ref, error = found
            if error:
                ahead.append((ref, FailedDocument(ref, error)))
            elif ref.number:
                ahead.append((ref, None))
            else:
                ahead.append((ref, _survey(ref, pool, owner)))
        if not ahead:
            return
        ref, task = ahead.popleft()
        if task is None:
            yield ref, None
            continue
        try:
            document: Document = task.result()
            numbers = [n for n in range(1, document.pages + 1) if wanted(n)]
            if len(numbers) > max_pages:
                raise too_many_pages(ref, len(numbers), max_pages)
            if not numbers:
                raise InputError("{0} has none of the pages chosen.", ref.source_file)
        except CancelledError:
            raise
        except OcrError as error:
            yield ref, error
        else:
            ref, chosen = admit(document, numbers) if admit else (ref, numbers)
            yield from ((replace(ref, number=number), None) for number in chosen)


def _inside(pool: PageExecutor, owner: str, ref: PageRef) -> list[PageRef]:
    """List the documents that a file contains, in a worker process."""
    submit = partial(
        pool.submit, documents_in, ref, owner=owner, seconds=SURVEY_SECONDS
    )
    inner: list[PageRef] = RetryingTask(ref, submit).result()
    return inner


def _survey(ref: PageRef, pool: PageExecutor, owner: str) -> RetryingTask:
    return RetryingTask(
        ref,
        partial(pool.submit, probe, ref, owner=owner, seconds=SURVEY_SECONDS),
    )


def probe(ref: PageRef) -> Document:
    """Survey a document far beyond the limit: the caller may need only some pages."""
    return survey(ref, max_pages=MOST_PAGES)


def count_pages(ref: PageRef) -> int:
    """Count a document's pages, as `probe` does."""
    return probe(ref).pages


def too_many_pages(ref: PageRef, pages: int, most: int) -> LimitError:
    """Return the error for a document that is longer than the limit."""
    return LimitError(
        "{0} has {1} pages, more than the limit of {2}.",
        ref.source_file,
        pages,
        most,
        hint="Choose pages with --pages, or allow more with --max-pages.",
    )


def _outcome(task: RetryingTask | FailedDocument, settings: Settings) -> Outcome:
    try:
        result: PageResult = task.result()
        return result, None
    except (CancelledError, OutputError):  # not the page's fault
        raise
    except OcrError as error:
        return failed_page(task.ref, settings, error), error


def read_test_page(
    settings: Settings, pool: PageExecutor, owner: str
) -> OcrError | None:
    """Read a page that any engine can read; return the error, if any."""
    once = Settings.from_flat({**settings.flat(), "second_opinion": "off"})
    with temporary_folder() as folder:
        ref = PageRef(str(draw_test_page(folder)))
        submit = partial(
            pool.submit, recognize_page, ref, once, owner=owner, seconds=TEST_SECONDS
        )
        try:
            RetryingTask(ref, submit).result()
        except (BusyError, CancelledError, OutputError):  # not the engine's fault
            raise
        except OcrError as error:
            return error
    return None
