"""Dataset: pages with words and boxes as a folder for Hugging Face datasets.

After unpacking, ``datasets.load_dataset("FOLDER")`` loads it, and so do tools that
train layout models: a row has the words of a page and their boxes in the same order.
Source: Hugging Face, Structure your repository.
"""

import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

import pyarrow as pa
from pyarrow import parquet

from ocr_core.exports import Metadata
from ocr_core.exports.zip_bundle import member
from ocr_core.page import PageResult
from ocr_core.version import ocr_core_version

TABLE_PATH = "data/train-00000-of-00001.parquet"
ROWS = 500  # pages in memory before they are written
FIELDS = [
    ("doc_id", pa.string()),
    ("page_num", pa.int32()),
    ("lang", pa.string()),
    ("width", pa.int32()),
    ("height", pa.int32()),
    ("quality", pa.float64()),
    ("text", pa.string()),
    ("words", pa.list_(pa.string())),
    ("confs", pa.list_(pa.float64())),
    ("boxes", pa.list_(pa.list_(pa.int32()))),
]

CARD = """\
---
configs:
- config_name: default
  data_files:
  - split: train
    path: {path}
---

# {documents} scanned documents, {pages} pages

Read by ocr-core {version}. A row is a page: `text`, and its `words` in reading order
with `boxes` (left, top, right, bottom in pixels of the page as scanned, which is
`width` by `height`) and `confs`, the engine's own opinion of each word, 0 to 100.
{columns}
Whose scans these are and what may be done with them, this file does not know: say so
here before you share it.

    from datasets import load_dataset
    pages = load_dataset("FOLDER", split="train")
"""


def write_dataset(
    results: Iterable[PageResult], file: BinaryIO, *, metadata: Metadata | None = None
) -> None:
    """Write a zip of a dataset folder: one row for each page read, and a dataset card.

    The metadata of a document is in columns ``meta_NAME``.
    """
    known = metadata or {}
    schema = pa.schema([*FIELDS, *((f"meta_{name}", pa.string()) for name in known)])
    documents, pages = set(), 0
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle,
        tempfile.TemporaryFile() as table,
    ):
        with parquet.ParquetWriter(table, schema, compression="zstd") as writer:
            for rows in _batches(results, known):
                documents |= {row["doc_id"] for row in rows}
                pages += len(rows)
                writer.write_table(pa.Table.from_pylist(rows, schema))
        table.seek(0)
        with bundle.open(member(TABLE_PATH), "w", force_zip64=True) as target:
            shutil.copyfileobj(table, target)
        names = "".join(f"`meta_{name}` " for name in known)
        card = CARD.format(
            path=TABLE_PATH,
            documents=len(documents),
            pages=pages,
            version=ocr_core_version(),
            columns=f"\nKnown of its document: {names.strip()}.\n" if names else "",
        )
        bundle.writestr(member("README.md"), card)


def _batches(
    results: Iterable[PageResult], known: Metadata
) -> Iterator[list[dict[str, Any]]]:
    rows: list[dict[str, Any]] = []
    for page in results:
        if page.status == "failed":
            continue
        rows.append(_row(page, known))
        if len(rows) == ROWS:
            yield rows
            rows = []
    if rows:
        yield rows


def _row(page: PageResult, known: Metadata) -> dict[str, Any]:
    doc_id = page.ref.doc_id
    return {
        "doc_id": doc_id,
        "page_num": page.ref.number,
        "lang": page.language,
        "width": page.size[0],
        "height": page.size[1],
        "quality": page.quality,
        "text": page.text,
        "words": [word.text for word in page.rows],
        "confs": [word.conf for word in page.rows],
        "boxes": [
            [word.left, word.top, word.left + word.width, word.top + word.height]
            for word in page.rows
        ],
        **{f"meta_{name}": values.get(doc_id) for name, values in known.items()},
    }
