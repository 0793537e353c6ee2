"""Variants: misread forms of a word are found, and other words are left alone."""

import random
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simplemma.strategies.dictionaries import DefaultDictionaryFactory

from ocr_core.corpus import Corpus
from ocr_core.errors import SettingsError
from ocr_core.mining import Filter, select
from ocr_core.mining.variants import (
    CONFUSIONS,
    Aligner,
    aligned,
    counts,
    folded,
    learn,
    variants,
    word_pairs,
)
from tests.support.written_corpora import corpus, fill, page

LETTERS = st.text("abcdehilmnorsuvw1", min_size=1, max_size=10)


@pytest.mark.parametrize(
    ("right", "read", "cost", "changes"),
    [
        ("tide", "tide", 0, ""),
        ("burn", "bum", 0.25, "rn→m"),
        ("hull", "liull", 0.25, "h→li"),
        ("clear", "dcar", 0.5, "cl→d e→c"),
        ("tide", "tqde", 1, "i→q"),
        ("tide", "tid", 1, "e→"),
        ("tide", "xtide", 1, "→x"),
        ("café", "cafe", 0.35, "é→e"),
        ("", "ab", 2, "→a →b"),
    ],
)
def test_what_looks_alike_costs_less(right, read, cost, changes):
    found = aligned(right, read)

    described = " ".join(f"{a}→{b}" for a, b in found.changes if a != b)
    assert found.cost == pytest.approx(cost)
    assert described == changes


@given(LETTERS, LETTERS)
def test_an_alignment_spells_both_words(right, read):
    found = aligned(right, read)

    assert "".join(a for a, _ in found.changes) == right
    assert "".join(b for _, b in found.changes) == read
    assert (found.cost == 0) == (right == read)


@given(st.lists(LETTERS, min_size=1), LETTERS)
def test_words_aligned_together_are_aligned_as_each_alone(words, read):
    found = Aligner().aligned(words, read)

    assert found == [aligned(word, read) for word in words]


def test_words_with_one_beginning_have_their_own_costs():
    found = Aligner().aligned(["burn", "burg", "bun", "tum"], "bum")

    assert [round(each.cost, 2) for each in found] == [0.25, 2.0, 0.4, 1.0]


def test_a_variant_says_where_it_is_and_what_was_confused():
    tokens = corpus("Burnley Bumley Burnley", "bumley market", "Burnlcy")

    found = variants(select(tokens), "Burnley").set_index("term")

    assert found.index.tolist() == ["burnley", "bumley", "burnlcy"]
    assert found["count"].tolist() == [2, 2, 1]
    assert found["documents"].tolist() == [1, 2, 1]
    assert found["changes"].tolist() == ["", "rn→m", "e→c"]
    assert found["conf"].tolist() == [90, 90, 90]
    assert found["selected"].all()


def test_a_word_of_the_language_and_a_frequent_one_are_not_selected():
    tokens = corpus("Clare " * 8 + "dare Ciare Clarc " + "Clure " * 6)

    found = variants(select(tokens), "clare").set_index("term")["selected"]

    assert found.to_dict() == {
        "clare": True,
        "ciare": True,
        "clarc": True,
        "dare": False,
        "clure": False,
    }
    assert found.index[-2:].isin(["dare", "clure"]).all()


def test_the_lexicon_is_that_of_the_pages_language():
    text = "Haut Haut Haul"  # French knows no haul

    [of_english] = variants(select(corpus(text)), "haut")["known"][1:]
    [of_french] = variants(select(corpus(text, language="fra")), "haut")["known"][1:]

    assert of_english and not of_french


def test_a_word_that_is_never_read_right_is_found_all_the_same():
    found = variants(select(corpus("Kensmgton town")), "Kensington")

    assert found["term"].tolist() == ["kensington", "kensmgton"]
    assert found["count"].tolist() == [0, 1]


def test_what_the_filter_leaves_out_is_no_variant():
    tokens = corpus("Burnley Burnley Burnley", "Bumley", language="eng")

    found = variants(select(tokens, Filter(documents="d0")), "burnley")

    assert found["term"].tolist() == ["burnley"]


