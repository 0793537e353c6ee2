"""Grouping of forms: what is alike enough to be accepted together, and how sure."""

import pytest

from ocr_core.mining.capitals import Spellings
from ocr_core.mining.filter import Filter
from ocr_core.mining.form_groups import form_groups, grouped
from ocr_core.mining.misreadings import FormOccurrence
from ocr_core.mining.selection import select
from tests.support.written_corpora import page, tokens_of


def located(token, form, word, chance, *changes):
    own = token, "a", 1, 1, token, form, word, 60, chance
    return FormOccurrence(*own, word, "eng", changes)


def test_letters_too_many_are_one_group_and_letters_lost_another():
    added = [
        located(1, "hoxuse", "house", 0.95, ("", "x")),
        located(2, "otkher", "other", 0.95, ("", "k")),
    ]
    lost = [
        located(3, "fathr", "father", 0.95, ("e", "")),
        located(4, "wnd", "wind", 0.9, ("i", "")),
    ]

    assert [group.name for group in grouped([*added, *lost])] == ["∅→*", "*→∅"]


def test_a_form_with_two_confusions_is_only_grouped_by_its_word():
    found = grouped(
        [
            located(1, "bouse", "house", 0.95, ("h", "b")),
            located(2, "otber", "other", 0.95, ("h", "b")),
            located(3, "fatbcr", "father", 0.95, ("h", "b"), ("e", "c")),
        ]
    )

    assert [(group.name, group.forms) for group in found] == [
        ("h→b", ("bouse", "otber")),
        ("father", ("fatbcr",)),
    ]


def test_a_group_has_at_most_fifty_places_the_surest_first():
    words = [f"w{letter}{other}" for letter in "abcdefgh" for other in "abcdefgh"][:60]
    found = grouped(
        located(n, f"{word}x", word, 0.99 if n < 50 else 0.9, ("", "x"))
        for n, word in enumerate(words)
    )

    assert [len(group.occurrences) for group in found] == [50, 10]
    assert {each.chance for each in found[0].occurrences} == {0.99}
    assert len({group.key for group in found}) == 2


@pytest.mark.parametrize(
    ("form", "other"),
    [("overthroW", "overthrew"), ("preYing", "praying"), ("striKes", "stripes")],
)
def test_a_word_with_a_capital_inside_is_not_taken_for_another_word(form, other):
    text = f"the {other} and then the {other}\n" * 9
    found = form_groups(tokens_of([page("a", text), page("b", f"the {form}|30 and")]))

    replaced_by = {e.form: e.replacement for group in found for e in group.occurrences}
    assert replaced_by == {form: form.lower()}


@pytest.mark.parametrize("form", ["1o", "t0", "6e"])
def test_what_may_be_a_number_is_no_misread_word(form):
    text = "to be or not to be\n" * 20
    assert form_groups(tokens_of([page("a", text), page("b", f"{form}|30")])) == []


def test_how_a_word_is_written_and_read_tells_its_first_capital():
    text = "Ship and Ship and Ship and ship\n" * 5
    spellings = Spellings(select(tokens_of([page("a", text)]), Filter(words="lower")))
    [word] = [n for n, each in enumerate(spellings.frequent) if each == "Ship"]

    # 15 of 20 places have a capital; s and S have the same shape.
    read_small = spellings.capital_chance(word, "sbip", False)
    assert spellings.capital_chance(word, "Sbip", False) > 0.9 > 0.5 > read_small
    assert spellings.capital_chance(word, "sbip", True) > read_small
