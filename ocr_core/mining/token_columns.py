"""Token columns: the tokens of a large corpus in a file beside it, mapped into memory.

The file is an Arrow IPC file. All programs that open the corpus share its pages in
memory, and read only those that a view needs. It can be made again from the corpus:
nothing is lost if it is missing, damaged, or cannot be written. Each of its pages has a
key, which names its tokens. After a correction the file stays as it is, and the pages
that did not change are still taken from it, until many have changed.
"""

import glob
import mmap
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple, overload

import numpy as np

from ocr_core.mining.tokens import (
    DocumentCounts,
    FormPositions,
    PageInfo,
    TokenColumns,
    Tokens,
)
from ocr_core.mining.vocabulary import TRAITS, Vocabulary
from ocr_core.replaced_files import replaced_file

LAYOUT = "5"  # of the file; another one is not read
TEXT_ONLY = "text_"  # prefix of the columns without running heads
TEXTS = ("vocabulary", "doc_ids", "languages")  # columns of texts
PAGES = ("number", "language", "quality", "reading", "calibrated")
DRAFT_SECONDS = 86_400  # after which an unfinished file is one that was left over


class StoredColumns(NamedTuple):
    """What is in a file.

    Parameters
    ----------
    state
        Names the state of the corpus that has these tokens and pages.
    page_keys
        (P,) uint64: the key of each page's tokens; 0 if it has none.
    document_pages
        (D + 1,) the first page of each document, and the number of pages.
    vocabulary
        The forms.
    doc_ids, languages
        The documents, and the languages of pages.
    arrays
        The columns of tokens and the running words of pages, those without running
        heads if any is there, the counts of documents, the positions of forms, and the
        columns of pages, by name.
    mapped
        The file in memory.
    """

    state: str
    page_keys: np.ndarray
    document_pages: np.ndarray
    vocabulary: Vocabulary
    doc_ids: Sequence[str]
    languages: Sequence[str]
    arrays: Mapping[str, np.ndarray]
    mapped: mmap.mmap

    def changeable(self, name: str) -> np.ndarray:
        """Return a column whose values this program may change for itself alone.

        Only the pages of memory that are written to are copied; the file stays.
        """
        import pyarrow as pa

        column = self.arrays[name]
        if not len(column):
            return column.copy()
        start = column.ctypes.data - pa.py_buffer(self.mapped).address
        return np.frombuffer(self.mapped, column.dtype, len(column), start)


