"""Interrupts: Ctrl-C and a request to end, at any moment of the command."""

import os
import signal
from collections.abc import Callable
from types import FrameType

Handler = Callable[[int, FrameType | None], None]

SIGNALS = (signal.SIGINT, signal.SIGTERM)
EXIT_CODE = 130
SENTENCE = b"Interrupted.\n"


def end_at_once() -> None:
    """Have the next signal end the process, where there is nothing to tidy up."""
    _answer_with(_end)


def tidy_up_first() -> None:
    """Have the next signal raise KeyboardInterrupt, and one after it end at once."""
    _answer_with(_interrupt)


def _answer_with(handler: Handler) -> None:
    for number in SIGNALS:
        # What was started in the background ignores Ctrl-C, and is to go on so.
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, handler)


def _end(number: int, frame: FrameType | None) -> None:
    # No exception: while modules are imported, some would make another fault of it.
    os.write(2, SENTENCE)
    os._exit(EXIT_CODE)


def _interrupt(number: int, frame: FrameType | None) -> None:
    end_at_once()
    raise KeyboardInterrupt