def test_capitals_are_alike_where_they_are_distinguished():
    tokens = corpus("Oslo oslo Oslo Oslo oslO", language="nor")

    found = variants(select(tokens, Filter(words="form")), "Oslo")

    assert found["changes"].tolist() == ["", "O→o", "O→o, o→O"]


def test_the_list_is_as_long_as_was_asked_and_holds_the_word_first():
    tokens = corpus("Burnley bumley burnlcy burniey burnlev")

    assert variants(select(tokens), "burnley", limit=2)["term"].tolist() == [
        "burnley",
        "bumley",
    ]


@pytest.mark.parametrize("term", ["", "two words", "--"])
def test_a_search_for_no_word_is_refused(term):
    with pytest.raises(SettingsError, match="is not one word"):
        variants(select(corpus("a b")), term)


@given(st.lists(LETTERS, max_size=8), LETTERS)
def test_the_word_itself_comes_first_and_costs_nothing(words, term):
    found = variants(select(corpus(" ".join(words), language="und")), term)

    assert found["term"][0] == term and found["cost"][0] == 0 and found["selected"][0]
    assert found["term"].is_unique
    assert (found["cost"][1:] > 0).all()


def test_words_are_counted_strictly_and_with_what_is_selected():
    tokens = corpus("Burnley Bumley x x", "Bumley x", "Burniey x x x")

    found = counts(select(tokens), "Burnley", ["bumley", "nowhere"])

    assert found["search"].tolist() == ["strict", "tolerant"]
    assert found["count"].tolist() == [1, 3]
    assert found["documents"].tolist() == [1, 2]
    assert found["per_million"].tolist() == pytest.approx([1e5, 3e5])


def test_folding_makes_one_letter_of_what_looks_alike():
    assert folded("Burnley") == folded("bumiey")
    assert folded("Kéln\nclay") == folded("keln\nday")


def test_what_was_corrected_is_learnt(tmp_path):
    with Corpus(tmp_path / "c.sqlite", write=True) as open_corpus:
        fill(open_corpus, page("a", "Gzrdon Gordon Gzrdon"))
        open_corpus.correct("a", 1, 0, "Gordon")
        pairs = [(each.original, each.text) for each in open_corpus.corrections()]
        selection = select(open_corpus.tokens())

    learnt = learn(pairs)

    assert learnt["o", "z"] == pytest.approx(0.15 + 0.85 * 4 / 5)
    before = variants(selection, "gordon").set_index("term")
    after = variants(selection, "gordon", learnt).set_index("term")
    assert before.loc["gzrdon", ["cost", "selected"]].tolist() == [1, False]
    assert after.loc["gzrdon", "cost"] == pytest.approx(learnt["o", "z"])
    assert after.loc["gzrdon", "selected"]


@pytest.mark.parametrize(
    ("read", "right", "change"),
    [
        ("bumley", "burnley", ("rn", "m")),
        ("Gkpdon", "Gordon", ("or", "kp")),
        ("abe", "able", ("bl", "b")),
        ("tide's", "title's", ("tl", "d")),
    ],
)
def test_a_pair_teaches_the_least_that_differs(read, right, change):
    learnt = learn([(read, right)])

    cheaper = [each for each in learnt if learnt[each] < CONFUSIONS.get(each, 1)]
    assert cheaper == [change]


def test_pairs_that_have_nothing_in_common_teach_nothing():
    assert learn([("xyz", "Gordon"), ("one two", "three"), ("", "a")]) == CONFUSIONS


@given(st.lists(st.tuples(LETTERS, LETTERS), max_size=4), st.randoms())
def test_learning_only_makes_cheaper_and_needs_no_order(pairs, shuffler):
    learnt = learn(pairs)
    shuffled = list(pairs)
    shuffler.shuffle(shuffled)

    assert all(0 < learnt[each] <= CONFUSIONS.get(each, 1) for each in learnt)
    assert all(learnt[each] <= CONFUSIONS[each] for each in CONFUSIONS)
    assert learn(shuffled) == learnt
    again = learn(pairs * 2)
    assert all(again[each] <= learnt[each] for each in learnt)


