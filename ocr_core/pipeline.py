"""The pipeline: one page in, its words out."""

import time

from ocr_core.documents import load_page
from ocr_core.engines import engine_named
from ocr_core.page import Page, PageRef, PageResult, bring_home
from ocr_core.settings import Settings


def recognize_page(page: Page | PageRef, settings: Settings) -> PageResult:
    """Prepare a page, read it, and place the words on the page as scanned.

    Raises
    ------
    OcrError
        Where the page, the engine or a language will not do; the message is for
        the user.
    """
    start = time.perf_counter()
    knobs = settings.recognition
    engine = engine_named(knobs.engine)
    data = engine.language_data(knobs.language)  # refuses what is not installed
    if isinstance(page, PageRef):
        page = load_page(page, knobs.dpi)
    prepared, notes = settings.preprocess.apply(page)
    words = engine.recognize(prepared.image, knobs, prepared_dpi(page, prepared))
    rows = bring_home(words, prepared.home, page.size)
    return PageResult(
        ref=page.ref,
        rows=tuple(rows),
        size=page.size,
        dpi=page.dpi,
        sha256=page.sha256,
        engine=f"{engine.name} {engine.version}",
        language=knobs.language,
        language_data=data,
        seconds=round(time.perf_counter() - start, 3),
        status="ok" if rows else "blank",
        notes=tuple(notes),
        settings_digest=settings.digest,
        settings=settings.flat(),
    )


def prepared_dpi(page: Page, prepared: Page) -> int:
    """Return the resolution of the prepared pixels; 0 where the page states none."""
    across = prepared.home[:2, 0]
    return round(page.dpi / max(1e-6, float((across @ across) ** 0.5)))
