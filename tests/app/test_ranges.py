"""Years and decades, picked by slider in the filter and in keywords."""

import pytest

from app.explore.ranges import bin_of, whole_numbers
from tests.support.app_driver import button
from tests.support.explore_screen import opened, put, sizes, table, view
from tests.support.written_corpora import page

YEARS = range(1888, 1902)  # 14: more than are listed one by one
NAMES = "ada bea cora dora edda fay gina hanna ida jana kira lena mia nora".split()
DECADES = {188: "horses", 189: "bicycles", 190: "motors"}
COUNTS = "term", "count", "reference_count"


@pytest.fixture
def explore(app):
    """Explore with a document of each year, of three words: one names its decade."""
    pages = [
        page(f"n{year}", f"{name} ship {DECADES[year // 10]}")
        for year, name in zip(YEARS, NAMES, strict=True)
    ]
    opened(app, pages, {"year": {f"n{year}": str(year) for year in YEARS}})
    return put(app, only_heads="keep")  # a page of one line looks like one


@pytest.mark.parametrize(
    ("number", "width", "wanted"),
    [
        (1893, 10, "1890–1899"),
        (1900, 25, "1900–1924"),
        (1893, 0, "1893"),
        (-3, 10, "-10–-1"),
    ],
)
def test_a_number_is_in_the_bin_that_begins_at_a_multiple(number, width, wanted):
    assert bin_of(number, width) == wanted


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        (["1901", "", "1890", "1901"], [1890, 1901]),
        (["1890-05"], []),
        (["1890", "about 1900"], []),
        (["²"], []),
    ],
)
def test_a_column_of_whole_numbers_is_known(values, numbers):
    assert whole_numbers(values) == numbers


def test_a_decade_is_picked_in_the_filter(explore):
    slider = explore.get_by_key("range_year_10_0")
    assert slider.options == ["1880–1889", "1890–1899", "1900–1909"]
    assert slider.value == ("1880–1889", "1900–1909")

    slider.set_value(("1890–1899", "1890–1899")).run()
    assert explore.get_by_key("only_metadata").value == "year=1890..1899"
    assert sizes(explore) == [10, 10, 30]

    slider = explore.get_by_key("range_year_10_0")  # the same, which keeps the focus
    slider.set_value(("1880–1889", "1900–1909")).run()
    assert explore.get_by_key("only_metadata").value == ""
    assert sizes(explore) == [14, 14, 42]


def test_the_slider_follows_the_condition_that_was_typed_or_reset(explore):
    put(explore, only_metadata="year=1889..1893", range_bins_year=0)
    assert explore.get_by_key("range_year_0_1").value == ("1889", "1893")
    assert sizes(explore) == [5, 5, 15]

    explore.get_by_key("range_year_0_1").set_value(("1889", "1889")).run()
    assert sizes(explore) == [1, 1, 3]

    button(explore, "Reset").click().run()
    assert explore.get_by_key("only_metadata").value == ""
    assert explore.get_by_key("range_year_0_2").value == ("1888", "1901")


def test_a_range_of_years_is_compared_with_the_rest(explore):
    view(explore, "keywords", key_column="year")
    slider = explore.get_by_key("key_range_year_3")
    assert slider.value == ("1880–1889", "1880–1889")

    slider.set_value(("1890–1899", "1900–1909")).run()

    counts = {term: (n, m) for term, n, m in table(explore, *COUNTS)}
    assert counts["ship"] == (12, 2)
    assert counts["bicycles"] == (10, 0)
    assert counts["motors"] == (2, 0)
    assert counts["horses"] == (0, 2)
