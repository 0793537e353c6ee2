"""Trial reading: read a page with settings to try, once for the same prepared pixels.

Many settings change nothing on a given page: a step acts only where it finds something
to do. The engine then sees the same pixels, and finds the same words.
"""

import hashlib
import time
from collections.abc import Collection, Sequence

from ocr_core.attempts import REPAINTS, cpu_seconds, prepare_page, read_prepared
from ocr_core.documents import load_page, recorded_words
from ocr_core.imaging.legibility import judged
from ocr_core.page import Page, PageRef, PageResult, StepReport
from ocr_core.page_request import request_for
from ocr_core.pipeline import recognize_page, result_of
from ocr_core.settings import Settings
from ocr_core.stored_text import own_text


def read_trial(
    ref: PageRef, settings: Settings, known: Collection[str] = ()
) -> tuple[str, PageResult | None]:
    """Read a page, unless pixels prepared in the same way are `known` by their key.

    Returns
    -------
    key, result
        The key of the prepared pixels; empty where more than one reading, or a text
        that is not read, makes the result. No result if the key is known.

    Raises
    ------
    OcrError
        As in `recognize_page`.
    """
    request, start = request_for(ref, settings, time.perf_counter()), cpu_seconds()
    settings, knobs = request.settings, request.settings.recognition
    more = knobs.second_opinion != "off" or request.is_open
    if more or (knobs.text_layer != "off" and recorded_words(ref, knobs.dpi)):
        return "", recognize_page(ref, request.wanted)
    digital = own_text(ref, settings)
    if digital is not None and digital.words:
        return "", recognize_page(ref, request.wanted)
    page = load_page(ref, knobs.dpi)
    prepared, reports = prepare_page(page, settings)
    key = pixel_key(prepared, reports, settings)
    if key in known:
        return key, None
    first = read_prepared(page, prepared, reports, settings, start)
    return key, result_of(page, request, attempt=first)


def pixel_key(prepared: Page, reports: Sequence[StepReport], settings: Settings) -> str:
    """Return a digest of all that the words and the quality of a page depend on.

    Besides pixels, geometry and recognition knobs, that is whether pale ink is
    strengthened, and whether ink is searched that the steps may have removed.
    """
    steps = settings.preprocess
    context = (
        prepared.image.shape,
        prepared.home.round(9).tolist(),
        settings.recognition,
        steps.light.contrast == "auto" and steps.bleed.bleed != "on",
        any(each.did and each.step == "invert" for each in reports),
        any(
            each.did and each.step in REPAINTS and not judged(each) for each in reports
        ),
    )
    digest = hashlib.sha256(repr(context).encode())
    digest.update(prepared.image.tobytes())
    return digest.hexdigest()
