"""Waiting: until a condition is true, however slow the machine is."""

import time
from collections.abc import Callable

HANG = 300  # seconds; what takes longer hangs, and its test fails
TICK = 0.02


def until(
    true: Callable[[], object], say: Callable[[], object] = str, tick: float = TICK
) -> None:
    """Wait until a condition is true; if it never is, `say` returns the message."""
    end = time.monotonic() + HANG
    while not true():
        assert time.monotonic() < end, f"It never came true. {say()}"
        time.sleep(tick)
