"""Word vote: where two readings differ, the words that are likelier are taken."""

import numpy as np
import pytest

from ocr_core.page import Word
from ocr_core.text.word_vote import voted

LEVEL = np.copy


def line(text, conf=90.0, number=1, left=0, height=30):
    """Words of 100 pixels a place; a dot stands for one that was not read."""
    return tuple(
        Word(1, 1, number, n + 1, left + 100 * n, 50 * number, 90, height, conf, word)
        for n, word in enumerate(text.split())
        if word != "."
    )


def text(words):
    return " ".join(word.text for word in words)


def test_a_word_that_is_likelier_is_taken_from_the_other_reading():
    base = line("the hcuse near the river", 60)
    other = line("thc house ncar the river", 60)

    words = voted(base, other, "eng", LEVEL)

    assert text(words) == "the house near the river"
    assert [word.word_num for word in words] == [1, 2, 3, 4, 5]


def test_equal_words_keep_box_and_confidence_of_the_base():
    base, other = line("the house", 60), line("the house", 96, left=5)

    assert voted(base, other, "eng", LEVEL) == base


def test_words_that_are_split_otherwise_are_taken_together():
    base, other = line("intheevening boats", 60), line("boats", 96, left=100)
    apart = tuple(
        Word(1, 1, 1, n, 30 * n, 50, 28, 30, 94.0, word)
        for n, word in enumerate(["in", "the", "evening"])
    )

    assert text(voted(base, apart + other, "eng", LEVEL)) == "in the evening boats"


@pytest.mark.parametrize(("conf", "read"), [(96, "1 loaf 2 3.50"), (10, "1 loaf 3.50")])
def test_a_word_that_the_base_lacks_is_added_where_it_is_likely(conf, read):
    base = line("1 loaf . 3.50")
    other = line(". . 2 .", conf)

    assert text(voted(base, other, "eng", LEVEL)) == read


def test_no_ink_is_read_twice():
    base = line("newspaper . .")
    news = base[0]._replace(width=44, text="news")
    paper = base[0]._replace(word_num=2, left=45, width=44, text="paper")

    assert voted(base, (news, paper), "eng", LEVEL) == base
    assert voted((news, paper), base, "eng", LEVEL) == (news, paper)


def test_part_of_a_word_does_not_stand_in_for_it():
    base = line("ncwspaper", 40)
    part = line("paper", 96)[0]._replace(left=45, width=44)

    assert voted(base, (part,), "eng", LEVEL) == base


def test_words_of_other_lines_do_not_mix():
    base = line("the house", 60) + line("the river", 60, number=2)
    other = line("the river", 96, number=2)

    assert voted(base, other, "eng", LEVEL)[:2] == base[:2]


def test_lines_are_compared_where_they_run_level():
    def half_turn(points):
        return 1000 - points

    def turned(words):
        return tuple(
            word._replace(left=1000 - word.left - 90, top=1000 - word.top - 30)
            for word in words
        )

    base, other = turned(line("the hcuse near", 60)), turned(line("the house near"))

    assert text(voted(base, other, "eng", half_turn)) == "the house near"


def test_scripts_without_spaces_and_empty_readings_stay():
    chinese = line("不了在人", 40)

    assert voted(chinese, line("不丁在人"), "chi_sim", LEVEL) == chinese
    assert voted((), line("the"), "eng", LEVEL) == ()
    assert voted(line("the"), (), "eng", LEVEL) == line("the")
