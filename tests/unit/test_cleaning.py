"""Cleaning: only broken text is changed, and every change can be undone."""

import csv
import io
import json
import unicodedata
from collections import Counter
from dataclasses import replace
from itertools import compress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr_core.corpus import Corpus
from ocr_core.page import PageRef, PageResult, Word
from ocr_core.text.cleaning import apply, clean, undo
from ocr_core.text.context import context_of, summary_of
from ocr_core.text.line_ends import line_end, vocabulary

HERE = Path(__file__).parents[1] / "support"
HEIGHT = 1000
TRICKY = st.text("aeinrstßé-\u00ad’'ﬁﬂſﬅ\u0301\u030a.19XIv—", min_size=1, max_size=8)


def page(*lines, number=1, language="eng", paragraphs=None):
    """A page of lines, each a text or a pair of top and text, 40 pixels apart."""
    rows = []
    for index, line in enumerate(lines):
        top, text = (300 + 40 * index, line) if isinstance(line, str) else line
        paragraph = paragraphs[index] if paragraphs else 1
        rows += [
            Word(1, paragraph, index + 1, n + 1, 100 + 90 * n, top, 80, 30, 90.0, word)
            for n, word in enumerate(text.split())
        ]
    return PageResult(
        PageRef("book.pdf", number), tuple(rows), (700, HEIGHT), language=language
    )


def cleaned(*lines, **more):
    [found] = clean([page(*lines, **more)])
    return found


def is_joined(*pieces):
    return line_end(*pieces) == "broken"


def labelled(name):
    """Yield the heading and the words of each paragraph of a file of labels."""
    text = (HERE / name).read_text(encoding="utf-8")
    for paragraph in text.split("\n\n"):
        heading, *words = paragraph.split("\n")
        if not heading.startswith("#"):
            for word in " ".join(words).split():
                yield heading.split(), word


@pytest.mark.large
def test_line_ends_are_joined_with_a_precision_of_98_and_a_recall_of_90_percent():
    counts = Counter()
    for (language, label), case in labelled("line_ends.txt"):
        head, _, tail = case.partition("|")
        counts[label, is_joined(head, tail, language)] += 1

    right, wrong = counts["join", True], counts["keep", True]

    assert sum(counts.values()) >= 300
    assert right / (right + wrong) >= 0.98
    assert right / (right + counts["join", False]) >= 0.90


def test_no_true_hyphen_is_lost():
    compounds = list(labelled("true_hyphens.txt"))

    lost = [
        compound
        for [language], compound in compounds
        for index, letter in enumerate(compound)
        if letter == "-"
        and is_joined(
            compound[:index], compound[index + 1 :].partition("-")[0], language
        )
    ]

    assert len({compound for _, compound in compounds}) >= 200
    assert lost == []


@pytest.mark.parametrize("language", ["eng", "deu", "fra", "ind"])
def test_a_reduplication_is_never_joined(language):
    words = Counter({"anakanak": 9, "kuku": 9})

    assert not is_joined("anak", "anak", language, words)
    assert not is_joined("anak", "anaknya", language, words)
    assert not is_joined("ku", "ku", language, words)


def test_a_name_that_no_lexicon_has_is_joined_if_the_corpus_has_it():
    assert not is_joined("Kowal", "czyk", "eng")
    assert not is_joined("Kowal", "czyk", "eng", Counter({"kowalczyk": 1}))
    assert is_joined("Kowal", "czyk", "eng", Counter({"kowalczyk": 2}))


def test_a_word_that_the_corpus_spells_with_its_hyphen_keeps_it():
    assert is_joined("under", "standing", "eng")
    assert not is_joined("under", "standing", "eng", Counter({"under-standing": 1}))


def test_an_unknown_language_joins_by_the_corpus_alone():
    assert not is_joined("gov", "ernment", "yor")
    assert is_joined("gov", "ernment", "yor", Counter({"government": 2}))


def test_vocabulary_counts_no_halves_of_broken_words():
    words = vocabulary([page("A well-known (house) by the gov-", "ernment House")])

    assert words == Counter({"house": 2, "a": 1, "well-known": 1, "by": 1, "the": 1})


def test_a_joined_line_end_is_listed_with_its_place():
    found = cleaned("He asked the gov-", "ernment, and left.")

    assert found.text == "He asked the government, and left."
    assert found.text_raw == "He asked the gov-\nernment, and left."
    assert found.changes == (("hyphen", 1, 1, 4, 16, "-\n", ""),)


@pytest.mark.parametrize("hyphen", "-\u2010\u00ad¬⸗")
def test_a_hyphen_has_many_shapes(hyphen):
    assert cleaned(f"gov{hyphen}", "ernment").text == "government"


