"""Second opinion: a page that reads badly is read again another way.

No engine and no recipe is the best for every page, and which one is shows only in
what it reads. So the first reading is judged without ground truth; where it is poor
others are tried, the likeliest first, and the one that should have most letters
right is kept. Where Tesseract and RapidOCR both read it, they vote on each word.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ocr_core.documents.notes import note
from ocr_core.engines import engine_named, installed_engines
from ocr_core.engines.alphabets import LETTERS, in_latin_letters
from ocr_core.engines.reading_order import has_columns
from ocr_core.errors import EngineError, LimitError, MissingEngineError
from ocr_core.messages import Message
from ocr_core.page import Note, Page, StepReport, Word
from ocr_core.settings import Settings
from ocr_core.text.quality import compared, mean_chance
from ocr_core.text.word_vote import voted

# Quality at which a first reading stands. Of 50 pages with ground truth 13 lay above
# it: twelve had less than 2 % errors, and only the other was read better by more
# than 0.02 another way.
GOOD = 0.93
# By how much another must score better: gains below it went with losses as often.
TIE = 0.005
# In Latin letters Tesseract's lines are kept where they score so many times as high: of
# 35 pages that it read poorly RapidOCR read 33 as well or better, one at a lower score.
FAVOUR = 1.1
RAPID = "rapidocr"
AS_SCANNED = {
    "flatten": "off",
    "contrast": "off",
    "denoise": "none",
    "binarize": "none",
    "scale": "off",
}
# What else to try, the likeliest first, and what it takes in times a first reading.
# RapidOCR read all but two of those below better; it wants the page straight, but not
# repainted. Tesseract's own turns are for where it is not installed.
CANDIDATES: dict[str, tuple[Mapping[str, Any], float]] = {
    "rapidocr": ({"engine": "rapidocr", **AS_SCANNED}, 5.0),
    "tesseract": ({"engine": "auto"}, 1.0),
    "as scanned": (AS_SCANNED, 1.0),
    "sauvola": ({"binarize": "sauvola"}, 1.0),
    "one block": ({"psm": 6}, 1.0),
    "sparse text": ({"psm": 11}, 1.0),
}
AGAIN = ("as scanned", "sauvola", "one block", "sparse text")
ACROSS = ("one block", "sparse text")  # these read straight across columns


@dataclass(frozen=True, eq=False)
class Attempt:
    """One reading of a page: its words on the page as scanned, and how it came about.

    `cpu` counts the seconds of processor time it took, child processes included.
    """

    rows: tuple[Word, ...]
    engine: str
    language_data: str
    prepared: Page
    reports: tuple[StepReport, ...]
    quality: float | None
    cpu: float
    notes: tuple[Note, ...] = ()


# Reads the page with other settings; None where nothing is other to the engine.
PageReader = Callable[[Settings], Attempt | None]


def second_opinion(
    first: Attempt, settings: Settings, read: PageReader
) -> tuple[Attempt, StepReport]:
    """Return the best reading of a page within the budget, and a note on the choice.

    Parameters
    ----------
    first
        What the settings made of it.
    settings
        Where `second_opinion` is auto, a good first reading stands.
    read
        Reads a page with other settings.
    """
    knobs = settings.recognition
    measured: dict[str, float | str] = {"quality": first.quality or 0.0}
    if knobs.second_opinion == "auto" and (first.quality or 0.0) >= GOOD:
        return first, StepReport("second opinion", measured)
    readings, failed, spent = {"first": first}, [], first.cpu
    for name, other in _others(first, settings):
        try:
            reading = read(other)
        except (EngineError, LimitError, MemoryError):
            failed.append(name)
            continue
        if reading:
            readings[name] = reading
            spent += reading.cpu
    scores = compared([reading.rows for reading in readings.values()], knobs.language)
    ranking = dict(zip(readings, scores, strict=True))
    best = _best(readings, ranking, knobs.language)
    kept = readings[best]
    rivals = [name for name in readings if _is_rapid(readings[name]) != _is_rapid(kept)]
    if rivals:
        rival = max(rivals, key=lambda name: ranking[name])
        kept, taken = _with_votes(kept, readings[rival], knobs.language)
        measured["taken"] = taken
    if (kept.quality or 0.0) < GOOD and _lacks_rapidocr(knobs.language):
        kept = replace(kept, notes=(*kept.notes, note("second-engine-missing")))
    measured |= {name: round(score, 3) for name, score in ranking.items()}
    measured["times"] = round(spent / max(first.cpu, 1e-3), 1)
    if failed:
        measured["failed"] = ", ".join(failed)
    return kept, StepReport("second opinion", measured, Message("kept {0}", best))


def _best(
    readings: Mapping[str, Attempt], ranking: Mapping[str, float], language: str
) -> str:
    """Name the reading that gives the lines; the first where none is much better."""
    favour = FAVOUR if in_latin_letters(language) else 1.0
    scores = {
        name: score * (favour if _is_rapid(readings[name]) else 1.0)
        for name, score in ranking.items()
    }
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] >= (1 + TIE) * scores["first"] else "first"


def _is_rapid(reading: Attempt) -> bool:
    return reading.engine.startswith(RAPID)


def _with_votes(kept: Attempt, rival: Attempt, language: str) -> tuple[Attempt, int]:
    """Return a reading with likelier words of a rival, and how many."""
    level = np.linalg.inv(kept.prepared.home)
    rows = voted(kept.rows, rival.rows, language, level)
    taken = len({word[4:] for word in rows} - {word[4:] for word in kept.rows})
    if not taken:
        return kept, 0
    before, after = (mean_chance(words, language) for words in (kept.rows, rows))
    quality = None if kept.quality is None else min(1.0, kept.quality * after / before)
    voters = kept, rival
    return replace(
        kept,
        rows=rows,
        engine=", ".join(voter.engine for voter in voters),
        language_data=", ".join(voter.language_data for voter in voters),
        quality=None if quality is None else round(quality, 4),
    ), taken


def _others(first: Attempt, settings: Settings) -> Iterator[tuple[str, Settings]]:
    """Yield what else to try, by name, as long as the budget allows for it."""
    flat = settings.flat()
    left = settings.recognition.opinion_budget - 1.0
    rapid = _is_rapid(first)
    names = ["tesseract"] if rapid else ["rapidocr", *AGAIN]
    if not rapid and has_columns(first.rows):
        names = [name for name in names if name not in ACROSS]
    for name in names:
        changes, times = CANDIDATES[name]
        if times <= left and _can_read({**flat, **changes}):
            left -= times
            yield name, Settings.from_flat({**flat, **changes})


def _lacks_rapidocr(language: str) -> bool:
    """Return whether RapidOCR could read a language, and is not installed."""
    known = all(code in LETTERS for code in language.split("+"))
    return known and "rapidocr" not in installed_engines()


def _can_read(flat: Mapping[str, Any]) -> bool:
    try:
        engine_named(flat["engine"]).language_data(flat["language"])
    except MissingEngineError:
        return False
    return True
