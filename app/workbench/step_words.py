"""Step words: what a step did to a page and why, as a sentence without figures.

The figures that a step measured stand in the details. A report of an earlier version
may lack one that decides between two sentences; then the deed alone is named.
"""

from collections.abc import Mapping

from ocr_core.messages import Message
from ocr_core.page import StepReport

from ..i18n import gettext, gettext_noop
from ..ui.language_names import language_name

UNDONE = "undone"
KEPT = "kept {0}"
SLIGHT_SKEW = 0.2  # degrees, below which lines count as level

# What was done, by the step and its deed; figures of the report are filled in.
DEEDS = gettext_noop(
    {
        "rotate turned": "Turned by {degrees:.0f}°: the text was not upright.",
        "rotate set": "Turned by {degrees:.0f}°, as set.",
        "rotate angle": "Turned by {angle:.1f}°, as set.",
        "deskew straightened": "Turned {size:.1f}°: the lines were slanted.",
        "crop cut out": "Cut out the sheet of paper, and set it straight.",
        "invert inverted": "Made the text dark on light: it was light on dark.",
        "invert parts inverted": (
            "Made the text of {parts:.0f} dark areas dark on light."
        ),
        "denoise smoothed": "Smoothed: the paper is grainy.",
        "denoise median": "Removed specks: there were many.",
        "denoise set": "Smoothed, as set.",
        "bleed erased": "Erased print that shows through from the back.",
        "bleed erased, legible lines kept": (
            "Erased print that shows through from the back, and kept pale lines that "
            "can be read."
        ),
        "light flattened": "Evened out the light: it was uneven.",
        "light creases lightened": (
            "Lightened a fold or streak that crosses lines of text."
        ),
        "light contrast raised": "Increased the contrast, as set.",
        "light cleared": "Cleared the paper: it is rough beside pale ink.",
        "light pale ink strengthened": "Darkened pale ink that can be read.",
        "scale enlarged": (
            "Enlarged {factor:.1f} times: letters of {letters:.0f} px are small."
        ),
        "scale reduced": (
            "Reduced to {percent:.0f} %: letters of {letters:.0f} px are large."
        ),
        "binarize sauvola": "Made each pixel black or white: the light is uneven.",
        "binarize set": "Made each pixel black or white, as set.",
        "margin added": "Added {px:.0f} px of white on each side, as set.",
        "language known": (
            "Read in {languages}: {percent_known:.0f} % of the words of the document "
            "are in that dictionary."
        ),
        "language chosen": "Read in {languages}, which fits the script.",
        "dewarp flattened": "Flattened the curved page: it reads better so.",
        "dewarp undone": "Flattened the page and undid it: it read no better.",
        "text layer taken": "Took the text of the PDF: it is what the page shows.",
        "text layer taken and the rest read": (
            "Took the text of the PDF where it is what the page shows, and read the "
            "rest."
        ),
        "columns read apart": "Read two columns one after the other.",
        "numbers read again": "Read numbers again with the model for English.",
        "lone words read": "Words far from others that had been left out: {added:.0f}.",
        "ornaments left out": "Left out a border of equal marks: {marks:.0f}.",
        "leaders left out": "Left out rows of dots between texts: {rows:.0f}.",
        "fraktur read": "Read with the model for Fraktur: it reads some lines better.",
        "letters read again": "Read the letters of vertical lines with RapidOCR too.",
        "lines read again": "Read lines that overlap again as one block.",
        "rows read apart": "Read each row of letters by itself.",
        "rows read": "Lines that had been left out: {dropped:.0f}.",
        "margin notes read apart": "Read the notes in the margin by themselves.",
        "unread pale ink strengthened": (
            "Read again with darker ink: some text had been left out."
        ),
        "imported taken": "Took the words that another program had read.",
        "read found ink, but no word in it": "Found ink, but no word in it.",
    }
)
# Why nothing was done, by the step and what decided.
REASONS = gettext_noop(
    {
        "rotate": "Left alone: the text is upright.",
        "deskew": "Left alone: no slant was found for sure.",
        "deskew level": "Left alone: the lines are level.",
        "crop": "Left alone: what is around the sheet does no harm.",
        "invert": "Left alone: the text is dark on light.",
        "denoise": "Left alone: there is little grain, and few specks.",
        "bleed": "Left alone: nothing shows through from the back.",
        "light": "Left alone: the light is even enough.",
        "scale": "Left alone: the letters have a good size.",
        "binarize": "Left alone: the light is even enough.",
        "second opinion": "Read once: the first result is good.",
        "dewarp": "Left alone: the page is hardly curved.",
        "text layer": "The PDF has no text on this page.",
        "text layer hidden": (
            "Did not take the text of the PDF: it is hidden, as of an earlier OCR."
        ),
        "text layer unmapped": (
            "Did not take the text of the PDF: it does not say which letters it shows."
        ),
        "text layer not what the page shows": (
            "Did not take the text of the PDF: it is not what the page shows."
        ),
        "text layer too many": "Did not take the text of the PDF: there is too much.",
        "margin notes": "Read the margin with the text: alone it reads no better.",
        "columns": "Read the columns together: one after the other reads no better.",
        "unread": "Some ink may not have been read.",
        "calibration": (
            "A confidence is the share of words like this one that are right."
        ),
    }
)
# The reading that was kept, by its name in a second opinion.
KEPT_READINGS = gettext_noop(
    {
        "first": "Read in several ways; none was better than the first.",
        "rapidocr": "Read in several ways; RapidOCR read it best.",
        "tesseract": "Read in several ways; Tesseract read it best.",
        "as scanned": "Read in several ways; best without preparing the page.",
        "sauvola": "Read in several ways; best in black and white.",
        "one block": "Read in several ways; best as one block of text.",
        "vertical block": "Read in several ways; best as one block of vertical lines.",
        "sparse text": "Read in several ways; best as scattered text.",
        "smoothed": "Read in several ways; best with its grain smoothed.",
        "fraktur": "Read in several ways; best with the model for Fraktur.",
    }
)


