"""Damage: messages that decoders print, and the share of a picture that is lost.

Decoders written in C print a message and continue: a fax decoder leaves rows white, a
JPEG decoder returns garbage. The printed messages are the only report.
"""

import io
import os
import re
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

from ocr_core.documents.files import MAX_BILEVEL_PIXELS
from ocr_core.documents.integrity import JPEG_END, JPEG_START, jpeg_end
from ocr_core.documents.notes import note
from ocr_core.page import Note

MAX_BYTES = 1 << 22  # of messages that are read
FAX_FAULT = re.compile(r"Fax(\w+): .*at line (\d+) of (?:strip|tile) (\d+)")
JPEG_FAULT = re.compile(r"Corrupt JPEG data: .*|Premature end of JPEG file")
PADDING = re.compile(r"Corrupt JPEG data: (\d+) extraneous bytes before marker 0xd9")
# Rows next to those that a decoder reports are often wrong, too.
MAX_INTACT = 0.9  # of a damaged picture
HALF = 0.5  # average share lost of a picture damaged at an unknown position
ALIGNED_ROWS, GROUP_3, GROUP_4 = 2, 3, 4  # TIFF's numbers for the packing of a fax
ROW_START = re.compile("0{11,}1")
# TIFF tags: width, height, bits, packing, meaning of 0, strip's place, rows and bytes,
# options of a Group 3 fax.
WIDTH, HEIGHT, BITS, PACKING, ZERO = 256, 257, 258, 259, 262
STRIP_OFFSETS, ROWS, BYTES, GROUP_3_OPTIONS = 273, 278, 279, 292

_lock = threading.Lock()


class Damage(NamedTuple):
    """Notes on the damage of a picture, and the share of it that is intact."""

    notes: tuple[Note, ...] = ()
    intact: float = 1.0

    def combined_with(self, other: "Damage") -> "Damage":
        """Combine two damages; each note occurs once."""
        more = tuple(each for each in other.notes if each not in self.notes)
        return Damage(self.notes + more, self.intact * other.intact)


class FaxParameters(NamedTuple):
    """How to decode the data of a fax image in a PDF.

    `k` is below 0 for Group 4, 0 for one-dimensional and above 0 for mixed coding;
    `aligned` means that each row begins at a byte boundary.
    """

    k: int
    width: int
    height: int
    aligned: bool = False

    def packing(self, content: bytes) -> int:
        """Return TIFF's compression number for such data; 0 if there is none."""
        if self.k < 0:
            return 0 if self.aligned else GROUP_4
        if ROW_START.match("".join(map("{:08b}".format, content[:4]))):
            return GROUP_3
        return ALIGNED_ROWS if self.k == 0 and self.aligned else 0


# By width, height and bytes of a fax image, which PDFium reports, too.
FaxParametersBySize = Mapping[tuple[int, int, int], FaxParameters]


@contextmanager
def decoder_messages() -> Iterator[list[str]]:
    """Capture the lines that decoders print to descriptor 2; other lines pass through.

    The list is filled when the context ends.
    """
    messages: list[str] = []
    with _lock, tempfile.TemporaryFile() as file:
        try:
            usual = os.dup(2)
        except OSError:  # no descriptor 2
            yield messages
            return
        os.dup2(file.fileno(), 2)
        try:
            yield messages
        finally:
            os.dup2(usual, 2)
            os.close(usual)
            file.seek(0)
            for line in file.read(MAX_BYTES).splitlines(keepends=True):
                text = line.decode(errors="replace").strip()
                if FAX_FAULT.search(text) or JPEG_FAULT.search(text):
                    messages.append(text)
                else:
                    os.write(2, line)


def corrupt() -> Damage:
    """Return the damage of a picture with an unknown fault."""
    return Damage((note("picture-corrupt"),), HALF)


