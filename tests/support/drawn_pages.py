"""Pages drawn for tests of preprocessing: nine lines of text, blocks, cells of a
table."""

import random
from functools import cache

import numpy as np

from ocr_core.page import Page, PageRef
from ocr_core.pipeline import recognize_page
from ocr_core.settings import Settings
from sample_images.drawing import Block, draw_blocks, draw_text_page

TEXT = """\
The harbour lay quiet under a pale sky when the first
boats came home. Nets were hung along the quay, and
the keeper of the light wrote down what each of them
had brought: herring, cod, a barrel of brine, and the
figure of a woman carved from dark wood, which nobody
could explain. By evening half the village had gone to
look at it, and the other half had said it was wrong.
Only the keeper kept his thoughts to himself, trimmed
the lamp, and put another page beside the others."""
LINES = TEXT.split("\n")


@cache
def text_page(paper: int = 255, ink: int = 0) -> np.ndarray:
    """Return a page with the text, which cannot be changed."""
    page, _ = draw_text_page(
        TEXT, size=(1000, 800), font_size=30, margin=90, ink=ink, paper=paper
    )
    return np.asarray(page)


def drawn(*blocks, size=(1000, 800), ink=0):
    return np.array(draw_blocks(blocks, size=size, ink=ink)[0])


def cells(rows, columns, choices, step=(110, 42), size=(1100, 1150)):
    """Draw a table of single marks that stand closer above than beside."""
    rng = random.Random(1)
    blocks = [
        Block(rng.choice(choices), 90 + x * step[0], 60 + y * step[1], "sans")
        for y in range(rows)
        for x in range(columns)
    ]
    return drawn(*blocks, size=size)


def page_of(image):
    return Page(np.ascontiguousarray(image), PageRef("drawn.png"))


def read(image, **knobs):
    """Read a page once; return its result and what each step did."""
    once = Settings.from_flat({"language": "eng", "second_opinion": "off", **knobs})
    result = recognize_page(page_of(image), once)
    return result, {note.step: note.did for note in result.reports}


def found_share(text, result):
    """Return the share of the words of a text that were read."""
    words = text.split()
    left = result.text.split()
    return sum(word in left for word in words) / len(words)


def in_two_inks(pale, which):
    """Draw the text in black, but some of its lines in pale ink."""
    page = np.full((800, 1000), 255, np.uint8)
    for row, line in enumerate(LINES):
        ink = pale if row in which else 0
        page = np.minimum(
            page, drawn(Block(line, 90, 90 + 45 * row, font_size=30), ink=ink)
        )
    return page
