"""Packed files: recorded OCR that libraries keep compressed by gzip, one file each.

They are told by their first bytes, and unpacked no further than a limit.
"""

import gzip
import zlib
from pathlib import Path, PurePath

from ocr_core.documents.files import first_bytes
from ocr_core.imports import HEAD_BYTES

GZIP = b"\x1f\x8b"
ENDING = ".gz"


def unpacked_name(path: PurePath) -> PurePath:
    """Return the path of a file as if it were not packed: 1.xml for 1.xml.gz."""
    return path.with_suffix("") if path.suffix.lower() == ENDING else path


def head_of(path: Path) -> bytes:
    """Return the first bytes of a file, none where it cannot be opened."""
    return unpacked_head(first_bytes(path, HEAD_BYTES))


def unpacked_head(head: bytes, most: int = HEAD_BYTES) -> bytes:
    """Return up to `most` bytes of a file by its first bytes, unpacked if packed."""
    if not head.startswith(GZIP):
        return head[:most]
    try:
        return zlib.decompressobj(wbits=31).decompress(head, most)
    except zlib.error:
        return b""


def content_of(path: Path, most: int) -> bytes:
    """Return the content of a file, unpacked if packed, but at most `most` bytes."""
    with path.open("rb") as file:
        packed = file.read(2) == GZIP
    with gzip.open(path) if packed else path.open("rb") as file:
        return file.read(most)
