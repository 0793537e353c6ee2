"""What the benchmarks share: drawn pages, and the time and memory of programs."""

import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.load import family
from sample_images.drawing import draw_text_page
from sample_images.wear import gaussian_noise

A4 = (2480, 3508)  # 300 dpi
TICK = 0.1
WORDS = (
    "the quick study of archives shows that printed sources carry marks of their "
    "making and every reader who measures them must first learn to see paper ink type "
    "and error as one record of work done by many hands"
).split()


@dataclass(frozen=True)
class Cost:
    """What a command took: seconds on the clock and of processors, peak megabytes.

    Memory is the proportional share (PSS) of the command and all below it.
    """

    wall: float
    cpu: float
    megabytes: float
    output: bytes = b""


def page(seed: int, lines: int = 44) -> tuple[Image.Image, str]:
    """Draw a page of A4 at 300 dpi, and return its text."""
    dice = random.Random(seed)
    text = "\n".join(" ".join(dice.choices(WORDS, k=11)) for _ in range(lines))
    size = 40 + 4 * (seed % 3)
    image, _ = draw_text_page(text, size=A4, font_size=size, margin=240, leading=1.4)
    noisy = gaussian_noise(np.asarray(image), sigma=6 if seed % 2 else 2, seed=seed)
    return Image.fromarray(noisy), text


def draw_pages(folder: Path, count: int) -> list[Path]:
    """Draw pages as PNG, each with its text beside it as ``NAME.gt.txt``."""
    paths = []
    for number in range(count):
        image, text = page(number)
        path = folder / f"page{number:03}.png"
        image.save(path, dpi=(300, 300), compress_level=1)
        path.with_suffix(".gt.txt").write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


# Our own import sets a limit of threads; the peers run as people run them.
_BARE = {k: v for k, v in os.environ.items() if k != "OMP_THREAD_LIMIT"}


def measured(command: Sequence[str], env: Mapping[str, str] | None = None) -> Cost:
    """Run a command to its end; whoever it leaves unwaited for is not counted."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.monotonic()
        process = subprocess.Popen(
            command, stdout=out, stderr=err, env={**_BARE, **(env or {})}
        )
        with peak_memory(process.pid) as peak:
            _, status, used = os.wait4(process.pid, 0)
            wall = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode:
            sys.exit(f"{command[0]} failed: {err.read()[-500:].decode()}")
        cpu = used.ru_utime + used.ru_stime
        return Cost(wall, cpu, peak[0], out.read())


@contextmanager
def peak_memory(process: int) -> Iterator[list[float]]:
    """Watch a process and all below it; the list holds the most megabytes so far."""
    peak, over = [0.0], threading.Event()

    def watch() -> None:
        while not over.wait(TICK):
            peak[0] = max(peak[0], sum(map(_share, family(process))))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()


def _share(process: int) -> float:
    with suppress(OSError, ValueError, IndexError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


def bars(title: str, rows: Sequence[tuple[str, float]], unit: str) -> str:
    """Draw a bar chart as SVG that reads well on light and dark ground."""
    most = max(value for _, value in rows)
    wide, step, left = 760, 28, 300
    high = 46 + step * len(rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" '
        f'role="img" aria-label="{title}" font-family="sans-serif" font-size="14">',
        f'<rect width="{wide}" height="{high}" fill="#fff"/>',
        f'<text x="12" y="24" font-weight="bold" fill="#222">{title}</text>',
    ]
    for number, (name, value) in enumerate(rows):
        top = 40 + step * number
        long = (wide - left - 120) * value / most
        shade = "#1f6feb" if name.startswith("ocr-core") else "#8b949e"
        parts += [
            f'<text x="{left - 10}" y="{top + 15}" text-anchor="end" '
            f'fill="#222">{name}</text>',
            f'<rect x="{left}" y="{top}" width="{max(1, long):.0f}" height="20" '
            f'fill="{shade}"/>',
            f'<text x="{left + long + 8:.0f}" y="{top + 15}" fill="#222">'
            f"{value:.3g} {unit}</text>",
        ]
    return "\n".join([*parts, "</svg>", ""])
