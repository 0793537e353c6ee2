"""Frequencies: by hand, by plain loops, and as NLTK and scikit-learn have them."""

from collections import Counter
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from ocr_core.errors import CancelledError, SettingsError
from ocr_core.mining import (
    Filter,
    Tokens,
    distances,
    frequency,
    grouping,
    select,
    sequences,
)
from ocr_core.mining import selection as selecting
from ocr_core.mining import tokens as token_store
from ocr_core.mining.association import collocates
from ocr_core.mining.diversity import diversity
from ocr_core.mining.frequency import (
    dispersion,
    ngrams,
    tf_idf,
    word_list,
)
from ocr_core.mining.grouping import grouped, ranked
from ocr_core.mining.hits import HiddenHits, hidden_hits, positions
from ocr_core.mining.keyness import keywords
from ocr_core.mining.trends import trends
from ocr_core.mining.variants import variants
from tests.support.written_corpora import columns_of, documents

WORDS = st.lists(st.sampled_from(["a", "b", "c", "é", "1"]), max_size=12)
PAGES = st.lists(st.tuples(st.sampled_from("xyz"), WORDS), max_size=6).map(
    lambda pages: sorted(pages, key=lambda page: page[0])
)

YEARS = {"a": "1890", "b": "1891"}


def corpus(*pages: tuple[str, str], **metadata) -> Tokens:
    return columns_of([(doc_id, text.split()) for doc_id, text in pages], **metadata)


def rows(table, *columns):
    return list(table[list(columns)].itertuples(index=False, name=None))


def loop(pages, n):
    """Count n-grams, and the documents of each, the plain way."""
    counts, having = Counter(), {}
    for doc_id, words in documents(pages):
        for gram in zip(*(words[k:] for k in range(n)), strict=False):
            if "1" not in gram:
                counts[gram] += 1
                having.setdefault(gram, set()).add(doc_id)
    return {
        " ".join(gram): (count, len(having[gram])) for gram, count in counts.items()
    }


# Words


def test_words_are_counted_by_hand():
    table = word_list(select(corpus(("a", "The fox the hen"), ("b", "fox 7 fox"))))

    assert rows(table, "term", "count", "documents", "range") == [
        ("fox", 3, 2, 1.0),
        ("the", 2, 1, 0.5),
        ("hen", 1, 1, 0.5),
    ]
    assert table["per_million"].tolist() == [500_000, pytest.approx(1e6 / 3), 1e6 / 6]


def test_deviation_of_proportions_is_as_gries_works_it_out():
    # Gries 2008: five parts of sizes 9, 10, 10, 10, 11 and a word that occurs
    # 1, 2, 3, 4, 5 times in them deviates by 0.18.
    parts = zip("abcde", (9, 10, 10, 10, 11), (1, 2, 3, 4, 5), strict=True)
    pages = [(doc, "w " * word + "o " * (size - word)) for doc, size, word in parts]

    table = word_list(select(corpus(*pages)))

    assert table.set_index("term")["dp"]["w"] == pytest.approx(0.18, abs=1e-12)


GRIES = """b a m n i b e u p
b a s a t b e w q n
b c a g a b e s t a
b a g h a b e a a t
b a h a a b e a x a t"""


def test_dispersion_is_as_gries_works_it_out_and_scattertext_tests_it():
    # Gries 2020, Analyzing dispersion: "a" has Juilland's D 0.785 and DP 0.18, so
    # DPnorm 0.18 / (1 - 0.18). The others are those of scattertext's test_Dispersion.
    pages = [(f"d{n}", line) for n, line in enumerate(GRIES.split("\n"))]

    table = word_list(select(corpus(*pages))).set_index("term")

    found = table.loc[["a", "b", "i", "q", "x"]]
    assert found["dp"].tolist() == pytest.approx(
        [0.18, 0.02, 0.82, 0.8, 0.78], abs=5e-4
    )
    norm = [0.18 / 0.82, 0.024, 1, 0.976, 0.951]
    assert found["dp_norm"].tolist() == pytest.approx(norm, abs=5e-4)
    known = [0.785, 0.968, 0, 0, 0]
    assert found["juilland_d"].tolist() == pytest.approx(known, abs=5e-4)