def test_a_word_over_three_lines_becomes_one():
    assert cleaned("mis-", "under-", "standing").text == "mis-\nunderstanding"


def test_a_compound_of_three_is_seen_as_a_whole():
    assert cleaned("from day-to-", "day life").changes == ()
    assert cleaned("a laki-la-", "ki", language="ind").text == "a laki-laki"


def test_a_word_is_joined_also_where_the_engine_saw_a_paragraph_end():
    found = cleaned("the gov-", "ernment", paragraphs=[1, 2])

    assert found.text_raw == "the gov-\n\nernment"
    assert found.text == "the government"


def test_no_word_is_joined_over_a_line_that_was_dropped():
    pages = [
        page((50, "A HEAD"), "one gov-", (970, f"{n}"), number=n) for n in range(1, 5)
    ]

    assert {each.text for each in clean(pages)} == {"one gov-"}


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        ("ﬁnd the ﬂower", "find the flower", ["ligature", "ligature"]),
        ("oﬃce", "office", ["ligature"]),
        ("ge\u017fund", "gesund", ["long s"]),
        ("Ge\u017fchichte ﬁel", "Geschichte fiel", ["long s", "ligature"]),
        ("Cafe\u0301", "Café", ["composed"]),
        ("encyclopædia œuvre ĳ ½ ² Å", "encyclopædia œuvre ĳ ½ ² Å", []),
    ],
)
def test_old_letters_are_spelled_as_today(before, after, kinds):
    found = cleaned(before)

    assert found.text == after
    assert [change.kind for change in found.changes] == kinds


def test_a_broken_word_with_a_long_s_is_joined():
    assert cleaned("ge\u017fchicht-", "liche", language="deu").text == "geschichtliche"


def book(count=8, first=40):
    """Pages with heads that alternate, a number below, and a text that differs."""
    bodies = "river house window garden letter father winter morning".split()
    heads = ["THE HISTORY OF ROME", "CHAPTER IV The Kings"]
    return [
        page(
            (50, heads[index % 2]),
            f"The {bodies[index % 8]} stood",
            f"by many a {bodies[-index % 8]} then",
            (950, f"— {first + index} —"),
            number=index + 1,
        )
        for index in range(count)
    ]


def test_heads_and_numbers_are_dropped_and_listed():
    found = clean(book())

    assert found[0].text == "The river stood\nby many a river then"
    assert found[0].text_raw.startswith("THE HISTORY OF ROME\n")
    assert [change[:4] for change in found[3].changes] == [
        ("running head", 4, 1, 1),
        ("page number", 4, 4, 1),
    ]
    assert all(len(each.changes) == 2 for each in found)


def test_a_head_that_was_misread_is_still_a_head():
    pages = book()
    pages[2] = page((52, "THF HIST0RY OF ROME"), "A text", "of two lines", number=3)

    assert clean(pages)[2].text == "A text\nof two lines"


@pytest.mark.parametrize(
    "salutation", ["My dear Margaret,", "Lieber Freund!", "Dengan hormat:"]
)
def test_the_salutation_of_letters_is_text(salutation):
    bodies = [each.text.split("\n")[1:3] for each in book(6)]
    letters = [
        page((50, salutation), *lines, number=n) for n, lines in enumerate(bodies, 1)
    ]

    assert all(each.text.startswith(salutation) for each in clean(letters))


def test_a_line_at_the_top_that_stands_once_is_text():
    pages = book()
    pages[5] = page((50, "The end of the story"), "A text", "of two", number=6)

    assert clean(pages)[5].text == "The end of the story\nA text\nof two"


def test_a_refrain_in_the_middle_is_text():
    pages = [
        page("one", "two", (500, "O my Luve"), "three", "four", number=n)
        for n in range(1, 7)
    ]

    assert all(each.text == each.text_raw for each in clean(pages))


def test_numbers_that_do_not_count_on_are_text():
    pages = [
        page("The sum", "is given below", (950, year), number=index)
        for index, year in enumerate(["1871", "1848", "1914", "1789"], start=1)
    ]

    assert all(each.changes == () for each in clean(pages))


def test_roman_page_numbers_count_too():
    pages = [
        page("A preface", "of some lines", (950, number), number=index)
        for index, number in enumerate(["viii", "ix", "x", "xi"], start=1)
    ]

    assert {each.text for each in clean(pages)} == {"A preface\nof some lines"}


def test_two_pages_are_too_few_to_tell_a_head():
    assert all(each.changes == () for each in clean(book(2)))


