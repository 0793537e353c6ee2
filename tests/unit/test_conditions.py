"""Conditions on metadata: which documents they keep, and what they say."""

import pytest

from ocr_core.errors import SettingsError
from ocr_core.mining import Filter, select
from ocr_core.mining.conditions import range_in, unmatched, with_range
from tests.support.written_corpora import columns_of

PLACES = ["Paris, Texas", "paris", "Texas", "London; UK", 'The "Sun"', "Köln, Rhein"]
DATES = ["1889-12-31", "1890-01-01", "1890-01", "1890-02-28", "1890-03-31", "1890"]
DATES += ["1890-04-01", "1891-07-14T08:30", "undated"]
SIZES = ["1.5", "12", "-3", "1890", "190"]


def kept(column, values, condition):
    names = [f"d{n}" for n in range(len(values))]
    known = {column: dict(zip(names, values, strict=True))}
    tokens = columns_of([(name, ["word"]) for name in names], **known)
    found = select(tokens, Filter(metadata=condition)).documents
    return [values[names.index(name)] for name in found]


@pytest.mark.parametrize(
    ("condition", "left"),
    [
        ("place=Paris, Texas", ["Paris, Texas"]),
        ('place="Paris, Texas"', ["Paris, Texas"]),
        ('place="paris, texas", Paris', ["Paris, Texas", "paris"]),
        ("place=Paris, Texas, Texas", ["Paris, Texas", "Texas"]),
        ("place=Texas, Paris", ["paris", "Texas"]),
        ('place="Texas"', ["Texas"]),
        ('place="London; UK"', ["London; UK"]),
        ("place=Ko\u0308ln, Rhein,paris", ["paris", "Köln, Rhein"]),
        ('place="Paris", "Texas"', ["paris", "Texas"]),
    ],
)
def test_a_value_with_a_comma_is_one_value(condition, left):
    assert kept("place", PLACES, condition) == left


@pytest.mark.parametrize(
    ("condition", "left"),
    [
        ("date=1890-01..1890-03", DATES[1:5]),
        ("date=1890-01-02..1890-02", ["1890-02-28"]),
        ("date=1890", DATES[1:7]),
        ("date=1890-01", ["1890-01-01", "1890-01"]),
        ("date=1889..1890", DATES[:7]),
        ("date=1891-07-14", ["1891-07-14T08:30"]),
        ("date=1890-04..1890-05, undated", ["1890-04-01", "undated"]),
        ("date=1890-03..1890-01", []),
    ],
)
def test_dates_are_in_the_days_months_and_years_that_are_asked_for(condition, left):
    assert kept("date", DATES, condition) == left


@pytest.mark.parametrize(
    ("condition", "left"),
    [
        ("size=-5..2", ["1.5", "-3"]),
        ("size=100..1900", ["1890", "190"]),
        ("size=12", ["12"]),
        ("size=1890", ["1890"]),
        ("size=12, 150..200", ["12", "190"]),
    ],
)
def test_numbers_are_compared_as_numbers(condition, left):
    assert kept("size", SIZES, condition) == left


@pytest.mark.parametrize(
    "condition",
    ["date=1890-01..spring", "date=1890..1890-13", 'date="1890', "colour=red", "1890"],
)
def test_what_is_no_condition_is_refused(condition):
    with pytest.raises(SettingsError):
        kept("date", DATES, condition)


def test_what_no_document_has_is_named_with_what_there_is():
    known = {"place": {"a": "Paris, Texas", "b": "London"}, "year": {"a": "1890"}}

    assert unmatched("place=London, Pariss; year=1890", known) == [
        ("place", "Pariss", "London; Paris, Texas")
    ]
    assert unmatched("year=1899..1890", known) == [("year", "1899..1890", "1890")]
    assert unmatched('place=London; year="1890"', known) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("year=1890..1899", (1890, 1899)),
        ("paper=Tide; year = 1890 .. 1899", (1890, 1899)),
        ("year=1890", (1890, 1890)),
        ("year=-20..-5", (-20, -5)),
        ("year=1890,1895", None),
        ("year=1890-01..1890-03", None),
        ("paper=Tide", None),
        ("", None),
    ],
)
def test_a_range_of_a_column_is_found_among_conditions(text, found):
    assert range_in(text, "year") == found


@pytest.mark.parametrize(
    ("text", "wanted", "left"),
    [
        ("", (1890, 1899), "year=1890..1899"),
        ("paper=Tide", (1890, 1899), "paper=Tide; year=1890..1899"),
        ('year=1850; place="Paris; Texas"', (1, 2), 'place="Paris; Texas"; year=1..2'),
        ("year=1850..1860; paper=Tide", None, "paper=Tide"),
    ],
)
def test_a_range_replaces_the_condition_of_its_column(text, wanted, left):
    assert with_range(text, "year", wanted) == left
