"""Files: digests, limits on what is opened, and messages for what fails."""

import hashlib
import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from traceback import walk_tb

from PIL import Image, UnidentifiedImageError

from ocr_core.errors import FormatError, InputError, LimitError, OcrError
from ocr_core.messages import Message
from ocr_core.page import PageRef

PACKAGE = Path(__file__).parents[1]
FAULTS = (AttributeError, NameError, TypeError, AssertionError)
MAX_PIXELS = 80_000_000
MAX_SIDE = 32_000
MAX_BILEVEL_PIXELS = 700_000_000  # A0 at 600 dpi has 558 million; read at a lower one
MAX_BILEVEL_SIDE = 65_000
MAX_FILE_BYTES = 2_000_000_000
SUPPORTED = Message(
    "Use PNG, JPEG, TIFF, WebP, BMP, GIF, AVIF, HEIC, JPEG 2000, JPEG XL or PDF, a zip "
    "of them, or recorded OCR: ALTO, hOCR, PAGE XML, ABBYY XML, Tesseract's TSV."
)


def split_inner(path: str) -> tuple[str, str]:
    """Split the path of a document inside a file, ``scans.zip/letters``.

    The second part is empty where the path is that of a file or folder of its own.
    """
    if not os.path.lexists(path):
        for parent in Path(path).parents:
            if parent.is_file():
                return str(parent), Path(path).relative_to(parent).as_posix()
            if parent.exists():
                break
    return path, ""


def file_digest(ref: PageRef) -> str:
    """Return the SHA-256 of the file's bytes, in hexadecimal."""
    try:
        stat = Path(ref.path).stat()
        if stat.st_size > MAX_FILE_BYTES:
            raise LimitError("{0} is larger than 2 GB.", ref.source_file)
        if not Path(ref.path).is_file():
            if Path(ref.path).is_dir():
                os.scandir(ref.path).close()  # raises if the folder cannot be read
            raise InputError("{0} is not a file.", ref.source_file)
        if stat.st_size == 0:
            raise InputError("{0} is empty.", ref.source_file, hint=SUPPORTED)
        return _digest(ref.path, stat.st_mtime_ns, stat.st_size)
    except FileNotFoundError:
        raise InputError(
            "{0} does not exist.", ref.source_file, hint="Check the name."
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            "{0} cannot be opened: {1}.", ref.source_file, reason
        ) from None


@lru_cache(maxsize=64)
def _digest(path: str, changed: int, size: int) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def first_bytes(path: Path, most: int) -> bytes:
    """Return the first bytes of a file, none where it is no file or is not readable.

    A named pipe is not opened: that would wait for a program that writes to it.
    """
    try:
        if not path.is_file():
            return b""
        with path.open("rb") as file:
            return file.read(most)
    except OSError:
        return b""


def is_pdf(ref: PageRef) -> bool:
    """Return whether a file's content is a PDF."""
    with Path(ref.path).open("rb") as file:
        return b"%PDF-" in file.read(1024)


@contextmanager
def errors_explained(ref: PageRef) -> Iterator[None]:
    """Turn exceptions of decoders into errors about the file."""
    name = ref.source_file
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except OcrError:
        raise
    except Image.DecompressionBombError:
        raise LimitError(too_large(name)) from None
    except UnidentifiedImageError:
        raise FormatError(
            "{0} is not an image or PDF that can be read.", name, hint=SUPPORTED
        ) from None
    except MemoryError:
        raise LimitError(
            "{0} needs more memory to open than the limit allows.",
            name,
            hint="Save it with fewer pixels.",
        ) from None
    except RecursionError:
        raise InputError("{0} is damaged: it is nested too deeply.", name) from None
    except Exception as error:
        if (
            isinstance(error, OSError) and error.errno
        ):  # of the system, not of a decoder
            raise InputError(
                "{0} cannot be opened: {1}.", name, error.strerror
            ) from None
        if is_own_fault(error):
            logging.getLogger(__name__).info("%r: %r", name, error, exc_info=error)
            raise OcrError(
                "{0} cannot be read because of a fault in this program: {1}.",
                name,
                repr(error),
                hint="The file may be intact. Please report the fault.",
            ) from error
        logging.getLogger(__name__).debug("%r: %r", name, error)
        raise damaged(name) from None


def is_own_fault(error: Exception) -> bool:
    """Return whether an exception is a fault of this program, not of what it reads.

    Decoders raise almost any exception at damaged content, so it counts where it was
    raised. No content makes a module or a name of this program missing.
    """
    if isinstance(error, ImportError):
        return True
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    own = bool(frames) and Path(frames[-1].f_code.co_filename).is_relative_to(PACKAGE)
    return own and isinstance(error, FAULTS)


def damaged(name: str) -> InputError:
    """Return the error for a file that cannot be decoded."""
    return InputError(
        "{0} is damaged and cannot be decoded.",
        name,
        hint="Open it in another program and save it again.",
    )


def too_large(name: str, *, bilevel: bool = False) -> Message:
    """Return a message with the limits of an image."""
    return Message(
        "{0} is too large: the limit is {1} megapixels and {2} pixels a side.",
        name,
        (MAX_BILEVEL_PIXELS if bilevel else MAX_PIXELS) // 1_000_000,
        MAX_BILEVEL_SIDE if bilevel else MAX_SIDE,
    )
