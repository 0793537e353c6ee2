"""Catalogue of a PDF: facts about the document that PDFium does not report."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from typing import Any

from ocr_core.documents.damage import (
    HALF,
    MAX_INTACT,
    Damage,
    FaxParameters,
    FaxParametersBySize,
)
from ocr_core.documents.integrity import flate_state
from ocr_core.documents.notes import listed, note
from ocr_core.page import Note

MAX_DEPTH = 4  # of nested form XObjects
MAX_UNIT = 75_000  # points, as PDF readers accept no larger ones


@dataclass(frozen=True)
class PageFacts:
    """The size of a page's unit in points, notes on the page, damage of the file."""

    unit: float = 1.0
    notes: tuple[Note, ...] = ()
    damage: Damage = field(default_factory=Damage)


def about_page(path: str, digest: str, number: int) -> PageFacts:
    """Return the facts about a page; defaults if pikepdf cannot open the file."""
    pdf, notes = _opened(path, digest)
    if pdf is None:
        return PageFacts()
    try:
        unit = float(pdf.pages[number - 1].obj.get("/UserUnit", 1))
    except Exception:  # a page with a damaged page tree can still be drawn
        unit = 1.0
    return PageFacts(unit if 0 < unit <= MAX_UNIT else 1.0, notes)


def repaired(path: str) -> Iterator[BytesIO]:
    """Yield a PDF that PDFium cannot open as QPDF repairs it; nothing if it cannot.

    QPDF finds the pages of a PDF of which the end is missing.
    """
    import pikepdf

    whole = BytesIO()
    try:
        with pikepdf.open(path) as pdf:
            pdf.save(whole)
    except Exception:  # damaged beyond repair, protected, or no PDF
        return
    yield whole


def content_damage(path: str, digest: str, number: int) -> Damage:
    """Return the damage of a page's content stream."""
    pdf, _ = _opened(path, digest)
    try:
        packed = [
            bytes(each.read_raw_bytes())
            for each in _items(pdf.pages[number - 1].obj.Contents)
            if _names(each.get("/Filter"))[:1] == ["/FlateDecode"]
        ]
        states = [flate_state(each)[0] for each in packed if each]
    except Exception:  # no content, or not a page
        return Damage()
    if "broken" in states:
        return Damage((note("content-damaged"),), HALF)
    if "checksum wrong" in states:
        return Damage((note("content-damaged"),), MAX_INTACT)
    return Damage()


def fax_parameters(path: str, digest: str, number: int) -> FaxParametersBySize:
    """Return the parameters for decoding the fax images on a page."""
    pdf, _ = _opened(path, digest)
    forms: dict[tuple[int, int, int], FaxParameters] = {}
    try:
        pictures = _pictures(pdf.pages[number - 1].resources, MAX_DEPTH)
        for each in pictures:
            parameters = (_items(each.get("/DecodeParms")) or [{}])[-1]
            width, height = int(each.Width), int(each.Height)
            forms[width, height, len(each.read_raw_bytes())] = FaxParameters(
                int(parameters.get("/K", 0)),
                int(parameters.get("/Columns", 1728)),
                int(parameters.get("/Rows", 0)) or height,
                bool(parameters.get("/EncodedByteAlign", False)),
            )
    except Exception:  # damaged: return what was found so far
        return forms
    return forms


def _pictures(resources: Any, depth: int) -> Iterator[Any]:
    """Yield the fax images in resources, including those in form XObjects."""
    for each in resources.get("/XObject", {}).values():
        if each.get("/Subtype") == "/Form" and depth and "/Resources" in each:
            yield from _pictures(each.Resources, depth - 1)
        elif _names(each.get("/Filter"))[-1:] == ["/CCITTFaxDecode"]:
            yield each


def _names(filters: Any) -> list[str]:
    """Return the names of a stream's filters."""
    return [str(each) for each in _items(filters)]


def _items(value: Any) -> list[Any]:
    """Return the items of an array, or a single value as a list."""
    import pikepdf

    if value is None:
        return []
    return list(value) if isinstance(value, pikepdf.Array) else [value]


@lru_cache(maxsize=1)
def _opened(path: str, digest: str) -> tuple[Any, tuple[Note, ...]]:
    import pikepdf

    try:
        pdf = pikepdf.open(path)
    except Exception:  # PDFium, which draws the pages, could open it
        return None, ()
    found = (_attached(pdf), _xfa_form(pdf), _hidden_layers(pdf))
    return pdf, tuple(each for each in found if each)


def _attached(pdf: Any) -> Note | None:
    """Return a note on attached files, which are the content of a portfolio."""
    try:
        names = [
            file.filename or name for name, file in sorted(pdf.attachments.items())
        ]
        portfolio = "/Collection" in pdf.Root
    except Exception:  # the name tree may be damaged or circular
        return None
    if not names:
        return None
    return note("portfolio" if portfolio else "attachments", listed(names))


def _xfa_form(pdf: Any) -> Note | None:
    try:
        return note("xfa-form") if "/XFA" in pdf.Root.AcroForm else None
    except Exception:  # no form, or an invalid one
        return None


def _hidden_layers(pdf: Any) -> Note | None:
    """Return a note on the layers that are hidden when the PDF is opened."""
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
