"""Association measures: compared with NLTK, published examples and plain loops."""

import math
from collections import Counter

import numpy as np
import pytest
import scipy  # its parts are loaded where they are used
from hypothesis import given
from hypothesis import strategies as st

from ocr_core.errors import SettingsError
from ocr_core.mining import Filter, select
from ocr_core.mining.association import (
    COLLOCATE_MEASURES,
    _association,
    _information,
    collocates,
    four_cells,
    log_likelihood,
    odds_ratio,
)
from ocr_core.mining.keyness import keywords
from ocr_core.mining.word_lists import WordList
from tests.support.written_corpora import columns_of, documents

WORDS = st.lists(st.sampled_from(["a", "b", "c", "d", "1"]), max_size=15)
PAGES = st.lists(st.tuples(st.sampled_from("xyz"), WORDS), max_size=5).map(
    lambda pages: sorted(pages, key=lambda page: page[0])
)


def corpus(*pages: tuple[str, str]):
    return columns_of([(doc_id, text.split()) for doc_id, text in pages])


def close(value):
    return pytest.approx(value, rel=1e-9, abs=1e-9)


# Collocates


def around(pages, query, left, right):
    """Count the plain way: words; those before, after and around hits; hits' own."""
    names = ("every", "before", "after", "both", "inside", "inside_near")
    counts = {name: Counter() for name in names}
    for _, words in documents(pages):
        size, of = len(query), range(len(words))
        hits = [n for n in of if words[n : n + size] == query]
        inside = {n + k for n in hits for k in range(size)}
        for n, word in enumerate(words):
            if word == "1":
                continue
            near_left = any(0 < hit - n <= left for hit in hits)
            near_right = any(0 < n - hit - size + 1 <= right for hit in hits)
            counts["every"][word] += 1
            counts["before"][word] += near_left
            counts["after"][word] += near_right
            counts["both"][word] += near_left or near_right
            counts["inside"][word] += n in inside
            counts["inside_near"][word] += n in inside and (near_left or near_right)
    return [counts[name] for name in names]


@given(PAGES, st.sampled_from(["a", "a b"]), st.integers(0, 3), st.integers(0, 3))
def test_collocates_are_those_of_a_plain_loop_and_measured_as_by_nltk(
    pages, query, left, right
):
    from nltk.metrics import BigramAssocMeasures  # slow to import

    selection = select(columns_of(pages))

    table = collocates(selection, query, left=left, right=right, min_count=1)

    every, before, after, both, inside, inside_near = around(
        pages, query.split(), left, right
    )
    assert set(table["term"]) == {word for word, count in both.items() if count}
    outside = every.total() - inside.total()
    window_outside = both.total() - inside_near.total()
    hits = sum(
        words[n : n + len(query.split())] == query.split()
        for _, words in documents(pages)
        for n in range(len(words))
    )
    for row in table.itertuples():
        word = row.term
        assert (row.count, row.left, row.right) == tuple(
            counts[word] for counts in (both, before, after)
        )
        total = outside + inside[word]
        window = window_outside + inside_near[word]
        margins = (row.count, (window, every[word]), total)
        assert row.expected == close(window * every[word] / total)
        assert row.pmi == close(BigramAssocMeasures.pmi(*margins))
        assert row.t_score == close(BigramAssocMeasures.student_t(*margins))
        dice = BigramAssocMeasures.dice(row.count, (hits, every[word]), total)
        assert row.log_dice == close(14 + math.log2(dice))
        if 0 < window < total and every[word] < total:
            cells = [row.count, window - row.count, every[word] - row.count]
            cells.append(total - sum(cells))
            known = scipy.stats.chi2_contingency(
                np.reshape(cells, (2, 2)), correction=False, lambda_="log-likelihood"
            )
            assert row.log_likelihood == close(known.statistic)
            if min(cells):  # NLTK adds a little to an empty cell
                assert row.log_likelihood == pytest.approx(
                    BigramAssocMeasures.likelihood_ratio(*margins), rel=1e-6, abs=1e-9
                )


def test_what_stands_in_two_windows_counts_once():
    table = collocates(
        select(corpus(("a", "node word node"), ("b", "far"))), "node", min_count=1
    )

    assert table[["term", "count", "left", "right"]].to_numpy().tolist() == [
        ["word", 1, 1, 1],
        ["node", 2, 1, 1],  # each hit stands beside the other
    ]


def test_a_window_ends_with_its_page():
    selection = select(corpus(("a", "node one"), ("a", "two node"), ("b", "three")))

    table = collocates(selection, "node", min_count=1)

    assert sorted(table["term"]) == ["node", "one", "two"]


def test_what_is_drawn_comes_first_and_what_is_repelled_last():
    text = "node tea " * 9 + "node milk " + "milk x milk y milk z " * 20
    selection = select(corpus(("a", text)))
    table = collocates(selection, "node", left=0, right=1, min_count=1)

    assert table["term"].tolist() == ["tea", "milk"]
    assert table["pmi"].tolist()[0] > 0 > table["pmi"].tolist()[1]
    few = collocates(selection, "node", left=0, right=1, min_count=2, limit=5)
    assert few["term"].tolist() == ["tea"]


# Formulas as published


def test_log_likelihood_is_as_dunning_works_it_out():
    # Dunning 1993, table of bigrams: "the swiss", 110 with both, 2442 and 111 with
    # one, 29114 with neither: 270.72.
    both, first, second, neither = 110, 2442, 111, 29114
    cells = np.array([[both], [first], [second], [neither]], float)
    total = cells.sum()
    rows = np.repeat([both + first, second + neither], 2)
    columns = np.tile([both + second, first + neither], 2)
    expected = (rows * columns / total)[:, None]

    assert log_likelihood(cells, expected)[0] == pytest.approx(270.72, abs=0.005)


