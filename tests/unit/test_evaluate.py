"""Evaluation of texts: counts, rates, alignments and intervals.

The published examples of dinglehopper are those of its test_character_error_rate.py
(github.com/qurator-spk/dinglehopper, Apache-2.0); edits are compared, for the versions
of dinglehopper divide them by different lengths. The counts of ocreval are those of
its program accuracy (github.com/eddieantonio/ocreval, commit 873a0de).
"""

import random
import unicodedata
from collections import Counter

import jiwer
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from ocr_core.evaluation.intervals import Estimate, estimated
from ocr_core.evaluation.page_errors import aligned_words, confusion_examples
from ocr_core.evaluation.scoring import PageScore, scored_pages, summary
from ocr_core.page import PageRef, PageResult, Word
from ocr_core.text.evaluate import (
    Normalization,
    TextScore,
    aligned,
    confusions,
    errors_by_span,
    normalize,
    order_free_errors,
    score,
)

PLAIN = Normalization()
GRAPHEMES = Normalization(characters="graphemes")
LETTERS = "abcdeéß \u017f.'\u0303"


def drawn_pairs(count, seed):
    """Draw texts, and what a careless reader makes of them."""
    chance = random.Random(seed)
    for _ in range(count):
        truth = "".join(chance.choices(LETTERS, k=chance.randint(1, 60)))
        read = "".join(
            chance.choice(["", each, each + chance.choice(LETTERS), "x"])
            if chance.random() < 0.3
            else each
            for each in truth
        )
        truth, read = (" ".join(each.split()) for each in (truth, read))
        if truth:
            yield truth, read


def test_error_rates_equal_those_of_jiwer_on_a_thousand_pairs():
    rules = Normalization(unicode_form="none")
    pairs = list(drawn_pairs(1000, seed=18))

    for truth, read in pairs:
        found = score(truth, read, rules)
        assert found.cer == pytest.approx(jiwer.cer(truth, read))
        assert found.wer == pytest.approx(jiwer.wer(truth, read))
    assert len(pairs) > 950


@pytest.mark.parametrize(
    ("truth", "read", "errors", "characters"),
    [
        ("a", "b", 1, 1),
        ("Foo", "Bar", 3, 3),
        ("Foo", "", 3, 3),
        ("", "Foo", 3, 0),
        ("Fnord", "Food", 2, 5),
        ("Müll", "Mull", 1, 4),
        ("Abstand", "Sand", 4, 7),
        ("Schlyñ lorem ipsum.", "Schlyn\u0303 lorem ipsum!", 1, 19),
        ("Schlyñ", "Schlym\u0303", 1, 6),
        ("Schlym\u0303", "Schlyñ", 1, 6),
    ],
)
def test_errors_by_grapheme_cluster_equal_those_of_dinglehopper(
    truth, read, errors, characters
):
    found = score(truth, read, GRAPHEMES)

    assert (found.character_errors, found.characters) == (errors, characters)


@pytest.mark.parametrize(
    ("truth", "read", "characters", "errors"),
    [
        ("the harbour lay quiet", "the harhour lay qniet", 21, 2),
        ("a modern corner", "a modem comer", 15, 4),
        ("Zwölf Boote kamen heim", "Zwolf Bootc kamen heirn", 22, 4),
        ("nets along the quay, and brine", "nets the quay and brine along", 30, 13),
        ("of 1,250 barrels", "of l,25O barre1s.", 16, 4),
        ("déjà vu", "deja vu", 7, 2),
    ],
)
def test_characters_and_errors_are_those_of_ocreval(truth, read, characters, errors):
    found = score(truth, read, PLAIN)

    assert (found.characters, found.character_errors) == (characters, errors)


def test_code_points_count_a_mark_as_a_character_of_its_own():
    assert score("Schlym\u0303", "Schlym", PLAIN).characters == 7


@pytest.mark.parametrize(
    ("rule", "one", "other"),
    [
        ({"unicode_form": "nfc"}, "é", "e\u0301"),
        ({"unicode_form": "nfkc"}, "ﬁn", "fin"),
        ({"white_space": "fold"}, "a \n b", "a b"),
        ({"letter_case": "fold"}, "ABC", "abc"),
        ({"punctuation": "drop"}, "Well-known, (yes)!", "Wellknown yes"),
        ({"quotes": "fold"}, "»so« \u2018it\u2019", "\"so\" 'it'"),
        ({"long_s": "fold"}, "\u017fo", "so"),
    ],
)
def test_a_rule_makes_alike_what_it_names_and_only_then(rule, one, other):
    off = {"unicode_form": "none", "white_space": "keep"}

    assert normalize(one, Normalization(**{**off, **rule})) == normalize(
        other, Normalization(**{**off, **rule})
    )
    assert normalize(one, Normalization(**off)) != normalize(
        other, Normalization(**off)
    )


