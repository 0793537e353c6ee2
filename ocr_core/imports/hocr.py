"""hOCR: words with their boxes in HTML.

Source: http://kba.github.io/hocr-spec/1.2/.
"""

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from ocr_core.imports.record import (
    Box,
    PageWriter,
    RecordedPage,
    languages,
    name_of,
    number,
    parsed,
)

NUMBERS = r"(-?[\d.]+)"
BBOX = re.compile(rf"\bbbox\s+{NUMBERS}\s+{NUMBERS}\s+{NUMBERS}\s+{NUMBERS}")
CONF = re.compile(rf"\bx_wconf\s+{NUMBERS}")
IMAGE = re.compile(r"""\bimage\s+(?:"((?:\\.|[^"\\])*)"|'([^']*)'|([^;]*))""")
RESOLUTION = re.compile(rf"\bscan_res\s+{NUMBERS}")
META = re.compile(rb"""<meta[^>]*charset\s*=\s*["']?([\w-]+)""", re.IGNORECASE)
BLOCKS = {"ocr_carea", "ocrx_block", "ocr_column"}
PARAGRAPHS = {"ocr_par"}
WORDS = {"ocrx_word", "ocr_word"}
LINES = {
    *("ocr_line", "ocrx_line", "ocr_header", "ocr_footer", "ocr_caption"),
    *("ocr_textfloat", "ocr_pageno"),
}


def read_hocr(content: bytes) -> Iterator[RecordedPage]:
    """Yield the pages of an hOCR file."""
    root = _root(content)
    engine = ""
    for meta in root.iter():
        if name_of(meta) == "meta" and meta.get("name") == "ocr-system":
            engine = meta.get("content", "")
    whole = root.get("lang") or root.get(f"{{{XML}}}lang") or ""
    for page in _of_class(root, {"ocr_page"}):
        yield _page(page, engine, whole)


XML = "http://www.w3.org/XML/1998/namespace"


def _root(content: bytes) -> Any:
    """Parse as XHTML, or else as HTML; the encoding is UTF-8 unless declared."""
    try:
        root = parsed(content)
        if not any(isinstance(each, etree._Entity) for each in root.iter()):
            return root
    except etree.XMLSyntaxError:
        pass
    stated = META.search(content[:4096])
    encoding = stated[1].decode("ascii", "replace") if stated else "utf-8"
    try:
        parser = etree.HTMLParser(
            encoding=encoding, no_network=True, remove_comments=True
        )
    except LookupError:
        parser = etree.HTMLParser(encoding="utf-8", no_network=True)
    return etree.fromstring(content, parser)


def _page(page: Any, engine: str, whole: str) -> RecordedPage:
    title = page.get("title", "")
    writer = PageWriter()
    stated = [whole]
    for line in _lines(page):
        keys = (_around(line, BLOCKS), _around(line, PARAGRAPHS), line)
        _add_line(writer, keys, line)
    for each in page.iter():
        stated += [each.get("lang") or each.get(f"{{{XML}}}lang") or ""]
    resolution = RESOLUTION.search(title)
    image = IMAGE.search(title)
    found = next(filter(None, image.groups()), "") if image else ""
    right, bottom = (_box(page) or (0, 0, 0, 0))[2:]
    return RecordedPage(
        rows=writer.words(),
        size=(round(right), round(bottom)),
        dpi=round(number(resolution[1])) if resolution else 0,
        language=languages(stated),
        engine=engine,
        image=re.sub(r"\\(.)", r"\1", found.strip()),
        has_conf=writer.confs > 0,
        joined=writer.joined(),
    )


def _lines(page: Any) -> list[Any]:
    """Return the lines of a page, or what its words or its text are in."""
    found = list(_of_class(page, LINES))
    found = found or [word.getparent() for word in _of_class(page, WORDS)]
    return list(dict.fromkeys(found)) or list(_of_class(page, PARAGRAPHS)) or [page]


def _add_line(writer: PageWriter, keys: tuple[Any, Any, Any], line: Any) -> None:
    words = list(_of_class(line, WORDS))
    outer = _box(line) or (0, 0, 0, 0)
    if not words:
        writer.add_line(keys, outer, "".join(line.itertext()))
        return
    space = True
    for word in words:
        text = "".join(word.itertext())
        conf = CONF.search(word.get("title", ""))
        writer.add(
            keys,
            _box(word) or outer,
            text,
            number(conf[1]) if conf else None,
            space or text[:1].isspace(),
        )
        if text.strip():
            space = False
        space = space or text[-1:].isspace() or _is_parted(word, line)


def _is_parted(word: Any, line: Any) -> bool:
    """Return whether white space follows a word, inside or outside parent elements."""
    while word is not line:
        if word.tail:
            return bool(word.tail[0].isspace())
        if word.getnext() is not None:
            return False
        word = word.getparent()
    return True


def _of_class(root: Any, names: set[str]) -> Iterator[Any]:
    for each in root.iter():
        if isinstance(each.tag, str) and names & set(each.get("class", "").split()):
            yield each


def _around(element: Any, names: set[str]) -> Any:
    """Return an element or its nearest ancestor with one of these classes."""
    return next(
        (
            each
            for each in (element, *element.iterancestors())
            if names & set(each.get("class", "").split())
        ),
        None,
    )


def _box(element: Any) -> Box | None:
    found = BBOX.search(element.get("title", ""))
    if not found:
        return None
    left, top, right, bottom = map(number, found.groups())
    return left, top, right, bottom
