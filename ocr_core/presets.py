"""Presets: named recipes for kinds of pages that the user already knows.

Each preset contains the knobs, by flat name, whose values differ from the defaults; all
can also be set by hand. With the defaults, steps measure the page before they change
it; a preset states what is known in advance.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Preset:
    """A named recipe: its purpose in one sentence, and the knobs it sets."""

    help: str
    flat: Mapping[str, Any]


PRESETS: dict[str, Preset] = {
    "fast": Preset(
        "Many pages of plain print: read each once, with Tesseract alone.",
        {"second_opinion": "off"},
    ),
    "clean scan": Preset(
        "Dark print on even paper from a flatbed: straighten, repaint nothing.",
        {
            "invert": "off",
            "crop": "off",
            "flatten": "off",
            "contrast": "off",
            "denoise": "none",
        },
    ),
    "noisy scan": Preset(
        "Speckled, stained or copied pages: smooth the grain, even out the paper.",
        {"flatten": "on", "denoise": "median"},
    ),
    "photo": Preset(
        "Pages taken with a camera: find the sheet, read with RapidOCR where it can.",
        {"crop": "auto", "flatten": "on", "second_opinion": "on"},
    ),
    "receipt": Preset(
        "Till receipts, row by row: with Tesseract as one column, and with RapidOCR.",
        {"psm": 4, "second_opinion": "on"},
    ),
    "historical print": Preset(
        "Old books on yellowed paper: straighten and even out, keep the strokes.",
        {"contrast": "off", "denoise": "none"},
    ),
    "typescript": Preset(
        "Typewritten pages: leave the faint strokes alone.",
        {"flatten": "off", "contrast": "off", "denoise": "none"},
    ),
}
