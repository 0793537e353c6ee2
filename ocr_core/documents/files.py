"""Files: their digest, the limits of what is opened, and sentences for what fails."""

import hashlib
import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from ocr_core.errors import FormatError, InputError, LimitError, OcrError
from ocr_core.page import PageRef

MAX_PIXELS = 80_000_000
MAX_SIDE = 32_000
MAX_FILE_BYTES = 2_000_000_000
WANTED = "Use PNG, JPEG, TIFF, WebP, BMP, GIF, AVIF, JPEG 2000 or PDF."


def file_digest(ref: PageRef) -> str:
    """Return the SHA-256 of the file's bytes, in hexadecimal."""
    try:
        stat = Path(ref.path).stat()
        if stat.st_size > MAX_FILE_BYTES:
            raise LimitError(f"{ref.source_file} is larger than 2 GB.")
        if not Path(ref.path).is_file():
            if Path(ref.path).is_dir():
                os.scandir(ref.path).close()  # one that cannot be entered says why
            raise InputError(f"{ref.source_file} is not a file.")
        if stat.st_size == 0:
            raise InputError(f"{ref.source_file} is empty.", hint=WANTED)
        return _digest(ref.path, stat.st_mtime_ns, stat.st_size)
    except FileNotFoundError:
        raise InputError(
            f"{ref.source_file} does not exist.", hint="Check the name."
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{ref.source_file} cannot be opened: {reason}.") from None


@lru_cache(maxsize=64)
def _digest(path: str, changed: int, size: int) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_pdf(ref: PageRef) -> bool:
    """Tell whether a file's content says that it is a PDF."""
    with Path(ref.path).open("rb") as file:
        return b"%PDF-" in file.read(1024)


@contextmanager
def errors_explained(ref: PageRef) -> Iterator[None]:
    """Turn whatever a decoder raises into a sentence about the file."""
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
            f"{name} is not an image or PDF that can be read.", hint=WANTED
        ) from None
    except MemoryError:
        raise LimitError(
            f"{name} needs more memory to open than the limit allows.",
            hint="Save it with fewer pixels.",
        ) from None
    except RecursionError:
        raise InputError(f"{name} is damaged: it is nested too deeply.") from None
    except Exception as error:
        logging.getLogger(__name__).debug("%r: %r", name, error)
        raise damaged(name) from None


def damaged(name: str) -> InputError:
    """Return the error that says a file cannot be decoded."""
    return InputError(
        f"{name} is damaged and cannot be decoded.",
        hint="Open it in another program and save it again.",
    )


def too_large(name: str) -> str:
    """Say what the limits of an image are."""
    return (
        f"{name} is too large: the limit is {MAX_PIXELS // 1_000_000} megapixels and "
        f"{MAX_SIDE} pixels a side."
    )
