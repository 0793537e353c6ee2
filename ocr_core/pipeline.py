"""Pipeline: reads the words of one page."""

import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

import numpy as np

from ocr_core.dewarping import dewarped
from ocr_core.digital_text import ENGINE as TEXT_ENGINE
from ocr_core.digital_text import DigitalText, digital_text, joined
from ocr_core.documents import file_digest, is_pdf, load_page, recorded_words
from ocr_core.documents.notes import note
from ocr_core.documents.resolution import believed_dpi
from ocr_core.engines import AUTO, Recognition, engine_named, part_reader
from ocr_core.engines.known_words import KnownRun
from ocr_core.errors import InputError
from ocr_core.imaging import page_ink
from ocr_core.imaging.legibility import judged
from ocr_core.imaging.unread import unread_text
from ocr_core.language_choice import (
    LEAST_LETTERS,
    fits,
    language_of_reading,
    language_of_text,
    misfit,
)
from ocr_core.page import (
    Page,
    PageRef,
    PageResult,
    PartReader,
    StepReport,
    Word,
    to_scan,
)
from ocr_core.page_request import Request, request_for
from ocr_core.processes.worker_process import ENGINE, enter_stage, offer
from ocr_core.rereading import read_parts_again
from ocr_core.second_opinion import (
    ONLY_NOISE,
    Attempt,
    of_noise,
    rapidocr_follows,
    second_opinion,
)
from ocr_core.settings import Settings
from ocr_core.sure_words import sure_runs
from ocr_core.text import quality
from ocr_core.text.calibration import calibrated

STRAIGHT = {"rotate": "0", "angle": 0.0, "crop": "off", "deskew": "off", "margin": 0}
PLACING = ("rotate", "dewarp", "crop", "deskew")
STILL = 1e-3  # tolerance: a scale is rounded to whole pixels
REREADINGS = "lines,rows,margin notes,columns,lone words,letters,numbers,unread"
REPAINTS = ("denoise", "bleed", "light", "binarize")  # steps that may remove ink


def recognize_page(page: Page | PageRef, settings: Settings) -> PageResult:
    """Prepare a page, read it, and return the words with boxes on the page as scanned.

    Raises
    ------
    OcrError
        If the page, the engine or a language cannot be used; the message is for the
        user.
    TypeError
        If an argument is of another type.
    """
    for value, types in ((page, (Page, PageRef)), (settings, Settings)):
        if not isinstance(value, types):
            raise TypeError(f"recognize_page() takes no {type(value).__name__}.")
    start = time.perf_counter()
    if isinstance(page, PageRef) and (found := _of_record(page, settings, start)):
        return found
    request = request_for(page, settings, start)
    knobs = request.settings.recognition
    engine_named(knobs.engine).language_data(knobs.language)  # fail before loading
    if isinstance(page, Page):
        return result_of(page, request)
    digital = own_text(page, request.settings)
    if digital is None:
        return result_of(load_page(page, knobs.dpi), request)
    if not digital.words:
        return result_of(
            load_page(page, knobs.dpi),
            request,
            lambda read: replace(read, reports=(digital.report, *read.reports)),
        )
    if digital.rest:
        with suppress(InputError):  # a lost picture is reported, the text is kept
            rest = load_page(page, knobs.dpi, without=digital.taken)
            return result_of(
                rest,
                request.of_text(digital.words),
                lambda read: _with_digital_text(read, digital, knobs),
            )
    return _digital_result(page, digital, request.of_text(digital.words))


def _of_record(ref: PageRef, settings: Settings, start: float) -> PageResult | None:
    """Return a page's recorded OCR from its file; None if the page must be read."""
    knobs = settings.recognition
    found = recorded_words(ref, knobs.dpi) if knobs.text_layer != "off" else None
    if found is None:
        return None
    page, notes = found
    if page.error and not page.rows:
        raise InputError("{0}: {1}", ref.source_file, page.error)
    language = page.language or knobs.language
    if language == AUTO:
        language = language_of_text(page.rows).code
    return PageResult(
        ref=ref,
        rows=page.rows,
        size=page.size,
        dpi=page.dpi,
        sha256=file_digest(ref),
        engine=page.engine,
        language=language,
        seconds=round(time.perf_counter() - start, 3),
        status="ok" if page.rows else "blank",
        source="imported",
        reports=(page.report,),
        notes=notes,
        settings_digest=settings.digest,
        settings=settings.flat(),
        quality=quality.page_quality(page.rows, language),
    )