def test_words_that_differ_are_paired_with_the_truth():
    read = "the hahbour of Huil is deep decp"
    right = "the harbour of Hull is very deep deep"

    assert list(word_pairs(read, right)) == [
        ("hahbour", "harbour"),
        ("Huil", "Hull"),
        ("decp", "deep"),
    ]


NAMES = """
Harrington Burnley Clarendon Whitmore Thornbury Kensington Blackburn Cornelius
Wilhelmina Fairbanks Hildebrand Lancaster Middleton Nottingham Pemberton Sheridan
Turnbull Underhill Vincent Winchester Abernathy Chesterfield Dumfries Ellsworth
Marlborough Petersen Hansen Johnston Hartmann Schneider Lindqvist Moreau Clement
Charles Barnes Turner Morris Martin Clarke Hill Cole
""".split()
# Names that are one letter from another, and words that are one misreading from one.
NEIGHBOURS = """
Pedersen Jansen Johnson Hartman Clements Marlin Norris Clark Harris Lancasters
dark dares bams tumor hull bill code cone clement charts marten minister sheridans
""".split()
# How often a letter, or letters, are read as others: what this engine does, which is
# not what the table of costs says: other pairs are there and some of its are missing.
ENGINE = {
    "rn": {"m": 0.15},
    "cl": {"d": 0.08},
    "h": {"b": 0.04, "li": 0.03, "n": 0.01},
    "e": {"c": 0.05, "o": 0.01},
    "n": {"u": 0.03, "ii": 0.015, "ri": 0.01},
    "l": {"i": 0.04, "1": 0.02, "t": 0.008},
    "i": {"l": 0.03, "1": 0.01, "t": 0.005},
    "m": {"rn": 0.03, "in": 0.02, "nn": 0.01},
    "d": {"cl": 0.02, "ol": 0.005},
    "s": {"f": 0.03, "5": 0.005},
    "a": {"o": 0.012, "n": 0.006},
    "t": {"l": 0.015, "r": 0.006, "i": 0.006},
    "w": {"vv": 0.03},
    "b": {"h": 0.02, "lo": 0.01},
    "k": {"lc": 0.015, "x": 0.004},
    "f": {"t": 0.02},
    "C": {"G": 0.02},
}
NOISE = 0.003  # of any letter: lost, or read as any other
UNITS = re.compile("rn|cl|.")


def misread(word, rng):
    """Misread a word as an engine does."""
    found = []
    for unit in UNITS.findall(word):
        chance = rng.random()
        for other, rate in ENGINE.get(unit, {}).items():
            if chance < rate:
                unit = other
                break
            chance -= rate
        if rng.random() < NOISE:
            unit = rng.choice(["", rng.choice("abcdefghijklmnopqrstuvwxyz")])
        found.append(unit)
    return "".join(found)


def drawn(seed):
    """Return what was printed and what was read: names among 12,000 other words."""
    rng = random.Random(seed)
    lexicon = DefaultDictionaryFactory().get_dictionary("en")
    words = sorted(str(each) for each in lexicon if str(each).isalpha())
    common = rng.choices(rng.sample(words, 4000), k=12_000)
    others = rng.choices(NEIGHBOURS, k=400)
    printed = [*common, *others, *(n for n in NAMES for _ in range(rng.randint(8, 60)))]
    rng.shuffle(printed)
    return printed, [misread(word, rng) for word in printed]


@pytest.mark.large
@pytest.mark.parametrize("seed", range(5))
def test_tolerant_search_finds_more_names_and_few_other_words(seed):
    printed, read = drawn(seed)
    selection = select(corpus(" ".join(each or "-" for each in read)))
    truth = Counter(
        (name.lower(), word.lower()) for name, word in zip(printed, read, strict=True)
    )
    of_word = Counter(word.lower() for word in read)
    total = strict = right = found = 0
    for name in map(str.lower, NAMES):
        table = variants(selection, name)
        selected = table["term"][table["selected"]]
        total += sum(count for (term, _), count in truth.items() if term == name)
        strict += truth[name, name]
        right += sum(truth[name, word] for word in selected)
        found += sum(of_word[word] for word in selected)

    print(
        f"strict {strict / total:.3f} tolerant {right / total:.3f} {right / found:.3f}"
    )
    assert right / total >= strict / total + 0.15
    assert right / found >= 0.9
