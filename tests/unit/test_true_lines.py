"""True lines: what people audited or confirmed is ground truth for other readings."""

import json
from dataclasses import replace

import numpy as np
import pytest

from ocr_core.corpus import Corpus
from ocr_core.corpus.group_corrections import Replacement
from ocr_core.evaluation.audit import drawn_sample, sheet_csv
from ocr_core.evaluation.recalibration import (
    CheckedPage,
    corpus_recalibration,
    recalibrated,
)
from ocr_core.evaluation.scoring import scored_pages
from ocr_core.evaluation.true_lines import (
    TrueLine,
    confirmed_lines,
    known_lines,
    text_at,
)
from ocr_core.page import Word
from ocr_core.text.evaluate import Normalization
from tests.support.corpus_pages import fill, page


def line(number, text, left=10):
    return tuple(
        Word(1, 1, number, position, left + 50 * n, 30 * number, 40, 20, 90.0, word)
        for n, (position, word) in enumerate(enumerate(text.split(), 1))
    )


TWO = (*line(1, "the old harbour"), *line(2, "in the year"))


def test_only_lines_whose_every_word_is_certain_are_known():
    found = confirmed_lines(TWO, {0: "the", 1: "", 2: "harbor", 3: "in"})

    # The box is that of all three words: 10 to 10 + 2 * 50 + 40.
    assert found == [TrueLine(10, 30, 140, 20, "the harbor")]


def test_another_reading_is_compared_by_its_words_inside_the_box():
    known = [TrueLine(10, 30, 140, 20, "the old harbour")]
    # Other block and line numbers, and a word of the next line.
    other = (*line(7, "tbe"), *line(9, "year"))
    moved = [word._replace(top=top) for word, top in zip(other, (33, 60), strict=True)]

    assert text_at(moved, known) == "tbe"
    assert text_at((), known) == ""


def test_pages_without_ground_truth_are_scored_in_their_known_lines():
    read = page("a", rows=TWO)
    known = {("a", 1): [TrueLine(10, 30, 140, 20, "the odd harbour")]}

    [score] = scored_pages([read, page("b")], {}, Normalization(), known)

    assert (score.doc_id, score.page_num) == ("a", 1)
    assert score.score.character_errors == 1  # "old" for "odd"
    assert score.score.characters == 15


@pytest.fixture
def corpus(tmp_path):
    with Corpus(tmp_path / "c.sqlite", write=True) as corpus:
        fill(corpus, page("a", rows=TWO, quality=0.8), page("b", "one two"))
        yield corpus


def test_a_page_is_confirmed_and_that_is_taken_back(corpus):
    corpus.correct("a", 1, 0, "The")

    assert corpus.confirm_page("a", 1) == 5
    assert corpus.confirm_page("a", 1) == 0
    assert corpus.checked() == [("a", 1)]
    assert [each.text for each in known_lines(corpus)["a", 1]] == [
        "The old harbour",
        "in the year",
    ]
    assert corpus.page("a", 1).conf_mean == 100
    assert corpus.read_qualities()["a", 1] == 0.8 < corpus.page("a", 1).quality

    corpus.unconfirm_page("a", 1)

    assert corpus.certain_texts("a", 1) == {0: "The"}
    assert known_lines(corpus) == {}


def test_what_a_group_corrected_is_known_only_once_the_page_is_confirmed(corpus):
    places = [Replacement(1, n, "old", "odd") for n in range(6)]
    assert corpus.replace_forms(places, "old → odd") == 1
    assert corpus.page("a", 1).rows[1].text == "odd"

    assert corpus.certain_texts("a", 1) == known_lines(corpus) == {}

    assert corpus.confirm_page("a", 1) == 6
    assert known_lines(corpus)["a", 1][0].text == "the odd harbour"

    corpus.unconfirm_page("a", 1)

    assert corpus.certain_texts("a", 1) == {}
    assert corpus.page("a", 1).rows[1].text == "odd"


def test_a_line_both_audited_and_confirmed_counts_once(corpus):
    sample = drawn_sample(corpus.results(), 9)
    audit = [replace(each, truth=each.read) for each in sample]
    corpus.confirm_page("a", 1)

    found = known_lines(corpus, audit)

    assert {position: len(lines) for position, lines in found.items()} == {
        ("a", 1): 2,
        ("b", 1): 1,
    }


