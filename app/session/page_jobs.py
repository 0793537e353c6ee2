"""Page jobs: a page is recognized once for all sessions that request it, then cached.

Two requests are equal if the file's bytes, the page number and all effective knobs are.
Sessions that share a result learn nothing of each other: each sees its own file names.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field, replace

from ocr_core.errors import OcrError
from ocr_core.knobs import knobs
from ocr_core.messages import Message
from ocr_core.page import PageRef, PageResult, Word
from ocr_core.pipeline import first_words, recognize_page
from ocr_core.processes.pool import Pool, Task
from ocr_core.settings import Settings

Key = tuple[object, ...]
NOBODYS = "{document}"  # placeholder for the file name, which differs by session


@dataclass(eq=False)
class PageJob:
    """One session's request for the words of a page."""

    ref: PageRef
    settings: Settings
    owner: str
    shared: "SharedTask"
    _result: PageResult | None = None

    def done(self) -> bool:
        """Return whether the result or the error is available."""
        return self.shared.task.done()

    @property
    def error(self) -> BaseException | None:
        """The error, or None if there is none so far."""
        error = self.shared.task.future.exception() if self.done() else None
        return self._own(error) if isinstance(error, OcrError) else error

    def result(self) -> PageResult:
        """Wait for the result; raises an `OcrError` if there is none."""
        if self._result is None:
            try:
                result = self.shared.task.result()
            except OcrError as error:
                raise self._own(error) from None
            self._result = replace(
                result,
                ref=self.ref,
                settings=self.settings.flat(),
                settings_digest=self.settings.digest,
            )
        return self._result

    def _own(self, error: OcrError) -> OcrError:
        """Return a copy of an error with this session's name for the file."""
        own = copy(error)
        own.message = Message(error.message.replace(NOBODYS, self.ref.source_file))
        own.args = (own.message, own.hint)
        return own

    @property
    def first_words(self) -> tuple[Word, ...]:
        """Words from the top of the page, before the page is finished."""
        first = self.shared.first
        if first is None or not first.done() or first.future.exception():
            return ()
        words: tuple[Word, ...] = first.result()
        return words

    @property
    def first_reading(self) -> PageResult | None:
        """The first result of a page that is being recognized a second time."""
        found: PageResult | None = self.shared.task.provisional
        return found

    @property
    def started(self) -> float:
        """Monotonic time at which a worker started the page; 0 while it waits."""
        return self.shared.task.started


@dataclass(eq=False)
class SharedTask:
    """One submitted page, and the jobs that requested it."""

    key: Key
    task: Task
    first: Task | None = None  # for the top of the page, if a worker is free
    asked: list[PageJob] = field(default_factory=list)


class PageJobs:
    """All page jobs of the app; the oldest are dropped first."""

    def __init__(self, pool: Callable[[], Pool], most: int) -> None:
        self._pool, self._most = pool, most
        self._shared: OrderedDict[Key, SharedTask] = OrderedDict()
        self._lock = threading.RLock()

    def ask(
        self,
        sha256: str,
        ref: PageRef,
        settings: Settings,
        owner: str,
        *,
        watched: bool = False,
    ) -> PageJob:
        """Request a page for a session; share the result of an equal request.

        If the user is watching, a free worker recognizes the top of the page first.

        Raises
        ------
        BusyError
            If too many pages are waiting.
        """
        key = (sha256 or ref.path, ref.number, *effective(settings))
        with self._lock:
            shared = self._shared.get(key)
            if shared is None or (
                shared.task.done() and shared.task.future.exception()
            ):
                shared = SharedTask(
                    key, self._submit(recognize_page, ref, settings, owner)
                )
                self._shared[key] = shared
                if watched and self._pool().idle:
                    shared.first = self._submit(first_words, ref, settings, owner)
            self._shared.move_to_end(key)
            reading = PageJob(ref, settings, owner, shared)
            shared.asked.append(reading)
            while len(self._shared) > self._most:
                self._shared.popitem(last=False)
            return reading

    def leave(self, reading: PageJob) -> None:
        """Withdraw a request; cancel the page if no other session waits for it."""
        with self._lock:
            shared = reading.shared
            if reading not in shared.asked:
                return
            served = shared.asked[0] is reading
            shared.asked.remove(reading)
            if shared.task.done() or not served:
                return
            self._pool().cancel(shared.task)
            if shared.first and not shared.first.done():
                self._pool().cancel(shared.first)
            shared.first = None
            try:  # the first session may delete its file: use another session's
                following = shared.asked[0]
                shared.task = self._submit(
                    recognize_page,
                    following.ref,
                    following.settings,
                    following.owner,
                )
            except (IndexError, OcrError):
                if self._shared.get(shared.key) is shared:
                    del self._shared[shared.key]

    def _submit(
        self,
        function: Callable[..., object],
        ref: PageRef,
        settings: Settings,
        owner: str,
    ) -> Task:
        nobodys = replace(ref, source_file=NOBODYS)
        return self._pool().submit(function, nobodys, settings, owner=owner)


def effective(settings: Settings) -> tuple[object, ...]:
    """Return the values of the knobs that have an effect on the result."""
    flat = settings.flat()
    return tuple(flat[knob.name] for knob in knobs(Settings) if knob.is_active(flat))
