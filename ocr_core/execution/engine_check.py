"""Engine check: distinguishes unreadable pages from an engine that does not work.

A crash, a hang or a killed program may be due to the page, the engine or the machine.
If several pages in a row fail in this way, a test page that any engine can read is
drawn and read: if that fails too, the engine does not work.
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

MAX_DOUBTS = 3  # failures in a row that may be due to the engine
MAX_HELD = 20  # failures of all kinds held until the cause of the first is known

Outcome = tuple[PageResult, OcrError | None]
Check = Callable[[], OcrError | None]  # reads the test page; returns its error


def draw_test_page(folder: Path) -> Path:
    """Draw a page of large clear letters; return its path."""
    sheet = np.full((200, 900), 255, np.uint8)
    cv2.putText(sheet, "Page 12345", (60, 130), cv2.FONT_HERSHEY_COMPLEX, 3, 0, 4)
    path = folder / "test-page.png"
    cv2.imwrite(str(path), sheet)
    return path


def judged(outcomes: Iterable[Outcome], check: Check) -> Iterator[PageResult]:
    """Yield results in order; each failure states whether the page or engine caused it.

    Failures that may be due to the engine are held until another page is read, until
    there are too many of them, or until the end. In the last two cases a test page is
    read. If that succeeds although many failed in a row, those pages are the cause.

    Raises
    ------
    BrokenEngineError
        If the test page cannot be read either. The held failures are then not
        yielded, because nothing is known about those pages.
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
                yield from (_attribute_to_page(*each) for each in held)
                held.clear()
    if held:
        _refuse_broken_engine(check, held)
        yield from (each for each, _ in held)


def is_doubtful(error: OcrError | None) -> TypeGuard[OcrError]:
    """Return whether an error may be due to the engine and not to the page."""
    return isinstance(error, SlowEngineError) or (
        error is not None and error.error_kind in OUR_FAULTS
    )


def broken_engine(fault: OcrError, first: OcrError) -> BrokenEngineError:
    """Return the error if neither the test page nor the first page was read.

    If the test page timed out, the first page's cause is reported: the test page has a
    fixed, shorter time limit that no user has set.
    """
    cause = first if isinstance(fault, SlowEngineError | LimitError) else fault
    return BrokenEngineError(
        "Neither the last pages nor a page drawn as a test can be read: {0}",
        cause.message,
        hint="Repair the engine (see ocr-core doctor), then run the same command "
        "again.",
    )


def _refuse_broken_engine(check: Check, held: Sequence[Outcome]) -> None:
    if fault := check():
        first = next(error for _, error in held if is_doubtful(error))
        raise broken_engine(fault, first)


def _attribute_to_page(result: PageResult, error: OcrError | None) -> PageResult:
    """Attribute a failure to the page instead of the engine.

    Undecodable output is never the page's fault: it stays attributed to the engine.
    """
    if result.error_kind != "engine" or isinstance(error, EngineOutputError):
        return result
    return replace(result, error_kind="input")
