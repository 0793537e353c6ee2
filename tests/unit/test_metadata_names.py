"""Metadata that are found in the names of documents, and names that find none."""

import pytest

from ocr_core.corpus.metadata import parse_names, suggested_pattern, unmatched
from ocr_core.errors import SettingsError


def test_a_name_of_no_document_has_the_nearest_one_beside_it():
    found = unmatched(
        {"year": ["mial_1893", "a", "x"]}, ["mail_1893", "tide_1895", "a"]
    )

    assert found == {"mial_1893": "mail_1893", "x": ""}


def test_names_that_do_not_fit_a_pattern_have_no_values():
    found = parse_names(["mail_1893-04", "mail", "x_18931"], "_{year}-{month}")

    assert found == {"year": {"mail_1893-04": "1893"}, "month": {"mail_1893-04": "04"}}


@pytest.mark.parametrize(
    ("name", "pattern", "values"),
    [
        ("x-y-1890", "{paper}-{year}", ["x-y", "1890"]),
        ("ab_1890x", "{paper}_{year}x", ["ab", "1890"]),
        ("11_7", "{month}_{day}", ["11", "7"]),
        ("abc", "{one}{two}", ["a", "b"]),
        ("a_b", "{one}b", None),
        ("a18901", "{year}", None),
        ("x" * 120, "{a}{b}{c}{d}{e}{f}!", None),  # hours, tried one by one
        ("x-" * 120, "{a}-{b}-{c}-{d}-{e}-{f}!", None),
        ("x" * 256, "{a}", None),
    ],
    ids=range(9),
)
def test_a_pattern_is_fitted_to_a_name(name, pattern, values):
    found = parse_names([name], pattern)

    taken = [each.get(name) for each in found.values()]
    assert taken == (values or [None] * len(found))


def test_a_pattern_of_many_columns_is_refused():
    with pytest.raises(SettingsError, match="more than 8"):
        parse_names(["a"], "_".join(f"{{f{n}}}" for n in range(9)))


@pytest.mark.parametrize(
    ("names", "pattern"),
    [
        (["tide_1890-01", "tide_1891-05", "mail_1893-02"], "{title}_{year}-{month}"),
        (["tide_1890", "tide_1891"], "{year}"),  # one title tells nothing apart
        (["Kapitel 1, 1788", "Kapitel 2, 1789", "notes"], "{year}"),
        (["19140803_letter", "19140905_letter"], "{year}{month}{day}"),
        (["diary-1914-08-03", "diary-1914-08-04"], "{year}-{month}-{day}"),
        (["1914-13", "1915-20"], "{year}"),  # no months
        (["scan_0001", "scan_0002"], ""),
        (["page 12", "x_18931", "1893"], ""),
        ([], ""),
    ],
)
def test_the_pattern_that_finds_dates_in_names_is_suggested(names, pattern):
    assert suggested_pattern(names) == pattern


@pytest.mark.parametrize(
    "pattern", ["", "year", "{year}{year}", "{1st}", "{2020}", "{doc_id}_{year}"]
)
def test_a_pattern_without_columns_is_refused(pattern):
    with pytest.raises(SettingsError, match=r"names no column|No column can be called"):
        parse_names(["a"], pattern)
