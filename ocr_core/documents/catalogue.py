"""Catalogue of a PDF: what it says beside its pages, which PDFium does not tell."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ocr_core.documents.damage import (
    HALF,
    SCARCELY_HARMED,
    Damage,
    FaxForm,
    FaxForms,
)
from ocr_core.documents.integrity import flate_state
from ocr_core.documents.notes import listed, note
from ocr_core.page import Note

DEEPEST = 4  # forms within forms that are looked into
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


def content_damage(path: str, digest: str, number: int) -> Damage:
    """Return what is wrong with the instructions that draw a page of a PDF."""
    pdf, _ = _opened(path, digest)
    try:
        packed = [
            bytes(each.read_raw_bytes())
            for each in _items(pdf.pages[number - 1].obj.Contents)
            if _names(each.get("/Filter"))[:1] == ["/FlateDecode"]
        ]
        states = [flate_state(each)[0] for each in packed if each]
    except Exception:  # none, or what is no page
        return Damage()
    if "broken" in states:
        return Damage((note("content-damaged"),), HALF)
    if "checksum wrong" in states:
        return Damage((note("content-damaged"),), SCARCELY_HARMED)
    return Damage()


def fax_forms(path: str, digest: str, number: int) -> FaxForms:
    """Return how the faxes on a page of a PDF are to be read."""
    pdf, _ = _opened(path, digest)
    forms: dict[tuple[int, int, int], FaxForm] = {}
    try:
        pictures = _pictures(pdf.pages[number - 1].resources, DEEPEST)
        for each in pictures:
            parameters = (_items(each.get("/DecodeParms")) or [{}])[-1]
            width, height = int(each.Width), int(each.Height)
            forms[width, height, len(each.read_raw_bytes())] = FaxForm(
                int(parameters.get("/K", 0)),
                int(parameters.get("/Columns", 1728)),
                int(parameters.get("/Rows", 0)) or height,
                bool(parameters.get("/EncodedByteAlign", False)),
            )
    except Exception:  # damaged: what is known of it stays so
        return forms
    return forms


def _pictures(resources: Any, depth: int) -> Iterator[Any]:
    """Yield the faxes among some resources, and in the forms among them."""
    for each in resources.get("/XObject", {}).values():
        if each.get("/Subtype") == "/Form" and depth and "/Resources" in each:
            yield from _pictures(each.Resources, depth - 1)
        elif _names(each.get("/Filter"))[-1:] == ["/CCITTFaxDecode"]:
            yield each


def _names(filters: Any) -> list[str]:
    """Return the names of a stream's filters, of which there may be one or several."""
    return [str(each) for each in _items(filters)]


def _items(value: Any) -> list[Any]:
    """Return what an array holds, or what stands in its place."""
    import pikepdf

    if value is None:
        return []
    return list(value) if isinstance(value, pikepdf.Array) else [value]


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
