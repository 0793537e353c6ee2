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
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import count, dropwhile, groupby
from typing import BinaryIO
from xml.sax.saxutils import escape

import regex

from ocr_core.exports import Metadata
from ocr_core.exports.markup import MARK, NOT_XML
from ocr_core.exports.series import documents_in_series
from ocr_core.mining.tokens import RunningWord, running_words
from ocr_core.page import PageResult, Word, lines_of
from ocr_core.text.context import Contexts
from ocr_core.text.quality import unmarked
from ocr_core.tokenizer import pieces, respelled

BLANKS = re.compile(r"\s+")  # tabs and all line ends among them
NOT_NAME = re.compile(r"[^a-z0-9_]+")
MARKS = regex.compile(r"(\S)\1*")  # one punctuation mark, or several equal ones
GLUE = "<g/>\n"  # no white space between two tokens
QUOTES = {'"': "&quot;"}
OWN = ("id", "file", "lang")


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
        words: dict[tuple[int, int], RunningWord] = {
            (word.page, word.row): word
            for word in running_words(pages, outer, context.words)
        }
        for number, page in enumerate(pages):
            file.write(
                "".join(_page_lines(page, number, words, outer[number])).encode()
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
    words: Mapping[tuple[int, int], RunningWord],
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
            for word, row in line:
                if (number, row) in words:  # otherwise it is a part of an earlier word
                    yield "" if word.space_before else GLUE
                    yield from _token_lines(word, words[number, row], page.language)
            yield "</line>\n"
        yield "</p>\n"
    yield "</page>\n"


def _token_lines(word: Word, running: RunningWord, language: str) -> Iterator[str]:
    """Yield the tokens of a word, and the glue tags between them."""
    cells = (word.left, word.top, word.width, word.height, word.word_num)
    plain = respelled(running.text)
    as_read = plain == word.text  # then the part of each token is known
    parts: list[tuple[str, str, int, int]] = []
    done = 0
    for form, start, end in [*pieces(running.text, language), ("", len(plain), 0)]:
        for mark in MARKS.finditer(plain, done, start):
            parts.append((mark[0], mark[0], mark.start(), mark.end()))
        if form:
            read = plain[start:end] if as_read else unmarked(running.read)
            parts.append((form, read, start, end))
        done = end
    for n, (form, read, start, _) in enumerate(parts or [(MARK, MARK, 0, 0)]):
        if n and parts[n - 1][3] == start:
            yield GLUE
        shown = [escape(_legal(form) or MARK), f"{running.conf:.2f}", *map(str, cells)]
        yield "\t".join([*shown, escape(_legal(read) or MARK)]) + "\n"


def _tag(name: str, **attributes: str) -> str:
    pairs = "".join(
        f' {key}="{escape(_legal(value), QUOTES)}"' for key, value in attributes.items()
    )
    return f"<{name}{pairs}>\n"


def _legal(text: str) -> str:
    return BLANKS.sub(" ", NOT_XML.sub(MARK, text)).strip()
