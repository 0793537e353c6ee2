"""Dewarping: curved pages are flattened where that helps; their boxes come home."""

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest

from ocr_core import dewarping
from ocr_core.curved_sheet import CurvedSheet
from ocr_core.imaging.dewarp import can_dewarp, curvature, curved_sheet
from ocr_core.page import Page, PageRef, Word
from ocr_core.pipeline import recognize_page
from ocr_core.settings import Settings
from sample_images.drawing import DrawnWord, draw_text_page
from tests.support.boxes import overlap
from tests.support.drawn_pages import TEXT, found_share

SIZE = (1000, 1400)
LONG_TEXT = "\n".join([TEXT, "", TEXT, "", TEXT])
network = pytest.mark.skipif(not can_dewarp(), reason="the network is not installed")


def arc(x, bend):
    return bend * np.sin(np.pi * x / SIZE[0])


def sheet(bend):
    """Return the map of a page whose lines are arcs, as those of an open book."""
    x, y = np.meshgrid(np.linspace(0, SIZE[0], 41), np.linspace(0, SIZE[1], 31))
    return CurvedSheet(np.stack([x, y + arc(x, bend)], axis=-1), SIZE)


@cache
def curved_page(bend):
    """Draw a page with curved lines; return it, never to be changed, and its words."""
    image, words = draw_text_page(LONG_TEXT, size=SIZE, font_size=28, margin=90)
    x, y = np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1]))
    rows = (y - arc(x + 0.5, bend)).astype(np.float32)
    curved = cv2.remap(
        np.asarray(image),
        x.astype(np.float32),
        rows,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    curved.flags.writeable = False
    return curved, [curved_word(word, np.asarray(image), bend) for word in words]


def curved_word(word, image, bend):
    """Return a drawn word with the box around its ink on the curved page."""
    box = image[word.top : word.top + word.height, word.left : word.left + word.width]
    row, column = np.nonzero(box < 128)
    y = word.top + row + arc(word.left + column + 0.5, bend)
    top, bottom = int(np.floor(y.min())), int(np.ceil(y.max())) + 1
    return DrawnWord(word.text, word.left, top, word.width, bottom - top, word.line)


def read(image, turn="0", **knobs):
    wanted = Settings.from_flat(
        {"language": "eng", "opinion_budget": 2, "rotate": turn, **knobs}
    )
    result = recognize_page(Page(image, PageRef("page")), wanted)
    return result, next(
        (each for each in result.reports if each.step == "dewarp"), None
    )


def placed_share(words, result):
    """Return the share of the drawn words with a box of the same text on them."""
    return sum(
        any(word.text == row.text and overlap(word, row) >= 0.7 for row in result.rows)
        for word in words
    ) / len(words)


large = pytest.mark.large


@pytest.fixture
def seen(monkeypatch):
    """Let the network see a sheet that is given, and then a flat one."""

    def see(*sheets):
        left = list(sheets)
        monkeypatch.setattr(dewarping, "can_dewarp", lambda: True)
        monkeypatch.setattr(
            dewarping, "curved_sheet", lambda image: left.pop(0) if left else None
        )

    return see


@pytest.mark.parametrize(
    "turn",
    ["0", *(pytest.param(each, marks=pytest.mark.large) for each in ("90", "180"))],
)
def test_a_curved_page_is_read_flat_and_its_boxes_lie_on_the_scan(seen, turn):
    curved, words = curved_page(90)
    seen(sheet(90), sheet(0))
    scan = np.ascontiguousarray(np.rot90(curved, int(turn) // 90))

    result, report = read(scan, turn)

    assert report.did == "flattened"
    assert report.measured["after"] > report.measured["before"] + 0.02
    assert found_share(LONG_TEXT, result) > 0.97
    if turn == "0":
        assert placed_share(words, result) >= 0.95
    else:
        assert result.size == scan.shape[::-1]


@pytest.mark.large
def test_without_a_second_opinion_or_dewarping_a_page_is_read_as_it_is(seen):
    curved, _ = curved_page(90)
    for knobs in ({"dewarp": "off"}, {"second_opinion": "off"}):
        seen(sheet(90))

        _, report = read(curved, **knobs)

        assert report is None


def test_a_page_without_lines_of_text_is_not_tried(seen):
    seen(sheet(90))
    _, first = attempt(0.3)
    blank = Page(np.full(SIZE[::-1], 255, np.uint8), PageRef("page"))

    assert dewarping.dewarped(blank, first, Settings(), None) == (blank, first)


def attempt(quality, cpu=1.0):
    page = Page(curved_page(0)[0], PageRef("page"))
    rows = (Word(1, 1, 1, 1, 10, 10, 90, 30, 50.0, "word"),)
    return page, dewarping.Attempt(
        rows, "tesserocr 5", "eng", "", page, (), quality, cpu
    )


def dewarped(first, *answers):
    asked = list(answers)
    page, kept = dewarping.dewarped(
        *first, Settings(), lambda page, settings: asked.pop(0)[1]
    )
    return page, kept, len(answers) - len(asked)


@pytest.mark.parametrize(
    ("quality", "bend", "tries"),
    [
        (0.5, 60, 1),
        (0.5, 3, 0),  # its lines are straight
        (0.97, 60, 0),  # it is read well
    ],
)
def test_only_poor_pages_with_curved_lines_are_read_again(
    seen, monkeypatch, quality, bend, tries
):
    monkeypatch.setattr(dewarping, "curvature", lambda sheet, image: bend / 30)
    seen(sheet(bend))

    assert dewarped(attempt(quality), attempt(0.99))[2] == tries


def lines_on_arcs(arc, lines=5, step=100):
    """Return an attempt whose lines of seven words lie on parabolas."""
    rows = tuple(
        Word(1, 1, n, w, step * w, 60 * n + arc * (w - 3) ** 2, 90, 30, 95.0, "word")
        for n in range(lines)
        for w in range(7)
    )
    page, empty = attempt(0.97)
    return page, replace(empty, rows=rows)


@pytest.mark.parametrize(
    ("first", "arcs"),
    [
        (lines_on_arcs(2), [2 * 3**2 / 30] * 5),
        (lines_on_arcs(0), [0.0] * 5),
        (lines_on_arcs(2, lines=3), []),  # too few lines
    ],
)
def test_the_arcs_of_lines_are_those_of_their_words(first, arcs):
    assert dewarping.arcs_of_lines(first[1]) == pytest.approx(arcs, abs=1e-6)


@pytest.mark.parametrize(("bent", "tries"), [(0, 0), (2, 1)])
def test_a_page_that_is_read_poorly_is_not_flattened_if_its_lines_are_straight(
    seen, monkeypatch, bent, tries
):
    """The last `bent` of ten lines are arcs: a page may be curved at its edge alone."""
    monkeypatch.setattr(dewarping, "curvature", lambda sheet, image: 2.0)
    seen(sheet(60))
    page, poor = lines_on_arcs(0, lines=10)
    arcs = lines_on_arcs(2, lines=10)[1].rows[7 * (10 - bent) :]
    rows = (*poor.rows[: 7 * (10 - bent)], *arcs)

    assert dewarped((page, replace(poor, rows=rows, quality=0.5)), attempt(0.6))[2] == (
        tries
    )


@pytest.mark.parametrize(("arc", "tries"), [(2, 1), (0, 0)])
def test_a_page_that_is_read_well_is_flattened_only_if_its_lines_are_arcs(
    seen, monkeypatch, arc, tries
):
    monkeypatch.setattr(dewarping, "curvature", lambda sheet, image: 2.0)
    seen(sheet(60))

    assert dewarped(lines_on_arcs(arc), attempt(0.999))[2] == tries


@pytest.mark.parametrize(("after", "did"), [(0.53, "flattened"), (0.51, "undone")])
def test_the_flat_page_is_kept_where_it_gains_more_than_a_fiftieth(
    seen, monkeypatch, after, did
):
    monkeypatch.setattr(dewarping, "curvature", lambda sheet, image: 2.0)
    first, flat = attempt(0.5), attempt(after)
    seen(sheet(60))

    page, kept, _ = dewarped(first, flat)

    assert kept.steps[-1].did == did
    assert (page.sheet is not None) == (did == "flattened")
    assert kept.quality == (after if did == "flattened" else 0.5)


@pytest.mark.parametrize(
    ("kept_words", "did"), [(slice(None), "flattened"), (slice(0, None, 2), "undone")]
)
def test_a_flat_page_without_some_of_the_words_is_not_kept(
    seen, monkeypatch, kept_words, did
):
    monkeypatch.setattr(dewarping, "curvature", lambda sheet, image: 2.0)
    words = [Word(1, 1, 1, n, 60 * n, 9, 50, 20, 90.0, "shire") for n in range(10)]
    seen(sheet(60))

    page, first = attempt(0.5)
    _, flat = attempt(0.9)

    _, kept, _ = dewarped(
        (page, replace(first, rows=words)),
        (page, replace(flat, rows=words[kept_words])),
    )

    assert kept.steps[-1].did == did


def test_the_curvature_is_the_arc_in_heights_of_letters():
    """The inner 80 % of a line rise by 64 (1 - sin(0.1 pi)) = 44 px, and fall again.

    The best straight line is level, and small letters of the font are 15 px high.
    """
    curved, _ = curved_page(64)

    found = curvature(sheet(64), curved)

    assert found == pytest.approx(44 / 15, rel=0.1)
    assert curvature(sheet(0), curved) < 0.01


@network
def test_the_network_straightens_a_curved_page():
    curved, _ = curved_page(60)
    on_table = cv2.copyMakeBorder(
        curved, 90, 90, 90, 90, cv2.BORDER_CONSTANT, value=(60,) * 3
    )

    first = curved_sheet(on_table)
    flat = first.flattened(on_table)

    assert curvature(first, on_table) > 1
    assert curvature(curved_sheet(flat), flat) < curvature(first, on_table) / 2


@network
def test_a_flat_page_is_seen_flat():
    image, _ = draw_text_page(LONG_TEXT, size=SIZE, font_size=28, margin=90)
    flat = np.asarray(image)

    assert curvature(curved_sheet(flat), flat) < dewarping.CURVED


def test_a_tiny_image_has_no_lines_to_flatten():
    assert curved_sheet(np.full((20, 300), 255, np.uint8)) is None