@pytest.mark.parametrize(
    ("text", "reduced"),
    [
        ("a x x a x x", 2),  # distances 3 and 3, as even as can be
        ("a a x x x x", 4 / 3),  # 1 and 5, cut to 3: 4 / 3
        ("x x a x x x", 1),
        ("a a a x x x x x x", 5 / 3),  # 1, 1 and 7, cut to 3: 5 / 3
    ],
)
def test_the_average_reduced_frequency_is_counted_by_hand(text, reduced):
    # Savický & Hlaváčová 2002: the sum of min(distance, N / f), divided by N / f.
    table = word_list(select(corpus(("d", text)))).set_index("term")

    assert table.loc["a", "arf"] == pytest.approx(reduced)


def test_one_document_has_no_dispersion_over_documents():
    table = word_list(select(corpus(("d", "a b"))))

    assert table["dp"].tolist() == [0, 0]
    assert table["juilland_d"].isna().all()


def test_a_word_in_one_document_deviates_by_all_the_others():
    table = word_list(select(corpus(("a", "x y y y"), ("b", "y " * 12))))

    assert rows(table, "term", "dp")[1] == ("x", 0.75)


@given(PAGES, st.integers(0, 3))
def test_words_agree_with_nltk(pages, limit):
    from nltk import FreqDist  # slow to import

    selection = select(columns_of(pages))
    table = word_list(selection, limit=limit)

    known = FreqDist(word for _, words in pages for word in words if word != "1")
    wanted = sorted(known.items(), key=lambda item: (-item[1], item[0]))
    assert rows(table, "term", "count") == wanted[: limit or None]
    assert ((table["dp"] >= 0) & (table["dp"] < 1)).all()
    assert ((table["range"] > 0) & (table["range"] <= 1)).all()


@given(PAGES)
def test_deviation_is_half_the_sum_of_differences(pages):
    table = word_list(select(columns_of(pages)))

    documents = {}
    for doc_id, words in pages:
        documents.setdefault(doc_id, Counter()).update(w for w in words if w != "1")
    total = sum(counts.total() for counts in documents.values())
    for term, count, dp in rows(table, "term", "count", "dp"):
        parts = [
            abs(counts[term] / count - counts.total() / total)
            for counts in documents.values()
        ]
        assert dp == pytest.approx(sum(parts) / 2, abs=1e-12)


# Parts


@given(
    PAGES,
    st.integers(0, 2),
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(1, 4),
    st.integers(1, 5),
)
def test_tables_are_the_same_whatever_is_counted_at_once(
    pages, limit, n, least, at_once, cell_bits
):
    whole = [
        word_list(select(columns_of(pages)), limit=limit),
        ngrams(select(columns_of(pages)), n, min_count=least, limit=limit),
    ]

    with pytest.MonkeyPatch.context() as patch:
        for module in (distances, frequency, selecting, sequences, token_store):
            patch.setattr(module, "TOKENS_AT_ONCE", at_once)
        patch.setattr(sequences, "PAIRS_AT_ONCE", at_once)
        patch.setattr(sequences, "TOKENS_OF_SAMPLE", 2)
        patch.setattr(sequences, "PARTS_OF_SAMPLE", 2)
        patch.setattr(sequences, "CELL_BITS", cell_bits)
        patch.setattr(sequences, "MIN_IN_CELLS", 2)
        parts = [
            word_list(select(columns_of(pages)), limit=limit),
            ngrams(select(columns_of(pages)), n, min_count=least, limit=limit),
        ]

    for one, other in zip(whole, parts, strict=True):
        assert_frame_equal(one, other, rtol=1e-12)


