"""Integrity: whether all pixels of a picture are present and unchanged.

Decoders silently return grey or garbage where data are missing or changed. PNG has
checksums; in a JPEG, missing data can only be inferred from the decoded picture.
"""

import io
import random
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
from PIL import Image

BLOCK = 1 << 20
PNG_START = b"\x89PNG\r\n\x1a\n"
JPEG_START, JPEG_END = b"\xff\xd8", b"\xff\xd9"
MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])", re.DOTALL)  # within a scan
FAX_END = re.compile("0{11,}1[01]?0{11,}1")
SCAN, FRAMES = 0xDA, {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
FILLED = 128  # the grey that a JPEG decoder returns for missing data
FILLED_INVERTED = 127  # the same in pictures stored as negatives

PngState = Literal["whole", "ends early", "checksum wrong", "damaged"]


def png_state(path: str, *, thorough: bool) -> PngState:
    """Compare a PNG's pixels with their checksums.

    Each chunk has a CRC, and the packed pixels have an Adler-32: either one proves
    them right. The decoder checks neither. `thorough` always checks the Adler-32, for
    which all pixels must be unpacked again.
    """
    with Path(path).open("rb") as file:
        right, ended = True, False
        for name, length in _png_chunks(file):
            check = zlib.crc32(name)
            for block in _blocks(file, length):
                check = zlib.crc32(block, check)
            right &= file.read(4) == check.to_bytes(4, "big")
            ended = name == b"IEND"
        if right and not thorough:
            return "whole" if ended else "ends early"
        file.seek(0)
        if not _unpacks(file):
            return "damaged"
        return "checksum wrong" if not right else "whole" if ended else "ends early"


def _png_chunks(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Yield name and length of each chunk; the caller must read the chunk."""
    if file.read(8) != PNG_START:
        return
    while len(head := file.read(8)) == 8:
        yield head[4:], int.from_bytes(head[:4], "big")
        if head[4:] == b"IEND":
            return


def _blocks(file: BinaryIO, length: int) -> Iterator[bytes]:
    while length > 0 and (block := file.read(min(length, BLOCK))):
        yield block
        length -= len(block)


def _unpacks(file: BinaryIO) -> bool:
    """Return whether a PNG's packed pixels match their Adler-32."""
    unpacker = zlib.decompressobj()
    try:
        for name, length in _png_chunks(file):
            if name == b"IDAT":
                for block in _blocks(file, length):
                    unpacked_size(unpacker, block)
                length = 0
            file.seek(length + 4, io.SEEK_CUR)
    except zlib.error:
        return False
    return unpacker.eof


def deflated_strips_match(path: str, strips: Sequence[tuple[int, int]]) -> bool:
    """Return whether deflated strips (offset, bytes) of a TIFF match their Adler-32.

    The decoder stops at the last pixel, before the checksum.
    """
    with Path(path).open("rb") as file:
        for offset, length in strips:
            file.seek(offset)
            unpacker = zlib.decompressobj()
            try:
                for block in _blocks(file, length):
                    unpacked_size(unpacker, block)
            except zlib.error:
                return False
    return True


def fax_strips_have_ends(
    path: str, strips: Sequence[tuple[int, int]], *, reversed_bits: bool
) -> bool:
    """Return whether each strip (offset, bytes) of a fax ends with an end mark."""
    with Path(path).open("rb") as file:
        for offset, length in strips:
            file.seek(offset + max(0, length - 16))
            if not fax_has_end(file.read(min(length, 16)), reversed_bits=reversed_bits):
                return False
    return True


def flate_state(
    packed: bytes,
) -> tuple[Literal["whole", "checksum wrong", "broken"], int]:
    """Unpack deflated bytes; return their state and unpacked size.

    They are whole if only the checksum is missing.
    """
    unpacker = zlib.decompressobj()
    try:
        size = unpacked_size(unpacker, packed)
        if not unpacker.eof:
            unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
            size = unpacked_size(unpacker, packed[2:])
    except zlib.error as error:
        return ("checksum wrong" if "data check" in str(error) else "broken"), 0
    return ("whole" if unpacker.eof else "broken"), size


def unpacked_size(unpacker: "zlib._Decompress", packed: bytes) -> int:
    """Return the unpacked size of bytes, without keeping them."""
    size = 0
    while packed and not unpacker.eof:
        size += len(unpacker.decompress(packed, BLOCK))
        packed = unpacker.unconsumed_tail
    return size


@dataclass(frozen=True)
class JpegEnd:
    """The end of the picture data in a JPEG.

    `offset` is that after the last scan; `marked` states whether the end marker
    follows. `full` states whether the scans have all coefficients at full precision.
    """

    offset: int
    marked: bool
    full: bool


def jpeg_has_end(content: bytes) -> bool:
    """Return whether the end marker of a JPEG follows its picture data."""
    return content.endswith(JPEG_END) or jpeg_end(content).marked


def whole_jpeg(content: bytes) -> bytes | None:
    """Return a JPEG completed by its end marker; None if pixels are missing.

    A decoder reads no more data than the picture needs. So other data appended to the
    file change nothing in a whole picture, but are visible in an incomplete one.
    """
    end = jpeg_end(content)
    data = content[: end.offset]
    if not end.marked:
        if not end.full:
            return None
        # Remove a part of the end marker, and zeros that fill a truncated file.
        data = data.rstrip(b"\0\xff") if data.endswith(bytes(4)) else data
        data = data[:-1] if data.endswith(b"\xff") else data
    try:
        bare, laid = (_pixels(data + more + JPEG_END) for more in (b"", _other_data()))
    except (OSError, ValueError, SyntaxError):
        return None
    return data + JPEG_END if np.array_equal(bare, laid) else None


def looks_filled(image: np.ndarray) -> bool:
    """Return whether the last corner of a decoded JPEG may be missing data."""
    corner = image[-4:, -4:]
    return bool(
        corner.size and ((corner == FILLED).all() or (corner == FILLED_INVERTED).all())
    )


def fax_has_end(content: bytes, *, reversed_bits: bool = False) -> bool:
    """Return whether fax data (ITU-T T.4 or T.6) end with two end-of-line marks.

    A decoder that finds no more data leaves the remaining lines white.
    """
    order = "{:08b}".format
    bits = "".join(order(each)[:: -1 if reversed_bits else 1] for each in content[-16:])
    return FAX_END.search(bits) is not None


def jpeg_end(content: bytes) -> JpegEnd:
    """Find the end of the last scan of a JPEG by its markers."""
    offset, marked, scanned = 2, False, False
    missing: dict[int, set[int]] = {}
    while offset + 4 <= len(content) and content[offset] == 0xFF:
        kind = content[offset + 1]
        if kind == 0xFF:  # fill bytes may precede a marker
            offset += 1
            continue
        if kind == JPEG_END[1]:
            break
        length = int.from_bytes(content[offset + 2 : offset + 4], "big")
        segment = content[offset + 4 : offset + 2 + length]
        behind = offset + 2 + length
        if behind > len(content):
            break
        if kind in FRAMES and len(segment) > 5:
            missing = {each: set(range(64)) for each in segment[6::3]}
        offset = behind
        if kind == SCAN:
            scanned = True
            _take_scan(segment, missing)
            found = MARKER.search(content, offset)
            offset = found.start() if found else len(content)
    marked = content[offset : offset + 2] == JPEG_END
    return JpegEnd(offset, marked, scanned and not any(missing.values()))


def _take_scan(segment: bytes, missing: dict[int, set[int]]) -> None:
    """Remove the coefficients that a scan brings to full precision from `missing`."""
    if not segment or len(segment) < 4 + 2 * segment[0]:
        return
    count = segment[0]
    first, last, precision = segment[1 + 2 * count : 4 + 2 * count]
    if precision & 0x0F == 0:
        for component in segment[1 : 1 + 2 * count : 2]:
            missing.get(component, set()).difference_update(range(first, last + 1))


def _other_data() -> bytes:
    """Return data that continue no picture, with restart markers of all numbers."""
    chance = random.Random(0)
    parts = [
        chance.randbytes(500).replace(b"\xff", b"\xfe") + bytes([0xFF, 0xD0 + number])
        for number in range(8)
    ]
    return b"".join(parts)


def _pixels(content: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(content), formats=["JPEG"]) as picture:
        return np.asarray(picture)
