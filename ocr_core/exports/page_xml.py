"""PAGE XML: words with their boxes for Transkribus, eScriptorium and OCR-D.

A file of this format contains one page; several pages are written as a zip of files.
Each paragraph is a region, whose name contains the number of its block. Source: the
schema of 2019-07-15 at https://github.com/PRImA-Research-Lab/PAGE-XML.
"""

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import Any, BinaryIO

from lxml import etree

from ocr_core.exports.filenames import UniqueNames, page_name, safe_name
from ocr_core.exports.markup import (
    XSI,
    element,
    legal,
    word_groups,
    words_read_left,
)
from ocr_core.exports.zip_bundle import member
from ocr_core.page import PageResult, Word, edges_of, gaps_before
from ocr_core.version import ocr_core_version

PAGE = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"
_element = partial(element, PAGE)


def write_page_xml(
    results: Iterable[PageResult], file: BinaryIO, *, zipped: bool = False
) -> None:
    """Write one page as a PAGE document, several as a zip, boxes as scanned."""
    coming = iter(results)
    first = list(islice(coming, 2))
    if len(first) < 2 and not zipped:
        file.write(b"".join(map(_document, first)))
        return
    names = UniqueNames()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
        for page in _all(first, coming):
            name = page_name(safe_name(page.ref.doc_id), page.ref.number)
            bundle.writestr(member(names.free(f"{name}.xml")), _document(page))


def _all(first: list[PageResult], rest: Iterator[PageResult]) -> Iterator[PageResult]:
    yield from first
    yield from rest


def _document(page: PageResult) -> bytes:
    schema_location = f"{{{XSI}}}schemaLocation"
    where = f"{PAGE} {PAGE}/pagecontent.xsd"
    root = etree.Element(
        f"{{{PAGE}}}PcGts", {schema_location: where}, {None: PAGE, "xsi": XSI}
    )
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    metadata = _element("Metadata", root)
    creator = page.engine or f"ocr-core {ocr_core_version()}"
    for tag, text in (("Creator", creator), ("Created", now), ("LastChange", now)):
        _element(tag, metadata, text=text)
    if page.status == "failed":
        _element("Comments", metadata, text=page.error)
    root.append(_page(page))
    content: bytes = etree.tostring(
        root, encoding="utf-8", xml_declaration=True, pretty_print=True
    )
    return content


def _page(page: PageResult) -> Any:
    width, height = page.size
    root = _element("Page")
    root.set("imageFilename", legal(page.ref.source_file))
    root.set("imageWidth", str(width))
    root.set("imageHeight", str(height))
    if page.dpi:
        root.set("imageXResolution", str(page.dpi))
        root.set("imageYResolution", str(page.dpi))
        root.set("imageResolutionUnit", "PPI")
    regions = [
        (f"block_{page.ref.number}_{block}_par_{par}", paragraph)
        for block, whole in enumerate(word_groups(page.rows, 1), 1)
        for par, paragraph in enumerate(word_groups(whole, 2), 1)
    ]
    if regions:
        order = _element("OrderedGroup", _element("ReadingOrder", root), id="order")
        for index, (name, _) in enumerate(regions):
            _element("RegionRefIndexed", order, index=str(index), regionRef=name)
    for name, paragraph in regions:
        _add_region(root, name, paragraph)
    return root


def _add_region(root: Any, name: str, paragraph: Sequence[Word]) -> None:
    region = _boxed(root, "TextRegion", name, paragraph)
    region.set("type", "paragraph")
    if words_read_left(paragraph):
        region.set("readingDirection", "right-to-left")
    for count, row in enumerate(word_groups(paragraph, 3), 1):
        line = _boxed(region, "TextLine", f"{name}_line_{count}", row)
        for index, word in enumerate(row, 1):
            part = _boxed(line, "Word", f"{name}_line_{count}_word_{index}", [word])
            conf = f"{min(1.0, max(0.0, word.conf / 100)):.4f}"
            _add_text(part, word.text, conf=conf)
        _add_text(line, _text_of(row))
    lines = [_text_of(row) for row in word_groups(paragraph, 3)]
    _add_text(region, "\n".join(lines))


def _text_of(row: Sequence[Word]) -> str:
    gaps = gaps_before(row)
    return "".join(gap + word.text for gap, word in zip(gaps, row, strict=True))


def _add_text(parent: Any, text: str, **attributes: str) -> None:
    _element("Unicode", _element("TextEquiv", parent, **attributes), text=text)


def _boxed(parent: Any, tag: str, name: str, words: Sequence[Word]) -> Any:
    left, top, right, bottom = edges_of(words)
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    made = _element(tag, parent, id=name)
    _element("Coords", made, points=" ".join(f"{x},{y}" for x, y in corners))
    return made
