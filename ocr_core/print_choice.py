"""Print choice: a few lines show whether a page is read with a model for Fraktur.

A model reads a page in the other kind of letters poorly, but takes as long for it. So
the model of today's letters reads the densest lines of the prepared page first; where
it reads them poorly, that for Fraktur reads them too.
"""

from ocr_core.engines import Recognition, engine_named, part_reader
from ocr_core.engines.fraktur import TODAY, fraktur_model, in_letters_of_today
from ocr_core.errors import MissingEngineError
from ocr_core.imaging import legibility, measurements
from ocr_core.page import Page, StepReport
from ocr_core.settings import Settings
from ocr_core.text.quality import compared

# Score of these lines from which they are in today's letters: on three pages in Fraktur
# it was 0.34 to 0.69, on two others 0.60 to 0.87.
TODAY_READ = 0.8
# Least gain of the model for Fraktur: on these pages 0.09 to 0.24 in Fraktur, and below
# -0.04 in today's letters.
GAIN = 0.05


def with_model_for_print(
    prepared: Page, settings: Settings
) -> tuple[Settings, StepReport | None]:
    """Return settings with the model that suits the print of a page.

    Returns
    -------
    settings, report
        The settings themselves, without a report, unless the lines are in Fraktur.
    """
    knobs = settings.recognition
    model = _fraktur_of(knobs)
    if not model:
        return settings, None
    letters = measurements.letters_of(prepared)
    parts = legibility.densest(letters.middles, letters.height, legibility.STRIP, 1)
    if not parts:
        return settings, None
    lines = legibility.cut_out(prepared.image, parts[0], letters.height)
    today = part_reader(knobs, dark=True)(lines)
    if compared([today], knobs.language)[0] >= TODAY_READ:
        return settings, None
    other = Settings.from_flat({**settings.flat(), "language": model})
    old = in_letters_of_today(part_reader(other.recognition, dark=True)(lines))
    before, after = compared([today, old], knobs.language)
    if after < before + GAIN:
        return settings, None
    measured: dict[str, float | str] = {
        "today": round(before, 3),
        "fraktur": round(after, 3),
    }
    return other, StepReport("fraktur", measured, "read")


def _fraktur_of(knobs: Recognition) -> str:
    """Return the model for Fraktur if the page is in German; "" if none may be chosen.

    A text in several languages is left to the second opinion.
    """
    if knobs.second_opinion == "off" or knobs.engine == "rapidocr":
        return ""
    if knobs.language != TODAY:
        return ""
    try:
        installed = engine_named(knobs.engine).languages()
    except MissingEngineError:
        return ""
    return fraktur_model(installed)
