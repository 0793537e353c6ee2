"""Document languages: what the list shows, and what is chosen for one or many."""

import json
from pathlib import Path

import pytest

from app.session.project_documents import ProjectDocuments
from app.session.project_record import DocumentRecord, Record, parsed_record
from app.workbench.document_languages import list_languages
from ocr_core.corpus import Corpus
from ocr_core.documents.notes import note
from ocr_core.errors import InputError
from ocr_core.page import PageRef, PageResult
from ocr_core.settings import Settings
from tests.support.app_driver import finish, give, results_of, simulated
from tests.support.app_pages import png
from tests.support.corpus_pages import words

ENGLISH = Settings.from_flat({"language": "eng"})


def keep(session, key, language, *notes):
    """Save a page of a document in the corpus as if it had been read."""
    upload, ref = session.uploads[key], session.refs()[key]

    def save(corpus):
        known = corpus.add_document(ref, upload.sha256, upload.pages)
        page = PageResult(
            PageRef(known.path, 1, known.doc_id),
            words("Sturm"),
            sha256=upload.sha256,
            language=language,
            notes=notes,
            settings_digest="0" * 64,
        )
        corpus.save_result(page, ("tesserocr 5", "digest"))

    session.corpus_handle.ask(save)


def test_the_list_shows_the_language_of_earlier_readings_with_its_evidence(session):
    session.add("a", "one.png", png(""))
    session.add("b", "two.png", png("", size=(300, 200)))
    keep(session, "b", "deu", note("language-found-known", "German", 96))

    assert list(list_languages(session, Settings(), [*session.uploads])) == [
        ("", ""),
        (
            "deu",
            "The document looks like German: 96 % of the words that were tried are "
            "known.",
        ),
    ]


def test_the_list_says_which_language_was_chosen_and_whether_it_was_read_so(session):
    session.add("a", "one.png", png(""))
    keep(session, "a", "deu", note("language-misfit", "English", 90, 20))

    session.project.documents.set_language(["a"], "eng")
    [(language, evidence)] = list_languages(session, Settings(), [*session.uploads])

    assert language == "eng"
    assert evidence == "You chose this language. It was not read in this language yet."


def test_a_run_reads_each_document_in_the_language_chosen_for_it(session):
    for name in "abc":
        session.add(name, f"{name}.png", png("", size=(300, 200 + ord(name))))
    session.project.documents.set_language(["a", "c"], "eng")

    run = session.read_all(Settings())

    assert [name for name, *_ in finish(run)] == ["a", "b", "c"]
    assert [page.settings["language"] for page in results_of(session)] == [
        *("eng", "auto", "eng")
    ]
    assert session.settings_for(session.refs()["a"], Settings()) == ENGLISH


def test_what_was_read_in_the_chosen_language_is_not_read_again(session):
    session.add("a", "one.png", png(""))
    session.add("b", "two.png", png("", size=(300, 200)))
    session.project.documents.set_language(["b"], "eng")
    finish(session.read_all(Settings()))

    run = session.read_all(Settings())

    assert len(finish(run)) == run.there == 2


def test_a_language_outlives_the_visit_and_an_earlier_version_reads_the_rest(tmp_path):
    kept = DocumentRecord("a", "a.png", "", language="deu+lat")
    plain = DocumentRecord("b", "b.png", "")

    content = Record("name", documents=(kept, plain)).content()

    assert parsed_record(content).documents == (kept, plain)
    assert "language" not in json.loads(content)["documents"][1]
    documents = ProjectDocuments(
        tmp_path, [kept], owner="me", save=lambda: None, check_room=lambda size: None
    )
    assert [each.language for each in documents.records()] == ["deu+lat"]


@pytest.mark.parametrize("language", ["../eng", "a" * 300, 7])
def test_a_project_that_names_no_language_is_refused(language):
    record = {"key": "a", "label": "a", "file": "", "language": language}
    content = json.dumps({"version": 1, "name": "n", "documents": [record]})

    with pytest.raises(InputError):
        parsed_record(content.encode())


def arrange():
    import streamlit as st

    from app.workbench.uploads import arrange_documents
    from ocr_core.settings import Settings

    arrange_documents(st.session_state.session, Settings())


def test_the_language_of_the_chosen_documents_is_set(session):
    for name in "abc":
        session.add(name, f"{name}.png", png("", size=(300, 200 + ord(name))))
    screen = simulated(arrange)
    screen.session_state["session"] = session
    screen.session_state["arranged"] = {
        "selection": {"rows": [0, 2], "columns": [], "cells": []}
    }
    screen.run()

    screen.multiselect(key="document_language").set_value(["eng"]).run()
    screen.button(key="set_language False").click().run()

    assert [each.language for each in session.uploads.values()] == ["eng", "", "eng"]
    assert screen.dataframe[0].value["language"].tolist() == ["eng", "", "eng"]


def test_the_workbench_says_that_a_language_was_chosen_and_drops_it(app):
    give(app, {"a.png": png("")})
    [key] = app.session_state.session.uploads
    app.session_state.session.project.documents.set_language([key], "eng")
    app.run()

    chosen = "The language chosen for this document: English \\(eng\\)"
    assert chosen in [each.value for each in app.caption]
    app.button(key="drop_language").click().run()

    assert chosen not in [each.value for each in app.caption]
    assert app.session_state.session.uploads[key].language == ""


def test_the_corpus_names_the_language_of_the_first_page_with_text(tmp_path: Path):
    with Corpus(tmp_path / "a.db", write=True) as corpus:
        ref = corpus.add_document(PageRef("a.pdf", 0, "a"), "d" * 64, 2)
        for number, language, text in ((1, "eng", ""), (2, "deu", "Sturm")):
            corpus.save_result(
                PageResult(
                    PageRef(ref.path, number, "a"),
                    words(text) if text else (),
                    language=language,
                    sha256="d" * 64,
                    notes=(note("language-missing", "lat", "lat", language),),
                ),
                ("tesserocr 5", "digest"),
            )

        [(digest, (found, notes))] = corpus.document_languages().items()

    assert (digest, found) == ("d" * 64, "deu")
    assert [each.code for each in notes] == ["language-missing"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [("كل", "\u200e\u2067كل\u2069"), ("every", "every"), ("2", "2"), ("", "")],
)
def test_words_before_an_arabic_hit_start_beside_it(text, shown):
    from app.explore.concordance import at_left_edge

    assert at_left_edge(text) == shown
