import io

import pytest
from PIL import Image

from app import NAME
from app.session import page_readings, pools
from app.session.page_jobs import PageJobs
from app.ui.downloads import (
    LABELS,
    ExportOptions,
    exported,
    offered_formats,
    write_pages,
)
from app.ui.widgets import KNOBS, plain
from ocr_core.exports import FORMATS
from ocr_core.page import PageRef, PageResult, Word
from ocr_core.pipeline import recognize_page
from ocr_core.settings import Settings
from tests.support import tasks
from tests.support.app_driver import (
    CUT,
    button,
    give,
    knob,
    read,
    rerun_until,
    results_of,
    shown_text,
    transcript,
    upload,
    viewer,
)
from tests.support.app_pages import FOX, JUGS, SPHINX, locked_pdf, png, scanned_pdf
from tests.support.hostile import NAMES, saved
from tests.support.waiting import until

reads = pytest.mark.needs_tesseract


# The workbench


def test_an_empty_app_says_what_to_do_first(app):
    assert not app.exception
    assert app.title[0].value == NAME
    assert app.subheader[0].value.startswith("Turn scans into text that you can search")
    results = [each.value for each in app.caption if each.value.startswith("**")]
    assert len(results) == 3
    assert app.file_uploader[0].label == "Drop scans, photos or PDFs here"
    assert viewer(app) is None


@reads
def test_a_sample_opens_with_one_click(app):
    app.selectbox(key="sample_name").select("English noisy").run()

    button(app, "Open sample page").click().run()

    assert viewer(app)["texts"] or viewer(app)["stale"]
    assert [each.label for each in app.session_state.session.uploads.values()] == [
        "english_noisy.png"
    ]


@reads
def test_an_uploaded_page_is_read_and_again_when_a_setting_changes(app):
    upload(app, fox__png=png(FOX))

    read(app)

    assert transcript(app) == FOX
    assert viewer(app)["texts"] == FOX.split()
    assert viewer(app)["lines"] == [0, 0, 0, 0, 1, 1, 1, 1, 1]
    assert "**9** words" in shown_text(app)
    assert not app.error
    check_that_a_setting_has_it_read_again(app)
    check_boxes(app)


def check_that_a_setting_has_it_read_again(app):
    before = viewer(app)

    knob(app, "margin").set_value(50).run()

    assert viewer(app)["views"][1]["url"] != before["views"][1]["url"]
    assert viewer(app)["stale"]  # it takes a moment until sliders count as resting
    assert transcript(app) is None
    read(app)
    assert viewer(app)["revision"] != before["revision"]
    assert transcript(app) == FOX


def check_boxes(app):
    """Fail if boxes do not lie alike on the scan and on the prepared page."""
    scan, prepared = viewer(app)["views"]
    assert (scan["size"], prepared["size"]) == ([640, 200], [740, 300])
    assert prepared["quads"] == [number + 50 for number in scan["quads"]]
    words = app.session_state.session.readings.find(*shown(app)).result().rows
    left, top, width, height = words[0][4:8]
    right, bottom = left + width, top + height
    assert scan["quads"][:8] == [left, top, right, top, right, bottom, left, bottom]


@reads
def test_what_to_know_of_a_page_stands_above_its_text(app):
    jpeg = Image.open(io.BytesIO(png(FOX)), formats=["PNG"]).convert("L")
    upload(app, fox__jpg=saved(jpeg, "JPEG")[:-2])

    read(app)

    assert transcript(app) == FOX
    assert [each.value for each in app.info] == [
        "The end of the file is missing; the picture itself is whole\\."
    ]


def shown(app):
    """Return the page and the settings that are on the screen."""
    [ref] = app.session_state.session.refs().values()
    return PageRef(ref.path, 1, ref.doc_id, ref.source_file), app.session_state.settings


@reads
def test_several_documents_wait_in_the_list_and_each_can_be_chosen(app):
    upload(app, fox__png=png(FOX), two__pdf=scanned_pdf(JUGS, SPHINX))
    assert app.selectbox(key="document").options == ["fox.png", "two.pdf · 2 pages"]
    assert transcript(read(app)) == FOX

    app.selectbox(key="document").select_index(1).run()
    assert transcript(read(app)) == JUGS
    turn_the_page(app)
    assert transcript(read(app)) == SPHINX

    button(app, "Remove").click().run()
    assert app.selectbox(key="document").options == ["fox.png"]
    assert transcript(read(app)) == FOX


