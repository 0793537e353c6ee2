"""PDF: the pages as they were scanned, with invisible text where each word was read.

A JPEG is taken over byte for byte, any other picture without loss, and a PDF keeps its
own pages. All this opens the documents once more, so it is done by functions that a
worker can be given; they talk through files and hold a few pages at a time.
"""

import io
import shutil
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count, islice
from multiprocessing import parent_process
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf
from PIL import Image

from ocr_core.documents import (
    file_digest,
    is_pdf,
    load_page,
    open_picture,
    orientation,
)
from ocr_core.errors import InputError, OcrError, OutputError
from ocr_core.exports.glyphless import Invisible
from ocr_core.page import PageResult, Word
from ocr_core.scratch import scratch_folder
from ocr_core.settings import ocr_core_version
from ocr_core.workers import Pool

PAGES_A_PART = 8
PARTS_OPEN = 200  # at once: each holds a file open
DPI = 300  # of a page that states none
LONGEST_SIDE = 14_400  # units that PDF readers accept
FONT = Name("/OcrInvisible")
INVISIBLE = 3  # text rendering mode
TWELVE_BITS = 4095
SHOWING = ("Tj", "TJ", "'", '"')

Call = Callable[..., Any]


def write_pdf(
    results: Iterable[PageResult], file: BinaryIO, *, call: Call | None = None
) -> None:
    """Write all pages as one PDF with invisible text.

    A page that cannot be opened any more, and could not be read, is left out.

    Parameters
    ----------
    call
        Has a worker call a function with arguments, and returns its answer. Left out,
        a worker is started for it, unless this is one.

    Raises
    ------
    OcrError
        Where a page that was read is missing, changed or damaged by now, none is
        left, or there is no room.
    """
    pages = iter(results)
    with ExitStack() as stack:
        folder = stack.enter_context(scratch_folder())
        call = call or stack.enter_context(_caller())
        names = (str(folder / f"{number}.pdf") for number in count())
        parts: list[str] = []
        while part := tuple(islice(pages, PAGES_A_PART)):
            name = next(names)
            if call(write_part, part, name):
                parts.append(name)
            if len(parts) == PARTS_OPEN:
                parts = [_joined(parts, next(names), call)]
        if not parts:
            raise InputError("No page could be opened, so there is no PDF.")
        with Path(_joined(parts, next(names), call)).open("rb") as whole:
            shutil.copyfileobj(whole, file)


@contextmanager
def _caller() -> Iterator[Call]:
    if parent_process() is not None:
        yield lambda function, *arguments: function(*arguments)
        return
    with Pool(1) as pool:
        yield lambda *asked: pool.submit(*asked).result()


def write_part(results: Iterable[PageResult], path: str) -> int:
    """Write some pages as a PDF of their own; return how many there are."""
    with ExitStack() as opened:
        part = Part(opened)
        for result in results:
            part.add(result)
        part.text.finish()
        _save(part.pdf, path)
        return len(part.pdf.pages)


def join_parts(parts: Iterable[str], path: str) -> None:
    """Write the pages of several PDFs of ours into one."""
    with ExitStack() as opened:
        whole = pikepdf.new()
        for part in parts:
            whole.pages.extend(opened.enter_context(pikepdf.open(part)).pages)
        _save(whole, path)


def _joined(parts: list[str], path: str, call: Call) -> str:
    if len(parts) == 1:
        return parts[0]
    call(join_parts, parts, path)
    for part in parts:
        Path(part).unlink()
    return path


