"""Drawing: text set on a page, where it is known at which pixels each word stands.

The fonts are those of the system: DejaVu or Liberation, or what Windows and macOS
have.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

FONTS = {
    "serif": ("DejaVuSerif", "LiberationSerif-Regular", "Times New Roman"),
    "serif-bold": ("DejaVuSerif-Bold", "LiberationSerif-Bold", "Times New Roman Bold"),
    "sans": ("DejaVuSans", "LiberationSans-Regular", "Arial"),
    "mono": ("DejaVuSansMono", "LiberationMono-Regular", "Courier New"),
}

Press = Callable[[str, ImageFont.FreeTypeFont], tuple[np.ndarray, int, int]]
"""Turns a word into ink: (H, W) uint8 coverage, and its place from pen and baseline."""


class DrawnWord(NamedTuple):
    """A word and the smallest box that holds every pixel of its ink.

    `left` and `top` count from the top left corner of the page; `line` counts the
    lines of the text from 0, empty ones too.
    """

    text: str
    left: int
    top: int
    width: int
    height: int
    line: int


class Block(NamedTuple):
    """A piece of text set at one place in one font; sizes in pixels.

    `leading` is the distance between baselines as a multiple of the font size.
    """

    text: str
    left: int
    top: int
    font: str = "serif"
    font_size: int = 32
    leading: float = 1.5


def draw_text_page(
    text: str,
    *,
    size: tuple[int, int],
    font: str = "serif",
    font_size: int = 32,
    margin: int = 80,
    leading: float = 1.5,
    ink: int = 0,
    paper: int = 255,
    press: Press | None = None,
) -> tuple[Image.Image, list[DrawnWord]]:
    """Draw a page of text and say where each of its words stands.

    Lines are drawn as they are in `text`: none is wrapped. Words that would leave the
    page raise ValueError, so what is drawn is always all of the text.
    """
    block = Block(text, margin, margin, font, font_size, leading)
    return draw_blocks([block], size=size, ink=ink, paper=paper, press=press)


def draw_blocks(
    blocks: Sequence[Block],
    *,
    size: tuple[int, int],
    ink: int = 0,
    paper: int = 255,
    press: Press | None = None,
) -> tuple[Image.Image, list[DrawnWord]]:
    """Draw several blocks of text on one page; lines are counted through them all."""
    width, height = size
    page = np.full((height, width), paper, np.uint8)
    words: list[DrawnWord] = []
    first_line = 0
    for block in blocks:
        words += _write(page, block, first_line, ink, press or printed)
        first_line += len(block.text.split("\n"))
    return Image.fromarray(page), words


def printed(word: str, font: ImageFont.FreeTypeFont) -> tuple[np.ndarray, int, int]:
    """Set a word in even ink: a `Press`."""
    ascent, descent = font.getmetrics()
    pad = ascent  # accents and slanted ends may reach beyond the font's own box
    size = (round(font.getlength(word)) + 2 * pad, ascent + descent + 2 * pad)
    canvas = Image.new("L", size)
    ImageDraw.Draw(canvas).text((pad, 2 * pad), word, font=font, fill=255, anchor="ls")
    box = canvas.getbbox()
    if box is None:
        raise ValueError(f"The font has no ink for {word!r}.")
    return np.asarray(canvas.crop(box)), box[0] - pad, box[1] - 2 * pad


def typewriter(seed: int = 0, faintest: float = 0.3) -> Press:
    """Make a `Press` that strikes every letter with its own force, a little off line.

    `faintest` is the least share of ink that a letter gets.
    """
    rng = np.random.default_rng(seed)

    def strike(word: str, font: ImageFont.FreeTypeFont) -> tuple[np.ndarray, int, int]:
        ascent, descent = font.getmetrics()
        pad = ascent
        width = round(font.getlength(word)) + 2 * pad
        canvas = np.zeros((ascent + descent + 2 * pad, width), np.uint8)
        for index, letter in enumerate(word):
            mask, left, top = printed(letter, font)
            if rng.random() < 0.15:  # a hard stroke, spread by the ribbon
                mask = cv2.dilate(mask, np.ones((2, 2), np.uint8))
            force = rng.uniform(faintest, 1.0)
            left += pad + round(font.getlength(word[:index]))
            top += 2 * pad + int(rng.integers(-1, 2))
            spot = canvas[top : top + mask.shape[0], left : left + mask.shape[1]]
            np.maximum(spot, (mask * force).astype(np.uint8), out=spot)
        left, top, wide, high = cv2.boundingRect(canvas)
        return canvas[top : top + high, left : left + wide], left - pad, top - 2 * pad

    return strike


@cache
def load_font(style: str, size: int) -> ImageFont.FreeTypeFont:
    """Load the first font of this style that the system has."""
    for name in FONTS[style]:
        try:
            # The basic layout gives the same places with and without libraqm.
            return ImageFont.truetype(
                f"{name}.ttf", size, layout_engine=ImageFont.Layout.BASIC
            )
        except OSError:
            continue
    names = ", ".join(FONTS[style])
    raise FileNotFoundError(
        f"No {style} font found (looked for {names}). Install DejaVu or Liberation: "
        "apt install fonts-dejavu, dnf install dejavu-fonts-all."
    )


def moved(words: Sequence[DrawnWord], matrix: np.ndarray) -> list[DrawnWord]:
    """Give the upright boxes around words whose page was moved.

    Parameters
    ----------
    words : sequence of DrawnWord
        Words on the page as it was drawn.
    matrix : (3, 3) float array
        Takes a point of the drawn page to the moved one: `tilt_matrix`,
        `photo_matrix` or a product of them.
    """
    return [_moved_word(word, matrix) for word in words]


def to_uint8(values: np.ndarray) -> np.ndarray:
    """Round values to the nearest grey levels, 0 to 255."""
    return np.clip(np.round(values), 0, 255).astype(np.uint8)


def _write(
    page: np.ndarray, block: Block, first_line: int, ink: int, press: Press
) -> Iterator[DrawnWord]:
    font = load_font(block.font, block.font_size)
    for index, line in enumerate(block.text.split("\n")):
        baseline = block.top + round(block.font_size * (1 + index * block.leading))
        for match in re.finditer(r"\S+", line):
            pen = block.left + round(font.getlength(line[: match.start()]))
            mask, left, top = press(match[0], font)
            word = DrawnWord(
                match[0],
                pen + left,
                baseline + top,
                mask.shape[1],
                mask.shape[0],
                first_line + index,
            )
            _stamp(page, mask, word, ink)
            yield word


def _stamp(page: np.ndarray, mask: np.ndarray, word: DrawnWord, ink: int) -> None:
    right, bottom = word.left + word.width, word.top + word.height
    height, width = page.shape
    if word.left < 0 or word.top < 0 or right > width or bottom > height:
        raise ValueError(
            f"The word {word.text!r} of line {word.line} leaves the page of "
            f"{width} x {height} pixels: make the font, margin or line smaller."
        )
    spot = page[word.top : bottom, word.left : right]
    spot[:] = to_uint8(spot + mask / 255 * (ink - spot.astype(float)))


def _moved_word(word: DrawnWord, matrix: np.ndarray) -> DrawnWord:
    right, bottom = word.left + word.width, word.top + word.height
    corners = [(x, y) for x in (word.left, right) for y in (word.top, bottom)]
    points = cv2.perspectiveTransform(np.array([corners], float), matrix)[0]
    left, top = np.floor(points.min(axis=0)).astype(int)
    width, height = np.ceil(points.max(axis=0)).astype(int) - (left, top)
    return DrawnWord(word.text, int(left), int(top), int(width), int(height), word.line)