def step_words(report: StepReport) -> str:
    """Return what a step did and why, in a sentence or two."""
    if isinstance(report.did, Message) and report.did.template == KEPT:
        name = str(report.did.values[0])
        if name in KEPT_READINGS:
            return gettext(KEPT_READINGS[name])
    if not report.did:
        return reason(report)
    whole = f"{report.step} {report.did}"
    if report.did == UNDONE and whole not in DEEDS:
        return gettext("Tried, and undone: less of the text could be read.")
    deeds = [str(report.did)] if whole in DEEDS else parts(report)
    return " ".join(deed_words(report.step, deed, report.measured) for deed in deeds)


def parts(report: StepReport) -> list[str]:
    """Return the deeds of a step that can do several things."""
    return [each for each in report.did.split(", ") if each]


def reason(report: StepReport) -> str:
    """Return why a step did nothing."""
    measured, step = report.measured, report.step
    name = f"{step} {measured.get('reason', '')}".strip()
    if step == "deskew" and abs(number(measured, "degrees")) < SLIGHT_SKEW:
        name = "deskew level"
    found = REASONS.get(name) or REASONS.get(step)
    return gettext(found) if found else gettext("Left alone.")


def deed_words(step: str, deed: str, measured: Mapping[str, float | str]) -> str:
    """Return the sentence on one deed, or its name if no sentence fits."""
    template = DEEDS.get(decided(f"{step} {deed}", measured), "")
    try:
        sentence = gettext(template).format(**figures(measured))
    except KeyError:  # an earlier version measured less
        sentence = ""
    if sentence:
        return sentence
    named = gettext(deed)
    return named[:1].upper() + named[1:] + "."


def figures(measured: Mapping[str, float | str]) -> dict[str, object]:
    """Return the figures of a report, and those that follow from them."""
    found: dict[str, object] = dict(measured)
    if "degrees" in measured:
        found["size"] = abs(number(measured, "degrees"))
    if "factor" in measured:
        found["percent"] = 100 * number(measured, "factor")
    if "known" in measured:
        found["percent_known"] = 100 * number(measured, "known")
    if "read_as" in measured:
        found["languages"] = languages_of(str(measured["read_as"]))
    return found


def decided(deed: str, measured: Mapping[str, float | str]) -> str:
    """Return which sentence fits a deed: the figures tell what was only set."""
    if deed == "rotate turned" and not number(measured, "degrees"):
        return "rotate angle"
    if deed == "rotate turned" and "beside" not in measured:
        return "rotate set"
    if deed == "scale scaled":
        return "scale enlarged" if number(measured, "factor") > 1 else "scale reduced"
    if deed.startswith(("denoise", "binarize")) and not measured:
        return deed.partition(" ")[0] + " set"
    if deed == "language chosen" and "known" in measured:
        return "language known"
    return deed


def number(measured: Mapping[str, float | str], name: str) -> float:
    """Return a figure of a report; 0 where it has none."""
    value = measured.get(name, 0)
    return float(value) if isinstance(value, int | float) else 0.0


def languages_of(codes: str) -> str:
    """Return the names of language codes that are joined by +."""
    return " + ".join(language_name(code) for code in codes.split("+") if code)