def test_words_are_matched_whatever_their_order():
    found = score("the cat and the dog", "dog the cat sat", PLAIN)

    # In both: dog, the, cat. 2 · 3 / (5 + 4).
    assert (found.words_matched, found.bag_f1) == (3, pytest.approx(6 / 9))


def test_columns_read_in_another_order_are_no_errors_where_order_is_free():
    truth = "first line\nsecond line\nthird one"
    read = "third one\nfirst line\nsecond lime"

    found = score(truth, read, PLAIN)

    assert found.order_free_errors == 1
    assert found.character_errors > 10


def test_a_line_that_is_lost_and_one_that_is_added_count_in_full():
    assert order_free_errors("abc\nlost", "abc", PLAIN) == 4
    assert order_free_errors("abc", "added\nabc", PLAIN) == 5


@given(st.text("abc\n ", max_size=40), st.text("abc\n ", max_size=40))
def test_free_order_never_costs_more_than_order(truth, read):
    found = score(truth, read, PLAIN)

    assert found.order_free_errors <= found.character_errors


@given(st.text("abcde", max_size=30), st.text("abcde", max_size=30))
def test_an_alignment_covers_both_texts_with_the_fewest_edits(truth, read):
    pieces = aligned(truth, read)
    cost = sum(
        Levenshtein.distance(
            truth[piece.start : piece.end], read[piece.read_start : piece.read_end]
        )
        for piece in pieces
    )

    assert "".join(truth[p.start : p.end] for p in pieces) == truth
    assert "".join(read[p.read_start : p.read_end] for p in pieces) == read
    assert all(
        truth[p.start : p.end] == read[p.read_start : p.read_end]
        for p in pieces
        if p.kind == "equal"
    )
    assert cost == Levenshtein.distance(truth, read)


def test_confusions_are_what_is_read_as_what():
    found = confusions("morning, born of clay", "moming born of cl4y.")

    assert found == Counter({("rn", "m"): 1, (",", ""): 1, ("a", "4"): 1, ("", "."): 1})


def test_errors_are_counted_for_the_line_in_which_they_stand():
    # "one" ends at 3, " two" at 7, " six" at 11.
    assert errors_by_span("one two six", "0ne two sixth", [3, 7, 11]) == [1, 0, 2]


def test_rates_of_texts_that_are_added_are_rates_of_all_characters():
    both = score("abcd", "abcx", PLAIN) + score("ab cd", "ab cd", PLAIN)

    assert both.cer == pytest.approx(1 / 9)
    assert both.wer == pytest.approx(1 / 3)


def test_a_page_with_nothing_to_read_has_no_rate_where_something_was_read():
    assert score("", "speck", PLAIN).cer is None
    assert score("", "", PLAIN).cer == 0


# Pages


def page_result(doc_id, number, text):
    rows = tuple(
        Word(1, 1, 1, number, 10 * number, 0, 9, 9, 90.0, word)
        for number, word in enumerate(text.split(), 1)
    )
    return PageResult(PageRef(f"{doc_id}.pdf", number, doc_id), rows, language="eng")


def test_pages_are_compared_with_their_own_text():
    results = [page_result("a", 1, "one"), page_result("a", 2, "twq")]

    scores = list(scored_pages(results, {"a": ["one", "two"]}, PLAIN))

    assert [(s.page_num, s.score.character_errors) for s in scores] == [(1, 0), (2, 1)]


def test_one_text_stands_for_the_whole_document():
    results = [page_result("a", 1, "one"), page_result("a", 2, "two")]

    [found] = scored_pages(results, {"a": ["one two three"]}, PLAIN)

    assert (found.page_num, found.score.character_errors) == (0, 6)


def test_a_page_that_failed_counts_as_read_without_text():
    failed = PageResult(PageRef("a.png", 1, "a"), status="failed", error="torn")

    [found] = scored_pages([failed], {"a": ["abc"]}, PLAIN)

    assert (found.status, found.score.cer) == ("failed", 1.0)


