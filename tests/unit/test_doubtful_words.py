"""Doubtful words: listed worst first, and corrected word by word or line by line."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr_core.corpus import Corpus
from ocr_core.errors import SettingsError
from ocr_core.mining import Filter, select
from ocr_core.mining.doubtful import doubtful_words
from ocr_core.text.line_words import aligned_words
from tests.support.corpus_pages import READER
from tests.support.written_corpora import fill, page

WORDS = st.lists(st.text("abc", min_size=1, max_size=4), min_size=1, max_size=6)


@pytest.fixture
def corpus(tmp_path):
    with Corpus(tmp_path / "corpus.sqlite", write=True) as corpus:
        fill(corpus, page("a", "the har|40 bour|60 is|74 olb|20\nand wide|75"))
        fill(corpus, page("b", "tbe|40 sea"))
        yield corpus


def listed(corpus, **wanted):
    found = doubtful_words(select(corpus.tokens(), Filter(**wanted)))
    return [(each.doc_id, each.word_index, each.form, each.conf) for each in found]


def test_the_worst_words_come_first_and_certain_ones_not_at_all(corpus):
    assert listed(corpus) == [
        ("a", 4, "olb", 20),
        ("a", 1, "har", 40),
        ("b", 0, "tbe", 40),
        ("a", 2, "bour", 60),
        ("a", 3, "is", 74),
    ]
    corpus.correct("a", 1, 4, "old")
    corpus.correct("a", 1, 3, "is")
    assert [word[2] for word in listed(corpus, documents="a")] == ["har", "bour"]


def test_of_many_words_the_worst_are_listed(tmp_path):
    text = " ".join(f"w{n}|{n * 7 % 70}" for n in range(60))
    with Corpus(tmp_path / "many.sqlite", write=True) as corpus:
        fill(corpus, page("a", text))
        found = doubtful_words(select(corpus.tokens()), 5)

    confs = sorted(n * 7 % 70 for n in range(60))
    assert [word.conf for word in found] == confs[:5]


@pytest.mark.parametrize(
    ("read", "typed", "wanted"),
    [
        ("the har bour is olb", "the harbour is old", "the|harbour||is|old"),
        ("ofthe sea", "of the sea", "of the|sea"),
        ("a b c", "", "||"),
        ("wide sea", "a wide blue sea", "a wide blue|sea"),
        ("tbe oldsea wall", "the old sea wall", "the|old sea|wall"),
        ("sea", "sea", "sea"),
        ("x sea", "sea", "|sea"),
    ],
)
def test_a_typed_line_is_divided_among_the_words_read(read, typed, wanted):
    assert "|".join(aligned_words(read.split(), typed.split())) == wanted


@given(WORDS, st.lists(st.text("abc", min_size=1, max_size=4), max_size=6))
def test_nothing_typed_is_lost_or_doubled(read, typed):
    found = aligned_words(read, typed)

    assert len(found) == len(read)
    assert " ".join(filter(None, found)).split() == typed


def test_a_corrected_line_is_undone_at_once_and_a_confirmed_page_too(corpus):
    before = corpus.page("a", 1).text
    corpus.correct("a", 1, 1, "quay")
    shown = corpus.page("a", 1).text

    corpus.correct_line("a", 1, 2, "the harbour is old")
    corpus.correct("a", 1, 5, "high")
    assert corpus.undo("a", 1).word == 5
    assert corpus.undo("a", 1).word == 0
    assert corpus.page("a", 1).text == shown
    assert corpus.certain_words("a", 1) == {1}
    corpus.confirm_page("a", 1)
    corpus.undo("a", 1)
    assert corpus.certain_words("a", 1) == {1}
    corpus.undo()
    assert corpus.page("a", 1).text == before
    assert corpus.undo() is None


def test_a_line_that_another_reading_took_over_is_undone_at_once(corpus):
    old = corpus.original("a", 1)
    corpus.correct_line("a", 1, 0, "the harbour is old")
    new = replace(old, settings_digest="other")

    corpus.accept(corpus.save_result(new, READER, current=False))

    assert corpus.page("a", 1).text.startswith("the harbour is old")
    corpus.undo("a", 1)
    assert corpus.page("a", 1).text == old.text
    assert corpus.certain_words("a", 1) == set()


def test_a_line_is_corrected_at_once_and_outlives_another_line(corpus):
    assert corpus.correct_line("a", 1, 2, "the harbour is old") == 3

    assert corpus.page("a", 1).text == "the harbour is old\nand wide"
    assert corpus.certain_words("a", 1) == {0, 1, 2, 3, 4}
    assert corpus.correct_line("a", 1, 0, "the harbour is old") == 0
    assert corpus.original("a", 1).rows[4].text == "olb"
    with pytest.raises(SettingsError, match="no word"):
        corpus.correct_line("a", 1, 99, "x")
    corpus.correct_line("a", 1, 5, "")
    with pytest.raises(SettingsError, match="struck out"):
        corpus.correct_line("a", 1, 5, "and wide")
