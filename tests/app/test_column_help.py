"""Columns of Explore and Evaluate: each has an explanation."""

import ast
import json
from pathlib import Path

import pytest

from tests.support.explore_screen import HARBOUR, KNOWN, opened, put

APP = Path(__file__).parents[2] / "app"
# Tables that are filled in, or whose columns are those of a person's own file.
OWN = {"concordance", "form_groups", "variants", "metadata"}
# Views whose tables have their own explanations.
VIEWS = {
    "words": ({"counted": "1"}, {"counted": "2"}, {"counted": "typical"}),
    "trends": ({},),
    "spread": ({},),
    "collocates": ({"span": 5},),
    "keywords": ({"key_column": "paper"},),
    "topics": ({"topic_count": 2},),
    "documents": ({},),
    "trust": ({},),
    "overview": ({},),
}


def unexplained(app):
    """Yield the columns of the tables on the screen that have no explanation."""
    for each in app.dataframe:
        config = json.loads(each.proto.columns or "{}")
        for name in each.value.columns:
            if not (config.get(str(name)) or {}).get("help"):
                yield str(name)


@pytest.mark.parametrize("view", VIEWS)
def test_each_column_of_explore_is_explained(app, view):
    opened(app, HARBOUR, KNOWN, view=view)
    missing = set()
    for values in VIEWS[view]:
        put(app, **values)
        if view == "keywords":
            put(app, key_part_paper=["mail"])
        missing |= set(unexplained(app))

    assert missing == set()


def test_each_table_of_explore_and_evaluate_is_given_explanations():
    without = [
        f"{path.name}:{node.lineno}"
        for folder in ("explore", "evaluate")
        for path in sorted((APP / folder).glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "st.dataframe"
        and path.stem not in OWN
        and "explained(" not in ast.unparse(node)
    ]

    assert without == []
