"""Damage: what decoders complain of while they decode, and what it costs.

Decoders written in C print what they dislike and go on: a fax leaves rows white, a
JPEG goes on with garbage. What they print is all that they tell.
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

from ocr_core.documents.integrity import JPEG_END, JPEG_START, jpeg_end
from ocr_core.documents.notes import note
from ocr_core.page import Note

MOST_BYTES = 1 << 22  # of complaints that are read
FAX_FAULT = re.compile(r"Fax(\w+): .*at line (\d+) of (?:strip|tile) (\d+)")
JPEG_FAULT = re.compile(r"Corrupt JPEG data: .*|Premature end of JPEG file")
PADDING = re.compile(r"Corrupt JPEG data: (\d+) extraneous bytes before marker 0xd9")
# Rows beside those that a decoder gives up come out wrong without its noticing.
SCARCELY_HARMED = 0.9
HALF = 0.5  # is lost on average of a picture that is damaged at a place unknown
ALIGNED_ROWS, GROUP_3, GROUP_4 = 2, 3, 4  # TIFF's numbers for the packing of a fax
ROW_START = re.compile("0{11,}1")
# TIFF tags: width, height, bits, packing, meaning of 0, strip's place, rows and bytes,
# options of a Group 3 fax.
WIDTH, HEIGHT, BITS, PACKING, ZERO = 256, 257, 258, 259, 262
PLACE, ROWS, BYTES, GROUP_3_OPTIONS = 273, 278, 279, 292

_lock = threading.Lock()


class Damage(NamedTuple):
    """What is known to be wrong with a picture, and the share of it that is whole."""

    notes: tuple[Note, ...] = ()
    intact: float = 1.0

    def and_also(self, other: "Damage") -> "Damage":
        """Return this damage and another, each note once."""
        more = tuple(each for each in other.notes if each not in self.notes)
        return Damage(self.notes + more, self.intact * other.intact)


class FaxForm(NamedTuple):
    """How the data of a fax in a PDF are to be read.

    `k` is below 0 for Group 4, 0 for rows each by itself, above 0 for rows mixed;
    `aligned` tells that each row begins at a whole byte.
    """

    k: int
    width: int
    height: int
    aligned: bool = False

    def packing(self, content: bytes) -> int:
        """Return TIFF's number for such data; 0 where TIFF has none."""
        if self.k < 0:
            return 0 if self.aligned else GROUP_4
        if ROW_START.match("".join(map("{:08b}".format, content[:4]))):
            return GROUP_3
        return ALIGNED_ROWS if self.k == 0 and self.aligned else 0


# By width, height and bytes of a fax, which PDFium tells of it too.
FaxForms = Mapping[tuple[int, int, int], FaxForm]


@contextmanager
def complaints() -> Iterator[list[str]]:
    """Hear what decoders print to descriptor 2 meanwhile; lines of others go on there.

    The list is filled at the end.
    """
    heard: list[str] = []
    with _lock, tempfile.TemporaryFile() as file:
        try:
            usual = os.dup(2)
        except OSError:  # there is none
            yield heard
            return
        os.dup2(file.fileno(), 2)
        try:
            yield heard
        finally:
            os.dup2(usual, 2)
            os.close(usual)
            file.seek(0)
            for line in file.read(MOST_BYTES).splitlines(keepends=True):
                text = line.decode(errors="replace").strip()
                if FAX_FAULT.search(text) or JPEG_FAULT.search(text):
                    heard.append(text)
                else:
                    os.write(2, line)


def corrupt() -> Damage:
    """Return the damage of a picture of which nobody knows what is wrong."""
    return Damage((note("picture-corrupt"),), HALF)


def rows_lost(lost: int, height: int) -> Damage:
    """Return the damage of a picture that lacks some of its rows."""
    if not lost:
        return Damage()
    told = note("picture-damaged", lost, height)
    return Damage((told,), min(1 - lost / max(height, 1), SCARCELY_HARMED))


def fax_rows_lost(heard: Sequence[str], height: int, strip_rows: int) -> int:
    """Count the rows of a fax of which a decoder has complained.

    In Group 4 each row hangs on the one above: with one all are lost to the strip's
    end.
    """
    lost: set[int] = set()
    for found in filter(None, map(FAX_FAULT.search, heard)):
        coding, line, strip = found[1], int(found[2]), int(found[3])
        top = strip * strip_rows
        last = min(top + strip_rows, height) if coding.startswith("4") else 0
        lost.update(range(top + line, max(last, top + line + 1)))
    return min(len(lost), height)


def jpeg_is_corrupt(content: bytes) -> bool:
    """Tell whether a decoder complains of the data of a JPEG, or leaves some over.

    Bytes of zero before the end are padding, as some cameras write it.
    """
    if any(not _is_padding(text, content) for text in _jpeg_complaints(content)):
        return True
    # The decoder says nothing of a few bytes left over, which tell that it has gone
    # wrong: it must miss the last ones where they are taken away.
    data = content[: jpeg_end(content).place].rstrip(b"\0\xff")
    return not _jpeg_complaints(data[:-2] + JPEG_END)


def _jpeg_complaints(content: bytes) -> list[str]:
    data = np.frombuffer(content, np.uint8)
    # All data are unpacked, but next to no pixels are made of them.
    small = cv2.IMREAD_REDUCED_GRAYSCALE_8 | cv2.IMREAD_IGNORE_ORIENTATION
    with complaints() as heard:
        cv2.imdecode(data, small)
    return heard


def _is_padding(complaint: str, content: bytes) -> bool:
    found = PADDING.search(complaint)
    end = content.rfind(JPEG_END)
    return found is not None and not any(content[end - int(found[1]) : end])


def jpeg_of_strip(strip: bytes, tables: bytes) -> bytes:
    """Return a strip of a TIFF as a JPEG of its own, with the tables it needs."""
    if not tables:
        return strip
    return tables.removesuffix(JPEG_END) + strip.removeprefix(JPEG_START)


def fax_in_pdf_rows_lost(content: bytes, form: FaxForm) -> int:
    """Count the rows of a fax in a PDF that cannot be decoded."""
    packing = form.packing(content)
    if not packing:
        return 0
    with complaints() as heard:
        try:
            with Image.open(
                io.BytesIO(_as_tiff(content, form, packing)), formats=["TIFF"]
            ) as picture:
                picture.load()
        except (OSError, ValueError, SyntaxError):
            return form.height
    return fax_rows_lost(heard, form.height, form.height)


def _as_tiff(content: bytes, form: FaxForm, packing: int) -> bytes:
    """Lay fax data into a TIFF, little-endian, as one strip."""
    tags = {
        WIDTH: form.width,
        HEIGHT: form.height,
        BITS: 1,
        PACKING: packing,
        ZERO: 0,
        PLACE: 8,
        ROWS: form.height,
        BYTES: len(content),
    }
    if packing == GROUP_3:
        tags[GROUP_3_OPTIONS] = int(form.k > 0)
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