def page_score(doc_id, page_num, errors, characters):
    counts = TextScore(characters=characters, character_errors=errors)
    return PageScore(doc_id, page_num, counts)


def test_micro_counts_characters_and_macro_counts_pages():
    found = summary([page_score("a", 1, 9, 90), page_score("b", 1, 0, 10)])

    assert found.micro["cer"].value == pytest.approx(0.09)
    assert found.macro["cer"].value == pytest.approx(0.05)


def test_documents_are_drawn_whole_where_there_are_enough_of_them():
    pages = [page_score(f"d{n % 6}", n, n % 6, 100) for n in range(60)]

    assert summary(pages).resampled == "documents"
    assert summary(pages[:4]).resampled == "pages"


def test_one_page_alone_has_no_interval():
    found = summary([page_score("a", 1, 1, 100)])

    assert found.micro["cer"] == Estimate(0.01, None, None)


def test_pages_that_are_alike_have_an_interval_of_no_width():
    found = summary([page_score(f"d{n}", 1, 2, 100) for n in range(8)])

    assert found.micro["cer"] == Estimate(0.02, 0.02, 0.02)


def test_a_page_unlike_the_others_widens_the_interval_to_its_side():
    errors, characters = np.array([1] * 9 + [20]), np.full(10, 100)

    found = estimated(errors, characters)

    # Every third sample has no such page, and tells nothing of how many there may be.
    assert found.high > 0.08 and found.low > 0
    assert found.high - found.value > 2 * (found.value - found.low)


def test_rates_stay_between_0_and_1():
    none = estimated(np.array([0, 0, 0, 0, 0, 9]), np.full(6, 100))
    all_right = estimated(np.array([100, 100, 100, 100, 91]), np.full(5, 100))

    assert none.low == 0 and all_right.high == 1


def drawn_rates(random, units):
    """Draw errors and characters of units; the true rate of all of them is 5 %."""
    characters = random.integers(500, 2500, units)
    rates = random.beta(2, 38, units)  # its mean is 2 / (2 + 38)
    return np.stack([random.binomial(characters, rates), characters], axis=1)


def test_intervals_hold_the_true_rate_in_95_of_100_simulations():
    random = np.random.default_rng(18)
    held = 0
    for _ in range(200):
        drawn = drawn_rates(random, 30)
        found = estimated(drawn[:, 0], drawn[:, 1], 1000)
        held += found.low <= 0.05 <= found.high

    assert 184 <= held <= 196  # benchmarks/coverage.py draws more


def test_accents_that_are_written_apart_are_no_error():
    text = "Ein Müller"

    assert score(text, unicodedata.normalize("NFD", text), PLAIN).cer == 0


# Words on the page


def words_of(*texts, joined=()):
    return [
        Word(1, 1, 1, n, 10 * n, 0, 9, 9, 90.0, text, n not in joined)
        for n, text in enumerate(texts)
    ]


def test_words_that_differ_are_found_on_the_page():
    rows = words_of("the", "qvick", "fox")

    found = aligned_words("the quick brown fox", rows, PLAIN)

    assert [(e.kind, e.truth, e.read, e.indexes) for e in found] == [
        ("equal", ("the",), ("the",), (0,)),
        ("replace", ("quick", "brown"), ("qvick",), (1,)),
        ("equal", ("fox",), ("fox",), (2,)),
    ]


def test_each_confusion_has_the_first_words_that_show_it():
    rows = words_of("the", "modem", "hat", "modem")
    words = aligned_words("the modern hut modern", rows, PLAIN)

    found = confusion_examples(words, PLAIN)

    assert {confusion: each.indexes for confusion, each in found.items()} == {
        ("rn", "m"): (1,),
        ("u", "a"): (2,),
    }


def test_words_that_no_white_space_parts_are_one():
    rows = words_of("har", "bour", "wide", joined=(1,))

    found = aligned_words("harbor wide", rows, PLAIN)

    assert (found[0].read, found[0].indexes) == (("harbour",), (0, 1))


def test_a_word_that_was_not_read_stands_at_the_word_before():
    found = aligned_words("one two", words_of("one"), PLAIN)

    assert (found[1].kind, found[1].truth, found[1].indexes) == (
        "delete",
        ("two",),
        (0,),
    )
