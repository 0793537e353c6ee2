"""Calibration: confidences of all engines on one scale, that of right words.

An engine's confidence is no probability, and no two engines mean the same by it. The
calibrated confidence is one: of the words with 80, about 80 of 100 are right, whichever
engine read them. It decides nothing about a page's words, which are chosen by the
engines' own confidences before.
"""

import re
from collections.abc import Sequence

import numpy as np

from ocr_core.page import StepReport, Word
from ocr_core.scripts import is_unspaced
from ocr_core.text.quality import needed_lexicons, word_kinds

SCALE = "2026-11"  # name of the scale: the month of the fit
# A logistic regression on 27 050 words of 172 pages: 50 scans and photos with ground
# truth, and 122 pages drawn in 24 languages and 12 scripts, clean or damaged in one of
# eight ways. `python -m benchmarks calibration` refits it. On pages left out, words are
# right as often as stated within 0.008 (mean gap over ten classes).
RAPID = "rapidocr"
KINDS = ("known", "short", "number", "mark", "name", "unknown", "odd")
COEFFICIENTS = {
    "constant": -1.362,
    "conf": 1.684,
    "rapid": 0.493,
    "rapid conf": -0.449,
    "alike": 0.916,
    "unlike": -0.588,
    "page": 0.281,
    "unspaced": 1.5,
    "unspaced letters": -0.94,
    "known": 1.053,
    "short": 0.337,
    "number": -0.339,
    "mark": -1.003,
    "name": -1.796,
    "unknown": -2.086,
    "odd": -1.322,
    # Set by hand: of 200 such numbers on 16 drawn pages 27 were right, although the
    # mean chance of their words was 0.8.
    "misread digits": -4.0,
}
# Arabic, Persian and Thai digits, which Tesseract mistakes for each other and is sure.
MISREAD = re.compile("[\u0660-\u0669\u06f0-\u06f9\u0e50-\u0e59]")


def calibrated(
    words: Sequence[Word], language: str, readings: Sequence[Sequence[Word]] = ()
) -> tuple[tuple[Word, ...], StepReport]:
    """Return words with calibrated confidences, and a report that names the scale.

    Parameters
    ----------
    words
        Words with the confidence and the name of the engine that read them.
    language
        Tesseract's codes, joined by +.
    readings
        The words of each engine, if two engines read the page.
    """
    if not words:
        return (), StepReport("calibration", {"conf_scale": SCALE})
    chances = right_chances(features(words, language, readings))
    found = tuple(
        word._replace(conf=conf, conf_engine=word.conf)
        for word, conf in zip(words, np.round(100 * chances, 2).tolist(), strict=True)
    )
    return found, StepReport("calibration", {"conf_scale": SCALE})


def right_chances(columns: dict[str, np.ndarray]) -> np.ndarray:
    """Return the probability of each word to be right, 0 to 1, from its features.

    It is a logistic regression; its coefficients are `COEFFICIENTS`.
    """
    odds = sum(COEFFICIENTS.get(name, 0.0) * column for name, column in columns.items())
    found: np.ndarray = 1 / (1 + np.exp(-np.asarray(odds, float)))
    return found


def features(
    words: Sequence[Word], language: str, readings: Sequence[Sequence[Word]] = ()
) -> dict[str, np.ndarray]:
    """Return what is known of each word, by name, as (N,) float arrays.

    The parameters are those of `calibrated`.
    """
    letters = np.array([float(len(word.text)) for word in words])
    confs = np.array([word.conf for word in words])
    conf = -np.log(1.005 - np.clip(confs, 0, 100) / 100)
    rapid = np.array([float(word.engine == RAPID) for word in words])
    unspaced = np.array([float(is_unspaced(word.text[:1])) for word in words])
    alike = read_alike(words, readings) if len(readings) > 1 else np.zeros(len(words))
    kinds = np.array(word_kinds(words, needed_lexicons(words, language)))
    return {
        "constant": np.ones(len(words)),
        "conf": conf,
        "rapid": rapid,
        "rapid conf": rapid * conf,
        "alike": np.maximum(alike, 0.0),
        "unlike": np.maximum(-alike, 0.0),
        "page": np.full(len(words), np.average(confs, weights=letters) / 10 - 9),
        "unspaced": unspaced,
        "unspaced letters": unspaced * np.log(letters),
        "misread digits": np.array([_is_misread(word) for word in words], float),
        **{kind: (kinds == kind).astype(float) for kind in KINDS},
    }


def _is_misread(word: Word) -> bool:
    """Return whether most characters are digits that the engine mistakes."""
    return word.engine != RAPID and 2 * len(MISREAD.findall(word.text)) > len(word.text)


def read_alike(words: Sequence[Word], readings: Sequence[Sequence[Word]]) -> np.ndarray:
    """Return 1 for each word that all readings have at its place, -1 for the others.

    0 if they have it from one engine, which was not asked again.
    """
    size = float(np.median([word.height for word in words]))
    cells = [
        {
            (engine, text, x + across, y + down)
            for engine, text, x, y in _cells(reading, size)
            for across in (-1, 0, 1)
            for down in (-1, 0, 1)
        }
        for reading in readings
    ]
    places = [{cell[1:] for cell in each} for each in cells]
    return np.array(
        [
            0.0
            if all(cell in each for each in cells)
            else 1.0
            if all(cell[1:] in each for each in places)
            else -1.0
            for cell in _cells(words, size)
        ]
    )


def _cells(words: Sequence[Word], size: float) -> list[tuple[str, str, int, int]]:
    """Return engine and text of each word and the cell that its middle lies in.

    The cells of the grid are as wide as words are high, `size` in pixels, and half as
    high.
    """
    boxes = np.array([word[4:8] for word in words], float).reshape(-1, 4)
    middles = (boxes[:, :2] + boxes[:, 2:] / 2) / [size, size / 2]
    cells = np.floor(middles).astype(int).tolist()
    return [
        (word.engine, word.text, *cell) for word, cell in zip(words, cells, strict=True)
    ]
