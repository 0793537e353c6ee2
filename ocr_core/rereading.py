"""Rereading: parts of a page are read again by themselves once the page was read."""

from collections.abc import Callable, Sequence

import numpy as np

from ocr_core.engines import (
    PART_LANGUAGE,
    Recognition,
    engine_named,
    installed_engines,
)
from ocr_core.engines.spacing import lines_continued
from ocr_core.engines.vertical_letters import (
    is_vertical,
    with_better_letters,
    with_printed_marks,
)
from ocr_core.imaging import margin_notes
from ocr_core.imaging.bullets import with_bullets
from ocr_core.imaging.columns_apart import read_columns_apart
from ocr_core.imaging.dropped_rows import with_dropped_rows
from ocr_core.imaging.letter_cells import with_cells_joined
from ocr_core.imaging.lone_words import with_lone_words
from ocr_core.imaging.numbers_again import read_numbers_again
from ocr_core.imaging.overlapping_lines import read_overlaps_again
from ocr_core.imaging.page_ink import Marks
from ocr_core.imaging.rows_apart import read_rows_apart
from ocr_core.imaging.table_rules import without_rules
from ocr_core.page import PartReader, StepReport, Word
from ocr_core.scripts import has_marks, runs_left


def read_parts_again(
    image: np.ndarray,
    marks: Marks,
    ink: np.ndarray,
    words: Sequence[Word],
    knobs: Recognition,
    read: Callable[[np.ndarray], Sequence[Word]],
    part_reader: Callable[..., PartReader],
) -> tuple[list[Word], list[StepReport]]:
    """Return the words of a page with those of parts that read better alone.

    Parameters
    ----------
    image : (H, W) uint8 array
        The prepared page.
    marks
        All ink on it.
    ink : (N, 4) float array
        Left, top, width and height of each letter, in pixels.
    words
        What the engine read on the whole page.
    read, part_reader
        Read a page, and return a reader of parts of it, with some settings.
    """
    found = with_cells_joined(marks, without_rules(marks, words))
    found = with_bullets(image, found)
    reports: list[StepReport] = []
    if _analyses_layout(knobs):
        own = part_reader(knobs)
        if has_marks(knobs.language):
            found, lines = read_overlaps_again(image, ink, found, own)
            one = part_reader(knobs, line=True)
            found, rows = read_rows_apart(image, ink, found, one)
            found, dropped = with_dropped_rows(image, ink, found, one)
            if rows or dropped:
                found = lines_continued(found)
            reports += filter(None, [lines, rows, dropped])
        found, margin = margin_notes.read_apart(image, ink, found, read, own)
        found, columns = read_columns_apart(image, ink, found, read, own)
        reports += filter(None, [margin, columns])
        if not runs_left(knobs.language):
            found, alone = with_lone_words(image, marks, ink, found, own)
            reports += filter(None, [alone])
    if "_vert" in knobs.language and knobs.engine != "rapidocr":
        found, letters = _vertical(image, found, knobs)
        reports += filter(None, [letters])
    leftwards = runs_left(knobs.language)
    if leftwards and PART_LANGUAGE in engine_named(knobs.engine).languages():
        english = knobs.model_copy(update={"language": PART_LANGUAGE})
        found, numbers = read_numbers_again(image, found, part_reader(english))
        reports += filter(None, [numbers])
    return found, reports


def _vertical(
    image: np.ndarray, words: Sequence[Word], knobs: Recognition
) -> tuple[list[Word], StepReport | None]:
    """Return the words of vertical lines, with RapidOCR's letters if it is there."""
    wanted = knobs.second_opinion != "off" and not knobs.whitelist and words
    if not wanted or "rapidocr" not in installed_engines():
        return with_printed_marks(words), None
    from ocr_core.engines.rapid import read_lines

    lines = [line for line in read_lines(image) if is_vertical(line)]
    found, report = with_better_letters(words, lines)
    return with_printed_marks(found), report


def _analyses_layout(knobs: Recognition) -> bool:
    """Return whether Tesseract finds the parts of the page, with no knob against it."""
    free = knobs.join_rows == "auto" and not knobs.whitelist
    across = knobs.psm in (1, 3) and "_vert" not in knobs.language
    return knobs.engine != "rapidocr" and across and free
