"""Numbered pages, and whether a corpus has each of them once."""

from collections import Counter

from ocr_core.corpus import Corpus
from sample_images.drawing import draw_text_page


def draw(folder, pages):
    """Draw pages of different words, quickly read."""
    folder.mkdir()
    for number in range(pages):
        sheet, _ = draw_text_page(f"page number {100 + number}", size=(560, 200))
        sheet.save(folder / f"{number}.png", dpi=(200, 200))
    return folder


def whole(path, pages):
    """Return whether each page exists once, none failed, and no claim is left."""
    with Corpus(path) as corpus:
        found = Counter(each.text for each in corpus.results())
        assert set(corpus.counts()) == {"ok"}
        assert corpus.one("SELECT count(*) FROM claims") == (0,)
        assert corpus.one("SELECT count(*) FROM readings") == (pages,)
    return found == Counter(f"page number {100 + n}" for n in range(pages))
