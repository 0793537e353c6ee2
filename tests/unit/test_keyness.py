"""Keyness: published values, peers' values, and how often chance is a finding."""

import math
from itertools import pairwise

import numpy as np
import pytest
import scipy  # its parts are loaded where they are used

from ocr_core.errors import SettingsError
from ocr_core.mining import Filter, select
from ocr_core.mining.keyness import (
    KEYNESS_MEASURES,
    MIN_DOCUMENTS,
    _keyness,
    distinctive_words,
    keywords,
)
from ocr_core.mining.rank_tests import Packing, rank_test
from ocr_core.mining.word_lists import WordList
from tests.support.written_corpora import columns_of

close = pytest.approx


def measured(a, b, c, d, smoothing=1.0):
    counts = np.array([[a], [b]], float)
    found = _keyness(counts, np.array([[c], [d]], float), smoothing)
    return {name: float(values[0]) for name, values in found.items()}


# Kilgarriff 2009, Simple maths for keywords: counts per million here and there, and
# the ratio with 1, 100 and 1,000 added.
@pytest.mark.parametrize(
    ("here", "there", "ratios"),
    [
        (10, 0, (11.0, 1.10, 1.01)),
        (200, 100, (1.99, 1.50, 1.09)),
        (12_000, 10_000, (1.20, 1.20, 1.18)),
    ],
)
def test_simple_maths_is_as_kilgarriff_works_it_out(here, there, ratios):
    for smoothing, ratio in zip((1, 100, 1000), ratios, strict=True):
        found = measured(here, there, 1e6, 1e6, smoothing)
        assert found["simple_maths"] == close(ratio, abs=0.005)


# quanteda tests its measure "lr" against the likelihood ratio of the same table, here
# that of scipy; the counts are those of its test of two documents, word by word.
QUANTEDA = (
    "a a a b b c c c c c c d e f g h h".split(),
    "a a b c c d d d d e f h".split(),
)


def test_four_terms_are_those_of_quanteda():
    tokens = columns_of([("d1", QUANTEDA[0]), ("d2", QUANTEDA[1])])
    whole = select(tokens)
    first = np.array([True, False])

    table = keywords(whole.part(first), whole.part(~first), measure="log_likelihood_4")

    for row in table.itertuples():
        a, b = (words.count(row.term) for words in QUANTEDA)
        cells = [[a, b], [17 - a, 12 - b]]
        known = scipy.stats.chi2_contingency(
            cells, correction=False, lambda_="log-likelihood"
        )
        assert row.log_likelihood_4 == close(known.statistic)
    assert table["term"].tolist() == ["c", "g", "b", "h", "a", "e", "f", "d"]


@pytest.mark.parametrize("counts", [(30, 10, 1000, 900), (5, 40, 2000, 1500)])
def test_the_interval_of_the_log_ratio_is_that_of_scipy(counts):
    a, b, c, d = counts
    found = measured(*counts)
    known = scipy.stats.contingency.relative_risk(a, c, b, d).confidence_interval(0.95)

    assert found["log_ratio_low"] == close(math.log2(known.low), abs=1e-5)
    assert found["log_ratio_high"] == close(math.log2(known.high), abs=1e-5)


def test_bic_is_the_log_likelihood_less_what_so_many_words_bring():
    # By hand: 100 of 10,000 and 50 of 10,000: 16.99 - ln(20,000) = 7.09.
    assert measured(100, 50, 10_000, 10_000)["bic"] == close(7.087, abs=0.001)


@pytest.mark.parametrize("measure", KEYNESS_MEASURES)
def test_keywords_are_sorted_by_any_measure(measure):
    table = keywords(
        select(columns_of([("d", ["a"] * 6 + ["b"] * 3 + ["c"])])),
        WordList({"a": 2, "b": 3, "c": 5}),
        measure=measure,
    )

    assert table["term"].tolist() == ["a", "b", "c"]
    with pytest.raises(SettingsError, match="sorted by colour"):
        keywords(
            select(columns_of([("d", ["a"])])), WordList({"a": 1}), measure="colour"
        )


def test_rates_do_not_depend_on_what_is_hidden():
    pages = [("a", "the the sea 1890 the".split()), ("b", "sea of the".split())]
    tokens = columns_of(pages)

    def rates(**wanted):
        whole = select(tokens, Filter(**wanted))
        first = np.array([True, False])
        table = keywords(whole.part(first), whole.part(~first))
        return table.set_index("term").loc["sea"]

    plain, hidden = rates(), rates(stop_words="drop", numbers="keep")
    assert plain["per_million"] == close(1e6 / 4)
    for name in ("per_million", "reference_per_million", "log_likelihood", "log_ratio"):
        assert plain[name] == hidden[name]


