"""Reliability: shares that can be checked by hand, and warnings without misses or false
alarms."""

import numpy as np
import pytest
import scipy  # its parts are loaded where they are used
from hypothesis import given
from hypothesis import strategies as st

from ocr_core.errors import SettingsError
from ocr_core.mining import Filter, Selection, Tokens, select
from ocr_core.mining.reliability import (
    better_half,
    groups_differ,
    measure_reliability,
    overlap,
    parts_differ,
)
from ocr_core.mining.tokens import PageInfo


def corpus(qualities, groups=(), pages=None):
    """Return a corpus of one token a page; `pages` says whose document each is."""
    pages = range(len(qualities)) if pages is None else pages
    page_infos = [
        PageInfo(f"d{document}", n, "eng", None if each is None else float(each))
        for n, (document, each) in enumerate(zip(pages, qualities, strict=True))
    ]
    word = np.zeros(1, np.uint32)
    columns = [
        (word, word, np.array([80 if n % 2 else 70], np.uint8))
        for n in range(len(page_infos))
    ]
    metadata = {"group": {f"d{n}": group for n, group in enumerate(groups)}}
    return Tokens.of_pages(page_infos, columns, ["tide"], metadata=metadata)


def test_reliability_counts_doubtful_words_and_unrated_pages():
    found = measure_reliability(
        select(corpus([0.9, None, 0.5, 0.7])), conf_threshold=75
    )

    assert (found.tokens, found.pages) == (4, 4)
    assert (found.share_low_conf, found.unrated, found.quality) == (0.5, 0.25, 0.7)


def test_reliability_counts_what_the_filter_leaves():
    found = measure_reliability(
        select(corpus([0.9, 0.2]), Filter(min_quality=0.5)), conf_threshold=70
    )

    assert (found.tokens, found.share_low_conf, found.quality) == (1, 0, 0.9)


def test_nothing_is_measured_of_nothing():
    found = measure_reliability(select(corpus([])))

    assert (found.tokens, found.share_low_conf, found.unrated, found.quality) == (
        0,
        0,
        0,
        None,
    )


@pytest.mark.parametrize(
    ("qualities", "left"),
    [
        ([0.9, 0.1, 0.5, 0.7], [0, 3]),
        ([0.9, 0.1, 0.5], [0, 2]),
        ([0.5, 0.5, 0.5], [0, 1, 2]),
        ([None, 0.3, 0.4], [2]),
        ([None], []),
    ],
)
def test_the_better_half_keeps_all_that_tie_with_the_median(qualities, left):
    half = better_half(select(corpus(qualities)))

    assert np.flatnonzero(half.chosen).tolist() == left
    assert half.sizes["tokens"] == len(left)


@given(st.lists(st.none() | st.floats(0, 1), max_size=30))
def test_no_page_of_the_better_half_is_worse_than_one_left_out(qualities):
    selection = select(corpus(qualities))

    half = better_half(selection)

    known = selection.tokens.qualities
    rated = ~np.isnan(known)
    out = known[rated & ~half.chosen]
    assert half.chosen.sum() * 2 >= rated.sum()
    assert not len(out) or known[half.chosen].min() > out.max()


def test_overlap_is_of_the_top_terms():
    assert overlap(["a", "b", "c"], ["b", "a", "d"], top=2) == 1
    assert overlap(["a", "b", "c"], ["b", "a", "d"], top=3) == pytest.approx(2 / 3)
    assert overlap(["a", "b"], ["a"]) == 0.5
    assert overlap([], []) == 1


def test_the_test_is_over_documents_and_agrees_with_scipy():
    rng = np.random.default_rng(3)
    qualities = rng.random((12, 3))
    tokens = corpus(
        qualities.ravel(), ["a"] * 6 + ["b"] * 6, np.repeat(np.arange(12), 3)
    )

    found = groups_differ(select(tokens), "group")

    means = qualities.mean(axis=1)
    wanted = scipy.stats.kruskal(means[:6], means[6:])
    assert found.p_value == pytest.approx(wanted.pvalue)
    assert found.effect == pytest.approx(wanted.statistic / 11)
    assert found.parts["pages"].tolist() == [18, 18]
    assert found.documents["part"].tolist() == ["a"] * 6 + ["b"] * 6
    assert found.documents["quality"].tolist() == pytest.approx(means.tolist())
    assert found.parts["quality_median"].tolist() == pytest.approx(
        [np.median(means[:6]), np.median(means[6:])]
    )


