"""TEI: the text of documents with pages, lines and the boxes of words.

A document is a `TEI`, several are a `teiCorpus`; as this may not be empty, no document
is a `TEI` without text. Source: the TEI Guidelines P5, chapter 12, Representation of
Primary Sources.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, count, groupby
from typing import Any, BinaryIO

from lxml import etree

from ocr_core.exports.markup import XML, element, word_groups
from ocr_core.language_tags import language_tags
from ocr_core.page import DOUBTFUL, PageResult, Word, edges_of
from ocr_core.version import ocr_core_version

TEI = "http://www.tei-c.org/ns/1.0"
_element = partial(element, TEI)


def write_tei(results: Iterable[PageResult], file: BinaryIO) -> None:
    """Write each document as TEI, boxes in pixels as scanned."""
    documents = (list(pages) for _, pages in groupby(results, key=_doc_id))
    first, second = next(documents, None), next(documents, None)
    if second is None:
        tree = etree.ElementTree(_document(first, 1) if first else _without_text())
        tree.write(file, encoding="utf-8", xml_declaration=True)
        return
    every = chain([first or [], second], documents)
    with etree.xmlfile(file, encoding="utf-8") as xml:
        xml.write_declaration()
        with xml.element(f"{{{TEI}}}teiCorpus", nsmap={None: TEI}):
            xml.write(_header("Corpus", ""))
            for number, pages in enumerate(every, 1):
                xml.write(_document(pages, number))


def _doc_id(page: PageResult) -> str:
    return page.ref.doc_id


def _document(pages: Sequence[PageResult], number: int) -> Any:
    first = pages[0]
    root = _element("TEI", n=first.ref.doc_id)
    root.append(_header(first.ref.doc_id, first.ref.source_file))
    facsimile = _element("facsimile", root)
    body = _element("body", _element("text", root))
    for tag in language_tags(first.language)[:1]:
        body.getparent().set(f"{{{XML}}}lang", tag)
    for page in pages:
        name = f"d{number}_p{page.ref.number}"
        _add_page(facsimile, _element("div", body, type="page"), page, name)
    return root


def _without_text() -> Any:
    root = _element("TEI")
    root.append(_header("Corpus", ""))
    _element("p", _element("body", _element("text", root)))
    return root


def _header(title: str, source: str) -> Any:
    root = _element("teiHeader")
    description = _element("fileDesc", root)
    _element("title", _element("titleStmt", description), text=title)
    software = f"Recognised text, written by ocr-core {ocr_core_version()}."
    _element("p", _element("publicationStmt", description), text=software)
    _element("p", _element("sourceDesc", description), text=source or "Scans.")
    return root


def _add_page(facsimile: Any, body: Any, page: PageResult, name: str) -> None:
    width, height = page.size
    surface = _element("surface", facsimile, n=str(page.ref.number))
    surface.set(f"{{{XML}}}id", name)
    for side, value in zip(
        ("ulx", "uly", "lrx", "lry"), (0, 0, width, height), strict=True
    ):
        surface.set(side, str(value))
    _element("graphic", surface, url=page.ref.source_file)
    _element("pb", body, n=str(page.ref.number), facs=f"#{name}")
    names = name, count(1)
    for paragraph in word_groups(page.rows, 2):
        _add_paragraph(surface, _element("p", body), paragraph, names)
    if not page.rows:
        _element("p", body)


def _add_paragraph(
    surface: Any,
    parent: Any,
    paragraph: Sequence[Word],
    names: tuple[str, Iterator[int]],
) -> None:
    page, numbers = names
    for row in word_groups(paragraph, 3):
        line = _zone(surface, row, f"{page}_l{next(numbers)}", "line")
        if len(parent) and row[0].space_before:
            parent[-1].tail = "\n"
        broken = {} if row[0].space_before else {"break": "no"}
        _element("lb", parent, facs=f"#{line.get(f'{{{XML}}}id')}", **broken)
        for index, word in enumerate(row):
            if index and word.space_before:
                parent[-1].tail = " "
            zone = _zone(line, [word], f"{page}_w{next(numbers)}", "word")
            written = _element(
                "w", parent, text=word.text, facs=f"#{zone.get(f'{{{XML}}}id')}"
            )
            if word.conf < DOUBTFUL:
                written.set("cert", "low")


def _zone(parent: Any, words: Sequence[Word], name: str, kind: str) -> Any:
    sides = dict(
        zip(("ulx", "uly", "lrx", "lry"), map(str, edges_of(words)), strict=True)
    )
    zone = _element("zone", parent, type=kind, **sides)
    zone.set(f"{{{XML}}}id", name)
    return zone
