"""Word boxes are in pixels of the page as scanned, whatever the settings."""

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ocr_core.page import Page, PageRef
from ocr_core.pipeline import recognize_page
from ocr_core.settings import Settings
from tests.support.marks import MARKS, MarksEngine, marked_image
from tests.support.strategies import EVERY, values_of

MOVERS = {"turn", "crop", "deskew", "scale", "margin"}


def readable(flat):
    """Keep the marks large enough to be found, and the page small enough to be fast."""
    if flat.get("scale_factor"):
        flat["scale_factor"] = min(max(flat["scale_factor"], 0.5), 2.5)
    return flat


def steps(sections=None):
    """Draw values for the knobs of some steps, or of all."""
    wanted = {
        knob.name: values_of(knob)
        for knob in EVERY
        if knob.section != "recognition"
        and knob.section in (sections or [knob.section])
    }
    return st.fixed_dictionaries({}, optional=wanted).map(readable)


@pytest.fixture(autouse=True, scope="module")
def engine():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ocr_core.engines.engine_named", lambda name: MarksEngine())
        yield


def read(flat, image=None):
    page = Page(marked_image() if image is None else image, PageRef("marked.png"))
    return recognize_page(page, Settings.from_flat(flat))


def photograph():
    """Draw the marked sheet at twice its size, rotated on a dark table; return its
    marks."""
    sheet = np.kron(marked_image(), np.ones((2, 2), np.uint8))
    corners = np.array([[0, 0], [480, 0], [480, 360], [0, 360]], np.float32)
    seen = np.array([[70, 60], [540, 45], [560, 420], [55, 405]], np.float32)
    lean = cv2.getPerspectiveTransform(corners, seen)
    photo = cv2.warpPerspective(sheet, lean, (620, 480), borderValue=(30,) * 3)
    boxes = np.array(MARKS, float) * 2
    centres = np.column_stack([middles(boxes), np.ones(len(boxes))]) @ lean.T
    return photo, centres[:, :2] / centres[:, 2:]


def misplaced(result):
    """Return the boxes that hold no mark, and the marks that no box holds.

    The box of a tilted page becomes the upright box around it on the scan, so it may be
    larger than its mark; its middle stays.
    """
    boxes = np.array([word[4:8] for word in result.rows], float).reshape(-1, 4)
    marks = np.array(MARKS, float)
    far = np.abs(middles(boxes)[:, None] - middles(marks)[None]).max(axis=2)
    short = (marks[None, :, 2:] - boxes[:, None, 2:]).max(axis=2)
    fits = (far <= 4) & (short <= 6)
    return boxes[~fits.any(axis=1)].tolist(), marks[~fits.any(axis=0)].tolist()


def on_a_mark(word):
    """Return whether the middle of a word's box is within 6 pixels of a mark."""
    x, y = word.left + word.width / 2, word.top + word.height / 2
    return any(
        left - 6 <= x <= left + width + 6 and top - 6 <= y <= top + height + 6
        for left, top, width, height in MARKS
    )


def middles(boxes):
    return boxes[:, :2] + boxes[:, 2:] / 2


@given(steps(MOVERS))
@example({"rotate": "90", "angle": 7.3, "scale": "on", "scale_factor": 2.0})
@example({"rotate": "270", "margin": 45, "deskew": "on", "deskew_limit": 45.0})
@example({"angle": -45.0, "margin": 200, "crop": "on"})
def test_boxes_are_mapped_back_from_every_step_that_moves_pixels(flat):
    result = read(flat)

    assert misplaced(result) == ([], [])


@settings(max_examples=20)
@given(steps(MOVERS - {"crop"}))
def test_boxes_are_mapped_back_from_a_sheet_that_was_cut_out_of_a_photograph(flat):
    photo, centres = photograph()

    result = read({**flat, "crop": "on"}, photo)

    found = np.array([word[4:8] for word in result.rows], float).reshape(-1, 4)
    far = np.abs(middles(found)[:, None] - centres[None]).max(axis=2)
    assert [note.did for note in result.reports if note.step == "crop"] == ["cut out"]
    assert far.min(axis=0).max() < 5


@given(steps())
def test_boxes_are_mapped_back_whatever_the_settings(flat):
    result = read(flat)

    # Repainting may split a mark: then its pieces lie on it. It may also make paper
    # dark that was turned to its negative: no mark is so large.
    small = [word for word in result.rows if max(word.width, word.height) <= 60]
    assert [word[4:8] for word in small if not on_a_mark(word)] == []


def test_boxes_are_exact_where_nothing_moves():
    result = read({"deskew": "off", "scale": "off", "rotate": "0", "crop": "off"})

    assert sorted(word[4:8] for word in result.rows) == sorted(MARKS)


def test_a_result_says_what_the_page_is_and_what_read_it():
    settings = Settings.from_flat({"margin": 20})
    page = Page(marked_image(), PageRef("marked.png"), dpi=150, sha256="abc")

    result = recognize_page(page, settings)

    assert (result.size, result.dpi, result.sha256) == ((240, 180), 150, "abc")
    assert (result.engine, result.language) == ("marks 1.0", "eng")
    assert (result.settings, result.settings_digest) == (
        settings.flat(),
        settings.digest,
    )
    assert result.status == "ok"


def test_a_page_with_no_mark_is_blank():
    result = read({}, np.full((180, 240), 255, np.uint8))

    assert (result.status, result.text, len(result.rows)) == ("blank", "", 0)