def own_text(ref: PageRef, settings: Settings) -> DigitalText | None:
    """Return a page's digital text; None if it is not a PDF, or `text_layer` is off."""
    knobs = settings.recognition
    file_digest(ref)  # raises an error if it is not a file
    if knobs.text_layer == "off" or not is_pdf(ref):
        return None
    return digital_text(ref, knobs, _part_reader(knobs, dark=False))


def _digital_result(ref: PageRef, digital: DigitalText, request: Request) -> PageResult:
    """Return the result of a page that has only digital text."""
    turned = StepReport("rotate", {"degrees": 360 - 90 * digital.turn}, "turned")
    result = PageResult(
        ref=ref,
        rows=digital.words,
        size=digital.size,
        dpi=digital.dpi,
        sha256=file_digest(ref),
        engine=TEXT_ENGINE,
        language=request.settings.recognition.language,
        source="pdf-text",
        reports=(digital.report, *([turned] if digital.turn else [])),
        notes=digital.notes,
        quality=_of_whole(digital.quality, digital.intact),
    )
    return request.answered(result)


def _with_digital_text(
    result: PageResult, digital: DigitalText, knobs: Recognition
) -> PageResult:
    """Return the words read on a page together with its digital text."""
    rows, read = joined(digital, result.rows, result.size, knobs.join_rows)
    letters = {
        kind: sum(len(word.text) for word in words)
        for kind, words in (("read", read), ("own", digital.words))
    }
    weights = letters["own"], letters["read"]
    qualities = digital.quality or 0.0, result.quality or 0.0
    return replace(
        result,
        rows=rows,
        size=digital.size,
        dpi=digital.dpi,
        status="ok",
        source="mixed" if read else "pdf-text",
        engine=f"{TEXT_ENGINE}, {result.engine}" if read else TEXT_ENGINE,
        language_data=result.language_data if read else "",
        reports=(digital.report, *result.reports),
        quality=round(float(np.average(qualities, weights=weights)), 4),
    )


def result_of(
    page: Page,
    request: Request,
    whole: Callable[[PageResult], PageResult] = lambda read: read,
    attempt: Attempt | None = None,
) -> PageResult:
    """Read the pixels of a page, unless its first `attempt` was made.

    `whole` adds what is known from other sources.
    """
    first = attempt or read_as(page, request.settings)
    bare = not first.rows and page_ink.is_bare(first.prepared.image)
    empty = bare or ONLY_NOISE in [each.code for each in first.notes]

    def result(reading: Attempt, *, final: bool = True) -> PageResult:
        language = request.settings.recognition.language
        read = _page_result(page, reading, language, blank=bare, final=final)
        return request.answered(whole(read))

    def offer_first() -> None:
        failed = note("second-reading-failed")
        offer(result(replace(first, notes=(*first.notes, failed)), final=False))

    def read_flat(flat: Page, other: Settings) -> Attempt:
        offer_first()
        return read_as(flat, other)

    if request.is_open and not empty:
        if not fits(first.rows, request.settings.recognition.language):
            offer_first()  # trials of other languages take long where nothing is read
        first, request = _in_own_language(page, first, request)
    settings = request.settings
    if empty or settings.recognition.second_opinion == "off":
        return result(first)
    if settings.recognition.dewarp == "auto":
        page, first = dewarped(page, first, settings, read_flat)

    def read_again(other: Settings) -> Attempt | None:
        offer_first()
        return _read_with(page, first, settings, other)

    kept, report = second_opinion(first, settings, read_again)
    return result(replace(kept, reports=(*kept.reports, report)))


