"""Lines of faint print beside strong print are found, and nothing else."""

import cv2
import numpy as np
import pytest

from ocr_core.engines import Recognition, engine_named
from ocr_core.engines.faint_lines import (
    darkness,
    evened,
    is_probable,
    new_quads,
    parts_with_more,
)
from ocr_core.engines.text_lines import TextLine
from ocr_core.page import Word


def box(left, top, right, bottom):
    corners = [[left, top], [right, top], [right, bottom], [left, bottom]]
    return np.array(corners, float)


def line(text, probability, quad=None):
    quad = box(0, 0, 200, 20) if quad is None else quad
    count = len(text)
    return TextLine(quad, text, (0.5,) * count, (probability,) * count)


def test_faint_ink_becomes_as_dark_as_strong_ink():
    image = np.full((300, 600), 240, np.uint8)
    image[50:70, 100:500:8] = 40
    image[200:220, 100:500:8] = 200  # 40 levels below the paper

    even = evened(image, darkness(image), 20)

    assert even[60, 300] < 30
    assert even[210, 300] < 30
    assert even[130, 300] == 255


def test_grain_of_the_paper_stays_light():
    grain = np.random.default_rng(1).normal(230, 3, (400, 400))
    image = grain.clip(0, 255).astype(np.uint8)

    even = evened(image, darkness(image), 20)

    assert np.median(even) > 128


def page(level=200):
    """Paper of 240 levels with a line of strong and two of other print."""
    image = np.full((300, 400), 240, np.uint8)
    image[10:30, 20:280:8] = 40
    image[65:85, 20:280:8] = level
    image[125:145, 20:280:8] = level
    return image


def test_only_lines_that_no_other_covers_are_new():
    known = [line("heading", 0.99, box(0, 0, 300, 40))]
    inside, beside = box(50, 5, 250, 35), box(0, 60, 300, 90)

    [found] = new_quads(darkness(page()), [inside, beside], known)

    assert found is beside
    assert len(new_quads(darkness(page()), [inside, beside], [])) == 2


def test_a_line_with_another_in_its_middle_is_not_new():
    known = [line("Mo", 0.99, box(140, 65, 160, 85))]

    assert new_quads(darkness(page()), [box(0, 60, 300, 90)], known) == []


@pytest.mark.parametrize(("level", "count"), [(205, 1), (226, 0)])
def test_only_the_part_with_print_that_no_line_covers_is_looked_at(level, count):
    image = np.full((1200, 900), 240, np.uint8)
    for row in range(8):
        at = (60, 80 + 50 * row)
        cv2.putText(image, "TOTAL 27,000 PAID", at, 0, 1.0, 40, 3, cv2.LINE_AA)
    for row, text in enumerate(["Market street 14", "North Harbour"]):
        at = (300, 870 + 40 * row)
        cv2.putText(image, text, at, 0, 0.8, level, 1, cv2.LINE_AA)
    word = Word(1, 1, 1, 1, 50, 40, 450, 410, 95.0, "TOTAL", True, None, "")
    covered = [TextLine(box(50, 40, 500, 450), "TOTAL", (), (), (word,))]
    dark = darkness(image)

    parts = parts_with_more(evened(image, dark, 22), dark, 22, covered)

    assert len(parts) == count
    for down, across in parts:
        assert 600 < down.start < 850 < 920 < down.stop < 1100
        assert 100 < across.start < 300 < 480 < across.stop


@pytest.mark.parametrize(("level", "count"), [(200, 2), (226, 0)])
def test_print_that_shines_through_is_no_line(level, count):
    quads = [box(0, 60, 300, 90), box(0, 120, 300, 150)]

    assert len(new_quads(darkness(page(level)), quads, [])) == count


@pytest.mark.parametrize(
    ("text", "probability", "kept"),
    [("PT INDOMARCO", 0.8, True), ("PT INDOMARCO", 0.66, False), ("J L", 0.9, False)],
)
def test_a_faint_line_is_kept_if_it_was_read_well(text, probability, kept):
    assert is_probable(line(text, probability)) == kept


def test_rapidocr_reads_small_faint_lines_above_strong_ones():
    pytest.importorskip("rapidocr", reason="RapidOCR is not installed")
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    image = np.full((640, 640), 255, np.uint8)
    font = cv2.FONT_HERSHEY_SIMPLEX
    faint = ["MARKET STREET COMPANY", "NORTH HARBOUR TOWER", "SOUTHERN DISTRICT"]
    for number, text in enumerate(faint):
        at = (20, 40 + 16 * number)
        cv2.putText(image, text, at, font, 0.35, 205, 1, cv2.LINE_AA)
    for number in range(14):
        at = (20, 130 + 35 * number)
        cv2.putText(image, "TOTAL 27,000 PAID", at, font, 1.0, 0, 3, cv2.LINE_AA)
    image = cv2.GaussianBlur(image, (0, 0), 0.6)

    words = engine_named("rapidocr").recognize(image, Recognition(engine="rapidocr"))

    text = " ".join(word.text for word in words)
    assert [each for each in " ".join(faint).split() if each not in text] == []