@pytest.mark.parametrize(
    "view",
    [
        word_list,
        ngrams,
        diversity,
        partial(collocates, query="a"),
        lambda s, progress: keywords(s, s, progress=progress),
        tf_idf,
        partial(dispersion, terms=["a"]),
        partial(positions, query=["a", "b"]),
        partial(variants, term="a"),
    ],
)
def test_long_work_says_how_far_it_is_and_can_be_stopped(view):
    selection = select(corpus(("x", "a b a b"), ("y", "b a")))
    reports = []

    view(selection, progress=lambda *report: reports.append(report))

    shares = [done / total for done, total in reports]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert len({*shares}) > 1

    def stop(done, total):
        raise CancelledError("The work was stopped.")

    with pytest.raises(CancelledError):
        view(selection, progress=stop)


# N-grams


@given(PAGES, st.integers(1, 4), st.integers(1, 3))
def test_ngrams_agree_with_a_plain_loop(pages, n, min_count):
    table = ngrams(select(columns_of(pages)), n, min_count=min_count)

    found = {t: (c, d) for t, c, d in rows(table, "term", "count", "documents")}
    wanted = {t: each for t, each in loop(pages, n).items() if each[0] >= min_count}
    assert found == wanted
    assert table["count"].is_monotonic_decreasing


@given(st.lists(st.sampled_from("abc"), max_size=30), st.integers(1, 5))
def test_ngrams_of_a_page_agree_with_nltk(words, n):
    from nltk import FreqDist  # slow to import
    from nltk.util import ngrams as nltk_ngrams

    table = ngrams(select(columns_of([("x", words)])), n, min_count=1)

    known = FreqDist(" ".join(gram) for gram in nltk_ngrams(words, n))
    assert dict(rows(table, "term", "count")) == dict(known)


def test_a_sequence_stops_at_a_document_and_at_what_is_left_out():
    pages = ("a", "one two"), ("a", "three 4 one two"), ("b", "one two")

    table = ngrams(select(corpus(*pages)), 2, min_count=1)

    assert rows(table, "term", "count", "documents") == [
        ("one two", 3, 2),
        ("two three", 1, 1),  # over the page
    ]


@pytest.mark.parametrize("n", [0, 9])
def test_sequences_have_a_sensible_length(n):
    with pytest.raises(SettingsError, match="An n-gram has 1 to 8 words"):
        ngrams(select(corpus(("a", "one"))), n)


@given(
    st.lists(st.tuples(*[st.integers(0, 5)] * 3), max_size=20),
    st.sampled_from([8, 10, 63]),
)
def test_rows_are_sorted_however_wide_their_keys(table, bits):
    keys = [np.array([row[n] for row in table], np.int64) for n in range(3)]
    before, grouping.MAX_BITS = grouping.MAX_BITS, bits
    try:
        order, first = grouped(*keys)
    finally:
        grouping.MAX_BITS = before

    wanted = sorted(range(len(table)), key=table.__getitem__)
    assert order.tolist() == wanted
    assert first.tolist() == [
        not n or table[wanted[n - 1]] != table[index] for n, index in enumerate(wanted)
    ]


@given(st.lists(st.integers(0, 4), max_size=20), st.integers(0, 6))
def test_the_largest_come_first_and_equals_by_name(keys, limit):
    names = [f"n{(7 * index) % 20:02}" for index in range(len(keys))]

    indexes, labels = ranked(
        np.array(keys, int), lambda found: [names[n] for n in found.tolist()], limit
    )

    wanted = sorted(range(len(keys)), key=lambda n: (-keys[n], names[n]))
    assert indexes.tolist() == wanted[: limit or None]
    assert labels == [names[n] for n in indexes.tolist()]


# TF-IDF


