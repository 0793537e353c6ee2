"""Damage: whether thousands of broken files stop anything but their own reading.

    python -m benchmarks damage [--files 1000] [--jobs 2] [--first 0]

Small files of every kind are broken each in its own way: bits turned over, ends cut
off, pieces doubled, dropped or taken from another file. Each must end as a page or as
a refusal with its cause; the program that asked must live, and leave nothing behind.
"""

import argparse
import io
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, features
from tqdm import tqdm

from ocr_core.execution.batch import recognize_documents
from ocr_core.page import PageRef
from ocr_core.processes.pool import Pool
from ocr_core.settings import Settings
from sample_images.drawing import draw_text_page

KINDS = ("png", "jpeg", "tiff", "gif", "bmp", "webp", "avif", "jpeg2000", "pdf")
ENDINGS = {"jpeg": "jpg", "tiff": "tif", "jpeg2000": "jp2"}
SECONDS = 20


def whole_files() -> dict[str, bytes]:
    """Return a small file of each kind that this machine's Pillow writes."""
    Image.init()
    sheet, _ = draw_text_page(
        "Broken files\nmust not harm.", size=(360, 140), font_size=24, margin=20
    )
    files = {}
    for kind in KINDS:
        name = kind.upper()
        optional = {"avif": "avif", "webp": "webp", "jpeg2000": "jpg_2000"}.get(kind)
        if optional and not features.check(optional):
            continue
        with io.BytesIO() as file:
            sheet.convert("L").save(file, name)
            files[kind] = file.getvalue()
    return files


def broken(content: bytes, other: bytes, random: np.random.Generator) -> bytes:
    """Break a file in one of six ways."""
    size = len(content)
    first, last = sorted(int(each) for each in random.integers(0, size, 2))
    match random.integers(6):
        case 0:
            return content[:last]
        case 1:
            return content[:first] + content[last:]
        case 2:
            return content[:last] + content[first:]
        case 3:
            return content[:first] + other[first:last] + content[last:]
        case 4:  # where the headers are
            offsets = random.integers(0, min(size, 128), 4)
        case _:
            offsets = random.integers(0, size, 1 + int(random.integers(64)))
    changed = bytearray(content)
    for offset in offsets:
        changed[offset] = int(random.integers(256))
    return bytes(changed)


def laid_down(folder: Path, first: int, count: int) -> Iterator[PageRef]:
    """Write one broken file after the other, each gone when the next is asked for."""
    whole = whole_files()
    kinds = list(whole)
    for number in range(first, first + count):
        random = np.random.default_rng(number)
        kind, other = (
            kinds[number % len(kinds)],
            kinds[int(random.integers(len(kinds)))],
        )
        path = folder / f"{number}.{ENDINGS.get(kind, kind)}"
        path.write_bytes(broken(whole[kind], whole[other], random))
        yield PageRef(str(path), 0, path.stem, path.name)


def main(words: Sequence[str] | None = None) -> int:
    """Read broken files; return 1 where one of them got no answer."""
    parser = argparse.ArgumentParser(
        prog="benchmarks damage",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="Number of the first.")
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args(words)
    settings = Settings.from_flat({"dpi": 72, "engine": "auto"})
    answers: Counter[str] = Counter()
    answered = set()
    with (
        tempfile.TemporaryDirectory() as folder,
        Pool(asked.jobs, seconds=SECONDS) as pool,
    ):
        documents = laid_down(Path(folder), asked.first, asked.files)
        for result in tqdm(recognize_documents(documents, settings, pool), unit="page"):
            answered.add(result.ref.doc_id)
            cause = result.error.replace(result.ref.source_file, "…")
            answers[f"{result.status}: {cause}" if cause else result.status] += 1
    for answer, count in answers.most_common():
        print(f"{count:6}  {answer}")
    missing = asked.files - len(answered)
    print(f"{asked.files} files, {missing} without an answer")
    return int(missing > 0)