def write_columns(
    path: Path,
    page_keys: np.ndarray,
    tokens: Tokens,
    mode: int = 0o600,
    state: str = "",
) -> None:
    """Write the tokens of a corpus; the file appears when it is complete.

    `page_keys` and `state` are as in `StoredColumns`; `mode` says who may read the
    file, as for `Path.chmod`.

    Raises
    ------
    OSError
        If it cannot be written; an existing file is then unchanged.
    """
    import pyarrow as pa

    columns = {"page_keys": page_keys, "document_pages": tokens.document_pages}
    columns |= _arrays(tokens)
    texts = tokens.vocabulary.spelled, tokens.documents, tokens.languages
    values = [pa.array(each, pa.large_string()) for each in texts]
    values += [pa.array(each) for each in columns.values()]
    lists = [
        pa.LargeListArray.from_arrays(pa.array([0, len(each)], pa.int64()), each)
        for each in values
    ]
    schema = pa.schema(
        [
            pa.field(name, each.type)
            for name, each in zip([*TEXTS, *columns], lists, strict=True)
        ],
        {"layout": LAYOUT, "state": state},
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


def read_columns(path: Path) -> StoredColumns | None:
    """Return what is in a file; None if it is missing, damaged, or of others."""
    import pyarrow as pa

    try:
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        batch = pa.ipc.open_file(pa.py_buffer(mapped)).get_batch(0)
        if batch.schema.metadata[b"layout"] != LAYOUT.encode():
            return None
        batch.validate(full=True)
        state = batch.schema.metadata[b"state"].decode()
        forms, doc_ids, languages = (
            batch.column(name).values.to_pylist() for name in TEXTS
        )
        arrays = {
            name: batch.column(name).values.to_numpy(zero_copy_only=False)
            for name in batch.schema.names[len(TEXTS) :]
        }
        traits = {name: arrays.pop(name) for name in TRAITS}
        keys, pages = arrays.pop("page_keys"), arrays.pop("document_pages")
        vocabulary = Vocabulary(forms, traits)
        return StoredColumns(
            state, keys, pages, vocabulary, doc_ids, languages, arrays, mapped
        )
    # A file without content cannot be mapped, which is a ValueError.
    except (OSError, LookupError, TypeError, ValueError, pa.ArrowException):
        return None


class StoredPages(Sequence[PageInfo]):
    """The pages of a file; a page is made when it is asked for, which takes time.

    Parameters
    ----------
    stored
        What is in the file.
    """

    def __init__(self, stored: StoredColumns) -> None:
        self._stored = stored
        numbers = np.arange(len(stored.doc_ids), dtype=np.int32)
        sizes = np.diff(stored.document_pages)
        arrays = {name: stored.arrays[f"page_{name}"] for name in PAGES}
        self.known: dict[str, Any] = {  # of the properties of `Tokens`
            "documents": list(stored.doc_ids),
            "document_of_page": np.repeat(numbers, sizes),
            "document_pages": stored.document_pages,
            "languages": list(stored.languages),
            "language_of_page": arrays["language"],
            "qualities": arrays["quality"],
            "calibrated_pages": arrays["calibrated"],
            "page_numbers": arrays["number"],
        }

    def __len__(self) -> int:
        return len(self.known["document_of_page"])

    @overload
    def __getitem__(self, at: int) -> PageInfo: ...
    @overload
    def __getitem__(self, at: slice) -> list[PageInfo]: ...
    def __getitem__(self, at: int | slice) -> PageInfo | list[PageInfo]:
        inside = at if isinstance(at, slice) else slice(at, at + 1 or None)
        found = list(self._made(inside))
        return found if isinstance(at, slice) else found[0]

    def __iter__(self) -> Iterator[PageInfo]:
        return self._made(slice(None))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def _made(self, inside: slice) -> Iterator[PageInfo]:
        stored = self._stored
        documents = self.known["document_of_page"][inside].tolist()
        columns = {
            name: stored.arrays[f"page_{name}"][inside].tolist() for name in PAGES
        }
        languages, qualities = columns["language"], columns["quality"]
        columns["language"] = [stored.languages[n] for n in languages]
        columns["quality"] = [q if q == q else None for q in qualities]  # NaN
        doc_ids = [stored.doc_ids[n] for n in documents]
        return map(PageInfo, doc_ids, *columns.values())


def stored_tokens_of(stored: StoredColumns, **known: Any) -> Tokens:
    """Return the tokens in a file; `known` are the other fields of `Tokens`."""
    arrays = stored.arrays
    known = {**known, "vocabulary": stored.vocabulary, "lemma_tables": {}}
    counts = stored_counts(stored)
    known["form_positions"] = stored_positions(stored)
    pages = known["page_infos"]
    of_pages = pages.known if isinstance(pages, StoredPages) else {}
    every = TokenColumns(*(arrays[name] for name in TokenColumns._fields))
    if f"{TEXT_ONLY}forms" not in arrays:
        tokens = Tokens(every, document_counts=counts, **known)
        # Cached properties are known, so that nobody looks.
        tokens.__dict__.update(of_pages, _text=None, running=arrays["running"])
        return tokens
    text = TokenColumns(*(arrays[TEXT_ONLY + name] for name in TokenColumns._fields))
    text_only = Tokens(text, document_counts=counts, **known)
    tokens = Tokens(every, text_only=text_only, **known | {"form_positions": None})
    for prefix, each in (("", tokens), (TEXT_ONLY, text_only)):
        each.__dict__.update(of_pages, running=arrays[f"{prefix}running"])
    return tokens


def stored_counts(stored: StoredColumns) -> DocumentCounts:
    """Return the counts of documents in a file."""
    of = (stored.arrays[f"document_{each.name}"] for each in fields(DocumentCounts))
    return DocumentCounts(*of)


def stored_positions(stored: StoredColumns) -> FormPositions:
    """Return the positions of forms in a file."""
    of = (stored.arrays[f"form_{each.name}"] for each in fields(FormPositions))
    return FormPositions(*of)


def _arrays(tokens: Tokens) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the columns of a file by name, but for texts."""
    pages = tokens.page_infos
    yield "page_number", tokens.page_numbers
    yield "page_language", tokens.language_of_page
    yield "page_quality", tokens.qualities
    yield "page_reading", np.array([page.reading for page in pages], np.int64)
    yield "page_calibrated", tokens.calibrated_pages
    for name in TRAITS:
        yield name, getattr(tokens.vocabulary, name)
    text_only = tokens.without_heads
    for prefix, each in (("", tokens), (TEXT_ONLY, text_only)):
        if each is tokens and prefix:
            continue
        for name, column in each.stored._asdict().items():
            yield f"{prefix}{name}", column
        yield f"{prefix}running", each.running
    counts, positions = text_only.counted_by_document(), text_only.indexed()
    for prefix, made in (("document_", counts), ("form_", positions)):
        for one in fields(made):
            yield prefix + one.name, getattr(made, one.name)
