"""Calibrated confidences: one scale for all engines, and no other change."""

import numpy as np
import pytest

from benchmarks.calibration import ReadPage, judged
from ocr_core.page import Word
from ocr_core.text.calibration import (
    COEFFICIENTS,
    calibrated,
    features,
    read_alike,
    right_chances,
)
from ocr_core.text.quality import read_quality

ENGINES = ["tesserocr", "rapidocr"]


def word(text="sample", conf=90.0, engine="tesserocr", left=0, top=0):
    return Word(1, 1, 1, 1, left, top, 20 * len(text), 30, conf, text, engine=engine)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("text", ["sample", "城市与港口", "7.50", "x%&"])
def test_a_surer_word_of_an_engine_stays_the_surer_one(engine, text):
    others = [word(conf=90) for _ in range(50)]  # the mean of the page hardly moves

    confs = [
        calibrated([word(text, conf, engine), *others], "eng")[0][0].conf
        for conf in range(0, 101, 5)
    ]

    assert confs == sorted(confs)
    assert 0 <= confs[0] < confs[-1] <= 100


def test_only_the_confidence_changes_and_the_engines_own_is_kept():
    words = [word("one", 96.5), word("two", 31.25, left=100)]

    found, report = calibrated(words, "eng")

    assert [each._replace(conf=0, conf_engine=None) for each in found] == [
        each._replace(conf=0) for each in words
    ]
    assert [each.conf_engine for each in found] == [96.5, 31.25]
    assert report.measured["conf_scale"]


@pytest.mark.parametrize("number", ["٥٦", "۱۹۸۷", "๕๖.๓๐"])
def test_numbers_that_tesseract_misreads_are_doubtful(number):
    """It is sure of them: on drawn pages 27 of 200 were right."""
    words = [word(number, 95), word("5630", 95), word("५६.३०", 95), word("៥៦.៣០", 95)]

    found, _ = calibrated(words, "eng")

    assert found[0].conf < 50 < min(each.conf for each in found[1:])
    assert calibrated([word(number, 95, "rapidocr")], "eng")[0][0].conf > 50


def test_a_page_without_words_has_none():
    assert calibrated([], "eng")[0] == ()


def test_a_word_that_two_engines_read_alike_is_surer():
    alone = word("river", 80)
    once, _ = calibrated([alone], "eng")
    alike, _ = calibrated([alone], "eng", [[alone], [word("river", 60, "rapidocr")]])
    unlike, _ = calibrated([alone], "eng", [[alone], [word("rivcr", 99, "rapidocr")]])

    assert unlike[0].conf < once[0].conf < alike[0].conf


def test_words_are_alike_only_at_their_own_place():
    here = [word("the", left=0), word("the", left=400), word("cat", top=200)]
    there = [
        word("the", engine="rapidocr", left=4),
        word("cat", engine="rapidocr", top=300),
    ]

    assert read_alike(here, [here, there]).tolist() == [1, -1, -1]


def test_a_word_that_was_not_read_again_counts_as_read_once():
    here = [word("the"), word("old", left=100)]
    there = [word("the", left=4), word("old", left=100, engine="rapidocr")]

    assert read_alike(here, [here, there]).tolist() == [0, 1]


def test_the_chance_is_that_of_the_logistic_regression():
    columns = features([word("7.50", 90)], "eng")
    conf = -np.log(1.005 - 0.9)  # 2.254; the page's mean of 90 adds nothing
    odds = sum(
        COEFFICIENTS[name] * value
        for name, value in {"constant": 1, "conf": conf, "number": 1}.items()
    )

    assert right_chances(columns) == pytest.approx([1 / (1 + np.exp(-odds))])


def test_a_wrong_word_has_two_wrong_letters_or_all_of_its_own():
    words = [
        word("abcdefgh")._replace(conf=50.0, conf_engine=90.0),
        word("a")._replace(conf=50.0, conf_engine=90.0),
    ]

    # 8 letters: half a chance of 2 wrong ones; 1 letter: half a chance of 1.
    assert read_quality(words, share=1.0) == pytest.approx(1 - (1 + 0.5) / 9, abs=1e-4)
    assert read_quality(words, share=0.5) == pytest.approx(7.5 / 18, abs=1e-4)


def page_of(script, engine, right):
    """Return a page of words of four letters, as the benchmark of calibration reads."""
    each = [4.0] * len(right), right, {"constant": [1.0] * len(right)}
    confs, error = [80.0 + len(right)] * len(right), right.count(False) / len(right)
    names = f"{script}.png", script[:3].lower(), script, "drawn"
    return ReadPage(*names, error, 1.0, [engine] * len(right), confs, *each)


def test_the_calibration_error_is_told_by_engine_and_script():
    """Of ten words stated to be right nine times in ten, eight are; of two, one is."""
    latin = page_of("Latin", "tesserocr", [True] * 8 + [False] * 2)
    greek = page_of("Greek", "rapidocr", [True, False])

    lines = judged([latin, greek], np.array([0.9] * 10 + [0.5] * 2)).splitlines()

    found = {line.split()[0]: line.split()[1:] for line in lines[1:7]}
    assert found["Latin"] == found["tesserocr"] == ["10", "0.800", "0.900", "0.100"]
    assert found["Greek"] == found["rapidocr"] == ["2", "0.500", "0.500", "0.000"]
    assert found["all"][-1] == "0.083"  # 10 · 0.1 / 12
