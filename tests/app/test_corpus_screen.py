"""The Corpus screen: its states, and what each of its buttons does."""

import json

import pytest

from app.session import hosting
from app.session.project_library import Library
from app.session.session import Session
from ocr_core.corpus import Corpus
from ocr_core.page import Word
from tests.support.app_driver import (
    button,
    component,
    shown_text,
)
from tests.support.corpus_pages import fill, page
from tests.support.corpus_screen import ask, go, listed


@pytest.fixture
def projects_folder(own_projects):
    """The folder of the local user's projects."""
    return own_projects


@pytest.fixture
def corpus(app):
    """The app on its Corpus screen, with a corpus of three pages."""
    doubtful = Word(1, 1, 1, 1, 10, 20, 60, 12, 40.0, "tne")
    sure = Word(1, 1, 1, 2, 80, 20, 60, 12, 95.0, "fox")
    pages = [
        page("a", rows=(doubtful, sure), quality=0.5),
        page("b", "of the harbour", quality=0.9, language="deu"),
        page("b", number=2, rows=(), status="blank"),
    ]
    app.session_state.session.begin("letters")
    app.session_state.session.corpus_handle.ask(lambda corpus: fill(corpus, *pages))
    return go(app)


# The list


def test_an_empty_corpus_says_what_to_do_first(app):
    go(app)

    assert "No page has been read into this corpus yet." in app.info[0].value
    assert not app.exception


def test_every_page_is_listed_with_how_it_was_read(corpus):
    assert listed(corpus) == [("a", 1), ("b", 1), ("b", 2)]
    table = corpus.dataframe[0].value
    assert table["status"].tolist() == ["ok", "ok", "blank"]
    assert table["words"].tolist() == [2, 3, 0]
    assert table["quality"].tolist()[:2] == [0.5, 0.9]
    assert table["picture"].isna().all()  # no scan is there
    assert any("1 to 3 of 3 pages." in each.value for each in corpus.caption)


@pytest.mark.parametrize(
    ("key", "value", "left"),
    [
        ("corpus_name", "A", [("a", 1)]),
        ("corpus_status", "blank", [("b", 2)]),
        ("corpus_language", "deu", [("b", 1)]),
        ("corpus_quality", 0.6, [("b", 1), ("b", 2)]),
        ("corpus_descending", True, [("b", 2), ("b", 1), ("a", 1)]),
        ("corpus_order", "words", [("b", 2), ("a", 1), ("b", 1)]),
    ],
)
def test_pages_are_filtered_and_sorted(corpus, key, value, left):
    corpus.get_by_key(key).set_value(value).run()

    assert listed(corpus) == left


def test_filters_that_leave_nothing_are_reported(corpus):
    corpus.get_by_key("corpus_name").set_value("nobody").run()

    assert "Loosen the filters" in corpus.info[0].value
    assert not corpus.dataframe


def test_only_the_pages_of_one_sheet_are_asked_for(app, monkeypatch):
    monkeypatch.setattr("app.corpus.page_list.ROWS", 2)
    pages = [page("a", number=number) for number in range(1, 6)]
    ask(app, lambda corpus: fill(corpus, *pages))
    go(app)
    assert listed(app) == [("a", 1), ("a", 2)]

    app.get_by_key("corpus_sheet").set_value(3).run()
    assert listed(app) == [("a", 5)]

    app.get_by_key("corpus_name").set_value("a").run()
    assert listed(app) == [("a", 5)]


def test_the_text_is_searched_and_the_passage_is_shown(corpus):
    corpus.get_by_key("corpus_search").set_value("harb*").run()

    [hit] = corpus.dataframe[0].value.to_dict("records")
    assert (hit["document"], hit["page"]) == ("b", 1)
    assert "[harbour]" in hit["passage"]


@pytest.mark.parametrize(
    ("query", "said"), [("whale", "No page holds"), ("!?", "contains no word")]
)
def test_a_search_that_finds_nothing_is_reported(corpus, query, said):
    corpus.get_by_key("corpus_search").set_value(query).run()

    assert said in [*corpus.info, *corpus.error][0].value


# A page


def test_the_address_opens_a_page_at_a_word(corpus):
    go(corpus, doc="a", page="1", w="1")

    assert component(corpus, "sheet_viewer")["texts"] == ["tne", "fox"]
    assert component(corpus, "sheet_viewer")["selected"] == 1
    assert "blank sheet" in " ".join(each.value for each in corpus.caption)
    assert corpus.query_params["w"] == "1"


@pytest.mark.parametrize(("doc", "number"), [("nobody", "1"), ("a", "7"), ("<b>", "1")])
def test_an_address_of_a_page_that_is_not_there_leads_back(corpus, doc, number):
    go(corpus, doc=doc, page=number)

    assert "has no page" in corpus.error[0].value.replace("\\", "")
    button(corpus, "Back to the list").click().run()
    assert len(listed(corpus)) == 3


@pytest.mark.parametrize("number", ["9" * 20, "9" * 5000, "-1", "one"])
def test_an_address_whose_page_is_no_number_of_a_page_shows_the_list(corpus, number):
    go(corpus, doc="a", page=number)

    assert not corpus.exception
    assert len(listed(corpus)) == 3


