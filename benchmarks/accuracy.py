"""Accuracy: how well each way of reading does on pages whose text is known.

    python -m benchmarks accuracy FOLDER [--only REGEX] [--jobs N] [--out FILE.csv]
                                         [--tables FILE.md]

FOLDER holds pages, their ground truth and a manifest.csv with the columns file, gt,
lang (Tesseract's codes), kind (several joined by ;, the first counts) and
reading_order_reliable (yes or no); fold_case (yes) is optional.

Normalisation: Unicode NFC, every run of white space one space, and no difference
between capitals and small letters where fold_case or --fold-case says so. The error
of a page is its character error rate, at most 1, where the reading order of the
ground truth is reliable; else 1 minus the F-measure of the bags of words. A page that
cannot be read counts 1. Intervals are 95 % of 10 000 paired bootstrap samples over
pages. Each method reads all pages in one run, as `ocr-core batch` does, told the
language of each page; CPU is the processor time of this run with all its processes,
start and loading of models included, divided by the number of pages.
"""

import argparse
import csv
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import cv2
import numpy as np
from rapidfuzz.distance import Levenshtein

from ocr_core import open_document
from ocr_core.documents import load_page
from ocr_core.presets import PRESETS
from ocr_core.second_opinion import AS_SCANNED

PLAIN = "plain Tesseract"
WORSE = 0.01
SAMPLES = 10_000
PDF_DPI = 300
ONE_THREAD = {**os.environ, "OMP_THREAD_LIMIT": "1"}
RAPID = {"engine": "rapidocr", "second_opinion": "off", **AS_SCANNED}
METHODS: dict[str, Mapping[str, object]] = {
    PLAIN: {},
    "the defaults": {},
    "the preset Fast": PRESETS["fast"].flat,
    "RapidOCR alone": RAPID,
}
HOW = """\
# Accuracy

How well each way of reading does on {pages} pages with ground truth.
`python -m benchmarks accuracy FOLDER` measures the same on your pages, and
`--tables docs/accuracy.md` writes this page.

The error of a page is from 0 to 1; lower is better. It is the character error rate
where the ground truth has a reading order, else 1 minus the F-measure of the bags of
words; white space is folded. Each way reads all pages in one run, told their languages;
CPU is the processor time of that run with all its processes, start and loading of
models included. Plain Tesseract is the program, started for each page.
"""
Row = dict[str, str]  # of the manifest


@dataclass(frozen=True)
class Score:
    """How one method did on one page; `cpu_seconds` is the mean of its pages."""

    file: str
    kind: str
    script: str
    language: str
    method: str
    error: float
    cpu_seconds: float
    engine: str = ""
    quality: float | None = None
    words: int = 0
    problem: str = ""


@dataclass(frozen=True)
class Reading:
    """What a method read on a page."""

    text: str = ""
    engine: str = ""
    quality: float | None = None
    words: int = 0
    problem: str = "not read"


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


def script_of(truth: str, kinds: str) -> str:
    """Return the script of most letters of a text; Fraktur if the kinds name it."""
    if "fraktur" in kinds:
        return "Fraktur"
    names = (unicodedata.name(c, "?").split()[0] for c in truth if c.isalpha())
    return max(Counter(names).items(), key=lambda each: each[1])[0].capitalize()


def scores_of(
    method: str, folder: Path, rows: Sequence[Row], jobs: int, fold: str
) -> Iterator[Score]:
    """Read all pages with a method; yield the score of each."""
    start = _children()
    if method == PLAIN:
        with ThreadPoolExecutor(jobs) as pool:
            texts = pool.map(lambda row: plain_reading(folder, row), rows)
        found = {row["file"]: each for row, each in zip(rows, texts, strict=True)}
    else:
        found = batch_readings(METHODS[method], folder, rows, jobs)
    seconds = (_children() - start) / len(rows)
    for row in rows:
        read = found.get(row["file"], Reading())
        truth = (folder / row["gt"]).read_text(encoding="utf-8")
        in_order = row["reading_order_reliable"].strip().lower() == "yes"
        kind, language = row["kind"].split(";")[0], row["lang"] or "eng"
        script = script_of(truth, row["kind"])
        folded = folds_case(row, fold)
        error = page_error(truth, read.text, in_order=in_order, fold=folded)
        yield Score(
            *(row["file"], kind, script, language, method, error, round(seconds, 3)),
            *(read.engine, read.quality, read.words, read.problem),
        )