def test_pages_of_nothing_but_heads_become_empty():
    pages = [page((50, "THE HEAD"), (950, "THE FOOT"), number=n) for n in range(1, 5)]

    found = clean(pages)

    assert {each.text for each in found} == {""}
    assert {undo(each.text, each.changes) for each in found} == {"THE HEAD\nTHE FOOT"}


def test_off_changes_nothing_and_suggest_only_lists():
    pages = [*book(4), page("the gov-", "ernment ﬁnds", number=5)]

    off, suggest, on = (clean(pages, mode) for mode in ("off", "suggest", "on"))

    assert all(each.text == each.text_raw and not each.changes for each in off)
    assert all(each.text == each.text_raw for each in suggest)
    assert [each.changes for each in suggest] == [each.changes for each in on]
    assert on[4].text == "the government finds"


def test_an_empty_page_and_no_page_are_cleaned_too():
    assert clean([]) == []
    assert clean([page(), *book(3)])[0].text == ""


def test_a_change_can_be_made_or_left_alone():
    found = cleaned("the gov-", "ernment ﬁnds")

    ligatures = [change for change in found.changes if change.kind == "ligature"]

    assert apply(found.text_raw, ligatures) == "the gov-\nernment finds"


def test_changes_of_another_text_are_refused():
    found = cleaned("the gov-", "ernment")

    with pytest.raises(ValueError, match="does not read"):
        apply("another text altogether", found.changes)


pages_of = st.lists(
    st.lists(
        st.tuples(
            st.integers(0, HEIGHT),
            st.lists(TRICKY | st.sampled_from(["gov-", "ernment", "HEAD"]), min_size=1),
            st.integers(1, 2),
        ),
        max_size=5,
    ),
    max_size=5,
)


def read_as(lines, number):
    ordered = sorted(lines, key=lambda line: line[2])
    texts = [(top, " ".join(words)) for top, words, _ in ordered]
    return page(*texts, number=number, paragraphs=[line[2] for line in ordered])


@given(pages_of, st.data())
def test_every_change_can_be_undone(book, data):
    words = Counter({"government": 2, "aei": 2, "nr": 2})
    pages = [read_as(lines, number) for number, lines in enumerate(book, start=1)]

    own = context_of(summary_of(pages))
    context = replace(own, words=words)

    for read, found in zip(pages, clean(pages, "on", context), strict=True):
        left = [data.draw(st.booleans()) for _ in found.changes]
        some = list(compress(found.changes, left))

        assert found.text_raw == read.text
        assert undo(found.text, found.changes) == read.text
        assert undo(apply(read.text, some), some) == read.text
        assert unicodedata.is_normalized("NFC", found.text)
        assert not set("ﬁﬂſﬅ") & set(found.text)


def test_what_no_page_number_looks_like_and_no_word_harms_nothing():
    found = cleaned("a" * 100_000 + "1-", "ernment", (50, "." * 3000 + "x"))

    assert found.changes == ()


def test_a_word_of_marks_without_end_is_cut_at_once():
    text = "x" + "." * 200_000 + "x"  # squared, that is a quarter of an hour

    assert vocabulary([page(text)]) == {text: 1}
    assert cleaned((50, text)).changes == ()


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "corpus.sqlite"
    with Corpus(path, write=True) as open_corpus:
        for each in book(6):
            open_corpus.add_document(replace(each.ref, number=0), "digest", 6)
            open_corpus.save_result(replace(each, sha256="digest"))
    return path


def exported(shell, corpus, mode):
    call = shell("export", corpus, "--to", "corpus", "--clean", mode)
    [row] = csv.DictReader(io.StringIO(call.out.decode(), newline=""))
    return row


def test_a_corpus_is_exported_cleaned_with_its_raw_text_beside(shell, corpus):
    off, suggest, on = (exported(shell, corpus, m) for m in ("off", "suggest", "on"))

    assert list(on)[:4] == ["doc_id", "text", "text_raw", "source_file"]
    assert on["text_raw"] == suggest["text_raw"] == suggest["text"] == off["text"]
    assert "ROME" in on["text_raw"]
    assert "ROME" not in on["text"]
    assert on["changes"] == suggest["changes"]
    assert [change["kind"] for change in json.loads(on["changes"])][:2] == [
        "running head",
        "page number",
    ]
    assert "text_raw" not in off


def test_a_form_without_room_for_the_raw_text_is_not_cleaned(shell, corpus):
    call = shell("export", corpus, "--to", "txt", "--clean", "on")

    assert (call.code, call.out) == (2, b"")
    assert "Choose --to corpus" in call.err