def test_a_warning_names_the_parts_and_the_test():
    tokens = corpus([0.95] * 9 + [0.6] * 9, ["old"] * 9 + ["new"] * 9)

    found = groups_differ(select(tokens), "group")

    warning = found.warning
    assert found.gap == ("new", 0.6, "old", 0.95)
    assert warning.startswith(
        "new was read worse than old (median quality 0.60 and 0.95)"
    )
    assert warning.endswith("(Kruskal–Wallis test over documents, p < 0.001).")


def test_too_few_documents_are_said_to_be_too_few():
    wide = groups_differ(select(corpus([0.9, 0.5], ["a", "b"])), "group")
    narrow = groups_differ(select(corpus([0.9, 0.85], ["a", "b"])), "group")

    assert wide.p_value is None and wide.warning.endswith(
        "too few documents for a test."
    )
    assert narrow.p_value is None and narrow.warning == ""


def test_a_difference_that_changes_nothing_is_passed_over():
    rng = np.random.default_rng(1)
    many = rng.normal(0.8, 0.1, 8000)
    many[:4000] += 0.007

    found = groups_differ(select(corpus(many, ["a"] * 4000 + ["b"] * 4000)), "group")

    assert found.p_value < 0.01 and found.warning == ""


@pytest.mark.parametrize(("gap", "warned"), [(0.01, False), (0.05, True)])
def test_parts_that_lie_apart_by_a_hair_are_passed_over(gap, warned):
    qualities = [0.9] * 12 + [0.9 - gap] * 12

    found = groups_differ(select(corpus(qualities, ["a"] * 12 + ["b"] * 12)), "group")

    assert found.p_value < found.alpha and found.effect > 0.9
    assert bool(found.warning) is warned


def test_documents_of_no_value_are_in_no_part():
    found = groups_differ(select(corpus([0.9, 0.8, None], ["a", "b", "b"])), "group")
    without = groups_differ(select(corpus([0.9, 0.8], ["a", ""])), "group")

    assert found.parts["unrated"].tolist() == [0, 1]
    assert without.parts["part"].tolist() == ["a"] and without.warning == ""


def test_many_years_are_compared_as_spans():
    years = [str(1880 + n) for n in range(40)]
    rising = np.linspace(0.5, 0.9, 40)

    found = groups_differ(select(corpus(rising, years)), "group")

    assert found.parts["part"].tolist() == [
        "1880–1889",
        "1890–1899",
        "1900–1909",
        "1910–1919",
    ]
    assert found.warning.startswith("1880–1889 was read worse than 1910–1919")


def test_a_column_with_a_value_for_each_document_is_listed():
    names = [f"title {n}" for n in range(3000)]

    found = groups_differ(select(corpus([0.8] * 3000, names)), "group")

    assert len(found.parts) == 3000
    assert found.p_value is None and found.warning == ""


def test_a_column_that_is_not_there_is_refused():
    with pytest.raises(SettingsError, match="The corpus has no column colour"):
        groups_differ(select(corpus([0.9], ["a"])), "colour")


def test_parts_that_somebody_chose_are_compared():
    selection = select(corpus([0.9] * 6 + [0.5] * 6))
    first = np.arange(12) < 6

    found = parts_differ({"x": selection.part(first), "y": selection.part(~first)})

    assert isinstance(selection, Selection)
    assert found.warning.startswith("y was read worse than x")


def drawn(seed, gap):
    """Draw two groups of 40 documents of one to three pages.

    The pages have a mean quality of 0.85 and 0.85 - `gap` and a standard deviation of
    0.1, most of it between the documents (0.09) and some inside them (0.045).
    """
    rng = np.random.default_rng(seed)
    means = rng.normal(np.repeat([0.85, 0.85 - gap], 40), 0.09)
    pages = np.repeat(np.arange(80), rng.integers(1, 4, 80))
    qualities = np.clip(rng.normal(means[pages], 0.045), 0, 1)
    return corpus(qualities, ["a"] * 40 + ["b"] * 40, pages)


def test_a_planted_difference_is_flagged_and_none_is_made_up():
    planted = [groups_differ(select(drawn(n, 0.1)), "group") for n in range(100)]
    alike = [groups_differ(select(drawn(n, 0.0)), "group") for n in range(100)]

    assert sum(bool(each.warning) for each in planted) >= 95
    assert sum(bool(each.warning) for each in alike) <= 5


def test_pages_of_few_documents_make_up_no_difference():
    alarms = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        means = rng.normal(0.8, 0.1, 12)
        pages = np.repeat(np.arange(12), 40)
        tokens = corpus(
            np.clip(rng.normal(means[pages], 0.03), 0, 1),
            ["a"] * 6 + ["b"] * 6,
            pages,
        )
        alarms += bool(groups_differ(select(tokens), "group").warning)

    assert alarms <= 5
