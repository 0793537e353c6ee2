"""The concordance: every hit and no other, in the order asked for, with its boxes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr_core.corpus import Corpus
from ocr_core.corpus.hit_boxes import hit_box
from ocr_core.errors import InputError, SettingsError
from ocr_core.mining import Filter, select
from ocr_core.mining.concordance import kwic
from ocr_core.mining.hits import positions
from tests.support.written_corpora import columns_of, documents, fill, page

WORDS = st.lists(st.sampled_from(["a", "B", "b", "é", "ab", "1"]), max_size=12)
PAGES = st.lists(st.tuples(st.sampled_from("xyz"), WORDS), max_size=6).map(
    lambda pages: sorted(pages, key=lambda page: page[0])
)
QUERIES = {
    "b": [{"b"}],
    "A b": [{"a"}, {"b"}],
    "a* é": [{"a", "ab"}, {"é"}],
    "? ?": [{"a", "b", "é"}, {"a", "b", "é"}],
    "/[ab]+/": [{"a", "b", "ab"}],
    r"b /\w/ b": [{"b"}, {"a", "b", "é"}, {"b"}],
    "zebra": [set()],
}


def corpus(*pages: tuple[str, str]):
    return columns_of([(doc_id, text.split()) for doc_id, text in pages])


def found(selection, query):
    return kwic(selection, query, limit=99)[0]["keyword"].tolist()


def loop(pages, slots):
    """Find a query the plain way: places among all tokens."""
    start = 0
    for _, words in documents(pages):
        for n in range(len(words) - len(slots) + 1):
            each = zip(words[n:], slots, strict=False)
            if all(word.lower() in slot for word, slot in each):
                yield start + n
        start += len(words)


@given(PAGES, st.sampled_from(sorted(QUERIES)))
def test_hits_are_those_of_a_plain_loop(pages, query):
    hits = positions(select(columns_of(pages)), query)

    assert hits.starts.tolist() == list(loop(pages, QUERIES[query]))
    assert (hits.ends - hits.starts).tolist() == [len(QUERIES[query])] * len(hits)


@given(st.lists(st.sampled_from(["a", "B", "b", "c"]), max_size=30))
def test_hits_agree_with_nltk(words):
    from nltk.text import ConcordanceIndex  # slow to import

    index = ConcordanceIndex(words, key=str.lower)

    hits = positions(select(columns_of([("x", words)])), "b")

    assert hits.starts.tolist() == list(index.offsets("b"))


@given(PAGES, st.integers(0, 4), st.integers(0, 5), st.integers(0, 5))
def test_context_is_that_of_a_plain_loop(pages, window, offset, limit):
    rows, total = kwic(
        select(columns_of(pages)), "b", window=window, offset=offset, limit=limit
    )

    flat = [(doc_id, word) for doc_id, words in pages for word in words]
    wanted = []
    for n, (doc_id, word) in enumerate(flat):
        if word.lower() == "b":
            near = [flat[max(0, n - window) : n], flat[n + 1 : n + 1 + window]]
            sides = [" ".join(w for d, w in side if d == doc_id) for side in near]
            wanted.append((sides[0], word, sides[1], doc_id))
    columns = ["left", "keyword", "right", "doc_id"]
    shown = list(rows[columns].itertuples(index=False, name=None))
    assert shown == wanted[offset : offset + limit]
    assert total == len(wanted)


SORTS = {
    "R1": lambda row: right(row)[:1],
    "left": lambda row: left(row)[:3],
    "R2,L1": lambda row: (right(row)[1:2], left(row)[:1]),
    "document": lambda row: row.doc_id,
    "confidence": lambda row: row.conf,
    "keyword, R1": lambda row: (row.keyword.lower(), right(row)[:1]),
}


def right(row):
    return [word.lower() for word in row.right.split()]


def left(row):
    return [word.lower() for word in row.left.split()][::-1]


@given(
    st.lists(st.tuples(st.sampled_from("xyz"), st.text("abC", max_size=9)), max_size=6),
    st.sampled_from(sorted(SORTS)),
    st.integers(0, 6),
    st.integers(1, 6),
)
def test_hits_are_sorted_as_python_sorts_them(pages, sort, offset, limit):
    pages = sorted(pages, key=lambda page: page[0])
    tokens = columns_of(pages, confs=lambda n: n * 37 % 5)
    selection = select(tokens)

    every, total = kwic(selection, "/[ab]/", limit=99)
    part, _ = kwic(selection, "/[ab]/", sort=sort, offset=offset, limit=limit)

    wanted = sorted(every.itertuples(index=False), key=SORTS[sort])
    assert list(part.itertuples(index=False)) == wanted[offset : offset + limit]
    assert total == len(every)


def test_accents_follow_their_letters_and_documents_their_numbers():
    words = "x zebra x éclair x Eclair x eclair x erg".split()
    selection = select(columns_of([("p10", words), ("p9", ["x", "act"])]))

    by_word = kwic(selection, "x", sort="R1", window=1)[0]["right"].tolist()
    by_name = kwic(selection, "x", sort="document")[0]["doc_id"].tolist()

    assert by_word == ["act", "Eclair", "eclair", "éclair", "erg", "zebra"]
    assert by_name == ["p9", *["p10"] * 5]


def test_a_row_shows_where_the_hit_stands(tmp_path):
    with Corpus(tmp_path / "harbour.sqlite", write=True) as kept:
        fill(kept, page("a", "an old|80 har-\nbour|40 wall"), page("b", "Harbour"))
        kept.correct("a", 1, 0, "")
        selection = select(kept.tokens())
        rows, total = kwic(selection, "old harbour")

        [row] = rows.itertuples(index=False)
        boxes = hit_box(
            kept, "a", 1, row.word_index, row.hyphenated, last=row.last_word_index
        )

    assert total == 1
    assert row[:5] == ("", "old harbour", "wall", "a", 1)
    assert (row.conf, row.word_index, row.last_word_index, row.hyphenated) == (
        40,
        1,
        2,
        True,
    )
    assert row.result_id == 1
    assert boxes.words == [(120, 30, 50, 20), (180, 30, 50, 20), (60, 60, 50, 20)]
    assert boxes.lines == [(60, 30, 170, 20), (60, 60, 110, 20)]


def test_a_broken_word_has_two_boxes_whatever_was_struck_out(tmp_path):
    with Corpus(tmp_path / "harbour.sqlite", write=True) as kept:
        fill(kept, page("a", "the har-\nx bour is"))
        kept.correct("a", 1, 2, "")
        [row] = kwic(select(kept.tokens()), "harbour")[0].itertuples()

        boxes = hit_box(kept, "a", 1, row.word_index, row.hyphenated)

    assert boxes.words == [(120, 30, 50, 20), (120, 60, 50, 20)]


def test_a_word_that_is_gone_has_no_box(tmp_path):
    with Corpus(tmp_path / "harbour.sqlite", write=True) as kept:
        fill(kept, page("a", "the fox"))
        kept.correct("a", 1, 1, "")

        assert hit_box(kept, "a", 1, 1, raw=True).words == [(120, 30, 50, 20)]
        for word in (1, 7, -1):
            with pytest.raises(SettingsError, match="has no word"):
                hit_box(kept, "a", 1, word)
        with pytest.raises(InputError):
            hit_box(kept, "z", 1, 0)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("harbour", ["Harbour", "harbour"]),
        ("HARBOUR,", ["Harbour", "harbour"]),
        ("harb*", ["Harbour", "harbour", "harbours"]),
        ("*ours", ["harbours"]),
        ("h?rbour", ["Harbour", "harbour"]),
        ("ét?", ["été"]),
        ("e\u0301te\u0301", ["été"]),
        (r"/é\w+/", ["été"]),
        (r"/[\wx]+é/", ["été"]),
        (r"/\D{3}/", ["été", "and"]),
        (r"/harbours?/", ["Harbour", "harbour", "harbours"]),
        (r"/harb/", []),
        ("don’t", ["don't"]),
        ("/don.t/", ["don't"]),
        ("and/or", ["and or"]),
        ("a.b*", []),
        ("* or", ["and or"]),
        ("harbours|été", ["harbours", "été"]),
        ("harb?ur|don't|", ["Harbour", "harbour", "don't"]),
        ("été|and or", ["and or"]),
        ('"Harbour"', ["Harbour"]),
        ('"harbour" harbours', ["harbour harbours"]),
        ('"Harbour Harbours"', []),
    ],
)
def test_a_query_means_what_it_says(query, wanted):
    pages = ("a", "Harbour harbour harbours été"), ("b", "don't and or")

    assert found(select(corpus(*pages)), query) == wanted


def test_words_are_found_as_the_filter_tells_them_apart():
    tokens = corpus(("a", "House house houses"))

    for words, query, wanted in [
        ("form", "house", ["house"]),
        ("form", "H*", ["House"]),
        ("form", "/h.*/", ["house", "houses"]),
        ("lower", "HOUSE", ["House", "house"]),
        ("lemma", "house", ["House", "house", "houses"]),
        ("lemma", "Houses", ["House", "house", "houses"]),
    ]:
        assert found(select(tokens, Filter(words=words)), query) == wanted


def test_what_the_filter_leaves_out_is_context_and_no_hit():
    selection = select(corpus(("a", "the 3 stone 4 walls")), Filter(stop_words="drop"))

    assert found(selection, "the") == []
    assert found(selection, "stone walls") == []
    assert kwic(selection, "stone")[0]["left"].tolist() == ["the 3"]


def test_a_quoted_word_is_as_spelled_whatever_the_filter_joins():
    tokens = corpus(("a", "House house houses"))

    for words in ("form", "lower", "lemma"):
        assert found(select(tokens, Filter(words=words)), '"House"') == ["House"]


def test_quotation_marks_inside_a_hebrew_word_belong_to_it():
    tokens = corpus(("a", 'צה"ל עוד'))

    assert found(select(tokens), 'צה"ל') == ['צה"ל']


def test_a_sample_is_drawn_from_all_hits_and_is_the_same_each_time():
    selection = select(corpus(("a", " ".join(f"fox w{n}" for n in range(30)))))

    first, total = kwic(selection, "fox", sample=5, window=1)
    again, _ = kwic(selection, "fox", sample=5, window=1)
    other, _ = kwic(selection, "fox", sample=5, window=1, seed=2)
    every, of_all = kwic(selection, "fox", sample=99)

    assert (len(first), total) == (5, 5)
    assert first.equals(again)
    assert not first.equals(other)
    after = [int(right.split()[0][1:]) for right in first["right"]]
    assert after == sorted({*after})
    assert (len(every), of_all) == (30, 30)


def test_french_elisions_are_found_as_they_are_cut(tmp_path):
    with Corpus(tmp_path / "harbour.sqlite", write=True) as kept:
        fill(kept, page("a", "l'eau et l'air", language="fra"))
        selection = select(kept.tokens())

    assert found(selection, "l'eau") == ["l' eau"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "no word"),
        ("... !", "no word"),
        (" ".join("abcdefghijklm"), "no word, or more than 12"),
        ("x" * 201, "more than 200"),
        ("and/or|one", "not a single word"),
        ("/(/", "cannot be looked for"),
        ("/a)|(b/", "cannot be looked for"),
        (r"/(a)\1/", "cannot be looked for"),
        ("/(?=a)b/", "cannot be looked for"),
        (r"/a\b/", r"it has \\b"),
        (r"/\p{Nonsense}/", "cannot be looked for"),
        ("/(?:(?:a{1000}){1000}){1000}/", "cannot be looked for"),
    ],
)
def test_a_query_that_cannot_be_understood_is_refused(query, message):
    with pytest.raises(SettingsError, match=message):
        positions(select(corpus(("a", "one"))), query)


@pytest.mark.parametrize("query", ["/(a+)+b/", "/(a|a)*b/", "*a*a*a*a*a*a*a*a*b"])
def test_no_pattern_takes_for_ever(query):
    selection = select(corpus(("a", "a" * 5000)))

    assert len(positions(selection, query).starts) == 0  # backtracking never ends


@given(st.text(max_size=20))
def test_any_query_is_answered_or_refused(query):
    selection = select(corpus(("a", "one two three")))
    try:
        rows, total = kwic(selection, query)
    except SettingsError as error:
        assert error.hint
    else:
        assert len(rows) == total


@given(
    st.text(r"abé1_\wdWD[]^-.", max_size=8), st.text("abé1_-", min_size=1, max_size=4)
)
def test_expressions_mean_what_they_mean_to_python(pattern, word):
    try:
        known = re.fullmatch(pattern, word)
    except (re.error, ValueError):
        return
    if re.search(r"\[[^]]*\\[WD]|\\[ab1]|\[\^?\]|\[[^]]*\[", pattern) or not pattern:
        return  # RE2 reads these otherwise, or not at all
    selection = select(
        columns_of([("x", [word])]), Filter(words="form", numbers="keep")
    )
    try:
        hits = positions(selection, f"/{pattern}/")
    except SettingsError:
        return
    assert len(hits.starts) == bool(known)


def test_an_unknown_order_is_refused():
    selection = select(corpus(("a", "one")))

    for sort in ("colour", "R10", "L0", ""):
        with pytest.raises(SettingsError, match="cannot be sorted"):
            kwic(selection, "one", sort=sort)
