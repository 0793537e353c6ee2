"""The Evaluate screen: errors of a page beside its scan, and the audit of a corpus."""

import zipfile
from dataclasses import replace

import pytest

from app.evaluate.ground_truth import pages_of
from app.session import page_readings, pools
from app.session.page_jobs import PageJobs
from app.session.promised_files import PROMISED_FILES
from ocr_core.errors import OcrError
from ocr_core.evaluation.audit import filled_sheet, sheet_csv
from ocr_core.page import Word
from ocr_core.settings import Settings
from tests.support import tasks
from tests.support.app_driver import component, give, rerun_until, shown_text, upload
from tests.support.app_pages import FOX, png
from tests.support.corpus_pages import fill, page


def go(app, view="truth"):
    app.switch_page("views/evaluate.py").run()
    if view != "truth":
        app.segmented_control(key="evaluate_view").set_value(view).run()
    return app


def metrics(app):
    return {each.label: each.value for each in app.metric}


def test_without_a_document_the_way_to_one_is_shown(app):
    go(app)

    assert "no documents yet" in app.info[0].value


@pytest.mark.parametrize("shown", ["audit", "Prüfung", "Audit"])
def test_an_address_of_any_language_opens_the_same_part(app, shown):
    app.query_params["evaluate_view"] = shown

    go(app)

    assert app.get_by_key("evaluate_view").value == "audit"


@pytest.mark.needs_tesseract
def test_errors_of_a_page_are_counted_and_shown_on_its_scan(app):
    upload(app, fox__png=png(FOX))
    go(app)
    assert "Type or load the text" in app.info[0].value

    app.text_area[0].set_value(FOX.replace("brown", "crown")).run()
    rerun_until(app, lambda app: app.dataframe)

    [change] = [
        part
        for part in component(app, "truth_difference")["parts"]
        if "text" not in part
    ]
    assert change["first"] == [["c", True], ["rown", False]]
    assert change["second"] == [["b", True], ["rown", False]]
    assert metrics(app)["WER"] == f"{100 / len(FOX.split()):.2f} %"
    shown = component(app, "evaluate_viewer")
    marked = [
        text
        for text, conf in zip(shown["texts"], shown["confs"], strict=True)
        if not conf
    ]
    assert (marked, shown["marks"]) == (["brown"], True)
    [row] = app.dataframe[0].value.to_numpy().tolist()
    assert row[:3] == ["c", "b", 1]
    assert row[3].startswith("/page/")


@pytest.mark.parametrize(
    ("scan", "name", "wanted"),
    [
        ("fox.png", "fox.gt.txt", "crown fox"),
        ("fox.png", "FOX.GT.TXT", ""),
        ("fox.png", "wolf.gt.txt", ""),
        ("box/fox.png", "box/fox.gt.txt", "crown fox"),
        ("box/fox.png", "den/fox.gt.txt", ""),
    ],
)
def test_ground_truth_opened_with_its_scan_is_known(app, scan, name, wanted):
    give(app, {scan: png(""), name: b"crown fox"})
    listed = shown_text(app)

    go(app)

    assert app.text_area[0].value == wanted
    assert ("is ground truth without its scan" in listed) == (not wanted)


def test_ground_truth_is_kept_with_the_project(app):
    give(app, {"fox.png": png(""), "fox.gt.txt": b"crown fox"})
    del app.session_state["ground_truth"], app.session_state["ground_truth_path"]

    go(app)

    assert app.text_area[0].value == "crown fox"


def test_an_unreadable_ground_truth_is_listed_with_its_reason(app):
    give(app, {"fox.png": png(""), "fox.gt.txt": b"\xff\xfe\xff"})

    assert "is not UTF" in shown_text(app)
    assert len(app.session_state.session.uploads) == 2


@pytest.mark.needs_tesseract
def test_a_reading_is_cancelled_and_asked_for_again(app, monkeypatch):
    with monkeypatch.context() as slow:
        slow.setattr("app.session.page_jobs.recognize_page", tasks.hang_at)
        slow.setattr(page_readings, "READ", PageJobs(pools.page_pool, 1))
        upload(app, fox__png=png(FOX))
        go(app).text_area[0].set_value(FOX).run()
        rerun_until(app, lambda app: "Reading…" in shown_text(app))

        app.button(key="evaluate_cancel").click().run()

    assert "Cancelled." in shown_text(app)
    assert "Cancelled." in shown_text(app.run())
    app.button(key="evaluate_cancel").click().run()
    rerun_until(app, lambda app: app.success)


@pytest.mark.needs_tesseract
def test_ground_truth_stays_where_another_screen_is_looked_at(app):
    upload(app, fox__png=png(FOX))
    go(app)
    app.text_area[0].set_value(FOX).run()
    rerun_until(app, lambda app: app.success)

    app.switch_page("views/help.py").run()
    go(app)

    assert app.text_area[0].value == FOX
    assert "reads as its ground truth" in app.success[0].value


