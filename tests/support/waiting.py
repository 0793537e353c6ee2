"""Waiting: until something comes true, however long a busy machine takes for it."""

import time
from collections.abc import Callable

HANG = 300  # seconds; what takes longer hangs, and its test fails
TICK = 0.02


def until(
    true: Callable[[], object], say: Callable[[], object] = str, tick: float = TICK
) -> None:
    """Wait until a condition holds; where it never does, `say` tells what is there."""
    end = time.monotonic() + HANG
    while not true():
        assert time.monotonic() < end, f"It never came true. {say()}"
        time.sleep(tick)
