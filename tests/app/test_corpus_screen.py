"""The Corpus screen: its states, and what each of its buttons does."""

import json

import pytest

from app.corpus.rerun_ocr import RereadPlan, improves
from app.session import hosting
from app.session.project_library import Library
from app.session.promised_files import PROMISED_FILES, made
from app.session.session import Session
from app.ui.downloads import offered_formats
from ocr_core.corpus import Corpus
from ocr_core.page import Word
from ocr_core.settings import Settings
from tests.support.app_driver import (
    button,
    component,
    give,
    rerun_until,
    results_of,
    shown_text,
    transcript,
)
from tests.support.app_pages import FOX, JUGS, png, scanned_pdf
from tests.support.corpus_pages import fill, page
from tests.support.corpus_screen import go, listed


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


def ask(app, question):
    return app.session_state.session.corpus_handle.ask(question)


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


@pytest.mark.needs_tesseract
def test_every_download_has_the_corrections_of_the_corpus(read):
    ask(read, lambda corpus: corpus.correct("two", 1, 0, "Zounds"))
    go(read)
    session = read.session_state.session

    for name, form in offered_formats().items():
        status, answer = made(session.secret(f"corpus_files {name}"))
        assert status == 200, answer
        path, promised = PROMISED_FILES.take(answer["url"].rpartition("/")[2])
        content = path.read_bytes()
        form = form.of_pages(2)  # PAGE has a file a page, and leaves in a zip
        assert promised.media == form.media
        if form.ending not in (".parquet", ".xlsx", ".pdf", ".zip"):
            assert b"Zounds" in content, name
        assert str(session.folder).encode() not in content, name


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


@pytest.fixture
def read(app):
    """The app after a run over a document of two pages."""
    give(app, {"two.pdf": scanned_pdf(FOX, JUGS)})
    app.button(key="read_all").click().run()
    return rerun_until(app, lambda app: app.success)


@pytest.mark.needs_tesseract
def test_the_better_of_two_readings_is_accepted_and_corrections_follow(read):
    ask(read, lambda corpus: corpus.correct("two", 1, 0, "A"))
    read.session_state.settings = Settings.from_flat({"margin": 20})
    go(read, doc="two", page="1")
    before = ask(read, lambda corpus: corpus.page("two", 1))

    button(read, "Read again").click().run()
    button(read, "Read with these settings").click().run()
    rerun_until(read, lambda app: any(b.key == "reread_accept" for b in app.button))
    assert ask(read, lambda c: c.page("two", 1)).settings_digest == (
        before.settings_digest
    )
    button(read, "Accept the new reading").click().run()

    after = ask(read, lambda corpus: corpus.page("two", 1))
    assert after.settings["margin"] == 20
    assert after.text == before.text == FOX.replace("The", "A", 1)
    assert "The new reading of two is kept." in read.success[0].value
    assert len(ask(read, lambda corpus: corpus.readings("two", 1))) == 2


@pytest.mark.needs_tesseract
def test_the_old_reading_stays_where_it_is_preferred(read):
    read.session_state.settings = Settings.from_flat({"margin": 20})
    go(read, doc="two", page="2")
    button(read, "Read again").click().run()
    button(read, "Read with these settings").click().run()
    rerun_until(read, lambda app: any(b.key == "reread_keep" for b in app.button))

    button(read, "Keep the old one").click().run()

    assert ask(read, lambda corpus: corpus.page("two", 2)).settings["margin"] == 0
    assert not read.success
    assert transcript_of(read) == JUGS


def transcript_of(app):
    lines = component(app, "sheet_text")["lines"]
    return "\n".join(" ".join(word[0] for word in line["words"]) for line in lines)


def begin_rereading(app, page_ids, plan=None):
    """Start to read pages again; without a plan, ask for it."""
    app.session_state.reread = page_ids
    app.session_state.reread_plan = plan
    app.session_state.reread_counts = {"accepted": 0, "kept": 0}
    app.run()


