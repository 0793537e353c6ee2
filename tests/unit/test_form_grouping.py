"""Grouping of forms: what is alike enough to be accepted together, and how sure."""

import pytest

from ocr_core.mining.capitals import Spellings
from ocr_core.mining.filter import Filter
from ocr_core.mining.form_groups import NOT_SHOWN, SHOWN, form_groups, grouped
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
        located(n, f"{word}x", word, 0.99 if n < 50 else 0.95, ("", "x"))
        for n, word in enumerate(words)
    )

    assert [len(group.occurrences) for group in found] == [50, 10]
    assert {each.chance for each in found[0].occurrences} == {0.99}
    assert len({group.key for group in found}) == 2


@pytest.mark.parametrize("doubtful", [3, 5, 8])
def test_only_the_places_shown_of_a_group_may_be_doubtful(doubtful):
    chances = [0.96] * 20 + [0.8] * doubtful
    found = grouped(
        located(n, f"w{chr(97 + n)}h", f"w{chr(97 + n)}", chance, ("", "h"))
        for n, chance in enumerate(chances)
    )

    assert len(found[0].occurrences) == 20 + min(doubtful, SHOWN)
    for group in found:
        assert all(each.chance >= NOT_SHOWN for each in group.occurrences[SHOWN:])


def test_confusions_with_few_places_are_one_group():
    common = [
        located(n, f"b{chr(97 + n)}", f"h{chr(97 + n)}", 0.95, ("h", "b"))
        for n in range(24)
    ]
    rare = [
        located(30, "tho", "the", 0.95, ("e", "o")),
        located(31, "wiud", "wind", 0.96, ("n", "u")),
    ]

    found = {group.name: set(group.forms) for group in grouped([*common, *rare])}
    assert found.keys() == {"h→b", "*→*"} and found["*→*"] == {"tho", "wiud"}
    # in a small corpus each has a group of its own
    few = {group.name for group in grouped([*common[:3], *rare])}
    assert "*→*" not in few


def test_a_capital_is_likelier_after_a_word_with_one():
    text = "in Crown Street and at the crown\n" * 6
    selection = select(tokens_of([page("a", text)]), Filter(words="lower"))
    spellings, word = Spellings(selection), selection.ids["crown"]

    alone = spellings.capital_chance(word, "crovn", False)
    assert spellings.capital_chance(word, "crovn", False, True) > alone


@pytest.mark.parametrize(
    ("read", "printed"), [("sladt", "Stadt"), ("scböne", "schöne")]
)
def test_nouns_that_a_lexicon_has_with_a_capital_only_get_it(read, printed):
    text = f"in der {printed.lower()} und auf der {printed.lower()} ist es\n" * 9
    pages = [
        page("a", text, language="deu"),
        page("b", f"der {read}|30 ist", language="deu"),
    ]
    found = form_groups(tokens_of(pages))

    assert [each.replacement for each in found[0].occurrences] == [printed]


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
