"""Interrupts: Ctrl-C and termination signals at any moment of a command."""

import os
import signal
from collections.abc import Callable
from types import FrameType

Handler = Callable[[int, FrameType | None], None]

SIGNALS = (signal.SIGINT, signal.SIGTERM)
EXIT_CODE = 130
SENTENCE = b"Interrupted.\n"


def exit_on_signal() -> None:
    """Make the next signal end the process, while nothing must be cleaned up."""
    _answer_with(_end)


def interrupt_on_signal() -> None:
    """Make the next signal raise KeyboardInterrupt, and the one after it exit."""
    _answer_with(_interrupt)


def _answer_with(handler: Handler) -> None:
    for number in SIGNALS:
        # A process that was started in the background keeps ignoring Ctrl-C.
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, handler)


def _end(number: int, frame: FrameType | None) -> None:
    # No exception, as some modules would turn it into another error while being
    # imported.
    os.write(2, SENTENCE)
    os._exit(EXIT_CODE)


def _interrupt(number: int, frame: FrameType | None) -> None:
    exit_on_signal()
    raise KeyboardInterrupt
