"""Topics: planted topics are found, and clear ones are stable."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocr_core.errors import SettingsError
from ocr_core.mining import Filter, select
from ocr_core.mining import topics as topic_models
from ocr_core.mining.topics import (
    counted,
    similar,
    topic_trends,
    topics,
    weighted,
)
from tests.support.planted_topics import PLANTED, written
from tests.support.written_corpora import corpus, in_language


@pytest.mark.parametrize("method", ["nmf", "lda"])
def test_planted_topics_are_found_and_are_stable(method):
    found = topics(select(corpus(*written())), 3, method=method)

    by_topic = found.words.groupby("topic")["term"].agg(frozenset)
    assert set(by_topic) == {frozenset(words) for words in PLANTED.values()}
    shares = found.documents.drop(columns="doc_id").to_numpy()
    main = shares.argmax(axis=1).reshape(3, 12)
    assert (main == main[:, :1]).all() and len(set(main[:, 0])) == 3
    assert shares.sum(axis=1) == pytest.approx(np.ones(36), abs=1e-5)
    assert found.mean_stability > 0.8


def test_topics_of_noise_are_not_stable():
    rng = np.random.default_rng(0)
    texts = [" ".join(f"w{n}x" for n in rng.integers(0, 300, 80)) for _ in range(60)]

    found = topics(select(corpus(*texts)), 6)

    assert found.mean_stability < 0.5
    assert found.stability["topic"].tolist() == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("method", ["nmf", "lda"])
def test_the_same_seed_gives_the_same_topics(method):
    selection = select(corpus(*written(each=6)))

    one, other = (topics(selection, 4, method=method, seed=7, runs=0) for _ in "ab")
    third = topics(selection, 4, method=method, seed=8, runs=0)

    assert one.words.equals(other.words) and one.documents.equals(other.documents)
    assert not one.words.equals(third.words)
    assert one.mean_stability is None


def test_the_largest_topic_comes_first_and_its_words_in_order():
    found = topics(select(corpus(*written()[:30])), 3, words=4, runs=0)

    sums = found.documents.drop(columns="doc_id").sum().to_numpy()
    assert (np.diff(sums) <= 0).all()
    for _, rows in found.words.groupby("topic"):
        assert rows["rank"].tolist() == [1, 2, 3, 4]
        assert rows["weight"].is_monotonic_decreasing


@pytest.mark.parametrize("method", ["nmf", "lda"])
@pytest.mark.parametrize("runs", [0, 1])
def test_words_without_weight_are_of_no_topic(method, runs):
    sides = ["ship sail wind mast", "court judge trial law"]
    selection = select(corpus(*(side for side in sides for _ in range(4))))

    found = topics(selection, 2, method=method, words=8, runs=runs)

    assert (found.words["weight"] > 0).all()
    if method == "nmf":  # for LDA every word has some probability in every topic
        by_topic = found.words.groupby("topic")["term"].agg(set).tolist()
        assert sorted(by_topic, key=min) == [
            set(sides[1].split()),
            set(sides[0].split()),
        ]
    if runs:
        assert (found.stability["stability"] == 1).all()


def test_a_sample_is_drawn_at_random_and_not_every_so_many_th_page(monkeypatch):
    # Issues of three pages, each page with a topic of its own: every third page
    # would be the same page of each issue.
    issues = zip(*parts(written(each=40)), strict=True)
    selection = select(corpus(*(text for issue in issues for text in issue)))
    features, *_ = topic_models._counts_for_topics(selection, "document")
    monkeypatch.setitem(topic_models.MAX_TRAINING_COUNTS, "nmf", features.nnz // 3)

    found = topics(selection, 3, seed=1, runs=2)

    assert (found.units, found.sampled) == (120, 40)
    by_topic = found.words.groupby("topic")["term"].agg(frozenset)
    assert set(by_topic) == {frozenset(words) for words in PLANTED.values()}
    assert len(found.documents) == 120
    assert "random sample of 40 of 120 texts (seed 1)" in found.sampling


def test_all_texts_are_used_where_they_are_few():
    found = topics(select(corpus(*written(each=4))), 3, runs=0)

    assert found.sampled == found.units == 12
    assert not found.sampling


def parts(texts):
    """Return the texts of each planted topic."""
    size = len(texts) // len(PLANTED)
    return [texts[n : n + size] for n in range(0, len(texts), size)]


def test_a_word_of_one_text_or_of_most_makes_no_topic():
    texts = [f"{text} lonely{n}x" for n, text in enumerate(written())]

    found = topics(select(corpus(*texts)), 3, words=40, runs=0)

    assert set(found.words["term"]) == {w for words in PLANTED.values() for w in words}


def test_topics_of_pages_name_the_page():
    found = topics(select(corpus(*written(each=4))), 3, unit="page", runs=0)

    assert list(found.documents) == "doc_id page_num topic_1 topic_2 topic_3".split()
    assert found.documents["page_num"].tolist() == [1] * 12


@pytest.mark.parametrize(
    ("texts", "asked", "message"),
    [
        (["a b", "b c"], {"count": 3}, "3 topics cannot be found in 2 texts"),
        ([], {"count": 2}, "2 topics cannot be found in 0 texts"),
        (["a b", "b c", "d e"], {"count": 3}, "too few for 3 topics"),
        (["a b", "b c", "d e"], {"count": 1}, "1 topics of 10 words cannot be found"),
        (["a b", "b c", "d e"], {"count": 2, "words": 0}, "cannot be found"),
    ],
)
def test_a_corpus_that_is_too_small_is_refused(texts, asked, message):
    with pytest.raises(SettingsError, match=message):
        topics(select(corpus(*texts)), **asked)


@settings(deadline=None)
@given(st.lists(st.text("abc ", max_size=20), max_size=6))
def test_words_are_counted_as_a_hand_would(texts):
    selection = select(corpus(*texts))

    matrix = counted(selection, "page").toarray()

    for row, text in zip(matrix, texts, strict=True):
        for word in set(text.split()):
            assert row[selection.ids[word]] == text.split().count(word)
        assert row.sum() == len(text.split())


def test_weights_agree_with_the_formula():
    selection = select(corpus("a a b", "b c"))

    weights = weighted(counted(selection)).toarray()[0]

    wanted = np.array([(1 + np.log(2)) * (1 + np.log(3 / 2)), 1.0, 0.0])
    assert weights == pytest.approx(wanted / np.linalg.norm(wanted), rel=1e-6)


def test_similar_documents_share_words():
    texts = written(each=3)

    found = similar(select(corpus(*texts)), "d4")

    assert found["doc_id"][:2].isin(["d3", "d5"]).all()
    assert found["similarity"].is_monotonic_decreasing
    assert found["similarity"].between(0, 1).all()
    assert set(found["shared"][0].split(", ")) <= set(PLANTED["court"])


def test_stop_words_make_no_documents_alike():
    texts = ("the and of the sails", "the and of the motors", "sails rope")

    found = similar(select(in_language(corpus(*texts), "eng")), "d0")

    assert found["doc_id"].tolist() == ["d2"]
    assert found["shared"].tolist() == ["sails"]


def test_a_document_is_as_similar_as_its_twin_and_never_to_itself():
    found = similar(
        select(corpus("sail sea tide", "oak elm", "sail sea tide", "")), "d0"
    )

    assert found["doc_id"].tolist() == ["d2"]
    assert found["similarity"][0] == pytest.approx(1)


def test_a_document_that_the_filter_left_out_is_refused():
    with pytest.raises(SettingsError, match="No page of d1 is counted"):
        similar(select(corpus("a", "b"), Filter(documents="d0")), "d1")


def test_topics_over_years_are_means_of_the_texts_of_each_year():
    documents = pd.DataFrame(
        {
            "doc_id": ["a", "a", "b", "c", "d"],
            "page_num": [1, 2, 1, 1, 1],
            "topic_1": [1.0, 0.5, 0.0, 0.2, 0.9],
            "topic_2": [0.0, 0.5, 1.0, 0.8, 0.1],
        }
    )

    found = topic_trends(documents, {"a": "1900", "b": "1900", "c": "910", "d": ""})

    assert found.round(6).values.tolist() == [
        ["910", 1, 0.2, 1],
        ["910", 2, 0.8, 1],
        ["1900", 1, 0.5, 3],
        ["1900", 2, 0.5, 3],
    ]
