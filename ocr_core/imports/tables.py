"""Tables: words and texts in Tesseract's TSV, our CSV files and JSON lines."""

import csv
import io
import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import pyarrow as pa
from pyarrow import csv as arrow_csv

from ocr_core.errors import InputError
from ocr_core.imports.record import (
    FARTHEST,
    MAX_WORDS,
    PageWriter,
    RecordedPage,
    number,
)
from ocr_core.imports.texts import pages_of_text
from ocr_core.page import WORD_COLUMNS, Word

NUMBER_COLUMNS = WORD_COLUMNS[:8]
DELIMITERS = ",;\t"


def header_of(content: bytes) -> tuple[str, list[str]]:
    """Return the delimiter and the columns of a table; no columns if it is not one."""
    first = content[:65536].decode("utf-8-sig", "replace").split("\n", 1)[0].strip()
    delimiter = max(DELIMITERS, key=first.count)
    return delimiter, next(csv.reader([first], delimiter=delimiter), [])


def read_tsv(content: bytes) -> Iterator[RecordedPage]:
    """Yield the pages of Tesseract's TSV: words are of level 5, pages of level 1."""
    rows = _rows(content, "\t", quoted=False)
    for _, page in groupby(rows, key=lambda row: row["page_num"]):
        size, writer = (0, 0), PageWriter()
        for row in page:
            left, top, width, height = (number(row[n]) for n in NUMBER_COLUMNS[4:])
            if row["level"] == "1":
                size = round(width), round(height)
            elif row["level"] == "5":
                keys = (row["block_num"], row["par_num"], row["line_num"])
                box = (left, top, left + width, top + height)
                writer.add(keys, box, row["text"], number(row["conf"]))
        rows_read = writer.words()
        yield RecordedPage(rows_read, size, engine="tesseract", has_conf=True)


def read_words(content: bytes) -> Iterator[RecordedPage]:
    """Yield the pages of a table of words, as exported by this program."""
    rows = _rows(content, header_of(content)[0])
    for (doc_id, _), page in groupby(rows, key=lambda r: (r["doc_id"], r["page_num"])):
        writer = PageWriter()
        found = [_word(row) for row in page]
        for word in found:
            right, bottom = word.left + word.width, word.top + word.height
            box = (word.left, word.top, right, bottom)
            writer.add(word[:3], box, word.text, word.conf)
        words = writer.words()
        if len(words) == len(found):  # keep the original block, line and word numbers
            words = tuple(
                own._replace(space_before=word.space_before)
                for own, word in zip(found, words, strict=True)
            )
        yield RecordedPage(words, doc_id=doc_id, has_conf=True)


def _word(row: dict[str, str]) -> Word:
    numbers = (round(number(row[name])) for name in NUMBER_COLUMNS)
    cells = (number(row["conf"]), row["text"], True, None, "")
    return Word._make([*numbers, *cells])


def read_texts(content: bytes) -> Iterator[RecordedPage]:
    """Yield the pages of documents in a table with the columns doc_id and text."""
    rows = _rows(content, header_of(content)[0])
    for doc_id, parts in groupby(rows, key=lambda row: row["doc_id"]):
        for row in parts:
            yield from pages_of_text(row["text"], doc_id)


def read_jsonl(content: bytes) -> Iterator[RecordedPage]:
    """Yield pages of JSON lines, with words as exported, or with a text only."""
    for line in io.BytesIO(content):
        if not line.strip():
            continue
        page = json.loads(line)
        if not isinstance(page, dict):
            raise InputError("A line of the file is no JSON object.")
        doc_id = str(page.get("doc_id", ""))
        if isinstance(page.get("words"), list):
            yield _page_of_json(page, doc_id)
        else:
            yield from pages_of_text(str(page.get("text", "")), doc_id)


def _page_of_json(page: dict[str, Any], doc_id: str) -> RecordedPage:
    words = page["words"]
    if len(words) > MAX_WORDS:
        raise InputError("A page of the file has more than {0} words.", MAX_WORDS)
    return RecordedPage(
        rows=tuple(_word_of_json(word) for word in words),
        size=(_whole(page.get("width")), _whole(page.get("height"))),
        dpi=_whole(page.get("dpi")),
        language=str(page.get("lang", "")),
        engine=str(page.get("engine", "")),
        image=str(page.get("source_file", "")),
        doc_id=doc_id,
        has_conf=True,
        error=str(page.get("error", "")),
    )


def _word_of_json(word: Any) -> Word:
    numbers = (_whole(word[name]) for name in NUMBER_COLUMNS)
    conf = min(100.0, max(0.0, float(word["conf"])))
    space = bool(word.get("space_before", True))
    return Word._make([*numbers, conf, str(word["text"]), space, None, ""])


def _whole(value: Any) -> int:
    return round(min(FARTHEST, max(-FARTHEST, float(value or 0))))


def _rows(
    content: bytes, delimiter: str, *, quoted: bool = True
) -> Iterator[dict[str, str]]:
    """Yield the rows of a table, with all cells as text."""
    names = header_of(content)[1] if quoted else None
    parsing = arrow_csv.ParseOptions(
        delimiter=delimiter,
        quote_char='"' if quoted else False,
        newlines_in_values=quoted,
    )
    columns = names or content.split(b"\n", 1)[0].decode("utf-8-sig").split("\t")
    columns = [name.strip("\r") for name in columns]
    table = arrow_csv.read_csv(
        pa.BufferReader(content),
        read_options=arrow_csv.ReadOptions(
            block_size=max(2**20, len(content)), use_threads=False
        ),
        parse_options=parsing,
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(columns, pa.string()),
            strings_can_be_null=False,
            check_utf8=True,
        ),
    )
    for batch in table.to_batches(max_chunksize=4096):
        yield from batch.to_pylist()
