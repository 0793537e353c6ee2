"""Pictures of hits: each shows the word where it was drawn."""

import re
from statistics import fmean

import pytest
from rapidfuzz import fuzz

from ocr_core.corpus import Corpus
from ocr_core.corpus.hit_boxes import hit_box
from ocr_core.engines.tesseract import installed_languages
from ocr_core.execution.batch import read_into
from ocr_core.mining import select
from ocr_core.mining.concordance import kwic
from ocr_core.page import PageRef
from ocr_core.settings import Settings
from sample_images.demo import DPI, demo_pages
from tests.support.boxes import overlap

SAMPLE = 200
ALIKE = 60  # percent of the letters: what a misread word keeps
WEAR = ("clean", "faded", "skewed")


class Box:
    """A box with sides that `overlap` knows."""

    def __init__(self, box):
        self.left, self.top, self.width, self.height = box


def sampled(corpus, count):
    """Return rows of a concordance of all words, drawn by lot."""
    rows, total = kwic(select(corpus.tokens()), "*", limit=10**6)
    assert total >= count
    return list(rows.sample(count, random_state=1893).itertuples())


def letters(text):
    return re.sub(r"[\W_]", "", text).lower()


def fit(corpus, row, page):
    """Return how well the box of a hit fits the word that was drawn there, 0 to 1.

    Of a word that was broken both pieces must fit; the lesser counts. It is 0 where
    another word was drawn there than the one that is told; a misread one is the same.
    """
    found = hit_box(
        corpus,
        row.doc_id,
        row.page_num,
        row.word_index,
        row.hyphenated,
        last=row.last_word_index,
    )
    fits = [
        max((overlap(Box(box), word), word.text) for word in page.words)
        for box in found.words
    ]
    keyword, drawn = letters(row.keyword), letters("".join(text for _, text in fits))
    same = keyword in drawn or fuzz.ratio(keyword, drawn) >= ALIKE
    return min(share for share, _ in fits) if same else 0.0


@pytest.mark.large
@pytest.mark.needs_tesseract
def test_hits_stand_where_their_words_were_drawn(tmp_path, pool):
    if "deu" not in installed_languages():
        pytest.skip("no language data for German")
    pages = {}
    for page in demo_pages(languages=["deu"]):
        worn = page.metadata["degradation"]
        if worn in WEAR and page.number == 1:
            pages.setdefault(worn, page)
        if len(pages) == len(WEAR):
            break
    refs = []
    for page in pages.values():
        path = tmp_path / f"{page.name}.png"
        page.image.save(path, dpi=(DPI, DPI))
        refs.append(PageRef(str(path), 0))
    drawn = {page.name: page for page in pages.values()}
    settings = Settings.from_flat({"language": "deu", "second_opinion": "off"})

    with Corpus(tmp_path / "demo.sqlite", write=True) as corpus:
        assert len(list(read_into(corpus, refs, settings, pool))) == len(WEAR)
        rows = sampled(corpus, SAMPLE)
        fits = [fit(corpus, row, drawn[row.doc_id]) for row in rows]

    assert any(row.hyphenated for row in rows)
    assert fmean(share >= 0.7 for share in fits) >= 0.95
