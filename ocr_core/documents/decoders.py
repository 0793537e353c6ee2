"""Decoders: formats that Pillow reads with other packages, loaded on demand."""

import re
from pathlib import Path

from ocr_core.errors import FormatError
from ocr_core.messages import Message
from ocr_core.page import PageRef

HEIF = re.compile(
    rb"....ftyp(?:.{4})*?(?:hei[cxmsv]|hev[cmsx]|mif[12]|msf1)", re.DOTALL
)
AVIF = b"avif"  # among the brands: Pillow has a decoder of its own
JXL = (b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n")
HEAD_BYTES = 40  # hold the brands of a file


def register_decoder(ref: PageRef, content: bytes | None = None) -> bool:
    """Register Pillow's decoder of a HEIC or JPEG XL file; return whether it is one.

    Raises
    ------
    FormatError
        If the package that decodes it is not installed.
    """
    if content is None:
        with Path(ref.path).open("rb") as file:
            content = file.read(HEAD_BYTES)
    if HEIF.match(content[:HEAD_BYTES]) and AVIF not in content[8:HEAD_BYTES]:
        _register(ref, "pi_heif", "pi-heif")
        return True
    if content.startswith(JXL):
        _register(ref, "pylibjxl", "pylibjxl")
        return True
    return False


def _register(ref: PageRef, module: str, package: str) -> None:
    try:
        if module == "pi_heif":
            from pi_heif import register_heif_opener

            register_heif_opener()
        else:
            from pylibjxl import register_pillow

            register_pillow()
    except ImportError:
        raise FormatError(
            "{0} needs the package {1} to be read.",
            ref.source_file,
            package,
            hint=Message("Install it with: pip install {0}", package),
        ) from None
