"""The overview of Explore: what a corpus shows before anything is asked."""

import pytest

from tests.support.app_driver import button
from tests.support.explore_screen import HARBOUR, KNOWN, opened, put, table
from tests.support.written_corpora import page


def figures(app):
    return {each.label: each.value for each in app.metric}


def test_a_corpus_opens_with_its_sizes_and_content_words(app):
    opened(app, HARBOUR, KNOWN, view="")

    assert app.get_by_key("explore_view").value == "overview"
    assert figures(app) == {
        "Documents": "3",
        "Pages": "4",
        "Running words": "30",
        "Different words": "20",
        "Languages": "eng, deu",
        "Years": "1890–1920",
        "Median quality": "0.90",
    }
    assert app.get_by_key("overview_term").options[:2] == ["harbour", "sails"]
    assert "the" not in app.get_by_key("overview_term").options

    put(app, overview_stop_words=True)

    assert app.get_by_key("overview_term").options[:2] == ["harbour", "the"]


def test_the_overview_lists_distinctive_words_and_the_worst_pages(app):
    opened(app, HARBOUR, KNOWN, view="")

    assert table(app, "part", "term") == [("mail", "harbour, sails")]
    worst = table(app, "document", "page", "quality")
    assert worst[0] == ("tide_1920", 1, 0.5)

    app.session_state.open_hit_next = (*app.session_state.worst_pages[0], None)
    app.run()

    assert app.query_params["doc"] == "tide_1920"
    assert "w" not in app.query_params


def test_results_of_the_overview_lead_to_their_views(app):
    opened(app, HARBOUR, KNOWN, view="")
    put(app, overview_term="sails")
    assert app.get_by_key("kwic_query").value == "sails"
    assert len(table(app, "word")) == 3

    put(app, explore_view="overview")
    button(app, "All words").click().run()

    assert app.get_by_key("explore_view").value == "words"


@pytest.mark.parametrize(
    "figure, view",
    [
        ("Documents", "documents"),
        ("Different words", "words"),
        ("Years", "trends"),
        ("Median quality", "trust"),
    ],
)
def test_a_figure_of_the_overview_opens_its_view(app, figure, view):
    opened(app, HARBOUR, KNOWN, view="")

    button(app, figure).click().run()

    assert not app.exception
    assert app.get_by_key("explore_view").value == view


@pytest.mark.parametrize("figure", ["Pages", "Languages"])
def test_a_figure_of_pages_opens_their_list(app, figure):
    opened(app, HARBOUR, KNOWN, view="")

    button(app, figure).click().run()

    assert not app.exception
    assert [each.value for each in app.title] == ["Corpus"]


def test_an_overview_without_metadata_says_what_it_needs(app):
    opened(app, [page("a", "some words on ships")], view="")

    said = [each.value for each in app.info]
    assert len(said) == 2
    assert all("Add metadata" in each for each in said)
