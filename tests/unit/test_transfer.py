"""Corrections and new readings: what a person typed outlives every new reading."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr_core.corpus import Corpus, Correction
from ocr_core.corpus.transfer import (
    WordCorrection,
    alike,
    overlaps,
    transfer_corrections,
)
from ocr_core.settings import Settings
from tests.support.corpus_pages import READER, SETTINGS, failed, fill, page, words

OTHER = Settings.from_flat({"psm": 6})
THIRD = Settings.from_flat({"psm": 4})


@pytest.fixture
def corpus(tmp_path):
    with Corpus(tmp_path / "corpus.sqlite", write=True) as corpus:
        yield corpus


def corrected(corpus, text="the o1d harbour", word=1, typed="old"):
    fill(corpus, page(text=text))
    corpus.correct("a", 1, word, typed)


def transferred(old, new, *changes, size=(240, 180)):
    """Carry changes (word, text typed) from one line of words to another."""
    before = page(rows=old)
    typed = [WordCorrection(word, old[word].text, text) for word, text in changes]
    moved, lost = transfer_corrections(typed, before, page(rows=new, size=size))
    return moved, [change.word for change in lost]


def at(*boxes):
    """Return words from (left, width, text) on one line."""
    return tuple(
        words("x")[0]._replace(left=left, width=width, text=text)
        for left, width, text in boxes
    )


# Ways to a new reading


def test_a_run_with_other_settings_leaves_a_corrected_page_alone(corpus):
    corrected(corpus)

    fill(corpus, page(text="The o1d harbour", settings=OTHER))

    assert corpus.page("a", 1).text == "the old harbour"
    assert corpus.existing_results("a", "digest of a", OTHER.digest, READER) == {
        1: "ok"
    }
    assert corpus.page("a", 1).text == "the old harbour"


def test_a_run_with_another_engine_leaves_a_corrected_page_alone(corpus):
    corrected(corpus)
    other = ("other 2.0", "1" * 16)

    corpus.save_result(page(text="x", engine=other[0], language_data=other[1]), other)

    assert corpus.page("a", 1).text == "the old harbour"
    assert corpus.existing_results("a", "digest of a", SETTINGS.digest, other) == {
        1: "ok"
    }
    assert corpus.page("a", 1).text == "the old harbour"


def test_a_file_that_changed_leaves_its_corrected_page_alone(corpus):
    corrected(corpus)

    fill(corpus, page(text="another", sha256="changed"))

    assert corpus.page("a", 1).text == "the old harbour"
    [waiting] = corpus.pending_results(SETTINGS.digest, READER, ["a"])
    assert waiting.lost == (Correction("a", 1, 1, "o1d", "old"),)


def test_a_file_that_lost_a_corrected_page_leaves_it_in_the_corpus(corpus):
    fill(corpus, page(), page(number=2, text="tvo"), page(number=3, text="three"))
    corpus.correct("a", 2, 0, "two")

    corpus.add_document(page().ref, "changed", 1)

    assert [(row.page_num, row.corrections) for row in corpus.rows()] == [
        (1, 0),
        (2, 1),
    ]


def test_a_reading_of_a_twin_leaves_a_corrected_page_alone(corpus, tmp_path):
    (tmp_path / "a.png").touch()
    ref = replace(page().ref, path=str(tmp_path / "a.png"))
    fill(corpus, replace(page(text="the o1d harbour"), ref=ref))
    corpus.correct("a", 1, 1, "old")
    fill(corpus, page("b", "twin", settings=OTHER, sha256="digest of a"))

    assert corpus.existing_results("a", "digest of a", OTHER.digest, READER) == {
        1: "ok"
    }

    assert corpus.page("a", 1).text == "the old harbour"
    assert [
        each.reading for each in corpus.pending_results(OTHER.digest, READER, ["a"])
    ] == [3]


def test_a_failure_is_no_reading_that_waits(corpus):
    corrected(corpus)

    corpus.save_result(replace(failed(), settings_digest=OTHER.digest), READER)

    assert corpus.page("a", 1).text == "the old harbour"
    assert corpus.pending_results(OTHER.digest, READER, ["a"]) == []


def test_what_would_be_lost_is_reported_before_anything_changes(corpus):
    fill(corpus, page(text="the o1d harb0ur"), page("b", "quay"))
    corpus.correct("a", 1, 1, "old")
    corpus.correct("a", 1, 2, "harbour")
    fill(corpus, page(text="the 0ld", settings=OTHER), page("b", "q", settings=OTHER))

    [waiting] = corpus.pending_results(OTHER.digest, READER, ["a", "b"])

    assert waiting[:2] == ("a", 1)
    assert (waiting.corrections, waiting.lost) == (
        2,
        (Correction("a", 1, 2, "harb0ur", "harbour"),),
    )
    assert corpus.page("a", 1).text == "the old harbour"
    assert corpus.pending_results(OTHER.digest, READER, ["b"]) == []

    assert corpus.accept(waiting.reading, chosen=False) == list(waiting.lost)
    assert corpus.page("a", 1).text == "the old"
    assert corpus.reading(1).text == "the o1d harbour"
    assert corpus.pending_results(OTHER.digest, READER, ["a"]) == []


def test_what_found_no_word_is_found_in_the_reading_after(corpus):
    corrected(corpus)
    fill(corpus, page(text="the", settings=OTHER))
    fill(corpus, page(text="the 01d harbour", settings=THIRD))

    assert len(corpus.accept(2)) == 1
    assert corpus.page("a", 1).text == "the"
    assert corpus.accept(3) == []
    assert corpus.page("a", 1).text == "the old harbour"


def test_a_word_that_reads_as_was_typed_keeps_its_correction(corpus):
    corrected(corpus)
    fill(corpus, page(text="the old harbour", settings=OTHER))

    corpus.accept(2, chosen=False)
    fill(corpus, page(text="the o1d harbour", settings=THIRD))

    assert corpus.page("a", 1).text == "the old harbour"
    assert corpus.corrections() == [Correction("a", 1, 1, "o1d", "old")]
    assert corpus.accept(3) == []
    assert corpus.page("a", 1).text == "the old harbour"


def test_a_transferred_word_can_be_typed_again_and_back(corpus):
    corrected(corpus)
    fill(corpus, page(text="the old harbour", settings=OTHER))
    corpus.accept(2)

    for typed in ("OLD", "o1d", "old"):
        corpus.correct("a", 1, 1, typed)
        assert corpus.page("a", 1).rows[1].text == typed
        assert corpus.rows()[0].corrections == 1

    corpus.accept(1)
    assert corpus.page("a", 1).text == "the old harbour"


def test_a_confirmed_word_stays_certain_in_a_new_reading(corpus):
    fill(corpus, page(text="the old harbour"))
    corpus.correct("a", 1, 1, "old")

    more = (words("x")[0]._replace(top=0, text="Harbours"), *words("the old harbour"))
    fill(corpus, page(rows=more, settings=OTHER))

    assert corpus.page("a", 1).text == "Harbours the old harbour"
    assert corpus.certain_words("a", 1) == {2}
    assert [word.conf for word in corpus.page("a", 1).rows] == [90, 90, 100, 90]
    assert corpus.corrections() == []
    assert corpus.rows()[0].corrections == 0


def test_a_confirmed_word_that_is_read_otherwise_is_corrected(corpus):
    fill(corpus, page(text="the old harbour"))
    corpus.correct("a", 1, 1, "old")

    fill(corpus, page(text="the o1d harbour", settings=OTHER))

    assert corpus.page("a", 1).text == "the old harbour"
    assert corpus.corrections() == [Correction("a", 1, 1, "o1d", "old")]
    assert corpus.undo().text == "old"
    assert corpus.page("a", 1).text == "the o1d harbour"


def test_a_confirmed_word_that_is_not_read_is_certain_again_where_it_is(corpus):
    fill(corpus, page(text="the old harbour"))
    corpus.correct("a", 1, 1, "old")

    fill(corpus, page(text="the quay harbour", settings=OTHER))

    assert corpus.page("a", 1).text == "the quay harbour"
    assert corpus.certain_words("a", 1) == set()
    assert corpus.lost_corrections("a", 1, corpus.reading(2)) == []
    corpus.accept(1)
    assert corpus.certain_words("a", 1) == {1}


def test_confirmed_and_corrected_words_of_a_page_go_along_together(corpus):
    corrected(corpus)
    corpus.correct("a", 1, 0, "the")
    fill(corpus, page(text="the 0ld harbour", settings=OTHER))

    assert corpus.accept(2) == []

    assert corpus.page("a", 1).text == "the old harbour"
    assert corpus.certain_words("a", 1) == {0, 1}
    assert corpus.corrections() == [Correction("a", 1, 1, "o1d", "old")]


# Where a word is found again


def test_the_same_ink_is_found_though_it_was_misread_in_another_way():
    old, new = words("l1l liaiboui ~"), words("lil lraibour -")

    assert transferred(old, new, (0, "lil"), (1, "harbour"), (2, "")) == (
        {0: 0, 1: 1, 2: 2},
        [],
    )


def test_another_word_at_the_same_place_is_not_the_same():
    old, new = (
        words("quay cat"),
        words("boat"),
    )

    assert transferred(old, new, (0, "Quay"), (1, "cats")) == ({}, [0, 1])


def test_a_page_drawn_at_another_resolution_has_its_words_elsewhere():
    old = words("the o1d harbour")
    new = tuple(
        row._replace(
            left=2 * row.left,
            top=2 * row.top,
            width=2 * row.width,
            height=2 * row.height,
        )
        for row in old
    )

    assert transferred(old, new, (1, "old"), size=(480, 360)) == ({1: 1}, [])
    assert transferred(old, new, (1, "old")) == ({}, [1])


def test_words_that_a_person_joined_are_found_where_they_are_read_as_one():
    old = at((0, 30, "har"), (35, 40, "bour"))

    assert transferred(old, at((0, 75, "harbour")), (0, "harbour"), (1, "")) == (
        {0: 0},
        [],
    )
    assert transferred(old, old, (0, "harbour"), (1, "")) == ({0: 0, 1: 1}, [])


def test_words_that_a_person_put_in_are_not_doubled_where_they_are_read():
    old = at((0, 30, "the"), (80, 40, "sea"))
    read = at((0, 30, "the"), (35, 40, "old"), (80, 40, "sea"))

    assert transferred(old, read, (0, "the old")) == ({}, [])
    assert transferred(old, old, (0, "the old")) == ({0: 0}, [])


def test_what_was_struck_out_needs_no_word_where_it_was_not_read():
    old = words("the ~~ sea")

    assert transferred(old, (old[0], old[2]), (1, "")) == ({}, [])
    other = old[1]._replace(text="harbour")
    assert transferred(old, (old[0], other, old[2]), (1, "")) == ({}, [1])


@pytest.mark.parametrize(
    ("one", "other", "are"),
    [
        ("o1d", "old", True),
        ("~", "-", True),
        ("bour", "harbour", False),
        ("the", "of", False),
        ("harbour", "harb0ur,", True),
    ],
)
def test_words_are_alike_that_differ_in_one_letter_of_three(one, other, are):
    assert alike(one, other) == alike(other, one) == are


def test_boxes_overlap_by_their_share():
    box = words("x")[0]._replace(left=0, top=0, width=10, height=10)
    boxes = np.array([(0, 0, 10, 10), (5, 0, 10, 10), (10, 0, 10, 10), (0, 0, 0, 0)])

    union, own = overlaps(box, boxes.astype(float))

    assert union == pytest.approx([1, 1 / 3, 0, 0])
    assert own == pytest.approx([1, 1 / 2, 0, 0])
    assert overlaps(box._replace(width=0), boxes.astype(float))[0].max() == 0


# Any sequence

RECIPES = [SETTINGS, OTHER, THIRD]
READ = st.lists(st.sampled_from(["old", "o1d", "oId", "sea", "~"]), max_size=3)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.integers(0, 2), READ, st.sampled_from("xy")),
        st.tuples(
            st.just("correct"), st.integers(0, 2), st.sampled_from(["", "old", "A B"])
        ),
        st.tuples(st.just("accept"), st.integers(1, 9)),
        st.tuples(st.just("known"), st.integers(0, 2)),
    ),
    max_size=14,
)


def live(corpus):
    """Return every correction in the file, whichever reading it stands with."""
    rows = corpus.execute("SELECT id, text FROM corrections ORDER BY id")
    return rows.fetchall()


def run_step(corpus, step, recent):
    """Take a step; return the corrections that the corpus says are lost by it."""
    match step:
        case ("read", recipe, read, sha256):
            fill(
                corpus,
                page(text=" ".join(read), settings=RECIPES[recipe], sha256=sha256),
            )
        case ("known", recipe):
            corpus.existing_results("a", recent, RECIPES[recipe].digest, READER)
        case ("correct", word, text):
            if word < len(corpus.original("a", 1).rows):
                corpus.correct("a", 1, word, text)
        case ("accept", reading):
            if reading <= len(corpus.readings("a", 1)):
                expected = corpus.lost_corrections("a", 1, corpus.reading(reading))
                current = [each.id for each in corpus.readings("a", 1) if each.current]
                lost = corpus.accept(reading)
                assert lost == (expected if current != [reading] else [])
                return lost
    return []


@given(STEPS)
def test_no_sequence_of_corrections_and_readings_loses_one_silently(
    tmp_path_factory, steps
):
    with Corpus(tmp_path_factory.mktemp("steps") / "c", write=True) as corpus:
        fill(corpus, page(text="the o1d sea", sha256="x"))
        recent = "x"
        for step in steps:
            recent = step[3] if step[0] == "read" else recent
            before, typed, shown = (
                live(corpus),
                corpus.corrections(),
                corpus.page("a", 1),
            )
            lost = run_step(corpus, step, recent)
            after = corpus.corrections()

            assert live(corpus)[: len(before)] == before  # nothing goes from the file
            if step[0] in ("read", "known") and typed:
                assert corpus.page("a", 1) == shown
            if step[0] == "accept":
                kept = [each.text for each in after]
                gone = [each.text for each in typed]
                for each in lost:
                    gone.remove(each.text)
                # What is neither kept nor listed was struck out, or is read as typed.
                text = corpus.page("a", 1).text
                for each in gone:
                    assert each in kept or each == "" or each in text
