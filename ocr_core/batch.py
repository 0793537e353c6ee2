"""Batches: many documents in, their pages' results out, one bad page never stops it."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from ocr_core.documents import MAX_PAGES, MOST_PAGES, survey
from ocr_core.errors import CancelledError, InputError, LimitError, OcrError
from ocr_core.page import PageRef, PageResult
from ocr_core.pipeline import recognize_page
from ocr_core.settings import Settings
from ocr_core.workers import Pool, Task

SURVEY_SECONDS = 30
SURVEYS_AHEAD = 4


def recognize_documents(
    documents: Iterable[PageRef],
    settings: Settings,
    pool: Pool,
    *,
    pages: Callable[[int], bool] = lambda number: True,
    max_pages: int = MAX_PAGES,
    owner: str = "",
) -> Iterator[PageResult]:
    """Read all pages of all documents; yield them in order as they are done.

    A reference with a number of its own stands for that page alone.
    A page or document that cannot be read yields a result with status ``failed`` and
    the cause in `error`; a document that cannot be opened yields one with number 0.
    At most a few pages for each worker are under way, whatever the length.

    Raises
    ------
    CancelledError
        Where the pool was stopped or the owner's work was called off.
    """
    ahead = 4 * pool.workers
    window: deque[tuple[PageRef, Task | OcrError]] = deque()
    refs = _page_refs(documents, pool, pages, max_pages, owner)
    for ref, error in refs:
        if error:
            window.append((ref, error))
        else:
            task = pool.submit(recognize_page, ref, settings, owner=owner)
            window.append((ref, task))
        while len(window) >= ahead or (window and _is_done(window[0][1])):
            yield _outcome(*window.popleft(), settings)
    while window:
        yield _outcome(*window.popleft(), settings)


def failed_page(ref: PageRef, settings: Settings, error: OcrError) -> PageResult:
    """Return the result of a page that could not be read."""
    return PageResult(
        ref=ref,
        language=settings.recognition.language,
        status="failed",
        error=str(error),
        settings_digest=settings.digest,
        settings=settings.flat(),
    )


def _page_refs(
    documents: Iterable[PageRef],
    pool: Pool,
    wanted: Callable[[int], bool],
    max_pages: int,
    owner: str,
) -> Iterator[tuple[PageRef, OcrError | None]]:
    """Yield each page wanted, or each document that would not open with its error."""
    ahead: deque[tuple[PageRef, Task | None]] = deque()
    coming = iter(documents)
    while True:
        while len(ahead) < SURVEYS_AHEAD and (ref := next(coming, None)):
            task = None
            if not ref.number:
                task = pool.submit(
                    count_pages, ref, owner=owner, seconds=SURVEY_SECONDS
                )
            ahead.append((ref, task))
        if not ahead:
            return
        ref, task = ahead.popleft()
        if task is None:
            yield ref, None
            continue
        try:
            numbers = [n for n in range(1, task.result() + 1) if wanted(n)]
            if len(numbers) > max_pages:
                raise too_many_pages(ref, len(numbers), max_pages)
            if not numbers:
                raise InputError(f"{ref.source_file} has none of the pages chosen.")
        except CancelledError:
            raise
        except OcrError as error:
            yield ref, error
        else:
            yield from ((replace(ref, number=number), None) for number in numbers)


def count_pages(ref: PageRef) -> int:
    """Count a document's pages far beyond the limit: the caller may want only some."""
    return survey(ref, max_pages=MOST_PAGES).pages


def too_many_pages(ref: PageRef, pages: int, most: int) -> LimitError:
    """Return the refusal of a document that is longer than the limit."""
    return LimitError(
        f"{ref.source_file} has {pages} pages, more than the limit of {most}.",
        hint="Choose pages with --pages, or allow more with --max-pages.",
    )


def _is_done(task: Task | OcrError) -> bool:
    return isinstance(task, OcrError) or task.done()


def _outcome(ref: PageRef, task: Task | OcrError, settings: Settings) -> PageResult:
    try:
        if isinstance(task, OcrError):
            raise task
        result: PageResult = task.result()
        return result
    except CancelledError:
        raise
    except OcrError as error:
        return failed_page(ref, settings, error)
