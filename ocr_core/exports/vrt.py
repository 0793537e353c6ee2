"""Vertical text: one token a line, for the Corpus Workbench and Sketch Engine.

Tokens are the same as in mining: a word hyphenated at a line end is one token, in
modern spelling, and running heads are left out; punctuation marks are separate tokens.
The columns, separated by tabs, are: word, confidence 0 to 100, left, top, width and
height of the printed word in pixels of the page as scanned, the word's number in its
line, and the token as it was read. Tags on separate lines mark texts, pages, paragraphs
and lines; a text has the metadata of its document, and <g/> is between two tokens
without white space. Attribute names consist of a-z, 0-9, _ and -, and do not begin with
a digit. It is encoded with

    cwb-encode -xsB -c utf8 -d DATA -R REGISTRY/scans -f corpus.vrt
        -P conf -P left -P top -P width -P height -P num -P orig
        -0 g -S text:0+id+file+lang+year -S page:0+n+conf+quality -S p:0 -S line:0+n

where year is an example of a metadata column.

Source: Evert & Hardie, CWB Corpus Encoding Tutorial, sections 2 (vertical text,
names) and 5 (XML entities with -x); Sketch Engine, Preparing a text corpus.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import count, dropwhile, groupby
from typing import BinaryIO, NamedTuple
from xml.sax.saxutils import escape

import regex

from ocr_core.exports import Metadata
from ocr_core.exports.markup import MARK, NOT_XML
from ocr_core.exports.series import documents_in_series
from ocr_core.mining.page_tokens import (
    CutToken,
    RunningWord,
    cut_word,
    running_words,
)
from ocr_core.page import PageResult, Word, edges_of, lines_of
from ocr_core.text.context import Contexts
from ocr_core.text.quality import unmarked
from ocr_core.tokenizer import respelled

BLANKS = re.compile(r"\s+")  # tabs and all line ends among them
NOT_NAME = re.compile(r"[^a-z0-9_]+")
MARKS = regex.compile(r"(\S)\1*")  # one punctuation mark, or several equal ones
GLUE = "<g/>\n"  # no white space between two tokens
QUOTES = {'"': "&quot;"}
OWN = ("id", "file", "lang")


class Part(NamedTuple):
    """A token or mark: its first row, how many further rows, and what is written.

    `glued` is whether no white space separates it from the one before.
    """

    row: int
    more: int
    form: str
    read: str
    conf: float
    glued: bool


def write_vrt(
    results: Iterable[PageResult],
    file: BinaryIO,
    *,
    metadata: Metadata | None = None,
    contexts: Contexts | None = None,
) -> None:
    """Write one token per line inside tags for text, page, paragraph and line.

    A word without any character is written as U+FFFD, as are characters that XML does
    not allow. A page that could not be read is empty; a document with only such pages
    is left out. Running heads and broken words are recognised from `contexts`, such as
    ``corpus.document_contexts()``; by default, from `results`.
    """
    known = metadata or {}
    names = attribute_names(known)
    for document, context in documents_in_series(results, contexts):
        doc_id = document[0].ref.doc_id
        attributes = {
            name: known[column].get(doc_id, "") for column, name in names.items()
        }
        pages = list(dropwhile(lambda page: page.status == "failed", document))
        if not pages:
            continue
        own = (doc_id, pages[0].ref.source_file, pages[0].language)
        head = _tag("text", **dict(zip(OWN, own, strict=True)), **attributes)
        file.write(head.encode())
        outer = [set(context.outer_lines(page)) for page in pages]
        parts: dict[tuple[int, int], list[Part]] = defaultdict(list)
        for word in running_words(pages, outer, context.words):
            for part in _parts(word, pages[word.page]):
                parts[word.page, part.row].append(part)
        for number, page in enumerate(pages):
            file.write(
                "".join(_page_lines(page, number, parts, outer[number])).encode()
            )
        file.write(b"</text>\n")


def attribute_names(columns: Iterable[str]) -> dict[str, str]:
    """Return for each metadata column the name of its attribute of a text."""
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


def _page_lines(
    page: PageResult,
    number: int,
    parts: Mapping[tuple[int, int], Sequence[Part]],
    outer: Collection[int],
) -> Iterator[str]:
    conf = "" if page.conf_mean is None else f"{page.conf_mean:.2f}"
    quality = "" if page.quality is None else f"{page.quality:.3f}"
    yield _tag("page", n=str(page.ref.number), conf=conf, quality=quality)
    rows = count()
    lines = ([(word, next(rows)) for word in line] for line in lines_of(page.rows))
    body = (line for n, line in enumerate(lines) if n not in outer)
    for _, paragraph in groupby(body, key=lambda line: line[0][0][:2]):
        yield "<p>\n"
        for line in paragraph:
            yield _tag("line", n=str(line[0][0].line_num))
            for _, row in line:
                for part in parts.get((number, row), ()):
                    yield GLUE if part.glued else ""
                    yield _token_line(part, page.rows)
            yield "</line>\n"
        yield "</p>\n"
    yield "</page>\n"


def _parts(word: RunningWord, page: PageResult) -> Iterator[Part]:
    """Yield the tokens and punctuation marks of a word; U+FFFD if it has neither."""
    plain = respelled(word.text)
    as_read = plain == word.read  # then the part of each token is known
    glued, done = not page.rows[word.row].space_before, 0
    end = CutToken("", len(plain), len(plain), word.row, 0, word.conf)
    for form, start, stop, row, more, conf in [*cut_word(word, page.language), end]:
        for mark in MARKS.finditer(plain, done, start):
            glued = glued if not done else mark.start() == done
            done = mark.end()
            n = bisect_right(word.starts, mark.start())
            own = word.confs[n] if word.starts else word.conf
            yield Part(word.row + n, 0, mark[0], mark[0], own, glued)
        if form:
            glued = glued if not done else start == done
            done = stop
            read = plain[start:stop] if as_read else unmarked(word.read)
            yield Part(row, more, form, read, conf, glued)
    if not done:
        yield Part(word.row, 0, MARK, MARK, word.conf, glued)


def _token_line(part: Part, rows: Sequence[Word]) -> str:
    """Return the line of a token; its box is around its words on its first line."""
    word = rows[part.row]
    own = rows[part.row : part.row + part.more + 1]
    left, top, right, bottom = edges_of([each for each in own if each[:3] == word[:3]])
    box = left, top, right - left, bottom - top, word.word_num
    cells = [f"{part.conf:.2f}", *map(str, box)]
    form, read = (escape(_legal(text) or MARK) for text in (part.form, part.read))
    return "\t".join([form, *cells, read]) + "\n"


def _tag(name: str, **attributes: str) -> str:
    pairs = "".join(
        f' {key}="{escape(_legal(value), QUOTES)}"' for key, value in attributes.items()
    )
    return f"<{name}{pairs}>\n"


def _legal(text: str) -> str:
    return BLANKS.sub(" ", NOT_XML.sub(MARK, text)).strip()