def _children() -> float:
    """Return the CPU time of the programs that were run, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def plain_reading(folder: Path, row: Row) -> Reading:
    """Return what the Tesseract program reads, told nothing but the language."""
    path, language = folder / row["file"], row["lang"] or "eng"
    with tempfile.TemporaryDirectory() as scratch:
        if path.suffix.lower() == ".pdf":
            image = load_page(next(iter(open_document(path))), PDF_DPI).image
            path = Path(scratch) / "page.png"
            cv2.imwrite(str(path), image)
        done = subprocess.run(
            ["tesseract", str(path), "-", "-l", language, "--psm", "3"],
            capture_output=True,
            env=ONE_THREAD,
        )
    problem = f"exit code {done.returncode}" if done.returncode else ""
    return Reading(done.stdout.decode("utf-8", "replace"), problem=problem)


def batch_readings(
    flat: Mapping[str, object], folder: Path, rows: Sequence[Row], jobs: int
) -> dict[str, Reading]:
    """Return what a batch with some settings reads on each file."""
    by_language: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        by_language[row["lang"] or "eng"].append(str(folder / row["file"]))
    with tempfile.TemporaryDirectory() as scratch:
        recipe, pages = Path(scratch) / "recipe.json", Path(scratch) / "pages.json"
        recipe.write_text(json.dumps(dict(flat)), encoding="utf-8")
        pages.write_text(json.dumps(by_language), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks._readings", recipe, pages, str(jobs)],
            stdout=subprocess.PIPE,
            env=ONE_THREAD,
            check=True,
        )
    found = map(json.loads, done.stdout.decode().splitlines())
    return {each.pop("file"): Reading(**each) for each in found}


def interval(errors: Sequence[float], plain: Sequence[float]) -> tuple[float, float]:
    """Return a 95 % interval of the mean difference from plain, pages resampled."""
    gaps = np.array(errors) - np.array(plain)
    chosen = np.random.default_rng(0).integers(0, len(gaps), (SAMPLES, len(gaps)))
    low, high = np.percentile(gaps[chosen].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def page_of(scores: Sequence[Score]) -> str:
    """Return the page of the documentation that states the results."""
    pages = len({score.file for score in scores})
    return f"{HOW.format(pages=pages)}\n{tables(scores)}"


def tables(scores: Sequence[Score]) -> str:
    """Return the summary, and the means by kind, script and language, as Markdown."""
    by_method: dict[str, list[Score]] = defaultdict(list)
    for score in scores:
        by_method[score.method].append(score)
    plain = by_method[PLAIN]
    base = [score.error for score in plain]
    lines = [
        "| read with | mean error | difference from plain, 95 % interval | pages worse "
        "than plain Tesseract by more than 0.01 | CPU seconds a page | × plain |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for method, found in by_method.items():
        errors = [score.error for score in found]
        low, high = interval(errors, base)
        worse = sum(e > b + WORSE for e, b in zip(errors, base, strict=True))
        differs = method != PLAIN
        gap = f"{np.mean(errors) - np.mean(base):+.3f} ({low:+.3f} to {high:+.3f})"
        cpu = found[0].cpu_seconds
        lines.append(
            f"| {method} | {np.mean(errors):.3f} | {gap if differs else ''} "
            f"| {worse if differs else ''} | {cpu:.2f} "
            f"| {cpu / max(plain[0].cpu_seconds, 0.01):.2f} |"
        )
    for heading in ("kind", "script", "language"):
        lines += ["", *_means(by_method, heading)]
    return "\n".join([*lines, ""])


def _means(by_method: Mapping[str, Sequence[Score]], heading: str) -> Iterator[str]:
    """Yield the lines of a table: a row a group of pages, a column a method."""
    yield f"| {heading} | pages | {' | '.join(by_method)} |"
    yield f"| --- | --- |{' --- |' * len(by_method)}"
    count = Counter(getattr(score, heading) for score in by_method[PLAIN])
    for name in sorted(count):
        means = (
            np.mean([each.error for each in found if getattr(each, heading) == name])
            for found in by_method.values()
        )
        yield f"| {name} | {count[name]} | {' | '.join(f'{m:.3f}' for m in means)} |"


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
    parser.add_argument("--tables", type=Path, help="Markdown: a page with the tables")
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
    """Score the pages, print the tables, write the files."""
    wanted = arguments(argv)
    with (wanted.folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = [
            row for row in csv.DictReader(file) if re.search(wanted.only, row["file"])
        ]
    if not rows:
        print("No page matches.", file=sys.stderr)
        return 2
    scores: list[Score] = []
    for method in dict.fromkeys([PLAIN, *(wanted.method or METHODS)]):
        print(method, file=sys.stderr)
        scores += scores_of(method, wanted.folder, rows, wanted.jobs, wanted.fold_case)
    print(tables(scores))
    if wanted.tables:
        wanted.tables.write_text(page_of(scores), encoding="utf-8")
    if wanted.out:
        with wanted.out.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, [field.name for field in fields(Score)])
            writer.writeheader()
            writer.writerows(asdict(score) for score in scores)
    return 0


def folds_case(row: Row, expression: str) -> bool:
    """Return whether a page is compared without case."""
    said = (row.get("fold_case") or "").strip().lower() == "yes"
    return said or bool(expression and re.search(expression, row["file"]))


if __name__ == "__main__":
    sys.exit(main())
