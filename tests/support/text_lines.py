"""Text lines as an engine finds them, and as words."""

import numpy as np

from ocr_core.engines.text_lines import TextLine, words_on
from ocr_core.page import Word


def line(
    text: str, left: float, top: float, width: float = 400, height: float = 30
) -> TextLine:
    """Return a level line whose characters are all as wide."""
    right, bottom = left + width, top + height
    quad = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], float)
    centres = tuple((n + 0.5) / len(text) for n in range(len(text)))
    return TextLine(quad, text, centres, (1.0,) * len(text))


def words_on_lines(lines: list[TextLine]) -> list[Word]:
    """Return the words of lines, each of which is a block."""
    return [
        word._replace(block_num=block, par_num=1, line_num=1, word_num=number)
        for block, each in enumerate(lines, start=1)
        for number, word in enumerate(words_on(each), start=1)
    ]
