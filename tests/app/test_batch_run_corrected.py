"""Read all leaves corrected and removed pages alone."""

from dataclasses import replace

import pytest

from app.session.batch_run import Run
from app.session.run_page import RunPage
from ocr_core.corpus import Corpus
from ocr_core.engines import reader_of
from ocr_core.settings import Settings
from tests.support.app_driver import (
    finish,
    give,
    knob,
    rerun_until,
    results_of,
    shown_text,
)
from tests.support.app_pages import FOX, JUGS, png, scanned_pdf
from tests.support.corpus_pages import failed, fill, page

pytestmark = [pytest.mark.timeout(240), pytest.mark.needs_tesseract]
OTHER = Settings.from_flat({"psm": 6})


def correct(session, word, text):
    session.corpus_handle.ask(lambda corpus: corpus.correct("fox", 1, word, text))


def refreshed(session):
    session.corpus_handle.ask(session.run.refresh)
    return session.run


def test_a_corrected_page_is_shown_as_the_corpus_holds_it(session):
    session.add("a", "fox.png", png(FOX))
    finish(session.read_all(Settings()))
    correct(session, 3, "hare")

    finish(session.read_all(OTHER))

    [result] = results_of(session)
    assert result == session.corpus_handle.ask(lambda corpus: corpus.page("fox", 1))
    assert result.text.startswith("The quick brown hare")
    assert result.settings_digest == Settings().digest
    [waiting] = refreshed(session).waiting
    assert (waiting.corrections, waiting.lost) == (1, ())

    session.corpus_handle.ask(
        lambda corpus: corpus.accept(waiting.reading, chosen=False)
    )

    refreshed(session)
    [result] = results_of(session)
    assert result.text.startswith("The quick brown hare")
    assert result.settings_digest == OTHER.digest
    assert session.run.waiting == []


def test_what_is_corrected_and_removed_after_a_run_is_shown_so(session):
    session.add("a", "fox.png", png(FOX))
    session.add("b", "jugs.png", png(JUGS))
    finish(session.read_all(Settings()))

    correct(session, 0, "A")
    refreshed(session)
    assert results_of(session)[0].text.startswith("A quick")
    session.corpus_handle.ask(lambda corpus: corpus.remove("fox"))
    assert [each.ref.doc_id for each in refreshed(session).results] == ["jugs"]


def test_a_removed_page_is_not_read_again_and_not_counted(session):
    session.add("a", "two.pdf", scanned_pdf("", ""))
    finish(session.read_all(Settings()))
    session.corpus_handle.ask(lambda corpus: corpus.remove("two", 1))

    run = session.read_all(OTHER)

    assert finish(run) == [("two", 2, "blank")]
    assert (run.removed, run.total) == (1, 1)
    assert len(session.corpus_handle.ask(Corpus.rows)) == 1


def test_a_failure_is_reported_beside_the_page_that_was_read_before(tmp_path):
    run = Run(OTHER, "me", 1)
    with Corpus(tmp_path / "c", write=True) as corpus:
        fill(corpus, page())
        torn = replace(failed(), settings_digest=OTHER.digest)
        corpus.save_result(torn)

        run.add(torn, corpus)

    assert [each.text for each in run.latest] == ["one two"]
    assert [each.n_words for each in run.results] == [2]
    assert run.failures == [RunPage.of(torn)]


def test_read_all_lists_what_would_be_lost_before_it_lets_a_reading_in(app):
    give(app, {"fox.png": png(FOX)})
    app.button(key="read_all").click().run()
    rerun_until(app, lambda app: app.success)
    assert not [each for each in app.button if each.key == "replace_corrected"]
    session = app.session_state.session
    correct(session, 3, "hare")
    correct(session, 8, "")
    rows = session.corpus_handle.ask(lambda corpus: corpus.original("fox", 1)).rows
    cut = replace(
        session.corpus_handle.ask(lambda corpus: corpus.original("fox", 1)),
        rows=(*rows[:8], rows[8]._replace(text="elephants")),
        settings_digest=OTHER.digest,
        settings=OTHER.flat(),
    )
    reader = reader_of(OTHER.recognition)
    session.corpus_handle.ask(lambda corpus: corpus.save_result(cut, reader))

    app.switch_page("views/workbench.py").run()
    knob(app, "psm").set_value(6).run()
    app.switch_page("views/batch.py").run()
    app.button(key="start").click().run()
    rerun_until(
        app, lambda app: [e for e in app.button if e.key == "replace_corrected"]
    )

    assert "Pages with your corrections were left alone" in shown_text(app)
    lost = next(e.value for e in app.dataframe if "corrected to" in e.value.columns)
    assert lost[["was read as", "corrected to"]].values.tolist() == [
        ["dog", "(struck out)"]
    ]
    text = session.corpus_handle.ask(lambda corpus: corpus.page("fox", 1)).text
    assert "hare" in text and "dog" not in text

    app.button(key="replace_corrected").click().run()

    said = [each.value for each in app.success]
    assert (
        "New readings were accepted for 1 page. 1 of 2 corrections were transferred."
        in said
    )
    text = session.corpus_handle.ask(lambda corpus: corpus.page("fox", 1)).text
    assert "hare" in text and "elephants" in text
    assert not [e for e in app.button if e.key == "replace_corrected"]
