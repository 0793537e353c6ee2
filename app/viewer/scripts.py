"""Scripts: the JavaScript of a component, joined from the files of this folder."""

from collections.abc import Iterable
from pathlib import Path

from ocr_core.page import DOUBTFUL

HERE = Path(__file__).parent
# Confidences, in percent, that divide the words into four colours.
CONFIDENCE_LIMITS = (50, DOUBTFUL, 90)


def joined_script(names: Iterable[str]) -> str:
    """Return files as one module: an inline component cannot import others."""
    limits = f"const CONFIDENCE_LIMITS = {[*CONFIDENCE_LIMITS]};"
    files = ((HERE / name).read_text(encoding="utf-8") for name in names)
    return "\n".join([limits, *files])
