"""Notes: facts that a reader of a page should know, a sentence for each code.

The codes are in the column `notes` of pages.csv, where programs may look for them, so
they must not change. The numbered placeholders are filled with figures and names.
"""

from collections.abc import Sequence

from ocr_core.messages import Message
from ocr_core.page import Note, printable, replace_surrogates

MAX_NAMES = 10  # of files or layers listed in a sentence
MAX_NAME_CHARACTERS = 60

SENTENCES = {
    "file-ends-early": "The end of the file is missing; the picture itself is whole.",
    "checksum-mismatch": (
        "A checksum of the file is wrong; another shows that the picture is whole."
    ),
    "picture-checksum": (
        "A picture on the page does not match its checksum; part of it may be wrong."
    ),
    "picture-ends-early": (
        "The data of a picture on the page end without their end mark; its last lines "
        "may be missing."
    ),
    "picture-damaged": (
        "The data of a picture on the page are damaged: {0} of its {1} rows could not "
        "be decoded."
    ),
    "picture-corrupt": (
        "The data of a picture on the page are damaged; part of it may be wrong or "
        "missing."
    ),
    "content-damaged": (
        "The data that draw the page are damaged; some of its text may be missing."
    ),
    "pdf-repaired": (
        "The PDF was damaged and has been repaired; part of its text may be missing."
    ),
    "language-found": "The document looks like {0}.",
    "language-found-known": (
        "The document looks like {0}: {1} % of the words that were tried are known."
    ),
    "language-unknown": (
        "The language of the document could not be determined; it was read as {0}."
    ),
    "language-missing": (
        "The language {0} is not installed, and {2} was read instead. On Debian or "
        "Ubuntu: sudo apt-get install tesseract-ocr-{1}"
    ),
    "language-misfit": (
        "The page looks like {0}: {2} % of its words are known there, and {1} % in the "
        "language in which it was read."
    ),
    "page-reduced": (
        "The page has more pixels than the limit; it was read at 1/{0} of its width "
        "and height, to which all positions refer."
    ),
    "page-label": "The page is labelled {0} in the METS file.",
    "no-picture": (
        "There is no picture of this page; its words are taken as they are recorded."
    ),
    "no-confidence": (
        "The file does not state the confidence of its words; it was set to 100."
    ),
    "resolution-ignored": (
        "At {0} dpi the letters would be {1} points high, so this resolution was "
        "ignored."
    ),
    "only-noise": (
        "The marks on this page lie in no rows, as in noise or a pattern: it has no "
        "text that can be read."
    ),
    "text-not-read": (
        "There is text on the page that was not read, about {0} % of it: its ink is "
        "too pale, or something covers it."
    ),
    "pixels-not-square": (
        "The scan has {0} dpi across and {1} dpi down; it was read, and its pixels "
        "are counted, at {2} dpi both ways."
    ),
    "fax-resolution-assumed": (
        "The file states no resolution, but it is as wide as a fax and its letters are "
        "squeezed; it was taken for one of {0} dpi across and {1} dpi down, and read "
        "at {2} dpi both ways."
    ),
    "unequal-resolution-ignored": (
        "The file states {0} dpi across and {1} dpi down, but its letters are not "
        "squeezed; it was read as it is."
    ),
    "mostly-marks": (
        "Most words on the page are single marks, as in a table of crosses or digits; "
        "the engine may have taken one for another."
    ),
    "second-reading-failed": (
        "The page was read poorly, and it took too long, or the engine crashed, when "
        "it was read a second time; the first reading was kept."
    ),
    "second-engine-missing": (
        "The page was read poorly, and RapidOCR, which could read it a second time, is "
        "not installed: pip install rapidocr onnxruntime"
    ),
    "drawn-finer": (
        "The page was drawn at {0} dpi, as its picture allows, because its letters "
        "are too small at {1} dpi."
    ),
    "drawn-coarser": "The page is so large that it was drawn at {0} dpi, not at {1}.",
    "portfolio": (
        "The PDF is a portfolio; the documents attached to it were not read: {0}. "
        "Save them as files of their own to read them."
    ),
    "attachments": "Files attached to the PDF were not read: {0}.",
    "xfa-form": (
        "The PDF holds an XFA form, which only Adobe programs show; what is read is "
        "the page that others see. Print it to a new PDF in Adobe Reader to read it."
    ),
    "hidden-layers": "Hidden layers of the PDF were not read: {0}.",
}
# Codes of the notes that speak for or against the language of a page.
EVIDENCE_NOTES = ("language-found", "language-found-known", "language-unknown")
LANGUAGE_NOTES = (*EVIDENCE_NOTES, "language-missing", "language-misfit")


def note(code: str, *values: object) -> Note:
    """Return the note of a code with its placeholders filled."""
    return Note(code, Message(SENTENCES[code], *values))


def listed(names: Sequence[str]) -> str:
    """Return names as text for a sentence: the first few, and the number of others."""
    shown = [_shortened(name) for name in names[:MAX_NAMES]]
    more = len(names) - len(shown)
    names_text = ", ".join(shown)
    return Message("{0} and {1} more", names_text, more) if more else names_text


def _shortened(name: str) -> str:
    plain = printable(replace_surrogates(name), " ").strip() or "unnamed"
    return (
        plain
        if len(plain) <= MAX_NAME_CHARACTERS
        else plain[: MAX_NAME_CHARACTERS - 1] + "…"
    )
