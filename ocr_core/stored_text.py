"""Stored text: a page's result from the text that its file holds.

That is digital text of a PDF, or recorded OCR in a file beside the scan.
"""

import time
from dataclasses import replace

import numpy as np

from ocr_core.attempts import staged_part_reader
from ocr_core.digital_text import ENGINE as TEXT_ENGINE
from ocr_core.digital_text import DigitalText, digital_text, joined
from ocr_core.documents import file_digest, is_pdf, recorded_words
from ocr_core.engines import AUTO, Recognition
from ocr_core.errors import InputError
from ocr_core.language_choice import language_of_text
from ocr_core.page import PageRef, PageResult, StepReport
from ocr_core.page_request import Request
from ocr_core.settings import Settings
from ocr_core.text.quality import of_whole, page_quality


def result_of_record(
    ref: PageRef, settings: Settings, start: float
) -> PageResult | None:
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
        quality=page_quality(page.rows, language),
    )


def own_text(ref: PageRef, settings: Settings) -> DigitalText | None:
    """Return a page's digital text; None if it is not a PDF, or `text_layer` is off."""
    knobs = settings.recognition
    file_digest(ref)  # raises an error if it is not a file
    if knobs.text_layer == "off" or not is_pdf(ref):
        return None
    return digital_text(ref, knobs, staged_part_reader(knobs, dark=False))


def digital_result(ref: PageRef, digital: DigitalText, request: Request) -> PageResult:
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
        quality=of_whole(digital.quality, digital.intact),
    )
    return request.answered(result)


def with_digital_text(
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
