"""Columns of Explore are explained on their heads."""

import json

import pandas as pd
import pytest

from app.explore.tables import decimals
from app.ui.column_help import column_help
from tests.support.explore_screen import put, view


def heads(element):
    """Return the configuration of the columns of a table, by name."""
    return json.loads(element.proto.columns)


def test_every_column_of_a_concordance_is_explained(explore):
    view(explore, "lines", kwic_query="harbour")

    [lines] = [each for each in explore.dataframe if "word" in each.value]
    found = heads(lines)
    assert {*lines.value.columns} == {*found} - {"_index"}
    assert all(found[name].get("help") for name in lines.value.columns)
    assert found["left"]["help"] == "The text before the word."


def test_every_column_of_a_preview_of_names_is_explained_but_their_own(explore):
    put(explore, metadata_pattern="{town}_{year}")

    shown = next(each for each in explore.dataframe if "town" in each.value)
    assert heads(shown)["document"]["help"] == "The name of the document."


@pytest.mark.parametrize(
    "name",
    [
        *("selected", "term", "count", "documents", "changes", "scan", "conf"),
        *("correct", "corrected to", "in the table", "nearest document"),
        *("page", "document", "as scanned", "label", "confidence"),
    ],
)
def test_columns_of_forms_groups_and_metadata_have_an_explanation(name):
    assert column_help(name).endswith(".")


@pytest.mark.parametrize(
    ("values", "shown"), [([493.0, None], "%d"), ([493.0, 0.5], "%.3f"), ([], "%d")]
)
def test_whole_numbers_have_no_decimals(values, shown):
    assert decimals(pd.Series(values, dtype=float)) == shown
