"""Interrupts: Ctrl-C and termination signals at any moment of a command."""

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

Handler = Callable[[int, FrameType | None], None]

SIGNALS = (signal.SIGINT, signal.SIGTERM)
EXIT_CODE = 130
SENTENCE = b"Interrupted.\n"
DELAY = 0.05  # seconds until a signal that came during an import is sent again


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
    if _importing(frame):
        # An exception now could be swallowed by the import system, with a lock held
        # that another thread waits for.
        again = threading.Timer(DELAY, _send, [threading.get_ident(), number])
        again.daemon = True
        again.start()
        return
    exit_on_signal()
    raise KeyboardInterrupt


def _send(thread: int, number: int) -> None:
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(thread, number)  # wakes the thread where it waits
    else:
        signal.raise_signal(number)


def _importing(frame: FrameType | None) -> bool:
    """Return whether a frame, or one that called it, is of the import system."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False
