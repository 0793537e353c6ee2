"""Pipeline: reads the words of one page."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import numpy as np

from ocr_core import engines
from ocr_core.attempts import prepare_page, read_as, read_with
from ocr_core.chosen_language import LEAST_LETTERS
from ocr_core.dewarping import dewarped, has_long_lines
from ocr_core.documents import load_page, recorded_words
from ocr_core.documents.notes import note
from ocr_core.documents.resolution import believed_dpi
from ocr_core.errors import InputError
from ocr_core.imaging import page_ink
from ocr_core.language_choice import fits, language_of_reading, misfit
from ocr_core.page import (
    Page,
    PageRef,
    PageResult,
    StepReport,
    Word,
    to_scan,
)
from ocr_core.page_request import Request, request_for
from ocr_core.processes.worker_process import offer
from ocr_core.second_opinion import (
    GOOD,
    ONLY_NOISE,
    Attempt,
    second_opinion,
)
from ocr_core.settings import Settings
from ocr_core.stored_text import (
    digital_result,
    own_text,
    result_of_record,
    with_digital_text,
)
from ocr_core.text import quality
from ocr_core.text.calibration import calibrated


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
    if isinstance(page, PageRef) and (found := result_of_record(page, settings, start)):
        return found
    request = request_for(page, settings, start)
    knobs = request.settings.recognition
    engines.engine_named(knobs.engine).language_data(
        knobs.language
    )  # fail before loading
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
                lambda read: with_digital_text(read, digital, knobs),
            )
    return digital_result(page, digital, request.of_text(digital.words))


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

    if request.is_open and not empty:
        if not fits(first.rows, request.settings.recognition.language):
            offer_first()  # trials of other languages take long where nothing is read
        first, request = _in_own_language(page, first, request)
    settings = request.settings
    if empty or settings.recognition.second_opinion == "off":
        return result(first)

    def read_flat(flat: Page, other: Settings) -> Attempt:
        offer_first()
        return read_as(flat, other)

    def best() -> Attempt:
        kept, report = second_opinion(first, settings, read_again)
        return replace(kept, reports=(*kept.reports, report))

    def read_again(other: Settings) -> Attempt | None:
        offer_first()
        return read_with(page, first, settings, other)

    may_curve = settings.recognition.dewarp == "auto"
    # Words of long lines show whether they are curved; without them, a network must.
    known = may_curve and has_long_lines(first)
    if known:
        page, first = dewarped(page, first, settings, read_flat)
    kept = best()
    if may_curve and not known and (kept.quality or 0.0) < GOOD:
        before = page, len(first.steps)
        page, first = dewarped(page, first, settings, read_flat)
        if page is not before[0]:
            return result(best())
        kept = replace(kept, steps=(*kept.steps, *first.steps[before[1] :]))
    return result(kept)


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
        again = read_with(page, first, expected, request.settings)
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
    reports = (*reading.steps, *reading.reports)
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
        quality=quality.of_whole(estimate, page.intact),
    )


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
    words = engines.engine_named(knobs.engine).recognize(
        np.ascontiguousarray(prepared.image[:end]), knobs, dpi
    )
    if request.is_open and not fits(words, knobs.language):
        return ()  # the page will be read in another language
    return tuple(to_scan(words, prepared.home, page.size))
