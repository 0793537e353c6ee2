"""Engine check: tell pages that cannot be read from an engine that cannot read.

A crash, a hang or a killed program may be the page's fault, the engine's or the
machine's. Where several pages in a row fail so, a page that any engine can read is
drawn and read: it decides.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeGuard

import cv2
import numpy as np

from ocr_core.errors import (
    OUR_FAULTS,
    BrokenEngineError,
    EngineOutputError,
    LimitError,
    OcrError,
    SlowEngineError,
)
from ocr_core.page import PageResult

MAX_DOUBTS = 3  # failures in a row that may be the engine's
MAX_HELD = 20  # failures of all kinds that wait for what decides the first

Outcome = tuple[PageResult, OcrError | None]
Check = Callable[[], OcrError | None]  # reads the drawn page; what went wrong, if so


def draw_test_page(folder: Path) -> Path:
    """Draw a page of large clear letters, and return its file."""
    sheet = np.full((200, 900), 255, np.uint8)
    cv2.putText(sheet, "Page 12345", (60, 130), cv2.FONT_HERSHEY_COMPLEX, 3, 0, 4)
    path = folder / "test-page.png"
    cv2.imwrite(str(path), sheet)
    return path


def judged(outcomes: Iterable[Outcome], check: Check) -> Iterator[PageResult]:
    """Yield results in their order, each failure with whose fault it is.

    Failures that may be the engine's wait: for a page that is read, for too many of
    them, or for the end. In the last two cases a test page is read. Where it is read
    though many failed in a row, those pages are at fault.

    Raises
    ------
    BrokenEngineError
        Where the test page is not read either. The failures that waited are no
        results: nothing is known of those pages.
    """
    held: list[Outcome] = []
    for result, error in outcomes:
        if error is None:
            yield from (each for each, _ in held)
            held.clear()
            yield result
        elif not held and not is_doubtful(error):
            yield result
        else:
            held.append((result, error))
            doubts = sum(is_doubtful(each) for _, each in held)
            if doubts >= MAX_DOUBTS or len(held) >= MAX_HELD:
                _refuse_broken_engine(check, held)
                yield from (_own_fault(*each) for each in held)
                held.clear()
    if held:
        _refuse_broken_engine(check, held)
        yield from (each for each, _ in held)


def is_doubtful(error: OcrError | None) -> TypeGuard[OcrError]:
    """Return whether an error may come from the engine, whatever the page."""
    return isinstance(error, SlowEngineError) or (
        error is not None and error.error_kind in OUR_FAULTS
    )


def broken_engine(fault: OcrError, first: OcrError) -> BrokenEngineError:
    """Return what to say where the test page was not read, nor a first page.

    The small test page has a shorter limit of its own, which nobody has set.
    """
    cause = first if isinstance(fault, SlowEngineError | LimitError) else fault
    return BrokenEngineError(
        "Neither the last pages nor a page drawn as a test can be read: {0}",
        cause.message,
        hint="Repair the engine (ocr-core doctor examines it), then run the same "
        "command again.",
    )


def _refuse_broken_engine(check: Check, held: Sequence[Outcome]) -> None:
    if fault := check():
        first = next(error for _, error in held if is_doubtful(error))
        raise broken_engine(fault, first)


def _own_fault(result: PageResult, error: OcrError | None) -> PageResult:
    """Lay a failure to the page, where it was laid to the engine.

    Output that cannot be decoded is never the page's fault: it stays with the engine.
    """
    if result.error_kind != "engine" or isinstance(error, EngineOutputError):
        return result
    return replace(result, error_kind="input")
