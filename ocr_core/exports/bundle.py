"""Bundle: one zip with everything, so that a corpus can be passed on and repeated."""

import io
import json
import re
import zipfile
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import BinaryIO

from ocr_core.exports.tables import (
    write_corpus,
    write_jsonl,
    write_pages,
    write_txt,
    write_words,
)
from ocr_core.page import PageResult
from ocr_core.settings import VERSION_KEY, ocr_core_version

UNSAFE = re.compile(r"[^\w.-]+")
EPOCH = (
    1980,
    1,
    1,
    0,
    0,
    0,
)  # no clock in the bundle: the same results, the same bytes

README = """This corpus was read by ocr-core {version} from {documents} documents.

corpus.csv    one row a document; doc_id and text come first
pages.csv     one row a page, with engine, settings, and what failed and why
words.csv     one row a word, its box in pixels of the page as scanned
pages.jsonl   all of it, one JSON object a page
texts/        the text of each document
recipe.json   the settings; the same words again with
              ocr-core read SCANS --recipe recipe.json --to words -o words.csv

{read} pages were read, {failed} could not be. Mean word confidence: {conf}.
Confidence is the engine's own opinion, not the share of words that are right.
All files are UTF-8.
"""


def write_zip(results: Iterable[PageResult], file: BinaryIO) -> None:
    """Write all tables, a text a document, the recipe and a README as one zip.

    Names in the zip hold only letters, digits, ``_``, ``.`` and ``-``.
    """
    pages = list(results)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
        _add(bundle, "README.txt", _readme(pages).encode())
        for name, write in (
            ("corpus.csv", write_corpus),
            ("pages.csv", write_pages),
            ("words.csv", write_words),
            ("pages.jsonl", write_jsonl),
        ):
            table = io.BytesIO()
            write(pages, table)
            _add(bundle, name, table.getvalue())
        for doc_id, document in groupby(pages, key=lambda page: page.ref.doc_id):
            text = io.BytesIO()
            write_txt(document, text)
            _add(bundle, f"texts/{safe_name(doc_id)}.txt", text.getvalue())
        if pages:
            recipe = {VERSION_KEY: ocr_core_version(), **pages[0].settings}
            content = json.dumps(recipe, indent=2, ensure_ascii=False)
            _add(bundle, "recipe.json", content.encode())


def safe_name(doc_id: str) -> str:
    """Return a document's name as a file name that no system trips over."""
    return UNSAFE.sub("_", doc_id).strip(".")[:120] or "document"


def _add(bundle: zipfile.ZipFile, name: str, content: bytes) -> None:
    member = zipfile.ZipInfo(_free(bundle, name), EPOCH)
    member.compress_type = zipfile.ZIP_DEFLATED
    bundle.writestr(member, content)


def _free(bundle: zipfile.ZipFile, name: str) -> str:
    taken = {taken.lower() for taken in bundle.namelist()}
    stem, dot, ending = name.rpartition(".")
    count = 1
    while name.lower() in taken:
        count += 1
        name = f"{stem}_{count}{dot}{ending}"
    return name


def _readme(pages: Sequence[PageResult]) -> str:
    confs = [word.conf for page in pages for word in page.rows]
    failed = sum(page.status == "failed" for page in pages)
    return README.format(
        version=ocr_core_version(),
        documents=len({page.ref.doc_id for page in pages}),
        read=len(pages) - failed,
        failed=failed,
        conf=f"{sum(confs) / len(confs):.1f} of 100" if confs else "none",
    )