def _in_own_language(
    page: Page, first: Attempt, request: Request
) -> tuple[Attempt, Request]:
    """Return the first attempt at a page, read again unless it was in its language."""
    expected = request.settings
    choice = language_of_reading(page, first.rows, expected.recognition)
    if not choice.likely and choice.letters < LEAST_LETTERS:
        # Pale letters are found on the prepared page only.
        other = language_of_reading(first.prepared, first.rows, expected.recognition)
        choice = other if other.letters > choice.letters else choice
    request = request.chosen(choice)
    if choice.code == expected.recognition.language:
        return first, request
    if choice.script == "Latin":
        again = _read_with(page, first, expected, request.settings)
    else:  # the steps may need a reader of that script
        again = read_as(page, request.settings)
    return again or first, request


def _page_result(
    page: Page,
    reading: Attempt,
    language: str,
    *,
    blank: bool = False,
    final: bool = True,
) -> PageResult:
    """Return the result of a page whose pixels were read.

    Only for a `final` one it is checked whether the language fits: that may load other
    lexicons.
    """
    reports = reading.reports
    if not reading.rows and not blank:
        found = StepReport("read", {"words": 0}, "found ink, but no word in it")
        reports = (*reports, found)
    marks = (note("mostly-marks"),) if quality.mostly_marks(reading.rows) else ()
    unfit = misfit(reading.rows, language) if final else ()
    rows, scale = calibrated(reading.words, language, reading.voters)
    estimate = quality.read_quality(rows, reading.share) if rows else reading.quality
    return PageResult(
        ref=page.ref,
        rows=rows,
        size=page.size,
        dpi=page.dpi,
        sha256=page.sha256,
        engine=reading.engine,
        language=reading.language,
        language_data=reading.language_data,
        status="blank" if blank else "ok",
        reports=(*reports, scale) if rows else reports,
        notes=(*page.notes, *reading.notes, *marks, *unfit),
        quality=_of_whole(estimate, page.intact),
    )


def _of_whole(quality: float | None, intact: float) -> float | None:
    """Return the quality of a page of which only the share `intact` was decoded."""
    return None if quality is None else round(quality * intact, 4)


def first_words(ref: PageRef, settings: Settings) -> tuple[Word, ...]:
    """Read the top of a page, above a gap without text, as an early preview.

    Returns
    -------
    tuple of Word
        Words with boxes on the page as scanned; empty if there is no such gap. They may
        differ from those of the whole page, which shows complete columns and tables.

    Raises
    ------
    OcrError
        As in `recognize_page`.
    """
    knobs = settings.recognition
    if knobs.text_layer != "off" and recorded_words(ref, knobs.dpi):
        return ()  # reading the whole page is as fast
    request = request_for(ref, settings, 0.0)
    settings, knobs = request.settings, request.settings.recognition
    digital = own_text(ref, settings)
    if digital is not None and digital.words:
        return ()
    page = load_page(ref, knobs.dpi)
    prepared, _ = prepare_page(page, settings)
    end = page_ink.text_gap(prepared.image)
    if not end:
        return ()
    dpi, _ = believed_dpi(page, prepared)
    words = engine_named(knobs.engine).recognize(
        np.ascontiguousarray(prepared.image[:end]), knobs, dpi
    )
    if request.is_open and not fits(words, knobs.language):
        return ()  # the page will be read in another language
    return tuple(to_scan(words, prepared.home, page.size))


def read_as(page: Page, settings: Settings) -> Attempt:
    """Prepare and read a page with some settings, and score the result."""
    start = cpu_seconds()
    prepared, reports = prepare_page(page, settings)
    return read_prepared(page, prepared, reports, settings, start)


