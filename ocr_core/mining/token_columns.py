"""Token columns: the tokens of a large corpus in a file beside it, mapped into memory.

The file is an Arrow IPC file. All programs that open the corpus share its pages in
memory, and read only those that a view needs. It can be made again from the corpus: it
is used only if its stamp names the present tokens, and nothing is lost if it is
missing, damaged, or cannot be written.
"""

import glob
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ocr_core.mining.tokens import DocumentCounts, PageInfo, TokenColumns, Tokens
from ocr_core.mining.vocabulary import TRAITS, Vocabulary
from ocr_core.replaced_files import replaced_file

LAYOUT = "1"  # of the file; another one is not read
TEXT_ONLY = "text_"  # prefix of the columns without running heads
DRAFT_SECONDS = 86_400  # after which an unfinished file is one that was left over


def write_columns(path: Path, stamp: str, tokens: Tokens, mode: int = 0o600) -> None:
    """Write the tokens of a corpus; the file appears when it is complete.

    `mode` says who may read it, as for `Path.chmod`.

    Raises
    ------
    OSError
        If it cannot be written; an existing file is then unchanged.
    """
    import pyarrow as pa

    columns = dict(_arrays(tokens))
    values = [pa.array(tokens.vocabulary.spelled, pa.large_string())]
    values += [pa.array(each) for each in columns.values()]
    lists = [
        pa.LargeListArray.from_arrays(pa.array([0, len(each)], pa.int64()), each)
        for each in values
    ]
    schema = pa.schema(
        [
            pa.field(name, each.type)
            for name, each in zip(["vocabulary", *columns], lists, strict=True)
        ],
        {"stamp": stamp, "layout": LAYOUT},
    )
    prefix = f".{path.name}-"
    for left in path.parent.glob(f"{glob.escape(prefix)}*"):  # by a killed program
        if left.stat().st_mtime < time.time() - DRAFT_SECONDS:
            left.unlink(missing_ok=True)
    with (
        replaced_file(path, prefix, mode) as file,
        pa.ipc.new_file(file, schema) as writer,
    ):
        writer.write_batch(pa.record_batch(lists, schema=schema))


def read_columns(
    path: Path, stamp: str, page_infos: Sequence[PageInfo], **known: Any
) -> Tokens | None:
    """Return the tokens in a file; None if it is missing, damaged, or of others.

    Parameters
    ----------
    path, stamp
        The file, and the stamp that it must have.
    page_infos
        The pages, as when it was written.
    **known
        The other fields of `Tokens`.
    """
    import pyarrow as pa

    try:
        with pa.memory_map(str(path)) as file:
            batch = pa.ipc.open_file(file).get_batch(0)
            about = batch.schema.metadata
            if (about[b"stamp"], about[b"layout"]) != (stamp.encode(), LAYOUT.encode()):
                return None
            batch.validate(full=True)
        spelled = batch.column("vocabulary").values.to_pylist()
        arrays = {
            name: batch.column(name).values.to_numpy(zero_copy_only=False)
            for name in batch.schema.names[1:]
        }
        traits = {name: arrays[name] for name in TRAITS}
        known["vocabulary"] = Vocabulary(spelled, traits)
        known["page_infos"] = page_infos
        known["lemma_tables"] = {}
        return _tokens(arrays, known)
    except (OSError, KeyError, IndexError, TypeError, pa.ArrowException):
        return None


def _arrays(tokens: Tokens) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the columns of a file by name, but for the vocabulary."""
    for name in TRAITS:
        yield name, getattr(tokens.vocabulary, name)
    text_only = tokens.without_heads
    for prefix, each in (("", tokens), (TEXT_ONLY, text_only)):
        if each is tokens and prefix:
            continue
        for name, column in each.stored._asdict().items():
            yield f"{prefix}{name}", column
    for name, column in text_only.counted_by_document()._asdict().items():
        yield f"document_{name}", column


def _tokens(arrays: Mapping[str, np.ndarray], known: Mapping[str, Any]) -> Tokens:
    """Return the tokens of the columns of a file."""
    counts = DocumentCounts(
        *(arrays[f"document_{name}"] for name in DocumentCounts._fields)
    )
    every = TokenColumns(*(arrays[name] for name in TokenColumns._fields))
    if f"{TEXT_ONLY}forms" not in arrays:
        tokens = Tokens(every, document_counts=counts, **known)
        tokens.__dict__["without_heads"] = tokens  # known, so that nobody looks
        return tokens
    text = TokenColumns(*(arrays[TEXT_ONLY + name] for name in TokenColumns._fields))
    text_only = Tokens(text, document_counts=counts, **known)
    return Tokens(every, text_only=text_only, **known)
