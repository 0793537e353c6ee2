"""Orientation: which way up a page lies, from its letters, and from what can be read.

How letters stand beside each other tells level lines from upright ones on pages of
text. In tables of single marks, crosswords and columns of Chinese or Japanese the
nearest neighbour stands above or below although the page lies right, so a page is
turned only where it reads better turned.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from ocr_core.imaging import legibility
from ocr_core.imaging.legibility import StripReader
from ocr_core.imaging.measurements import FEW, Glyphs, letters_of
from ocr_core.page import Page
from ocr_core.processes.worker_process import ENGINE, enter_stage

# A turned page must read so much better than the page as it lies: on a page turned by
# mistake hardly a letter is sure.
BETTER = 1.5


def upright_turn(
    page: Page, read: StripReader | None = None
) -> tuple[int, dict[str, float | str]]:
    """Find the clockwise turn that sets a page upright, and say what was measured.

    Parameters
    ----------
    page
        Dark ink on light paper.
    read
        Reads a part of a page; a turn that does not read better is not made. Left
        out, the look of the letters and the engine's own guess decide.
    """
    turn, measured = likely_turn(page)
    if not turn or read is None:
        return turn, measured
    turns = sorted({0, turn, (turn + 180) % 360})
    sure = legibility.sure_when_turned(page, turns, read)
    measured |= {f"read_{turn}": round(sure[turn]) for turn in turns}
    best = max(turns, key=lambda turn: sure[turn])
    better = sure[best] >= BETTER * sure[0] + legibility.WORD
    return (best if better else 0), measured


def likely_turn(page: Page) -> tuple[int, dict[str, float | str]]:
    """Guess the turn from the look of the letters.

    On most pages ascenders tell top from bottom. Only where they do not, as among
    capitals and figures, the engine is asked about a part of the page.
    """
    stance = stance_of(letters_of(page))
    measured: dict[str, float | str] = {"beside": round(stance.beside, 2)}
    # Level lines give 0.8 to 1.0, and lines that run up or down 0.0 to 0.35.
    side = 90 if stance.beside < 0.5 else 0
    if side:
        page = page.turned(side)
        stance = stance_of(letters_of(page))
    measured["rising"] = round(stance.rising, 2)
    # Standard deviations from an even chance: two settle it for the page as it lies.
    sure = (2 * stance.rising - 1) * stance.pairs**0.5
    letters = letters_of(page)
    if sure > 2 or letters.count < FEW:
        return side, measured
    found = engine_orientation(busiest_part(page.image, letters))
    if found is None:
        return side, measured
    turn, confidence = found
    measured |= {"engine": turn, "confidence": round(confidence, 1)}
    # Wrong answers of the engine had up to 1.6 on parts of this size, right ones more;
    # where the ascenders agree with it, less will do.
    if turn == 180 and confidence > (1 if sure < -2 else 2.5):
        side += 180
    return side, measured


def engine_orientation(image: np.ndarray) -> tuple[int, float] | None:
    """Ask the engine how far to turn a part of a page, where it is installed."""
    from ocr_core.engines import engine_named
    from ocr_core.errors import LostWorkerError, OcrError

    enter_stage(ENGINE)
    try:
        return engine_named("auto").orientation(image)
    except LostWorkerError:  # asked again, it would have answered
        raise
    except OcrError:
        return None
    finally:
        enter_stage("")


@dataclass(frozen=True)
class TextOrientation:
    """Which way letters run and stand, told from pairs of neighbours.

    `beside` is the share of letters whose nearest neighbour stands beside them, not
    above or below: near 1 where lines run level, near 0 where they run up or down.
    `rising` is, among the letters that are taller than a neighbour on their line, the
    share that rises above it: near 1 on an upright page of any Latin hand, where
    b d f h k l t and capitals outnumber g j p q y. `pairs` counts these.
    """

    beside: float
    rising: float
    pairs: int


def stance_of(letters: Glyphs) -> TextOrientation:
    """Measure which way the letters of a page run and stand.

    Distances are taken among some 300 letters that follow each other down the page,
    at three places, not among all: it is a sample that is wanted.
    """
    if letters.count < FEW:
        return TextOrientation(1.0, 1.0, 0)
    order = np.argsort(letters.boxes[:, 1])
    places = np.linspace(0, max(0, letters.count - 300), 3).astype(int)
    found = [_neighbours(letters, order[place : place + 300]) for place in places]
    one, other, beside = (np.concatenate(parts) for parts in zip(*found, strict=True))
    share = float(beside.mean()) if len(beside) else 1.0
    return TextOrientation(share, *_rising(one[beside], other[beside]))


def _neighbours(
    letters: Glyphs, some: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pair letters with their nearest: the boxes of both, and if that is beside."""
    boxes = letters.boxes[some]
    middles = boxes[:, :2] + boxes[:, 2:] / 2
    away = np.abs(middles[:, None] - middles[None])
    # Gaps count, not distances of middles: a wide mark may be several letters.
    gap = np.maximum(away - (boxes[:, None, 2:] + boxes[None, :, 2:]) / 2, 0).sum(
        axis=2
    )
    np.fill_diagonal(gap, np.inf)
    rows = np.arange(len(some))
    near = gap.argmin(axis=1)
    close = gap[rows, near] < 2 * letters.height
    step = away[rows, near]
    beside = step[:, 0] > step[:, 1]
    return boxes[close], boxes[near][close], beside[close]


def _rising(one: np.ndarray, other: np.ndarray) -> tuple[float, int]:
    taller = np.maximum(one[:, 3], other[:, 3])
    unlike = np.abs(one[:, 3] - other[:, 3]) > 0.2 * taller
    heads = np.abs(one[:, 1] - other[:, 1])
    feet = np.abs(one[:, 1] + one[:, 3] - other[:, 1] - other[:, 3])
    up = unlike & (feet < 0.1 * taller) & (heads > 0.2 * taller)
    down = unlike & (heads < 0.1 * taller) & (feet > 0.2 * taller)
    pairs = int(up.sum() + down.sum())
    return (float(up.sum()) / pairs if pairs else 0.5), pairs


def busiest_part(image: np.ndarray, letters: Glyphs) -> np.ndarray:
    """Return the part of a page that holds most letters, at a common size.

    It is at most 40 by 20 letters of this height: enough for an engine to tell the
    orientation, and no more than it needs.
    """
    cell = 10 * letters.height
    x, y = (letters.middles / cell).astype(int).T
    count = np.zeros((int(y.max()) + 1, int(x.max()) + 1))
    np.add.at(count, (y, x), 1)
    sums = cv2.boxFilter(
        count,
        -1,
        (4, 2),
        anchor=(0, 0),
        normalize=False,
        borderType=cv2.BORDER_CONSTANT,
    )
    row, column = np.unravel_index(int(sums.argmax()), sums.shape)
    left, top = int(column * cell), int(row * cell)
    part = image[top : top + int(2 * cell), left : left + int(4 * cell)]
    factor = 24 / letters.height
    size = [max(1, round(length * factor)) for length in part.shape[::-1]]
    smooth = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return cv2.resize(part, size, interpolation=smooth)
