"""Catalogue of a PDF: what it says beside its pages, which PDFium does not tell."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ocr_core.documents.notes import listed, note
from ocr_core.page import Note

LARGEST_UNIT = 75_000  # points: PDF readers accept no larger one


@dataclass(frozen=True)
class About:
    """What a PDF says of a page: the size of its unit in points, and notes."""

    unit: float = 1.0
    notes: tuple[Note, ...] = ()


def about_page(path: str, digest: str, number: int) -> About:
    """Return what a PDF says of a page; nothing where it cannot be opened so."""
    pdf, notes = _opened(path, digest)
    if pdf is None:
        return About()
    try:
        unit = float(pdf.pages[number - 1].obj.get("/UserUnit", 1))
    except Exception:  # a damaged page tree must not cost a page that can be drawn
        unit = 1.0
    return About(unit if 0 < unit <= LARGEST_UNIT else 1.0, notes)


@lru_cache(maxsize=1)
def _opened(path: str, digest: str) -> tuple[Any, tuple[Note, ...]]:
    import pikepdf

    try:
        pdf = pikepdf.open(path)
    except Exception:  # PDFium could open it, and it is the one that draws
        return None, ()
    found = (_attached(pdf), _xfa_form(pdf), _hidden_layers(pdf))
    return pdf, tuple(each for each in found if each)


def _attached(pdf: Any) -> Note | None:
    """Return a note of the files within a PDF; in a portfolio they are the matter."""
    try:
        names = [
            file.filename or name for name, file in sorted(pdf.attachments.items())
        ]
        portfolio = "/Collection" in pdf.Root
    except Exception:  # the name tree may be damaged, or a ring
        return None
    if not names:
        return None
    return note("portfolio" if portfolio else "attachments", listed(names))


def _xfa_form(pdf: Any) -> Note | None:
    try:
        return note("xfa-form") if "/XFA" in pdf.Root.AcroForm else None
    except Exception:  # no form, or none of the right kind
        return None


def _hidden_layers(pdf: Any) -> Note | None:
    """Return a note of the layers that are hidden when the PDF is opened."""
    try:
        layers = pdf.Root.OCProperties
        usual = layers.get("/D", {})
        hidden = {each.objgen for each in usual.get("/OFF", [])}
        if str(usual.get("/BaseState", "/ON")) == "/OFF":
            shown = {each.objgen for each in usual.get("/ON", [])}
            hidden |= {each.objgen for each in layers.OCGs} - shown
        names = [
            str(each.get("/Name", "")) for each in layers.OCGs if each.objgen in hidden
        ]
    except Exception:  # no layers, or damaged ones
        return None
    return note("hidden-layers", listed(names)) if names else None
