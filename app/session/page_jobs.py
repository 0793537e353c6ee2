"""Readings: a page is read once for all sessions that ask, and remembered a while.

Two requests are equal where the bytes, the page and all knobs that have an effect are.
Who shares a reading sees nothing of the others: what is told bears the own names.
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
NOBODYS = "{document}"  # what workers call a file: each who asked has another name


@dataclass(eq=False)
class PageJob:
    """One session's request for the words of a page."""

    ref: PageRef
    settings: Settings
    owner: str
    shared: "Shared"
    _result: PageResult | None = None

    def done(self) -> bool:
        """Return whether the words, or the error, are there."""
        return self.shared.task.done()

    @property
    def error(self) -> BaseException | None:
        """What went wrong; None while nothing has."""
        error = self.shared.task.future.exception() if self.done() else None
        return self._own(error) if isinstance(error, OcrError) else error

    def result(self) -> PageResult:
        """Wait for the words; an `OcrError` tells why there are none."""
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
        """Return an error that calls the file as this session does."""
        own = copy(error)
        own.message = Message(error.message.replace(NOBODYS, self.ref.source_file))
        own.args = (own.message, own.hint)
        return own

    @property
    def first_words(self) -> tuple[Word, ...]:
        """Words of the top of the page, as soon as there are some; not yet all."""
        first = self.shared.first
        if first is None or not first.done() or first.future.exception():
            return ()
        words: tuple[Word, ...] = first.result()
        return words

    @property
    def first_reading(self) -> PageResult | None:
        """What the page reads like so far, where it is being read a second time."""
        found: PageResult | None = self.shared.task.provisional
        return found

    @property
    def started(self) -> float:
        """When a worker took the page up, on the monotonic clock; 0 while it waits."""
        return self.shared.task.started


@dataclass(eq=False)
class Shared:
    """One page on its way through the workers, and who asked for it."""

    key: Key
    task: Task
    first: Task | None = None  # for the top of the page, where a worker is free
    asked: list[PageJob] = field(default_factory=list)


class PageJobs:
    """All readings of the app, the oldest forgotten first."""

    def __init__(self, pool: Callable[[], Pool], most: int) -> None:
        self._pool, self._most = pool, most
        self._shared: OrderedDict[Key, Shared] = OrderedDict()
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
        """Have a page read for a session, unless it was read or is being read.

        Where somebody watches, a worker that is free reads the top of the page first.

        Raises
        ------
        BusyError
            Where too many pages wait already.
        """
        key = (sha256 or ref.path, ref.number, *effective(settings))
        with self._lock:
            shared = self._shared.get(key)
            if shared is None or (
                shared.task.done() and shared.task.future.exception()
            ):
                shared = Shared(key, self._submit(recognize_page, ref, settings, owner))
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
        """Want a page no longer; it is called off where nobody else waits for it."""
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
            try:  # the document of who asked first may go: read that of the next
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
    """Return the values of the knobs that have an effect beside the others."""
    flat = settings.flat()
    return tuple(flat[knob.name] for knob in knobs(Settings) if knob.is_active(flat))
