"""Crowd: many ask at once, and one comes behind a long batch.

    python -m benchmarks crowd [--clients 24] [--batch 500] [--workers 2]

First one page is read alone: its time is the measure of all that follows. Then many
owners ask for a page each at the same moment. Then one owner queues a batch, and
another asks for a single page; it counts when that page starts and ends.
"""

import argparse
import csv
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks._measure import draw_pages, peak_memory
from benchmarks.throughput import RESULTS
from ocr_core import Settings
from ocr_core.page import PageRef
from ocr_core.pipeline import recognize_page
from ocr_core.processes.pool import Pool, Task


def ask(pool: Pool, ref: PageRef, owner: str) -> Task:
    return pool.submit(recognize_page, ref, Settings(), owner=owner)


def alone(pool: Pool, refs: Sequence[PageRef]) -> float:
    """Return the seconds of a page that nobody waits beside, workers warm."""
    for task in [ask(pool, ref, "warm") for ref in refs[: pool.workers]]:
        task.result()
    taken = []
    for ref in refs[:3]:
        start = time.monotonic()
        ask(pool, ref, "one").result()
        taken.append(time.monotonic() - start)
    return statistics.median(taken)


def at_once(pool: Pool, refs: Sequence[PageRef], clients: int) -> list[float]:
    """Return when each of many pages was done, in seconds, the first one first."""
    start = time.monotonic()
    ends: list[float] = []
    tasks = [ask(pool, refs[n % len(refs)], f"client {n}") for n in range(clients)]
    for task in tasks:
        task.future.add_done_callback(lambda _: ends.append(time.monotonic() - start))
    for task in tasks:
        task.result()
    return sorted(ends)


def behind(pool: Pool, refs: Sequence[PageRef], batch: int) -> tuple[float, float]:
    """Return when a page behind a batch starts and ends, in seconds."""
    for number in range(batch):
        ask(pool, refs[number % len(refs)], "batch")
    time.sleep(1)  # the batch is at work
    start = time.monotonic()
    single = ask(pool, refs[0], "single")
    single.result()
    took = single.started - start, time.monotonic() - start
    pool.cancel_owner("batch")
    return took


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print, write the CSV."""
    parser = argparse.ArgumentParser(
        prog="benchmarks crowd",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--clients", type=int, default=24)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=RESULTS)
    asked = parser.parse_args(words)
    with (
        tempfile.TemporaryDirectory() as folder,
        Pool(asked.workers) as pool,
        peak_memory(os.getpid()) as peak,
    ):
        refs = [PageRef(str(path)) for path in draw_pages(Path(folder), 3)]
        one = alone(pool, refs)
        ends = at_once(pool, refs, asked.clients)
        start, end = behind(pool, refs, asked.batch)
    rows = [
        ("one page alone", one),
        (f"{asked.clients} at once: first", ends[0]),
        (f"{asked.clients} at once: median", statistics.median(ends)),
        (f"{asked.clients} at once: last", ends[-1]),
        (f"behind {asked.batch} pages: start", start),
        (f"behind {asked.batch} pages: end", end),
    ]
    print(f"{'':28}{'seconds':>9}{'pages':>7}")
    for name, seconds in rows:
        print(f"{name:28}{seconds:9.2f}{seconds / one:7.2f}")
    print(f"memory at most: {peak[0]:.0f} MB")
    asked.out.mkdir(parents=True, exist_ok=True)
    with (asked.out / "crowd.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("what", "seconds"), *rows])
    return 0
