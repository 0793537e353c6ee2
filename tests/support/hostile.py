"""Hostile files, made in code: they contain wrong sizes, decompression bombs, loops, or
end early.

Each maker returns the bytes of one file. `test_bad_inputs` states what must happen to
them.
"""

import io
import struct
import zlib
from collections.abc import Sequence
from itertools import accumulate

import numpy as np
from PIL import Image

NAMES = [
    "-rf.png",
    "--help.png",
    "%s%n%d.png",
    "page[1].png",
    "a'b\"c`d.png",
    "$(touch x);&|.png",
    "two\nlines.png",
    "tab\tand\rreturn.png",
    "\x1b[31mred\x1b[0m.png",
    "\u202egnp.egap\u202c.png",
    "seite ä ö ß.png",
    "😀 👩‍👩‍👧.png",
    "n" * 240 + ".png",
    " leading and trailing .png",
    ".hidden.png",
    "no_ending",
    "many.dots.in.it.png",
    "=cmd|' \u2215C calc'!A0.png",
    "<script>alert(1)<\u2215script>.png",
    "![](http:\u2215\u2215example.org).png",
    "NUL.png",
    "~.png",
]


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    """Return an image as the bytes of a file."""
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def picture(width: int = 64, height: int = 48) -> Image.Image:
    """Draw soft noise: it compresses badly, so that a cut file is really short."""
    grain = np.random.default_rng(0).integers(0, 255, (height, width), np.uint8)
    return Image.fromarray(grain)


