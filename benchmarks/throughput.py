"""Throughput: our batch beside its peers, in turns, on the same pages.

    python -m benchmarks throughput [FOLDER] [--pages 12] [--rounds 3] [--jobs 2]

FOLDER holds pages with their text beside them as NAME.gt.txt; left out, pages are
drawn. In each round every way reads the pages once, so that whatever else the machine
does hits all alike: ratios count, not seconds. The slow ways read only some of the
pages. Times include start and end of every program; error is the mean character error
rate, white space folded; memory is the proportional share of all processes.
"""

import argparse
import csv
import json
import os
import shlex
import shutil
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from benchmarks._measure import Cost, bars, draw_pages, measured
from benchmarks.accuracy import page_error

OURS, XARGS = "ocr-core", "tesseract, xargs"
ONE_THREAD = {"OMP_THREAD_LIMIT": "1"}
RESULTS = Path(__file__).parent / "results"
ENDINGS = (".png", ".tif", ".tiff", ".jpg", ".jpeg")


@dataclass(frozen=True)
class Way:
    """One way of reading pages.

    `read` takes the pages, an empty folder and the number of jobs, and returns the
    cost and the text of each page. `share` is the part of the pages that it reads.
    """

    name: str
    read: Callable[[list[Path], Path, int], tuple[Cost, dict[str, str]]]
    needs: str = ""
    share: float = 1.0

    @property
    def missing(self) -> str:
        """What is not installed here, or nothing."""
        there = not self.needs or shutil.which(self.needs) or find_spec(self.needs)
        return "" if there else self.needs


@dataclass(frozen=True)
class Row:
    """What one way did in one round."""

    round: int
    way: str
    pages: int
    wall_seconds: float
    pages_per_minute: float
    cpu_seconds_per_page: float
    peak_megabytes: float
    error: float


def ours(pages: list[Path], folder: Path, jobs: int) -> tuple[Cost, dict[str, str]]:
    out = folder / "words.csv"
    command = [sys.executable, "-m", "ocr_core", "read", *map(str, pages)]
    cost = measured([*command, "--to", "words", "-o", str(out), f"--workers={jobs}"])
    words = defaultdict(list)
    with out.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            words[row["doc_id"]].append(row["text"])
    return cost, {name: " ".join(found) for name, found in words.items()}


def program(pages: list[Path], folder: Path, jobs: int) -> tuple[Cost, dict[str, str]]:
    listed = folder / "pages"
    listed.write_text("".join(f"{page}\n" for page in pages))
    each = f"tesseract {{}} {shlex.quote(str(folder))}/$(basename {{}}) tsv txt"
    line = f"xargs -a {shlex.quote(str(listed))} -P{jobs} -I{{}} sh -c '{each}'"
    cost = measured(["sh", "-c", line], ONE_THREAD)
    return cost, {
        page.stem: (folder / f"{page.name}.txt").read_text() for page in pages
    }


def loop(name: str, env: dict[str, str]) -> Callable[..., tuple[Cost, dict[str, str]]]:
    def read(pages: list[Path], _: Path, __: int) -> tuple[Cost, dict[str, str]]:
        command = [sys.executable, "-m", "benchmarks._loops", name]
        cost = measured([*command, *map(str, pages)], env)
        lines = [each for each in cost.output.decode().splitlines() if each[:1] == "{"]
        found = map(json.loads, lines)
        return cost, {Path(each["page"]).stem: each["text"] for each in found}

    return read


def ocrmypdf(pages: list[Path], folder: Path, jobs: int) -> tuple[Cost, dict[str, str]]:
    from PIL import Image

    images = [Image.open(page, formats=("PNG", "TIFF", "JPEG")) for page in pages]
    book, side = folder / "book.pdf", folder / "book.txt"
    images[0].save(book, save_all=True, append_images=images[1:], resolution=300)
    command = ["ocrmypdf", f"-j{jobs}", "--output-type", "none"]
    cost = measured([*command, "--sidecar", str(side), str(book), "-"], ONE_THREAD)
    texts = side.read_text().split("\f")
    return cost, {page.stem: text for page, text in zip(pages, texts, strict=False)}


