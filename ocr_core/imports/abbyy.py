"""ABBYY XML: words of FineReader, which writes single characters.

Source: the schema at http://www.abbyy.com/FineReader_xml/FineReader10-schema-v1.xml.
"""

from collections.abc import Iterator
from typing import Any

from ocr_core.imports.record import (
    Box,
    PageWriter,
    RecordedPage,
    children,
    descendants,
    languages,
    number,
    parsed,
)


def read_abbyy(content: bytes) -> Iterator[RecordedPage]:
    """Yield the pages of an ABBYY XML file."""
    root = parsed(content)
    engine = root.get("producer", "")
    for page in descendants(root, "page"):
        writer = PageWriter()
        stated = []
        for block in children(page, "block"):
            for par in descendants(block, "par"):
                for line in children(par, "line"):
                    _add_line(writer, (block, par, line), line)
                    stated += [e.get("lang", "") for e in children(line, "formatting")]
        yield RecordedPage(
            rows=writer.words(),
            size=(
                round(number(page.get("width"))),
                round(number(page.get("height"))),
            ),
            dpi=round(number(page.get("resolution"))),
            language=languages(stated),
            engine=engine,
            has_conf=writer.confs > 0,
        )


def _add_line(writer: PageWriter, keys: tuple[Any, Any, Any], line: Any) -> None:
    runs = list(children(line, "formatting"))  # beside the characters: their variants
    letters = [each for run in runs for each in children(run, "charParams")]
    if not letters:
        writer.add_line(keys, _box(line), "".join(line.itertext()))
        return
    word: list[Any] = []
    for letter in [*letters, None]:
        if letter is not None and _text(letter):
            word.append(letter)
        elif word:
            _add_word(writer, keys, word)
            word = []


def _add_word(
    writer: PageWriter, keys: tuple[Any, Any, Any], letters: list[Any]
) -> None:
    boxes = list(zip(*map(_box, letters), strict=True))
    box = (min(boxes[0]), min(boxes[1]), max(boxes[2]), max(boxes[3]))
    stated = [number(each.get("charConfidence"), -1) for each in letters]
    confs = [each for each in stated if each >= 0]
    conf = sum(confs) / len(confs) if confs else None
    writer.add(keys, box, "".join(map(_text, letters)).replace("\u00ac", "-"), conf)


def _text(letter: Any) -> str:
    """Return a character, which may follow the list of its variants."""
    return "".join([letter.text or "", *(each.tail or "" for each in letter)]).strip()


def _box(element: Any) -> Box:
    left, top, right, bottom = (number(element.get(side)) for side in "ltrb")
    return left, top, right, bottom