@given(PAGES)
def test_tf_idf_agrees_with_scikit_learn(pages):
    from sklearn.feature_extraction.text import TfidfTransformer  # slow to import

    selection = select(columns_of(pages))
    table = tf_idf(selection, limit=0)

    counts = np.zeros((len(selection.documents), len(selection.vocabulary)), int)
    for doc_id, words in pages:
        for word in words:
            if word != "1":
                index = selection.documents.index(doc_id), selection.ids[word]
                counts[index] += 1
    if not counts.size:
        assert table.empty
        return
    known = TfidfTransformer().fit_transform(counts).toarray()
    assert len(table) == np.count_nonzero(counts)
    for doc_id, term, count, value in table.itertuples(index=False):
        index = selection.documents.index(doc_id), selection.ids[term]
        assert count == counts[index]
        assert value == pytest.approx(known[index], rel=1e-12)


@given(PAGES, st.integers(1, 3))
def test_the_best_of_each_document_are_the_first_of_all(pages, limit):
    selection = select(columns_of(pages))

    every, best = tf_idf(selection, limit=0), tf_idf(selection, limit=limit)

    wanted = every.groupby("doc_id", sort=False).head(limit).reset_index(drop=True)
    assert rows(best, *best.columns) == rows(wanted, *best.columns)


# Over documents and time


def test_dispersion_shows_where_words_stand():
    tokens = corpus(("a", "fox 1 hen"), ("a", "hen fox fox"), ("b", "the fox"))

    table = dispersion(select(tokens), ["fox", "hen fox"])

    assert rows(table, *table.columns) == [
        ("fox", "a", 1, 0.0, 0),
        ("fox", "a", 2, 0.75, 3),
        ("fox", "a", 2, 1.0, 4),
        ("fox", "b", 1, 1.0, 6),
        ("hen fox", "a", 2, 0.5, 2),
    ]


def test_words_that_do_not_occur_stand_nowhere():
    selection = select(corpus(("a", "fox")))

    assert dispersion(selection, ["hen"]).empty
    assert dispersion(selection, []).empty


def test_frequencies_are_per_running_word_whatever_is_hidden():
    tokens = corpus(("a", "the fox 1890 the den fox"), ("b", "1890 12"), year=YEARS)
    plain, hidden = (
        select(tokens, Filter(**wanted))
        for wanted in ({"numbers": "keep"}, {"stop_words": "drop", "min_length": 3})
    )

    for selection in (plain, hidden):
        fox = word_list(selection).set_index("term").loc["fox"]
        assert fox["per_million"] == pytest.approx(2e6 / 5)
        found = trends(selection, ["fox"], "year")
        assert found["tokens"].tolist() == [5, 0]
        assert found["per_million"].tolist()[0] == pytest.approx(2e6 / 5)
        assert found[["per_million", "low", "high"]].isna().all(axis=1).tolist() == [
            False,
            True,  # a year without running words is missing
        ]


def test_hits_that_the_filter_hides_are_reported():
    tokens = corpus(("a", "the 1890 fox 1890"), ("b", "1890 fox"), year=YEARS)

    dropped = trends(select(tokens), ["1890", "fox"], "year")
    kept = trends(select(tokens, Filter(numbers="keep")), ["1890", "fox"], "year")

    assert rows(dropped, "term", "count", "hidden") == [
        ("1890", 0, 2),
        ("fox", 1, 0),
        ("1890", 0, 1),
        ("fox", 1, 0),
    ]
    assert kept["hidden"].tolist() == [0, 0, 0, 0]
    assert hidden_hits(select(tokens), "1890") == HiddenHits(3, ("numbers",))
    short = select(tokens, Filter(min_length=4, stop_words="drop"))
    assert hidden_hits(short, "the fox") == HiddenHits(0, ())
    assert hidden_hits(short, "fox") == HiddenHits(2, ("min_length",))
    assert hidden_hits(short, "the") == HiddenHits(1, ("stop_words", "min_length"))


def test_a_selection_without_words_makes_empty_tables():
    for tokens in (corpus(), corpus(("a", "1 2"))):
        selection = select(tokens, Filter(min_length=3))
        assert word_list(selection).empty
        assert ngrams(selection, 2).empty
        assert tf_idf(selection).empty
        assert dispersion(selection, ["fox"]).empty
