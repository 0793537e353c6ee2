"""Integrity: whether all pixels of a picture are there and as they were written.

Decoders go on where data are missing or changed, and return grey or garbage without a
word. PNG has checksums; in a JPEG the end of the data shows only by its effect.
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
FILLED = 128  # the grey that a JPEG decoder puts where data are missing
FILLED_INVERTED = 127  # in pictures stored as negatives

PngState = Literal["whole", "ends early", "checksum wrong", "damaged"]


def png_state(path: str, *, thorough: bool) -> PngState:
    """Compare a PNG's pixels with their checksums.

    Each chunk has a CRC, and the packed pixels an Adler-32 of their own: either proves
    them right. The decoder looks at neither. `thorough` asks for the second in any
    case, for which all must be unpacked once more.
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
    """Yield name and length of each chunk; the reader must take it up to its end."""
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
    """Tell whether a PNG's packed pixels match their Adler-32."""
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
    """Tell whether deflated strips (offset, bytes) of a TIFF match their Adler-32.

    The decoder stops at the last pixel, before it comes to the checksum.
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
    """Tell whether each strip (offset, bytes) of a fax ends with its end mark."""
    with Path(path).open("rb") as file:
        for offset, length in strips:
            file.seek(offset + max(0, length - 16))
            if not fax_has_end(file.read(min(length, 16)), reversed_bits=reversed_bits):
                return False
    return True


def flate_state(
    packed: bytes,
) -> tuple[Literal["whole", "checksum wrong", "broken"], int]:
    """Unpack deflated bytes; return their state, and how many they become.

    Where the checksum alone is missing they are whole.
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
    """Unpack bytes without keeping them; return how many they become."""
    size = 0
    while packed and not unpacker.eof:
        size += len(unpacker.decompress(packed, BLOCK))
        packed = unpacker.unconsumed_tail
    return size


@dataclass(frozen=True)
class JpegEnd:
    """Where the data of a JPEG's picture end.

    `place` is the offset behind the last scan; `marked` tells that the end marker
    follows. `full` tells that the scans bring every coefficient to its full precision.
    """

    place: int
    marked: bool
    full: bool


def jpeg_has_end(content: bytes) -> bool:
    """Tell whether the end marker of a JPEG stands behind its picture."""
    return content.endswith(JPEG_END) or jpeg_end(content).marked


def whole_jpeg(content: bytes) -> bytes | None:
    """Return a JPEG with its end marker in place; None where pixels are missing.

    A decoder takes no more data than the picture needs. So what is laid behind them
    changes nothing where the picture is whole, and shows where it is not.
    """
    end = jpeg_end(content)
    data = content[: end.place]
    if not end.marked:
        if not end.full:
            return None
        # A part of the end marker, and the blanks of a file that was cut on a disk.
        data = data.rstrip(b"\0\xff") if data.endswith(bytes(4)) else data
        data = data[:-1] if data.endswith(b"\xff") else data
    try:
        bare, laid = (_pixels(data + more + JPEG_END) for more in (b"", _other_data()))
    except (OSError, ValueError, SyntaxError):
        return None
    return data + JPEG_END if np.array_equal(bare, laid) else None


def looks_filled(image: np.ndarray) -> bool:
    """Tell whether the last corner of a decoded JPEG may stand for missing data."""
    corner = image[-4:, -4:]
    return bool(
        corner.size and ((corner == FILLED).all() or (corner == FILLED_INVERTED).all())
    )


def fax_has_end(content: bytes, *, reversed_bits: bool = False) -> bool:
    """Tell whether fax data (ITU-T T.4 or T.6) end with two marks for a line's end.

    Where a decoder finds no more data it leaves the other lines white.
    """
    order = "{:08b}".format
    bits = "".join(order(each)[:: -1 if reversed_bits else 1] for each in content[-16:])
    return FAX_END.search(bits) is not None


def jpeg_end(content: bytes) -> JpegEnd:
    """Walk over the markers of a JPEG to the end of its last scan."""
    place, marked, scanned = 2, False, False
    missing: dict[int, set[int]] = {}
    while place + 4 <= len(content) and content[place] == 0xFF:
        kind = content[place + 1]
        if kind == 0xFF:  # fill bytes may stand before a marker
            place += 1
            continue
        if kind == JPEG_END[1]:
            break
        length = int.from_bytes(content[place + 2 : place + 4], "big")
        segment = content[place + 4 : place + 2 + length]
        behind = place + 2 + length
        if behind > len(content):
            break
        if kind in FRAMES and len(segment) > 5:
            missing = {each: set(range(64)) for each in segment[6::3]}
        place = behind
        if kind == SCAN:
            scanned = True
            _take_scan(segment, missing)
            found = MARKER.search(content, place)
            place = found.start() if found else len(content)
    marked = content[place : place + 2] == JPEG_END
    return JpegEnd(place, marked, scanned and not any(missing.values()))


def _take_scan(segment: bytes, missing: dict[int, set[int]]) -> None:
    """Strike the coefficients that a scan brings to full precision."""
    if not segment or len(segment) < 4 + 2 * segment[0]:
        return
    count = segment[0]
    first, last, precision = segment[1 + 2 * count : 4 + 2 * count]
    if precision & 0x0F == 0:
        for component in segment[1 : 1 + 2 * count : 2]:
            missing.get(component, set()).difference_update(range(first, last + 1))


def _other_data() -> bytes:
    """Return what no picture goes on with, with restart markers of every number."""
    chance = random.Random(0)
    parts = [
        chance.randbytes(500).replace(b"\xff", b"\xfe") + bytes([0xFF, 0xD0 + number])
        for number in range(8)
    ]
    return b"".join(parts)


def _pixels(content: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(content), formats=["JPEG"]) as picture:
        return np.asarray(picture)
