"""Marks: black boxes at known places, and an engine that finds them."""

from collections.abc import Sequence

import cv2
import numpy as np

from ocr_core.engines import Recognition
from ocr_core.engines.known_words import KnownRun
from ocr_core.page import Word

Box = tuple[int, int, int, int]

MARKS = [(40, 30, 24, 14), (150, 44, 30, 16), (60, 110, 18, 18), (170, 130, 22, 14)]
FRAME = 4  # paper laid around a page while marks are joined


def marked_image(
    marks: list[Box] = MARKS, size: tuple[int, int] = (240, 180)
) -> np.ndarray:
    """Draw black boxes (left, top, width, height) on white paper of (W, H) `size`."""
    image = np.full((size[1], size[0]), 255, np.uint8)
    for left, top, width, height in marks:
        image[top : top + height, left : left + width] = 0
    return image


def marks_on(image: np.ndarray) -> list[Box]:
    """Return left, top, width and height of each mark; marks cover the smaller part of
    the page."""
    dark = image < 128
    ink = dark if dark.mean() < 0.5 else ~dark
    joined = cv2.morphologyEx(
        np.pad(ink.astype(np.uint8), FRAME), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)
    )
    found = cv2.connectedComponentsWithStats(joined)[2][1:].tolist()
    return sorted((x - FRAME, y - FRAME, w, h) for x, y, w, h, _ in found)


class MarksEngine:
    """An engine that reads every dark mark as a word: fast, and always right."""

    name = "marks"
    version = "1.0"

    def recognize(
        self,
        image: np.ndarray,
        knobs: Recognition,
        dpi: int = 0,
        known: Sequence[KnownRun] = (),
    ) -> list[Word]:
        boxes = marks_on(image)
        return [
            Word(1, 1, 1, number, *box, 90.0, f"mark{number}")
            for number, box in enumerate(boxes, 1)
        ]

    def languages(self) -> dict[str, str]:
        return {"eng": "nowhere"}

    def language_data(self, language: str) -> str:
        return "0" * 16

    def orientation(self, image: np.ndarray) -> tuple[int, float] | None:
        return None


FOUR_MARKS = "mark1 mark2 mark3 mark4\n"
