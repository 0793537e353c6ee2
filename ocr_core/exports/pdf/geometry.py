"""Geometry: from the pixels of a page as read to the units of a PDF page."""

from typing import Any

import numpy as np

from ocr_core.exports.pdf.content import inherited
from ocr_core.page import PageResult, Word


def upright_words(result: PageResult) -> tuple[list[Word], np.ndarray]:
    """Rotate a page's words to the orientation in which it was read, with level lines.

    Returns the words, and the (3, 3) matrix back to the page as scanned.
    """
    degrees = [
        float(report.measured.get("degrees", 0))
        for report in result.reports
        if report.step == "rotate" and report.did == "turned"
    ]
    width, height = result.size
    turn = round(sum(degrees) / 90) % 4
    turned = {
        0: lambda x, y, w, h: (x, y, w, h),
        1: lambda x, y, w, h: (height - y - h, x, h, w),
        2: lambda x, y, w, h: (width - x - w, height - y - h, w, h),
        3: lambda x, y, w, h: (y, width - x - w, h, w),
    }[turn]
    back = {
        0: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        1: [[0, 1, 0], [-1, 0, height], [0, 0, 1]],
        2: [[-1, 0, width], [0, -1, height], [0, 0, 1]],
        3: [[0, -1, width], [1, 0, 0], [0, 0, 1]],
    }[turn]
    words = [
        Word._make([*row[:4], *turned(*row[4:8]), *row[8:]]) for row in result.rows
    ]
    return words, np.array(back, float)


def exif_matrix(exif: int, size: tuple[int, int]) -> np.ndarray:
    """Return the (3, 3) matrix from stored pixels to upright ones, by EXIF 1 to 8."""
    w, h = size
    rows = {
        2: [[-1, 0, w], [0, 1, 0]],
        3: [[-1, 0, w], [0, -1, h]],
        4: [[1, 0, 0], [0, -1, h]],
        5: [[0, 1, 0], [1, 0, 0]],
        6: [[0, -1, h], [1, 0, 0]],
        7: [[0, -1, h], [-1, 0, w]],
        8: [[0, 1, 0], [-1, 0, w]],
    }.get(exif, [[1, 0, 0], [0, 1, 0]])
    return np.array([*rows, [0, 0, 1]], float)


def page_to_user(page: Any, size: tuple[int, int]) -> np.ndarray:
    """Return the (3, 3) matrix from pixels of `size` to a PDF page's user space."""
    x0, y0, x1, y1 = visible_box(page)
    turn = int(inherited(page.obj, "/Rotate", 0)) // 90 % 4
    across, down = (x1 - x0, y1 - y0) if turn % 2 == 0 else (y1 - y0, x1 - x0)
    points = np.diag([across / size[0], down / size[1], 1.0])
    rows = {
        0: [[1, 0, x0], [0, -1, y1]],
        1: [[0, 1, x0], [1, 0, y0]],
        2: [[-1, 0, x1], [0, 1, y0]],
        3: [[0, -1, x1], [-1, 0, y1]],
    }[turn]
    return np.array([*rows, [0, 0, 1]], float) @ points


def visible_box(page: Any) -> tuple[float, float, float, float]:
    """Return the visible part of a PDF page: left, bottom, right, top."""
    media, crop = (
        _sorted_box(inherited(page.obj, name, None))
        for name in ("/MediaBox", "/CropBox")
    )
    if media is None:
        raise ValueError("The page has no size.")
    if crop is None:
        return media
    low = max(media[0], crop[0]), max(media[1], crop[1])
    high = min(media[2], crop[2]), min(media[3], crop[3])
    return (*low, *high) if low[0] < high[0] and low[1] < high[1] else media


def _sorted_box(box: Any) -> tuple[float, float, float, float] | None:
    if box is None:
        return None
    x0, y0, x1, y1 = map(float, box)
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def to_pixel_boxes(boxes: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Transform (N, 4) boxes by a (3, 3) matrix; return left, top, right, bottom."""
    x = boxes[:, [0, 2, 0, 2]]
    y = boxes[:, [1, 1, 3, 3]]
    points = np.stack([x, y, np.ones_like(x)], axis=2) @ matrix.T
    low, high = points[..., :2].min(axis=1), points[..., :2].max(axis=1)
    return np.hstack([low, high])
