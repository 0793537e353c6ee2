"""Imports: read OCR results of other programs, with words and boxes.

Each file format has a function that takes the bytes and yields `RecordedPage`s. The
bytes are untrusted: they are parsed in a worker process with a memory limit.
"""

import re
from collections.abc import Callable, Iterator
from importlib import import_module

from ocr_core.imports.mets import MetsPage, is_mets, mets_pages, named_files
from ocr_core.imports.record import RecordedPage

__all__ = [
    "HEAD_BYTES",
    "LISTS",
    "MetsPage",
    "RecordedPage",
    "is_mets",
    "mets_pages",
    "named_files",
    "recorded_kind",
    "recorded_pages",
]

HEAD_BYTES = 65_536  # needed to detect the format of a file
READERS = {
    "alto": "alto:read_alto",
    "page": "page_xml:read_page_xml",
    "hocr": "hocr:read_hocr",
    "abbyy": "abbyy:read_abbyy",
    "tsv": "tables:read_tsv",
    "words": "tables:read_words",
    "texts": "tables:read_texts",
    "jsonl": "tables:read_jsonl",
    "lines": "tables:read_jsonl",  # of one document
    "txt": "texts:read_text",
}
LISTS = ("words", "texts", "jsonl")  # kinds that may hold several documents
ROOT = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?(alto|PcGts|document|page|html)[\s>]")
HOCR = re.compile(rb"""class\s*=\s*["'][^"']*ocr_page|name\s*=\s*["']ocr-system""")
WORDS = b"doc_id,page_num,block_num,par_num,line_num,word_num,left,top,width,height"
TSV = b"level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop"
TEXTS = re.compile(rb"""^[^\n]*\bdoc_id\b"?[,;\t][^\n]*\btext\b""")
BOM = b"\xef\xbb\xbf"


def recorded_kind(head: bytes, name: str) -> str:
    """Return the format of a file with recorded OCR or text; "" for other files.

    Parameters
    ----------
    head
        The first `HEAD_BYTES` bytes of the file, or all if it is shorter.
    name
        The file name: plain text is recognised by its name only.
    """
    start = head.removeprefix(BOM).lstrip()
    if start.startswith(b"<"):
        return _kind_of_markup(head)
    if start.startswith(TSV):
        return "tsv"
    if start.startswith(WORDS):
        return "words"
    if start.startswith(b"{") and b'"doc_id"' in head:
        return "jsonl"
    if start.startswith(b'{"words":'):
        return "lines"
    ending = name.lower().rpartition(".")[2]
    if ending in ("csv", "tsv") and TEXTS.match(start):
        return "texts"
    return "txt" if ending in ("txt", "text") and b"\0\0" not in head[:4096] else ""


def _kind_of_markup(head: bytes) -> str:
    root = ROOT.search(head)
    name = root[1].decode() if root else ""
    if name == "html":
        return "hocr" if HOCR.search(head) else ""
    if name == "document":
        return "abbyy" if b"FineReader" in head else ""
    if name == "page":  # of a document that was written page by page
        return "abbyy" if b"blockType" in head else ""
    return {"alto": "alto", "PcGts": "page"}.get(name, "")


def recorded_pages(content: bytes, kind: str) -> Iterator[RecordedPage]:
    """Yield the pages of a file with recorded OCR, with boxes clipped to the page."""
    module, _, name = READERS[kind].partition(":")
    read: Callable[[bytes], Iterator[RecordedPage]] = getattr(
        import_module(f"ocr_core.imports.{module}"), name
    )
    within = import_module("ocr_core.imports.record").within
    yield from map(within, read(content))
