"""Accuracy: how well each way of reading does on pages whose text is known.

    python -m benchmarks accuracy FOLDER [--only REGEX] [--jobs N] [--out FILE.csv]

FOLDER holds pages, their ground truth and a manifest.csv with the columns file, gt,
lang (Tesseract's codes), kind (several joined by ;, the first counts) and
reading_order_reliable (yes or no); fold_case (yes) is optional.

Normalisation: Unicode NFC, every run of white space one space, and no difference
between capitals and small letters where fold_case or --fold-case says so. The error
of a page is its character error rate, at most 1, where the reading order of the
ground truth is reliable; else 1 minus the F-measure of the bags of words. A page that
cannot be read counts 1. Intervals are 95 % of 10 000 paired bootstrap samples over
pages. CPU is the processor time of one page, the loading of models left out.
"""

import argparse
import csv
import os
import re
import subprocess
import sys
import tempfile
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_THREAD_LIMIT", "1")

import cv2
import numpy as np
from rapidfuzz.distance import Levenshtein
from tqdm import tqdm

from ocr_core import OcrError, Settings, open_document, recognize_page
from ocr_core.documents import load_page
from ocr_core.presets import PRESETS
from ocr_core.second_opinion import AS_SCANNED

PLAIN = "plain tesseract"
WORSE = 0.01
SAMPLES = 10_000
PDF_DPI = 300
METHODS: dict[str, dict[str, Any]] = {
    PLAIN: {},
    "fixed recipe": {
        "invert": "off",
        "crop": "off",
        "deskew": "auto",
        "flatten": "on",
        "contrast": "off",
        "denoise": "none",
        "scale": "auto",
        "second_opinion": "off",
    },
    "rapidocr": {"engine": "rapidocr", "second_opinion": "off", **AS_SCANNED},
    "default": {},
    **{f"preset {name}": dict(preset.flat) for name, preset in PRESETS.items()},
}


@dataclass(frozen=True)
class Score:
    """How one way of reading did on one page."""

    file: str
    kind: str
    language: str
    method: str
    error: float
    cpu_seconds: float
    engine: str = ""
    quality: float | None = None
    words: int = 0
    problem: str = ""


@dataclass(frozen=True)
class Task:
    """One page to be read in one way."""

    folder: Path
    row: dict[str, str]
    method: str
    fold: bool


def normal(text: str, fold: bool = False) -> str:
    """Return text with white space folded, in NFC, and without case if wanted."""
    text = " ".join(unicodedata.normalize("NFC", text).split())
    return text.casefold() if fold else text


def page_error(truth: str, text: str, *, in_order: bool, fold: bool = False) -> float:
    """Return the error of a page, 0 to 1, as the module states it."""
    truth, text = normal(truth, fold), normal(text, fold)
    if in_order:
        return min(1.0, Levenshtein.distance(truth, text) / max(1, len(truth)))
    there, read = Counter(truth.split()), Counter(text.split())
    return 1 - 2 * (there & read).total() / max(1, there.total() + read.total())


def scored(task: Task) -> Score:
    """Read a page and compare it with its ground truth."""
    row = task.row
    page = task.folder / row["file"]
    language = row["lang"] or "eng"
    found: dict[str, Any] = {}
    warm(task.method, language)
    start = sum(os.times()[:4])
    try:
        if task.method == PLAIN:
            text = plain_text(page, language)
        else:
            settings = {**METHODS[task.method], "language": language}
            result = recognize_page(
                next(iter(open_document(page))), Settings.from_flat(settings)
            )
            text = result.text
            found = {"engine": result.engine, "quality": result.quality}
            found["words"] = len(result.rows)
    except (OcrError, subprocess.CalledProcessError) as problem:
        text, found = "", {"problem": str(problem)}
    seconds = sum(os.times()[:4]) - start
    truth = (task.folder / row["gt"]).read_text(encoding="utf-8")
    in_order = row["reading_order_reliable"].strip().lower() == "yes"
    error = page_error(truth, text, in_order=in_order, fold=task.fold)
    kind = row["kind"].split(";")[0]
    return Score(
        row["file"], kind, language, task.method, error, round(seconds, 2), **found
    )


@cache
def warm(method: str, language: str) -> None:
    """Load the models that a method needs, so that no page pays for them."""
    if method == PLAIN:
        return
    settings = {**METHODS[method], "language": language}
    if settings.get("second_opinion") != "off":
        settings["second_opinion"] = "on"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "word.pgm"
        word = np.full((200, 400), 255, np.uint8)
        cv2.putText(word, "uncertain", (40, 120), cv2.FONT_ITALIC, 2, 90, 3)
        path.write_bytes(b"P5 400 200 255\n" + word.tobytes())
        try:
            recognize_page(
                next(iter(open_document(path))), Settings.from_flat(settings)
            )
        except OcrError:
            return  # it will be told page by page


