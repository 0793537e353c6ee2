"""PAGE XML: words in the format of Transkribus, eScriptorium and OCR-D.

Source: the schemas at https://github.com/PRImA-Research-Lab/PAGE-XML.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from ocr_core.engines.spacing import spaces_in
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

OURS = re.compile(r"block_\d+_(?P<block>\d+)_par_\d+")  # ids of regions in our export
LANGUAGES = ("primaryLanguage", "language", "secondaryLanguage")


def read_page_xml(content: bytes) -> Iterator[RecordedPage]:
    """Yield the pages of a PAGE XML file, usually one."""
    root = parsed(content)
    engine = first_text(root, "Metadata", "Creator")
    # Transkribus leaves the words as recognised when a person corrects their line.
    by_line = next(iter(descendants(root, "TranskribusMetadata")), None) is not None
    for page in descendants(root, "Page"):
        yield _page(page, engine, by_line=by_line)


def _page(page: Any, engine: str, *, by_line: bool) -> RecordedPage:
    writer = PageWriter()
    for region in _regions(page, _reading_order(page)):
        named = OURS.fullmatch(region.get("id", ""))
        block = named["block"] if named else region
        lines = list(children(region, "TextLine"))
        for line in lines:
            _add_line(writer, (block, region, line), line, by_line=by_line)
        if not lines:
            text, conf = _text(region)
            _add_rows(writer, (block, region), _box(region), text.split("\n"), conf)
    stated = [
        each.get(name, "")
        for each in [page, *descendants(page, "TextRegion", "TextLine", "Word")]
        for name in LANGUAGES
    ]
    return RecordedPage(
        rows=writer.words(),
        size=(
            round(number(page.get("imageWidth"))),
            round(number(page.get("imageHeight"))),
        ),
        dpi=_resolution(page),
        language=languages(stated),
        engine=engine.removeprefix("ocr-core: "),
        image=page.get("imageFilename", ""),
        has_conf=writer.confs > 0,
        joined=writer.joined(),
    )


def _resolution(page: Any) -> int:
    per = {"PPI": 1.0, "PPCM": 2.54}.get(page.get("imageResolutionUnit", ""))
    return round(number(page.get("imageXResolution")) * per) if per else 0


def _reading_order(page: Any) -> dict[str, int]:
    """Return the position in the reading order of each region it names."""
    top = next(children(page, "ReadingOrder"), None)
    names = [] if top is None else list(_referred(top))
    return {name: index for index, name in enumerate(names)}


def _referred(group: Any) -> Iterator[str]:
    inner = list(group)
    if any(each.get("index") for each in inner):
        inner.sort(key=lambda each: number(each.get("index")))
    for each in inner:
        if each.get("regionRef"):
            yield each.get("regionRef")
        yield from _referred(each)


def _regions(parent: Any, order: dict[str, int]) -> Iterator[Any]:
    """Yield text regions in reading order; nested regions follow their parent.

    Text may lie in any region: in a table, a picture, an advertisement.
    """
    found = [each for each in parent if name_of(each).endswith("Region")]
    indexes = {each: index for index, each in enumerate(found)}
    # A region without a position follows the region before it.
    last = -1
    ranks = {}
    for each in found:
        last = order.get(each.get("id", ""), last)
        ranks[each] = last
    for region in sorted(found, key=lambda each: (ranks[each], indexes[each])):
        if name_of(region) == "TextRegion":
            yield region
        yield from _regions(region, order)


def _add_line(
    writer: PageWriter, keys: tuple[Any, Any, Any], line: Any, *, by_line: bool
) -> None:
    """Add the words of a line; with `by_line` the line's own text prevails."""
    words = list(children(line, "Word"))
    text, conf = _text(line)
    outer = _box(line)
    readings = [_text(word) for word in words]
    texts = [each.strip() for each, _ in readings]
    parts = text.split()
    if not all(texts) and len(parts) == len(words):  # some have no text of their own
        texts = [one or other for one, other in zip(texts, parts, strict=True)]
    corrected = by_line and bool(parts) and parts != list(filter(None, texts))
    if corrected and len(parts) == len(words):
        readings = [
            (part, sure if part == each else None)
            for part, each, (_, sure) in zip(parts, texts, readings, strict=True)
        ]
        texts, corrected = parts, False
    # Or the words are not all in it, or there are none: a line may be "* * *".
    lost = not any(texts) or _letters("".join(texts)) < _letters(text)
    if corrected or lost:
        writer.add_line(keys, outer, text, conf)
        return
    spaces = iter(spaces_in(text, list(filter(None, texts))) or [True] * len(words))
    for word, each, (_, sure) in zip(words, texts, readings, strict=True):
        if each:
            writer.add(keys, _box(word, outer), each, sure, next(spaces))


def _letters(text: str) -> int:
    return sum(map(str.isalnum, text))


def _add_rows(
    writer: PageWriter,
    keys: tuple[Any, Any],
    box: Box,
    rows: Sequence[str],
    conf: float | None,
) -> None:
    """Add the lines of a region whose lines have no boxes."""
    left, top, right, bottom = box
    tall = (bottom - top) / max(1, len(rows))
    for index, row in enumerate(rows):
        high = top + index * tall
        writer.add_line((*keys, index), (left, high, right, high + tall), row, conf)


def _text(element: Any) -> tuple[str, float | None]:
    """Return the text of an element's first reading, and its confidence."""
    readings = list(children(element, "TextEquiv"))
    if not readings:
        return "", None
    best = min(readings, key=lambda each: number(each.get("index")))
    unicode = next(children(best, "Unicode"), None)
    conf = number(best.get("conf"), -1)
    text = "" if unicode is None else unicode.text or ""
    return text, 100 * conf if 0 <= conf <= 1 else None


def _box(element: Any, usual: Box = (0, 0, 0, 0)) -> Box:
    coords = next(children(element, "Coords"), None)
    if coords is None:
        return usual
    pairs = [each.split(",") for each in coords.get("points", "").split()]
    pairs += [[each.get("x"), each.get("y")] for each in children(coords, "Point")]
    points = [(number(p[0]), number(p[1])) for p in pairs if len(p) == 2]
    if not points:
        return usual
    across, down = zip(*points, strict=True)
    return min(across), min(down), max(across), max(down)
