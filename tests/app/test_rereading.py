"""Pages of the corpus are read again, and the better reading is accepted."""

import pytest

from app.corpus.rerun_ocr import RereadPlan, improves
from app.session.promised_files import PROMISED_FILES, made
from app.ui.downloads import offered_formats
from ocr_core.settings import Settings
from tests.support.app_driver import (
    button,
    component,
    give,
    rerun_until,
    results_of,
    transcript,
)
from tests.support.app_pages import FOX, JUGS, png, scanned_pdf
from tests.support.corpus_pages import page
from tests.support.corpus_screen import ask, go


@pytest.fixture
def read(app):
    """The app after a run over a document of two pages."""
    give(app, {"two.pdf": scanned_pdf(FOX, JUGS, dpi=300)})
    app.button(key="read_all").click().run()
    return rerun_until(app, lambda app: app.success)


@pytest.mark.needs_tesseract
def test_the_better_of_two_readings_is_accepted_or_the_old_one_stays(read):
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
    keep_the_old_reading(read)


def keep_the_old_reading(read):
    """Read another page again, and prefer its old reading."""
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


@pytest.mark.parametrize(
    ("now", "new", "better"),
    [(0.5, 0.6, True), (0.6, 0.6, False), (None, 0.1, True), (0.5, None, False)],
)
def test_a_reading_improves_with_its_quality(now, new, better):
    assert improves(page(quality=now), page(quality=new)) is better


# Runs


@pytest.mark.needs_tesseract
def test_a_run_with_the_same_settings_reads_nothing_again_and_downloads_are_corrected(
    read, monkeypatch
):
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
    check_downloads(read)
    check_settings_in_force(read)


def check_downloads(read):
    """Fail if a download lacks the corrections of the corpus."""
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


def check_settings_in_force(read):
    """Fail if they do not stand where all is read, the language first."""
    read.session_state.settings = Settings.from_flat({"language": "eng", "margin": 20})
    read.switch_page("views/batch.py").run()

    [said] = [each.value for each in read.markdown if "material/tune" in each.value]
    assert said.index("English") < said.index("Margin")


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