def png_bomb(width: int, height: int) -> bytes:
    """Make a PNG of many pixels and few bytes."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1000)
    chunks = [(b"IHDR", header), (b"IDAT", rows), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)


def png_chunk(name: bytes, content: bytes) -> bytes:
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)


def png_text_bomb(size: int = 200_000_000) -> bytes:
    """Make a small PNG whose comment unpacks to `size` bytes."""
    comment = b"Comment\0\0" + zlib.compress(b"\0" * size)
    plain = saved(picture(), "PNG")
    end = plain.rindex(b"IEND") - 4
    return plain[:end] + png_chunk(b"zTXt", comment) + plain[end:]


def gif_bomb(width: int, height: int) -> bytes:
    """Make a GIF whose screen and frame are larger than any memory."""
    screen = struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = b"," + struct.pack("<HHHHB", 0, 0, width, height, 0)
    return b"GIF89a" + screen + frame + b"\x02\x02\x4c\x01\x00;"


def bmp_bomb(width: int, height: int) -> bytes:
    """Make a BMP whose header promises run-length coded pixels without end."""
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, 4, 0, 0, 2, 0)
    colours = b"\0\0\0\0\xff\xff\xff\0"
    start = 14 + len(info) + len(colours)
    return (
        b"BM" + struct.pack("<IHHI", start + 4, 0, 0, start) + info + colours + b"\0\1"
    )


def tiff(
    *directories: Sequence[tuple[int, int, int, int]], loop: int | None = None
) -> bytes:
    """Make a TIFF of directories of (tag, type, count, value).

    The last one points nowhere, or back to the one whose number is `loop`.
    """
    sizes = [2 + 12 * len(each) + 4 for each in directories]
    offsets = [*accumulate(sizes, initial=8)][:-1]
    last = 0 if loop is None else offsets[loop]
    file = bytearray(b"II*\0" + struct.pack("<I", 8))
    for entries, following in zip(directories, [*offsets[1:], last], strict=True):
        file += struct.pack("<H", len(entries))
        for tag, kind, count, value in sorted(entries):
            file += struct.pack("<HHII", tag, kind, count, value)
        file += struct.pack("<I", following)
    return bytes(file + bytes(64))


def tiff_entries(
    width: int, height: int, *, strip: int = 8, length: int = 64
) -> list[tuple[int, int, int, int]]:
    """Return the directory of a grey picture in one strip."""
    return [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, 1, strip),
        (277, 3, 1, 1),
        (278, 4, 1, height),
        (279, 4, 1, length),
    ]


def many_page_tiff(pages: int) -> bytes:
    """Make a TIFF of many tiny pages."""
    return tiff(*[tiff_entries(8, 8)] * pages)


def scan_bomb(scans: int, side: int = 2000) -> bytes:
    """Make a progressive JPEG whose last scan comes again and again."""
    plain = saved(Image.new("L", (side, side), 255), "JPEG", progressive=True)
    last = plain.rindex(b"\xff\xda")
    scan = plain[last:-2]
    return plain[:last] + scan * scans + plain[-2:]


def pdf(objects: Sequence[bytes], *, catalogue: int = 1) -> bytes:
    """Join objects, numbered from 1, to a PDF with a true table of offsets."""
    file, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(file))
        file += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count = len(objects) + 1
    return bytes(file) + (
        b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<< /Size %d /Root %d 0 R >>\n"
        b"startxref\n%d\n%%%%EOF\n" % (count, table, count, catalogue, len(file))
    )


def stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<< %b /Length %d >>\nstream\n%b\nendstream" % (
        entries,
        len(content),
        content,
    )


def pdf_page(
    box: bytes = b"[0 0 200 100]", *, more: bytes = b"", others: Sequence[bytes] = ()
) -> bytes:
    """Make a PDF of one page; `others` are objects from number 4 on."""
    return pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox %b %b >>" % (box, more),
            *others,
        ]
    )


def pdf_laughs(depth: int = 9, uses: int = 10) -> bytes:
    """Make a PDF of forms that each draw the next ten times over."""
    forms = []
    for level in range(depth):
        number = 5 + level
        again = b"/Next Do\n" * uses if level < depth - 1 else b"0 0 1 1 re f\n"
        resources = b"/Resources << /XObject << /Next %d 0 R >> >>" % (number + 1)
        entries = b"/Type /XObject /Subtype /Form /BBox [0 0 200 100] %b" % resources
        forms.append(stream(again, entries))
    more = b"/Contents 4 0 R /Resources << /XObject << /Next 5 0 R >> >>"
    return pdf_page(more=more, others=[stream(b"/Next Do\n" * uses), *forms])


def pdf_flate_bomb(size: int = 300_000_000) -> bytes:
    """Make a PDF whose drawing commands are packed twice and unpack to blanks."""
    packed = zlib.compress(zlib.compress(b" " * size, 9), 9)
    filters = b"/Filter [/FlateDecode /FlateDecode]"
    return pdf_page(more=b"/Contents 4 0 R", others=[stream(packed, filters)])


def pdf_picture(
    content: bytes,
    filters: bytes,
    *,
    width: int = 64,
    height: int = 48,
    bits: int = 8,
    colours: bytes = b"/DeviceGray",
    more: bytes = b"",
) -> bytes:
    """Make a PDF whose page shows one picture."""
    entries = (
        b"/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent %d "
        b"/ColorSpace %b /Filter /%b %b" % (width, height, bits, colours, filters, more)
    )
    return pdf_page(
        more=b"/Contents 4 0 R /Resources << /XObject << /Scan 5 0 R >> >>",
        others=[stream(b"200 0 0 100 0 0 cm /Scan Do"), stream(content, entries)],
    )


def many_page_pdf(pages: int, *, claimed: int | None = None) -> bytes:
    """Make a PDF of empty pages; `claimed` is the number that its page tree states."""
    kids = b" ".join(b"%d 0 R" % number for number in range(3, 3 + pages))
    count = pages if claimed is None else claimed
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 72 72] >>"
    return pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, count),
            *[page] * pages,
        ]
    )


def pdf_tree_loop() -> bytes:
    """Make a PDF whose page tree contains itself."""
    return pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [2 0 R] /Count 1000000 >>",
        ]
    )


def flipped(content: bytes, seed: int, bits: int = 12) -> bytes:
    """Turn some bits over."""
    random = np.random.default_rng(seed)
    changed = bytearray(content)
    for index in random.integers(0, len(changed), bits):
        changed[index] ^= 1 << int(random.integers(8))
    return bytes(changed)
