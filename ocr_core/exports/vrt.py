"""Vertical text: one word a line, for the Corpus Workbench and Sketch Engine.

Columns, parted by tabs: word, confidence 0 to 100, left, top, width and height in
pixels of the page as scanned, and the word's number in its line. Tags on lines of their
own are texts, pages, paragraphs and lines; a text carries what is known of its
document, and <g/> stands between two words that no white space parts. Names of
attributes are of a-z, 0-9, _ and -, not beginning with a digit.
It is encoded with

    cwb-encode -xsB -c utf8 -d DATA -R REGISTRY/scans -f corpus.vrt
        -P conf -P left -P top -P width -P height -P num
        -0 g -S text:0+id+file+lang+year -S page:0+n+conf+quality -S p:0 -S line:0+n

where year stands for columns of metadata, if there are any.

Source: Evert & Hardie, CWB Corpus Encoding Tutorial, sections 2 (vertical text,
names) and 5 (XML entities with -x); Sketch Engine, Preparing a text corpus.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import BinaryIO
from xml.sax.saxutils import escape

from ocr_core.exports import Metadata
from ocr_core.exports.markup import MARK, NOT_XML
from ocr_core.page import PageResult, Word, lines_of

BLANKS = re.compile(r"\s+")  # tabs and all line ends among them
NOT_NAME = re.compile(r"[^a-z0-9_]+")
GLUE = "<g/>\n"  # no white space between two words
QUOTES = {'"': "&quot;"}
OWN = ("id", "file", "lang")


def write_vrt(
    results: Iterable[PageResult], file: BinaryIO, *, metadata: Metadata | None = None
) -> None:
    """Write one word a line under tags for text, page, paragraph and line.

    A blank, tab or line end inside a word becomes one blank, since lines and tabs part
    words; what no XML may hold becomes U+FFFD. A page that could not be read stands
    there empty, a document of such pages alone is left out.
    """
    known = metadata or {}
    names = attribute_names(known)
    for doc_id, document in groupby(results, key=lambda page: page.ref.doc_id):
        told = {name: known[column].get(doc_id, "") for column, name in names.items()}
        opened = False
        for page in document:
            if page.status == "failed" and not opened:
                continue
            if not opened:
                own = (doc_id, page.ref.source_file, page.language)
                head = _tag("text", **dict(zip(OWN, own, strict=True)), **told)
                file.write(head.encode())
                opened = True
            file.write("".join(_page_lines(page)).encode())
        if opened:
            file.write(b"</text>\n")


def attribute_names(columns: Iterable[str]) -> dict[str, str]:
    """Return for each column of metadata the name of its attribute of a text."""
    names: dict[str, str] = {}
    for column in columns:
        name = NOT_NAME.sub("_", column.lower()).strip("_")
        name = base = name if name[:1].isalpha() else f"m_{name}".rstrip("_")
        count = 1
        while name in (*OWN, *names.values()):
            count += 1
            name = f"{base}_{count}"
        names[column] = name
    return names


def _page_lines(page: PageResult) -> Iterator[str]:
    conf = "" if page.conf_mean is None else f"{page.conf_mean:.2f}"
    quality = "" if page.quality is None else f"{page.quality:.3f}"
    yield _tag("page", n=str(page.ref.number), conf=conf, quality=quality)
    lines = lines_of(page.rows)
    for _, paragraph in groupby(lines, key=lambda line: line[0][:2]):
        yield "<p>\n"
        for line in paragraph:
            yield _tag("line", n=str(line[0].line_num))
            for word in line:
                yield "" if word.space_before else GLUE
                yield _word_line(word)
            yield "</line>\n"
        yield "</p>\n"
    yield "</page>\n"


def _word_line(word: Word) -> str:
    cells = (word.left, word.top, word.width, word.height, word.word_num)
    text = _legal(word.text) or MARK
    return "\t".join([escape(text), f"{word.conf:.2f}", *map(str, cells)]) + "\n"


def _tag(name: str, **attributes: str) -> str:
    told = "".join(
        f' {key}="{escape(_legal(value), QUOTES)}"' for key, value in attributes.items()
    )
    return f"<{name}{told}>\n"


def _legal(text: str) -> str:
    return BLANKS.sub(" ", NOT_XML.sub(MARK, text)).strip()
