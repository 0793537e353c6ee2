"""Led rows: pages are read without the dots of leaders, which join the texts of a row.

Tesseract reads the dots as letters, or takes the texts at both ends for two columns.
"""

from collections.abc import Sequence

import numpy as np

from ocr_core.engines import Engine, Recognition
from ocr_core.engines.known_words import KnownRun
from ocr_core.engines.reading_order import words_across, words_arranged
from ocr_core.engines.spacing import lines_continued
from ocr_core.engines.tesseract import AUTOMATIC, SPARSE
from ocr_core.imaging.leader_dots import Leader
from ocr_core.page import Word, lines_of
from ocr_core.scripts import reads_left

NEAR = 6.0  # heights of a word: the greatest distance from it to the dots
FOOT = 1.25  # heights of a word from its top, above which the dots are


def recognized(
    engine: Engine,
    image: np.ndarray,
    leaders: Sequence[Leader],
    knobs: Recognition,
    dpi: int = 0,
    known: Sequence[KnownRun] = (),
) -> list[Word]:
    """Return the words that an engine reads on an image without the dots of leaders.

    Parameters
    ----------
    image : (H, W) uint8 array
        The page, with the dots erased.
    knobs, dpi, known
        As for the engine.
    """
    rapid = engine.name == "rapidocr"
    divides = rapid or knobs.psm in (*AUTOMATIC, *SPARSE)
    if not leaders or not divides or knobs.join_rows == "off":
        return engine.recognize(image, knobs, dpi, known)
    apart = knobs.model_copy(update={"join_rows": "off"})
    words = with_led_rows(engine.recognize(image, apart, dpi, known), leaders)
    across = not rapid and knobs.psm in AUTOMATIC
    arrange = words_across if across else words_arranged
    return lines_continued(arrange(words, knobs.join_rows))


def with_led_rows(words: Sequence[Word], leaders: Sequence[Leader]) -> list[Word]:
    """Return words with the texts on both sides of a leader in one line.

    `words` are in lines, as an engine read them without the dots.
    """
    lines = list(lines_of(words))
    ends = (False, True)
    if reads_left("".join(word.text for word in words)):
        ends = (True, False)
    for leader in leaders:
        first, second = (_line_at(lines, leader, end) for end in ends)
        if first is None or second is None or first is second:
            continue
        number = first[0][:3]
        first += [Word._make((*number, *word[3:])) for word in second]
        lines = [line for line in lines if line is not second]
    return [word for line in lines for word in line]


def _line_at(lines: list[list[Word]], leader: Leader, end: bool) -> list[Word] | None:
    """Return the line with the word nearest to the start, or the `end`, of a leader."""
    left, top, width, height = leader.dots[-1 if end else 0].tolist()
    middle = top + height / 2  # the page may be tilted
    found, nearest = None, NEAR
    for line in lines:
        for word in line:
            if not word.top < middle < word.top + FOOT * word.height:
                continue
            right = word.left + word.width
            gap = word.left - left - width if end else left - right
            if -word.height < gap < nearest * word.height:
                found, nearest = line, gap / word.height
    return found
