"""What steps say: a sentence without figures for each thing that a step does."""

import pytest

from app.workbench.step_words import DEEDS, KEPT_READINGS, REASONS, decided, step_words
from ocr_core.messages import Message
from ocr_core.page import StepReport
from ocr_core.second_opinion import CANDIDATES
from tests.support.translations import calls, template

FIGURES = {"degrees": 6.4, "factor": 2.0, "letters": 11.0, "px": 20, "beside": 0.92}


def reports_of_the_library():
    """Return the step and the deed of each report, where both are written out."""
    found = set()
    for _, name, call in calls("ocr_core"):
        if name == "StepReport":
            step, deed = template(call.args[0]), [*call.args[2:3]] or [None]
            if step:
                found.add((step, template(deed[0]) if deed[0] else ""))
    return sorted((step, deed) for step, deed in found if deed is not None)


def test_each_step_has_a_sentence_for_what_it_does_and_why():
    reports = reports_of_the_library()
    assert reports
    for step, deed in reports:
        sentence = step_words(StepReport(step, FIGURES, deed))

        assert sentence.endswith("."), (step, deed)
        assert "0.92" not in sentence, (step, deed)
        if deed == "undone":
            assert "undo" in sentence or "undid" in sentence, step
        elif deed:
            assert decided(f"{step} {deed}", FIGURES) in DEEDS
        else:
            assert step in REASONS or step in ("language", "imported")


@pytest.mark.parametrize(
    ("report", "sentence"),
    [
        (
            StepReport("deskew", {"degrees": -6.41, "clear": 9.0}, "straightened"),
            "Turned 6.4°: the lines were slanted.",
        ),
        (StepReport("deskew", {"degrees": 0.1}), "Left alone: the lines are level."),
        (
            StepReport("rotate", {"degrees": 90, "beside": 0.1}, "turned"),
            "Turned by 90°: the text was not upright.",
        ),
        (
            StepReport("rotate", {"degrees": 0, "angle": 2.5}, "turned"),
            "Turned by 2.5°, as set.",
        ),
        (
            StepReport("scale", {"letters": 11.2, "factor": 2.3}, "scaled"),
            "Enlarged 2.3 times: letters of 11 px are small.",
        ),
        (
            StepReport("light", {}, "flattened, cleared"),
            "Evened out the light: it was uneven. Cleared the paper: it is rough "
            "beside pale ink.",
        ),
        (
            StepReport("text layer", {"characters": 9, "reason": "hidden"}),
            "Did not take the text of the PDF: it is hidden, as of an earlier OCR.",
        ),
        (StepReport("denoise", {}, "bilateral"), "Smoothed, as set."),
        (
            StepReport("crop", {}, "undone"),
            "Tried, and undone: less of the text could be read.",
        ),
        (StepReport("new step", {}, "did something"), "Did something."),
        (
            StepReport("scale", {}, "scaled"),
            "Scaled.",
        ),
    ],
)
def test_sentences_say_why(report, sentence):
    assert step_words(report) == sentence


@pytest.mark.parametrize("name", ["first", "fraktur", *CANDIDATES])
def test_the_reading_that_was_kept_is_named_in_words(name):
    report = StepReport("second opinion", {name: 0.9}, Message("kept {0}", name))

    assert step_words(report) == KEPT_READINGS[name]