@pytest.mark.needs_tesseract
def test_what_counts_as_the_same_text_can_be_chosen(app):
    upload(app, fox__png=png(FOX))
    go(app)
    app.text_area[0].set_value(FOX.upper()).run()
    rerun_until(app, lambda app: app.metric)
    before = metrics(app)["CER"]

    app.segmented_control(key="normalization_letter_case").set_value("fold").run()

    assert before != "0.00 %"
    assert metrics(app)["CER"] == "0.00 %"


@pytest.mark.needs_tesseract
def test_a_confirmed_page_of_the_corpus_is_ground_truth_too(app):
    upload(app, fox__png=png(FOX))
    session = app.session_state.session
    go(app)
    rerun_until(app, lambda app: session.readings.done(Settings()))
    [job] = session.readings.done(Settings())
    sha256 = next(iter(session.uploads.values())).sha256
    page = job.ref.doc_id, 1

    def confirm(corpus):
        fill(corpus, replace(job, sha256=sha256))
        corpus.correct(*page, 2, "crown")
        corpus.confirm_page(*page)

    session.corpus_handle.ask(confirm)
    app.run()

    assert any("lines of this page" in each.value for each in app.caption)
    assert app.dataframe[0].value.to_numpy().tolist()[0][:3] == ["c", "b", 1]
    app.switch_page("views/compare.py").run()
    rerun_until(app, lambda app: "CER" in shown_text(app))


# The audit


@pytest.fixture
def corpus(app):
    """The app with a corpus of 12 lines."""
    rows = tuple(
        Word(1, 1, line, 1, 10, 12 * line, 60, 10, 90.0, f"harbour{line}")
        for line in range(1, 13)
    )
    app.session_state.session.begin("letters")
    app.session_state.session.corpus_handle.ask(
        lambda corpus: fill(corpus, page("a", rows=rows))
    )
    return go(app, "audit")


def test_without_a_corpus_the_way_to_one_is_shown(app):
    go(app, "audit")

    assert "no corpus yet" in app.info[0].value


def answer(app, text=None):
    field = app.text_input[0]
    if text is not None:
        field.set_value(text)
    next(b for b in app.button if b.label == "Confirm or correct").click()
    return app.run()


def test_lines_are_confirmed_or_corrected_until_the_corpus_is_known(corpus):
    corpus.button(key="draw_lines").click().run()
    assert metrics(corpus)["CER of the corpus"] == "–"
    first = corpus.text_input[0].value

    answer(corpus, f"{first}x")
    for _ in range(11):
        answer(corpus)

    assert "All lines" in corpus.success[0].value
    assert metrics(corpus)["Lines done"] == "12"
    # 9 lines of 8 characters and 3 of 9, one more in the one corrected: 1 / 100.
    assert metrics(corpus)["CER of the corpus"] == "1.00 %"
    assert "Cochran 1977" in corpus.code[0].value


def test_an_answer_can_be_undone(corpus):
    corpus.button(key="draw_lines").click().run()
    first = corpus.text_input[0].value
    answer(corpus, "wrong")

    corpus.button(key="audit_back").click().run()

    assert corpus.text_input[0].value in (first, "wrong")
    assert metrics(corpus)["Lines done"] == "0"
    assert "Line 1 of 12" in corpus.subheader[0].value


def test_a_line_that_is_hard_to_read_is_asked_for_at_the_end(corpus):
    corpus.button(key="draw_lines").click().run()
    hard = corpus.text_input[0].value

    corpus.button(key="audit_later").click().run()
    others = []
    for _ in range(11):
        others.append(corpus.text_input[0].value)
        answer(corpus)

    assert corpus.text_input[0].value == hard
    assert hard not in others
    assert "audit_later" not in {each.key for each in corpus.button}


def test_an_audit_is_begun_again(corpus):
    corpus.button(key="draw_lines").click().run()

    corpus.button(key="audit_anew").click().run()

    assert corpus.button(key="draw_lines")
    assert "drawn at random" in shown_text(corpus)


def test_an_audit_is_gone_on_with_after_a_reload(corpus):
    corpus.button(key="draw_lines").click().run()
    answer(corpus)
    second = corpus.text_input[0].value

    del corpus.session_state["audit"]  # a new tab has none of it
    corpus.run()

    assert metrics(corpus)["Lines done"] == "1"
    assert corpus.text_input[0].value == second


