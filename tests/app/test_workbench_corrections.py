"""Words are corrected in the workbench: kept, undone, and found in other readings."""

import pytest

from app.workbench.correcting import corrected_result, editable_page, store
from ocr_core.corpus import Corpus
from ocr_core.errors import InputError
from tests.support.app_driver import (
    button,
    knob,
    read,
    rerun_until,
    transcript,
    upload,
    viewer,
)
from tests.support.app_pages import FOX, JUGS, scanned_pdf
from tests.support.corpus_screen import ask, go

pytestmark = pytest.mark.needs_tesseract


@pytest.fixture
def workbench(app):
    """The app with a document whose page is read."""
    return read(upload(app, two__pdf=scanned_pdf(FOX, dpi=300)))


def type_and_save(app, word, field, text):
    """Select a word, type its text or that of its line, and save."""
    app.session_state.picked = word
    app.run()
    label = {"This word": "Save the word", "Its whole line": "Save the line"}[field]
    next(each for each in app.text_input if each.label == field).set_value(text)
    button(app, label).click()
    return app.run()


def test_a_word_and_a_line_are_corrected_kept_and_undone_step_by_step(workbench):
    corpus_handle = workbench.session_state.session.corpus_handle
    assert not corpus_handle.begun
    type_and_save(workbench, 3, "This word", "wolf")
    changed = FOX.replace("fox", "wolf")
    assert transcript(workbench) == changed
    assert viewer(workbench)["corrected"] == [[3, "fox"]]

    first = FOX.splitlines()[0]
    type_and_save(workbench, 0, "Its whole line", f"A slow {first.split()[-1]}")
    line = ask(workbench, lambda corpus: corpus.page("two", 1)).text.splitlines()[0]
    assert line == f"A slow {first.split()[-1]}"
    assert [(row.doc_id, row.page_num) for row in ask(workbench, Corpus.rows)] == [
        ("two", 1)
    ]

    button(workbench, "Undo correction").click().run()
    assert transcript(workbench) == changed
    button(workbench, "Undo correction").click().run()
    assert transcript(workbench) == FOX
    assert not [b for b in workbench.button if b.key == "undo_correction"]


def test_a_correction_is_found_again_in_a_reading_with_other_settings(workbench):
    type_and_save(workbench, 3, "This word", "wolf")
    knob(workbench, "margin").set_value(20).run()
    read(workbench)

    assert transcript(workbench) == FOX.replace("fox", "wolf")
    assert ask(workbench, lambda c: c.original("two", 1)).settings["margin"] != 20
    button(workbench, "Undo correction").click().run()
    assert transcript(workbench) == FOX

    type_and_save(workbench, 3, "This word", "wolf")
    type_and_save(workbench, 0, "This word", "A")
    now = ask(workbench, lambda corpus: corpus.page("two", 1))
    assert now.text == FOX.replace("fox", "wolf").replace("The", "A", 1)
    assert now.settings["margin"] == 20

    go(workbench, doc="two", page="1")
    assert "**2** corrected" in " ".join(each.value for each in workbench.markdown)


def test_a_page_that_was_removed_from_the_corpus_takes_no_correction(workbench):
    session = workbench.session_state.session
    type_and_save(workbench, 3, "This word", "wolf")
    ask(workbench, lambda corpus: corpus.remove("two", 1))

    type_and_save(workbench, 0, "This word", "A")

    assert "has no reading" in workbench.error[0].value
    assert transcript(workbench) == FOX
    result = session.readings.done(workbench.session_state.settings)[0]
    assert not editable_page(session, result.ref, result).certain
    with pytest.raises(InputError):
        documents = session.project.documents
        ask(workbench, lambda corpus: store(documents, result, corpus))


def test_a_document_of_a_taken_name_gets_another_in_the_corpus(workbench, tmp_path):
    type_and_save(workbench, 3, "This word", "wolf")
    workbench.button(key="remove").click().run()
    read(upload(workbench, two__pdf=scanned_pdf(JUGS, dpi=300)))

    type_and_save(workbench, 0, "This word", "Sack")

    found = [(row.doc_id, row.corrections) for row in ask(workbench, Corpus.rows)]
    assert sorted(found) == [("two", 1), ("two_2", 1)]


def test_a_second_run_over_the_document_needs_no_new_reading(workbench):
    type_and_save(workbench, 3, "This word", "wolf")
    workbench.button(key="read_all").click().run()
    rerun_until(workbench, lambda app: app.success)

    assert ask(workbench, lambda c: c.page("two", 1)).text == FOX.replace("fox", "wolf")
    assert len(ask(workbench, lambda corpus: corpus.readings("two", 1))) == 1


def test_the_downloads_have_a_correction_which_leads_to_its_forms(workbench):
    assert not [each for each in workbench.button if "everywhere" in each.label]
    type_and_save(workbench, 3, "This word", "wolf")
    session = workbench.session_state.session
    [result] = session.readings.done(workbench.session_state.settings)

    page = editable_page(session, result.ref, result)

    assert corrected_result(page).text == FOX.replace("fox", "wolf")
    assert result.text == FOX

    button(workbench, "Here and everywhere").click().run()

    assert workbench.get_by_key("form_word").value == "wolf"
    assert not workbench.exception