@pytest.mark.needs_tesseract
def test_kind_engine_and_language_are_chosen_on_the_spot(read):
    ask(read, lambda corpus: corpus.correct("two", 1, 0, "A"))
    go(read)
    begin_rereading(read, [("two", 1), ("two", 2)])
    said = " ".join(each.value for each in read.caption)
    assert "These pages have 1 of your corrections." in said

    read.get_by_key("reread_from").set_value("page").run()
    read.selectbox(key="reread_0").select("typescript").run()
    read.selectbox(key="reread_2").select("eng").run()
    button(read, "Read with these settings").click().run()
    rerun_until(read, lambda app: any(b.key == "reread_accept" for b in app.button))

    assert component(read, "reread_viewer")["texts"]
    button(read, "Accept the new reading").click().run()
    after = ask(read, lambda corpus: corpus.page("two", 1))
    assert after.settings["language"] == "eng"
    assert after.settings["flatten"] == "off"  # of typescript


@pytest.mark.needs_tesseract
def test_only_readings_that_improve_are_accepted_and_both_are_counted(read):
    go(read)
    begin_rereading(read, [("two", 1), ("two", 2)])
    read.get_by_key("reread_from").set_value("page").run()
    read.selectbox(key="reread_2").select("eng").run()

    button(read, "Read, and accept all that improve").click().run()
    rerun_until(read, lambda app: "reread" not in app.session_state)

    said = read.success[0].value
    assert "New readings accepted: 0." in said
    assert "Pages that keep the old one: 2." in said
    pages = [ask(read, lambda c, n=n: c.page("two", n)) for n in (1, 2)]
    assert {page.settings["language"] for page in pages} == {"auto"}


@pytest.mark.parametrize(
    ("now", "new", "better"),
    [(0.5, 0.6, True), (0.6, 0.6, False), (None, 0.1, True), (0.5, None, False)],
)
def test_a_reading_improves_with_its_quality(now, new, better):
    assert improves(page(quality=now), page(quality=new)) is better


@pytest.mark.needs_tesseract
def test_the_settings_in_force_stand_where_all_is_read_language_first(read):
    read.session_state.settings = Settings.from_flat({"language": "eng", "margin": 20})
    read.switch_page("views/batch.py").run()

    [said] = [each.value for each in read.markdown if "material/tune" in each.value]
    assert said.index("English") < said.index("Margin")


# Runs


@pytest.mark.needs_tesseract
def test_pages_are_read_in_another_language_and_all_are_accepted(read):
    go(read)
    begin_rereading(read, [("two", 1), ("two", 2)], RereadPlan(language="eng"))
    rerun_until(
        read, lambda app: any(b.key == "reread_accept_rest" for b in app.button)
    )

    read.button(key="reread_accept_rest").click().run()
    rerun_until(read, lambda app: "reread" not in app.session_state)

    pages = [ask(read, lambda c, n=n: c.page("two", n)) for n in (1, 2)]
    assert [page.settings["language"] for page in pages] == ["eng", "eng"]
    assert [page.text for page in pages] == [FOX, JUGS]


@pytest.mark.needs_tesseract
def test_a_run_with_the_same_settings_reads_nothing_again(read, monkeypatch):
    session = read.session_state.session
    first = session.run
    monkeypatch.setattr(
        "ocr_core.execution.batch.recognize_page", None
    )  # nothing can be read

    read.button(key="start").click().run()
    rerun_until(read, lambda app: app.session_state.session.run is not first)
    rerun_until(read, lambda app: app.success)

    assert session.run.there == 2
    assert [each.text for each in results_of(session)] == [FOX, JUGS]
    said = " ".join(each.value for each in read.caption)
    assert "Read before with the same settings, and not again: 2 pages." in said


@pytest.mark.needs_tesseract
def test_what_the_workbench_has_read_is_not_read_again(app, monkeypatch):
    give(app, {"fox.png": png(FOX)})
    rerun_until(app, lambda app: transcript(app) == FOX)
    monkeypatch.setattr("ocr_core.execution.batch.recognize_page", None)

    app.button(key="read_all").click().run()
    rerun_until(app, lambda app: app.success)

    assert [each.text for each in results_of(app.session_state.session)] == [FOX]


@pytest.mark.needs_tesseract
def test_twins_are_read_once_and_listed_each(app):
    give(app, {"fox.png": png(FOX), "twin.png": png(FOX)})

    app.button(key="read_all").click().run()
    rerun_until(app, lambda app: app.success)

    results = results_of(app.session_state.session)
    assert [(each.ref.doc_id, each.text) for each in results] == [
        ("fox", FOX),
        ("twin", FOX),
    ]


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
