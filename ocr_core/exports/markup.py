"""Markup: words with their boxes for other programs, as hOCR and as ALTO 4.

Both contain the same tree: page, block, paragraph, line, word. A page that could not be
read is included as an empty page, so that pages keep their order and their numbers.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, count, groupby
from typing import Any, BinaryIO

from lxml import etree

from ocr_core.language_tags import language_tags
from ocr_core.page import PageResult, Word, edges_of
from ocr_core.scripts import reads_left
from ocr_core.text.line_ends import hyphenated
from ocr_core.version import ocr_core_version

XHTML = "http://www.w3.org/1999/xhtml"
XML = "http://www.w3.org/XML/1998/namespace"
DOCTYPE = (
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" '
    '"http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">'
)
HOCR_CLASSES = "ocr_page ocr_carea ocr_par ocr_line ocrx_word"
ALTO = "http://www.loc.gov/standards/alto/ns-v4#"
ALTO_SCHEMA = "http://www.loc.gov/standards/alto/v4/alto-4-4.xsd"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
ALTO_VERSION = "4.4"
NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
NOT_NAME = re.compile(r"[^A-Za-z0-9_.-]+")
MARK = "\N{REPLACEMENT CHARACTER}"


def write_hocr(results: Iterable[PageResult], file: BinaryIO) -> None:
    """Write all pages as one hOCR document (XHTML), boxes in pixels as scanned."""
    first, pages = peeked(results)
    head = element(XHTML, "head")
    element(XHTML, "title", head, text=first.ref.source_file if first else "")
    kind = {"http-equiv": "Content-Type", "content": "text/html; charset=utf-8"}
    element(XHTML, "meta", head, **kind)
    for name, content in (
        ("ocr-system", f"ocr-core {ocr_core_version()}"),
        ("ocr-capabilities", HOCR_CLASSES),
        ("ocr-langs", " ".join(language_tags(first.language)) if first else ""),
    ):
        element(XHTML, "meta", head, name=name, content=content)
    with etree.xmlfile(file, encoding="utf-8") as xml:
        xml.write_declaration()
        xml.write_doctype(DOCTYPE)
        with xml.element(f"{{{XHTML}}}html", nsmap={None: XHTML}):
            xml.write(head, pretty_print=True)
            with xml.element(f"{{{XHTML}}}body"):
                for index, page in enumerate(pages, 1):
                    xml.write(_hocr_page(page, index), pretty_print=True)


def write_alto(results: Iterable[PageResult], file: BinaryIO) -> None:
    """Write all pages as one ALTO 4 document, boxes in pixels as scanned."""
    first, pages = peeked(results)
    schema_location = f"{{{XSI}}}schemaLocation"
    root = {schema_location: f"{ALTO} {ALTO_SCHEMA}", "SCHEMAVERSION": ALTO_VERSION}
    with etree.xmlfile(file, encoding="utf-8") as xml:
        xml.write_declaration()
        with xml.element(f"{{{ALTO}}}alto", root, nsmap={None: ALTO, "xsi": XSI}):
            xml.write(_alto_description(first), pretty_print=True)
            with xml.element(f"{{{ALTO}}}Layout"):
                for number, page in enumerate(pages, 1):
                    xml.write(_alto_page(page, number), pretty_print=True)


def _hocr_page(page: PageResult, index: int) -> Any:
    width, height = page.size
    values = [f"image {_quoted(page.ref.source_file)}", f"bbox 0 0 {width} {height}"]
    values.append(f"ppageno {max(0, page.ref.number - 1)}")
    if page.dpi:
        values.append(f"scan_res {page.dpi} {page.dpi}")
    title = "; ".join(values)
    root = element(XHTML, "div", id=f"page_{index}", title=title, **_class("ocr_page"))
    for tag in language_tags(page.language)[:1]:
        root.set("lang", tag)
        root.set(f"{{{XML}}}lang", tag)
    pars = lines = words = 0
    for number, block in enumerate(word_groups(page.rows, 1), 1):
        area = _hocr_box(root, "div", "ocr_carea", f"block_{index}_{number}", block)
        for paragraph in word_groups(block, 2):
            pars += 1
            par = _hocr_box(area, "p", "ocr_par", f"par_{index}_{pars}", paragraph)
            if words_read_left(paragraph):
                par.set("dir", "rtl")
            for row in word_groups(paragraph, 3):
                lines += 1
                line = _hocr_box(par, "span", "ocr_line", f"line_{index}_{lines}", row)
                for word in row:
                    words += 1
                    if len(line):
                        line[-1].tail = " " if word.space_before else ""
                    span = _hocr_box(
                        line, "span", "ocrx_word", f"word_{index}_{words}", [word]
                    )
                    conf = f"{round(word.conf, 2):g}"
                    span.set("title", f"{span.get('title')}; x_wconf {conf}")
                    span.text = legal(word.text)
    if not page.rows:
        root.text = ""  # otherwise a browser takes what follows for its content
    return root


def _hocr_box(
    parent: Any, tag: str, kind: str, name: str, words: Sequence[Word]
) -> Any:
    left, top, right, bottom = edges_of(words)
    title = f"bbox {left} {top} {right} {bottom}"
    return element(XHTML, tag, parent, id=name, title=title, **_class(kind))


def _alto_description(first: PageResult | None) -> Any:
    root = element(ALTO, "Description")
    element(ALTO, "MeasurementUnit", root, text="pixel")
    if first is None:
        return root
    source = element(ALTO, "sourceImageInformation", root)
    element(ALTO, "fileName", source, text=first.ref.source_file)
    step = element(ALTO, "Processing", root, ID="read_1")
    element(ALTO, "processingCategory", step, text="contentGeneration")
    element(ALTO, "processingStepDescription", step, text="recognition")
    recipe = f"recipe {first.settings_digest}, language {first.language}"
    element(ALTO, "processingStepSettings", step, text=recipe)
    software = element(ALTO, "processingSoftware", step)
    element(ALTO, "softwareName", software, text=first.engine or "ocr-core")
    element(ALTO, "softwareVersion", software, text=f"ocr-core {ocr_core_version()}")
    return root


def _alto_page(page: PageResult, index: int) -> Any:
    width, height = page.size
    document = NOT_NAME.sub("_", page.ref.doc_id)
    root = element(ALTO, "Page", ID=f"page_{index}_{document}")
    root.set("PHYSICAL_IMG_NR", str(page.ref.number))
    if page.status == "failed":
        root.set("QUALITY_DETAIL", legal(page.error))
    if not page.size[0]:
        return root
    root.set("WIDTH", str(width))
    root.set("HEIGHT", str(height))
    if page.conf_mean is not None:
        root.set("PC", f"{page.conf_mean / 100:.4f}")
    for tag in language_tags(page.language)[:1]:
        root.set("LANG", tag)
    space = element(ALTO, "PrintSpace", root, **_alto_box((0, 0, width, height)))
    pars = lines = 0
    broken = hyphenated(page)
    words = count()
    for number, block in enumerate(word_groups(page.rows, 1), 1):
        outer = _alto_part(space, "ComposedBlock", f"block_{index}_{number}", block)
        for paragraph in word_groups(block, 2):
            pars += 1
            inner = _alto_part(outer, "TextBlock", f"par_{index}_{pars}", paragraph)
            if words_read_left(paragraph):
                inner.set("BASEDIRECTION", "rtl")
            for row in word_groups(paragraph, 3):
                lines += 1
                line = _alto_part(inner, "TextLine", f"line_{index}_{lines}", row)
                for word in row:
                    if len(line) and word.space_before:
                        element(ALTO, "SP", line)
                    string = element(
                        ALTO, "String", line, **_alto_box(edges_of([word]))
                    )
                    string.set("CONTENT", legal(word.text))
                    string.set("WC", f"{min(1.0, max(0.0, word.conf / 100)):.4f}")
                    _state_broken(string, next(words), broken)
    return root


def _state_broken(string: Any, index: int, broken: dict[int, str]) -> None:
    """State the whole word that a piece at a line end belongs to."""
    for kind, first in (("HypPart1", index), ("HypPart2", index - 1)):
        if first in broken:
            string.set("SUBS_TYPE", kind)
            string.set("SUBS_CONTENT", legal(broken[first]))


def _alto_part(parent: Any, tag: str, name: str, words: Sequence[Word]) -> Any:
    return element(ALTO, tag, parent, ID=name, **_alto_box(edges_of(words)))


def _alto_box(box: tuple[int, int, int, int]) -> dict[str, str]:
    left, top, right, bottom = box
    sides = (left, top, right - left, bottom - top)
    return dict(zip(("HPOS", "VPOS", "WIDTH", "HEIGHT"), map(str, sides), strict=True))


def word_groups(words: Sequence[Word], depth: int) -> Iterator[list[Word]]:
    """Yield groups of words with equal first `depth` tree numbers, in reading order."""
    for _, group in groupby(words, key=lambda word: word[:depth]):
        yield list(group)


def words_read_left(words: Sequence[Word]) -> bool:
    """Return whether most letters of some words are right-to-left."""
    return reads_left("".join(word.text for word in words))


def peeked(
    results: Iterable[PageResult],
) -> tuple[PageResult | None, Iterator[PageResult]]:
    """Return the first result, which a file header needs, and all results."""
    coming = iter(results)
    first = next(coming, None)
    return first, chain([] if first is None else [first], coming)


def element(
    space: str, tag: str, parent: Any = None, *, text: str = "", **attributes: str
) -> Any:
    """Create an element in a namespace, below a parent if one is given."""
    name = f"{{{space}}}{tag}"
    values = {key: legal(value) for key, value in attributes.items()}
    if parent is None:
        made = etree.Element(name, values, nsmap={None: space})
    else:
        made = etree.SubElement(parent, name, values)
    if text:
        made.text = legal(text)
    return made


def _class(name: str) -> dict[str, str]:
    return {"class": name}


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def legal(text: str) -> str:
    """Replace characters that XML does not allow."""
    return NOT_XML.sub(MARK, text)