def turn_the_page(app):
    """Words of the page before are never shown over another."""
    before = viewer(app)

    app.get_by_key("page").set_value(2).run()

    after = viewer(app)
    assert after["views"][0]["url"] != before["views"][0]["url"]
    assert after["stale"] or after["texts"] == SPHINX.split()
    assert "jugs" not in (transcript(app) or "")


def test_a_page_without_text_is_called_blank(app):
    upload(app, blank__png=png(""))

    rerun_until(app, lambda app: "blank" in shown_text(app))

    assert viewer(app)["texts"] == []


def test_a_broken_file_gets_a_sentence_and_the_others_still_work(app):
    upload(
        app,
        note__png=b"nothing",
        empty__png=b"",
        locked__pdf=locked_pdf(),
        false__pdf=b"%PDF-1.4 and then nothing",
        cut__png=CUT,
    )
    sentences = {
        "⚠ note.png": "note.png is not an image or PDF",
        "⚠ empty.png": "empty.png is empty",
        "⚠ locked.pdf": "protected by a password",
        "⚠ false.pdf": "is damaged",
        "cut.png": "cut.png is damaged",
    }
    uploads = app.session_state.session.uploads.values()
    documents = app.selectbox(key="document")
    assert documents.options == list(sentences)
    assert documents.index == 4  # the one that opened

    for index, sentence in enumerate(sentences.values()):
        app.selectbox(key="document").select_index(index).run()

        [error] = app.error
        assert sentence in error.value.replace("\\", "")
        assert not any(each.path.name in error.value for each in uploads)
        assert viewer(app) is None
        assert not app.exception

    upload(app, blank__png=png(""))

    rerun_until(app, lambda app: "blank" in shown_text(app))


def test_hostile_names_stay_text(app):
    names = [name for name in NAMES if "." in name[1:]]

    give(app, dict.fromkeys(names, b"nothing"))

    session = app.session_state.session
    uploads = list(session.uploads.values())
    documents = app.selectbox(key="document")
    assert documents.options == [f"⚠ {each.label}" for each in uploads]
    assert len(uploads) == len(names)
    for index, each in enumerate(uploads):
        app.selectbox(key="document").select_index(index).run()

        assert not app.exception
        assert each.path.parent == session.project.paths.files
        [error] = app.error
        assert error.value == plain(each.error).strip()


def test_plain_leaves_no_markdown_alive():
    assert plain("**b** [a](u) <i> :red[x] $y$ `c` # h") == (
        r"\*\*b\*\* \[a\]\(u\) \<i\> \:red\[x\] \$y\$ \`c\` \# h"
    )
    assert plain("two\nlines\x1b and a\u202e turn") == "two lines  and a  turn"
    assert plain("The quick brown fox") == "The quick brown fox"


# The knobs


def test_every_knob_has_a_widget_with_its_help(app):
    for name, declared in KNOBS.items():
        widget = knob(app, name)

        assert widget.label == declared.label
        assert widget.help == declared.help


def test_a_slider_has_the_bounds_of_its_knob(app):
    slider = knob(app, "angle")

    assert (slider.min, slider.max, slider.step, slider.value) == (-45, 45, 0.1, 0)


def test_a_knob_without_effect_is_disabled_until_it_has_one(app):
    assert knob(app, "scale_factor").disabled
    assert not knob(app, "angle").disabled

    knob(app, "scale").set_value("on").run()

    assert not knob(app, "scale_factor").disabled


def test_reset_undoes_all_changes(app):
    knob(app, "margin").set_value(20).run()
    knob(app, "psm").set_value(6).run()
    assert app.session_state.settings.flat()["margin"] == 20

    app.button(key="reset").click().run()

    assert app.session_state.settings == Settings()
    assert app.button(key="reset").disabled


def test_settings_survive_a_visit_to_the_other_page(app):
    knob(app, "margin").set_value(20).run()

    app.switch_page("views/batch.py").run()
    app.switch_page("views/workbench.py").run()

    assert knob(app, "margin").value == 20


# Reading all


def test_read_all_without_documents_points_to_the_workbench(app):
    app.switch_page("views/batch.py").run()

    assert "no documents yet" in app.info[0].value


