"""Line images: cut lines out of a scan, for the person who audits them."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from ocr_core.documents import load_page
from ocr_core.errors import OcrError, OutputError
from ocr_core.evaluation.audit import AuditLine
from ocr_core.page import PageRef
from ocr_core.processes.pool import Pool

# For each page, by doc_id and number: its reference, and its dpi if it is a PDF.
Scans = Mapping[tuple[str, int], tuple[PageRef, int]]
AROUND = 0.6  # of a line's height that is shown above and below it


def line_pictures(
    ref: PageRef, dpi: int, boxes: Sequence[tuple[int, int, int, int]]
) -> list[bytes]:
    """Return boxes of a page, with a margin, as PNG files."""
    image = load_page(ref, dpi).image
    found = []
    for left, top, width, height in boxes:
        more = int(AROUND * height)
        part = image[
            max(0, top - more) : top + height + more,
            max(0, left - more) : left + width + more,
        ]
        found.append(png(part))
    return found


def png(image: np.ndarray) -> bytes:
    """Return an (H, W) uint8 image as a PNG file."""
    return bytes(cv2.imencode(".png", image)[1]) if image.size else b""


class ScanPart(NamedTuple):
    """A part of a page to write as an image; `box` is left, top, width, height."""

    name: str
    doc_id: str
    page_num: int
    box: tuple[int, int, int, int]


def line_crops(lines: Iterable[AuditLine]) -> list[ScanPart]:
    """Return the crops of audited lines, named by their ids."""
    return [
        ScanPart(
            line.line_id,
            line.doc_id,
            line.page_num,
            (line.left, line.top, line.width, line.height),
        )
        for line in lines
    ]


def write_pictures(crops: Iterable[ScanPart], scans: Scans, folder: Path) -> int:
    """Write an image of each crop as NAME.png; return how many failed.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """
    missing = 0
    ranked = sorted(crops, key=lambda crop: (crop.doc_id, crop.page_num))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with Pool(1) as pool:
            for page, group in groupby(
                ranked, key=lambda crop: (crop.doc_id, crop.page_num)
            ):
                own = list(group)
                ref, dpi = scans[page]
                boxes = [crop.box for crop in own]
                try:
                    pictures = pool.submit(line_pictures, ref, dpi, boxes).result()
                except OcrError:
                    missing += len(own)
                    continue
                for crop, picture in zip(own, pictures, strict=True):
                    (folder / f"{crop.name}.png").write_bytes(picture)
    except OSError as error:
        raise OutputError(
            "{0} cannot be written: {1}.",
            folder,
            (error.strerror or str(error)).lower(),
        ) from error
    return missing