def test_an_address_whose_word_is_no_number_of_a_word_picks_none(corpus):
    go(corpus, doc="a", page="1", w="9" * 5000)

    assert not corpus.exception
    assert component(corpus, "sheet_viewer")["selected"] is None


def test_a_page_leads_to_the_next_and_back_to_the_list(corpus):
    go(corpus, doc="a", page="1")
    assert button(corpus, "Previous page").disabled

    button(corpus, "Next page").click().run()
    assert "#### b · page 1" in shown_text(corpus)

    button(corpus, "Back to the list").click().run()
    assert len(listed(corpus)) == 3
    assert "doc" not in corpus.query_params


def corrected(app):
    return [
        (each.word, each.original, each.text)
        for each in ask(app, lambda corpus: corpus.corrections("a", 1))
    ]


def test_a_correction_reaches_text_list_and_search_and_is_undone(corpus):
    ask(corpus, lambda corpus: corpus.correct("a", 1, 0, "the"))
    go(corpus, doc="a", page="1")

    shown = component(corpus, "sheet_viewer")
    assert shown["texts"] == ["the", "fox"]
    assert shown["corrected"] == [[0, "tne"]]
    text = component(corpus, "sheet_text")["lines"][0]["words"]
    assert text == [["the", 100.0, "tne"], ["fox", 95.0]]
    assert "**1** corrected" in shown_text(corpus)
    assert "**0** below 75 %" in shown_text(corpus)

    button(corpus, "Back to the list").click().run()
    assert corpus.dataframe[0].value["corrected"].tolist() == [1, 0, 0]
    corpus.get_by_key("corpus_search").set_value('"the fox"').run()
    assert corpus.dataframe[0].value["document"].tolist() == ["a"]

    go(corpus, doc="a", page="1")
    button(corpus, "Undo correction").click().run()
    assert corrected(corpus) == []
    assert component(corpus, "sheet_viewer")["texts"] == ["tne", "fox"]
    assert button(corpus, "Undo correction").disabled


def test_a_word_that_was_struck_out_keeps_its_place(corpus):
    ask(corpus, lambda corpus: corpus.correct("a", 1, 0, ""))

    go(corpus, doc="a", page="1")

    assert component(corpus, "sheet_viewer")["texts"] == ["", "fox"]
    assert component(corpus, "sheet_text")["lines"][0]["words"][0] == ["", 100.0, "tne"]
    assert "**1** words" in shown_text(corpus)


# Downloads


def test_cleaning_shows_what_it_changes(app):
    words = [(1, "har-"), (2, "bour"), (3, "the"), (3, "harbour"), (3, "harbour")]
    rows = tuple(
        Word(1, 1, line, number, 10 * number, 20 * line, 8, 12, 90.0, text)
        for number, (line, text) in enumerate(words, 1)
    )
    ask(app, lambda corpus: fill(corpus, page(rows=rows)))
    go(app)

    app.get_by_key("cleaning").set_value("suggest").run()

    [change] = app.dataframe[1].value.to_dict("records")
    assert (change["document"], change["line"], change["what"]) == (
        "a",
        1,
        "word joined",
    )
    assert any("What it would change:" in each.value for each in app.caption)


# Reading again


def test_a_page_whose_scan_is_gone_cannot_be_read_again(corpus):
    go(corpus, doc="a", page="1")
    button(corpus, "Read again").click().run()

    button(corpus, "Read with these settings").click().run()

    assert "The scan is not here." in corpus.warning[0].value
    button(corpus, "Skip this page").click().run()
    assert "#### a · page 1" in shown_text(corpus)


# Which corpus


def test_a_corpus_is_opened_by_the_address_of_its_project(corpus):
    assert corpus.query_params["project"] == "letters"
    corpus.session_state.session.switch()

    go(corpus, project="letters")

    assert len(listed(corpus)) == 3
    assert corpus.query_params["project"] == "letters"


def test_a_corpus_that_lay_in_the_folder_before_is_opened_by_its_old_address(
    app, projects_folder
):
    projects_folder.mkdir()
    with Corpus(projects_folder / "old.sqlite", write=True) as old:
        fill(old, page())

    go(app, corpus="old")

    assert listed(app) == [("a", 1)]
    assert app.query_params["project"] == "old.sqlite"
    assert "corpus" not in app.query_params


def test_a_page_of_a_project_that_is_not_here_is_reported(app):
    go(app, doc="a", page="1")

    assert "is not here" in app.warning[0].value
    assert not app.session_state.session.corpus_handle.begun
    assert not app.error


@pytest.mark.parametrize("name", ["nobody", "../letters", "/etc", ".hidden"])
def test_an_address_opens_no_project_that_is_not_listed(app, name):
    go(app, project=name)

    assert "There is no project" in app.error[0].value
    assert not app.session_state.session.project.id
    assert "project" not in app.query_params


def test_on_a_server_for_many_the_folder_is_out_of_reach(
    run_app, projects_folder, monkeypatch
):
    Session(Library(projects_folder)).begin("letters")
    monkeypatch.setattr(hosting, "served_alone", lambda headers: False)
    monkeypatch.setattr(hosting, "visitor_key", lambda cookies: "")
    app = run_app()

    go(app, project="letters")

    assert "There is no project" in app.error[0].value
    assert not app.session_state.session.project.id
    assert str(projects_folder) not in json.dumps([each.value for each in app.caption])