def _read_with(
    page: Page, first: Attempt, settings: Settings, other: Settings
) -> Attempt | None:
    """Read a page with other settings; None if they change nothing for the engine.

    Orientation, page outline and tilt are taken from the first attempt.
    """
    start = cpu_seconds()
    if other.preprocess == settings.preprocess:
        rereadings = REREADINGS.split(",")
        reports = [each for each in first.reports if each.step not in rereadings]
        return read_prepared(page, first.prepared, reports, other, start)
    flat = {**other.flat(), **STRAIGHT}
    prepared, reports = prepare_page(
        _straightened(page, first.prepared), Settings.from_flat(flat)
    )
    alike = other.recognition == settings.recognition
    if alike and np.array_equal(prepared.image, first.prepared.image):
        return None
    placed = [report for report in first.reports if report.step in PLACING]
    known = sure_runs(first, other.recognition, prepared)
    return read_prepared(page, prepared, placed + reports, other, start, known)


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
    return settings.preprocess.apply(page, _part_reader(settings.recognition))


def _part_reader(knobs: Recognition, *, dark: bool = True, **how: bool) -> PartReader:
    """Return a reader for parts of a page that reports the stage as the engine's."""
    reader = part_reader(knobs, dark=dark, **how)

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
    reports: list[StepReport],
    settings: Settings,
    start: float,
    known: Sequence[KnownRun] = (),
) -> Attempt:
    """Read prepared pixels; `start` is the CPU time before they were prepared."""
    knobs = settings.recognition
    engine = engine_named(knobs.engine)
    dpi, doubts = believed_dpi(page, prepared)
    ink = page_ink.ink_boxes(prepared.image)
    if page_ink.is_noise(prepared.image, ink):
        return of_noise(prepared, reports, knobs, cpu_seconds() - start)
    enter_stage(ENGINE)
    words = engine.recognize(prepared.image, knobs, dpi, known)
    enter_stage("")
    words, apart = read_parts_again(
        prepared.image,
        ink,
        words,
        knobs,
        lambda image: engine.recognize(image, knobs, dpi),
        _part_reader,
    )
    words, lost, more = _with_unread(page, prepared, reports, words, settings)
    reports = [*reports, *apart, *more]
    if any(each.did and each.step in REPAINTS and not judged(each) for each in reports):
        turned = any(each.step == "invert" and each.did for each in reports)
        scanned = 255 - page.image if turned else page.image
        gone = page_ink.lost_boxes(scanned, prepared.image, prepared.home)
        ink = np.vstack([ink, gone])
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
        reports=tuple(reports),
        notes=doubts,
        quality=estimate,
        cpu=cpu_seconds() - start,
        share=share,
        ink=boxes,
    )


def _with_unread(
    page: Page,
    prepared: Page,
    reports: list[StepReport],
    words: list[Word],
    settings: Settings,
) -> tuple[list[Word], float, list[StepReport]]:
    """Find text that no word covers, and read the page again with darker ink there.

    Returns
    -------
    words, lost, reports
        The better words, the share of the letters that are still missing, and a report;
        no report if all ink was read.
    """
    turned = any(each.step == "invert" and each.did for each in reports)
    scanned = page_ink.with_geometry_of(
        prepared, 255 - page.image if turned else page.image
    )
    read = _part_reader(settings.recognition)
    found, lost = unread_text(scanned, words, read)
    if not found:
        return words, 0.0, []
    measured: dict[str, float | str] = {"lost": round(lost, 3)}
    knobs = settings.recognition
    steps = settings.preprocess
    # If a knob asks a step to erase pale ink, it stays erased.
    kept = steps.light.contrast != "auto" or steps.bleed.bleed == "on"
    if (
        kept
        or rapidocr_follows(words, settings)
        or not found.is_paler_on(prepared.image)
    ):
        return words, lost, [StepReport("unread", measured)]
    strong = np.minimum(prepared.image, found.strong)
    dpi, _ = believed_dpi(page, prepared)
    enter_stage(ENGINE)
    again = engine_named(knobs.engine).recognize(strong, knobs, dpi)
    enter_stage("")
    before, after = quality.compared([words, again], knobs.language)
    if after <= before:
        return words, lost, [StepReport("unread", measured)]
    _, left = unread_text(scanned, again, read)
    measured["left"] = round(left, 3)
    return again, left, [StepReport("unread", measured, "pale ink strengthened")]


def cpu_seconds() -> float:
    """Return the CPU time of this thread and of child processes, in seconds."""
    return time.thread_time() + sum(os.times()[2:4])