def _save(pdf: Pdf, path: str) -> None:
    pdf.docinfo["/Producer"] = pikepdf.String(f"ocr-core {ocr_core_version()}")
    try:
        with Path(path).open("wb") as file:
            pdf.save(file, deterministic_id=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OutputError(
            f"The PDF cannot be put together: {reason}.",
            hint="Make room for temporary files, or write fewer pages at a time.",
        ) from error


class Part:
    """A few pages of a PDF under way; sources stay open until it is saved."""

    def __init__(self, opened: ExitStack) -> None:
        self.pdf = pikepdf.new()
        self.text = Invisible(self.pdf)
        self._opened = opened
        self._sources: dict[str, Pdf | None] = {}

    def add(self, result: PageResult) -> None:
        """Add a page and its words; one that was not read only where it opens."""
        try:
            if file_digest(result.ref) != (result.sha256 or file_digest(result.ref)):
                raise InputError(
                    f"{result.ref.source_file} has changed since it was read.",
                    hint="Read it again.",
                )
            if not self._add_own_page(result):
                self._add_picture(result)
        except OcrError:
            if result.status != "failed":
                raise

    def _add_own_page(self, result: PageResult) -> bool:
        """Take over a page of a PDF; tell whether that could be done."""
        source = self._source(result)
        if source is None:
            return False
        before = len(self.pdf.pages)
        try:
            self.pdf.pages.append(source.pages[result.ref.number - 1])
            page = self.pdf.pages[-1]
            if result.rows:
                place = page_place(page, result.size)
                without_invisible_text(self.pdf, page)
                self._lay(page, result, place)
        except (pikepdf.PdfError, ValueError, TypeError, LookupError, AttributeError):
            del self.pdf.pages[before:]
            return False
        return True

    def _source(self, result: PageResult) -> Pdf | None:
        """Return the PDF that a page is from; None where it is none we can open."""
        path = result.ref.path
        if path not in self._sources:
            self._sources[path] = None
            if is_pdf(result.ref):
                try:
                    source = pikepdf.open(path)
                except pikepdf.PdfError:  # PDFium could, so it can be shown at least
                    return None
                self._sources[path] = self._opened.enter_context(source)
        return self._sources[path]

    def _add_picture(self, result: PageResult) -> None:
        picture, raw, exif = _picture(self.pdf, result)
        upright = exif_place(exif, raw)
        corner = upright @ np.array([*raw, 1])
        origin = upright @ np.array([0, 0, 1])
        width, height = np.abs(corner - origin)[:2].tolist()
        scale = min(72 / (result.dpi or DPI), LONGEST_SIDE / max(width, height))
        place = np.array([[scale, 0, 0], [0, -scale, height * scale], [0, 0, 1]])
        self.pdf.add_blank_page(page_size=(width * scale, height * scale))
        page = self.pdf.pages[-1]
        unit = np.array([[raw[0], 0, 0], [0, -raw[1], raw[1]], [0, 0, 1]])
        matrix = (place @ upright @ unit)[:2].T.ravel()
        numbers = " ".join(f"{number:.4f}" for number in matrix)
        page.obj.Resources = Dictionary(XObject=Dictionary(Scan=picture))
        shown = f"q {numbers} cm /Scan Do Q\n".encode("ascii")
        page.obj.Contents = self.pdf.make_stream(shown)
        self._lay(page, result, place)

    def _lay(self, page: Any, result: PageResult, place: np.ndarray) -> None:
        if not result.rows:
            return
        words, back = lying(result)
        text = self.text.text(
            words, place @ back, str(FONT), upside_down=back[0, 0] < 0
        )
        # First on the page, where nothing has moved the coordinates yet.
        page.contents_add(text, prepend=True)
        page.add_resource(self.text.font, Name.Font, FONT)


def lying(result: PageResult) -> tuple[list[Word], np.ndarray]:
    """Turn a page's words as it was turned to be read, so that lines run level.

    Returns them, and the (3, 3) matrix back to the page as scanned.
    """
    degrees = [
        float(report.measured.get("degrees", 0))
        for report in result.reports
        if report.step == "rotate" and report.did == "turned"
    ]
    width, height = result.size
    turn = round(sum(degrees) / 90) % 4
    turned = {
        0: lambda x, y, w, h: (x, y, w, h),
        1: lambda x, y, w, h: (height - y - h, x, h, w),
        2: lambda x, y, w, h: (width - x - w, height - y - h, w, h),
        3: lambda x, y, w, h: (y, width - x - w, h, w),
    }[turn]
    back = {
        0: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        1: [[0, 1, 0], [-1, 0, height], [0, 0, 1]],
        2: [[-1, 0, width], [0, -1, height], [0, 0, 1]],
        3: [[0, -1, width], [1, 0, 0], [0, 0, 1]],
    }[turn]
    words = [Word(*row[:4], *turned(*row[4:8]), *row[8:]) for row in result.rows]
    return words, np.array(back, float)


def exif_place(exif: int, size: tuple[int, int]) -> np.ndarray:
    """Return the (3, 3) matrix from stored pixels to upright ones, by EXIF 1 to 8."""
    w, h = size
    rows = {
        2: [[-1, 0, w], [0, 1, 0]],
        3: [[-1, 0, w], [0, -1, h]],
        4: [[1, 0, 0], [0, -1, h]],
        5: [[0, 1, 0], [1, 0, 0]],
        6: [[0, -1, h], [1, 0, 0]],
        7: [[0, -1, h], [-1, 0, w]],
        8: [[0, 1, 0], [-1, 0, w]],
    }.get(exif, [[1, 0, 0], [0, 1, 0]])
    return np.array([*rows, [0, 0, 1]], float)


def page_place(page: Any, size: tuple[int, int]) -> np.ndarray:
    """Return the (3, 3) matrix from pixels of `size` to a PDF page's user space."""
    x0, y0, x1, y1 = visible_box(page)
    turn = int(inherited(page.obj, "/Rotate", 0)) // 90 % 4
    across, down = (x1 - x0, y1 - y0) if turn % 2 == 0 else (y1 - y0, x1 - x0)
    points = np.diag([across / size[0], down / size[1], 1.0])
    rows = {
        0: [[1, 0, x0], [0, -1, y1]],
        1: [[0, 1, x0], [1, 0, y0]],
        2: [[-1, 0, x1], [0, 1, y0]],
        3: [[0, -1, x1], [-1, 0, y1]],
    }[turn]
    return np.array([*rows, [0, 0, 1]], float) @ points


def visible_box(page: Any) -> tuple[float, float, float, float]:
    """Return the part of a PDF page that is shown: left, bottom, right, top."""
    media, crop = (
        _sorted_box(inherited(page.obj, name, None))
        for name in ("/MediaBox", "/CropBox")
    )
    if media is None:
        raise ValueError("The page has no size.")
    if crop is None:
        return media
    low = max(media[0], crop[0]), max(media[1], crop[1])
    high = min(media[2], crop[2]), min(media[3], crop[3])
    return (*low, *high) if low[0] < high[0] and low[1] < high[1] else media


def _sorted_box(box: Any) -> tuple[float, float, float, float] | None:
    if box is None:
        return None
    x0, y0, x1, y1 = map(float, box)
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def inherited(node: Any, name: str, default: Any) -> Any:
    """Return an attribute of a PDF page, its own or that of the tree above."""
    for _ in range(64):  # no tree is deeper, but a damaged one may be a ring
        if name in node:
            return node[name]
        if "/Parent" not in node:
            break
        node = node["/Parent"]
    return default


def without_invisible_text(pdf: Pdf, page: Any) -> None:
    """Take out what an earlier recognition laid on a page, or words come twice."""
    content = page.obj.get("/Contents", Array())
    streams = content if isinstance(content, Array) else [content]
    if not any(b"Tr" in stream.read_bytes() for stream in streams):
        return
    operators: list[Any] = []
    saved: list[int] = []
    kept, mode = True, 0
    for instruction in pikepdf.parse_content_stream(page):
        operands, name = instruction.operands, str(instruction.operator)
        if name == "q":
            saved.append(mode)
        elif name == "Q" and saved:
            mode = saved.pop()
        elif name == "Tr":
            mode = int(operands[0])
        if name in SHOWING and mode == INVISIBLE:
            kept = False
        else:
            operators.append(instruction)
    if not kept:
        page.obj.Contents = pdf.make_stream(pikepdf.unparse_content_stream(operators))


def _picture(pdf: Pdf, result: PageResult) -> tuple[Any, tuple[int, int], int]:
    """Return a page's picture, its stored width and height, and its orientation."""
    if not is_pdf(result.ref):
        with open_picture(result.ref) as picture:
            exif = orientation(picture)
            if result.status == "failed":
                picture.copy().load()  # it may be what could not be decoded
            kept = _jpeg(pdf, picture, result.ref.path)
            if kept is None:
                kept = _lossless(pdf, picture)
            if kept is not None:
                return kept, picture.size, exif
    pixels = load_page(result.ref, result.dpi or DPI, colour=True).image
    drawn = Image.fromarray(pixels)
    return _packed(pdf, drawn), drawn.size, 1


def _jpeg(pdf: Pdf, picture: Image.Image, path: str) -> Any:
    """Return a JPEG as it is; None where the picture is none that PDF can hold."""
    spaces = {"L": "/DeviceGray", "RGB": "/DeviceRGB", "CMYK": "/DeviceCMYK"}
    if picture.format not in ("JPEG", "MPO") or picture.mode not in spaces:
        return None
    kept = _image(pdf, Path(path).read_bytes(), picture.size, spaces[picture.mode], 8)
    kept.Filter = Name.DCTDecode
    if picture.mode == "CMYK" and "adobe" in picture.info:
        kept.Decode = Array([1, 0] * 4)  # Adobe's are stored as negatives
    return kept


def _lossless(pdf: Pdf, picture: Image.Image) -> Any:
    """Return a picture of any other kind; None where no PDF can hold its samples."""
    if "A" in picture.getbands() or "transparency" in picture.info:
        whole = picture.convert("RGBA")
        kept = _packed(pdf, whole.convert("RGB"))
        kept.SMask = _packed(pdf, whole.getchannel("A"))
        return kept
    if picture.mode == "P":
        return _packed(pdf, picture.convert("RGB"))
    if picture.mode == "CMYK":
        pixels = zlib.compress(picture.tobytes())
        kept = _image(pdf, pixels, picture.size, "/DeviceCMYK", 8)
        kept.Filter = Name.FlateDecode
        return kept
    deep = picture.mode.startswith("I;16") and np.asarray(picture).max() > TWELVE_BITS
    if picture.mode in ("1", "L", "RGB") or deep:
        return _packed(pdf, picture)
    return None


def _packed(pdf: Pdf, picture: Image.Image) -> Any:
    """Return pixels packed as PNG packs them, which PDF knows too."""
    colours = 3 if picture.mode == "RGB" else 1
    bits = {"1": 1, "L": 8, "RGB": 8}.get(picture.mode, 16)
    file = io.BytesIO()
    clean = picture.copy()
    clean.info = {}
    clean.save(file, "PNG")
    space = "/DeviceRGB" if colours == 3 else "/DeviceGray"
    kept = _image(pdf, png_pixels(file.getvalue()), picture.size, space, bits)
    kept.Filter = Name.FlateDecode
    kept.DecodeParms = Dictionary(
        Predictor=15, Colors=colours, BitsPerComponent=bits, Columns=picture.width
    )
    return kept


def png_pixels(png: bytes) -> bytes:
    """Return the packed pixels of a PNG that we wrote."""
    start, pixels = 8, b""
    while start < len(png):
        length = int.from_bytes(png[start : start + 4], "big")
        if png[start + 4 : start + 8] == b"IDAT":
            pixels += png[start + 8 : start + 8 + length]
        start += 12 + length
    return pixels


def _image(
    pdf: Pdf, content: bytes, size: tuple[int, int], space: str, bits: int
) -> Any:
    return pdf.make_stream(
        content,
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=size[0],
        Height=size[1],
        ColorSpace=Name(space),
        BitsPerComponent=bits,
    )
