"""Trends: counts by hand, and intervals as scipy has them."""

import pytest
import scipy  # its parts are loaded where they are used

from ocr_core.errors import SettingsError
from ocr_core.mining import Tokens, select
from ocr_core.mining.trends import MAX_BINS, trends
from tests.support.written_corpora import columns_of

YEARS = {"a": "1890", "b": "1891"}


def corpus(*pages: tuple[str, str], **metadata) -> Tokens:
    return columns_of([(doc_id, text.split()) for doc_id, text in pages], **metadata)


def rows(table, *columns):
    return list(table[list(columns)].itertuples(index=False, name=None))


def test_trends_follow_a_column_in_natural_order():
    tokens = corpus(
        ("a", "fox fox hen cow"),
        ("b", "fox"),
        ("c", "hen fox"),
        ("d", "fox fox"),
        issue={"a": "10", "b": "9", "c": "10"},
    )

    table = trends(select(tokens), ["fox", "hen"], "issue")

    assert rows(table, "value", "term", "count", "tokens") == [
        ("9", "fox", 1, 1),
        ("9", "hen", 0, 1),
        ("10", "fox", 3, 6),
        ("10", "hen", 2, 6),
    ]
    assert table["per_million"].tolist() == [1e6, 0, 5e5, pytest.approx(1e6 / 3)]


def test_a_trend_has_the_interval_of_wilson():
    tokens = corpus(("a", "fox " * 3 + "hen " * 17), ("b", "hen " * 50), year=YEARS)

    table = trends(select(tokens), ["fox", "hen"], "year")

    for row in table.itertuples():
        known = scipy.stats.binomtest(row.count, row.tokens).proportion_ci(
            method="wilson"
        )
        assert row.low / 1e6 == pytest.approx(known.low, abs=1e-6)
        assert row.high / 1e6 == pytest.approx(known.high, abs=1e-6)


def test_a_column_that_is_not_there_has_no_trend():
    with pytest.raises(SettingsError, match="no column colour"):
        trends(select(corpus(("a", "fox"))), ["fox"], "colour")


DATES = {"a": "1893-04", "b": "1899", "c": "1911-01-02", "d": "undated"}


def dated():
    return corpus(
        ("a", "fox hen"), ("b", "fox fox"), ("c", "hen"), ("d", "fox"), year=DATES
    )


def test_years_and_dates_are_joined_to_decades_and_gaps_are_missing():
    table = trends(select(dated()), ["fox"], "year", bin_width=10)

    assert rows(table, "value", "count", "tokens") == [
        ("1890", 3, 4),
        ("1900", 0, 0),
        ("1910", 0, 1),
    ]
    missing = table[["per_million", "low", "high"]].isna().all(axis=1)
    assert missing.tolist() == [False, True, False]


def test_values_without_numbers_or_too_far_apart_have_no_bins():
    selection = select(corpus(("a", "fox"), town={"a": "Hull"}))
    with pytest.raises(SettingsError, match="do not begin with a number"):
        trends(selection, ["fox"], "town", bin_width=10)

    far = corpus(("a", "fox"), ("b", "fox"), n={"a": "1", "b": str(MAX_BINS + 1)})
    with pytest.raises(SettingsError, match="more than"):
        trends(select(far), ["fox"], "n", bin_width=1)


def test_a_smoothed_trend_has_the_counts_of_its_window_per_running_word():
    tokens = corpus(
        ("a", "fox hen"),
        ("b", "fox fox"),
        ("c", "hen hen hen hen"),
        year={"a": "1", "b": "2", "c": "3"},
    )

    table = trends(select(tokens), ["fox"], "year", window=3)

    assert table["smoothed"].tolist() == [
        pytest.approx(1e6 * 3 / 4),  # the first and second value
        pytest.approx(1e6 * 3 / 8),
        pytest.approx(1e6 * 2 / 6),
    ]
    assert table["per_million"].tolist() == [5e5, 1e6, 0]


def test_parts_are_counted_apart_under_the_name_of_their_query():
    tokens = corpus(
        ("a", "fox foz"),
        ("b", "fox"),
        ("c", "fox hen"),
        year={"a": "1", "b": "1", "c": "2"},
        paper={"a": "mail", "b": "tide", "c": "mail"},
    )

    table = trends(select(tokens), {"fox": "fox|foz"}, "year", parts="paper")

    assert rows(table, "value", "term", "part", "count", "tokens") == [
        ("1", "fox", "mail", 2, 2),
        ("1", "fox", "tide", 1, 1),
        ("2", "fox", "mail", 1, 2),
        ("2", "fox", "tide", 0, 0),
    ]
