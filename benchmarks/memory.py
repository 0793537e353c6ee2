"""Memory: what a long document takes beside a short one.

    python -m benchmarks memory [--pages 5 50 500] [--jobs 2] [--out FOLDER]

PDFs of scans of A4 at 300 dpi, few lines on each so that length is what is measured,
are read from the command line. Memory is the proportional share of the command and all
its workers at its peak.
"""

import argparse
import csv
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks._measure import measured, page
from benchmarks.throughput import RESULTS


def book(path: Path, pages: int) -> None:
    """Write a PDF of scans."""
    page_infos = [page(number, lines=2)[0] for number in range(4)]
    rest = (page_infos[number % 4] for number in range(1, pages))
    page_infos[0].save(path, save_all=True, append_images=rest, resolution=300)


def main(words: Sequence[str] | None = None) -> int:
    """Read books of several lengths, print the table, write the CSV."""
    parser = argparse.ArgumentParser(
        prog="benchmarks memory",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--pages", type=int, nargs="+", default=[5, 50])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=RESULTS)
    asked = parser.parse_args(words)
    rows = []
    print(f"{'pages':>6}{'seconds':>9}{'MB':>7}{'times':>7}")
    for pages in asked.pages:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "book.pdf"
            book(path, pages)
            command = [sys.executable, "-m", "ocr_core", "read", str(path)]
            command += ["--to", "words", "-o", str(path.with_suffix(".csv"))]
            command += ["--max-pages", str(pages), "--workers", str(asked.jobs)]
            cost = measured(command)
        rows.append((pages, round(cost.wall, 1), round(cost.megabytes)))
        times = rows[-1][2] / rows[0][2]
        print(f"{pages:6}{cost.wall:9.1f}{cost.megabytes:7.0f}{times:7.2f}", flush=True)
    asked.out.mkdir(parents=True, exist_ok=True)
    with (asked.out / "memory.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("pages", "seconds", "peak_megabytes"), *rows])
    return 0