@reads
def test_read_all_reads_every_page_and_says_what_failed(app):
    upload(
        app,
        fox__png=png(FOX),
        note__png=b"nothing",
        cut__png=CUT,
        two__pdf=scanned_pdf(JUGS, SPHINX),
    )
    knob(app, "margin").set_value(5).run()

    app.button(key="read_all").click().run()
    assert not app.exception
    run = app.session_state.session.run
    rerun_until(app, lambda app: not run.busy and app.warning)

    assert [(each.ref.doc_id, each.ref.number) for each in run.results] == [
        ("fox", 1),
        ("note", 0),
        ("cut", 1),
        ("two", 1),
        ("two", 2),
    ]
    assert "Read 3 pages in" in app.warning[0].value
    assert "Not read: 2;" in app.warning[0].value
    failures = app.dataframe[0].value
    assert failures["document"].tolist() == ["note.png", "cut.png"]
    assert failures["why"][0].startswith("note.png is not an image or PDF")
    assert failures["why"][1].startswith("cut.png is damaged")
    results = results_of(app.session_state.session)
    assert {each.settings["margin"] for each in results} == {5}
    text = FORMATS["txt"]
    assert exported(results, text) == f"{FOX}\n\n{JUGS}\n\n{SPHINX}\n".encode()


def test_a_run_that_is_cancelled_is_reported_and_can_be_started_again(app, monkeypatch):
    monkeypatch.setattr("ocr_core.execution.batch.recognize_page", tasks.hang_at)
    monkeypatch.setattr("app.session.page_jobs.recognize_page", tasks.hang_at)
    monkeypatch.setattr(page_readings, "READ", PageJobs(pools.page_pool, 1))
    upload(app, fox__png=png(FOX))

    app.button(key="read_all").click().run()
    assert app.progress or app.button(key="stop")
    app.button(key="stop").click().run()
    run = app.session_state.session.run
    rerun_until(app, lambda app: not run.busy and app.warning)

    assert app.warning[0].value.startswith("Cancelled.")
    assert "0 pages" in app.warning[0].value
    assert not app.button(key="start").disabled


def test_a_reading_that_is_cancelled_waits_until_it_is_asked_for_again(
    app, monkeypatch
):
    with monkeypatch.context() as slow:
        slow.setattr("app.session.page_jobs.recognize_page", tasks.hang_at)
        slow.setattr(page_readings, "READ", PageJobs(pools.page_pool, 1))
        upload(app, blank__png=png(""))
        rerun_until(app, lambda app: any(each.key == "cancel" for each in app.button))

        app.button(key="cancel").click().run()

    assert "Cancelled." in shown_text(app)
    assert "Cancelled." in shown_text(app.run())
    app.button(key="again").click().run()
    rerun_until(app, lambda app: "blank" in shown_text(app))


# Downloads


@pytest.mark.parametrize("name", list(FORMATS))
def test_a_download_is_what_the_command_line_would_write(tmp_path, name):
    word = Word(1, 1, 1, 1, 5, 6, 70, 8, 91.5, '=fox,"')
    pages = []
    for path in (tmp_path / "fox.png", tmp_path / "second.png"):
        path.write_bytes(png(FOX))
        pages.append(PageResult(PageRef(str(path)), (word,), (640, 200)))
    file, offered = io.BytesIO(), io.BytesIO()

    FORMATS[name].write(pages, file)
    write_pages(pages, offered, FORMATS[name], ExportOptions())

    assert offered.getvalue() == file.getvalue() != b""


def test_parquet_is_offered_beside_each_table_and_a_workbook_for_excel():
    offered = offered_formats()

    labels = [LABELS[name] for name in offered]
    assert labels[:2] == ["Corpus (corpus.csv)", "Corpus (Parquet)"]
    assert {"Words (Parquet)", "Pages (Parquet)", "Excel (xlsx)"} <= {*labels}
    assert {*FORMATS} - {*offered} == {"parquet"}  # that of the words
    assert offered["words.parquet"].media == FORMATS["parquet"].media


@reads
def test_the_app_reads_what_the_library_reads(session, tmp_path):
    path = tmp_path / "fox.png"
    path.write_bytes(png(FOX))
    session.add("a", "fox.png", png(FOX))
    run = session.read_all(Settings())
    until(lambda: not run.busy)

    words = FORMATS["words"]
    here = recognize_page(PageRef(str(path)), Settings())

    assert exported(results_of(session), words) == exported([here], words)