# The test over documents


@pytest.mark.parametrize("seed", range(5))
def test_the_rank_test_is_that_of_scipy(seed):
    random = np.random.default_rng(seed)
    one, other = (
        random.integers(0, 4, (6, n)) * random.integers(0, 2, (6, n)) for n in (9, 13)
    )

    packing = Packing.of(6, 1, 3)
    packed = [
        packing.packed(np.nonzero(each)[0], each[each > 0] * 1.0, each is one)
        for each in (one, other)
    ]
    found, often = rank_test(np.concatenate(packed), packing.room, 6, 9, 13)

    known = scipy.stats.mannwhitneyu(one, other, axis=1, method="asymptotic").pvalue
    assert found == close(np.nan_to_num(known, nan=1.0))
    assert often.tolist() == ((one > 0).sum(axis=1) + (other > 0).sum(axis=1)).tolist()


def test_one_document_full_of_a_word_is_no_finding():
    pages = [(f"a{n}", ["sea", "fog"]) for n in range(20)]
    pages[0] = ("a0", ["whale"] * 90 + ["fog"])
    pages += [(f"b{n}", ["sea", "tea"] + ["whale"] * (n == 0)) for n in range(20)]
    whole = select(columns_of(pages))
    first = np.arange(40) < 20

    table = keywords(whole.part(first), whole.part(~first)).set_index("term")

    assert table.loc["whale", "p"] < 1e-6
    assert np.isnan(table.loc["whale", "documents_p"])  # in two documents
    assert table.loc["fog", "documents_q"] < 0.001
    assert table.loc["sea", "documents_p"] > 0.5


def test_the_false_discovery_rate_is_worked_out_over_the_words_tested():
    # Benjamini & Hochberg: of sorted p, each times how many by its rank, from the end.
    random = np.random.default_rng(1)
    pages = [(f"d{n}", random.choice(list("abcdef"), 30).tolist()) for n in range(30)]
    whole = select(columns_of(pages))
    first = np.arange(30) < 15

    table = keywords(whole.part(first), whole.part(~first)).sort_values("documents_p")

    p = table["documents_p"].tolist()
    steps = [len(p) * each / rank for rank, each in enumerate(p, 1)]
    wanted = [min(1, *steps[n:]) if steps[n:] else 1 for n in range(len(steps))]
    assert table["documents_q"].tolist() == close(wanted)
    assert all(one <= two for one, two in pairwise(table["documents_q"]))


def test_random_halves_of_one_corpus_differ_no_more_often_than_they_may():
    # Documents of one corpus, with words that come in bursts: the log-likelihood finds
    # differences in far more than 5 % of the words, the rank test does not.
    random = np.random.default_rng(3)
    pages = []
    for n in range(80):
        weights = random.gamma(0.5, size=60)
        words = random.choice(60, random.integers(50, 200), p=weights / weights.sum())
        pages.append((f"d{n}", [f"w{'abcdefghij'[w // 10]}{w % 10}" for w in words]))
    whole = select(columns_of(pages))
    over_documents, alone = [], []
    for _ in range(40):
        half = random.permutation(80) < 40
        table = keywords(whole.part(half), whole.part(~half))
        over_documents += table["documents_p"].tolist()
        alone += table["p"].tolist()

    assert min(np.diff(whole.by_document.indptr)) >= 20 > MIN_DOCUMENTS
    assert 0.03 <= np.mean(np.array(over_documents) < 0.05) <= 0.07
    assert np.mean(np.array(alone) < 0.05) > 0.3


def test_distinctive_words_of_parts_are_their_keywords_against_the_others():
    tokens = columns_of(
        [("d1", "a a a b b c"), ("d2", "a c c c d d"), ("d3", "b e e"), ("d4", "x x")]
    )
    whole = select(tokens)

    found = distinctive_words(whole, ["one", "two", "one", ""])

    one = select(tokens, Filter(documents="d1,d3"))
    table = keywords(one, select(tokens, Filter(documents="d2")))
    best = table[(table["log_ratio"] > 0) & (table["count"] >= 2)]
    of_one = found[found["part"] == "one"]
    assert of_one["term"].tolist() == best["term"].tolist() == ["b", "e", "a"]
    assert of_one["log_likelihood"].tolist() == close(best["log_likelihood"].tolist())
    assert found[found["part"] == "two"]["term"].tolist() == ["d", "c"]


def test_a_part_without_others_has_no_distinctive_words():
    whole = select(columns_of([("d1", "a a b"), ("d2", "a c")]))

    assert distinctive_words(whole, ["all", "all"]).empty
    assert distinctive_words(whole, ["", ""]).empty