# Recalibration


def checked(bias, count=10, seed=1):
    """Pages whose quality is wrong by a constant in log-odds, with their errors."""
    random = np.random.default_rng(seed)
    right = random.beta(40, 3, count)
    quality = 1 / (1 + (1 - right) / right * np.exp(-bias))
    errors = random.binomial(1500, 1 - right)
    return [
        CheckedPage(float(q), 1500, int(e))
        for q, e in zip(quality, errors, strict=True)
    ]


@pytest.mark.parametrize("bias", [1.2, -1.0])
def test_ten_checked_pages_halve_the_error_of_a_biased_quality(bias):
    fit = recalibrated(checked(bias))
    rest = checked(bias, 200, seed=2)

    quality = np.array([each.quality for each in rest])
    right = np.array([each.right for each in rest])

    before = np.abs(quality - right).mean()
    after = np.abs(fit.applied(quality) - right).mean()
    assert after < before / 2
    assert fit.helps and fit.error_after < fit.error_before / 2


def test_too_few_pages_fit_nothing():
    assert recalibrated(checked(1.0, 4)) is None


def test_checked_pages_of_a_corpus_are_fitted_and_reported(tmp_path, shell):
    path = tmp_path / "c.sqlite"
    with Corpus(path, write=True) as corpus:
        for number in range(8):
            rows = line(1, "tbe old harhour in tlie year")
            fill(corpus, page(f"d{number}", rows=rows, quality=0.98))
            for word, text in ((0, "the"), (2, "harbour"), (4, "the")):
                corpus.correct(f"d{number}", 1, word, text)
            corpus.confirm_page(f"d{number}", 1)
        fit = corpus_recalibration(corpus)

    # 4 errors in the 27 characters of each page.
    assert (fit.pages, fit.characters) == (8, 8 * 27)
    assert fit.error_before == pytest.approx(4 / 27 - 0.02)
    assert fit.helps
    shell("report", path, "-o", tmp_path / "out")
    text = (tmp_path / "out" / "report.md").read_text("utf-8")
    assert "## Fitted quality" in text


# The commands


@pytest.fixture
def sheet(shell, inline_pool, marked_file, tmp_path):
    """An audit of what was read of a scan, with one word corrected."""
    path = tmp_path / "marked.sqlite"
    shell("batch", marked_file, "--corpus", path)
    with Corpus(path) as corpus:
        sample = drawn_sample(corpus.results(), 9)
    audit = [
        replace(each, truth=each.read.replace("mark3", "park3")) for each in sample
    ]
    found = tmp_path / "filled.csv"
    found.write_text(sheet_csv(audit), encoding="utf-8")
    return found


def test_audited_lines_are_ground_truth_of_the_commands(
    shell, inline_pool, marked_file, sheet
):
    call = shell("evaluate", marked_file, "--checked", sheet, "--json")
    alike = shell(
        *("compare", "default", "psm=6", "--on", marked_file),
        *("--checked", sheet, "--json"),
    )
    tuned = shell("tune", marked_file, "--checked", sheet, "--budget", 5, "--json")

    found = json.loads(call.out)
    assert found["summary"]["total"]["character_errors"] == 1
    assert json.loads(alike.out)["recipes"][0]["cer"] > 0
    assert json.loads(tuned.out)["recommended"] is False


def test_a_confirmed_page_of_a_corpus_is_ground_truth_too(
    shell, inline_pool, marked_file, sheet, tmp_path
):
    path = tmp_path / "marked.sqlite"
    with Corpus(path, write=True) as corpus:
        corpus.correct("marked", 1, 0, "bark1")
        corpus.confirm_page("marked", 1)

    call = shell("evaluate", marked_file, "--checked", path, "--json")

    assert json.loads(call.out)["summary"]["total"]["character_errors"] == 1
    missing = shell("evaluate", marked_file, "--checked", tmp_path / "none.sqlite")
    assert missing.code == 3 and "does not exist" in missing.err
