"""Figures of Explore: how they are laid out, and that each is a file for print."""

import ast
import itertools
from pathlib import Path

import pandas as pd
import pytest

from app.explore import charts
from app.explore.distributions import quality_boxes
from app.explore.document_clusters import draw_map, draw_tree
from app.explore.networks import draw_network
from app.explore.topics import topic_bars
from app.explore.word_cloud import LARGEST, WIDTH, cloud_layout, overlap, word_cloud
from app.workbench.tabs import histogram
from ocr_core.mining import select
from ocr_core.mining.clustering import clusters
from ocr_core.mining.collocate_network import collocate_network
from ocr_core.mining.frequency import word_list
from ocr_core.mining.reliability import groups_differ
from ocr_core.mining.topics import topics
from tests.support.planted_topics import written
from tests.support.sources import nodes_of
from tests.support.written_corpora import columns_of, in_language

APP = Path(__file__).parents[2] / "app"


@pytest.fixture(scope="module")
def selection():
    texts = written(each=4)
    pages = [(f"d{n}", text.split()) for n, text in enumerate(texts)]
    kinds = {f"d{n}": ("first", "second", "<i>a & b</i>")[n % 3] for n in range(12)}
    return select(in_language(columns_of(pages, kind=kinds), "eng"))


@pytest.fixture
def shown(monkeypatch):
    """What a view draws: the arguments of each chart."""
    drawn = []
    for module in (
        *("distributions", "document_clusters", "networks", "topics", "word_cloud"),
    ):
        patched = f"app.explore.{module}.show_chart"
        monkeypatch.setattr(patched, lambda *each: drawn.append(each))
    monkeypatch.setattr("app.explore.word_cloud.st.caption", lambda _: None)
    return drawn


def draw_boxes(selection, found):
    quality_boxes(found, selection, "kind", {})


def boxes(placed):
    for row in placed.itertuples():
        width, height = 0.58 * row.size * len(row.term), 1.1 * row.size
        yield (
            row.x - width / 2,
            row.y - height / 2,
            row.x + width / 2,
            row.y + height / 2,
        )


def test_no_word_of_a_cloud_covers_another_and_the_commonest_is_the_largest():
    table = pd.DataFrame(
        {"term": [f"word{n}" for n in range(60)], "count": range(600, 0, -10)}
    )

    placed = cloud_layout(table)

    assert len(placed) > 30
    assert placed["term"].iloc[0] == "word0"
    assert placed["size"].iloc[0] == LARGEST
    assert placed["size"].is_monotonic_decreasing
    whole = [tuple(each) for each in boxes(placed)]
    assert not any(overlap(*pair) for pair in itertools.combinations(whole, 2))
    assert all(left >= 0 and right <= WIDTH for left, _, right, _ in whole)


def test_a_cloud_of_no_words_is_empty():
    assert cloud_layout(pd.DataFrame({"term": [], "count": []})).empty


@pytest.mark.parametrize(
    "draw",
    [
        lambda s: draw_tree(clusters(s, 3), s),
        lambda s: draw_map(clusters(s, 3), s, "cluster"),
        lambda s: draw_map(clusters(s, 3), s, "kind"),
        lambda s: draw_boxes(s, groups_differ(s, "kind")),
        lambda s: draw_network(collocate_network(s, "ship"), s, "ship"),
        lambda s: word_cloud(word_list(s), s),
        lambda s: topic_bars(topics(s, 2, runs=0).words, s),
    ],
)
def test_each_figure_is_a_file_for_print_with_its_title_and_source(
    draw, selection, shown
):
    draw(selection)
    [(chart, _, _, title, *_)] = shown

    svg = charts.figure_file(chart, "svg", title, charts.caption(selection)).decode()

    assert title in svg
    assert "Counted:" in svg
    assert "Filter:" in svg


def test_a_figure_has_the_colours_that_the_command_line_gives_as_json(
    selection, shown, monkeypatch
):
    monkeypatch.setattr(
        "app.explore.charts.st.get_option", lambda _: '["#123456", "#654321"]'
    )
    draw_boxes(selection, groups_differ(selection, "kind"))
    chart = shown[0][0]

    svg = charts.figure_file(chart, "svg", "Quality", "Source").decode()

    assert "#123456" in svg


def test_no_channel_of_a_chart_is_left_for_altair_to_interpret():
    # It takes 8 ms for a string, against 0.1 ms for an object.
    wrong = []
    for path in APP.rglob("*.py"):
        for node in nodes_of(path):
            if getattr(getattr(node, "func", None), "attr", "") != "encode":
                continue
            for channel in node.keywords:
                value = channel.value
                given = value.elts if isinstance(value, ast.List) else [value]
                if any(
                    isinstance(each, ast.Constant | ast.JoinedStr) for each in given
                ):
                    wrong.append(f"{path.name}: {ast.unparse(channel)}")

    assert wrong == []


def test_the_bars_that_are_not_chosen_are_paler(monkeypatch):
    drawn = []
    monkeypatch.setattr(
        "app.workbench.tabs.st.altair_chart", lambda chart, **_: drawn.append(chart)
    )

    histogram(pd.DataFrame({"conf": [5.0, 95.0]}))

    # "param" names a selection; "test" would be an expression that is always true.
    [spec] = [each.to_dict() for each in drawn]
    assert spec["params"][0]["name"] == "chosen"
    opacity = spec["encoding"]["opacity"]
    assert opacity == {"condition": {"param": "chosen", "value": 1}, "value": 0.3}