def plain_text(path: Path, language: str) -> str:
    """Return what the Tesseract program reads, told nothing but the language."""
    with tempfile.TemporaryDirectory() as folder:
        if path.suffix.lower() == ".pdf":
            image = load_page(next(iter(open_document(path))), PDF_DPI).image
            path = Path(folder) / "page.pgm"
            height, width = image.shape
            path.write_bytes(b"P5 %d %d 255\n" % (width, height) + image.tobytes())
        done = subprocess.run(
            ["tesseract", str(path), "-", "-l", language, "--psm", "3"],
            capture_output=True,
            check=True,
        )
    return done.stdout.decode("utf-8", "replace")


def interval(errors: Sequence[float], plain: Sequence[float]) -> tuple[float, float]:
    """Return a 95 % interval of the mean difference from plain, pages resampled."""
    gaps = np.array(errors) - np.array(plain)
    chosen = np.random.default_rng(0).integers(0, len(gaps), (SAMPLES, len(gaps)))
    low, high = np.percentile(gaps[chosen].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def tables(scores: Iterable[Score]) -> str:
    """Return the summary and the means per kind as text."""
    by_method: dict[str, dict[str, Score]] = defaultdict(dict)
    for score in scores:
        by_method[score.method][score.file] = score
    plain = by_method[PLAIN]
    files = list(plain)
    lines = [
        f"{len(files)} pages; error: lower is better; difference from plain with its "
        "95 % interval",
        "",
        f"{'':26}{'error':>7}{'diff':>8}  {'interval':17}{'worse':>5}"
        f"{'CPU s':>7}{'× plain':>9}{'failed':>7}",
    ]
    base = [plain[file].error for file in files]
    cpu = sum(score.cpu_seconds for score in plain.values())
    for method, found in by_method.items():
        errors = [found[file].error for file in files]
        low, high = interval(errors, base)
        worse = sum(e > b + WORSE for e, b in zip(errors, base, strict=True))
        spent = sum(score.cpu_seconds for score in found.values())
        failed = sum(bool(score.problem) for score in found.values())
        gap = np.mean(errors) - np.mean(base)
        lines.append(
            f"{method:26}{np.mean(errors):7.4f}{gap:+8.4f}  [{low:+.4f}, {high:+.4f}]"
            f"{worse:5d}{spent / len(files):7.2f}{spent / max(cpu, 0.01):9.2f}"
            f"{failed:7d}"
        )
    return "\n".join([*lines, "", *_kinds(by_method)])


def _kinds(by_method: dict[str, dict[str, Score]]) -> list[str]:
    """Return the lines of a table: a row a kind, a column a method."""
    count = Counter(score.kind for score in by_method[PLAIN].values())
    names = [f"{number}: {name}" for number, name in enumerate(by_method, start=1)]
    head = "".join(f"{number:>8}" for number in range(1, len(names) + 1))
    lines = ["  ".join(names), "", f"{'kind':20}{'n':>4}{head}"]
    for kind in sorted(count):
        means = [
            np.mean([score.error for score in found.values() if score.kind == kind])
            for found in by_method.values()
        ]
        cells = "".join(f"{mean:8.3f}" for mean in means)
        lines.append(f"{kind:20}{count[kind]:4d}{cells}")
    return lines


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks accuracy",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="files that match this expression")
    parser.add_argument("--jobs", type=int, default=2, help="pages at a time")
    parser.add_argument("--out", type=Path, help="CSV: a row a page and method")
    parser.add_argument(
        "--fold-case", default="", help="files to compare without case, an expression"
    )
    parser.add_argument(
        "--method",
        action="append",
        choices=list(METHODS),
        help="only these, and plain Tesseract; may be given again",
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Score the pages, print the tables, write the CSV."""
    wanted = arguments(argv)
    with (wanted.folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = [
            row for row in csv.DictReader(file) if re.search(wanted.only, row["file"])
        ]
    if not rows:
        print("No page matches.", file=sys.stderr)
        return 2
    methods = [PLAIN, *(wanted.method or METHODS)]
    tasks = [
        Task(wanted.folder, row, method, folds_case(row, wanted.fold_case))
        for method in dict.fromkeys(methods)
        for row in rows
    ]
    with ProcessPoolExecutor(wanted.jobs) as pool:
        scores = list(tqdm(pool.map(scored, tasks), total=len(tasks), disable=None))
    print(tables(scores))
    if wanted.out:
        with wanted.out.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, [field.name for field in fields(Score)])
            writer.writeheader()
            writer.writerows(asdict(score) for score in scores)
    return 0


def folds_case(row: dict[str, str], expression: str) -> bool:
    """Return whether a page is compared without case."""
    said = (row.get("fold_case") or "").strip().lower() == "yes"
    return said or bool(expression and re.search(expression, row["file"]))


if __name__ == "__main__":
    sys.exit(main())
