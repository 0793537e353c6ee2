"""Parallel: the same work on parts of a corpus, one part in each of some threads.

NumPy and SciPy let other threads run while they count, sort and look up.
"""

import ctypes
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Part = TypeVar("Part")
Result = TypeVar("Result")
THREADS = min(4, os.cpu_count() or 1)  # each needs the memory of a part


def in_threads(
    function: Callable[[Part], Result], parts: Iterable[Part]
) -> Iterator[Result]:
    """Yield the result of each part, in their order.

    A part is begun only when few results are waiting, so that they take little memory.
    """
    waiting: deque[Future[Result]] = deque()
    begun = 0
    with ThreadPoolExecutor(THREADS) as pool:
        for begun, part in enumerate(parts, 1):  # noqa: B007
            if len(waiting) > THREADS:
                yield waiting.popleft().result()
            waiting.append(pool.submit(function, part))
        while waiting:
            yield waiting.popleft().result()
    if begun > THREADS:
        return_freed_memory()


def return_freed_memory() -> None:
    """Return freed memory to the system; glibc keeps much of it for itself."""
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)
