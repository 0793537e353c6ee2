"""Attempts: a page is prepared and read with some settings."""

import os
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ocr_core import engines
from ocr_core.documents.notes import note
from ocr_core.documents.resolution import believed_dpi
from ocr_core.engines import Recognition
from ocr_core.engines.fraktur import in_letters_of_today
from ocr_core.engines.known_words import KnownRun
from ocr_core.engines.led_rows import recognized
from ocr_core.imaging import page_ink
from ocr_core.imaging.leader_dots import without_leaders
from ocr_core.imaging.legibility import judged
from ocr_core.imaging.ornaments import without_ornaments
from ocr_core.imaging.unread import unread_text
from ocr_core.page import Page, PartReader, StepReport, Word
from ocr_core.print_choice import with_model_for_print
from ocr_core.processes.worker_process import ENGINE, enter_stage
from ocr_core.rereading import read_parts_again
from ocr_core.second_opinion import Attempt, of_noise, rapidocr_follows
from ocr_core.settings import Settings
from ocr_core.sure_words import sure_runs
from ocr_core.text import quality

STRAIGHT = {"rotate": "0", "angle": 0.0, "crop": "off", "deskew": "off", "margin": 0}
PLACING = ("rotate", "dewarp", "crop", "deskew")
STILL = 1e-3  # tolerance: a scale is rounded to whole pixels
REPAINTS = ("denoise", "bleed", "light", "binarize")  # steps that may remove ink


def read_as(page: Page, settings: Settings) -> Attempt:
    """Prepare and read a page with some settings, and score the result.

    German in Fraktur is read with a model for it, and returned in letters of today.
    """
    start = cpu_seconds()
    prepared, steps = prepare_page(page, settings)
    chosen, report = with_model_for_print(prepared, settings)
    if not report:
        return read_prepared(page, prepared, steps, settings, start)
    reading = read_prepared(page, prepared, steps, chosen, start, asked=settings)
    return replace(
        reading,
        rows=in_letters_of_today(reading.rows),
        reports=(report, *reading.reports),
    )


def read_with(
    page: Page, first: Attempt, settings: Settings, other: Settings
) -> Attempt | None:
    """Read a page with other settings; None if they change nothing for the engine.

    Orientation, page outline and tilt are taken from the first attempt.
    """
    start = cpu_seconds()
    if other.preprocess == settings.preprocess:
        same = page, first.prepared, first.steps
        return read_prepared(*same, other, start, asked=settings)
    flat = {**other.flat(), **STRAIGHT}
    prepared, steps = prepare_page(
        _straightened(page, first.prepared), Settings.from_flat(flat)
    )
    alike = other.recognition == settings.recognition
    if alike and np.array_equal(prepared.image, first.prepared.image):
        return None
    placed = [report for report in first.steps if report.step in PLACING]
    known = sure_runs(first, other.recognition, prepared)
    return read_prepared(page, prepared, placed + steps, other, start, known)


def _straightened(page: Page, prepared: Page) -> Page:
    """Return a page as scanned with the geometry of a prepared one, but not scaled."""
    across = prepared.home[:2, 0]
    scale = float((across @ across) ** 0.5)
    matrix = np.diag([scale, scale, 1.0]) @ np.linalg.inv(prepared.home) @ page.home
    if np.allclose(matrix, np.eye(3), rtol=0, atol=STILL):
        return page
    height, width = prepared.image.shape[:2]
    return page.warped(matrix, (round(width * scale), round(height * scale)))


def prepare_page(page: Page, settings: Settings) -> tuple[Page, list[StepReport]]:
    """Run the steps, which may read parts of the page to check their effect."""
    return settings.preprocess.apply(page, staged_part_reader(settings.recognition))


def staged_part_reader(
    knobs: Recognition, *, dark: bool = True, **how: bool
) -> PartReader:
    """Return a reader for parts of a page that reports the stage as the engine's."""
    reader = engines.part_reader(knobs, dark=dark, **how)

    def read(image: np.ndarray) -> Sequence[Word]:
        enter_stage(ENGINE)
        words = reader(image)
        enter_stage("")
        return words

    def guess_turn(image: np.ndarray) -> tuple[int, float] | None:
        enter_stage(ENGINE)
        turn = reader.guess_turn(image)
        enter_stage("")
        return turn

    return PartReader(read, reader.language, guess_turn)