@pytest.mark.parametrize("later", [False, True])
def test_an_answer_given_in_another_tab_stays_and_confirms_no_other_line(corpus, later):
    corpus.button(key="draw_lines").click().run()
    path = corpus.session_state.session.project.paths.audit
    first, *others = filled_sheet(path.read_bytes())
    there = [*others, first] if later else [replace(first, truth="theirs"), *others]
    path.write_bytes(sheet_csv(there).encode())

    answer(corpus, "mine")  # of the first line, which is not asked any more

    assert filled_sheet(path.read_bytes()) == there
    answer(corpus, "second")
    found = {line.line_id: line.truth for line in filled_sheet(path.read_bytes())}
    assert found[first.line_id] == (None if later else "theirs")
    assert found[others[0].line_id] == "second"


def test_a_page_of_the_corpus_is_confirmed_and_that_is_taken_back(corpus):
    corpus.switch_page("views/corpus.py")
    corpus.query_params["doc"], corpus.query_params["page"] = "a", "1"
    corpus.run()
    handle = corpus.session_state.session.corpus_handle

    corpus.button(key="confirm_page").click().run()
    certain = handle.ask(lambda corpus: len(corpus.certain_texts("a", 1)))
    label = corpus.button(key="confirm_page").label
    corpus.button(key="confirm_page").click().run()

    assert (certain, label) == (12, "Take back the confirmation")
    assert handle.ask(lambda corpus: corpus.certain_texts("a", 1)) == {}
    assert corpus.button(key="confirm_page").label == "Confirm the page"


# Checked pages


def test_error_rates_are_grouped_by_metadata_with_intervals(corpus):
    handle = corpus.session_state.session.corpus_handle
    years = {"a": "1890", "b": "1890", "c": "1910"}
    digests = {f"digest of {name} 1": "harbour night" for name in "bc"}
    corpus.session_state["ground_truth"] = digests

    def prepare(corpus):
        fill(corpus, page("b", "barbour night"), page("c", "harbour night"))
        corpus.set_metadata({"year": years})
        corpus.confirm_page("a", 1)

    handle.ask(prepare)
    go(corpus, "checked")
    whole = corpus.dataframe[0].value
    corpus.selectbox(key="checked_by").select("year").run()
    by_year = corpus.dataframe[1].value

    # 1 error in the 110 characters of "a" (12 lines, 99 letters) and 2 times 13.
    assert whole.iloc[0, 1].startswith("0.74 % (")
    assert by_year["value"].tolist() == ["1890", "1910"]
    assert by_year["pages"].tolist() == [2, 1]
    assert by_year["CER (micro)"][0].startswith("0.81 % (")
    # The mean of 0 of 110 and 1 of 13.
    assert by_year["CER (macro)"][0].startswith("3.85 % (")
    assert by_year["WER (macro)"][1] == "0.00 %"


def test_it_is_said_that_no_page_is_checked(corpus):
    go(corpus, "checked")

    assert "no page yet" in corpus.info[0].value


# Ground truth in other forms


def test_ground_truth_is_read_from_text_and_from_hocr():
    hocr = (
        "<html><body><div class='ocr_page' title='bbox 0 0 99 99'><span "
        "class='ocr_line' title='bbox 0 0 99 20'><span class='ocrx_word' "
        "title='bbox 0 0 50 20'>old</span> <span class='ocrx_word' "
        "title='bbox 50 0 99 20'>harbour</span></span></div></body></html>"
    )

    with pytest.raises(OcrError, match="neither ALTO"):
        pages_of("a.gt.xml", b"<nonsense")
    assert pages_of("a.gt.txt", b"one\ftwo\f") == ["one", "two"]
    assert pages_of("a.gt.hocr", hocr.encode()) == ["old harbour"]
    with pytest.raises(OcrError, match="not UTF-8"):
        pages_of("a.gt.txt", b"\xff\xfe\xff")


# The report


def test_the_report_is_offered_with_the_audit(corpus):
    view = corpus.segmented_control(key="evaluate_view")
    view.set_value("report").run()
    assert "Audit the corpus first" in " ".join(each.value for each in corpus.caption)

    corpus.segmented_control(key="evaluate_view").set_value("audit").run()
    corpus.button(key="draw_lines").click().run()
    answer(corpus)
    corpus.segmented_control(key="evaluate_view").set_value("report").run()

    assert "Audit" not in " ".join(each.value for each in corpus.caption)
    [offered] = component(corpus, "report_files")["files"]
    assert offered["label"] == "Report (zip)"
    ready, _ = PROMISED_FILES.make(offered["url"].rpartition("/")[2])
    path, _ = PROMISED_FILES.take(ready)
    with zipfile.ZipFile(path) as file:
        text = file.read("report.md").decode()
        assert text.startswith("# letters\n") and "was not audited" not in text
        assert {"report.html", "report.md", "report.ipynb"} <= set(file.namelist())
