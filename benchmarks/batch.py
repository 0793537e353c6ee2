"""A batch of small pages: what it costs beside recognition, and how fast it leaves.

``python -m benchmarks batch [PAGES]``; 1,000 pages unless it says otherwise. Each is a
line of its own words. What a page costs beside recognition is the time of all workers
since they took up the first page, less the time they spent with pages, by page: the
way there and back, keeping it in a transaction, and waiting.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

from ocr_core.corpus import Corpus
from ocr_core.documents.discovery import find_documents
from ocr_core.execution.batch import read_into
from ocr_core.exports import FORMATS
from ocr_core.processes.pool import Pool
from ocr_core.settings import Settings
from sample_images.drawing import draw_text_page

PAGES = 1000
EXPORTS = ("words", "corpus", "alto", "pdf")


def draw(folder: Path, pages: int) -> None:
    for number in range(pages):
        sheet, _ = draw_text_page(f"page number {10_000 + number}", size=(560, 200))
        sheet.save(folder / f"{number}.png", dpi=(200, 200))


def read(corpus: Corpus, folder: Path) -> None:
    """Read all pages and print what they cost."""
    documents, _ = find_documents([folder])
    with Pool() as pool:
        results = read_into(corpus, documents, Settings(), pool)
        begun, pages, spent = 0.0, 0, 0.0
        for result in results:
            begun = begun or time.perf_counter() - result.seconds
            pages, spent = pages + 1, spent + result.seconds
        wall = time.perf_counter() - begun
        beside = (pool.workers * wall - spent) / pages
        told("workers", pool.workers, "")
        told("pages a minute", 60 * pages / wall, "")
        told("recognition of a page, in its worker", 1000 * spent / pages, "ms")
        told("a page beside recognition, of a worker", 1000 * beside, "ms")


def read_again(corpus: Corpus, folder: Path, pages: int) -> None:
    """Print how long it takes to see that all pages are there."""
    documents, _ = find_documents([folder])
    start = time.perf_counter()
    with Pool() as pool:
        assert not list(read_into(corpus, documents, Settings(), pool))
    told("a second run, a page", 1000 * (time.perf_counter() - start) / pages, "ms")


def export(corpus: Corpus, form: str, pages: int) -> None:
    start = time.perf_counter()
    with Path(os.devnull).open("wb") as nowhere:
        FORMATS[form].write(corpus.results(), nowhere)
    told(f"export as {form}", pages / (time.perf_counter() - start), "pages/s")


def told(name: str, value: float, unit: str) -> None:
    print(f"{name:44} {value:9.1f} {unit}", flush=True)


def main(words: list[str]) -> int:
    pages = int(words[0]) if words else PAGES
    if pages < 1:
        sys.exit("usage: python -m benchmarks batch [PAGES]")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "scans"
        folder.mkdir()
        draw(folder, pages)
        with Corpus(Path(temporary) / "corpus.sqlite", write=True) as corpus:
            read(corpus, folder)
            read_again(corpus, folder, pages)
            for form in EXPORTS:
                export(corpus, form, pages)
    return 0