def test_mi_leaves_the_window_out_as_manning_and_schuetze_work_it_out():
    # Manning & Schütze 1999, table 5.14: "Ayatollah" 42 times, "Ruhollah" 20, beside
    # each other 20 times, in 14,307,668 words: 18.38. MI3 adds 2 · log2(20).
    found = _information(np.array([20.0]), np.array([20]), 42, 14_307_668)

    assert found["mi"][0] == pytest.approx(18.38, abs=0.005)
    assert found["mi3"][0] == pytest.approx(18.38 + 2 * math.log2(20), abs=0.005)


def test_delta_p_is_as_gries_works_it_out():
    # Gries 2013, 50-something years of work on collocations, table 2: "of" and
    # "course" 5,610 times together, 168,938 and 2,257 apart, 10,233,063 neither.
    cells = np.array([[5610], [168_938], [2257], [10_233_063]], float)

    found = _association(cells, np.ones((4, 1)))

    assert found["delta_p_word"][0] == pytest.approx(0.032, abs=0.0005)
    assert found["delta_p_window"][0] == pytest.approx(0.697, abs=0.0005)


def test_z_and_odds_ratio_are_worked_out_by_hand():
    # Windows of 100 among 1,000 words, a word 20 times, 8 of them there: E = 2,
    # z = 6 / √(2 · 0.98); (8 · 888) / (92 · 12); half a count for none.
    cells, expected = four_cells(np.array([8.0]), np.array([20.0]), 100, 1000)

    assert expected[0, 0] == 2
    assert _association(cells, expected)["z_score"][0] == close(6 / math.sqrt(1.96))
    assert odds_ratio(cells)[0] == close(8 * 888 / (92 * 12))
    assert odds_ratio(np.array([[3.0], [0.0], [1.0], [2.0]]))[0] == close(
        3.5 * 2.5 / (0.5 * 1.5)
    )


@pytest.mark.parametrize("measure", COLLOCATE_MEASURES)
def test_collocates_are_sorted_by_any_measure(measure):
    text = "node tea " * 9 + "node milk " + "milk x milk y milk z " * 20
    table = collocates(
        select(corpus(("a", text))), "node", right=1, min_count=1, measure=measure
    )

    if measure == "log_likelihood":
        return  # what is repelled comes last
    assert table[measure].tolist() == sorted(table[measure], reverse=True)


def test_a_measure_that_is_none_is_refused():
    with pytest.raises(SettingsError, match="sorted by colour"):
        collocates(select(corpus(("a", "node"))), "node", measure="colour")


# Keywords


@given(PAGES, PAGES)
def test_keywords_are_measured_as_rayson_and_hardie_write_them(one, other):
    one = [("x" + doc_id, words) for doc_id, words in one]
    other = [("y" + doc_id, words) for doc_id, words in other]
    tokens = columns_of([*one, *other])
    mine = np.arange(len(tokens.page_infos)) < len(one)
    whole = select(tokens)
    ours, theirs = (
        Counter(word for _, words in pages for word in words if word != "1")
        for pages in (one, other)
    )
    if not ours or not theirs:
        with pytest.raises(SettingsError, match="nothing to compare"):
            keywords(whole.part(mine), whole.part(~mine))
        return

    table = keywords(whole.part(mine), whole.part(~mine))

    assert set(table["term"]) == {*ours, *theirs}
    for row in table.itertuples():
        a, b, c, d = ours[row.term], theirs[row.term], ours.total(), theirs.total()
        first, second = c * (a + b) / (c + d), d * (a + b) / (c + d)
        known = 2 * sum(o * math.log(o / e) for o, e in ((a, first), (b, second)) if o)
        assert (row.count, row.reference_count) == (a, b)
        assert row.log_likelihood == close(max(0, known))
        assert row.p == close(scipy.stats.chi2.sf(row.log_likelihood, 1))
        assert row.log_ratio == close(math.log2(((a or 0.5) / c) / ((b or 0.5) / d)))
        percent = 100 * (a / c - b / d) / (b / d) if b else math.inf
        assert row.diff_percent == close(percent)
        assert row.per_million == close(1e6 * a / c)
        assert row.reference_per_million == close(1e6 * b / d)
    again = keywords(whole.part(mine), WordList(theirs))
    plain = list(again.columns.drop(["documents_p", "documents_q"]))
    assert again[plain].to_numpy().tolist() == table[plain].to_numpy().tolist()


def test_two_filters_of_one_corpus_are_compared_by_their_words():
    tokens = corpus(("a", "House house 1"), ("b", "house 1 1"))
    one = select(tokens, Filter(documents="a"))
    other = select(tokens, Filter(documents="b", words="form", numbers="keep"))

    table = keywords(one, other).set_index("term")

    assert table["count"].to_dict() == {"house": 2, "1": 0}
    assert table["reference_count"].to_dict() == {"house": 1, "1": 2}


def test_the_most_marked_come_first_and_rare_ones_may_be_left_out():
    selection = select(corpus(("a", "sea " * 9 + "the tide")))
    reference = WordList({"the": 90, "sea": 9, "fox": 1})

    table = keywords(selection, reference, min_count=2)

    assert table["term"].tolist() == ["sea", "the"]
    assert keywords(selection, reference, limit=1)["term"].tolist() == ["sea"]
