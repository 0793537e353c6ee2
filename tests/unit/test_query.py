"""Queries: gaps, alternatives, lists of words, and words with their misreadings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr_core.corpus import Corpus
from ocr_core.errors import InputError, SettingsError
from ocr_core.mining import Filter, select
from ocr_core.mining.concordance import (
    ConcordanceOptions,
    count_by,
    found_hits,
    kwic,
    restricted,
)
from ocr_core.mining.counted_words import FEW_WORDS
from ocr_core.mining.hits import positions
from ocr_core.mining.query import queries_in, read_queries
from tests.support.written_corpora import columns_of, corpus, documents, fill, page

WORDS = st.lists(st.sampled_from(["a", "B", "b", "c", "1"]), max_size=14)
PAGES = st.lists(st.tuples(st.sampled_from("xyz"), WORDS), max_size=5).map(
    lambda pages: sorted(pages, key=lambda page: page[0])
)
GAPS = {
    "a []{0,3} b": [{"a"}, (0, 3), {"b"}],
    "a [] b|c": [{"a"}, (1, 1), {"b", "c"}],
    "a b []{1,2} a []{0, 4} c": [{"a"}, (0, 0), {"b"}, (1, 2), {"a"}, (0, 4), {"c"}],
    "? [] []{0,1} c": [{"a", "b", "c"}, (1, 2), {"c"}],
    "a []{2} /[ab]/": [{"a"}, (2, 2), {"a", "b"}],
}


def found(selection, query, **options):
    return kwic(selection, query, limit=99, **options)[0]["keyword"].tolist()


def first_end(words, at, parts):
    """Return where the shortest hit that begins at a word ends, tried in every way."""
    if at >= len(words) or words[at].lower() not in parts[0]:
        return None
    if len(parts) == 1:
        return at + 1
    low, high = parts[1]
    ends = [first_end(words, at + 1 + n, parts[2:]) for n in range(low, high + 1)]
    return min((end for end in ends if end is not None), default=None)


@given(PAGES, st.sampled_from(sorted(GAPS)))
def test_gaps_are_those_of_a_plain_search(pages, query):
    hits = positions(select(columns_of(pages)), query)

    wanted, start = [], 0
    for _, words in documents(pages):
        ends = [first_end(words, n, GAPS[query]) for n in range(len(words))]
        wanted += [(start + n, start + end) for n, end in enumerate(ends) if end]
        start += len(words)
    assert list(zip(hits.starts, hits.ends, strict=True)) == wanted


def test_a_gap_may_hold_what_the_filter_leaves_out():
    selection = select(
        corpus("the ship of 3 masts in the wind"), Filter(stop_words="drop")
    )

    assert found(selection, "ship []{0,5} wind") == ["ship of 3 masts in the wind"]
    assert found(selection, "ship []{0,4} wind") == []
    assert found(selection, "ship masts") == []


def test_alternatives_patterns_and_exact_words_stand_beside_gaps():
    selection = select(corpus("Ship and gale", "ship or wind", "Ships in a storm"))

    for query, wanted in [
        ('"Ship" [] wind|gale', ["Ship and gale"]),
        ("ship* []{1,2} wind|storm", ["ship or wind", "Ships in a storm"]),
        ('"Ships"|"ship" []{0,2} /[ws].*/', ["ship or wind", "Ships in a storm"]),
        ('"Ship"|ships', ["Ship", "Ships"]),
        ('"ships"|wind', ["wind"]),
    ]:
        assert found(selection, query) == wanted


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("[] wind", "begins or ends with a gap"),
        ("ship []{0,3}", "begins or ends with a gap"),
        ("[]", "no word"),
        ("ship []{3,1} wind", "no gap"),
        ("ship []{0,21} wind", "no gap"),
        ("ship []{many} wind", "no gap"),
    ],
)
def test_a_gap_that_cannot_be_understood_is_refused(query, message):
    with pytest.raises(SettingsError, match=message) as refused:
        positions(select(corpus("ship and wind")), query)

    assert refused.value.hint


def test_the_hits_of_a_list_are_joined_and_each_counts_once():
    selection = select(corpus("the ship met a wind", "a Wind and the sea"))
    words = queries_in("ship\n\nwind \nwind\nmet a wind\n/w.*/\n")

    hits = positions(selection, words)

    assert words == ["ship", "wind", "met a wind", "/w.*/"]
    assert found(selection, words) == ["ship", "met a wind", "wind", "Wind"]
    assert len(hits) == 4
    assert len(positions(selection, [])) == 0
    with pytest.raises(SettingsError, match="more than 2000"):
        positions(selection, ["ship"] * 2001)


def test_a_list_is_read_from_a_file(tmp_path):
    path = tmp_path / "words.txt"
    path.write_bytes("\ufeffHäfen\r\nship []{0,2} wind\r\n".encode())
    assert read_queries(path) == ["Häfen", "ship []{0,2} wind"]

    path.write_bytes(b"\xff\xfe\x00")
    for wrong in (path, tmp_path / "missing.txt", tmp_path):
        with pytest.raises(InputError):
            read_queries(wrong)


def test_a_word_is_found_with_its_misreadings_or_only_these():
    text = " ".join(["the harbour wall"] * 9) + " the harhour wall of Harbours"
    selection = select(corpus(text))

    assert found(selection, "harbour") == ["harbour"] * 9
    assert found(selection, "harbour", match="variants") == ["harhour"]
    assert found(selection, "harbour", match="both") == ["harbour"] * 9 + ["harhour"]
    assert found(selection, "the []{0,1} harbour wall", match="variants") == [
        "the harhour wall"
    ]
    for exact in ('"harbour"', "/harbour/", "harbour?"):
        assert found(selection, exact, match="variants") == []


def test_hits_of_different_lengths_are_sorted_by_the_words_after_them():
    selection = select(corpus("ship a wind z", "ship wind y", "ship b c wind x"))

    for sort, wanted in [
        ("R1", ["x", "y", "z"]),
        ("keyword", ["z", "x", "y"]),
        ("page", ["z", "y", "x"]),
    ]:
        rows = kwic(selection, "ship []{0,2} wind", sort=sort)[0]
        assert rows["right"].tolist() == wanted


def test_hits_are_counted_by_document_and_by_metadata():
    selection = select(
        columns_of(
            [("p10", "ship ship sea".split()), ("p9", ["sea"]), ("q", ["ship"])],
            year={"p10": "1890", "q": "1890"},
        )
    )
    hits = found_hits(selection, "ship", ConcordanceOptions())

    by_document = count_by(selection, hits, "document")
    by_year = count_by(selection, hits, "year")

    assert by_document[["value", "count"]].values.tolist() == [
        ["p9", 0],
        ["p10", 2],
        ["q", 1],
    ]
    assert by_year.values.tolist() == [["", 0, 0, 1, 0], ["1890", 3, 2, 4, 750_000]]
    assert restricted(selection, hits, "document", ["q"]).starts.tolist() == [4]
    with pytest.raises(SettingsError, match="no column"):
        count_by(selection, hits, "colour")


def test_a_hit_across_pages_shows_its_words_on_the_first(tmp_path):
    pages = page("a", "the old ship"), page("a", "met wind and sea", 2)
    with Corpus(tmp_path / "ships.sqlite", write=True) as kept:
        fill(kept, *pages)
        rows, _ = kwic(select(kept.tokens()), "ship []{0,3} wind")

    [line] = rows.itertuples(index=False)
    assert (line.keyword, line.page_num) == ("ship met wind", 1)
    assert (line.word_index, line.last_word_index) == (2, 2)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ('"ship', 'In "ship, the quotation mark has no end'),
        ('old "ship of', 'In "ship, the quotation mark'),
        ('ship|"old wind"', 'In "old, the quotation mark'),
        ("/shi.", "In /shi., the regular expression has no end"),
        ("/old ship/", "In /old, the regular expression"),
        ("ship []{0,3 wind", "In []{0,3, the gap has no end"),
    ],
)
def test_a_part_of_a_query_without_its_end_is_refused(query, named):
    some = select(corpus("old ship of the wind"))

    with pytest.raises(SettingsError) as refused:
        positions(some, query)

    assert named in str(refused.value)


@pytest.mark.parametrize(
    ("query", "hits"),
    [('"old ship"', 1), ('"old"|wind', 2), ("/ship|old/", 2), ("ship/old", 0)],
)
def test_a_part_of_a_query_with_its_end_is_looked_for(query, hits):
    assert len(positions(select(corpus("old ship of the wind")), query)) == hits


def test_words_have_the_same_numbers_before_and_after_there_is_a_table():
    words = [f"w{n}x" for n in range(2 * FEW_WORDS)]
    selection = select(columns_of([("d", words)]), Filter(min_length=3))
    wanted = dict(zip(selection.vocabulary, range(len(words)), strict=True))

    for word in [*words[::-1], "none", words[0]]:
        assert selection.counted.number(word) == wanted.get(word, -1)
        assert select(selection.tokens).counted.number(word) == wanted.get(word, -1)
    assert "ids" in select(selection.tokens).counted.__dict__
