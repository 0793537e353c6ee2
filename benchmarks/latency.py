"""Latency: from a knob to the repainted page, and from a page to its words.

    python -m benchmarks latency [--rounds 3] [--out FOLDER]

On a drawn page of A4 at 300 dpi, in worker processes as the app has them. For every
knob of the steps: the draft that follows the knob at once, and the full picture, with
the processor time of the draft beside, which tells what a busy machine added. Then one
recognition in a cold pool and in a warm one, and the processor time of what a reading
does beside the engine: to prepare the page, and to judge what was read.
"""

import argparse
import csv
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks._measure import draw_pages
from benchmarks.throughput import RESULTS
from ocr_core import Settings
from ocr_core.documents import load_page
from ocr_core.imaging import page_ink
from ocr_core.knobs import Knob, knobs
from ocr_core.page import PageRef
from ocr_core.pipeline import recognize_page
from ocr_core.previews import draft_picture, prepared_picture
from ocr_core.processes.pool import Pool
from ocr_core.text import quality

LIMIT = 150  # ms in which a picture should follow its knob


def moves(knob: Knob) -> Iterator[Any]:
    """Yield values other than the default, as a hand on the knob would choose."""
    if knob.choices:
        yield from (choice for choice in knob.choices if choice != knob.default)
    elif knob.minimum is not None and knob.maximum is not None:
        for steps in (2, 5):
            value = knob.default + steps * knob.step
            yield value if value <= knob.maximum else knob.default - steps * knob.step


def timed(
    call: Callable[[], object], clock: Callable[[], float] = time.perf_counter
) -> float:
    """Return how many milliseconds a call takes."""
    start = clock()
    call()
    return 1000 * (clock() - start)


Made = tuple[float, float, float]


def worked(ref: PageRef, settings: Settings) -> float:
    """Return the milliseconds of processor time that a draft takes, in a worker."""
    return timed(lambda: draft_picture(ref, settings), time.process_time)


def previews(ref: PageRef, pool: Pool, shift: int) -> Iterator[tuple[str, Any, Made]]:
    """Turn every knob of the steps; yield it, and the milliseconds of draft and full
    picture and of the processor for the draft.

    `shift` makes a state that no earlier round has seen.
    """
    for knob in knobs(Settings):
        if knob.section == "recognition":
            continue
        is_active = {name: values[-1] for name, values in knob.when.items()}
        before = {"deskew_limit": 14.0 - shift, **is_active}
        for value in moves(knob):
            after = Settings.from_flat({**before, knob.name: value})
            pool.submit(draft_picture, ref, Settings.from_flat(before)).result()
            start = time.perf_counter()
            cpu = pool.submit(worked, ref, after).result()
            draft = 1000 * (time.perf_counter() - start)
            pool.submit(prepared_picture, ref, Settings.from_flat(before)).result()
            start = time.perf_counter()
            pool.submit(prepared_picture, ref, after).result()
            full = 1000 * (time.perf_counter() - start)
            yield knob.name, value, (draft, full, cpu)


def recognitions(ref: PageRef) -> dict[str, float]:
    """Return the milliseconds of a reading: in a new pool, and in a warm one."""
    settings = Settings()
    with Pool(1) as pool:
        first = timed(lambda: pool.submit(recognize_page, ref, settings).result())
        again = [
            timed(lambda: pool.submit(recognize_page, ref, settings).result())
            for _ in range(3)
        ]
    return {"reading, first": first, "reading, warm": statistics.median(again)}


def beside_the_engine(ref: PageRef) -> dict[str, float]:
    """Return the milliseconds of processor time to prepare a page and to judge it."""
    settings = Settings()
    page = load_page(ref, settings.recognition.dpi)
    rows = recognize_page(ref, settings).rows
    prepared, _ = settings.preprocess.apply(page)

    def judge() -> None:
        quality.page_quality(rows, "eng", page_ink.ink_boxes(prepared.image))

    judge()  # loads the lexicon
    calls = {"preparing": lambda: settings.preprocess.apply(page), "judging": judge}
    return {
        f"{name}, of CPU": timed(call, time.process_time)
        for name, call in calls.items()
    }


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print the table, write the CSV."""
    parser = argparse.ArgumentParser(
        prog="benchmarks latency",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULTS)
    asked = parser.parse_args(words)
    found: dict[tuple[str, Any], list[Made]] = {}
    with tempfile.TemporaryDirectory() as folder, Pool(1) as pool:
        ref = PageRef(str(draw_pages(Path(folder), 2)[1]))
        for number in range(asked.rounds):
            for name, value, made in previews(ref, pool, number):
                found.setdefault((name, value), []).append(made)
        reading = {**recognitions(ref), **beside_the_engine(ref)}
    print(f"{'knob':18}{'value':>10}{'draft ms':>10}{'of CPU':>8}{'full ms':>9}")
    rows = []
    for (name, value), taken in found.items():
        draft, full, cpu = map(statistics.median, zip(*taken, strict=True))
        rows.append((name, value, round(draft), round(cpu), round(full)))
        late = "  late" if draft > LIMIT else ""
        print(f"{name:18}{value!s:>10}{draft:10.0f}{cpu:8.0f}{full:9.0f}{late}")
    slowest = max(row[2] for row in rows), max(row[3] for row in rows)
    print(
        f"slowest draft {slowest[0]} ms, {slowest[1]} of CPU; the limit is {LIMIT} ms"
    )
    for name, milliseconds in reading.items():
        rows.append((name, "", round(milliseconds), "", ""))
        print(f"{name:28}{milliseconds:10.0f}")
    asked.out.mkdir(parents=True, exist_ok=True)
    with (asked.out / "latency.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerows(
            [("knob", "value", "draft_ms", "draft_cpu_ms", "full_ms"), *rows]
        )
    return 0
