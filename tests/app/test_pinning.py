"""Pins: what a view shows is kept, and the report and its notebook have it."""

import pytest

from ocr_core.report import write_report
from tests.support.explore_screen import HARBOUR, KNOWN, ask, opened, table
from tests.support.notebooks import run_notebook


@pytest.fixture
def explore(app):
    return opened(app, HARBOUR, KNOWN)


def pin(app, key, name=""):
    """Open the menu, as a click on it does, and pin."""
    app.session_state[f"pin_menu_{key}"] = True
    app.run()
    if name:
        app.text_input(key=f"pin_name_{key}").set_value(name)
    app.button(key=f"pin_{key}").click().run()
    assert not app.exception


def test_a_table_and_a_figure_are_pinned_and_made_by_the_notebook(
    explore, tmp_path, monkeypatch
):
    shown = table(explore, "term", "count")
    [key, *_] = [each.key for each in explore.get("popover") if "pin" in str(each.key)]
    name = key.removeprefix("pin_menu_table_").removeprefix("pin_menu_figure_")

    pin(explore, f"table_{name}", "My words")
    pin(explore, f"figure_{name}")

    listed, drawn = ask(explore, lambda corpus: corpus.pins())
    assert listed.name == "My words" and listed.chart is None
    assert "How this was counted" in listed.how
    assert drawn.chart.mark == "bar" and "Filter: " in drawn.how
    ask(explore, lambda corpus: write_report(corpus, tmp_path))
    tables, figures = run_notebook(tmp_path, monkeypatch)
    made = tables["My words"][["term", "count"]]
    assert list(made.itertuples(index=False, name=None)) == shown
    values = figures[-1]["data"]["values"]
    assert [each["term"] for each in values] == [term for term, _ in shown][:30]
    text = (tmp_path / "report.md").read_text("utf-8")
    assert "## My words" in text and "](pinned_2.svg)" in text


def test_what_was_pinned_is_taken_out_again(explore):
    ask(explore, lambda corpus: corpus.pin("Words", corpus_words(corpus), "counted"))
    explore.switch_page("views/evaluate.py").run()
    explore.segmented_control(key="evaluate_view").set_value("report").run()

    explore.button(key="unpin_1").click().run()

    assert ask(explore, lambda corpus: corpus.pins()) == []
    assert "can be pinned" in " ".join(each.value for each in explore.caption)


def corpus_words(corpus):
    from ocr_core.mining import Filter, select
    from ocr_core.mining.frequency import word_list

    return word_list(select(corpus.tokens(), Filter()))
