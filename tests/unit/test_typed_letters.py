"""Characters that the models write for others that look alike are the ones meant."""

import pytest

from ocr_core.engines.spacing import whole_words
from ocr_core.engines.typed_letters import typed, without_breathings
from ocr_core.page import Word


def words(*texts, space=True):
    return [
        Word(1, 1, 1, number, 50 * number, 0, 40, 20, 90.0, text, space)
        for number, text in enumerate(texts, start=1)
    ]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("\u0e17\u0e4d\u0e32", "\u0e17\u0e33"),  # Thai "to do"
        ("\u0e19\u0e4d\u0e49\u0e32", "\u0e19\u0e49\u0e33"),  # "water", tone mark inside
        ("\u0e19\u0e49\u0e4d\u0e32", "\u0e19\u0e49\u0e33"),  # and before
        ("\u0e99\u0ecd\u0ec9\u0eb2", "\u0e99\u0ec9\u0eb3"),  # Lao "water"
        ("\u00b5\u03b5", "\u03bc\u03b5"),
        ("\u03ba\u03b1\u00b5\u03af\u03b1", "\u03ba\u03b1\u03bc\u03af\u03b1"),
        ("5 \u00b5m", "5 \u00b5m"),
        ("\u057e\u0580\u0561:", "\u057e\u0580\u0561\u0589"),
        ("\u0569\u057e\u0578\u0582\u0574`", "\u0569\u057e\u0578\u0582\u0574\u055d"),
        ("12:30", "12:30"),
        ("\u0b95\u0bb2\u0bcd\u200c,", "\u0b95\u0bb2\u0bcd,"),  # Tamil "stone,"
        ("\u0b95\u0bb2\u0bcd\u200c\u0b95", "\u0b95\u0bb2\u0bcd\u0b95"),
        (
            "\u0645\u06cc\u200c\u0631\u0648\u0645",
            "\u0645\u06cc\u200c\u0631\u0648\u0645",
        ),
        ("\u12a0\u1208\u12cd\u1361\u1361", "\u12a0\u1208\u12cd\u1362"),
    ],
)
def test_a_character_is_the_one_that_is_meant(written, meant):
    assert typed(written) == meant


def test_a_thai_vowel_in_two_words_without_a_space_is_one():
    [word] = whole_words(words("\u0e17\u0e4d", "\u0e32", space=False))

    assert (word.text, word.left, word.width) == ("\u0e17\u0e33", 50, 90)


def test_breathings_are_left_out_where_most_first_vowels_have_none():
    read = words(*"δικαἰωμα ὀλες άλλος ίδιος όταν τῆς ἡ ενός στὴν".split())

    found = [word.text for word in without_breathings(read)]

    assert found == "δικαιωμα ολες άλλος ίδιος όταν τής η ενός στήν".split()


def test_few_words_do_not_show_whether_breathings_are_printed():
    read = words("ἐν", "όταν", "άλλος")

    assert without_breathings(read) == read


def test_breathings_are_kept_where_first_vowels_have_them():
    john = "ἐν ἀρχῇ ἦν ὁ λόγος καὶ οὗτος ἦν εἰς αὐτὸν τὸν θεόν".split()

    assert [word.text for word in without_breathings(words(*john))] == john
