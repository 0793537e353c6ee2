"""The report: what it says holds, and its notebook makes the same tables."""

import lxml.html
import pandas as pd
import pytest

from ocr_core.corpus import Corpus
from ocr_core.corpus.group_corrections import Replacement
from ocr_core.corpus.pins import Chart
from ocr_core.errors import CorpusError, SettingsError
from ocr_core.evaluation.audit import drawn_sample, sheet_csv
from ocr_core.mining import Filter
from ocr_core.report.content import gathered, sections
from ocr_core.report.rendering import readable
from tests.support.notebooks import run_notebook
from tests.support.written_corpora import fill, page

SAILS = {"1890": "sails", "1900": "sails motors", "1910": "motors motors"}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "tide.sqlite"
    with Corpus(path, write=True) as corpus:
        for n, words in enumerate(SAILS.values()):
            # The outer lines differ: else they would be running heads.
            outer = "calm night", "grey dawn lifts", "storm"
            body = f"harbour {words} <b>NA</b>\nharbour tbe|60 fish null"
            text = f"{outer[n]}\n{outer[n - 1]}\n{body}\n{outer[n - 2]}\n{outer[n]}"
            fill(corpus, page(f"d{n} <i>", text, quality=0.9 - 0.1 * n))
        corpus.set_metadata({"year": {f"d{n} <i>": y for n, y in enumerate(SAILS)}})
        reading = corpus.tokens().page_infos[0].reading
        corpus.replace_forms([Replacement(reading, 7, "tbe", "the")], "tbe")
    return path


@pytest.fixture
def folder(shell, path, tmp_path):
    call = shell("report", path, "-o", tmp_path / "out")
    assert call.code == 0, call.err
    return tmp_path / "out"


def test_the_notebook_makes_the_tables_and_figures_of_the_report(
    folder, path, monkeypatch
):
    tables, drawn = run_notebook(folder, monkeypatch)
    with Corpus(path) as corpus:
        parts = sections(gathered(corpus, Filter(stop_words="drop")), [])
    made = {part.title: part for part in parts if part.code}

    for title in (
        "Quality",
        "Documents of the lowest quality",
        "Commonest words",
        "Trends by year",
    ):
        expected, found = made[title].table, tables[title]
        assert len(expected) and list(found.columns) == list(expected.columns)
        assert found.astype(str).to_numpy().tolist() == (
            expected.astype(str).to_numpy().tolist()
        )
    assert len(drawn) == 3 and all(each["data"]["values"] for each in drawn)


def test_counts_are_those_of_a_hand(folder):
    counts = pd.read_csv(folder / "data" / "counts.csv", keep_default_na=False)
    words = counts.groupby("term")["count"].sum().to_dict()

    # "the" is a stop word; tbe is left on two of three pages. NA stays a word.
    assert words["harbour"] == 6 and words["tbe"] == 2 and words["na"] == 3
    assert words["sails"] == 2 and words["motors"] == 3


def test_the_html_says_what_the_corpus_is_and_holds_no_markup_of_it(folder):
    text = (folder / "report.html").read_text("utf-8")
    tree = lxml.html.fromstring(text)

    titles = [each.text_content() for each in tree.iter("h2")]
    assert titles[:4] == ["Corpus", "Engines and recipes", "Errors", "Quality"]
    assert "Trends by year" in titles
    assert len(list(tree.iter("figure"))) == 3 and not list(tree.iter("i", "script"))
    assert "1 words are corrected, 1 of them together" in tree.text_content()
    assert "was not audited" in tree.text_content()
    rows = [[cell.text_content() for cell in row] for row in tree.iter("tr")]
    assert ["documents", "3"] in rows
    [read_by] = [row for row in rows if row[0].startswith("marks")]
    assert read_by[:2] == ["marks 1.0", "0" * 16]


def test_markdown_links_to_its_figures(folder):
    text = (folder / "report.md").read_text("utf-8")

    for name in ("quality.svg", "words.svg", "trends.svg"):
        assert f"]({name})" in text and "<svg" in (folder / name).read_text("utf-8")
    assert "d0 \\<i\\>" in text


def test_an_audit_is_part_of_the_report(shell, path, tmp_path):
    with Corpus(path) as corpus:
        sample = drawn_sample(corpus.results(), 6)
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(sheet_csv(sample).replace(",,\r\n", ",=,\r\n"), "utf-8")

    shell("report", path, "-o", tmp_path / "out", "--audit", sheet, "--title", "Tide")

    text = (tmp_path / "out" / "report.md").read_text("utf-8")
    assert text.startswith("# Tide\n")
    assert "lines) is estimated at 0.00 %" in text


def test_a_pinned_table_has_its_section_its_figure_and_its_cells(
    path, tmp_path, shell, monkeypatch
):
    table = pd.DataFrame({"term": ["NA", "<b>"], "share": [0.5, None], "n": [2, 1]})
    with Corpus(path, write=True) as corpus:
        corpus.pin(" A  *name* ", table, "Counted by hand.", Chart("bar", "n", "term"))
        with pytest.raises(SettingsError, match="needs a name"):
            corpus.pin(" ", table, "")

    shell("report", path, "-o", tmp_path / "out")

    tables, drawn = run_notebook(tmp_path / "out", monkeypatch)
    found = tables["A \\*name\\*"]
    assert found["term"].tolist() == ["NA", "<b>"]
    assert found["share"].isna().tolist() == [False, True]
    assert drawn[-1]["data"]["values"][0] == {"term": "NA", "share": 0.5, "n": 2}
    assert "<b>" not in (tmp_path / "out" / "report.html").read_text("utf-8")
    assert (tmp_path / "out" / "pinned_1.svg").exists()


@pytest.mark.parametrize(
    ("number", "found"),
    [
        (114811.3646949231, 114811),
        (0.0739921075, 0.07399),
        (-12.34567, -12.35),
        (0.0, 0.0),
        (1e-9, 1e-9),
    ],
)
def test_a_number_in_a_table_is_readable(number, found):
    assert readable(number) == found


def test_a_stored_figure_that_no_view_makes_is_refused(path):
    table = pd.DataFrame({"term": ["a"], "n": [1]})
    with Corpus(path, write=True) as corpus:
        corpus.pin("Image", table, "", Chart("image", "n", "term"))
        with pytest.raises(CorpusError):
            corpus.pins()
        corpus.unpin(1)
        assert corpus.pins() == []


def test_an_empty_corpus_and_a_file_in_the_way_are_met(shell, tmp_path):
    with Corpus(tmp_path / "c.sqlite", write=True):
        pass
    (tmp_path / "file").write_text("")

    assert shell("report", tmp_path / "c.sqlite", "-o", tmp_path / "file").code == 5
    call = shell("report", tmp_path / "c.sqlite", "-o", tmp_path / "out")
    assert call.code == 3 and "holds no page" in call.err
