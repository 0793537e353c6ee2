"""ALTO 2 to 4: words in the XML format of libraries.

Source: the schemas at https://www.loc.gov/standards/alto/.
"""

import re
from collections.abc import Iterator
from typing import Any

from ocr_core.imports.record import (
    Box,
    PageWriter,
    RecordedPage,
    children,
    descendants,
    first_text,
    languages,
    name_of,
    number,
    parsed,
)

AREAS = ("TopMargin", "LeftMargin", "PrintSpace", "RightMargin", "BottomMargin")
BLOCKS = ("TextBlock", "ComposedBlock")
UNITS = {"mm10": 254.0, "inch1200": 1200.0}  # units in an inch
DPI = 300  # assumed for pages with these units
SOFT_HYPHEN = re.compile("\u00ad\\s*$")
SOFTWARE = ("ocrProcessingStep", "Processing", "OCRProcessing")


def read_alto(content: bytes) -> Iterator[RecordedPage]:
    """Yield the pages of an ALTO file."""
    root = parsed(content)
    image = first_text(root, "sourceImageInformation", "fileName")
    unit = first_text(root, "MeasurementUnit").lower()
    order = _reading_order(root)
    engine = _engine(root)
    for page in descendants(root, "Page"):
        yield _page(page, unit, order, engine, image)


def _engine(root: Any) -> str:
    """Return the OCR program with its version."""
    found = (each for name in SOFTWARE for each in descendants(root, name))
    step = next(found, None)
    if step is None:
        return ""
    software = list(descendants(step, "processingSoftware"))[-1:]
    names = [
        first_text(each, name)
        for each in software
        for name in ("softwareName", "softwareVersion")
    ]
    ours = names[-1:] and names[-1].startswith("ocr-core")
    return " ".join(filter(None, names[:1] if ours else names))


def _page(
    page: Any, unit: str, order: dict[str, int], engine: str, image: str
) -> RecordedPage:
    width, height = (number(page.get(name)) for name in ("WIDTH", "HEIGHT"))
    space = next(children(page, "PrintSpace"), None)
    if not (width and height) and space is not None:
        _, _, width, height = _box(space) or (0, 0, 0, 0)
    scale, dpi = _scale(unit)
    writer = PageWriter(scale)
    areas = [each for name in AREAS for each in children(page, name)]
    # Some programs write blocks into the page itself.
    blocks = [each for area in (*areas, page) for each in children(area, *BLOCKS)]
    for block in _in_order(blocks, order):
        for text_block in _text_blocks(block, order):
            for line in children(text_block, "TextLine"):
                _add_line(writer, (block, text_block, line), line)
    stated = [
        each.get(name, "")
        for each in [page, *descendants(page, "TextBlock", "TextLine", "String")]
        for name in ("LANG", "language")
    ]
    return RecordedPage(
        rows=writer.words(),
        size=(round(width * scale), round(height * scale)),
        dpi=dpi,
        language=languages(stated),
        engine=engine,
        image=image,
        has_conf=writer.confs > 0,
        joined=writer.joined(),
        error=page.get("QUALITY_DETAIL", "") if not (width and height) else "",
    )


def _scale(unit: str) -> tuple[float, int]:
    """Return the pixels in a unit, and the resolution in dpi; 0 if unknown."""
    per_inch = UNITS.get(unit)
    if per_inch is None:
        return 1.0, 0
    return DPI / per_inch, DPI


def _text_blocks(block: Any, order: dict[str, int]) -> Iterator[Any]:
    if name_of(block) == "TextBlock":
        yield block
    elif name_of(block) == "ComposedBlock":
        for each in _in_order(list(block), order):
            yield from _text_blocks(each, order)


def _in_order(blocks: list[Any], order: dict[str, int]) -> list[Any]:
    """Sort blocks by the reading order or their links, else keep document order."""
    keys = {}
    for index, block in enumerate(blocks):
        names = [each.get("ID") for each in [block, *descendants(block, "TextBlock")]]
        ranks = [order[name] for name in names if name in order]
        keys[block] = (min(ranks, default=len(order)), index)
    ordered = sorted(blocks, key=keys.__getitem__)
    following = {each.get("IDNEXT"): each for each in ordered if each.get("IDNEXT")}
    if not following or order:
        return ordered
    by_name = {each.get("ID"): each for each in ordered}
    done: dict[Any, None] = {}
    for block in ordered:
        if block.get("ID") in following and following[block.get("ID")] in by_name:
            continue
        if block.get("ID") in following and following[block.get("ID")] not in done:
            continue  # it follows the block that links to it
        while block is not None and block not in done:
            done[block] = None
            block = by_name.get(block.get("IDNEXT"))
    return [*done, *(each for each in ordered if each not in done)]


def _reading_order(root: Any) -> dict[str, int]:
    found = next(descendants(root, "ReadingOrder"), None)
    refs = () if found is None else descendants(found, "ElementRef")
    names = [each.get("REF") for each in refs]
    return {name: index for index, name in enumerate(names) if name}


def _add_line(writer: PageWriter, keys: tuple[Any, Any, Any], line: Any) -> None:
    strings = list(children(line, "String", "SP", "HYP"))
    placed = all(_box(each) for each in strings if name_of(each) == "String")
    outer = _box(line) or (0, 0, 0, 0)
    if not placed:
        text = "".join(
            " " if name_of(each) == "SP" else each.get("CONTENT", "")
            for each in strings
        )
        writer.add_line(keys, outer, text)
        return
    space = True
    for each in strings:
        if name_of(each) == "SP":
            space = True
        elif name_of(each) == "HYP":
            content = each.get("CONTENT", "-")
            hyphen = content.replace("\u00ad", "-").strip() or "-"
            writer.extend_last(hyphen, _box(each))
            if "\u00ad" in content:
                writer.add_soft_hyphen()
        else:
            box = _box(each) or outer
            content = each.get("CONTENT", "")
            text = SOFT_HYPHEN.sub("-", content)
            writer.add(keys, box, text, _conf(each), space)
            if text != content:
                writer.add_soft_hyphen()
            if each.get("SUBS_TYPE") == "HypPart1":
                writer.add_joined(each.get("SUBS_CONTENT", ""))
            space = False
    words = [each for each in strings if name_of(each) == "String"]
    if words and words[-1].get("SUBS_TYPE") == "HypPart1":  # may have no HYP
        writer.extend_last("-", None)


def _conf(string: Any) -> float | None:
    """Return the confidence of a word, 0 to 100."""
    stated = number(string.get("WC"), -1)
    if stated >= 0:
        return 100 * stated if stated <= 1 else stated
    digits = [int(each) for each in string.get("CC", "") if each in "0123456789"]
    if digits:  # a digit for each character, from 0 (sure) to 9
        return 100 * (1 - sum(digits) / len(digits) / 9)
    return None


def _box(element: Any) -> Box | None:
    sides = [element.get(name) for name in ("HPOS", "VPOS", "WIDTH", "HEIGHT")]
    if sides[0] is None or sides[1] is None:
        return None
    left, top, width, height = map(number, sides)
    return left, top, left + width, top + height