WAYS = [
    Way(XARGS, program, "tesseract"),
    Way(OURS, ours),
    Way("pytesseract, one call", loop("single", ONE_THREAD), "pytesseract", 0.5),
    Way("pytesseract, three calls", loop("usual", ONE_THREAD), "pytesseract", 0.25),
    Way("the same, all threads", loop("usual", {}), "pytesseract", 0.05),
    Way("OCRmyPDF", ocrmypdf, "ocrmypdf", 0.5),
    Way("RapidOCR", loop("rapid", ONE_THREAD), "rapidocr", 0.25),
]


def one_round(way: Way, number: int, pages: list[Path], jobs: int) -> Row:
    some = pages[: max(1, round(len(pages) * way.share))]
    with tempfile.TemporaryDirectory() as folder:
        cost, texts = way.read(some, Path(folder), jobs)
    errors = [
        page_error(
            truth.read_text(encoding="utf-8"), texts.get(page.stem, ""), in_order=True
        )
        for page in some
        if (truth := page.with_suffix(".gt.txt")).exists()
    ]
    return Row(
        number,
        way.name,
        len(some),
        round(cost.wall, 2),
        round(60 * len(some) / cost.wall, 2),
        round(cost.cpu / len(some), 3),
        round(cost.megabytes),
        round(statistics.fmean(errors), 5) if errors else float("nan"),
    )


def table(rows: Sequence[Row]) -> str:
    """Return the medians over the rounds, and the median of the rounds' ratios."""
    by_way: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_way[row.way].append(row)
    base = by_way.get(XARGS)
    lines = [
        f"{'':26}{'pages':>6}{'a minute':>10}{'CPU s/page':>12}{'MB':>7}{'error %':>9}"
        f"{'speed':>8}{'CPU':>7}"
    ]
    for name, found in by_way.items():
        cells = [
            statistics.median(getattr(row, field) for row in found)
            for field in (
                "pages_per_minute",
                "cpu_seconds_per_page",
                "peak_megabytes",
                "error",
            )
        ]
        line = f"{name:26}{found[0].pages:6}{cells[0]:10.1f}{cells[1]:12.2f}"
        line += f"{cells[2]:7.0f}{100 * cells[3]:9.2f}"
        if base:
            pairs = list(zip(found, base, strict=False))
            speed = [a.pages_per_minute / b.pages_per_minute for a, b in pairs]
            cpu = [a.cpu_seconds_per_page / b.cpu_seconds_per_page for a, b in pairs]
            line += f"{statistics.median(speed):7.2f}×{statistics.median(cpu):6.2f}×"
        lines.append(line)
    return "\n".join(lines)


def written(rows: Sequence[Row], folder: Path) -> None:
    """Write the rounds as CSV, and a chart of the medians as SVG."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "throughput.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(Row.__dataclass_fields__))
        writer.writeheader()
        writer.writerows(vars(row) for row in rows)
    names = dict.fromkeys(row.way for row in rows)
    speeds = [
        (name, statistics.median(r.pages_per_minute for r in rows if r.way == name))
        for name in names
    ]
    speeds.sort(key=lambda each: -each[1])
    chart = bars("Pages a minute on two cores", speeds, "a minute")
    (folder / "throughput.svg").write_text(chart, encoding="utf-8")


def main(words: Sequence[str] | None = None) -> int:
    """Read in turns, print the table, write CSV and chart."""
    parser = argparse.ArgumentParser(
        prog="benchmarks throughput",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--pages", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--only", action="append", choices=[way.name for way in WAYS])
    parser.add_argument("--out", type=Path, default=RESULTS)
    asked = parser.parse_args(words)
    rows = []
    with tempfile.TemporaryDirectory() as drawn:
        if asked.folder:
            found = sorted(p for p in asked.folder.iterdir() if p.suffix in ENDINGS)
            pages = found[: asked.pages]
        else:
            pages = draw_pages(Path(drawn), asked.pages)
        ways = [way for way in WAYS if not asked.only or way.name in asked.only]
        for way in ways:
            if way.missing:
                print(f"{way.name}: passed over, {way.missing} is not installed")
        ways = [way for way in ways if not way.missing]
        for number in range(1, asked.rounds + 1):
            for way in ways:
                rows.append(one_round(way, number, pages, asked.jobs))
                print(rows[-1], file=sys.stderr)
    print(table(rows))
    written(rows, asked.out)
    return 0
