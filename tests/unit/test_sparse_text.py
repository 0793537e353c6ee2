"""Sparse text: a second opinion that may drop marks and short words."""

from dataclasses import replace

import numpy as np
import pytest

from ocr_core import second_opinion
from ocr_core.page import Page, PageRef, Word
from ocr_core.settings import Settings

PAGE = Page(np.full((100, 600), 255, np.uint8), PageRef("page"))


def reading(texts, confs, quality):
    rows = tuple(
        Word(1, 1, 1, n, 80 * n, 10, 60, 30, conf, text)
        for n, (text, conf) in enumerate(zip(texts, confs, strict=True))
    )
    return second_opinion.Attempt(
        rows, "tesserocr 5", "khm", "", PAGE, (), quality, 1.0
    )


@pytest.fixture
def kept(monkeypatch):
    """Return the name of the reading that is kept of a first one and sparse text."""
    monkeypatch.setattr(
        second_opinion, "_can_read", lambda flat: flat["engine"] != "rapidocr"
    )

    def choice(first, sparse, language):
        flat = {"language": language, "second_opinion": "auto"}
        first, sparse = (replace(each, language=language) for each in (first, sparse))

        def read(settings):
            return sparse if settings.recognition.psm == 11 else None

        settings = Settings.from_flat(flat)
        return second_opinion.second_opinion(first, settings, read)[1].did

    return choice


@pytest.mark.parametrize(("count", "name"), [(17, "first"), (20, "sparse text")])
def test_sparse_text_that_only_leaves_out_doubtful_marks_is_not_kept(kept, count, name):
    """Of 20 words at 74 more may be right than of 17 at 79, and fewer than of 20."""
    first = reading(["ភាសា"] * 20, [74.0] * 20, 0.8)
    sparse = reading(["ភាសា"] * count, [79.0] * count, 0.8)

    assert kept(first, sparse, "khm") == f"kept {name}"


@pytest.mark.parametrize(
    ("conf", "name"),
    [
        (90.0, "first"),
        (60.0, "sparse text"),  # these may be no words
    ],
)
def test_sparse_text_that_drops_sure_numbers_of_a_list_is_not_kept(kept, conf, name):
    words = ["بربادوس"] * 20
    first = reading([*words, *["10"] * 5], [*[80.0] * 20, *[conf] * 5], 0.8)
    sparse = reading(words, [96.0] * 20, 0.9)

    assert kept(first, sparse, "ara") == f"kept {name}"
