"""The page of methods: each measure is there, with source and a right example."""

import re
from pathlib import Path

import numpy as np
import pytest
import scipy  # its parts are loaded where they are used

from ocr_core.mining import association, diversity, frequency, select, topics
from ocr_core.mining.association import log_likelihood
from ocr_core.mining.concordance import kwic
from ocr_core.mining.diversity import FLESCH, readability_scores
from ocr_core.mining.keyness import keywords
from ocr_core.mining.measures import MEASURES, VARIANTS, measure
from ocr_core.mining.variants import variants
from tests.support.written_corpora import page, tokens_of

PAGE = (Path(__file__).parents[2] / "docs" / "methods.md").read_text("utf-8")
AUTHOR = re.compile(r"[^\W\d_][\w-]+(?= (?:and others )?\d{4})")
EVERY = [*MEASURES.items(), *((name, each) for (_, name), each in VARIANTS.items())]


@pytest.mark.parametrize(("name", "measure"), EVERY)
def test_every_measure_of_a_table_is_listed_with_its_source(name, measure):
    around = [part for part in re.split(r"\n(?=\||\n)", PAGE) if f"`{name}`" in part]
    cited = " ".join(around)

    assert around
    for author in re.findall(
        r"[^\W\d_][\w-]+(?= (?:& |and others )?\d{4})", measure.source
    ):
        assert author in cited or author in PAGE


def tables():
    """Yield the name and columns of each table of mining, of a small corpus."""
    text = "the ships of hull lay here. they sold salt and coal in hull"
    own = {"a": "wind sail port rope", "b": "milk eggs oats price"}
    pages = [
        page(f"{name}{n}", f"{own[name]} {text}") for n in (1, 2, 3) for name in own
    ]
    selection = select(tokens_of(pages))
    rest = np.arange(6) < 3
    part, reference = selection.part(rest), selection.part(~rest)
    yield "terms", frequency.word_list(selection)
    yield "terms", frequency.ngrams(selection, 2, min_count=1)
    yield "terms", frequency.tf_idf(selection)
    yield "dispersion", frequency.dispersion(selection, ["hull"])
    yield "collocates", association.collocates(selection, "hull", min_count=1)
    yield "keyness", keywords(part, reference)
    yield "diversity", diversity.diversity(selection)
    yield "readability", diversity.readability(selection)
    yield "similar", topics.similar(selection, "a1")
    yield "topics", topics.topics(selection, 2, runs=2).words
    yield "topics", topics.topics(selection, 2, runs=2).stability
    yield "variants", variants(selection, "hull")
    yield "kwic", kwic(selection, "hull")[0]


def test_every_computed_column_of_a_table_is_a_measure():
    undeclared = {
        (name, column)
        for name, found in tables()
        for column in found.select_dtypes("floating")
        if measure(name, column) is None
    }

    assert undeclared == set()


@pytest.mark.parametrize("whose", [each[0] for each in FLESCH.values()])
def test_every_formula_of_readability_is_listed(whose):
    assert whose.split()[0] in PAGE


def test_every_section_with_measures_has_a_worked_example():
    sections = re.split(r"\n## ", PAGE)
    lacking = [
        section.partition("\n")[0]
        for section in sections
        if "| formula |" in section and "**Example" not in section
    ]

    assert len(sections) > 9
    assert lacking == []


def test_the_examples_are_right():
    cells = np.array([[8.0], [92.0], [12.0], [888.0]])
    expected = np.array([[2.0], [98.0], [18.0], [882.0]])
    assert log_likelihood(cells, expected) == pytest.approx(12.87, abs=0.005)

    cells = np.array([[100.0], [50.0], [9900.0], [9950.0]])
    expected = np.array([[75.0], [75.0], [9925.0], [9925.0]])
    assert log_likelihood(cells, expected) == pytest.approx(17.12, abs=0.005)
    assert scipy.stats.chi2.sf(16.99, 1) == pytest.approx(0.000038, abs=5e-7)

    test = scipy.stats.mannwhitneyu([1, 2, 3], [4, 5, 6], method="asymptotic")
    assert test.pvalue == pytest.approx(0.081, abs=5e-4)
    assert scipy.stats.false_discovery_control([0.01, 0.02, 0.03]) == pytest.approx(
        [0.03] * 3
    )
    assert scipy.stats.kruskal([1, 2, 3], [4, 5, 6]).statistic == pytest.approx(
        3.86, abs=0.005
    )

    words = "un un un un un un".split()
    for language, flesch in (("deu", 118.5), ("fra", 130.36)):
        assert readability_scores(words, 2, language)[3] == pytest.approx(
            flesch, abs=0.01
        )