def read_prepared(
    page: Page,
    prepared: Page,
    steps: Sequence[StepReport],
    settings: Settings,
    start: float,
    known: Sequence[KnownRun] = (),
    asked: Settings | None = None,
) -> Attempt:
    """Read prepared pixels; `start` is the CPU time before they were prepared.

    `asked` are the settings of the first attempt, if this is another one.
    """
    knobs = settings.recognition
    engine = engines.engine_named(knobs.engine)
    dpi, doubts = believed_dpi(page, prepared)
    ink = page_ink.ink_boxes(prepared.image)
    marks = page_ink.all_marks(prepared.image)
    if page_ink.is_noise(marks, ink):
        return of_noise(prepared, steps, knobs, cpu_seconds() - start)
    image, border = without_ornaments(prepared.image, marks)
    ink = page_ink.ink_boxes(image) if len(border) else ink
    image, leaders = without_leaders(image, marks, ink)
    left_out = _left_out(len(border), len(leaders))
    marks = page_ink.all_marks(image) if left_out else marks
    enter_stage(ENGINE)
    words = recognized(engine, image, leaders, knobs, dpi, known)
    enter_stage("")
    words, reports = read_parts_again(
        image,
        marks,
        np.vstack([ink, *(leader.box for leader in leaders)]),  # so no strip is free
        words,
        knobs,
        lambda part: engine.recognize(part, knobs, dpi),
        staged_part_reader,
    )
    words, lost, more = _with_unread(page, prepared, steps, words, settings, asked)
    ink = _with_lost(ink, page, prepared, steps)
    estimate, share = quality.estimated(words, knobs.language, ink, lost)
    if lost and estimate is not None:
        doubts = (*doubts, note("text-not-read", round(100 * lost)))
    words = [word._replace(engine=word.engine or engine.name) for word in words]
    rows, boxes = page_ink.on_scan(
        page, prepared, words, coarse=engine.name == "rapidocr"
    )
    return Attempt(
        rows=rows,
        engine=f"{engine.name} {engine.version}",
        language=knobs.language,
        language_data=engine.language_data(knobs.language),
        prepared=prepared,
        steps=tuple(steps),
        reports=(*left_out, *reports, *more),
        notes=doubts,
        quality=estimate,
        cpu=cpu_seconds() - start,
        share=share,
        ink=boxes,
    )


def _with_lost(
    ink: np.ndarray, page: Page, prepared: Page, steps: Sequence[StepReport]
) -> np.ndarray:
    """Return the boxes of letters with those that the steps may have removed."""
    if any(each.did and each.step in REPAINTS and not judged(each) for each in steps):
        scanned = _polarised(page, steps)
        gone = page_ink.lost_boxes(scanned, prepared.image, prepared.home)
        return np.vstack([ink, gone])
    return ink


def _left_out(marks: int, rows: int) -> list[StepReport]:
    """Return reports of the ink that is no text: marks of a border, rows of dots."""
    reports = []
    if marks:
        reports.append(StepReport("ornaments", {"marks": marks}, "left out"))
    if rows:
        reports.append(StepReport("leaders", {"rows": rows}, "left out"))
    return reports


def _with_unread(
    page: Page,
    prepared: Page,
    steps: Sequence[StepReport],
    words: list[Word],
    settings: Settings,
    asked: Settings | None,
) -> tuple[list[Word], float, list[StepReport]]:
    """Find text that no word covers, and read the page again with darker ink there.

    Returns
    -------
    words, lost, reports
        The better words, the share of the letters that are still missing, and a report;
        no report if all ink was read.
    """
    scanned = prepared.image  # unless a step changed more than where pixels are
    if any(each.did and each.step in REPAINTS for each in steps):
        scanned = page_ink.with_geometry_of(prepared, _polarised(page, steps))
    read = staged_part_reader(settings.recognition)
    found, lost = unread_text(scanned, words, read)
    if not found:
        return words, 0.0, []
    measured: dict[str, float | str] = {"lost": round(lost, 3)}
    knobs = settings.recognition
    wanted = settings.preprocess
    # If a knob asks a step to erase pale ink, it stays erased.
    kept = wanted.light.contrast != "auto" or wanted.bleed.bleed == "on"
    if (
        kept
        or rapidocr_follows(words, settings, asked)
        or not found.is_paler_on(prepared.image)
    ):
        return words, lost, [StepReport("unread", measured)]
    strong = np.minimum(prepared.image, found.strong)
    dpi, _ = believed_dpi(page, prepared)
    enter_stage(ENGINE)
    again = engines.engine_named(knobs.engine).recognize(strong, knobs, dpi)
    enter_stage("")
    before, after = quality.compared([words, again], knobs.language)
    if after <= before:
        return words, lost, [StepReport("unread", measured)]
    _, left = unread_text(scanned, again, read)
    measured["left"] = round(left, 3)
    return again, left, [StepReport("unread", measured, "pale ink strengthened")]


def _polarised(page: Page, steps: Sequence[StepReport]) -> np.ndarray:
    """Return the pixels of a page as scanned, with dark ink."""
    inverted = any(each.step == "invert" and each.did for each in steps)
    return 255 - page.image if inverted else page.image


def cpu_seconds() -> float:
    """Return the CPU time of this thread and of child processes, in seconds."""
    return time.thread_time() + sum(os.times()[2:4])