def rows_lost(lost: int, height: int) -> Damage:
    """Return the damage of a picture with lost rows."""
    if not lost:
        return Damage()
    lost_note = note("picture-damaged", lost, height)
    return Damage((lost_note,), min(1 - lost / max(height, 1), MAX_INTACT))


def fax_rows_lost(messages: Sequence[str], height: int, strip_rows: int) -> int:
    """Count the rows of a fax that a decoder reported as faulty.

    In Group 4 each row depends on the one above: after a faulty row, all others of the
    strip are lost.
    """
    lost: set[int] = set()
    for found in filter(None, map(FAX_FAULT.search, messages)):
        coding, line, strip = found[1], int(found[2]), int(found[3])
        top = strip * strip_rows
        last = min(top + strip_rows, height) if coding.startswith("4") else 0
        lost.update(range(top + line, max(last, top + line + 1)))
    return min(len(lost), height)


def jpeg_is_corrupt(content: bytes) -> bool:
    """Return whether a decoder reports faults in JPEG data, or does not use all of it.

    Zero bytes before the end are padding that some cameras write.
    """
    if any(not _is_padding(text, content) for text in _jpeg_messages(content)):
        return True
    # The decoder does not report a few unused bytes, which show that it went wrong:
    # without the last bytes, it must report that data are missing.
    data = content[: jpeg_end(content).offset].rstrip(b"\0\xff")
    return not _jpeg_messages(data[:-2] + JPEG_END)


def _jpeg_messages(content: bytes) -> list[str]:
    data = np.frombuffer(content, np.uint8)
    # At the smallest scale all data are decoded, but hardly any pixels are computed.
    small = cv2.IMREAD_REDUCED_GRAYSCALE_8 | cv2.IMREAD_IGNORE_ORIENTATION
    with decoder_messages() as messages:
        cv2.imdecode(data, small)
    return messages


def _is_padding(message: str, content: bytes) -> bool:
    found = PADDING.search(message)
    end = content.rfind(JPEG_END)
    return found is not None and not any(content[end - int(found[1]) : end])


def jpeg_of_strip(strip: bytes, tables: bytes) -> bytes:
    """Return a strip of a TIFF as a separate JPEG with the tables it needs."""
    if not tables:
        return strip
    return tables.removesuffix(JPEG_END) + strip.removeprefix(JPEG_START)


def fax_in_pdf_rows_lost(content: bytes, parameters: FaxParameters) -> int:
    """Count the rows of a fax image in a PDF that cannot be decoded."""
    packing = parameters.packing(content)
    if not packing:
        return 0
    Image.MAX_IMAGE_PIXELS = MAX_BILEVEL_PIXELS // 2  # Pillow raises at twice this
    with decoder_messages() as messages:
        try:
            with Image.open(
                io.BytesIO(_as_tiff(content, parameters, packing)), formats=["TIFF"]
            ) as picture:
                picture.load()
        except (OSError, ValueError, SyntaxError):
            return parameters.height
    return fax_rows_lost(messages, parameters.height, parameters.height)


def _as_tiff(content: bytes, parameters: FaxParameters, packing: int) -> bytes:
    """Return fax data as a little-endian TIFF of one strip."""
    tags = {
        WIDTH: parameters.width,
        HEIGHT: parameters.height,
        BITS: 1,
        PACKING: packing,
        ZERO: 0,
        STRIP_OFFSETS: 8,
        ROWS: parameters.height,
        BYTES: len(content),
    }
    if packing == GROUP_3:
        tags[GROUP_3_OPTIONS] = int(parameters.k > 0)
    content += bytes(len(content) % 2)
    entries = [
        b"".join(
            value.to_bytes(size, "little")
            for value, size in ((tag, 2), (4, 2), (1, 4), (number, 4))
        )
        for tag, number in sorted(tags.items())
    ]
    head = b"II*\0" + (8 + len(content)).to_bytes(4, "little")
    count = len(tags).to_bytes(2, "little")
    return head + content + count + b"".join(entries) + bytes(4)
