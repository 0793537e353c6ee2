"""The Corpus screen: pages and documents are removed, and restored."""

import pytest

from ocr_core.corpus import Corpus
from tests.support.corpus_pages import page
from tests.support.explore_screen import HARBOUR, KNOWN, ask, counts, put
from tests.support.written_corpora import fill

pytestmark = pytest.mark.timeout(240)
PAGES = [page("a"), page("b"), page("b", "two", number=2), page("b", "x", number=3)]


def go(app, **address):
    app.switch_page("views/corpus.py")
    for name, value in address.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


@pytest.fixture
def corpus(app):
    """The app on its Corpus screen, with a corpus of four pages."""
    ask(app, lambda corpus: fill(corpus, *PAGES))
    return go(app)


def pages_listed(app):
    return [(row.doc_id, row.page_num) for row in ask(app, Corpus.rows)]


def select(app, *rows):
    key = f"corpus_rows {hash(tuple(pages_listed(app)))}"
    chosen = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    app.session_state[key] = chosen
    return app.run()


def press(app, key):
    app.button(key=key).click().run()
    assert not app.exception
    return app


def test_pages_chosen_in_the_list_are_removed_and_brought_back(corpus):
    assert not [each for each in corpus.button if each.key == "remove_pages"]
    select(corpus, 0, 2)

    press(corpus, "remove_pages")

    assert pages_listed(corpus) == [("b", 1), ("b", 3)]
    assert corpus.success[0].value == "2 pages were removed from the corpus."
    press(corpus, "undo_removal")
    assert pages_listed(corpus) == [("a", 1), ("b", 1), ("b", 2), ("b", 3)]
    assert not corpus.success


def test_a_whole_document_comes_back_without_what_was_removed_before(corpus):
    press(select(corpus, 2), "remove_pages")
    select(corpus, 1)
    assert corpus.button(key="remove_documents").label == "Remove the whole document b"

    press(corpus, "remove_documents")

    assert pages_listed(corpus) == [("a", 1)]
    assert corpus.success[0].value == "2 pages were removed from the corpus."
    press(corpus, "undo_removal")
    assert pages_listed(corpus) == [("a", 1), ("b", 1), ("b", 3)]


def test_removed_pages_can_be_brought_back_at_any_later_time(corpus):
    press(select(corpus, 0, 1, 2, 3), "remove_pages")
    press(corpus, "close_removal")
    assert not corpus.success
    assert "No page has been read into this corpus yet." in corpus.info[0].value

    corpus.multiselect(key="removed_chosen").set_value([("b", 2)]).run()
    press(corpus, "bring_back")
    assert pages_listed(corpus) == [("b", 2)]

    press(corpus, "bring_back")
    assert pages_listed(corpus) == [("a", 1), ("b", 1), ("b", 2), ("b", 3)]


def test_a_page_that_is_removed_gives_way_to_the_next_in_the_list(corpus):
    go(corpus, doc="b", page="2")

    press(corpus, "remove_pages")
    assert corpus.query_params["page"] == "3"

    press(corpus, "remove_pages")
    assert "doc" not in corpus.query_params
    assert pages_listed(corpus) == [("a", 1), ("b", 1)]
    press(corpus, "undo_removal")
    assert pages_listed(corpus) == [("a", 1), ("b", 1), ("b", 3)]


def test_a_page_that_was_removed_elsewhere_is_reported(corpus):
    select(corpus, 0)
    ask(corpus, lambda opened: opened.remove("a"))

    corpus.button(key="remove_pages").click().run()

    assert "has no page 1 of a" in corpus.error[0].value
    assert pages_listed(corpus) == [("b", 1), ("b", 2), ("b", 3)]


def test_the_counts_of_explore_follow_at_once(app):
    ask(app, lambda corpus: fill(corpus, *HARBOUR))
    ask(app, lambda corpus: corpus.set_metadata(KNOWN))
    app.switch_page("views/explore.py").run()
    put(app, explore_view="words")
    before = counts(app)["harbour"]

    go(app, doc="mail_1890", page="2")
    press(app, "remove_pages")
    app.switch_page("views/explore.py").run()

    assert (before, counts(app)["harbour"]) == (4, 3)
