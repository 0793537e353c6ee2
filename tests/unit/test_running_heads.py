"""Running heads over the documents of a series: heads go, content stays."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from ocr_core.corpus import Corpus
from ocr_core.mining import Filter, select
from ocr_core.page import PageRef, PageResult, lines_of
from ocr_core.text.context import context_of, summary_of
from ocr_core.text.running_heads import MOST_PAGES, NEAR
from tests.support.drawn_series import (
    FORMS,
    HEADLESS,
    SERIES,
    drawn_series,
    series_heads,
)
from tests.support.written_corpora import fill, page


def scored(name: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for seed in (1, 2):
        drawn = drawn_series(name, seed)
        found = series_heads([page for page, _ in drawn])
        for (each, heads), lines in zip(drawn, found, strict=True):
            assert lines <= set(range(len(list(lines_of(each.rows)))))
            counts["right"] += len(heads & lines)
            counts["wrong"] += len(lines - heads)
            counts["missed"] += len(heads - lines)
    return counts


@pytest.mark.parametrize("name", SERIES)
def test_heads_of_a_series_are_found_with_precision_98_and_recall_90(name):
    counts = scored(name)

    assert counts["right"] / (counts["right"] + counts["wrong"]) >= 0.98
    assert counts["right"] / (counts["right"] + counts["missed"]) >= 0.90


@pytest.mark.parametrize("name", HEADLESS)
def test_salutations_datelines_section_heads_and_titles_of_forms_stay(name):
    assert scored(name) == Counter(right=0, wrong=0, missed=0)


@pytest.mark.parametrize("name", FORMS)
def test_titles_of_forms_in_one_document_stay(name):
    drawn = [
        replace(each, ref=PageRef("forms.tif", number, "forms"))
        for number, (each, _) in enumerate(drawn_series(name), 1)
    ]

    assert series_heads(drawn) == [set()] * len(drawn)


def test_a_document_by_itself_has_no_series():
    drawn = [page for page, _ in drawn_series("weekly")][:2]

    context = context_of(summary_of(drawn))

    assert [context.outer_lines(page) for page in drawn] == [{}, {}]


def issue(year: int, text: str = "ships lay here") -> PageResult:
    lines = f"THE TIDE, March {year}\n\n\n{text} {year}\nand more of it\nto the end"
    return page(f"tide_{year}", lines, size=(1000, 1000))


def heads(corpus: Corpus) -> list[str]:
    """Return the documents of which a head is dropped."""
    tokens = corpus.tokens()
    with_heads = np.flatnonzero(tokens.count_by_page(tokens.words().outer))
    return sorted({tokens.page_infos[n].doc_id for n in with_heads})


def counted(corpus: Corpus, running_heads: str) -> int:
    """Return how often the title is counted."""
    selection = select(corpus.tokens(), Filter(heads=running_heads))
    return int(selection.counts[selection.ids["tide"]])


def test_neighbours_are_tokenized_again_when_a_document_joins_or_leaves(tmp_path):
    with Corpus(tmp_path / "c.sqlite", write=True) as corpus:
        fill(corpus, issue(1890), issue(1892))
        assert heads(corpus) == []
        assert corpus.count_behind() == 0

        fill(corpus, issue(1891))

        assert corpus.count_behind() == 3
        assert heads(corpus) == ["tide_1890", "tide_1891", "tide_1892"]
        assert [counted(corpus, heads) for heads in ("drop", "keep")] == [0, 3]
        assert corpus.count_behind() == 0

        corpus.remove("tide_1891")

        assert heads(corpus) == []


def test_a_corpus_that_may_not_be_written_is_cut_the_same_way(tmp_path):
    path = tmp_path / "c.sqlite"
    with Corpus(path, write=True) as corpus:
        fill(corpus, *(issue(year) for year in range(1890, 1894)))

    with Corpus(path) as corpus:
        assert len(heads(corpus)) == 4


def test_only_documents_near_the_new_one_are_tokenized_again(tmp_path):
    with Corpus(tmp_path / "c.sqlite", write=True) as corpus:
        fill(corpus, *(issue(year) for year in range(1870, 1890)))
        long = [page("tide_1889b", f"text {n}", n) for n in range(1, MOST_PAGES + 2)]
        fill(corpus, *long)
        corpus.tokens()

        fill(corpus, issue(1890))

        assert corpus.count_behind() == 1 + NEAR - 1  # the long one is none of them


def test_tokens_that_an_earlier_version_cut_are_tokenized_again(tmp_path):
    path = tmp_path / "c.sqlite"
    with Corpus(path, write=True) as corpus:
        fill(corpus, *(issue(year) for year in range(1890, 1894)))
        corpus.tokens()
        corpus.execute("ALTER TABLE token_pages DROP COLUMN calibrated")

    with Corpus(path, write=True) as corpus:
        assert corpus.count_behind() == 4
        assert len(heads(corpus)) == 4
        assert corpus.count_behind() == 0


def test_a_correction_leaves_the_neighbours_as_they_are(tmp_path):
    with Corpus(tmp_path / "c.sqlite", write=True) as corpus:
        fill(corpus, *(issue(year) for year in range(1890, 1894)))
        corpus.tokens()

        corpus.correct("tide_1891", 1, 4, "boats")

        assert corpus.count_behind() == 1
