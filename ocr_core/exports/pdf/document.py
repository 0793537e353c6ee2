"""Document: adds text layers to a PDF and keeps all its other content.

The document's own file is edited, so its outline, page labels, metadata, attachments,
form fields, tags and layers are kept. If only some pages are exported, bookmarks and
links to the other pages are removed, and this is reported.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf

from ocr_core.documents import local
from ocr_core.exports.pdf.content import Edit, apply_edit, inherited
from ocr_core.exports.pdf.notes import note
from ocr_core.exports.pdf.saving import copy_file, save
from ocr_core.exports.pdf.selection import keep_pages
from ocr_core.exports.pdf_text_layer import invisible_font
from ocr_core.page import PageRef

GAINED = ("/OcrNumber", "/OcrLayer", "/OcrEdit", "/OcrFont", "/OcrPicture")
# Standards that a file can claim to conform to, by XMP namespace.
CLAIMS = {
    "PDF/A": "http://www.aiim.org/pdfa/ns/id/",
    "PDF/UA": "http://www.aiim.org/pdfua/ns/id/",
    "PDF/X": "http://www.npes.org/pdfx/ns/id/",
    "PDF/E": "http://www.aiim.org/pdfe/ns/id/",
    "PDF/VT": "http://www.npes.org/pdfvt/ns/id/",
}
PRINT_CLAIMS = ("/GTS_PDFXVersion", "/GTS_PDFXConformance")


class PagesInProgress:
    """The pages of a PDF in progress, to which layers are added."""

    def __init__(self, pdf: Pdf, characters: str, name: str = "") -> None:
        self.pdf, self._name = pdf, name
        self.notes: list[str] = []
        self.changed = False
        self._characters = characters
        self._font: Any = None

    def append(self, gain: Any) -> None:
        """Append a complete page."""
        self.pdf.pages.append(pikepdf.Page(gain))
        page = self.pdf.pages[-1]
        self._name_font(page.obj, str(gain.OcrFont))
        for key in GAINED:
            if key in page.obj:
                del page.obj[key]

    def give(self, gain: Any) -> None:
        """Add a layer to the document's own page."""
        number = int(gain.OcrNumber)
        page = self.pdf.pages[number - 1]
        if "/OcrPicture" in gain:
            self._replace(page.obj, gain)
            self.notes.append(note("page-as-picture", self._name, number))
        if "/OcrEdit" in gain:
            apply_edit(self.pdf, page.obj, Edit.unpacked(gain.OcrEdit))
            self.changed = True
        if "/OcrLayer" in gain:
            layer: Any = self.pdf.copy_foreign(gain.OcrLayer)
            # First on the page, before any instruction changes the coordinates.
            page.contents_add(layer, prepend=True)
            self._name_font(page.obj, str(gain.OcrFont))

    def _replace(self, page: Any, gain: Any) -> None:
        """Replace the content of a page by a picture; links to it are kept."""
        for key in list(page.keys()):
            if key not in ("/Type", "/Parent"):
                del page[key]
        copied = self.pdf.copy_foreign(gain.Contents)
        page.Contents = copied
        page.Resources = Dictionary(
            XObject=Dictionary(Scan=self.pdf.copy_foreign(gain.Resources.XObject.Scan))
        )
        page.MediaBox = page.CropBox = Array(list(gain.MediaBox))
        page.Rotate = 0
        self._name_font(page, str(gain.OcrFont))

    def _name_font(self, page: Any, name: str) -> None:
        """Add our font to a page's resources; shared resources stay shared."""
        self.changed = True
        if self._font is None:
            self._font = invisible_font(self.pdf, self._characters)
        resources = inherited(page, "/Resources", None)
        if resources is None:
            resources = page.Resources = Dictionary()
        if "/Font" not in resources:
            resources.Font = Dictionary()
        resources.Font[name] = self._font


def edit_document(
    source: str, parts: Sequence[str], path: str, characters: str, name: str
) -> list[str]:
    """Write a document with the layers of its pages; return messages for the user.

    Parameters
    ----------
    source
        The document; if it is a PDF, its own pages and catalogue are kept.
    parts
        Files that `write_layers` made, in the order of the pages.
    characters
        Those of the text layers, in the order of their codes.
    name
        Name of the document in messages.
    """
    source = local(PageRef(source, 0)).path
    with ExitStack() as opened:
        gains = [
            page.obj
            for part in parts
            for page in opened.enter_context(pikepdf.open(part)).pages
        ]
        if all("/OcrPicture" in gain for gain in gains):
            pages = PagesInProgress(opened.enter_context(pikepdf.new()), characters)
            for gain in gains:
                pages.append(gain)
            save(pages.pdf, path, ours=True)
            return []
        pages = PagesInProgress(
            opened.enter_context(pikepdf.open(source)), characters, name
        )
        for gain in gains:
            pages.give(gain)
        numbers = [int(gain.OcrNumber) for gain in gains]
        whole = numbers == list(range(1, len(pages.pdf.pages) + 1))
        if whole and not pages.changed:
            copy_file(source, path)
            return []
        notes = [*pages.notes, *_claims_given_up(pages.pdf, name)]
        if not whole:
            bookmarks, links = keep_pages(pages.pdf, numbers)
            if bookmarks or links:
                notes.append(note("pages-left-out", name, bookmarks, links))
        save(pages.pdf, path)
        return notes


def _claims_given_up(pdf: Pdf, name: str) -> list[str]:
    """Remove claims that a changed file no longer fulfils; return messages."""
    notes = []
    if any(field.get("/FT") == Name.Sig and "/V" in field for field in fields(pdf)):
        notes.append(note("signature", name))
    if pdf.is_encrypted:
        notes.append(note("encryption", name))
    if "/StructTreeRoot" in pdf.Root:
        notes.append(note("tags", name))
    try:
        standards = _standards_given_up(pdf)
    except (pikepdf.PdfError, ValueError, TypeError, LookupError, SyntaxError):
        standards = []  # unreadable metadata claims nothing
    if standards:
        notes.append(note("conformance", name, ", ".join(standards)))
    return notes


def _standards_given_up(pdf: Pdf) -> list[str]:
    for key in PRINT_CLAIMS:
        if key in pdf.docinfo:
            del pdf.docinfo[key]
    if "/Metadata" not in pdf.Root:
        return []
    found = [
        standard
        for standard, namespace in CLAIMS.items()
        if namespace.encode() in pdf.Root.Metadata.read_bytes()
    ]
    if not found:
        return []
    spaces = tuple(f"{{{CLAIMS[standard]}}}" for standard in found)
    with pdf.open_metadata(
        set_pikepdf_as_editor=False, update_docinfo=False
    ) as metadata:
        claimed = [key for key in metadata if key.startswith(spaces)]
        for key in claimed:
            del metadata[key]
    return [
        standard
        for standard in found
        if any(key.startswith(f"{{{CLAIMS[standard]}}}") for key in claimed)
    ]


def fields(pdf: Pdf) -> Iterator[Any]:
    """Yield the fields of a PDF's AcroForm, and their child fields."""
    waiting = list(pdf.Root.get("/AcroForm", Dictionary()).get("/Fields", ()))
    known = set()
    while waiting:
        field = waiting.pop()
        if not isinstance(field, Dictionary) or field.objgen in known:
            continue
        if field.is_indirect:
            known.add(field.objgen)
        yield field
        waiting.extend(field.get("/Kids", ()))
