"""Dewarping: a page with curved lines is flattened and read again.

The network that flattens a page harms flat ones, and may leave out the outer columns
of a table. Therefore the flat page is kept only if it reads better, as estimated, and
has the text of the page as scanned.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ocr_core.errors import EngineError, LimitError
from ocr_core.imaging.dewarp import (
    MOST_CURVED,
    can_dewarp,
    curvature,
    curved_sheet,
)
from ocr_core.imaging.measurements import letters_of
from ocr_core.page import DOUBTFUL, Page, StepReport, box_corners, lines_of
from ocr_core.second_opinion import CPU_SECONDS, GOOD, LOST, Attempt, lost_share
from ocr_core.settings import Settings

# Height of the arcs of lines, in heights of small letters, from which they are curved:
# on 50 pages it was at most 0.7 on flat ones, and 1.5 on a page of an open book.
CURVED = 0.8
# Height of the arc that the words of a line follow, in heights of words: on flat pages
# that were read well it was at most 0.08, on drawn curved ones at least 0.26.
CURVED_WORDS = 0.15
LONG_LINE = 6  # words
MIN_LINES = 4
MIN_LETTERS = 60  # on a page with lines of text
GAIN = 0.02  # least gain in estimated quality
AS_FLAT = {"rotate": "0", "angle": 0.0, "crop": "off"}


def dewarped(
    page: Page,
    first: Attempt,
    settings: Settings,
    read: Callable[[Page, Settings], Attempt],
) -> tuple[Page, Attempt]:
    """Return the flat page with its reading if it reads better, else the given ones.

    `read` reads a page with other settings.
    """
    quality = first.quality or 0.0
    arcs = arcs_of_lines(first)
    if arcs and np.quantile(arcs, MOST_CURVED) < CURVED_WORDS:
        return page, first
    if quality >= GOOD and (not arcs or np.median(arcs) < CURVED_WORDS):
        return page, first
    if first.cpu >= CPU_SECONDS or letters_of(page).count < MIN_LETTERS:
        return page, first
    if not can_dewarp():
        return page, first
    turn = next((r for r in first.steps if r.step == "rotate"), None)
    degrees = int(turn.measured.get("degrees", 0)) if turn else 0
    upright = page.turned(degrees) if degrees else page
    sheet = curved_sheet(upright.image)
    if sheet is None:
        return page, first
    curved = curvature(sheet, upright.image)
    measured: dict[str, float | str] = {"curvature": round(curved, 2)}
    if curved < CURVED:
        return page, _with_report(first, StepReport("dewarp", measured))
    # What the network leaves curved, it sees on the flattened page.
    rest = curved_sheet(sheet.flattened(upright.image))
    sheet = (rest.after(sheet) if rest else sheet).covering(
        _sure_corners(first, upright)
    )
    flat = upright.flattened(sheet)
    try:
        other = Settings.from_flat({**settings.flat(), **AS_FLAT})
        found = read(flat, other)
    except (EngineError, LimitError, MemoryError):
        measured["failed"] = "flat"
        return page, _with_report(first, StepReport("dewarp", measured))
    lost = lost_share(first.rows, found.rows)
    measured |= {"before": quality, "after": found.quality or 0.0}
    measured |= {"lost": round(lost, 3)} if lost else {}
    if (found.quality or 0.0) <= quality + GAIN or lost > LOST:
        return page, _with_report(first, StepReport("dewarp", measured, "undone"))
    steps = (*([turn] if turn else ()), *found.steps)
    cpu = first.cpu + found.cpu
    found = replace(found, steps=steps, cpu=cpu)
    return flat, _with_report(found, StepReport("dewarp", measured, "flattened"))


def _sure_corners(attempt: Attempt, page: Page) -> np.ndarray:
    """Return the (N, 2) corners of the sure words of an attempt, in pixels of a page.

    The network may see the edge of the sheet at the edge of its inner columns.
    """
    sure = [word for word in attempt.rows if word.conf >= DOUBTFUL]
    if not sure:
        return np.zeros((0, 2))
    return page.from_scan(box_corners(sure)[..., :2].reshape(-1, 2))


def has_long_lines(attempt: Attempt) -> bool:
    """Return whether the words of a page show if its lines are curved."""
    return bool(arcs_of_lines(attempt))


def arcs_of_lines(attempt: Attempt) -> list[float]:
    """Return the heights of the arcs that long lines of words follow.

    They are multiples of the height of the words; none if there are too few such lines.
    """
    arcs = []
    for line in lines_of(attempt.rows):
        if len(line) < LONG_LINE:
            continue
        corners = attempt.prepared.from_scan(box_corners(line)[..., :2])
        x, y = corners.mean(axis=1).T
        height = float(np.median(np.ptp(corners[..., 1], axis=1)))
        width = float(np.ptp(x))
        if width > 0:
            parabola = np.polyfit((x - x.mean()) / (width / 2), y, 2)
            arcs.append(float(abs(parabola[0]) / height))
    return arcs if len(arcs) >= MIN_LINES else []


def _with_report(attempt: Attempt, report: StepReport) -> Attempt:
    return replace(attempt, steps=(*attempt.steps, report))
