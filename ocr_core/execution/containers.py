"""Containers: the documents inside files such as zips of scans and tables of texts."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from ocr_core.documents import holds_documents
from ocr_core.errors import CancelledError, OcrError
from ocr_core.page import PageRef


def each_document(
    refs: Iterable[PageRef], inside: Callable[[PageRef], list[PageRef]]
) -> Iterator[tuple[PageRef, OcrError | None]]:
    """Yield each document with None, or a file that cannot be opened with its error.

    A container file is replaced by the documents inside it. If a document's name is
    already used, the file's name is put before it; if that is used too, a number is
    added.

    Parameters
    ----------
    inside
        Lists the documents that a file contains.
    """
    taken = {ref.doc_id for ref in refs} if isinstance(refs, Sequence) else set()
    for ref in refs:
        if ref.number or not holds_documents(ref):
            yield ref, None
            continue
        try:
            found = inside(ref)
        except CancelledError:
            raise
        except OcrError as error:
            yield ref, error
            continue
        for each in found:
            name = each.doc_id if each.path == ref.path else _free(ref, each, taken)
            taken.add(name)
            yield replace(each, doc_id=name), None


def _free(outer: PageRef, inner: PageRef, taken: set[str]) -> str:
    name, number = inner.doc_id, 1
    while name in taken and inner.doc_id != outer.doc_id:
        count = f"_{number}" if number > 1 else ""
        name, number = f"{outer.doc_id}_{inner.doc_id}{count}", number + 1
    return name
