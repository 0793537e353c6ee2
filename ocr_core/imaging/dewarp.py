"""Dewarping: finds how a sheet of paper is curved, with the network UVDoc.

The network sees the whole page at a small size and returns where the points of the
flat page lie on it (Verhoeven, Magne and Sorkine-Hornung, "UVDoc: Neural grid-based
document unwarping", SIGGRAPH Asia 2023; code and weights under the MIT licence).
"""

from functools import cache
from typing import Any

import cv2
import numpy as np

from ocr_core.curved_sheet import CurvedSheet
from ocr_core.imaging import measurements
from ocr_core.imaging.dewarp_model import model_path

INPUT_SIZE = (488, 712)  # width and height of the network's input, in pixels
EDGE = 0.1  # share of the page at each edge, where the network is least certain
MOST_CURVED = 0.9  # quantile of the lines whose curvature counts
MEASURE_PIXELS = 1_000_000
MIN_SIDE = 64  # px, of a page on which lines can curve


def can_dewarp() -> bool:
    """Return whether the network is installed, and the library that runs it."""
    try:
        import onnxruntime  # noqa: F401
    except ImportError:
        return False
    return model_path().is_file()


def curved_sheet(image: np.ndarray) -> CurvedSheet | None:
    """Return the flat page that the network sees on an upright (H, W) uint8 image.

    None if the image is too small.
    """
    height, width = image.shape[:2]
    if min(height, width) < MIN_SIDE:
        return None
    small = cv2.resize(image, INPUT_SIZE, interpolation=cv2.INTER_AREA)
    colours = np.stack([small] * 3)[None].astype(np.float16) / np.float16(255)
    found = _network().run(None, {"input": colours})[0][0].astype(float)
    # -1 and 1 are the centres of the outermost pixels.
    mesh = (found.transpose(1, 2, 0) + 1) / 2 * (width - 1, height - 1) + 0.5
    across, down = (
        np.linalg.norm(np.diff(mesh, axis=axis), axis=2).sum(axis=axis)
        for axis in (1, 0)
    )
    size = round(float(across.mean())), round(float(down.mean()))
    return CurvedSheet(mesh, (max(MIN_SIDE, size[0]), max(MIN_SIDE, size[1])))


def curvature(sheet: CurvedSheet, image: np.ndarray) -> float:
    """Return how far the lines of a page deviate from straight ones.

    It is the height of the arc of the most curved lines, as a multiple of the height
    of small letters on the image.
    """
    rows, columns = sheet.mesh.shape[:2]
    row, column = round(EDGE * rows), round(EDGE * columns)
    inner = sheet.mesh[row : rows - row, column : columns - column]
    arcs = [
        np.ptp(y - np.polyval(np.polyfit(x, y, 1), x))
        for x, y in inner.transpose(0, 2, 1)
    ]
    small, shrink = measurements.reduced(image, MEASURE_PIXELS)
    letters = measurements.letters_on(small).height * shrink
    return float(np.quantile(arcs, MOST_CURVED)) / max(1.0, letters)


@cache
def _network() -> Any:
    """Load the network on first use: 0.1 s and about 60 MB."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(
        str(model_path()), options, providers=["CPUExecutionProvider"]
    )
